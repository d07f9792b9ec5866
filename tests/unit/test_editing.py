"""What events do to a picture's chain, also where the store, the broker or the worker fails between any two steps."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from infra import kafka
from infra.object_store import MissingObjectError
from processors import chain
from processors.errors import ServiceUnavailableError, UnprocessableEventError
from streams import events, repetition, topics
from streams.agents import Desk
from streams.announcing import Announcer
from streams.editing import ImageEditor
from streams.ledger import Ledger
from streams.notifications import Notifier
from tests import fakes
from tests.fakes import BUCKETS, INCOMING, Death, MemoryStore, Message, Record, ShelfPublisher, Trouble

IMAGE = "shop.dress"
CLEANER = fakes.RememberingCleaner()
KEPT, CLEANED, ASKED = fakes.written_png("keep"), fakes.written_png("remove"), fakes.written_png("ask")
OTHER = fakes.written_png("remove", seed=9)
MAX_BYTES = 100_000


class World:
    """A store and a broker that outlive every worker."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.shelf = ShelfPublisher()
        #: of automatic edits that people judge too
        self.share = 0.0

    def desk(self, trouble: Trouble | None = None, cleaner: Any = CLEANER, store: Any = None) -> Desk:
        """A worker just started, with trouble ahead or not."""
        store = store or self.store
        publisher: Any = self.shelf
        if trouble is not None:
            store, publisher = fakes.TroubledStore(store, trouble), fakes.TroubledPublisher(publisher, trouble)
        ledger = Ledger(store, BUCKETS.edits)
        editor = ImageEditor(
            store,
            BUCKETS,
            ledger,
            cleaner,
            max_bytes=MAX_BYTES,
            code_version="test",
            sampled_share=self.share,
            clock=lambda: datetime(2026, 11, 25, 12, tzinfo=UTC),
        )
        return Desk(editor, Announcer(publisher, ledger), Notifier(publisher, ledger, INCOMING))

    def tell(self, record: Record, desk: Desk | None = None) -> dict[str, Any]:
        """Hand an event to a worker; gives its outcome."""
        desk = desk or self.desk()
        decision = b"catalog.review.decided.v1" in dict(record.message.headers or []).values()
        asyncio.run(desk.decided(record) if decision else desk.received(record))
        outcome: dict[str, Any] = msgspec.json.decode(self.shelf.on(topics.OUTCOME.name)[-1].value)
        return outcome

    def edits(self, image_id: str = IMAGE) -> tuple[chain.Edit, ...]:
        return Ledger(self.store, BUCKETS.edits).read_now(image_id).edits

    def kinds(self) -> list[str]:
        return [edit.kind for edit in self.edits()]

    def upload(self, data: bytes, key: str = "dress.png") -> str:
        return self.store.put(INCOMING, key, data)

    def outcomes(self) -> dict[str, set[bytes]]:
        """Event id → every answer that was given to it."""
        found: dict[str, set[bytes]] = {}
        for sent in self.shelf.on(topics.OUTCOME.name):
            found.setdefault(msgspec.json.decode(sent.value)["event_id"], set()).add(sent.value)
        return found

    def task(self) -> str:
        return str(msgspec.json.decode(self.shelf.on(topics.REVIEW_REQUESTED.name)[-1].value)["task_id"])

    def objects(self) -> dict[str, int]:
        """How often every object of ours was written."""
        listed = [(bucket, one) for bucket in (BUCKETS.originals, BUCKETS.edits) for one in self.all(bucket)]
        return {f"{bucket}/{key}": sum(1 for other in listed if other == (bucket, key)) for bucket, key in listed}

    def all(self, bucket: str) -> list[str]:
        return [one.key for one in self.store.list(bucket, versions=True)]


def event(kind: str, event_id: str, data: dict[str, Any]) -> Record:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": "shop/uploads",
        "ce_type": kind,
        "ce_time": "2026-03-02T09:00:00+00:00",
        "content-type": "application/json",
    }
    value = msgspec.json.encode({"image_id": IMAGE, **data})
    return Record(Message(value, [(name, text.encode()) for name, text in headers.items()]))


def arrival(
    event_id: str, version: str | None = None, key: str = "dress.png", image_id: str = IMAGE, **reference: Any
) -> Record:
    place = {"bucket": INCOMING, "key": key, **({"version_id": version} if version else {}), **reference}
    data = {"image_id": image_id, "object": place, "merchant_id": "shop"}
    return event("catalog.image.created.v1", event_id, data)


