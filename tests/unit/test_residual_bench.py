"""Text left behind by an edit: what counts as left, and what as legible."""

import numpy as np
import pytest

from benchmarks import residual
from processors.regions import TextLine

PLACE = ((10.0, 10.0), (50.0, 10.0), (50.0, 30.0), (10.0, 30.0))


def line(text: str, score: float) -> TextLine:
    return TextLine(PLACE, text, score, 0.9)


def test_a_line_is_left_behind_where_its_place_was_masked() -> None:
    mask = np.zeros((60, 80), dtype=np.bool_)
    assert residual.masked_share(PLACE, mask) == 0
    mask[10:31, 10:31] = True
    assert residual.masked_share(PLACE, mask) == pytest.approx(0.5, abs=0.02)
    mask[:] = True
    assert residual.masked_share(PLACE, mask) == 1


def test_a_place_at_the_picture_s_edge_or_beyond_it_is_cut() -> None:
    mask = np.ones((20, 20), dtype=np.bool_)
    assert residual.masked_share(PLACE, mask) == 1
    beyond = tuple((x + 100, y) for x, y in PLACE)
    assert residual.masked_share(beyond, mask) == 0


def test_specks_and_guesses_are_no_text() -> None:
    lines = [line("SALE", 0.9), line("-", 0.99), line("A", 0.99), line("maybe", 0.4), line("", 0.0)]
    assert list(residual.legible(lines)) == ["SALE"]
