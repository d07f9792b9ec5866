"""Which edits are drawn: the same ones for ever, about as many as asked for, and never fewer when the share grows."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import chain, sampling

EVENTS = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
SHARES = st.floats(0, 1)
IDS = st.text(st.characters(codec="ascii", min_codepoint=45, max_codepoint=122), min_size=1, max_size=128)


def vectors() -> list[tuple[str, str, float]]:
    """Of the table in docs/events.md: image id, edit id, and the place of the edit between 0 and 1."""
    rows = re.findall(r"(?m)^\| `([^`]+)` \| `([0-9a-f]{32})` \| (0\.\d{9}) \|$", EVENTS)
    return [(image, edit, float(place)) for image, edit, place in rows]


def test_there_are_vectors() -> None:
    assert len(vectors()) >= 4


@pytest.mark.parametrize(("image_id", "edit_id", "place"), vectors())
def test_an_edit_is_drawn_where_the_vectors_say(image_id: str, edit_id: str, place: float) -> None:
    assert not sampling.drawn(image_id, edit_id, place - 1e-9)
    assert sampling.drawn(image_id, edit_id, place + 1e-9)


@given(IDS, IDS, SHARES, SHARES)
def test_a_larger_share_keeps_every_member(image_id: str, edit_id: str, one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert sampling.drawn(image_id, edit_id, smaller) <= sampling.drawn(image_id, edit_id, larger)


@given(IDS, IDS)
def test_no_share_is_none_and_the_whole_is_all(image_id: str, edit_id: str) -> None:
    assert not sampling.drawn(image_id, edit_id, 0.0)
    assert sampling.drawn(image_id, edit_id, 1.0)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_about_as_many_are_drawn_as_asked_for(share: float) -> None:
    n = 20_000
    drawn = sum(sampling.drawn(f"shop.{number}", chain.name_of(str(number)), share) for number in range(n))
    assert abs(drawn - n * share) < 4 * (n * share * (1 - share)) ** 0.5
