"""The engines as functions, in this process: needs the Python of Triton's models."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.kernels import filling
from inference.kernels.network import OpenVinoNetwork
from processors.pictures import Mask, Pixels

#: crop (h x w x 3) and its holes → the crop filled
Fill = Callable[[Pixels, Mask], Pixels]

#: With the radius that processors.engines chooses, 1 for none.
_CLASSICAL = {"telea": 3, "ns": 5, "fsr": 1}
#: What the network of our own sees (its contract): radius of the first fill, distance that counts, steps of its sides.
_PREFILL_PX, _DISTANCE_PX, _STEP_PX = 5, 32, 16


def fills(weights: Path | None) -> dict[str, Fill]:
    """Every engine by its name; `own` where its weights are given."""
    cv2.setNumThreads(1)
    found: dict[str, Fill] = {name: partial(_classical, name, radius) for name, radius in _CLASSICAL.items()}
    if weights is not None:
        found["own"] = partial(_own, OpenVinoNetwork(weights.read_bytes()))
    return found


def _classical(engine: str, radius_px: int, crop: Pixels, holes: Mask) -> Pixels:
    return filling.fill(crop, holes.astype(np.uint8) * np.uint8(255), engine, radius_px)


def _own(network: OpenVinoNetwork, crop: Pixels, holes: Mask) -> Pixels:
    mask = holes.astype(np.uint8)
    prefill = np.asarray(cv2.inpaint(crop, mask, _PREFILL_PX, cv2.INPAINT_NS), np.uint8)
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 5), _DISTANCE_PX) / np.float32(_DISTANCE_PX)
    colours = np.dstack((prefill, np.where(holes[..., np.newaxis], 0, crop))).astype(np.float32) / np.float32(255)
    planes = np.dstack((_padded(colours, "edge"), _padded(mask, "constant"), _padded(distance, "constant")))
    batch = np.ascontiguousarray(planes.transpose(2, 0, 1)[np.newaxis], np.float32)
    height, width = mask.shape
    residual = network(batch)[0, :, :height, :width].transpose(1, 2, 0)
    made = np.rint((colours[..., :3] + residual).clip(0, 1) * 255).astype(np.uint8)
    return np.where(holes[..., np.newaxis], made, crop)


def _padded(plane: NDArray[np.generic], mode: str) -> NDArray[np.generic]:
    more = [(0, -side % _STEP_PX) for side in plane.shape[:2]] + [(0, 0)] * (plane.ndim - 2)
    return np.pad(plane, more, mode=mode)  # type: ignore[call-overload]  # numpy lists its modes one by one
