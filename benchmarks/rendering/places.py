"""Where things are laid on a picture: corners, edges, sides; never over what was laid before."""

from collections.abc import Callable, Iterable
from random import Random

from benchmarks.rendering import palettes
from benchmarks.rendering.scenes import Box, Scene
from benchmarks.rendering.stickers import Color, Sticker

CORNERS = ("top left", "top right", "bottom left", "bottom right")

#: Everything else that `spot` knows; "" is the middle.
EDGES = ("top", "bottom", "left", "right", "")


def margin(chance: Random, scene: Scene, least: float = 0.0) -> float:
    """Return a distance from the edge in pixels, at least `least` of the shorter side."""
    return max(least, chance.choice((0.012, 0.02, 0.03, 0.045, 0.06))) * scene.short


def spot(scene: Scene, sticker: Sticker, distance: float, name: str) -> tuple[float, float]:
    """Return where `sticker` begins, `distance` pixels from the edges that `name` says, like "top left" or "bottom"."""
    x = (scene.width - sticker.width) / 2
    y = (scene.height - sticker.height) / 2
    if "left" in name:
        x = distance
    if "right" in name:
        x = scene.width - sticker.width - distance
    if "top" in name:
        y = distance
    if "bottom" in name:
        y = scene.height - sticker.height - distance
    return x, y


def side(scene: Scene, name: str) -> Box:
    """Return the part of the picture that `name` says: a half less a little, a third of the height, or the middle."""
    w, h = float(scene.width), float(scene.height)
    if "top" in name:
        return 0.0, 0.0, w, h * 0.3
    if "bottom" in name:
        return 0.0, h * 0.7, w, h
    if "left" in name:
        return 0.0, 0.0, w * 0.45, h
    if "right" in name:
        return w * 0.55, 0.0, w, h
    return w * 0.2, h * 0.2, w * 0.8, h * 0.8


def put(scene: Scene, sticker: Sticker, names: Iterable[str], distance: float, kind: str) -> bool:
    """Lay `sticker` at the first of the places where nothing lies yet; nowhere, where there is none."""
    for name in names:
        at = spot(scene, sticker, distance, name)
        if scene.free(sticker, at):
            scene.overlay(sticker, at, kind)
            return True
    return False


def put_inked(
    chance: Random,
    scene: Scene,
    make: Callable[[Color, float], Sticker],
    names: Iterable[str],
    distance: float,
    kind: str,
    among: tuple[Color, ...] = (),
) -> bool:
    """Lay what `make` returns for a colour that can be read there and for how busy the ground is.

    `make` is called twice: once to know the size.
    """
    draft = make(palettes.WHITE, 0.0)
    for name in names:
        at = spot(scene, draft, distance, name)
        if scene.free(draft, at):
            box = (at[0], at[1], at[0] + draft.width, at[1] + draft.height)
            made = make(palettes.readable_on(chance, scene.tone(box), among), scene.busy(box))
            scene.overlay(made, spot(scene, made, distance, name), kind)
            return True
    return False
