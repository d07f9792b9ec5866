"""What is printed on products, flat: fronts of packs, covers, labels, slogans, screens, tags, tickets, signs.

Set with the same fonts, words and colours as overlays, on purpose: what tells them apart is where they are.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.rendering import grounds, palettes, texts, words
from benchmarks.rendering.fonts import UPRIGHT, Library, Manner
from benchmarks.rendering.marks import sign
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.pens import BOLD, Pen, broken
from benchmarks.rendering.promotions import justified
from benchmarks.rendering.stickers import (
    Color,
    Fill,
    Shape,
    Sticker,
    Style,
    bare,
    centered,
    column,
    over,
    plated,
    shape,
    stack,
)
from benchmarks.rendering.words import Language


def _flat(image: Image.Image) -> Sticker:
    return bare(image)


def _place(ground: Sticker, part: Sticker, x: float, y: float) -> Sticker:
    """Return `ground` with the middle of `part` at (x, y) in parts of its size."""
    return over(ground, part, (round(ground.width * x - part.width / 2), round(ground.height * y - part.height / 2)))


def _ink_for(
    chance: Random, ground: Image.Image, box: tuple[float, float, float, float], among: Sequence[Color] = ()
) -> Color:
    w, h = ground.size
    part = ground.convert("L").crop(
        (int(box[0] * w), int(box[1] * h), max(1, int(box[2] * w)), max(1, int(box[3] * h)))
    )
    return palettes.readable_on(chance, float(np.asarray(part.resize((4, 4), Image.Resampling.BOX)).mean()), among)


def _style(chance: Random, ink: Color) -> Style:
    return Style(
        palettes.ink_fill(chance, ink),
        stroke=chance.choice((0, 0, 0, 0.04, 0.06)),
        stroke_fill=palettes.readable_on(chance, palettes.brightness(ink)),
        shadow=chance.choice((None, None, None, (0.04, 0.04, 0.02, 0.5))),
        spacing=chance.choice((0, 0, 0, 0.06)),
    )


def picture(chance: Random, size: tuple[int, int], photo: Image.Image | None) -> Image.Image:
    """Return what is on a pack beside words: a photo cut to `size`, or shapes."""
    if photo is not None and chance.random() < 0.65:
        return ImageOps.fit(photo, size, Image.Resampling.LANCZOS)
    image = grounds.ground(chance, size)
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randint(3, 9)):
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        radius = chance.uniform(0.05, 0.3) * min(size)
        color = palettes.loud(chance)
        if chance.random() < 0.6:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), color)
        else:
            draw.polygon([(x, y - radius), (x + radius, y + radius), (x - radius, y + radius)], color)
    return image


def front(
    chance: Random, size: tuple[int, int], language: Language, library: Library, photo: Image.Image | None
) -> Sticker:
    """Return the front of a pack: brand, what it is, claims on shapes, a picture, small print."""
    pen = Pen(chance, library, language)
    latin = pen.latin()
    width, height = size
    ground = grounds.ground(
        chance,
        size,
        chance.choice(
            (
                palettes.loud(chance),
                chance.choice(palettes.PALE),
                WHITE,
                chance.choice(palettes.CALM),
                palettes.loud(chance),
            )
        ),
    )
    inset = chance.random() < 0.6
    low = chance.uniform(0.5, 0.62)
    if inset:
        scene = picture(chance, (round(width * chance.choice((1.0, 0.8, 0.7))), round(height * (0.9 - low))), photo)
        ground.paste(scene, ((width - scene.width) // 2, round(height * low)))
    made = _flat(ground)
    ink = _ink_for(chance, ground, (0.1, 0.05, 0.9, 0.25), palettes.LOUD)
    brand = latin.line(
        latin.pick(words.BRANDS),
        width * chance.uniform(0.13, 0.22),
        _style(chance, ink),
        ("script", "heavy", "serif", "round", "sans"),
    )
    if chance.random() < 0.4:
        color = palettes.loud(chance)
        brand = latin.line(
            latin.pick(words.BRANDS),
            width * 0.15,
            Style(palettes.readable_on(chance, palettes.brightness(color))),
            ("script", "heavy", "serif"),
        )
        brand = plated(
            brand, chance.choice(("ellipse", "rectangle", "ribbon", "pill")), color, (width * 0.06, width * 0.03)
        )
    made = _place(made, brand.within(width * 0.86, height * 0.2), 0.5, 0.14)
    ink = _ink_for(chance, ground, (0.1, 0.25, 0.9, 0.5), palettes.LOUD)
    name = pen.pick(language.product)
    face = pen.face(name, ("heavy", "sans", "serif", "script", "round", "narrow"))
    parts = [pen.line(part, width * 0.16, _style(chance, ink), face=face) for part in broken(name, 2)]
    if chance.random() < 0.6:
        parts.append(pen.line(texts.claim(chance, language), width * 0.065, Style(ink), ("sans", "round", "serif")))
    made = _place(made, stack(parts, width * 0.02).within(width * 0.88, height * 0.28), 0.5, chance.uniform(0.35, 0.42))
    if chance.random() < 0.65:
        claim = _claim(pen, width * chance.uniform(0.2, 0.36))
        made = _place(made, claim, chance.choice((0.22, 0.78)), chance.uniform(0.55, 0.85))
    small = [
        latin.line(
            text, max(9, width * 0.032), Style(_ink_for(chance, ground, (0.1, 0.92, 0.9, 1.0))), ("sans", "narrow")
        )
        for text in chance.sample(words.SMALL_PRINT, chance.choice((0, 1, 2)))
    ]
    if small:
        made = _place(made, stack(small, 2).within(width * 0.9, height * 0.1), 0.5, 0.95)
    return made


def _claim(pen: Pen, size: float) -> Sticker:
    """Return a claim on a shape, drawn as promotions are: a pack says "25% MORE" too."""
    chance = pen.chance
    color = palettes.loud(chance)
    ink = palettes.readable_on(chance, palettes.brightness(color), ((255, 235, 59), WHITE))
    text = texts.claim(chance, pen.language)
    face = pen.face(text, BOLD)
    block = stack([pen.line(part, 60, Style(ink), face=face) for part in broken(text, 2)], 6)
    name: Shape = chance.choice(("burst", "ellipse", "burst", "rounded", "ribbon", "slant"))
    if name in {"burst", "ellipse"}:
        side = round(max(block.width, block.height) * 1.4)
        made = centered(
            shape(name, (side, side), color, points=chance.choice((10, 16, 24))), block.within(side * 0.76, side * 0.6)
        )
        return made.within(size, size)
    return plated(block, name, color, (30, 18)).within(size * 1.4, size * 0.7)


def cover(
    chance: Random, size: tuple[int, int], language: Language, library: Library, photo: Image.Image | None, bleed: float
) -> Sticker:
    """Return the front of a book, a film or a record: title, line below, author; beside a picture.

    Over a picture that fills all of it in `bleed` of the cases, 0..1.
    """
    pen = Pen(chance, library, language)
    latin = pen.latin()
    width, height = size
    full = photo is not None and chance.random() < bleed
    ground = ImageOps.fit(photo, size) if full and photo is not None else grounds.ground(chance, size)
    if full and chance.random() < 0.5:
        ground = Image.blend(
            ground, Image.new("RGB", size, chance.choice((WHITE, BLACK, chance.choice(palettes.CALM)))), 0.45
        )
    if not full and photo is not None and chance.random() < 0.7:
        part = ImageOps.fit(photo, (round(width * chance.choice((1.0, 0.84))), round(height * 0.45)))
        ground.paste(part, ((width - part.width) // 2, round(height * 0.4)))
    made = _flat(ground)
    title = pen.pick(language.headline) if language.code != "en" or chance.random() < 0.2 else latin.pick(words.TITLES)
    ink = _ink_for(chance, ground, (0.1, 0.05, 0.9, 0.35), palettes.LOUD)
    if language.script in UPRIGHT and chance.random() < 0.35:
        head = column(
            title[:10],
            pen.script(title),
            language.code,
            pen.face(title, ("serif", "brush", "sans")),
            round(min(width * 0.14, height * 0.6 / len(title[:10]))),
            Style(ink),
        )
        made = _place(made, head.within(width * 0.3, height * 0.7), chance.choice((0.2, 0.8)), 0.42)
    else:
        face = pen.face(title, ("serif", "heavy", "sans", "narrow", "script"))
        lines = [
            pen.line(part, width * 0.17, _style(chance, ink), face=face)
            for part in broken(title, chance.choice((2, 2, 1)))
        ]
        if chance.random() < 0.6:
            lines.append(pen.line(chance.choice(language.subline), width * 0.06, Style(ink), ("sans", "serif")))
        made = _place(made, stack(lines, width * 0.02).within(width * 0.88, height * 0.32), 0.5, 0.2)
    ink = _ink_for(chance, ground, (0.1, 0.85, 0.9, 1.0), palettes.LOUD)
    who = latin.line(
        chance.choice(words.AUTHORS), width * 0.075, Style(ink, spacing=chance.choice((0, 0.1))), ("serif", "sans")
    )
    made = _place(made, who.within(width * 0.8, height * 0.08), 0.5, chance.choice((0.93, 0.9, 0.06)))
    if chance.random() < 0.3:
        made = _place(made, _claim(pen, width * 0.3), chance.choice((0.2, 0.8)), 0.75)
    return made


def label(
    chance: Random, size: tuple[int, int], language: Language, library: Library, under: Color | None = None
) -> Sticker:
    """Return a label as bottles and jars have: brand, name, small print; on nothing, for a body of colour `under`."""
    pen = Pen(chance, library, language)
    latin = pen.latin()
    width, height = size
    color = under or chance.choice((WHITE, *palettes.PALE, palettes.loud(chance), chance.choice(palettes.CALM), BLACK))
    ink = palettes.readable_on(chance, palettes.brightness(color), (*palettes.LOUD, *palettes.CALM))
    ground = Image.new("RGBA", size, (*color, 0 if under else 255))
    if chance.random() < 0.4 and not under:
        inset = max(2, min(size) // 30)
        box = (inset, inset, width - inset, height - inset)
        ImageDraw.Draw(ground).rectangle(box, outline=(*ink, 255), width=max(1, inset // 3))
    lines = []
    if chance.random() < 0.4:
        lines.append(sign(chance, round(width * 0.14), ink))
    brand = Style(ink, spacing=chance.choice((0, 0.1)))
    lines.append(latin.line(latin.pick(words.BRANDS), width * 0.17, brand, ("serif", "script", "sans", "heavy")))
    name = pen.pick(language.product)
    face = pen.face(name, ("sans", "serif", "round"))
    lines += [pen.line(part, width * 0.1, Style(ink), face=face) for part in broken(name, chance.choice((1, 2)))]
    if chance.random() < 0.6:
        lines.append(pen.line(texts.claim(chance, language), width * 0.06, Style(ink), ("sans",)))
    small = latin.face("Ingredients", ("sans", "narrow"))
    for text in chance.sample(words.SMALL_PRINT, chance.choice((0, 1, 2))):
        lines.append(latin.line(text, max(9, width * 0.04), Style(ink), face=small))
    made = stack([line.within(width * 0.84, height) for line in lines], height * 0.03)
    return _place(bare(ground), made.within(width * 0.84, height * 0.86), 0.5, 0.5)


def slogan(chance: Random, size: tuple[int, int], language: Language, library: Library, cloth: Color) -> Sticker:
    """Return a print for a garment on nothing: words, sometimes a figure between them."""
    pen = Pen(chance, library, language)
    latin = pen.latin()
    ink = palettes.readable_on(chance, palettes.brightness(cloth), (*palettes.LOUD, WHITE))
    latin_words = language.script == "Latn" and (language.code == "en" or chance.random() < 0.5)
    text = (
        chance.choice(words.SLOGANS)
        if latin_words
        else chance.choice((*language.caption, *language.sale, *language.new))
    )
    writer = latin if latin_words else pen
    style = replace(_style(chance, ink), shadow=None, opacity=chance.choice((1.0, 1.0, 0.9, 0.75)))
    manners: tuple[Manner, ...] = chance.choice((("heavy", "narrow"), ("serif",), ("script",), BOLD, ()))
    parts = [writer.line(part, 110, style, manners) for part in broken(text, chance.choice((1, 2, 2)))]
    if chance.random() < 0.4:
        parts = justified(parts, 2.5)
    if chance.random() < 0.35:
        parts.insert(
            len(parts) // 2 if chance.random() < 0.5 else 0,
            sign(chance, round(size[0] * chance.uniform(0.3, 0.8)), ink),
        )
    if chance.random() < 0.35:
        parts.append(
            latin.line(
                chance.choice(("EST. 1998", "OFFICIAL CLUB", "ORIGINAL", "100% COTTON", "SINCE 2004", "NEW YORK CITY")),
                34,
                style,
                ("sans", "narrow"),
            )
        )
    return stack(parts, 12).within(*size)


def screen(
    chance: Random, size: tuple[int, int], language: Language, library: Library, photo: Image.Image | None
) -> Sticker:
    """Return what a device shows: a home picture with the time, a list, an article, a shop page."""
    pen = Pen(chance, library, language)
    latin = pen.latin()
    width, height = size
    unit = min(width, height)
    kind = chance.choice(("home", "list", "page"))
    if kind == "home":
        ground = (
            ImageOps.fit(photo, size)
            if photo is not None and chance.random() < 0.6
            else grounds.ground(chance, size, chance.choice(palettes.CALM))
        )
        made = _flat(ground)
        ink = _ink_for(chance, ground, (0.2, 0.1, 0.8, 0.4))
        clock = latin.line(
            f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}", unit * 0.22, Style(ink), ("sans", "round", "lcd")
        )
        date = pen.line(chance.choice((*language.caption, texts.pack_date(chance))), unit * 0.07, Style(ink), ("sans",))
        return _place(
            made, stack([clock, date], unit * 0.04).within(width * 0.8, height * 0.5), 0.5, chance.uniform(0.2, 0.5)
        )
    dark = chance.random() < 0.4
    ground = Image.new("RGB", size, (24, 24, 28) if dark else chance.choice((WHITE, (242, 243, 247))))
    draw = ImageDraw.Draw(ground)
    ink = (235, 235, 240) if dark else (25, 25, 30)
    accent = palettes.loud(chance)
    bar = round(unit * 0.12)
    draw.rectangle((0, 0, width, bar), accent if chance.random() < 0.6 else ground.getpixel((1, 1)))
    made = _flat(ground)
    top = palettes.readable_on(chance, float(np.mean(ground.getpixel((width // 2, 2)))))  # type: ignore[arg-type]
    made = _place(
        made, latin.line(chance.choice(words.SCREEN_WORDS), unit * 0.06, Style(top), ("sans",)), 0.5, bar / 2 / height
    )
    size_px = unit * chance.uniform(0.045, 0.07)
    if kind == "page" and photo is not None:
        part = ImageOps.fit(photo, (round(width * 0.9), round(height * 0.4)))
        made = over(made, bare(part), (round(width * 0.05), round(bar * 1.4)))
    y = bar * 1.5 + (height * 0.43 if kind == "page" else 0)
    step = size_px * chance.uniform(1.9, 2.8)
    while y < height - step:
        writer = latin if chance.random() < 0.5 or language.code == "en" else pen
        text = (
            chance.choice(words.SCREEN_WORDS)
            if writer is latin
            else chance.choice((*language.button, *language.subline, *language.product, *language.sale))
        )
        line = writer.line(text, size_px, Style(accent if chance.random() < 0.1 else ink), ("sans",)).within(
            width * 0.7, step
        )
        made = over(made, line, (round(width * 0.08), round(y)))
        if chance.random() < 0.3:
            value = latin.line(
                chance.choice(("ON", "OFF", "12", "3", "$9.99", "84%")),
                size_px * 0.9,
                Style(ink, opacity=0.6),
                ("sans",),
            )
            made = over(made, value, (round(width * 0.92 - value.width), round(y)))
        y += step
    return made


def board(chance: Random, size: tuple[int, int], language: Language, library: Library) -> Sticker:
    """Return a sign, a poster in a shop or a plate on a wall."""
    pen = Pen(chance, library, language)
    if chance.random() < 0.12:
        return _number_plate(pen, size)
    color = chance.choice(
        (palettes.loud(chance), chance.choice(palettes.CALM), WHITE, BLACK, (0, 100, 60), (0, 60, 140))
    )
    ink = palettes.readable_on(chance, palettes.brightness(color), ((255, 235, 59), WHITE, (255, 214, 0)))
    ground = shape(
        chance.choice(("rectangle", "rounded", "rounded")),
        size,
        color,
        border=chance.choice((None, ink, WHITE)),
        border_px=max(2, min(size) // 30),
    )
    text = (
        chance.choice(words.SIGN_WORDS)
        if language.script == "Latn" and chance.random() < 0.5
        else chance.choice((*language.sale, *language.product, *language.shipping, *language.button))
    )
    face = pen.face(text, BOLD)
    lines = [pen.line(part, 100, Style(ink), face=face) for part in broken(text, chance.choice((1, 2)))]
    if chance.random() < 0.4:
        lines.append(
            pen.line(chance.choice((texts.percent(chance, language), *language.subline)), 50, Style(ink), ("sans",))
        )
    return centered(ground, stack(lines, 12).within(size[0] * 0.84, size[1] * 0.78))


def _number_plate(pen: Pen, size: tuple[int, int]) -> Sticker:
    chance = pen.chance
    color: Color = chance.choice((WHITE, WHITE, (255, 214, 0)))
    ground = shape(
        "rounded",
        (size[0], max(30, round(size[0] * 0.24))),
        color,
        border=(20, 20, 20),
        border_px=max(2, size[0] // 90),
    )
    letters = "".join(chance.choices("ABCDEHKMPRSTVX", k=chance.choice((1, 2, 3))))
    series = chance.choice("KLMXZ") + chance.choice("ABCD")
    text = f"{letters}{chance.choice((' ', '-'))}{series} {chance.randint(10, 9999)}"
    line = pen.latin().line(text, 100, Style((15, 15, 15)), ("narrow", "mono", "sans"))
    return centered(ground, line.within(size[0] * 0.86, ground.height * 0.66))


def hang_tag(chance: Random, size: tuple[int, int], language: Language, library: Library) -> Sticker:
    """Return a hang tag: brand, size, price, bars, on card with a hole and the thread that it hangs on."""
    pen = Pen(chance, library, language)
    latin = pen.latin()
    width, height = size
    color: Color = chance.choice((WHITE, (245, 240, 228), (200, 170, 130), BLACK, palettes.loud(chance)))
    ink = palettes.readable_on(chance, palettes.brightness(color))
    made = shape("rounded", size, color)
    draw = ImageDraw.Draw(made.image)
    hole = width * 0.05
    draw.ellipse((width / 2 - hole, height * 0.06 - hole, width / 2 + hole, height * 0.06 + hole), (90, 90, 90, 255))
    lines = [latin.line(latin.pick(words.BRANDS), width * 0.16, Style(ink), ("serif", "script", "sans", "heavy"))]
    lines.append(pen.line(chance.choice((*language.product, *language.new)), width * 0.09, Style(ink), ("sans",)))
    lines.append(
        latin.line(f"SIZE {chance.choice('SML')}  {chance.randint(34, 46)}", width * 0.08, Style(ink), ("sans", "mono"))
    )
    lines.append(
        pen.line(
            texts.price(chance, language),
            width * 0.16,
            Style(chance.choice((ink, ink, (210, 20, 30)) if palettes.brightness(color) > 150 else (ink,))),
            BOLD,
        )
    )
    lines.append(_bars(chance, round(width * 0.6), round(height * 0.1)))
    lines.append(latin.line("".join(chance.choices("0123456789", k=13)), width * 0.055, Style(ink), ("mono", "sans")))
    made = _place(made, stack(lines, height * 0.035).within(width * 0.84, height * 0.8), 0.5, 0.54)
    return _threaded(chance, made)


def _threaded(chance: Random, tag: Sticker) -> Sticker:
    """Return a tag with a loop of thread through its hole, above it."""
    above = round(tag.height * chance.uniform(0.25, 0.6))
    canvas = over(bare(Image.new("RGBA", (tag.width, tag.height + above), (0, 0, 0, 0))), tag, (0, above))
    draw = ImageDraw.Draw(canvas.image)
    color = chance.choice(((235, 230, 220, 255), (40, 40, 40, 255), (150, 110, 70, 255)))
    middle, hole = tag.width / 2, above + tag.height * 0.06
    for lean in (-0.06, 0.05):
        draw.line((middle, hole, middle + lean * tag.width, 0), color, max(1, tag.width // 70))
    return canvas


def _bars(chance: Random, width: int, height: int) -> Sticker:
    image = Image.new("RGBA", (width, max(4, height)), (255, 255, 255, 255))
    draw = ImageDraw.Draw(image)
    x = 2
    while x < width - 3:
        thick = chance.choice((1, 1, 2, 3))
        draw.rectangle((x, 1, x + thick - 1, image.height - 2), (0, 0, 0, 255))
        x += thick + chance.choice((1, 2, 2, 3))
    return bare(image)


def care(chance: Random, size: tuple[int, int], library: Library) -> Sticker:
    """Return a washing instruction: lines of capitals and small print on satin."""
    pen = Pen(chance, library, words.LANGUAGES[0])
    color: Color = chance.choice((WHITE, (240, 240, 236), (250, 248, 240), (30, 30, 32)))
    ink = palettes.readable_on(chance, palettes.brightness(color), (BLACK,))
    made = shape("rectangle", size, color)
    draw = ImageDraw.Draw(made.image)
    for x in range(0, size[0], 12):  # the seam that holds it
        draw.line((x, size[1] * 0.03, x + 7, size[1] * 0.03), (130, 130, 130, 255), max(1, size[1] // 200))
    face = pen.face("Wash", ("sans", "narrow", "mono"))
    lines = [
        pen.line(text, size[0] * 0.085, Style(ink), face=face)
        for text in chance.sample(words.CARE_WORDS, chance.randint(4, 8))
    ]
    if chance.random() < 0.5:
        lines.insert(0, pen.line(chance.choice(words.BRANDS), size[0] * 0.16, Style(ink), ("serif", "sans", "script")))
    return _place(
        made,
        stack(lines, size[1] * 0.025, chance.choice(("left", "center"))).within(size[0] * 0.88, size[1] * 0.9),
        0.5,
        0.5,
    )


def shelf_tag(chance: Random, size: tuple[int, int], language: Language, library: Library) -> Sticker:
    """Return a price tag as shelves carry it."""
    pen = Pen(chance, library, language)
    width, height = size
    color: Color = chance.choice((WHITE, WHITE, (255, 235, 59), (255, 214, 0), (225, 20, 30)))
    ink = palettes.readable_on(chance, palettes.brightness(color), ((200, 16, 46), BLACK))
    made = shape(chance.choice(("rectangle", "rounded")), size, color, border=(180, 180, 180), border_px=2)
    name = pen.line(chance.choice(language.product), height * 0.2, Style(ink), ("sans", "narrow")).within(
        width * 0.88, height * 0.24
    )
    amount = pen.line(texts.price(chance, language), height * 0.48, Style(ink), ("heavy", "sans", "narrow")).within(
        width * 0.8, height * 0.5
    )
    made = _place(_place(made, name, 0.5, 0.2), amount, 0.5, 0.6)
    if chance.random() < 0.5:
        small = pen.line(
            chance.choice(("1 kg 29.90", "Lot 4471", texts.pack_date(chance), "7 310865 001924")),
            height * 0.1,
            Style(ink),
            ("sans",),
        )
        made = _place(made, small, 0.25, 0.92)
    return made


def ticket(chance: Random, size: tuple[int, int], language: Language, library: Library) -> Sticker:
    """Return a ticket, a voucher or a gift card: the product itself is print."""
    pen = Pen(chance, library, language)
    width, height = size
    color = palettes.loud(chance)
    ink = palettes.readable_on(chance, palettes.brightness(color), ((60, 20, 20), WHITE, (255, 235, 59)))
    fill: Fill = chance.choice((color, (palettes.mixed(color, WHITE, 0.35), color)))
    made = shape("rounded", size, fill)
    bite = Image.new("L", size, 255)
    draw = ImageDraw.Draw(bite)
    radius = height * 0.12
    for x in (0, width):
        draw.ellipse((x - radius, height / 2 - radius, x + radius, height / 2 + radius), 0)
    made.image.paste((0, 0, 0, 0), (0, 0), Image.eval(bite, lambda v: 255 - v))
    lines = [
        pen.line(
            chance.choice((*language.headline, "MOVIE PASS", "GIFT CARD", "ADMIT ONE")),
            height * 0.14,
            Style(ink),
            ("heavy", "serif", "narrow"),
        ),
        pen.line(
            chance.choice((texts.price(chance, language), texts.percent(chance, language), "10 MOVIES")),
            height * 0.28,
            Style(ink),
            BOLD,
        ),
        pen.line(
            chance.choice((*language.subline, f"No. {chance.randint(10000, 99999)}", texts.pack_date(chance))),
            height * 0.09,
            Style(ink),
            ("sans", "mono"),
        ),
    ]
    return centered(made, stack(lines, height * 0.06).within(width * 0.74, height * 0.8))
