"""What events do to chains, over a store in a dict that can fail or die at any call."""

import asyncio
import dataclasses
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processors import chain, routing
from processors.errors import ServiceUnavailableError, UnprocessableEventError
from processors.pictures import Pixels
from processors.regions import Region, TextLine
from streams import events, topics
from streams.agents import Desk
from streams.announcing import Announcer
from streams.cleaning import PictureCleaner
from streams.editing import Buckets, Committed, ImageEditor, Unchanged
from streams.ledger import Ledger
from tests import troubled as fakes
from tests.picture_files import png

BUCKET = "catalog-deliveries"
LINE = TextLine(((8.0, 8.0), (40.0, 8.0), (40.0, 20.0), (8.0, 20.0)), "SALE", 0.99, 0.9)


def _always(verdict: str) -> routing.Decide:
    def decide(lines: tuple[TextLine, ...], rgb: Pixels, policy: routing.Policy) -> routing.Decision:
        regions = tuple(
            Region(line.polygon, line.text, line.score, verdict, 0.0, "test", "as the test wants")  # type: ignore[arg-type]
            for line in lines
        )
        return routing.Decision(verdict, f"{verdict}_for_test", "as the test wants", regions)  # type: ignore[arg-type]

    return decide


def stamped(seed: int) -> bytes:
    """A plain picture with dark letters where LINE is."""
    pixels = np.full((64, 96, 3), 200 + seed % 40, np.uint8)
    pixels[10:18, 10:38:4] = 20
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@dataclass
class World:
    """Everything around one editor, with the wiring of the worker."""

    verdict: str = "remove"
    lines: tuple[TextLine, ...] = (LINE,)
    store: fakes.MemoryStore = field(default_factory=fakes.MemoryStore)
    publisher: fakes.ShelfPublisher = field(default_factory=fakes.ShelfPublisher)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.store, "edits")
        cleaner = PictureCleaner(
            decoder=fakes.DirectDecoder(),
            reader=fakes.FakeReader(self.lines),
            inpainter=fakes.PlainInpainter(),
            models=fakes.NoModels(),
            decide=_always(self.verdict),
            policy=routing.Policy(),
        )
        self.editor = ImageEditor(
            self.store, Buckets("originals", "edits"), self.ledger, cleaner, max_bytes=1 << 20, code_version="test"
        )
        self.announcer = Announcer(self.publisher, self.ledger)

    def deliver(self, data: bytes, key: str = "a.png") -> tuple[str, str]:
        return key, self.store.put(BUCKET, key, data)

    def chain(self, image_id: str = "sku-1") -> tuple[chain.Edit, ...]:
        return self.ledger.read_now(image_id).edits

    def run(self, event: events.Event) -> Committed | Unchanged:
        act = {
            "catalog.image.deleted.v1": self.editor.deleted,
            "catalog.review.decided.v1": self.editor.decided,
        }.get(event.type, self.editor.arrived)

        async def through() -> Committed | Unchanged:
            done = await act(event)
            if isinstance(done, Committed):
                await self.announcer.committed(event, done.edit, done.history)
            else:
                await self.announcer.outcome(
                    event, event.data.image_id, done.status, reason=done.reason, why=done.why, edit=done.edit
                )
            return done

        return asyncio.run(through())


def arrival(event_id: str, delivered: tuple[str, str], image_id: str = "sku-1", **more: Any) -> events.Event:
    key, version = delivered
    reference = events.ObjectRef(bucket=BUCKET, key=key, version_id=version, **more)
    data = events.ImageArrived(image_id=image_id, object=reference, merchant_id="m")
    return events.Event(event_id, "shop", "catalog.image.updated.v1", "2026-11-23T10:00:00Z", data)


def deletion(event_id: str, image_id: str = "sku-1", reference: events.ObjectRef | None = None) -> events.Event:
    data = events.ImageDeleted(image_id=image_id, object=reference)
    return events.Event(event_id, "shop", "catalog.image.deleted.v1", None, data)


def answer(event_id: str, task: chain.Edit, decision: str, mask: events.MaskRef | None = None) -> events.Event:
    data = events.ReviewDecided(
        task_id=task.edit_id,
        image_id=task.image_id,
        decision=decision,
        reviewer="ann",
        mask=mask,  # type: ignore[arg-type]
    )
    return events.Event(event_id, "console", "catalog.review.decided.v1", "2026-11-23T11:00:00Z", data)


def kinds(world: World) -> list[str]:
    return [edit.kind for edit in world.chain()]