def deletion(event_id: str, **reference: Any) -> Record:
    place = {"object": {"bucket": INCOMING, "key": "dress.png", **reference}} if reference else {}
    return event("catalog.image.deleted.v1", event_id, place)


def answer(event_id: str, task: str, decision: str = "accept", **more: Any) -> Record:
    data = {"task_id": task, "decision": decision, "reviewer": "ann", **more}
    return event("catalog.review.decided.v1", event_id, data)


def mask_of(world: World, data: bytes, key: str = "drawn/one.png") -> dict[str, str]:
    world.store.put(BUCKETS.edits, key, data)
    return {"bucket": BUCKETS.edits, "key": key, "sha256": hashlib.sha256(data).hexdigest()}


@pytest.fixture
def world() -> World:
    return World()


# ----------------------------------------------------------------------------------------------------- arrivals


@pytest.mark.parametrize(
    ("data", "kind", "status"), [(KEPT, "kept", "kept"), (CLEANED, "cleaned", "cleaned"), (ASKED, "proposed", "review")]
)
def test_an_arrival_is_one_edit_and_one_outcome(world: World, data: bytes, kind: str, status: str) -> None:
    outcome = world.tell(arrival("e1", world.upload(data)))
    assert (outcome["status"], outcome["event_id"], outcome["seq"]) == (status, "e1", 1)
    assert world.kinds() == [kind]


