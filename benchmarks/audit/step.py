"""Steps that are measured in a process of their own: reading the audit topic, and folding it."""

import json
import sys
import time
from collections.abc import Callable

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from infra import kafka
from infra import settings as settings_module
from infra.settings import KafkaSettings
from processors.folding import Folding
from streams import audit_log, topics
from streams.audit_log import Brief

Head = tuple[str, str | None]


def read(settings: KafkaSettings) -> int:
    """What confluent-kafka alone does: every value in the hands of Python, and nothing done with it."""
    ends = kafka.ends_of_log(settings, topics.AUDIT.name)
    consumer = Consumer(
        {
            **kafka.client_config(settings),
            "group.id": "bench",
            "enable.auto.commit": False,
            # As where it is folded.
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.assign([TopicPartition(topics.AUDIT.name, number, OFFSET_BEGINNING) for number in ends])
    count, size = 0, 0
    while count < sum(ends.values()):
        for message in consumer.consume(500, timeout=0.1):
            count, size = count + 1, size + len(message.value() or b"")
    consumer.close()
    return count


def fold(settings: KafkaSettings) -> int:
    """Where every picture stands, from the log alone."""
    folding: Folding[Brief, Head] = Folding(_head)
    count = 0
    for entry in audit_log.read(settings):
        folding.take(audit_log.brief(entry))
        count += 1
    assert not folding.gaps() and not folding.broken
    return count


def _head(_: Head | None, edit: Brief) -> Head:
    return edit.kind, edit.shown.sha256 if edit.shown else None


STEPS: dict[str, Callable[[KafkaSettings], int]] = {"read": read, "fold": fold}


if __name__ == "__main__":
    settings = settings_module.load().kafka
    began = time.perf_counter()
    records = STEPS[sys.argv[1]](settings)
    print(json.dumps({"records": records, "seconds": time.perf_counter() - began}))
