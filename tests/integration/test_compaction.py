"""The audit and head topics on a real broker whose cleaner really works: superseded records and tombstones are gone.

Copies of the two topics, as declared but with small segments. Several producers write them, the same records too, one
of them a zombie that goes on after its picture has moved on; a consumer group changes its members meanwhile.
"""

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.kafka import EventWriter, KafkaAdmin, Record, TopicSpec, client_config, ends_of_log, read_log
from infra.settings import KafkaSettings, Settings
from processors import chain
from processors.errors import ServiceUnavailableError
from processors.folding import Folding
from processors.undoing import Scope, Target
from streams import audit_log, events, rollback_plans, topics
from streams.ledger import slot_key
from streams.rollback_plans import Place
from tests import services
from tests.desks import NOW, Workers
from tests.fakes import BUCKETS, INCOMING, ShelfPublisher
from tests.log_model import Event

pytestmark = [pytest.mark.connected, pytest.mark.slow]

QUICK = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "1000",
}
IMAGES = [f"shop.{number}" for number in range(6)]
ERASED, ZOMBIE = IMAGES[0], IMAGES[1]


class BrokerPublisher:
    """A worker's connection: audit records and heads go to the copies of their topics, all else to a shelf."""

    def __init__(
        self, kafka: KafkaSettings, names: dict[str, str], meanwhile: Callable[[], None] | None = None
    ) -> None:
        self._writer = EventWriter(kafka)
        self._partitions = kafka.partitions
        self._names = names
        self._meanwhile = meanwhile
        self._shelf = ShelfPublisher()

    async def send(self, topic: str, *, image_id: str, key: str, value: bytes | None, headers: Any) -> None:
        if topic not in self._names:
            return await self._shelf.send(topic, image_id=image_id, key=key, value=value, headers=headers)
        if self._meanwhile is not None:
            # The first record of a zombie: prepared before the others' and written after them.
            meanwhile, self._meanwhile = self._meanwhile, None
            await asyncio.get_running_loop().run_in_executor(None, _in_a_thread(meanwhile))
        partition = topics.partition_of(image_id, self._partitions)
        self._writer.send(self._names[topic], key=key.encode(), value=value, headers=headers, partition=partition)
        self._writer.flush()


def _in_a_thread(act: Callable[[], None]) -> Callable[[], None]:
    def wait() -> None:
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    return wait


