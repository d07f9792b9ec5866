"""Text detection: a network's probability map turned into one box per line (differentiable binarisation)."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .network import Network

Floats = NDArray[np.float32]

#: Both sides of an input are multiples of this (the network halves five times).
STEP_PX = 32

# Thresholds as the model was released with; see rapidocr's config.yaml.
PROBABILITY_MIN = 0.3
BOX_SCORE_MIN = 0.5
UNCLIP_RATIO = 1.6
SIDE_MIN_PX = 3
CANDIDATES_MAX = 1000
LINE_STEP_PX = 10

_JOIN = np.ones((2, 2), np.uint8)


class Detector:
    """Finds lines of text in a picture."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, rgb: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return boxes (n x 4 x 2: x, y in pixels, clockwise from the top left) and their scores (n, 0..1).

        `rgb` is h x w x 3, both sides multiples of STEP_PX. Boxes come in reading order.
        """
        return boxes_of(self._network(_batch(rgb))[0, 0])


def _batch(rgb: NDArray[np.uint8]) -> Floats:
    """-1..1, channels first; the network was trained on OpenCV's channel order, blue first."""
    bgr = np.ascontiguousarray(rgb[:, :, ::-1].transpose(2, 0, 1), np.float32)
    bgr *= np.float32(2 / 255)
    bgr -= np.float32(1)
    return bgr[np.newaxis]


def boxes_of(probability: Floats) -> tuple[Floats, Floats]:
    """Return the boxes and scores in a map (h x w) of the probability that a pixel is text."""
    # The 2 x 2 dilation joins strokes that a line of one pixel separates.
    text = cv2.dilate((probability > PROBABILITY_MIN).astype(np.uint8), _JOIN)
    contours, _ = cv2.findContours(text, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = [_box(probability, np.asarray(contour, np.int32)) for contour in contours[:CANDIDATES_MAX]]
    kept = sorted((each for each in found if each is not None), key=lambda each: each[0][0, 1])
    boxes = np.array([box for box, _ in kept], np.float32).reshape(-1, 4, 2)
    scores = np.array([score for _, score in kept], np.float32)
    order = _reading_order(boxes)
    return boxes[order], scores[order]


def _box(probability: Floats, contour: NDArray[np.int32]) -> tuple[Floats, float] | None:
    centre, size, angle = cv2.minAreaRect(contour)
    if min(size) < SIDE_MIN_PX:
        return None
    score = _mean_inside(probability, _corners(centre, size, angle))
    if score < BOX_SCORE_MIN:
        return None
    # The network was taught shrunken lines: this grows the box back. A rectangle offset with round corners
    # has the rectangle grown by the offset as its smallest box, so no polygon arithmetic is needed.
    grow = UNCLIP_RATIO * size[0] * size[1] / (size[0] + size[1])
    grown = _corners(centre, (size[0] + grow, size[1] + grow), angle)
    height, width = probability.shape
    box = np.clip(_clockwise(grown), 0, [width, height]).astype(np.float32)
    sides = np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[0] - box[3])
    return (box, score) if min(sides) > SIDE_MIN_PX else None


def _corners(centre: Sequence[float], size: Sequence[float], angle: float) -> Floats:
    return np.asarray(cv2.boxPoints((centre, size, angle)), np.float32)


def _mean_inside(probability: Floats, corners: Floats) -> float:
    height, width = probability.shape
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0, [width - 1, height - 1])
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).clip(0, [width - 1, height - 1]) + 1
    inside = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(inside, [(corners - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(probability[top:bottom, left:right], inside)[0])


def _clockwise(corners: Floats) -> Floats:
    """Order four corners as top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _reading_order(boxes: Floats) -> NDArray[np.intp]:
    """Rows from top to bottom (boxes are sorted by their top), each from left to right."""
    rows = np.concatenate([[0], np.cumsum(np.diff(boxes[:, 0, 1]) >= LINE_STEP_PX)])[: len(boxes)]
    order: NDArray[np.intp] = np.lexsort((boxes[:, 0, 0], rows))
    return order
