"""A label's word on an outcome: what counts as a false edit, a missed overlay, print that was touched."""

import pytest

from processors import judging
from processors.judging import TrueLine
from processors.regions import Polygon, Region, Verdict

SIZE = (400, 300)


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def region(polygon: Polygon, verdict: Verdict = "remove") -> Region:
    return Region(polygon, "SALE", 0.9, verdict, 0.01, "promotion", "it says so")


def printed(polygon: Polygon) -> TrueLine:
    return TrueLine(polygon=polygon, label="printed")


STAMP, BRAND = box(10, 250, 110, 270), box(150, 100, 250, 140)


@pytest.mark.parametrize(
    ("label", "outcome", "false_edit", "missed"),
    [
        ("none", "cleaned", True, None),
        ("printed", "cleaned", True, None),
        ("printed", "kept", False, None),
        ("printed", "review", False, None),
        ("overlay", "cleaned", False, False),
        ("overlay", "kept", False, True),
        ("overlay", "review", False, False),
        ("mixed", "cleaned", None, False),
        ("mixed", "kept", False, True),
        ("broken", "refused", False, None),
        ("broken", "cleaned", None, None),
    ],
)
def test_a_label_alone_judges_as_far_as_it_can(
    label: str, outcome: str, false_edit: bool | None, missed: bool | None
) -> None:
    found = judging.judge(label, outcome, [region(STAMP)], None, SIZE)
    assert (found.false_edit, found.missed_overlay, found.printed_touched) == (false_edit, missed, None)


@pytest.mark.parametrize("label", ["mixed", "overlay"])
def test_a_removed_region_over_a_printed_line_is_a_false_edit(label: str) -> None:
    lines = [TrueLine(polygon=STAMP, label="overlay"), printed(BRAND)]
    right = judging.judge(label, "cleaned", [region(STAMP), region(BRAND, "keep")], lines, SIZE)
    wrong = judging.judge(label, "cleaned", [region(STAMP), region(BRAND)], lines, SIZE)
    assert (right.false_edit, right.printed_touched) == (False, 0)
    assert (wrong.false_edit, wrong.printed_touched) == (True, 1)


def test_neighbours_whose_boxes_overlap_a_little_are_not_touched() -> None:
    beside = box(150, 138, 250, 170)
    assert judging.judge("mixed", "cleaned", [region(beside)], [printed(BRAND)], SIZE).printed_touched == 0


def test_a_banner_that_swallows_a_small_printed_line_touches_it() -> None:
    banner = box(0, 50, 400, 300)
    assert judging.judge("mixed", "cleaned", [region(banner)], [printed(BRAND)], SIZE).printed_touched == 1


def test_a_region_beside_the_picture_touches_nothing() -> None:
    outside = box(500, 400, 600, 450)
    assert judging.judge("mixed", "cleaned", [region(outside)], [printed(BRAND)], SIZE).false_edit is False


def test_large_pictures_are_judged_like_small_ones() -> None:
    large = tuple((x * 20, y * 20) for x, y in BRAND)
    assert judging.judge("mixed", "cleaned", [region(large)], [printed(large)], (8000, 6000)).printed_touched == 1
