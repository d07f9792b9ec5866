"""Exact binomial bounds: what k errors among n tell of the probability of an error. No approximation, no tables.

Sources: C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934), for the bounds; the logarithm of a term by the logarithm of the gamma function, as usual.
"""

import math
from collections.abc import Callable

#: Halvings of an interval: after these it is as narrow as floating-point numbers allow.
_HALVINGS = 200
#: What a term must be of the sum to change it at all.
_NOTHING = 1e-18


def cdf(errors: int, n: int, probability: float) -> float:
    """P(Bin(n, probability) ≤ errors), 0..1.

    With `probability` = alpha this is the p-value of "the risk is above alpha": how likely so few errors, or fewer,
    would be if the risk were alpha.
    """
    if errors >= n or probability <= 0:
        return 1.0
    if errors < 0 or probability >= 1:
        return 0.0
    if errors > n * probability:
        return 1.0 - cdf(n - errors - 1, n, 1 - probability)
    odds = (1 - probability) / probability
    term = total = 1.0
    for k in range(errors, 0, -1):
        # Below the mean each term is smaller than the one before.
        term *= k * odds / (n - k + 1)
        total += term
        if term < total * _NOTHING:
            break
    return min(1.0, math.exp(_log_term(errors, n, probability)) * total)


def _log_term(errors: int, n: int, probability: float) -> float:
    """Logarithm of P(Bin(n, probability) = errors)."""
    choices = math.lgamma(n + 1) - math.lgamma(errors + 1) - math.lgamma(n - errors + 1)
    return choices + errors * math.log(probability) + (n - errors) * math.log1p(-probability)


def upper_bound(errors: int, n: int, delta: float) -> float:
    """The probability of an error that is exceeded with a chance of `delta` at most (one-sided Clopper-Pearson), 0..1.

    Without any trial nothing is known: 1.
    """
    if errors >= n:
        return 1.0
    # Of the two ends that enclose it the outer one: a bound may be too wide by a rounding, never too narrow.
    _, high = _root(lambda probability: cdf(errors, n, probability) > delta)
    return high


def lower_bound(errors: int, n: int, delta: float) -> float:
    """The same from below: the probability of an error that is undercut with a chance of `delta` at most, 0..1."""
    if errors <= 0:
        return 0.0
    low, _ = _root(lambda probability: 1.0 - cdf(errors - 1, n, probability) < delta)
    return low


def needed(errors: int, alpha: float, delta: float) -> int:
    """The least n at which so many errors still bound the probability by `alpha`, with confidence 1 - `delta`."""
    few, enough = errors, max(1, 2 * errors)
    while cdf(errors, enough, alpha) > delta:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if cdf(errors, middle, alpha) <= delta else (middle, enough)
    return enough


def _root(too_low: Callable[[float], bool]) -> tuple[float, float]:
    """Two neighbouring probabilities: the lower is too low, the higher is not."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if too_low(middle) else (low, middle)
    return low, high
