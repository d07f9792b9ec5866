"""How a worker says that it waits: at first, now and then, and once when it is over."""

import pytest

from streams import pulse
from streams.pulse import Pulse


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(pulse.time, "monotonic", lambda: Clock.now)
    Clock.now = 1000.0
    return Clock


def test_waiting_is_said_at_first_and_then_once_a_minute(clock: type[Clock]) -> None:
    beat, said = Pulse(), []
    for second in range(181):
        clock.now = 1000.0 + second
        if beat.waits("store"):
            said.append(second)
    assert said == [0, 60, 120, 180]


def test_each_service_is_said_for_itself() -> None:
    beat = Pulse()
    assert [beat.waits(service) for service in ("store", "triton", "store")] == [True, True, False]


def test_the_first_event_that_gets_through_says_for_how_long_the_service_was_away(clock: type[Clock]) -> None:
    beat = Pulse()
    beat.waits("store")
    clock.now += 42.0
    beat.waits("store")
    assert beat.answered("store") == 42.0
    assert beat.answered("store") is None


def test_a_service_that_goes_again_is_news(clock: type[Clock]) -> None:
    beat = Pulse()
    beat.waits("store")
    beat.answered("store")
    assert beat.waits("store")


def test_a_worker_is_ready_with_partitions_and_without_waiting() -> None:
    beat = Pulse()
    assert not beat.ready
    beat.assigned = True
    assert beat.ready
    beat.waits("triton")
    assert not beat.ready
    beat.answered("triton")
    assert beat.ready


def test_progress_is_counted_and_ends_idleness(clock: type[Clock]) -> None:
    beat = Pulse(last_progress=clock.now)
    clock.now += 9.0
    assert beat.idle_s == 9.0
    beat.progressed()
    assert (beat.idle_s, beat.done) == (0.0, 1)
