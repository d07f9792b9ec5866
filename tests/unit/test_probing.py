"""Probes lie where nothing is written, and what is learned from them orders errors and keeps its bound."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.probing import fitting, samples
from benchmarks.probing.samples import Sample
from benchmarks.probing.scenes import Scene
from processors import predicted_error
from processors.pictures import Mask, Pixels
from processors.predicted_error import ANY, NAMES


def telea(crop: Pixels, holes: Mask) -> Pixels:
    return np.asarray(cv2.inpaint(np.ascontiguousarray(crop), holes.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)


def scene(*, known: bool = True) -> Scene:
    """A textured picture with a word, and other text right of it."""
    noise = np.random.default_rng(3).integers(0, 255, (240, 480, 3)).astype(np.float32)
    truth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    word = np.zeros(truth.shape[:2], np.uint8)
    cv2.putText(word, "SALE", (40, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 1, 5)
    mask = word > 0
    before = np.where(mask[..., np.newaxis], np.uint8(255), truth)
    taken = mask.copy()
    taken[90:150, 200:460] = True
    return Scene("scene", "photo", before, mask, taken, mask if known else None, truth if known else None)


def made(*, known: bool = True) -> list[Sample]:
    return list(samples.of_scene(scene(known=known), {"telea": telea}, 1, probes=True))


def test_a_probe_hides_known_pixels_and_no_text() -> None:
    probes = [one for one in made() if one.what == "probe"]
    assert len(probes) == samples.PROBES_MAX
    assert all(0 < one.error < 30 for one in probes), "white letters under a hole would be 40 and more off"


def test_where_nothing_is_known_below_the_overlay_only_probes_are_made() -> None:
    assert {one.what for one in made(known=False)} == {"probe"}
    assert {one.what for one in made()} == {"probe", "direct"}


def test_the_error_at_the_overlays_own_place_is_that_of_the_fill() -> None:
    (direct,) = [one for one in made() if one.what == "direct"]
    after = telea(scene().before, scene().mask)
    truth = scene().truth
    assert truth is not None
    assert direct.error == pytest.approx(samples.difference(after, truth, scene().mask), rel=0.05)


def test_the_same_seed_makes_the_same_samples() -> None:
    assert made() == made()


def test_a_mask_that_misses_a_part_of_the_overlay_says_nothing_about_the_fill() -> None:
    whole = scene()
    thin = cv2.erode(whole.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    missed = Scene("scene", "photo", whole.before, thin, whole.taken, whole.overlay, whole.truth)
    assert not [one for one in samples.of_scene(missed, {"telea": telea}, 1, probes=True) if one.what == "direct"]


# ------------------------------------------------------------------------------------------------------- learning


def drawn(count: int, seed: int, *, direct: bool = True) -> list[Sample]:
    """Fills whose error is the seam times the stroke's width, with noise."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        figures = chance.lognormal(1.0, 0.7, len(NAMES))
        figures[NAMES.index("out_of_reach")] = 0.0
        log = 0.6 * np.log1p(figures[NAMES.index("seam_step")]) + 0.4 * np.log1p(figures[NAMES.index("stroke_mean")])
        error = float(np.expm1(log + chance.normal(0, 0.1)))
        what = "direct" if direct and number % 2 else "probe"
        found.append(
            Sample(
                f"p{number}",
                f"photo{number % 40}",
                what,  # type: ignore[arg-type]
                "ns" if number % 3 else "telea",
                True,
                ((tuple(map(float, figures)), 500),),
                error,
            )
        )
    return found


def test_a_learned_model_orders_fills_that_it_never_saw_and_keeps_its_bound() -> None:
    model = predicted_error.decode(fitting.learned(drawn(600, 1), "drawn"))
    told = fitting.judged(model, drawn(300, 2))
    assert told.spearman > 0.95
    assert told.worst_found >= 0.8
    assert 0.86 <= told.covered <= 0.94
    assert told.ratio == pytest.approx(1.0, abs=0.05)


def test_without_any_known_truth_the_bound_is_that_of_the_probes() -> None:
    model = predicted_error.decode(fitting.learned(drawn(600, 1, direct=False), "drawn"))
    assert 0.86 <= fitting.judged(model, drawn(300, 2)).covered <= 0.94


def test_weights_of_what_faults_raise_are_never_negative() -> None:
    model = predicted_error.decode(fitting.learned(drawn(200, 3), "drawn"))
    for line in model.engines.values():
        assert all(weight >= 0 for name, weight in zip(NAMES, line.weights, strict=True) if name in fitting.RISING)


def test_every_engine_has_a_line_and_so_has_any() -> None:
    assert set(predicted_error.decode(fitting.learned(drawn(300, 1), "drawn")).engines) == {"ns", "telea", ANY}


def test_the_same_samples_make_the_same_file(tmp_path: Path) -> None:
    assert fitting.learned(drawn(200, 4), "x") == fitting.learned(drawn(200, 4), "x")


def test_equal_values_share_their_rank() -> None:
    assert fitting.ranks(np.asarray([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
