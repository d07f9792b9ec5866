"""The real code beside the model of the log: whatever comes again, dies, stalls or is compacted, both end the same.

    .venv-tools/bin/python -m pytest tests/unit/test_log_model.py --runs 3000 --hypothesis-seed 1 --timeout 0

Where two workers are at one picture, or one dies, more than one end is right: all of them are kept until something is
seen that only some of them explain.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from processors import chain
from processors.folding import Folding
from processors.undoing import Scope
from streams import audit_log, events, topics
from streams.ledger import slot_key
from tests import log_model
from tests.desks import Stall, Workers
from tests.fakes import BUCKETS, INCOMING, Death, Trouble
from tests.log_model import Answer, Event, Picture, Step

IMAGES = ("shop.dress", "shop.shoe")
#: `noise` is no picture; two of a kind differ in their bytes.
CONTENTS = (b"keep 1", b"remove 1", b"remove 2", b"ask 1", b"ask 2", b"noise 1")
#: The number of the call (to store or broker) at which a worker dies or stands still, and whether after it.
PLACES = st.tuples(st.integers(1, 16), st.booleans())
#: How the first delivery of an event goes: well, to a worker that dies, or not yet.
FATES = st.none() | PLACES | st.just("later")
Log = dict[str, Picture]


class SideBySide(RuleBasedStateMachine):
    """Each rule does something to the real code and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.workers = Workers()
        #: every state of the model that explains what was seen so far
        self.logs: list[Log] = [{image: Picture() for image in IMAGES}]
        self.events: list[Event] = []
        #: events whose worker died: they come again before anybody may ask for all records
        self.owed: list[Event] = []
        self.answers: dict[str, tuple[bytes, Answer]] = {}
        self.outcomes_seen = 0

    # --- what happens

    @rule(
        image=st.sampled_from(IMAGES),
        object=st.sampled_from(("a.png", "b.png")),
        content=st.sampled_from(CONTENTS),
        order=st.none() | st.integers(1, 20),
        fate=FATES,
    )
    def upload(self, image: str, object: str, content: bytes, order: int | None, fate: Any) -> None:
        version = self.workers.store.put(INCOMING, object, content)
        self.tell(Event("upload", self.new_id(), image, object, version, order, content), fate)

    @rule(image=st.sampled_from(IMAGES), content=st.sampled_from(CONTENTS), fate=FATES)
    def upload_without_version(self, image: str, content: bytes, fate: Any) -> None:
        name = self.new_id()
        self.workers.store.put(INCOMING, name, content)
        self.tell(Event("upload", name, image, name, None, None, content), fate)

    @rule(
        image=st.sampled_from(IMAGES),
        object=st.none() | st.sampled_from(("a.png", "b.png")),
        order=st.none() | st.integers(1, 20),
        fate=FATES,
    )
    def delete(self, image: str, object: str | None, order: int | None, fate: Any) -> None:
        self.tell(Event("deletion", self.new_id(), image, object, None, order if object else None), fate)

    @precondition(lambda self: self.tasks())
    @rule(number=st.integers(0, 99), says=st.sampled_from(("accept", "reject", "mask")), fate=FATES)
    def decide(self, number: int, says: str, fate: Any) -> None:
        tasks = self.tasks()
        image, seq = tasks[-1 - number % len(tasks)]
        self.tell(Event("decision", self.new_id(), image, about=seq, says=says), fate)

    @precondition(lambda self: any(event.version for event in self.events))
    @rule(number=st.integers(0, 99), fate=FATES)
    def tell_of_the_same_version(self, number: int, fate: Any) -> None:
        """Under an event of its own, as merchant and store do."""
        versions = [event for event in self.events if event.version]
        self.tell(replace(versions[-1 - number % len(versions)], id=self.new_id()), fate)

    @precondition(lambda self: self.events)
    @rule(number=st.integers(0, 99), crash=st.none() | PLACES)
    def come_again(self, number: int, crash: Any) -> None:
        self.deliver(self.events[-1 - number % len(self.events)], crash)

    @precondition(lambda self: self.events)
    @rule(
        slow=st.integers(0, 99),
        again=st.booleans(),
        others=st.lists(st.integers(0, 99), min_size=1, max_size=2),
        at=PLACES,
        crash=st.none() | PLACES,
    )
    def overtake(self, slow: int, again: bool, others: list[int], at: Any, crash: Any) -> None:
        """One worker stands still somewhere while others work, perhaps at the same event: it is a zombie."""
        event, *rest = (self.events[-1 - number % len(self.events)] for number in (slow, *others))
        # The same event after another one is left out: docs/experiments.md says what happens there.
        rest = [event] * again + [other for other in rest if other != event]
        self.deliver(event, crash, at, rest)

    @rule(share=st.floats(0, 1))
    def compact(self, share: float) -> None:
        self.workers.shelf.compact(round(share * len(self.workers.shelf.sent)))

    @precondition(lambda self: any(self.known().values()))
    @rule(image=st.sampled_from(IMAGES), number=st.integers(0, 99), original=st.booleans(), fate=FATES)
    def roll_back(self, image: str, number: int, original: bool, fate: Any) -> None:
        """Plan to undo one step, also one that undid another; from the log alone, as far as it tells."""
        edits = self.known()[image]
        steps = self.logs[0][image].chain[: len(edits)]
        if not steps:
            return
        seq = len(steps) - number % len(steps)
        restores = log_model.plan(steps, seq, original=original)
        if image in self.gaps():
            restores = None
        planned = self.workers.plan(Scope(images=(image,), event=steps[seq - 1].cause), original=original)
        assert [row.restores_seq or 0 for row in planned.rows] == ([] if restores is None else [restores])
        for row in planned.rows:
            assert (row.seq, row.head) == (len(steps), edits[-1].edit_id)
            event = Event("rollback", planned.event_id(image), image, about=row.seq, restores=row.restores_seq or 0)
            if event not in self.events:
                self.workers.plans[event.id] = planned
                self.tell(event, fate)

    # --- how it happens

    def new_id(self) -> str:
        return f"e{len(self.events)}"

    def tasks(self) -> list[tuple[str, int]]:
        chains = {image: self.logs[0][image].chain for image in IMAGES}
        return [
            (image, seq)
            for image, steps in chains.items()
            for seq, step in enumerate(steps, start=1)
            if step.kind in ("proposed", "cleaned")
        ]

    def folding(self) -> Folding[chain.Edit, tuple[chain.Edit, ...]]:
        folding: Folding[chain.Edit, tuple[chain.Edit, ...]] = Folding(lambda state, edit: (*(state or ()), edit))
        for record in self.workers.told(topics.AUDIT.name):
            entry = audit_log.entry(record)
            edit = audit_log.edit(entry)
            assert entry.key == f"{edit.image_id}/{edit.edit_id}"
            assert entry.value == self.workers.ledger.slot_now(edit.image_id, edit.seq)
            folding.take(edit)
        assert folding.broken == {}
        return folding

    def gaps(self) -> set[str]:
        return set(self.folding().gaps())

    def known(self) -> dict[str, tuple[chain.Edit, ...]]:
        """The chains as far as the log tells of them."""
        folded = {image: edits for image, _, _, edits in self.folding().states()}
        return {image: folded.get(image, ()) for image in IMAGES}

    def tell(self, event: Event, fate: Any) -> None:
        self.events.append(event)
        if fate != "later":
            self.deliver(event, fate)

    def deliver(self, event: Event, crash: Any = None, stall: Any = None, others: list[Event] | None = None) -> None:
        """An event to a worker that may die, or stand still while others of its kind do other events."""
        done: list[Event] = []

        def meanwhile() -> None:
            for other in others or []:
                self.workers.deliver(other)
                done.append(other)

        troubles: list[Trouble] = [Stall(stall[0], meanwhile, acts=stall[1])] if stall else []
        if crash:
            troubles.append(Trouble(crash[0], Death, acts=crash[1]))
        try:
            self.workers.deliver(event, *troubles)
            died = False
        except Death:
            died = True
        self.owed = [one for one in self.owed if one not in done and (died or one != event)]
        self.owed += [event] if died and event not in self.owed else []
        orders = [[*done[:place], event, *done[place:]] for place in range(len(done) + 1)]
        self.follow(orders + ([done] if died else []))

    def follow(self, orders: list[list[Event]]) -> None:
        """The model takes the events in each of these orders; those that explain what is seen now stay."""
        ends: list[Log] = []
        for log in self.logs:
            for order in orders:
                end = dict(log)
                for event in order:
                    end[event.image] = log_model.tell(end[event.image], event)
                if end not in ends:
                    ends.append(end)
        self.hear()
        seen = {image: self.workers.steps(image) for image in IMAGES}
        self.logs = [end for end in ends if self.explains(end, seen)]
        assert self.logs, (
            f"no order explains {seen} and {[answer for _, answer in self.answers.values()]}; best: {ends}"
        )

    def hear(self) -> None:
        """Outcomes: one event, one value."""
        outcomes = self.workers.told(topics.OUTCOME.name)
        for record in outcomes[self.outcomes_seen :]:
            told = msgspec.json.decode(record.value or b"", type=events.ImageOutcome)
            answer = (told.status, told.reason, told.seq)
            first, _ = self.answers.setdefault(told.event_id, (record.value or b"", answer))
            assert record.value == first, f"two answers to {told.event_id}: {first!r} and {record.value!r}"
            step = self.workers.steps(told.image_id)[told.seq - 1] if told.seq else None
            assert self.workers.bytes_of(told.shown) == (step.shown if step else None)
        self.outcomes_seen = len(outcomes)

    def explains(self, log: Log, seen: dict[str, tuple[Step, ...]]) -> bool:
        given = {name: answer for picture in log.values() for name, answer in picture.answers.items()}
        return all(log[image].chain == steps for image, steps in seen.items()) and all(
            given.get(name) == answer for name, (_, answer) in self.answers.items()
        )

    # --- what must hold after each step

    @invariant()
    def the_log_folds_to_the_chains(self) -> None:
        owed = {event.image for event in self.owed}
        folded = self.known()
        assert self.gaps() <= owed
        for image in IMAGES:
            edits = self.workers.edits(image)
            assert folded[image] == (edits[: len(folded[image])] if image in owed else edits)

    @invariant()
    def heads_are_those_of_the_chains(self) -> None:
        heads = self.workers.shelf.compacted(topics.HEAD.name)
        owed = {event.image for event in self.owed}
        for image in set(IMAGES) - owed:
            edits = self.workers.edits(image)
            assert (image in heads) == bool(edits)
            if edits:
                head = msgspec.json.decode(heads[image], type=events.ImageHead)
                assert (head.seq, head.edit_id, head.shown) == (len(edits), edits[-1].edit_id, edits[-1].shown)
                assert self.workers.bytes_of(head.shown) == self.logs[0][image].chain[-1].shown

    @invariant()
    def slots_name_the_slot_before_by_its_bytes(self) -> None:
        for image in IMAGES:
            before = None
            for edit in self.workers.edits(image):
                assert edit.parent_sha256 == before
                slot = self.workers.store.get(BUCKETS.edits, slot_key(image, edit.seq))
                before = hashlib.sha256(slot.data).hexdigest()

    @invariant()
    def nothing_of_ours_is_written_twice_or_changed(self) -> None:
        for bucket in (BUCKETS.originals, BUCKETS.edits):
            listed = [one.key for one in self.workers.store.list(bucket, versions=True)]
            assert len(listed) == len(set(listed))
            for key in listed:
                if "sha256/" in key:
                    assert hashlib.sha256(self.workers.store.get(bucket, key).data).hexdigest() == key[-64:]

    def teardown(self) -> None:
        """What a worker that died still owes comes again in the end."""
        for event in list(self.owed):
            self.deliver(event)
        self.the_log_folds_to_the_chains()
        self.heads_are_those_of_the_chains()


def test_the_code_does_what_the_model_says(pytestconfig: pytest.Config) -> None:
    run_state_machine_as_test(
        SideBySide,
        settings=settings(
            max_examples=pytestconfig.getoption("runs"),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_the_model_can_be_read_at_one_sitting() -> None:
    assert len(Path(log_model.__file__).read_text().splitlines()) <= 100
