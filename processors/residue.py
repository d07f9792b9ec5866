"""How much of what was removed is found as text again."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask
from processors.regions import Polygon, TextLine

#: A line found again counts from this score of its box on, 0..1, or where this much of it can be read.
BOX_SCORE_MIN: Final = 0.6
READ_SCORE_MIN, LETTERS_MIN = 0.5, 2
#: Share of a line found again that lies in a line that was to stay: then it is that line.
SAME_MIN: Final = 0.5


def counts(line: TextLine) -> bool:
    """Say whether a line found in a fill is text: textures look a little like letters."""
    letters = sum(each.isalnum() for each in line.text)
    return line.box_score >= BOX_SCORE_MIN or (line.score >= READ_SCORE_MIN and letters >= LETTERS_MIN)


def share(mask: Mask, found: Sequence[TextLine], kept: Sequence[Polygon]) -> float:
    """Share of the masked pixels that lie in lines found after the edit, 0..1; polygons are in the mask's pixels.

    Lines that were to stay (`kept`) may be found: print beside an overlay is no residue of it.
    """
    masked = int(np.count_nonzero(mask))
    staying = _drawn(mask.shape, kept)
    again = np.zeros(mask.shape, dtype=np.uint8)
    for line in found:
        own = _drawn(mask.shape, [line.polygon])
        if counts(line) and int((own & staying).sum()) < SAME_MIN * int(own.sum()):
            again |= own
    return int(np.count_nonzero(again[mask])) / masked if masked else 0.0


def _drawn(shape: tuple[int, ...], polygons: Sequence[Polygon]) -> NDArray[np.uint8]:
    plane = np.zeros(shape, dtype=np.uint8)
    for polygon in polygons:
        cv2.fillPoly(plane, [np.asarray(polygon, dtype=np.float64).round().astype(np.int32)], 1)
    return plane
