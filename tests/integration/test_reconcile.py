"""The listing tells what no notification told, nothing twice, and comes to rest."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import events, notifications, reconciling, topics
from streams.ledger import Ledger
from tests import services
from tests.acceptance import workers
from tests.picture_files import jpeg

pytestmark = [pytest.mark.connected, pytest.mark.slow]


@dataclass(frozen=True)
class Shelf:
    """A merchant's folder in the incoming bucket, with a worker that does what it is told."""

    settings: Settings
    store: S3Store
    folder: str

    @property
    def bucket(self) -> str:
        return self.settings.store.incoming_bucket

    def put(self, name: str, seed: int) -> str:
        version = self.store.put(self.bucket, self.folder + name, jpeg(120, 160, seed=seed), "image/jpeg")
        assert version
        return version

    def remove(self, name: str, version: str | None = None) -> None:
        self.store.client.remove_object(self.bucket, self.folder + name, version_id=version)

    def version_on_top(self, name: str) -> str:
        listed = self.store.list(self.bucket, self.folder + name, versions=True)
        return next(one.version_id for one in listed if one.is_latest and one.version_id)

    def missed(self) -> list[reconciling.Missed]:
        return [one for one in reconciling.missed(self.settings) if one.reference.key.startswith(self.folder)]

    def reconcile(self) -> list[tuple[str, str]]:
        """Tell what was missed and wait for the answers; gives (what happened, to what)."""
        found = self.missed()
        reconciling.tell(self.settings, found)
        services.wait_until(lambda: workers.lag(self.settings) == 0, 60, "every event is answered")
        return sorted((one.event_name.partition(":")[0], self._name(one.reference)) for one in found)

    def chain(self, name: str, image_id: str | None = None) -> tuple[chain.Edit, ...]:
        ledger = Ledger(self.store, self.settings.store.edits_bucket)
        return ledger.read_now(image_id or self.image_id(name)).edits

    def kinds(self, name: str, image_id: str | None = None) -> list[str]:
        return [edit.kind for edit in self.chain(name, image_id)]

    def image_id(self, name: str) -> str:
        return notifications.image_id_of(self.bucket, self.folder + name)

    def _name(self, reference: events.ObjectRef) -> str:
        return reference.key.removeprefix(self.folder)


