"""How far a fill probably is from what the overlay hid: Delta E 76, mean over the fill, and a bound for nine in ten.

Nobody knows what an overlay hid, but everybody knows what the same hole, moved to pixels beside it, would hide. So an
engine's error is measured on moved holes, and a linear model of logarithms learns to say it from what can be seen of a
fill and its ring (`python -m benchmarks.probing`, docs/predicted-error.md). The model is data (`error_model.json`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from processors import pieces
from processors.errors import PipelineError
from processors.pieces import Piece

#: Raise it when a figure below is measured differently.
VERSION: Final = 1
#: What is measured of a piece, in this order: levels, Delta E 76, pixels.
NAMES: Final = (
    *("seam_step", "ring_step", "inner_step", "ring_detail", "inner_detail"),
    *("ring_grain", "inner_grain", "grain_gap", "ring_spread", "inner_spread"),
    *("near_spread", "near_difference", "contrast_1", "contrast_4", "contrast_8"),
    *("colour_shift", "area", "stroke_mean", "stroke_max", "out_of_reach"),
)
#: The model for engines that have none of their own.
ANY: Final = "any"
#: Share of fills whose true error is to lie below the upper bound.
COVERAGE: Final = 0.9

#: The largest difference there is: between sRGB's green and blue.
ERROR_MAX: Final = 258.7

Figures = NDArray[np.float64]


class ErrorModelError(PipelineError):
    """A model of the error that can't be used; the message says why."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One engine's model: log1p(error) is linear in log1p of the figures, each kept within what training saw."""

    intercept: float
    weights: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    #: of the true error over the predicted one: COVERAGE of those left out of the training lie below
    upper_ratio: Annotated[float, Meta(ge=1)]
    #: fills that it was learned from
    samples: Annotated[int, Meta(ge=1)]


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """The model as it is written down."""

    version: int
    names: tuple[str, ...]
    engines: dict[str, Line]
    #: what it was trained on, for people
    trained_on: str


@dataclass(frozen=True, slots=True)
class Predicted:
    """A fill's error in Delta E 76: what is expected, and what nine in ten stay below."""

    error: float
    upper: float


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Ready to use. `digest`: SHA-256 of the file it came from."""

    digest: str
    engines: Mapping[str, Line]

    def predict(self, seen: Iterable[tuple[Figures, int]], engine: str) -> Predicted:
        """The error of a fill from the figures and the area of each of its pieces, of which there is one at least."""
        line = self.engines.get(engine) or self.engines[ANY]
        errors, areas = zip(*((_error(line, figures), area) for figures, area in seen), strict=True)
        error = float(np.average(errors, weights=areas))
        return Predicted(round(error, 3), round(min(ERROR_MAX, error * line.upper_ratio), 3))


def decode(data: bytes) -> ErrorModel:
    """Read a model. Raises ErrorModelError where it is none, or not for what this version measures."""
    try:
        found = msgspec.json.decode(data, type=Document)
    except msgspec.MsgspecError as problem:
        raise ErrorModelError(f"not a model of the error: {problem}") from problem
    if (found.version, found.names) != (VERSION, NAMES):
        raise ErrorModelError("the model was trained on other figures than this version measures")
    if ANY not in found.engines:
        raise ErrorModelError(f"the model has no line for {ANY} engine")
    for name, line in found.engines.items():
        if {len(line.weights), len(line.low), len(line.high)} != {len(NAMES)}:
            raise ErrorModelError(f"the line for {name} does not have {len(NAMES)} weights and bounds")
    return ErrorModel(hashlib.sha256(data).hexdigest(), found.engines)


def figures(piece: Piece) -> Figures:
    """What is measured of a piece: NAMES, none of them negative."""
    mask, ring, around, middle = piece.mask, piece.ring, piece.around, piece.middle
    mean, spread, reached = piece.near
    ring_grain = _median(piece.grain[around])
    inner_grain = _median(piece.grain[middle]) if middle.any() else ring_grain
    depths = piece.depth[mask]
    return np.asarray(
        (
            *(piece.step_across(), piece.step_in(ring), piece.step_in(mask)),
            *(_mean(piece.detail[around]), _mean(piece.detail[mask])),
            *(ring_grain, inner_grain, abs(ring_grain - inner_grain)),
            *(_spread(piece.lab[ring]), _spread(piece.lab[mask])),
            *(_mean(spread), _mean(pieces.length(piece.lab[reached] - mean))),
            *(piece.contrast(1), piece.contrast(4), piece.contrast(8)),
            colour_shift(piece),
            *(float(piece.area), _mean(depths), float(depths.max()) if depths.size else 0.0),
            1.0 - float(np.count_nonzero(reached)) / max(1, piece.area),
        )
    )


def colour_shift(piece: Piece) -> float:
    """Difference in mean colour between the fill's rim and the ring, as Delta E 76."""
    if not piece.ring.any() or not piece.rim.any():
        return 0.0
    apart = piece.lab[piece.rim].mean(axis=0) - piece.lab[piece.ring].mean(axis=0)
    return float(np.sqrt(np.square(apart).sum()))


def _error(line: Line, seen: Figures) -> float:
    bounded = np.log1p(seen).clip(line.low, line.high)
    log = line.intercept + float(bounded @ np.asarray(line.weights))
    return float(np.expm1(log).clip(0.0, ERROR_MAX))


def _spread(lab: NDArray[np.float32]) -> float:
    """Root of the summed variances of n x 3 colours, in Delta E 76."""
    return float(np.sqrt(lab.var(axis=0, dtype=np.float64).sum())) if len(lab) else 0.0


def _median(values: NDArray[np.float32]) -> float:
    return float(np.median(values)) if values.size else 0.0


def _mean(values: NDArray[np.float32]) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else 0.0
