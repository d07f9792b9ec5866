"""Finds what a line of text speaks for: an overlay (promotion, prices, stamps, …) or print (a label's words).

Phrases (processors/words.py) are looked up with blanks, accents and look-alike letters made equal, so that
"FREE5HIPPING" is free shipping. Patterns (processors/patterns.py) see numbers with their look-alikes read as digits.

What can be found is bounded by what the reader can write. The recogniser that is shipped knows Latin with accents,
Greek, Han and Kana, and no letter of Cyrillic, Hangul, Arabic, Devanagari or Thai (docs/experiments.md has the counts).
Words of those five scripts are kept for operators who supply another recogniser; with the shipped one they don't match,
but for Russian words made of letters that look like Latin ones.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors import spelling, words
from processors.patterns import BARCODE, KEEPS, PATTERNS
from processors.spelling import letters
from processors.words import Kind

__all__ = ["LENGTH_MAX", "VERSION", "Kind", "Match", "letters", "matches"]

#: Goes into the policy's version: raise it whenever a word or a pattern changes.
VERSION = 3
#: Characters of a line that are looked at; what is longer is a page, not a line.
LENGTH_MAX = 300
#: Words of a line that are looked up together.
_REACH = 6
#: Scripts written without blanks between words, and Hangul, whose endings join the word.
_UNSPACED = re.compile("[\u0e01-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Match:
    """One entry found in a line.

    `entry` names the pattern, or the language of the phrase. `strong` means that the entry seldom occurs on products
    themselves (for `label_print`: seldom in overlays). `share`, 0..1, is the part of the line that the entry takes up.
    """

    kind: Kind
    entry: str
    strong: bool
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class _Said:
    """What a phrase speaks for."""

    kind: Kind
    entry: str
    strong: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """Phrases by the letters they are made of: whole words, words' beginnings, whole lines, and anywhere in a line."""

    exact: dict[str, tuple[_Said, ...]]
    stems: dict[str, tuple[_Said, ...]]
    lines: dict[str, tuple[_Said, ...]]
    anywhere: tuple[tuple[re.Pattern[str], _Said], ...]
    stem_lengths: tuple[int, ...]

    def look_up(self, line: list[str]) -> Iterator[tuple[_Said, int]]:
        """Give what is found in the words of a line, with the number of letters found."""
        whole = "".join(line)
        for found in self.lines.get(whole, ()):
            yield found, len(whole)
        for start in range(len(line)):
            joined = ""
            for word in line[start : start + _REACH]:
                joined += word
                for found in self.exact.get(joined, ()):
                    yield found, len(joined)
            for length in self.stem_lengths:
                if length > len(joined):
                    break
                for found in self.stems.get(joined[:length], ()):
                    yield found, length
        if _UNSPACED.search(whole):
            for pattern, found in self.anywhere:
                if hit := pattern.search(whole):
                    yield found, len(hit[0])


def _book() -> _Book:
    tables: dict[str, dict[str, dict[_Said, None]]] = {"exact": {}, "stems": {}, "lines": {}}
    inside: dict[_Said, list[str]] = defaultdict(list)
    for said, written in _written():
        key = "".join(spelling.words(spelling.normalise(written)))
        place = "stems" if written.endswith("*") else "lines" if written.startswith("=") else "exact"
        if _UNSPACED.search(key) and place != "lines":
            inside[said].append(key)
        else:
            tables[place].setdefault(key, {})[said] = None
    exact, stems, lines = ({key: tuple(of) for key, of in table.items()} for table in tables.values())
    anywhere = tuple((re.compile(spelling.any_of(keys)), said) for said, keys in inside.items())
    return _Book(exact, stems, lines, anywhere, tuple(sorted({len(key) for key in stems})))


def _written() -> Iterator[tuple[_Said, str]]:
    for kind, strengths in words.WORDS.items():
        for strength, languages in strengths.items():
            for language, phrases in languages.items():
                for written in phrases.split(","):
                    yield _Said(kind, language, strength == "strong"), written.strip()


_BOOK = _book()

#: Kind, entry, strength, and the number of letters found.
_Hit = tuple[Kind, str, bool, int]


def matches(text: str) -> tuple[Match, ...]:
    """Return what `text` speaks for, the longest entries first; empty where it reads like any other text.

    Weak entries are told only where no strong one of their kind was found.
    """
    plain = spelling.normalise(text[:LENGTH_MAX])
    line, numbers = spelling.words(plain), spelling.digits(plain)
    views = {"plain": plain, "stamp": spelling.skeleton(plain), "digits": numbers if _DIGIT.search(numbers) else ""}
    hits = _one_each((said.kind, said.entry, said.strong, length) for said, length in _BOOK.look_up(line))
    hits += [
        (entry.kind, entry.name, entry.strong, sum(c.isalnum() for c in hit[0]))
        for entry in PATTERNS
        if (hit := entry.pattern.search(views[entry.view]))
    ]
    hits += [("label_print", "barcode", True, 13) for hit in BARCODE.finditer(views["digits"]) if _is_barcode(hit[0])]
    return _told(hits, sum(map(len, line)), KEEPS.search(plain) is not None)


def _one_each(hits: Iterable[_Hit]) -> list[_Hit]:
    """Keep one hit a kind and strength, the longest: "gratis" is one word in eight languages."""
    best: dict[tuple[Kind, bool], _Hit] = {}
    for hit in hits:
        best[hit[0], hit[2]] = max(hit, best.get((hit[0], hit[2]), hit), key=lambda one: one[3])
    return list(best.values())


def _told(hits: list[_Hit], letters_all: int, keeps: bool) -> tuple[Match, ...]:
    """Keep the longest hit of each entry; drop weak ones beside strong ones of their kind, and what the line denies.

    A date beside "best before" is the label's, and so are the digits of a bar code.
    """
    longest: dict[tuple[Kind, str, bool], int] = {}
    for kind, entry, strong, length in sorted(hits, key=lambda hit: -hit[3]):
        longest.setdefault((kind, entry, strong), length)
    dropped = {"date_stamp"} if keeps else set()
    if ("label_print", "barcode", True) in longest:
        dropped |= {"serial", "phone"}
    sure = {kind for kind, _, strong in longest if strong}
    return tuple(
        Match(kind, entry, strong, min(1.0, length / max(1, letters_all)))
        for (kind, entry, strong), length in longest.items()
        if kind not in dropped and (strong or kind not in sure)
    )


def _is_barcode(written: str) -> bool:
    """Say whether 12 or 13 digits end in the check digit of a UPC or EAN."""
    numbers = [int(c) for c in written if c.isdigit()]
    return sum(number * (3 if place % 2 else 1) for place, number in enumerate(reversed(numbers))) % 10 == 0
