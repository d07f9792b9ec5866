"""Thresholds that are chosen so that the promise holds: the sequence, its refusals, and a trial by chance."""

import numpy as np
import pytest
from numpy.typing import NDArray

from processors import binomial, calibration, certificates, thresholds
from processors.calibration import Case, Point
from processors.certificates import Decider
from processors.errors import NotEnoughDataError, RiskTooHighError
from processors.regions import Region

ALPHA, DELTA = 0.01, 0.05


def region(risk: float, rule: str = "camera_stamp") -> Region:
    return Region(((0, 0), (9, 0), (9, 9), (0, 9)), "SALE", 0.9, "keep", risk, rule, "", "remove")


def case(number: int, risk: float | None, label: str = "overlay", **more: object) -> Case:
    parts: dict[str, object] = {
        "id": f"{number:064x}",
        "label": label,
        "source": "shop-1",
        "rendered": False,
        "kind": "camera-stamp",
        "language": "en",
        "background": "plain",
        "longer_px": 800,
        "regions": () if risk is None else (region(risk),),
        "editable": True,
        "false_edit": label in ("none", "printed"),
    }
    return Case(**{**parts, **more})  # type: ignore[arg-type]


def points(*rows: tuple[int, int]) -> list[Point]:
    return [Point(0.1 * number, n, errors, 0.0) for number, (n, errors) in enumerate(rows, start=1)]


def setup() -> calibration.Setup:
    decider = Decider("textdet", "a" * 64, "b" * 64, "openvino", "1.0", "f32")
    return calibration.Setup("2026-11-25T12:00:00+00:00", ("default",), "e1bd90f4b955", "", (decider,))


def catalog(edits: int = 700, false: int = 0, printed: int = 150, silent: int = 50) -> list[Case]:
    """Overlays at a low risk, some print as low as they, the rest of the print high, and pictures without text."""
    found = [case(number, 0.004, rendered=number % 2 == 0) for number in range(edits - false)]
    found += [case(10_000 + number, 0.004, "printed") for number in range(false)]
    found += [case(20_000 + number, 0.97, "printed") for number in range(printed)]
    return found + [case(30_000 + number, None, "none") for number in range(silent)]


# --------------------------------------------------------------------------------------------------- the sequence


def test_the_grid_leaves_no_picture_in_both_groups() -> None:
    assert max(calibration.RISK_GRID) < min(calibration.KEEP_GRID)
    assert list(calibration.RISK_GRID) == sorted(calibration.RISK_GRID)
    assert list(calibration.KEEP_GRID) == sorted(calibration.KEEP_GRID, reverse=True)


def test_the_last_point_that_passes_is_the_answer() -> None:
    assert calibration.fixed_sequence(points((700, 0), (900, 1), (1200, 2), (1300, 40)), ALPHA, DELTA).n == 1200


def test_nothing_behind_a_failure_is_looked_at() -> None:
    assert calibration.fixed_sequence(points((700, 0), (800, 12), (2000, 12)), ALPHA, DELTA).n == 700


def test_points_that_accept_too_few_are_skipped_whatever_their_errors_are() -> None:
    for errors in (0, 9):
        assert calibration.fixed_sequence(points((40, errors), (700, 1)), ALPHA, DELTA).n == 700


def test_the_sequence_starts_where_two_errors_would_pass_if_there_is_that_much() -> None:
    assert calibration.fixed_sequence(points((310, 1), (650, 1)), ALPHA, DELTA).n == 650
    assert calibration.fixed_sequence(points((100, 0), (400, 0)), ALPHA, DELTA).n == 400


def test_a_refusal_says_how_many_are_missing() -> None:
    with pytest.raises(NotEnoughDataError) as refusal:
        calibration.fixed_sequence(points((312, 1)), ALPHA, DELTA)
    assert str(refusal.value) == (
        "312 automatic edits with 1 false edit bound the risk by 1.51%; at 1 false edit 473 are needed: 161 more"
    )
    assert refusal.value.missing == 161


def test_a_refusal_of_little_data_counts_from_what_there_is() -> None:
    with pytest.raises(NotEnoughDataError, match=r"0 false edits bound the risk by 2\.95%.* 299 are needed: 199 more"):
        calibration.fixed_sequence(points((60, 0), (100, 0)), ALPHA, DELTA)
    with pytest.raises(NotEnoughDataError, match=r"0 automatic edits .* 299 are needed: 299 more"):
        calibration.fixed_sequence([], ALPHA, DELTA)


def test_a_refusal_about_pictures_left_alone_speaks_of_them() -> None:
    with pytest.raises(NotEnoughDataError, match=r"1 picture left alone with 0 missed overlays bound their share"):
        calibration.fixed_sequence(points((1, 0)), 0.05, DELTA, calibration.LEFT)


def test_a_risk_that_is_too_high_is_told_apart_from_little_data() -> None:
    with pytest.raises(RiskTooHighError, match=r"30 false edits among 700 automatic edits .*: 4\.29%, over 1\.00%"):
        calibration.fixed_sequence(points((700, 30)), ALPHA, DELTA)


def test_errors_among_few_can_be_enough_to_know() -> None:
    with pytest.raises(RiskTooHighError, match="9 false edits among 10 automatic edits"):
        calibration.fixed_sequence(points((10, 9)), ALPHA, DELTA)


