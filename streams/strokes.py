"""One line of text shown to the stroke network, from further away as long as the overlay goes on beyond the window."""

import asyncio
from collections.abc import Sequence

from processors import lettering, masks
from processors.pictures import Pixels
from processors.regions import Region
from streams.ports import StrokeFinder

#: Lines of one picture that are asked about at the same time; more would fill the queue of the model for others.
_AT_ONCE = 4


async def look(finder: StrokeFinder, rgb: Pixels, regions: Sequence[Region]) -> list[masks.Look]:
    """Return what was found of each region; `rgb` is h x w x 3 in the orientation of their polygons.

    Raises ServiceUnavailableError.
    """
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(region: Region) -> masks.Look:
        async with turn:
            return await _look(finder, rgb, region)

    return list(await asyncio.gather(*map(one, regions)))


async def _look(finder: StrokeFinder, rgb: Pixels, region: Region) -> masks.Look:
    for zoom in range(lettering.ZOOMS):
        shown = lettering.view(rgb, region.polygon, zoom)
        if not shown.box.any():
            return masks.Look(region, shown, lettering.nothing(shown))
        found = lettering.letters(await finder.probability(shown.crop, shown.box > 0), shown)
        if not found.cut_off:
            break
    return masks.Look(region, shown, found)
