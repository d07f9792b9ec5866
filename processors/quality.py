"""How well an edit blends in, measured without knowing what was behind the overlay."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import masks
from processors.pictures import Mask, Pixels

_Sample = TypeVar("_Sample", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of an edit; `limit` None means that it is only recorded."""

    name: str
    function: Callable[[Sequence["Piece"], Mask], float]
    unit: str
    lower_is_better: bool
    limit: float | None
    why: str

    def failed(self, value: float) -> bool:
        """Say whether the value is on the wrong side of the limit."""
        if self.limit is None:
            return False
        return value > self.limit if self.lower_is_better else value < self.limit


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The surroundings of one part of the mask: before, after (h x w x 3) and the masked pixels."""

    before: Pixels
    after: Pixels
    mask: Mask

    def band(self, width_px: int) -> Mask:
        """Return the unmasked pixels up to `width_px` from the mask."""
        return np.asarray((_grown(self.mask, width_px) > 0) & ~self.mask)


def changed_share(pieces: Sequence[Piece], mask: Mask) -> float:
    """Masked share of the picture, 0..1."""
    return float(mask.mean()) if mask.size else 0.0


def seam(pieces: Sequence[Piece], mask: Mask) -> float:
    """Steps across the mask's edge beyond those just outside of it, in levels."""
    across, outside = [], []
    for piece in pieces:
        band = piece.band(4)
        for axis in (0, 1):
            steps, inner, outer = _steps(piece.after, axis), *_pairs(piece.mask, axis)
            near = _pairs(band, axis)
            across.append(steps[inner ^ outer])
            outside.append(steps[near[0] & near[1]])
    return max(0.0, _mean(across) - _mean(outside))


def colour_shift(pieces: Sequence[Piece], mask: Mask) -> float:
    """Difference in mean colour between the fill's rim and the surroundings, as Delta E 76, by masked area."""
    total, weight = 0.0, 0
    for piece in pieces:
        band = piece.band(4)
        rim = piece.mask & (_grown(~piece.mask, 3) > 0)
        if not band.any() or not rim.any():
            continue
        lab = _lab(piece.after)
        shift = float(np.sqrt(((lab[rim].mean(axis=0) - lab[band].mean(axis=0)) ** 2).sum()))
        area = int(piece.mask.sum())
        total, weight = total + shift * area, weight + area
    return total / weight if weight else 0.0


def texture_gap(pieces: Sequence[Piece], mask: Mask) -> float:
    """How much the fill lacks of the fine structure of its surroundings, 0 (none) to 1 (all of it)."""
    inside, outside = [], []
    for piece in pieces:
        detail = _detail(piece.after)
        core = ~(_grown(~piece.mask, 1) > 0)
        inside.append(detail[core])
        outside.append(detail[piece.band(8) & ~piece.band(2)])
    around = _mean(outside)
    return max(0.0, 1.0 - _mean(inside) / around) if around > 0 else 0.0


def unrest(pieces: Sequence[Piece], mask: Mask) -> float:
    """Mean step between neighbouring pixels around the mask, in levels, weighted by masked area."""
    total, weight = 0.0, 0
    for piece in pieces:
        band, area = piece.band(6), int(piece.mask.sum())
        steps = [_steps(piece.before, axis)[np.logical_and(*_pairs(band, axis))] for axis in (0, 1)]
        total, weight = total + _mean(steps) * area, weight + area
    return total / weight if weight else 0.0


#: A row per figure; adding one touches this place only. Limits are from rendered overlays (docs/experiments.md).
METRICS: tuple[Metric, ...] = (
    Metric("changed_share", changed_share, "share", True, 0.2, "so large an edit makes another picture"),
    Metric("seam", seam, "levels", True, 12.0, "a visible edge along the mask; PSNR does not see it"),
    Metric("colour_shift", colour_shift, "Delta E 76", True, 12.0, "a fill in a colour that is not around it"),
    Metric("unrest", unrest, "levels", True, None, "busy surroundings predict a wrong fill better than the fill does"),
    Metric("texture_gap", texture_gap, "share", True, None, "a smooth patch in texture; seen less in small edits"),
)


def assess(before: Pixels, after: Pixels, mask: Mask) -> dict[str, float]:
    """Return every metric of an edit, by name; `before` and `after` are h x w x 3, only the mask's parts are read."""
    pieces = [
        Piece(masks.cut(before, crop.window), masks.cut(after, crop.window), masks.cut(mask, crop.window))
        for crop in masks.crops(mask, context_share=0.1, context_min_px=16)
    ]
    return {metric.name: metric.function(pieces, mask) for metric in METRICS}


def failed(metrics: Mapping[str, float]) -> list[str]:
    """Return the names of the metrics beyond their limits, in the order of the table."""
    return [metric.name for metric in METRICS if metric.name in metrics and metric.failed(metrics[metric.name])]


def _grown(mask: Mask, radius: int) -> NDArray[np.uint8]:
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), dtype=np.uint8)


def _steps(pixels: Pixels, axis: int) -> NDArray[np.int16]:
    one, two = _pairs(pixels.astype(np.int16), axis)
    return np.asarray(np.abs(two - one).max(axis=2), dtype=np.int16)


def _pairs(array: NDArray[_Sample], axis: int) -> tuple[NDArray[_Sample], NDArray[_Sample]]:
    if axis == 0:
        return array[:-1], array[1:]
    return array[:, :-1], array[:, 1:]


def _mean(parts: Sequence[NDArray[np.generic]]) -> float:
    values = np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0)
    return float(values.mean()) if values.size else 0.0


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """Return CIE L*a*b* in its own units from 8-bit RGB."""
    scaled: NDArray[np.float32] = cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab).astype(np.float32)
    scaled -= np.asarray((0, 128, 128), dtype=np.float32)
    scaled *= np.asarray((100 / 255, 1, 1), dtype=np.float32)
    return scaled


def _detail(pixels: Pixels) -> NDArray[np.int16]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(np.abs(cv2.Laplacian(grey, cv2.CV_16S)), dtype=np.int16)
