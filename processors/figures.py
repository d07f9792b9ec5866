"""Figures of an evaluation: what was decided about labelled pictures, against their labels.

Every share has its exact 95 % interval. Real and rendered pictures are never counted together: `report` is called for
each of them.
"""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from processors import binomial, judging
from processors.judging import Judgement, TrueLine
from processors.regions import Region

#: Shares of all traffic that overlays are assumed to be, where a figure depends on it.
TRAFFICS = (0.05, 0.2, 0.5)
#: Points of a curve at most.
CURVE_POINTS = 80

#: Labels of pictures that nothing may be removed from.
_CLEAN = ("none", "printed")
_GOOD = ("none", "printed", "overlay", "mixed")
#: Reason of an edit that was asked about because no certificate is in force; its lines' risk is as good as ever.
WANT_OF_TRUST = "certificate_void"


@dataclass(frozen=True, slots=True)
class Share:
    """`k` of `n`, with its exact two-sided 95 % interval; `rate` is None where `n` is 0."""

    k: int
    n: int
    rate: float | None
    lo: float
    hi: float

    @classmethod
    def of(cls, k: int, n: int) -> "Share":
        return cls(k, n, k / n if n else None, *interval(k, n))


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled picture and what became of it."""

    file: str
    label: str
    #: kept, cleaned, review, refused or failed
    outcome: str
    rendered: bool
    #: risk of editing this picture without a person, 0..1; None where there is nothing to remove or it was held back
    risk: float | None
    judgement: Judgement
    #: the same, had every line in doubt been removed
    if_edited: Judgement
    #: printed lines in the picture; None where lines have no truth
    printed_lines: int | None
    #: lines of text that were found in it
    found: int
    #: value of each column that pictures are told apart by
    groups: Mapping[str, str] = field(default_factory=dict)


#: (hits, tries) of one picture; None where a figure is not about it
Count = Callable[[Judged], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the report: of which pictures, and which of these count."""

    name: str
    title: str
    meaning: str
    count: Count
    lower_is_better: bool = True


def _pictures(among: Callable[[Judged], bool], hit: Callable[[Judged], bool]) -> Count:
    return lambda one: (int(hit(one)), 1) if among(one) else None


def _printed_lines(one: Judged) -> tuple[int, int] | None:
    if one.label != "mixed" or one.judgement.printed_touched is None or not one.printed_lines:
        return None
    return one.judgement.printed_touched, one.printed_lines


def _is_clean(one: Judged) -> bool:
    return one.label in _CLEAN


def _is_overlay(one: Judged) -> bool:
    return one.label == "overlay"


FIGURES: tuple[Figure, ...] = (
    Figure(
        "false_edit",
        "False edits",
        "pictures without any overlay (none, printed) that were edited",
        _pictures(_is_clean, lambda one: one.judgement.false_edit is True),
    ),
    Figure(
        "false_edit_printed",
        "… per printed picture",
        "the same of printed pictures alone: pictures without text are easy",
        _pictures(lambda one: one.label == "printed", lambda one: one.judgement.false_edit is True),
    ),
    Figure(
        "selective_risk",
        "Selective risk",
        "false ones among all pictures edited without a person",
        _pictures(
            lambda one: one.label in _GOOD and one.outcome == "cleaned" and one.judgement.false_edit is not None,
            lambda one: one.judgement.false_edit is True,
        ),
    ),
    Figure(
        "recall",
        "Cleaned without a person",
        "overlay pictures edited automatically, and not falsely",
        _pictures(_is_overlay, lambda one: one.outcome == "cleaned" and not one.judgement.false_edit),
        lower_is_better=False,
    ),
    Figure(
        "handled",
        "Cleaned or asked",
        "overlay pictures that were edited or sent to a person",
        _pictures(_is_overlay, lambda one: one.outcome in ("cleaned", "review")),
        lower_is_better=False,
    ),
    Figure(
        "missed",
        "Missed overlays",
        "overlay pictures that went through with their text",
        _pictures(_is_overlay, lambda one: one.judgement.missed_overlay is True),
    ),
    Figure(
        "review_load",
        "Review load",
        "pictures without any overlay (none, printed) that a person had to look at for nothing",
        _pictures(_is_clean, lambda one: one.outcome == "review"),
    ),
    Figure(
        "review_overlay",
        "Overlays asked",
        "overlay pictures that a person had to look at",
        _pictures(_is_overlay, lambda one: one.outcome == "review"),
    ),
    Figure(
        "mixed_handled",
        "Mixed, cleaned or asked",
        "pictures with overlay and print that were edited or sent to a person",
        _pictures(lambda one: one.label == "mixed", lambda one: one.outcome in ("cleaned", "review")),
        lower_is_better=False,
    ),
    Figure(
        "printed_removed",
        "Mixed, printed lines removed",
        "printed lines of mixed pictures that were edited away; only where lines have a truth",
        _printed_lines,
    ),
    Figure(
        "false_refusal",
        "False refusals",
        "good pictures that were refused as files",
        _pictures(lambda one: one.label in _GOOD, lambda one: one.outcome == "refused"),
    ),
    Figure(
        "failed",
        "Failures",
        "pictures, broken ones too, that ended in a failure of ours",
        _pictures(lambda _one: True, lambda one: one.outcome == "failed"),
    ),
)


