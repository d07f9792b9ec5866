"""Time and memory of mask and inpainting together, by size of region and picture.

`python -m benchmarks.on_models_python benchmarks.inpainting.speed MEGAPIXELS INPAINT STROKES`, the weights of both
networks: a process for each size of picture, since a peak of memory is that of a process. Its last line is JSON.
"""

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import cv2
import numpy as np

# Behind the models' own numpy and OpenCV, which are imported by now.
sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

from PIL import Image, ImageDraw, ImageFont

from benchmarks.inpainting.cases import CATALOG
from benchmarks.inpainting.fillers import Filler, fillers
from benchmarks.inpainting.marking import Marker
from processors import masks
from processors.pictures import Pixels
from processors.regions import Region

PHOTO = CATALOG / "plain-red-skirt.jpg"
#: Width and height of the line in pixels; the third is a typical stamp or price tag.
REGIONS = ((100, 20), (200, 40), (400, 80), (800, 160), (1600, 320))
TYPICAL = REGIONS[2]
#: The engines that the path of a picture chooses from.
TIMED = ("telea", "ns", "own")
WORDS = "SALE $9.99"
REPEATS = 3


def main() -> None:
    """Measure one size of picture and print."""
    cv2.setNumThreads(1)
    megapixels, marker = float(sys.argv[1]), Marker(Path(sys.argv[3]))
    engines = {name: filler for name, filler in fillers(Path(sys.argv[2]), None).items() if name in TIMED}
    picture = _enlarged(megapixels)
    height, width = picture.shape[:2]
    # First, while nothing that was used before can be used again.
    memory = _memory(picture.copy(), marker, engines["own"])
    rows = [
        _row(picture, size, marker, engines) for size in REGIONS if size[0] + 100 < width and size[1] + 100 < height
    ]
    print(json.dumps({"megapixels": megapixels, "regions": rows, "memory": memory}))


def _enlarged(megapixels: float) -> Pixels:
    with Image.open(PHOTO) as image:
        factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * factor), round(image.height * factor)
        return np.array(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def _row(picture: Pixels, size: tuple[int, int], marker: Marker, engines: dict[str, Filler]) -> dict[str, object]:
    """Medians in milliseconds of one core: the mask, and mask and inpainting together by engine."""
    shown = picture.copy()
    region = _written(shown, size, (picture.shape[1] // 20, picture.shape[0] // 3))
    marking = _median_ms(lambda: marker(shown, [region]).mask)
    whole = {
        name: _median_ms(lambda filler=filler: _edited(shown, [region], marker, filler))
        for name, filler in engines.items()
    }
    return {
        "region": list(size),
        "masked_px": int(marker(shown, [region]).mask.sum()),
        "mask_ms": marking,
        "edit_ms": whole,
    }


def _median_ms(work) -> float:
    """The first time warms caches and does not count."""
    work()
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - began))
    return round(median(spent), 1)


def _edited(picture: Pixels, lines: Sequence[Region], marker: Marker, filler: Filler) -> Pixels:
    """What the path of a picture does between reading and encoding, without the servers between."""
    mask = marker(picture, lines).mask
    crops = masks.crops(mask)
    filled = [
        filler(
            np.ascontiguousarray(masks.cut(picture, crop.window)), np.ascontiguousarray(masks.cut(mask, crop.window))
        )
        for crop in crops
    ]
    return masks.assemble(picture, mask, crops, filled)


def _written(picture: Pixels, size: tuple[int, int], at: tuple[int, int]) -> Region:
    """Write words of that size onto the picture, white with a dark edge, and return their line."""
    left, top = at
    font = ImageFont.load_default(size[1])
    box = font.getbbox(WORDS, stroke_width=2)
    words = Image.new("RGBA", (round(box[2] - box[0]), round(box[3] - box[1])))
    ImageDraw.Draw(words).text(
        (-box[0], -box[1]), WORDS, (255, 255, 255), font, stroke_width=2, stroke_fill=(30, 30, 30)
    )
    words = words.resize(size, Image.Resampling.LANCZOS)
    part = Image.fromarray(picture[top : top + size[1], left : left + size[0]])
    part.paste(words, (0, 0), words)
    picture[top : top + size[1], left : left + size[0]] = np.asarray(part)
    right, bottom = left + size[0], top + size[1]
    return Region(((left, top), (right, top), (right, bottom), (left, bottom)), WORDS, 1.0, "remove", 0.0, "drawn", "")


def _memory(picture: Pixels, marker: Marker, filler: Filler) -> dict[str, int]:
    """By how many megabytes the process grows at most while it edits one region, and a mark all over the picture."""
    height, width = picture.shape[:2]
    places = [(x, y) for y in range(20, height - 100, 480) for x in range(20, width - 420, 900)]
    lines = [_written(picture, TYPICAL, place) for place in places]
    # 5: forget the highest mark so far (Linux, proc(5)).
    Path("/proc/self/clear_refs").write_text("5")
    before = _high_water_mb()
    grown = []
    for some in (lines[:1], lines):
        _edited(picture, some, marker, filler)
        grown.append(round(_high_water_mb() - before))
    return {
        "picture_mb": round(picture.nbytes / 1e6),
        "one_region_mb": grown[0],
        "all_over_mb": grown[1],
        "all_over_regions": len(lines),
    }


def _high_water_mb() -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
