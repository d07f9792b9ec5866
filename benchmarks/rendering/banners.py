"""Wide banners of web shops and heading cards: a ground, a photo or a product on one side, words on the other."""

from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.rendering import overlays, palettes, photos, prints
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.photos import Album
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Align, Sticker, bare, shadowed
from benchmarks.rendering.words import Language


def base(chance: Random, size: tuple[int, int], library: Library, album: Album) -> tuple[Scene, str]:
    """Return a banner's ground with what it advertises, without words, and the side that is left for them."""
    side = chance.choice(("left", "left", "right"))
    other = "right" if side == "left" else "left"
    scene = Scene.of(palettes.ground(chance, size))
    draw = chance.random()
    photo = photos.opened(photos.some(chance, album.clean))
    if draw < 0.4:  # a photo that fades or ends at a line
        width = round(size[0] * chance.uniform(0.4, 0.62))
        part = photos.framed(chance, photo, (width, size[1]))
        mask = Image.new("L", part.size, 255)
        if chance.random() < 0.6:
            fade = Image.linear_gradient("L").rotate(90, expand=True).resize((round(width * 0.35), size[1]))
            mask.paste(fade if other == "right" else ImageOps.mirror(fade), (0 if other == "right" else width - fade.width, 0))
        part.putalpha(mask)
        scene.print(bare(part), (size[0] - width if other == "right" else 0, 0), "photo")
    elif draw < 0.7:  # one to three photos in frames
        count = chance.choice((1, 1, 2, 3)) if size[0] > size[1] * 2 else 1
        reach = size[1] * chance.uniform(0.6, 0.9)
        for number in range(count):
            image = photo if number == 0 else photos.opened(photos.some(chance, album.clean))
            room = size[0] * 0.5 / count
            tile = _tile(chance, image, round(min(reach, room * 0.92)))
            x = number * room + (room - tile.width) / 2 + (size[0] * 0.48 if other == "right" else size[0] * 0.02)
            scene.print(tile, (x, (size[1] - tile.height) / 2), "photo")
    else:  # a bare product
        for number in range(chance.choice((1, 1, 2))):
            thing = prints.vessel(chance, (size[0], round(size[1] * 1.05)), None, library, None)
            thing = shadowed(thing.within(size[0] * 0.3, size[1] * 0.9), 4, 8, 0.35)
            x = size[0] * ((0.56 if other == "right" else 0.06) + 0.19 * number)
            scene.print(thing, (x, size[1] * 0.97 - thing.height), "product")
    return scene, side


def _tile(chance: Random, image: Image.Image, reach: int) -> Sticker:
    part = photos.framed(chance, image, (max(8, round(reach * chance.choice((0.75, 0.85, 1.0)))), max(8, reach)))
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
    pen = overlays.Pen(chance, library, language)
    x0, x1 = (0.04, 0.5) if side == "left" else (0.5, 0.96)
    tone = scene.tone((scene.width * x0, 0, scene.width * x1, scene.height))
    ink = palettes.readable_on(chance, tone, (*palettes.CALM, *palettes.LOUD[10:15]))
    accent = palettes.readable_on(chance, tone, palettes.LOUD)
    align: Align = "right" if language.script in {"Arab", "Hebr"} else chance.choice(("left", "left", "left", "center"))
    room = scene.width * (x1 - x0)
    block = overlays.headline_block(pen, min(room, scene.height * 2.2), ink, accent, align).within(room, scene.height * chance.uniform(0.62, 0.88))
    x = scene.width * x0 if align == "left" else scene.width * x1 - block.width if align == "right" else scene.width * (x0 + x1) / 2 - block.width / 2
    scene.overlay(block, (x, (scene.height - block.height) * chance.choice((0.5, 0.5, 0.4))), "webbanner")
    if chance.random() < 0.2:
        mark = overlays.wordmark(pen, scene.height * 0.09, ink).within(scene.width * 0.2, scene.height * 0.2)
        scene.overlay(mark, (scene.width * (0.02 if side == "left" else 0.98) - (0 if side == "left" else mark.width), scene.height * 0.04), "logo")


def heading(chance: Random, scene: Scene, language: Language, library: Library) -> None:
    """Lay a category's name large over the upper part, as tiles of shop pages have it."""
    pen = overlays.Pen(chance, library, language)
    text = chance.choice((*language.product, *language.headline))
    tone = scene.tone((0, 0, scene.width, scene.height * 0.3))
    ink = palettes.readable_on(chance, tone, palettes.CALM)
    face = pen.face(text, ("sans", "heavy", "round"))
    size = scene.short * chance.uniform(0.08, 0.13)
    lines = [pen.line(part, size, overlays.Style(ink), face=face) for part in overlays.broken(text, 2)]
    block = overlays.stack(lines, size * 0.25, chance.choice(("center", "left"))).within(scene.width * 0.9, scene.height * 0.3)
    scene.overlay(block, ((scene.width - block.width) * chance.choice((0.5, 0.5, 0.08)), scene.height * 0.05), "heading")
