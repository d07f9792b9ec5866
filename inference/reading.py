"""Text in a picture, read by two models: one finds the lines, one reads them."""

import asyncio
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import contracts
from inference.triton import TritonClient
from processors.errors import PipelineError
from processors.pictures import Pixels
from processors.regions import TextLine

#: Longer side of what the detector sees at most; larger pictures are shrunk to it.
DETECT_MAX_PX = 1120
#: Smaller pictures are enlarged towards this, but not by more than ENLARGE_MAX.
DETECT_MIN_PX = 800
ENLARGE_MAX = 1.5
#: The detector takes sides that are multiples of this.
STEP_PX = 32
#: Height of a line as the recogniser takes it.
LINE_PX = 48
#: Longer lines are squeezed to this many pixels at LINE_PX: some 150 letters.
LINE_WIDTH_MAX_PX = 2560
#: Lines wider than this together go into another request, which a second process may take.
STRIP_PX = 2560
#: A line taller than wide by this stands upright and is turned before it is read.
UPRIGHT_RATIO = 1.5
SIDE_MIN_PX = 1.0
#: A request takes 0.4 s of computing at most; the rest is for queues.
DEADLINE_S = 20.0

Corners = NDArray[np.float32]


class TritonTextReader:
    """Reads the text of a picture on a Triton server."""

    def __init__(self, client: TritonClient) -> None:
        self._client = client

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        """Return the lines of an upright RGB picture (h x w x 3), from top to bottom.

        Polygons are in the picture's own pixels. A line that was found but can't be read has an empty text and
        score 0. Raises ServiceUnavailableError.
        """
        view, scale = await asyncio.to_thread(fitted, rgb)
        found = await self._client.infer(contracts.TEXTDET, {"picture": view}, deadline_s=DEADLINE_S)
        height, width = rgb.shape[:2]
        corners = (found.arrays["boxes"] / scale).clip(0, [width, height]).astype(np.float32)
        kept = [index for index, box in enumerate(corners) if min(sides_of(box)) >= SIDE_MIN_PX]
        crops = await asyncio.to_thread(lambda: [crop_of(rgb, corners[index]) for index in kept])
        # A line that stands upright may run up or down: it is read both ways, and the surer reading counts.
        standing = [place for place, index in enumerate(kept) if stands(corners[index])]
        turned = [np.ascontiguousarray(crops[place][::-1, ::-1]) for place in standing]
        texts = await self._recognised([*crops, *turned])
        for place, again in zip(standing, texts[len(kept) :], strict=True):
            texts[place] = max(texts[place], again, key=lambda reading: reading[1])
        return tuple(
            _line(corners[index], text, score, float(found.arrays["scores"][index]))
            for index, (text, score) in zip(kept, texts[: len(kept)], strict=True)
        )

    async def _recognised(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        try:
            async with asyncio.TaskGroup() as group:
                strips = [group.create_task(self._read_strip(strip)) for strip in strips_of(crops)]
        except* PipelineError as failures:
            # One reason is enough, and callers wait for ServiceUnavailableError, not for a group of them.
            raise failures.exceptions[0] from None
        return [line for strip in strips for line in strip.result()]

    async def _read_strip(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        inputs: contracts.Arrays = {
            "strip": np.concatenate(crops, axis=1),
            "widths": np.array([c.shape[1] for c in crops], np.int32),
        }
        reply = await self._client.infer(contracts.TEXTREC, inputs, deadline_s=DEADLINE_S)
        texts, scores = reply.arrays["texts"], reply.arrays["scores"]
        if len(texts) != len(crops) or len(scores) != len(crops):
            raise contracts.WrongReplyError("textrec", f"{len(texts)} texts of {len(crops)} lines")
        return [(str(text), float(score)) for text, score in zip(texts, scores, strict=True)]


def fitted(rgb: Pixels) -> tuple[Pixels, NDArray[np.float64]]:
    """Return the picture as the detector takes it, and by how much x and y were scaled.

    Brought to a size in which letters are as large as the detector likes them, then padded on the right and
    below by repeating its edge.
    """
    height, width = rgb.shape[:2]
    longer = max(height, width)
    ratio = max(min(1.0, DETECT_MAX_PX / longer), min(ENLARGE_MAX, DETECT_MIN_PX / longer))
    new_width, new_height = max(1, round(width * ratio)), max(1, round(height * ratio))
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    sized = np.asarray(cv2.resize(rgb, (new_width, new_height), interpolation=how), np.uint8)
    padded = np.pad(sized, ((0, -new_height % STEP_PX), (0, -new_width % STEP_PX), (0, 0)), mode="edge")
    return padded, np.array([new_width / width, new_height / height])


def sides_of(box: Corners) -> tuple[float, float]:
    """Width and height of a box of four corners, the longer one of each pair."""
    top_left, top_right, bottom_right, bottom_left = box
    across = max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    down = max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    return float(across), float(down)


def stands(box: Corners) -> bool:
    """Say whether a line is so much taller than wide that its letters must lie on their side."""
    across, down = sides_of(box)
    return down >= UPRIGHT_RATIO * across


def crop_of(rgb: Pixels, box: Corners) -> Pixels:
    """Cut a line out of the picture, straightened, LINE_PX high and at most LINE_WIDTH_MAX_PX wide."""
    height, width = rgb.shape[:2]
    left, top = np.floor(box.min(axis=0)).astype(int).clip(0, [width - 1, height - 1])
    right, bottom = np.ceil(box.max(axis=0)).astype(int).clip(1, [width, height])
    piece, corners = _shrunk(rgb[top:bottom, left:right], box - np.array([left, top], np.float32))
    across, down = (max(1, round(side)) for side in sides_of(corners))
    flat = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, flat)
    crop = cv2.warpPerspective(piece, warp, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if down >= UPRIGHT_RATIO * across:
        crop = cv2.rotate(crop, cv2.ROTATE_90_COUNTERCLOCKWISE)
    line_width = max(1, min(LINE_WIDTH_MAX_PX, round(crop.shape[1] * LINE_PX / crop.shape[0])))
    return np.asarray(cv2.resize(crop, (line_width, LINE_PX), interpolation=cv2.INTER_LINEAR), np.uint8)


def strips_of(crops: Sequence[Pixels]) -> Iterator[list[Pixels]]:
    """Group neighbouring lines into requests of about STRIP_PX."""
    strip: list[Pixels] = []
    for crop in crops:
        if strip and sum(each.shape[1] for each in strip) + crop.shape[1] > STRIP_PX:
            yield strip
            strip = []
        strip.append(crop)
    if strip:
        yield strip


def _shrunk(piece: Pixels, corners: Corners) -> tuple[Pixels, Corners]:
    """Shrink a piece whose line is far larger than the recogniser takes: no aliasing, bounded memory."""
    short, long = sorted(sides_of(corners))
    ratio = max(short / (2 * LINE_PX), long / (2 * LINE_WIDTH_MAX_PX))
    if ratio <= 1:
        return piece, corners
    height, width = piece.shape[:2]
    size = max(1, round(width / ratio)), max(1, round(height / ratio))
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    return np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA), np.uint8), corners * scale


def _line(corners: Corners, text: str, score: float, box_score: float) -> TextLine:
    polygon = tuple((round(float(x), 2), round(float(y), 2)) for x, y in corners)
    return TextLine(polygon, text, round(score, 5), round(box_score, 5))
