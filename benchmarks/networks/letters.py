"""Crops to learn strokes on: a line of a rendered overlay in its surroundings, its box, and the pixels it changed."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import lettering

Bytes = NDArray[np.uint8]

HEIGHT, WIDTH = 128, 224


@dataclass(frozen=True, slots=True)
class Line:
    """A line of overlay text in a rendered picture."""

    picture: Path
    mask: Path
    #: 4 x 2, x and y in pixels
    polygon: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """n crops: `rgb` n x h x w x 3, `box`, `mask` and `counts` n x h x w of 0 or 1 (`counts` = the loss looks here)."""

    rgb: Bytes
    box: Bytes
    mask: Bytes
    counts: Bytes

    def __len__(self) -> int:
        return len(self.mask)


def lines_of(folder: Path, part: tuple[int, int], *, held_out: bool) -> list[Line]:
    """Return the overlay lines of a rendered set, those on photos of part k of n alone or those on all others."""
    masks = {path.stem for path in (folder / "masks").iterdir()}
    with (folder / "index.csv").open(newline="") as file:
        photos = {row["file"]: row["source_path"] for row in csv.DictReader(file)}
    found = []
    for row in map(json.loads, (folder / "truth.jsonl").read_text().splitlines()):
        picture = folder / row["file"]
        if picture.stem not in masks or (_part(photos[row["file"]], part[1]) == part[0]) != held_out:
            continue
        found += [
            Line(picture, folder / "masks" / f"{picture.stem}.png", np.asarray(line["polygon"], dtype=np.float32))
            for line in row["lines"]
            if line["label"] == "overlay"
        ]
    return found


def _part(photo: str, of: int) -> int:
    """The part that rendering.photos puts this photo into; names begin with eight digits of the hash."""
    digits = Path(photo).name[:8]
    try:
        return int(digits, 16) % of
    except ValueError:
        return 1


def shards(lines: Sequence[Line], size: int, seed: int) -> Iterator[Examples]:
    """Yield sets of `size` crops for ever, shard k drawn by seed + k."""
    while True:
        yield examples(lines, size, seed)
        seed += 1


def examples(lines: Sequence[Line], count: int, seed: int) -> Examples:
    """Return `count` crops of lines drawn at random; same seed, same crops."""
    chance = np.random.default_rng(seed)
    found: list[tuple[Bytes, Bytes, Bytes, Bytes]] = []
    while len(found) < count:
        made = _example(lines[chance.integers(len(lines))], chance)
        if made is not None:
            found.append(made)
    return Examples(*(np.stack(plane) for plane in zip(*found, strict=True)))


def _example(line: Line, chance: np.random.Generator) -> tuple[Bytes, Bytes, Bytes, Bytes] | None:
    picture = cv2.imread(str(line.picture), cv2.IMREAD_COLOR)
    mask = np.asarray(cv2.imread(str(line.mask), cv2.IMREAD_GRAYSCALE) > 0, dtype=np.uint8)
    polygon = _jittered(line.polygon, chance)
    height = lettering.height_px(polygon)
    if height < 5:
        return None
    scale = min(1.0, lettering.HEIGHT_MAX / height) * (float(chance.uniform(0.75, 1.0)) if chance.random() < 0.3 else 1)
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    left, top, right, bottom = _window(polygon, scale, rgb.shape[:2], chance)
    rgb, mask = rgb[top:bottom, left:right], mask[top:bottom, left:right]
    box = np.zeros(mask.shape, dtype=np.uint8)
    cv2.fillPoly(box, [(polygon - (left, top)).round().astype(np.int32)], 1)
    if scale < 1:
        size = round(mask.shape[1] * scale), round(mask.shape[0] * scale)
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        mask = (cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
        box = (cv2.resize(box * 255, size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    if not (mask & box).any():
        return None
    planes = [_fitted(plane) for plane in (rgb, box, mask, _counts(mask, box))]
    if chance.random() < 0.3:
        planes = [np.ascontiguousarray(plane[:, ::-1]) for plane in planes]
    return planes[0], planes[1], planes[2], planes[3]


def _jittered(polygon: NDArray[np.float32], chance: np.random.Generator) -> NDArray[np.float32]:
    """The polygon as a detector may give it: a little wider or narrower on each side."""
    height = lettering.height_px(polygon)
    centre = polygon.mean(axis=0)
    outward = np.sign(polygon - centre)
    grown = chance.uniform(-0.05, 0.3, 2) * height
    moved = chance.uniform(-0.06, 0.06, 2) * height
    return (polygon + outward * grown + moved).astype(np.float32)


def _window(
    polygon: NDArray[np.float32], scale: float, shape: tuple[int, ...], chance: np.random.Generator
) -> tuple[int, int, int, int]:
    """A window of the crop's size at this scale that shows a part of the line."""
    height, width = round(HEIGHT / scale), round(WIDTH / scale)
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    x = chance.uniform(low[0], high[0]) if high[0] - low[0] > width * 0.7 else (low[0] + high[0]) / 2
    y = chance.uniform(low[1], high[1]) if high[1] - low[1] > height * 0.7 else (low[1] + high[1]) / 2
    left = int(np.clip(x - width / 2, 0, max(0, shape[1] - width)))
    top = int(np.clip(y - height / 2, 0, max(0, shape[0] - height)))
    return left, top, min(shape[1], left + width), min(shape[0], top + height)


def _counts(mask: Bytes, box: Bytes) -> Bytes:
    """1 where the answer is known: of the mask only what hangs together with the line, not its neighbours."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    touched = np.zeros(count, dtype=bool)
    touched[np.unique(labels[box > 0])] = True
    touched[0] = True
    return touched[labels].astype(np.uint8)


def _fitted(plane: Bytes) -> Bytes:
    down, right = HEIGHT - plane.shape[0], WIDTH - plane.shape[1]
    if plane.ndim == 3:
        plane = cv2.copyMakeBorder(plane, 0, max(0, down), 0, max(0, right), cv2.BORDER_REPLICATE)
    else:
        plane = np.pad(plane, ((0, max(0, down)), (0, max(0, right))))
    return np.ascontiguousarray(plane[:HEIGHT, :WIDTH])