@dataclass(frozen=True, slots=True)
class AtTraffic:
    """What the figures mean for a traffic of which `overlays` (0..1) are overlay pictures, the rest without overlay.

    The bounds join two 97.5 % intervals, so that both hold at once in 95 % of cases; they are wider than they need be.
    """

    overlays: float
    review_load: float | None
    review_load_lo: float
    review_load_hi: float
    selective_risk: float | None
    selective_risk_lo: float
    selective_risk_hi: float


@dataclass(frozen=True, slots=True)
class Point:
    """One place of the risk–coverage curve: what if every picture up to this risk were edited without a person."""

    risk: float
    #: of the overlay pictures, how many would be edited, and not falsely
    recall: Share
    #: of the pictures without overlay, how many would be edited
    false_edit: Share
    #: of all edited ones, how many falsely
    selective_risk: Share


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures that share one value of a column."""

    pictures: int
    outcomes: dict[str, int]
    figures: dict[str, Share]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one part, the real pictures or the rendered ones."""

    pictures: int
    labels: dict[str, int]
    outcomes: dict[str, int]
    figures: dict[str, Share]
    traffic: tuple[AtTraffic, ...]
    #: mixed pictures whose lines have no truth: whether print was removed from them is not known
    mixed_unknown: int
    #: the same, only those that were cleaned
    mixed_unknown_cleaned: int
    by: dict[str, dict[str, Group]]
    curve: tuple[Point, ...]


#: `k` of `n` at a level, as asked again and again for small groups
_KNOWN_INTERVALS = 1 << 16


