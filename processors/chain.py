"""The chain of a picture: its edits in order, each naming the one before it.

An edit is written once, into the slot `seq` of its image's chain; where the picture stands is the last slot. Order is
that of `seq` and `parent`, never that of arrival: a duplicate that arrives late changes nothing (see `fold`).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from processors.errors import PipelineError
from processors.regions import Region

Kind = Literal["kept", "cleaned", "proposed", "approved", "rejected", "deleted", "rolled_back"]
#: Kinds with which a version of the picture begins: what comes after is about the same source, up to the next of these.
BEGINNINGS: frozenset[Kind] = frozenset({"kept", "cleaned", "proposed", "deleted"})


class BrokenChainError(PipelineError):
    """The slots of a chain do not fit together: a gap, a wrong parent, or two different edits in one slot."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An object in the store, by its content."""

    bucket: str
    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """The picture as the merchant delivered it."""

    bucket: str
    key: str
    #: None where the store keeps no versions
    version_id: str | None
    sha256: str
    size: int
    etag: str
    #: order among the versions of one object, as the store told it (hexadecimal), or None
    sequencer: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that an edit answers; its time is the edit's time."""

    event_id: str
    event_source: str
    event_type: str
    time: str | None


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What was decoded."""

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    pixels_sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """One crop that the inpainter filled."""

    #: x, y, width, height in stored pixels
    box: tuple[int, int, int, int]
    engine: str
    radius_px: int
    why: str
    attempts: int
    #: under which the server logged it
    request_id: str = ""
    #: how far it probably is from what was hidden, Delta E 76, mean over its holes; None in records of older versions
    predicted_error: float | None = None
    #: what nine in ten such fills stay below
    predicted_error_upper: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the server described it when it answered."""

    name: str
    version: str
    weights_sha256: str
    code_sha256: str
    engine: str
    engine_version: str
    precision: str
    server_version: str
    #: beside the engine, those whose version can change an answer: `numpy 1.26.4, …`
    libraries: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision over the whole picture, and what decided."""

    verdict: Literal["keep", "remove", "ask"]
    reason: str
    why: str
    policy_version: str
    thresholds: dict[str, float]
    #: estimated probability, 0..1, that this edit is a false one; None where nothing was to be removed
    risk: float | None = None
    #: id of the certificate under which the edit went ahead without a person; None where none was in force
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said about a proposal, or about an edit of the sample."""

    task_id: str
    decision: Literal["accept", "reject", "mask"]
    reviewer: str
    comment: str


@dataclass(frozen=True, slots=True)
class Rollback:
    """By which an operator had an earlier state shown again."""

    #: the plan's digest: the same plan rolls a picture back once
    plan_id: str
    #: the edit whose state is shown again; None: the original as it was delivered
    restores: str | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One step in the life of a picture. Everything a person or a replay needs to know about it."""

    image_id: str
    seq: int
    edit_id: str
    #: edit id and content hash of the slot before; None in the first
    parent: str | None
    parent_sha256: str | None
    kind: Kind
    cause: Cause
    merchant_id: str | None = None
    #: None for a deletion
    source: Source | None = None
    original: Blob | None = None
    picture: PictureFacts | None = None
    ruling: Ruling | None = None
    regions: tuple[Region, ...] = ()
    mask: Blob | None = None
    patch: Blob | None = None
    result: Blob | None = None
    result_pixels_sha256: str | None = None
    fills: tuple[Fill, ...] = ()
    models: tuple[Model, ...] = ()
    metrics: dict[str, float] | None = None
    answer: Answer | None = None
    code_version: str = ""
    #: libraries that decode, mask and encode: name → version
    libraries: dict[str, str] | None = None
    #: an automatic edit that a person judges although it is shown; settled when it was made (see sampling)
    sampled: bool = False
    #: when the slot was written, RFC 3339 in UTC, by the writer's clock and never before the slot before; None in
    #: records of older versions. For people and windows of time only: order is that of `seq`.
    committed_at: str | None = None
    #: the delivery that the merchant counts this picture to
    batch_id: str | None = None
    #: None but in a rollback
    rollback: Rollback | None = None

    @property
    def is_task(self) -> bool:
        """Whether a person is asked about this edit: a proposal, or an edit of the sample."""
        return self.kind == "proposed" or self.sampled

    @property
    def shown(self) -> Blob | None:
        """What a shop should show after this edit: the result where one is live, else the original."""
        return self.result if self.kind in ("cleaned", "approved", "rolled_back") and self.result else self.original


def name_of(*cause: str | None) -> str:
    """An id that is the hash of its cause: the same cause always gives the same id (32 hex digits)."""
    return hashlib.sha256(json.dumps(cause, ensure_ascii=False).encode()).hexdigest()[:32]


def committed_at(now: datetime, head: Edit | None) -> str:
    """The time of the slot that follows `head`: now, or the head's own where a clock says that now is before it."""
    written = now.astimezone(UTC).isoformat(timespec="milliseconds")
    return max(written, head.committed_at) if head is not None and head.committed_at else written


def time_of(edit: Edit) -> datetime | None:
    """When an edit was committed; in records of older versions when its event happened; None where neither is known."""
    return moment(edit.committed_at or edit.cause.time)


def moment(told: str | None) -> datetime | None:
    """An RFC 3339 time as it stands in a record; one without a zone is of UTC."""
    if told is None:
        return None
    time = datetime.fromisoformat(told)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def fold(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The chain out of its edits in any order, with duplicates.

    Raises:
        BrokenChainError: a gap, a parent that is not the slot before, or two different edits in one slot.
    """
    slots: dict[int, Edit] = {}
    for edit in edits:
        if slots.setdefault(edit.seq, edit).edit_id != edit.edit_id:
            raise BrokenChainError(f"{edit.image_id}: two edits in slot {edit.seq}")
    chain = tuple(slots[seq] for seq in sorted(slots))
    for expected, edit in enumerate(chain, start=1):
        if edit.seq != expected:
            raise BrokenChainError(f"{edit.image_id}: slot {expected} is missing")
        parent = chain[expected - 2].edit_id if expected > 1 else None
        if edit.parent != parent:
            raise BrokenChainError(f"{edit.image_id}: slot {edit.seq} does not follow slot {edit.seq - 1}")
    return chain
