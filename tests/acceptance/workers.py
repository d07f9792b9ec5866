"""Worker processes for the acceptance tests: the installed command, started, killed, waited for."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from infra.kafka import KafkaAdmin, client_config, ends_of
from infra.settings import Settings
from streams import topics

#: The installed command, not the module: what it lacks must show here.
COMMAND = str(Path(__file__).parents[2] / ".venv" / "bin" / "cleanplate")


class Worker:
    """One `cleanplate worker` process with its log."""

    def __init__(self, environment: dict[str, str], log: Path, failpoint: str = "") -> None:
        self.log = log
        variables = {**os.environ, **environment, **({"CLEANPLATE_FAILPOINT": failpoint} if failpoint else {})}
        with log.open("ab") as lines:
            self._process = subprocess.Popen([COMMAND, "worker"], env=variables, stdout=lines, stderr=lines)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout_s: float) -> int:
        """The exit code; negative is a signal. Raises TimeoutExpired."""
        return self._process.wait(timeout_s)

    def stop(self, timeout_s: float = 40) -> int:
        """Ask it to stop and give its exit code."""
        if self.lives:
            self._process.send_signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL, as a machine that goes away."""
        self._process.kill()
        self._process.wait(10)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The settings as a worker process reads them."""
    groups = {"KAFKA": ("bootstrap", "group"), "STORE": ("endpoint", "access_key", "secret_key")}
    variables = {
        f"CLEANPLATE_{group}__{name.upper()}": str(getattr(getattr(settings, group.lower()), name))
        for group, names in groups.items()
        for name in names
    }
    variables |= {
        "CLEANPLATE_TRITON__URL": settings.triton.url,
        "CLEANPLATE_TRITON__ADMIN_SECRET": settings.triton.admin_secret,
        # A killed member must not hold up the next for long.
        "CLEANPLATE_WORKER__SESSION_TIMEOUT_S": "6",
        "CLEANPLATE_LOG__FORMAT": "json",
        # What a worker does with pictures must not hang on whether the checkout's policy is certified.
        "CLEANPLATE_CERTIFICATE__REQUIRED": "false",
    }
    return {**variables, **more}


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    """A worker that is killed at the end if it still lives."""
    try:
        yield worker
    finally:
        if worker.lives:
            worker.kill()


def start_at_end(settings: Settings) -> None:
    """Let a new group begin behind everything that other tests have sent."""
    consumer = Consumer(
        {**client_config(settings.kafka), "group.id": settings.kafka.group, "enable.auto.commit": False}
    )
    ends = [
        TopicPartition(spec.name, number, ends_of(consumer, TopicPartition(spec.name, number), 10)[1])
        for spec in topics.CONSUMED
        for number in range(settings.kafka.partitions)
    ]
    consumer.commit(offsets=ends, asynchronous=False)
    consumer.close()


def lag(settings: Settings) -> int:
    """Records that the group has not answered yet."""
    names = [spec.name for spec in topics.CONSUMED]
    return sum(KafkaAdmin(settings.kafka).lag(settings.kafka.group, names).values())
