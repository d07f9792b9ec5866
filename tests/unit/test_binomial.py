"""Exact bounds: known values, and what must hold for all."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import binomial

#: (alpha, delta) → errors → least n; from the table that the project's notes give, itself computed exactly.
PUBLISHED = {
    (0.01, 0.05): {0: 299, 1: 473, 2: 628, 3: 773, 5: 1049, 10: 1693},
    (0.01, 0.01): {0: 459, 1: 662, 2: 838, 3: 1001, 5: 1307},
    (0.02, 0.05): {0: 149, 1: 236, 2: 313, 3: 386},
    (0.005, 0.05): {0: 598, 1: 947, 2: 1258},
    (0.05, 0.05): {0: 59},
}
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
chances = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("alpha", "delta", "errors", "n"),
    [(*pair, errors, n) for pair, rows in PUBLISHED.items() for errors, n in rows.items()],
)
def test_the_least_number_is_the_published_one(alpha: float, delta: float, errors: int, n: int) -> None:
    assert binomial.needed(errors, alpha, delta) == n
    assert binomial.upper_bound(errors, n, delta) <= alpha < binomial.upper_bound(errors, n - 1, delta)


@given(counts, chances)
def test_the_distribution_agrees_with_fractions(count: tuple[int, int], chance: float) -> None:
    errors, n = count[0] % 40, min(count[1], 60)
    p = Fraction(chance)
    exact = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(min(errors, n) + 1))
    assert binomial.cdf(errors, n, chance) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


@given(counts, st.floats(0.001, 0.4))
def test_a_bound_grows_with_errors_and_shrinks_with_numbers(count: tuple[int, int], delta: float) -> None:
    errors, n = count
    bound = binomial.upper_bound(errors, n, delta)
    assert errors / n <= bound <= 1
    assert binomial.upper_bound(errors, n + 1, delta) <= bound + 1e-12
    if errors < n:
        assert bound <= binomial.upper_bound(errors + 1, n, delta) + 1e-12


@given(counts, st.floats(0.001, 0.4))
def test_the_bounds_are_those_of_the_test(count: tuple[int, int], delta: float) -> None:
    errors, n = count
    upper, lower = binomial.upper_bound(errors, n, delta), binomial.lower_bound(errors, n, delta)
    assert lower <= errors / n <= upper
    assert binomial.cdf(errors, n, min(1.0, upper + 1e-9)) <= delta + 1e-9 or upper == 1.0
    if errors:
        assert 1 - binomial.cdf(errors - 1, n, max(0.0, lower - 1e-9)) <= delta + 1e-6


@given(st.integers(0, 20), st.floats(0.005, 0.2), st.floats(0.01, 0.25))
def test_the_least_number_is_enough_and_one_less_is_not(errors: int, alpha: float, delta: float) -> None:
    n = binomial.needed(errors, alpha, delta)
    assert binomial.cdf(errors, n, alpha) <= delta < binomial.cdf(errors, n - 1, alpha)


def test_without_trials_nothing_is_known() -> None:
    assert binomial.upper_bound(0, 0, 0.05) == 1.0
    assert binomial.lower_bound(0, 0, 0.05) == 0.0


def test_large_numbers_stay_exact() -> None:
    assert binomial.upper_bound(0, 1_000_000, 0.05) == pytest.approx(-math.log(0.05) / 1_000_000, rel=1e-5)
