"""Pictures of products that carry print: frontal and crisp as in catalogs, or held, folded, shaded as in photos."""

from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.rendering import artwork, grounds, palettes, photos, products
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.photos import Album, Photo
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Color, Sticker, bare, over, shadowed
from benchmarks.rendering.words import Language

Size = tuple[int, int]
Maker = Callable[[Random, Size, Language, Library, Album], Scene]


def _opened(chance: Random, among: tuple[Photo, ...], share: float = 1.0) -> Image.Image | None:
    return photos.opened(chance.choice(among)) if among and chance.random() < share else None


def studio(chance: Random, size: Size, album: Album) -> Image.Image:
    """Return what is behind a product: white most often, a studio ground, a table, a wall, a photo out of focus."""
    draw = chance.random()
    if draw < 0.36:
        return Image.new("RGB", size, WHITE)
    if draw < 0.68:
        return grounds.ground(chance, size)
    if draw < 0.73:
        return Image.new("RGB", size, BLACK)
    if draw < 0.86:
        return grounds.table(chance, size)
    if draw < 0.91:
        return grounds.wall(chance, size)
    photo = photos.framed(chance, photos.opened(chance.choice(album.clean)), size, pad=False)
    tiny = photo.resize((max(4, size[0] // 14), max(4, size[1] // 14)), Image.Resampling.BOX)
    return tiny.resize(size, Image.Resampling.BICUBIC)


def stand(chance: Random, scene: Scene, thing: Sticker, kind: str, reach: float | None = None) -> None:
    """Set a thing into the scene: in the middle, at a side, or so large that the edge cuts it."""
    reach = reach or chance.choice((0.6, 0.7, 0.8, 0.9, 0.97, 1.1))
    factor = min(scene.width * reach / thing.width, scene.height * reach / thing.height)
    thing = thing.scaled(max(8, round(thing.width * factor)), max(8, round(thing.height * factor)))
    if chance.random() < 0.65:
        blur = max(1.0, thing.height * chance.choice((0.008, 0.02)))
        thing = shadowed(thing, thing.height * 0.01, blur, chance.uniform(0.2, 0.5))
    x = (scene.width - thing.width) * chance.choice((0.5, 0.5, 0.5, 0.5, 0.2, 0.8, 1.0))
    y = (scene.height - thing.height) * chance.choice((0.5, 0.5, 0.6, 0.9))
    scene.print(thing, (x, y), kind)


def _rest(chance: Random, thing: Sticker) -> Sticker:
    """Return it frontal more often than not, else turned or in perspective."""
    draw = chance.random()
    if draw < 0.6:
        return thing
    return products.tilted(chance, thing, 0.12) if draw < 0.8 else thing.turned(chance.uniform(-12, 12))


def _fitted(size: Size, ratio: float) -> Size:
    """Return (width, height) with `ratio` of them that fits `size`."""
    height = min(size[1], size[0] / ratio)
    return max(60, round(height * ratio)), max(60, round(height))


def _filling(size: Size, art: Sticker, kind: str) -> Scene:
    scene = Scene.of(Image.new("RGB", size))
    scene.print(art, (0, 0), kind)
    return scene


def cover(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A book, film or record: alone on a ground, framed on a wall, or filling the picture."""
    if chance.random() < 0.3:
        # Never with a photo all over: cut out of its surroundings that is no other than words laid over a photo.
        art = artwork.cover(chance, size, language, library, _opened(chance, album.clean, 0.9), 0.0)
        return _filling(size, art, "cover")
    area = _fitted(size, chance.choice((0.67, 0.7, 0.75, 1.0)))
    art = artwork.cover(chance, area, language, library, _opened(chance, album.clean, 0.8), 0.5)
    if chance.random() < 0.2:
        scene = Scene.of(grounds.wall(chance, size))
        stand(chance, scene, _hung(chance, art), "cover", chance.uniform(0.6, 0.9))
        return scene
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, products.slab(chance, art)), "cover")
    return scene


def _hung(chance: Random, art: Sticker) -> Sticker:
    """Return it in a frame behind glass."""
    edge = max(3, art.width // 25)
    framed = art.padded(edge)
    ground = Image.new("RGBA", framed.image.size, (*chance.choice((BLACK, WHITE, (150, 110, 70))), 255))
    ground.alpha_composite(framed.image)
    made = Sticker(ground, framed.lines).shaded(products.sheet_light(chance, ground.size))
    return shadowed(made, art.height * 0.015, art.height * 0.012, 0.5)


def box(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A carton: its front alone or with a side, one or two of them, or the front filling the frame."""
    if chance.random() < 0.2:
        return _filling(size, artwork.front(chance, size, language, library, _opened(chance, album.goods, 0.7)), "box")
    scene = Scene.of(studio(chance, size, album))
    area = _fitted(size, chance.choice((0.65, 0.75, 0.9, 1.3)))
    things = []
    for _ in range(_count(chance, size)):
        art = artwork.front(chance, area, language, library, _opened(chance, album.goods, 0.7))
        things.append(_rest(chance, products.box(chance, art) if chance.random() < 0.6 else art))
    _line_up(chance, scene, things, "box")
    return scene


def pouch(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A bag of chips, coffee or food; alone or two."""
    scene = Scene.of(studio(chance, size, album))
    area = _fitted(size, chance.choice((0.62, 0.7, 0.8)))
    things = []
    for _ in range(_count(chance, size)):
        art = artwork.front(chance, area, language, library, _opened(chance, album.goods, 0.7))
        things.append(_rest(chance, products.pouch(chance, art)))
    _line_up(chance, scene, things, "pouch")
    return scene


def _count(chance: Random, size: Size) -> int:
    return chance.choice((1, 1, 1, 2, 2, 3)) if size[0] > size[1] * 0.9 else 1


def _line_up(chance: Random, scene: Scene, things: list[Sticker], kind: str) -> None:
    if len(things) == 1:
        stand(chance, scene, things[0], kind)
        return
    room = scene.width / len(things)
    floor = chance.uniform(0.84, 0.98)
    for number, thing in enumerate(things):
        fitted = shadowed(thing.within(room * 0.96, scene.height * chance.uniform(0.6, 0.85)), 3, 6, 0.35)
        scene.print(fitted, (room * number + (room - fitted.width) / 2, scene.height * floor - fitted.height), kind)


def bottle(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """Bottles, cans, jars, tubes and mugs with a label; one to three of them."""
    scene = Scene.of(studio(chance, size, album))
    things = [vessel(chance, size, language, library) for _ in range(_count(chance, size))]
    _line_up(chance, scene, things, "label")
    return scene


def vessel(chance: Random, size: Size, language: Language | None, library: Library) -> Sticker:
    """Return something that holds something, about as tall as the picture; bare without a language."""
    height = round(size[1] * chance.uniform(0.75, 0.95))
    kind = chance.choice(("bottle", "bottle", "can", "can", "tube", "mug"))
    ratio = {"bottle": chance.uniform(0.28, 0.42), "can": chance.uniform(0.5, 0.9), "tube": 0.36, "mug": 1.1}[kind]
    shape = (max(60, round(height * ratio)), height)
    area = (max(60, shape[0]), max(60, round(height * 0.55)))
    if kind in {"tube", "mug"}:
        color: Color = chance.choice((WHITE, WHITE, *palettes.PALE, palettes.loud(chance), BLACK))
        if kind == "tube":
            art = artwork.label(chance, area, language, library, color) if language else None
            return products.tube(chance, shape, color, art)
        slogan = artwork.slogan(chance, area, language, library, color) if language else None
        return products.mug(chance, shape, color, slogan)
    wrap = artwork.label(chance, area, language, library) if language else None
    if wrap is None and chance.random() < 0.5:
        wrap = bare(grounds.ground(chance, area))
    make = products.bottle if kind == "bottle" else products.can
    return make(chance, shape, wrap)


def garment(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A slogan on a shirt: printed onto a shirt in a photo, or on a drawn one."""
    if album.garments and chance.random() < 0.65:
        return _worn(chance, size, language, library, photos.opened(chance.choice(album.garments)))
    cloth = chance.choice(
        (*palettes.CALM, WHITE, BLACK, palettes.loud(chance), palettes.loud(chance), *palettes.PALE[:4])
    )
    height = round(min(size[1], size[0] / 0.95))
    area = (round(height * 0.95), height)
    reach = (round(area[0] * chance.uniform(0.3, 0.44)), round(height * 0.4))
    art = artwork.slogan(chance, reach, language, library, cloth)
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, products.shirt(chance, area, cloth, art), "garment", chance.choice((0.85, 0.95, 1.0, 1.3)))
    return scene


def _worn(chance: Random, size: Size, language: Language, library: Library, photo: Image.Image) -> Scene:
    """Return a shirt from a photo with a slogan that has the cloth's light, folds and grain."""
    image = photos.framed(chance, photo, size, pad=False)
    scene = Scene.of(image)
    chest = image.crop((round(size[0] * 0.4), round(size[1] * 0.35), round(size[0] * 0.6), round(size[1] * 0.5)))
    red, green, blue = np.asarray(chest.resize((1, 1), Image.Resampling.BOX))[0, 0]
    reach = (round(size[0] * chance.uniform(0.24, 0.38)), round(size[1] * 0.26))
    art = artwork.slogan(chance, reach, language, library, (int(red), int(green), int(blue))).padded(
        max(4, size[0] // 60)
    )
    left, top = round((size[0] - art.width) / 2), round(size[1] * chance.uniform(0.3, 0.38))
    part = np.asarray(image.convert("L").crop((left, top, left + art.width, top + art.height))).astype(np.float32)
    light = part / max(1.0, float(part.mean()))
    folded = art.rippled(products.slope(np.clip(light, 0.5, 1.6), art.width * chance.uniform(0.3, 0.8)))
    lit = products.tilted(chance, folded.shaded(np.clip(light, 0.55, 1.5)), 0.03)
    scene.print(lit.faded(chance.uniform(0.8, 0.97)), (left, top), "garment")
    return scene


def screen(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A phone or a laptop that is on; now and then the screen alone."""
    phone = chance.random() < 0.55
    ratio = chance.uniform(0.46, 0.58) if phone else chance.uniform(1.4, 1.8)
    if chance.random() < 0.12:
        return _filling(
            size, artwork.screen(chance, size, language, library, _opened(chance, album.clean, 0.6)), "screen"
        )
    art = artwork.screen(chance, _fitted(size, ratio), language, library, _opened(chance, album.clean, 0.6))
    scene = Scene.of(studio(chance, size, album))
    stand(
        chance,
        scene,
        _rest(chance, products.device(chance, art, phone=phone)),
        "screen",
        chance.choice((0.6, 0.8, 0.9)),
    )
    return scene


def sign(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A sign screwed to a wall, or a card on a stick in what is sold."""
    card = chance.random() < 0.35
    ratio = chance.choice((1.2, 1.5, 2.0)) if card else chance.choice((0.8, 1.3, 2.0, 3.0))
    area = _fitted((round(size[0] * 0.7), round(size[1] * 0.5)), ratio)
    made = (
        artwork.board(chance, area, language, library)
        if not card
        else artwork.shelf_tag(chance, area, language, library)
    )
    made = made.shaded(products.sheet_light(chance, made.image.size))
    made = products.tilted(chance, made, chance.choice((0.0, 0.08, 0.14)))
    if not card:
        scene = Scene.of(grounds.wall(chance, size))
        stand(
            chance,
            scene,
            shadowed(made, made.height * 0.03, made.height * 0.03, 0.55),
            "sign",
            chance.uniform(0.35, 0.8),
        )
        return scene
    scene = Scene.of(photos.framed(chance, photos.opened(chance.choice(album.goods)), size, pad=False))
    made = made.within(size[0] * chance.uniform(0.25, 0.5), size[1] * 0.4)
    x, y = chance.uniform(0.1, 0.9) * (size[0] - made.width), chance.uniform(0.1, 0.5) * size[1]
    stick = Image.new(
        "RGBA", (max(3, made.width // 18), round(size[1] * chance.uniform(0.1, 0.25))), (190, 190, 186, 255)
    )
    scene.print(
        bare(stick).shaded(products.round_light(chance, stick.size)),
        (x + made.width / 2, y + made.height * 0.9),
        "sign",
    )
    scene.print(shadowed(made.turned(chance.uniform(-6, 6)), 3, 5, 0.5), (x, y), "sign")
    return scene


def tag(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A hang tag on a garment, or a washing instruction sewn into cloth seen from near."""
    photo = photos.opened(chance.choice(album.garments or album.clean))
    if chance.random() < 0.55:
        scene = Scene.of(photos.framed(chance, photo, size, pad=False))
        area = _fitted((round(size[0] * 0.6), round(size[1] * 0.7)), chance.choice((0.5, 0.6, 0.75)))
        made = artwork.hang_tag(chance, area, language, library)
        made = made.shaded(products.sheet_light(chance, made.image.size)).turned(chance.uniform(-25, 25))
        made = made.within(size[0] * chance.uniform(0.3, 0.6), size[1] * chance.uniform(0.4, 0.75))
        made = shadowed(made, 3, max(2.0, made.height * 0.01), 0.45)
        x, y = chance.uniform(0.3, 0.7) * (size[0] - made.width), chance.uniform(0.15, 0.6) * (size[1] - made.height)
        scene.print(made, (x, y), "tag")
        return scene
    middle = ImageOps.crop(photo, round(min(photo.size) * 0.32))
    cloth = grounds.textured(chance, photos.framed(chance, middle, size, pad=False), 0.04)
    scene = Scene.of(cloth)
    area = _fitted(size, chance.choice((0.5, 0.6, 0.75, 1.4)))
    made = artwork.care(chance, area, library)
    light = products.sheet_light(chance, area) * grounds.grain(chance, area, (5, 7), 0.04)
    made = products.tilted(chance, made.shaded(light.astype(np.float32)), 0.05)
    stand(
        chance, scene, made.turned(chance.choice((0, 0, 90)) + chance.uniform(-6, 6)), "tag", chance.uniform(0.5, 0.85)
    )
    return scene


def shelf(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """Goods with the shop's own price tags on the rail below them."""
    scene = Scene.of(photos.framed(chance, photos.opened(chance.choice(album.goods)), size, pad=False))
    height = round(size[1] * chance.uniform(0.1, 0.2))
    lean = chance.uniform(-4, 4)
    color = chance.choice(((225, 225, 225), (60, 60, 64), WHITE, (150, 30, 30)))
    rail = Sticker(Image.new("RGBA", (round(size[0] * 1.3), round(height * 1.25)), (*color, 255)))
    draw = ImageDraw.Draw(rail.image)
    draw.line((0, 1, rail.width, 1), (120, 120, 120, 255), 2)
    x = size[0] * chance.uniform(0.0, 0.15)
    while x < rail.width - height:
        made = artwork.shelf_tag(chance, (round(height * chance.uniform(1.4, 2.1)), height), language, library)
        rail = over(rail, made, (round(x), round(height * 0.12)))
        x += made.width * chance.uniform(1.1, 2.2)
    rail = rail.shaded(products.sheet_light(chance, (rail.width, rail.height))).turned(lean)
    scene.print(rail, ((size[0] - rail.width) / 2, size[1] * chance.uniform(0.6, 0.85)), "shelf")
    return scene


def ticket(chance: Random, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """A ticket, voucher or gift card as the product; one or two."""
    scene = Scene.of(studio(chance, size, album))
    art = artwork.ticket(chance, _fitted(size, chance.choice((1.6, 2.0, 2.4))), language, library)
    stand(chance, scene, shadowed(_rest(chance, art), 4, 6, 0.4), "ticket")
    return scene


#: Every kind with how often it is taken.
MAKERS: dict[str, tuple[Maker, float]] = {
    "cover": (cover, 4),
    "box": (box, 4),
    "label": (bottle, 4),
    "pouch": (pouch, 3),
    "garment": (garment, 5),
    "screen": (screen, 2.5),
    "sign": (sign, 2),
    "tag": (tag, 2),
    "shelf": (shelf, 1),
    "ticket": (ticket, 1),
}


def make(chance: Random, kind: str, size: Size, language: Language, library: Library, album: Album) -> Scene:
    """Return a picture of `kind`; three in ten as if a phone had taken it."""
    scene = MAKERS[kind][0](chance, size, language, library, album)
    return seen(chance, scene) if chance.random() < 0.3 else scene


def seen(chance: Random, scene: Scene) -> Scene:
    """Return a scene without overlays as a phone takes it."""
    shot = grounds.photographed(
        scene.clean, chance.uniform(1, 5), chance.choice((0.0, 0.5, 0.8, 1.2)), chance.getrandbits(32)
    )
    return Scene(shot, shot.copy(), scene.lines)
