"""Our own masks, and how near they come to the truth: the one place that says how a mask is made."""

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from inference.kernels import network, stroking
from processors import masks
from processors.pictures import Mask, Pixels
from processors.regions import Region
from streams import strokes

WEIGHTS = Path(__file__).parents[2] / "inference" / "weights" / "strokes.onnx"


class _LocalStrokes:
    """The stroke network in this process."""

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        return _network()(crop, box.astype(np.uint8))


@cache
def _network() -> stroking.StrokeFinder:
    return stroking.StrokeFinder(network.OpenVinoNetwork(WEIGHTS.read_bytes()))


def own(shown: Pixels, lines: Sequence[Region], quality: int | None) -> Mask:
    """The mask that the path of a picture would make of these lines of `shown` (h x w x 3)."""
    looks = asyncio.run(strokes.look(_LocalStrokes(), shown, lines))
    return masks.strokes(shown, looks, quality, masks.Settings()).mask


def likeness(mask: Mask, truth: Mask) -> dict[str, float]:
    """Overlap, precision and recall of a mask's pixels, 0..1."""
    shared, either = int((mask & truth).sum()), int((mask | truth).sum())
    return {
        "iou": shared / max(1, either),
        "precision": shared / max(1, int(mask.sum())),
        "recall": shared / max(1, int(truth.sum())),
    }
