"""The maker's logo that stands before the lines of a camera stamp, and goes with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask, Pixels

#: largest difference in levels, 0..255, inside one colour of ink
_INK_LEVELS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of a stamp: its bounds (left, top, right, bottom; the latter two exclusive) and its colours.

    `ink` are n x 3 samples of its strokes, `ground` of what lies between them.
    """

    bounds: tuple[int, int, int, int]
    ink: NDArray[np.uint8]
    ground: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Ink:
    colour: NDArray[np.int16]
    #: lighter than what is around it
    light: bool


def add(mask: Mask, rgb: Pixels, stamp: Sequence[Line]) -> None:
    """Mask the logo before the lines of a stamp, as high as these together, if there is one.

    A stamp on a turned picture reads downwards or upwards: then the logo is looked for above, or else below.
    """
    inked = next((line for line in stamp if len(line.ink) and len(line.ground)), None)
    if inked is None:
        return
    colour = _median(inked.ink)
    ink = _Ink(colour, int(colour.sum()) > int(_median(inked.ground).sum()))
    bounds = np.asarray([line.bounds for line in stamp])
    if (bounds[:, 2] - bounds[:, 0]).sum() >= (bounds[:, 3] - bounds[:, 1]).sum():
        _left_of(mask, rgb, bounds, ink)
        return
    down = bounds[:, [1, 0, 3, 2]]
    if not _left_of(mask.T, rgb.transpose(1, 0, 2), down, ink):
        tall = mask.shape[0]
        up = np.column_stack((tall - down[:, 2], down[:, 1], tall - down[:, 0], down[:, 3]))
        _left_of(mask[::-1].T, rgb[::-1].transpose(1, 0, 2), up, ink)


def _left_of(mask: Mask, rgb: Pixels, bounds: NDArray[np.int64], ink: _Ink) -> bool:
    """Mask the place of the logo left of upright lines (left, top, right, bottom each), if the ink is found there.

    The logo's thin rings melt into the background, so with some of its ink in place the whole place is masked.
    """
    top, bottom = int(bounds[:, 1].min()), int(bounds[:, 3].max())
    high, line_high = bottom - top, float((bounds[:, 3] - bounds[:, 1]).mean())
    if not 1.5 * line_high <= high <= 4 * line_high:
        return False
    # Rows begin below each other, but a row may be read in parts, and its first part may hold half the logo.
    middles = (bounds[:, 1] + bounds[:, 3]) // 2
    rows = [(bounds[:, 1] <= middle) & (middle < bounds[:, 3]) for middle in middles]
    start = max(int(bounds[row, 0].min()) for row in rows)
    left, right = max(0, start - round(1.15 * high)), min(rgb.shape[1], start + high // 10)
    # Its broad strokes are purer in colour than the thin letters: further from the background is fine.
    offset = rgb[top:bottom, left:right].astype(np.int16) - ink.colour
    text = ((-offset if ink.light else offset).max(axis=2) <= _INK_LEVELS).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(text), connectivity=8)
    own = stats[:, cv2.CC_STAT_AREA] >= 4
    own[np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0])))] = False
    own[0] = False
    share = float(own[labels].mean()) if labels.size else 0.0
    found = 0.04 <= share <= 0.6
    if found:
        mask[top:bottom, left:right] = True
    return found


def _median(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the lower median of each channel of n x 3 samples, by counting: exact, and quick for many pixels."""
    counts = (np.bincount(pixels[:, channel], minlength=256).cumsum() for channel in range(pixels.shape[1]))
    return np.asarray([int(np.searchsorted(count, (count[-1] + 1) // 2)) for count in counts], dtype=np.int16)
