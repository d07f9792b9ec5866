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
    """One part of the mask with its surroundings, before and after (h x w x 3), and which pixels are what."""

    before: Pixels
    after: Pixels
    mask: Mask
    #: unmasked pixels up to 4 px from the mask
    band: Mask
    #: masked pixels up to 3 px from the edge
    rim: Mask


def changed_share(pieces: Sequence[Piece], mask: Mask) -> float:
    """Masked share of the picture, 0..1."""
    return float(mask.mean()) if mask.size else 0.0


def seam(pieces: Sequence[Piece], mask: Mask) -> float:
    """Steps across the mask's edge beyond those just outside of it, in levels."""
    across, outside = [], []
    for piece in pieces:
        for axis in (0, 1):
            steps = _steps(piece.after, axis)
            across.append(steps[np.logical_xor(*_pairs(piece.mask, axis))])
            outside.append(steps[np.logical_and(*_pairs(piece.band, axis))])
    return max(0.0, _mean(across) - _mean(outside))


def colour_shift(pieces: Sequence[Piece], mask: Mask) -> float:
    """Difference in mean colour between the fill's rim and the surroundings, as Delta E 76, by masked area."""
    shifts, areas = [], []
    for piece in pieces:
        if piece.band.any():
            rim, band = _lab(piece.after[piece.rim]).mean(axis=0), _lab(piece.before[piece.band]).mean(axis=0)
            shifts.append(float(np.sqrt(((rim - band) ** 2).sum())))
            areas.append(int(piece.mask.sum()))
    return float(np.average(shifts, weights=areas)) if areas else 0.0


def unrest(pieces: Sequence[Piece], mask: Mask) -> float:
    """Mean step between neighbouring pixels around the mask, in levels."""
    bands = [_steps(p.before, axis)[np.logical_and(*_pairs(p.band, axis))] for p in pieces for axis in (0, 1)]
    return _mean(bands)


def texture_gap(pieces: Sequence[Piece], mask: Mask) -> float:
    """How much the fill lacks of the fine structure of its surroundings, 0 (none) to 1 (all of it)."""
    inside = _mean([_detail(piece.after)[piece.mask] for piece in pieces])
    around = _mean([_detail(piece.before)[piece.band] for piece in pieces])
    return max(0.0, 1.0 - inside / around) if around > 0 else 0.0


#: A row per figure; adding one touches this place only. Limits are from rendered overlays (docs/experiments.md).
METRICS: tuple[Metric, ...] = (
    Metric("changed_share", changed_share, "share", True, 0.2, "so large an edit makes another picture"),
    Metric("seam", seam, "levels", True, 8.0, "a visible edge along the mask; PSNR does not see it"),
    Metric("colour_shift", colour_shift, "Delta E 76", True, 9.0, "a fill in a colour that is not around it"),
    Metric("unrest", unrest, "levels", True, None, "busy surroundings predict a wrong fill better than the fill does"),
    Metric("texture_gap", texture_gap, "share", True, None, "a smooth patch in texture; seen less in small edits"),
)


def assess(before: Pixels, after: Pixels, mask: Mask) -> dict[str, float]:
    """Return every metric of an edit, by name; `before` and `after` are h x w x 3, only the mask's parts are read.

    Raises ValueError where shapes differ.
    """
    if before.shape != after.shape or before.shape[:2] != mask.shape:
        raise ValueError(f"shapes differ: {before.shape}, {after.shape}, mask {mask.shape}")
    windows = [crop.window for crop in masks.crops(mask, context_share=0.1, context_min_px=16)]
    pieces = [_piece(masks.cut(before, box), masks.cut(after, box), masks.cut(mask, box)) for box in windows]
    return {metric.name: metric.function(pieces, mask) for metric in METRICS}


def _piece(before: Pixels, after: Pixels, mask: Mask) -> Piece:
    return Piece(before, after, mask, np.asarray(_grown(mask, 4) & ~mask), np.asarray(mask & _grown(~mask, 3)))


def failed(metrics: Mapping[str, float]) -> list[str]:
    """Return the names of the metrics beyond their limits, in the order of the table."""
    return [metric.name for metric in METRICS if metric.name in metrics and metric.failed(metrics[metric.name])]


def _grown(mask: Mask, radius: int) -> Mask:
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), dtype=np.bool_)


def _steps(pixels: Pixels, axis: int) -> NDArray[np.uint8]:
    one, two = _pairs(pixels, axis)
    red, green, blue = cv2.split(cv2.absdiff(one, two))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


def _pairs(array: NDArray[_Sample], axis: int) -> tuple[NDArray[_Sample], NDArray[_Sample]]:
    if axis == 0:
        return array[:-1], array[1:]
    return array[:, :-1], array[:, 1:]


def _mean(parts: Sequence[NDArray[np.generic]]) -> float:
    values = np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0)
    return float(values.mean()) if values.size else 0.0


def _lab(samples: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return n x 3 CIE L*a*b* in its own units from n x 3 8-bit RGB."""
    scaled: NDArray[np.float32] = cv2.cvtColor(samples[np.newaxis], cv2.COLOR_RGB2Lab)[0].astype(np.float32)
    scaled -= np.asarray((0, 128, 128), dtype=np.float32)
    scaled *= np.asarray((100 / 255, 1, 1), dtype=np.float32)
    return scaled


def _detail(pixels: Pixels) -> NDArray[np.int16]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(np.abs(cv2.Laplacian(grey, cv2.CV_16S)), dtype=np.int16)
