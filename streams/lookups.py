"""What people and review tools look up: heads, open tasks, marks, outcomes; read from the topics, all of them."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition
from msgspec import Struct

from infra.kafka import client_config, ends_of, read_log
from infra.settings import KafkaSettings
from processors import sightings
from processors.errors import ServiceUnavailableError, UnprocessableEventError
from streams import events, repetition, topics


def heads(kafka: KafkaSettings) -> dict[str, events.ImageHead]:
    """Where every picture stands, by image id; the highest `seq` counts, not the last record."""
    found: dict[str, events.ImageHead] = {}
    for record in read_log(kafka, topics.HEAD.name):
        if record.value is None:
            found.pop((record.key or b"").decode(), None)
            continue
        head: events.ImageHead = events.decode(record.value, record.headers, (topics.HEAD.name,)).data
        if head.image_id not in found or found[head.image_id].seq <= head.seq:
            found[head.image_id] = head
    return found


def open_tasks(kafka: KafkaSettings) -> list[events.ReviewRequested]:
    """Review tasks that wait for an answer, oldest first: those that are still the head of their picture."""
    current = heads(kafka)
    tasks: dict[str, events.ReviewRequested] = {}
    for record in read_log(kafka, topics.REVIEW_REQUESTED.name):
        task: events.ReviewRequested = events.decode(record.value, record.headers, (topics.REVIEW_REQUESTED.name,)).data
        head = current.get(task.image_id)
        if head is not None and head.edit_id == task.task_id:
            tasks.setdefault(task.task_id, task)
    return list(tasks.values())


class RepeatedMark(Struct, frozen=True, kw_only=True):
    """A mark with all pictures of a merchant that bear it, or one close enough to be the same."""

    #: as one picture at its commonest place bears it
    mark: sightings.Mark
    #: pictures that differ by their pixels
    pictures: int
    image_ids: tuple[str, ...]


def repeated_marks(kafka: KafkaSettings, merchant_id: str) -> list[RepeatedMark]:
    """Marks that at least two of a merchant's pictures bear, the most repeated first."""
    borne: dict[repetition.Element, events.MarkSeen] = {}
    for record in read_log(kafka, topics.MARKS.name):
        one = repetition.element(record.key)
        if one is None or one.merchant_id != merchant_id:
            continue
        if record.value is None:
            borne.pop(one, None)
        else:
            borne[one] = events.decode(record.value, record.headers, (topics.MARKS.name,)).data
    return grouped(borne.values())


def grouped(borne: Iterable[events.MarkSeen]) -> list[RepeatedMark]:
    """One merchant's marks that at least two pictures bear; of places close to each other the commonest is shown."""
    by_mark: dict[str, list[events.MarkSeen]] = {}
    for seen in borne:
        by_mark.setdefault(seen.mark.mark_id, []).append(seen)
    groups: list[list[events.MarkSeen]] = []
    for some in sorted(by_mark.values(), key=lambda some: (-len(some), some[0].mark.mark_id)):
        home = next((group for group in groups if sightings.alike(group[0].mark, some[0].mark)), None)
        if home is None:
            groups.append(some)
        else:
            home.extend(some)
    counted = [
        RepeatedMark(
            mark=group[0].mark,
            pictures=len({seen.pixels_sha256 for seen in group}),
            image_ids=tuple(sorted({seen.image_id for seen in group})),
        )
        for group in groups
    ]
    repeated = [one for one in counted if one.pictures > 1]
    return sorted(repeated, key=lambda one: (-one.pictures, one.mark.pattern, one.mark.mark_id))


@dataclass(frozen=True, slots=True)
class Awaited:
    """An outcome that came, with the seconds since `OutcomeListener` was made."""

    outcome: events.ImageOutcome
    after_s: float


class OutcomeListener:
    """Listens to the outcome topic from now on; make it before the events are sent.

    Raises ServiceUnavailableError where the brokers do not answer within `timeout_s`.
    """

    def __init__(self, kafka: KafkaSettings, timeout_s: float = 10.0) -> None:
        self._consumer = Consumer(
            {**client_config(kafka), "group.id": "cleanplate.listener", "enable.auto.commit": False}
        )
        try:
            self._consumer.assign(self._ends(timeout_s) or [TopicPartition(topics.OUTCOME.name, 0, OFFSET_END)])
        except KafkaException as problem:
            self._consumer.close()
            raise ServiceUnavailableError("kafka", str(problem)) from problem
        self._since = time.monotonic()

    def _ends(self, timeout_s: float) -> list[TopicPartition]:
        """Where to begin; fixed now, because "from the end" would mean the end at the time of the first fetch."""
        name = topics.OUTCOME.name
        where = [TopicPartition(name, n) for n in self._consumer.list_topics(name, timeout_s).topics[name].partitions]
        return [TopicPartition(name, one.partition, ends_of(self._consumer, one, timeout_s)[1]) for one in where]

    def wait(self, event_ids: Iterable[str], timeout_s: float) -> Iterator[Awaited]:
        """Outcomes of these events as they come, once each.

        Raises:
            ServiceUnavailableError: not all came within `timeout_s`.
        """
        left = set(event_ids)
        deadline = time.monotonic() + timeout_s
        while left:
            if time.monotonic() > deadline:
                raise ServiceUnavailableError("worker", f"no outcome for {len(left)} events within {timeout_s:.0f} s")
            for message in self._consumer.consume(100, timeout=0.2):
                if message.error() is not None:
                    continue
                try:
                    event = events.decode(_value(message.value()), message.headers(), (topics.OUTCOME.name,))
                except UnprocessableEventError:
                    # Not ours to judge: somebody else wrote it.
                    continue
                if event.data.event_id in left:
                    left.discard(event.data.event_id)
                    yield Awaited(event.data, time.monotonic() - self._since)

    def close(self) -> None:
        self._consumer.close()


def _value(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
