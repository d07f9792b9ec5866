"""The plan of an erasure: all that is kept of some pictures, as the audit topic, the marks and the store tell.

The file names the pictures. It alone knows the salt of their pseudonyms: who destroys it makes these names nobody's.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from infra.kafka import Record
from infra.settings import StoreSettings
from processors.errors import ConflictError
from streams import audit_log, digests, ledger, repetition, topics
from streams.audit_log import Log
from streams.ports import Store

FORMAT = 1
#: Reads a topic from its beginning to its end.
Reader = Callable[[str], Iterable[Record]]


class ErasurePlanError(ConflictError):
    """A plan file that cannot be used: none at all, changed since it was made, or of another installation."""


class Place(Struct, frozen=True, order=True):
    """An object in the store."""

    bucket: str
    key: str


class Version(Struct, frozen=True, order=True):
    """One version of an object that a merchant put there, or one of its delete markers."""

    bucket: str
    key: str
    version_id: str | None


class Subject(Struct, frozen=True, kw_only=True):
    """All that is kept of one picture."""

    image_id: str
    #: under which the signed erasure speaks of it
    pseudonym: str
    edit_ids: tuple[str, ...]
    #: of its audit records and slots, hexadecimal
    leaves: tuple[str, ...]
    #: keys in the topic of marks
    marks: tuple[str, ...]
    blobs: tuple[Place, ...]
    #: of its incoming objects
    versions: tuple[Version, ...]
    #: content of its that other pictures have as well: it stays
    shared: tuple[Place, ...] = ()
    #: where it came from, outside of the incoming bucket: not ours to delete
    elsewhere: tuple[Place, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be erased."""

    format: int
    made_at: str
    cluster: str
    bucket: str
    salt: str
    subjects: tuple[Subject, ...]
    #: asked for, and nothing is known of them
    unknown: tuple[str, ...]
    digest: str = ""

    @property
    def plan_id(self) -> str:
        return self.digest[:32]

    @property
    def keys(self) -> frozenset[str]:
        """Of all audit records that go."""
        return frozenset(f"{one.image_id}/{edit_id}" for one in self.subjects for edit_id in one.edit_ids)


class _Object(Struct, frozen=True):
    bucket: str
    key: str


class _Named(Struct, frozen=True):
    """What an edit names, of the store and of people."""

    edit_id: str
    merchant_id: str | None = None
    source: _Object | None = None
    original: _Object | None = None
    mask: _Object | None = None
    patch: _Object | None = None
    result: _Object | None = None

    @property
    def blobs(self) -> Iterator[Place]:
        for one in (self.original, self.mask, self.patch, self.result):
            if one is not None:
                yield Place(one.bucket, one.key)


_decoder = msgspec.json.Decoder(_Named)


def _decode(value: bytes) -> _Named:
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError as problem:
        raise audit_log.AuditRecordError(f"no edit: {problem}") from problem


def make(
    images: Collection[str],
    merchant: str | None,
    *,
    log: Log,
    read: Reader,
    store: Store,
    settings: StoreSettings,
    cluster: str,
    salt: str,
    now: datetime,
) -> Plan:
    """Find all that is kept of these pictures, and of all that ever were this merchant's.

    Reads the audit topic up to three times and the topic of marks once; holds what it finds of these pictures.

    Raises:
        AuditRecordError: a record of the audit topic is none of ours.
        ServiceUnavailableError: a service does not answer.
    """
    wanted = set(images) | (_of_merchant(log, merchant) if merchant else set())
    found = _found(wanted, log, read, store, settings, salt)
    keys = frozenset(f"{one.image_id}/{edit_id}" for one in found for edit_id in one.edit_ids)
    common = shared(log, keys, {place for one in found for place in (*one.blobs, *_places(one.versions))})
    return sealed(
        Plan(
            format=FORMAT,
            made_at=now.isoformat(timespec="seconds"),
            cluster=cluster,
            bucket=settings.edits_bucket,
            salt=salt,
            subjects=tuple(_without(one, common) for one in found),
            unknown=tuple(sorted(wanted - {one.image_id for one in found})),
        )
    )


def sealed(plan: Plan) -> Plan:
    """A plan with the digest of its content."""
    plain = msgspec.structs.replace(plan, digest="")
    return msgspec.structs.replace(plan, digest=sha256(msgspec.json.encode(plain)).hexdigest())


