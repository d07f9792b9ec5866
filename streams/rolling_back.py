"""Carries out the plan of a rollback: slots, then records, then the journal, a batch at a time.

The slot is the commit point here as everywhere, so this may run beside workers, or without them. A batch that was cut
off is done again by the next run: each edit's id is made of the plan and the picture, and finds itself.

    read the head's slot → write the next one where it is free → tell audit, head, marks, outcome → note the batch
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from infra import kafka
from infra.settings import Settings
from processors import chain
from processors.errors import ConflictError
from streams import announcing, audit_log, events, failpoints, topics
from streams.announcing import Told
from streams.ledger import Ledger
from streams.plan_files import PlanFileError
from streams.ports import Writer
from streams.rollback_plans import Plan, Row

EVENT_TYPE = "catalog.image.rolled-back.v1"
#: Requests to the store at a time, and pictures between two notes in the journal.
AT_ONCE, BATCH = 16, 200

OnConflict = Literal["stop", "skip"]
#: Why a picture was left alone after all: somebody committed an edit since the plan, or its head is not in the store.
Skipped = Literal["head_moved", "slot_missing"]


class StalePlanError(ConflictError):
    """Pictures of the plan have moved on since it was made."""


class OtherLogError(ConflictError):
    """The plan was made of another log."""


class Order(Struct, frozen=True, kw_only=True):
    """The journal's first line: who does what, as it was said at first."""

    plan_id: str
    actor: str
    reason: str
    started_at: str


class Batch(Struct, frozen=True, kw_only=True, tag="batch", tag_field="is"):
    """One batch that is done, to the last record."""

    #: rows of the plan up to and with its last one
    rows: int
    #: of this batch: now committed, and found committed by an earlier run
    done: int
    found: int
    skipped: dict[str, Skipped]


class End(Struct, frozen=True, tag="end", tag_field="is"):
    """Every row of the plan has been seen."""


@dataclass(slots=True)
class Progress:
    """How far a plan is carried out."""

    order: Order
    rows: int = 0
    done: int = 0
    skipped: dict[str, Skipped] = field(default_factory=dict)
    ended: bool = False

    def add(self, note: Batch | End) -> None:
        if isinstance(note, End):
            self.ended = True
            return
        self.rows = note.rows
        self.done += note.done + note.found
        self.skipped |= note.skipped


