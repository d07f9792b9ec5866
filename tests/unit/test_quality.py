"""Each check rises with the fault it is there for, the worst part counts, and a faultless edit passes."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from infra import error_file
from infra.settings import QualitySettings
from processors import masks, quality
from processors.masks import Crop
from processors.pictures import Mask, Pixels
from processors.pieces import Piece

MODEL = error_file.read(QualitySettings())
HEIGHT, WIDTH = 200, 300


def grain(level: int = 120, size: int = 12) -> Pixels:
    noise = np.random.default_rng(8).integers(-size, size + 1, (HEIGHT, WIDTH, 1))
    return np.clip(level + noise + np.zeros(3, dtype=np.int64), 0, 255).astype(np.uint8)


def shaded() -> Pixels:
    """A plain ground that is lighter to the right, as a studio's is."""
    row = np.linspace(180, 220, WIDTH).astype(np.uint8)
    return np.repeat(np.broadcast_to(row, (HEIGHT, WIDTH))[..., np.newaxis], 3, axis=2)


@pytest.fixture
def mask() -> Mask:
    result = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    result[80:110, 60:200] = True
    return result


def put(ground: Pixels, mask: Mask, fill: Pixels | tuple[int, int, int]) -> Pixels:
    return np.where(mask[..., np.newaxis], np.asarray(fill, np.uint8), ground)


def measured(after: Pixels, mask: Mask) -> dict[str, float]:
    parts = masks.crops(mask)
    return quality.assess(after, mask, parts, ["telea"] * len(parts), MODEL).metrics


def checks(metrics: dict[str, float]) -> list[str]:
    """The checks that failed, but for the predicted error, which has tests of its own."""
    return [name for name in quality.failed(metrics) if name != "predicted_error"]


@pytest.mark.parametrize("ground", [grain(), shaded(), np.full((HEIGHT, WIDTH, 3), 255, np.uint8)])
def test_a_perfect_fill_passes_everything(ground: Pixels, mask: Mask) -> None:
    metrics = measured(ground, mask)
    assert quality.failed(metrics) == []
    assert metrics["seam"] < 1
    assert metrics["colour_shift"] < 1
    assert metrics["texture_gap"] < 0.1
    assert metrics["patch_mismatch"] < 5
    assert metrics["noise_gap"] < 1
    assert metrics["background_gap"] < 1


def test_a_patch_of_another_colour_fails_by_seam_colour_and_patches(mask: Mask) -> None:
    assert {"seam", "colour_shift", "patch_mismatch"} <= set(checks(measured(put(grain(), mask, (220, 60, 60)), mask)))


def test_a_smooth_patch_in_texture_lacks_texture_and_noise(mask: Mask) -> None:
    assert {"texture_gap", "noise_gap"} <= set(checks(measured(put(grain(size=30), mask, (120, 120, 120)), mask)))


def test_a_noisy_patch_on_a_calm_ground_fails_by_its_noise(mask: Mask) -> None:
    calm = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    assert "noise_gap" in checks(measured(put(calm, mask, grain(size=30)), mask))


def test_a_flat_patch_on_a_shaded_ground_is_no_part_of_it(mask: Mask) -> None:
    assert "background_gap" in checks(measured(put(shaded(), mask, (185, 185, 185)), mask))


def test_a_blot_that_hides_in_the_middle_of_a_fill_is_found_on_a_plain_ground(mask: Mask) -> None:
    after = shaded()
    after[90:102, 100:150] = (150, 150, 150)
    assert "background_gap" in checks(measured(after, mask))


def test_busy_surroundings_are_no_background_to_keep_to(mask: Mask) -> None:
    assert measured(put(grain(size=40), mask, (160, 160, 160)), mask)["background_gap"] == 0


def faint(ground: Pixels, amount: float) -> Pixels:
    """The ground moved towards red by a share."""
    red = np.broadcast_to(np.asarray((220, 30, 30), np.uint8), ground.shape)
    return np.asarray(cv2.addWeighted(ground, 1 - amount, np.ascontiguousarray(red), amount, 0), np.uint8)


def tinted(ground: Pixels, amount: float) -> Pixels:
    """The ground with as much structure as before, in another colour."""
    return np.clip(ground + np.asarray((100 * amount, 0, 0)), 0, 255).astype(np.uint8)


def softened(ground: Pixels, amount: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(ground, (0, 0), 0.3 + 3 * amount), np.uint8)


