"""The Faust agents, and the only place that knows about acknowledging.

An event ends in one of three ways: answered, dead-lettered, or tried again until the service that it needs is back.
Faust's own `take` acknowledges events even where the code raised or was cancelled, so these agents take without
acknowledging and acknowledge themselves, a whole batch in order, after every event of it has ended. A worker that
dies or is stopped before leaves the batch to the next one.
"""

import asyncio
import contextlib
import random
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import faust
import structlog
from faust.types import EventT

from processors.errors import ServiceUnavailableError, UnprocessableEventError
from streams import dead_letters, events, failpoints, notifications, topics
from streams.announcing import Announcer
from streams.editing import Committed, ImageEditor, Unchanged
from streams.ports import Publisher
from streams.pulse import Pulse

log = structlog.get_logger(__name__)

#: Seconds between tries while a service is away: quick at first, then steady.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0

Handle = Callable[[EventT[bytes]], Awaitable[None]]
#: record, reason, detail
Excuse = Callable[[EventT[bytes], str, str], Awaitable[None]]


class Desk:
    """What each topic's events are handed to."""

    def __init__(self, editor: ImageEditor, announcer: Announcer, notifier: notifications.Notifier) -> None:
        self._editor = editor
        self._announcer = announcer
        self._notifier = notifier

    async def received(self, record: EventT[bytes]) -> None:
        """An arrival or a deletion, told by a merchant or by the storage agent."""
        event = events.decode(record.message.value, record.message.headers, events.ARRIVALS)
        deletion = event.type == "catalog.image.deleted.v1"
        await self._answer(event, self._editor.deleted if deletion else self._editor.arrived)

    async def decided(self, record: EventT[bytes]) -> None:
        """A person's answer to a review task."""
        event = events.decode(record.message.value, record.message.headers, events.ANSWERS)
        await self._answer(event, self._editor.decided)

    async def noticed(self, record: EventT[bytes]) -> None:
        """A bucket notification: told again as arrivals and deletions, keyed by image."""
        await self._notifier.retell(record.message.value)

    async def excuse(self, record: EventT[bytes], reason: str, detail: str) -> None:
        """Tell the sender of an event that it failed, where the event says enough to know of which picture."""
        try:
            event = events.decode(record.message.value, record.message.headers, (*events.ARRIVALS, *events.ANSWERS))
        except UnprocessableEventError:
            return
        await self._announcer.outcome(event, event.data.image_id, "failed", reason=reason, why=detail)

    async def _answer(
        self, event: events.Event, act: Callable[[events.Event], Awaitable[Committed | Unchanged]]
    ) -> None:
        image_id = event.data.image_id
        structlog.contextvars.bind_contextvars(image_id=image_id, event_id=event.id)
        done = await act(event)
        if isinstance(done, Committed):
            await self._announcer.committed(event, done.edit, done.history)
            log.info("event_answered", kind=done.edit.kind, edit_id=done.edit.edit_id, seq=done.edit.seq)
        else:
            await self._announcer.outcome(
                event, image_id, done.status, reason=done.reason, why=done.why, edit=done.edit
            )
            log.info("event_answered", kind=done.status, reason=done.reason)


class Patience:
    """Tries an event until it ends, whatever it takes, without holding up the others of its batch."""

    def __init__(self, publisher: Publisher, pulse: Pulse, excuse: Excuse) -> None:
        self._publisher = publisher
        self._pulse = pulse
        self._excuse = excuse

    async def through(self, record: EventT[bytes], handle: Handle) -> None:
        """Bring one event to its end: answered, or dead-lettered with the reason."""
        structlog.contextvars.clear_contextvars()
        failpoints.hit("event_taken")
        try:
            await self._until_answered(lambda: handle(record))
        except UnprocessableEventError as problem:
            await self._dead_letter(record, problem.reason, problem.detail)
        # The one broad except: Faust would count the event as done and lose it, and the next event is none the worse.
        except Exception as bug:
            log.exception("event_hit_a_bug")
            await self._dead_letter(record, "bug", f"{type(bug).__name__}: {bug}", traceback.format_exc())
        self._pulse.progressed()

    async def _dead_letter(self, record: EventT[bytes], reason: str, detail: str, trace: str = "") -> None:
        # A text of any length, say of a bug, must not make an answer that the broker refuses for ever.
        excuse = detail[: dead_letters.MAX_DETAIL]
        await self._until_answered(lambda: self._excuse(record, reason, excuse))
        letter = dead_letters.letter_for(record.message, reason, detail, trace)
        await self._until_answered(lambda: self._publisher.forward(topics.DEAD_LETTERS.name, letter))
        self._pulse.dead_lettered += 1
        log.warning(
            "event_dead_lettered",
            reason=reason,
            detail=detail[:300],
            topic=record.message.topic,
            partition=record.message.partition,
            offset=record.message.offset,
        )

    async def _until_answered(self, act: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        waited_for: set[str] = set()
        try:
            while True:
                try:
                    return await act()
                except ServiceUnavailableError as problem:
                    waited_for.add(problem.service)
                    if self._pulse.waits(problem.service):
                        log.warning("service_unavailable", service=problem.service, detail=problem.detail[:300])
                # Half of the pause is chance, so that many events do not knock at the same moment.
                await asyncio.sleep(pause * (0.5 + random.random() / 2))
                pause = min(pause * 2, LONGEST_PAUSE_S)
        finally:
            stopped = isinstance(sys.exception(), asyncio.CancelledError)
            for service in waited_for:
                if (away_s := self._pulse.answered(service)) is not None and not stopped:
                    log.info("service_back", service=service, away_s=round(away_s, 1))


def register(app: faust.App, desk: Desk, patience: Patience, *, batch: int, within_s: float) -> None:
    """Register one agent a topic. Each takes up to `batch` events at a time, those of one image in their order."""
    for spec, handle in (
        (topics.RECEIVED, desk.received),
        (topics.REVIEW_DECIDED, desk.decided),
        (topics.STORAGE_EVENTS, desk.noticed),
    ):
        app.agent(_raw(app, spec.name), name=f"cleanplate.{spec.name}", concurrency=1)(
            _agent(handle, patience, batch, within_s)
        )


def _agent(handle: Handle, patience: Patience, batch: int, within_s: float) -> Any:
    # Faust types streams by an interface that lacks `noack_take`.
    async def work(stream: Any) -> None:
        async with contextlib.aclosing(stream.noack_take(batch, within=within_s)) as batches:
            async for records in batches:
                await asyncio.gather(*(_in_order(group, handle, patience) for group in _by_key(records)))
                for record in records:
                    await stream.ack(record)
                failpoints.hit("batch_acknowledged")

    return work


async def _in_order(records: Sequence[EventT[bytes]], handle: Handle, patience: Patience) -> None:
    for record in records:
        await patience.through(record, handle)


def _by_key(records: Sequence[EventT[bytes]]) -> list[list[EventT[bytes]]]:
    groups: dict[Any, list[EventT[bytes]]] = {}
    for record in records:
        groups.setdefault(record.message.key, []).append(record)
    return list(groups.values())


def _raw(app: faust.App, name: str) -> faust.TopicT:
    """Bytes in, bytes out: Faust's own decoding would lose a poison event before we see it."""
    return app.topic(
        name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True
    )
