"""Pictures fitted for the detector, lines cut out for the recogniser, requests of bounded size."""

import asyncio
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import contracts, reading
from inference.triton import Reply
from processors.errors import ServiceUnavailableError
from processors.pictures import Pixels


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


@given(st.integers(1, 3000), st.integers(1, 3000))
@settings(max_examples=40, deadline=None)
def test_a_fitted_picture_has_a_size_that_the_detector_takes(height: int, width: int) -> None:
    view, scale = reading.fitted(np.zeros((height, width, 3), np.uint8))
    assert view.shape[0] % reading.STEP_PX == view.shape[1] % reading.STEP_PX == 0
    assert max(view.shape[:2]) <= reading.DETECT_MAX_PX
    assert view.shape[1] - width * scale[0] + 1e-6 > 0
    assert view.shape[0] - height * scale[1] < reading.STEP_PX


@pytest.mark.parametrize(("side", "seen"), [(100, 150), (500, 750), (600, 800), (900, 900), (1120, 1120), (5000, 1120)])
def test_small_pictures_are_enlarged_and_large_ones_shrunk(side: int, seen: int) -> None:
    _, scale = reading.fitted(np.zeros((side, side, 3), np.uint8))
    assert round(side * scale[0]) == seen


def test_an_upright_crop_holds_the_pixels_of_its_box() -> None:
    rgb = np.zeros((200, 300, 3), np.uint8)
    rgb[100:148, 50:146] = (10, 200, 90)
    crop = reading.crop_of(rgb, np.array([[50, 100], [146, 100], [146, 148], [50, 148]], np.float32))
    assert crop.shape == (48, 96, 3)
    assert (crop == (10, 200, 90)).all()


def test_a_slanted_line_is_straightened() -> None:
    rgb = np.full((400, 400, 3), 255, np.uint8)
    box = cv2.boxPoints(((200, 200), (240, 48), 30)).astype(np.float32)
    cv2.fillPoly(rgb, [box.astype(np.int32)], (0, 0, 0))
    by_x = box[np.argsort(box[:, 0])]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    crop = reading.crop_of(rgb, np.array([top_left, top_right, bottom_right, bottom_left], np.float32))
    assert abs(crop.shape[1] - 240) <= 6
    assert crop[4:-4, 4:-4].max() < 10


def test_a_line_that_stands_upright_is_turned_counter_clockwise() -> None:
    rgb = np.zeros((300, 300, 3), np.uint8)
    rgb[50:150, 100:148] = 255
    crop = reading.crop_of(rgb, np.array([[100, 50], [148, 50], [148, 250], [100, 250]], np.float32))
    assert crop.shape == (48, 200, 3)
    assert crop[:, :90].min() == 255
    assert crop[:, 110:].max() == 0


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((1, 1), [[0, 0], [1, 0], [1, 1], [0, 1]]),
        ((2, 20_000), [[0, 0], [20_000, 0], [20_000, 2], [0, 2]]),
        ((60, 40_000), [[0, 0], [40_000, 0], [40_000, 60], [0, 60]]),
        ((40_000, 60), [[0, 0], [60, 0], [60, 40_000], [0, 40_000]]),
        ((3000, 3000), [[0, 0], [3000, 0], [3000, 3000], [0, 3000]]),
        ((50, 50), [[48, 48], [50, 48], [50, 50], [48, 50]]),
    ],
)
def test_a_line_of_any_size_becomes_a_crop_of_bounded_size(shape: tuple[int, int], box: list[list[int]]) -> None:
    crop = reading.crop_of(noise(*shape), np.array(box, np.float32))
    assert crop.shape[0] == reading.LINE_PX
    assert 1 <= crop.shape[1] <= reading.LINE_WIDTH_MAX_PX


@given(st.lists(st.integers(1, reading.LINE_WIDTH_MAX_PX), max_size=40))
def test_strips_hold_every_line_once_in_order_and_are_of_bounded_width(widths: list[int]) -> None:
    crops = [np.zeros((48, width, 3), np.uint8) for width in widths]
    strips = list(reading.strips_of(crops))
    assert [id(crop) for strip in strips for crop in strip] == [id(crop) for crop in crops]
    assert all(sum(crop.shape[1] for crop in strip) <= reading.STRIP_PX for strip in strips)


class _StandingLine:
    """A server that finds one upright line, and reads it surely only from the other side."""

    def __init__(self, sure_first: bool) -> None:
        self._readings = [("UP", 0.9), ("down", 0.4)] if sure_first else [("dn", 0.4), ("DOWN", 0.9)]

    async def infer(self, model: contracts.Model, inputs: contracts.Arrays, *, deadline_s: float) -> Reply:
        if model.name == "textdet":
            box = np.array([[[100, 20], [120, 20], [120, 140], [100, 140]]], np.float32)
            return Reply({"boxes": box, "scores": np.array([0.9], np.float32)}, 1, "a")
        assert len(inputs["widths"]) == 2
        texts, scores = zip(*self._readings, strict=True)
        return Reply({"texts": np.array(texts, np.object_), "scores": np.array(scores, np.float32)}, 1, "b")


@pytest.mark.parametrize(("sure_first", "text"), [(True, "UP"), (False, "DOWN")])
def test_an_upright_line_is_read_both_ways_and_the_surer_reading_counts(sure_first: bool, text: str) -> None:
    client: Any = _StandingLine(sure_first)

    (line,) = asyncio.run(reading.TritonTextReader(client).read(noise(960, 960)))

    assert (line.text, line.score) == (text, 0.9)


class _AwayAfterDetection(_StandingLine):
    """A server that is gone when the lines are to be read."""

    async def infer(self, model: contracts.Model, inputs: contracts.Arrays, *, deadline_s: float) -> Reply:
        if model.name == "textrec":
            raise ServiceUnavailableError("triton", "gone")
        return await super().infer(model, inputs, deadline_s=deadline_s)


def test_a_server_that_goes_away_while_lines_are_read_is_away_and_no_group_of_failures() -> None:
    client: Any = _AwayAfterDetection(sure_first=True)

    with pytest.raises(ServiceUnavailableError):
        asyncio.run(reading.TritonTextReader(client).read(noise(960, 960)))
