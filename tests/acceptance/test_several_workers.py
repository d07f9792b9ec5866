"""Workers join and leave under load; the partitions move, nothing is lost, nothing is done twice."""

from pathlib import Path

import pytest

from infra.settings import Settings
from tests import services

from . import invariants, workers
from .traffic import Traffic

pytestmark = [pytest.mark.connected, pytest.mark.slow]


@pytest.mark.timeout(300)
def test_workers_that_join_leave_and_die_lose_nothing(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    traffic = Traffic(settings, seed=11, name=settings.kafka.group)
    environment = workers.environment(settings)

    with workers.running(workers.Worker(environment, tmp_path / "first")) as first:
        traffic.send(80)
        services.wait_until(lambda: _answered(first) > 0, 60, "the first worker is at work")
        with workers.running(workers.Worker(environment, tmp_path / "second")) as second:
            traffic.send(60)
            services.wait_until(lambda: _at_work(second, traffic, settings), 60, "the second worker got partitions")
            with workers.running(workers.Worker(environment, tmp_path / "third")) as third:
                traffic.send(60)
                assert first.stop() == 0
                services.wait_until(lambda: _at_work(third, traffic, settings), 60, "the third worker got partitions")
                second.kill()
                services.wait_until(lambda: workers.lag(settings) == 0, 120, "every event is answered")
                assert third.stop() == 0

    invariants.check(settings, traffic.told, traffic.originals)


def _at_work(worker: workers.Worker, traffic: Traffic, settings: Settings) -> bool:
    """Whether it has answered anything; where the others were quick and left it nothing, there is more."""
    if _answered(worker) > 0:
        return True
    if workers.lag(settings) == 0:
        traffic.send(12)
    return False


def _answered(worker: workers.Worker) -> int:
    return worker.log.read_text().count('"event_answered"')
