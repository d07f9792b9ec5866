"""A line of text as the stroke network is shown it, and the network's answer brought back to the picture.

The network was trained on lines at most `HEIGHT_MAX` pixels high, so taller ones are shown smaller. An overlay that
goes on beyond the window, a badge around a short line say, is looked at again from further away.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Pixels
from processors.regions import Polygon

#: left, top, right, bottom in pixels; right and bottom are exclusive
Box = tuple[int, int, int, int]
#: height x width, 0 or 1
_Binary = NDArray[np.uint8]

#: height of a line, in pixels, up to which it is shown as it is
HEIGHT_MAX = 64
#: pixels around a line that the network sees, at the network's own scale
CONTEXT = 40
#: answer, 0..255, from which a pixel counts as changed: what is missed shows more than what is filled for nothing
LIKELY_MIN = 100
#: how often an overlay that leaves the window is looked at from twice as far away
ZOOMS = 3


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the network is asked about one line."""

    #: the part of the picture that is shown
    window: Box
    #: the window in RGB, perhaps scaled down
    crop: Pixels
    #: the line's polygon in the crop
    box: _Binary
    #: the same in the window
    inside: _Binary
    #: pixels of the crop for one of the picture, 0..1
    scale: float
    #: whether the picture goes on beyond the window: to the left, above, to the right, below
    goes_on: tuple[bool, bool, bool, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """Strokes as the network found them."""

    #: the size of the view's window
    plane: _Binary
    #: they reach the border of the window where the picture goes on
    cut_off: bool
    #: intersection over union with the truth inside the line's box, 0..1, that the answer itself lets expect
    likely: float


def height_px(polygon: NDArray[np.floating]) -> float:
    """Return the shorter side of a line's polygon (4 x 2, x and y in pixels)."""
    return float(min(np.hypot(*(polygon[1] - polygon[0])), np.hypot(*(polygon[3] - polygon[0]))))


def view(rgb: Pixels, polygon: Polygon, zoom: int = 0) -> View:
    """Return what to show of `rgb` (h x w x 3) for a line; each `zoom` (0..ZOOMS) doubles the distance."""
    corners = np.asarray(polygon, dtype=np.float64)
    scale = min(1.0, HEIGHT_MAX / max(1.0, height_px(corners))) / 2**zoom
    reach = round(CONTEXT / scale)
    left, top = (max(0, int(value) - reach) for value in np.floor(corners.min(axis=0)))
    right = min(rgb.shape[1], int(np.ceil(corners[:, 0].max())) + reach)
    bottom = min(rgb.shape[0], int(np.ceil(corners[:, 1].max())) + reach)
    window = left, top, max(left, right), max(top, bottom)
    goes_on = left > 0, top > 0, right < rgb.shape[1], bottom < rgb.shape[0]
    crop = np.ascontiguousarray(rgb[window[1] : window[3], window[0] : window[2]])
    inside = np.zeros(crop.shape[:2], dtype=np.uint8)
    if inside.size:
        cv2.fillPoly(inside, [(corners - (left, top)).round().astype(np.int32)], 1)
    if scale == 1.0 or not inside.size:
        return View(window, crop, inside, inside, scale, goes_on)
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    smaller = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    box = (cv2.resize(inside * np.uint8(255), size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    return View(window, smaller, box, inside, scale, goes_on)


def letters(probability: NDArray[np.uint8], shown: View) -> Letters:
    """Read the answer (h x w of the view's crop, 0..255): of what it calls strokes, those that meet the line's box.

    Raises ValueError for an answer of another size.
    """
    if probability.shape != shown.crop.shape[:2]:
        raise ValueError(f"an answer of {probability.shape} for a crop of {shown.crop.shape}")
    if not probability.size:
        return nothing(shown)
    height, width = shown.inside.shape
    if shown.scale < 1.0:
        # Bytes, because linear resizing of floats differs between processors.
        probability = np.asarray(cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    likely = (probability >= LIKELY_MIN).astype(np.uint8)
    count, labels = cv2.connectedComponents(likely, connectivity=8)
    met = np.zeros(count, dtype=np.bool_)
    met[np.unique(labels[(shown.inside & likely) > 0])] = True
    met[0] = False
    plane = met[labels].astype(np.uint8)
    return Letters(plane, _cut_off(plane, shown), _likely(plane, probability, shown))


def _likely(plane: _Binary, probability: NDArray[np.uint8], shown: View) -> float:
    """Expected intersection over expected union, the probabilities being taken at their word."""
    inside = shown.inside > 0
    strokes, chances = plane[inside] > 0, probability[inside] / 255
    union = int(strokes.sum()) + float(chances[~strokes].sum())
    return float(chances[strokes].sum()) / union if union else 0.0


def solidity(plane: _Binary, shown: View) -> float:
    """Return the share of its convex hull, 0..1, that the part fills which covers most of the line's box."""
    count, labels = cv2.connectedComponents(plane, connectivity=8)
    covering = np.bincount(labels[shown.inside > 0], minlength=count)
    covering[0] = 0
    if not covering.any():
        return 0.0
    part = (labels == int(covering.argmax())).astype(np.uint8)
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    # A contour runs through the middles of the outermost pixels.
    return int(part.sum()) / (cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1)


def nothing(shown: View) -> Letters:
    """What was found where there was nothing to look at: a line beside the picture."""
    return Letters(np.zeros_like(shown.inside), cut_off=False, likely=0.0)


def _cut_off(plane: _Binary, shown: View) -> bool:
    """Whether the strokes touch a side of the window beyond which the picture goes on."""
    if not plane.size:
        return False
    sides = plane[:, 0], plane[0], plane[:, -1], plane[-1]
    return any(goes_on and bool(side.any()) for goes_on, side in zip(shown.goes_on, sides, strict=True))
