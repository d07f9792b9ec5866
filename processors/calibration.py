"""Choosing the two thresholds so that what the certificate promises holds, and making the certificate.

Learn then Test with a fixed sequence: A. Angelopoulos, S. Bates, E. Candès, M. Jordan, L. Lei, "Learn then Test:
Calibrating Predictive Algorithms to Achieve Risk Control" (arXiv 2110.01052). The risk is a selective one, errors among
what is accepted, as in Y. Geifman, R. El-Yaniv, "Selective Classification for Deep Neural Networks" (2017), and its
test is the exact binomial one. docs/certificate.md has it in plain words.

The grid of thresholds is fixed here. Where in the grid the sequence starts depends on how many pictures each threshold
accepts, never on their labels. That is valid: take the pictures' risks as given; then everything but the labels is
fixed, the sequence too, and the labels are independent, each with a probability of its own. Their sum has a lower tail
no heavier than that of the binomial with the same mean, up to n * alpha - 1 errors (W. Hoeffding, "On the distribution
of the number of successes in independent trials", Annals of Mathematical Statistics 27, 1956), and with `delta` at most
1/4 the test passes nothing beyond. So the first threshold of the sequence whose risk is above alpha is passed with a
chance of `delta` at most, and none behind it is reached without it.

`keep_min` is chosen first, by pictures that are left alone; `risk_max` second, by pictures that are edited. As every
`keep_min` of the grid is above every `risk_max`, no picture is ever in both groups: the second choice is made by labels
that the first has not seen.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from processors import binomial, thresholds
from processors.certificates import Certificate, Count, DataSource, Decider, LeftAlone, Point, Stratum, sealed
from processors.errors import NotEnoughDataError, RiskTooHighError
from processors.regions import Region
from processors.thresholds import Thresholds

#: From strictest to loosest; the sequence goes this way.
RISK_GRID = (
    *(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02, 0.025, 0.03),
    *(0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3),
)
KEEP_GRID = (
    *(0.999, 0.995, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.92, 0.9, 0.88, 0.85, 0.82, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55),
    *(0.5, 0.45, 0.4),
)
#: The sequence starts where so many errors would still pass, if there is that much data: one error more or less among
#: the first few hundred must not end it at once.
ALLOWANCE = 2
#: Of the pictures that are left alone although text was found, the share that may bear an overlay.
KEEP_ALPHA = 0.05

# ------------------------------------------------------------------------------------------------------- the choices


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled picture and what the path says of it."""

    #: SHA-256 of its bytes
    id: str
    label: str
    source: str
    rendered: bool
    kind: str
    language: str
    background: str
    #: longer side in pixels; 0 where unknown
    longer_px: int
    regions: tuple[Region, ...]
    #: whether no later check (strokes, quality) stops its edit; False where nobody tried
    editable: bool = False
    #: whether its edit is a false one; None where its label can't tell
    false_edit: bool | None = None

    @property
    def has_overlay(self) -> bool:
        return self.label in ("overlay", "mixed")

    def is_left_alone(self, keep_min: float) -> bool:
        return thresholds.fate(self.regions, 0.0, keep_min)[0] == "kept"

    def is_edited(self, risk_max: float, keep_min: float) -> bool:
        return self.editable and thresholds.fate(self.regions, risk_max, keep_min)[0] == "removed"

    @property
    def is_silent(self) -> bool:
        """Whether it has no text whose fate the risk decides."""
        return all(region.most == "keep" for region in self.regions)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the texts call what is counted: one of it, and many."""

    thing: str
    things: str
    wrong: str
    share: str

    def counted(self, n: int) -> str:
        return f"{n} {self.thing if n == 1 else self.things}"

    def errors(self, number: int) -> str:
        return f"{number} {self.wrong}{'' if number == 1 else 's'}"


EDITS = Wording("automatic edit", "automatic edits", "false edit", "the risk")
LEFT = Wording("picture left alone", "pictures left alone", "missed overlay", "their share")


def keep_curve(cases: Sequence[Case], delta: float) -> tuple[Point, ...]:
    """Pictures that each `keep_min` of the grid leaves alone although text was found, and the overlays among them."""
    speaking = [case for case in cases if not case.is_silent]
    return curve(
        KEEP_GRID, lambda keep_min: [case.has_overlay for case in speaking if case.is_left_alone(keep_min)], delta
    )


def risk_curve(cases: Sequence[Case], keep_min: float, delta: float) -> tuple[Point, ...]:
    """Pictures that each `risk_max` of the grid edits, given `keep_min`, and the false edits among them."""

    def false(risk_max: float) -> list[bool]:
        return [bool(case.false_edit) for case in judged(cases, Thresholds(risk_max, keep_min))]

    return curve(RISK_GRID, false, delta)


def judged(cases: Iterable[Case], under: Thresholds) -> list[Case]:
    """The pictures that are edited under these thresholds and whose label can tell whether that is right."""
    return [case for case in cases if case.false_edit is not None and case.is_edited(under.risk_max, under.keep_min)]


def curve(grid: Sequence[float], errors: Callable[[float], Sequence[bool]], delta: float) -> tuple[Point, ...]:
    """What each threshold accepts and how often that is wrong, with its bound; in the grid's order."""
    found = []
    for threshold in grid:
        wrong = errors(threshold)
        found.append(Point(threshold, len(wrong), sum(wrong), binomial.upper_bound(sum(wrong), len(wrong), delta)))
    return tuple(found)


