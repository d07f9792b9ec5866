"""What the world is told after a commit, always in the same order: audit record, head, marks, review task, outcome.

All of it follows from the chain and the event alone, so a redelivered event tells the same again, byte for byte.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from processors import chain, media
from streams import events, failpoints, repetition, topics
from streams.ledger import History, Ledger
from streams.ports import Publisher, Writer

Status = Literal["kept", "cleaned", "review", "refused", "deleted", "superseded", "failed", "rolled_back", "erased"]

#: Reason of a task about an edit that is shown already; the edit's own reason is in its `why` and its regions.
SAMPLED = "sampled"

STATUS_OF: dict[chain.Kind, Status] = {
    "kept": "kept",
    "cleaned": "cleaned",
    "proposed": "review",
    "approved": "cleaned",
    "rejected": "kept",
    "deleted": "deleted",
    "rolled_back": "rolled_back",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One record that tells of something; no value is a tombstone."""

    topic: str
    image_id: str
    key: str
    value: bytes | None
    headers: list[tuple[str, bytes]]


def audit(edit: chain.Edit) -> Told:
    """The audit record of an edit: its value is the bytes of the slot."""
    key = f"{edit.image_id}/{edit.edit_id}"
    return _told(topics.AUDIT.name, edit.image_id, key, edit, edit.edit_id, edit.cause.time)


def head(edit: chain.Edit) -> Told:
    """Where a picture stands after an edit."""
    data = events.ImageHead(
        image_id=edit.image_id,
        seq=edit.seq,
        edit_id=edit.edit_id,
        kind=edit.kind,
        merchant_id=edit.merchant_id,
        original=edit.original,
        shown=edit.shown,
        source=edit.source,
        time=edit.cause.time,
    )
    event_id = chain.name_of("head", edit.edit_id)
    return _told(topics.HEAD.name, edit.image_id, edit.image_id, data, event_id, edit.cause.time)


def marks(edits: Sequence[chain.Edit]) -> list[Told]:
    """Which marks a picture bears after these edits, and a tombstone for each that it bore before."""
    edit = edits[-1]
    return [
        _told(
            topics.MARKS.name,
            edit.image_id,
            one.key,
            seen,
            chain.name_of("mark", edit.edit_id, one.key),
            edit.cause.time,
        )
        for one, seen in repetition.told_by(edits).items()
    ]


def outcome_of(cause: chain.Cause, edit: chain.Edit, traceparent: str | None = None) -> Told:
    """The answer to the event that caused an edit."""
    ruling = edit.ruling
    return outcome(
        cause,
        edit.image_id,
        STATUS_OF[edit.kind],
        reason=ruling.reason if ruling and edit.kind in chain.BEGINNINGS else edit.kind,
        why=_why(edit),
        edit=edit,
        traceparent=traceparent,
    )


def outcome(
    cause: chain.Cause,
    image_id: str,
    status: Status,
    *,
    reason: str,
    why: str,
    edit: chain.Edit | None = None,
    traceparent: str | None = None,
) -> Told:
    """The answer to an event; every event gets exactly one, and the same one when it comes again."""
    data = events.ImageOutcome(
        image_id=image_id,
        status=status,
        reason=reason,
        why=why,
        event_id=cause.event_id,
        event_source=cause.event_source,
        edit_id=edit.edit_id if edit else None,
        seq=edit.seq if edit else None,
        shown=edit.shown if edit else None,
        source=edit.source if edit else None,
    )
    event_id = chain.name_of("outcome", cause.event_source, cause.event_id)
    return _told(topics.OUTCOME.name, image_id, image_id, data, event_id, cause.time, traceparent)


def tell(writer: Writer, partitions: int, records: Iterable[Told]) -> int:
    """Send records from a command and wait for the broker's word; gives how many. Raises ServiceUnavailableError."""
    count = 0
    for told in records:
        partition = topics.partition_of(told.image_id, partitions)
        writer.send(told.topic, key=told.key.encode(), value=told.value, headers=told.headers, partition=partition)
        count += 1
    writer.flush()
    return count