class Member:
    """A member of a consumer group that keeps what it reads and commits it, until it leaves."""

    def __init__(self, kafka: KafkaSettings, topic: str, group: str, seen: list[Record]) -> None:
        self.partitions: set[int] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(kafka, topic, group, seen))
        self._thread.start()

    def leave(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _work(self, kafka: KafkaSettings, topic: str, group: str, seen: list[Record]) -> None:
        consumer = Consumer(
            {
                **client_config(kafka),
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 500,
            }
        )
        consumer.subscribe([topic], on_assign=self._assigned)
        while not self._stopped.is_set():
            messages = [one for one in consumer.consume(20, timeout=0.1) if one.error() is None]
            seen += [
                Record(topic, one.partition() or 0, one.offset() or 0, one.key(), one.value(), (), 0)  # type: ignore[arg-type]
                for one in messages
            ]
            if messages:
                # Where the partition has gone to another member meanwhile, that one reads these records again.
                with contextlib.suppress(KafkaException):
                    consumer.commit(asynchronous=False)
        consumer.close()

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.partitions = {one.partition for one in partitions}


@dataclass
class Told:
    """What was written, and what is left of it."""

    kafka: KafkaSettings
    audit: str
    heads: str
    workers: Workers
    group: str
    #: what the group has read
    seen: list[Record] = field(default_factory=list)
    before: list[Record] = field(default_factory=list)
    heads_before: list[Record] = field(default_factory=list)

    def folded(self) -> dict[str, tuple[chain.Edit, ...]]:
        return fold(audit_log.entry(record) for record in read_log(self.kafka, self.audit))


def fold(entries: Any) -> dict[str, tuple[chain.Edit, ...]]:
    folding: Folding[chain.Edit, tuple[chain.Edit, ...]] = Folding(lambda state, edit: (*(state or ()), edit))
    for entry in entries:
        if entry.value is not None:
            folding.take(audit_log.edit(entry))
    assert (folding.broken, folding.gaps()) == ({}, {})
    return {image: edits for image, _, _, edits in folding.states()}


def superseded(records: list[Record]) -> set[tuple[int, int]]:
    """Places of the records that compaction takes away: all but the last of a key, and tombstones."""
    last = {record.key: (record.partition, record.offset) for record in records if record.value is not None}
    erased = {record.key for record in records if record.value is None}
    kept = {place for key, place in last.items() if key not in erased}
    return {(record.partition, record.offset) for record in records} - kept


@pytest.fixture(scope="module")
def told(seaweedfs_servers: Settings) -> Iterator[Told]:
    """The story, and then the broker at work until every superseded record and every tombstone is gone."""
    kafka = msgspec.structs.replace(seaweedfs_servers.kafka, partitions=2)
    name = f"test.{secrets.token_hex(6)}"
    specs = [
        TopicSpec(f"{name}.{spec.name}", spec.key, "a test", {**spec.configs, **QUICK})
        for spec in (topics.AUDIT, topics.HEAD)
    ]
    admin = KafkaAdmin(kafka)
    admin.mend(specs, admin.drift(specs))
    audit, heads = (spec.name for spec in specs)
    names = {topics.AUDIT.name: audit, topics.HEAD.name: heads}
    told = Told(kafka, audit, heads, Workers(), f"{name}.group")
    try:
        tell(told, names)
        yield told
    finally:
        remover = AdminClient(client_config(kafka))
        for future in remover.delete_topics([audit, heads]).values():
            future.result(10)


def tell(told: Told, names: dict[str, str]) -> None:
    workers, kafka = told.workers, told.kafka
    one, other = BrokerPublisher(kafka, names), BrokerPublisher(kafka, names)

    def member() -> Member:
        return Member(kafka, told.audit, told.group, told.seen)

    def upload(image: str, order: int, content: bytes) -> Event:
        version = workers.store.put(INCOMING, image, content)
        return Event("upload", f"{image}-{order}", image, image, version, order, content)

    def deliver(event: Event, publisher: BrokerPublisher) -> None:
        workers.publisher = publisher
        workers.deliver(event)

    first = member()
    uploads = {image: [upload(image, 1, b"remove 1"), upload(image, 2, b"ask 1")] for image in IMAGES}
    for events_of in uploads.values():
        for event in events_of:
            deliver(event, one)
    services.wait_until(lambda: first.partitions == {0, 1} and bool(told.seen), 30, "the first member reads")

    second = member()
    services.wait_until(lambda: len(first.partitions) == len(second.partitions) == 1, 30, "the group shares the topic")
    for image in IMAGES[2:]:
        deliver(Event("decision", f"{image}-a", image, about=2, says="accept"), other)
    # The zombie has committed its slot and comes to tell of it when a newer version has been told of by another worker.
    late, newer = upload(ZOMBIE, 3, b"remove 2"), upload(ZOMBIE, 4, b"keep 1")
    deliver(late, BrokerPublisher(kafka, names, lambda: deliver(newer, other)))
    first.leave()
    services.wait_until(lambda: second.partitions == {0, 1}, 30, "the one that stays has all of it")
    second.leave()

    # Told again, the older after the newer; then a picture is erased: its slots, and all keys of it.
    for publisher in (one, other):
        for image in IMAGES:
            for event in reversed(uploads[image]):
                deliver(event, publisher)
    writer, partition = EventWriter(kafka), topics.partition_of(ERASED, kafka.partitions)
    for edit in workers.edits(ERASED):
        key = f"{ERASED}/{edit.edit_id}".encode()
        writer.send(told.audit, key=key, value=None, headers=[], partition=partition)
        workers.store.remove(BUCKETS.edits, slot_key(ERASED, edit.seq))
    writer.send(told.heads, key=ERASED.encode(), value=None, headers=[], partition=partition)
    writer.flush()
    told.before, told.heads_before = list(read_log(kafka, told.audit)), list(read_log(kafka, told.heads))
    gone = {told.audit: superseded(told.before), told.heads: superseded(told.heads_before)}

    def cleaned() -> bool:
        # Nothing is cleaned but closed segments, and a segment is closed by what comes after it.
        for image in IMAGES[1:]:
            deliver(uploads[image][0], one)
        return not any(
            gone[topic] & {(record.partition, record.offset) for record in read_log(kafka, topic)} for topic in gone
        )

    services.wait_until(cleaned, 90, "all that is superseded is gone")


def test_superseded_records_and_tombstones_are_gone_and_nothing_else(told: Told) -> None:
    records = list(read_log(told.kafka, told.audit))
    wanted = {f"{image}/{edit.edit_id}".encode() for image in IMAGES for edit in told.workers.edits(image)}
    assert {record.key for record in records} == wanted
    assert all(record.value is not None for record in records)
    assert len(superseded(told.before)) > len(wanted), "there was much to clean"
    assert {record.key for record in read_log(told.kafka, told.heads)} == {image.encode() for image in IMAGES[1:]}


def test_what_is_left_folds_to_the_chains_although_it_lies_in_another_order(told: Told) -> None:
    assert told.folded() == {image: told.workers.edits(image) for image in IMAGES[1:]}
    entries = [audit_log.entry(record) for record in read_log(told.kafka, told.audit)]
    assert all(
        entry.value == told.workers.ledger.slot_now(entry.image_id, audit_log.edit(entry).seq) for entry in entries
    )
    order = [audit_log.edit(entry).seq for entry in entries if entry.image_id == IMAGES[2]]
    assert order != sorted(order), "else the log's own order would do"


@pytest.mark.parametrize("target", ["before", "original"])
def test_a_rollback_is_planned_the_same_before_and_after(told: Told, target: Any, tmp_path: Path) -> None:
    def plan(name: str, records: Iterable[Record]) -> tuple[Any, list[Any]]:
        path, wanted = tmp_path / name, Target(kind=target)
        entries = map(audit_log.entry, records)
        made = rollback_plans.write(
            entries, Scope(include_human=True), wanted, path, NOW, Place(cluster="", bucket="", offsets={})
        )
        header = made.header
        return (header.counts, header.strata, header.bytes), [*made.rows(), *made.left()]

    counted, rows = plan("before", told.before)
    assert len(rows) == len(IMAGES[2:])
    assert plan("after", read_log(told.kafka, told.audit)) == (counted, rows)


def test_heads_are_those_of_the_chains_also_after_a_zombie(told: Told) -> None:
    last = {record.key: record.value for record in read_log(told.kafka, told.heads)}
    for image in IMAGES[1:]:
        head = msgspec.json.decode(last[image.encode()] or b"", type=events.ImageHead)
        edit = told.workers.edits(image)[-1]
        assert (head.seq, head.edit_id, head.shown) == (edit.seq, edit.edit_id, edit.shown)
    told_of_zombie = [
        msgspec.json.decode(record.value or b"", type=events.ImageHead).seq
        for record in told.heads_before
        if record.key == ZOMBIE.encode()
    ]
    assert 3 not in told_of_zombie or told_of_zombie.index(3) > told_of_zombie.index(4), "it did come late"
    assert told_of_zombie[-1] == 4


def test_a_group_whose_members_change_misses_no_edit_while_the_broker_cleans(told: Told) -> None:
    left = list(read_log(told.kafka, told.audit))
    consumer = Consumer({**client_config(told.kafka), "group.id": told.group})
    committed = consumer.committed([TopicPartition(told.audit, number) for number in (0, 1)], timeout=10)
    consumer.close()
    places = {(record.partition, record.offset) for record in left}
    assert any((one.partition, one.offset) not in places for one in committed), "the group goes on in a hole"
    ends = {(record.partition, record.offset) for record in {record.partition: record for record in left}.values()}

    member = Member(told.kafka, told.audit, told.group, told.seen)
    services.wait_until(
        lambda: ends <= {(one.partition, one.offset) for one in list(told.seen)}, 30, "the group is at the end"
    )
    member.leave()

    erased = {one.key for one in told.before if one.value is None}
    assert fold(audit_log.entry(one) for one in told.seen if one.key not in erased) == told.folded()


def test_a_reader_begins_in_a_hole_and_ends_at_an_end_that_nobody_can_read(told: Told) -> None:
    """Of a transaction that was given up, records and the mark of its end are offsets that no reader is given."""
    whole = {record.key: record.value for record in read_log(told.kafka, told.heads)}
    holes = sorted(offset for partition, offset in superseded(told.heads_before) if partition == 0)
    since = {0: holes[len(holes) // 2], 1: ends_of_log(told.kafka, told.heads)[1]}
    producer = Producer({**client_config(told.kafka), "transactional.id": told.group})
    producer.init_transactions(10)
    producer.begin_transaction()
    for partition in (0, 1):
        producer.produce(told.heads, b"{}", b"never", partition=partition)
    producer.flush(10)
    producer.abort_transaction(10)

    # The cleaner is still at work on what was told since: of each key something is left.
    assert {record.key: record.value for record in read_log(told.kafka, told.heads, timeout_s=10)} == whole
    later = list(read_log(told.kafka, told.heads, timeout_s=10, since=since))
    assert {(record.partition, record.offset > since[0]) for record in later} == {(0, True)}


def test_the_broker_refuses_a_record_without_a_key_and_the_good_ones_beside_it(told: Told) -> None:
    """Which is why our writers refuse it first."""
    writer = EventWriter(told.kafka)
    ends = ends_of_log(told.kafka, told.heads)
    writer.send(told.heads, key=b"good", value=b"{}", headers=[], partition=0)
    writer.send(told.heads, key=None, value=b"{}", headers=[], partition=0, keyless=True)
    with pytest.raises(ServiceUnavailableError):
        writer.flush()
    assert ends_of_log(told.kafka, told.heads) == ends
