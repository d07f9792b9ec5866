"""Figures against a truth are those of the papers: compared with published values and with the libraries of record.

Values of libraries were read off once on `pair()`: scikit-image 0.26.0 (structural_similarity with Gaussian windows,
deltaE_ciede2000), flip-evaluator 1.7 (evaluate, "LDR"); GMSD by the paper's listing, written with scipy's convolve2d.
"""

import numpy as np
import pytest

from processors import references
from processors.pictures import Mask, Pixels


def pair() -> tuple[Pixels, Pixels, Mask]:
    """A patchwork of colours with some noise, and an edit that differs from it inside the mask alone."""
    source = np.random.default_rng(7)
    patches = source.integers(0, 256, (9, 12, 3)).repeat(8, axis=0).repeat(8, axis=1)
    truth = np.clip(patches + source.integers(-12, 13, patches.shape), 0, 255).astype(np.uint8)
    mask = np.zeros(truth.shape[:2], dtype=np.bool_)
    mask[20:50, 15:80] = True
    edit = truth.copy()
    edit[mask] = np.clip(patches + source.integers(-40, 41, patches.shape), 0, 255).astype(np.uint8)[mask]
    edit[30:40, 30:50] = truth[0, 0]
    return edit, truth, mask


@pytest.mark.parametrize(
    ("name", "value", "within"),
    [
        ("ssim", 0.6574124, 1e-6),
        ("delta_e", 13.03620, 1e-3),
        ("gmsd", 0.121029711613, 1e-9),
        # The library computes in float32, and differences enter by their square root.
        ("flip", 0.25332, 1e-3),
    ],
)
def test_a_figure_is_that_of_the_library(name: str, value: float, within: float) -> None:
    assert references.compare(*pair())[name] == pytest.approx(value, abs=within)


#: From the data set that Sharma, Wu and Dalal publish beside their paper of 2005: the cases that implementations miss.
SHARMA = (
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, -0.001, 2.49), (50.0, 0.0009, -2.49), 4.8045),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)


@pytest.mark.parametrize(("one", "two", "apart"), SHARMA)
def test_colour_differences_are_the_published_ones(
    one: tuple[float, ...], two: tuple[float, ...], apart: float
) -> None:
    for first, second in ((one, two), (two, one)):
        assert float(references.ciede2000(np.array(first), np.array(second))) == pytest.approx(apart, abs=5e-5)


def test_psnr_counts_masked_pixels_alone() -> None:
    truth = np.full((20, 20, 3), 100, dtype=np.uint8)
    mask = np.zeros((20, 20), dtype=np.bool_)
    mask[5:10, 5:10] = True
    edit = truth.copy()
    edit[mask] = 110
    edit[0, 0] = 255
    assert references.psnr(edit, truth, mask) == pytest.approx(20 * np.log10(255 / 10))


def test_the_truth_itself_is_faultless() -> None:
    _, truth, mask = pair()
    figures = references.compare(truth, truth, mask)
    assert figures == pytest.approx({"psnr": 51.14, "ssim": 1.0, "delta_e": 0.0, "gmsd": 0.0, "flip": 0.0}, abs=0.01)


def test_flip_of_black_against_white_is_that_of_the_library() -> None:
    black, white = np.zeros((64, 64, 3), dtype=np.uint8), np.full((64, 64, 3), 255, dtype=np.uint8)
    assert references.flip_map(black, white).mean() == pytest.approx(0.96739, abs=1e-4)


def test_every_figure_points_the_way_that_it_says() -> None:
    edit, truth, mask = pair()
    worse, better = references.compare(edit, truth, mask), references.compare(truth, truth, mask)
    for row in references.REFERENCES:
        assert (worse[row.name] > better[row.name]) == row.lower_is_better, row.name


def test_shapes_that_differ_and_empty_masks_are_refused() -> None:
    edit, truth, mask = pair()
    for wrong in ((edit[:-1], truth, mask), (edit, truth, mask[:-1]), (edit, truth, np.zeros_like(mask))):
        with pytest.raises(ValueError, match="cannot compare"):
            references.compare(*wrong)
