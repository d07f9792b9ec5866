"""A clock is judged by what its answer and ours do not share."""

import pytest

from streams import doctor


@pytest.mark.parametrize(
    ("theirs_s", "level", "found"),
    [
        ((100.0, 100.0), "ok", "agrees with ours"),
        ((95.1, 95.1), "ok", "agrees with ours within 4.9 s"),
        ((94.0, 95.1), "ok", "agrees with ours within 4.9 s"),
        ((90.0, 90.0), "warn", "10 s behind ours"),
        ((120.0, 120.0), "warn", "18 s ahead of ours"),
        ((-300.0, -299.0), "fail", "399 s behind ours"),
        ((3702.0, 3703.0), "fail", "3600 s ahead of ours"),
    ],
)
def test_a_clock_that_differs_is_told_by_how_much(theirs_s: tuple[float, float], level: str, found: str) -> None:
    finding = doctor.clock_finding("clock", *theirs_s, before_s=100.0, after_s=102.0)
    assert (finding.level, finding.found) == (level, found)
    assert bool(finding.advice) == (level != "ok")


def test_a_slow_answer_is_no_difference() -> None:
    assert doctor.clock_finding("clock", 100.0, 101.0, before_s=90.0, after_s=130.0).level == "ok"
