"""A part of an edit with its surroundings, and what can be seen there without knowing what lay under the mask.

Outside the mask an edit changes nothing, so the picture after it is all there is to look at: the fill inside the mask,
and the ring of pixels around it. Each plane is made once, on first use. Figures of a piece cost what its window costs.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import masks
from processors.masks import Box, Crop
from processors.pictures import Mask, Pixels

_Sample = TypeVar("_Sample", bound=np.generic)
_Plane = NDArray[np.float32]

#: Pixels of surroundings that a piece is cut out with.
CONTEXT_PX = 16
#: Larger parts are cut up: bounds time and memory of one piece.
SIDE_MAX_PX = 512
#: Of a part whose pieces together have more pixels than this, as many pieces are looked at, evenly spread.
PIXELS_MAX = 4_000_000
#: How far the ring of surroundings reaches from the mask, and the rim of the fill from its edge, in pixels.
RING_PX, RIM_PX = 8, 3
#: Side of the window in which surroundings count as near a masked pixel.
NEAR_PX = 17
#: From this depth on a masked pixel is in the fill's own middle: its neighbours are all filled.
MIDDLE_PX = 1.5

_GRAIN = np.asarray([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6


class Piece:
    """A window of the picture after the edit (h x w x 3) and of the mask; all planes have the window's size."""

    def __init__(self, after: Pixels, mask: Mask) -> None:
        self.after = np.ascontiguousarray(after)
        self.mask = np.ascontiguousarray(mask)
        #: masked pixels
        self.area = int(np.count_nonzero(mask))

    # ---------------------------------------------------------------- which pixels

    @cached_property
    def depth(self) -> _Plane:
        """Distance of each masked pixel from the nearest unmasked one, in pixels; 0 outside."""
        return np.asarray(cv2.distanceTransform(self.mask.view(np.uint8), cv2.DIST_L2, 3), dtype=np.float32)

    @cached_property
    def middle(self) -> Mask:
        """Masked pixels all of whose neighbours are masked."""
        return np.asarray(self.depth > MIDDLE_PX)

    @cached_property
    def ring(self) -> Mask:
        """Unmasked pixels up to RING_PX from the mask."""
        return np.asarray(_grown(self.mask, RING_PX) & ~self.mask)

    @cached_property
    def around(self) -> Mask:
        """The ring without the pixels that touch the mask: a 3 x 3 filter at these sees nothing of the fill."""
        return np.asarray(self.ring & ~_grown(self.mask, 1))

    @cached_property
    def rim(self) -> Mask:
        """Masked pixels up to RIM_PX from the edge."""
        return np.asarray(self.mask & _grown(~self.mask, RIM_PX))

    # ---------------------------------------------------------------- what they show

    @cached_property
    def lab(self) -> _Plane:
        """h x w x 3 CIE L*a*b* in its own units."""
        return lab(self.after)

    @cached_property
    def detail(self) -> _Plane:
        """Fine structure: the size of the Laplacian of the luma, in levels."""
        return np.asarray(np.abs(cv2.Laplacian(self._luma, cv2.CV_32F)), dtype=np.float32)

    @cached_property
    def grain(self) -> _Plane:
        """What is left of the luma without all that is smooth, in levels (J. Immerkaer, CVIU 1996)."""
        return np.asarray(np.abs(cv2.filter2D(self._luma, cv2.CV_32F, _GRAIN)), dtype=np.float32)

    @cached_property
    def near(self) -> tuple[NDArray[np.float32], NDArray[np.float32], Mask]:
        """For the masked pixels with unmasked ones near: these ones' mean L*a*b* (n x 3), their spread in Delta E 76.

        And which masked pixels have any (of the window's size).
        """
        seen = (~self.mask).astype(np.float32)
        count = _near(seen)
        reached = self.mask & (count > 0.5 / NEAR_PX**2)
        weighted = self.lab * seen[..., np.newaxis]
        mean = _near(weighted)[reached] / count[reached][:, np.newaxis]
        square = _near(length(weighted) ** 2)[reached] / count[reached]
        return mean, np.sqrt(np.maximum(square - length(mean) ** 2, 0)), reached

    @cached_property
    def near_filled(self) -> NDArray[np.float32]:
        """For the same masked pixels as `near`: the mean L*a*b* of the masked ones near them (n x 3)."""
        reached = self.near[2]
        filled = self.mask.astype(np.float32)
        return _near(self.lab * filled[..., np.newaxis])[reached] / _near(filled)[reached][:, np.newaxis]

    @cached_property
    def _luma(self) -> NDArray[np.uint8]:
        return np.asarray(cv2.cvtColor(self.after, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    # ---------------------------------------------------------------- steps between pixels

    def step_across(self) -> float:
        """Mean step over the mask's edge, largest channel, in levels."""
        return _mean([steps[np.logical_xor(*_pairs(self.mask, axis))] for axis, steps in enumerate(self._steps)])

    def step_in(self, plane: Mask) -> float:
        """Mean step between neighbours that both lie in `plane`, largest channel, in levels."""
        return _mean([steps[np.logical_and(*_pairs(plane, axis))] for axis, steps in enumerate(self._steps)])

    def contrast(self, lag: int) -> float:
        """Mean Delta E 76 between a pixel of the ring and the unmasked one `lag` pixels on, right or below."""
        found = []
        for axis in (0, 1):
            one, two = _pairs(self.lab, axis, lag)
            chosen = _pairs(self.ring, axis, lag)[0] & ~_pairs(self.mask, axis, lag)[1]
            found.append(length(one[chosen] - two[chosen]))
        return _mean(found)

    @cached_property
    def _steps(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return _steps(self.after, 0), _steps(self.after, 1)


def lab(pixels: Pixels) -> NDArray[np.float32]:
    """CIE L*a*b* in its own units (h x w x 3) from 8-bit RGB."""
    scaled = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab), dtype=np.float32)
    scaled -= np.asarray((0, 128, 128), dtype=np.float32)
    scaled *= np.asarray((100 / 255, 1, 1), dtype=np.float32)
    return scaled


def length(differences: NDArray[np.float32]) -> NDArray[np.float32]:
    """Delta E 76 from differences of L*a*b* (… x 3)."""
    # Numpy sums three numbers at a time slowly.
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", differences, differences)), dtype=np.float32)


def of(after: Pixels, mask: Mask, crop: Crop) -> Iterator[Piece]:
    """The pieces of one part of an edit (h x w x 3, whole picture), one after the other, those with masked pixels."""
    boxes = _tiles(crop.core)
    total = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
    for box in boxes[:: max(1, ceil(total / PIXELS_MAX))]:
        if masks.cut(mask, box).any():
            around = masks.around(box, CONTEXT_PX, mask.shape)
            yield Piece(masks.cut(after, around), masks.cut(mask, around))


def _tiles(box: Box) -> list[Box]:
    left, top, right, bottom = box
    across, down = (max(1, ceil(side / SIDE_MAX_PX)) for side in (right - left, bottom - top))
    xs = [left + (right - left) * number // across for number in range(across + 1)]
    ys = [top + (bottom - top) * number // down for number in range(down + 1)]
    return [(x0, y0, x1, y1) for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)]


def _grown(mask: Mask, radius: int) -> Mask:
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), dtype=np.bool_)


def _near(plane: _Plane) -> _Plane:
    """Mean over the window around each pixel; beyond the plane there is nothing, 0."""
    return np.asarray(cv2.boxFilter(plane, -1, (NEAR_PX, NEAR_PX), borderType=cv2.BORDER_CONSTANT), dtype=np.float32)


def _steps(pixels: Pixels, axis: int) -> NDArray[np.uint8]:
    one, two = _pairs(pixels, axis)
    red, green, blue = cv2.split(cv2.absdiff(one, two))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


def _pairs(array: NDArray[_Sample], axis: int, lag: int = 1) -> tuple[NDArray[_Sample], NDArray[_Sample]]:
    if axis == 0:
        return array[:-lag], array[lag:]
    return array[:, :-lag], array[:, lag:]


def _mean(parts: Sequence[NDArray[np.generic]]) -> float:
    count = sum(part.size for part in parts)
    return sum(float(part.sum(dtype=np.float64)) for part in parts) / count if count else 0.0
