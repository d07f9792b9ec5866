"""The pictures of an evaluation's page: before, after and mask of one case, small, upright, as files."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from processors import views
from processors.errors import RefusedImageError
from processors.pictures import Picture, Pixels
from processors.regions import Polygon
from streams.evaluating import Case

#: Longer side of what is shown, in pixels.
SHOWN_PX = 480
#: A change of the mask must not vanish where it is made small.
_MASK_SEEN = 32

Decode = Callable[[bytes], Picture]


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of the files, seen from the page, and where the regions lie; None where there is nothing to show."""

    before: str | None = None
    after: str | None = None
    mask: str | None = None
    #: sides of the whole picture, upright, in pixels
    width: int = 0
    height: int = 0
    #: the regions' polygons in these pixels, in the order of the line
    polygons: tuple[Polygon, ...] = ()


NOTHING = Shown()


def write(decode: Decode, case: Case, folder: Path, number: int) -> Shown:
    """Write the pictures of a case as `folder/NUMBER-….` and say where they are.

    `decode` takes the bytes of a file that may be hostile. What can't be decoded is left out: its line says why.
    """
    before = _decoded(decode, case.picture.path)
    if before is None:
        return NOTHING
    pixels, placement = views.upright(before)
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{number:04d}"
    after = _decoded(decode, case.results / case.line.result) if case.line.result else None
    mask = _decoded(decode, case.results / case.line.mask) if case.line.mask else None
    return Shown(
        before=_write(stem.with_name(f"{stem.name}-before.jpg"), pixels),
        after=_write(stem.with_name(f"{stem.name}-after.jpg"), views.upright(after)[0]) if after else None,
        mask=_write_mask(stem.with_name(f"{stem.name}-mask.png"), placement, views.colour(mask)) if mask else None,
        width=placement.width,
        height=placement.height,
        polygons=tuple(placement.to_upright(region.polygon) for region in case.line.regions),
    )


def _decoded(decode: Decode, path: Path) -> Picture | None:
    try:
        return decode(path.read_bytes())
    except (OSError, RefusedImageError):
        return None


def _write(path: Path, pixels: Pixels) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((SHOWN_PX, SHOWN_PX))
    coded = io.BytesIO()
    image.save(coded, "JPEG", quality=82)
    path.write_bytes(coded.getvalue())
    return f"{path.parent.name}/{path.name}"


def _write_mask(path: Path, placement: views.Placement, stored: Pixels) -> str:
    image = Image.fromarray(placement.samples_to_upright(np.ascontiguousarray(stored[..., 0])))
    image.thumbnail((SHOWN_PX, SHOWN_PX), Image.Resampling.BOX)
    image.point(lambda level: 255 if level >= _MASK_SEEN else 0).convert("1").save(path, "PNG")
    return f"{path.parent.name}/{path.name}"
