"""What is behind things: studio grounds, walls, tables, cloth; drawn, without words."""

from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.rendering import palettes
from benchmarks.rendering.palettes import BLACK, WHITE
from benchmarks.rendering.stickers import Color


def ground(chance: Random, size: tuple[int, int], color: Color | None = None) -> Image.Image:
    """Return a studio ground of `size`: one colour, a slope, a glow, two fields; pale, loud or dark."""
    first = color or chance.choice(
        (WHITE, WHITE, *palettes.PALE, *palettes.PALE, palettes.loud(chance), chance.choice(palettes.CALM))
    )
    way = chance.choice(("plain", "plain", "slope", "slope", "glow", "fields"))
    if way == "plain":
        return Image.new("RGB", size, first)
    second = palettes.mixed(first, chance.choice((WHITE, BLACK, palettes.loud(chance))), chance.uniform(0.1, 0.5))
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
    image = Image.new("RGB", size, first)
    draw = ImageDraw.Draw(image)
    width, height = size
    cut = chance.uniform(0.35, 0.7)
    lean = chance.uniform(-0.15, 0.15)
    match chance.choice(("across", "down", "disc", "slices")):
        case "across":
            draw.polygon(
                [((cut + lean) * width, 0), (width, 0), (width, height), ((cut - lean) * width, height)], second
            )
        case "down":
            draw.polygon(
                [(0, (cut + lean) * height), (width, (cut - lean) * height), (width, height), (0, height)], second
            )
        case "disc":
            x, y = chance.uniform(0.2, 0.8) * width, chance.uniform(0.3, 0.8) * height
            radius = chance.uniform(0.3, 0.5) * min(size)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), second)
        case _:
            step = max(12, min(size) // chance.randint(5, 12))
            for start in range(-height, width, 2 * step):
                draw.polygon(
                    [(start, height), (start + step, height), (start + step + height, 0), (start + height, 0)], second
                )
    return image


def grain(chance: Random, size: tuple[int, int], cells: tuple[int, int], strength: float) -> NDArray[np.float32]:
    """Return (height, width) of soft noise about 1.0, `cells` (across, down) lumps of it: folds, wear, light."""
    source = np.random.default_rng(chance.getrandbits(32))
    small = source.normal(1.0, strength, (max(2, cells[1]), max(2, cells[0]))).astype(np.float32)
    return np.array(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


def wall(chance: Random, size: tuple[int, int]) -> Image.Image:
    """Return a wall as signs and posters hang on: plaster, bricks, boards or tiles, unevenly lit."""
    color = chance.choice(
        (
            (200, 195, 185),
            (170, 160, 150),
            (120, 116, 110),
            (222, 214, 200),
            (150, 92, 74),
            (96, 110, 118),
            (70, 70, 72),
        )
    )
    color = palettes.tinted(chance, color)
    image = Image.new("RGB", size, color)
    draw = ImageDraw.Draw(image)
    unit = max(10, min(size) // chance.randint(6, 12))
    match chance.choice(("plaster", "bricks", "boards", "tiles")):
        case "bricks":
            _courses(chance, draw, size, color, (unit * 2, unit), shift=0.5)
        case "boards":
            _courses(chance, draw, size, palettes.mixed(color, (150, 105, 60), 0.6), (size[0] * 2, unit), shift=0.0)
        case "tiles":
            _courses(chance, draw, size, palettes.mixed(color, WHITE, 0.6), (unit, unit), shift=0.0)
        case _:
            pass
    return textured(chance, image, 0.035)


def _courses(
    chance: Random, draw: ImageDraw.ImageDraw, size: tuple[int, int], color: Color, cell: tuple[int, int], shift: float
) -> None:
    joint = max(1, cell[1] // 14)
    draw.rectangle((0, 0, *size), palettes.mixed(color, BLACK, 0.3))
    for number, y in enumerate(range(0, size[1], cell[1])):
        start = -round(cell[0] * shift * (number % 2))
        for x in range(start, size[0], cell[0]):
            draw.rectangle((x, y, x + cell[0] - joint, y + cell[1] - joint), palettes.tinted(chance, color, 10))


def table(chance: Random, size: tuple[int, int]) -> Image.Image:
    """Return a wall and the table before it: where people photograph what they sell."""
    image = wall(chance, size) if chance.random() < 0.5 else ground(chance, size)
    edge = round(size[1] * chance.uniform(0.62, 0.85))
    wood = palettes.tinted(
        chance, chance.choice(((160, 112, 70), (205, 170, 125), (92, 62, 44), (225, 222, 216), (60, 60, 64)))
    )
    board = Image.new("RGB", (size[0], size[1] - edge), wood)
    board = _lit(board, grain(chance, board.size, (3, 40), 0.06))
    image.paste(board, (0, edge))
    return textured(chance, image, 0.02)


def textured(chance: Random, image: Image.Image, strength: float) -> Image.Image:
    """Return it with fine grain and uneven light."""
    fine = grain(chance, image.size, (image.width // 2, image.height // 2), strength)
    return _lit(image, fine * grain(chance, image.size, (3, 3), 0.08))


def _lit(image: Image.Image, light: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(image).astype(np.float32) * light[..., None], 0, 255).astype(np.uint8))


def photographed(image: Image.Image, noise: float, blur: float, seed: int) -> Image.Image:
    """Return it as a phone would have taken it: a little soft, noisy, darker to the corners.

    `seed` makes the noise: two pictures of one scene get the same.
    """
    small = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    y, x = np.mgrid[-1:1:16j, -1:1:16j].astype(np.float32)
    shade = np.asarray(Image.fromarray((1.02 - 0.12 * (x**2 + y**2)).astype(np.float32)).resize(image.size))
    pixels = np.asarray(small).astype(np.float32) * shade[..., None]
    pixels += np.random.default_rng(seed).normal(0, noise, (*pixels.shape[:2], 1)).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
