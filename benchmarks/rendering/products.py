"""Things to sell, drawn: boxes, bottles, pouches, shirts, devices; with artwork on them or bare."""

from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.rendering import grounds, palettes
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.stickers import Color, Sticker, bare, over

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

_ZOOM = 2


def _cut(points: list[tuple[float, float]], size: tuple[int, int], soften: float = 0.0) -> Image.Image:
    """Return a mask of `size` of the polygon, in parts of the size, its corners rounded by `soften` pixels."""
    big = (size[0] * _ZOOM, size[1] * _ZOOM)
    mask = Image.new("L", big)
    ImageDraw.Draw(mask).polygon([(x * big[0], y * big[1]) for x, y in points], 255)
    if soften:
        mask = mask.filter(ImageFilter.GaussianBlur(soften * _ZOOM)).point([255 if v > 127 else 0 for v in range(256)])
    return mask.resize(size, Image.Resampling.BOX)


def _solid(mask: Image.Image, color: Color) -> Sticker:
    image = Image.new("RGBA", mask.size, (*color, 255))
    image.putalpha(mask)
    return bare(image)


def _clipped(sticker: Sticker, mask: Image.Image) -> Sticker:
    """Return it without what lies outside `mask`."""
    image = sticker.image.copy()
    alpha = np.minimum(np.asarray(image.getchannel("A")), np.asarray(mask))
    image.putalpha(Image.fromarray(alpha))
    return Sticker(image, sticker.lines)


def round_light(chance: Random, size: tuple[int, int], strength: float = 0.5) -> NDArray[np.float32]:
    """Return (height, width) light on an upright cylinder: dark at the sides, a bright stripe."""
    x = np.linspace(-1, 1, size[0], dtype=np.float32)
    body = 1 - strength * np.abs(x) ** 2.5
    stripe = chance.uniform(0.1, 0.4) * np.exp(-(((x - chance.choice((-0.5, 0.45))) / 0.12) ** 2))
    return np.broadcast_to((body + stripe).astype(np.float32), (size[1], size[0])).copy()


