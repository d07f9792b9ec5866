"""An evaluation as lines of text for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from processors import figures
from processors.figures import Group, Report, Share
from processors.gates import Checked
from streams import evaluating, risk_curve
from streams.evaluating import Evaluation

#: Figures of groups.
_OF_GROUPS = ("false_edit", "recall", "handled", "review_load")
_OUTCOMES = ("cleaned", "review", "kept", "refused", "failed")
_WIDTH = max(len(figure.title) for figure in figures.FIGURES)


def lines(evaluation: Evaluation, columns: Iterable[str], checked: Sequence[Checked]) -> Iterator[str]:
    """Figures by part, groups by column, the curve at the threshold, the errors counted, and the gates."""
    columns = tuple(columns)
    for part, report in evaluation.parts.items():
        yield f"{part}: {report.pictures} pictures ({_counts(report.labels)}): {_counts(report.outcomes)}"
        yield from _figures(report)
        if report.curve:
            yield "  " + risk_curve.described(part, report.curve, evaluation.threshold)
        for column in columns:
            yield from _groups(column, report.by[column])
        yield ""
    behind = figures.errors(case.judged for case in evaluation.cases)
    if asked := evaluating.asked_for_want_of_trust(evaluation):
        yield f"{asked} pictures were asked about for one reason only: no certificate is in force"
    counted = (f"{len(behind[kind.name])} {kind.title.lower()}" for kind in figures.ERRORS)
    yield "pictures to look at: " + ", ".join(counted)
    for one in checked:
        yield f"{one.verdict}: {one.gate} ({one.part}: {_share(one.share)})"


def _figures(report: Report) -> Iterator[str]:
    for figure in figures.FIGURES:
        yield f"  {figure.title:<{_WIDTH}}  {_share(report.figures[figure.name])}"
        if figure.name == "printed_removed" and report.mixed_unknown:
            yield f"  {'':<{_WIDTH}}  not known for {report.mixed_unknown} mixed pictures: their lines have no truth"
    for at in report.traffic if report.figures["false_edit"].n and report.figures["recall"].n else ():
        title = f"At {at.overlays:.0%} overlays"
        load = _bounds(at.review_load, at.review_load_lo, at.review_load_hi)
        risk = _bounds(at.selective_risk, at.selective_risk_lo, at.selective_risk_hi)
        yield f"  {title:<{_WIDTH}}  review load {load}, selective risk {risk}"


def _groups(column: str, groups: dict[str, Group]) -> Iterator[str]:
    wide = max([len(column) + 3, *(len(value) for value in groups)])
    heads = "".join(f"{outcome:>8}" for outcome in _OUTCOMES) + "  "
    yield f"  {'by ' + column:<{wide}}{heads}" + "  ".join(f"{name:<25}" for name in _OF_GROUPS).rstrip()
    for value, group in groups.items():
        counts = "".join(f"{group.outcomes.get(outcome, 0):>8}" for outcome in _OUTCOMES) + "  "
        cells = "  ".join(f"{_share(group.figures[name]):<25}" for name in _OF_GROUPS)
        yield f"  {value or '-':<{wide}}{counts}{cells}".rstrip()


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))


def _share(share: Share) -> str:
    if share.rate is None:
        return "-"
    return f"{share.rate * 100:.1f} % ({share.lo * 100:.1f}–{share.hi * 100:.1f}) {share.k}/{share.n}"


def _bounds(value: float | None, low: float, high: float) -> str:
    return "-" if value is None else f"{value * 100:.1f} % ({low * 100:.1f}–{high * 100:.1f})"
