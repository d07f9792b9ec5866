"""What the models compute, without a network: boxes from a map, strings from chances, filled pixels."""

import hashlib
import importlib.metadata
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.kernels import (
    contract,
    detection,
    filling,
    libraries,
    network,
    pixelwise,
    recognition,
    restoring,
    stroking,
)

Floats = NDArray[np.float32]


def probability(*rectangles: tuple[float, float, float, float, float], value: float = 0.9) -> Floats:
    """A map of 200 x 400 with rotated rectangles: centre x, y, width, height, degrees."""
    drawn = np.zeros((200, 400), np.float32)
    for x, y, width, height, angle in rectangles:
        corners = cv2.boxPoints(((x, y), (width, height), angle)).astype(np.int32)
        cv2.fillPoly(drawn, [corners], value)
    return drawn


def test_a_box_is_grown_back_by_the_ratio_that_the_network_was_taught() -> None:
    boxes, scores = detection.boxes_of(probability((200, 100, 120, 20, 0)))
    grow = 1.6 * 120 * 20 / (120 + 20) / 2
    assert boxes.shape == (1, 4, 2)
    assert (
        np.abs(
            boxes[0]
            - [[140 - grow, 90 - grow], [260 + grow, 90 - grow], [260 + grow, 110 + grow], [140 - grow, 110 + grow]]
        ).max()
        < 3
    )
    assert scores[0] == pytest.approx(0.9, abs=0.06)


def test_boxes_come_in_reading_order() -> None:
    boxes, _ = detection.boxes_of(
        probability((300, 32, 80, 14, 0), (100, 30, 80, 14, 0), (200, 150, 80, 14, 0), (200, 90, 80, 14, 0))
    )
    assert [tuple(box.mean(axis=0).round(-1)) for box in boxes] == [(100, 30), (300, 30), (200, 90), (200, 150)]


@pytest.mark.parametrize("angle", [-40, -10, 10, 40])
def test_corners_of_a_slanted_box_go_clockwise_from_the_top_left(angle: float) -> None:
    (box,), _ = detection.boxes_of(probability((200, 100, 120, 20, angle)))
    edges = np.roll(box, -1, axis=0) - box
    turns = np.cross(np.c_[edges, np.zeros(4)], np.c_[np.roll(edges, -1, axis=0), np.zeros(4)])[:, 2]
    assert (turns > 0).all()
    assert box[0, 0] < box[1, 0]
    assert box[0, 1] < box[3, 1]


def test_a_box_stays_inside_the_map() -> None:
    (box,), _ = detection.boxes_of(probability((5, 5, 60, 20, 0)))
    assert (box >= 0).all()
    assert (box <= [400, 200]).all()


def test_faint_and_tiny_spots_are_no_boxes() -> None:
    assert len(detection.boxes_of(probability((200, 100, 120, 20, 0), value=0.25))[0]) == 0
    assert len(detection.boxes_of(probability((200, 100, 120, 20, 0), value=0.4))[0]) == 0
    assert len(detection.boxes_of(probability((200, 100, 1, 1, 0)))[0]) == 0


def test_no_text_gives_empty_arrays_of_the_right_shape() -> None:
    boxes, scores = detection.boxes_of(np.zeros((64, 64), np.float32))
    assert boxes.shape == (0, 4, 2)
    assert scores.shape == (0,)
    assert boxes.dtype == scores.dtype == np.float32


