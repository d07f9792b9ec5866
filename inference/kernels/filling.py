"""Inpainting: masked pixels invented from those around them; all others stay as they are."""

import cv2
import numpy as np
from numpy.typing import NDArray

_DIFFUSION = {"telea": cv2.INPAINT_TELEA, "ns": cv2.INPAINT_NS}
ENGINES = (*_DIFFUSION, "fsr")

Pixels = NDArray[np.uint8]


def fill(crop: Pixels, mask: Pixels, engine: str, radius_px: int) -> Pixels:
    """Return the RGB crop (h x w x 3) with new pixels where the mask (h x w) is not zero.

    `telea` and `ns` (Navier-Stokes) continue the surroundings smoothly from within `radius_px`;
    `fsr` (frequency-selective reconstruction) continues texture, takes far longer and needs no radius.
    """
    if engine == "fsr":
        filled: Pixels = np.empty_like(crop)
        # FSR wants the mask the other way round: zero where to fill.
        kept = np.where(mask, 0, 255).astype(np.uint8)
        # The application's own OpenCV, which mypy sees, comes without the contributed modules.
        cv2.xphoto.inpaint(crop, kept, filled, cv2.xphoto.INPAINT_FSR_FAST)  # type: ignore[attr-defined]
    else:
        filled = np.asarray(cv2.inpaint(crop, mask, radius_px, _DIFFUSION[engine]), np.uint8)
    return np.where(mask[:, :, np.newaxis] != 0, filled, crop)
