"""Marks: the same words at the same place, whatever picture they stand on, so that a mark is known when it comes again.

What a shop lays over its pictures comes from a template: a stamp, a banner or a watermark stands at the same distance
from the same side, as high, with the same words. A mark is just that: words (numbers left open, so that stamps of
different days are one mark), place and height. Seeing a mark on a picture is a sighting; how many other pictures of
the merchant bear it is its repetition.

Repetition alone proves nothing. A brand printed at the same place of every box repeats too, and so does a label that
was photographed the same way for every flavour. It speaks for an overlay only together with layout: where the line
lies on the picture's background or in a corner. It says nothing against one: most overlays are seen once.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from processors import chain, spelling, views
from processors.regions import Polygon

#: Part of every mark's id. Raise it when the same line would get another id; marks of the old kind then age out.
VERSION = 1

#: Below this recognition score, and with fewer letters, nothing was read that could be known again.
SCORE_MIN, LETTERS_MIN = 0.6, 3
#: Marks of one picture at most: a page of small print must not fill the topic.
PER_PICTURE = 12
#: Characters of a mark that are kept for people to read; its id is made of all of them.
LONGEST = 200
#: Digits from which a line of nothing else is a date, a time or a picture's number, whichever it is.
LONG_NUMBER = 6
#: Places are told apart by cells of this share of the picture's shorter side, heights by steps of this factor.
CELL, HEIGHT_STEP = 0.02, 1.5
#: How far a line may be from where it was before and is surely known again: each edge, as a share of the shorter side.
TOLERANCE = CELL / 2
#: The same for its height, as a factor.
HEIGHT_TOLERANCE = math.sqrt(HEIGHT_STEP)
#: Rules by which a region is no text, or none that could be an overlay.
NO_MARKS = frozenset({"scene", "no_text"})

Across = Literal["left", "centre", "right"]
Down = Literal["top", "middle", "bottom"]
#: One axis or the other.
Anchor = TypeVar("Anchor", Across, Down)

_CLOCK_HALF = re.compile(r"(?<=\d) ?[ap]\.?m\b\.?")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?,?")


class Written(Protocol):
    """A line of text: what was read, how surely (0..1), and where."""

    @property
    def polygon(self) -> Polygon: ...

    @property
    def text(self) -> str: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """Words at a place. All measures are shares of the picture's shorter side, as the picture is seen (upright)."""

    mark_id: str
    #: the words without blanks, look-alike letters made equal, every number as `#`
    pattern: str
    #: the words as they were read
    text: str
    #: the side from which `x` is measured, to the line's nearer end; from the centre to the line's own
    x_from: Across
    x: float
    y_from: Down
    y: float
    #: of the letters
    height: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line as a mark: its own id is recorded; it is looked up under all ids that a shaken copy of it may have got."""

    mark: Mark
    #: ids, the mark's own among them
    near: frozenset[str]
    #: distance to the nearest side
    gap: float


def pattern_of(text: str) -> str:
    """Words as a mark has them: `Shot on 06 Jul 2020, 7:12 PM` and `SHOT 0N 5 MAY 2021 10:01` give `shoton#`.

    Only words without letters are numbers: `500 g` and `250 g` give the same, `500g` and `250g` do not. A line of
    numbers alone is `#` where it is a time or as long as a date or a picture's number; a short one (a price on a shelf,
    a size) stays as it is, or any two would be one mark.
    """
    words = spelling.digits(_CLOCK_HALF.sub("", spelling.normalise(text))).split()
    numbers = [any(c.isdigit() for c in word) and not any(c.isalpha() for c in word) for word in words]
    if all(numbers) and _is_short(words):
        return "".join(words)
    parts = []
    for at, word in enumerate(words):
        dated = bool(_MONTH.fullmatch(word)) and any(numbers[max(0, at - 1) : at + 2])
        parts.append("#" if numbers[at] or dated else spelling.skeleton(word))
    return re.sub("##+", "#", "".join(parts))


def _is_short(numbers: Sequence[str]) -> bool:
    """Say whether a line of numbers is neither a time nor long enough for a date."""
    digits = sum(c.isdigit() for word in numbers for c in word)
    return digits < LONG_NUMBER and not _CLOCK.fullmatch("".join(numbers))


def seen(line: Written, size: tuple[int, int]) -> Sighting | None:
    """A line of an upright picture (`size`: width, height in pixels) as a mark; None where too little was read."""
    if line.score < SCORE_MIN or spelling.letters(line.text) < LETTERS_MIN:
        return None
    pattern = pattern_of(line.text)
    if not pattern:
        return None
    width, height = size
    shorter = max(1, min(size))
    columns, rows = [x for x, _ in line.polygon], [y for _, y in line.polygon]
    across: dict[Across, float] = _distances("left", "centre", "right", min(columns), max(columns), width, shorter)
    down: dict[Down, float] = _distances("top", "middle", "bottom", min(rows), max(rows), height, shorter)
    tall = _height(line.polygon) / shorter
    (x_from, x), (y_from, y) = _nearest(across), _nearest(down)
    return Sighting(
        mark=Mark(
            mark_id=_id(pattern, (x_from, _cell(x)), (y_from, _cell(y)), _step(tall)),
            pattern=pattern[:LONGEST],
            text=line.text[:LONGEST],
            x_from=x_from,
            x=round(x, 4),
            y_from=y_from,
            y=round(y, 4),
            height=round(tall, 4),
        ),
        near=frozenset(
            _id(pattern, one, other, step)
            for one in _cells_near(across)
            for other in _cells_near(down)
            for step in range(_step(tall / HEIGHT_TOLERANCE), _step(tall * HEIGHT_TOLERANCE) + 1)
        ),
        gap=min(abs(value) for anchor, value in (across | down).items() if anchor not in ("centre", "middle")),
    )


def of_picture(lines: Iterable[Written], size: tuple[int, int]) -> tuple[Mark, ...]:
    """The marks of a picture, each once; of too many those nearest to a side, where most overlays stand."""
    found = {one.mark.mark_id: one for line in lines if (one := seen(line, size)) is not None}
    ordered = sorted(found.values(), key=lambda one: (one.gap, one.mark.mark_id))
    return tuple(one.mark for one in ordered[:PER_PICTURE])


def of_edit(edit: chain.Edit) -> tuple[Mark, ...]:
    """The marks of the picture that an edit is about, whatever was decided about them; none after a deletion."""
    if edit.picture is None:
        return ()
    facts = edit.picture
    size = (facts.width, facts.height) if facts.orientation < 5 else (facts.height, facts.width)
    placement = views.Placement(facts.orientation, *size)
    lines = [
        _Line(placement.to_upright(region.polygon), region.text, region.score)
        for region in edit.regions
        if region.rule not in NO_MARKS
    ]
    return of_picture(lines, size)


def alike(one: Mark, other: Mark) -> bool:
    """Say whether two marks are close enough to be shown as one: the same words, at most a cell and a step apart."""
    return (
        (one.pattern, one.x_from, one.y_from) == (other.pattern, other.x_from, other.y_from)
        and abs(one.x - other.x) <= CELL
        and abs(one.y - other.y) <= CELL
        and 1 / HEIGHT_STEP <= one.height / max(other.height, 1e-4) <= HEIGHT_STEP
    )


@dataclass(frozen=True, slots=True)
class _Line:
    polygon: Polygon
    text: str
    score: float


def _distances(
    near: Anchor, middle: Anchor, far: Anchor, low: float, high: float, length: int, shorter: int
) -> dict[Anchor, float]:
    """How far a line, from `low` to `high` along an axis of `length` pixels, is from each end and from the middle."""
    return {
        near: low / shorter,
        middle: ((low + high) / 2 - length / 2) / shorter,
        far: (length - high) / shorter,
    }


def _nearest(distances: dict[Anchor, float]) -> tuple[Anchor, float]:
    return min(distances.items(), key=lambda one: abs(one[1]))


def _cells_near(distances: dict[Anchor, float]) -> Iterator[tuple[Anchor, int]]:
    """Anchor and cell of every place from which a line within TOLERANCE of this one may have been measured.

    Each distance moves by the tolerance at most, so another anchor may have been the nearest where it is at most
    twice that farther away now. A hair more, because shares are rounded.
    """
    reach = TOLERANCE + 1e-6
    least = min(abs(value) for value in distances.values())
    for anchor, value in distances.items():
        if abs(value) <= least + 2 * reach:
            for cell in range(_cell(value - reach), _cell(value + reach) + 1):
                yield anchor, cell


def _cell(distance: float) -> int:
    return math.floor(distance / CELL + 0.5)


def _step(height: float) -> int:
    return math.floor(math.log(max(height, 1e-4), HEIGHT_STEP) + 0.5)


def _height(polygon: Sequence[tuple[float, float]]) -> float:
    """Height of a line's letters in pixels: the shorter side of its quadrilateral, whichever way it is turned."""
    return min(math.dist(polygon[0], polygon[1]), math.dist(polygon[0], polygon[3]))


def _id(pattern: str, across: tuple[Across, int], down: tuple[Down, int], step: int) -> str:
    place = f"{across[0]} {across[1]} {down[0]} {down[1]} {step}"
    return chain.name_of("mark", str(VERSION), pattern, place)[:16]
