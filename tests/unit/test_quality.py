"""Each metric rises with the fault it is there for, and a faultless edit passes."""

import numpy as np
import pytest

from processors import quality
from processors.pictures import Mask, Pixels


def grain(level: int = 120) -> Pixels:
    noise = np.random.default_rng(8).integers(-12, 13, (200, 300, 1))
    return np.clip(level + noise + np.zeros(3, dtype=np.int64), 0, 255).astype(np.uint8)


@pytest.fixture
def mask() -> Mask:
    result = np.zeros((200, 300), dtype=np.bool_)
    result[80:110, 60:200] = True
    return result


def filled(mask: Mask, level: tuple[int, int, int]) -> Pixels:
    after = grain()
    after[mask] = level
    return after


def test_a_perfect_fill_passes_everything(mask: Mask) -> None:
    figures = quality.assess(grain(), grain(), mask)
    assert quality.failed(figures) == []
    assert figures["seam"] < 1
    assert figures["colour_shift"] < 1
    assert figures["texture_gap"] < 0.1


def test_a_patch_of_another_colour_fails_by_seam_and_colour(mask: Mask) -> None:
    figures = quality.assess(grain(), filled(mask, (220, 60, 60)), mask)
    assert quality.failed(figures) == ["seam", "colour_shift"]


def test_a_smooth_patch_in_texture_shows_as_a_texture_gap(mask: Mask) -> None:
    smooth = quality.assess(grain(), filled(mask, (120, 120, 120)), mask)["texture_gap"]
    assert smooth > 0.7


def test_the_changed_share_is_of_the_whole_picture(mask: Mask) -> None:
    assert quality.assess(grain(), grain(), mask)["changed_share"] == pytest.approx(30 * 140 / 60000)
    whole = np.ones((200, 300), dtype=np.bool_)
    assert "changed_share" in quality.failed(quality.assess(grain(), grain(), whole))


def test_busy_surroundings_are_measured_before_the_edit(mask: Mask) -> None:
    calm = np.full((200, 300, 3), 120, dtype=np.uint8)
    assert quality.assess(calm, calm, mask)["unrest"] == 0
    assert quality.assess(grain(), grain(), mask)["unrest"] > 5


def test_an_empty_mask_measures_nothing() -> None:
    figures = quality.assess(grain(), grain(), np.zeros((200, 300), dtype=np.bool_))
    assert set(figures.values()) == {0.0}


def test_pictures_of_different_shape_are_refused(mask: Mask) -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        quality.assess(grain(), grain()[:-1], mask)


def test_every_row_explains_itself_and_has_its_own_name() -> None:
    assert len({metric.name for metric in quality.METRICS}) == len(quality.METRICS)
    assert all(metric.why and metric.unit for metric in quality.METRICS)


def test_a_metric_with_high_values_good_fails_below_its_limit() -> None:
    row = quality.Metric("sharpness", lambda pieces, mask: 0.0, "share", False, 0.5, "a test")
    assert row.failed(0.4)
    assert not row.failed(0.6)
