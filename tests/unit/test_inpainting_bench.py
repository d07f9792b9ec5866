"""The inpainting benchmark: cases with their truth, the same crops for every engine, shares that mean what they say."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.inpainting import cases, contest, fillers, marking
from benchmarks.inpainting.cases import Case
from benchmarks.inpainting.contest import Score
from benchmarks.rendering import photos
from processors import references


def grounds(folder: Path) -> photos.Album:
    source = np.random.default_rng(3)
    for number in range(3):
        small = source.integers(30, 220, (9, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((240, 300), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return photos.album(folder)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return list(cases.rendered(grounds(tmp_path_factory.mktemp("photos")), 6))


@pytest.fixture
def case() -> Case:
    """Two stripes on a slope of colour, of a few and of very many pixels."""
    clean = np.zeros((400, 500, 3), dtype=np.uint8)
    clean[...] = np.linspace(40, 200, 500).astype(np.uint8)[np.newaxis, :, np.newaxis]
    truth = np.zeros((400, 500), dtype=np.bool_)
    truth[30:40, 50:150] = True
    truth[200:350, 50:450] = True
    shown = np.where(truth[..., np.newaxis], np.uint8(255), clean)
    return Case("stripes", "rendered", shown, clean, truth, (), False, "Latn")


def test_a_rendered_case_differs_from_its_clean_side_under_the_truth(rendered: list[Case]) -> None:
    assert len({case.name for case in rendered}) == len(rendered) == 6
    for case in rendered:
        apart = np.abs(case.shown.astype(int) - case.clean.astype(int)).max(axis=2)
        assert case.truth.any()
        assert (
            apart[case.truth].mean() > 5 * apart[~cv2.dilate(case.truth.view(np.uint8), np.ones((33, 33))) > 0].mean()
        )


def test_exact_masks_are_a_pixel_wider_in_lossy_files_alone(case: Case) -> None:
    wide = case.exact()
    assert wide[29, 49]
    assert not wide[28, 49]
    assert int(wide.sum()) == 12 * 102 + 152 * 402
    assert np.array_equal(dataclasses.replace(case, lossless=True).exact(), case.truth)


def test_pairs_are_those_whose_clean_side_is_the_truth(tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    (folder / "pairs.csv").write_text("name,note\na,exact render over the template\nb,clean side resampled\n")
    plane = np.zeros((40, 60), dtype=np.uint8)
    plane[10:20, 10:30] = 255
    for side in ("overlay", "clean", "mask"):
        Image.fromarray(plane).save(folder / f"a_{side}.png")
    (pair,) = cases.pairs(tmp_path)
    assert (pair.name, pair.lossless, int(pair.truth.sum())) == ("a", True, 200)
    assert np.array_equal(pair.exact(), pair.truth)


def test_every_line_of_a_mask_gets_its_box() -> None:
    plane = np.zeros((200, 300), dtype=np.uint8)
    for line in (60, 120):
        cv2.putText(plane, "TWO LINES", (20, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    regions = cases.lines_of(plane > 0)
    assert len(regions) == 2
    for region in regions:
        assert region.polygon[1][0] - region.polygon[0][0] > 150


def engines() -> Mapping[str, fillers.Filler]:
    """Engines that leave the crop as it is, and one that knows that nothing changes from top to bottom."""
    idle: dict[str, fillers.Filler] = {name: lambda crop, hole: crop for name in ("telea", "ns", "biharmonic", "fsr")}
    return {**idle, "own": lambda crop, hole: np.where(hole[..., np.newaxis], crop[:1], crop)}


def test_slow_engines_are_not_asked_about_large_holes(case: Case) -> None:
    scores = contest.scores(case, case.truth, engines())
    assert set(scores) == {"telea", "ns", "own", contest.BY_RULE}
    small = case.truth.copy()
    small[100:] = False
    assert set(fillers.SLOW) <= set(contest.scores(case, small, engines()))


def test_an_edit_is_judged_where_it_should_have_changed_the_picture(case: Case) -> None:
    part = case.truth.copy()
    part[100:] = False
    assert contest.scores(case, case.truth, engines())["own"].figures["psnr"] == pytest.approx(51.14, abs=0.01)
    left = contest.scores(case, part, engines())["own"].figures["psnr"]
    edit = np.where(part[..., np.newaxis], case.clean, case.shown)
    assert left == pytest.approx(references.psnr(edit, case.clean, case.truth))


def test_likeness_of_a_mask() -> None:
    truth, mask = np.zeros((10, 10), dtype=np.bool_), np.zeros((10, 10), dtype=np.bool_)
    truth[:, :4], mask[:, 2:4] = True, True
    assert marking.likeness(mask, truth) == {"iou": 0.5, "precision": 1.0, "recall": 0.5}


def score(psnr: float) -> Score:
    return Score({row.name: psnr for row in references.REFERENCES}, 2.0, 1)


def test_an_engine_is_compared_with_telea_on_the_same_pictures() -> None:
    found = [{"telea": score(20), "own": score(22)}, {"telea": score(30), "own": score(30)}]
    found.append({"telea": score(25), "own": score(24), "fsr": score(40)})
    rows = contest.summed_up(found)
    assert set(rows) == {"telea", "own"}
    own = rows["own"]
    assert (own["pictures"], own["over_telea_db"], own["worst_db"]) == (3, pytest.approx(1 / 3), -1)
    assert (own["better_share"], own["not_worse_share"], own["worse_by_02_db_share"]) == pytest.approx(
        (1 / 3, 2 / 3, 1 / 3)
    )