def sheet_light(chance: Random, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return (height, width) light on a flat thing: a gentle slope, perhaps a sheen."""
    y, x = np.mgrid[0:32, 0:32].astype(np.float32) / 31
    angle = chance.uniform(0, 2 * np.pi)
    light = 1 + chance.uniform(0.0, 0.16) * (x * np.cos(angle) + y * np.sin(angle) - 0.5)
    if chance.random() < 0.25:
        light += chance.uniform(0.1, 0.3) * np.exp(-(((x + y - chance.uniform(0.5, 1.5)) / 0.15) ** 2))
    return np.array(Image.fromarray(light.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))


def box(chance: Random, art: Sticker) -> Sticker:
    """Return a carton seen from the front and one side, `art` on its front."""
    width, height = art.width, art.height
    depth = width * chance.uniform(0.12, 0.4)
    rise = height * chance.uniform(0.0, 0.08)
    size = (round(width + depth), round(height + rise))
    left = chance.random() < 0.5
    side_color = palettes.mixed(_edge_color(art.image), BLACK, chance.uniform(0.15, 0.4))
    if left:
        fore: Quad = ((depth, 0), (depth + width, rise), (depth + width, height), (depth, height + rise))
        side: Quad = ((0, rise), (depth, 0), (depth, height + rise), (0, height))
    else:
        fore = ((0, rise), (width, 0), (width, height + rise), (0, height))
        side = ((width, 0), (width + depth, rise), (width + depth, height), (width, height + rise))
    panel = Image.new("RGBA", (max(2, round(depth)), height), (*side_color, 255))
    ground = bare(panel).warped(side, size)
    return over(ground, art.shaded(sheet_light(chance, (width, height))).warped(fore, size), (0, 0))


def _edge_color(image: Image.Image) -> Color:
    red, green, blue, _ = image.crop((0, 0, 4, image.height)).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return int(red), int(green), int(blue)


def slab(chance: Random, art: Sticker) -> Sticker:
    """Return a book, a film case or a flat pack, frontal: `art` with a spine and an edge."""
    spine = max(3, round(art.width * chance.uniform(0.015, 0.05)))
    light = sheet_light(chance, (art.width, art.height))
    light[:, : spine * 2] *= np.linspace(0.75, 1.0, min(spine * 2, art.width), dtype=np.float32)
    return art.shaded(light)


def bottle(chance: Random, size: tuple[int, int], art: Sticker | None) -> Sticker:
    """Return a bottle with a cap; `art` rolled about its body."""
    neck = chance.uniform(0.12, 0.28)
    shoulder = chance.uniform(0.12, 0.34)
    cap = shoulder * chance.uniform(0.35, 0.7)
    body = chance.choice((WHITE, *palettes.CALM, palettes.loud(chance), (120, 72, 30), (30, 70, 40)))
    outline = [
        (0.5 - neck, cap * 0.8),
        (0.5 + neck, cap * 0.8),
        (0.5 + neck, shoulder * 0.8),
        (1.0, shoulder * 1.25),
        (1.0, 0.985),
        (0.96, 1.0),
        (0.04, 1.0),
        (0.0, 0.985),
        (0.0, shoulder * 1.25),
        (0.5 - neck, shoulder * 0.8),
    ]
    made = _solid(_cut(outline, size, size[0] * 0.04), body).shaded(round_light(chance, size))
    top = (max(4, round(size[0] * neck * 2.2)), max(4, round(size[1] * cap)))
    lid = _solid(
        _cut([(0, 0.06), (0.06, 0), (0.94, 0), (1, 0.06), (1, 1), (0, 1)], top),
        chance.choice((WHITE, BLACK, palettes.loud(chance))),
    )
    made = over(made, lid.shaded(round_light(chance, top)), ((size[0] - top[0]) // 2, 0))
    return _wrapped(chance, made, art, shoulder * 1.3 + 0.05, 0.94)


def can(chance: Random, size: tuple[int, int], art: Sticker | None) -> Sticker:
    """Return a can, a jar or a tub; `art` rolled about it."""
    color = chance.choice((WHITE, (190, 195, 200), palettes.loud(chance), chance.choice(palettes.CALM)))
    outline = [(0.02, 0.0), (0.98, 0.0), (1, 0.03), (1, 0.97), (0.98, 1.0), (0.02, 1.0), (0, 0.97), (0, 0.03)]
    made = _solid(_cut(outline, size, size[0] * 0.04), color).shaded(round_light(chance, size))
    lid = (size[0], max(4, round(size[1] * chance.uniform(0.05, 0.14))))
    top = _solid(
        _cut([(0.03, 0), (0.97, 0), (1, 0.3), (1, 1), (0, 1), (0, 0.3)], lid),
        chance.choice(((200, 205, 210), WHITE, BLACK, (200, 160, 60))),
    )
    made = over(made, top.shaded(round_light(chance, lid)), (0, 0))
    return _wrapped(chance, made, art, 0.15, 0.93)


def _wrapped(chance: Random, made: Sticker, art: Sticker | None, top: float, bottom: float) -> Sticker:
    if art is None:
        return made
    fitted = art.scaled(made.width, max(8, round(made.height * (bottom - top))))
    rolled = fitted.rolled(chance.uniform(90, 150)).shaded(round_light(chance, (fitted.width, fitted.height), 0.4))
    return over(made, rolled, (0, round(made.height * top)))


def pouch(chance: Random, art: Sticker) -> Sticker:
    """Return a bag with seals above and below and folds, `art` all over it."""
    size = (art.width, art.height)
    bulge = chance.uniform(0.0, 0.035)
    outline = [
        (0.02, 0.0),
        (0.98, 0.0),
        (1 - bulge, 0.3),
        (1.0, 0.85),
        (0.98, 1.0),
        (0.02, 1.0),
        (0.0, 0.85),
        (bulge, 0.3),
    ]
    light = grounds.grain(chance, size, (chance.randint(3, 6), chance.randint(4, 8)), chance.uniform(0.02, 0.1))
    light = light * round_light(chance, size, 0.25)
    seal = max(3, size[1] // 30)
    ridges = 1 + 0.12 * np.sin(np.arange(size[0], dtype=np.float32) * 2 * np.pi / max(4, size[0] // 60))
    light[:seal] *= ridges
    light[-seal:] *= ridges
    return _clipped(art.shaded(light.astype(np.float32)), _cut(outline, size, size[0] * 0.012))


def tube(chance: Random, size: tuple[int, int], color: Color, art: Sticker | None) -> Sticker:
    """Return a tube standing on its cap, `art` printed straight on it."""
    made = _solid(_cut([(0, 0), (1, 0), (0.82, 0.86), (0.18, 0.86)], size), color)
    crimp = 1 - 0.1 * (np.arange(size[0]) // max(1, size[0] // 60) % 2).astype(np.float32)
    light = round_light(chance, size, 0.3)
    light[: max(2, size[1] // 25)] *= crimp
    made = made.shaded(light)
    cap = (round(size[0] * 0.66), round(size[1] * 0.14))
    lid = _solid(
        _cut([(0, 0), (1, 0), (0.95, 1), (0.05, 1)], cap), chance.choice((WHITE, BLACK, palettes.loud(chance)))
    )
    made = over(made, lid.shaded(round_light(chance, cap)), (round(size[0] * 0.17), size[1] - cap[1]))
    if art is not None:
        fitted = art.within(size[0] * 0.6, size[1] * 0.62)
        made = over(made, fitted, ((size[0] - fitted.width) // 2, round(size[1] * 0.12)))
    return made


_SHIRT = [
    (0.36, 0.02),
    (0.42, 0.065),
    (0.5, 0.08),
    (0.58, 0.065),
    (0.64, 0.02),
    (0.8, 0.07),
    (1.0, 0.33),
    (0.85, 0.41),
    (0.77, 0.3),
    (0.775, 0.98),
    (0.5, 1.0),
    (0.225, 0.98),
    (0.23, 0.3),
    (0.15, 0.41),
    (0.0, 0.33),
    (0.2, 0.07),
]
_SWEATER = [
    (0.37, 0.02),
    (0.43, 0.055),
    (0.5, 0.065),
    (0.57, 0.055),
    (0.63, 0.02),
    (0.78, 0.06),
    (0.9, 0.3),
    (1.0, 0.86),
    (0.89, 0.9),
    (0.78, 0.4),
    (0.77, 0.97),
    (0.5, 0.99),
    (0.23, 0.97),
    (0.22, 0.4),
    (0.11, 0.9),
    (0.0, 0.86),
    (0.1, 0.3),
    (0.22, 0.06),
]


def shirt(chance: Random, size: tuple[int, int], color: Color, art: Sticker | None) -> Sticker:
    """Return a T-shirt or sweater laid flat, `art` printed on its chest and folded with it."""
    outline = chance.choice((_SHIRT, _SHIRT, _SWEATER))
    mask = _cut(outline, size, size[0] * 0.012)
    made = _solid(mask, color)
    made = over(
        made,
        _clipped(
            _solid(_seams(size), palettes.mixed(color, BLACK if palettes.brightness(color) > 60 else WHITE, 0.22)), mask
        ),
        (0, 0),
    )
    if art is not None:
        at = ((size[0] - art.width) // 2, round(size[1] * chance.uniform(0.2, 0.28)))
        made = over(made, art, at)
    strength = chance.uniform(0.03, 0.1)
    folds = grounds.grain(chance, size, (chance.randint(4, 9), chance.randint(3, 6)), strength)
    creases = grounds.grain(chance, size, (chance.randint(12, 22), chance.randint(5, 10)), strength * 0.5)
    weave = grounds.grain(chance, size, (size[0] // 2, size[1] // 2), 0.025)
    light = (folds * creases * weave).astype(np.float32)
    return made.rippled(slope(folds, size[0] * 0.5)).shaded(light)


def slope(light: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Return (height, width, 2) of how far cloth lit so draws its print, `reach` pixels for a whole step of light."""
    down, across = np.gradient(cv2.GaussianBlur(light, (0, 0), 5))
    return np.stack([across, down], axis=2).astype(np.float32) * reach


def _seams(size: tuple[int, int]) -> Image.Image:
    """Return a mask of collar, shoulders and hem of a shirt."""
    width, height = size
    seams = Image.new("L", (width * _ZOOM, height * _ZOOM))
    draw = ImageDraw.Draw(seams)
    w, h, thin = width * _ZOOM, height * _ZOOM, max(2, width * _ZOOM // 260)
    draw.arc((w * 0.36, -h * 0.06, w * 0.64, h * 0.085), 0, 180, 255, thin * 5)
    draw.arc((w * 0.34, -h * 0.08, w * 0.66, h * 0.11), 10, 170, 150, thin)
    for x, lean in ((0.225, 0.02), (0.775, -0.02)):
        draw.line((w * (x - lean), h * 0.07, w * x, h * 0.31), 130, thin)
    draw.line((w * 0.2, h * 0.955, w * 0.8, h * 0.955), 110, thin)
    return seams.resize(size, Image.Resampling.BOX)


def mug(chance: Random, size: tuple[int, int], color: Color, art: Sticker | None) -> Sticker:
    """Return a mug with its handle at the right, `art` printed straight on it."""
    body = (round(size[0] * 0.76), size[1])
    made = bare(Image.new("RGBA", size, (0, 0, 0, 0)))
    handle = Image.new("L", (size[0] * _ZOOM, size[1] * _ZOOM))
    draw = ImageDraw.Draw(handle)
    draw.ellipse(
        (size[0] * 1.2, size[1] * 0.4, size[0] * 1.96, size[1] * 1.5), outline=255, width=round(size[0] * 0.14)
    )
    made = over(made, _solid(handle.resize(size, Image.Resampling.BOX), palettes.mixed(color, BLACK, 0.12)), (0, 0))
    cup = _solid(_cut([(0, 0), (1, 0), (0.98, 1), (0.02, 1)], body, body[0] * 0.02), color).shaded(
        round_light(chance, body, 0.4)
    )
    if art is not None:
        fitted = art.within(body[0] * 0.7, body[1] * 0.7)
        cup = over(cup, fitted.rolled(70), ((body[0] - fitted.width) // 2, (body[1] - fitted.height) // 2))
    return over(made, cup, (0, 0))


def device(chance: Random, art: Sticker, *, phone: bool) -> Sticker:
    """Return a phone or a laptop about `art`, which fills its screen."""
    edge = max(4, round(min(art.width, art.height) * chance.uniform(0.03, 0.07)))
    frame: Color = chance.choice(((20, 20, 22), (60, 62, 66), (200, 202, 206), (30, 32, 40)))
    size = (art.width + 2 * edge, art.height + 2 * edge)
    big = Image.new("L", (size[0] * _ZOOM, size[1] * _ZOOM))
    radius = edge * (3.0 if phone else 1.0) * _ZOOM
    ImageDraw.Draw(big).rounded_rectangle((0, 0, big.width - 1, big.height - 1), radius, 255)
    made = over(_solid(big.resize(size, Image.Resampling.BOX), frame), art, (edge, edge))
    if phone:
        return made
    foot = (round(size[0] * 1.14), max(6, round(size[1] * chance.choice((0.06, 0.3)))))
    stand = _keys(
        _solid(
            _cut([(0.06, 0), (0.94, 0), (1, 0.94), (0.99, 1), (0.01, 1), (0, 0.94)], foot),
            palettes.mixed(frame, WHITE, 0.35),
        )
    )
    canvas = bare(Image.new("RGBA", (foot[0], size[1] + foot[1]), (0, 0, 0, 0)))
    canvas = over(canvas, made, ((foot[0] - size[0]) // 2, 0))
    return over(canvas, stand, (0, size[1]))


def _keys(base: Sticker) -> Sticker:
    """Return the lower half of a laptop with its keys, where there is room for them."""
    if base.height < 40:
        return base
    image = base.image.copy()
    draw = ImageDraw.Draw(image)
    for r in range(5):
        y0, y1 = base.height * (0.1 + 0.11 * r), base.height * (0.19 + 0.11 * r)
        inset = base.width * (0.1 - 0.008 * r)
        step = (base.width - 2 * inset) / 14
        for k in range(14):
            draw.rectangle((inset + k * step, y0, inset + (k + 0.85) * step, y1), (24, 24, 26, 255))
    draw.rectangle(
        (base.width * 0.36, base.height * 0.7, base.width * 0.64, base.height * 0.93), outline=(90, 90, 92, 255)
    )
    return Sticker(image, base.lines)


def tilted(chance: Random, sticker: Sticker, strength: float) -> Sticker:
    """Return it in perspective, its corners moved by up to `strength` of its sides."""
    w, h = sticker.width, sticker.height

    def off(x: float, y: float) -> tuple[float, float]:
        return x * w + chance.uniform(0, strength) * w * (1 - 2 * x), y * h + chance.uniform(0, strength) * h * (
            1 - 2 * y
        )

    return sticker.warped((off(0, 0), off(1, 0), off(1, 1), off(0, 1)), (w, h))