@pytest.fixture(scope="module")
def worker(seaweedfs_servers: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One worker for all tests here: each has a folder of its own."""
    settings = services.with_own_group(seaweedfs_servers)
    workers.start_at_end(settings)
    log: Path = tmp_path_factory.mktemp("worker") / "log"
    with workers.running(workers.Worker(workers.environment(settings), log)):
        yield settings


@pytest.fixture
def shelf(worker: Settings, request: pytest.FixtureRequest) -> Shelf:
    folder = f"{worker.kafka.group}/{request.node.name}/"
    return Shelf(worker, S3Store(worker.store), folder)


def test_objects_that_nobody_told_of_become_pictures_and_then_there_is_nothing_left(shelf: Shelf) -> None:
    shelf.put("röcke/größe 38+40.jpg", 1)
    shelf.put("b.jpg", 2)
    assert shelf.reconcile() == [("ObjectCreated", "b.jpg"), ("ObjectCreated", "röcke/größe 38+40.jpg")]
    assert shelf.kinds("röcke/größe 38+40.jpg") == ["kept"]
    assert shelf.missed() == []


def test_a_new_version_and_a_deletion_are_found(shelf: Shelf) -> None:
    for name in ("new.jpg", "gone.jpg", "same.jpg"):
        shelf.put(name, 1)
    shelf.reconcile()
    version = shelf.put("new.jpg", 2)
    shelf.remove("gone.jpg")
    assert shelf.reconcile() == [("ObjectCreated", "new.jpg"), ("ObjectRemoved", "gone.jpg")]
    assert shelf.kinds("gone.jpg") == ["kept", "deleted"]
    assert [edit.source and edit.source.version_id for edit in shelf.chain("new.jpg")][1] == version
    assert shelf.kinds("same.jpg") == ["kept"]
    assert shelf.missed() == []


def test_a_picture_whose_deletion_was_undone_comes_back(shelf: Shelf) -> None:
    shelf.put("back.jpg", 1)
    shelf.reconcile()
    shelf.remove("back.jpg")
    shelf.reconcile()
    shelf.remove("back.jpg", shelf.version_on_top("back.jpg"))
    assert shelf.reconcile() == [("ObjectCreated", "back.jpg")]
    assert shelf.kinds("back.jpg") == ["kept", "deleted", "kept"]
    assert shelf.missed() == []


def test_an_old_version_that_is_on_top_again_is_shown_again(shelf: Shelf) -> None:
    shelf.put("shoe.jpg", 1)
    shelf.reconcile()
    second = shelf.put("shoe.jpg", 2)
    shelf.reconcile()
    shelf.remove("shoe.jpg", second)
    assert shelf.reconcile() == [("ObjectCreated", "shoe.jpg")]
    first, _, last = shelf.chain("shoe.jpg")
    assert first.original == last.original
    assert shelf.missed() == []


def test_what_was_refused_is_not_told_over_and_over(shelf: Shelf) -> None:
    shelf.store.put(shelf.bucket, f"{shelf.folder}price list.pdf", b"%PDF-1.7", "application/pdf")
    assert shelf.reconcile() == [("ObjectCreated", "price list.pdf")]
    assert shelf.kinds("price list.pdf") == []
    assert shelf.missed() == []


def test_a_picture_keeps_the_name_that_its_merchant_gave_it(shelf: Shelf) -> None:
    version = shelf.put("shoe.jpg", 1)
    mine = f"sku-{shelf.settings.kafka.group}"
    tell(shelf, mine, shelf.folder + "shoe.jpg", version)
    services.wait_until(lambda: shelf.kinds("shoe.jpg", mine) == ["kept"], 60, "the picture is known")
    services.wait_until(lambda: shelf.missed() == [], 60, "its head is told")
    shelf.put("shoe.jpg", 2)
    assert shelf.reconcile() == [("ObjectCreated", "shoe.jpg")]
    shelf.remove("shoe.jpg")
    assert shelf.reconcile() == [("ObjectRemoved", "shoe.jpg")]
    assert shelf.kinds("shoe.jpg", mine) == ["kept", "kept", "deleted"]
    assert shelf.kinds("shoe.jpg") == [], "no second picture of the same object"
    assert shelf.missed() == []


def test_what_a_notification_told_too_is_done_once(shelf: Shelf) -> None:
    version = shelf.put("both.jpg", 1)
    found = shelf.missed()
    notified(shelf, "ObjectCreated:Put", "both.jpg", version, "1")
    reconciling.tell(shelf.settings, found)
    services.wait_until(lambda: workers.lag(shelf.settings) == 0, 60, "both events are answered")
    assert shelf.kinds("both.jpg") == ["kept"]

    shelf.remove("both.jpg")
    found = shelf.missed()
    notified(shelf, "ObjectRemoved:DeleteMarkerCreated", "both.jpg", shelf.version_on_top("both.jpg"), "2")
    reconciling.tell(shelf.settings, found)
    services.wait_until(lambda: workers.lag(shelf.settings) == 0, 60, "both events are answered")
    assert shelf.kinds("both.jpg") == ["kept", "deleted"]
    assert shelf.missed() == []


def tell(shelf: Shelf, image_id: str, key: str, version: str) -> None:
    """As a merchant tells of an object."""
    arrival = events.ImageArrived(
        image_id=image_id, object=events.ObjectRef(bucket=shelf.bucket, key=key, version_id=version)
    )
    writer = EventWriter(shelf.settings.kafka)
    writer.send(
        topics.RECEIVED.name,
        key=image_id.encode(),
        value=events.encode(arrival),
        headers=events.headers("catalog.image.created.v1", f"{image_id}-1", None),
        partition=topics.partition_of(image_id, shelf.settings.kafka.partitions),
    )
    writer.flush()


def notified(shelf: Shelf, event_name: str, name: str, version: str, sequencer: str) -> None:
    """As the notification agent tells of an object."""
    reference = events.ObjectRef(bucket=shelf.bucket, key=shelf.folder + name, version_id=version, sequencer=sequencer)
    writer = EventWriter(shelf.settings.kafka)
    ledger = Ledger(shelf.store, shelf.settings.store.edits_bucket)
    publisher = reconciling._Writing(writer, shelf.settings.kafka.partitions)
    notifier = notifications.Notifier(publisher, ledger, shelf.bucket)
    asyncio.run(notifier.tell(shelf.image_id(name), reference, event_name, version, None))
    writer.flush()
