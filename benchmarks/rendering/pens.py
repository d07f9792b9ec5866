"""Setting text: a pen has a chance, fonts and a language, and writes lines that all have their glyphs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from PIL import ImageDraw

from benchmarks.rendering import palettes, texts, words
from benchmarks.rendering.fonts import Face, Library, Manner
from benchmarks.rendering.stickers import Color, Sticker, Style, row, write
from benchmarks.rendering.words import Language

#: What promotions are set in.
BOLD: tuple[Manner, ...] = ("heavy", "sans", "narrow", "display", "round")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in one language with the fonts that there are."""

    chance: Random
    library: Library
    language: Language

    def latin(self) -> "Pen":
        """Return a pen for what is written in English or is a name everywhere."""
        return replace(self, language=words.LANGUAGES[0])

    def face(self, text: str, manners: Sequence[Manner] = ()) -> Face:
        """Return a face that has every character of `text`; a bold one mostly, where boldness is wanted."""
        able = self.library.fitting(text, self.script(text), manners)
        if not able:
            raise LookupError(f"no font has all of {text!r}")
        if manners == BOLD and self.chance.random() < 0.75:
            able = tuple(face for face in able if face.bold) or able
        return self.chance.choice(able)

    def script(self, text: str) -> str:
        """Return the script to set `text` in: Latin words and numbers need no font of the language."""
        return "Latn" if text.isascii() and any(c.isalpha() for c in text) else self.language.script

    def line(
        self, text: str, size: float, style: Style, manners: Sequence[Manner] = (), face: Face | None = None
    ) -> Sticker:
        """Return `text` on a sticker; `size` is the em in pixels.

        Where no face has all of it ("கடை @shop") it is set word by word, as browsers and editors do.
        """
        if (face is None or not face.covers(text)) and not self.library.fitting(text, self.script(text)):
            return self._pieced(text, size, style, manners)
        face = face if face is not None and face.covers(text) else self.face(text, manners)
        script = self.script(text)
        code = "en" if script == "Latn" and self.language.script != "Latn" else self.language.code
        return write(text, script, code, face, round(size), style)

    def _pieced(self, text: str, size: float, style: Style, manners: Sequence[Manner]) -> Sticker:
        pieces = text.split()
        if len(pieces) < 2:
            raise LookupError(f"no font has all of {text!r}")
        parts = [self.line(piece, size, style, manners) for piece in pieces]
        if self.language.script in {"Arab", "Hebr"}:
            parts.reverse()
        made = row(parts, size * 0.3)
        corners = np.concatenate([line.corners for line in made.lines])
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        whole = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        line = replace(
            made.lines[0], corners=whole, text=text, script=self.language.script, language=self.language.code
        )
        return Sticker(made.image, (line,))

    def pick(self, phrases: Sequence[str]) -> str:
        """Return one of `phrases`, in capitals now and then."""
        return self.cased(self.chance.choice(phrases))

    def cased(self, text: str) -> str:
        """Return `text` in capitals now and then; where a script has none, nothing changes."""
        # Python's capitals of Turkish and German are wrong on shop signs: "ı", "ß".
        if self.language.code in {"tr", "de"} or self.chance.random() > 0.35:
            return text
        return texts.capitals(text)

    def price(self, size: float, style: Style) -> Sticker:
        """Return a price, now and then after the old one, struck through."""
        if self.chance.random() > 0.3:
            return self.line(texts.price(self.chance, self.language), size, style, BOLD)
        now, before = texts.reduced(self.chance, self.language)
        made = self.line(now, size, style, BOLD)
        old = struck(self.line(before, size * 0.6, style, ("sans",)), style)
        return row((old, made) if self.chance.random() < 0.7 else (made, old), size * 0.35)


def struck(sticker: Sticker, style: Style) -> Sticker:
    """Return a line struck through."""
    image = sticker.image.copy()
    color = style.fill if isinstance(style.fill[0], int) else style.fill[1]
    left, top = sticker.lines[0].corners[0]
    right, bottom = sticker.lines[0].corners[2]
    y = (top + bottom) / 2
    ImageDraw.Draw(image).line((left, y, right, y), (*color, 255), max(1, round((bottom - top) / 10)))
    return Sticker(image, sticker.lines)


def broken(text: str, count: int) -> list[str]:
    """Return `text` in up to `count` (1 or 2) lines of about the same length, broken at a blank."""
    parts = text.split()
    if count < 2 or len(parts) < 2:
        return [text]
    best = min(range(1, len(parts)), key=lambda k: abs(len(" ".join(parts[:k])) - len(" ".join(parts[k:]))))
    return [" ".join(parts[:best]), " ".join(parts[best:])]


def supported(chance: Random, style: Style, ink: Color, busy: float) -> Style:
    """Return `style` with an outline, a shadow or a glow where the ground is `busy`, as designers do so to be read."""
    if busy < 34 or style.stroke or style.shadow or style.glow or chance.random() < 0.2:
        return style
    against = palettes.readable_on(chance, palettes.brightness(ink))
    match chance.choice(("stroke", "shadow", "shadow", "glow")):
        case "stroke":
            return replace(style, stroke=chance.choice((0.04, 0.06, 0.08)), stroke_fill=against)
        case "shadow":
            return replace(style, shadow=(0.03, 0.04, chance.choice((0.02, 0.05)), 0.75))
        case _:
            return replace(style, glow=(0.12, against))