class MapNetwork:
    """Answers with the first channel it gets; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Floats] = []

    def __call__(self, batch: Floats) -> Floats:
        self.asked.append(batch.copy())
        return batch[:, :1]

    def note(self, key: str) -> str:
        raise KeyError(key)


def test_the_detector_gives_the_network_blue_first_from_minus_one_to_one() -> None:
    seen = MapNetwork()
    rgb = np.zeros((32, 64, 3), np.uint8)
    rgb[:, :, 2] = 255
    detection.Detector(seen)(rgb)
    (batch,) = seen.asked
    assert batch.shape == (1, 3, 32, 64)
    assert batch.dtype == np.float32
    assert (batch[0, 0] == 1).all()
    assert (batch[0, 1:] == -1).all()


class SpellingNetwork:
    """Answers with fixed classes for each step, whatever it is asked."""

    def __init__(self, *classes: int) -> None:
        self.classes = classes
        self.widths: list[int] = []

    def __call__(self, batch: Floats) -> Floats:
        self.widths.append(batch.shape[3])
        chances = np.full((1, len(self.classes), 5), 0.01, np.float32)
        for step, index in enumerate(self.classes):
            chances[0, step, index] = 0.5 + 0.1 * step
        return chances

    def note(self, key: str) -> str:
        assert key == "character"
        return "a\nb\nc"


def read(spelling: SpellingNetwork, *widths: int) -> tuple[list[str], Floats]:
    strip = np.zeros((48, sum(widths), 3), np.uint8)
    return recognition.Recogniser(spelling)(strip, np.array(widths, np.int32))


def test_repeated_classes_are_one_letter_unless_a_blank_parts_them() -> None:
    assert read(SpellingNetwork(0, 1, 1, 0, 1, 2, 4, 3, 3), 100)[0] == ["aab c"]


def test_the_score_is_the_mean_chance_of_the_letters() -> None:
    _, scores = read(SpellingNetwork(0, 1, 1, 0, 2), 100)
    assert scores.tolist() == pytest.approx([(0.6 + 0.9) / 2])


def test_a_line_without_letters_is_empty_with_score_zero() -> None:
    texts, scores = read(SpellingNetwork(0, 0, 0), 100)
    assert (texts, scores.tolist()) == ([""], [0.0])


def test_each_line_is_read_at_its_own_padded_width() -> None:
    spelling = SpellingNetwork(1)
    read(spelling, 1, 64, 65, 320)
    assert spelling.widths == [64, 64, 96, 320]


@pytest.mark.parametrize("engine", ["telea", "ns"])
def test_filling_leaves_unmasked_pixels_alone(engine: str) -> None:
    crop = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    mask = np.zeros((40, 50), np.uint8)
    mask[10:20, 10:40] = 255
    filled = filling.fill(crop, mask, engine, 3)
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert not np.array_equal(filled[mask != 0], crop[mask != 0])


def config(**changed: str) -> str:
    version = importlib.metadata.version("numpy")
    parameters = {"engine": "numpy", "engine_version": version, "precision": "f32", "weights_sha256": ""} | changed
    return json.dumps({"parameters": {key: {"string_value": value} for key, value in parameters.items()}})


def test_another_engine_version_than_configured_does_not_serve() -> None:
    assert contract.read(config()).engine == "numpy"
    with pytest.raises(contract.ContractError, match=r"0\.0\.1 configured"):
        contract.read(config(engine_version="0.0.1"))


def test_other_weights_than_configured_do_not_serve(tmp_path: Path) -> None:
    weights = tmp_path / "weights.onnx"
    weights.write_bytes(b"net")
    assert contract.read_weights(weights, hashlib.sha256(b"net").hexdigest()) == b"net"
    with pytest.raises(contract.ContractError, match="configured"):
        contract.read_weights(weights, hashlib.sha256(b"another").hexdigest())


@pytest.mark.parametrize("changed", [{"precision": "bf16"}, {"engine": "guesswork"}])
def test_an_engine_or_precision_that_is_not_known_does_not_serve(changed: dict[str, str]) -> None:
    asked = {"engine": "openvino", "engine_version": "1", "precision": "f32", "weights_sha256": ""} | changed
    with pytest.raises(contract.ContractError, match="not supported"):
        network.open_network(b"", contract.Contract(**asked))


@pytest.mark.parametrize("stated", ["numpy 0.0.1", f"pillow {importlib.metadata.version('pillow')}, numpy 0.0.1"])
def test_another_library_than_configured_does_not_serve(stated: str) -> None:
    libraries.check(config(libraries=f"numpy {importlib.metadata.version('numpy')}"))
    with pytest.raises(contract.ContractError, match=r"0\.0\.1 configured"):
        libraries.check(config(libraries=stated))


@pytest.mark.parametrize("size", [(1, 1), (1024, 1024), (1025, 40), (40, 3000), (2000, 1800)])
def test_tiles_cover_every_pixel_once_and_none_is_large(size: tuple[int, int]) -> None:
    seen = np.zeros(size, np.uint8)
    for tile in pixelwise.tiles(*size):
        seen[tile.core] += 1
        window = np.empty(size, np.bool_)[tile.window]
        assert max(window.shape) <= pixelwise.SIDE_MAX_PX
        assert window[tile.inside].shape == seen[tile.core].shape
    assert (seen == 1).all()


def test_a_tile_sees_beyond_its_part_wherever_the_crop_goes_on() -> None:
    for tile in pixelwise.tiles(2000, 1800):
        for window, core, length in zip(tile.window, tile.core, (2000, 1800), strict=True):
            assert core.start - window.start == min(core.start, pixelwise.MARGIN_PX)
            assert window.stop - core.stop == min(length - core.stop, pixelwise.MARGIN_PX)


class Echo:
    """Answers with one of the planes that it is given, times a factor; keeps what it was asked."""

    def __init__(self, contract_kept: str, planes: slice = slice(0, 3), factor: float = 0.0) -> None:
        self.contract_kept = contract_kept
        self.planes = planes
        self.factor = np.float32(factor)
        self.asked: list[Floats] = []

    def __call__(self, batch: Floats) -> Floats:
        self.asked.append(batch.copy())
        return batch[:, self.planes] * self.factor

    def note(self, key: str) -> str:
        return {"cleanplate_contract": self.contract_kept}[key]


def photo(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def test_the_learned_engine_without_a_correction_is_the_first_fill() -> None:
    crop, mask = photo(40, 50), np.zeros((40, 50), np.uint8)
    mask[10:20, 10:40] = 1
    filled = restoring.Restorer(Echo(restoring.CONTRACT))(crop, mask)
    assert np.array_equal(filled, cv2.inpaint(crop, mask, 5, cv2.INPAINT_NS))


def test_the_network_sees_the_eight_planes_of_its_contract() -> None:
    crop, mask = photo(20, 35), np.zeros((20, 35), np.uint8)
    mask[8:13, 10:35] = 255
    seen = Echo(restoring.CONTRACT)
    restoring.Restorer(seen)(crop, mask)
    (batch,) = seen.asked
    assert (batch.shape, batch.dtype) == ((1, 8, 32, 48), np.float32)
    prefill = cv2.inpaint(crop, mask, 5, cv2.INPAINT_NS)
    inside = batch[0, :, :20, :35]
    assert np.allclose(inside[:3], prefill.transpose(2, 0, 1) / 255, atol=1e-6)
    assert np.allclose(inside[3:6], np.where(mask, 0, crop.transpose(2, 0, 1)) / 255, atol=1e-6)
    assert np.array_equal(inside[6], mask != 0)
    assert inside[7, 10, 20] == np.float32(3 / 32), "the third row of the hole"
    # To the right and below the edge goes on, without holes.
    assert np.array_equal(batch[0, :6, :20, 40], batch[0, :6, :20, 34])
    assert np.array_equal(batch[0, :6, 31, :35], batch[0, :6, 19, :35])
    assert not batch[0, 6:, :, 35:].any()
    assert not batch[0, 6:, 20:].any()


def test_the_correction_changes_masked_pixels_alone_and_stays_in_range() -> None:
    crop, mask = photo(40, 50), np.zeros((40, 50), np.uint8)
    mask[10:20, 10:40] = 255
    filled = restoring.Restorer(Echo(restoring.CONTRACT, factor=5.0))(crop, mask)
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert (filled[mask != 0] == 255).any()


def test_a_large_crop_is_filled_in_tiles_and_those_without_holes_are_left_out() -> None:
    crop, mask = photo(1100, 3000), np.zeros((1100, 3000), np.uint8)
    mask[500:520, 100:1700] = 255
    seen = Echo(restoring.CONTRACT)
    filled = restoring.Restorer(seen)(crop, mask)
    assert np.array_equal(filled, cv2.inpaint(crop, mask, 5, cv2.INPAINT_NS))
    assert [batch.shape[2:] for batch in seen.asked] == [(896, 896), (896, 1024), (896, 1024)]


def test_nothing_to_fill_asks_nothing() -> None:
    seen = Echo(restoring.CONTRACT)
    crop = photo(30, 40)
    assert np.array_equal(restoring.Restorer(seen)(crop, np.zeros((30, 40), np.uint8)), crop)
    assert not seen.asked


def test_the_stroke_network_sees_colours_and_the_box_and_answers_in_levels() -> None:
    crop, box = photo(20, 35), np.zeros((20, 35), np.uint8)
    box[5:15, 5:30] = 255
    seen = Echo(stroking.CONTRACT, slice(3, 4), 0.5)
    found = stroking.StrokeFinder(seen)(crop, box)
    (batch,) = seen.asked
    assert batch.shape == (1, 4, 32, 48)
    assert np.allclose(batch[0, :3, :20, :35], crop.transpose(2, 0, 1) / 255, atol=1e-6)
    assert not batch[0, 3, 20:].any()
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.where(box, 128, 0))


def test_strokes_of_a_large_crop_are_those_of_its_tiles() -> None:
    crop, box = photo(1300, 60), np.ones((1300, 60), np.uint8)
    found = stroking.StrokeFinder(Echo(stroking.CONTRACT, slice(0, 1), 1.0))(crop, box)
    assert np.array_equal(found, crop[..., 0])


@pytest.mark.parametrize("kernel", [restoring.Restorer, stroking.StrokeFinder])
def test_weights_of_another_contract_do_not_serve(kernel: type) -> None:
    with pytest.raises(contract.ContractError, match=r"keep something-else, .* is wanted"):
        kernel(Echo("something-else"))
    with pytest.raises(contract.ContractError, match="name no contract"):
        kernel(MapNetwork())