def _trials(true: NDArray[np.float64], share: NDArray[np.float64], pictures: int, trials: int) -> tuple[int, int]:
    """How often a threshold was certified, and how often one whose true selective risk is above alpha.

    `true` is the probability of an error in each cell between neighbouring thresholds, `share` how many pictures fall
    into it.
    """
    chance = np.random.default_rng(4)
    selective = np.cumsum(share * true) / np.cumsum(share)
    certified = broken = 0
    for _ in range(trials):
        accepted = chance.multinomial(pictures, share)
        errors = chance.binomial(accepted, true)
        rows = [
            Point(edge, int(n), int(k), 0.0)
            for edge, n, k in zip(calibration.RISK_GRID, np.cumsum(accepted), np.cumsum(errors), strict=True)
        ]
        try:
            best = calibration.fixed_sequence(rows, ALPHA, DELTA)
        except (NotEnoughDataError, RiskTooHighError):
            continue
        certified += 1
        broken += bool(selective[calibration.RISK_GRID.index(best.threshold)] > ALPHA)
    return certified, broken


GRID = np.asarray(calibration.RISK_GRID)
EVEN = np.full(GRID.size, 1 / GRID.size)


@pytest.mark.parametrize(
    ("true", "pictures", "often"),
    [
        # A good risk: rare errors at first, more behind; the sequence goes far, and must stop in time.
        (np.where(GRID < 0.02, 0.001, 0.03), 3000, True),
        # Every threshold is a little too risky: each certificate is a broken promise.
        (np.full(GRID.size, 0.0101), 1500, False),
        # A bad calibration: the strictest thresholds are the worst, and they are skipped for their small counts.
        (np.where(GRID < 0.001, 0.2, 0.004), 1500, False),
    ],
)
def test_the_promise_is_kept_in_all_but_one_of_twenty_trials(
    true: NDArray[np.float64], pictures: int, *, often: bool
) -> None:
    trials = 1500
    certified, broken = _trials(true, EVEN, pictures, trials)
    assert not often or certified > trials / 2, "a promise that is never made is kept easily"
    assert binomial.lower_bound(broken, trials, 0.001) <= DELTA


# ------------------------------------------------------------------------------------------------- the certificate


def test_a_certificate_says_what_was_measured() -> None:
    cases = catalog(false=1)
    keep = calibration.fixed_sequence(calibration.keep_curve(cases, DELTA), 0.05, DELTA)
    made = calibration.make(cases, setup(), keep.threshold, {"mixed_without_lines": 3})
    assert (made.n, made.errors) == (700, 1)
    assert made.bound == binomial.upper_bound(1, 700, DELTA) <= made.alpha
    assert made.risk_max == max(calibration.RISK_GRID), "looser thresholds accept nothing else"
    assert (made.keep_min, made.left_alone.n, made.left_alone.missed) == (keep.threshold, 150, 0)
    assert made.left_alone.silent.n == 50
    assert (made.left_alone.overlays.n, made.left_alone.overlays.errors) == (699, 0)
    assert made.rendered.n + made.real.n == made.n
    assert made.rendered.errors == 0
    assert made.real.errors == 1
    assert made.left_out == {"mixed_without_lines": 3}
    assert len(made.not_covered) >= 5


def test_strata_have_their_own_bounds_and_rendered_ones_stand_apart() -> None:
    made = calibration.make(catalog(), setup(), 0.9, {})
    sizes = [one for one in made.strata if one.by == "size"]
    assert [(one.value, one.rendered, one.n) for one in sizes] == [
        ("500 to 999 px", False, 350),
        ("500 to 999 px", True, 350),
    ]
    for one in made.strata:
        assert one.bound == binomial.upper_bound(one.errors, one.n, DELTA)
        assert one.enough == (one.n >= 299)
    assert {one.by for one in made.strata} == {"kind", "rule", "language", "source", "background", "size"}


def test_the_curve_is_kept() -> None:
    made = calibration.make(catalog(false=2), setup(), 0.9, {})
    assert [point.threshold for point in made.curve] == list(calibration.RISK_GRID)
    assert [(point.n, point.errors) for point in made.curve[6:8]] == [(700, 2), (700, 2)]
    assert [point.n for point in made.curve[:6]] == [0] * 6


def test_a_picture_that_a_later_check_stops_is_no_edit() -> None:
    stopped = [case(40_000 + number, 0.004, "printed", editable=False) for number in range(99)]
    assert calibration.make([*catalog(), *stopped], setup(), 0.9, {}).errors == 0


def test_a_picture_whose_label_cannot_tell_counts_neither_way() -> None:
    unknown = [case(50_000 + number, 0.004, "mixed", false_edit=None) for number in range(99)]
    assert calibration.make([*catalog(), *unknown], setup(), 0.9, {}).n == 700


def test_a_missed_overlay_bounds_how_much_is_left_alone() -> None:
    missed = [case(60_000 + number, 0.7, "overlay") for number in range(40)]
    keep = calibration.fixed_sequence(calibration.keep_curve([*catalog(), *missed], DELTA), 0.05, DELTA)
    assert 0.7 < keep.threshold <= 0.97


def test_the_order_of_the_pictures_does_not_matter() -> None:
    cases = catalog()
    assert calibration.make(cases, setup(), 0.9, {}) == calibration.make(cases[::-1], setup(), 0.9, {})


@pytest.mark.parametrize(
    ("longer_px", "name"), [(0, "unknown"), (499, "below 500 px"), (500, "500 to 999 px"), (2000, "2000 px and more")]
)
def test_sizes_have_classes(longer_px: int, name: str) -> None:
    assert calibration.size_class(longer_px) == name


def test_what_is_deployed_is_what_was_counted() -> None:
    cases = catalog(false=1)
    made = calibration.make(cases, setup(), 0.9, {})
    edited = [one for one in cases if thresholds.fate(one.regions, made.risk_max, made.keep_min)[0] == "removed"]
    assert len(edited) == made.n
    assert certificates.decode(certificates.encode(made)) == made