def shared(log: Log, keys: Collection[str], places: Collection[Place]) -> set[Place]:
    """Which of these objects are named by audit records with other keys, and were not erased."""
    others: dict[str, set[Place]] = {}
    for record in log.records({}):
        entry = audit_log.entry(record)
        if entry.key in keys:
            continue
        if entry.value is None:
            others.pop(entry.key, None)
            continue
        named = _decode(entry.value)
        hits = {place for place in (*named.blobs, *_sources(named)) if place in places}
        if hits:
            others[entry.key] = hits
    return set().union(*others.values())


def write(plan: Plan, path: Path) -> None:
    """Write a plan for its owner's eyes, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(plan) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path) -> Plan:
    """A plan as it was made. Raises ErasurePlanError."""
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, msgspec.MsgspecError) as problem:
        raise ErasurePlanError(f"{path}: no plan of an erasure: {problem}") from problem
    if plan.format != FORMAT:
        raise ErasurePlanError(f"{path}: a plan of format {plan.format}, not {FORMAT}: plan again")
    if sealed(plan) != plan:
        raise ErasurePlanError(f"{path}: changed since it was made: plan again")
    return plan


def slots(store: Store, bucket: str, image_id: str) -> Iterator[tuple[str, bytes]]:
    """Edit id and bytes of every slot of a picture, of each version that was ever written."""
    for one in store.list(bucket, f"chain/{image_id}/", versions=True):
        if not one.is_deletion and "/unchanged/" not in one.key:
            data = store.get(bucket, one.key, one.version_id).data
            yield _decode(data).edit_id, data


def _of_merchant(log: Log, merchant: str) -> set[str]:
    entries = (audit_log.entry(record) for record in log.records({}))
    return {one.image_id for one in entries if one.value is not None and _decode(one.value).merchant_id == merchant}


def _found(
    images: Collection[str], log: Log, read: Reader, store: Store, settings: StoreSettings, salt: str
) -> list[Subject]:
    records: dict[str, list[tuple[str, bytes | None]]] = {}
    for record in log.records({}):
        entry = audit_log.entry(record)
        if entry.image_id in images:
            records.setdefault(entry.image_id, []).append((entry.edit_id, entry.value))
    marks: dict[str, set[str]] = {}
    for record in read(topics.MARKS.name):
        one = repetition.element(record.key)
        if one is not None and one.image_id in images:
            marks.setdefault(one.image_id, set()).add(one.key)
    found = []
    for image_id in sorted(images):
        told = [*records.get(image_id, []), *slots(store, settings.edits_bucket, image_id)]
        if told:
            found.append(_subject(image_id, told, marks.get(image_id, set()), store, settings, salt))
    return found


def _subject(
    image_id: str,
    told: list[tuple[str, bytes | None]],
    marks: set[str],
    store: Store,
    settings: StoreSettings,
    salt: str,
) -> Subject:
    named = [_decode(value) for _, value in told if value is not None]
    sources = {place for one in named for place in _sources(one)}
    ours = sorted(place for place in sources if place.bucket == settings.incoming_bucket)
    bucket = settings.edits_bucket
    drawn = [Place(bucket, one.key) for one in store.list(bucket, ledger.drawn(image_id), versions=True)]
    return Subject(
        image_id=image_id,
        pseudonym=sha256(f"{salt}/{image_id}".encode()).hexdigest(),
        edit_ids=tuple(sorted({edit_id for edit_id, _ in told})),
        leaves=tuple(
            sorted(
                {
                    digests.leaf_of(f"{image_id}/{edit_id}".encode(), value).hex()
                    for edit_id, value in told
                    if value is not None
                }
            )
        ),
        marks=tuple(sorted(marks)),
        blobs=tuple(sorted({*(place for one in named for place in one.blobs), *drawn})),
        versions=tuple(
            Version(place.bucket, one.key, one.version_id)
            for place in ours
            for one in store.list(place.bucket, place.key, versions=True)
            if one.key == place.key
        ),
        elsewhere=tuple(sorted(sources.difference(ours))),
    )


def _without(subject: Subject, common: Collection[Place]) -> Subject:
    """A subject without what other pictures have as well."""
    return msgspec.structs.replace(
        subject,
        blobs=tuple(one for one in subject.blobs if one not in common),
        versions=tuple(one for one in subject.versions if Place(one.bucket, one.key) not in common),
        shared=tuple(sorted({one for one in (*subject.blobs, *_places(subject.versions)) if one in common})),
    )


def _sources(named: _Named) -> Iterator[Place]:
    if named.source is not None:
        yield Place(named.source.bucket, named.source.key)


def _places(versions: Iterable[Version]) -> list[Place]:
    return sorted({Place(one.bucket, one.key) for one in versions})