class Journal:
    """What has been done of a plan, beside its file; a line that a crash cut off counts as not written."""

    def __init__(self, plan: Path) -> None:
        self.path = plan.with_name(f"{plan.name}.journal")

    def read(self) -> Progress | None:
        """None where nothing was begun. Raises PlanFileError where the file is no journal."""
        if not self.path.exists():
            return None
        lines = self.path.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        if not whole:
            return None
        try:
            progress = Progress(msgspec.json.decode(whole[0], type=Order))
            for line in whole[1:]:
                progress.add(msgspec.json.decode(line, type=Batch | End))
        except msgspec.MsgspecError as problem:
            raise PlanFileError(f"{self.path}: no journal of a rollback: {problem}") from problem
        return progress

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from carrying out the same plan meanwhile. Raises PlanFileError where somebody does."""
        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise PlanFileError(f"{self.path}: somebody carries out this plan at the moment") from problem
            yield

    def begin(self, order: Order) -> Progress:
        """Write the first line; what a crash left of one is written over."""
        with self.path.open("wb") as file:
            _append(file, order)
        return Progress(order)

    def note(self, note: Batch | End) -> None:
        """Write a line and have it on the disk; after what a crash left of one."""
        with self.path.open("r+b") as file:
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)
            file.seek(whole)
            _append(file, note)


def _append(file: BinaryIO, line: Struct) -> None:
    file.write(msgspec.json.encode(line) + b"\n")
    file.flush()
    os.fsync(file.fileno())


def check(settings: Settings, plan: Plan, on_conflict: OnConflict) -> int:
    """Compare a plan with what was logged since; gives how many of its pictures moved on.

    Raises:
        OtherLogError: the plan is of another cluster or bucket, or of a log that was made anew.
        StalePlanError: pictures moved on, and `on_conflict` is `stop`.
        ServiceUnavailableError: the brokers do not answer.
    """
    admin = kafka.KafkaAdmin(settings.kafka)
    place = plan.header.place
    if (place.cluster, place.bucket) != (admin.cluster_id(), settings.store.edits_bucket):
        raise OtherLogError(f"{plan.path}: made for cluster {place.cluster}, bucket {place.bucket}: not these")
    since = {int(number): offset for number, offset in place.offsets.items()}
    ends = kafka.ends_of_log(settings.kafka, topics.AUDIT.name)
    if any(ends.get(number, 0) < offset for number, offset in since.items()):
        raise OtherLogError(f"{plan.path}: the audit topic is shorter than when the plan was made: plan again")
    moved: set[str] = set()
    if any(ends[number] != offset for number, offset in since.items()):
        planned = {row.image_id: row.seq for row in plan.rows()}
        for entry in audit_log.read(settings.kafka, since=since, only=since):
            edit = audit_log.brief(entry) if entry.value is not None else None
            ours = edit is not None and edit.rollback is not None and edit.rollback.plan_id == plan.plan_id
            if entry.image_id in planned and not ours and (edit is None or edit.seq > planned[entry.image_id]):
                moved.add(entry.image_id)
    if moved and on_conflict == "stop":
        raise StalePlanError(
            f"{plan.path}: {len(moved)} of its pictures moved on since: plan again, or --on-conflict skip"
        )
    return len(moved)


class RollingBack:
    """One plan being carried out."""

    def __init__(self, ledger: Ledger, writer: Writer, partitions: int, order: Order, code_version: str) -> None:
        self._ledger = ledger
        self._writer = writer
        self._partitions = partitions
        self._plan_id = order.plan_id
        self._order = order
        self._code_version = code_version
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def batch(self, rows: Sequence[Row], upto: int) -> Batch:
        """Commit and tell these pictures; `upto` counts the plan's rows with these.

        Raises:
            ServiceUnavailableError: a service does not answer; the same again goes on.
        """
        results = list(self._pool.map(self._commit, rows))
        failpoints.hit("rollback_slots_written")
        committed = [one for one in results if isinstance(one, _Committed)]
        self._tell([told for one in committed for told in _told(one.edit)])
        self._tell_later([one.edit for one in committed])
        failpoints.hit("rollback_published")
        return Batch(
            rows=upto,
            done=sum(not one.found for one in committed),
            found=sum(one.found for one in committed),
            skipped={
                row.image_id: result for row, result in zip(rows, results, strict=True) if isinstance(result, str)
            },
        )

    def close(self) -> None:
        self._pool.shutdown()

    def _commit(self, row: Row) -> "_Committed | Skipped":
        edit_id = chain.name_of("rollback", row.image_id, self._plan_id)
        head = self._ledger.slot_now(row.image_id, row.seq)
        if head is None:
            return "slot_missing"
        edit = _edit(head)
        if edit.edit_id != row.head:
            return "head_moved"
        restored = edit if row.restores_seq == row.seq else None
        if restored is None and row.restores_seq is not None:
            slot = self._ledger.slot_now(row.image_id, row.restores_seq)
            if slot is None:
                return "slot_missing"
            restored = _edit(slot)
        made = self._made(row, edit_id, head, edit, restored)
        if self._ledger.put_slot_now(row.image_id, made.seq, events.encode(made)):
            return _Committed(made, found=False)
        standing = self._ledger.slot_now(row.image_id, made.seq)
        # What an earlier run wrote has its own time; what is told are the bytes of the slot.
        if standing is not None and (written := _edit(standing)).edit_id == edit_id:
            return _Committed(written, found=True)
        return "head_moved"

    def _made(self, row: Row, edit_id: str, head: bytes, edit: chain.Edit, restored: chain.Edit | None) -> chain.Edit:
        return chain.Edit(
            image_id=row.image_id,
            seq=row.seq + 1,
            edit_id=edit_id,
            parent=edit.edit_id,
            parent_sha256=sha256(head).hexdigest(),
            kind="rolled_back",
            cause=chain.Cause(
                event_id=chain.name_of("rollback", self._plan_id, row.image_id),
                event_source=events.SOURCE,
                event_type=EVENT_TYPE,
                time=self._order.started_at,
            ),
            merchant_id=edit.merchant_id,
            batch_id=edit.batch_id,
            source=edit.source,
            original=edit.original,
            picture=edit.picture,
            regions=restored.regions if restored else edit.regions,
            ruling=restored.ruling if restored else None,
            mask=restored.mask if restored else None,
            patch=restored.patch if restored else None,
            result=restored.result if restored else None,
            result_pixels_sha256=restored.result_pixels_sha256 if restored else None,
            fills=restored.fills if restored else (),
            models=restored.models if restored else (),
            metrics=restored.metrics if restored else None,
            code_version=self._code_version,
            committed_at=chain.committed_at(datetime.now(UTC), edit),
            rollback=chain.Rollback(self._plan_id, row.restores, self._order.actor, self._order.reason),
        )

    def _tell(self, records: Sequence[Told]) -> None:
        announcing.tell(self._writer, self._partitions, records)

    def _tell_later(self, edits: Sequence[chain.Edit]) -> None:
        """Where somebody committed after us meanwhile, their head must be told last: compaction keeps that one."""
        follows = self._pool.map(self._ledger.follows_now, edits)
        followed = [edit for edit, is_followed in zip(edits, follows, strict=True) if is_followed]
        while followed:
            histories = [self._ledger.read_now(edit.image_id) for edit in followed]
            self._tell([told for one in histories for told in _standing(one.edits)])
            followed = [one.edits[-1] for one in histories if self._ledger.follows_now(one.edits[-1])]


@dataclass(frozen=True, slots=True)
class _Committed:
    edit: chain.Edit
    #: by an earlier run
    found: bool


def carry_out(
    rolling: RollingBack,
    plan: Plan,
    journal: Journal,
    progress: Progress,
    *,
    rate: float,
    on_conflict: OnConflict,
    stopped: Callable[[], bool],
    limit: int | None = None,
    at_a_time: int = BATCH,
) -> Iterator[Progress]:
    """Do what is left of a plan, `rate` pictures a second at most; gives how far it is after each batch.

    Ends early, with the journal in order, when `stopped` says so between two batches, after `limit` pictures, or at the
    first batch with a conflict that is not to be skipped.
    """
    rows = islice(plan.rows(), progress.rows, None if limit is None else progress.rows + limit)
    size = max(1, min(at_a_time, int(rate)))
    began, seen = time.monotonic(), 0
    while batch := list(islice(rows, size)):
        note = rolling.batch(batch, progress.rows + len(batch))
        journal.note(note)
        failpoints.hit("rollback_journaled")
        progress.add(note)
        seen += len(batch)
        yield progress
        if stopped() or (note.skipped and on_conflict == "stop"):
            return
        time.sleep(max(0.0, began + seen / rate - time.monotonic()))
    if limit is None or next(islice(plan.rows(), progress.rows, None), None) is None:
        journal.note(End())
        progress.add(End())
        yield progress


def _told(edit: chain.Edit) -> list[Told]:
    return [announcing.audit(edit), *_standing((edit,)), announcing.outcome_of(edit.cause, edit)]


def _standing(edits: Sequence[chain.Edit]) -> list[Told]:
    return [announcing.head(edits[-1]), *announcing.marks(edits)]


def _edit(slot: bytes) -> chain.Edit:
    return msgspec.json.decode(slot, type=chain.Edit)
