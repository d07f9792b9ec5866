"""How probable it is that removing a line would be wrong: a learned model over the features of lines and neighbours.

Two rounds of boosted trees. The first looks at each line by itself; the second at the line again and at what the first
said of its neighbours, since lines of one block share their fate. Then the probability is calibrated, monotone, by
three numbers (M. Kull, T. Silva Filho, P. Flach, "Beta calibration", AISTATS 2017). Trees were held monotone where it
must be so: words of promotion never raise a risk, slant and a label's words never lower it.

The model is data (`risk_model.json`, made by `python -m benchmarks.training`): evaluated here with numpy alone, so that
the worker needs no learning library and the same table gives the same risks everywhere.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from processors import features
from processors.errors import PipelineError
from processors.features import Seen, Table

#: What the second round sees of the first: log odds of an overlay, of the line and of the lines that count around it.
AROUND: Final = ("own", "mean", "highest", "lowest", "number", "near", "nearness")
#: What the second round sees of the line itself.
AGAIN: Final = (
    *("height", "skew_deg", "score", "box_score", "letters", "plain", "edge", "ring_background", "aspect", "corner"),
    *("says_label_print", "outside_product", "contrast", "lines", "height_share"),
)
_AGAIN: Final = [features.NAMES.index(name) for name in AGAIN]
#: Log odds, calibrated ones too, are bounded to plus and minus this: to probabilities of 1e-4 and 1 - 1e-4.
ODDS_MAX: Final = 9.21024
#: Lines closer than this many heights weigh more than e^-1 in `near`.
_REACH = 2.0

#: Of a stamp: share of the side within which it stands, and logarithm of its height as a share of the shorter side.
_STAMP_CORNER: Final = 0.15
_STAMP_HEIGHT: Final = -2.5

Risks = NDArray[np.float64]


class RiskModelError(PipelineError):
    """A risk model that can't be used; the message says why."""


class Trees(Struct, frozen=True, forbid_unknown_fields=True):
    """Complete binary trees of one depth: a line goes right where its feature is above the threshold."""

    depth: Annotated[int, Meta(ge=1, le=12)]
    #: trees x (2^depth - 1): column of the feature
    feature: tuple[tuple[int, ...], ...]
    #: trees x (2^depth - 1)
    threshold: tuple[tuple[float, ...], ...]
    #: trees x 2^depth: log odds
    leaf: tuple[tuple[float, ...], ...]


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """The model as it is written down."""

    #: `features.VERSION` and names of the columns that it was trained on
    features_version: int
    names: tuple[str, ...]
    alone: Trees
    together: Trees
    #: a, b, c of the beta calibration; a and b are not negative
    calibration: tuple[float, float, float]
    #: what it was trained on, for people
    trained_on: str


