"""Overlays as merchants, phones, marketplaces and agencies lay them over pictures: one function a kind.

Each takes the chance, a scene, a language and the fonts, and lays stickers on the scene.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.rendering import palettes, texts, words
from benchmarks.rendering.fonts import UPRIGHT, Face, Library, Manner
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import (
    Align,
    Color,
    Shape,
    Sticker,
    Style,
    bare,
    centered,
    column,
    over,
    plated,
    row,
    shadowed,
    shape,
    stack,
    write,
)
from benchmarks.rendering.words import Language

BOLD: tuple[Manner, ...] = ("heavy", "sans", "narrow", "display", "round")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in one language with the fonts that there are."""

    chance: Random
    library: Library
    language: Language

    def face(self, text: str, manners: Sequence[Manner] = ()) -> Face:
        """Return a face that has every character of `text`."""
        able = self.library.fitting(text, self.script(text), manners)
        if not able:
            raise LookupError(f"no font has all of {text!r}")
        return self.chance.choice(able)

    def script(self, text: str) -> str:
        """Return the script to set `text` in: Latin words and numbers need no font of the language."""
        return "Latn" if text.isascii() and any(c.isalpha() for c in text) else self.language.script

    def line(self, text: str, size: float, style: Style, manners: Sequence[Manner] = (), face: Face | None = None) -> Sticker:
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
        words_ = text.split()
        if len(words_) < 2:
            raise LookupError(f"no font has all of {text!r}")
        parts = [self.line(word, size, style, manners) for word in words_]
        if self.language.script in {"Arab", "Hebr"}:
            parts.reverse()
        made = row(parts, size * 0.3)
        corners = np.concatenate([line.corners for line in made.lines])
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        whole = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        line = replace(made.lines[0], corners=whole, text=text, script=self.language.script, language=self.language.code)
        return Sticker(made.image, (line,))

    def pick(self, phrases: Sequence[str]) -> str:
        """Return one of `phrases`, in capitals now and then."""
        return texts.cased(self.chance, self.chance.choice(phrases))


def _margin(scene: Scene, chance: Random) -> float:
    return chance.choice((0.012, 0.02, 0.03, 0.045, 0.06)) * scene.short


def _corner(scene: Scene, sticker: Sticker, margin: float, name: str) -> tuple[float, float]:
    """Return the place for `sticker` in the corner or at the edge that `name` says, like "top left" or "bottom"."""
    x = (scene.width - sticker.width) / 2
    y = (scene.height - sticker.height) / 2
    if "left" in name:
        x = margin
    if "right" in name:
        x = scene.width - sticker.width - margin
    if "top" in name:
        y = margin
    if "bottom" in name:
        y = scene.height - sticker.height - margin
    return x, y


CORNERS = ("top left", "top right", "bottom left", "bottom right")


def _legible(chance: Random, scene: Scene, at: tuple[float, float], sticker: Sticker, among: Sequence[Color]) -> Color:
    tone = scene.tone((at[0], at[1], at[0] + sticker.width, at[1] + sticker.height))
    return palettes.readable_on(chance, tone, among)


# --- camera stamps ------------------------------------------------------------------------------------------------


