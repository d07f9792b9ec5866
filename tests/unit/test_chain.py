"""A chain is its slots in order, in whatever order and however often its edits arrive."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import chain
from processors.chain import Edit

BLOBS = {name: chain.Blob("edits", name, name * 64, 1) for name in ("a", "b")}


def edit(seq: int, **changed: object) -> Edit:
    made = Edit(
        image_id="dress",
        seq=seq,
        edit_id=f"edit-{seq}",
        parent=f"edit-{seq - 1}" if seq > 1 else None,
        parent_sha256=None,
        kind="kept",
        cause=chain.Cause(f"event-{seq}", "shop", "catalog.image.created.v1", None),
    )
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]


def chain_of(length: int) -> tuple[Edit, ...]:
    return tuple(edit(seq) for seq in range(1, length + 1))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[tuple[Edit, ...], list[Edit]]:
    """A chain, and its edits as they may arrive: each at least once, in any order."""
    edits = chain_of(draw(st.integers(0, 8)))
    again = draw(st.lists(st.sampled_from(edits), max_size=8)) if edits else []
    return edits, draw(st.permutations([*edits, *again]))


@given(deliveries())
def test_order_and_duplicates_do_not_matter(given: tuple[tuple[Edit, ...], list[Edit]]) -> None:
    edits, arrived = given
    assert chain.fold(arrived) == edits


@given(deliveries(), st.data())
def test_a_lost_edit_is_never_passed_over(given: tuple[tuple[Edit, ...], list[Edit]], data: st.DataObject) -> None:
    edits, arrived = given
    if len(edits) < 2:
        return
    lost = data.draw(st.sampled_from(edits[:-1]))
    with pytest.raises(chain.BrokenChainError, match=f"slot {lost.seq} is missing"):
        chain.fold(one for one in arrived if one != lost)


def test_two_edits_in_one_slot_break_the_chain() -> None:
    with pytest.raises(chain.BrokenChainError, match="two edits in slot 2"):
        chain.fold([*chain_of(3), edit(2, edit_id="another")])


@pytest.mark.parametrize("parent", [None, "edit-3", "another"])
def test_an_edit_must_name_the_one_before(parent: str | None) -> None:
    with pytest.raises(chain.BrokenChainError, match="slot 2 does not follow slot 1"):
        chain.fold([edit(1), edit(2, parent=parent)])


def test_the_first_edit_has_no_parent() -> None:
    with pytest.raises(chain.BrokenChainError):
        chain.fold([edit(1, parent="edit-0")])


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("kept", "a"), ("cleaned", "b"), ("proposed", "a"), ("approved", "b"), ("rejected", "a")],
)
def test_a_shop_shows_a_result_only_where_it_is_live(kind: chain.Kind, shown: str) -> None:
    assert edit(1, kind=kind, original=BLOBS["a"], result=BLOBS["b"]).shown == BLOBS[shown]


def test_a_deleted_picture_shows_nothing() -> None:
    assert edit(1, kind="deleted").shown is None


causes = st.lists(st.none() | st.text(), max_size=4)


@given(causes, causes)
def test_the_same_cause_has_the_same_name_and_another_one_another(one: list[str | None], two: list[str | None]) -> None:
    assert (chain.name_of(*one) == chain.name_of(*two)) == (one == two)


def test_names_stay_what_they_are() -> None:
    # They stand in stores and topics: another way of making them would make every event new.
    assert chain.name_of("arrival", "dress", None, "Größe") == "b4f06f1d9be50010efdf1ca559575fa0"
