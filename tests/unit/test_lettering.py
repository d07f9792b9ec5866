"""A line is shown to the stroke network as it learned lines, and its answer is brought back to the picture."""

import numpy as np
import pytest

from processors import lettering
from processors.pictures import Pixels
from processors.regions import Polygon


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def picture(height: int = 300, width: int = 600) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_small_line_is_shown_as_it_is_with_its_surroundings() -> None:
    rgb = picture()
    shown = lettering.view(rgb, box(100, 100, 300, 130))
    assert (shown.window, shown.scale) == ((60, 60, 340, 170), 1.0)
    assert (shown.crop == rgb[60:170, 60:340]).all()
    assert shown.box[40:70, 40:240].all()
    assert shown.box.sum() == 31 * 201


def test_a_tall_line_is_shown_smaller() -> None:
    shown = lettering.view(picture(600, 900), box(200, 200, 700, 328))
    assert shown.scale == 0.5
    assert shown.crop.shape[:2] == shown.box.shape == ((128 + 2 * 80) // 2, (500 + 2 * 80) // 2)


def test_each_zoom_doubles_the_distance() -> None:
    near, far = (lettering.view(picture(1000, 1000), box(400, 400, 600, 464), zoom) for zoom in (0, 1))
    assert (near.scale, far.scale) == (1.0, 0.5)
    assert [400 - view.window[0] for view in (near, far)] == [40, 80]


def test_only_what_meets_the_line_is_taken() -> None:
    shown = lettering.view(picture(), box(100, 100, 300, 130))
    answer = np.zeros(shown.box.shape, np.uint8)
    answer[30:60, 50:60] = 255  # an accent that stands out of the box, in one piece with its letter
    answer[5:10, 50:60] = 255  # another line
    found = lettering.letters(answer, shown)
    assert found.plane[30:60, 50:60].all()
    assert found.plane.sum() == 300
    assert (found.cut_off, found.likely) == (False, 1.0)


def test_a_vague_answer_is_likely_to_miss_the_strokes() -> None:
    shown = lettering.view(picture(), box(100, 100, 300, 130))
    crisp, vague = (np.where(shown.box > 0, levels, 0).astype(np.uint8) for levels in (250, 120))
    assert lettering.letters(crisp, shown).likely > 0.95
    assert lettering.letters(vague, shown).likely < 0.5


def test_an_answer_is_scaled_back_to_the_picture() -> None:
    shown = lettering.view(picture(600, 900), box(200, 200, 700, 328))
    answer = np.zeros(shown.box.shape, np.uint8)
    answer[60:80, 100:140] = 255
    plane = lettering.letters(answer, shown).plane
    assert plane.shape == shown.inside.shape
    assert plane[120:160, 200:280].all()
    assert plane.sum() == pytest.approx(40 * 80, rel=0.05)


@pytest.mark.parametrize(("line", "cut_off"), [(box(200, 100, 400, 130), True), (box(0, 0, 590, 290), False)])
def test_an_overlay_is_cut_off_where_the_picture_goes_on(line: Polygon, cut_off: bool) -> None:
    shown = lettering.view(picture(), line)
    assert lettering.letters(np.full(shown.box.shape, 255, np.uint8), shown).cut_off is cut_off


def test_a_line_beside_the_picture_shows_nothing() -> None:
    shown = lettering.view(picture(), box(700, 400, 800, 430))
    assert not shown.box.any()
    assert lettering.nothing(shown).plane.shape == shown.inside.shape


def test_an_answer_of_another_size_is_refused() -> None:
    shown = lettering.view(picture(), box(100, 100, 300, 130))
    with pytest.raises(ValueError, match="for a crop of"):
        lettering.letters(np.zeros((3, 3), np.uint8), shown)
