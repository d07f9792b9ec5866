"""What is told after a commit: always in the same order, always the same bytes."""

import asyncio
from typing import Any

import msgspec
import pytest

from processors import chain
from processors.regions import Region
from streams import events, topics
from streams.announcing import Announcer
from streams.ledger import History, Ledger
from tests.fakes import BUCKETS, MODEL, MemoryStore, ShelfPublisher

BLOB = chain.Blob("catalog-originals", "sha256/aa/aa", "a" * 64, 9)
RESULT = chain.Blob("catalog-edits", "results/sha256/bb/bb", "b" * 64, 9)
EVENT = events.Event("e1", "shop", "catalog.image.created.v1", "2026-03-02T09:00:00Z", None, "00-trace-1")


#: Two marks, one of them small print near the bottom.
SALE, CARE = (
    Region(((4.0, y), (40.0, y), (40.0, y + 6), (4.0, y + 6)), text, 0.9, "ask", 0.5, "caption", "words")
    for y, text in ((4.0, "SALE"), (40.0, "hand wash"))
)


def draft(
    kind: chain.Kind,
    name: str,
    result: chain.Blob | None = RESULT,
    answer: chain.Answer | None = None,
    *,
    sampled: bool = False,
    regions: tuple[Region, ...] = (),
) -> Any:
    def write(at: History) -> chain.Edit | None:
        if at.find(name):
            return None
        return chain.Edit(
            image_id="dress",
            seq=len(at.edits) + 1,
            edit_id=name * 32,
            parent=at.head.edit_id if at.head else None,
            parent_sha256=at.head_sha256,
            kind=kind,
            cause=EVENT.cause,
            merchant_id="shop",
            original=BLOB,
            picture=chain.PictureFacts("JPEG", "RGB", 64, 48, 6, "c" * 64),
            ruling=chain.Ruling("ask", "camera_stamp_unsure", "half a stamp", "1", {}),
            regions=regions,
            result=result,
            mask=result,
            models=(MODEL,),
            answer=answer,
            sampled=sampled,
        )

    return write


class World:
    def __init__(self) -> None:
        self.shelf, self.store = ShelfPublisher(), MemoryStore()
        self.ledger = Ledger(self.store, BUCKETS.edits)
        self.announcer = Announcer(self.shelf, self.ledger)

    def commit(self, kind: chain.Kind, name: str, **more: Any) -> History:
        return asyncio.run(self.ledger.append("dress", draft(kind, name, **more)))

    def announce(self, edit: chain.Edit, history: History) -> list[str]:
        before = len(self.shelf.sent)
        asyncio.run(self.announcer.committed(EVENT, edit, history))
        return [one.topic for one in self.shelf.sent[before:]]

    def last(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.shelf.on(topic)[-1].value)
        return found


@pytest.fixture
def world() -> World:
    return World()


def test_the_order_is_audit_head_review_outcome(world: World) -> None:
    history = world.commit("proposed", "a")
    told = world.announce(history.edits[0], history)
    assert told == [topic.name for topic in (topics.AUDIT, topics.HEAD, topics.REVIEW_REQUESTED, topics.OUTCOME)]


def test_marks_are_told_between_the_head_and_the_task(world: World) -> None:
    history = world.commit("proposed", "a", regions=(SALE, CARE))
    told = world.announce(history.edits[0], history)
    names = [topic.name for topic in (topics.AUDIT, topics.HEAD, topics.MARKS, topics.REVIEW_REQUESTED, topics.OUTCOME)]
    assert list(dict.fromkeys(told)) == names
    assert told.count(topics.MARKS.name) == 2


def test_a_mark_is_an_event_like_the_others(world: World) -> None:
    history = world.commit("kept", "a", regions=(SALE,))
    world.announce(history.edits[0], history)
    (one,) = world.shelf.on(topics.MARKS.name)
    event = events.decode(one.value, list(one.headers), (topics.MARKS.name,))
    seen = event.data
    assert (seen.merchant_id, seen.image_id, seen.edit_id, seen.mark.text) == ("shop", "dress", "a" * 32, "SALE")
    assert one.key == f"shop/{seen.mark.mark_id}/dress"
    assert event.time == EVENT.time


def test_a_mark_that_is_gone_is_a_tombstone_whoever_tells_last(world: World) -> None:
    first = world.commit("kept", "a", regions=(SALE, CARE))
    second = world.commit("kept", "b", regions=(CARE,))
    world.announce(second.edits[1], second)
    # A slow worker knows only of the first edit, and looks again before it is done.
    world.announce(first.edits[0], first)
    left = world.shelf.compacted(topics.MARKS.name)
    assert [msgspec.json.decode(value)["mark"]["text"] for value in left.values()] == ["hand wash"]
    gone = [one for one in world.shelf.on(topics.MARKS.name) if one.value is None]
    assert {dict(one.headers)["ce_type"] for one in gone} == {b"catalog.mark.seen.v1"}


def test_marks_told_again_have_the_same_bytes_and_ids(world: World) -> None:
    world.commit("kept", "a", regions=(SALE,))
    history = world.commit("kept", "b", regions=(CARE,))
    world.announce(history.edits[0], history)
    first = list(world.shelf.sent)
    world.announce(history.edits[0], world.ledger.read_now("dress"))
    assert world.shelf.sent == first * 2


@pytest.mark.parametrize("kind", ["kept", "cleaned", "approved", "rejected", "deleted"])
def test_only_a_proposal_is_a_task(world: World, kind: chain.Kind) -> None:
    history = world.commit(kind, "a")
    assert world.announce(history.edits[0], history) == [topics.AUDIT.name, topics.HEAD.name, topics.OUTCOME.name]