def test_a_new_picture_is_cleaned_and_everything_that_its_edit_names_is_there() -> None:
    world = World()
    data = stamped(0)

    done = world.run(arrival("e1", world.deliver(data)))

    assert isinstance(done, Committed)
    (edit,) = world.chain()
    assert (edit.kind, edit.seq, edit.parent, edit.parent_sha256) == ("cleaned", 1, None, None)
    assert edit.original is not None
    assert world.store.get("originals", edit.original.key).data == data
    for blob in (edit.original, edit.mask, edit.patch, edit.result):
        assert blob is not None
        assert sha256(world.store.get(blob.bucket, blob.key).data).hexdigest() == blob.sha256


def test_a_redelivered_event_changes_nothing_and_is_answered_with_the_same_bytes() -> None:
    world = World()
    event = arrival("e1", world.deliver(stamped(0)))
    world.run(event)
    first = world.publisher.of(topics.OUTCOME.name)
    before = world.store.keys("edits") | world.store.keys("originals")

    world.run(event)

    assert world.publisher.of(topics.OUTCOME.name) == first * 2
    assert world.store.keys("edits") | world.store.keys("originals") == before
    assert len(set(world.publisher.of(topics.AUDIT.name))) == 1


def test_the_same_version_told_by_two_senders_is_done_once() -> None:
    world = World()
    delivered = world.deliver(stamped(0))
    world.run(arrival("from the merchant", delivered))
    world.run(arrival("from the store", delivered))

    assert kinds(world) == ["cleaned"]


def test_the_same_bytes_told_again_stay_harmless_after_the_picture_has_moved_on() -> None:
    world = World()
    world.run(arrival("e1", world.deliver(stamped(0))))
    again = arrival("e2", world.deliver(stamped(0)))
    world.run(again)
    world.run(arrival("e3", world.deliver(stamped(1))))
    first_answer = world.publisher.of(topics.OUTCOME.name)[1]

    world.run(again)

    assert kinds(world) == ["cleaned", "cleaned"], "the old picture did not come back"
    assert world.publisher.of(topics.OUTCOME.name)[-1] == first_answer


def test_a_picture_that_goes_back_to_an_earlier_version_gets_a_third_edit() -> None:
    world = World()
    for number, seed in enumerate((0, 1, 0)):
        world.run(arrival(f"e{number}", world.deliver(stamped(seed))))

    edits = world.chain()
    assert [edit.seq for edit in edits] == [1, 2, 3]
    assert edits[0].source is not None
    assert edits[2].source is not None
    assert edits[0].source.sha256 == edits[2].source.sha256
    assert [edit.parent for edit in edits] == [None, edits[0].edit_id, edits[1].edit_id]
    assert edits[2].parent_sha256 == sha256(events.encode(edits[1])).hexdigest()


def test_a_version_that_arrives_after_a_later_one_is_superseded() -> None:
    world = World()
    old, new = world.deliver(stamped(0)), world.deliver(stamped(1))
    world.run(arrival("new", new, sequencer="00AB"))

    done = world.run(arrival("old", old, sequencer="9F"))

    assert isinstance(done, Unchanged)
    assert (done.status, done.reason) == ("superseded", "older_version")
    assert kinds(world) == ["cleaned"]


def test_a_refused_picture_leaves_nothing_in_the_store_and_says_why() -> None:
    world = World()

    done = world.run(arrival("e1", world.deliver(b"<html>")))

    assert isinstance(done, Unchanged)
    assert (done.status, done.reason) == ("refused", "unsupported_format")
    assert world.store.keys("edits") | world.store.keys("originals") == set()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lambda world: arrival("e", ("nowhere.png", "v9")), "object_missing"),
        (lambda world: arrival("e", world.deliver(stamped(0)), sha256="0" * 64), "hash_mismatch"),
        (
            lambda world: events.Event(
                "e",
                "s",
                "catalog.image.created.v1",
                None,
                events.ImageArrived(image_id="a", object=events.ObjectRef(bucket="edits", key="chain")),
            ),
            "bucket_not_allowed",
        ),
    ],
)
def test_an_event_about_something_else_than_it_says_is_unprocessable(
    event: Callable[[World], events.Event], reason: str
) -> None:
    world = World()

    with pytest.raises(UnprocessableEventError) as problem:
        world.run(event(world))

    assert problem.value.reason == reason


