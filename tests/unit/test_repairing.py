"""Topic, chains, heads and marks put back from each other, and nothing else touched."""

import dataclasses
import hashlib
import random
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.kafka import Record
from infra.object_store import Listed
from processors import chain
from streams import announcing, digests, events, matching, repairing, topics
from streams.audit_log import Entry
from streams.ledger import slot_key
from streams.repairing import Finding, Sources
from tests import settled
from tests.fakes import BUCKETS, MemoryStore, ShelfLog

AUDIT, HEAD, MARKS = topics.AUDIT.name, topics.HEAD.name, topics.MARKS.name
LENGTHS = {"coat": 3, "coat-2": 1, "coat.b": 2, "dress": 1}


class World:
    """A store and topics in which some pictures were edited, and nothing is amiss."""

    def __init__(self, lengths: dict[str, int] | None = None) -> None:
        self.store, self.log = MemoryStore(), ShelfLog()
        self.sources = Sources(self.store, BUCKETS.edits, self.log.read, self.log, 12)
        self.edits = {image: settled.grown(image, length) for image, length in (lengths or LENGTHS).items()}
        for edits in self.edits.values():
            settled.settle(self.sources, edits)

    @property
    def slots(self) -> dict[str, bytes]:
        listed = self.store.list(BUCKETS.edits, "chain/")
        return {one.key: self.store.get(BUCKETS.edits, one.key).data for one in listed}

    def state(self) -> tuple[object, ...]:
        return (self.slots, *(self.log.compacted(topic) for topic in (AUDIT, HEAD, MARKS)))

    def lose_records(self, keys: Iterable[str] | None = None, topic: str = AUDIT) -> None:
        lost = None if keys is None else {key.encode() for key in keys}
        kept = [one for one in self.log.of(topic) if lost is not None and one.key not in lost]
        self.log.records[topic] = [
            Record(one.topic, 0, offset, one.key, one.value, one.headers, 0) for offset, one in enumerate(kept)
        ]

    def lose_slots(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.store.remove(BUCKETS.edits, key)

    def put_slot(self, image_id: str, seq: int, data: bytes) -> None:
        self.store.put(BUCKETS.edits, slot_key(image_id, seq), data)

    def tombstone(self, edit: chain.Edit) -> None:
        self.sources.end(AUDIT, edit.image_id, key_of(edit))

    def say(self, topic: str, image_id: str, key: str, value: bytes) -> None:
        self.sources.tell(announcing.Told(topic, image_id, key, value, []))

    def audit(self, *, act: bool = True) -> Counter[str]:
        return kinds(repairing.audit(self.sources, act=act))

    def chains(self, *, act: bool = True) -> Counter[str]:
        return kinds(repairing.chains(self.sources, act=act))

    def heads(self, *, act: bool = True) -> Counter[str]:
        return kinds(repairing.heads(self.sources, self.log.of(HEAD), self.log.of(MARKS), act=act))


def kinds(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.kind for finding in findings)


def key_of(edit: chain.Edit) -> str:
    return f"{edit.image_id}/{edit.edit_id}"


def test_where_nothing_is_amiss_nothing_is_found_or_written() -> None:
    world = World()
    written = {topic: len(records) for topic, records in world.log.records.items()}

    assert (world.audit(), world.chains(), world.heads()) == (Counter(), Counter(), Counter())
    assert {topic: len(records) for topic, records in world.log.records.items()} == written


def test_the_audit_topic_lost_entirely_comes_back_from_the_slots_byte_for_byte_with_its_headers() -> None:
    world = World()
    before, headers = world.state(), {one.key: one.headers for one in world.log.of(AUDIT)}
    world.lose_records()

    assert world.audit() == Counter(missing=7)
    assert world.state() == before
    assert {one.key: one.headers for one in world.log.of(AUDIT)} == headers
    of_coat = [one.value for one in world.log.of(AUDIT) if (one.key or b"").startswith(b"coat/")]
    assert of_coat == [events.encode(edit) for edit in world.edits["coat"]], "in the order of the chain"


def test_the_chains_lost_entirely_come_back_from_the_topic_byte_for_byte() -> None:
    world = World()
    before = world.slots
    world.lose_slots(before)

    assert world.chains() == Counter(missing=7)
    assert world.slots == before


@settings(deadline=None)  # the time that it takes says nothing on a busy machine
@given(st.data())
def test_whatever_is_lost_on_one_side_comes_back_from_the_other(data: st.DataObject) -> None:
    world = World()
    before = world.state()
    records = [key_of(edit) for edits in world.edits.values() for edit in edits]
    lost = data.draw(st.sets(st.sampled_from(records)))
    world.lose_records(lost)
    shuffled = world.log.of(AUDIT)
    random.Random(data.draw(st.integers(0, 99))).shuffle(shuffled)
    world.log.records[AUDIT] = shuffled

    assert world.audit() == Counter({"missing": len(lost)} if lost else {})
    assert world.state() == before
    gone = data.draw(st.sets(st.sampled_from(sorted(world.slots))))
    world.lose_slots(gone)
    assert world.chains() == Counter({"missing": len(gone)} if gone else {})
    assert world.state() == before
    assert (world.audit(), world.chains(), world.heads()) == (Counter(), Counter(), Counter())


def test_without_apply_nothing_changes() -> None:
    world = World()
    world.lose_records([key_of(world.edits["coat"][1])])
    world.lose_slots([slot_key("dress", 1)])
    world.lose_records(["coat-2"], HEAD)
    before = world.state()

    assert world.audit(act=False) == Counter(missing=1)
    assert world.chains(act=False) == Counter(missing=1)
    assert world.heads(act=False)["missing"] == 1
    assert world.state() == before


def test_a_record_and_a_slot_with_other_bytes_are_told_and_both_left() -> None:
    world = World()
    forged = events.encode(world.edits["coat-2"][0]).replace(b"shop", b"shoq")
    world.put_slot("coat-2", 1, forged)
    before = world.state()

    assert world.audit() == Counter(differs=1)
    assert world.chains() == Counter(differs=1)
    assert world.state() == before


def test_a_copy_of_a_record_with_other_bytes_is_told_although_the_first_one_is_right() -> None:
    world = World()
    edit = world.edits["coat"][0]
    forged = events.encode(edit).replace(b"shop", b"shoq")
    world.say(AUDIT, "coat", key_of(edit), forged)

    assert world.audit() == Counter(differs=1)
    world.lose_slots([slot_key("coat", seq) for seq in (1, 2, 3)])
    assert world.chains() == Counter(differs=1)
    assert slot_key("coat", 1) not in world.slots


def test_slots_are_never_written_from_records_that_are_no_chain() -> None:
    world = World()
    world.lose_records([key_of(world.edits["coat"][1])])
    world.lose_slots([slot_key("coat", seq) for seq in (1, 2, 3)])
    before = world.state()

    found = list(repairing.chains(world.sources, act=True))

    assert [(one.kind, one.detail) for one in found] == [
        ("broken", "its records are no chain: no record tells of slot 2")
    ]
    assert world.state() == before


def test_records_are_never_published_from_slots_that_are_no_chain() -> None:
    world = World()
    world.lose_records([key_of(edit) for edit in world.edits["coat"]])
    world.lose_slots([slot_key("coat", 2)])
    before = world.state()

    assert world.audit() == Counter(broken=1)
    assert world.state() == before


@pytest.mark.parametrize("tombstones", [1, 2, 3])
def test_a_picture_whose_erasure_did_not_end_is_told_and_never_brought_back_from_its_slots(tombstones: int) -> None:
    world = World()
    for edit in world.edits["coat"][:tombstones]:
        world.tombstone(edit)
    before = world.state()

    assert world.audit() == Counter(erased=1)
    assert world.state() == before


@pytest.mark.parametrize("tombstones", [1, 2])
def test_a_picture_whose_erasure_did_not_end_is_never_brought_back_from_its_records(tombstones: int) -> None:
    world = World()
    for edit in world.edits["coat"][:tombstones]:
        world.tombstone(edit)
    world.lose_slots([slot_key("coat", seq) for seq in (1, 2, 3)])
    before = world.state()

    assert world.chains() == Counter(erased=1)
    assert world.state() == before


def test_a_picture_that_is_erased_is_nobody_and_its_head_is_ended() -> None:
    world = World()
    for edit in world.edits["coat"]:
        world.tombstone(edit)
    world.lose_slots([slot_key("coat", seq) for seq in (1, 2, 3)])

    assert (world.audit(), world.chains()) == (Counter(), Counter())
    assert world.heads() == Counter(unknown=1)
    assert b"coat" not in world.log.compacted(HEAD)
    assert not [key for key in world.log.compacted(MARKS) if key and key.endswith(b"/coat")]
    assert world.heads() == Counter()


def test_a_picture_that_came_again_after_its_erasure_is_one_like_others() -> None:
    world = World({"dress": 1})
    (old,) = world.edits["dress"]
    world.tombstone(old)
    world.lose_slots([slot_key("dress", 1)])
    again = chain.Edit(**{field: getattr(old, field) for field in chain.Edit.__slots__} | {"edit_id": "f" * 32})
    settled.settle(world.sources, [again])

    assert (world.audit(), world.chains(), world.heads()) == (Counter(), Counter(), Counter())


def test_heads_and_marks_lost_entirely_come_back_from_the_records() -> None:
    world = World()
    before = world.state()
    world.lose_records(topic=HEAD)
    world.lose_records(topic=MARKS)

    assert world.heads() == Counter(missing=4)
    assert world.state() == before


def test_a_head_that_is_lower_or_other_is_published_anew() -> None:
    world = World()
    before = world.state()
    world.log.records[HEAD] = [one for one in world.log.of(HEAD) if one.key != b"coat"]
    settled.tell(world.sources, world.edits["coat"][:2])
    other = (announcing.head(world.edits["dress"][0]).value or b"").replace(b"cleaned", b"deleted")
    world.say(HEAD, "dress", "dress", other)

    assert world.heads() == Counter(lower=1, other=1)
    assert world.log.compacted(HEAD) == before[2]


def test_a_mark_that_the_head_does_not_bear_is_ended_and_one_that_it_bears_is_told() -> None:
    world = World()
    before = world.state()
    world.lose_records([key.decode() for key in world.log.compacted(MARKS) if key and key.endswith(b"/dress")], MARKS)
    world.say(MARKS, "coat", "shop/0123456789abcdef/coat", b"{}")

    assert world.heads() == Counter(marks=2)
    assert world.state() == before


def test_a_head_beyond_the_records_is_left_and_the_audit_topic_is_to_be_repaired_first() -> None:
    world = World()
    world.lose_records([key_of(world.edits["coat"][2]), *map(key_of, world.edits["dress"])])
    before = world.state()

    assert world.heads() == Counter(ahead=2)
    assert world.state() == before


def test_with_an_empty_audit_topic_no_head_is_ended() -> None:
    world = World()
    world.lose_records()

    with pytest.raises(repairing.NothingToGoByError):
        world.heads()


def test_a_head_that_somebody_overtakes_while_it_is_told_does_not_stay_on_top() -> None:
    world = World({"coat": 3})
    before = world.log.compacted(HEAD)
    # As read before the third edit was committed.
    world.lose_records([key_of(world.edits["coat"][2])])
    world.lose_records(topic=HEAD)

    assert world.heads() == Counter(missing=1)
    assert world.log.compacted(HEAD) == before


def test_what_was_erased_stays_so_when_its_tombstones_are_gone() -> None:
    world = World()
    leaves = frozenset(digests.leaf_of(key_of(edit).encode(), events.encode(edit)) for edit in world.edits["coat"])
    world.sources = dataclasses.replace(world.sources, erased=leaves)
    world.lose_records([key_of(edit) for edit in world.edits["coat"]])
    before = world.state()

    assert world.audit() == Counter(erased=1)
    assert world.state() == before

    world.lose_slots([slot_key("coat", seq) for seq in (1, 2, 3)])
    for edit in world.edits["coat"]:
        world.say(AUDIT, "coat", key_of(edit), events.encode(edit))
    before = world.state()
    assert world.chains() == Counter(erased=1)
    assert world.state() == before


def _peak_bytes(length: int) -> int:
    """Memory that comparing 1000 pictures of so many edits each takes, where the sides themselves are not held."""

    def edits() -> Iterator[tuple[matching.Link, bytes]]:
        for number in range(1000):
            parent, sha256 = None, None
            for seq in range(1, length + 1):
                link = matching.Link(f"p-{number}", seq, chain.name_of(str(number), str(seq)), parent, sha256)
                value = msgspec.json.encode(link)
                yield link, value
                parent, sha256 = link.edit_id, hashlib.sha256(value).hexdigest()

    entries = (Entry(0, offset, one.image_id, one.edit_id, value, 0) for offset, (one, value) in enumerate(edits()))
    listing = (
        Listed(slot_key(one.image_id, one.seq), 1, hashlib.md5(value).hexdigest(), None, True, False)  # noqa: S324
        for one, value in edits()
    )
    tracemalloc.start()
    try:
        assert matching.compare(entries, listing).unlike == set()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_held_grows_with_the_pictures_and_not_with_their_edits() -> None:
    assert _peak_bytes(length=20) < 1.5 * _peak_bytes(length=1)
