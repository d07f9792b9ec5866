"""What each check says of good fills, bad ones, and ones that were spoilt on purpose; from it the limits were set.

`python -m benchmarks.on_models_python benchmarks.probing.checks PHOTOS [--weights FILE]`. The overlays are rendered on
photographs that the model of the error never saw, so that what lay below is known.
"""

import argparse
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

# Behind the models' own numpy and OpenCV, which are imported first.
import cv2
import numpy as np

sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

from benchmarks.inpainting import fillers, marking
from benchmarks.probing import filling, scenes
from benchmarks.probing.__main__ import JUDGED_PART
from benchmarks.probing.samples import AREA_MAX, AREA_MIN, difference, is_missed
from benchmarks.probing.scenes import Scene
from infra import error_file
from infra.settings import QualitySettings
from processors import engines, masks, quality
from processors.masks import Crop
from processors.pictures import Mask, Pixels

#: True error, Delta E 76, up to which a fill is good, and from which it is bad.
GOOD, BAD = 3.0, 10.0
#: What a spoilt fill must differ from an unspoilt one by to be one.
_SPOILT_MIN = 3.0

#: (fill, hole, before, chance) → another fill
_Spoils = Callable[[Pixels, Mask, Pixels, random.Random], Pixels]


def main() -> None:
    """Fill, spoil, measure, and print the share that fails each check."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probing.checks", description=__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("--weights", type=Path, default=fillers.WEIGHTS, help="ONNX file of the inpainting network")
    parser.add_argument("--strokes", type=Path, default=marking.WEIGHTS, help="the same of the stroke network")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--values", type=Path, help="also write every value (JSON lines)")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    fills = filling.fills(asked.weights)
    model = error_file.read(QualitySettings())
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for scene in scenes.rendered(
        asked.photos, JUDGED_PART, asked.seed, range(asked.count), marking.Marker(asked.strokes)
    ):
        for kind, engine, after, hole, crop in _cases(scene, fills, asked.seed):
            found[kind].append(quality.assess(after, hole, [crop], [engine], model).metrics)
    if asked.values:
        lines = [json.dumps({"kind": kind, **one}) for kind, some in found.items() for one in some]
        asked.values.write_text("\n".join(lines) + "\n")
    _show(found)


def _show(found: dict[str, list[dict[str, float]]]) -> None:
    names = [metric.name for metric in quality.METRICS if metric.limit is not None and metric.name != "residual_text"]
    print(f"{'fills':<22}{'number':>8}{'any':>7}" + "".join(f"{name:>17}" for name in names))
    told = {}
    for kind, some in found.items():
        fails = [quality.failed(one) for one in some]
        shares = {"any": sum(map(bool, fails)) / len(some)}
        shares |= {name: sum(name in each for each in fails) / len(some) for name in names}
        told[kind] = {"fills": len(some), **{name: round(share, 3) for name, share in shares.items()}}
        print(f"{kind:<22}{len(some):>8}{shares['any']:>7.0%}" + "".join(f"{shares[name]:>17.0%}" for name in names))
    print(json.dumps({"bench": "checks", "failing": told}))


def _cases(scene: Scene, fills: dict[str, filling.Fill], seed: int) -> Iterator[tuple[str, str, Pixels, Mask, Crop]]:
    """Kind, engine, picture after, holes and crop: as a real edit, the part alone."""
    chance = random.Random(f"{seed}/{scene.name}")
    crops = [crop for crop in masks.crops(scene.mask) if int(masks.cut(scene.mask, crop.core).sum()) >= AREA_MIN]
    if not crops or scene.truth is None:
        return
    crop = chance.choice(crops)
    hole = np.zeros_like(scene.mask)
    masks.cut(hole, crop.core)[:] = masks.cut(scene.mask, crop.core)
    if int(hole.sum()) > AREA_MAX or is_missed(scene, hole):
        return
    source = np.ascontiguousarray(masks.cut(scene.before, crop.window))
    holes = np.ascontiguousarray(masks.cut(scene.mask, crop.window))
    chosen = engines.choose(source, holes, engines.Settings()).engine
    engine = chosen if chosen in fills and not (chosen == "fsr" and holes.sum() > 5000) else "ns"
    after = scene.before.copy()
    masks.cut(after, crop.window)[holes] = fills[engine](source, holes)[holes]
    others = scene.mask & ~hole
    after[others] = scene.truth[others]
    error = difference(after, scene.truth, hole)
    perfect = np.where(hole[..., np.newaxis], scene.truth, after)
    yield "the truth itself", engine, perfect, hole, crop
    kind = "good" if error <= GOOD else "bad" if error >= BAD else "in between"
    yield f"filled, {kind}", engine, after, hole, crop
    for name, spoil in SPOILT.items():
        spoilt = np.where(hole[..., np.newaxis], spoil(perfect, hole, scene.before, chance), after)
        if difference(spoilt, perfect, hole) >= _SPOILT_MIN:
            yield f"spoilt: {name}", engine, spoilt, hole, crop


# ---------------------------------------------------------------- ways to spoil


def _shifted(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """Another colour, by 15 to 30 levels a channel."""
    shift = np.asarray([chance.choice((-1, 1)) * chance.randint(15, 30) for _ in range(3)])
    return np.asarray((fill.astype(np.int16) + shift).clip(0, 255), np.uint8)


def _blurred(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """Smooth where the truth may have texture."""
    return np.asarray(cv2.GaussianBlur(fill, (0, 0), 6), np.uint8)


def _from_elsewhere(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """Another part of the picture."""
    height, width = hole.shape
    return np.roll(fill, (chance.randint(height // 4, height // 2), chance.randint(width // 4, width // 2)), (0, 1))


def _ghost(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """A third of the overlay shows through."""
    return np.asarray(cv2.addWeighted(fill, 0.67, before, 0.33, 0), np.uint8)


def _outline(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """The mask was 3 pixels too small: the overlay's edge is left."""
    inner = cv2.erode(hole.view(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return np.where(inner[..., np.newaxis], fill, before)


def _noisy(fill: Pixels, hole: Mask, before: Pixels, chance: random.Random) -> Pixels:
    """More noise than around."""
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, 14, hole.shape)[..., np.newaxis]
    return np.asarray((fill + noise).clip(0, 255), np.uint8)


SPOILT: dict[str, _Spoils] = {
    "colour": _shifted,
    "blurred": _blurred,
    "from elsewhere": _from_elsewhere,
    "ghost": _ghost,
    "outline left": _outline,
    "noise": _noisy,
}


if __name__ == "__main__":
    main()
