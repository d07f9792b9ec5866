"""An evaluation as one HTML page for people: figures, tables, the curve, and the pictures behind every error.

It loads nothing from anywhere but the pictures in the folder beside it, and runs no script.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import count
from pathlib import Path

from processors import figures, quality
from processors.figures import ErrorKind, Figure, Group, Report, Share
from processors.gates import Part
from processors.regions import Region, Verdict
from streams import evaluating, evaluation_pictures, risk_curve
from streams.evaluating import COLUMNS, Case, Evaluation
from streams.evaluation_pictures import Decode, Shown
from streams.risk_curve import Threshold

#: Folder of the pictures, beside the page.
PICTURES = "pictures"

#: Figures at the head of the page.
_HEADLINES = ("false_edit", "recall", "handled", "review_load")
#: Figures of groups, each for the pictures that it is about.
_OF_GROUPS = ("false_edit", "recall", "handled", "review_load")
#: Cases of one kind that are open from the start; the rest is one click away.
_OPEN_CASES = 24

_PARTS: Mapping[Part, str] = {"real": "Real pictures", "rendered": "Rendered pictures"}
_NO_VALUE = "not stated"

_SAID: Mapping[Verdict, str] = {"remove": "removed", "ask": "in doubt", "keep": "kept"}
#: Told apart by dashes, not by colour alone.
_COLOURS: Mapping[Verdict, str] = {"remove": "#b3261e", "ask": "#a35200", "keep": "#186a3b"}
_DASHES: Mapping[Verdict, str] = {"remove": "none", "ask": "9 5", "keep": "2 5"}

_STYLE = """
:root { color-scheme: light; --ink: #1d2430; --soft: #566070; --line: #dde1e7; --ground: #f5f6f8; --mark: #1f5fa8; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Segoe UI", sans-serif; color: var(--ink); background: var(--ground); }
main, header, nav { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 22px; margin: 44px 0 6px; }
h3 { font-size: 17px; margin: 24px 0 8px; }
p { max-width: 76ch; margin: 6px 0 14px; }
.soft { color: var(--soft); }
nav ul { display: flex; flex-wrap: wrap; gap: 6px 18px; list-style: none; margin: 14px 0 0; padding: 0; }
a { color: var(--mark); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid #ffb000; outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 12px; background: #fff; padding: 8px 12px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 14px; }
.card, .panel, article { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.card .name { font-weight: 600; }
.card .value { font-size: 34px; line-height: 1.2; font-weight: 650; }
.card .of { color: var(--soft); font-size: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 15px; background: #fff; }
caption { text-align: left; color: var(--soft); padding: 0 0 8px; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.figure-meaning { display: block; font-weight: 400; color: var(--soft); font-size: 13.5px; }
.share { white-space: nowrap; }
.share b { font-variant-numeric: tabular-nums; }
.share small { color: var(--soft); }
.bar { display: block; width: 130px; height: 10px; margin-top: 3px; }
details > summary { cursor: pointer; font-weight: 600; padding: 6px 0; }
article { margin: 14px 0; }
article h3 { margin: 0; overflow-wrap: anywhere; }
.facts { color: var(--soft); font-size: 14.5px; margin: 2px 0 12px; }
.trio { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px; align-items: start; }
figure { margin: 0; }
figcaption { font-size: 14px; color: var(--soft); margin-top: 4px; }
.frame { position: relative; background: #eceef1; line-height: 0; display: inline-block; max-width: 100%; }
.frame img { max-width: 100%; height: auto; max-height: 480px; display: block; }
.frame svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; padding: 0; list-style: none; font-size: 14.5px; }
.legend svg { vertical-align: middle; margin-right: 6px; }
.none { color: #186a3b; font-weight: 600; }
@media (max-width: 760px) { .trio { grid-template-columns: 1fr; } }
@media print { nav, .skip { display: none; } article { break-inside: avoid; } body { background: #fff; } }
"""


def write(evaluation: Evaluation, out: Path, decode: Decode) -> Path:
    """Write `index.html` and its pictures below `out`, and say where it is. `decode` may raise RefusedImageError."""
    cases = {id(case.judged): case for case in evaluation.cases}
    behind = figures.errors(case.judged for case in evaluation.cases)
    numbers = count(1)
    sections = []
    for kind in figures.ERRORS:
        ones = [cases[id(one)] for one in behind[kind.name]]
        shown = [evaluation_pictures.write(decode, one, out / PICTURES, next(numbers)) for one in ones]
        sections.append(_errors(kind, list(zip(ones, shown, strict=True))))
    path = out / "index.html"
    path.write_text(page(evaluation, "".join(sections)), encoding="utf-8")
    return path


def page(evaluation: Evaluation, errors: str) -> str:
    """The page's HTML; `errors` is the HTML of the pictures behind the errors."""
    parts = evaluation.parts
    counted = " and ".join(f"{report.pictures} {part}" for part, report in parts.items())
    folders = ", ".join(evaluation.folders)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape(folders)}</title><style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#errors">To the pictures behind the errors</a>'
        "<header><h1>What was taken off, and was it right?</h1>"
        f'<p class="soft">{counted} labelled pictures of {escape(folders)}. Real and rendered ones are counted apart: '
        "what holds for pictures made by a program need not hold for found ones. In brackets: exact 95 % intervals.</p>"
        "</header>"
        f"{_navigation()}<main>{_void(evaluation)}"
        f"{''.join(_headline(part, report) for part, report in parts.items())}"
        f"{_curve(parts, evaluation.threshold)}{_all_figures(parts)}{_traffic(parts)}{_groups(parts)}"
        f'<h2 id="errors">Pictures behind the errors</h2>{_legend()}{errors}'
        "</main></body></html>\n"
    )


def _void(evaluation: Evaluation) -> str:
    asked = evaluating.asked_for_want_of_trust(evaluation)
    if not asked:
        return ""
    return f'<p class="panel">{asked} pictures were asked about for one reason only: no certificate is in force.</p>'


def _navigation() -> str:
    places = [("curve", "Risk and coverage"), ("figures", "All figures"), ("groups", "By group")]
    places += [(kind.name, kind.title) for kind in figures.ERRORS]
    links = "".join(f'<li><a href="#{place}">{escape(title)}</a></li>' for place, title in places)
    return f'<nav aria-label="On this page"><ul>{links}</ul></nav>'


# ---------------------------------------------------------------- figures


def _headline(part: Part, report: Report) -> str:
    rows = {figure.name: figure for figure in figures.FIGURES}
    cards = "".join(_card(rows[name], report.figures[name]) for name in _HEADLINES)
    labels = ", ".join(f"{number} {label}" for label, number in sorted(report.labels.items()))
    return f'<h2>{_PARTS[part]}</h2><p class="soft">{escape(labels)}</p><div class="cards">{cards}</div>'


def _card(figure: Figure, share: Share) -> str:
    value = "–" if share.rate is None else f"{share.rate * 100:.1f} %"
    of = "no such pictures" if share.rate is None else f"{share.k} of {share.n} · {_interval(share)}"
    return (
        f'<div class="card"><div class="name">{escape(figure.title)}</div><div class="value">{value}</div>'
        f'<div class="of">{of}</div>{_bar(share)}<div class="of">{escape(figure.meaning)}</div></div>'
    )


def _interval(share: Share) -> str:
    return f"({share.lo * 100:.1f}–{share.hi * 100:.1f} %)"


def _bar(share: Share) -> str:
    """The interval on a line from 0 to 100 %, with the share itself as a stroke across."""
    if share.rate is None:
        return ""
    low, wide, at = share.lo * 128 + 1, max(1.0, (share.hi - share.lo) * 128), share.rate * 128 + 1
    return (
        '<svg class="bar" viewBox="0 0 130 10" aria-hidden="true"><path d="M1 5H129" stroke="#c9ced6"/>'
        f'<rect x="{low:.1f}" y="3" width="{wide:.1f}" height="4" rx="2" fill="#8fb3da"/>'
        f'<path d="M{at:.1f} 0V10" stroke="#12355f" stroke-width="2"/></svg>'
    )


def _share(share: Share | None) -> str:
    if share is None or share.rate is None:
        return '<td class="share"><span class="soft">–</span></td>'
    return (
        f'<td class="share"><b>{share.rate * 100:.1f} %</b> {_interval(share)} <small>{share.k} of {share.n}</small>'
        f"{_bar(share)}</td>"
    )


def _table(caption: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return (
        f'<div class="panel scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _all_figures(parts: Mapping[Part, Report]) -> str:
    rows = []
    for figure in figures.FIGURES:
        meaning = f'<span class="figure-meaning">{escape(figure.meaning)}</span>'
        cells = "".join(_share(report.figures[figure.name]) for report in parts.values())
        rows.append(f'<tr><th scope="row">{escape(figure.title)}{meaning}</th>{cells}</tr>')
    table = _table("Share, exact 95 % interval, count", ["Figure", *(_PARTS[part] for part in parts)], rows)
    unknown = "".join(
        f"<p>{_PARTS[part]}: the lines of {report.mixed_unknown} mixed pictures have no truth, so whether print was "
        f"removed from them is not known; {report.mixed_unknown_cleaned} of them were cleaned, and are shown below.</p>"
        for part, report in parts.items()
        if report.mixed_unknown
    )
    return f'<h2 id="figures">All figures</h2>{table}{unknown}'


def _traffic(parts: Mapping[Part, Report]) -> str:
    counted = {
        part: report for part, report in parts.items() if report.figures["false_edit"].n and report.figures["recall"].n
    }
    rows = [
        f'<tr><th scope="row">{at.overlays * 100:.0f} % overlays, {part}</th>'
        f"<td>{_with_bounds(at.review_load, at.review_load_lo, at.review_load_hi)}</td>"
        f"<td>{_with_bounds(at.selective_risk, at.selective_risk_lo, at.selective_risk_hi)}</td></tr>"
        for part, report in counted.items()
        for at in report.traffic
    ]
    if not rows:
        return ""
    caption = (
        "Were overlays this share of all traffic; the bounds join two 97.5 % intervals, so they are rather too wide"
    )
    heads = ["Traffic", "Pictures that a person looks at", "False ones among automatic edits"]
    return f"<h3>At other shares of overlays</h3>{_table(caption, heads, rows)}"


def _with_bounds(value: float | None, low: float, high: float) -> str:
    return "–" if value is None else f"<b>{value * 100:.1f} %</b> ({low * 100:.1f}–{high * 100:.1f} %)"


def _groups(parts: Mapping[Part, Report]) -> str:
    titles = {figure.name: figure.title for figure in figures.FIGURES}
    heads = ["", "Pictures", *(titles[name] for name in _OF_GROUPS)]
    found = []
    for part, report in parts.items():
        for column in COLUMNS:
            rows = [_group(value, group) for value, group in report.by[column].items()]
            table = _table(f"{_PARTS[part]} by {column}", heads, rows)
            found.append(f"<details><summary>{_PARTS[part]} by {column}</summary>{table}</details>")
    return f'<h2 id="groups">By group</h2>{"".join(found)}'


def _group(value: str, group: Group) -> str:
    cells = "".join(_share(group.figures[name]) for name in _OF_GROUPS)
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(group.outcomes.items()))
    name = escape(value) or f'<span class="soft">{_NO_VALUE}</span>'
    pictures = f'{group.pictures}<br><small class="soft">{outcomes}</small>'
    return f'<tr><th scope="row">{name}</th><td>{pictures}</td>{cells}</tr>'


def _curve(parts: Mapping[Part, Report], threshold: Threshold | None) -> str:
    words = "".join(
        f"<li>{escape(risk_curve.described(part, report.curve, threshold))}</li>"
        for part, report in parts.items()
        if report.curve
    )
    words = words or "<li>No picture may be edited.</li>"
    return (
        '<h2 id="curve">Risk and coverage</h2><p>What would happen if every picture up to a risk were edited without '
        "a person: further right is less work for people, further up is more harm. The red dotted line is 1 %.</p>"
        f'<div class="panel">{risk_curve.draw(parts, threshold)}<ul>{words}</ul></div>'
    )


# ---------------------------------------------------------------- pictures


def _legend() -> str:
    items = "".join(
        f'<li><svg width="46" height="14" aria-hidden="true"><rect x="2" y="2" width="42" height="10" fill="none" '
        f'stroke="{_COLOURS[verdict]}" stroke-width="3" stroke-dasharray="{_DASHES[verdict]}"/></svg>{said}</li>'
        for verdict, said in _SAID.items()
    )
    return f'<p>Lines of text are framed by what was decided about them:</p><ul class="legend">{items}</ul>'


def _errors(kind: ErrorKind, cases: Sequence[tuple[Case, Shown]]) -> str:
    articles = [_case(case, shown) for case, shown in cases]
    first, rest = "".join(articles[:_OPEN_CASES]), "".join(articles[_OPEN_CASES:])
    more = f"<details><summary>{len(articles) - _OPEN_CASES} more</summary>{rest}</details>" if rest else ""
    return (
        f'<section aria-labelledby="{kind.name}"><h2 id="{kind.name}">{escape(kind.title)}: {len(articles)}</h2>'
        f'<p class="soft">{escape(kind.meaning)}.</p>{first or "<p class=none>None.</p>"}{more}</section>'
    )


def _case(case: Case, shown: Shown) -> str:
    picture, line = case.picture, case.line
    known = (picture.label, picture.kind, picture.language, picture.background, picture.source)
    part = "rendered" if picture.rendered else "real"
    risk = "" if case.judged.risk is None else f" · risk {case.judged.risk:.3g}"
    return (
        f"<article><h3>{escape(picture.file)}</h3>"
        f'<p class="facts">{part} · {escape(" · ".join(one for one in known if one))}</p>'
        f"<p><b>{escape(line.outcome)}</b>, {escape(line.reason)}{risk}: {escape(line.why)}</p>"
        f"{_expected(line.metrics)}"
        f"{_trio(case, shown)}{_lines(line.regions)}</article>"
    )


def _expected(metrics: Mapping[str, float]) -> str:
    """How well the edit probably is, and which checks it failed."""
    if "predicted_error" not in metrics:
        return ""
    beyond = quality.failed(metrics)
    checks = f"; beyond the limit: {', '.join(beyond)}" if beyond else "; all checks passed"
    return f'<p class="facts">{escape(quality.said(metrics))}{escape(checks)}</p>'


def _trio(case: Case, shown: Shown) -> str:
    if shown.before is None:
        return '<p class="soft">The picture can not be shown.</p>'
    name, line = escape(case.picture.file), case.line
    said = "; ".join(
        f"{place}: “{region.text}” {_SAID[region.verdict]}" for place, region in enumerate(line.regions, 1)
    )
    before = f"Before: {name}. Lines: {escape(said) or 'none'}"
    after = "The proposal that a person was asked about" if line.outcome == "review" else "After"
    pictures = [
        _picture(shown.before, before, "Before, with the lines found", _frames(line.regions, shown)),
        _picture(shown.after, f"After: {name}", after) if shown.after else _absent("edit", line.result),
        _picture(shown.mask, f"Mask of {name}", "Mask: white may have changed")
        if shown.mask
        else _absent("mask", line.mask),
    ]
    return f'<div class="trio">{"".join(pictures)}</div>'


def _picture(source: str, alternative: str, caption: str, over: str = "") -> str:
    return (
        f'<figure><span class="frame"><img loading="lazy" src="{escape(source)}" alt="{alternative}">{over}</span>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _absent(what: str, file: str | None) -> str:
    words = f"The file of the {what} is not there" if file else f"No {what} was made"
    return f'<figure><p class="soft">{words}.</p></figure>'


def _frames(regions: Sequence[Region], shown: Shown) -> str:
    unit = max(shown.width, shown.height) / evaluation_pictures.SHOWN_PX
    return (
        f'<svg viewBox="0 0 {shown.width} {shown.height}" preserveAspectRatio="none" aria-hidden="true">'
        + "".join(
            _framed(number, region, polygon, unit)
            for number, (region, polygon) in enumerate(zip(regions, shown.polygons, strict=True), start=1)
        )
        + "</svg>"
    )


def _framed(number: int, region: Region, polygon: Sequence[tuple[float, float]], unit: float) -> str:
    """A frame on a white one, seen on any ground, and its number in the table; `unit` is a pixel as shown."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)
    colour, dashes = _COLOURS[region.verdict], _DASHES[region.verdict]
    x, y = min(x for x, _ in polygon), max(12 * unit, min(y for _, y in polygon) - 3 * unit)
    every = 'fill="none" vector-effect="non-scaling-stroke"'
    return (
        f'<polygon points="{points}" {every} stroke="#fff" stroke-width="4"/>'
        f'<polygon points="{points}" {every} stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{13 * unit:.1f}" font-weight="700" fill="{colour}" stroke="#fff" '
        f'stroke-width="{3 * unit:.1f}" paint-order="stroke">{number}</text>'
    )


def _lines(regions: Sequence[Region]) -> str:
    if not regions:
        return '<p class="soft">No line of text was found.</p>'
    rows = [
        f'<tr><th scope="row">{number}</th><td><bdi>{escape(region.text) or "(not read)"}</bdi></td>'
        f"<td>{_SAID[region.verdict]}</td><td>{escape(region.rule)}</td><td>{region.risk:.3g}</td>"
        f"<td>{escape(region.why)}</td></tr>"
        for number, region in enumerate(regions, start=1)
    ]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Line", "Text", "Decision", "Rule", "Risk", "Why"))
    return (
        f"<details><summary>Lines of text, and why: {len(regions)}</summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Lines of text"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></details>"
    )