def test_an_edit_of_the_sample_is_a_task_about_what_is_shown(world: World) -> None:
    history = world.commit("cleaned", "a", sampled=True)
    told = world.announce(history.edits[0], history)
    assert told == [topic.name for topic in (topics.AUDIT, topics.HEAD, topics.REVIEW_REQUESTED, topics.OUTCOME)]
    task = world.last(topics.REVIEW_REQUESTED.name)
    assert (task["reason"], task["live"], task["proposal"]["key"]) == ("sampled", True, RESULT.key)
    assert "half a stamp" in task["why"]
    assert world.last(topics.OUTCOME.name)["status"] == "cleaned", "nothing waits"


def test_a_proposal_is_not_shown_yet(world: World) -> None:
    history = world.commit("proposed", "a")
    world.announce(history.edits[0], history)
    assert world.last(topics.REVIEW_REQUESTED.name)["live"] is False


@pytest.mark.parametrize("kind", ["approved", "rejected", "cleaned", "deleted"])
def test_an_edit_of_the_sample_that_was_followed_is_not_requested_again(world: World, kind: chain.Kind) -> None:
    drawn = world.commit("cleaned", "a", sampled=True)
    world.commit(kind, "b")
    assert topics.REVIEW_REQUESTED.name not in world.announce(drawn.edits[0], drawn)


def test_told_again_everything_has_the_same_bytes_and_ids(world: World) -> None:
    history = world.commit("proposed", "a")
    world.announce(history.edits[0], history)
    first = list(world.shelf.sent)
    world.announce(history.edits[0], world.ledger.read_now("dress"))
    assert world.shelf.sent == first * 2


def test_a_decided_task_is_not_requested_again(world: World) -> None:
    proposed = world.commit("proposed", "a")
    history = world.commit("rejected", "b")
    told = world.announce(proposed.edits[0], history)
    assert topics.REVIEW_REQUESTED.name not in told
    assert world.last(topics.OUTCOME.name)["status"] == "review", "the arrival's own answer stays what it was"


def test_a_task_that_was_answered_a_moment_ago_is_not_opened_again(world: World) -> None:
    stale = world.commit("proposed", "a")
    world.commit("rejected", "b")
    assert topics.REVIEW_REQUESTED.name not in world.announce(stale.edits[0], stale)


def test_the_head_is_the_last_edit_even_for_an_older_event(world: World) -> None:
    first = world.commit("kept", "a")
    history = world.commit("cleaned", "b")
    world.announce(first.edits[0], history)
    assert world.last(topics.HEAD.name)["seq"] == 2
    assert world.last(topics.AUDIT.name)["seq"] == 1


def test_a_head_that_was_overtaken_is_told_again(world: World) -> None:
    stale = world.commit("kept", "a")
    world.commit("cleaned", "b")
    world.announce(stale.edits[0], stale)
    assert [msgspec.json.decode(one.value)["seq"] for one in world.shelf.on(topics.HEAD.name)] == [1, 2]


def test_a_task_says_how_to_answer_it(world: World) -> None:
    history = world.commit("proposed", "a")
    world.announce(history.edits[0], history)
    task = world.last(topics.REVIEW_REQUESTED.name)
    assert task["task_id"] == "a" * 32
    assert (task["original"]["key"], task["proposal"]["key"]) == (BLOB.key, RESULT.key)
    assert (task["media_type"], task["orientation"], task["merchant_id"]) == ("image/jpeg", 6, "shop")
    assert task["answer"]["topic"] == topics.REVIEW_DECIDED.name
    assert task["answer"]["ce_type"] in events.ANSWERS
    assert task["answer"]["decisions"] == ["accept", "reject", "mask"]


def test_where_nothing_is_proposed_only_no_is_an_answer(world: World) -> None:
    history = world.commit("proposed", "a", result=None)
    world.announce(history.edits[0], history)
    assert world.last(topics.REVIEW_REQUESTED.name)["answer"]["decisions"] == ["reject"]


def test_the_outcome_of_an_answer_names_the_person(world: World) -> None:
    history = world.commit("approved", "a", answer=chain.Answer("t" * 32, "accept", "ann", ""))
    world.announce(history.edits[0], history)
    outcome = world.last(topics.OUTCOME.name)
    assert (outcome["status"], outcome["reason"], outcome["why"]) == ("cleaned", "approved", "ann said accept")


@pytest.mark.parametrize("kind", ["proposed", "cleaned"])
def test_the_outcome_says_what_to_show(world: World, kind: chain.Kind) -> None:
    history = world.commit(kind, "a")
    world.announce(history.edits[0], history)
    shown = world.last(topics.OUTCOME.name)["shown"]["key"]
    assert shown == (RESULT.key if kind == "cleaned" else BLOB.key)


def test_every_record_goes_to_the_partition_of_its_image_and_can_be_read(world: World) -> None:
    history = world.commit("proposed", "a")
    world.announce(history.edits[0], history)
    for one in world.shelf.sent:
        assert one.image_id == "dress"
        assert events.decode(one.value, list(one.headers), (one.topic,)).data.image_id == "dress"
    assert world.shelf.on(topics.AUDIT.name)[0].key == f"dress/{'a' * 32}"


def test_the_trace_of_an_event_goes_into_its_answer_alone(world: World) -> None:
    history = world.commit("kept", "a")
    world.announce(history.edits[0], history)
    traced = [one.topic for one in world.shelf.sent if ("traceparent", b"00-trace-1") in one.headers]
    assert traced == [topics.OUTCOME.name]
