"""A mask holds the glyphs and little else, and nothing outside it ever changes."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from processors import lettering, masks
from processors.pictures import Mask, Pixels
from processors.regions import Polygon, Region

SETTINGS = masks.Settings()


def region(polygon: Polygon, rule: str = "promotion") -> Region:
    return Region(polygon, "TEXT", 0.98, "remove", 0.01, rule, "a test")


def shaded(height: int = 120, width: int = 400) -> Pixels:
    """A soft slope with a little noise."""
    slope = np.linspace(90, 150, width)[np.newaxis, :, np.newaxis] + np.array([0, 10, 30])
    noise = np.random.default_rng(3).integers(-3, 4, (height, width, 1))
    return np.asarray(np.clip(slope + noise, 0, 255), dtype=np.uint8)


def written(
    clean: Pixels, text: str, ink: tuple[int, int, int], rim: tuple[int, int, int] | None = None
) -> tuple[Pixels, Mask, Polygon]:
    """Return the picture with text on it, the pixels that this changed, and the polygon of a reader."""
    picture, plane = clean.copy(), np.zeros(clean.shape[:2], dtype=np.uint8)
    cv2.putText(plane, text, (30, 75), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 4, cv2.LINE_AA)
    if rim is not None:
        picture[cv2.dilate(plane, np.ones((7, 7), np.uint8)) > 127] = rim
    share = plane[..., np.newaxis] / 255
    picture = (picture * (1 - share) + np.array(ink) * share).round().astype(np.uint8)
    changed = (picture != clean).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    left, top, right, bottom = columns[0] - 2, rows[0] - 2, columns[-1] + 3, rows[-1] + 3
    return (
        picture,
        changed,
        tuple((float(x), float(y)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))),
    )


def overlap(mask: Mask, truth: Mask) -> tuple[float, float]:
    """Return the share of the truth that is masked and intersection over union."""
    both = (mask & truth).sum()
    return float(both / truth.sum()), float(both / (mask | truth).sum())


def seen(picture: Pixels, truth: Mask, polygon: Polygon, rule: str = "promotion", sure: int = 255) -> masks.Look:
    """A look by a network that knows the truth, as sure (128..255) as it is told to be."""
    for zoom in range(lettering.ZOOMS):
        shown = lettering.view(picture, polygon, zoom)
        size = shown.crop.shape[1], shown.crop.shape[0]
        window = np.ascontiguousarray(masks.cut(truth, shown.window)).astype(np.uint8) * np.uint8(sure)
        answer = cv2.resize(window, size, interpolation=cv2.INTER_AREA) if window.size else window
        found = lettering.letters(np.asarray(answer, np.uint8), shown)
        if not found.cut_off:
            break
    return masks.Look(region(polygon, rule), shown, found)


def test_the_mask_is_what_was_found_a_little_widened() -> None:
    picture, truth, polygon = written(shaded(), "Sale 20%", (255, 255, 255))
    found = masks.strokes(picture, [seen(picture, truth, polygon)], SETTINGS)
    recall, iou = overlap(found.mask, truth)
    assert found.regions[0].separated
    assert recall == 1.0
    assert iou > 0.6
    assert found.regions[0].share < 0.8


def test_where_the_network_is_unsure_the_colour_of_the_ink_decides_on_a_calm_ground() -> None:
    picture, truth, polygon = written(shaded(), "Sale 20%", (255, 255, 255))
    found = masks.strokes(picture, [seen(picture, truth, polygon, sure=140)], SETTINGS)
    recall, iou = overlap(found.mask, truth)
    assert found.regions[0].separated
    assert recall > 0.99
    assert iou > 0.6


def test_a_plate_goes_with_its_line_and_colour_has_no_word() -> None:
    clean = shaded()
    picture, plate = clean.copy(), np.zeros(clean.shape[:2], dtype=np.bool_)
    picture[25:95, 20:300] = (200, 20, 30)
    plate[25:95, 20:300] = True
    picture, _, polygon = written(picture, "Sale 20%", (255, 255, 255))
    found = masks.strokes(picture, [seen(picture, plate, polygon)], SETTINGS)
    assert found.regions[0].separated
    assert found.mask[plate].all()


def test_the_inside_of_outlined_letters_goes_with_the_outline_and_the_hole_of_an_o_stays() -> None:
    picture, plane = shaded(), np.zeros((120, 400), np.uint8)
    cv2.rectangle(plane, (60, 40), (80, 80), 1, 3)
    cv2.circle(plane, (150, 60), 18, 1, 5)
    picture[plane > 0] = (0, 0, 0)
    picture[43:78, 63:78] = (255, 255, 255)
    polygon = ((50.0, 30.0), (180.0, 30.0), (180.0, 90.0), (50.0, 90.0))
    found = masks.strokes(picture, [seen(picture, plane > 0, polygon)], SETTINGS)
    assert found.mask[43:78, 63:78].all()
    assert not found.mask[55:65, 145:155].any()


def test_a_thing_amid_the_letters_is_not_taken_for_their_inside() -> None:
    picture, plane = shaded(200, 400), np.zeros((200, 400), np.uint8)
    cv2.rectangle(plane, (60, 60), (160, 140), 1, 4)
    picture[plane > 0] = (255, 255, 255)
    picture[64:137, 64:157] = (20, 30, 120)
    polygon = ((50.0, 50.0), (300.0, 50.0), (300.0, 150.0), (50.0, 150.0))
    found = masks.strokes(picture, [seen(picture, plane > 0, polygon)], SETTINGS)
    assert not found.mask[80:120, 90:130].any()


def test_half_a_plate_is_not_believed() -> None:
    clean = shaded()
    picture, plate = clean.copy(), np.zeros(clean.shape[:2], dtype=np.bool_)
    picture[25:95, 20:270] = (200, 20, 30)
    plate[25:95, 20:270] = True
    picture, _, polygon = written(picture, "Sale 20%", (255, 255, 255))
    torn = plate.copy()
    torn[35:] &= np.arange(torn.shape[1]) % 30 >= 6
    found = masks.strokes(picture, [seen(picture, torn, polygon)], SETTINGS)
    assert (found.regions[0].separated, found.regions[0].why) == (False, "ragged")


def test_where_nothing_is_found_the_polygon_is_masked_and_the_record_says_so() -> None:
    picture, truth, polygon = written(shaded(), "Sale 20%", (255, 255, 255))
    found = masks.strokes(picture, [seen(picture, truth & False, polygon)], SETTINGS)
    assert (found.regions[0].separated, found.regions[0].why) == (False, "none_found")
    assert found.regions[0].share == 1.0


def test_an_unsure_answer_on_a_restless_ground_is_not_believed() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (120, 400, 3), dtype=np.uint8)
    picture, truth, polygon = written(noise, "Sale 20%", (128, 128, 128))
    found = masks.strokes(picture, [seen(picture, truth, polygon, sure=140)], SETTINGS)
    assert (found.regions[0].separated, found.regions[0].why) == (False, "unsure")
    assert found.regions[0].share == 1.0


def test_an_overlay_that_goes_on_beyond_what_was_shown_is_not_believed() -> None:
    picture, truth, polygon = written(shaded(900, 1600), "Sale", (255, 255, 255))
    found = masks.strokes(picture, [seen(picture, truth | True, polygon)], SETTINGS)
    assert (found.regions[0].separated, found.regions[0].why) == (False, "cut_off")


def test_the_margin_is_as_wide_as_the_ink_has_run() -> None:
    """A file that was scaled and coded carries ink further out than a drawn one."""
    picture, truth, polygon = written(shaded(), "Sale 20%", (255, 255, 255))
    run = cv2.GaussianBlur(picture, (0, 0), 1.5)
    crisp, soft = (masks.strokes(x, [seen(x, truth, polygon)], SETTINGS).regions[0].margin_px for x in (picture, run))
    assert crisp == 1
    assert soft > 2


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_the_logo_before_a_camera_stamp_goes_with_it(turns: int) -> None:
    """Upright, reading upwards, reading downwards."""
    picture = shaded(200, 400) // 2
    for row, text in ((150, "NOTE 8 PRO"), (176, "AI CAMERA")):
        cv2.putText(picture, text, (60, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    before = picture.copy()
    cv2.circle(picture, (30, 146), 7, (255, 255, 255), -1)
    cv2.circle(picture, (30, 168), 7, (255, 255, 255), 1)
    logo = np.rot90((picture != before).any(axis=2), turns)
    lines = [np.zeros(picture.shape[:2], dtype=np.uint8) for _ in range(2)]
    polygons = []
    for plane, top in zip(lines, (134, 160), strict=True):
        plane[top : top + 22, 58:190] = 1
        left, upper, width, height = cv2.boundingRect(np.ascontiguousarray(np.rot90(plane, turns)))
        right, lower = float(left + width), float(upper + height)
        polygons.append(((float(left), float(upper)), (right, float(upper)), (right, lower), (float(left), lower)))
    turned = np.ascontiguousarray(np.rot90(picture, turns))
    ink = np.asarray((turned == 255).all(axis=2))
    stamp, promo = (
        masks.strokes(turned, [seen(turned, ink, x, rule) for x in polygons], SETTINGS)
        for rule in ("camera_stamp", "promotion")
    )
    assert stamp.mask[logo].all()
    assert not promo.mask[logo].any()


def test_lines_at_and_beyond_the_edge_do_no_harm() -> None:
    picture, truth, _ = written(shaded(), "Sale", (255, 255, 255))
    outside = [((-30, -20), (60, -20), (60, 20), (-30, 20)), ((500, 500), (600, 500), (600, 520), (500, 520))]
    found = masks.strokes(picture, [seen(picture, truth, polygon) for polygon in outside], SETTINGS)
    assert found.mask.shape == picture.shape[:2]
    assert [one.separated for one in found.regions] == [False, False]


def test_the_share_of_a_line_that_a_mask_covers_is_told() -> None:
    mask = np.zeros((100, 100), dtype=np.bool_)
    mask[:, :50] = True
    clear, half, beyond = (
        ((left, 10.0), (left + 40, 10.0), (left + 40, 30.0), (left, 30.0)) for left in (55.0, 30.0, 200.0)
    )
    assert masks.covered(mask, [clear, beyond]) == 0.0
    assert masks.covered(mask, [clear, half]) == pytest.approx(0.5, abs=0.02)


some_masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 90), st.integers(1, 90)), elements=st.booleans())
blocks = st.lists(st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 60)] * 2), max_size=8)


@given(blocks)
def test_cores_hold_every_masked_pixel_once(parts: list[tuple[int, int, int, int]]) -> None:
    mask = np.zeros((331, 307), dtype=np.bool_)
    for x, y, width, height in parts:
        mask[y : y + height, x : x + width] = True
    covered = np.zeros(mask.shape, dtype=np.int64)
    for crop in masks.crops(mask):
        masks.cut(covered, crop.core)[:] += 1
        assert crop.window[0] <= crop.core[0] < crop.core[2] <= crop.window[2]
        assert crop.window[1] <= crop.core[1] < crop.core[3] <= crop.window[3]
    assert covered.max(initial=0) <= 1
    assert (covered[mask] == 1).all()


def test_a_crop_brings_context_and_stays_in_the_picture() -> None:
    mask = np.zeros((400, 400), dtype=np.bool_)
    mask[200:240, 200:296] = True
    mask[0:8, 0:8] = True
    corner, middle = masks.crops(mask)
    assert middle.window == (136, 168, 360, 272)
    assert corner.window == (0, 0, 40, 40)


def test_near_parts_share_a_crop() -> None:
    mask = np.zeros((200, 400), dtype=np.bool_)
    mask[50:70, 50:150] = mask[80:100, 50:150] = mask[80:100, 350:360] = True
    assert len(masks.crops(mask)) == 2


@given(some_masks)
def test_pixels_outside_the_mask_are_untouched(mask: Mask) -> None:
    original = np.zeros((*mask.shape, 3), dtype=np.uint8)
    filled = np.full_like(original, 9)
    for result in (
        masks.composite(original, filled, mask),
        masks.assemble(
            original,
            mask,
            pieces := masks.crops(mask),
            [np.ascontiguousarray(masks.cut(filled, crop.window)) for crop in pieces],
        ),
    ):
        assert (result[mask] == 9).all()
        assert (result[~mask] == 0).all()
    assert not original.any()


def test_a_fill_of_another_size_is_refused() -> None:
    picture, mask = shaded(), np.ones((120, 400), dtype=np.bool_)
    with pytest.raises(ValueError, match="cannot composite"):
        masks.composite(picture, picture[:-1], mask)
    with pytest.raises(ValueError, match="does not fit"):
        masks.assemble(picture, mask, masks.crops(mask), [picture[:-1]])


@given(
    st.tuples(st.integers(20, 900), st.integers(20, 900)),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
)
def test_squares_hold_every_masked_pixel_once_and_are_as_large_as_the_picture_allows(
    size: tuple[int, int], shares: tuple[float, float, float, float]
) -> None:
    mask = np.zeros(size, dtype=np.bool_)
    top, bottom = sorted(round(share * (size[0] - 1)) for share in shares[:2])
    left, right = sorted(round(share * (size[1] - 1)) for share in shares[2:])
    mask[top : bottom + 1, left : right + 1] = True
    held = np.zeros(size, dtype=np.uint8)
    for square in masks.squares((left, top, right + 1, bottom + 1), mask, 256):
        masks.cut(held, square.core)[...] += 1
        x0, y0, x1, y1 = square.window
        assert (x1 - x0, y1 - y0) == (min(256, size[1]), min(256, size[0]))
        for low, high, seen_low, seen_high, limit in (
            (square.core[0], square.core[2], x0, x1, size[1]),
            (square.core[1], square.core[3], y0, y1, size[0]),
        ):
            assert low - seen_low >= min(low, 64)
            assert seen_high - high >= min(limit - high, 64)
    assert np.array_equal(held == 1, mask)


def test_squares_without_holes_are_left_out() -> None:
    mask = np.zeros((100, 2000), dtype=np.bool_)
    mask[50, [10, 1900]] = True
    assert [square.core for square in masks.squares((10, 50, 1901, 51), mask, 512)] == [
        (10, 50, 394, 51),
        (1546, 50, 1901, 51),
    ]