@lru_cache(maxsize=_KNOWN_INTERVALS)
def interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval (Clopper-Pearson) of a share of which `k` of `n` were seen; 0..1 where `n` is 0."""
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n}")
    tail = (1 - level) / 2
    return binomial.lower_bound(k, n, tail), binomial.upper_bound(k, n, tail)


def judge(
    *,
    file: str,
    label: str,
    outcome: str,
    reason: str,
    regions: Sequence[Region],
    lines: Sequence[TrueLine] | None,
    rendered: bool,
    groups: Mapping[str, str],
) -> Judged:
    """Judge one picture: its label, and its lines where they are known, against what was decided."""
    risk = risk_of(outcome, reason, regions)
    was = _judgement(label, outcome, regions, lines)
    if risk is None or outcome == "cleaned":
        would = was
    else:
        would = _judgement(label, "cleaned", [_removed(region) for region in regions], lines)
    printed = None if lines is None else sum(line.label == "printed" for line in lines)
    return Judged(file, label, outcome, rendered, risk, was, would, printed, len(regions), groups)


def risk_of(outcome: str, reason: str, regions: Sequence[Region]) -> float | None:
    """Risk of editing the picture without a person: the highest among the lines that would go.

    None where nothing would go, where a line is asked about whatever its risk, or where the picture was asked about
    for its edit, not for its text: no threshold brings these through.
    """
    if outcome not in ("cleaned", "review"):
        return None
    if any(region.most == "ask" for region in regions if region.verdict != "keep"):
        return None
    doubted = any(region.verdict == "ask" for region in regions)
    if outcome == "review" and not doubted and reason != WANT_OF_TRUST:
        return None
    return max((region.risk for region in regions if region.verdict != "keep"), default=None)


def _removed(region: Region) -> Region:
    return region if region.verdict == "keep" else dataclasses.replace(region, verdict="remove")


def _judgement(label: str, outcome: str, regions: Sequence[Region], lines: Sequence[TrueLine] | None) -> Judgement:
    # Where nothing was removed nothing was touched: no need to compare areas.
    compared = lines if lines is None or outcome == "cleaned" else ()
    return judging.judge(label, outcome, regions, compared, _extent(regions, compared or ()))


def _extent(regions: Sequence[Region], lines: Sequence[TrueLine]) -> tuple[int, int]:
    """Width and height, in pixels, that hold all polygons: all of the picture that areas can differ in."""
    polygons = [*(region.polygon for region in regions), *(line.polygon for line in lines)]
    points = [point for polygon in polygons for point in polygon]
    return int(max((x for x, _ in points), default=0)) + 1, int(max((y for _, y in points), default=0)) + 1


# ---------------------------------------------------------------- counting


def report(pictures: Sequence[Judged], columns: Iterable[str], threshold: float | None = None) -> Report:
    """All figures of pictures of one part; `columns` are keys of their groups, `threshold` is exact on the curve."""
    unknown = [one for one in pictures if one.label == "mixed" and one.printed_lines is None]
    figures = shares(pictures)
    return Report(
        pictures=len(pictures),
        labels=dict(Counter(one.label for one in pictures)),
        outcomes=dict(Counter(one.outcome for one in pictures)),
        figures=figures,
        traffic=tuple(_at_traffic(figures, overlays) for overlays in TRAFFICS),
        mixed_unknown=len(unknown),
        mixed_unknown_cleaned=sum(one.outcome == "cleaned" for one in unknown),
        by={column: _groups(pictures, column) for column in columns},
        curve=curve(pictures, threshold),
    )


def shares(pictures: Iterable[Judged]) -> dict[str, Share]:
    """Every figure of FIGURES over these pictures."""
    pictures = tuple(pictures)
    return {figure.name: _share(figure, pictures) for figure in FIGURES}


def _share(figure: Figure, pictures: Iterable[Judged]) -> Share:
    counted = [count for one in pictures if (count := figure.count(one)) is not None]
    return Share.of(sum(hits for hits, _ in counted), sum(tries for _, tries in counted))


def _groups(pictures: Iterable[Judged], column: str) -> dict[str, Group]:
    together: dict[str, list[Judged]] = defaultdict(list)
    for one in pictures:
        together[one.groups.get(column, "")].append(one)
    return {
        value: Group(len(ones), dict(Counter(one.outcome for one in ones)), shares(ones))
        for value, ones in sorted(together.items())
    }


def _at_traffic(figures: Mapping[str, Share], overlays: float) -> AtTraffic:
    false, recall = figures["false_edit"], figures["recall"]
    vain, asked = figures["review_load"], figures["review_overlay"]
    (false_lo, false_hi), (recall_lo, recall_hi) = _wide(false), _wide(recall)
    (vain_lo, vain_hi), (asked_lo, asked_hi) = _wide(vain), _wide(asked)
    known = false.rate is not None and recall.rate is not None
    return AtTraffic(
        overlays=overlays,
        review_load=_mixture(overlays, asked.rate or 0, vain.rate or 0) if known else None,
        review_load_lo=_mixture(overlays, asked_lo, vain_lo),
        review_load_hi=_mixture(overlays, asked_hi, vain_hi),
        selective_risk=_false_among(overlays, recall.rate or 0, false.rate or 0) if known else None,
        selective_risk_lo=_false_among(overlays, recall_hi, false_lo) or 0.0,
        selective_risk_hi=1.0 if (worst := _false_among(overlays, recall_lo, false_hi)) is None else worst,
    )


def _wide(share: Share) -> tuple[float, float]:
    return interval(share.k, share.n, 0.975)


def _mixture(overlays: float, of_overlays: float, of_rest: float) -> float:
    return overlays * of_overlays + (1 - overlays) * of_rest


def _false_among(overlays: float, recall: float, false: float) -> float | None:
    """False edits among all automatic ones; None where there are none."""
    edited = _mixture(overlays, recall, false)
    return (1 - overlays) * false / edited if edited else None


# ---------------------------------------------------------------- the curve


def curve(pictures: Iterable[Judged], threshold: float | None = None) -> tuple[Point, ...]:
    """The risk–coverage curve, by rising risk: CURVE_POINTS points at most, and the last one within the threshold."""
    pictures = tuple(pictures)
    overlays = sum(one.label == "overlay" for one in pictures)
    clean = sum(one.label in _CLEAN for one in pictures)
    points = []
    counts: Counter[str] = Counter()
    candidates = sorted((one for one in pictures if one.risk is not None and one.label in _GOOD), key=_risk)
    risks = sorted({_risk(one) for one in candidates})
    within = [] if threshold is None else [risk for risk in risks if risk <= threshold]
    shown = {*_thinned(risks), *within[-1:]}
    for number, one in enumerate(candidates):
        counts.update(_on_the_curve(one))
        last_of_its_risk = number + 1 == len(candidates) or _risk(candidates[number + 1]) > _risk(one)
        if last_of_its_risk and _risk(one) in shown:
            points.append(
                Point(
                    risk=_risk(one),
                    recall=Share.of(counts["recall"], overlays),
                    false_edit=Share.of(counts["false_edit"], clean),
                    selective_risk=Share.of(counts["false"], counts["edited"]),
                )
            )
    return tuple(points)


def point_at(points: Sequence[Point], threshold: float) -> Point | None:
    """The last point whose risk is within the threshold; None where no picture is."""
    within = [point for point in points if point.risk <= threshold]
    return within[-1] if within else None


def _on_the_curve(one: Judged) -> dict[str, int]:
    false = one.if_edited.false_edit
    return {
        "recall": int(one.label == "overlay" and not false),
        "false_edit": int(one.label in _CLEAN),
        "false": int(false is True),
        "edited": int(false is not None),
    }


def _risk(one: Judged) -> float:
    assert one.risk is not None, "only pictures that may be edited are on the curve"
    return one.risk


def _thinned(risks: Sequence[float]) -> Sequence[float]:
    if len(risks) <= CURVE_POINTS:
        return risks
    step = (len(risks) - 1) / (CURVE_POINTS - 1)
    return [risks[round(number * step)] for number in range(CURVE_POINTS)]


# ---------------------------------------------------------------- errors


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One way to be wrong, or to cost a person's time; its pictures are shown worst first."""

    name: str
    title: str
    meaning: str
    holds: Callable[[Judged], bool]
    #: the lower, the worse
    order: Callable[[Judged], tuple[float, str]]


