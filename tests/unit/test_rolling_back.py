"""Rollbacks carried out, on a store in a dict and a log in a list."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors import chain
from processors.undoing import Scope, Target
from streams import events, rollback_plans, rolling_back, topics
from streams.plan_files import PlanFileError
from streams.rollback_plans import Place, Plan
from streams.rolling_back import Batch, End, Journal, Order, Progress, RollingBack, carry_out
from tests import fakes
from tests.chains import BEGAN, Pictures

PLACE = Place(cluster="c", bucket="b", offsets={})
EVERYTHING, BEFORE = Scope(), Target()


@dataclass
class ListWriter:
    """A producer that keeps what it was given; confirms always, or dies once."""

    sent: list[tuple[str, bytes | None, bytes | None]] = field(default_factory=list)
    dies_at: int | None = None

    def send(self, topic: str, *, key: bytes | None, value: bytes | None, headers: Any, partition: int | None) -> None:
        self.sent.append((topic, key, value))

    def flush(self) -> None:
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                raise KeyboardInterrupt

    def told(self, topic: str, shape: Any = None) -> list[Any]:
        values = [value for name, _, value in self.sent if name == topic and value is not None]
        return [msgspec.json.decode(value, type=shape) for value in values] if shape else values


@pytest.fixture
def pictures() -> Pictures:
    return Pictures(fakes.MemoryStore())


def _planned(pictures: Pictures, path: Path, scope: Scope = EVERYTHING, target: Target = BEFORE) -> Plan:
    return rollback_plans.write(pictures.log, scope, target, path, BEGAN, PLACE)


def _applied(
    pictures: Pictures, path: Path, writer: ListWriter | None = None, *, stops: bool = False, **how: Any
) -> Progress:
    plan = Plan(path)
    journal = Journal(path)
    order = Order(plan_id=plan.plan_id, actor="ann", reason="brand gone", started_at=BEGAN.isoformat())
    progress = journal.read() or journal.begin(order)
    writer = writer or ListWriter()
    rolling = RollingBack(pictures.ledger, writer, 12, progress.order, "test")
    given = {"rate": 1e6, "on_conflict": "skip", "stopped": lambda: stops, **how}
    try:
        for _ in carry_out(rolling, plan, journal, progress, **given):
            pass
    finally:
        rolling.close()
    for edit in writer.told(topics.AUDIT.name, chain.Edit):
        pictures.heard(edit)
    return progress


def test_a_rollback_is_an_edit_that_says_who_why_and_what_it_shows(pictures: Pictures, tmp_path: Path) -> None:
    edit = pictures.append("dress", "cleaned")
    plan = _planned(pictures, tmp_path / "plan")
    writer = ListWriter()

    progress = _applied(pictures, tmp_path / "plan", writer)

    assert (progress.done, progress.skipped, progress.ended) == (1, {}, True)
    made = pictures.ledger.read_now("dress").edits[-1]
    assert made.kind == "rolled_back"
    assert made.rollback == chain.Rollback(plan.plan_id, None, "ann", "brand gone")
    assert (made.original, made.source, made.picture) == (edit.original, edit.source, edit.picture)
    assert (made.result, made.patch, made.ruling) == (None, None, None)
    assert writer.told(topics.AUDIT.name) == [pictures.ledger.slot_now("dress", 2)]
    (head,) = writer.told(topics.HEAD.name, events.ImageHead)
    assert (head.seq, head.shown) == (2, edit.original)
    (outcome,) = writer.told(topics.OUTCOME.name, events.ImageOutcome)
    assert (outcome.status, outcome.shown, outcome.why) == ("rolled_back", edit.original, "ann rolled back: brand gone")


def test_the_same_plan_twice_is_once(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("dress", "cleaned")
    _planned(pictures, tmp_path / "plan")
    first = ListWriter()
    _applied(pictures, tmp_path / "plan", first)
    # Even with its journal gone.
    Journal(tmp_path / "plan").path.unlink()
    second = ListWriter()

    progress = _applied(pictures, tmp_path / "plan", second)

    assert progress.done == 1
    assert len(pictures.ledger.read_now("dress").edits) == 2
    assert second.sent == first.sent, "the same records, byte for byte"


def test_a_picture_that_moved_on_since_the_plan_is_skipped_and_named(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("dress", "cleaned")
    pictures.append("shoe", "cleaned")
    _planned(pictures, tmp_path / "plan")
    newer = pictures.append("dress", "cleaned")

    progress = _applied(pictures, tmp_path / "plan")

    assert progress.skipped == {"dress": "head_moved"}
    assert pictures.ledger.read_now("dress").head == newer
    assert pictures.ledger.read_now("shoe").edits[-1].kind == "rolled_back"


def test_a_conflict_stops_the_run_after_its_batch_where_that_is_wanted(pictures: Pictures, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        pictures.append(name, "cleaned")
    _planned(pictures, tmp_path / "plan")
    pictures.append("a", "cleaned")

    stopped = _applied(pictures, tmp_path / "plan", on_conflict="stop", at_a_time=1)
    assert (stopped.rows, stopped.ended) == (1, False)
    rest = _applied(pictures, tmp_path / "plan", on_conflict="skip")

    assert (rest.rows, rest.done, rest.skipped, rest.ended) == (3, 2, {"a": "head_moved"}, True)


def test_a_picture_whose_head_is_not_in_the_store_is_named(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("dress", "cleaned")
    _planned(pictures, tmp_path / "plan")
    empty = Pictures(fakes.MemoryStore(), log=pictures.log)

    assert _applied(empty, tmp_path / "plan").skipped == {"dress": "slot_missing"}


def test_somebody_who_commits_meanwhile_has_the_last_word_on_the_head(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("dress", "cleaned")
    _planned(pictures, tmp_path / "plan")
    writer = ListWriter()

    def newer_upload() -> None:
        if len(pictures.edits["dress"]) == 1:
            pictures.heard(pictures.ledger.read_now("dress").edits[-1])
            pictures.append("dress", "kept")

    writer.flush = newer_upload  # type: ignore[method-assign]
    _applied(pictures, tmp_path / "plan", writer)

    assert [head.kind for head in writer.told(topics.HEAD.name, events.ImageHead)] == ["rolled_back", "kept"]


@pytest.mark.parametrize(
    ("line", "is_so", "was_made"), [(0, b'"edits":2', b'"edits":3'), (1, b'"seq":1', b'"seq":2'), (2, b"shoe", b"shot")]
)
def test_a_plan_that_was_changed_is_refused(
    pictures: Pictures, tmp_path: Path, line: int, is_so: bytes, was_made: bytes
) -> None:
    pictures.append("dress", "cleaned")
    pictures.append("shoe", "cleaned")
    path = tmp_path / "plan"
    _planned(pictures, path)
    lines = path.read_bytes().splitlines(keepends=True)
    assert is_so in lines[line]
    lines[line] = lines[line].replace(is_so, was_made)
    path.write_bytes(b"".join(lines))

    with pytest.raises(PlanFileError, match="not as it was written"):
        Plan(path)


@pytest.mark.parametrize("text", [b"", b"{}\n", b"not a plan\n"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "plan").write_bytes(text)

    with pytest.raises(PlanFileError, match="is no plan"):
        Plan(tmp_path / "plan")


def test_a_plan_counts_what_it_would_do_and_what_it_leaves_alone(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("a", "cleaned")
    pictures.append("b", "cleaned")
    pictures.append("b", "deleted")
    pictures.append("c", "kept")
    pictures.append("d", "cleaned")
    pictures.append("d", "rolled_back", rollback=chain.Rollback("q" * 32, None, "bob", "wrong"))
    pictures.append("e", "cleaned")
    pictures.log = [one for one in pictures.log if (one.image_id, one.edit_id) != ("e", chain.name_of("e", "1"))]

    plan = _planned(pictures, tmp_path / "plan")

    assert plan.header.counts == {"deleted": 1, "roll_back": 1, "unchanged": 1}
    assert (plan.header.edits, plan.header.images) == (6, 4)
    assert plan.header.strata["kind"] == {"cleaned": 1}
    assert [row.image_id for row in plan.rows()] == ["a"]
    assert [(one.image_id, one.why) for one in plan.left()] == [("b", "deleted")]


def test_a_picture_with_a_hole_in_its_records_is_left_alone(pictures: Pictures, tmp_path: Path) -> None:
    pictures.append("a", "cleaned")
    pictures.append("a", "approved", answer=None)
    pictures.append("a", "approved", answer=None)
    del pictures.log[1]

    plan = _planned(pictures, tmp_path / "plan")

    assert plan.header.counts == {"broken_chain": 1}
    (left,) = plan.left()
    assert left.detail == "slot 2 is missing"


def test_a_line_of_the_journal_that_a_crash_cut_off_counts_as_not_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "plan")
    journal.begin(Order(plan_id="p", actor="ann", reason="r", started_at="t"))
    journal.note(Batch(rows=2, done=2, found=0, skipped={}))
    with journal.path.open("ab") as file:
        file.write(b'{"is":"batch","rows":4')

    progress = journal.read()
    assert progress is not None
    assert (progress.rows, progress.ended) == (2, False)
    journal.note(End())

    again = journal.read()
    assert again is not None
    assert again.ended


def test_two_cannot_carry_out_one_plan_at_a_time(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    with (
        Journal(plan).held(),
        pytest.raises(PlanFileError, match="somebody carries out"),
        Journal(plan).held(),
    ):
        pass


KINDS = st.sampled_from(["cleaned", "kept", "proposed", "approved", "deleted"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.lists(KINDS, min_size=1, max_size=5), min_size=1, max_size=6),
    dies_at=st.one_of(st.none(), st.integers(0, 5)),
)
def test_undo_and_undo_of_the_undo_end_where_they_began_however_often_they_die(
    kinds: list[list[chain.Kind]], dies_at: int | None, tmp_path: Path
) -> None:
    pictures = Pictures(fakes.MemoryStore())
    for number, one in enumerate(kinds):
        for before, kind in pairwise(("kept", *one)):
            # Nobody approves what was deleted.
            pictures.append(f"i{number}", "cleaned" if (before, kind) == ("deleted", "approved") else kind, answer=None)
    shown = {image_id: pictures.shown(image_id) for image_id in pictures.edits}
    for path in tmp_path.iterdir():
        path.unlink()
    first = _planned(pictures, tmp_path / "undo")
    _until_done(pictures, tmp_path / "undo", dies_at)
    for image_id, edits in pictures.edits.items():
        original = edits[-1].original
        assert pictures.shown(image_id) == (original.sha256 if original else None)

    _planned(pictures, tmp_path / "redo", Scope(rollback=first.plan_id))
    _until_done(pictures, tmp_path / "redo", dies_at)

    assert {image_id: pictures.shown(image_id) for image_id in pictures.edits} == shown


def _until_done(pictures: Pictures, path: Path, dies_at: int | None) -> None:
    writer = ListWriter(dies_at=dies_at)
    for _ in range(10):
        try:
            if _applied(pictures, path, writer, at_a_time=1 if dies_at is not None else 200).ended:
                break
        except KeyboardInterrupt:
            writer.dies_at = None
    for edits in list(pictures.edits.values()):
        for edit in pictures.ledger.read_now(edits[0].image_id).edits[len(edits) :]:
            pictures.heard(edit)
    assert rolling_back.Journal(path).read()