def test_the_original_is_stored_under_its_hash(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    original = world.edits()[0].original
    assert original is not None
    assert original.sha256 == hashlib.sha256(CLEANED).hexdigest()
    assert world.store.get(original.bucket, original.key).data == CLEANED


def test_every_blob_of_an_edit_is_in_the_store_under_its_hash(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    edit = world.edits()[0]
    for blob in (edit.original, edit.mask, edit.patch, edit.result):
        assert blob is not None
        data = world.store.get(blob.bucket, blob.key).data
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (blob.sha256, blob.size)


def test_a_redelivered_event_changes_nothing_and_says_the_same(world: World) -> None:
    record = arrival("e1", world.upload(CLEANED))
    world.tell(record)
    before, said = world.objects(), {one.value for one in world.shelf.sent}
    world.tell(record)
    assert world.objects() == before
    assert {one.value for one in world.shelf.sent} == said


def test_two_tellers_of_one_version_make_one_edit_and_two_outcomes(world: World) -> None:
    version = world.upload(CLEANED)
    first, second = world.tell(arrival("e1", version)), world.tell(arrival("notified-1", version))
    assert first["edit_id"] == second["edit_id"]
    assert len(world.edits()) == 1
    assert set(world.outcomes()) == {"e1", "notified-1"}


def test_the_same_bytes_under_another_event_are_one_edit(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    outcome = world.tell(arrival("e2", world.upload(CLEANED)))
    assert (outcome["status"], outcome["seq"]) == ("cleaned", 1)
    assert world.kinds() == ["cleaned"]


def test_an_event_that_changed_nothing_is_harmless_after_the_picture_has_moved_on(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    told_again = arrival("e2", world.upload(CLEANED))
    world.tell(told_again)
    world.tell(arrival("e3", world.upload(KEPT)))
    assert world.tell(told_again)["seq"] == 1
    assert world.kinds() == ["cleaned", "kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_a_picture_that_goes_back_to_an_old_version_has_three_edits(world: World) -> None:
    for number, data in enumerate((CLEANED, OTHER, CLEANED)):
        world.tell(arrival(f"e{number}", world.upload(data)))
    one, two, three = world.edits()
    assert one.result == three.result != two.result
    assert len({edit.edit_id for edit in world.edits()}) == 3


def test_edits_name_their_parent_by_id_and_by_content(world: World) -> None:
    for number, data in enumerate((CLEANED, OTHER, KEPT)):
        world.tell(arrival(f"e{number}", world.upload(data)))
    slots = [
        world.store.get(BUCKETS.edits, one.key).data for one in world.store.list(BUCKETS.edits, f"chain/{IMAGE}/0")
    ]
    edits = world.edits()
    assert [edit.parent for edit in edits] == [None, edits[0].edit_id, edits[1].edit_id]
    digests = [hashlib.sha256(slot).hexdigest() for slot in slots]
    assert [edit.parent_sha256 for edit in edits] == [None, digests[0], digests[1]]


def test_an_older_version_that_comes_late_is_superseded(world: World) -> None:
    old, new = world.upload(CLEANED), world.upload(KEPT)
    # Hexadecimal of unequal lengths: as text, 9 would come after 10.
    world.tell(arrival("e2", new, sequencer="10"))
    outcome = world.tell(arrival("e1", old, sequencer="9"))
    assert (outcome["status"], outcome["reason"], outcome["seq"]) == ("superseded", "older_version", 1)
    assert world.kinds() == ["kept"]


def test_a_superseded_event_gets_the_same_answer_after_the_picture_has_moved_on(world: World) -> None:
    old = arrival("e1", world.upload(CLEANED), sequencer="1")
    world.tell(arrival("e2", world.upload(KEPT), sequencer="2"))
    world.tell(old)
    world.tell(arrival("e3", world.upload(OTHER), sequencer="3"))
    world.tell(old)
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_sequencers_of_another_object_do_not_count(world: World) -> None:
    world.tell(arrival("e1", world.upload(KEPT), sequencer="ff"))
    outcome = world.tell(arrival("e2", world.upload(CLEANED, "other.png"), "other.png", sequencer="1"))
    assert outcome["status"] == "cleaned"


def test_an_arrival_without_a_version_is_known_by_its_event(world: World) -> None:
    world.upload(CLEANED)
    world.tell(arrival("e1"))
    world.upload(KEPT)
    assert world.tell(arrival("e1"))["status"] == "cleaned"
    assert world.tell(arrival("e2"))["status"] == "kept"


def test_a_refused_picture_leaves_nothing_in_the_store(world: World) -> None:
    outcome = world.tell(arrival("e1", world.upload(b"%PDF-1.7 no picture")))
    assert (outcome["status"], outcome["edit_id"]) == ("refused", None)
    assert world.objects() == {}
    assert {one.topic for one in world.shelf.sent} == {topics.OUTCOME.name}


def test_a_refused_picture_stays_refused_after_a_later_version_of_it(world: World) -> None:
    refused = arrival("e1", world.upload(b"%PDF-1.7 no picture"), sequencer="1")
    world.tell(refused)
    world.tell(arrival("e2", world.upload(KEPT), sequencer="2"))
    assert world.tell(refused)["status"] == "refused"
    assert world.kinds() == ["kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_what_was_refused_and_would_be_accepted_by_now_is_still_overtaken_by_a_later_version(world: World) -> None:
    refused = arrival("e1", world.upload(b"%PDF-1.7 no picture"), sequencer="1")
    world.tell(refused)
    world.tell(arrival("e2", world.upload(KEPT), sequencer="2"))

    class LaxCleaner:
        async def clean(self, data: bytes, context: Any) -> Any:
            return await CLEANER.clean(CLEANED)

    assert world.tell(refused, world.desk(cleaner=LaxCleaner()))["reason"] == "older_version"
    assert world.kinds() == ["kept"]


def test_an_object_with_too_many_bytes_is_refused(world: World) -> None:
    outcome = world.tell(arrival("e1", world.upload(b"\x89PNG" + b"x" * MAX_BYTES)))
    assert (outcome["status"], outcome["reason"]) == ("refused", "too_many_bytes")
    assert world.objects() == {}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (arrival("e1", sha256="0" * 64), "hash_mismatch"),
        (arrival("e1", key="nowhere.png"), "object_missing"),
        (arrival("e1", version="v999999"), "object_missing"),
        (arrival("e1", key="../catalog-edits/chain"), "object_missing"),
        (arrival("e1", bucket="nobodys"), "object_missing"),
        (arrival("e1", bucket=BUCKETS.originals), "bucket_not_allowed"),
        (arrival("e1", bucket=BUCKETS.edits), "bucket_not_allowed"),
    ],
)
def test_an_event_that_names_what_is_not_there_can_never_succeed(world: World, record: Record, reason: str) -> None:
    world.upload(CLEANED)
    with pytest.raises(UnprocessableEventError) as problem:
        world.tell(record)
    assert problem.value.reason == reason
    assert (world.objects(), world.shelf.sent) == ({}, [])


# ---------------------------------------------------------------------------------------------------- deletions


def test_a_deletion_is_an_edit_and_erases_nothing(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    objects = set(world.objects())
    outcome = world.tell(deletion("e2"))
    assert (outcome["status"], outcome["shown"]) == ("deleted", None)
    assert world.kinds() == ["cleaned", "deleted"]
    assert objects < set(world.objects())


def test_a_second_deletion_changes_nothing_even_after_the_picture_is_back(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    world.tell(deletion("e2"))
    assert world.tell(deletion("e3"))["reason"] == "already_deleted"
    world.tell(arrival("e4", world.upload(KEPT)))
    assert world.tell(deletion("e3"))["reason"] == "already_deleted"
    assert world.kinds() == ["cleaned", "deleted", "kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_a_deletion_of_an_unknown_picture_does_not_delete_the_one_that_came_later(world: World) -> None:
    early = deletion("e1")
    assert world.tell(early)["reason"] == "unknown_image"
    world.tell(arrival("e2", world.upload(KEPT)))
    assert world.tell(early)["reason"] == "unknown_image"
    assert world.kinds() == ["kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_a_picture_that_comes_back_after_its_deletion_is_new_again(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    world.tell(deletion("e2"))
    assert world.tell(arrival("e3", world.upload(CLEANED)))["seq"] == 3
    assert world.kinds() == ["cleaned", "deleted", "cleaned"]


def test_a_deletion_of_an_older_version_is_superseded(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED), sequencer="20"))
    late = deletion("e2", sequencer="1f")
    assert world.tell(late)["reason"] == "older_version"
    world.tell(deletion("e3", sequencer="21"))
    assert world.tell(late)["reason"] == "older_version"
    assert world.kinds() == ["cleaned", "deleted"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_an_upload_from_before_a_deletion_does_not_bring_the_picture_back(world: World) -> None:
    old = world.upload(CLEANED)
    world.tell(arrival("e1", world.upload(KEPT), sequencer="2"))
    world.tell(deletion("e2", sequencer="3"))
    assert world.tell(arrival("e3", old, sequencer="1"))["reason"] == "older_version"
    assert world.kinds() == ["kept", "deleted"]


def test_a_deletion_of_another_object_does_not_lend_its_place_in_the_order(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED), sequencer="5"))
    world.tell(event("catalog.image.deleted.v1", "e2", {"object": {"bucket": INCOMING, "key": "o", "sequencer": "ff"}}))
    assert world.tell(arrival("e3", world.upload(KEPT), sequencer="6"))["status"] == "kept"


# -------------------------------------------------------------------------------------------------------- marks


def marks_of(world: World) -> list[tuple[str, str]]:
    """(image, words) of every mark that the topic holds in the end."""
    left = world.shelf.compacted(topics.MARKS.name).values()
    return sorted((told["image_id"], told["mark"]["text"]) for told in map(msgspec.json.decode, left))


def test_the_topic_holds_the_marks_of_the_head_alone(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    assert marks_of(world) == [(IMAGE, "remove")]
    world.tell(arrival("e2", world.upload(KEPT)))
    assert marks_of(world) == [(IMAGE, "keep")]
    world.tell(deletion("e3"))
    assert marks_of(world) == []


def test_an_answer_leaves_the_marks_as_they_are(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    world.tell(answer("a1", world.task()))
    assert marks_of(world) == [(IMAGE, "ask")]


def test_a_second_picture_of_a_merchant_learns_of_the_first_and_of_no_twin(world: World) -> None:
    known = repetition.KnownMarks(1000)
    cleaner = fakes.picture_cleaner(marks=known)

    def told(image_id: str, data: bytes) -> list[int]:
        world.tell(
            arrival(f"of {image_id}", world.upload(data, image_id), image_id, image_id), world.desk(cleaner=cleaner)
        )
        known.hear(
            kafka.Record(one.topic, 0, 0, one.key.encode(), one.value, one.headers, 0)
            for one in world.shelf.on(topics.MARKS.name)
        )
        return [region.repeats for region in world.edits(image_id)[-1].regions]

    assert told("first", CLEANED) == [0]
    assert told("twin", CLEANED) == [0], "the same photograph again says nothing"
    assert told("second", OTHER) == [1]
    assert told("third", fakes.written_png("remove", "keep", seed=5)) == [2, 0]
    assert told("first", fakes.written_png("remove", seed=3)) == [3], "of its own earlier version it learns nothing"


# ------------------------------------------------------------------------------------------------------ answers


def test_an_accepted_proposal_goes_live(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    outcome = world.tell(answer("a1", world.task()))
    proposed, approved = world.edits()
    assert (outcome["status"], outcome["reason"]) == ("cleaned", "approved")
    assert approved.result == proposed.result == approved.shown
    assert proposed.shown == proposed.original
    assert (approved.answer, approved.models) == (chain.Answer(proposed.edit_id, "accept", "ann", ""), proposed.models)


def test_a_rejected_proposal_leaves_the_picture(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    outcome = world.tell(answer("a1", world.task(), "reject", comment="brand on the box"))
    rejected = world.edits()[1]
    assert (outcome["status"], outcome["reason"]) == ("kept", "rejected")
    assert rejected.shown == rejected.original
    assert (rejected.mask, rejected.patch, rejected.result, rejected.metrics) == (None, None, None, None)


def test_a_mask_that_a_person_drew_makes_another_edit(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    outcome = world.tell(answer("a1", world.task(), "mask", mask=mask_of(world, fakes.drawn_mask())))
    proposed, approved = world.edits()
    assert outcome["status"] == "cleaned"
    assert approved.kind == "approved"
    assert approved.result is not None
    assert approved.result not in (None, proposed.result)
    assert approved.models
    assert world.store.exists(approved.result.bucket, approved.result.key)


def test_a_second_answer_is_told_who_was_first(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    world.tell(answer("a1", world.task()))
    second = answer("a2", world.task(), "reject", reviewer="bob")
    outcome = world.tell(second)
    assert (outcome["status"], outcome["reason"]) == ("superseded", "already_decided")
    assert "ann" in outcome["why"]
    assert world.kinds() == ["proposed", "approved"]


def test_an_answer_after_a_newer_version_changes_nothing_and_stays_the_same(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    late = answer("a1", world.task())
    world.tell(arrival("e2", world.upload(KEPT)))
    outcome = world.tell(late)
    assert (outcome["status"], outcome["reason"], outcome["seq"]) == ("superseded", "newer_version", 2)
    world.tell(arrival("e3", world.upload(OTHER)))
    world.tell(late)
    assert world.kinds() == ["proposed", "kept", "cleaned"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_a_redelivered_answer_is_the_same_after_the_picture_has_moved_on(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    record = answer("a1", world.task())
    world.tell(record)
    world.tell(arrival("e2", world.upload(KEPT)))
    assert world.tell(record)["seq"] == 2
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_an_answer_after_the_deletion_changes_nothing(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    world.tell(deletion("e2"))
    assert world.tell(answer("a1", world.task()))["reason"] == "newer_version"
    assert world.kinds() == ["proposed", "deleted"]


def refusal(world: World, record: Record) -> str:
    objects = world.objects()
    with pytest.raises(UnprocessableEventError) as problem:
        world.tell(record)
    assert world.objects() == objects
    return problem.value.reason


def test_an_answer_to_an_unknown_task_can_never_succeed(world: World) -> None:
    assert refusal(world, answer("a1", "0" * 32)) == "unknown_task"
    kept = world.tell(arrival("e1", world.upload(KEPT)))
    assert refusal(world, answer("a1", kept["edit_id"])) == "unknown_task"


def test_what_was_not_proposed_cannot_be_accepted(world: World) -> None:
    sixteen_bit = fakes.uneditable_png()
    world.tell(arrival("e1", world.upload(sixteen_bit)))
    assert refusal(world, answer("a1", world.task())) == "nothing_to_accept"
    assert world.tell(answer("a2", world.task(), "reject"))["status"] == "kept"


def test_a_mask_belongs_to_the_decision_mask_and_to_no_other(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    mask = mask_of(world, fakes.drawn_mask())
    assert refusal(world, answer("a1", world.task(), "accept", mask=mask)) == "mask_unexpected"
    assert refusal(world, answer("a1", world.task(), "mask")) == "mask_missing"


@pytest.mark.parametrize("data", [fakes.drawn_mask(64, 80), b"no picture", fakes.blank_mask()])
def test_a_mask_that_does_not_fit_is_unusable(world: World, data: bytes) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    assert refusal(world, answer("a1", world.task(), "mask", mask=mask_of(world, data))) == "mask_unusable"


def test_a_mask_with_other_bytes_or_none_can_never_succeed(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    mask = mask_of(world, fakes.drawn_mask())
    assert refusal(world, answer("a1", world.task(), "mask", mask={**mask, "sha256": "0" * 64})) == "hash_mismatch"
    assert refusal(world, answer("a1", world.task(), "mask", mask={**mask, "key": "gone"})) == "object_missing"


def test_an_original_of_ours_that_is_missing_is_no_fault_of_the_answer(world: World) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    original = world.edits()[0].original
    assert original is not None
    world.store.remove(original.bucket, original.key)
    with pytest.raises(ServiceUnavailableError):
        world.tell(answer("a1", world.task(), "mask", mask=mask_of(world, fakes.drawn_mask())))


# ------------------------------------------------------------------------------------------------------- sample


@pytest.fixture
def sampling(world: World) -> World:
    """Every automatic edit is drawn."""
    world.share = 1.0
    return world


def requested(world: World) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one.value) for one in world.shelf.on(topics.REVIEW_REQUESTED.name)]


def test_an_edit_of_the_sample_is_shown_and_judged(sampling: World) -> None:
    outcome = sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    (edit,), (task,) = sampling.edits(), requested(sampling)
    assert (outcome["status"], outcome["reason"]) == ("cleaned", "remove_as_written")
    assert outcome["shown"]["key"] == edit.result.key == task["proposal"]["key"]  # type: ignore[union-attr]
    assert (task["task_id"], task["reason"], task["live"]) == (edit.edit_id, "sampled", True)
    assert task["answer"]["decisions"] == ["accept", "reject", "mask"]


@pytest.mark.parametrize(("data", "tasks"), [(KEPT, 0), (ASKED, 1)])
def test_only_automatic_edits_are_drawn(sampling: World, data: bytes, tasks: int) -> None:
    sampling.tell(arrival("e1", sampling.upload(data)))
    assert not sampling.edits()[0].sampled
    assert [task["live"] for task in requested(sampling)] == [False] * tasks


def test_without_a_share_nothing_is_drawn(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    assert not world.edits()[0].sampled
    assert requested(world) == []


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_another_share_changes_nothing_about_an_edit_that_is_made(world: World, share: float) -> None:
    world.share = share
    record = arrival("e1", world.upload(CLEANED))
    world.tell(record)
    said = list(world.shelf.sent)
    world.share = 1.0 - share
    world.tell(record)
    assert world.shelf.sent == said * 2


def test_a_right_edit_of_the_sample_stays_as_it_is(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    outcome = sampling.tell(answer("a1", sampling.task()))
    cleaned, approved = sampling.edits()
    assert (outcome["status"], outcome["reason"], approved.kind) == ("cleaned", "approved", "approved")
    assert approved.shown == cleaned.shown == cleaned.result
    assert (approved.patch, approved.metrics, approved.ruling) == (cleaned.patch, cleaned.metrics, cleaned.ruling)
    assert not approved.is_task


def test_a_false_edit_of_the_sample_gives_way_to_the_original(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    outcome = sampling.tell(answer("a1", sampling.task(), "reject"))
    cleaned, rejected = sampling.edits()
    assert (outcome["status"], outcome["reason"]) == ("kept", "rejected")
    assert cleaned.shown == cleaned.result
    assert outcome["shown"]["key"] == rejected.shown.key == cleaned.original.key  # type: ignore[union-attr]
    head = msgspec.json.decode(sampling.shelf.on(topics.HEAD.name)[-1].value)
    assert head["shown"]["key"] == cleaned.original.key  # type: ignore[union-attr]


def test_an_edit_of_the_sample_is_done_again_under_a_mask_that_a_person_drew(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    sampling.tell(answer("a1", sampling.task(), "mask", mask=mask_of(sampling, fakes.drawn_mask())))
    cleaned, approved = sampling.edits()
    assert approved.kind == "approved"
    assert approved.shown == approved.result
    assert approved.result not in (None, cleaned.result)


def test_an_edit_that_was_not_drawn_takes_no_answer(world: World) -> None:
    cleaned = world.tell(arrival("e1", world.upload(CLEANED)))
    assert refusal(world, answer("a1", cleaned["edit_id"])) == "unknown_task"


def test_a_judged_edit_of_the_sample_is_no_task_any_more(sampling: World) -> None:
    record = arrival("e1", sampling.upload(CLEANED))
    sampling.tell(record)
    task = sampling.task()
    sampling.tell(answer("a1", task, "reject"))
    tasks = len(requested(sampling))
    assert sampling.tell(record)["seq"] == 1, "the arrival's answer stays what it was"
    assert len(requested(sampling)) == tasks
    assert sampling.tell(answer("a2", task, reviewer="bob"))["reason"] == "already_decided"
    rejected = sampling.edits()[1].edit_id
    assert refusal(sampling, answer("a3", rejected)) == "unknown_task"


def test_a_newer_upload_ends_the_task_of_the_sample(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    late = answer("a1", sampling.task(), "reject")
    sampling.tell(arrival("e2", sampling.upload(OTHER)))
    outcome = sampling.tell(late)
    assert (outcome["status"], outcome["reason"], outcome["seq"]) == ("superseded", "newer_version", 2)
    assert sampling.kinds() == ["cleaned", "cleaned"]
    assert len({task["task_id"] for task in requested(sampling)}) == 2, "the newer edit is judged for itself"


def test_the_same_bytes_again_are_no_second_task(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    sampling.tell(arrival("e2", sampling.upload(CLEANED)))
    assert len({task["task_id"] for task in requested(sampling)}) == 1
    sampling.tell(answer("a1", sampling.task(), "reject"))
    assert sampling.tell(arrival("e3", sampling.upload(CLEANED)))["status"] == "kept", "a person has spoken"


# -------------------------------------------------------------------------------------------------------- races


class InterruptedStore:
    """A store where somebody else is quicker: right before a slot is written, `meanwhile` happens, once."""

    def __init__(self, world: World, meanwhile: Callable[[], object]) -> None:
        self._store = world.store
        self._meanwhile: Callable[[], object] | None = meanwhile
        self.get, self.list = world.store.get, world.store.list

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        if key.startswith("chain/") and "unchanged" not in key and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return self._store.put_once(bucket, key, data, media_type)


def race(world: World, slow: Record, quick: Record) -> dict[str, Any]:
    """The answer to an event that another one overtakes just before its commit."""
    return world.tell(slow, world.desk(store=InterruptedStore(world, lambda: world.tell(quick))))


def test_two_versions_that_race_get_a_slot_each(world: World) -> None:
    slow, quick = arrival("e1", world.upload(CLEANED)), arrival("e2", world.upload(KEPT))
    assert race(world, slow, quick)["seq"] == 2
    assert world.kinds() == ["kept", "cleaned"]


def test_an_older_version_that_loses_a_race_is_superseded(world: World) -> None:
    slow = arrival("e1", world.upload(CLEANED), sequencer="1")
    quick = arrival("e2", world.upload(KEPT), sequencer="2")
    assert race(world, slow, quick)["reason"] == "older_version"
    assert world.kinds() == ["kept"]
    world.tell(slow)
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_one_event_in_two_workers_is_one_edit(world: World) -> None:
    record = arrival("e1", world.upload(CLEANED))
    race(world, record, record)
    assert world.kinds() == ["cleaned"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_the_same_bytes_that_race_are_one_edit(world: World) -> None:
    slow, quick = arrival("e1", world.upload(CLEANED)), arrival("e2", world.upload(CLEANED))
    assert race(world, slow, quick)["seq"] == 1
    world.tell(arrival("e3", world.upload(KEPT)))
    world.tell(slow)
    assert world.kinds() == ["cleaned", "kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


def test_a_deletion_does_not_take_a_later_version_that_overtook_it(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED), sequencer="1"))
    slow, quick = deletion("e2", sequencer="2"), arrival("e3", world.upload(KEPT), sequencer="3")
    assert race(world, slow, quick)["reason"] == "older_version"
    assert world.kinds() == ["cleaned", "kept"]


def test_a_deletion_that_loses_to_another_stays_harmless(world: World) -> None:
    world.tell(arrival("e1", world.upload(CLEANED)))
    slow, quick = deletion("e2"), deletion("e3")
    assert race(world, slow, quick)["reason"] == "already_deleted"
    world.tell(arrival("e4", world.upload(KEPT)))
    world.tell(slow)
    assert world.kinds() == ["cleaned", "deleted", "kept"]
    assert {len(answers) for answers in world.outcomes().values()} == {1}


@pytest.mark.parametrize("first", ["accept", "reject"])
def test_two_answers_that_race_are_one_decision(world: World, first: str) -> None:
    world.tell(arrival("e1", world.upload(ASKED)))
    outcome = race(world, answer("a1", world.task()), answer("a2", world.task(), first, reviewer="bob"))
    assert outcome["reason"] == "already_decided"
    assert world.kinds() == ["proposed", "approved" if first == "accept" else "rejected"]


def test_an_answer_and_a_newer_upload_that_race_are_in_their_order(sampling: World) -> None:
    sampling.tell(arrival("e1", sampling.upload(CLEANED)))
    slow, quick = answer("a1", sampling.task(), "reject"), arrival("e2", sampling.upload(KEPT))
    assert race(sampling, slow, quick)["reason"] == "newer_version"
    assert sampling.kinds() == ["cleaned", "kept"]


# ------------------------------------------------------------------------------------------------------ crashes


def _arrivals(world: World) -> list[Record]:
    return [arrival("e1", world.upload(CLEANED)), arrival("e2", world.upload(OTHER))]


def _told_twice(world: World) -> list[Record]:
    return [arrival("e1", world.upload(CLEANED)), arrival("e2", world.upload(CLEANED)), arrival("e3", "v000001")]


def _deletions(world: World) -> list[Record]:
    there = arrival("e2", world.upload(KEPT))
    return [deletion("e1"), there, deletion("e3"), deletion("e4"), arrival("e5", world.upload(KEPT))]


def _answers(decision: str, data: bytes = ASKED) -> Callable[[World], list[Record]]:
    def records(world: World) -> list[Record]:
        asked = arrival("e1", world.upload(data))
        task = chain.name_of("arrival", IMAGE, "object", INCOMING, "dress.png", "v000001")
        mask = {"mask": mask_of(world, fakes.drawn_mask())} if decision == "mask" else {}
        return [asked, answer("a1", task, decision, **mask), answer("a2", task, "reject", reviewer="bob")]

    return records


def _sampled(decision: str) -> Callable[[World], list[Record]]:
    def records(world: World) -> list[Record]:
        world.share = 1.0
        return [*_answers(decision, CLEANED)(world), arrival("e2", world.upload(OTHER))]

    return records


def _out_of_order(world: World) -> list[Record]:
    old, new = world.upload(CLEANED), world.upload(KEPT)
    return [arrival("e2", new, sequencer="2"), arrival("e1", old, sequencer="1"), deletion("e3", sequencer="3")]


STORIES = {
    "arrivals": _arrivals,
    "told twice": _told_twice,
    "deletions": _deletions,
    "accept": _answers("accept"),
    "reject": _answers("reject"),
    "mask": _answers("mask"),
    "sampled, accept": _sampled("accept"),
    "sampled, reject": _sampled("reject"),
    "sampled, mask": _sampled("mask"),
    "out of order": _out_of_order,
}


def undisturbed(story: Callable[[World], list[Record]]) -> World:
    world = World()
    for record in story(world):
        world.tell(record)
    return world


def disturbed(story: Callable[[World], list[Record]], trouble: Trouble) -> World:
    """Every event is tried until it ends; after a trouble all the earlier ones come again first, by a new worker."""
    world = World()
    records = story(world)
    desk = world.desk(trouble)
    done = 0
    while done < len(records):
        try:
            world.tell(records[done], desk)
        except (ServiceUnavailableError, Death):
            desk, done = world.desk(trouble), 0
        else:
            done += 1
    return world


def facts(world: World) -> dict[str, set[bytes]]:
    """Everything but heads and marks: those follow the chain."""
    told: dict[str, set[bytes]] = {}
    for one in world.shelf.sent:
        if one.topic not in (topics.HEAD.name, topics.MARKS.name):
            told.setdefault(f"{one.topic} {one.key} {one.event_id}", set()).add(one.value)
    return told


@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("problem", [lambda: ServiceUnavailableError("store"), Death], ids=["fails", "dies"])
@pytest.mark.parametrize("story", STORIES)
def test_wherever_it_breaks_everything_ends_as_if_it_had_not(
    story: str, problem: Callable[[], BaseException], acts: bool
) -> None:
    expected = undisturbed(STORIES[story])
    for at in range(1, 1000):
        trouble = Trouble(at, problem, acts=acts)
        world = disturbed(STORIES[story], trouble)
        assert world.edits() == expected.edits(), at
        assert set(world.objects()) == set(expected.objects()), at
        assert set(world.objects().values()) == {1}, at
        assert facts(world) == facts(expected), at
        assert world.shelf.compacted(topics.HEAD.name) == expected.shelf.compacted(topics.HEAD.name), at
        assert world.shelf.compacted(topics.MARKS.name) == expected.shelf.compacted(topics.MARKS.name), at
        if trouble.calls < at:
            break
    assert at > 20


def test_every_crash_leaves_one_answer_an_event_and_one_slot_a_cause() -> None:
    world = undisturbed(_deletions)
    assert {len(answers) for answers in world.outcomes().values()} == {1}
    assert len({edit.edit_id for edit in world.edits()}) == len(world.edits()) == 3


def test_a_listing_that_names_what_is_gone_waits(world: World) -> None:
    world.tell(arrival("e1", world.upload(KEPT)))

    class Forgetful(MemoryStore):
        def get(self, bucket: str, key: str, *more: Any) -> Any:
            raise MissingObjectError(f"{bucket}/{key}")

    forgetful = Forgetful()
    forgetful._buckets = world.store._buckets
    with pytest.raises(ServiceUnavailableError):
        world.tell(arrival("e2", world.upload(KEPT)), world.desk(store=forgetful))


def test_the_events_of_these_tests_are_those_of_the_contract() -> None:
    for record, accepted in ((arrival("e1"), events.ARRIVALS), (answer("a1", "0" * 32), events.ANSWERS)):
        assert events.decode(record.message.value, record.message.headers, accepted).id in ("e1", "a1")
