"""Pictures of products that carry print: frontal and crisp as in catalogs, or held, folded, shaded as in photos."""

from collections.abc import Callable
from random import Random

from PIL import Image

from benchmarks.rendering import artwork, palettes, photos, products
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.photos import Album
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Sticker, shadowed
from benchmarks.rendering.words import Language

Maker = Callable[[Random, tuple[int, int], Language, Library, Album], Scene]


def _photo(chance: Random, album: Album, share: float = 0.6) -> Image.Image | None:
    return photos.opened(photos.some(chance, album.clean)) if chance.random() < share else None


def studio(chance: Random, size: tuple[int, int], album: Album) -> Image.Image:
    """Return what is behind a product: white most often, a studio ground, black, a photo, a photo out of focus."""
    draw = chance.random()
    if draw < 0.35:
        return Image.new("RGB", size, palettes.WHITE)
    if draw < 0.7:
        return palettes.ground(chance, size)
    if draw < 0.76:
        return Image.new("RGB", size, palettes.BLACK)
    photo = photos.framed(chance, photos.opened(photos.some(chance, album.clean)), size)
    if draw < 0.88:
        tiny = photo.resize((max(4, size[0] // 14), max(4, size[1] // 14)), Image.Resampling.BOX)
        return tiny.resize(size, Image.Resampling.BICUBIC)
    return photo


def stand(chance: Random, scene: Scene, thing: Sticker, kind: str, reach: float | None = None) -> None:
    """Set a thing into the scene: in the middle, at a side, or so large that the edge cuts it."""
    reach = reach or chance.choice((0.55, 0.7, 0.8, 0.9, 0.97, 1.1))
    factor = min(scene.width * reach / thing.width, scene.height * reach / thing.height)
    thing = thing.scaled(max(8, round(thing.width * factor)), max(8, round(thing.height * factor)))
    if chance.random() < 0.6:
        thing = shadowed(thing, thing.height * 0.01, max(1.0, thing.height * chance.choice((0.008, 0.02))), chance.uniform(0.2, 0.5))
    x = (scene.width - thing.width) * chance.choice((0.5, 0.5, 0.5, 0.2, 0.8, 1.0, 0.0))
    y = (scene.height - thing.height) * chance.choice((0.5, 0.5, 0.6, 0.9, 1.0))
    scene.print(thing, (x, y), kind)


def _rest(chance: Random, thing: Sticker) -> Sticker:
    """Return it frontal more often than not, else turned or in perspective."""
    draw = chance.random()
    if draw < 0.6:
        return thing
    if draw < 0.8:
        return products.tilted(chance, thing, 0.12)
    return thing.turned(chance.uniform(-12, 12))


def _art_size(chance: Random, size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """Return (width, height) with `ratio` of them that fits `size`."""
    height = min(size[1], size[0] / ratio)
    return max(60, round(height * ratio)), max(60, round(height))


def cover(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A book, film or record: alone on a ground, or filling the frame."""
    if chance.random() < 0.3:
        scene = Scene.of(Image.new("RGB", size))
        scene.print(artwork.cover(chance, size, language, library, _photo(chance, album, 0.9)), (0, 0), "cover")
        return scene
    art = artwork.cover(chance, _art_size(chance, size, chance.choice((0.67, 0.7, 0.75, 1.0))), language, library, _photo(chance, album, 0.8))
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, products.slab(chance, art)), "cover")
    return scene


def box(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A carton: its front alone or with a side, one or two of them, or the front filling the frame."""
    if chance.random() < 0.2:
        scene = Scene.of(Image.new("RGB", size))
        scene.print(artwork.front(chance, size, language, library, _photo(chance, album)), (0, 0), "box")
        return scene
    art = artwork.front(chance, _art_size(chance, size, chance.choice((0.65, 0.75, 0.9, 1.3))), language, library, _photo(chance, album))
    thing = products.box(chance, art) if chance.random() < 0.6 else art
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, thing), "box")
    return scene


def bottle(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """Bottles, cans, jars, tubes and mugs with a label; one to three of them."""
    scene = Scene.of(studio(chance, size, album))
    count = chance.choice((1, 1, 1, 2, 3)) if size[0] > size[1] * 0.8 else 1
    for number in range(count):
        thing = vessel(chance, size, language, library, _photo(chance, album, 0.4))
        room = size[0] / count
        thing = thing.within(room * 0.92, size[1] * 0.92)
        x = room * number + (room - thing.width) / 2
        scene.print(thing, (x, (size[1] - thing.height) * chance.choice((0.5, 0.8))), "label")
    return scene


def vessel(chance: Random, size: tuple[int, int], language: Language | None, library: Library, photo: Image.Image | None) -> Sticker:
    """Return something that holds something, as tall as the picture; bare without a language."""
    height = round(size[1] * chance.uniform(0.75, 0.95))
    kind = chance.choice(("bottle", "bottle", "can", "tube", "mug"))
    width = round(height * {"bottle": chance.uniform(0.28, 0.42), "can": chance.uniform(0.55, 0.9), "tube": 0.36, "mug": 1.1}[kind])
    area = (max(60, width), max(60, round(height * 0.55)))
    art = artwork.label(chance, area, language, library, photo) if language else None
    if art is None and kind in {"bottle", "can"} and chance.random() < 0.5:
        art = Sticker(palettes.ground(chance, area).convert("RGBA"))
    make = {"bottle": products.bottle, "can": products.can, "tube": products.tube, "mug": products.mug}[kind]
    return make(chance, (width, height), art)


def pouch(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A bag of chips, coffee or food; alone, two, or filling the frame."""
    art = artwork.front(chance, _art_size(chance, size, chance.choice((0.62, 0.7, 0.8))), language, library, _photo(chance, album))
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, products.pouch(chance, art)), "pouch")
    return scene


def garment(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A slogan on a shirt: drawn on a ground, or printed onto a shirt in a photo."""
    if album.garments and chance.random() < 0.5:
        image = photos.framed(chance, photos.opened(photos.some(chance, album.garments)), size)
        scene = Scene.of(image)
        chest = image.crop((round(size[0] * 0.4), round(size[1] * 0.35), round(size[0] * 0.6), round(size[1] * 0.5)))
        red, green, blue = chest.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
        art = artwork.slogan(chance, (round(size[0] * chance.uniform(0.22, 0.36)), round(size[1] * 0.26)), language, library, (int(red), int(green), int(blue)))
        art = _worn(chance, art, image, (round((size[0] - art.width) / 2), round(size[1] * chance.uniform(0.3, 0.38))))
        scene.print(art, ((size[0] - art.width) / 2, size[1] * 0.35), "garment")
        return scene
    cloth = chance.choice((*palettes.CALM, palettes.WHITE, palettes.BLACK, palettes.loud(chance), palettes.loud(chance), *palettes.PALE[:4]))
    height = round(min(size[1], size[0] / 0.95))
    area = (round(height * 0.95), height)
    art = artwork.slogan(chance, (round(area[0] * chance.uniform(0.28, 0.42)), round(height * 0.4)), language, library, cloth)
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, products.shirt(chance, area, cloth, art), "garment", chance.choice((0.85, 0.95, 1.0, 1.3)))
    return scene


def _worn(chance: Random, art: Sticker, image: Image.Image, at: tuple[int, int]) -> Sticker:
    """Return `art` with the light and the grain of the cloth that it lies on."""
    import numpy as np

    part = np.asarray(image.convert("L").crop((at[0], at[1], at[0] + art.width, at[1] + art.height))).astype(np.float32)
    light = part / max(1.0, float(part.mean()))
    lit = art.shaded(np.clip(light, 0.6, 1.5))
    return products.tilted(chance, lit, 0.03).faded(chance.uniform(0.82, 1.0))


def screen(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A phone or a laptop that is on."""
    phone = chance.random() < 0.55
    ratio = chance.uniform(0.46, 0.58) if phone else chance.uniform(1.4, 1.8)
    art = artwork.screen(chance, _art_size(chance, size, ratio), language, library, _photo(chance, album))
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, products.device(chance, art, phone=phone)), "screen", chance.choice((0.6, 0.8, 0.9)))
    return scene


def sign(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A sign or a poster in what a photo shows."""
    scene = Scene.of(photos.framed(chance, photos.opened(photos.some(chance, album.clean)), size))
    area = _art_size(chance, (round(size[0] * 0.7), round(size[1] * 0.5)), chance.choice((0.8, 1.3, 2.0, 3.0)))
    made = _rest(chance, artwork.board(chance, area, language, library).shaded(products.sheet_light(chance, area)))
    stand(chance, scene, made, "sign", chance.uniform(0.3, 0.7))
    return scene


def tag(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A hang tag or a washing instruction on cloth."""
    scene = Scene.of(photos.framed(chance, photos.opened(photos.some(chance, album.garments or album.clean)), size))
    area = _art_size(chance, (round(size[0] * 0.6), round(size[1] * 0.7)), chance.choice((0.5, 0.6, 0.75)))
    made = artwork.hang_tag(chance, area, language, library) if chance.random() < 0.55 else artwork.care(chance, area, library)
    made = made.shaded(products.sheet_light(chance, area))
    stand(chance, scene, made.turned(chance.uniform(-25, 25)) if chance.random() < 0.6 else _rest(chance, made), "tag", chance.uniform(0.4, 0.8))
    return scene


def shelf(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """Goods with the shop's own price tags on the rail below them."""
    scene = Scene.of(photos.framed(chance, photos.opened(photos.some(chance, album.clean)), size))
    height = round(size[1] * chance.uniform(0.1, 0.2))
    y = size[1] * chance.uniform(0.6, 0.85)
    if chance.random() < 0.7:
        rail = Sticker(Image.new("RGBA", (size[0], round(height * 1.2)), (*chance.choice(((225, 225, 225), (60, 60, 64), palettes.WHITE)), 255)))
        scene.print(rail.shaded(products.sheet_light(chance, (size[0], rail.height))), (0, y - height * 0.1), "shelf")
    x = -size[0] * chance.uniform(0, 0.1)
    while x < size[0]:
        made = artwork.shelf_tag(chance, (round(height * chance.uniform(1.4, 2.1)), height), language, library)
        scene.print(made, (x, y), "shelf")
        x += made.width * chance.uniform(1.1, 2.2)
    return scene


def ticket(chance: Random, size: tuple[int, int], language: Language, library: Library, album: Album) -> Scene:
    """A ticket, voucher or gift card as the product."""
    art = artwork.ticket(chance, _art_size(chance, size, chance.choice((1.6, 2.0, 2.4))), language, library)
    scene = Scene.of(studio(chance, size, album))
    stand(chance, scene, _rest(chance, art), "ticket")
    return scene


#: Every kind with how often it is taken.
MAKERS: dict[str, tuple[Maker, float]] = {
    "cover": (cover, 4),
    "box": (box, 4),
    "label": (bottle, 4),
    "pouch": (pouch, 3),
    "garment": (garment, 4),
    "screen": (screen, 2.5),
    "sign": (sign, 1.5),
    "tag": (tag, 2),
    "shelf": (shelf, 1),
    "ticket": (ticket, 1),
}
