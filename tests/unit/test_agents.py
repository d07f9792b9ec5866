"""How events come to their end, and when they are acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from processors.errors import ServiceUnavailableError, UnprocessableEventError
from streams import agents, dead_letters
from streams.pulse import Pulse
from tests import fakes


@dataclass
class Message:
    key: bytes = b"sku-1"
    value: bytes = b"value"
    headers: list[tuple[str, bytes]] = field(default_factory=lambda: [("h", b"1"), ("h", b"2")])
    topic: str = "catalog.image.received.v1"
    partition: int = 3
    offset: int = 17
    timestamp: float = 1_700_000_000.0


@dataclass
class Record:
    message: Message = field(default_factory=Message)


@dataclass
class Stream:
    """What an agent sees of Faust: batches, and a way to acknowledge."""

    batches: list[list[Record]]
    acknowledged: list[Record] = field(default_factory=list)

    async def noack_take(self, max_: int, within: float) -> AsyncIterator[list[Record]]:
        for batch in self.batches:
            yield batch

    async def ack(self, record: Record) -> None:
        self.acknowledged.append(record)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(agents, "LONGEST_PAUSE_S", 0.0)


class Bench:
    """A Patience with everything around it."""

    def __init__(self) -> None:
        self.publisher, self.pulse = fakes.ShelfPublisher(), Pulse()
        self.excuses: list[tuple[str, str]] = []
        self.patience = agents.Patience(self.publisher, self.pulse, self._excuse)

    async def _excuse(self, record: Any, reason: str, detail: str) -> None:
        self.excuses.append((reason, detail))

    def through(self, handle: Callable[[Any], Awaitable[None]]) -> None:
        record: Any = Record()
        asyncio.run(self.patience.through(record, handle))


def _failing(*failures: BaseException) -> Callable[[Any], Awaitable[None]]:
    left = list(failures)

    async def handle(record: Any) -> None:
        if left:
            raise left.pop(0)

    return handle


def test_a_service_that_is_away_is_waited_for_with_one_line_and_one_more_when_it_is_back() -> None:
    bench = Bench()

    with capture_logs() as lines:
        bench.through(_failing(*[ServiceUnavailableError("triton", "gone")] * 50))

    assert [line["event"] for line in lines] == ["service_unavailable", "service_back"]
    assert bench.publisher.letters == []
    assert bench.pulse.done == 1
    assert bench.pulse.waiting_for == {}


def test_many_events_waiting_for_one_service_say_so_once() -> None:
    pulse = Pulse()

    assert [pulse.waits("store") for _ in range(20)] == [True] + [False] * 19
    assert pulse.answered("store") is not None
    assert pulse.answered("store") is None


def test_a_service_that_came_back_with_a_refusal_is_not_waited_for_any_more() -> None:
    bench = Bench()

    bench.through(_failing(ServiceUnavailableError("store"), UnprocessableEventError("object_missing", "a.jpg")))

    assert bench.pulse.waiting_for == {}


def test_an_event_that_can_never_succeed_is_set_aside_untouched_with_its_reason() -> None:
    bench = Bench()

    bench.through(_failing(UnprocessableEventError("hash_mismatch", "other bytes")))

    (letter,) = bench.publisher.letters
    assert (letter.key, letter.value, letter.partition) == (b"sku-1", b"value", 3)
    assert letter.headers[:2] == (("h", b"1"), ("h", b"2")), "also headers of the same name"
    told = dict(letter.headers[2:])
    assert told[dead_letters.REASON] == b"hash_mismatch"
    assert told[dead_letters.OFFSET] == b"17"
    assert dead_letters.TRACE not in told
    assert bench.excuses == [("hash_mismatch", "other bytes")]


def test_a_bug_is_set_aside_with_its_traceback_and_the_next_event_goes_on() -> None:
    bench = Bench()

    bench.through(_failing(KeyError("colour")))
    bench.through(_failing())

    (letter,) = bench.publisher.letters
    told = dict(letter.headers[2:])
    assert told[dead_letters.REASON] == b"bug"
    assert b"KeyError: 'colour'" in told[dead_letters.TRACE]
    assert bench.pulse.done == 2


def test_a_dead_letter_waits_for_the_broker_too() -> None:
    bench = Bench()
    trouble = fakes.Trouble(1, lambda: ServiceUnavailableError("kafka"), acts=False)
    bench.patience = agents.Patience(fakes.TroubledPublisher(bench.publisher, trouble), bench.pulse, bench._excuse)

    bench.through(_failing(UnprocessableEventError("undecodable")))

    assert len(bench.publisher.letters) == 1


def _work(stream: Stream, handle: Callable[[Any], Awaitable[None]]) -> Any:
    return agents._agent(handle, Bench().patience, 16, 0.01)(stream)


def test_a_batch_is_acknowledged_in_order_once_all_of_it_has_ended() -> None:
    records = [
        Record(Message(key=b"a", offset=1)),
        Record(Message(key=b"b", offset=2)),
        Record(Message(key=b"a", offset=3)),
    ]
    stream = Stream([records])
    seen: list[int] = []

    async def handle(record: Any) -> None:
        assert stream.acknowledged == []
        seen.append(record.message.offset)

    asyncio.run(_work(stream, handle))

    assert stream.acknowledged == records
    assert seen.index(1) < seen.index(3)


def test_events_of_one_image_run_in_order_and_those_of_others_beside_them() -> None:
    running: list[bytes] = []
    together = []

    async def handle(record: Any) -> None:
        running.append(record.message.key)
        await asyncio.sleep(0)
        together.append(sorted(running))
        running.remove(record.message.key)

    records = [Record(Message(key=key)) for key in (b"a", b"a", b"b")]
    asyncio.run(_work(Stream([records]), handle))

    assert [b"a", b"b"] in together
    assert all(one.count(b"a") <= 1 for one in together)


def test_a_worker_that_is_stopped_while_it_waits_acknowledges_nothing() -> None:
    stream = Stream([[Record()]])

    async def handle(record: Any) -> None:
        raise ServiceUnavailableError("triton")

    async def stopped() -> None:
        task = asyncio.ensure_future(_work(stream, handle))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with capture_logs() as lines:
        asyncio.run(stopped())

    assert stream.acknowledged == []
    assert [line["event"] for line in lines] == ["service_unavailable"], "it did not come back"


def test_a_bug_with_a_long_text_still_gets_an_answer_that_a_broker_takes() -> None:
    bench = Bench()

    with capture_logs():
        bench.through(_failing(RuntimeError("x" * 3_000_000)))

    (letter,) = bench.publisher.letters
    assert sum(len(content) for _, content in letter.headers) < 20_000
    assert len(bench.excuses[0][1]) <= 2000


def test_a_record_with_an_odd_header_and_an_odd_time_is_set_aside_like_any_other() -> None:
    bench = Bench()
    record: Any = Record(Message(headers=[("nothing", None)], timestamp=1e300))  # type: ignore[list-item]

    asyncio.run(bench.patience.through(record, _failing(UnprocessableEventError("undecodable"))))

    assert len(bench.publisher.letters) == 1


def test_events_without_a_key_keep_their_order() -> None:
    records = [Record(Message(key=None, offset=offset)) for offset in range(4)]  # type: ignore[arg-type]
    seen: list[int] = []

    async def handle(record: Any) -> None:
        await asyncio.sleep(0)
        seen.append(record.message.offset)

    asyncio.run(_work(Stream([records[:3], records[3:]]), handle))

    assert seen == [0, 1, 2, 3]


def test_an_event_that_waits_does_not_hold_up_those_of_other_images() -> None:
    done: list[bytes] = []
    tries = 0

    async def handle(record: Any) -> None:
        nonlocal tries
        if record.message.key == b"slow" and len(done) < 2:
            tries += 1
            raise ServiceUnavailableError("triton")
        await asyncio.sleep(0)
        done.append(record.message.key)

    records = [Record(Message(key=key)) for key in (b"slow", b"a", b"b")]
    asyncio.run(_work(Stream([records]), handle))

    assert done[2] == b"slow"
    assert tries > 0
