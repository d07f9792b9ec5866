"""Text that is found again where it was removed, and text that is found where it may be."""

import numpy as np
import pytest

from processors import residue
from processors.pictures import Mask
from processors.regions import Polygon, TextLine


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def line(polygon: Polygon, text: str = "SALE", score: float = 0.9, box_score: float = 0.9) -> TextLine:
    return TextLine(polygon, text, score, box_score)


@pytest.fixture
def mask() -> Mask:
    plane = np.zeros((100, 200), np.bool_)
    plane[40:60, 20:120] = True
    return plane


def test_nothing_found_leaves_nothing(mask: Mask) -> None:
    assert residue.share(mask, [], []) == 0


def test_a_line_found_again_in_whole_leaves_all_of_it(mask: Mask) -> None:
    assert residue.share(mask, [line(box(15, 35, 125, 65))], []) == 1


def test_the_more_letters_are_left_the_larger_the_share(mask: Mask) -> None:
    shares = [residue.share(mask, [line(box(20, 38, right, 62))], []) for right in (30, 60, 100, 120)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2


def test_print_beside_the_mask_is_no_residue(mask: Mask) -> None:
    assert residue.share(mask, [line(box(130, 40, 190, 60))], []) == 0


def test_a_line_that_was_to_stay_may_reach_into_the_mask(mask: Mask) -> None:
    staying = box(60, 30, 190, 58)
    assert residue.share(mask, [line(staying)], []) > 0.3
    assert residue.share(mask, [line(box(62, 31, 188, 57))], [staying]) == 0


def test_a_doubtful_box_without_letters_is_texture(mask: Mask) -> None:
    assert residue.share(mask, [line(box(20, 40, 120, 60), "", 0.0, 0.55)], []) == 0
    assert residue.share(mask, [line(box(20, 40, 120, 60), "SALE", 0.9, 0.55)], []) > 0.9
    assert residue.share(mask, [line(box(20, 40, 120, 60), "", 0.0, 0.8)], []) > 0.9


def test_an_empty_mask_holds_nothing() -> None:
    assert residue.share(np.zeros((9, 9), np.bool_), [line(box(0, 0, 9, 9))], []) == 0
