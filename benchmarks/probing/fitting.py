"""A ridge on logarithms for every engine, its upper bound, and how well it orders fills that it has not seen.

What is learned from are probes alone, which need no truth. The upper bound is laid where the truth is known, because
real edits are a little worse than probes: masks miss pixels, and the coding has smeared the overlay beyond them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.probing.samples import Sample
from processors.predicted_error import ANY, COVERAGE, NAMES, VERSION, Document, ErrorModel, Line

#: Weight of the penalty on standardised weights, in samples.
PENALTY = 3.0
#: These never lower the error: a fill in a colour that is not around must not look better for it.
RISING = frozenset(
    ("seam_step", "grain_gap", "near_difference", "contrast_1", "contrast_4", "contrast_8", "colour_shift")
)
#: Photographs are left out in so many parts for the upper bound.
FOLDS = 5
#: An upper bound is laid through so many fills at least; with fewer of known truth, through all engines' together.
BOUND_MIN = 50
#: Ends of what training saw that count as chance.
_ENDS = (0.002, 0.998)
#: Logarithm up to which RISING figures count, though no fill of an engine is so bad.
_FAULT_MAX = 6.0
#: Share of fills that a person might be asked about.
WORST = 0.2
_ROUNDS = 500
#: Below this error, in Delta E 76, no ratio is taken.
_ERROR_MIN = 0.1

_Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well errors were predicted; `worst_found`: of the worst WORST by truth, those among the worst predicted."""

    fills: int
    photos: int
    spearman: float
    worst_found: float
    #: share of true errors below the upper bound
    covered: float
    #: median of true over predicted, and of the size of the difference, in Delta E 76
    ratio: float
    apart: float


@dataclass(frozen=True, slots=True, eq=False)
class _Ridge:
    intercept: float
    weights: _Table
    low: _Table
    high: _Table

    def __call__(self, table: _Table) -> _Table:
        return np.asarray(self.intercept + table.clip(self.low, self.high) @ self.weights)


def learned(samples: Sequence[Sample], trained_on: str) -> bytes:
    """The model as its file holds it: weights from probes, bounds from fills of known truth, if there are any."""
    single = [one for one in samples if len(one.seen) == 1]
    anywhere = _line(single, None)
    engines = sorted({one.engine for one in single})
    lines = {name: _line([one for one in single if one.engine == name], anywhere) for name in engines}
    document = Document(VERSION, NAMES, {**lines, ANY: anywhere}, trained_on)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def judged(model: ErrorModel, samples: Sequence[Sample]) -> Judgement:
    """Compare what the model says with the truth."""
    truth = np.asarray([one.error for one in samples])
    told = [model.predict(((np.asarray(f), area) for f, area in one.seen), one.engine) for one in samples]
    errors, uppers = np.asarray([one.error for one in told]), np.asarray([one.upper for one in told])
    few = max(1, round(WORST * len(samples)))
    worst, feared = (set(np.argsort(-values, kind="stable")[:few].tolist()) for values in (truth, errors))
    return Judgement(
        fills=len(samples),
        photos=len({one.photo for one in samples}),
        spearman=round(float(np.corrcoef(ranks(truth), ranks(errors))[0, 1]), 3),
        worst_found=round(len(worst & feared) / few, 3),
        covered=round(float((truth <= uppers).mean()), 3),
        ratio=round(float(np.median(truth / np.maximum(errors, _ERROR_MIN))), 3),
        apart=round(float(np.median(np.abs(truth - errors))), 2),
    )


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks of the values, equal ones sharing their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


def _line(samples: Sequence[Sample], anywhere: Line | None) -> Line:
    probes, direct = ([one for one in samples if one.what == what] for what in ("probe", "direct"))
    ridge = _ridge(probes)
    enough = len(direct) >= BOUND_MIN
    return Line(
        intercept=round(ridge.intercept, 6),
        weights=_rounded(ridge.weights),
        low=_rounded(ridge.low),
        high=_rounded(ridge.high),
        upper_ratio=anywhere.upper_ratio if anywhere and not enough else _bound(probes, direct if enough else probes),
        samples=len(probes),
    )


def _rounded(values: _Table) -> tuple[float, ...]:
    return tuple(round(float(one), 6) for one in values)


def _table(samples: Iterable[Sample]) -> _Table:
    return np.log1p([one.seen[0][0] for one in samples])


def _ridge(samples: Sequence[Sample]) -> _Ridge:
    """Least squares with a penalty, weights of RISING not negative: coordinate by coordinate, which keeps both."""
    table, target = _table(samples), np.log1p([one.error for one in samples])
    low, high = np.quantile(table, _ENDS, axis=0)
    high[[name in RISING for name in NAMES]] = _FAULT_MAX
    bounded = table.clip(low, high)
    mean, scale = bounded.mean(axis=0), bounded.std(axis=0) + 1e-9
    standard = (bounded - mean) / scale
    squares = standard.T @ standard + PENALTY * np.eye(table.shape[1])
    wanted = standard.T @ (target - target.mean())
    weights = np.zeros(table.shape[1])
    least = [0.0 if name in RISING else -np.inf for name in NAMES]
    for _ in range(_ROUNDS):
        for column in range(len(weights)):
            rest = wanted[column] - squares[column] @ weights + squares[column, column] * weights[column]
            weights[column] = max(least[column], rest / squares[column, column])
    weights /= scale
    return _Ridge(float(target.mean() - weights @ mean), weights, low, high)


def _bound(probes: Sequence[Sample], of: Sequence[Sample]) -> float:
    """Split conformal: the quantile of true over predicted error among fills whose photograph was not learned from."""
    ratios: list[float] = []
    for left_out in range(FOLDS):
        rest, test = [one for one in probes if _fold(one) != left_out], [one for one in of if _fold(one) == left_out]
        if rest and test:
            told = np.expm1(_ridge(rest)(_table(test)))
            ratios += (np.asarray([one.error for one in test]) / np.maximum(told, _ERROR_MIN)).tolist()
    place = min(len(ratios), int(np.ceil(COVERAGE * (len(ratios) + 1)))) - 1
    return round(max(1.0, sorted(ratios)[place]), 4)


def _fold(sample: Sample) -> int:
    return crc32(sample.photo.encode()) % FOLDS
