"""Pictures with labelled lines: read by the models (the readings are kept in a file), measured, told apart.

A folder is labelled as `cleanplate evaluate` wants it (docs/evaluation.md). Lines of a picture whose lines aren't known
take the picture's label; those of mixed pictures are then left out. A folder that is called weak holds photographs
nearly without overlays: every line counts as printed but what is surely a camera's stamp.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from inference.reading import TritonTextReader
from inference.triton import TritonClient
from infra.settings import TritonSettings
from processors import decoding, features, guard, views
from processors.errors import RefusedImageError
from processors.features import Seen
from processors.judging import TrueLine
from processors.pictures import Pixels
from processors.regions import Polygon, TextLine
from streams.labelled import LabelledPicture

#: Share of the smaller of two boxes that both must have for a line read to be a line known.
SAME_MIN = 0.3
#: Pictures read at a time.
SIDE_BY_SIDE = 4


class Reading(Struct, frozen=True):
    """What the models read in a picture, in its upright orientation."""

    sha256: str
    lines: tuple[TextLine, ...]


@dataclass(slots=True, eq=False)
class Example:
    """A picture with what was measured of its lines, and the truth."""

    picture: LabelledPicture
    seen: Seen
    #: of each line: 1 overlay, 0 printed, -1 not known
    truth: NDArray[np.int8]
    #: how much each of its lines weighs
    weight: float
    #: first round's log odds, of a model that has not seen this picture
    odds: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: the same of the second round
    together: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def source(self) -> str:
        return self.picture.source


async def read(pictures: Sequence[LabelledPicture], kept: Path, triton: TritonSettings) -> dict[Path, Reading]:
    """Read every picture that `kept` (JSON lines) does not have yet, and add it there. Refused pictures are left out.

    Raises ServiceUnavailableError where the models don't answer.
    """
    known = {one.sha256: one for one in _kept(kept)}
    slots = asyncio.Semaphore(SIDE_BY_SIDE)
    async with TritonClient(triton.url, triton.admin_secret or None) as client:
        reader = TritonTextReader(client)

        async def one(picture: LabelledPicture) -> tuple[Path, Reading] | None:
            async with slots:
                data = await asyncio.to_thread(picture.path.read_bytes)
                digest = hashlib.sha256(data).hexdigest()
                if digest not in known:
                    try:
                        rgb, _ = await asyncio.to_thread(_upright, data)
                    except RefusedImageError:
                        return None
                    known[digest] = Reading(digest, await reader.read(rgb))
                    with kept.open("ab") as file:
                        file.write(msgspec.json.encode(known[digest]) + b"\n")
                return picture.path, known[digest]

        found = await asyncio.gather(*(one(picture) for picture in pictures))
    return dict(each for each in found if each is not None)


def example(picture: LabelledPicture, reading: Reading, *, weak: bool) -> Example:
    """Measure one picture's lines and say what is true of each."""
    rgb, placement = _upright(picture.path.read_bytes())
    seen = features.see(reading.lines, rgb)
    truth = _weak_truth(seen) if weak else _truth(picture, [placement.to_stored(line.polygon) for line in seen.lines])
    # A page of text must not outweigh a picture with one line. Real labelled pictures are few, and are what counts.
    weight = (0.5 if picture.rendered else 1.0 if weak else 4.0) / max(1, len(seen.lines)) ** 0.5
    return Example(picture, seen, truth, weight)


def _kept(path: Path) -> Iterator[Reading]:
    if path.exists():
        for line in path.read_bytes().splitlines():
            yield msgspec.json.decode(line, type=Reading)


def _upright(data: bytes) -> tuple[Pixels, views.Placement]:
    return views.upright(decoding.decode(data, guard.Limits()))


def _truth(picture: LabelledPicture, polygons: Sequence[Polygon]) -> NDArray[np.int8]:
    """What is true of the lines that were read; their polygons are in the stored orientation, as labels are."""
    if picture.lines is None:
        label = {"none": 0, "printed": 0, "overlay": 1}.get(picture.label, -1)
        return np.full(len(polygons), label, np.int8)
    # A line that nobody wrote down is what the models took for text: in overlays it may be a part of one.
    otherwise = 0 if picture.label in ("none", "printed") else -1
    return np.array([_known(polygon, picture.lines, otherwise) for polygon in polygons], np.int8)


def _known(polygon: Polygon, known: Iterable[TrueLine], otherwise: int) -> int:
    """The truth of the known line that this one shares most with."""
    shares = [(_shared(polygon, true.polygon), true.label) for true in known]
    share, label = max(shares, default=(0.0, ""), key=lambda each: each[0])
    return int(label == "overlay") if share >= SAME_MIN else otherwise


def _shared(one: Sequence[Sequence[float]], two: Sequence[Sequence[float]]) -> float:
    first, second = (cv2.convexHull(np.asarray(each, np.float32)) for each in (one, two))
    area, _ = cv2.intersectConvexConvex(first, second)
    return float(area) / max(1e-6, min(cv2.contourArea(first), cv2.contourArea(second)))


def _weak_truth(seen: Seen) -> NDArray[np.int8]:
    stamp = np.maximum(seen.column("says_camera_stamp"), seen.column("says_date_stamp")) == 2
    return np.asarray(stamp & (seen.column("corner") < 0.15) & (seen.column("height") < np.log(0.08)), np.int8)
