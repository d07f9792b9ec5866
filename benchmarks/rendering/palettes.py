"""Colours as shops use them."""

from collections.abc import Sequence
from random import Random

from benchmarks.rendering.stickers import Color, Fill

WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)

#: What promotions are painted with: reds first.
LOUD: tuple[Color, ...] = (
    (225, 20, 30), (255, 0, 0), (200, 16, 46), (255, 87, 34), (255, 140, 0), (255, 214, 0), (255, 235, 59),
    (0, 150, 60), (0, 122, 255), (20, 60, 200), (106, 27, 154), (233, 30, 99), (255, 64, 129), (0, 172, 193),
    (33, 33, 33), (120, 0, 20),
)  # fmt: skip

#: What brands are painted with.
CALM: tuple[Color, ...] = (
    (28, 40, 60), (60, 72, 88), (92, 64, 51), (34, 70, 54), (130, 105, 85), (180, 160, 130), (70, 90, 70),
    (25, 25, 25), (90, 30, 50), (20, 80, 100), (150, 120, 60), (85, 60, 120),
)  # fmt: skip

#: Pale grounds.
PALE: tuple[Color, ...] = (
    (250, 244, 236), (236, 242, 250), (252, 232, 236), (232, 246, 238), (245, 240, 220), (238, 234, 248),
    (244, 244, 244), (226, 232, 238), (255, 248, 225), (224, 242, 241), (250, 225, 210),
)  # fmt: skip


def brightness(color: Color) -> float:
    """Return how light a colour is, 0..255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def readable_on(chance: Random, ground: float, among: Sequence[Color] = ()) -> Color:
    """Return a colour to be read on a ground of brightness 0..255: of `among` where one can be, else ink or white."""
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
    """Return `color`, or now and then a slope to it, as headlines have."""
    return sloped(color) if chance.random() < 0.15 else color


def sloped(color: Color) -> Fill:
    """Return a slope that ends in `color`: from paler where it is bright, else from a warmer dark."""
    if brightness(color) > 90:
        return mixed(color, WHITE, 0.5), color
    return mixed(color, (140, 20, 60), 0.5), color
