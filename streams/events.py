"""The wire contract, all of it: CloudEvents in and out, and the types that they carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from processors import chain, sightings
from processors.errors import UnprocessableEventError
from processors.policies import DEFAULT
from processors.records import MARKETPLACE, CatalogRecord, Role
from processors.regions import Region

#: Headers as the Kafka clients give them.
Headers = Mapping[str, Any] | Iterable[tuple[str, Any]] | None

#: A larger value is no event of ours: pictures never travel here.
MAX_EVENT_BYTES = 256 * 1024
#: The same for an attribute, which comes back in outcomes: one that did not fit into them could never be answered.
MAX_ATTRIBUTE = 1024
SOURCE = "cleanplate"

#: The end of a text. In Python's regular expressions `$` alone lets a line feed follow; in JSON Schema's it does not.
_END = r"$(?!\n)"
Sha256 = Annotated[
    str, Meta(pattern=f"^[0-9a-f]{{64}}{_END}", description="SHA-256 of the bytes, lower-case hexadecimal")
]
ImageId = Annotated[
    str,
    Meta(
        pattern=f"^[A-Za-z0-9][A-Za-z0-9._:-]{{0,127}}{_END}",
        description="the picture's name for ever: letters, digits, `.`, `_`, `:`, `-`; at most 128",
    ),
]
Key = Annotated[str, Meta(min_length=1, max_length=1024)]
Bucket = Annotated[str, Meta(min_length=3, max_length=63)]
Text = Annotated[str, Meta(max_length=2000)]


class ObjectRef(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A claim check: where the picture lies. Name `version_id` and `sha256` wherever you know them."""

    bucket: Bucket
    key: Key
    version_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Meta(ge=0)] | None = None
    #: from bucket notifications: orders the versions of one object
    sequencer: Annotated[str, Meta(pattern=f"^[0-9A-Fa-f]{{1,64}}{_END}")] | None = None


