"""Decorative words straight over the photo, columns where people write so, and the white capitals of memes."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from benchmarks.rendering import palettes, places, texts
from benchmarks.rendering.fonts import UPRIGHT, Library, Manner
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.pens import Pen, broken, supported
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Align, Color, Sticker, Style, column, row, stack, topped
from benchmarks.rendering.words import Language


def caption(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """One to three lines in script, serif or brush; spaced, turned, faint or bold."""
    pen = Pen(chance, library, language)
    if chance.random() < 0.12:
        _meme(pen, scene)
        return
    text = chance.choice((*language.caption, *language.headline))
    manners: tuple[Manner, ...] = chance.choice(
        (("script", "brush", "serif"), ("serif",), ("brush",), ("round", "sans"), ())
    )
    size = scene.short * chance.uniform(0.045, 0.13)
    style = Style(
        shadow=chance.choice((None, None, (0.03, 0.03, 0.05, 0.6))),
        spacing=chance.choice((0, 0, 0.05, 0.15)),
        opacity=chance.choice((1.0, 1.0, 1.0, 0.85, 0.65)),
    )
    face = pen.face(text, manners)
    upright = language.script in UPRIGHT and chance.random() < 0.5
    parts = broken(text, chance.choice((1, 1, 2)))
    align: Align = chance.choice(("left", "center"))
    gap = size * chance.uniform(0.1, 0.4)
    turn = chance.uniform(-12, 12) if chance.random() < 0.1 else 0.0
    sloped, support = chance.random() < 0.15, chance.getrandbits(32)

    def make(ink: Color, busy: float) -> Sticker:
        drawn = supported(Random(support), style, ink, busy)
        drawn = replace(drawn, fill=palettes.sloped(ink) if sloped else ink)
        if upright:
            made = _columns(pen, text, size, drawn, manners, scene.height * 0.85, face.name)
        else:
            made = stack([pen.line(part, size, drawn, face=face) for part in parts], gap, align)
        made = made.turned(turn) if turn else made
        return made.within(scene.width * 0.92, scene.height * 0.85)

    names = (
        ("left", "right", "top left", "top right", "") if upright else (*places.EDGES, *places.EDGES, *places.CORNERS)
    )
    among = (*palettes.LOUD[4:7], *palettes.CALM, WHITE)
    where = chance.sample(names, len(names))
    places.put_inked(chance, scene, make, where, places.margin(chance, scene, 0.04), "caption", among)


def _columns(
    pen: Pen, text: str, size: float, style: Style, manners: Sequence[Manner], reach: float, name: str
) -> Sticker:
    """Return columns read from right to left."""
    able = pen.library.fitting(text, pen.script(text), manners)
    face = next((face for face in able if face.name == name), able[0])
    parts = text.split()
    size = min(size, reach / 1.15 / max(len(part) for part in parts))
    made = [column(part, pen.script(text), pen.language.code, face, max(10, round(size)), style) for part in parts]
    return row(topped(made)[::-1], size * 0.3)


def _meme(pen: Pen, scene: Scene) -> None:
    """White capitals with a black edge, above and below."""
    chance = pen.chance
    style = Style(WHITE, stroke=chance.choice((0.06, 0.08, 0.1)), stroke_fill=BLACK)
    phrases = chance.sample((*pen.language.caption, *pen.language.headline), 2)
    size = scene.short * chance.uniform(0.07, 0.11)
    for text, edge in zip(phrases, ("top", "bottom"), strict=True):
        line = pen.line(texts.capitals(text), size, style, ("heavy", "narrow")).within(
            scene.width * 0.94, scene.height * 0.2
        )
        places.put(scene, line, (edge,), scene.short * 0.02, "caption")
        if chance.random() < 0.3:
            return