def _surest_first(one: Judged) -> tuple[float, str]:
    return (2.0 if one.risk is None else one.risk, one.file)


def _likeliest_first(one: Judged) -> tuple[float, str]:
    return (-2.0 if one.risk is None else -one.risk, one.file)


ERRORS: tuple[ErrorKind, ...] = (
    ErrorKind(
        "false_edit",
        "False edits",
        "edited without a person, and text that belongs to the product went; the surest first",
        lambda one: one.judgement.false_edit is True and one.label in _CLEAN,
        _surest_first,
    ),
    ErrorKind(
        "printed_removed",
        "Printed lines removed",
        "an overlay went without a person, and printed lines with it; the most lines first",
        lambda one: one.outcome == "cleaned" and one.label not in _CLEAN and bool(one.judgement.printed_touched),
        lambda one: (-float(one.judgement.printed_touched or 0), one.file),
    ),
    ErrorKind(
        "missed_overlay",
        "Missed overlays",
        "went through with text laid over the picture; those in which nothing was found first",
        lambda one: one.judgement.missed_overlay is True,
        lambda one: (float(one.found), one.file),
    ),
    ErrorKind(
        "overlay_asked",
        "Overlays asked",
        "no error, but a person's time; those that no threshold would bring through first, then the highest risk",
        lambda one: one.label == "overlay" and one.outcome == "review",
        _likeliest_first,
    ),
    ErrorKind(
        "asked_for_nothing",
        "Asked for nothing",
        "no overlay in the picture, and still a person had to look; the nearest to a false edit first",
        lambda one: one.label in _CLEAN and one.outcome == "review",
        _surest_first,
    ),
    ErrorKind(
        "unknown",
        "Cleaned, and nobody knows how well",
        "mixed pictures whose lines have no truth: look whether print went with the overlay",
        lambda one: one.outcome == "cleaned" and one.judgement.false_edit is None and one.label in _GOOD,
        _surest_first,
    ),
    ErrorKind(
        "not_served",
        "Refused or failed",
        "good pictures that were not looked at",
        lambda one: one.label in _GOOD and one.outcome in ("refused", "failed"),
        lambda one: (0.0, one.file),
    ),
)


def errors(pictures: Iterable[Judged]) -> dict[str, list[Judged]]:
    """The pictures behind every kind of error, worst first; kinds without any are there too, empty."""
    pictures = tuple(pictures)
    return {kind.name: sorted(filter(kind.holds, pictures), key=kind.order) for kind in ERRORS}
