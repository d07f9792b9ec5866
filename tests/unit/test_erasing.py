"""Erasing pictures: everything goes, what others share stays, a crash forgets nothing, the digests stay valid."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra import signing
from infra.kafka import Record
from infra.object_store import Listed
from infra.settings import StoreSettings
from processors import chain
from streams import digests, erasing, erasure_checks, erasure_plans, events, topics, verifying
from streams.erasure_plans import Plan
from streams.ledger import Ledger
from tests.fakes import BUCKETS, INCOMING, Death, MemoryStore
from tests.logs import PARTITIONS, ShelfLog

SETTINGS = StoreSettings()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ORDER = erasing.Order("ann", "request 4711")
KEY = signing.generate()
KEYS = digests.by_id([KEY.public])


class Counting:
    """Dies before its n-th call, or after it."""

    def __init__(self, at: int = 0, *, acts: bool = False) -> None:
        self.calls, self._at, self._acts = 0, at, acts

    def around(self, act: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls != self._at:
            return act()
        if self._acts:
            act()
        raise Death


@dataclass
class Room:
    """A store, an audit log, and all other topics, with pictures in them."""

    store: MemoryStore = field(default_factory=lambda: MemoryStore(INCOMING, *_buckets()))
    log: ShelfLog = field(default_factory=ShelfLog)
    others: dict[str, list[Record]] = field(default_factory=dict)
    count: Counting = field(default_factory=Counting)

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        return bool(self.count.around(lambda: self.store.put_once(bucket, key, data, media_type)))

    def erase(self, bucket: str, versions: Iterable[Listed], *, locked: bool = False) -> None:
        assert locked == (bucket == BUCKETS.originals)
        some = list(versions)
        self.count.around(lambda: self.store.erase(bucket, some))

    def get(self, *args: Any) -> Any:
        return self.store.get(*args)

    def list(self, *args: Any, **named: Any) -> Iterator[Listed]:
        return self.store.list(*args, **named)

    def send(self, topic: str, *, key: bytes | None, value: bytes | None, headers: Any, partition: Any = None) -> None:
        assert key
        self.count.around(lambda: self.write(topic, key, value))

    def flush(self) -> None:
        pass

    def write(self, topic: str, key: bytes, value: bytes | None) -> None:
        if topic == topics.AUDIT.name:
            self.log.append(key, value)
            return
        records = self.others.setdefault(topic, [])
        records.append(Record(topic, 0, len(records), key, value, (), int(NOW.timestamp() * 1000)))

    def read(self, topic: str) -> Sequence[Record]:
        return list(self.log.records({})) if topic == topics.AUDIT.name else self.others.get(topic, [])

    def deliver(self, image_id: str, content: str, merchant: str = "shop-1", *, told: bool = True) -> chain.Edit:
        """Upload a picture and clean it, as a worker does."""
        version = self.store.put(INCOMING, f"{image_id}.png", content.encode())
        history = Ledger(self.store, BUCKETS.edits).read_now(image_id)
        seq = len(history.edits) + 1
        edit = chain.Edit(
            image_id=image_id,
            seq=seq,
            edit_id=chain.name_of(image_id, version),
            parent=history.head.edit_id if history.head else None,
            parent_sha256=history.head_sha256,
            kind="cleaned",
            cause=chain.Cause(version, "shop", "catalog.image.created.v1", None),
            merchant_id=merchant,
            source=chain.Source(INCOMING, f"{image_id}.png", version, "", 1, ""),
            original=self._keep(BUCKETS.originals, "sha256", content),
            mask=self._keep(BUCKETS.edits, "masks/sha256", f"mask {content}"),
            patch=self._keep(BUCKETS.edits, "patches/sha256", f"patch {content}"),
            result=self._keep(BUCKETS.edits, "results/sha256", f"result {content}"),
        )
        assert Ledger(self.store, BUCKETS.edits).put_slot_now(image_id, seq, events.encode(edit))
        if told:
            self.write(topics.AUDIT.name, f"{image_id}/{edit.edit_id}".encode(), events.encode(edit))
            about = msgspec.json.encode({"edit_id": edit.edit_id})
            self.write(topics.HEAD.name, image_id.encode(), about)
            self.write(topics.MARKS.name, f"{merchant}/{'0' * 32}/{image_id}".encode(), about)
        return edit

    def _keep(self, bucket: str, prefix: str, content: str) -> chain.Blob:
        digest = hashlib.sha256(content.encode()).hexdigest()
        key = f"{prefix}/{digest[:2]}/{digest}"
        self.store.put_once(bucket, key, content.encode(), "")
        return chain.Blob(bucket, key, digest, len(content))

    def plan(self, *images: str, merchant: str | None = None) -> Plan:
        return erasure_plans.make(
            images,
            merchant,
            log=self.log,
            read=self.read,
            store=self,
            settings=SETTINGS,
            cluster="c",
            salt="salt",
            now=NOW,
        )

    def apply(self, plan: Plan, order: erasing.Order = ORDER, key: signing.PrivateKey | None = KEY) -> dict[str, int]:
        shelf = digests.Shelf(self, SETTINGS.digests_bucket)
        return dict(
            erasing.carry_out(erasing.Tools(self, SETTINGS, shelf, self.log, self, PARTITIONS), plan, order, key)
        )

    def left(self, plan: Plan) -> Sequence[erasure_checks.Left]:
        named = {place for one in plan.subjects for place in erasing.places(one)}
        common = erasure_plans.shared(self.log, plan.keys, named)
        return list(erasure_checks.verify(plan, read=self.read, store=self.store, settings=SETTINGS, common=common))

    def there(self, plan: Plan) -> Sequence[str]:
        return [one.where for one in self.left(plan) if one.state == "there"]

    def objects(self) -> set[str]:
        """Everything in the store but what was signed."""
        return {
            f"{bucket}/{one.key}"
            for bucket in (INCOMING, BUCKETS.originals, BUCKETS.edits)
            for one in self.store.list(bucket, versions=True)
        }


def _buckets() -> tuple[str, ...]:
    return BUCKETS.originals, BUCKETS.edits, SETTINGS.digests_bucket


@pytest.fixture
def room() -> Room:
    room = Room()
    for number in range(4):
        room.deliver(f"sku-{number}", f"content {number}")
    room.deliver("sku-1", "content 1, newer")
    room.deliver("twin", "content 1", merchant="shop-2")
    return room


def test_all_of_a_picture_goes_and_nothing_of_others(room: Room) -> None:
    plan = room.plan("sku-2")
    assert room.there(plan), "before"
    others = {one for one in room.objects() if "sku-2" not in one}
    (subject,) = plan.subjects
    room.apply(plan)
    assert room.there(plan) == []
    assert room.objects() == others - {f"{one.bucket}/{one.key}" for one in subject.blobs}
    assert not [key for key in room.objects() if "sku-2" in key]
    assert Ledger(room.store, BUCKETS.edits).read_now("sku-2").head is None


def test_masks_that_people_drew_of_a_picture_go_with_it(room: Room) -> None:
    for image_id in ("sku-1", "sku-2"):
        room.store.put_once(BUCKETS.edits, f"drawn/{image_id}/abc", b"mask", "image/png")
    plan = room.plan("sku-2")
    assert f"{BUCKETS.edits}/drawn/sku-2/abc" in " ".join(room.there(plan))

    room.apply(plan)

    assert [one.key for one in room.list(BUCKETS.edits, "drawn/", versions=True)] == ["drawn/sku-1/abc"]
    assert room.there(plan) == []


def test_what_another_picture_has_as_well_stays_and_is_named(room: Room) -> None:
    plan = room.plan("sku-1")
    (subject,) = plan.subjects
    assert len(subject.shared) == 4, "the twin has the same original, mask, patch and result"
    assert len(subject.blobs) == 4, "those of the newer upload are its own"
    room.apply(plan)
    twin = Ledger(room.store, BUCKETS.edits).read_now("twin").head
    assert twin and twin.original and twin.result
    for blob in (twin.original, twin.result):
        assert room.store.get(blob.bucket, blob.key).data
    assert room.there(plan) == []


def test_a_picture_that_came_to_have_the_same_content_after_the_plan_keeps_it(room: Room) -> None:
    plan = room.plan("sku-2")
    late = room.deliver("late-twin", "content 2")
    room.apply(plan)
    assert late.original is not None
    assert room.store.get(late.original.bucket, late.original.key).data == b"content 2"
    assert room.there(plan) == []


def test_when_the_last_of_two_twins_goes_their_content_goes(room: Room) -> None:
    room.apply(room.plan("sku-1"))
    plan = room.plan("twin")
    (subject,) = plan.subjects
    assert subject.shared == ()
    room.apply(plan)
    assert not [one for one in room.objects() if hashlib.sha256(b"content 1").hexdigest() in one]


def test_a_merchants_pictures_go_together(room: Room) -> None:
    plan = room.plan(merchant="shop-1")
    assert [one.image_id for one in plan.subjects] == ["sku-0", "sku-1", "sku-2", "sku-3"]
    room.apply(plan)
    assert room.there(plan) == []
    assert {key for key in room.objects() if key.startswith(INCOMING)} == {f"{INCOMING}/twin.png"}


def test_a_slot_that_was_never_told_goes_too(room: Room) -> None:
    edit = room.deliver("sku-0", "never told", told=False)
    plan = room.plan("sku-0")
    assert edit.edit_id in plan.subjects[0].edit_ids
    room.apply(plan)
    assert room.there(plan) == []
    assert not [key for key in room.objects() if hashlib.sha256(b"never told").hexdigest() in key]


def test_a_chain_that_is_lost_goes_by_its_records(room: Room) -> None:
    room.store.erase(BUCKETS.edits, list(room.store.list(BUCKETS.edits, "chain/sku-3/", versions=True)))
    plan = room.plan("sku-3")
    room.apply(plan)
    assert room.there(plan) == []
    assert not [key for key in room.objects() if hashlib.sha256(b"content 3").hexdigest() in key]


def test_pictures_that_nobody_knows_are_named(room: Room) -> None:
    plan = room.plan("sku-2", "sku-x")
    assert plan.unknown == ("sku-x",)


@pytest.mark.parametrize("acts", [False, True])
def test_after_a_crash_at_any_call_the_same_command_ends_as_if_there_had_been_none(acts: bool) -> None:
    def fresh(at: int) -> tuple[Room, Plan]:
        room = Room()
        for number in range(3):
            room.deliver(f"sku-{number}", f"content {number}")
        plan = room.plan("sku-1", "sku-2")
        room.count = Counting(at, acts=acts)
        return room, plan

    clean, plan = fresh(0)
    clean.apply(plan)
    calls = clean.count.calls
    assert calls > 15
    for at in range(1, calls + 1):
        room, plan = fresh(at)
        with pytest.raises(Death):
            room.apply(plan)
        room.count = Counting()
        room.apply(plan)
        assert room.there(plan) == [], f"killed at call {at}"
        assert room.objects() == clean.objects(), f"killed at call {at}"
        assert {one.key for one in room.others[topics.OUTCOME.name]} == {b"sku-1", b"sku-2"}


def test_after_a_crash_a_new_plan_finds_what_the_old_one_had_left(room: Room) -> None:
    plan = room.plan("sku-2")
    room.count = Counting(8)
    with pytest.raises(Death):
        room.apply(plan)
    room.count = Counting()
    again = room.plan("sku-2")
    assert set(again.subjects[0].edit_ids) == set(plan.subjects[0].edit_ids)
    room.apply(again)
    assert room.there(plan) == []


def test_an_edit_that_came_after_the_plan_stops_it_before_anything_is_done(room: Room) -> None:
    plan = room.plan("sku-2")
    room.deliver("sku-2", "newer than the plan")
    before = room.objects()
    with pytest.raises(erasing.ErasingError, match="newer than the plan"):
        room.apply(plan)
    assert room.objects() == before


def test_what_is_uploaded_anew_is_a_new_picture_and_no_remainder_of_the_old(room: Room) -> None:
    plan = room.plan("sku-2")
    room.apply(plan)
    edit = room.deliver("sku-2", "content 2")
    assert edit.seq == 1
    assert room.there(plan) == []


def test_merchants_are_told_and_not_told_why(room: Room) -> None:
    room.apply(room.plan("sku-2"))
    (record,) = room.others[topics.OUTCOME.name]
    outcome = msgspec.json.decode(record.value or b"", type=events.ImageOutcome)
    assert (outcome.image_id, outcome.status, outcome.reason, outcome.why) == ("sku-2", "erased", "erased", "")
    assert outcome.shown is None


def test_the_digests_stay_valid_before_and_after_compaction(room: Room) -> None:
    shelf = digests.Shelf(room.store, SETTINGS.digests_bucket)
    assert list(digests.sign_next(room.log, shelf, KEY, {}, NOW))
    room.apply(room.plan("sku-1"))
    for log in (room.log, room.log.compacted()):
        report = verifying.verify(log, shelf, KEYS)
        assert report.findings == [], "an erasure explains what is gone"
    assert list(digests.sign_next(room.log.compacted(), shelf, KEY, {}, NOW))
    assert verifying.verify(room.log.compacted(), shelf, KEYS).findings == []


def test_what_is_signed_does_not_name_the_picture(room: Room) -> None:
    shelf = digests.Shelf(room.store, SETTINGS.digests_bucket)
    plan = room.plan("sku-1")
    room.apply(plan)
    ((pseudonym, data),) = shelf.erasures()
    assert b"sku-1" not in data
    erasure = digests.read(data, digests.Erasure, KEYS)
    assert (erasure.actor, erasure.reason, erasure.pseudonym) == ("ann", "request 4711", pseudonym)
    assert pseudonym == hashlib.sha256(b"salt/sku-1").hexdigest()


def test_where_digests_vouch_for_records_a_key_is_needed(room: Room) -> None:
    plan = room.plan("sku-1")
    shelf = digests.Shelf(room.store, SETTINGS.digests_bucket)
    list(digests.sign_next(room.log, shelf, KEY, {}, NOW))
    with pytest.raises(erasing.ErasingError, match="--key"):
        room.apply(plan, key=None)


def test_what_kafka_has_not_cleaned_yet_is_waited_for_until_a_stated_time(room: Room) -> None:
    plan = room.plan("sku-2")
    room.apply(plan)
    waiting = {one.where.split(":")[0]: one for one in room.left(plan)}
    assert {one.state for one in waiting.values()} == {"waiting"}
    assert set(waiting) == {topics.AUDIT.name, topics.HEAD.name, topics.MARKS.name, topics.OUTCOME.name}
    assert erasure_checks.value_gone_after(topics.AUDIT) == timedelta(days=8)
    assert erasure_checks.key_gone_after(topics.AUDIT) == timedelta(days=23)
    assert waiting[topics.HEAD.name].until == NOW + timedelta(days=7, hours=1)
    room.log = room.log.compacted()
    tombstone = next(one for one in room.left(plan) if one.where.startswith(topics.AUDIT.name))
    assert "tombstone" in tombstone.where


def test_a_plan_that_was_changed_is_refused(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "erase.plan"
    plan = room.plan("sku-2")
    erasure_plans.write(plan, path)
    assert erasure_plans.read(path) == plan
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes().replace(b"sku-2", b"sku-3"))
    with pytest.raises(erasure_plans.ErasurePlanError, match="changed"):
        erasure_plans.read(path)
