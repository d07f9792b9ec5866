"""What judged edits say of a promise: exact bounds for one look, and a test that may look for ever."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import binomial, watching
from processors.watching import Promise

PROMISE = Promise(alpha=0.01, delta=0.05, n=299)
ALPHAS = st.floats(0.001, 0.25)
ANSWERS = st.lists(st.booleans(), max_size=700)


def simulated(risk: float, n: int, times: int, seed: int) -> list[int | None]:
    """When the evidence reached 1/delta, looking after every edit; None where it never did."""
    chance = np.random.default_rng(seed)
    found: list[int | None] = []
    for _ in range(times):
        reached = watching.evidence((chance.random(n) < risk).tolist(), PROMISE.alpha) >= 1 / PROMISE.delta
        found.append(int(np.argmax(reached)) + 1 if reached.any() else None)
    return found


def last(wrong: list[bool], alpha: float) -> float:
    return float(watching.evidence(wrong, alpha)[-1])


@pytest.mark.parametrize("risk", [PROMISE.alpha, PROMISE.alpha / 2])
def test_a_kept_promise_is_rarely_called_broken_however_often_one_looks(risk: float) -> None:
    alarms = [one for one in simulated(risk, 3000, 400, seed=7) if one is not None]
    assert len(alarms) / 400 <= PROMISE.delta


def test_looking_often_at_the_exact_bound_would_call_it_broken_far_too_often() -> None:
    """Why there is the other test."""
    chance = np.random.default_rng(7)
    alarms = 0
    for _ in range(100):
        errors = np.cumsum(chance.random(1000) < PROMISE.alpha)
        looks = ((int(errors[n - 1]), n) for n in range(20, 1001, 20))
        alarms += any(binomial.lower_bound(k, n, PROMISE.delta) > PROMISE.alpha for k, n in looks)
    assert alarms / 100 > 2 * PROMISE.delta


@pytest.mark.parametrize(("risk", "within"), [(0.03, 500), (0.05, 150), (0.2, 30)])
def test_a_broken_promise_is_found_soon(risk: float, within: int) -> None:
    found = simulated(risk, 4000, 100, seed=3)
    assert None not in found
    assert np.median([one for one in found if one]) < within


def test_a_good_past_does_not_hide_a_bad_present() -> None:
    chance = np.random.default_rng(5)
    good = (chance.random(5000) < 0.002).tolist()
    bad = (chance.random(2500) < 0.03).tolist()
    found = watching.find(good + bad, good + bad, PROMISE)
    assert found.crossing is not None
    assert found.crossing.n < 2500, "the run that spoke began after the good past"
    assert found.crossing.lower > PROMISE.alpha


@given(ANSWERS.filter(bool), ALPHAS, st.data())
def test_an_error_more_speaks_against_the_promise_and_never_for_it(
    wrong: list[bool], alpha: float, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(wrong) - 1))
    worse = [*wrong[:at], True, *wrong[at + 1 :]]
    assert last(worse, alpha) >= last(wrong, alpha)


@given(ANSWERS, ALPHAS)
def test_a_right_edit_more_speaks_for_the_promise(wrong: list[bool], alpha: float) -> None:
    before = last(wrong, alpha) if wrong else 1.0
    assert last([*wrong, False], alpha) <= before
    assert last([*wrong, True], alpha) >= before


@given(ANSWERS.filter(bool), ALPHAS, ALPHAS)
def test_a_larger_promise_is_harder_to_break(wrong: list[bool], one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert last(wrong, larger) <= last(wrong, smaller) * (1 + 1e-12)


@given(st.integers(1, 620), ALPHAS)
def test_on_average_the_evidence_is_one_while_the_risk_is_alpha(n: int, alpha: float) -> None:
    """After any run of right edits the next one is a fair game: so Ville's inequality holds."""
    run = [False] * n
    fair = alpha * last([*run, True], alpha) + (1 - alpha) * last([*run, False], alpha)
    assert fair == pytest.approx(last(run, alpha))


@given(ANSWERS.filter(bool))
def test_an_open_edit_never_speaks_against_the_promise(wrong: list[bool]) -> None:
    answered = watching.find(wrong, wrong, PROMISE)
    partly = watching.find(wrong, [None if number % 3 == 0 else one for number, one in enumerate(wrong)], PROMISE)
    assert partly.evidence <= answered.evidence


def test_errors_that_are_answered_first_make_no_false_alarm() -> None:
    drawn = [number % 100 == 0 for number in range(900)]
    quickest = [True if one else None for one in drawn]
    assert watching.find([True] * 9, [True] * 9, PROMISE).verdict == "crossed"
    assert watching.find([True] * 9, quickest, PROMISE).verdict == "suspicious"


def test_without_answers_nothing_is_known() -> None:
    found = watching.find([], [], PROMISE)
    assert (found.n, found.lower, found.upper, found.evidence) == (0, 0.0, 1.0, 1.0)
    assert (found.verdict, found.missing) == ("too few", 299)


@pytest.mark.parametrize(
    ("errors", "n", "verdict", "missing"),
    [
        (0, 298, "too few", 1),
        (0, 299, "fine", 0),
        (1, 150, "too few", 323),
        (1, 473, "fine", 0),
        (1, 5, "suspicious", 468),
        (1, 299, "suspicious", 174),
        (2, 300, "suspicious", 328),
    ],
)
def test_the_verdict_follows_from_the_counts(errors: int, n: int, verdict: str, missing: int) -> None:
    step = n // max(1, errors)
    wrong = [errors > 0 and number % step == step - 1 and number // step < errors for number in range(n)]
    found = watching.find(wrong, wrong, PROMISE)
    assert sum(wrong) == errors
    assert (found.verdict, found.missing, found.crossing) == (verdict, missing, None)


def test_a_crossing_names_what_was_seen_when_it_was_noticed() -> None:
    wrong = [number % 15 == 14 for number in range(300)]
    found = watching.find(wrong, wrong, PROMISE)
    assert found.verdict == "crossed"
    assert found.crossing is not None
    assert found.crossing.n < 300
    assert found.crossing.errors == found.crossing.n // 15
    assert found.crossing.evidence >= 20
    assert found.crossing.lower > PROMISE.alpha


def test_a_broken_promise_stays_broken_whatever_comes_after() -> None:
    bad = [True] * 12 + [False] * 200
    assert watching.find(bad, bad + [False] * 20_000, PROMISE).verdict == "crossed"
    assert watching.find([False] * 400, bad + [False] * 20_000, PROMISE).verdict == "crossed", "the window is another"


def test_the_bounds_are_those_of_clopper_and_pearson() -> None:
    wrong = [True] * 3 + [False] * 997
    found = watching.find(wrong, wrong, PROMISE)
    assert binomial.cdf(3, 1000, found.upper) == pytest.approx(0.05)
    assert 1 - binomial.cdf(2, 1000, found.lower) == pytest.approx(0.05)
    assert found.lower < 0.003 < found.upper


def test_evidence_beyond_all_numbers_is_still_a_number() -> None:
    assert np.isfinite(watching.evidence([True] * 5000, 0.001)).all()
