"""The certificate: how often an automatic edit is false at most, with which confidence, measured with what on what.

It speaks of the models and the policy that it was made with and of no others (`differences`). How its thresholds are
chosen is in calibration.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from processors.chain import Model
from processors.errors import PipelineError
from processors.thresholds import Thresholds

#: Models whose answers the decision rests on; others only fill.
DECIDING = ("textdet", "textrec")

Chance = Annotated[float, Meta(gt=0, le=0.25)]
Share = Annotated[float, Meta(ge=0, le=1)]


class CertificateError(PipelineError):
    """A certificate that cannot be read, or was changed after it was made; the message says which."""


class Count(Struct, frozen=True):
    """So many, so many of them wrong, and the bound on the share of wrong ones (one-sided, exact)."""

    n: int
    errors: int
    bound: Share


class Point(Struct, frozen=True):
    """What one threshold of the grid accepts."""

    threshold: Share
    n: int
    errors: int
    bound: Share


class Stratum(Struct, frozen=True):
    """The automatic edits of one group of pictures, with a bound of their own."""

    #: what the group shares: kind, rule, language, source, background, size
    by: str
    value: str
    rendered: bool
    n: int
    errors: int
    bound: Share
    #: whether so many could certify alpha at all; else the group says nothing by itself
    enough: bool


class DataSource(Struct, frozen=True):
    """Where labelled pictures came from."""

    name: str
    rendered: bool
    pictures: int
    edits: int
    errors: int


class Decider(Struct, frozen=True):
    """A model that took part in deciding."""

    name: str
    weights_sha256: str
    code_sha256: str
    engine: str
    engine_version: str
    precision: str


class LeftAlone(Struct, frozen=True, kw_only=True):
    """What is promised of pictures in which text was found and that are left alone for its risk.

    Bounded is P(bears an overlay | text was found whose fate the risk decides, and all of it was left alone).
    """

    alpha: Chance
    delta: Chance
    n: int
    missed: int
    bound: Share
    #: left alone because no text was found, or none that could go at any risk: no threshold changes that
    silent: Count
    #: of all pictures that bear an overlay, those left alone for whatever reason
    overlays: Count
    curve: tuple[Point, ...]


class Certificate(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was measured, with what, on what. Its id is a hash of all of it.

    Promised is P(false edit | edited without a person) <= alpha, with confidence 1 - delta.
    """

    format: Literal[1] = 1
    id: str = ""
    #: RFC 3339
    made_at: str
    #: policies of the policy file under which it was measured
    policies: tuple[str, ...]
    policy_version: str
    #: digest of the risk model; empty where rules estimate the risk. Part of the policy's version too
    risk_model: str
    models: tuple[Decider, ...]
    alpha: Chance
    delta: Chance
    risk_max: Share
    n: int
    errors: int
    bound: Share
    keep_min: Share
    left_alone: LeftAlone
    rendered: Count
    real: Count
    strata: tuple[Stratum, ...]
    sources: tuple[DataSource, ...]
    #: what every threshold of the grid accepts, given `keep_min`
    curve: tuple[Point, ...]
    pictures: int
    #: reason → pictures that say nothing of false edits
    left_out: dict[str, int]
    #: digest of the pictures' hashes and labels
    labels_sha256: str
    #: what this does not promise, in sentences
    not_covered: tuple[str, ...]

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(self.risk_max, self.keep_min)


# ------------------------------------------------------------------------------------------------------ the document


def sealed(certificate: Certificate) -> Certificate:
    """The certificate with its id, which is the hash of all else in it (32 hexadecimal digits)."""
    return msgspec.structs.replace(certificate, id=_id_of(certificate))


def encode(certificate: Certificate) -> bytes:
    """JSON for people and programs; the bytes depend on the value alone."""
    return msgspec.json.format(msgspec.json.encode(certificate, order="deterministic"), indent=2) + b"\n"


def decode(data: bytes) -> Certificate:
    """A certificate as `encode` wrote it. Raises CertificateError where it is another thing, or was changed."""
    try:
        certificate = msgspec.json.decode(data, type=Certificate)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise CertificateError(f"this is no certificate: {problem}") from problem
    if certificate.id != _id_of(certificate):
        raise CertificateError("the certificate was changed after it was made: its id is not the hash of its content")
    return certificate


def _id_of(certificate: Certificate) -> str:
    plain = msgspec.structs.replace(certificate, id="")
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()[:32]


def deciders(models: Iterable[Model]) -> tuple[Decider, ...]:
    """Those of the serving models that decide, by name."""
    return tuple(
        Decider(one.name, one.weights_sha256, one.code_sha256, one.engine, one.engine_version, one.precision)
        for one in sorted(models, key=lambda one: one.name)
        if one.name in DECIDING
    )


def differences(certificate: Certificate, models: Iterable[Model], policy_version: str) -> list[str]:
    """What is no longer as it was certified, a sentence each; empty where the certificate speaks of what is there."""
    found = []
    if policy_version != certificate.policy_version:
        found.append(f"the policy's version is {policy_version}, certified was {certificate.policy_version}")
    serving = {one.name: one for one in deciders(models)}
    for was in certificate.models:
        now = serving.get(was.name)
        found += [f"{was.name} does not serve"] if now is None else _changes(was, now)
    certified = {one.name for one in certificate.models}
    found += [f"{name} serves, and was not there when it was certified" for name in serving if name not in certified]
    return found


def _changes(was: Decider, now: Decider) -> list[str]:
    facts = (
        ("weights are", was.weights_sha256, now.weights_sha256),
        ("code is", was.code_sha256, now.code_sha256),
        ("engine is", was.engine, now.engine),
        ("engine's version is", was.engine_version, now.engine_version),
        ("precision is", was.precision, now.precision),
    )
    return [
        f"{was.name}'s {what} {_short(new)}, certified {'were' if what.endswith('are') else 'was'} {_short(old)}"
        for what, old, new in facts
        if old != new
    ]


def _short(fact: str) -> str:
    return f"{fact[:12]}…" if len(fact) == 64 else fact or "not told"