def fixed_sequence(points: Sequence[Point], alpha: float, delta: float, wording: Wording = EDITS) -> Point:
    """Go from the strictest point to looser ones while each is shown to be right; the last of these is the answer.

    Points come from strictest to loosest. Shown is: were the risk above `alpha`, so few errors would be seen with a
    chance of `delta` at most. Skipped at the beginning are points that accept too few; that looks at counts alone.

    Raises:
        NotEnoughDataError: too few are accepted, at every threshold or for the errors that were seen.
        RiskTooHighError: errors are more frequent than alpha at the first threshold that accepts enough.
    """
    least = binomial.needed(0, alpha, delta)
    largest = max((point.n for point in points), default=0)
    start_n = max(least, min(largest, binomial.needed(ALLOWANCE, alpha, delta)))
    sequence = [point for point in points if point.n >= start_n]
    if not sequence:
        raise _refusal(points[-1] if points else Point(0.0, 0, 0, 1.0), alpha, delta, wording)
    passed = None
    for point in sequence:
        if binomial.cdf(point.errors, point.n, alpha) > delta:
            break
        passed = point
    if passed is None:
        raise _refusal(sequence[0], alpha, delta, wording)
    return passed


def _refusal(point: Point, alpha: float, delta: float, wording: Wording) -> NotEnoughDataError | RiskTooHighError:
    """Why a point that had to pass does not: too few for its errors, or too many errors for any number of its kind."""
    enough = point.n >= binomial.needed(0, alpha, delta)
    surely = binomial.lower_bound(point.errors, point.n, delta) > alpha
    if surely or (enough and point.errors > alpha * point.n):
        return RiskTooHighError(
            f"{wording.errors(point.errors)} among {wording.counted(point.n)} at threshold {point.threshold:g}, the "
            f"first that was tried: {point.errors / point.n:.2%}, over {alpha:.2%}"
        )
    wanted = binomial.needed(point.errors, alpha, delta)
    bound = binomial.upper_bound(point.errors, point.n, delta)
    return NotEnoughDataError(
        f"{wording.counted(point.n)} with {wording.errors(point.errors)} bound {wording.share} by {bound:.2%}; at "
        f"{wording.errors(point.errors)} {wanted} are needed: {wanted - point.n} more",
        wanted - point.n,
    )


# ------------------------------------------------------------------------------------------------- making a certificate


@dataclass(frozen=True, slots=True)
class Setup:
    """What was measured, and what is to be promised of it."""

    made_at: str
    policies: tuple[str, ...]
    policy_version: str
    risk_model: str
    models: tuple[Decider, ...]
    alpha: float = 0.01
    delta: float = 0.05
    keep_alpha: float = KEEP_ALPHA


def make(cases: Sequence[Case], setup: Setup, keep_min: float, left_out: dict[str, int]) -> Certificate:
    """The certificate that these pictures bear out, with `keep_min` as chosen before their edits were tried.

    Raises:
        NotEnoughDataError: there are too few automatic edits.
        RiskTooHighError: too many of them are false.
    """
    points = risk_curve(cases, keep_min, setup.delta)
    best = fixed_sequence(points, setup.alpha, setup.delta)
    edits = judged(cases, Thresholds(best.threshold, keep_min))
    rendered = _count([case for case in edits if case.rendered], setup.delta)
    real = _count([case for case in edits if not case.rendered], setup.delta)
    left_alone = _left_alone(cases, keep_min, setup)
    strata = tuple(_strata(edits, setup))
    return sealed(
        Certificate(
            made_at=setup.made_at,
            policies=setup.policies,
            policy_version=setup.policy_version,
            risk_model=setup.risk_model,
            models=setup.models,
            alpha=setup.alpha,
            delta=setup.delta,
            risk_max=best.threshold,
            n=best.n,
            errors=best.errors,
            bound=best.bound,
            keep_min=keep_min,
            left_alone=left_alone,
            rendered=rendered,
            real=real,
            strata=strata,
            sources=tuple(_sources(cases, edits)),
            curve=points,
            pictures=len(cases),
            left_out=left_out,
            labels_sha256=labels_sha256(cases),
            not_covered=tuple(_not_covered(cases, setup, rendered, real, left_alone, strata)),
        )
    )


