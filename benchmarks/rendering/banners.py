"""Wide banners of web shops and heading cards: a ground, a photo or a product on one side, words on the other."""

from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.rendering import grounds, marks, palettes, photos, places, prints, promotions
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.pens import Pen, broken, supported
from benchmarks.rendering.photos import Album
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Align, Sticker, Style, bare, shadowed, stack
from benchmarks.rendering.words import Language


def base(chance: Random, size: tuple[int, int], library: Library, album: Album) -> tuple[Scene, str]:
    """Return a banner's ground with what it advertises, without words, and the side that is left for them."""
    side = chance.choice(("left", "left", "right"))
    other = "right" if side == "left" else "left"
    scene = Scene.of(grounds.ground(chance, size))
    draw = chance.random()
    photo = photos.opened(chance.choice(album.clean))
    if draw < 0.4:  # a photo that fades or ends at a line
        width = round(size[0] * chance.uniform(0.4, 0.62))
        part = photos.framed(chance, photo, (width, size[1]), pad=False)
        mask = Image.new("L", part.size, 255)
        if chance.random() < 0.6:
            fade = Image.linear_gradient("L").rotate(90, expand=True).resize((round(width * 0.35), size[1]))
            mask.paste(
                fade if other == "right" else ImageOps.mirror(fade), (0 if other == "right" else width - fade.width, 0)
            )
        part.putalpha(mask)
        scene.print(bare(part), (size[0] - width if other == "right" else 0, 0), "photo")
    elif draw < 0.7:  # one to three photos in frames
        count = chance.choice((1, 1, 2, 3)) if size[0] > size[1] * 2 else 1
        reach = size[1] * chance.uniform(0.6, 0.9)
        for number in range(count):
            image = photo if number == 0 else photos.opened(chance.choice(album.clean))
            room = size[0] * 0.44 / count
            tile = _tile(chance, image, round(min(reach, room * 0.92)))
            x = number * room + (room - tile.width) / 2 + size[0] * (0.54 if other == "right" else 0.02)
            scene.print(tile, (x, (size[1] - tile.height) / 2), "photo")
    else:  # a bare product
        for number in range(chance.choice((1, 1, 2))):
            thing = prints.vessel(chance, (size[0], round(size[1] * 1.05)), None, library)
            thing = shadowed(thing.within(size[0] * 0.3, size[1] * 0.9), 4, 8, 0.35)
            x = size[0] * ((0.56 if other == "right" else 0.06) + 0.19 * number)
            scene.print(thing, (x, size[1] * 0.97 - thing.height), "product")
    return scene, side


def _tile(chance: Random, image: Image.Image, reach: int) -> Sticker:
    part = photos.framed(
        chance, image, (max(8, round(reach * chance.choice((0.75, 0.85, 1.0)))), max(8, reach)), pad=False
    )
    mask = Image.new("L", part.size)
    draw = ImageDraw.Draw(mask)
    if chance.random() < 0.3:
        draw.ellipse((0, 0, part.width - 1, part.height - 1), 255)
    else:
        draw.rounded_rectangle((0, 0, part.width - 1, part.height - 1), chance.choice((0, 8, 24)), 255)
    part.putalpha(mask.filter(ImageFilter.GaussianBlur(0.7)))
    tile = bare(part)
    return shadowed(tile, 4, 6, 0.3) if chance.random() < 0.4 else tile


def words(chance: Random, scene: Scene, side: str, language: Language, library: Library) -> None:
    """Lay headline, line below, price and button on the free side."""
    pen = Pen(chance, library, language)
    x0, x1 = (0.04, 0.5) if side == "left" else (0.5, 0.96)
    box = (scene.width * x0, 0.0, scene.width * x1, float(scene.height))
    tone = scene.tone(box)
    ink = palettes.readable_on(chance, tone, (*palettes.CALM, *palettes.LOUD[10:15]))
    accent = palettes.readable_on(chance, tone, palettes.LOUD)
    align: Align = "right" if language.script in {"Arab", "Hebr"} else chance.choice(("left", "left", "left", "center"))
    room = scene.width * (x1 - x0)
    block = promotions.headline(
        pen, min(room, scene.height * 2.2), ink, accent, align, scene.height * 0.045, scene.busy(box)
    )
    block = block.within(room, scene.height * chance.uniform(0.62, 0.88))
    spare = {"left": 0.0, "center": 0.5, "right": 1.0}[align] * (room - block.width)
    down = (scene.height - block.height) * chance.choice((0.5, 0.5, 0.4))
    scene.overlay(block, (scene.width * x0 + spare, down), "webbanner")
    if chance.random() < 0.25:
        mark = marks.wordmark(pen, scene.height * 0.09, ink).within(scene.width * 0.2, scene.height * 0.2)
        places.put(scene, mark, (f"top {side}",), scene.height * 0.04, "logo")
    if chance.random() < 0.2:
        promotions.badge(chance, scene, language, library)


def heading(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Lay a category's name large over the upper part, as tiles of shop pages have it."""
    pen = Pen(chance, library, language)
    text = chance.choice((*language.product, *language.headline))
    box = places.side(scene, "top")
    ink = palettes.readable_on(chance, scene.tone(box), palettes.CALM)
    style = supported(chance, Style(ink), ink, scene.busy(box))
    face = pen.face(text, ("sans", "heavy", "round"))
    size = scene.short * chance.uniform(0.08, 0.13)
    lines = [pen.line(part, size, style, face=face) for part in broken(text, 2)]
    block = stack(lines, size * 0.25, chance.choice(("center", "left"))).within(scene.width * 0.9, scene.height * 0.3)
    x = (scene.width - block.width) * chance.choice((0.5, 0.5, 0.08))
    scene.overlay(block, (x, scene.height * 0.05), "heading")