def test_a_deletion_is_recorded_once_and_a_new_upload_begins_again() -> None:
    world = World()
    world.run(arrival("e1", world.deliver(stamped(0))))
    gone = deletion("d1")
    world.run(gone)
    world.run(gone)
    second = world.run(deletion("d2"))
    world.run(arrival("e2", world.deliver(stamped(0))))

    assert isinstance(second, Unchanged)
    assert second.reason == "already_deleted"
    assert kinds(world) == ["cleaned", "deleted", "cleaned"]


def test_a_deletion_that_found_nothing_does_not_delete_what_came_later() -> None:
    world = World()
    early = deletion("d1")
    world.run(early)
    world.run(arrival("e1", world.deliver(stamped(0))))

    again = world.run(early)

    assert isinstance(again, Unchanged)
    assert again.reason == "unknown_image"
    assert kinds(world) == ["cleaned"]


@pytest.fixture
def asked() -> tuple[World, chain.Edit]:
    world = World(verdict="ask")
    world.run(arrival("e1", world.deliver(stamped(0))))
    (task,) = world.chain()
    assert task.kind == "proposed"
    return world, task


def test_an_accepted_proposal_goes_live_as_it_was_shown(asked: tuple[World, chain.Edit]) -> None:
    world, task = asked
    assert task.shown == task.original, "until then the original is shown"

    world.run(answer("a1", task, "accept"))

    approved = world.chain()[-1]
    assert (approved.kind, approved.result, approved.shown) == ("approved", task.result, task.result)


def test_a_rejected_proposal_leaves_the_original(asked: tuple[World, chain.Edit]) -> None:
    world, task = asked

    world.run(answer("a1", task, "reject"))

    rejected = world.chain()[-1]
    assert (rejected.kind, rejected.result, rejected.shown) == ("rejected", None, task.original)


def test_another_mask_gives_another_edit_by_the_same_steps(asked: tuple[World, chain.Edit]) -> None:
    world, task = asked
    drawn = np.zeros((64, 96), np.uint8)
    drawn[40:50, 60:80] = 255
    data = _png(drawn)
    world.store.put("edits", "drawn/mask.png", data)

    world.run(
        answer(
            "a1", task, "mask", events.MaskRef(bucket="edits", key="drawn/mask.png", sha256=sha256(data).hexdigest())
        )
    )

    approved = world.chain()[-1]
    assert approved.mask is not None
    assert approved.mask != task.mask
    with Image.open(io.BytesIO(world.store.get("edits", approved.mask.key).data)) as mask:
        assert np.array_equal(np.asarray(mask), drawn)


@pytest.mark.parametrize("shape", [(64, 95), (1, 1)])
def test_a_mask_of_another_size_is_unusable(asked: tuple[World, chain.Edit], shape: tuple[int, int]) -> None:
    world, task = asked
    data = _png(np.full(shape, 255, np.uint8))
    world.store.put("edits", "drawn/mask.png", data)
    reference = events.MaskRef(bucket="edits", key="drawn/mask.png", sha256=sha256(data).hexdigest())

    with pytest.raises(UnprocessableEventError, match="mask_size"):
        world.run(answer("a1", task, "mask", reference))

    assert kinds(world) == ["proposed"]


def test_the_second_answer_is_told_who_was_first(asked: tuple[World, chain.Edit]) -> None:
    world, task = asked
    world.run(answer("a1", task, "reject"))

    late = world.run(answer("a2", task, "accept"))

    assert isinstance(late, Unchanged)
    assert (late.status, late.reason) == ("superseded", "already_decided")
    assert kinds(world) == ["proposed", "rejected"]


def test_an_answer_after_a_newer_version_changes_nothing(asked: tuple[World, chain.Edit]) -> None:
    world, task = asked
    world.run(arrival("e2", world.deliver(stamped(1))))

    late = world.run(answer("a1", task, "accept"))

    assert isinstance(late, Unchanged)
    assert (late.status, late.reason) == ("superseded", "newer_version")
    assert kinds(world) == ["proposed", "proposed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"task_id": "0" * 32}, "unknown_task"), ({"decision": "mask"}, "mask_missing")],
)
def test_an_answer_that_fits_no_task_is_unprocessable(
    asked: tuple[World, chain.Edit], change: dict[str, str], reason: str
) -> None:
    world, task = asked
    good = answer("a1", task, "reject")
    fields = {name: getattr(good.data, name) for name in good.data.__struct_fields__}
    wrong = dataclasses.replace(good, data=events.ReviewDecided(**{**fields, **change}))

    with pytest.raises(UnprocessableEventError) as problem:
        world.run(wrong)

    assert problem.value.reason == reason


