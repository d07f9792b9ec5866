"""Tasks and what became of them, out of audit records in any order."""

import dataclasses
import itertools

import pytest

from processors import chain
from streams import answers
from streams.answers import Audited
from tests.answered import Decision, answer, asked, told
from tests.fakes import MemoryStore

STORE = MemoryStore()
SAMPLED, PROPOSED = asked(STORE, "one"), asked(STORE, "two", kind="proposed")


def followed(edit: chain.Edit, kind: chain.Kind) -> chain.Edit:
    return dataclasses.replace(
        edit, seq=2, edit_id=chain.name_of(kind), parent=edit.edit_id, kind=kind, sampled=kind == "cleaned"
    )


@pytest.mark.parametrize("edit", [SAMPLED, PROPOSED], ids=["sampled", "proposed"])
def test_a_task_is_open_until_something_follows_it(edit: chain.Edit) -> None:
    (task,) = answers.fold([told(edit)])
    assert (task.is_open, task.answer, task.overtaken) == (True, None, False)


def test_edits_about_which_nobody_is_asked_are_no_tasks() -> None:
    assert answers.fold([told(dataclasses.replace(SAMPLED, sampled=False))]) == []


@pytest.mark.parametrize("edit", [SAMPLED, PROPOSED], ids=["sampled", "proposed"])
@pytest.mark.parametrize(("decision", "wrong"), [("accept", False), ("reject", True), ("mask", True)])
def test_an_answer_ends_its_task(edit: chain.Edit, decision: Decision, wrong: bool) -> None:
    said = answer(STORE, edit, decision)
    (task,) = answers.fold([told(edit), told(said)])
    assert (task.is_open, task.answer, task.overtaken, task.wrong) == (False, said, False, wrong)


@pytest.mark.parametrize("kind", ["deleted", "kept"])
def test_what_else_follows_a_task_overtakes_it(kind: chain.Kind) -> None:
    (task,) = answers.fold([told(SAMPLED), told(followed(SAMPLED, kind))])
    assert (task.is_open, task.answer, task.overtaken) == (False, None, True)


def test_a_newer_edit_of_the_sample_is_a_task_of_its_own() -> None:
    first, second = answers.fold([told(SAMPLED), told(followed(SAMPLED, "cleaned"), day=1)])
    assert (first.overtaken, second.is_open) == (True, True)


def test_what_comes_after_an_answer_does_not_take_it_back() -> None:
    said = answer(STORE, SAMPLED, "reject")
    gone = dataclasses.replace(followed(said, "deleted"), seq=3)
    (task,) = answers.fold([told(SAMPLED), told(said), told(gone)])
    assert task.answer == said


def test_order_and_duplicates_of_records_change_nothing() -> None:
    records = [told(SAMPLED), told(answer(STORE, SAMPLED, "accept"), day=2), told(PROPOSED, day=1)]
    expected = answers.fold(records)
    for shuffled in itertools.permutations(records):
        later: list[Audited] = [Audited(one.edit, one.at.replace(year=2027)) for one in shuffled]
        assert answers.fold([*shuffled, *later]) == answers.fold([*later, *shuffled]) == expected
