"""Servers are killed under traffic and come back; the worker waits and goes on by itself."""

import os
import signal
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from infra import processes
from infra.settings import Settings
from streams import local
from tests import services

from . import invariants, workers
from .traffic import Traffic

pytestmark = [pytest.mark.connected, pytest.mark.slow]

EVENTS = 80
#: Lines above info that a worker may write about one outage of some seconds.
MAX_COMPLAINTS = 60


@pytest.mark.timeout(300)
@pytest.mark.parametrize("server", ["seaweedfs", "triton", "kafka"])
def test_the_worker_resumes_after_a_server_was_killed(
    settings: Settings, home: Path, tmp_path: Path, server: str
) -> None:
    workers.start_at_end(settings)
    traffic = Traffic(settings, seed=len(server), name=settings.kafka.group)
    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")) as worker:
        traffic.send(EVENTS // 2)
        services.wait_until(lambda: _answered(worker) >= 5, 60, "the worker is at work")
        record = processes.find(home, server)
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        services.wait_until(lambda: not processes.is_alive(record), 10, "the server is gone")
        if server != "kafka":
            services.wait_until(lambda: "service_unavailable" in worker.log.read_text(), 60, "the worker notices")
        local.up(home)
        traffic.send(EVENTS // 2)
        services.wait_until(lambda: workers.lag(settings) == 0, 120, "every event is answered")
        assert worker.lives, "no outage ends the worker"
        assert worker.stop() == 0
    invariants.check(settings, traffic.told, traffic.originals)
    complaints = Counter(line["event"][:60] for line in _lines(worker) if line["level"] in ("warning", "error"))
    assert complaints.total() <= MAX_COMPLAINTS, complaints
    assert "event_dead_lettered" not in complaints, "an outage never makes a dead letter of a good event"


def _answered(worker: workers.Worker) -> int:
    return worker.log.read_text().count('"event_answered"')


def _lines(worker: workers.Worker) -> list[dict[str, str]]:
    found = []
    for line in worker.log.read_bytes().splitlines():
        assert line.startswith(b"{"), f"not a log line: {line[:200]!r}"
        found.append(msgspec.json.decode(line))
    return found