@pytest.mark.parametrize(
    ("name", "ground", "fault"),
    [
        ("seam", grain(), faint),
        ("colour_shift", grain(), faint),
        ("patch_mismatch", grain(), faint),
        ("texture_gap", grain(size=30), softened),
        ("noise_gap", grain(size=30), softened),
        ("background_gap", shaded(), faint),
        ("predicted_error", grain(), tinted),
    ],
)
def test_the_worse_the_fault_the_larger_the_figure(
    name: str, ground: Pixels, fault: Callable[[Pixels, float], Pixels], mask: Mask
) -> None:
    figures = [measured(put(ground, mask, fault(ground, amount)), mask)[name] for amount in (0.1, 0.25, 0.5, 0.8)]
    assert figures == sorted(figures)
    assert figures[-1] > figures[0]


def test_the_worst_part_counts() -> None:
    two = np.zeros((HEIGHT, WIDTH), np.bool_)
    two[20:50, 20:120], two[150:180, 180:280] = True, True
    bad = two.copy()
    bad[:100] = False
    one_bad = measured(put(grain(), bad, (220, 60, 60)), two)
    assert one_bad["colour_shift"] == measured(put(grain(), bad, (220, 60, 60)), bad)["colour_shift"]


def test_a_speck_does_not_count_beside_a_larger_part() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[20:50, 20:120], mask[150:154, 200:204] = True, True
    speck = mask.copy()
    speck[:100] = False
    after = put(grain(), speck, (220, 60, 60))
    assert checks(measured(after, mask)) == []
    assert "colour_shift" in checks(measured(after, speck)), "but alone it does"


def test_every_part_has_its_own_predicted_error() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[20:50, 20:120], mask[150:180, 180:280] = True, True
    after = shaded()
    after[140:190, 170:290] = grain(size=60)[140:190, 170:290]
    parts = masks.crops(mask)
    calm, busy = quality.assess(after, mask, parts, ["telea", "telea"], MODEL).errors
    assert calm.error < busy.error < busy.upper


def test_the_changed_share_is_of_the_whole_picture(mask: Mask) -> None:
    assert measured(grain(), mask)["changed_share"] == pytest.approx(30 * 140 / 60000)
    assert "changed_share" in quality.failed(measured(grain(), np.ones((HEIGHT, WIDTH), dtype=np.bool_)))


def test_unrest_is_that_of_the_surroundings(mask: Mask) -> None:
    calm = np.full((HEIGHT, WIDTH, 3), 120, dtype=np.uint8)
    assert measured(put(calm, mask, grain()), mask)["unrest"] == 0
    assert measured(put(grain(), mask, calm), mask)["unrest"] > 5


def test_an_empty_mask_measures_nothing() -> None:
    assert set(measured(grain(), np.zeros((HEIGHT, WIDTH), dtype=np.bool_)).values()) == {0.0}


def test_a_part_without_surroundings_can_be_measured() -> None:
    whole = np.ones((HEIGHT, WIDTH), dtype=np.bool_)
    assert all(np.isfinite(value) for value in measured(grain(), whole).values())


def test_a_hole_at_the_edge_of_a_tiny_picture_can_be_measured() -> None:
    mask = np.zeros((3, 2), np.bool_)
    mask[0, 0] = True
    assert all(np.isfinite(value) for value in measured(np.zeros((3, 2, 3), np.uint8), mask).values())


def test_pictures_of_different_shape_are_refused(mask: Mask) -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        quality.assess(grain()[:-1], mask, [Crop((0, 0, 9, 9), (0, 0, 9, 9))], ["telea"], MODEL)


def test_what_is_measured_costs_what_the_part_costs_and_not_the_picture() -> None:
    small, large = (np.zeros(shape, np.bool_) for shape in ((400, 600), (2000, 3000)))
    small[150:230, 100:500], large[150:230, 100:500] = True, True
    sizes = []
    for mask in (small, large):
        (part,) = masks.crops(mask)
        pictured = np.zeros((*mask.shape, 3), np.uint8)
        sizes.append([piece.mask.shape for piece in quality.pieces.of(pictured, mask, part)])
    assert sizes[0] == sizes[1] == [(120, 440)]


def test_every_row_explains_itself_and_has_its_own_name() -> None:
    assert len({metric.name for metric in quality.METRICS}) == len(quality.METRICS)
    assert all(metric.why and metric.unit for metric in quality.METRICS)


def test_a_metric_with_high_values_good_fails_below_its_limit() -> None:
    def measure(piece: Piece) -> float:
        return 0.0

    row = quality.Metric("sharpness", measure, "share", False, 0.5, "a test")
    assert row.failed(0.4)
    assert not row.failed(0.6)


def test_the_expected_error_is_said_in_words_where_there_is_one(mask: Mask) -> None:
    assert quality.said({"predicted_error": 5.87, "predicted_error_upper": 8.61}) == (
        "expected error 5.9, up to 8.6 Delta E"
    )
    assert quality.said({"seam": 1.0}) == ""
