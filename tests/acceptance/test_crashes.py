"""The worker is killed after every step of the path, under traffic with duplicates; nothing is lost or doubled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.settings import Settings
from streams import failpoints
from tests import services

from . import invariants, workers
from .traffic import Traffic

pytestmark = [pytest.mark.connected, pytest.mark.slow]

#: Enough for as many whole batches as there are steps: the last worker dies at the acknowledgement of so many.
EVENTS = 360


@pytest.mark.timeout(600)
def test_a_worker_killed_after_each_step_leaves_every_event_with_one_outcome(
    settings: Settings, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    workers.start_at_end(settings)
    traffic = Traffic(settings, seed=3, name=settings.kafka.group)
    traffic.send(EVENTS)
    environment = workers.environment(settings, CLEANPLATE_WORKER__INSTANCE_ID="crashing")

    for passes, failpoint in enumerate(failpoints.NAMES, start=1):
        with workers.running(workers.Worker(environment, tmp_path / "log", f"{failpoint}:{passes}")) as worker:
            assert worker.wait(60) == -9, f"killed at {failpoint}"

    with workers.running(workers.Worker(environment, tmp_path / "log")) as worker:
        recovered = services.wait_until(lambda: workers.lag(settings) == 0, 120, "every event is answered")
        assert worker.stop() == 0
    figures = invariants.check(settings, traffic.told, traffic.originals)
    record_property("table", {**figures, "kills": len(failpoints.NAMES), "last_recovery_s": round(recovered, 1)})
