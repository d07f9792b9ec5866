"""Marks: the same words at the same place are the same mark, however the picture was shaken, scaled or turned."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import chain, sightings, views
from processors.regions import Polygon, Region, TextLine
from processors.sightings import HEIGHT_TOLERANCE, TOLERANCE

SIZE = (400, 533)
#: A share of the tolerance that is surely within it, whatever is rounded.
WITHIN = 0.99


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


#: As wide as a date, near the right bottom corner.
STAMP = box(208, 487, 366, 510)


def line(text: str = "SUMMER SALE", place: Polygon = STAMP, score: float = 0.97) -> TextLine:
    return TextLine(place, text, score, 0.9)


def mark(text: str = "SUMMER SALE", place: Polygon = STAMP, size: tuple[int, int] = SIZE) -> str:
    found = sightings.seen(line(text, place), size)
    assert found is not None
    return found.mark.mark_id


def known_again(earlier: TextLine, later: TextLine, earlier_size: tuple[int, int], size: tuple[int, int]) -> bool:
    before, now = sightings.seen(earlier, earlier_size), sightings.seen(later, size)
    return before is not None and now is not None and before.mark.mark_id in now.near


# -------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("06.07.2020 07:12", "7.11.2021 22:05"),
        ("06.07.2020 07:12", "06:072020 07 12"),
        ("2020-07-06", "2021/11/30 9:15 PM"),
        ("Shot on 06 Jul 2020, 7:12 PM", "SHOT 0N 5 MAY 2021 10:01 a.m."),
        ("12 Dec. 2024", "3 Jan 2025"),
        ("#849302", "15507153"),
        ("22:05", "7:12 am"),
        ("REDMI NOTE 8 PRO", "Redmi Note 9 Pro"),
        ("SALE 50% OFF", "SALE 30 % OFF"),
        ("Only $19.99", "only $5"),
        ("CLEARANCE", "c1earance"),
        ("Café  Müller", "CAFE MULLER"),
        ("限时特价 9.9", "限时特价 19.9"),
    ],
)
def test_numbers_look_alikes_case_and_blanks_make_no_difference(one: str, other: str) -> None:
    assert sightings.pattern_of(one) == sightings.pattern_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SUMMER SALE", "WINTER SALE"),
        ("500g", "250g"),
        ("29.95", "14.95"),
        ("#4490", "#7153"),
        ("42", "43"),
        ("may the force", "jul the force"),
        ("S21", "A52"),
        ("新品", "特价"),
    ],
)
def test_other_words_are_another_mark(one: str, other: str) -> None:
    assert sightings.pattern_of(one) != sightings.pattern_of(other)


@pytest.mark.parametrize(("text", "score"), [("SALE", 0.59), ("no", 0.99), ("", 0.99), ("*** — !!", 0.99)])
def test_what_was_hardly_read_is_no_mark(text: str, score: float) -> None:
    assert sightings.seen(line(text, score=score), SIZE) is None


def test_two_ideographs_are_enough() -> None:
    assert sightings.seen(line("特价"), SIZE) is not None


def test_a_long_text_is_kept_short_and_known_by_all_of_it() -> None:
    one, other = sightings.seen(line("x" * 900), SIZE), sightings.seen(line("x" * 901), SIZE)
    assert one is not None and other is not None
    assert len(one.mark.pattern) == len(one.mark.text) == sightings.LONGEST
    assert one.mark.mark_id != other.mark.mark_id


# -------------------------------------------------------------------------------------------------------- place


def test_a_mark_says_from_which_side_it_is_measured() -> None:
    corner, top = sightings.seen(line(), SIZE), sightings.seen(line(place=box(100, 20, 300, 60)), SIZE)
    assert corner is not None and top is not None
    assert (corner.mark.x_from, corner.mark.x, corner.mark.y_from, corner.mark.y) == ("right", 0.085, "bottom", 0.0575)
    assert (top.mark.x_from, top.mark.x, top.mark.y_from, top.mark.y) == ("centre", 0, "top", 0.05)
    assert (corner.mark.height, top.mark.height) == (0.0575, 0.1)


def test_a_stamp_keeps_its_place_on_pictures_of_other_sizes_and_shapes() -> None:
    upright, wide = line(place=box(190, 560, 380, 580)), line(place=box(1180, 720, 1560, 760))
    assert known_again(upright, wide, (400, 600), (1600, 800))


def test_a_stamp_that_grows_to_the_left_stays_where_it_is() -> None:
    short, long = line("1.1.2020", box(290, 560, 380, 580)), line("11.11.2020 10:10", box(190, 560, 380, 580))
    assert known_again(short, long, (400, 600), (400, 600))


@pytest.mark.parametrize("place", [box(20, 487, 178, 510), box(208, 20, 366, 43), box(208, 400, 366, 423)])
def test_the_same_words_elsewhere_are_another_mark(place: Polygon) -> None:
    assert not known_again(line(), line(place=place), SIZE, SIZE)


def test_the_same_words_much_larger_are_another_mark() -> None:
    assert not known_again(line(), line(place=box(208, 460, 366, 510)), SIZE, SIZE)


def test_a_line_that_runs_upwards_is_as_high_as_its_letters() -> None:
    upwards: Polygon = ((10, 300), (10, 100), (30, 100), (30, 300))
    found = sightings.seen(line(place=upwards), SIZE)
    assert found is not None
    assert found.mark.height == 0.05


shares = st.floats(0, 1)
shakes = st.floats(-WITHIN, WITHIN)


@given(
    st.integers(50, 3000),
    st.integers(50, 3000),
    shares,
    shares,
    shares,
    shares,
    st.lists(shakes, min_size=4, max_size=4),
)
def test_a_line_whose_edges_moved_by_the_tolerance_is_known_again(
    width: int, height: int, x: float, y: float, long: float, tall: float, moved: list[float]
) -> None:
    shorter = min(width, height)
    high = shorter * (0.01 + 0.2 * tall)
    left, top = x * width * 0.9, y * (height - high)
    edges = (left, top, left + high + long * width, top + high)
    # Its height changes with its edges; by more than its own tolerance it would be another mark.
    most = min(TOLERANCE * shorter, high * (1 - 1 / HEIGHT_TOLERANCE) / 2)
    shaken = [edge + most * by for edge, by in zip(edges, moved, strict=True)]
    assert known_again(line(place=box(*edges)), line(place=box(*shaken)), (width, height), (width, height))


@given(st.integers(100, 2000), shares, shares, st.floats(1.01 / 3, 3))
def test_a_scaled_picture_has_the_same_marks(side: int, x: float, y: float, scale: float) -> None:
    place = box(x * side * 0.8, y * side * 0.9, x * side * 0.8 + 0.2 * side, y * side * 0.9 + 0.05 * side)
    scaled = tuple((a * scale, b * scale) for a, b in place)
    # The sides are whole pixels, so that a scaled picture is not quite of the same shape.
    size = round(side * scale)
    assert known_again(line(place=place), line(place=scaled), (side, side), (size, size))


@given(shares, shares, st.floats(0.01, 0.3))
def test_a_mark_is_looked_up_under_its_own_id_and_few_others(x: float, y: float, tall: float) -> None:
    found = sightings.seen(line(place=box(400 * x, 533 * y, 400 * x + 90, 533 * y + 400 * tall)), SIZE)
    assert found is not None
    assert found.mark.mark_id in found.near
    assert len(found.near) <= 72


# ----------------------------------------------------------------------------------------------------- pictures


def test_a_mark_that_stands_on_a_picture_twice_counts_once() -> None:
    assert len(sightings.of_picture([line(), line(place=box(209, 488, 366, 510))], SIZE)) == 1


def test_of_a_page_of_print_the_lines_nearest_to_the_sides_are_marks() -> None:
    rows = [line(f"row {'abcdefghijklmnopqrstuvwxyz'[n]}", box(150, 10 + 20 * n, 250, 24 + 20 * n)) for n in range(26)]
    found = sightings.of_picture(rows, SIZE)
    assert len(found) == sightings.PER_PICTURE
    assert {one.text for one in found} == {one.text for one in (*rows[:6], *rows[20:])}


def edit(*regions: Region, orientation: int = 1, kind: chain.Kind = "kept") -> chain.Edit:
    width, height = SIZE if orientation < 5 else SIZE[::-1]
    return chain.Edit(
        image_id="dress",
        seq=1,
        edit_id="e" * 32,
        parent=None,
        parent_sha256=None,
        kind=kind,
        cause=chain.Cause("e1", "shop", "catalog.image.created.v1", None),
        merchant_id="shop",
        picture=chain.PictureFacts("JPEG", "RGB", width, height, orientation, "c" * 64),
        regions=regions,
    )


def region(written: TextLine, rule: str = "caption", place: Polygon | None = None) -> Region:
    return Region(place or written.polygon, written.text, written.score, "keep", 0.5, rule, "")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_marks_are_those_of_the_picture_as_it_is_seen_however_it_is_stored(orientation: int) -> None:
    stored = views.Placement(orientation, *SIZE).to_stored(line().polygon)
    found = sightings.of_edit(edit(region(line(), place=stored), orientation=orientation))
    assert [one.mark_id for one in found] == [mark()]


def test_what_is_no_text_is_no_mark() -> None:
    regions = [region(line(f"words {rule}"), rule) for rule in ("scene", "no_text", "printed")]
    assert [one.text for one in sightings.of_edit(edit(*regions))] == ["words printed"]


def test_a_deletion_has_no_marks() -> None:
    assert sightings.of_edit(replace(edit(kind="deleted"), picture=None)) == ()


def test_marks_beside_each_other_are_shown_as_one() -> None:
    places = [box(208, 487, 366, 510), box(214, 492, 372, 514), box(180, 487, 338, 510)]
    one, near, far = (sightings.seen(line(place=place), SIZE) for place in places)
    assert one is not None and near is not None and far is not None
    assert sightings.alike(one.mark, near.mark)
    assert not sightings.alike(one.mark, far.mark)
    assert not sightings.alike(one.mark, replace(near.mark, pattern="winter"))
