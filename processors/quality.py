"""How well an edit blends in, measured without knowing what was behind the overlay.

Every check is a row of METRICS: direction, unit, limit and why. Those with a function are measured on each piece of the
edit, and the worst piece counts, since that is the one that shoppers see; the others are told by whoever knows them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import pieces, predicted_error
from processors.masks import Crop
from processors.pictures import Mask, Pixels
from processors.pieces import Piece
from processors.predicted_error import ErrorModel, Predicted

_Floats = NDArray[np.float32]
_Found = TypeVar("_Found")

#: A piece with fewer masked pixels counts only where there is no larger one.
SMALL_PX = 100
#: So many pixels of a plane at least say something of it.
FEW_PX = 60
#: From this depth, in pixels, a fill shows whether it has texture.
DEEP_PX = 2.5
#: Surroundings with less fine structure than this, in levels, have no texture to lack.
TEXTURE_MIN = 12.0
#: Median of the size of a normal value, in standard deviations.
_MEDIAN_SIZE = 0.6745
#: Surroundings are plain where this share of them lies within so many Delta E 76 of a smooth shading.
PLAIN_SHARE, PLAIN_MAX = 0.8, 2.5
#: Pixels of the surroundings that a shading is laid through at most, evenly spread.
_SHADING_PIXELS = 2000
#: Side of a patch and step between patches, in pixels; a patch is of the fill where half of it is.
PATCH_PX, PATCH_STEP_PX, PATCH_FILLED = 8, 4, 0.5
#: Patches of the fill and of the surroundings that are compared at most, evenly spread.
PATCHES_MAX = 400


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of an edit; `limit` None means that it is only recorded, `function` None that a caller tells it."""

    name: str
    function: Callable[[Piece], float] | None
    unit: str
    lower_is_better: bool
    limit: float | None
    why: str

    def failed(self, value: float) -> bool:
        """Say whether the value is on the wrong side of the limit."""
        if self.limit is None:
            return False
        return value > self.limit if self.lower_is_better else value < self.limit


@dataclass(frozen=True, slots=True)
class Assessment:
    """The figures of an edit by name, and for each of its parts the error that is to be expected."""

    metrics: dict[str, float]
    errors: tuple[Predicted, ...]


# ---------------------------------------------------------------- checks of one piece


def seam(piece: Piece) -> float:
    """Steps across the mask's edge beyond those just outside of it, in levels."""
    return max(0.0, piece.step_across() - piece.step_in(piece.ring))


def colour_shift(piece: Piece) -> float:
    """Difference in colour between fill and surroundings within 17 pixels of its rim, as Delta E 76, mean over the rim.

    Both are means of colours: texture does not count, and a piece may lie on two grounds.
    """
    around, _, reached = piece.near
    apart = pieces.length(piece.near_filled - around)
    return _mean(apart[piece.rim[reached]])


def patch_mismatch(piece: Piece) -> float:
    """How unlike the fill's patches are to the likest patches around, in Delta E 76; nine in ten are less so.

    A patch is its mean colour and how much its lightness varies.
    """
    share, looks = _patches(piece)
    filled, around = looks[share >= PATCH_FILLED], looks[share == 0]
    if not len(filled) or not len(around):
        return 0.0
    filled, around = _thinned(filled), _thinned(around)
    # |a - b|² = |a|² - 2ab + |b|²
    apart = (filled**2).sum(axis=1)[:, np.newaxis] - 2 * filled @ around.T + (around**2).sum(axis=1)
    return float(np.quantile(np.sqrt(apart.min(axis=1).clip(0)), 0.9))


def texture_gap(piece: Piece) -> float:
    """How much the fill lacks of the fine structure of its surroundings, 0 (none) to 1 (all of it)."""
    deep = piece.depth > DEEP_PX
    around = _mean(piece.detail[piece.around])
    if np.count_nonzero(deep) < FEW_PX or around < TEXTURE_MIN:
        return 0.0
    return max(0.0, 1.0 - _mean(piece.detail[deep]) / around)


def noise_gap(piece: Piece) -> float:
    """Difference in noise between the fill's middle and its surroundings, as a standard deviation in levels."""
    inner, around = piece.grain[piece.middle], piece.grain[piece.around]
    if min(inner.size, around.size) < FEW_PX:
        return 0.0
    return abs(float(np.median(inner)) - float(np.median(around))) / _MEDIAN_SIZE


def background_gap(piece: Piece) -> float:
    """On plain surroundings, how far the fill strays from their shading, as Delta E 76, beyond what they do themselves.

    Of fill and surroundings 95 in 100 pixels stray less. 0 where the surroundings are not plain.
    """
    ring = piece.ring
    if np.count_nonzero(ring) < FEW_PX or not piece.area:
        return 0.0
    shading = _shading(ring, piece.lab)
    rest = pieces.length(piece.lab - shading)
    around = rest[ring]
    if np.quantile(around, PLAIN_SHARE) > PLAIN_MAX:
        return 0.0
    return max(0.0, float(np.quantile(rest[piece.mask], 0.95)) - float(np.quantile(around, 0.95)))


def unrest(piece: Piece) -> float:
    """Mean step between neighbouring pixels around the mask, in levels."""
    return piece.step_in(piece.ring)


