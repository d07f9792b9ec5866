"""Pictures whose clean side is known: pairs of a labelled folder, and overlays rendered on photos not trained on."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.rendering import fonts, overlays, photos, sets
from processors.pictures import Mask, Pixels
from processors.regions import Region
from streams import labelled

CATALOG = Path(__file__).parents[2] / "examples" / "catalog"
#: The training takes the other parts of a folder of photos.
PHOTOS_PART = (0, 5)
SEED = 23
#: Says in pairs.csv that the clean side is the truth.
_EXACT = "exact render"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture with an overlay, the same without it, and where they differ."""

    name: str
    group: str
    shown: Pixels
    clean: Pixels
    #: what the overlay changed, before coding
    truth: Mask
    #: its lines, as a detector and the rules would hand them to `masks`
    lines: tuple[Region, ...]
    lossless: bool
    #: ISO 15924 of the words, empty where unknown
    script: str

    def exact(self) -> Mask:
        """The mask of an engine's dreams; a pixel wider where the coding has smeared the overlay over its edge."""
        if self.lossless:
            return self.truth
        return np.asarray(cv2.dilate(self.truth.astype(np.uint8), np.ones((3, 3), np.uint8)), dtype=np.bool_)


# ------------------------------------------------------------------ pairs


def pairs(folder: Path) -> Iterator[Case]:
    """The pairs of `folder/pairs` whose clean side is the truth."""
    with (folder / "pairs" / "pairs.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["note"].startswith(_EXACT)]
    for row in rows:
        shown, clean, mask = (
            np.asarray(Image.open(folder / "pairs" / f"{row['name']}_{side}.png").convert(mode))
            for side, mode in (("overlay", "RGB"), ("clean", "RGB"), ("mask", "L"))
        )
        truth = mask > 127
        yield Case(row["name"], "pairs", shown, clean, truth, lines_of(truth), True, "")


def lines_of(truth: Mask) -> tuple[Region, ...]:
    """Boxes around the lines of a mask of glyphs: what a detector would find, where no polygons are known."""
    glyphs = truth.astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(glyphs, connectivity=8)
    high = int(np.median(stats[1:, cv2.CC_STAT_HEIGHT])) if len(stats) > 1 else 1
    joined = cv2.morphologyEx(glyphs, cv2.MORPH_CLOSE, np.ones((1, 2 * high + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(joined), connectivity=8)
    boxes = [stats[at, :4].tolist() for at in range(1, count) if stats[at, cv2.CC_STAT_AREA] >= 20]
    return tuple(_line(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), "drawn") for x, y, w, h in boxes)


# ------------------------------------------------------------------ rendered overlays


def rendered(album: photos.Album, count: int) -> Iterator[Case]:
    """`count` overlays on photos, in all scripts that there are fonts for."""
    library, scripts = _fonts()
    plan = sets.Plan(album, library, SEED, scripts, frozenset(overlays.RECIPES))
    number = found = 0
    while found < count:
        made = sets.render(plan, number)
        number += 1
        # A drawn ground is flat: it would flatter every engine.
        if made.photo is not None:
            found += 1
            yield _case(made)


def album(folder: Path | None, extra: Path | None) -> photos.Album:
    """Photos without text: the part of `folder` that is not trained on, and those labelled none of `extra`.

    Without either, those of examples/catalog.
    """
    clean: Sequence[photos.Photo] = photos.album(folder, PHOTOS_PART).clean if folder else ()
    for labels in [extra] if extra else [] if folder else [CATALOG]:
        found = [one for one in labelled.read(labels) if one.label == "none" and one.path.exists()]
        clean = (*clean, *(photos.Photo(one.path, one.file, "", "", ()) for one in found))
    return photos.Album(tuple(clean), ())


def _fonts() -> tuple[fonts.Library, Sequence[str]]:
    try:
        return fonts.installed(), fonts.SCRIPTS
    except (fonts.FontMissingError, FileNotFoundError) as missing:
        print(f"Latin letters of Pillow's own font alone: {missing}", file=sys.stderr)
        return fonts.built_in(), ("Latn",)


def _case(made: sets.Rendered) -> Case:
    lines = tuple(
        _line(tuple((float(x), float(y)) for x, y in line.corners), "camera_stamp" if line.kind == "stamp" else "drawn")
        for line in made.scene.lines
        if line.label == "overlay"
    )
    scripts = {line.script for line in made.scene.lines if line.label == "overlay"}
    return Case(
        name=made.name,
        group="rendered",
        shown=_opened(made.data),
        clean=_opened(made.clean()),
        truth=made.scene.mask() > 0,
        lines=lines,
        lossless=made.coding.format == "PNG",
        # Words of other languages stand beside Latin names and numbers.
        script=next(iter(sorted(scripts - {"Latn"}) or sorted(scripts)), ""),
    )


def _opened(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _line(polygon: tuple[tuple[float, float], ...], rule: str) -> Region:
    return Region(polygon, "", 1.0, "remove", 0.0, rule, "")
