"""What a worker says of itself, and when it ends itself."""

import asyncio
import os
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from faust.types import TP

from streams import health
from streams.pulse import Pulse

ONE, TWO = TP("catalog.image.received.v1", 0), TP("catalog.image.received.v1", 1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(pulse: Pulse, path: str) -> tuple[int, dict[str, Any]]:
    port = free_port()

    async def ask() -> tuple[int, dict[str, Any]]:
        async with (
            health.serving(port, pulse),
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}") as answer,
        ):
            return answer.status, await answer.json()

    return asyncio.run(ask())


def test_a_worker_without_partitions_lives_and_is_not_ready() -> None:
    assert asked(Pulse(), "/livez")[0] == 200
    assert asked(Pulse(), "/readyz")[0] == 503


def test_a_worker_is_ready_unless_it_waits_for_a_service_and_names_that() -> None:
    pulse = Pulse(assigned=True)
    assert asked(pulse, "/readyz")[0] == 200
    pulse.waits("triton")
    status, said = asked(pulse, "/readyz")
    assert (status, said["waiting_for"]) == (503, ["triton"])
    assert asked(pulse, "/livez")[0] == 200


def test_what_was_done_is_told() -> None:
    pulse = Pulse(assigned=True, dead_lettered=2)
    pulse.progressed()
    said = asked(pulse, "/livez")[1]
    assert (said["done"], said["dead_lettered"], said["assigned"]) == (1, 2, True)


def test_without_a_port_nothing_is_served() -> None:
    async def serve() -> None:
        async with health.serving(0, Pulse()):
            pass

    asyncio.run(serve())


def test_the_port_is_free_again_afterwards() -> None:
    port = free_port()

    async def twice() -> None:
        for _ in range(2):
            async with health.serving(port, Pulse()):
                pass

    asyncio.run(twice())


@dataclass
class Consumer:
    """A Faust consumer, as far as the watchdog looks at it."""

    assigned: set[TP] = field(default_factory=lambda: {ONE, TWO})
    ends: dict[TP, int | None] = field(default_factory=lambda: {ONE: 0, TWO: 0})
    _committed_offset: dict[TP, int | None] = field(default_factory=dict)

    def assignment(self) -> set[TP]:
        return self.assigned

    def highwater(self, partition: TP) -> int | None:
        return self.ends[partition]


@dataclass
class App:
    consumer: Consumer = field(default_factory=Consumer)
    should_stop: bool = False


def watched(app: App, pulse: Pulse, stall_after_s: float = 10.0, signal_after_s: float = 0.05) -> str:
    """The watchdog's reason; a signal comes where it finds none."""

    async def watch() -> str:
        loop = asyncio.get_running_loop()
        term = loop.call_later(signal_after_s, os.kill, os.getpid(), signal.SIGTERM)
        try:
            return await health.watch(app, pulse, stall_after_s)  # type: ignore[arg-type]
        finally:
            term.cancel()

    return asyncio.run(watch())


@pytest.fixture
def idle() -> Pulse:
    """A worker that has done nothing for a minute."""
    return Pulse(last_progress=time.monotonic() - 60)


def test_a_signal_ends_the_watch_at_once() -> None:
    began = time.monotonic()
    assert watched(App(), Pulse()) == "signal"
    assert time.monotonic() - began < health.LOOK_EVERY_S


def test_a_crashed_app_is_noticed() -> None:
    assert watched(App(should_stop=True), Pulse()) == "crashed"


def test_the_watch_tells_whether_partitions_are_assigned(idle: Pulse) -> None:
    watched(App(), idle)
    assert idle.assigned
    watched(App(Consumer(assigned=set())), idle)
    assert not idle.assigned


def test_records_that_wait_while_nothing_is_done_are_a_stall(idle: Pulse) -> None:
    consumer = Consumer(ends={ONE: 0, TWO: 5}, _committed_offset={TWO: 4})
    assert watched(App(consumer), idle) == "stalled"


def test_a_group_without_a_commit_is_no_stall_because_all_records_may_have_expired(idle: Pulse) -> None:
    consumer = Consumer(ends={ONE: 0, TWO: 5}, _committed_offset={TWO: None})
    assert watched(App(consumer), idle) == "signal"


def test_nothing_to_do_is_no_stall(idle: Pulse) -> None:
    consumer = Consumer(ends={ONE: None, TWO: 5}, _committed_offset={TWO: 5})
    assert watched(App(consumer), idle) == "signal"


def test_waiting_for_a_service_is_no_stall(idle: Pulse) -> None:
    idle.waits("store")
    assert watched(App(Consumer(ends={ONE: 5, TWO: 5}, _committed_offset={ONE: 0, TWO: 0})), idle) == "signal"


def test_a_worker_that_gets_on_is_not_stalled_however_much_waits() -> None:
    assert watched(App(Consumer(ends={ONE: 5, TWO: 5}, _committed_offset={ONE: 0, TWO: 0})), Pulse()) == "signal"