def stamp(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """What phones and cameras burn in: model and camera kind, or date and time, small in a corner."""
    pen = Pen(chance, library, words.LANGUAGES[0])
    turn = chance.choice((0, 0, 0, 0, 0, 90, 270, 180))
    size = chance.uniform(0.022, 0.042) * scene.short
    if chance.random() < 0.5:
        sticker = _model(pen, size)
        where = chance.choice(("bottom left", "bottom left", "bottom left", "bottom right"))
    else:
        sticker = _date(pen, size * 1.15)
        where = chance.choice(("bottom right", "bottom right", "bottom right", "bottom left", "top right", "top left"))
    sticker = sticker.within(scene.width * 0.8 if turn % 180 == 0 else scene.height * 0.8, scene.short * 0.3).turned(turn)
    where = {0: where, 90: "bottom right", 180: "top left", 270: "top left" if "left" in where else "top right"}[turn]
    scene.overlay(sticker, _corner(scene, sticker, chance.uniform(0.02, 0.06) * scene.short, where), "stamp")


def _model(pen: Pen, size: float) -> Sticker:
    chance = pen.chance
    color = palettes.tinted(chance, WHITE, 10)
    style = Style(color, opacity=chance.choice((1.0, 1.0, 0.9, 0.8)), spacing=chance.choice((0, 0, 0.06)),
                  shadow=chance.choice((None, (0.03, 0.03, 0.05, 0.5))))  # fmt: skip
    face = pen.face("Shot on", ("sans", "narrow", "round"))
    first = chance.choice(("Shot on {}", "SHOT ON {}", "{}", "Shot with {}")).format(chance.choice(words.PHONES))
    upper = pen.line(first, size, style, face=face)
    lines = [upper]
    if chance.random() < 0.8:
        second = chance.choice((chance.choice(words.CAMERAS), chance.choice(words.CAMERAS), texts.stamp_date(chance)))
        lines.append(pen.line(second, size * chance.uniform(0.7, 0.95), style, face=face))
    block = stack(lines, size * 0.25, "left")
    if chance.random() < 0.6:
        return row((_lens(chance, round(size * 1.5), color), block), size * 0.5)
    return block


def _lens(chance: Random, size: int, color: Color) -> Sticker:
    zoom = 4
    image = Image.new("L", (size * 2 * zoom, size * zoom))
    draw = ImageDraw.Draw(image)
    edge = max(2, size * zoom // 14)
    if chance.random() < 0.6:
        for x in (0, size * zoom):
            draw.ellipse((x + edge, edge, x + size * zoom - edge, size * zoom - edge), outline=255, width=edge)
            draw.ellipse((x + size * zoom * 0.32, size * zoom * 0.32, x + size * zoom * 0.68, size * zoom * 0.68), fill=255)
    else:
        draw.rounded_rectangle((edge, edge, size * zoom, size * zoom - edge), size, outline=255, width=edge)
        draw.ellipse((size * zoom * 0.3, size * zoom * 0.3, size * zoom * 0.7, size * zoom * 0.7), fill=255)
        image = image.crop((0, 0, size * zoom + edge, size * zoom))
    mask = image.resize((image.width // zoom, image.height // zoom), Image.Resampling.BOX)
    flat = Image.new("RGBA", mask.size, (*color, 255))
    flat.putalpha(mask)
    return bare(flat)


def _date(pen: Pen, size: float) -> Sticker:
    chance = pen.chance
    color = chance.choice(((255, 200, 0), (255, 160, 30), (255, 120, 20), (255, 240, 60), WHITE, (255, 70, 40)))
    glow = chance.choice((None, None, (0.12, palettes.mixed(color, (255, 60, 0), 0.5))))
    style = Style(color, glow=glow, stroke=chance.choice((0.0, 0.0, 0.05)), spacing=chance.choice((0, 0, 0.08)))
    if chance.random() < 0.35:
        return pen.line(texts.segment_date(chance), size * 0.8, style, ("lcd",))
    return pen.line(texts.stamp_date(chance), size, style, ("sans", "mono", "serif", "round"))


# --- badges -------------------------------------------------------------------------------------------------------


def badge(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A sale, percent, price, shipping or novelty sign on a shape, mostly in a corner; one to three of them."""
    pen = Pen(chance, library, language)
    free = list(CORNERS)
    chance.shuffle(free)
    for corner in free[: chance.choice((1, 1, 1, 2, 2, 3))]:
        if chance.random() < 0.13:
            _corner_band(pen, scene, corner)
            continue
        made = _badge(pen, scene.short * chance.uniform(0.13, 0.34))
        if chance.random() < 0.35:
            made = made.turned(chance.uniform(-16, 16))
        made = made.within(scene.width * 0.6, scene.height * 0.5)
        if chance.random() < 0.2:  # over the product
            at = (
                chance.uniform(0.1, 0.9) * (scene.width - made.width),
                chance.uniform(0.15, 0.85) * (scene.height - made.height),
            )
        else:
            at = _corner(scene, made, chance.choice((0, _margin(scene, chance))), corner)
        scene.overlay(made, at, "badge")


def _promise(pen: Pen) -> tuple[str, ...]:
    """Return one to three short lines of a promotion."""
    chance, language = pen.chance, pen.language
    return chance.choice(
        (
            lambda: (pen.pick(language.sale),),
            lambda: (texts.percent(chance, language),),
            lambda: (pen.pick(language.sale), texts.percent(chance, language)),
            lambda: (pen.pick(language.sale), texts.price(chance, language)),
            lambda: (texts.price(chance, language),),
            lambda: (pen.pick(language.shipping),),
            lambda: (pen.pick(language.new),),
            lambda: (pen.pick(language.new), texts.price(chance, language)),
            lambda: ("SALE", texts.percent(chance, language)),
            lambda: (f"-{chance.choice((10, 15, 20, 25, 30, 40, 50, 60, 70))}%",),
        )
    )()


def _badge(pen: Pen, size: float) -> Sticker:
    chance = pen.chance
    color = palettes.loud(chance)
    ink = palettes.readable_on(chance, palettes.brightness(color), ((255, 235, 59), WHITE, (255, 214, 0)))
    style = Style(ink, stroke=chance.choice((0, 0, 0, 0.04)), stroke_fill=palettes.mixed(color, BLACK, 0.5),
                  shadow=chance.choice((None, None, (0.04, 0.04, 0.03, 0.5))))  # fmt: skip
    parts = _promise(pen)
    heights = [1.0] if len(parts) == 1 else chance.choice(([1.0, 1.0], [0.6, 1.2], [0.7, 1.5], [1.2, 0.6]))
    manners = BOLD if chance.random() < 0.85 else ()
    lines = [pen.line(part, 100 * height, style, manners) for part, height in zip(parts, heights, strict=True)]
    # Set to one width now and then, as designers fill a plate.
    if len(lines) > 1 and chance.random() < 0.35:
        widest = max(line.width for line in lines)
        lines = [line.scaled(widest, max(1, round(line.height * min(2.2, widest / line.width)))) for line in lines]
    block = stack(lines, 8)
    name: Shape = chance.choice(
        ("ellipse", "ellipse", "burst", "burst", "rounded", "rectangle", "pill", "ribbon", "flag", "tag", "slant")
    )
    border = chance.choice((None, None, WHITE, palettes.mixed(color, WHITE, 0.6), (255, 214, 0)))
    if name in {"ellipse", "burst"}:
        side = max(block.width, block.height) * 1.32
        inner = block.within(side * 0.78, side * 0.6)
        fill = chance.choice((color, (palettes.mixed(color, WHITE, 0.3), color)))
        ground = shape(name, (round(side), round(side)), fill, border=border, border_px=round(side * 0.03),
                       points=chance.choice((8, 12, 16, 20, 28)))  # fmt: skip
        made = centered(ground, inner)
        if chance.random() < 0.3:
            made = shadowed(made, side * 0.02, side * 0.03, 0.4)
        return made.within(size * 1.1, size * 1.1)
    made = plated(block, name, color, (block.height * 0.45 + 20, block.height * 0.22), border=border, border_px=5,
                  opacity=chance.choice((1.0, 1.0, 1.0, 0.85)))  # fmt: skip
    if chance.random() < 0.2:
        made = shadowed(made, 6, 8, 0.35)
    return made.within(size * 1.9, size * 0.9)


def _corner_band(pen: Pen, scene: Scene, corner: str) -> None:
    """A band across a corner, or a filled corner, with slanting words."""
    chance = pen.chance
    color = palettes.loud(chance)
    ink = palettes.readable_on(chance, palettes.brightness(color))
    reach = round(scene.short * chance.uniform(0.24, 0.4))
    text = chance.choice((f"-{chance.choice((10, 20, 30, 50, 70))}%", pen.pick(pen.language.new), pen.pick(pen.language.sale)))
    words_ = pen.line(text, reach * 0.16, Style(ink), BOLD)
    canvas = Image.new("RGBA", (reach, reach), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    inner = reach * (0.0 if chance.random() < 0.4 else 0.5)
    draw.polygon([(inner, 0), (reach, 0), (0, reach), (0, inner)], (*color, 255))
    # The words lie along the band, half way between its edges.
    words_ = words_.within((reach + inner) * 0.62, (reach - inner) * 0.5).turned(45)
    middle = (reach + inner) / 4 if inner else reach / 3
    made = over(bare(canvas), words_, (round(middle - words_.width / 2), round(middle - words_.height / 2)))
    if "right" in corner:
        made = made.turned(-90)
    if "bottom" in corner:
        # Turned so that the words still read upwards.
        made = over(bare(Image.new("RGBA", (reach, reach), (0, 0, 0, 0))), _bottom(made, "right" in corner, words_, reach, middle, canvas), (0, 0))
    scene.overlay(made, _corner(scene, made, 0, corner), "badge")


def _bottom(made: Sticker, right: bool, words_: Sticker, reach: int, middle: float, canvas: Image.Image) -> Sticker:
    ground = bare(canvas.transpose(Image.Transpose.ROTATE_180 if right else Image.Transpose.ROTATE_90))
    tilted = words_ if right else words_.turned(-90)
    x = reach - middle if right else middle
    return over(ground, tilted, (round(x - tilted.width / 2), round(reach - middle - tilted.height / 2)))


# --- banners and captions -----------------------------------------------------------------------------------------


def headline_block(pen: Pen, width: float, ink: Color, accent: Color, align: Align) -> Sticker:
    """Return headline, line below, price and button, as far as there are any, about `width` pixels wide."""
    chance, language = pen.chance, pen.language
    size = width / chance.uniform(7, 11)
    family: tuple[Manner, ...] = chance.choice((BOLD, ("serif",), ("sans",), ("heavy",), ("script", "sans"), ()))
    head_style = Style(
        palettes.ink_fill(chance, ink),
        shadow=chance.choice((None, None, None, (0.03, 0.03, 0.04, 0.45))),
        spacing=chance.choice((0, 0, 0, 0.05)),
        stroke=chance.choice((0, 0, 0, 0.05)),
        stroke_fill=palettes.readable_on(chance, palettes.brightness(ink)),
    )
    parts: list[Sticker] = []
    if chance.random() < 0.25:
        parts.append(pen.line(pen.pick((texts.shop(chance), *language.new)), size * 0.4, Style(accent, spacing=0.1), ("sans",)))
    head = pen.pick(language.headline)
    face = pen.face(head, family)
    parts += [pen.line(part, size, head_style, face=face) for part in broken(head, chance.choice((1, 2, 2)))]
    if chance.random() < 0.8:
        parts.append(pen.line(chance.choice(language.subline), size * chance.uniform(0.32, 0.5), Style(ink), ("sans", "serif", "round")))
    if chance.random() < 0.45:
        text = chance.choice((texts.price(chance, language), texts.percent(chance, language), pen.pick(language.sale)))
        line = pen.line(text, size * chance.uniform(0.7, 1.3), Style(accent), BOLD)
        if chance.random() < 0.4:
            under = palettes.readable_on(chance, palettes.brightness(accent))
            line = plated(pen.line(text, size * 0.8, Style(under), BOLD), chance.choice(("rectangle", "rounded", "pill", "slant")), accent,
                          (size * 0.35, size * 0.16))  # fmt: skip
        parts.append(line)
    if chance.random() < 0.55:
        parts.append(button(pen, size * 0.4, ink, accent))
    return stack([part.within(width, 10_000) for part in parts], size * chance.uniform(0.18, 0.4), align)


def button(pen: Pen, size: float, ink: Color, accent: Color) -> Sticker:
    """Return a plate that says what to do next."""
    chance = pen.chance
    text = pen.pick(pen.language.button) + chance.choice(("", "", " >", " →"))
    try:
        pen.face(text, ("sans",))
    except LookupError:
        text = text.rstrip(" →")
    name: Shape = chance.choice(("pill", "rounded", "rectangle"))
    if chance.random() < 0.25:  # an outline only
        return plated(pen.line(text, size, Style(ink), ("sans",)), name, ink, (size * 0.9, size * 0.5), opacity=0.12)
    under = palettes.readable_on(chance, palettes.brightness(accent))
    return plated(pen.line(text, size, Style(under), ("sans", "round")), name, accent, (size * 0.9, size * 0.5))


def broken(text: str, count: int) -> list[str]:
    """Return `text` in up to `count` lines of about the same length, broken at blanks."""
    parts = text.split()
    if count < 2 or len(parts) < 2:
        return [text]
    best = min(range(1, len(parts)), key=lambda k: abs(len(" ".join(parts[:k])) - len(" ".join(parts[k:]))))
    return [" ".join(parts[:best]), " ".join(parts[best:])]


def banner(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Headline, line below, price and button on the quiet side of the picture."""
    pen = Pen(chance, library, language)
    side = scene.quiet_side() if chance.random() < 0.8 else chance.choice(("left", "right", "top", "bottom"))
    wide = scene.width * (chance.uniform(0.36, 0.52) if side in {"left", "right"} else chance.uniform(0.5, 0.9))
    tone = scene.tone(_side_box(scene, side))
    ink = palettes.readable_on(chance, tone, palettes.LOUD)
    accent = palettes.readable_on(chance, tone, (*palettes.LOUD, *palettes.LOUD))
    align: Align = chance.choice(("left", "left", "center", "right" if language.script in {"Arab", "Hebr"} else "center"))
    block = headline_block(pen, wide, ink, accent, align).within(wide, scene.height * (0.8 if side in {"left", "right"} else 0.42))
    margin = max(_margin(scene, chance), 0.03 * scene.short)
    if chance.random() < 0.18:
        block = plated(block, "rectangle", WHITE if palettes.brightness(ink) < 128 else BLACK, (margin, margin * 0.8),
                       opacity=chance.uniform(0.4, 0.85))  # fmt: skip
    scene.overlay(block, _corner(scene, block, margin, side), "banner")
    if chance.random() < 0.15:
        contact(chance, scene, language, library)


def _side_box(scene: Scene, side: str) -> tuple[float, float, float, float]:
    w, h = scene.width, scene.height
    return {
        "left": (0.0, 0.0, w * 0.45, h * 1.0),
        "right": (w * 0.55, 0.0, w * 1.0, h * 1.0),
        "top": (0.0, 0.0, w * 1.0, h * 0.35),
        "bottom": (0.0, h * 0.65, w * 1.0, h * 1.0),
    }[side]


def card(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A promotion as marketplaces stack it: words of many sizes on coloured plates down one side."""
    pen = Pen(chance, library, language)
    side = chance.choice(("left", "right", scene.quiet_side()))
    side = side if side in {"left", "right"} else "right"
    width = scene.width * chance.uniform(0.32, 0.46)
    color, other = palettes.loud(chance), palettes.loud(chance)
    rows: list[Sticker] = []
    sources = (language.sale, language.headline, language.subline, language.new, language.shipping, language.claim)
    for _ in range(chance.randint(3, 6)):
        text = chance.choice(
            (texts.price(chance, language), texts.percent(chance, language), pen.pick(chance.choice(sources)).replace("{d}", ""))
        )
        plate = chance.choice((color, other, None, None))
        size = width / chance.uniform(4, 9)
        if plate is None:
            tone = scene.tone(_side_box(scene, side))
            style = Style(palettes.readable_on(chance, tone, (color, other)), stroke=chance.choice((0, 0, 0.06)),
                          stroke_fill=WHITE if tone < 128 else BLACK)  # fmt: skip
            if style.stroke:
                style = replace(style, fill=palettes.readable_on(chance, palettes.brightness(style.stroke_fill), (color, other)))
            rows.append(pen.line(text, size, style, BOLD).within(width, size * 2))
            continue
        ink = palettes.readable_on(chance, palettes.brightness(plate), ((255, 235, 59), WHITE))
        line = pen.line(text, size, Style(ink), BOLD).within(width * 0.9, size * 2)
        rows.append(plated(line, chance.choice(("rectangle", "rounded", "pill", "slant")), plate, (size * 0.3, size * 0.16)).within(width, 9999))
    block = stack(rows, width * 0.04, chance.choice(("left", "center", "right"))).within(width, scene.height * 0.85)
    scene.overlay(block, _corner(scene, block, _margin(scene, chance), f"{chance.choice(('top', '', 'bottom', ''))} {side}"), "card")
    if chance.random() < 0.6:
        strip(pen, scene, color, chance.choice(("bottom", "bottom", "top")))


def strip(pen: Pen, scene: Scene, color: Color, edge: str) -> None:
    """A full-width bar at an edge with one or two lines."""
    chance, language = pen.chance, pen.language
    height = scene.height * chance.uniform(0.07, 0.17)
    ink = palettes.readable_on(chance, palettes.brightness(color), ((255, 235, 59), WHITE))
    phrases = (*language.subline, *language.shipping, *language.headline, *language.sale)
    lines = [pen.line(pen.pick(phrases), 60, Style(ink), BOLD) for _ in range(chance.choice((1, 1, 2)))]
    block = stack(lines, 14).within(scene.width * chance.uniform(0.6, 0.94), height * 0.74)
    opacity = chance.choice((1.0, 1.0, 0.9, 0.7))
    ground = shape("rectangle", (scene.width, round(height)), chance.choice((color, (palettes.mixed(color, WHITE, 0.2), color))))
    made = centered(ground.faded(opacity) if opacity < 1 else ground, block)
    scene.overlay(made, _corner(scene, made, 0, edge), "plate")


def plate(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A strip along an edge, solid or half transparent, or a box with words inside the picture."""
    pen = Pen(chance, library, language)
    color = chance.choice((BLACK, BLACK, WHITE, palettes.loud(chance), chance.choice(palettes.CALM)))
    if chance.random() < 0.6:
        strip(pen, scene, color, chance.choice(("bottom", "bottom", "bottom", "top")))
        return
    ink = palettes.readable_on(chance, palettes.brightness(color), palettes.LOUD)
    size = scene.short * chance.uniform(0.03, 0.06)
    phrases = (*language.headline, *language.subline, *language.product, *language.shipping)
    lines = [pen.line(chance.choice(phrases), size, Style(ink)) for _ in range(chance.randint(1, 3))]
    made = plated(stack(lines, size * 0.4, chance.choice(("left", "center"))), chance.choice(("rectangle", "rounded")), color,
                  (size * 0.8, size * 0.6), opacity=chance.uniform(0.35, 0.95))  # fmt: skip
    made = made.within(scene.width * 0.9, scene.height * 0.5)
    where = chance.choice((*CORNERS, "bottom", "", "top"))
    scene.overlay(made, _corner(scene, made, _margin(scene, chance), where), "plate")


def caption(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Decorative words straight over the photo: script and serif, spaced, turned, in columns where people write so."""
    pen = Pen(chance, library, language)
    text = chance.choice((*language.caption, *language.headline))
    manners: tuple[Manner, ...] = chance.choice((("script", "brush", "serif"), ("serif",), ("brush",), ("round", "sans"), ()))
    size = scene.short * chance.uniform(0.045, 0.13)
    where = chance.choice(("", "", "top", "bottom", "left", "right", *CORNERS))
    tone = scene.tone((scene.width * 0.2, scene.height * 0.2, scene.width * 0.8, scene.height * 0.8))
    ink = palettes.readable_on(chance, tone, (*palettes.LOUD[4:7], *palettes.CALM, WHITE))
    style = Style(
        palettes.ink_fill(chance, ink),
        shadow=chance.choice((None, None, (0.03, 0.03, 0.05, 0.6))),
        glow=chance.choice((None, None, None, (0.15, BLACK if palettes.brightness(ink) > 128 else WHITE))),
        stroke=chance.choice((0, 0, 0, 0.04)),
        stroke_fill=palettes.readable_on(chance, palettes.brightness(ink)),
        spacing=chance.choice((0, 0, 0.05, 0.15)),
        opacity=chance.choice((1.0, 1.0, 0.85, 0.65)),
    )
    if language.script in UPRIGHT and chance.random() < 0.5:
        block = _columns(pen, text, size, style, manners, scene.height * 0.85)
        where = chance.choice(("left", "right", "top left", "top right", ""))
    else:
        face = pen.face(text, manners)
        parts = broken(text, chance.choice((1, 1, 2)))
        block = stack([pen.line(part, size, style, face=face) for part in parts], size * chance.uniform(0.1, 0.5),
                      chance.choice(("left", "center")))  # fmt: skip
        if chance.random() < 0.12:
            block = block.turned(chance.uniform(-12, 12))
    block = block.within(scene.width * 0.92, scene.height * 0.85)
    scene.overlay(block, _corner(scene, block, max(_margin(scene, chance), scene.short * 0.04), where), "caption")


def _columns(pen: Pen, text: str, size: float, style: Style, manners: Sequence[Manner], reach: float) -> Sticker:
    """Columns read from right to left."""
    face = pen.face(text, manners)
    parts = text.split() if " " in text else [text]
    size = min(size, reach / 1.15 / max(len(part) for part in parts))
    made = [column(part, pen.script(text), pen.language.code, face, max(10, round(size)), style) for part in parts]
    tallest = max(part.height for part in made)
    level = [over(bare(Image.new("RGBA", (part.width, tallest), (0, 0, 0, 0))), part, (0, 0)) for part in made]
    return row(level[::-1], size * 0.3)


# --- the seller's and the owner's marks ---------------------------------------------------------------------------


def contact(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """An address, a number or a name to find the seller by; along an edge or across the picture."""
    pen = Pen(chance, library, language)
    size = scene.short * chance.uniform(0.03, 0.065)
    lines = [texts.contact(chance, language) for _ in range(chance.choice((1, 1, 1, 2)))]
    where = chance.choice(("bottom", "bottom", "top", "", *CORNERS))
    tone = scene.tone(_side_box(scene, "top" if "top" in where else "bottom"))
    ink = palettes.readable_on(chance, tone, palettes.LOUD)
    style = Style(ink, stroke=chance.choice((0, 0, 0.06)), stroke_fill=palettes.readable_on(chance, palettes.brightness(ink)),
                  opacity=chance.choice((1.0, 1.0, 0.8, 0.55)), shadow=chance.choice((None, None, (0.04, 0.04, 0.04, 0.6))))  # fmt: skip
    made = stack([pen.line(text, size, style, ("sans", "narrow", "round")) for text in lines], size * 0.3)
    if chance.random() < 0.3:
        color = palettes.loud(chance)
        under = replace(style, fill=palettes.readable_on(chance, palettes.brightness(color)), stroke=0.0, opacity=1.0)
        inner = stack([pen.line(text, size, under, ("sans", "narrow", "round")) for text in lines], size * 0.3)
        made = plated(inner, chance.choice(("rectangle", "pill", "rounded")), color, (size * 0.7, size * 0.35))
    if where == "" and chance.random() < 0.4:
        made = made.turned(chance.choice((30, 45, -30, 20)))
    made = made.within(scene.width * 0.92, scene.height * 0.6)
    scene.overlay(made, _corner(scene, made, _margin(scene, chance), where), "contact")


def watermark(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """An owner's mark: tiled and faint, one big and translucent, or small with the picture's number at the side."""
    pen = Pen(chance, library, words.LANGUAGES[0])
    text = chance.choice((chance.choice(words.AGENCIES), texts.ownership(chance), texts.shop(chance), texts.domain(chance)))
    light = chance.random() < 0.8
    ink: Color = WHITE if light else chance.choice((BLACK, (80, 80, 80)))
    opacity = chance.choice((0.15, 0.22, 0.3, 0.4, 0.55))
    edge = chance.choice((0, 0, 0.03))
    style = Style(ink, stroke=edge, stroke_fill=(90, 90, 90) if light else WHITE, opacity=opacity,
                  shadow=chance.choice((None, None, (0.03, 0.03, 0.03, 0.6))))  # fmt: skip
    face = pen.face(text, chance.choice((("sans",), ("sans", "heavy", "serif", "script"))))
    match chance.choice(("tiled", "single", "single", "corner")):
        case "tiled":
            size = scene.short * chance.uniform(0.03, 0.07)
            mark = pen.line(text, size, style, face=face).turned(chance.choice((0, 30, 45, -30, 20)))
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
        case "single":
            size = scene.short * chance.uniform(0.09, 0.2)
            mark = pen.line(text, size, style, face=face).turned(chance.choice((0, 0, 0, 35, 45, -20)))
            mark = mark.within(scene.width * 0.9, scene.height * 0.8)
            scene.overlay(mark, _corner(scene, mark, 0, ""), "watermark")
            if chance.random() < 0.5:
                _number(pen, scene)
        case _:
            size = scene.short * chance.uniform(0.025, 0.045)
            mark = pen.line(text, size, replace(style, opacity=chance.uniform(0.5, 1.0)), face=face).within(scene.width * 0.6, 999)
            if chance.random() < 0.3:
                mark = mark.turned(90)
            scene.overlay(mark, _corner(scene, mark, _margin(scene, chance), chance.choice(CORNERS)), "watermark")
            if chance.random() < 0.3:
                _number(pen, scene)


def _number(pen: Pen, scene: Scene) -> None:
    chance = pen.chance
    style = Style(chance.choice((WHITE, BLACK)), opacity=chance.uniform(0.6, 1.0))
    mark = pen.line(texts.number(chance), scene.short * chance.uniform(0.018, 0.03), style, ("sans", "mono"))
    mark = mark.turned(chance.choice((0, 90, 90)))
    scene.overlay(mark, _corner(scene, mark, scene.short * 0.015, chance.choice(CORNERS)), "watermark")


def logo(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A shop's name with or without a sign, in a corner or at the middle of an edge."""
    pen = Pen(chance, library, language)
    tone = scene.tone((0, 0, scene.width, scene.height * 0.3))
    ink = palettes.readable_on(chance, tone, (*palettes.LOUD, *palettes.CALM))
    made = wordmark(pen, scene.short * chance.uniform(0.045, 0.1), ink)
    if chance.random() < 0.25:
        made = plated(made, chance.choice(("rectangle", "rounded", "ellipse")), WHITE if palettes.brightness(ink) < 140 else BLACK,
                      (made.height * 0.5, made.height * 0.35), opacity=chance.choice((1.0, 0.8)))  # fmt: skip
    made = made.within(scene.width * 0.5, scene.height * 0.4).faded(chance.choice((1.0, 1.0, 0.75, 0.5)))
    where = chance.choice((*CORNERS, "top", "bottom", ""))
    scene.overlay(made, _corner(scene, made, _margin(scene, chance), where), "logo")


def wordmark(pen: Pen, size: float, ink: Color) -> Sticker:
    """Return an invented brand: a sign, a name, sometimes a line below."""
    chance = pen.chance
    latin = replace(pen, language=words.LANGUAGES[0])
    name = latin.pick((texts.shop(chance), chance.choice(words.BRANDS)))
    style = Style(ink, spacing=chance.choice((0, 0, 0.08, 0.2)))
    lines = [latin.line(name, size, style, chance.choice((("serif",), ("sans",), ("script",), ("heavy", "round"))))]
    if chance.random() < 0.3:
        lines.append(pen.line(chance.choice(pen.language.caption), size * 0.35, Style(ink), ("sans", "serif")))
    block = stack(lines, size * 0.15)
    if chance.random() < 0.6:
        mark = sign(chance, round(size * 1.2), ink)
        return row((mark, block), size * 0.3) if chance.random() < 0.6 else stack((mark, block), size * 0.2)
    return block


def sign(chance: Random, size: int, ink: Color) -> Sticker:
    """Return a small geometric emblem."""
    zoom = 4
    image = Image.new("L", (size * zoom, size * zoom))
    draw = ImageDraw.Draw(image)
    full = size * zoom - 1
    match chance.choice(("ring", "disc", "diamond", "leaf", "bars", "square")):
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
        case _:
            draw.rounded_rectangle((0, 0, full, full), full / 5, 255)
            draw.ellipse((full * 0.3, full * 0.3, full * 0.7, full * 0.7), 0)
    mask = image.resize((size, size), Image.Resampling.BOX)
    flat = Image.new("RGBA", (size, size), (*ink, 255))
    flat.putalpha(mask)
    return bare(flat)


# --- callouts -----------------------------------------------------------------------------------------------------


def callout(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Measures beside the product with thin lines and arrows, or names of its parts."""
    pen = Pen(chance, library, language)
    size = scene.short * chance.uniform(0.028, 0.048)
    tone = scene.tone((0, 0, scene.width, scene.height))
    ink = palettes.readable_on(chance, tone, ((220, 30, 30), (90, 90, 90), (20, 60, 160)))
    thick = max(1, round(scene.short * 0.0025))
    style = Style(ink, stroke=chance.choice((0, 0, 0.08)), stroke_fill=palettes.readable_on(chance, palettes.brightness(ink)))
    x0, x1 = scene.width * chance.uniform(0.1, 0.25), scene.width * chance.uniform(0.72, 0.9)
    y0, y1 = scene.height * chance.uniform(0.1, 0.22), scene.height * chance.uniform(0.75, 0.9)
    done = 0
    if chance.random() < 0.7:
        _arrow(scene, (x0, y1), (x1, y1), ink, thick)
        text = pen.line(texts.measure(chance), size, style, ("sans", "narrow"))
        scene.overlay(text, ((x0 + x1 - text.width) / 2, y1 + size * 0.25), "callout")
        done += 1
    if chance.random() < 0.7 or not done:
        x = chance.choice((x0 * 0.7, x1 + (scene.width - x1) * 0.3))
        _arrow(scene, (x, y0), (x, y1), ink, thick)
        text = pen.line(texts.measure(chance), size, style, ("sans", "narrow")).turned(chance.choice((0, 90)))
        left = x + size * 0.3 if x + size * 0.3 + text.width < scene.width else x - text.width - size * 0.3
        scene.overlay(text, (max(0, left), (y0 + y1 - text.height) / 2), "callout")
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        text = pen.line(chance.choice((*language.claim, *language.new)).replace("{d}", "").strip(), size, style, ("sans",))
        text = text.within(scene.width * 0.4, scene.height)
        x, y = chance.uniform(0.02, 0.6) * scene.width, chance.uniform(0.1, 0.85) * scene.height
        x = min(x, scene.width - text.width)
        scene.overlay(text, (x, y), "callout")
        target = (scene.width * chance.uniform(0.35, 0.65), scene.height * chance.uniform(0.35, 0.65))
        _arrow(scene, (x + text.width / 2, y + text.height), target, ink, thick, heads=False)


def _arrow(scene: Scene, start: tuple[float, float], end: tuple[float, float], ink: Color, thick: int, *, heads: bool = True) -> None:
    draw = ImageDraw.Draw(scene.shown)
    draw.line((*start, *end), ink, thick)
    reach = thick * 4
    for x, y in (start, end) if heads else (end,):
        if not heads:
            draw.ellipse((x - reach / 2, y - reach / 2, x + reach / 2, y + reach / 2), ink)
        elif abs(start[0] - end[0]) > abs(start[1] - end[1]):
            draw.line((x, y - reach, x, y + reach), ink, thick)
        else:
            draw.line((x - reach, y, x + reach, y), ink, thick)


Recipe = Callable[[Random, Scene, Language, Library], None]

#: Every kind with how often it is taken.
RECIPES: dict[str, tuple[Recipe, float]] = {
    "stamp": (stamp, 10),
    "badge": (badge, 11),
    "banner": (banner, 8),
    "card": (card, 5),
    "plate": (plate, 5),
    "caption": (caption, 7),
    "contact": (contact, 6),
    "watermark": (watermark, 6),
    "logo": (logo, 4),
    "callout": (callout, 3),
}