class ImageArrived(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A new picture, or a new version of one."""

    image_id: ImageId
    object: ObjectRef
    merchant_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    #: the product's words: text that matches them is never removed
    record: CatalogRecord | None = None
    #: which of a marketplace's rules hold for this picture
    role: Role = "main"
    #: whose rules hold: a policy of the policy file
    marketplace: Annotated[str, Meta(pattern=f"^{MARKETPLACE}{_END}")] = DEFAULT
    #: the delivery that it belongs to, so that it can be told, and rolled back, as a whole
    batch_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


class ImageDeleted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The merchant took the picture away: open review tasks end, nothing is edited any more."""

    image_id: ImageId
    merchant_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    object: ObjectRef | None = None


class MaskRef(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mask that a person drew: PNG in the store, one channel, the picture's stored size, nonzero = remove."""

    bucket: Bucket
    key: Key
    sha256: Sha256


class ReviewDecided(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A person's answer to a review task."""

    task_id: Annotated[str, Meta(pattern=f"^[0-9a-f]{{32}}{_END}")]
    image_id: ImageId
    decision: Literal["accept", "reject", "mask"]
    reviewer: Annotated[str, Meta(min_length=1, max_length=128)]
    comment: Text = ""
    #: with decision `mask`, and only then
    mask: MaskRef | None = None


class HowToAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a review tool must send back."""

    topic: str
    ce_type: str
    dataschema: str
    decisions: tuple[str, ...]


class ReviewRequested(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A picture that a person must judge, with all that the judgement needs."""

    task_id: str
    image_id: str
    seq: int
    #: stable code, see docs/events.md
    reason: str
    why: str
    merchant_id: str | None
    original: chain.Blob
    media_type: str
    width: int
    height: int
    orientation: int
    #: None where no edit can be proposed (the reason says why)
    proposal: chain.Blob | None
    mask: chain.Blob | None
    regions: tuple[Region, ...]
    metrics: dict[str, float] | None
    answer: HowToAnswer
    #: the proposal is what shops show already: an automatic edit, drawn by chance; `reject` shows the original again
    live: bool = False


class ImageOutcome(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to one event."""

    image_id: str
    status: Literal["kept", "cleaned", "review", "refused", "deleted", "superseded", "failed", "rolled_back", "erased"]
    #: stable code, see docs/events.md
    reason: str
    why: str
    event_id: str
    event_source: str
    #: None where nothing was written into the picture's chain
    edit_id: str | None = None
    seq: int | None = None
    #: what a shop should show now
    shown: chain.Blob | None = None
    source: chain.Source | None = None


class ImageHead(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a picture stands. A reader ignores a head with a lower `seq` than one it has seen."""

    image_id: str
    seq: int
    edit_id: str
    kind: chain.Kind
    merchant_id: str | None
    original: chain.Blob | None
    shown: chain.Blob | None
    source: chain.Source | None
    time: str | None


class CertificateVoided(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """People found so many false ones among sampled automatic edits that the certificate's promise is broken."""

    certificate: Annotated[str, Meta(pattern=f"^[0-9a-f]{{32}}{_END}")]
    why: Text
    #: automatic edits under the certificate that people judged, and how many of them were false
    n: Annotated[int, Meta(ge=0)]
    errors: Annotated[int, Meta(ge=0)]
    #: the bound that crossed the promise, 0..1
    bound: Annotated[float, Meta(ge=0, le=1)]
    #: RFC 3339
    time: Annotated[str, Meta(max_length=64)]


class MarkSeen(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A picture bears a mark. No data (a tombstone): it does not any more, or is gone."""

    merchant_id: str
    image_id: str
    #: the edit whose picture this is
    edit_id: str
    #: of the decoded picture: the same photograph under several image ids counts once
    pixels_sha256: str
    mark: sightings.Mark


#: ce_type → what it carries.
TYPES: dict[str, type[Struct] | type[chain.Edit]] = {
    "catalog.image.created.v1": ImageArrived,
    "catalog.image.updated.v1": ImageArrived,
    "catalog.image.deleted.v1": ImageDeleted,
    "catalog.review.requested.v1": ReviewRequested,
    "catalog.review.decided.v1": ReviewDecided,
    "catalog.image.outcome.v1": ImageOutcome,
    "catalog.image.head.v1": ImageHead,
    "catalog.edit.audit.v1": chain.Edit,
    "catalog.certificate.voided.v1": CertificateVoided,
    "catalog.mark.seen.v1": MarkSeen,
}
ARRIVALS = ("catalog.image.created.v1", "catalog.image.updated.v1", "catalog.image.deleted.v1")
ANSWERS = ("catalog.review.decided.v1",)


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent whose data has its type."""

    id: str
    source: str
    type: str
    time: str | None
    data: Any
    traceparent: str | None = None

    @property
    def cause(self) -> chain.Cause:
        return chain.Cause(event_id=self.id, event_source=self.source, event_type=self.type, time=self.time)


class _Structured(Struct, frozen=True):
    """JSON of a structured-mode CloudEvent; extension attributes are allowed and not kept."""

    specversion: str
    id: str
    source: str
    type: str
    data: msgspec.Raw = msgspec.Raw(b"")
    time: str | None = None
    traceparent: str | None = None


def decode(value: bytes | None, headers: Headers, accepted: tuple[str, ...]) -> Event:
    """A CloudEvent in binary or structured mode, its data checked against its type.

    Raises:
        UnprocessableEventError: `oversized`, `empty`, `undecodable`, `not_a_cloudevent`, `unknown_type`,
            `unknown_version` or `invalid_data`; the detail says what and where.
    """
    if value is None or not value:
        raise UnprocessableEventError("empty", "the record has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise UnprocessableEventError("oversized", f"{len(value)} bytes, at most {MAX_EVENT_BYTES}")
    attributes, data = _unwrap(value, {name.lower(): _text(content) for name, content in _pairs(headers)})
    for name in ("id", "source", "type"):
        if not attributes.get(name):
            raise UnprocessableEventError("not_a_cloudevent", f"attribute {name!r} is missing")
    for name in ("id", "source", "type", "time", "traceparent"):
        if len(attributes.get(name) or "") > MAX_ATTRIBUTE:
            raise UnprocessableEventError("not_a_cloudevent", f"attribute {name!r} has over {MAX_ATTRIBUTE} characters")
    if not str(attributes.get("specversion")).startswith("1."):
        raise UnprocessableEventError("unknown_version", f"specversion {attributes.get('specversion')!r}, not 1.x")
    kind = str(attributes["type"])
    if kind not in accepted:
        stem = kind.rpartition(".v")[0]
        known = any(name.startswith(f"{stem}.v") for name in accepted) if stem else False
        raise UnprocessableEventError("unknown_version" if known else "unknown_type", kind)
    return Event(
        id=str(attributes["id"]),
        source=str(attributes["source"]),
        type=kind,
        time=_time(attributes.get("time")),
        data=_decoded(data, TYPES[kind], "invalid_data"),
        traceparent=attributes.get("traceparent"),
    )


def _unwrap(value: bytes, headers: dict[str, str]) -> tuple[dict[str, str | None], bytes]:
    if headers.get("content-type", "").lower().startswith("application/cloudevents+json") or not any(
        name.startswith("ce_") for name in headers
    ):
        whole = _decoded(value, _Structured, "not_a_cloudevent")
        attributes = {name: getattr(whole, name) for name in ("specversion", "id", "source", "type", "time")}
        return {**attributes, "traceparent": whole.traceparent}, bytes(whole.data)
    attributes = {name.removeprefix("ce_"): text for name, text in headers.items() if name.startswith("ce_")}
    return {**attributes, "traceparent": headers.get("traceparent", attributes.get("traceparent"))}, value


def _decoded(data: bytes, shape: Any, otherwise: str) -> Any:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as problem:
        raise UnprocessableEventError(otherwise, str(problem)) from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UnprocessableEventError("undecodable", str(problem)[:500]) from problem


def _time(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        datetime.fromisoformat(given)
    except ValueError as problem:
        raise UnprocessableEventError("invalid_data", f"time {given[:64]!r} is not RFC 3339") from problem
    return given


def _text(content: str | bytes | None) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else content or ""


def _pairs(headers: Headers) -> Iterable[tuple[str, str | bytes | None]]:
    return headers.items() if isinstance(headers, Mapping) else headers or ()


def encode(data: Struct | chain.Edit) -> bytes:
    """JSON whose bytes depend on the value alone (fields in their declared order, keys of dictionaries sorted)."""
    return msgspec.json.encode(data, order="deterministic")


def headers(kind: str, event_id: str, time: str | None, traceparent: str | None = None) -> list[tuple[str, bytes]]:
    """Headers of a binary-mode CloudEvent of ours."""
    fields: Mapping[str, str | None] = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": SOURCE,
        "ce_type": kind,
        "ce_time": time,
        "ce_dataschema": schema_id(kind),
        "content-type": "application/json",
        "traceparent": traceparent,
    }
    return [(name, text.encode()) for name, text in fields.items() if text is not None]


def schema_id(kind: str) -> str:
    """Where the JSON Schema of a type lies in this repository, as ce_dataschema names it."""
    return f"urn:cleanplate:schema:{kind}"


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the data of one type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id(kind),
        "title": kind,
        **msgspec.json.schema(TYPES[kind]),
    }
