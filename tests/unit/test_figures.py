"""Figures of an evaluation, on pictures judged by hand: what counts where, the curve, the pictures behind errors."""

import dataclasses
import itertools
from collections.abc import Sequence

import pytest

from processors import figures
from processors.figures import Judged
from processors.judging import TrueLine
from processors.regions import Polygon, Region, Verdict

BOX: Polygon = ((10.0, 10.0), (110.0, 10.0), (110.0, 40.0), (10.0, 40.0))
ELSEWHERE: Polygon = tuple((x + 300, y + 300) for x, y in BOX)


def region(
    risk: float = 0.01, verdict: Verdict = "remove", allowed: Verdict | None = "remove", at: Polygon = BOX
) -> Region:
    return Region(at, "SALE", 0.97, verdict, risk, "promotion", "it says so", allowed)


def judged(
    label: str,
    outcome: str,
    *regions: Region,
    file: str = "a.jpg",
    reason: str = "promotion",
    lines: Sequence[TrueLine] | None = None,
    **groups: str,
) -> Judged:
    return figures.judge(
        file=file,
        label=label,
        outcome=outcome,
        reason=reason,
        regions=regions,
        lines=lines,
        rendered=False,
        groups={"label": label, **groups},
    )


def counts(*pictures: Judged) -> dict[str, tuple[int, int]]:
    return {name: (share.k, share.n) for name, share in figures.shares(pictures).items()}


PICTURES = (
    *(judged("none", "kept") for _ in range(6)),
    judged("none", "review", region(0.3, "ask")),
    judged("printed", "cleaned", region()),
    judged("printed", "kept", region(0.95, "keep", "keep")),
    judged("overlay", "cleaned", region()),
    judged("overlay", "cleaned", region(0.02)),
    judged("overlay", "review", region(0.2, "ask")),
    judged("overlay", "kept"),
    judged("mixed", "cleaned", region()),
    judged("mixed", "refused"),
    judged("broken", "refused"),
    judged("broken", "failed"),
)


def test_each_figure_counts_the_pictures_that_it_is_about() -> None:
    assert counts(*PICTURES) == {
        "false_edit": (1, 9),
        "false_edit_printed": (1, 2),
        # The mixed picture was cleaned too, but whether rightly is not known.
        "selective_risk": (1, 3),
        "recall": (2, 4),
        "handled": (3, 4),
        "missed": (1, 4),
        "review_load": (1, 9),
        "review_overlay": (1, 4),
        "mixed_handled": (1, 2),
        "printed_removed": (0, 0),
        "false_refusal": (1, 15),
        "failed": (1, 17),
    }


def test_every_share_carries_its_exact_interval() -> None:
    share = figures.Share.of(0, 210)
    assert (share.rate, share.lo) == (0.0, 0.0)
    assert share.hi == pytest.approx(0.01741, abs=1e-5)
    share = figures.Share.of(11, 46)
    assert (share.lo, share.hi) == (pytest.approx(0.1259, abs=1e-4), pytest.approx(0.3877, abs=1e-4))


def test_nothing_counted_is_no_zero() -> None:
    assert figures.Share.of(0, 0) == figures.Share(0, 0, None, 0.0, 1.0)


def test_more_hits_than_tries_are_a_bug() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        figures.interval(3, 2)


def test_printed_lines_are_counted_where_lines_have_a_truth() -> None:
    lines = (TrueLine(BOX, "overlay"), TrueLine(ELSEWHERE, "printed"))
    right = judged("mixed", "cleaned", region(), lines=lines)
    wrong = judged("mixed", "cleaned", region(), region(at=ELSEWHERE), lines=lines)
    asked = judged("mixed", "review", region(at=ELSEWHERE, verdict="ask"), lines=lines)
    unknown = judged("mixed", "cleaned", region())
    found = counts(right, wrong, asked, unknown)
    assert found["printed_removed"] == (1, 3)
    assert found["selective_risk"] == (1, 2)
    report = figures.report((right, wrong, asked, unknown), ())
    assert (report.mixed_unknown, report.mixed_unknown_cleaned) == (1, 1)


