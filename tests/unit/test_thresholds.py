"""What becomes of lines and pictures under two thresholds."""

from hypothesis import given
from hypothesis import strategies as st

from processors import thresholds
from processors.regions import Region, Verdict
from processors.thresholds import Thresholds

VERDICTS = ("keep", "ask", "remove")
ORDER = {"kept": 0, "asked": 1, "removed": 2}
shares = st.floats(0, 1)
verdicts = st.sampled_from(VERDICTS)


def region(risk: float, allowed: Verdict | None = "remove", verdict: Verdict = "keep") -> Region:
    return Region(
        ((0, 0), (9, 0), (9, 9), (0, 9)), "SALE", 0.9, verdict, risk, "promotion", "words of promotion", allowed
    )


regions = st.lists(st.builds(region, shares, st.sampled_from((*VERDICTS, None)), verdicts), max_size=5)


def test_a_low_risk_goes_a_high_one_stays_and_between_them_is_asked() -> None:
    lines = [region(0.001), region(0.2), region(0.9)]
    assert [one.verdict for one in thresholds.apply(lines, Thresholds(0.01, 0.6))] == ["remove", "ask", "keep"]


def test_what_is_not_allowed_does_not_happen_at_any_risk() -> None:
    lines = [region(0.0, "keep"), region(0.0, "ask"), region(1.0, "ask")]
    assert [one.verdict for one in thresholds.apply(lines, Thresholds(0.3, 0.6))] == ["keep", "ask", "keep"]


def test_a_doubt_that_does_not_come_from_the_risk_stays() -> None:
    assert thresholds.verdict(region(1.0, None, "ask"), Thresholds(0.3, 0.6)) == "ask"


def test_one_line_in_doubt_asks_for_the_picture_and_the_risk_is_that_of_lines_that_go() -> None:
    lines = [region(0.001), region(0.01), region(0.9)]
    assert thresholds.fate(lines, 0.02, 0.6) == ("removed", 0.01)
    assert thresholds.fate(lines, 0.005, 0.6) == ("asked", 0.001)
    assert thresholds.fate([], 0.02, 0.6) == ("kept", None)


def test_a_lowered_verdict_says_why_and_another_keeps_its_words() -> None:
    asked, gone = thresholds.apply([region(0.2), region(0.001)], Thresholds(0.01, 0.6))
    assert asked.why == "words of promotion; risk 0.2 is above 0.01"
    assert gone.why == "words of promotion"


@given(regions, shares, shares, shares)
def test_a_looser_risk_never_asks_where_a_stricter_one_did_not(
    lines: list[Region], one: float, two: float, keep_min: float
) -> None:
    strict, loose = sorted((one, two))
    (before, risk), (after, _) = (thresholds.fate(lines, edge, keep_min) for edge in (strict, loose))
    if before == "removed":
        assert after == "removed"
        assert risk is not None
        assert risk <= strict
    assert (before == "kept") == (after == "kept") or before == "asked"


@given(regions, shares, shares, shares)
def test_a_lower_keep_min_leaves_no_less_alone(lines: list[Region], risk_max: float, one: float, two: float) -> None:
    low, high = sorted((one, two))
    for line in lines:
        strict = thresholds.verdict(line, Thresholds(risk_max, high))
        loose = thresholds.verdict(line, Thresholds(risk_max, low))
        assert VERDICTS.index(loose) <= VERDICTS.index(strict)


@given(regions, shares, shares)
def test_no_line_gets_more_than_is_allowed(lines: list[Region], risk_max: float, keep_min: float) -> None:
    for line in lines:
        said = thresholds.verdict(line, Thresholds(risk_max, keep_min))
        assert VERDICTS.index(said) <= VERDICTS.index(line.most)


@given(regions, shares, shares)
def test_the_fate_is_that_of_the_applied_verdicts(lines: list[Region], risk_max: float, keep_min: float) -> None:
    said = {one.verdict for one in thresholds.apply(lines, Thresholds(risk_max, keep_min))}
    fate = "asked" if "ask" in said else "removed" if "remove" in said else "kept"
    assert thresholds.fate(lines, risk_max, keep_min)[0] == fate


@given(st.lists(st.builds(region, shares, st.sampled_from(("remove", "ask", "keep"))), max_size=5))
def test_looking_alone_removes_nothing_and_asks_nothing(lines: list[Region]) -> None:
    assert thresholds.fate(lines, thresholds.LOOK_ONLY.risk_max, thresholds.LOOK_ONLY.keep_min)[0] == "kept"