def labels_sha256(cases: Iterable[Case]) -> str:
    """Digest of which pictures were labelled, and how; the order does not matter."""
    lines = sorted(f"{case.id} {case.label}" for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def size_class(longer_px: int) -> str:
    """The picture's longer side as a class."""
    if longer_px <= 0:
        return "unknown"
    limits = ((500, "below 500 px"), (1000, "500 to 999 px"), (2000, "1000 to 1999 px"))
    return next((name for limit, name in limits if longer_px < limit), "2000 px and more")


def _count(edits: Sequence[Case], delta: float) -> Count:
    wrong = sum(bool(case.false_edit) for case in edits)
    return Count(len(edits), wrong, binomial.upper_bound(wrong, len(edits), delta))


def _overlays(cases: Sequence[Case], delta: float) -> Count:
    """Of these pictures, those that bear an overlay."""
    wrong = sum(case.has_overlay for case in cases)
    return Count(len(cases), wrong, binomial.upper_bound(wrong, len(cases), delta))


def _left_alone(cases: Sequence[Case], keep_min: float, setup: Setup) -> LeftAlone:
    alone = [case for case in cases if case.is_left_alone(keep_min)]
    heard = _overlays([case for case in alone if not case.is_silent], setup.delta)
    overlays = [case for case in cases if case.has_overlay]
    missed = sum(case.is_left_alone(keep_min) for case in overlays)
    return LeftAlone(
        alpha=setup.keep_alpha,
        delta=setup.delta,
        n=heard.n,
        missed=heard.errors,
        bound=heard.bound,
        silent=_overlays([case for case in alone if case.is_silent], setup.delta),
        overlays=Count(len(overlays), missed, binomial.upper_bound(missed, len(overlays), setup.delta)),
        curve=keep_curve(cases, setup.delta),
    )


def _rule(case: Case) -> str:
    """The rule of the riskiest line that may go."""
    going = [region for region in case.regions if region.most == "remove"]
    return max(going, key=lambda region: region.risk).rule if going else ""


_GROUPS: tuple[tuple[str, Callable[[Case], str]], ...] = (
    ("kind", lambda case: case.kind),
    ("rule", _rule),
    ("language", lambda case: case.language),
    ("source", lambda case: case.source),
    ("background", lambda case: case.background),
    ("size", lambda case: size_class(case.longer_px)),
)


def _strata(edits: Sequence[Case], setup: Setup) -> Iterable[Stratum]:
    least = binomial.needed(0, setup.alpha, setup.delta)
    for by, value_of in _GROUPS:
        groups: dict[tuple[bool, str], list[Case]] = {}
        for case in edits:
            groups.setdefault((case.rendered, value_of(case) or "unknown"), []).append(case)
        for (rendered, value), group in sorted(groups.items()):
            count = _count(group, setup.delta)
            yield Stratum(by, value, rendered, count.n, count.errors, count.bound, count.n >= least)


def _sources(cases: Sequence[Case], edits: Sequence[Case]) -> Iterable[DataSource]:
    pictures = Counter((case.rendered, case.source) for case in cases)
    edited = Counter((case.rendered, case.source) for case in edits)
    wrong = Counter((case.rendered, case.source) for case in edits if case.false_edit)
    for key in sorted(pictures):
        rendered, name = key
        yield DataSource(name or "unknown", rendered, pictures[key], edited[key], wrong[key])


def _not_covered(
    cases: Sequence[Case], setup: Setup, rendered: Count, real: Count, left_alone: LeftAlone, strata: Sequence[Stratum]
) -> Iterable[str]:
    least = binomial.needed(0, setup.alpha, setup.delta)
    yield (
        "The labelled pictures are no random sample of a shop's own: the bound holds where pictures come in like "
        "proportions, each judged by itself, and the labels are right."
    )
    yield (
        f"Real pictures alone bound the risk by {real.bound:.2%} ({real.errors} of {real.n} edits), rendered ones by "
        f"{rendered.bound:.2%} ({rendered.errors} of {rendered.n}); rendered pictures stand for real ones only as far "
        "as they resemble them."
    )
    small = sum(not one.enough for one in strata)
    yield (
        f"{small} of {len(strata)} strata have fewer than {least} edits and say nothing by themselves; bounds of "
        "strata hold one by one, not all at once."
    )
    if crowded := max(Counter(case.source for case in cases if not case.rendered).values(), default=0):
        yield (
            f"Pictures of one source resemble each other, and up to {crowded} come from one: the data is worth fewer "
            "independent pictures than its number says."
        )
    share = left_alone.overlays.n / len(cases) if cases else 0.0
    yield (
        f"The bound on missed overlays holds where overlays are as frequent as in the data ({share:.0%} of the "
        f"pictures). Of the {left_alone.silent.n} pictures in which nothing was found that could go at any risk, "
        f"{left_alone.silent.errors} bear one all the same."
    )
    yield (
        f"Measured under the policy {', '.join(setup.policies)} and the role main. Nothing is said of how good an edit "
        "looks: checks of its own see to that."
    )
    yield (
        f"Each of the two bounds holds with a confidence of {1 - setup.delta:.0%}; both at once with at least "
        f"{1 - 2 * setup.delta:.0%}."
    )
