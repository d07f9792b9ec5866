"""The audit topic as it is read: records of edits, erased ones as tombstones, and the few fields that folds need.

The value of a record is the bytes of its slot in the store; its key is `image_id/edit_id`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

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
