"""What happens in the incoming bucket becomes events, through MinIO's own notifications and through the listing."""

import asyncio
from pathlib import Path

import pytest

from infra.kafka import Record, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from streams import events, lookups, notifications, reconciling, topics
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
def test_the_listing_tells_what_no_notification_told_and_nothing_twice(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    store, bucket = S3Store(settings.store), settings.store.incoming_bucket
    mine = f"{settings.kafka.group}/"
    for number in range(3):
        store.put(bucket, f"{mine}{number}.jpg", jpeg(120, 160, seed=number), "image/jpeg")

    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")) as worker:
        first = _missed(settings, mine)
        reconciling.tell(settings, first)
        services.wait_until(lambda: len(_heads(settings, mine)) == 3, 60, "three pictures are known")
        assert [one.event_name for one in first] == ["ObjectCreated:Reconciled"] * 3
        assert _missed(settings, mine) == []

        store.remove(bucket, f"{mine}1.jpg")
        store.put(bucket, f"{mine}2.jpg", jpeg(120, 160, seed=9), "image/jpeg")
        second = _missed(settings, mine)
        reconciling.tell(settings, second)
        services.wait_until(lambda: workers.lag(settings) == 0, 60, "both are answered")
        services.wait_until(lambda: _missed(settings, mine) == [], 60, "nothing is missed any more")
        assert worker.stop() == 0

    kinds = {
        head.source.key.removeprefix(mine): (head.kind, head.seq) for head in _heads(settings, mine) if head.source
    }
    assert kinds == {"0.jpg": ("kept", 1), "1.jpg": ("deleted", 2), "2.jpg": ("kept", 2)}


def _missed(settings: Settings, prefix: str) -> list[reconciling.Missed]:
    return [one for one in reconciling.missed(settings) if one.reference.key.startswith(prefix)]


def _heads(settings: Settings, prefix: str) -> list[events.ImageHead]:
    return [
        head
        for head in lookups.heads(settings.kafka).values()
        if head.source is not None and head.source.key.startswith(prefix)
    ]
