"""Labels that follow from a person's answer, and answers from which none does."""

import numpy as np
import pytest

from processors import labelling
from processors.labelling import Labels, Unsaid
from processors.pictures import Mask
from processors.regions import Polygon, Region, Verdict

SHAPE = (60, 200)


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def region(verdict: Verdict, at: Polygon, rule: str = "camera_stamp") -> Region:
    return Region(at, "SALE", 0.9, verdict, 0.01, rule, "because")


def mask(*boxes: tuple[int, int, int, int]) -> Mask:
    drawn = np.zeros(SHAPE, dtype=np.bool_)
    for left, top, right, bottom in boxes:
        drawn[top:bottom, left:right] = True
    return drawn


STAMP, SECOND = region("remove", box(10, 10, 90, 30)), region("ask", box(10, 35, 90, 55), "date_stamp")
PRINT, THING = region("keep", box(110, 10, 190, 30), "printed"), region("keep", box(0, 0, 199, 59), "scene")
#: the letters of a line, not its box
LETTERS = mask((20, 15, 30, 25), (50, 15, 60, 25))


def said(labels: Labels | Unsaid) -> tuple[str, list[str]]:
    assert isinstance(labels, Labels), labels
    return labels.label, [line.label for line in labels.lines]


def test_what_an_accepted_edit_took_away_is_overlay() -> None:
    assert said(labelling.accepted([STAMP], LETTERS)) == ("overlay", ["overlay"])


def test_text_that_an_accepted_edit_left_standing_is_printed() -> None:
    assert said(labelling.accepted([STAMP, PRINT], LETTERS)) == ("mixed", ["overlay", "printed"])


def test_a_line_that_an_accepted_edit_did_not_reach_says_nothing() -> None:
    assert said(labelling.accepted([STAMP, SECOND], LETTERS)) == ("overlay", ["overlay"])


def test_a_thing_that_was_taken_for_text_is_no_line() -> None:
    assert said(labelling.accepted([STAMP, THING], LETTERS)) == ("overlay", ["overlay"])
    assert said(labelling.rejected([STAMP, THING], "camera_stamp", proposed=True)) == ("printed", ["printed"])


def test_an_accepted_edit_that_reached_no_line_says_nothing() -> None:
    assert labelling.accepted([PRINT], LETTERS) == Unsaid("no text")


def test_all_text_of_a_rejected_edit_is_printed() -> None:
    assert said(labelling.rejected([STAMP, SECOND, PRINT], "date_stamp", proposed=True)) == ("printed", ["printed"] * 3)


def test_a_task_to_which_no_was_the_only_answer_says_nothing() -> None:
    assert labelling.rejected([STAMP], "arithmetic_coding", proposed=False) == Unsaid("nothing was proposed")


@pytest.mark.parametrize("reason", ["quality_seam", "quality_colour_shift", "strokes_unclear"])
def test_a_rejected_fill_says_nothing_about_the_text(reason: str) -> None:
    answer = labelling.rejected([STAMP], reason, proposed=True)
    assert answer == Unsaid("the fill was in doubt, not the text")


def test_lines_under_a_persons_mask_are_overlay_and_the_others_printed() -> None:
    drawn = mask((8, 8, 92, 32))
    assert said(labelling.masked([STAMP, SECOND, PRINT], drawn, None)) == ("mixed", ["overlay", "printed", "printed"])
    assert said(labelling.masked([STAMP], drawn, None)) == ("overlay", ["overlay"])


def test_a_mask_along_the_letters_covers_the_line() -> None:
    assert said(labelling.masked([STAMP], LETTERS, LETTERS)) == ("overlay", ["overlay"])
    assert isinstance(labelling.masked([STAMP], mask((20, 10, 40, 30)), None), Unsaid), (
        "without the letters nobody knows"
    )


@pytest.mark.parametrize(("columns", "line"), [(41, "overlay"), (39, None), (10, None), (8, "printed")])
def test_between_half_and_a_tenth_of_a_line_nobody_knows(columns: int, line: str | None) -> None:
    """Of the 81 columns of the line."""
    found = labelling.masked([STAMP], mask((10, 10, 10 + columns, 31)), None)
    if line is None:
        assert found == Unsaid("a line is partly masked")
    else:
        assert said(found) == ("overlay" if line == "overlay" else "mixed", [line])


def test_a_mask_beside_all_lines_marks_an_overlay_that_nobody_had_found() -> None:
    assert said(labelling.masked([STAMP], mask((120, 40, 180, 55)), LETTERS)) == ("mixed", ["printed"])
    assert said(labelling.masked([], mask((120, 40, 180, 55)), None)) == ("overlay", [])


def test_a_line_beyond_the_picture_is_covered_by_nothing() -> None:
    outside = region("remove", box(300, 10, 390, 30))
    assert said(labelling.masked([STAMP, outside], mask((8, 8, 92, 32)), None))[1] == ["overlay", "printed"]


def test_a_line_keeps_its_words_its_rule_and_its_height() -> None:
    labels = labelling.accepted([STAMP], LETTERS)
    assert isinstance(labels, Labels)
    (line,) = labels.lines
    assert (line.text, line.kind, line.height_px, line.polygon) == ("SALE", "camera_stamp", 20.0, STAMP.polygon)


def test_answers_contradict_each_other_by_the_picture_or_by_a_line() -> None:
    accepted = labelling.accepted([STAMP], LETTERS)
    rejected = labelling.rejected([STAMP], "date_stamp", proposed=True)
    one = labelling.masked([STAMP, SECOND], mask((8, 8, 92, 32)), None)
    other = labelling.masked([STAMP, SECOND], mask((8, 34, 92, 57)), None)
    assert all(isinstance(labels, Labels) for labels in (accepted, rejected, one, other))
    assert labelling.contradict(accepted, rejected)  # type: ignore[arg-type]
    assert labelling.contradict(one, other)  # type: ignore[arg-type]
    assert not labelling.contradict(one, one)  # type: ignore[arg-type]
