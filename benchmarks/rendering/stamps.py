"""What phones and cameras burn into the corner: the model and its camera, the date, a strip below the picture."""

from random import Random

from PIL import Image, ImageDraw

from benchmarks.rendering import palettes, places, texts, words
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.palettes import WHITE
from benchmarks.rendering.pens import Pen
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Color, Sticker, Style, bare, over, row, shape, stack
from benchmarks.rendering.words import Language

#: Turned by so many degrees, with its place in a photo that was turned by as many after it was taken.
_TURNED = {
    90: {"bottom left": "bottom right", "bottom right": "top right"},
    180: {"bottom left": "top right", "bottom right": "top left"},
    270: {"bottom left": "top left", "bottom right": "bottom left"},
}


def stamp(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Model and camera kind, or date and time: small, in a corner, turned with the photo."""
    pen = Pen(chance, library, words.LANGUAGES[0])
    size = chance.uniform(0.02, 0.04) * scene.short
    draw = chance.random()
    if draw < 0.07:
        _strip(pen, scene)
        return
    turn = chance.choice((0, 0, 0, 0, 0, 0, 90, 270, 180))
    sticker = _model(pen, size) if draw < 0.52 else _date(pen, size * 1.15)
    sticker = sticker.within((scene.width if turn % 180 == 0 else scene.height) * 0.8, scene.short * 0.3).turned(turn)
    where = chance.choice(("bottom left",) * 3 + ("bottom right",)) if draw < 0.52 else "bottom right"
    where = chance.choice((where, where, where, *places.CORNERS)) if not turn else _TURNED[turn][where]
    places.put(scene, sticker, (where, *places.CORNERS), chance.uniform(0.02, 0.06) * scene.short, "stamp")


def _model(pen: Pen, size: float) -> Sticker:
    chance = pen.chance
    color = palettes.tinted(chance, WHITE, 10)
    style = Style(
        color,
        opacity=chance.choice((1.0, 1.0, 0.9, 0.8)),
        spacing=chance.choice((0, 0, 0.06)),
        shadow=chance.choice((None, (0.03, 0.03, 0.05, 0.5))),
    )
    face = pen.face("Shot on", ("sans", "narrow", "round"))
    first = chance.choice(("Shot on {}", "SHOT ON {}", "{}", "{}", "Shot with {}")).format(chance.choice(words.PHONES))
    lines = [pen.line(first, size, style, face=face)]
    if chance.random() < 0.8:
        second = chance.choice((chance.choice(words.CAMERAS), chance.choice(words.CAMERAS), texts.stamp_date(chance)))
        lines.append(pen.line(second, size * chance.uniform(0.7, 0.95), style, face=face))
    block = stack(lines, size * 0.25, "left")
    return row((_lens(chance, round(size * 1.5), color), block), size * 0.5) if chance.random() < 0.65 else block


def _lens(chance: Random, size: int, color: Color) -> Sticker:
    """Return the small sign beside a model's name: two rings, or one eye."""
    zoom = 4
    full = size * zoom
    image = Image.new("L", (full * 2, full))
    draw = ImageDraw.Draw(image)
    edge = max(2, full // 14)
    if chance.random() < 0.6:
        for x in (0, full):
            draw.ellipse((x + edge, edge, x + full - edge, full - edge), outline=255, width=edge)
            draw.ellipse((x + full * 0.32, full * 0.32, x + full * 0.68, full * 0.68), fill=255)
    else:
        draw.rounded_rectangle((edge, edge, full, full - edge), full / 4, outline=255, width=edge)
        draw.ellipse((full * 0.3, full * 0.3, full * 0.7, full * 0.7), fill=255)
        image = image.crop((0, 0, full + edge, full))
    mask = image.resize((image.width // zoom, image.height // zoom), Image.Resampling.BOX)
    flat = Image.new("RGBA", mask.size, (*color, 255))
    flat.putalpha(mask)
    return bare(flat)


def _date(pen: Pen, size: float) -> Sticker:
    chance = pen.chance
    color = chance.choice(
        ((255, 240, 60), (255, 225, 0), (255, 200, 0), (255, 160, 30), (255, 120, 20), WHITE, (255, 70, 40))
    )
    glow = chance.choice((None, None, None, (0.1, palettes.mixed(color, (255, 60, 0), 0.5))))
    style = Style(color, glow=glow, stroke=chance.choice((0.0, 0.0, 0.05)), spacing=chance.choice((0, 0, 0.08)))
    if chance.random() < 0.35:
        return pen.line(texts.segment_date(chance), size * 0.8, style, ("lcd",))
    return pen.line(texts.stamp_date(chance), size, style, ("sans", "mono", "serif", "round"))


def _strip(pen: Pen, scene: Scene) -> None:
    """A white or black strip below the picture: model at the left, what the lens did at the right."""
    chance = pen.chance
    color, ink = chance.choice(((WHITE, (20, 20, 20)), (WHITE, (20, 20, 20)), ((12, 12, 12), WHITE)))
    height = round(scene.short * chance.uniform(0.07, 0.11))
    made = shape("rectangle", (scene.width, height), color)
    face = pen.face("Shot on", ("sans",))
    name = pen.line(chance.choice(words.PHONES), height * 0.3, Style(ink), face=face)
    lens = f"{chance.choice((24, 26, 35, 50, 75))}mm f/{chance.choice(('1.8', '1.9', '2.2'))}"
    facts = f"{lens} 1/{chance.choice((50, 100, 120, 640))} ISO{chance.choice((50, 100, 320))}"
    right = stack(
        [
            pen.line(facts, height * 0.26, Style(ink), face=face),
            pen.line(texts.stamp_date(chance), height * 0.18, Style((130, 130, 130)), face=face),
        ],
        height * 0.1,
        "left",
    )
    right = right.within(scene.width * 0.5, height * 0.8)
    edge = round(height * 0.4)
    made = over(made, name.within(scene.width * 0.4, height), (edge, (height - name.height) // 2))
    made = over(made, right, (scene.width - right.width - edge, (height - right.height) // 2))
    scene.overlay(made, (0, scene.height - height), "stamp")