def test_a_picture_that_cannot_be_edited_is_asked_about_without_a_proposal() -> None:
    world = World()
    file = io.BytesIO()
    Image.new("CMYK", (64, 48)).save(file, "JPEG")
    world.run(arrival("e1", world.deliver(file.getvalue())))
    (task,) = world.chain()

    assert (task.kind, task.result) == ("proposed", None)
    with pytest.raises(UnprocessableEventError, match="nothing_to_accept"):
        world.run(answer("a1", task, "accept"))
    world.run(answer("a2", task, "reject"))
    assert kinds(world) == ["proposed", "rejected"]


def _story(world: World) -> list[events.Event]:
    """An upload, a person's answer, a new version and its deletion."""
    first, second = world.deliver(stamped(0)), world.deliver(stamped(1))
    upload = arrival("e1", first)
    task_id = chain.name_of("arrival", "sku-1", "object", BUCKET, *first)
    decided = events.ReviewDecided(task_id=task_id, image_id="sku-1", decision="accept", reviewer="ann")
    return [
        upload,
        events.Event("a1", "console", "catalog.review.decided.v1", None, decided),
        arrival("e2", second),
        upload,
        deletion("d1"),
    ]


def _told(world: World) -> dict[str, set[bytes]]:
    """Every outcome by its id."""
    found: dict[str, set[bytes]] = {}
    for topic, _, value, headers in world.publisher.records:
        if topic == topics.OUTCOME.name:
            found.setdefault(dict(headers)["ce_id"].decode(), set()).add(value)
    return found


def _calm() -> World:
    world = World(verdict="ask")
    for event in _story(world):
        world.run(event)
    return world


@pytest.mark.parametrize("death", [False, True], ids=["a service fails", "the worker dies"])
@pytest.mark.parametrize("after", [False, True], ids=["before acting", "after acting"])
@pytest.mark.parametrize("where", ["store", "publisher"])
def test_after_trouble_at_any_call_everything_is_as_if_there_had_been_none(
    where: str, after: bool, death: bool
) -> None:
    calm = _calm()
    calls = getattr(calm, where).trouble.calls
    assert calls > 10

    def trouble() -> BaseException:
        return fakes.DiedError() if death else ServiceUnavailableError(where, "as the test wants")

    for call in range(1, calls + 1):
        world = World(verdict="ask")
        story = _story(world)
        getattr(world, where).trouble = fakes.Trouble(call, after, trouble)
        done = 0
        while done < len(story):
            try:
                world.run(story[done])
                done += 1
            except (ServiceUnavailableError, fakes.DiedError):
                # A worker that died begins again at the last offset that it had committed.
                done = max(0, done - 1) if death else done

        assert [events.encode(edit) for edit in world.chain()] == [events.encode(edit) for edit in calm.chain()], call
        assert _told(world) == _told(calm), call
        assert set(world.publisher.of(topics.AUDIT.name)) == set(calm.publisher.of(topics.AUDIT.name)), call
        assert world.publisher.of(topics.HEAD.name)[-1] == calm.publisher.of(topics.HEAD.name)[-1], call
        assert set(calm.store.keys("edits")) <= set(world.store.keys("edits")), call


def test_a_desk_tells_the_sender_of_a_readable_event_that_it_failed() -> None:
    world = World()
    desk = Desk(world.editor, world.announcer, notifier=None)  # type: ignore[arg-type]  # it is not asked
    event = arrival("e1", ("nowhere.png", "v9"))
    record = _record(events.encode(event.data), events.headers(event.type, event.id, event.time))

    asyncio.run(desk.excuse(record, "bug", "KeyError: 'x'"))
    asyncio.run(desk.excuse(_record(b"not an event", []), "undecodable", ""))

    (value,) = world.publisher.of(topics.OUTCOME.name)
    outcome = events.decode(value, events.headers(topics.OUTCOME.name, "x", None), (topics.OUTCOME.name,)).data
    assert (outcome.status, outcome.reason, outcome.image_id) == ("failed", "bug", "sku-1")


@dataclass
class _Message:
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass
class _Record:
    message: _Message


def _record(value: bytes, headers: list[tuple[str, bytes]]) -> Any:
    return _Record(_Message(value, headers))


def _png(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_what_is_kept_is_committed_too_so_that_its_event_is_known() -> None:
    world = World(verdict="keep")
    event = arrival("e1", world.deliver(png()))

    world.run(event)

    (edit,) = world.chain()
    assert (edit.kind, edit.result, edit.shown) == ("kept", None, edit.original)
