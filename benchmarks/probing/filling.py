"""The engines as functions, in this process: needs the Python of Triton's models."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from inference.kernels import filling
from inference.kernels.network import OpenVinoNetwork
from inference.kernels.restoring import Restorer
from processors.pictures import Mask, Pixels

#: crop (h x w x 3) and its holes → the crop filled
Fill = Callable[[Pixels, Mask], Pixels]

#: With the radius that processors.engines chooses, 1 for none.
_CLASSICAL = {"telea": 3, "ns": 5, "fsr": 1}


def fills(weights: Path) -> dict[str, Fill]:
    """Every engine by its name."""
    cv2.setNumThreads(1)
    found: dict[str, Fill] = {name: partial(_classical, name, radius) for name, radius in _CLASSICAL.items()}
    found["own"] = partial(_own, Restorer(OpenVinoNetwork(weights.read_bytes())))
    return found


def _classical(engine: str, radius_px: int, crop: Pixels, holes: Mask) -> Pixels:
    return filling.fill(crop, holes.astype(np.uint8) * np.uint8(255), engine, radius_px)


def _own(restorer: Restorer, crop: Pixels, holes: Mask) -> Pixels:
    return restorer(crop, holes.astype(np.uint8))
