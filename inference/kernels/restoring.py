"""The project's own inpainting network: it corrects what Navier-Stokes fills in, from what it learned of pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from . import pixelwise
from .network import Network

CONTRACT = "inpaint-residual-1"
#: Radius of the first fill, in pixels; the network was taught on this one.
PREFILL_RADIUS_PX = 5
#: Distances from the edge of a hole count up to this.
DISTANCE_MAX_PX = 32

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Restorer:
    """Fills holes of RGB crops; large crops in tiles, of which those without a hole are left out."""

    def __init__(self, network: Network) -> None:
        """Raises ContractError unless the weights keep CONTRACT."""
        self._network = pixelwise.named(network, CONTRACT)

    def __call__(self, crop: Pixels, mask: Pixels) -> Pixels:
        """Return the crop (h x w x 3) with new pixels where the mask (h x w) is not zero."""
        holes = mask != 0
        filled = crop.copy()
        if not holes.any():
            return filled
        # Of the whole crop, so that neighbouring tiles begin with the same fill.
        prefill = np.asarray(
            cv2.inpaint(crop, holes.astype(np.uint8), PREFILL_RADIUS_PX, cv2.INPAINT_NS), dtype=np.uint8
        )
        for tile in pixelwise.tiles(*holes.shape):
            hole = holes[tile.core]
            if hole.any():
                window = tile.window
                made = self._restored(prefill[window], crop[window], holes[window])
                filled[tile.core][hole] = made[tile.inside][hole]
        return filled

    def _restored(self, prefill: Pixels, crop: Pixels, holes: NDArray[np.bool_]) -> Pixels:
        height, width = holes.shape
        residual = self._network(_batch(prefill, crop, holes))[0, :, :height, :width].transpose(1, 2, 0)
        levels = (prefill * np.float32(1 / 255) + residual).clip(0, 1) * np.float32(255)
        return np.rint(levels).astype(np.uint8)


def _batch(prefill: Pixels, crop: Pixels, holes: NDArray[np.bool_]) -> Floats:
    """The eight planes that the network sees: first fill, crop without its holes, holes, distance from their edge."""
    mask = holes.astype(np.uint8)
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 5), DISTANCE_MAX_PX)
    colours = pixelwise.padded(np.dstack((prefill, np.where(holes[:, :, np.newaxis], 0, crop))), replicate=True)
    holes_padded = pixelwise.padded(mask, replicate=False)
    # The edge that is repeated may be a hole: what is repeated of the crop is no hole then, but its colour is unknown.
    batch = np.empty((1, 8, *holes_padded.shape), np.float32)
    batch[0, :6] = colours.transpose(2, 0, 1)
    batch[0, :6] *= np.float32(1 / 255)
    batch[0, 6] = holes_padded
    batch[0, 7] = pixelwise.padded(distance, replicate=False)
    batch[0, 7] *= np.float32(1 / DISTANCE_MAX_PX)
    return batch
