"""Promotions as merchants and marketplaces lay them: badges, stacked cards, headlines, strips, lists of features."""

from dataclasses import replace
from random import Random

from PIL import Image, ImageDraw

from benchmarks.rendering import marks, palettes, places, texts, words
from benchmarks.rendering.fonts import Library, Manner
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.pens import BOLD, Pen, broken, supported
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import (
    Align,
    Color,
    Shape,
    Sticker,
    Style,
    bare,
    centered,
    over,
    plated,
    row,
    shadowed,
    shape,
    stack,
)
from benchmarks.rendering.words import Language

_YELLOW: Color = (255, 235, 59)

# --- badges -------------------------------------------------------------------------------------------------------


def badge(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A sale, percent, price, shipping or novelty sign on a shape, mostly in a corner; one to three of them."""
    pen = Pen(chance, library, language)
    free = list(places.CORNERS)
    chance.shuffle(free)
    for corner in free[: chance.choice((1, 1, 1, 2, 2, 3))]:
        if chance.random() < 0.13:
            _band(pen, scene, corner)
            continue
        made = _badge(pen, scene.short * chance.uniform(0.14, 0.36))
        if chance.random() < 0.35:
            made = made.turned(chance.uniform(-16, 16))
        made = made.within(scene.width * 0.6, scene.height * 0.5)
        if chance.random() < 0.22:  # over the product
            x, y = chance.uniform(0.1, 0.9), chance.uniform(0.15, 0.85)
            at = (x * (scene.width - made.width), y * (scene.height - made.height))
            if scene.free(made, at):
                scene.overlay(made, at, "badge")
        else:
            places.put(scene, made, (corner,), chance.choice((0, places.margin(chance, scene))), "badge")


def _promise(pen: Pen) -> tuple[str, ...]:
    """Return one or two short lines of a promotion."""
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
    ink = palettes.readable_on(chance, palettes.brightness(color), (_YELLOW, WHITE, (255, 214, 0)))
    style = Style(
        ink,
        stroke=chance.choice((0, 0, 0, 0.04)),
        stroke_fill=palettes.mixed(color, BLACK, 0.5),
        shadow=chance.choice((None, None, (0.04, 0.04, 0.03, 0.5))),
    )
    parts = _promise(pen)
    heights = [1.0] if len(parts) == 1 else chance.choice(([1.0, 1.0], [0.6, 1.2], [0.7, 1.5], [1.2, 0.6]))
    manners = BOLD if chance.random() < 0.85 else ()
    lines = [pen.line(part, 100 * height, style, manners) for part, height in zip(parts, heights, strict=True)]
    if len(lines) > 1 and chance.random() < 0.35:
        lines = justified(lines, 2.2)
    block = stack(lines, 8)
    name: Shape = chance.choice(
        ("ellipse", "ellipse", "burst", "burst", "rounded", "rectangle", "pill", "ribbon", "flag", "tag", "slant")
    )
    border = chance.choice((None, None, WHITE, palettes.mixed(color, WHITE, 0.6), (255, 214, 0)))
    if name in {"ellipse", "burst"}:
        side = max(block.width, block.height) * 1.32
        fill = chance.choice((color, (palettes.mixed(color, WHITE, 0.3), color)))
        ground = shape(
            name,
            (round(side), round(side)),
            fill,
            border=border,
            border_px=round(side * 0.03),
            points=chance.choice((8, 12, 16, 20, 28)),
        )
        made = centered(ground, block.within(side * 0.78, side * 0.6))
        if chance.random() < 0.3:
            made = shadowed(made, side * 0.02, side * 0.03, 0.4)
        return made.within(size * 1.1, size * 1.1)
    made = plated(
        block,
        name,
        color,
        (block.height * 0.45 + 20, block.height * 0.22),
        border=border,
        border_px=5,
        opacity=chance.choice((1.0, 1.0, 1.0, 0.85)),
    )
    if chance.random() < 0.2:
        made = shadowed(made, 6, 8, 0.35)
    return made.within(size * 1.9, size * 0.9)


def justified(lines: list[Sticker], most: float) -> list[Sticker]:
    """Return `lines` made as wide as the widest, at most `most` times as high as they were."""
    widest = max(line.width for line in lines)
    return [line.scaled(widest, max(1, round(line.height * min(most, widest / line.width)))) for line in lines]


def _band(pen: Pen, scene: Scene, corner: str) -> None:
    """A band across a corner, or a filled corner, with slanting words."""
    chance = pen.chance
    color = palettes.loud(chance)
    reach = round(scene.short * chance.uniform(0.24, 0.4))
    percent = f"-{chance.choice((10, 20, 30, 50, 70))}%"
    text = chance.choice((percent, pen.pick(pen.language.new), pen.pick(pen.language.sale)))
    # Between two slanting lines, `inner` and `reach` from the corner along the edges.
    inner = reach * chance.choice((0.0, 0.5, 0.5))
    line = pen.line(text, reach * 0.2, Style(palettes.readable_on(chance, palettes.brightness(color))), BOLD)
    line = line.within((reach + inner) * 0.62, (reach - inner) * 0.45).turned(45)
    middle = (reach + inner) / 4 if inner else reach / 3
    ground = Image.new("RGBA", (reach, reach), (0, 0, 0, 0))
    ImageDraw.Draw(ground).polygon([(inner, 0), (reach, 0), (0, reach), (0, inner)], (*color, 255))
    made = bare(ground)
    x, y, words_ = middle, middle, line
    if "right" in corner:
        made = bare(made.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        x = reach - middle
    if "bottom" in corner:
        made = bare(made.image.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
        y = reach - middle
    if ("right" in corner) != ("bottom" in corner):
        words_ = line.turned(-90)
    made = over(made, words_, (round(x - words_.width / 2), round(y - words_.height / 2)))
    places.put(scene, made, (corner,), 0, "badge")


# --- headlines ----------------------------------------------------------------------------------------------------


def headline(pen: Pen, width: float, ink: Color, accent: Color, align: Align, least: float, busy: float) -> Sticker:
    """Return headline, line below, price and button, as far as there are any, about `width` pixels wide.

    `least` is the smallest em in pixels; `busy` is how restless the ground is, 0..127.
    """
    chance, language = pen.chance, pen.language
    size = max(width / chance.uniform(7, 11), least * 1.5)
    family: tuple[Manner, ...] = chance.choice((BOLD, ("serif",), ("sans",), ("heavy",), ("script", "sans"), ()))
    plain = supported(chance, Style(ink), ink, busy)
    head_style = replace(
        plain,
        fill=palettes.ink_fill(chance, ink),
        shadow=plain.shadow or chance.choice((None, None, None, (0.03, 0.03, 0.04, 0.45))),
        spacing=chance.choice((0, 0, 0, 0.05)),
    )
    parts: list[Sticker] = []
    if chance.random() < 0.25:
        over_title = pen.pick((texts.shop(chance), *language.new))
        parts.append(pen.line(over_title, max(least, size * 0.4), replace(plain, fill=accent, spacing=0.1), ("sans",)))
    head = pen.pick(language.headline)
    face = pen.face(head, family)
    parts += [pen.line(part, size, head_style, face=face) for part in broken(head, chance.choice((1, 2, 2)))]
    for text in chance.sample(language.subline, chance.choice((0, 1, 1, 1, 2))):
        parts.append(pen.line(text, max(least, size * chance.uniform(0.32, 0.5)), plain, ("sans", "serif", "round")))
    if chance.random() < 0.45:
        parts.append(_offer(pen, size, accent, plain))
    if chance.random() < 0.55:
        parts.append(button(pen, max(least, size * 0.4), ink, accent))
    return stack([part.within(width, 10_000) for part in parts], size * chance.uniform(0.18, 0.4), align)


def _offer(pen: Pen, size: float, accent: Color, plain: Style) -> Sticker:
    chance, language = pen.chance, pen.language
    if chance.random() < 0.4:
        under = Style(palettes.readable_on(chance, palettes.brightness(accent)))
        inner = chance.choice(
            (
                lambda: pen.price(size * 0.8, under),
                lambda: pen.line(texts.percent(chance, language), size * 0.8, under, BOLD),
            )
        )()
        name: Shape = chance.choice(("rectangle", "rounded", "pill", "slant"))
        return plated(inner, name, accent, (size * 0.35, size * 0.16))
    style = replace(plain, fill=accent)
    if chance.random() < 0.5:
        return pen.price(size * chance.uniform(0.7, 1.2), style)
    text = chance.choice((texts.percent(chance, language), pen.pick(language.sale)))
    return pen.line(text, size * chance.uniform(0.7, 1.3), style, BOLD)


def button(pen: Pen, size: float, ink: Color, accent: Color) -> Sticker:
    """Return a plate that says what to do next."""
    chance = pen.chance
    text = pen.pick(pen.language.button) + chance.choice(("", "", " >", " →"))
    if not pen.library.fitting(text, pen.script(text)):
        text = text.rstrip(" >→")
    name: Shape = chance.choice(("pill", "rounded", "rectangle"))
    if chance.random() < 0.2:  # hardly more than a shade
        return plated(pen.line(text, size, Style(ink), ("sans",)), name, ink, (size * 0.9, size * 0.5), opacity=0.14)
    under = palettes.readable_on(chance, palettes.brightness(accent))
    return plated(pen.line(text, size, Style(under), ("sans", "round")), name, accent, (size * 0.9, size * 0.5))


def banner(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Headline, line below, price and button on the quiet side of the picture."""
    pen = Pen(chance, library, language)
    side = scene.quiet_side() if chance.random() < 0.8 else chance.choice(("left", "right", "top", "bottom"))
    flank = side in {"left", "right"}
    wide = scene.width * (chance.uniform(0.36, 0.52) if flank else chance.uniform(0.5, 0.9))
    under, tone, busy = _ground(chance, scene, side, 0.08)
    ink = palettes.readable_on(chance, tone, palettes.LOUD)
    accent = palettes.readable_on(chance, tone, palettes.LOUD)
    align: Align = "right" if language.script in {"Arab", "Hebr"} else chance.choice(("left", "left", "center"))
    block = headline(pen, wide, ink, accent, align, scene.short * 0.022, busy)
    block = block.within(wide, scene.height * (0.8 if flank else 0.42))
    edge = places.margin(chance, scene, 0.03)
    if under is not None:
        block = plated(block, "rectangle", under, (edge, edge * 0.8), opacity=chance.uniform(0.5, 0.85))
    places.put(scene, block, (side, "top", "bottom", "left", "right"), edge, "banner")


def _ground(chance: Random, scene: Scene, side: str, often: float) -> tuple[Color | None, float, float]:
    """Return a plate's colour or None, and how bright and how busy what words lie on is; `often` on a quiet ground."""
    box = places.side(scene, side)
    tone, busy = scene.tone(box), scene.busy(box)
    if chance.random() > (0.4 if busy > 40 else often):
        return None, tone, busy
    under = chance.choice((WHITE, WHITE, BLACK)) if tone > 90 else chance.choice((WHITE, BLACK, BLACK))
    return under, palettes.brightness(under), 0.0


# --- cards and lists ----------------------------------------------------------------------------------------------


def card(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A promotion as marketplaces stack it: words of many sizes on coloured plates down one side."""
    pen = Pen(chance, library, language)
    quiet = scene.quiet_side()
    side = quiet if quiet in {"left", "right"} and chance.random() < 0.6 else chance.choice(("left", "right"))
    width = scene.width * chance.uniform(0.32, 0.46)
    color, other = palettes.loud(chance), palettes.loud(chance)
    if chance.random() < 0.6:
        strip(pen, scene, color, chance.choice(("bottom", "bottom", "top")))
    phrases = (*language.sale, *language.headline, *language.subline, *language.new, *language.shipping)
    lines = chance.sample(phrases, chance.randint(2, 4))
    lines.insert(chance.randint(0, len(lines)), texts.percent(chance, language))
    if chance.random() < 0.7:
        lines.insert(chance.randint(1, len(lines)), "")  # here goes the price
    tone = scene.tone(places.side(scene, side))
    rows = []
    for text in lines:
        size = width / chance.uniform(4, 9)
        ground = chance.choice((color, other, None, None))
        style = (
            _loose(chance, tone, (color, other))
            if ground is None
            else Style(palettes.readable_on(chance, palettes.brightness(ground), (_YELLOW, WHITE)))
        )
        line = pen.line(pen.cased(text), size, style, BOLD) if text else pen.price(size * 1.4, style)
        line = line.within(width * 0.9, size * 2.5)
        if ground is not None:
            name: Shape = chance.choice(("rectangle", "rounded", "pill", "slant"))
            line = plated(line, name, ground, (size * 0.3, size * 0.16))
        rows.append(line.within(width, 9999))
    align: Align = chance.choice(("left", "center", "right"))
    block = stack(rows, width * 0.04, align).within(width, scene.height * 0.78)
    names = [f"{edge} {side}".strip() for edge in chance.sample(("top", "", "bottom"), 3)]
    places.put(scene, block, names, places.margin(chance, scene), "card")


def _loose(chance: Random, tone: float, among: tuple[Color, ...]) -> Style:
    """Return a style for words without a plate: outlined half the time."""
    if chance.random() < 0.5:
        return Style(palettes.readable_on(chance, tone, among))
    edge = WHITE if tone < 128 else BLACK
    return Style(palettes.readable_on(chance, palettes.brightness(edge), among), stroke=0.06, stroke_fill=edge)


def features(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A heading and a list of what the product can do, with signs before the lines."""
    pen = Pen(chance, library, language)
    side = scene.quiet_side()
    side = side if side in {"left", "right"} else chance.choice(("left", "right"))
    under, tone, busy = _ground(chance, scene, side, 0.15)
    ink = palettes.readable_on(chance, tone, palettes.CALM)
    accent = palettes.readable_on(chance, tone, palettes.LOUD)
    width = scene.width * chance.uniform(0.36, 0.48)
    size = max(scene.short * 0.026, width / chance.uniform(11, 16))
    style = supported(chance, Style(ink), ink, busy)
    pool = (*words.FEATURES, *words.FEATURES[:6]) if language.code == "en" else (*language.claim, *language.subline)
    lines = [text for text in dict.fromkeys(pool) if "{d}" not in text]
    face = pen.face("".join(lines) if language.code == "en" else lines[0], ("sans", "round"))
    mark = marks.sign(chance, round(size * 0.9), accent)
    rows = [
        row((mark, pen.line(text, size, style, face=face)), size * 0.5)
        for text in chance.sample(lines, min(len(lines), chance.randint(3, 5)))
    ]
    block = stack(rows, size * chance.uniform(0.5, 1.0), "left")
    if chance.random() < 0.75:
        head = pen.pick((*language.headline, *language.product))
        title = [pen.line(part, size * 1.6, replace(style, fill=accent), BOLD) for part in broken(head, 2)]
        block = stack((stack(title, size * 0.3, "left"), block), size, "left")
    block = block.within(width, scene.height * 0.8)
    if under is not None:
        block = plated(block, "rounded", under, (size, size * 0.8), opacity=chance.uniform(0.5, 0.9))
    places.put(scene, block, (side,), places.margin(chance, scene, 0.03), "features")


# --- strips and plates --------------------------------------------------------------------------------------------


def strip(pen: Pen, scene: Scene, color: Color, edge: str) -> None:
    """A full-width bar at an edge with one or two lines."""
    chance, language = pen.chance, pen.language
    height = scene.height * chance.uniform(0.07, 0.17)
    ink = palettes.readable_on(chance, palettes.brightness(color), (_YELLOW, WHITE))
    phrases = chance.sample(
        (*language.subline, *language.shipping, *language.headline, *language.sale), chance.choice((1, 1, 2))
    )
    lines = [pen.line(pen.cased(text), 60, Style(ink), BOLD) for text in phrases]
    block = stack(lines, 14).within(scene.width * chance.uniform(0.6, 0.94), height * 0.74)
    opacity = chance.choice((1.0, 1.0, 0.9, 0.7))
    fill = chance.choice((color, (palettes.mixed(color, WHITE, 0.2), color)))
    ground = shape("rectangle", (scene.width, round(height)), fill)
    made = centered(ground.faded(opacity) if opacity < 1 else ground, block)
    places.put(scene, made, (edge,), 0, "plate")


def plate(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """A strip along an edge, solid or half transparent, a box with words inside the picture, or a frame about it."""
    pen = Pen(chance, library, language)
    color = chance.choice((BLACK, BLACK, WHITE, palettes.loud(chance), chance.choice(palettes.CALM)))
    draw = chance.random()
    if draw < 0.12:
        color = palettes.loud(chance)
        _frame(chance, scene, color)
    if draw < 0.6:
        strip(pen, scene, color, chance.choice(("bottom", "bottom", "bottom", "top")))
        return
    ink = palettes.readable_on(chance, palettes.brightness(color), palettes.LOUD)
    size = scene.short * chance.uniform(0.03, 0.06)
    phrases = (*language.headline, *language.subline, *language.product, *language.shipping)
    face = pen.face("".join(phrases), ("sans", "serif", "round", "heavy"))
    lines = [pen.line(text, size, Style(ink), face=face) for text in chance.sample(phrases, chance.randint(1, 3))]
    block = stack(lines, size * 0.4, chance.choice(("left", "center")))
    name: Shape = chance.choice(("rectangle", "rounded"))
    made = plated(block, name, color, (size * 0.8, size * 0.6), opacity=chance.uniform(0.35, 0.95))
    made = made.within(scene.width * 0.9, scene.height * 0.5)
    places.put(
        scene, made, (chance.choice((*places.CORNERS, "bottom", "", "top")),), places.margin(chance, scene), "plate"
    )


def _frame(chance: Random, scene: Scene, color: Color) -> None:
    """A border about the picture; it carries no words and takes no place."""
    width = max(2, round(scene.short * chance.uniform(0.008, 0.03)))
    ImageDraw.Draw(scene.shown).rectangle((0, 0, scene.width - 1, scene.height - 1), outline=color, width=width)
