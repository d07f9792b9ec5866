"""What the models compute, without a network: boxes from a map, strings from chances, filled pixels."""

import hashlib
import importlib.metadata
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.kernels import contract, detection, filling, network, recognition

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