def test_an_overlay_picture_whose_print_went_is_no_success() -> None:
    lines = (TrueLine(ELSEWHERE, "printed"),)
    found = counts(judged("overlay", "cleaned", region(at=ELSEWHERE), lines=lines))
    assert (found["recall"], found["selective_risk"]) == ((0, 1), (1, 1))


def test_groups_are_told_apart_by_their_column() -> None:
    pictures = (judged("overlay", "cleaned", region(), kind="promo"), judged("overlay", "kept", kind=""))
    groups = figures.report(pictures, ("kind",)).by["kind"]
    assert {value: (group.pictures, group.figures["recall"].k) for value, group in groups.items()} == {
        "": (1, 0),
        "promo": (1, 1),
    }
    assert groups["promo"].outcomes == {"cleaned": 1}


# ---------------------------------------------------------------- traffic


def test_the_review_load_of_a_traffic_is_the_mixture() -> None:
    report = figures.report(PICTURES, ())
    half = report.traffic[-1]
    assert half.overlays == 0.5
    assert half.review_load == pytest.approx(0.5 * 1 / 4 + 0.5 * 1 / 9)
    assert half.selective_risk == pytest.approx((1 / 9) / (1 / 9 + 2 / 4))
    for at in report.traffic:
        assert at.review_load is not None
        assert at.selective_risk is not None
        assert at.review_load_lo <= at.review_load <= at.review_load_hi
        assert at.selective_risk_lo <= at.selective_risk <= at.selective_risk_hi


def test_a_traffic_of_which_half_was_never_seen_is_not_known() -> None:
    (at, *_) = figures.report((judged("overlay", "kept"),), ()).traffic
    assert (at.review_load, at.selective_risk) == (None, None)
    assert (at.selective_risk_lo, at.selective_risk_hi) == (0.0, 1.0)


# ---------------------------------------------------------------- risk


@pytest.mark.parametrize(
    ("outcome", "reason", "regions", "risk"),
    [
        ("cleaned", "promotion", [region(0.01), region(0.04)], 0.04),
        ("cleaned", "promotion", [region(0.01), region(0.95, "keep", "keep")], 0.01),
        ("review", "promotion", [region(0.01), region(0.3, "ask")], 0.3),
        ("review", "watermark", [region(0.01), region(0.3, "ask", "ask")], None),
        ("review", "old_lines", [region(0.3, "ask", None)], None),
        ("review", "certificate_void", [region(0.02)], 0.02),
        ("review", "strokes_unclear", [region(0.02)], None),
        ("review", "arithmetic_coding", [], None),
        ("kept", "printed", [region(0.7, "keep")], None),
        ("refused", "corrupt", [], None),
    ],
)
def test_the_risk_of_a_picture_is_that_of_its_worst_line_unless_no_threshold_brings_it_through(
    outcome: str, reason: str, regions: list[Region], risk: float | None
) -> None:
    assert figures.risk_of(outcome, reason, regions) == risk


def test_the_curve_rises_with_the_risk_and_never_falls() -> None:
    pictures = [
        judged("overlay" if number % 3 else "printed", "review", region((number * 37 % 100) / 100, "ask"))
        for number in range(300)
    ]
    points = figures.curve([*pictures, judged("overlay", "kept"), judged("none", "kept")])
    assert [point.risk for point in points] == sorted({point.risk for point in points})
    for before, after in itertools.pairwise(points):
        assert before.recall.k <= after.recall.k
        assert before.false_edit.k <= after.false_edit.k
    assert (points[-1].recall.k, points[-1].recall.n) == (200, 201)
    assert (points[-1].false_edit.k, points[-1].false_edit.n) == (100, 101)
    assert (points[-1].selective_risk.k, points[-1].selective_risk.n) == (100, 300)


