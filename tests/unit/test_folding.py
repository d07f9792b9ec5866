"""The fold of a log in one pass."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from processors.folding import Folding


@dataclass(frozen=True)
class Link:
    image_id: str
    seq: int
    edit_id: str
    parent: str | None


def _chain(image_id: str, length: int) -> list[Link]:
    return [
        Link(image_id, seq, f"{image_id}-{seq}", f"{image_id}-{seq - 1}" if seq > 1 else None)
        for seq in range(1, length + 1)
    ]


def _folded(records: list[Link]) -> Folding[Link, tuple[int, ...]]:
    folding: Folding[Link, tuple[int, ...]] = Folding(lambda state, edit: (*(state or ()), edit.seq))
    for record in records:
        folding.take(record)
    return folding


@given(st.data())
def test_any_order_with_duplicates_folds_to_the_same(data: st.DataObject) -> None:
    records = [link for number in range(3) for link in _chain(f"i{number}", data.draw(st.integers(1, 5)))]
    copies = data.draw(st.lists(st.sampled_from(records), max_size=6))
    told = data.draw(st.permutations(records + copies))

    folding = _folded(told)

    assert sorted(folding.states()) == sorted(_folded(records).states())
    assert (folding.gaps(), folding.broken) == ({}, {})


def test_a_hole_is_named_and_the_state_is_that_before_it() -> None:
    one, two, _, four = _chain("i", 4)

    folding = _folded([four, one, two])

    assert list(folding.states()) == [("i", 2, "i-2", (1, 2))]
    assert folding.gaps() == {"i": 3}


def test_a_picture_of_which_only_later_records_are_left_has_its_hole_at_the_beginning() -> None:
    assert _folded(_chain("i", 3)[1:]).gaps() == {"i": 1}


def test_two_edits_in_a_slot_and_a_wrong_parent_are_told_and_spoil_no_other_picture() -> None:
    one, two = _chain("i", 2)
    other = _chain("k", 2)

    assert _folded([one, two, replace(two, edit_id="else"), *other]).broken == {"i": "two edits in slot 2"}
    assert _folded([one, replace(two, parent="else"), *other]).broken == {"i": "slot 2 does not follow slot 1"}


def test_what_is_held_does_not_grow_with_the_edits() -> None:
    folding: Folding[Link, int] = Folding(lambda state, edit: (state or 0) + 1)
    for link in _chain("i", 10_000):
        folding.take(link)

    assert list(folding.states()) == [("i", 10_000, "i-10000", 10_000)]
    assert folding.gaps() == {}


def test_a_picture_that_was_erased_is_forgotten_and_may_begin_anew() -> None:
    folding = _folded(_chain("i", 3))

    folding.forget("i")
    assert list(folding.states()) == []
    folding.take(_chain("i", 1)[0])

    assert list(folding.states()) == [("i", 1, "i-1", (1,))]
