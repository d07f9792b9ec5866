"""Whether a promise about automatic edits still holds, from those that people judged; may be looked at at any time.

An exact bound holds for one look. Who looks every day and acts on the worst one is wrong far more often than it says.
So the promise is called broken by a test whose error holds over all looks together (Ville's inequality): evidence that
is at most 1 on average while the risk is at most alpha, and thus reaches 1/delta with a chance of delta at most, ever.

Sources: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024); S.
Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from processors import binomial

Verdict = Literal["fine", "too few", "suspicious", "crossed"]

#: How many times worse the odds of an error may be than promised; the evidence is the mean over these bets.
ODDS = tuple(2.0 ** (step / 2) for step in range(1, 9))
#: The test starts anew after so many edits, so that a good past does not hide a bad present.
RESTART_EVERY = 300
#: Evidence is not told above e to this: it would be no number any more.
_LOG_MAX = 700.0


@dataclass(frozen=True, slots=True)
class Promise:
    """At most a share of `alpha` of automatic edits is false, with confidence 1 - `delta`, measured on `n` of them."""

    alpha: float
    delta: float
    n: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the evidence first reached 1/delta: the run of edits that spoke loudest, and the bound from below on it."""

    n: int
    errors: int
    lower: float
    evidence: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What the judged edits say of the risk. Bounds are one-sided and exact (Clopper-Pearson), each at 1 - delta."""

    n: int
    errors: int
    lower: float
    upper: float
    verdict: Verdict
    #: the greatest evidence that there ever was against the promise; void from 1/delta on
    evidence: float
    #: how many right answers more would make it fine, if all of them are right
    missing: int
    crossing: Crossing | None = None


def find(judged: Sequence[bool], drawn: Sequence[bool | None], promise: Promise) -> Finding:
    """Judge a promise.

    `judged` has the answers about recent edits, True where the edit was wrong: the bounds are theirs. `drawn` has all
    edits of the sample since the promise was made, in their order, None where nobody has answered yet: the evidence is
    theirs. An open one counts there as right, so that the order in which people answer cannot make a false alarm.
    """
    n, errors = len(judged), sum(judged)
    lower = binomial.lower_bound(errors, n, promise.delta)
    upper = binomial.upper_bound(errors, n, promise.delta)
    evidence, crossing = _watch(drawn, promise)
    return Finding(
        n=n,
        errors=errors,
        lower=lower,
        upper=upper,
        verdict="crossed" if crossing else _verdict(n, errors, upper, promise),
        evidence=evidence,
        missing=max(0, binomial.needed(errors, promise.alpha, promise.delta) - n),
        crossing=crossing,
    )


def _verdict(n: int, errors: int, upper: float, promise: Promise) -> Verdict:
    if upper <= promise.alpha:
        return "fine"
    if errors > n * promise.alpha or n >= promise.n:
        return "suspicious"
    return "too few"


def evidence(wrong: Sequence[bool], alpha: float) -> NDArray[np.float64]:
    """The evidence against "the risk is at most `alpha`" after each of these edits.

    A bet on odds r times those of alpha wins r for an error and pays 1 + alpha (r - 1) an edit: no game can be made of
    it while the risk is at most alpha, nor of a mean of such bets, nor of a mean of bets that begin at different times.
    Start j has the share 1/(j (j + 1)) of the stake; what has not begun yet is worth itself.
    """
    errors = np.asarray(wrong, dtype=np.float64)
    odds = np.asarray(ODDS)
    # gains[i]: logarithm of what each bet is worth after i edits
    gains = np.zeros((len(errors) + 1, len(odds)))
    np.cumsum(errors[:, np.newaxis] * np.log(odds) - np.log1p(alpha * (odds - 1)), axis=0, out=gains[1:])
    total = np.zeros(len(errors))
    for j, start in enumerate(range(0, len(errors), RESTART_EVERY), start=1):
        run = _worth(gains[start + 1 :] - gains[start])
        total[start:] += run / (j * (j + 1))
        total[start : start + RESTART_EVERY] += 1 / (j + 1)
    return total


def _worth(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
    worth: NDArray[np.float64] = np.exp(np.minimum(logarithms, _LOG_MAX)).mean(axis=-1)
    return worth


def _watch(drawn: Sequence[bool | None], promise: Promise) -> tuple[float, Crossing | None]:
    wrong = [bool(one) for one in drawn]
    found = evidence(wrong, promise.alpha)
    peak = float(found.max(initial=1.0))
    if peak < 1 / promise.delta:
        return peak, None
    end = int(np.argmax(found >= 1 / promise.delta)) + 1
    return peak, _loudest(wrong[:end], float(found[end - 1]), promise)


def _loudest(wrong: Sequence[bool], reached: float, promise: Promise) -> Crossing:
    """The run, from a start of the test to the end, that has the most part in the evidence."""
    odds = np.asarray(ODDS)

    def part(j_and_run: tuple[int, Sequence[bool]]) -> float:
        j, run = j_and_run
        gains = sum(run) * np.log(odds) - len(run) * np.log1p(promise.alpha * (odds - 1))
        return float(_worth(gains)) / (j * (j + 1))

    runs = [(j, wrong[start:]) for j, start in enumerate(range(0, len(wrong), RESTART_EVERY), start=1)]
    _, run = max(runs, key=part)
    return Crossing(len(run), sum(run), binomial.lower_bound(sum(run), len(run), promise.delta), reached)
