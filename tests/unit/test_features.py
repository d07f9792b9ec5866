"""What is measured of a line: finite on any picture, the same at any size, and with the sign that its name says."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import features
from processors.features import Seen
from processors.pictures import Pixels
from processors.regions import TextLine

GREEN, WHITE, BLACK = (20, 120, 40), (255, 255, 255), (0, 0, 0)


def line(text: str, x: float, y: float, width: float = 140, height: float = 26, *, score: float = 0.98) -> TextLine:
    return TextLine(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), text, score, 0.8)


def plain(width: int = 400, height: int = 400) -> Pixels:
    return np.full((height, width, 3), 245, dtype=np.uint8)


def noise(width: int = 400, height: int = 400) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def with_pack(picture: Pixels) -> Pixels:
    """Put a smooth green box, the product, into the middle."""
    result = picture.copy()
    cv2.rectangle(result, (100, 100), (300, 300), GREEN, -1)
    return result


def written(picture: Pixels, *words: tuple[str, int, int, tuple[int, int, int]]) -> tuple[tuple[TextLine, ...], Pixels]:
    """Words drawn at their left top, with the lines that a reader would give."""
    result, lines = picture.copy(), []
    for text, x, y, colour in words:
        cv2.putText(result, text, (x + 2, y + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.7, colour, 2, cv2.LINE_AA)
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)
        lines.append(line(text, x, y, width + 4))
    return tuple(lines), result


def poster() -> tuple[tuple[TextLine, ...], Pixels]:
    """A promotion above a pack with its name, and a stamp in the corner."""
    return written(
        with_pack(plain()),
        ("SALE 50%", 118, 30, (200, 0, 0)),
        ("GREEN TEA", 128, 180, WHITE),
        ("REDMI NOTE 8", 3, 372, (90, 90, 90)),
    )


def one(seen: Seen, name: str, row: int = 0) -> float:
    return float(seen.column(name)[row])


# ------------------------------------------------------------------------------------------------------ the table


def test_each_name_is_one_column_and_in_one_group() -> None:
    assert len(set(features.NAMES)) == len(features.NAMES)
    assert tuple(name for names in features.GROUPS.values() for name in names) == features.NAMES
    lines, rgb = poster()
    assert features.see(lines, rgb).table.shape == (3, len(features.NAMES))


def test_the_table_is_that_of_the_version_on_which_models_are_trained() -> None:
    # Raise features.VERSION and train the risk model anew if this fails.
    assert (features.VERSION, len(features.NAMES)) == (1, 85)


def test_the_size_and_the_shape_of_the_picture_are_no_features() -> None:
    # They say who made a picture. `aspect` and `area` are the line's; the scale test shows that no column knows more.
    forbidden = ("width", "pixel", "picture", "format", "quality", "orientation")
    assert [name for name in features.NAMES if any(word in name for word in forbidden)] == []


def test_without_lines_there_is_an_empty_table() -> None:
    seen = features.see((), noise())
    assert seen.table.shape == (0, len(features.NAMES))
    assert (seen.lines, seen.boxes, seen.found) == ((), (), ())


def test_the_same_picture_gives_the_same_table() -> None:
    lines, rgb = poster()
    assert np.array_equal(features.see(lines, rgb).table, features.see(lines, rgb.copy()).table)


def test_the_picture_itself_is_not_touched() -> None:
    lines, rgb = poster()
    before = rgb.copy()
    features.see(lines, rgb)
    assert np.array_equal(rgb, before)


# ---------------------------------------------------------------------------------------------------- odd pictures


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (3, 700), (641, 2)])
def test_every_feature_is_finite_on_the_smallest_pictures(size: tuple[int, int]) -> None:
    for picture in (plain(*size), noise(*size)):
        seen = features.see((line("SALE", 0, 0, *size), line("x", 0, 0, 1, 1)), picture)
        assert np.isfinite(seen.table).all()


@pytest.mark.parametrize(
    "polygon",
    [
        ((-50, -50), (-10, -50), (-10, -30), (-50, -30)),
        ((500, 500), (700, 500), (700, 520), (500, 520)),
        ((-20, 390), (500, 390), (500, 430), (-20, 430)),
        ((100, 100), (100, 100), (100, 100), (100, 100)),
        ((100, 100), (120, 100), (120, 300), (100, 300)),
        ((100, 300), (100, 100), (120, 100), (120, 300)),
        ((200, 100), (300, 200), (290, 210), (190, 110)),
        ((0, 0), (400, 0), (400, 400), (0, 400)),
        ((300, 200), (100, 200), (100, 180), (300, 180)),
    ],
    ids=["left", "right", "across", "point", "upright", "turned", "slanted", "whole", "upside-down"],
)
def test_every_feature_is_finite_wherever_a_line_lies(polygon: tuple[tuple[float, float], ...]) -> None:
    for picture in (with_pack(plain()), noise()):
        table = features.see((TextLine(polygon, "SALE 50%", 0.9, 0.8), line("GREEN TEA", 130, 150)), picture).table
        assert np.isfinite(table).all()


@given(
    st.lists(
        st.tuples(*[st.floats(-300, 700)] * 2, *[st.floats(0.1, 500)] * 2, st.floats(-180, 180)),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 3),
)
def test_every_feature_is_finite_for_any_boxes(
    boxes: list[tuple[float, float, float, float, float]], ground: int
) -> None:
    picture = (plain(), noise(), with_pack(plain()), np.zeros((90, 130, 3), np.uint8))[ground]
    lines = tuple(
        TextLine(tuple(map(tuple, cv2.boxPoints(((x, y), (width, height), angle)).tolist())), "50% OFF", 0.9, 0.7)
        for x, y, width, height, angle in boxes
    )
    assert np.isfinite(features.see(lines, picture).table).all()


@pytest.mark.parametrize("text", ["", " ", "5", "—", "的", "ماء", "a" * 1000, "\u0301", "😀"])
def test_every_feature_is_finite_for_any_words(text: str) -> None:
    for score in (0.0, 1.0):
        assert np.isfinite(features.see((line(text, 130, 150, score=score),), plain()).table).all()


# -------------------------------------------------------------------------------------------------------- the size


@pytest.mark.parametrize("scale", [2, 3, 8])
def test_a_picture_at_any_whole_scale_gives_the_same_measures(scale: int) -> None:
    lines, rgb = poster()
    large = tuple(replace(x, polygon=tuple((a * scale, b * scale) for a, b in x.polygon)) for x in lines)
    small = features.see(lines, rgb)
    big = features.see(large, np.kron(rgb, np.ones((scale, scale, 1), dtype=np.uint8)))
    for name in (*features.PLACE, *features.WORDS):
        assert np.allclose(small.column(name), big.column(name), atol=1e-5), name
    for name in features.GROUND:
        # Surfaces are found on a thinned copy: off by a pixel of it at their rims.
        assert np.allclose(small.column(name), big.column(name), atol=0.01), name
    # Letters made of large squares have other rims than letters; how steep and even they are is not compared.
    for name in ("contrast", "stroke_colour", "stroke_luma", "stroke_extreme", "hue_gap"):
        assert np.allclose(small.column(name), big.column(name), atol=15), name
    assert np.allclose(small.column("stroke_share"), big.column("stroke_share"), atol=0.03)


# -------------------------------------------------------------------------------------------------------- the place


def test_a_line_beside_the_product_lies_outside_it_and_one_on_it_inside() -> None:
    lines, rgb = poster()
    seen = features.see(lines, rgb)
    assert one(seen, "outside_product", 0) > 0 > one(seen, "outside_product", 1)
    assert one(seen, "ring_product", 0) == 0
    assert one(seen, "ring_product", 1) > 0.9
    assert 0.2 < one(seen, "product_area") < 0.3


def test_a_line_on_the_background_knows_it_by_its_ring() -> None:
    lines, rgb = poster()
    seen = features.see(lines, rgb)
    assert [one(seen, "ring_background", row) for row in range(3)] == [1.0, 0.0, 1.0]
    assert [one(seen, "sides", row) for row in range(3)] == [4, 0, 4], "the pack touches no side of the picture"


def test_on_noise_nothing_is_plain() -> None:
    seen = features.see((line("GREEN TEA", 130, 150),), noise())
    assert one(seen, "plain") < 0.1
    assert one(seen, "ring_background") == 0
    assert one(seen, "ring_spread") > 20


def test_height_is_that_of_the_letters_by_the_shorter_side() -> None:
    seen = features.see((line("GREEN TEA", 130, 150, 140, 40),), plain(800, 400))
    assert np.exp(one(seen, "height")) == pytest.approx(0.1)


def test_corner_and_side_are_distances_in_shares() -> None:
    lines = (line("AB", 8, 370, 40, 20), line("AB", 180, 370, 40, 20), line("AB", 180, 190, 40, 20))
    seen = features.see(lines, plain())
    assert [round(one(seen, "side", row), 3) for row in range(3)] == [0.02, 0.025, 0.45]
    assert [round(one(seen, "corner", row), 3) for row in range(3)] == [0.025, 0.45, 0.475]


def test_skew_is_that_to_the_nearest_axis() -> None:
    lines = [
        TextLine(tuple(map(tuple, cv2.boxPoints(((200, 200), (150, 20), angle)).tolist())), "GREEN TEA", 0.9, 0.8)
        for angle in (0, 10, -10, 45, 90, 100)
    ]
    skews = [one(features.see((each,), plain()), "skew_deg") for each in lines]
    assert skews == pytest.approx([0, 10, 10, 45, 0, 10], abs=0.05)


def test_letters_on_their_side_are_upright_lines() -> None:
    seen = features.see((line("GREEN", 100, 100, 20, 150), line("GREEN", 200, 100, 150, 20)), plain())
    assert [one(seen, "upright", row) for row in range(2)] == [1, 0]
    assert one(seen, "height", 0) == one(seen, "height", 1)


def test_lines_of_a_paragraph_are_aligned() -> None:
    lines = (line("first words", 100, 100), line("second words", 100, 130), line("far away", 300, 330, 60))
    assert [one(features.see(lines, plain()), "aligned", row) for row in range(3)] == [1, 1, 0]


def test_what_was_hardly_read_does_not_count_among_the_lines() -> None:
    seen = features.see((line("GREEN TEA", 130, 150), line("reeel", 130, 200, score=0.3)), plain())
    assert one(seen, "lines", 0) == pytest.approx(np.log(2))


# ---------------------------------------------------------------------------------------------------------- the look


def test_letters_are_told_from_what_is_behind_them() -> None:
    lines, rgb = written(with_pack(plain()), ("SALE", 118, 30, (200, 0, 0)), ("TEA", 128, 180, WHITE))
    seen = features.see(lines, rgb)
    assert one(seen, "contrast", 0) == pytest.approx(245, abs=15)
    assert one(seen, "stroke_colour", 0) == pytest.approx(200, abs=15)
    assert one(seen, "stroke_luma", 1) > 240
    assert one(seen, "stroke_extreme", 1) < 10, "white letters"


def test_letters_that_are_lit_like_the_thing_behind_them_share_its_slope() -> None:
    """Print on a round can gets darker with it; what was laid over afterwards does not."""
    light = np.linspace(0.4, 1.0, 400)[np.newaxis, :, np.newaxis]
    _, letters = written(np.zeros((400, 400, 3), np.uint8), ("MMMMMMMM", 100, 190, WHITE))
    ink = letters[..., :1] / 255
    lit = np.asarray((ink * 80 + (1 - ink) * 250) * light * np.ones(3), dtype=np.uint8)
    laid = np.asarray(ink * 30 * np.ones(3) + (1 - ink) * 250 * light * np.ones(3), dtype=np.uint8)
    label = (line("MMMMMMMM", 100, 190, 170),)
    assert one(features.see(label, lit), "shared_slope") > 2 * abs(one(features.see(label, laid), "shared_slope"))


def test_blurred_letters_are_less_sharp() -> None:
    lines, rgb = written(plain(), ("GREEN TEA", 130, 150, BLACK))
    blurred = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 2.5), dtype=np.uint8)
    assert one(features.see(lines, blurred), "sharp") < one(features.see(lines, rgb), "sharp")


def test_a_line_outside_the_picture_has_no_looks() -> None:
    seen = features.see((line("GREEN TEA", 900, 900),), noise())
    assert not any(one(seen, name) for name in features.LOOK)


# --------------------------------------------------------------------------------------------------------- the words


def test_a_strong_word_says_more_than_a_weak_one() -> None:
    lines = (line("BLACK FRIDAY", 100, 50), line("BEST DEALS", 100, 100), line("Rock star", 100, 150))
    assert [one(features.see(lines, plain()), "says_promo", row) for row in range(3)] == [2, 1, 0]


def test_what_others_say_is_their_share_without_the_line_itself() -> None:
    lines = (line("REDMI NOTE 8", 100, 50), line("GALAXY A50", 100, 100), line("Rock star", 100, 150))
    others = [one(features.see(lines, plain()), "others_camera_stamp", row) for row in range(3)]
    assert others == pytest.approx([1 / 3, 1 / 3, 2 / 3])


def test_words_that_were_not_read_well_say_nothing() -> None:
    seen = features.see((line("BLACK FRIDAY", 100, 50, score=0.4),), plain())
    assert seen.found == ((),)
    assert one(seen, "says_promo") == 0


def test_letters_digits_and_capitals_are_counted() -> None:
    seen = features.see((line("AB 12 cd", 100, 50), line("绿茶", 100, 100)), plain())
    assert (one(seen, "digits"), one(seen, "capitals"), one(seen, "words")) == (0.25, 0.5, 3)
    assert [one(seen, "ideographs", row) for row in range(2)] == [0, 1]


def test_the_gap_between_lines_is_in_heights_of_the_higher_one() -> None:
    boxes = features.see((line("AB", 100, 100, 40, 20), line("CD", 160, 100, 40, 10)), plain()).boxes
    assert features.gap(*boxes) == features.gap(*reversed(boxes)) == pytest.approx(1.0)
    assert features.gap(boxes[0], boxes[0]) == 0
