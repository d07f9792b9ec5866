"""The project's own stroke network: which pixels of a line's box the overlay changed."""

import numpy as np
from numpy.typing import NDArray

from . import pixelwise
from .network import Network

CONTRACT = "strokes-1"

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class StrokeFinder:
    """Tells glyphs, outlines, shadows and plates from what lies behind them."""

    def __init__(self, network: Network) -> None:
        """Raises ContractError unless the weights keep CONTRACT."""
        self._network = pixelwise.named(network, CONTRACT)

    def __call__(self, crop: Pixels, box: Pixels) -> Pixels:
        """Return for each pixel of the RGB crop (h x w x 3) how sure it is that the overlay changed it, 0..255.

        `box` (h x w) is not zero inside the line's polygon.
        """
        found = np.empty(box.shape, np.uint8)
        for tile in pixelwise.tiles(*box.shape):
            found[tile.core] = self._found(crop[tile.window], box[tile.window])[tile.inside]
        return found

    def _found(self, crop: Pixels, box: Pixels) -> Pixels:
        height, width = box.shape
        probability = self._network(_batch(crop, box))[0, 0, :height, :width]
        return np.rint(probability.clip(0, 1) * np.float32(255)).astype(np.uint8)


def _batch(crop: Pixels, box: Pixels) -> Floats:
    inside = pixelwise.padded((box != 0).astype(np.uint8), replicate=False)
    batch = np.empty((1, 4, *inside.shape), np.float32)
    batch[0, :3] = pixelwise.padded(crop, replicate=True).transpose(2, 0, 1)
    batch[0, :3] *= np.float32(1 / 255)
    batch[0, 3] = inside
    return batch
