"""Colours as shops use them, and grounds made of them."""

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.rendering.stickers import Color, Fill

WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)

#: What promotions are painted with: reds first.
LOUD: tuple[Color, ...] = (
    (225, 20, 30), (255, 0, 0), (200, 16, 46), (255, 87, 34), (255, 140, 0), (255, 214, 0), (255, 235, 59), (0, 150, 60),
    (0, 122, 255), (20, 60, 200), (106, 27, 154), (233, 30, 99), (255, 64, 129), (0, 172, 193), (33, 33, 33), (120, 0, 20),
)  # fmt: skip

#: What brands are painted with.
CALM: tuple[Color, ...] = (
    (28, 40, 60), (60, 72, 88), (92, 64, 51), (34, 70, 54), (130, 105, 85), (180, 160, 130), (70, 90, 70), (25, 25, 25),
    (90, 30, 50), (20, 80, 100), (150, 120, 60), (85, 60, 120),
)  # fmt: skip

#: Pale grounds.
PALE: tuple[Color, ...] = (
    (250, 244, 236), (236, 242, 250), (252, 232, 236), (232, 246, 238), (245, 240, 220), (238, 234, 248), (244, 244, 244),
    (226, 232, 238), (255, 248, 225), (224, 242, 241), (250, 225, 210),
)  # fmt: skip


def brightness(color: Color) -> float:
    """Return how light a colour is, 0..255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def readable_on(chance: Random, ground: float, among: Sequence[Color] = ()) -> Color:
    """Return a colour that can be read on a ground of brightness 0..255: of `among` where one can, else ink or white."""
    able = [color for color in among if abs(brightness(color) - ground) > 85]
    if able and chance.random() < 0.6:
        return chance.choice(able)
    return WHITE if ground < 140 else chance.choice((BLACK, (30, 30, 36), (20, 30, 70), (60, 20, 20)))


def tinted(chance: Random, color: Color, reach: int = 18) -> Color:
    """Return a neighbour of `color`, up to `reach` levels away in each channel."""
    red, green, blue = (min(255, max(0, level + chance.randint(-reach, reach))) for level in color)
    return red, green, blue


def mixed(one: Color, other: Color, share: float) -> Color:
    """Return `share`, 0..1, of `other` in `one`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def loud(chance: Random) -> Color:
    """Return a promotion's colour; red half the time."""
    return tinted(chance, chance.choice(LOUD[:4]) if chance.random() < 0.45 else chance.choice(LOUD), 8)


def ink_fill(chance: Random, color: Color) -> Fill:
    """Return `color`, or now and then a slope from it to a neighbour, as headlines have."""
    if chance.random() < 0.15:
        return mixed(color, WHITE, 0.45), color
    return color


def ground(chance: Random, size: tuple[int, int], color: Color | None = None) -> Image.Image:
    """Return a studio ground of `size`: one colour, a slope, a glow, two fields; pale, loud or dark."""
    first = color or chance.choice((WHITE, WHITE, *PALE, *PALE, loud(chance), chance.choice(CALM)))
    way = chance.choice(("plain", "plain", "slope", "slope", "glow", "fields"))
    if way == "plain":
        return Image.new("RGB", size, first)
    second = mixed(first, chance.choice((WHITE, BLACK, loud(chance))), chance.uniform(0.1, 0.5))
    if way == "fields":
        return _fields(chance, size, first, second)
    y, x = np.mgrid[0:64, 0:64].astype(np.float32) / 63
    if way == "slope":
        angle = chance.uniform(0, 2 * np.pi)
        ramp = x * np.cos(angle) + y * np.sin(angle)
    else:
        ramp = np.hypot(x - chance.uniform(0.3, 0.7), y - chance.uniform(0.2, 0.8))
    ramp = (ramp - ramp.min()) / (ramp.max() - ramp.min())
    return blended(ramp, first, second).resize(size, Image.Resampling.BICUBIC)


def blended(ramp: NDArray[np.float32], first: Color, second: Color) -> Image.Image:
    """Return a picture that goes from `first`, where `ramp` is 0, to `second`, where it is 1."""
    pixels = np.array(first) * (1 - ramp[..., None]) + np.array(second) * ramp[..., None]
    return Image.fromarray(pixels.round().astype(np.uint8))


def _fields(chance: Random, size: tuple[int, int], first: Color, second: Color) -> Image.Image:
    from PIL import ImageDraw

    image = Image.new("RGB", size, first)
    draw = ImageDraw.Draw(image)
    width, height = size
    cut = chance.uniform(0.35, 0.7)
    lean = chance.uniform(-0.15, 0.15)
    match chance.choice(("across", "down", "disc", "slices")):
        case "across":
            draw.polygon([((cut + lean) * width, 0), (width, 0), (width, height), ((cut - lean) * width, height)], second)
        case "down":
            draw.polygon([(0, (cut + lean) * height), (width, (cut - lean) * height), (width, height), (0, height)], second)
        case "disc":
            x, y = chance.uniform(0.2, 0.8) * width, chance.uniform(0.3, 0.8) * height
            radius = chance.uniform(0.3, 0.5) * min(size)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), second)
        case _:
            step = max(12, min(size) // chance.randint(5, 12))
            for start in range(-height, width, 2 * step):
                draw.polygon([(start, height), (start + step, height), (start + step + height, 0), (start + height, 0)], second)
    return image


def grain(chance: Random, size: tuple[int, int], cells: tuple[int, int], strength: float) -> NDArray[np.float32]:
    """Return (height, width) of soft noise about 1.0, `cells` (across, down) lumps of it: folds, wear, light."""
    source = np.random.default_rng(chance.getrandbits(32))
    small = source.normal(1.0, strength, (max(2, cells[1]), max(2, cells[0]))).astype(np.float32)
    return np.array(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
