"""One line an event, whoever writes it; a library that repeats itself is held back and counted."""

import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from infra import logs

Told = Callable[[], list[dict[str, Any]]]


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def held_back(clock: Clock) -> logs.AtMostEvery:
    return logs.AtMostEvery(30, clock)


def record(text: str, *values: object, name: str = "aiokafka.conn", level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, "conn.py", 1, text, values, None)


def test_a_complaint_is_shown_once_then_again_with_the_number_that_was_held_back(
    held_back: logs.AtMostEvery, clock: Clock
) -> None:
    shown = [held_back.filter(record("Connect to %s failed", f"node-{number}")) for number in range(5)]
    assert shown == [True, False, False, False, False]

    clock.now_s += 31
    late = record("Connect to %s failed", "node-9")
    assert held_back.filter(late)
    assert late.getMessage() == "Connect to node-9 failed (and 4 like it since)"

    clock.now_s += 31
    alone = record("Connect to %s failed", "node-9")
    assert held_back.filter(alone)
    assert alone.getMessage() == "Connect to node-9 failed", "the count begins anew"


def test_different_complaints_do_not_hold_each_other_back(held_back: logs.AtMostEvery) -> None:
    assert held_back.filter(record("Connect to %s failed", "a"))
    assert held_back.filter(record("Heartbeat failed"))
    assert held_back.filter(record("Connect to %s failed", "a", name="faust.consumer"))


def test_our_own_lines_and_information_are_never_held_back(held_back: logs.AtMostEvery) -> None:
    for _ in range(3):
        assert held_back.filter(record("service_unavailable", name="streams.agents"))
        assert held_back.filter(record("joined group", level=logging.INFO))


def test_a_percent_sign_in_a_complaint_does_no_harm(held_back: logs.AtMostEvery, clock: Clock) -> None:
    for _ in range(2):
        held_back.filter(record("disk %s full", "100%"))
    clock.now_s += 31
    late = record("disk %s full", "100%")
    assert held_back.filter(late)
    assert late.getMessage() == "disk 100% full (and 1 like it since)"


@contextmanager
def worker_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Told]:
    """The whole set-up as a worker has it, taken back afterwards; gives the lines that were written."""
    root, level = logging.getLogger(), logging.getLogger().level

    def lines() -> list[dict[str, Any]]:
        out, err = capsys.readouterr()
        assert out == "", "results go to stdout, and only they"
        return [json.loads(line) for line in err.splitlines()]

    logging.config.dictConfig(logs.configure("info", "json"))
    ours = root.handlers[:]
    try:
        yield lines
    finally:
        for handler in ours:
            root.removeHandler(handler)
        root.setLevel(level)
        logs.configure(style="json")
        structlog.contextvars.clear_contextvars()


def test_a_line_has_its_event_level_time_and_the_ids_in_work(capsys: pytest.CaptureFixture[str]) -> None:
    with worker_logs(capsys) as told:
        structlog.contextvars.bind_contextvars(image_id="sku-1", event_id="e-1")
        structlog.get_logger("streams.agents").info("event_answered", kind="cleaned", seq=2)

        (line,) = told()
        at = datetime.fromisoformat(line.pop("timestamp"))
        assert abs((datetime.now(UTC) - at).total_seconds()) < 60
        assert line == {
            "event": "event_answered",
            "level": "info",
            "logger": "streams.agents",
            "image_id": "sku-1",
            "event_id": "e-1",
            "kind": "cleaned",
            "seq": 2,
        }


def test_libraries_write_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with worker_logs(capsys) as told:
        logging.getLogger("aiokafka.conn").error("Connect to %s failed", "node-1")
        logging.getLogger("aiokafka.conn").info("of no interest")
        (line,) = told()
        assert (line["event"], line["level"]) == ("Connect to node-1 failed", "error")


def test_a_bug_is_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with worker_logs(capsys) as told:

        def broken() -> None:
            raise ZeroDivisionError("by nothing")

        try:
            broken()
        except ZeroDivisionError:
            structlog.get_logger("streams.agents").exception("event_hit_a_bug")
        (line,) = told()
        assert line["event"] == "event_hit_a_bug"
        assert "in broken" in line["exception"]
        assert "ZeroDivisionError: by nothing" in line["exception"]


def test_less_than_the_least_level_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with worker_logs(capsys) as told:
        structlog.get_logger("streams.agents").debug("details")
        assert told() == []