class Announcer:
    """Publishes what was committed."""

    def __init__(self, publisher: Publisher, ledger: Ledger) -> None:
        self._publisher = publisher
        self._ledger = ledger

    async def committed(self, event: events.Event, edit: chain.Edit, history: History) -> None:
        """Announce an edit that stands in the chain, for the event that caused it or asks for it again."""
        await self._send(audit(edit))
        failpoints.hit("audit_published")
        history = await self._standing(history)
        # Of the chain as it is by now: a task that somebody has answered meanwhile must not be opened again.
        if edit.is_task and history.head == edit:
            await self._send(_review(edit))
            failpoints.hit("review_published")
        await self._answer(outcome_of(event.cause, edit, event.traceparent))

    async def outcome(
        self,
        event: events.Event,
        image_id: str,
        status: Status,
        *,
        reason: str,
        why: str,
        edit: chain.Edit | None = None,
    ) -> None:
        """Answer an event that wrote nothing into a chain."""
        told = outcome(event.cause, image_id, status, reason=reason, why=why, edit=edit, traceparent=event.traceparent)
        await self._answer(told)

    async def _answer(self, told: Told) -> None:
        await self._send(told)
        failpoints.hit("outcome_published")

    async def _standing(self, history: History) -> History:
        """Publish where the picture stands, and again if somebody committed a later edit meanwhile; gives the chain.

        Compaction keeps what was written last, so two writers must not end with the older one's word on top.
        """
        while True:
            edit = history.edits[-1]
            await self._send(head(edit))
            failpoints.hit("head_published")
            await asyncio.gather(*map(self._send, await asyncio.to_thread(marks, history.edits)))
            failpoints.hit("marks_published")
            if not await self._ledger.follows(edit):
                return history
            history = await self._ledger.read(edit.image_id)

    async def _send(self, told: Told) -> None:
        await self._publisher.send(
            told.topic, image_id=told.image_id, key=told.key, value=told.value, headers=told.headers
        )


def _review(edit: chain.Edit) -> Told:
    assert edit.original and edit.picture and edit.ruling, "a task has an original, its facts and a ruling"
    task = events.ReviewRequested(
        task_id=edit.edit_id,
        image_id=edit.image_id,
        seq=edit.seq,
        reason=SAMPLED if edit.sampled else edit.ruling.reason,
        why=f"drawn by chance among the automatic edits: {edit.ruling.why}" if edit.sampled else edit.ruling.why,
        merchant_id=edit.merchant_id,
        original=edit.original,
        media_type=media.type_of(edit.picture.format),
        width=edit.picture.width,
        height=edit.picture.height,
        orientation=edit.picture.orientation,
        proposal=edit.result,
        mask=edit.mask,
        regions=edit.regions,
        metrics=edit.metrics,
        live=edit.sampled,
        answer=events.HowToAnswer(
            topic=topics.REVIEW_DECIDED.name,
            ce_type="catalog.review.decided.v1",
            dataschema=events.schema_id("catalog.review.decided.v1"),
            decisions=("accept", "reject", "mask") if edit.result else ("reject",),
        ),
    )
    return _told(topics.REVIEW_REQUESTED.name, edit.image_id, edit.image_id, task, edit.edit_id, edit.cause.time)


def _told(
    topic: str,
    image_id: str,
    key: str,
    data: Struct | chain.Edit | None,
    event_id: str,
    time: str | None,
    traceparent: str | None = None,
) -> Told:
    value = None if data is None else events.encode(data)
    return Told(topic, image_id, key, value, events.headers(topic, event_id, time, traceparent))


def _why(edit: chain.Edit) -> str:
    if edit.answer is not None:
        return f"{edit.answer.reviewer} said {edit.answer.decision}"
    if edit.rollback is not None:
        return f"{edit.rollback.actor} rolled back: {edit.rollback.reason}"
    return edit.ruling.why if edit.ruling else ""
