"""Records without a key: compacted topics take none, and one of them costs the good ones of its batch their place."""

import asyncio
from typing import Any

import pytest

from infra.kafka import EventWriter, NoKeyError
from infra.settings import KafkaSettings
from streams import topics
from streams.app import FaustPublisher
from streams.dead_letters import Letter


def test_a_writer_refuses_a_record_without_a_key_before_it_is_queued() -> None:
    writer = EventWriter(KafkaSettings(bootstrap="127.0.0.1:1"), timeout_s=0.1)
    with pytest.raises(NoKeyError, match=topics.AUDIT.name):
        writer.send(topics.AUDIT.name, key=None, value=b"{}", headers=[])
    writer.flush()


class NoProducer:
    """An app whose producer must not be asked."""

    @property
    def producer(self) -> Any:
        raise AssertionError("nothing may be sent")


@pytest.mark.parametrize("topic", sorted(topics.COMPACTED))
def test_the_worker_sends_no_record_without_a_key_to_a_compacted_topic(topic: str) -> None:
    publisher = FaustPublisher(NoProducer(), partitions=12)  # type: ignore[arg-type]
    with pytest.raises(NoKeyError, match=topic):
        asyncio.run(publisher.forward(topic, Letter(None, b"{}", (), 0)))
