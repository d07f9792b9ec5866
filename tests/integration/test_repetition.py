"""Marks through a real broker: several producers, duplicates, compaction, an outage; every reader counts the same."""

import asyncio
import os
import random
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from infra import processes
from infra.kafka import EventWriter, KafkaAdmin, TopicSpec, client_config, follow_log, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from processors.errors import ServiceUnavailableError
from processors.regions import Region, TextLine
from streams import events, local, lookups, repetition, topics
from streams.ledger import Ledger
from streams.repetition import KnownMarks
from tests import services
from tests.acceptance import invariants, workers
from tests.acceptance.traffic import Traffic

pytestmark = pytest.mark.connected

SIZE = (400, 533)
PLACE = ((208.0, 487.0), (366.0, 487.0), (366.0, 510.0), (208.0, 510.0))
LINE = TextLine(PLACE, "SUMMER SALE", 0.97, 0.9)


def image(merchant: str, number: int) -> str:
    return f"{merchant.replace('/', '.')}-{number}"


def edit(merchant: str, number: int, seq: int, text: str) -> chain.Edit:
    """An edit of a picture with one line; without a text it is a deletion."""
    return chain.Edit(
        image_id=image(merchant, number),
        seq=seq,
        edit_id=f"{number:016x}{seq:016x}",
        parent=None,
        parent_sha256=None,
        kind="kept" if text else "deleted",
        cause=chain.Cause(f"e{number}", "shop", "catalog.image.created.v1", "2026-03-02T09:00:00+00:00"),
        merchant_id=merchant,
        picture=chain.PictureFacts("PNG", "RGB", *SIZE, 1, f"{number:064x}") if text else None,
        regions=(Region(PLACE, text, 0.97, "keep", 0.5, "caption", ""),) if text else (),
    )


class Producer:
    """Tells the topic of chains as a worker does, from a connection of its own."""

    def __init__(self, settings: Settings, topic: str = topics.MARKS.name) -> None:
        self._writer = EventWriter(settings.kafka)
        self._partitions = settings.kafka.partitions
        self._topic = topic

    def tell(self, *edits: chain.Edit) -> None:
        head = edits[-1]
        for one, seen in repetition.told_by(edits).items():
            name = chain.name_of("mark", head.edit_id, one.key)
            self._writer.send(
                self._topic,
                key=one.key.encode(),
                value=events.encode(seen) if seen else None,
                headers=events.headers(topics.MARKS.name, name, head.cause.time),
                partition=topics.partition_of(head.image_id, self._partitions),
            )

    def flush(self) -> None:
        self._writer.flush()


def count(known: KnownMarks, merchant: str) -> int:
    (found,) = known.repeats(merchant, [LINE], SIZE, "new", "new")
    return found


