"""Our own masks, made as the path of a picture makes them but without a server, and how near they come to the truth."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inference import server
from inference.kernels import network, stroking
from processors import masks
from processors.masks import StrokeMask
from processors.pictures import Mask, Pixels
from processors.regions import Region
from streams import strokes

WEIGHTS = server.WEIGHTS / "strokes.onnx"


class Marker:
    """Masks the strokes of lines."""

    def __init__(self, weights: Path) -> None:
        self._finder = stroking.StrokeFinder(network.OpenVinoNetwork(weights.read_bytes()))

    def __call__(self, rgb: Pixels, lines: Sequence[Region]) -> StrokeMask:
        """Return the mask over the whole picture and what became of each line."""
        looks = asyncio.run(strokes.look(self, rgb, lines))
        return masks.strokes(rgb, looks, masks.Settings())

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        """What the stroke network of the server would answer."""
        return self._finder(crop, box.astype(np.uint8) * np.uint8(255))


def likeness(mask: Mask, truth: Mask) -> dict[str, float]:
    """Overlap, precision and recall of a mask's pixels, 0..1."""
    shared, either = int((mask & truth).sum()), int((mask | truth).sum())
    return {
        "iou": shared / max(1, either),
        "precision": shared / max(1, int(mask.sum())),
        "recall": shared / max(1, int(truth.sum())),
    }
