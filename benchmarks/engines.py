"""`make bench-engines`: all engines on the same holes, by how restless the surroundings are.

Words are rendered over the plain photographs of examples/catalog, coded as JPEG, masked by processors.masks and filled
by each engine; the photograph without the words, coded the same way, is the truth. Runs on the Python of Triton's
models, whose OpenCV has FSR.
"""

import io
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

import cv2
import numpy as np

# Behind the models' own numpy and OpenCV, which are imported by now.
sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

from PIL import Image, ImageDraw, ImageFont

from inference import server
from inference.kernels import contract, filling, network, restoring
from processors import engines, masks
from processors.pictures import Pixels
from processors.regions import Region

CATALOG = Path(__file__).parents[1] / "examples" / "catalog"
WORDS = ("SALE 50% OFF", "FREE SHIPPING", "NEW ARRIVAL", "$9.99", "06.07.2020 07:11", "www.shop.com")
INKS = ((255, 255, 255), (230, 20, 30), (250, 230, 20), (10, 10, 10))
ENGINES = (("telea", 3), ("ns", 5), ("fsr", 0), ("own", 0))
PLACES = 16
QUALITY = 92


def main() -> None:
    """Measure and print; the last line is JSON."""
    cv2.setNumThreads(1)
    chance, own = np.random.default_rng(7), _own()
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for path in sorted(CATALOG.glob("plain-*.jpg")) + sorted(CATALOG.glob("print-*.jpg")):
        with Image.open(path) as image:
            photo = np.asarray(image.convert("RGB"))
        for _ in range(PLACES):
            for bin_name, row in _filled(photo, chance, own):
                found[bin_name].append(row)
                found["all"].append(row)
    rows = {
        name: {"crops": len(all_of), **{key: round(mean(one[key] for one in all_of), 2) for key in all_of[0]}}
        for name, all_of in sorted(found.items())
    }
    print(f"{'surroundings':<12} {'crops':>6}" + "".join(f"{name + ' dB':>10}{'ms':>8}" for name, _ in ENGINES))
    for name, row in rows.items():
        cells = "".join(f"{row[engine + '_db']:>10.2f}{row[engine + '_ms']:>8.1f}" for engine, _ in ENGINES)
        print(f"{name:<12} {row['crops']:>6}{cells}")
    print(json.dumps({"bench": "engines", "by_surroundings": rows}))


def _own() -> restoring.Restorer:
    promised = contract.Contract(engine="openvino", engine_version="", precision="f32", weights_sha256="")
    return restoring.Restorer(network.open_network((server.WEIGHTS / "inpaint.onnx").read_bytes(), promised))


def _filled(photo: Pixels, chance: np.random.Generator, own: restoring.Restorer) -> list[tuple[str, dict[str, float]]]:
    """One line of words over the photograph, filled by every engine: masked PSNR in dB and milliseconds a crop."""
    drawn, region = _drawn(photo, chance)
    before, truth = _coded(drawn), _coded(photo)
    mask = masks.strokes(before, [region], QUALITY, masks.Settings()).mask
    rows = []
    for crop in masks.crops(mask):
        window, hole, real = (np.ascontiguousarray(masks.cut(plane, crop.window)) for plane in (before, mask, truth))
        spread = engines.choose(window, hole, engines.Settings()).why.partition("spread ")[2].partition(" ")[0]
        row: dict[str, float] = {}
        for engine, radius in ENGINES:
            began = time.perf_counter()
            marked = hole.astype(np.uint8) * np.uint8(255)
            filled = own(window, marked) if engine == "own" else filling.fill(window, marked, engine, max(1, radius))
            row[f"{engine}_ms"] = 1000 * (time.perf_counter() - began)
            error = ((filled[hole].astype(float) - real[hole]) ** 2).mean()
            row[f"{engine}_db"] = 10 * float(np.log10(255**2 / max(error, 0.5)))
        rows.append((_bin(float(spread)) if spread else "textured", row))
    return rows


def _bin(spread: float) -> str:
    settings = engines.Settings()
    return "flat" if spread < settings.flat_max else "plain" if spread < settings.plain_max else "textured"


def _drawn(photo: Pixels, chance: np.random.Generator) -> tuple[Pixels, Region]:
    image = Image.fromarray(photo)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(int(chance.choice((13, 20, 30))))
    words = str(chance.choice(WORDS))
    left, top, right, bottom = draw.textbbox((0, 0), words, font=font)
    x = int(chance.integers(4, image.width - (right - left) - 4))
    y = int(chance.integers(4, image.height - (bottom - top) - 4))
    draw.text((x - left, y - top), words, font=font, fill=INKS[int(chance.integers(len(INKS)))])
    x1, y1 = x + right - left, y + bottom - top
    polygon = ((x - 3, y - 3), (x1 + 3, y - 3), (x1 + 3, y1 + 3), (x - 3, y1 + 3))
    return np.asarray(image), Region(polygon, words, 1.0, "remove", 0.0, "drawn", "")


def _coded(pixels: Pixels) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(file))


if __name__ == "__main__":
    main()