#: A row per figure; adding one touches this place only. Limits are from rendered overlays (docs/experiments.md).
METRICS: tuple[Metric, ...] = (
    Metric("changed_share", None, "share", True, 0.2, "so large an edit makes another picture"),
    Metric("seam", seam, "levels", True, 8.0, "a visible edge along the mask; PSNR does not see it"),
    Metric("colour_shift", colour_shift, "Delta E 76", True, 10.0, "a fill in a colour that is not around it"),
    Metric("patch_mismatch", patch_mismatch, "Delta E 76", True, 12.0, "a patch like none around it"),
    Metric("texture_gap", texture_gap, "share", True, 0.85, "a smooth patch in texture"),
    Metric("noise_gap", noise_gap, "levels", True, 3.0, "a patch without the grain of its surroundings, or with more"),
    Metric("background_gap", background_gap, "Delta E 76", True, 3.0, "a blot on a plain or evenly shaded ground"),
    Metric("unrest", unrest, "levels", True, None, "busy surroundings hide a fill, and make it wrong"),
    Metric("residual_text", None, "share", True, 0.1, "text can still be found where it was removed"),
    Metric("predicted_error", None, "Delta E 76", True, 10.0, "the worst part is probably not what the overlay hid"),
    Metric("predicted_error_upper", None, "Delta E 76", True, None, "nine in ten such parts are less wrong"),
)

_MEASURED: Final = {metric.name: metric.function for metric in METRICS if metric.function is not None}


def assess(after: Pixels, mask: Mask, parts: Sequence[Crop], engines: Sequence[str], model: ErrorModel) -> Assessment:
    """Measure the parts of an edit, each filled by its engine; `after` is h x w x 3, only the parts are read.

    The whole picture's figures and the predicted errors are among the metrics. Raises ValueError where shapes differ.
    """
    if after.shape[:2] != mask.shape:
        raise ValueError(f"shapes differ: {after.shape}, mask {mask.shape}")
    readings: list[tuple[int, dict[str, float]]] = []
    errors: list[tuple[int, Predicted]] = []
    for part, engine in zip(parts, engines, strict=True):
        seen = []
        # One piece after the other: what was made to measure it is gone before the next is cut out.
        for piece in pieces.of(after, mask, part):
            readings.append((piece.area, {name: measure(piece) for name, measure in _MEASURED.items()}))
            seen.append((predicted_error.figures(piece), piece.area))
        errors.append((sum(area for _, area in seen), model.predict(seen, engine)))
    measured, predicted = _counting(readings), _counting(errors)
    return Assessment(
        {
            "changed_share": int(np.count_nonzero(mask)) / mask.size if mask.size else 0.0,
            **{name: max((one[name] for one in measured), default=0.0) for name in _MEASURED},
            "predicted_error": max((one.error for one in predicted), default=0.0),
            "predicted_error_upper": max((one.upper for one in predicted), default=0.0),
        },
        tuple(one for _, one in errors),
    )


def said(metrics: Mapping[str, float]) -> str:
    """The error of an edit's worst part as words; empty where none was predicted."""
    if "predicted_error" not in metrics:
        return ""
    error, upper = metrics["predicted_error"], metrics.get("predicted_error_upper", metrics["predicted_error"])
    return f"expected error {error:.1f}, up to {upper:.1f} Delta E"


def failed(metrics: Mapping[str, float]) -> list[str]:
    """Return the names of the metrics beyond their limits, in the order of the table."""
    return [metric.name for metric in METRICS if metric.name in metrics and metric.failed(metrics[metric.name])]


def _counting(found: Sequence[tuple[int, _Found]]) -> list[_Found]:
    """What was found of pieces large enough to say something, or of all where none is."""
    return [one for area, one in found if area >= SMALL_PX] or [one for _, one in found]


# ---------------------------------------------------------------- small parts


def _patches(piece: Piece) -> tuple[_Floats, _Floats]:
    """For patches all over the piece: the masked share, and L*, a*, b* and spread of L* (n x 4)."""
    lab, mask = piece.lab, piece.mask.astype(np.float32)
    # One plane of all, so that one pass averages them.
    planes = np.dstack((lab, lab[..., 0] * lab[..., 0], mask))
    means = np.asarray(cv2.boxFilter(planes, -1, (PATCH_PX, PATCH_PX), borderType=cv2.BORDER_REFLECT), np.float32)
    half = PATCH_PX // 2
    chosen = means[half : -half + 1 or None : PATCH_STEP_PX, half : -half + 1 or None : PATCH_STEP_PX].reshape(-1, 5)
    spread = np.sqrt((chosen[:, 3] - chosen[:, 0] ** 2).clip(0))
    # A sum of shares that are all 0 may come out as nearly 0.
    share = np.where(chosen[:, 4] < 0.5 / PATCH_PX**2, 0, chosen[:, 4])
    return share, np.column_stack((chosen[:, :3], spread))


def _thinned(rows: _Floats) -> _Floats:
    return rows[:: -(-len(rows) // PATCHES_MAX)]


def _shading(ring: Mask, lab: _Floats) -> _Floats:
    """L*a*b* of a smooth ground through the ring, by least squares (second degree), at every pixel."""
    rows, columns = np.nonzero(ring)
    every = -(-len(rows) // _SHADING_PIXELS)
    rows, columns = rows[::every], columns[::every]
    height, width = ring.shape
    terms, seen = _terms(rows / height, columns / width), lab[rows, columns]
    for _ in range(2):
        fit, *_ = np.linalg.lstsq(terms, seen, rcond=None)
        apart = pieces.length(seen - terms @ fit)
        # A corner of something else in the ring must not bend the ground.
        ground = apart <= np.quantile(apart, 0.9)
        terms, seen = terms[ground], seen[ground]
    y, x = np.mgrid[:height, :width]
    return np.asarray((_terms((y / height).ravel(), (x / width).ravel()) @ fit).reshape(lab.shape), np.float32)


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack((np.ones_like(x), x, y, x * x, x * y, y * y))


def _mean(values: _Floats) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else 0.0
