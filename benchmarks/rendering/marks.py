"""Marks of sellers and owners: contact lines, watermarks, wordmarks, emblems."""

from dataclasses import replace
from random import Random

from PIL import Image, ImageDraw

from benchmarks.rendering import palettes, places, texts, words
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.pens import Pen, supported
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Color, Shape, Sticker, Style, bare, plated, row, stack
from benchmarks.rendering.words import Language


def contact(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """An address, a number or a name to find the seller by; along an edge or across the picture."""
    pen = Pen(chance, library, language)
    size = scene.short * chance.uniform(0.03, 0.065)
    lines = [texts.contact(chance, language) for _ in range(chance.choice((1, 1, 1, 2)))]
    style = Style(
        opacity=chance.choice((1.0, 1.0, 0.8, 0.55)), shadow=chance.choice((None, None, (0.04, 0.04, 0.04, 0.6)))
    )
    faces = [
        pen.face(text, ("sans", "narrow", "round")) if pen.library.fitting(text, pen.script(text)) else None
        for text in lines
    ]
    color = palettes.loud(chance) if chance.random() < 0.3 else None
    name: Shape = chance.choice(("rectangle", "pill", "rounded"))
    where = chance.choice(("bottom", "bottom", "top", "", *places.CORNERS))
    turn = chance.choice((30, 45, -30, 20)) if where == "" and chance.random() < 0.4 else 0
    support = chance.getrandbits(32)

    def make(ink: Color, busy: float) -> Sticker:
        drawn = replace(supported(Random(support), style, ink, busy), fill=ink)
        if color is not None:
            drawn = Style(palettes.readable_on(Random(support), palettes.brightness(color)))
        # Where no one face has all of a line, which ones it is pieced from must not differ between the two calls.
        fixed = replace(pen, chance=Random(support))
        block = stack(
            [fixed.line(t, size, drawn, ("sans",), face) for t, face in zip(lines, faces, strict=True)], size * 0.3
        )
        made = plated(block, name, color, (size * 0.7, size * 0.35)) if color is not None else block
        return (made.turned(turn) if turn else made).within(scene.width * 0.92, scene.height * 0.6)

    names = (where, "bottom", "top", *places.CORNERS)
    places.put_inked(chance, scene, make, names, places.margin(chance, scene), "contact", palettes.LOUD)


# --- watermarks ---------------------------------------------------------------------------------------------------


def watermark(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """An owner's mark: tiled and faint, one big and translucent, or small, perhaps with the picture's number."""
    pen = Pen(chance, library, words.LANGUAGES[0])
    text = chance.choice(
        (chance.choice(words.AGENCIES), texts.ownership(chance), texts.shop(chance), texts.domain(chance))
    )
    light = chance.random() < 0.8
    ink: Color = WHITE if light else chance.choice((BLACK, (80, 80, 80)))
    style = Style(
        ink,
        stroke=chance.choice((0, 0, 0.03)),
        stroke_fill=(90, 90, 90) if light else WHITE,
        opacity=chance.choice((0.15, 0.22, 0.3, 0.4, 0.55)),
        shadow=chance.choice((None, None, (0.03, 0.03, 0.03, 0.6))),
    )
    face = pen.face(text, chance.choice((("sans",), ("sans", "heavy", "serif", "script"))))
    match chance.choice(("tiled", "single", "single", "corner")):
        case "tiled":
            size = scene.short * chance.uniform(0.03, 0.07)
            mark = pen.line(text, size, style, face=face).turned(chance.choice((0, 30, 45, -30, 20)))
            _tile(chance, scene, mark, size)
        case "single":
            mark = pen.line(text, scene.short * chance.uniform(0.09, 0.2), style, face=face)
            if chance.random() < 0.3:
                mark = row((sign(chance, round(mark.height * 0.8), ink).faded(style.opacity), mark), mark.height * 0.3)
            mark = mark.turned(chance.choice((0, 0, 0, 35, 45, -20))).within(scene.width * 0.9, scene.height * 0.8)
            scene.overlay(mark, places.spot(scene, mark, 0, ""), "watermark")
            if chance.random() < 0.5:
                _number(pen, scene)
        case _:
            size = scene.short * chance.uniform(0.025, 0.045)
            mark = pen.line(text, size, replace(style, opacity=chance.uniform(0.5, 1.0)), face=face)
            mark = mark.within(scene.width * 0.6, 999).turned(chance.choice((0, 0, 90)))
            places.put(scene, mark, (chance.choice(places.CORNERS),), places.margin(chance, scene), "watermark")
            if chance.random() < 0.3:
                _number(pen, scene)


def _tile(chance: Random, scene: Scene, mark: Sticker, size: float) -> None:
    step_x = mark.width * chance.uniform(1.2, 1.9)
    step_y = mark.height * chance.uniform(1.3, 3.0) + size * 2
    y, shift = -mark.height * chance.random(), 0.0
    while y < scene.height:
        x = -mark.width * 0.5 + shift
        while x < scene.width:
            scene.overlay(mark, (x, y), "watermark")
            x += step_x
        y += step_y
        shift = step_x / 2 - shift


def _number(pen: Pen, scene: Scene) -> None:
    chance = pen.chance
    style = Style(chance.choice((WHITE, BLACK)), opacity=chance.uniform(0.6, 1.0))
    mark = pen.line(texts.number(chance), scene.short * chance.uniform(0.018, 0.03), style, ("sans", "mono"))
    mark = mark.turned(chance.choice((0, 90, 90)))
    places.put(scene, mark, chance.sample(places.CORNERS, 4), scene.short * 0.015, "watermark")


# --- wordmarks ----------------------------------------------------------------------------------------------------


def logo(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A shop's name with or without a sign, in a corner or at the middle of an edge."""
    pen = Pen(chance, library, language)
    names = chance.sample((*places.CORNERS, "top", "bottom", ""), 7)
    tone = scene.tone(places.side(scene, names[0]))
    ink = palettes.readable_on(chance, tone, (*palettes.LOUD, *palettes.CALM))
    made = wordmark(pen, scene.short * chance.uniform(0.045, 0.1), ink)
    if chance.random() < 0.25:
        under = WHITE if palettes.brightness(ink) < 140 else BLACK
        name: Shape = chance.choice(("rectangle", "rounded", "ellipse"))
        made = plated(made, name, under, (made.height * 0.5, made.height * 0.35), opacity=chance.choice((1.0, 0.8)))
    made = made.within(scene.width * 0.5, scene.height * 0.4).faded(chance.choice((1.0, 1.0, 0.75, 0.5)))
    places.put(scene, made, names, places.margin(chance, scene), "logo")


def wordmark(pen: Pen, size: float, ink: Color) -> Sticker:
    """Return an invented brand: a sign, a name, sometimes a line below."""
    chance = pen.chance
    latin = pen.latin()
    name = latin.pick((texts.shop(chance), chance.choice(words.BRANDS)))
    style = Style(ink, spacing=chance.choice((0, 0, 0.08, 0.2)))
    lines = [latin.line(name, size, style, chance.choice((("serif",), ("sans",), ("script",), ("heavy", "round"))))]
    if chance.random() < 0.3:
        lines.append(pen.line(chance.choice(pen.language.caption), size * 0.4, Style(ink), ("sans", "serif")))
    block = stack(lines, size * 0.15)
    if chance.random() < 0.6:
        mark = sign(chance, round(size * 1.2), ink)
        return row((mark, block), size * 0.3) if chance.random() < 0.6 else stack((mark, block), size * 0.2)
    return block


def sign(chance: Random, size: int, ink: Color) -> Sticker:
    """Return a small geometric emblem."""
    zoom = 4
    size = max(3, size)
    image = Image.new("L", (size * zoom, size * zoom))
    draw = ImageDraw.Draw(image)
    full = size * zoom - 1
    match chance.choice(("ring", "disc", "diamond", "leaf", "bars", "square", "tick")):
        case "ring":
            draw.ellipse((0, 0, full, full), 255)
            draw.ellipse((full * 0.2, full * 0.2, full * 0.8, full * 0.8), 0)
        case "disc":
            draw.ellipse((0, 0, full, full), 255)
            draw.polygon([(full * 0.35, full * 0.25), (full * 0.75, full * 0.5), (full * 0.35, full * 0.75)], 0)
        case "diamond":
            draw.polygon([(full / 2, 0), (full, full / 2), (full / 2, full), (0, full / 2)], 255)
        case "leaf":
            draw.pieslice((0, 0, full * 2, full * 2), 180, 270, 255)
            draw.pieslice((-full, -full, full, full), 0, 90, 255)
        case "bars":
            for k in range(3):
                draw.rectangle((full * (0.08 + 0.32 * k), full * (0.5 - 0.2 * k), full * (0.3 + 0.32 * k), full), 255)
        case "tick":
            draw.line(
                (full * 0.05, full * 0.55, full * 0.4, full * 0.9, full * 0.95, full * 0.15), 255, max(2, full // 7)
            )
        case _:
            draw.rounded_rectangle((0, 0, full, full), full / 5, 255)
            draw.ellipse((full * 0.3, full * 0.3, full * 0.7, full * 0.7), 0)
    mask = image.resize((size, size), Image.Resampling.BOX)
    flat = Image.new("RGBA", (size, size), (*ink, 255))
    flat.putalpha(mask)
    return bare(flat)
