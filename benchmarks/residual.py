"""What can still be read of a text that was removed: the edited pictures of a run, read once more.

    cleanplate clean images --out out --results out/results.jsonl
    python -m benchmarks.residual out/results.jsonl …

A line counts as left behind where the reader finds it again and a quarter of its place was masked: strokes fill half of
a line's place or more, and text beside the mask was not to go. `read` needs two letters or digits and a confidence of
0.6; `found` is any line, though nothing in it can be read. Starts Triton if none runs.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from inference.reading import TritonTextReader
from inference.triton import TritonClient
from processors import views
from processors.decoding import decode
from processors.pictures import Mask
from processors.regions import Polygon, TextLine
from streams import preview_server, previewing
from streams.previewing import ResultLine

#: Share of a line's place that must be masked, 0..1.
MASKED_MIN = 0.25
READ_MIN = 0.6
LETTERS_MIN = 2


@dataclass(frozen=True, slots=True)
class Left:
    """What the reader found in one edited picture where text was removed."""

    line: ResultLine
    texts: tuple[str, ...]
    #: lines that can't be read are among these
    found: int


def main(results: Sequence[Path]) -> None:
    """Read and print; the last line is JSON."""
    edited = [(file.parent, line) for file in results for line in previewing.read_lines(file) if line.result]
    with preview_server.triton(_say) as settings:
        read = asyncio.run(_all(edited, settings.triton.url))
    by_outcome: dict[str, list[Left]] = defaultdict(list)
    for one in read:
        by_outcome[one.line.outcome].append(one)
        if one.texts:
            print(f"{one.line.outcome:<8} {one.line.path}: {' | '.join(one.texts)}")
    figures = {}
    for outcome, ones in sorted(by_outcome.items()):
        texts, found = sum(bool(one.texts) for one in ones), sum(bool(one.found) for one in ones)
        figures[outcome] = {"edits": len(ones), "read": texts, "found": found}
        print(f"{outcome:<8} {len(ones)} edits: text read again in {texts} ({texts / len(ones):.1%}), found in {found}")
    print(json.dumps({"bench": "residual", "by_outcome": figures}))


async def _all(edited: Sequence[tuple[Path, ResultLine]], url: str) -> list[Left]:
    async with TritonClient(url) as client:
        reader = TritonTextReader(client)
        return [await _left(folder, line, reader) for folder, line in edited]


async def _left(folder: Path, line: ResultLine, reader: TritonTextReader) -> Left:
    assert line.result and line.mask, "an edit has both"
    picture = decode((folder / line.result).read_bytes())
    mask = views.colour(decode((folder / line.mask).read_bytes())).max(axis=2) > 0
    rgb, placement = views.upright(picture)
    lines = await reader.read(rgb)
    inside = [one for one in lines if masked_share(placement.to_stored(one.polygon), mask) >= MASKED_MIN]
    return Left(line, tuple(legible(inside)), len(inside))


def masked_share(polygon: Polygon, mask: Mask) -> float:
    """Share of the polygon's pixels that are masked, 0..1."""
    corners = np.asarray(polygon)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    part = mask[top : int(corners[:, 1].max()) + 2, left : int(corners[:, 0].max()) + 2]
    inside = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(inside, [np.rint(corners - (left, top)).astype(np.int32)], 1)
    return float(part[inside > 0].mean()) if inside.any() else 0.0


def legible(lines: Sequence[TextLine]) -> Iterator[str]:
    """The texts that a person could read."""
    for line in lines:
        if line.score >= READ_MIN and sum(letter.isalnum() for letter in line.text) >= LETTERS_MIN:
            yield line.text


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
