"""The risk–coverage curve as an SVG: how much of the overlays goes automatically, at which share of false edits."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from processors import figures
from processors.figures import Point, Report
from processors.gates import Part

WIDTH_PX, HEIGHT_PX = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 24, 24, 60
#: The axis of false edits ends here at least.
_HIGHEST_MIN = 0.02
#: The share of false edits that the product promises to stay below; a line of its own.
_PROMISED = 0.01
_COLOURS: Mapping[Part, str] = {"real": "#1f5fa8", "rendered": "#a3520f"}
#: told apart without colour too
_DASHES: Mapping[Part, str] = {"real": "none", "rendered": "7 5"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A risk up to which pictures are edited without a person, and what to call it."""

    risk_max: float
    name: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """From shares to places; `highest` is the share of false edits at the top."""

    highest: float

    def x(self, share: float) -> float:
        return round(_LEFT + share * (WIDTH_PX - _LEFT - _RIGHT), 1)

    def y(self, share: float) -> float:
        return round(HEIGHT_PX - _BOTTOM - share / self.highest * (HEIGHT_PX - _TOP - _BOTTOM), 1)


def draw(parts: Mapping[Part, Report], threshold: Threshold | None) -> str:
    """An SVG element with title and description. A part without a picture that may be edited has no curve."""
    curves = {part: report.curve for part, report in parts.items() if report.curve}
    frame = _Frame(_highest(curves.values()))
    lines = [_axes(frame)]
    for place, (part, points) in enumerate(curves.items()):
        lines += [
            _curve(frame, part, points),
            _mark(frame, part, points, threshold, place),
            _legend(part, points, place),
        ]
    texts = [described(part, points, threshold) for part, points in curves.items()] or ["No picture may be edited."]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" role="img" '
        'aria-labelledby="curve-title curve-text" font-family="system-ui, sans-serif" font-size="13" fill="#333">'
        f'<title id="curve-title">Risk–coverage curve</title><desc id="curve-text">{escape(" ".join(texts))}</desc>'
        f"{''.join(lines)}</svg>"
    )


def described(part: Part, points: Sequence[Point], threshold: Threshold | None) -> str:
    """The curve of one part in words: its end, and where it is at the threshold."""
    if threshold is None:
        return f"{part.capitalize()} pictures, whatever their risk: {_counted(points[-1])}."
    at = figures.point_at(points, threshold.risk_max)
    text = f"{part.capitalize()} pictures, up to risk {threshold.risk_max:.3g} ({threshold.name}): "
    text += f"{_counted(at)}." if at else "no edit."
    return text if at == points[-1] else f"{text} Whatever their risk: {_counted(points[-1])}."


def _counted(point: Point) -> str:
    cleaned = f"{point.recall.k} of {point.recall.n} overlay pictures cleaned without a person"
    if not point.false_edit.n:
        return f"{cleaned}; no picture without overlay was there to be edited by mistake"
    return f"{cleaned}, {point.false_edit.k} of {point.false_edit.n} pictures without overlay edited by mistake"


def _highest(curves: Iterable[Sequence[Point]]) -> float:
    """Where the axis of false edits ends: the next of 1, 2, 5 times a power of ten."""
    seen = max((point.false_edit.rate or 0.0 for points in curves for point in points), default=0.0)
    wanted = max(_HIGHEST_MIN, seen)
    power: float = 10.0 ** math.floor(math.log10(wanted))
    return min(1.0, next(step * power for step in (1, 2, 5, 10) if step * power >= wanted * 0.999))


def _axes(frame: _Frame) -> str:
    left, right, bottom, top = frame.x(0), frame.x(1), frame.y(0), frame.y(frame.highest)
    parts = []
    for step in range(6):
        x = frame.x(step / 5)
        parts.append(f'<path d="M{x} {top}V{bottom}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{step * 20} %</text>')
    steps = 4 if f"{frame.highest:e}".startswith("2") else 5
    for step in range(steps + 1):
        share = frame.highest * step / steps
        parts.append(f'<path d="M{left} {frame.y(share)}H{right}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{left - 8}" y="{frame.y(share) + 4}" text-anchor="end">{share * 100:.3g} %</text>')
    promised = frame.y(_PROMISED)
    parts.append(f'<path d="M{left} {promised}H{right}" stroke="#b3261e" stroke-dasharray="2 4"/>')
    parts.append(f'<path d="M{left} {top}V{bottom}H{right}" stroke="#555" fill="none"/>')
    middle = (left + right) / 2
    parts.append(
        f'<text x="{middle}" y="{bottom + 46}" text-anchor="middle">overlay pictures cleaned automatically</text>'
    )
    at = f"18 {(top + bottom) / 2}"
    parts.append(
        f'<text transform="translate({at}) rotate(-90)" text-anchor="middle">false edits, none and printed</text>'
    )
    return "".join(parts)


def _curve(frame: _Frame, part: Part, points: Sequence[Point]) -> str:
    steps = "".join(f"H{frame.x(point.recall.rate or 0)}V{frame.y(point.false_edit.rate or 0)}" for point in points)
    style = f'stroke="{_COLOURS[part]}" stroke-width="2.5" stroke-dasharray="{_DASHES[part]}"'
    return f'<path d="M{frame.x(0)} {frame.y(0)}{steps}" fill="none" {style}/>'


def _mark(frame: _Frame, part: Part, points: Sequence[Point], threshold: Threshold | None, place: int) -> str:
    if threshold is None:
        return ""
    at = figures.point_at(points, threshold.risk_max)
    x, y = frame.x(at.recall.rate or 0 if at else 0), frame.y(at.false_edit.rate or 0 if at else 0)
    style = f'fill="#fff" stroke="{_COLOURS[part]}" stroke-width="3"'
    shape = f'<circle cx="{x}" cy="{y}" r="6" {style}>' if part == "real" else _diamond(x, y, style)
    words = escape(f"{threshold.name}, {part}")
    label = f'<text x="{x}" y="{y - 14 - 18 * place}" text-anchor="middle" fill="{_COLOURS[part]}">{words}</text>'
    told = escape(described(part, points, threshold))
    return f"{shape}<title>{told}</title></{'circle' if part == 'real' else 'path'}>{label}"


def _diamond(x: float, y: float, style: str) -> str:
    return f'<path d="M{x - 7} {y}L{x} {y - 7}L{x + 7} {y}L{x} {y + 7}Z" {style}>'


def _legend(part: Part, points: Sequence[Point], place: int) -> str:
    unknown = "" if points[-1].false_edit.n else ": nothing there to be edited by mistake"
    y = _TOP + 16 + place * 22
    style = f'stroke="{_COLOURS[part]}" stroke-width="2.5" stroke-dasharray="{_DASHES[part]}"'
    return f'<path d="M{_LEFT + 14} {y}h40" {style}/><text x="{_LEFT + 62}" y="{y + 4}">{part} pictures{unknown}</text>'