@dataclass(frozen=True, slots=True, eq=False)
class _Forest:
    """Trees as arrays."""

    depth: int
    feature: NDArray[np.intp]
    threshold: NDArray[np.float64]
    leaf: NDArray[np.float64]

    def __call__(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log odds of each row of a table."""
        trees = np.arange(len(self.leaf))
        node = np.zeros((len(table), len(trees)), dtype=np.intp)
        rows = np.arange(len(table))[:, np.newaxis]
        for _ in range(self.depth):
            right = table[rows, self.feature[trees, node]] > self.threshold[trees, node]
            node = 2 * node + 1 + right
        return np.asarray(self.leaf[trees, node - self.leaf.shape[1] + 1].sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class RiskModel:
    """Ready to use. `digest`: SHA-256 of the file it came from."""

    digest: str
    alone: _Forest
    together: _Forest
    calibration: tuple[float, float, float]

    def risks(self, seen: Seen) -> Risks:
        """For each line the probability, 1e-4 to 1 - 1e-4, that removing it would be wrong."""
        if not seen.lines:
            return np.zeros(0)
        table = seen.table.astype(np.float64)
        first = _bounded(self.alone(table))
        odds = _bounded(self.together(np.hstack([around(seen, first), table[:, _AGAIN]])))
        overlay = 1 / (1 + np.exp(-settled(seen, first, odds)))
        a, b, c = self.calibration
        return np.asarray(1 / (1 + np.exp(_bounded(a * np.log(overlay) - b * np.log1p(-overlay) + c))))


def decode(data: bytes) -> RiskModel:
    """Read a model. Raises RiskModelError where it is none, or not for the features of this version."""
    try:
        found = msgspec.json.decode(data, type=Document)
    except msgspec.MsgspecError as problem:
        raise RiskModelError(f"not a risk model: {problem}") from problem
    if (found.features_version, found.names) != (features.VERSION, features.NAMES):
        raise RiskModelError("the risk model was trained on other features than this version measures")
    if min(found.calibration[:2]) < 0:
        raise RiskModelError("the calibration of the risk model is not monotone")
    alone = _forest(found.alone, len(features.NAMES))
    return RiskModel(
        digest=hashlib.sha256(data).hexdigest(),
        alone=alone,
        together=_forest(found.together, len(AROUND) + len(AGAIN)),
        calibration=found.calibration,
    )


def settled(seen: Seen, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds out of both rounds: the second's, but a stamp owes nothing to print beside it and takes the higher.

    A camera stamps whatever is in the picture. A stamp: strongly so by its words, in a corner, small.
    """
    named = np.maximum(seen.column("says_camera_stamp"), seen.column("says_date_stamp")) == 2
    stamp = named & (seen.column("corner") <= _STAMP_CORNER) & (seen.column("height") <= _STAMP_HEIGHT)
    return np.where(stamp, np.maximum(first, second), second)


def around(seen: Seen, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """AROUND for each line: what the first round says of it and of the other lines that were read."""
    counted = np.array(
        [features.is_counted(line, box) for line, box in zip(seen.lines, seen.boxes, strict=True)], dtype=np.bool_
    )
    low = np.array([box.corners.min(axis=0) for box in seen.boxes])
    high = np.array([box.corners.max(axis=0) for box in seen.boxes])
    heights = np.array([box.height for box in seen.boxes])
    rows = []
    for index, own in enumerate(odds):
        others = counted.copy()
        others[index] = False
        said = odds[others]
        if not said.size:
            rows.append([own, own, own, own, 0.0, own, 0.0])
            continue
        apart = np.maximum(np.maximum(low[index] - high[others], low[others] - high[index]), 0)
        larger = np.maximum(heights[index], heights[others])
        alike = np.minimum(heights[index], heights[others]) / larger
        weights = np.exp(-np.hypot(*apart.T) / larger / _REACH) * alike
        total = float(weights.sum())
        near = float(weights @ said) / total if total > 0.05 else own
        rows.append([own, said.mean(), said.max(), said.min(), said.size, near, min(3.0, total)])
    return np.asarray(rows, dtype=np.float64)


def second_table(seen: Seen, odds: NDArray[np.float64]) -> Table:
    """What the second round is trained on: AROUND, then AGAIN."""
    return np.asarray(np.hstack([around(seen, odds), seen.table[:, _AGAIN]]), np.float32)


def _bounded(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(odds.clip(-ODDS_MAX, ODDS_MAX))


def _forest(trees: Trees, columns: int) -> _Forest:
    inner, leaves = 2**trees.depth - 1, 2**trees.depth
    sizes = {
        *((len(row), inner) for rows in (trees.feature, trees.threshold) for row in rows),
        *((len(row), leaves) for row in trees.leaf),
    }
    counts = {len(trees.feature), len(trees.threshold), len(trees.leaf)}
    if len(counts) > 1 or counts == {0} or any(size != wanted for size, wanted in sizes):
        raise RiskModelError(f"the trees of the risk model are not complete trees of depth {trees.depth}")
    feature = np.asarray(trees.feature, dtype=np.intp)
    if feature.min() < 0 or feature.max() >= columns:
        raise RiskModelError(f"the risk model asks for a feature that there is not among {columns}")
    return _Forest(
        trees.depth,
        feature,
        np.asarray(trees.threshold, dtype=np.float64),
        np.asarray(trees.leaf, dtype=np.float64),
    )