async def eventually(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(services.wait_until, condition, 30, what)


@pytest.fixture
def merchant(settings: Settings) -> str:
    """A merchant that no other test has; its id holds a slash, as some do."""
    return f"eu/{settings.kafka.group}"


def test_several_producers_with_duplicates_and_readers_of_any_time_end_with_the_same(
    settings: Settings, merchant: str
) -> None:
    def work(numbers: range) -> None:
        chance, producer = random.Random(numbers.start), Producer(settings)
        for number in [*numbers, *chance.choices(numbers, k=20)]:
            # Every third picture loses its mark, by a new version or a deletion; and all may be told again, whole.
            edits = [edit(merchant, number, 1, "SUMMER SALE")]
            if number % 3 == 0:
                producer.tell(*edits)
                edits.append(edit(merchant, number, 2, "" if number % 2 else "new words"))
            producer.tell(*edits)
        producer.flush()

    async def scenario() -> None:
        async with repetition.following(settings.kafka, settings.marks) as early:
            workers = [threading.Thread(target=work, args=(range(start, start + 3),)) for start in range(0, 9, 3)]
            for one in workers:
                one.start()
            for one in workers:
                await asyncio.to_thread(one.join)
            async with repetition.following(settings.kafka, settings.marks) as late:
                for known in (early, late):
                    await eventually(lambda known=known: count(known, merchant) == 6, "six of nine pictures bear it")  # type: ignore[misc]
                assert count(late, "another merchant") == 0

    asyncio.run(scenario())
    shown, newer = lookups.repeated_marks(settings.kafka, merchant)
    assert (shown.pictures, shown.mark.text) == (6, "SUMMER SALE")
    assert (newer.pictures, newer.mark.text) == (2, "new words")
    assert shown.image_ids == tuple(image(merchant, number) for number in (1, 2, 4, 5, 7, 8))


def test_the_broker_refuses_a_record_without_a_key(settings: Settings) -> None:
    writer = EventWriter(settings.kafka)
    writer.send(topics.MARKS.name, key=None, value=b"{}", headers=[], keyless=True)
    with pytest.raises(ServiceUnavailableError):
        writer.flush()


@pytest.fixture
def short_lived(settings: Settings) -> Iterator[TopicSpec]:
    """The topic under another name, with segments of a tenth of a second; removed again."""
    spec = replace(
        topics.MARKS,
        name=f"test.{secrets.token_hex(6)}",
        configs={**topics.MARKS.configs, "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"},
    )
    admin = KafkaAdmin(settings.kafka)
    admin.mend([spec], admin.drift([spec]))
    yield spec
    remover = AdminClient(client_config(settings.kafka))
    remover.delete_topics([spec.name])[spec.name].result(10)


@pytest.mark.slow
def test_compaction_drops_records_and_no_picture(settings: Settings, merchant: str, short_lived: TopicSpec) -> None:
    producer = Producer(settings, short_lived.name)

    def tell_all() -> None:
        for number in range(6):
            gone = [edit(merchant, number, 2, "")] if number < 2 else []
            producer.tell(edit(merchant, number, 1, "SUMMER SALE"), *gone)
        producer.flush()

    def records() -> int:
        return len(list(read_log(settings.kafka, short_lived.name)))

    written = 0

    def compacted() -> bool:
        # The newest segment is never compacted: each round closes the one before.
        nonlocal written
        tell_all()
        written += 6
        return records() < written

    services.wait_until(compacted, 60, "the broker compacts")
    stopped, known = threading.Event(), KnownMarks(1000)
    for some, at_end in follow_log(settings.kafka, short_lived.name, stopped):
        known.hear(some)
        if at_end:
            stopped.set()
    assert count(known, merchant) == 4


@pytest.mark.slow
def test_a_reader_outlives_its_broker_and_holds_up_nobody_meanwhile(settings: Settings, merchant: str) -> None:
    home = services.HOMES / "seaweedfs"

    async def scenario() -> None:
        async with repetition.following(settings.kafka, settings.marks) as known:
            producer = Producer(settings)
            producer.tell(edit(merchant, 1, 1, "SUMMER SALE"))
            producer.flush()
            await eventually(lambda: count(known, merchant) == 1, "the first picture is heard of")
            broker = processes.find(home, "kafka")
            assert broker is not None
            os.kill(broker.pid, signal.SIGKILL)
            await eventually(lambda: not processes.is_alive(broker), "the broker is gone")
            assert count(known, merchant) == 1
            await asyncio.to_thread(local.up, home)
            producer.tell(edit(merchant, 2, 1, "SUMMER SALE"))
            producer.flush()
            await eventually(lambda: count(known, merchant) == 2, "the second picture is heard of")

    asyncio.run(scenario())


def edits_of(settings: Settings, traffic: Traffic) -> Iterator[chain.Edit]:
    ledger = Ledger(S3Store(settings.store), settings.store.edits_bucket)
    for image_id in {one.image_id for one in traffic.told.values()}:
        yield from ledger.read_now(image_id).edits


@pytest.mark.slow
def test_a_worker_tells_of_marks_hears_of_them_and_counts_them(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    traffic = Traffic(settings, seed=5, name=settings.kafka.group)
    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")) as worker:
        services.wait_until(lambda: "marks_read" in worker.log.read_text(), 40, "the topic is read")

        def repeated() -> bool:
            traffic.send(10)
            services.wait_until(lambda: workers.lag(settings) == 0, 60, "every event is answered")
            return any(region.repeats for edit in edits_of(settings, traffic) for region in edit.regions)

        # How soon a worker hears of what it has just told is up to the broker.
        services.wait_until(repeated, 120, "a line is known to be repeated")
        assert worker.stop() == 0
    invariants.check(settings, traffic.told, traffic.originals)
    assert lookups.repeated_marks(settings.kafka, "m-1")
