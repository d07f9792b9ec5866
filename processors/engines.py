"""Which inpainting engine fills a crop: a quick one for flat surroundings, a learned one for all others."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask, Pixels

#: One of BUILT_IN, or the name of a network that the operator added.
Engine = str
#: These continue what is around a hole by a formula; all others were taught on pictures.
CLASSICAL = ("telea", "ns", "fsr")
BUILT_IN = (*CLASSICAL, "own")
#: Height and width of what an added network sees, in pixels, and how many such squares a crop may take: each is
#: seconds of computing. Larger crops go to `own`.
SQUARE_PX = 512
SQUARES_MAX = 4


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine with its radius (0 where it takes none) and the reason, for the audit record."""

    engine: Engine
    radius_px: int
    why: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Borders between the engines, measured on rendered overlays (docs/experiments.md)."""

    #: spread of the surroundings, levels 0..255, below which they are flat: Telea errs least there, and is quicker
    flat_max: float = 5.0
    #: width of the surroundings that are looked at, in pixels
    ring_px: int = 6
    #: engine for all others
    textured: Engine = "own"
    #: masked pixels per crop up to which FSR, if it is chosen for texture, is worth 80 microseconds each
    fsr_max_px: int = 10_000


def choose(crop: Pixels, mask: Mask, settings: Settings) -> EngineChoice:
    """Choose for one crop (h x w x 3) with its holes; a crop without unmasked surroundings counts as flat."""
    around = spread(crop, mask, settings)
    if around < settings.flat_max:
        return EngineChoice("telea", 3, f"flat surroundings, spread {around:.1f} < {settings.flat_max:.1f} levels")
    why = f"textured surroundings, spread {around:.1f} levels"
    if settings.textured == "fsr" and (holes := int(mask.sum())) > settings.fsr_max_px:
        return EngineChoice("own", 0, f"{why}, {holes} masked pixels > {settings.fsr_max_px}")
    return EngineChoice(settings.textured, 0, why)


def takes_squares(engine: Engine) -> bool:
    """Say whether an engine sees nothing but squares of SQUARE_PX."""
    return engine not in BUILT_IN


def is_trained(engine: Engine) -> bool:
    """Say whether an engine learned from pictures what to fill in."""
    return engine not in CLASSICAL


def spread(crop: Pixels, mask: Mask, settings: Settings) -> float:
    """Return the standard deviation of the pixels around the holes, mean of the channels, in levels."""
    side = 2 * settings.ring_px + 1
    grown: NDArray[np.uint8] = np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)), np.uint8)
    ring = crop[(grown > 0) & ~mask]
    return float(ring.std(axis=0).mean()) if ring.size else 0.0
