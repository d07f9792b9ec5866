"""The audit topic as it is read: records of edits, erased ones as tombstones, and the few fields that folds need.

The value of a record is the bytes of its slot in the store; its key is `image_id/edit_id`.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
from msgspec import Struct

from infra import kafka
from infra.settings import KafkaSettings
from processors import chain
from processors.errors import PipelineError
from streams import topics


class AuditRecordError(PipelineError):
    """A record of the audit topic that no worker of ours writes: no key, or no edit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the audit topic."""

    partition: int
    offset: int
    image_id: str
    edit_id: str
    #: None: the edit was erased
    value: bytes | None
    #: milliseconds since 1970, by the writer's clock when it was told, perhaps not for the first time
    timestamp_ms: int

    @property
    def key(self) -> str:
        return f"{self.image_id}/{self.edit_id}"

    @property
    def place(self) -> str:
        """Where it lies, for people."""
        return f"{topics.AUDIT.name}[{self.partition}]@{self.offset}"


class BriefSource(Struct, frozen=True, gc=False):
    sha256: str


class BriefBlob(Struct, frozen=True, gc=False):
    sha256: str
    size: int


class BriefCause(Struct, frozen=True, gc=False):
    event_id: str
    time: str | None = None


class BriefModel(Struct, frozen=True, gc=False):
    name: str
    version: str
    weights_sha256: str


class BriefRuling(Struct, frozen=True, gc=False):
    reason: str
    policy_version: str
    certificate: str | None = None


class BriefAnswer(Struct, frozen=True, gc=False):
    reviewer: str


class BriefRollback(Struct, frozen=True, gc=False):
    plan_id: str
    restores: str | None
    actor: str
    reason: str


class Brief(Struct, frozen=True):
    """An edit as far as plans, heads and figures need it: what is not named here is skipped, not decoded."""

    image_id: str
    seq: int
    edit_id: str
    parent: str | None
    kind: chain.Kind
    cause: BriefCause
    merchant_id: str | None = None
    source: BriefSource | None = None
    original: BriefBlob | None = None
    result: BriefBlob | None = None
    ruling: BriefRuling | None = None
    models: tuple[BriefModel, ...] = ()
    answer: BriefAnswer | None = None
    code_version: str = ""
    sampled: bool = False
    committed_at: str | None = None
    batch_id: str | None = None
    rollback: BriefRollback | None = None

    @property
    def shown(self) -> BriefBlob | None:
        """As `chain.Edit.shown`."""
        return self.result if self.kind in ("cleaned", "approved", "rolled_back") and self.result else self.original


_brief = msgspec.json.Decoder(Brief)
_edit = msgspec.json.Decoder(chain.Edit)


def read(
    settings: KafkaSettings, since: Mapping[int, int] | None = None, only: Collection[int] | None = None
) -> Iterator[Entry]:
    """Every record from the beginning, or from these offsets by partition, to the end as it is now.

    With `only`, of these partitions alone: a picture's records are all in one, so that a fold may take one partition
    after the other and hold no more than the pictures of one.

    Raises:
        AuditRecordError: a record that is none of ours.
        ServiceUnavailableError: the brokers do not answer.
    """
    return (entry(record) for record in kafka.read_log(settings, topics.AUDIT.name, since=since, only=only))


def entry(record: kafka.Record) -> Entry:
    """A record of the topic. Raises AuditRecordError where its key is not `image_id/edit_id`."""
    image_id, slash, edit_id = (record.key or b"").decode("utf-8", "replace").rpartition("/")
    if not slash:
        raise AuditRecordError(f"{topics.AUDIT.name}[{record.partition}]@{record.offset}: key {record.key!r}")
    return Entry(record.partition, record.offset, image_id, edit_id, record.value, record.timestamp_ms)


def brief(entry: Entry) -> Brief:
    """The few fields of an edit that is not erased. Raises AuditRecordError."""
    try:
        return _brief.decode(entry.value or b"")
    except msgspec.MsgspecError as problem:
        raise AuditRecordError(f"{entry.place}: {problem}") from problem


def edit(entry: Entry) -> chain.Edit:
    """The edit itself, of a record that is not erased. Raises AuditRecordError."""
    try:
        return _edit.decode(entry.value or b"")
    except msgspec.MsgspecError as problem:
        raise AuditRecordError(f"{entry.place}: {problem}") from problem


class Log(Protocol):
    """The topic, or what stands for it in tests."""

    def ends(self) -> Mapping[int, int]:
        """Next offset of each partition."""
        ...

    def records(self, since: Mapping[int, int], only: Collection[int] | None = None) -> Iterator[kafka.Record]:
        """Every record from these offsets to the end as it is now, in order within a partition."""
        ...


class Topic:
    """The topic itself, record by record, whatever is in it: what signs and verifies must see forgeries too."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def ends(self) -> Mapping[int, int]:
        """Next offset of each partition. Raises ServiceUnavailableError."""
        return kafka.ends_of_log(self._settings, topics.AUDIT.name)

    def records(self, since: Mapping[int, int], only: Collection[int] | None = None) -> Iterator[kafka.Record]:
        """Every record from these offsets to the end as it is now. Raises ServiceUnavailableError."""
        return kafka.read_log(self._settings, topics.AUDIT.name, since=since, only=only)


def once(log: Log) -> Iterator[Entry]:
    """Every edit once, without those that are erased: one partition after the other, each in its order.

    Each partition is read twice, because an erasure is told after what it erases. What is held is 16 bytes of hash for
    each edit of one partition.

    Raises:
        AuditRecordError: a record that is none of ours.
        ServiceUnavailableError: the brokers do not answer.
    """
    for partition in sorted(log.ends()):
        erased = {record.key for record in log.records({}, [partition]) if record.value is None}
        seen: set[bytes] = set()
        for record in log.records({}, [partition]):
            name = hashlib.blake2b(record.key or b"", digest_size=16).digest()
            if record.value is not None and record.key not in erased and name not in seen:
                seen.add(name)
                yield entry(record)
