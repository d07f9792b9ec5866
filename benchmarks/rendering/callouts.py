"""Measures with thin lines, and names of parts with leaders: overlays that inform more than they advertise."""

from random import Random

from PIL import ImageDraw

from benchmarks.rendering import palettes, texts, words
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.pens import Pen, supported
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Color, Sticker, Style
from benchmarks.rendering.words import Language

Point = tuple[float, float]


def callout(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Width below, height beside, and up to three parts named."""
    pen = Pen(chance, library, language)
    size = scene.short * chance.uniform(0.028, 0.048)
    whole = (0.0, 0.0, float(scene.width), float(scene.height))
    ink = palettes.readable_on(chance, scene.tone(whole), ((220, 30, 30), (90, 90, 90), (20, 60, 160)))
    thick = max(1, round(scene.short * 0.0025))
    style = supported(chance, Style(ink), ink, scene.busy(whole))
    x0, x1 = scene.width * chance.uniform(0.1, 0.25), scene.width * chance.uniform(0.72, 0.9)
    y0, y1 = scene.height * chance.uniform(0.1, 0.22), scene.height * chance.uniform(0.75, 0.9)
    across = chance.random() < 0.75
    if across:
        text = pen.line(texts.measure(chance), size, style, ("sans", "narrow"))
        _ruler(scene, (x0, y1), (x1, y1), ink, thick)
        scene.overlay(text, ((x0 + x1 - text.width) / 2, min(y1 + size * 0.25, scene.height - text.height)), "callout")
    if not across or chance.random() < 0.65:
        x = chance.choice((x0 * 0.7, x1 + (scene.width - x1) * 0.3))
        text = pen.line(texts.measure(chance), size, style, ("sans", "narrow")).turned(chance.choice((0, 90)))
        _ruler(scene, (x, y0), (x, y1), ink, thick)
        left = x + size * 0.3 if x + size * 0.3 + text.width < scene.width else x - text.width - size * 0.3
        scene.overlay(text, (max(0, left), (y0 + y1 - text.height) / 2), "callout")
    parts = words.FEATURES if language.code == "en" else tuple(t for t in language.claim if "{d}" not in t)
    for name in chance.sample(parts, chance.choice((0, 0, 1, 2, 3))):
        _leader(
            chance, scene, pen.line(name, size, style, ("sans",)).within(scene.width * 0.4, scene.height), ink, thick
        )


def _ruler(scene: Scene, start: Point, end: Point, ink: Color, thick: int) -> None:
    """A line with a short stroke across each end."""
    draw = ImageDraw.Draw(scene.shown)
    draw.line((*start, *end), ink, thick)
    reach = thick * 4
    for x, y in (start, end):
        if abs(start[0] - end[0]) > abs(start[1] - end[1]):
            draw.line((x, y - reach, x, y + reach), ink, thick)
        else:
            draw.line((x - reach, y, x + reach, y), ink, thick)


def _leader(chance: Random, scene: Scene, text: Sticker, ink: Color, thick: int) -> None:
    """A name at the side and a line from it to a point of the product."""
    left = chance.random() < 0.5
    x = scene.width * 0.03 if left else scene.width * 0.97 - text.width
    y = chance.uniform(0.1, 0.8) * scene.height
    if not scene.free(text, (x, y)):
        return
    scene.overlay(text, (x, y), "callout")
    target = (scene.width * chance.uniform(0.4, 0.6), scene.height * chance.uniform(0.35, 0.65))
    start = (x + text.width + thick * 3 if left else x - thick * 3, y + text.height / 2)
    draw = ImageDraw.Draw(scene.shown)
    draw.line((*start, *target), ink, thick)
    reach = thick * 2
    draw.ellipse((target[0] - reach, target[1] - reach, target[0] + reach, target[1] + reach), ink)
