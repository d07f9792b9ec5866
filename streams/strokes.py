"""One line of text shown to the stroke network, from further away as long as the overlay goes on beyond the window."""

from collections.abc import Sequence

from processors import lettering, masks
from processors.pictures import Pixels
from processors.regions import Region
from streams import pacing
from streams.ports import StrokeFinder


async def look(finder: StrokeFinder, rgb: Pixels, regions: Sequence[Region]) -> list[masks.Look]:
    """Return what was found of each region; `rgb` is h x w x 3 in the orientation of their polygons.

    Raises ServiceUnavailableError.
    """
    return await pacing.each(lambda region: _look(finder, rgb, region), regions)


async def _look(finder: StrokeFinder, rgb: Pixels, region: Region) -> masks.Look:
    for zoom in range(lettering.ZOOMS):
        shown = lettering.view(rgb, region.polygon, zoom)
        if not shown.box.any():
            return masks.Look(region, shown, lettering.nothing(shown))
        found = lettering.letters(await finder.probability(shown.crop, shown.box > 0), shown)
        if not found.cut_off:
            break
    return masks.Look(region, shown, found)
