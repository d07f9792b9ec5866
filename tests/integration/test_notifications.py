"""What happens in the incoming bucket becomes events, through MinIO's own notifications."""

import asyncio
from pathlib import Path

import pytest

from infra.kafka import Record, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from streams import events, notifications, topics
from streams.ledger import Ledger
from tests import services
from tests.acceptance import workers
from tests.picture_files import jpeg

pytestmark = [pytest.mark.connected]

KEYS = ("shoes/red shoe.jpg", "röcke/größe 38+40.jpg", "100%25 cotton.jpg", "靴.jpg")


class _Collecting:
    """A Publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[events.Event] = []

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes, headers: list[tuple[str, bytes]]
    ) -> None:
        assert (topic, key) == (topics.RECEIVED.name, image_id)
        self.sent.append(events.decode(value, headers, events.ARRIVALS))

    async def forward(self, topic: str, letter: object) -> None:
        raise AssertionError("nothing to set aside")


@pytest.fixture
def told_by_minio(minio_servers: Settings) -> tuple[Settings, S3Store, str]:
    settings = services.with_own_group(minio_servers)
    return settings, S3Store(settings.store), f"{settings.kafka.group}/"


def _records(settings: Settings, key: str) -> list[Record]:
    name = f"{settings.store.incoming_bucket}/{key}".encode()
    return [record for record in read_log(settings.kafka, topics.STORAGE_EVENTS.name) if record.key == name]


async def _retold(settings: Settings, records: list[Record]) -> list[events.Event]:
    collecting = _Collecting()
    ledger = Ledger(S3Store(settings.store), settings.store.edits_bucket)
    notifier = notifications.Notifier(collecting, ledger, settings.store.incoming_bucket)
    for record in records:
        await notifier.retell(record.value)
    return collecting.sent


def _retell(settings: Settings, records: list[Record]) -> list[events.Event]:
    return asyncio.run(_retold(settings, records))


@pytest.mark.parametrize("key", KEYS)
def test_an_object_put_by_any_client_becomes_an_event(told_by_minio: tuple[Settings, S3Store, str], key: str) -> None:
    settings, store, prefix = told_by_minio
    version = store.put(settings.store.incoming_bucket, prefix + key, jpeg(), "image/jpeg")
    services.wait_until(lambda: bool(_records(settings, prefix + key)), 30, "MinIO has told Kafka")

    (event,) = _retell(settings, _records(settings, prefix + key))

    assert event.type == "catalog.image.created.v1"
    assert (event.data.object.bucket, event.data.object.key) == (settings.store.incoming_bucket, prefix + key)
    assert event.data.object.version_id == version
    assert event.data.object.sequencer
    again = _retell(settings, _records(settings, prefix + key))
    assert [one.id for one in again] == [event.id], "told again, it is the same event"


def test_a_delete_marker_takes_the_picture_away_and_an_old_version_does_not(
    told_by_minio: tuple[Settings, S3Store, str],
) -> None:
    settings, store, prefix = told_by_minio
    bucket, key = settings.store.incoming_bucket, f"{prefix}gone.jpg"
    first = store.put(bucket, key, jpeg(seed=1), "image/jpeg")
    store.put(bucket, key, jpeg(seed=2), "image/jpeg")
    store.client.remove_object(bucket, key, version_id=first)
    store.remove(bucket, key)
    services.wait_until(lambda: len(_records(settings, key)) >= 4, 30, "MinIO has told Kafka")

    retold = _retell(settings, _records(settings, key))

    assert sorted(one.type for one in retold) == [
        "catalog.image.created.v1",
        "catalog.image.created.v1",
        "catalog.image.deleted.v1",
    ]
    assert len({one.id for one in retold}) == 3


@pytest.mark.slow
def test_the_worker_retells_what_minio_tells(told_by_minio: tuple[Settings, S3Store, str], tmp_path: Path) -> None:
    settings, store, prefix = told_by_minio
    bucket = settings.store.incoming_bucket
    workers.start_at_end(settings)
    versions = [store.put(bucket, prefix + key, jpeg(seed=number), "image/jpeg") for number, key in enumerate(KEYS)]
    first = store.put(bucket, f"{prefix}gone.jpg", jpeg(seed=8), "image/jpeg")
    second = store.put(bucket, f"{prefix}gone.jpg", jpeg(seed=9), "image/jpeg")
    store.client.remove_object(bucket, f"{prefix}gone.jpg", version_id=first)
    store.remove(bucket, f"{prefix}gone.jpg")

    # Triton is not there: the pictures wait for it, which does not keep the notifications from being retold.
    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")):
        services.wait_until(lambda: len(_received(settings, prefix)) >= len(KEYS) + 3, 60, "all is retold")

    told = _received(settings, prefix)
    arrived = {event.data.object.version_id: event.data.object.key for event in told if "deleted" not in event.type}
    assert arrived == {
        **{version: prefix + key for version, key in zip(versions, KEYS, strict=True)},
        first: f"{prefix}gone.jpg",
        second: f"{prefix}gone.jpg",
    }
    (gone,) = {event.id: event for event in told if event.type == "catalog.image.deleted.v1"}.values()
    assert gone.data.image_id == notifications.image_id_of(bucket, f"{prefix}gone.jpg")
    assert len({event.id for event in told}) == len(KEYS) + 3, "one version that was deleted tells nothing"


def _received(settings: Settings, prefix: str) -> list[events.Event]:
    told = []
    for record in read_log(settings.kafka, topics.RECEIVED.name):
        event = events.decode(record.value, record.headers, events.ARRIVALS)
        if event.data.object.key.startswith(prefix):
            told.append(event)
    return told
