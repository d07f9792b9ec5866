"""`python -m benchmarks.splicing SET`: what writing an edit back does to a JPEG, three ways, on a rendered set.

A set as `python -m benchmarks.rendering` makes it (index.csv, images/, masks/). Its exact masks, widened by 2 px, are
filled by Navier-Stokes; then the edit is written by coding the whole picture anew with its own tables, by copying the
touched blocks of that file, and by splicing. Compared with the wanted pixels, in levels of the 8-bit RGB that a decoder
shows. Time is of one core, a picture: everything from the original's bytes to the file, read back and compared, the
patch and the decoded picture.
"""

import csv
import io
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean

import cv2
import numpy as np
from PIL import Image

from infra import jpegs
from processors import decoding, encoding, splicing, views
from processors.coefficients import Layout
from processors.pictures import Mask, Picture

WIDENED_PX, SHARE_MAX = 2, 0.1
PICTURES = 120


def main() -> None:
    """Measure and print; the last line is JSON."""
    cv2.setNumThreads(1)
    found: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    seconds, megapixels = [], []
    for data, mask in _pictures(Path(sys.argv[1]), PICTURES):
        picture = decoding.decode(data)
        filled = cv2.inpaint(views.colour(picture), mask.astype(np.uint8), 5, cv2.INPAINT_NS)
        wanted = views.with_colour(picture, np.asarray(filled, np.uint8), mask)
        start = time.process_time()
        spliced = jpegs.splice(data, wanted, mask)
        seconds.append(time.process_time() - start)
        megapixels.append(mask.size / 1e6)
        anew = _anew(wanted)
        layout = jpegs.read(data).layout
        sampling = "4:4:4" if layout.h == layout.v == 1 else "4:2:0" if layout.h == layout.v == 2 else "other"
        ways = {"coded anew": anew, "blocks copied": _copied(data, anew, mask), "spliced": spliced.data}
        for way, result in ways.items():
            found[sampling, way].append(_compared(result, wanted, mask, layout))
    print(f"{'sampling':<9}{'way':<15}{'pictures':>9}" + "".join(f"{name:>16}" for name in NAMES))
    table = {}
    for (sampling, way), rows in sorted(found.items()):
        figures = {name: (max if name.startswith("most") else mean)(row[name] for row in rows) for name in NAMES}
        table[f"{sampling} {way}"] = {name: round(value, 3) for name, value in figures.items()}
        print(f"{sampling:<9}{way:<15}{len(rows):>9}" + "".join(f"{value:>16.3f}" for value in figures.values()))
    print(f"{1000 * sum(seconds) / sum(megapixels):.0f} ms a megapixel, {len(seconds)} pictures")
    print(json.dumps({"bench": "splicing", "ms_per_megapixel": 1000 * sum(seconds) / sum(megapixels), **table}))


#: mean difference inside the mask, beside it in touched units; shares and largest differences outside
NAMES = ("inside", "beside", "beside p99", "most beside", "elsewhere %", "most elsewhere")


def _pictures(root: Path, count: int) -> Iterator[tuple[bytes, Mask]]:
    with (root / "index.csv").open() as file:
        names = [row["file"] for row in csv.DictReader(file) if row["file"].endswith(".jpg")]
    for name in names:
        place = root / "masks" / f"{Path(name).stem}.png"
        data = (root / name).read_bytes()
        if not place.exists() or decoding.decode(data).mode != "RGB":
            continue
        with Image.open(place) as image:
            exact = np.asarray(image.convert("L")) > 0
        side = 2 * WIDENED_PX + 1
        mask = cv2.dilate(exact.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        if 0 < mask.mean() <= SHARE_MAX:
            yield data, np.asarray(mask)
            count -= 1
        if not count:
            return


def _anew(wanted: Picture) -> bytes:
    file = io.BytesIO()
    tables = [list(table) for table in wanted.coding.quantization]
    sampling = wanted.coding.subsampling
    Image.fromarray(wanted.pixels).save(file, "JPEG", qtables=tables, subsampling=-1 if sampling is None else sampling)
    return file.getvalue()


def _copied(data: bytes, anew: bytes, mask: Mask) -> bytes:
    before, after = jpegs.read(data), jpegs.read(anew)
    places = splicing.touched(before.layout, mask)
    planes = tuple(
        np.where(place[..., np.newaxis], new, old)
        for place, new, old in zip(places, after.planes, before.planes, strict=True)
    )
    return encoding.jpeg(replace(before, planes=planes), data, b"")


def _compared(result: bytes, wanted: Picture, mask: Mask, layout: Layout) -> dict[str, float]:
    shown = decoding.decode(result).pixels.astype(np.int16)
    off = np.abs(shown - wanted.pixels.astype(np.int16))
    high, wide = 8 * layout.v, 8 * layout.h
    padded = np.pad(mask, ((0, -mask.shape[0] % high), (0, -mask.shape[1] % wide)))
    units = padded.reshape(padded.shape[0] // high, high, -1, wide).any(axis=(1, 3))
    touched = np.kron(units, np.ones((high, wide), np.bool_))[: mask.shape[0], : mask.shape[1]]
    beside, elsewhere = off[touched & ~mask], off[~touched]
    values = (
        off[mask].mean(),
        beside.mean(),
        np.percentile(beside.max(axis=1), 99),
        beside.max(),
        100 * (elsewhere > 0).any(axis=1).mean(),
        elsewhere.max(),
    )
    return {name: float(value) for name, value in zip(NAMES, values, strict=True)}


if __name__ == "__main__":
    main()
