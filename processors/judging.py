"""Whether what was done to a labelled picture was right: false edits, missed overlays, print that was touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.regions import Polygon, Region

#: none: no text · printed: only text that belongs to what is shown · overlay: only text laid over it · mixed: both
Label = Literal["none", "printed", "overlay", "mixed", "broken"]

#: Share of the smaller of two areas from which a removed region touches a printed line: boxes of neighbours overlap a
#: little, and a banner that swallows a small line covers little of itself.
TOUCHED_MIN = 0.1
#: Longer side, in pixels, of the raster on which areas are compared.
_RASTER_PX = 1024


class TrueLine(Struct, frozen=True):
    """A line of text with its truth; the polygon is in pixels of the stored picture."""

    polygon: Polygon
    label: Literal["overlay", "printed"]
    text: str = ""
    kind: str = ""
    script: str = ""
    height_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a label says about an outcome."""

    #: text that belongs to the product was removed without a person; None where the label can't tell
    false_edit: bool | None
    #: an overlay was left alone; None where there is no overlay to miss
    missed_overlay: bool | None
    #: how many lines that are known to be printed a removed region touches; None where the lines aren't known
    printed_touched: int | None


def judge(
    label: str, outcome: str, regions: Sequence[Region], lines: Sequence[TrueLine] | None, size: tuple[int, int]
) -> Judgement:
    """Judge an outcome (`kept`, `cleaned`, `review`, …) by the picture's label and, where they are known, its lines.

    `size` is width and height of the stored picture, in whose pixels both the regions and the lines are. A picture
    without overlays that was edited at all is a false edit; one with overlays is one if a removed region touches a
    printed line. A mixed picture whose lines aren't known says nothing about its edit.
    """
    touched = None if lines is None else _touched(regions, lines, size)
    return Judgement(_false_edit(label, outcome, touched), _missed(label, outcome), touched)


def _false_edit(label: str, outcome: str, touched: int | None) -> bool | None:
    if outcome != "cleaned":
        return False
    if label in ("none", "printed"):
        return True
    if label == "overlay":
        return bool(touched)
    if label == "mixed" and touched is not None:
        return touched > 0
    return None


def _missed(label: str, outcome: str) -> bool | None:
    return outcome == "kept" if label in ("overlay", "mixed") else None


def _touched(regions: Sequence[Region], lines: Sequence[TrueLine], size: tuple[int, int]) -> int:
    removed = [_raster(region.polygon, size) for region in regions if region.verdict == "remove"]
    printed = [_raster(line.polygon, size) for line in lines if line.label == "printed"]
    return sum(any(_overlap(line, region) >= TOUCHED_MIN for region in removed) for line in printed)


def _raster(polygon: Polygon, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels of a polygon on a raster of the picture, thinned where the picture is large."""
    width, height = size
    step = max(1.0, max(width, height) / _RASTER_PX)
    raster = np.zeros((max(1, round(height / step)), max(1, round(width / step))), dtype=np.uint8)
    corners = np.asarray(polygon, dtype=np.float64) / step
    cv2.fillPoly(raster, [np.asarray(corners.round(), dtype=np.int32)], 1)
    return np.asarray(raster > 0)


def _overlap(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> float:
    """What two rasters share, as a share of the smaller one."""
    smaller = min(np.count_nonzero(one), np.count_nonzero(two))
    return np.count_nonzero(one & two) / smaller if smaller else 0.0
