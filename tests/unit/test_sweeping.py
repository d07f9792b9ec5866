"""Blobs that nobody names go in two steps; nothing that is named ever does."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import audit_log, sweeping
from streams.repairing import Sources
from tests import settled
from tests.fakes import BUCKETS, MemoryStore, ShelfLog

GRACE = timedelta(days=7)
EDITS, ORIGINALS = BUCKETS.edits, BUCKETS.originals


class World:
    """A store with pictures, and blobs that nobody names."""

    def __init__(self) -> None:
        self.store, self.log = MemoryStore(), ShelfLog()
        self.sources = Sources(self.store, EDITS, self.log.read, self.log, 12)
        for image_id, length in {"coat": 2, "dress": 1}.items():
            settled.settle(self.sources, settled.grown(image_id, length))

    def orphan(self, data: bytes = b"nobody's", prefix: str = "results/", bucket: str = EDITS) -> str:
        key = settled.blob(bucket, prefix, data).key
        self.store.put_once(bucket, key, data, "")
        return key

    def days(self, days: float) -> None:
        self.store.now += timedelta(days=days)

    def sweep(self, log: object = None, *, act: bool = True) -> Counter[str]:
        room = sweeping.Room(self.store, ORIGINALS, EDITS, log or self.log.read)  # type: ignore[arg-type]
        return Counter(one.kind for one in sweeping.sweep(room, GRACE, self.store.now, act=act))

    def intact(self) -> bool:
        """Whether every blob that a slot names is there with its bytes."""
        for entry in self.log.read():
            edit = audit_log.edit(entry)
            for blob in (edit.original, edit.mask, edit.patch, edit.result):
                assert blob is not None
                if hashlib.sha256(self.store.get(blob.bucket, blob.key).data).hexdigest() != blob.sha256:
                    return False
        return True

    def versions(self, key: str) -> int:
        return sum(one.key == key for one in self.store.list(EDITS, key, versions=True))


def test_an_orphan_is_hidden_after_the_grace_time_and_deleted_after_another() -> None:
    world = World()
    key = world.orphan()
    world.days(6)
    assert world.sweep() == Counter()
    world.days(1)
    assert world.sweep() == Counter(orphan=1)
    assert not world.store.exists(EDITS, key)
    assert world.versions(key) == 2
    world.days(6)
    assert world.sweep() == Counter()
    world.days(1)
    assert world.sweep() == Counter(hidden=1)
    assert world.versions(key) == 0
    assert world.sweep() == Counter()
    assert world.intact()


def test_without_apply_nothing_is_hidden_or_deleted() -> None:
    world = World()
    key = world.orphan()
    world.days(8)
    assert world.sweep(act=False) == Counter(orphan=1)
    assert world.store.exists(EDITS, key)


def test_original_that_no_slot_names_is_counted_and_stays_for_ever() -> None:
    world = World()
    key = world.orphan(prefix="", bucket=ORIGINALS)
    for _ in range(3):
        world.days(30)
        assert world.sweep() == Counter(original=1)
    assert world.store.exists(ORIGINALS, key)


def test_what_a_slot_names_stays_although_the_topic_lost_its_record() -> None:
    world = World()
    world.log.records.clear()
    world.days(30)
    before = list(world.store.list(EDITS))

    assert world.sweep() == Counter()
    assert list(world.store.list(EDITS)) == before


def test_what_a_record_names_stays_although_the_store_lost_its_slot() -> None:
    world = World()
    for listed in list(world.store.list(EDITS, "chain/")):
        world.store.remove(EDITS, listed.key)
    world.days(30)

    assert world.sweep() == Counter()
    assert world.intact()


def test_an_old_blob_that_an_event_names_while_it_is_being_hidden_is_shown_again_in_the_same_run() -> None:
    world = World()
    (edit,) = settled.grown("skirt", 1)
    assert edit.result
    world.store.put(EDITS, edit.result.key, settled.contents("skirt", 1)["results/"])
    world.days(30)

    def log(since: Mapping[int, int] | None = None) -> Iterator[audit_log.Entry]:
        if since is not None:
            # The event came once more a moment ago, and found its result lying there.
            settled.tell(world.sources, [edit])
        return world.log.read(since)

    assert world.sweep(log) == Counter(orphan=1, shown=1)
    assert world.store.exists(EDITS, edit.result.key)


def test_a_blob_that_was_stored_anew_while_hidden_is_as_young_as_that() -> None:
    world = World()
    key = world.orphan()
    world.days(8)
    assert world.sweep() == Counter(orphan=1)
    world.days(6)
    assert world.orphan() == key
    world.days(2)

    assert world.sweep() == Counter()
    assert world.store.exists(EDITS, key)


def test_a_hidden_blob_of_which_a_slot_speaks_by_now_is_shown_again() -> None:
    world = World()
    (edit,) = settled.grown("skirt", 1)
    assert edit.result
    world.store.put(EDITS, edit.result.key, settled.contents("skirt", 1)["results/"])
    world.days(8)
    assert world.sweep() == Counter(orphan=1)
    settled.tell(world.sources, [edit])
    world.days(8)

    assert world.sweep() == Counter(shown=1)
    assert world.store.exists(EDITS, edit.result.key)


def test_where_a_slot_cannot_be_read_nothing_is_deleted() -> None:
    world = World()
    world.orphan()
    world.store.put(EDITS, "chain/odd/00000001.json", b"{")
    world.days(30)
    with pytest.raises(msgspec.MsgspecError):
        world.sweep()


@settings(deadline=None)  # the time that it takes says nothing on a busy machine
@given(st.data())
def test_nothing_that_is_named_is_ever_deleted(data: st.DataObject) -> None:
    world = World()
    new = {f"new-{number}": settled.grown(f"new-{number}", 2) for number in range(3)}
    told: list[str] = []
    for step in data.draw(
        st.lists(st.sampled_from(["wait", "sweep", "orphan", "blobs", "commit", "lose"]), max_size=12)
    ):
        image_id = data.draw(st.sampled_from(sorted(new)))
        match step:
            case "wait":
                world.days(data.draw(st.sampled_from([1, 4, 8])))
            case "sweep":
                world.sweep()
            case "orphan":
                world.orphan(data.draw(st.binary(min_size=1, max_size=1)))
            case "blobs":
                # A worker that dies after its blobs; they are as good as old when their event comes again.
                for name, content in settled.contents(image_id, 1).items():
                    if name != "original":
                        world.orphan(content, name)
            case "commit" if image_id not in told:
                settled.settle(world.sources, new[image_id])
                told.append(image_id)
            case "lose":
                world.log.records["catalog.image.head.v1"] = []
        assert world.intact()
    world.days(30)
    world.sweep()
    world.days(30)
    world.sweep()
    assert world.intact()
