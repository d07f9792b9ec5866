"""The worker as a process: what it opens, when it refuses to start, how it waits and stops."""

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from infra.settings import Settings
from tests import services

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listening(pid: int) -> set[tuple[str, int]]:
    """Addresses on which a process and its children accept connections."""
    found = set()
    for member in (pid, *_descendants(pid)):
        inodes = set()
        for link in Path(f"/proc/{member}/fd").iterdir():
            try:
                target = str(link.readlink())
            except FileNotFoundError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{member}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    address, port = fields[1].split(":")
                    found.add((address, int(port, 16)))
    return found


def _descendants(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return children + [below for child in children for below in _descendants(child)]


def _health(port: int, path: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)
    except OSError:
        return 0, {}


def test_a_worker_opens_no_port_unless_asked_and_then_on_loopback(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    port = _free_port()
    quiet = workers.environment(settings)
    asked = workers.environment(settings, CLEANPLATE_WORKER__HEALTH_PORT=str(port))

    with workers.running(workers.Worker(quiet, tmp_path / "quiet")) as worker:
        services.wait_until(lambda: "worker_started" in worker.log.read_text(), 40, "it is up")
        assert _listening(worker.pid) == set()
        assert worker.stop() == 0
    with workers.running(workers.Worker(asked, tmp_path / "asked")) as worker:
        services.wait_until(lambda: _health(port, "/readyz")[0] == 200, 40, "it is ready")
        assert _listening(worker.pid) == {("0100007F", port)}
        assert _health(port, "/livez")[1]["waiting_for"] == []
        assert worker.stop() == 0


def test_a_worker_refuses_topics_that_are_cut_otherwise(settings: Settings, tmp_path: Path) -> None:
    environment = workers.environment(settings, CLEANPLATE_KAFKA__PARTITIONS="7")

    with workers.running(workers.Worker(environment, tmp_path / "log")) as worker:
        assert worker.wait(40) == 1
        assert "catalog.image.received.v1: partitions is 12" in worker.log.read_text()


def test_a_worker_waits_for_a_broker_that_is_not_there_yet(settings: Settings, tmp_path: Path) -> None:
    environment = workers.environment(settings, CLEANPLATE_KAFKA__BOOTSTRAP=f"127.0.0.1:{_free_port()}")

    with workers.running(workers.Worker(environment, tmp_path / "log")) as worker:
        services.wait_until(lambda: "service_unavailable" in worker.log.read_text(), 40, "it says what it waits for")
        assert worker.lives
        assert len(worker.log.read_text().splitlines()) < 5


def test_a_misspelt_setting_stops_the_start_with_its_name(settings: Settings, tmp_path: Path) -> None:
    environment = workers.environment(settings, CLEANPLATE_KAFKA__BOOTSTRAPS="127.0.0.1:9092")

    with workers.running(workers.Worker(environment, tmp_path / "log")) as worker:
        assert worker.wait(40) == 1
        (line,) = worker.log.read_text().splitlines()
        assert "CLEANPLATE_KAFKA__BOOTSTRAPS" in line
