"""Fills whose error is known: at the overlay's own place where the picture below is, else at places beside it."""

import random
from collections.abc import Iterator, Sequence
from typing import Literal

import cv2
import numpy as np
from msgspec import Struct

from benchmarks.probing.filling import Fill
from benchmarks.probing.scenes import Scene
from processors import engines, masks, pieces, predicted_error
from processors.masks import Box, Crop
from processors.pictures import Mask, Pixels

#: Parts of one picture, and places for each of them.
PARTS_MAX, PROBES_MAX = 2, 2
#: Masked pixels of a part: fewer say little, more cost minutes. FSR takes 50 microseconds each.
AREA_MIN, AREA_MAX, FSR_MAX = 30, 40_000, 3_000
#: How far no text may be from a probed hole, in pixels.
_CLEAR_PX = 8
#: Steps from the hole's own place, in its own size.
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_DIRECTIONS = 12
#: Of the overlay's pixels within _CLEAR_PX of a hole that may lie outside it, as a share of the hole: else the mask
#: missed a part of the overlay, and what lies below that says nothing about the fill.
_MISSED_MAX = 0.1


class Sample(Struct, frozen=True):
    """One fill of one hole."""

    picture: str
    photo: str
    what: Literal["probe", "direct"]
    engine: str
    #: by the rule of processors.engines
    chosen: bool
    #: of each piece: predicted_error.NAMES, and masked pixels
    seen: tuple[tuple[tuple[float, ...], int], ...]
    #: true error, Delta E 76, mean over the hole
    error: float


def of_scene(scene: Scene, fills: dict[str, Fill], seed: int, *, probes: bool) -> Iterator[Sample]:
    """Every engine at the holes' own places, where the truth is known, and with `probes` at places beside them."""
    chance = random.Random(f"{seed}/{scene.name}")
    crops = list(masks.crops(scene.mask))
    chance.shuffle(crops)
    for crop in crops[:PARTS_MAX]:
        hole = np.zeros_like(scene.mask)
        masks.cut(hole, crop.core)[:] = masks.cut(scene.mask, crop.core)
        if not AREA_MIN <= int(hole.sum()) <= AREA_MAX:
            continue
        if scene.truth is not None and not is_missed(scene, hole):
            yield from _filled(scene, crop, (0, 0), scene.truth, "direct", fills)
        for shift in _places(scene, crop)[:PROBES_MAX] if probes else ():
            yield from _filled(scene, crop, shift, scene.before, "probe", fills)


def _filled(
    scene: Scene,
    crop: Crop,
    shift: tuple[int, int],
    truth: Pixels,
    what: Literal["probe", "direct"],
    fills: dict[str, Fill],
) -> Iterator[Sample]:
    window = _moved(crop.window, shift)
    source = np.ascontiguousarray(masks.cut(scene.before, window))
    holes = np.ascontiguousarray(masks.cut(scene.mask, crop.window))
    left, top, right, bottom = crop.window
    core = (crop.core[0] - left, crop.core[1] - top, crop.core[2] - left, crop.core[3] - top)
    own = np.zeros_like(holes)
    masks.cut(own, core)[:] = masks.cut(holes, core)
    chosen = engines.choose(source, holes, engines.Settings()).engine
    for engine, fill in fills.items():
        if engine == "fsr" and int(holes.sum()) > FSR_MAX:
            continue
        after = fill(source, holes)
        seen = tuple(
            (tuple(round(float(one), 4) for one in predicted_error.figures(piece)), piece.area)
            for piece in pieces.of(after, holes, Crop((0, 0, right - left, bottom - top), core))
        )
        error = difference(after, masks.cut(truth, window), own)
        yield Sample(scene.name, scene.photo, what, engine, engine == chosen, seen, round(error, 4))


def difference(one: Pixels, two: Pixels, mask: Mask) -> float:
    """Delta E 76 between two pictures (h x w x 3), mean over the mask."""
    apart = np.square(pieces.lab(np.ascontiguousarray(one)) - pieces.lab(np.ascontiguousarray(two))).sum(axis=2)
    return float(np.sqrt(apart[mask]).mean())


def is_missed(scene: Scene, hole: Mask) -> bool:
    assert scene.overlay is not None, "where the truth is known, so is the overlay"
    left_over = scene.overlay & _near(hole) & ~scene.mask
    return int(left_over.sum()) > _MISSED_MAX * int(hole.sum())


def _places(scene: Scene, crop: Crop) -> list[tuple[int, int]]:
    """By how much to move the crop so that its holes lie on pixels that are known, nearest first."""
    height, width = scene.mask.shape
    near = _near(masks.cut(scene.mask, crop.window))
    wide, tall = crop.core[2] - crop.core[0] + 2 * _CLEAR_PX, crop.core[3] - crop.core[1] + 2 * _CLEAR_PX
    found = []
    for step in _STEPS:
        for angle in np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS):
            shift = round(step * wide * np.cos(angle)), round(step * tall * np.sin(angle))
            left, top, right, bottom = _moved(crop.window, shift)
            if left < 0 or top < 0 or right > width or bottom > height:
                continue
            if not masks.cut(scene.taken, (left, top, right, bottom))[near].any():
                found.append(shift)
    return sorted(found, key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift))


def _near(hole: Mask) -> Mask:
    kernel = np.ones((2 * _CLEAR_PX + 1, 2 * _CLEAR_PX + 1), np.uint8)
    return np.asarray(cv2.dilate(np.ascontiguousarray(hole).view(np.uint8), kernel) > 0)


def _moved(box: Box, shift: Sequence[int]) -> Box:
    return box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]