def test_a_long_curve_keeps_its_ends() -> None:
    pictures = [judged("overlay", "review", region(number / 1000, "ask")) for number in range(1000)]
    points = figures.curve(pictures)
    assert len(points) == figures.CURVE_POINTS
    assert (points[0].risk, points[-1].risk) == (0.0, 0.999)


def test_a_long_curve_is_exact_at_the_threshold() -> None:
    pictures = [judged("overlay", "review", region(number / 1000, "ask")) for number in range(1000)]
    for threshold, cleaned in ((0.2034, 204), (0.998, 999), (0.0, 1)):
        point = figures.point_at(figures.curve(pictures, threshold), threshold)
        assert point is not None
        assert point.recall.k == cleaned


def test_a_curve_knows_what_would_have_been_touched() -> None:
    lines = (TrueLine(BOX, "overlay"), TrueLine(ELSEWHERE, "printed"))
    asked = judged("mixed", "review", region(0.01), region(0.3, "ask", at=ELSEWHERE), lines=lines)
    (point,) = figures.curve([asked])
    assert (point.selective_risk.k, point.selective_risk.n) == (1, 1)
    assert asked.judgement.false_edit is False


def test_the_curve_meets_the_figures_at_the_threshold_that_was_used() -> None:
    point = figures.point_at(figures.curve(PICTURES), 0.02)
    found = figures.shares(PICTURES)
    assert point is not None
    assert (point.recall, point.false_edit) == (found["recall"], found["false_edit"])


def test_below_the_first_risk_nothing_is_edited() -> None:
    assert figures.point_at(figures.curve(PICTURES), 0.001) is None
    assert figures.curve([judged("none", "kept")]) == ()


# ---------------------------------------------------------------- errors


def test_every_picture_that_is_not_as_it_should_be_is_behind_one_kind_of_error() -> None:
    lines = (TrueLine(BOX, "printed"),)
    pictures = (*PICTURES, judged("mixed", "cleaned", region(), lines=lines))
    found = {kind: len(ones) for kind, ones in figures.errors(pictures).items()}
    assert found == {
        "false_edit": 1,
        "printed_removed": 1,
        "missed_overlay": 1,
        "overlay_asked": 1,
        "asked_for_nothing": 1,
        "unknown": 1,
        "not_served": 1,
    }


def test_the_worst_come_first() -> None:
    def order(kind: str, *pictures: Judged) -> str:
        return "".join(one.file for one in figures.errors(pictures)[kind])

    sure = judged("none", "cleaned", region(0.001), file="s")
    unsure = judged("printed", "cleaned", region(0.05), file="u")
    assert order("false_edit", unsure, sure) == "su"

    unseen = judged("overlay", "kept", file="n")
    seen = judged("overlay", "kept", region(0.9, "keep"), file="k")
    assert order("missed_overlay", seen, unseen) == "nk"

    never = judged("overlay", "review", region(0.2, "ask", "ask"), file="z")
    high = judged("overlay", "review", region(0.6, "ask"), file="h")
    low = judged("overlay", "review", region(0.2, "ask"), file="l")
    assert order("overlay_asked", low, high, never) == "zhl"

    lines = tuple(TrueLine(at, "printed") for at in (BOX, ELSEWHERE))
    one = judged("mixed", "cleaned", region(), lines=lines, file="o")
    two = judged("mixed", "cleaned", region(), region(at=ELSEWHERE), lines=lines, file="t")
    assert order("printed_removed", one, two) == "to"


def test_names_of_figures_and_errors_are_their_own() -> None:
    for rows in (figures.FIGURES, figures.ERRORS):
        names = [row.name for row in rows]  # type: ignore[attr-defined]
        assert len(names) == len(set(names))
    assert dataclasses.is_dataclass(figures.FIGURES[0])
