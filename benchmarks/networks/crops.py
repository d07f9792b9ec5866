"""Crops to learn filling on: a photo, an overlay's mask laid over it, JPEG as production sees it, and the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.kernels import filling

Bytes = NDArray[np.uint8]

#: height and width of a crop in pixels
SIDE = 160
#: share of a crop that may be masked; more is another task than removing letters
SHARE_MAX = 0.45
SHARE_MIN = 0.004


@dataclass(frozen=True, slots=True)
class Examples:
    """n crops: `before` and `after` n x SIDE x SIDE x 3 (RGB; with the overlay, without), `mask` n x SIDE x SIDE."""

    before: Bytes
    after: Bytes
    #: 0 or 1
    mask: Bytes
    #: `before` with the masked pixels filled by diffusion
    prefill: Bytes

    def __len__(self) -> int:
        return len(self.mask)


def examples(photos: Sequence[Bytes], shapes: Sequence[Bytes], count: int, seed: int) -> Examples:
    """Return `count` crops of photos (h x w x 3) under shapes (h x w, nonzero = overlay); same seed, same crops.

    The overlay's colour bleeds out of its shape where the crop is coded as JPEG, and the mask is wider than the
    shape by 0 to 4 px, so that the network meets halos inside and outside of masks as production has them.
    """
    chance = np.random.default_rng(seed)
    found = [_example(photos, shapes, chance) for _ in range(count)]
    before, after, mask = (np.stack(plane) for plane in zip(*found, strict=True))
    return Examples(before, after, mask, np.stack([prefill_of(*pair) for pair in zip(before, mask, strict=True)]))


def loaded(paths: Sequence[Path], side_max: int = 1024) -> list[Bytes]:
    """Return the pictures as RGB, at most `side_max` pixels wide and high, without those smaller than a crop."""
    pictures = []
    for path in paths:
        picture = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        scale = side_max / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if min(picture.shape[:2]) >= SIDE:
            pictures.append(np.asarray(picture, dtype=np.uint8))
    return pictures


def shards(photos: Sequence[Bytes], shapes: Sequence[Bytes], size: int, seed: int) -> Iterator[Examples]:
    """Yield sets of `size` crops for ever, shard k from seed + k."""
    while True:
        yield examples(photos, shapes, size, seed)
        seed += 1


def _example(
    photos: Sequence[Bytes], shapes: Sequence[Bytes], chance: np.random.Generator
) -> tuple[Bytes, Bytes, Bytes]:
    clean = _view(photos[chance.integers(len(photos))], chance)
    shape = _shape(shapes, chance)
    drawn = clean.copy()
    ink = _ink(clean, chance)
    drawn[shape > 0] = ink
    if chance.random() < 0.35:  # an outline or a shadow, in another colour
        rim = cv2.dilate(shape, _disc(int(chance.integers(1, 3))))
        shift = chance.integers(-2, 3, 2)
        rim = np.roll(rim, tuple(shift), (0, 1))
        drawn[(rim > 0) & (shape == 0)] = _ink(clean, chance)
        shape = np.maximum(shape, rim)
    widened = cv2.dilate(shape, _disc(int(chance.choice(5, p=(0.1, 0.2, 0.3, 0.25, 0.15)))))
    share = float(widened.mean())
    # Letters are what most edits remove; plates hide so much that they would rule the loss.
    if not SHARE_MIN < share < SHARE_MAX or (share > 0.15 and chance.random() < 0.6):
        return _example(photos, shapes, chance)
    if chance.random() < 0.15:
        return drawn, clean, widened
    options = [
        *(cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(60, 98))),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _SAMPLINGS[int(chance.random() < 0.25)]),
    ]
    return _coded(drawn, options), _coded(clean, options), widened


_SAMPLINGS = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


def _view(photo: Bytes, chance: np.random.Generator) -> Bytes:
    """A square of the photo, scaled down by up to two, mirrored and turned at will."""
    limit = min(2.0, min(photo.shape[:2]) / SIDE)
    side = round(SIDE * float(chance.uniform(1.0, limit))) if chance.random() < 0.5 else SIDE
    top, left = (int(chance.integers(0, length - side + 1)) for length in photo.shape[:2])
    square = photo[top : top + side, left : left + side]
    if side != SIDE:
        square = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    square = np.rot90(square, int(chance.choice(4, p=(0.7, 0.1, 0.1, 0.1))))
    return np.ascontiguousarray(square[:, ::-1] if chance.random() < 0.5 else square)


def _shape(shapes: Sequence[Bytes], chance: np.random.Generator) -> Bytes:
    """0/1, SIDE x SIDE: a part of a rendered overlay, now and then a box or a stroke of a person's brush."""
    kind = chance.random()
    if kind < 0.08:
        plane = np.zeros((SIDE, SIDE), dtype=np.uint8)
        height, width = chance.integers(6, 48), chance.integers(12, 110)
        top, left = chance.integers(0, SIDE - height), chance.integers(0, SIDE - width)
        plane[top : top + height, left : left + width] = 1
        return plane
    if kind < 0.13:
        plane = np.zeros((SIDE, SIDE), dtype=np.uint8)
        turns = chance.integers(10, SIDE - 10, (int(chance.integers(2, 5)), 1, 2)).astype(np.int32)
        cv2.polylines(plane, [turns], False, 1, int(chance.integers(3, 20)))
        return plane
    shape = shapes[chance.integers(len(shapes))]
    scale = float(chance.uniform(0.6, 1.4))
    shape = cv2.resize(shape, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0.5
    rows, columns = np.nonzero(shape)
    if not rows.size:
        return _shape(shapes, chance)
    at = int(chance.integers(rows.size))
    top, left = rows[at] - int(chance.integers(20, SIDE - 20)), columns[at] - int(chance.integers(20, SIDE - 20))
    padded = np.pad(shape, SIDE)
    piece = padded[top + SIDE : top + 2 * SIDE, left + SIDE : left + 2 * SIDE].astype(np.uint8)
    return np.ascontiguousarray(piece[:, ::-1]) if chance.random() < 0.3 else np.ascontiguousarray(piece)


def _ink(clean: Bytes, chance: np.random.Generator) -> NDArray[np.int64]:
    if chance.random() < 0.5:
        return np.asarray(((255, 255, 255), (0, 0, 0), (220, 20, 30), (250, 220, 20))[chance.integers(4)])
    return chance.integers(0, 256, 3)


def _coded(pixels: Bytes, options: Sequence[int]) -> Bytes:
    _, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    return np.asarray(cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _disc(radius: int) -> Bytes:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def prefill_of(crop: Bytes, mask: Bytes) -> Bytes:
    """The crop with its masked pixels filled as the network is to find them."""
    return filling.fill(crop, mask, "ns", 5)


def inputs_of(crop: Bytes, mask: Bytes, prefill: Bytes) -> NDArray[np.float32]:
    """8 x h x w in 0..1: diffusion fill, crop without the masked pixels, mask, distance to what is known (of 32 px)."""
    known = np.where(mask[:, :, np.newaxis] > 0, 0, crop)
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 5), 32.0)
    planes = np.empty((8, *mask.shape), dtype=np.float32)
    planes[:3] = prefill.transpose(2, 0, 1)
    planes[3:6] = known.transpose(2, 0, 1)
    planes[:6] /= 255
    planes[6] = mask > 0
    planes[7] = distance / 32
    return planes
