"""A finished edit read again: what was removed must not be found any more."""

from collections.abc import Sequence
from dataclasses import replace

from processors import masks, residue, views
from processors.masks import Crop
from processors.pictures import Mask, Pixels
from processors.regions import Polygon
from streams import pacing
from streams.ports import TextReader

#: Pixels around a part that the reader sees too: without any ground, letters are not found.
CONTEXT_PX = 32


async def residual_text(
    reader: TextReader,
    after: Pixels,
    mask: Mask,
    parts: Sequence[Crop],
    orientation: int,
    kept: Sequence[Polygon] = (),
) -> float:
    """The largest share of a part's masked pixels, 0..1, that lies in text found in the picture after the edit.

    `after` (h x w x 3), mask and `kept`, the lines that were to stay, are in stored orientation.
    Raises ServiceUnavailableError.
    """
    shares = await pacing.each(lambda part: _of_part(reader, after, mask, part, orientation, kept), parts)
    return max(shares, default=0.0)


async def _of_part(
    reader: TextReader, after: Pixels, mask: Mask, part: Crop, orientation: int, kept: Sequence[Polygon]
) -> float:
    window = masks.around(part.core, CONTEXT_PX, mask.shape)
    left, top, right, bottom = window
    wide, tall = right - left, bottom - top
    placement = views.Placement(orientation, *((wide, tall) if orientation < 5 else (tall, wide)))
    found = await reader.read(placement.samples_to_upright(masks.cut(after, window)))
    lines = [replace(line, polygon=placement.to_stored(line.polygon)) for line in found]
    hole = masks.cut(mask, window)
    return residue.share(hole, lines, [tuple((x - left, y - top) for x, y in polygon) for polygon in kept])
