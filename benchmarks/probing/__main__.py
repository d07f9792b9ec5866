"""`python -m benchmarks.on_models_python benchmarks.probing PHOTOS --kept FOLDER`, see docs/predicted-error.md."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path

# Behind the models' own numpy and OpenCV, which are imported first.
import cv2

sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

import msgspec

from benchmarks.inpainting import fillers, marking
from benchmarks.probing import filling, fitting, samples, scenes
from benchmarks.probing.samples import Sample
from benchmarks.probing.scenes import Scene
from processors import predicted_error

#: Photographs by their hash: what is learned from, and what is judged; the network of ours was taught on neither.
LEARNED_PART, JUDGED_PART = (0, 10), (5, 10)
_CHUNK = 10


def main() -> None:
    """Make the samples that are not kept yet, learn from those of one half, judge on the other, write the model."""
    asked = _arguments()
    learned_from = _samples(asked, LEARNED_PART, asked.seed, asked.count, "learned", probes=True)
    judged_on = _samples(asked, JUDGED_PART, asked.seed + 1, asked.judged, "judged", probes=False)
    probes = [one for one in learned_from if one.what == "probe"]
    of = f"{len({one.picture for one in probes})} pictures, seed {asked.seed}, {len(probes)} probes"
    data = fitting.learned(learned_from, of)
    model = predicted_error.decode(data)
    told = {}
    for name, some in _groups(judged_on):
        found = told[name] = asdict(fitting.judged(model, some))
        print(f"{name:>8} " + ", ".join(f"{key} {value}" for key, value in found.items()))
    if asked.out:
        asked.out.write_bytes(data)
        print(f"{asked.out}: {len(data)} bytes, learned from {of}")
    print(json.dumps({"bench": "probing", "learned_from": len(probes), "judged": told}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probing", description=__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="photographs, as benchmarks.rendering takes them")
    parser.add_argument("--results", type=Path, nargs="*", default=[], help="edits to probe too (cleanplate clean)")
    parser.add_argument("--weights", type=Path, default=fillers.WEIGHTS, help="ONNX file of the inpainting network")
    parser.add_argument("--strokes", type=Path, default=marking.WEIGHTS, help="the same of the stroke network")
    parser.add_argument("--seed", type=int, default=11, help="of the rendered pictures; the next one for those judged")
    parser.add_argument("--count", type=int, default=400, help="rendered pictures to learn from")
    parser.add_argument("--judged", type=int, default=400, help="rendered pictures to judge on")
    parser.add_argument("--kept", type=Path, required=True, help="folder in which samples are kept, for another run")
    parser.add_argument("--out", type=Path, help="where the model is written")
    return parser.parse_args()


def _groups(judged: Sequence[Sample]) -> Iterator[tuple[str, list[Sample]]]:
    """What the rule of engines chose, then every engine."""
    yield "chosen", [one for one in judged if one.chosen]
    for engine in sorted({one.engine for one in judged}):
        yield engine, [one for one in judged if one.engine == engine]


def _samples(
    asked: argparse.Namespace, part: tuple[int, int], seed: int, count: int, name: str, *, probes: bool
) -> list[Sample]:
    kept = asked.kept / f"{name}.jsonl"
    if not kept.is_file():
        asked.kept.mkdir(parents=True, exist_ok=True)
        made = _made(asked, part, seed, count, probes)
        kept.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in made))
    return [msgspec.json.decode(line, type=Sample) for line in kept.read_bytes().splitlines()]


def _made(asked: argparse.Namespace, part: tuple[int, int], seed: int, count: int, probes: bool) -> list[Sample]:
    chunks = [range(first, min(count, first + _CHUNK)) for first in range(0, count, _CHUNK)]
    render = partial(_of_rendered, asked.photos, asked.weights, asked.strokes, part, seed, probes)
    with ProcessPoolExecutor() as pool:
        found = []
        for number, some in enumerate(pool.map(render, chunks), start=1):
            found += some
            print(f"{number * _CHUNK} of {count} pictures, {len(found)} fills", file=sys.stderr, flush=True)
        of_results = partial(_of_results, asked.weights, seed)
        return found + list(chain.from_iterable(pool.map(of_results, asked.results if probes else ())))


def _of_rendered(
    photos: Path, weights: Path, strokes: Path, part: tuple[int, int], seed: int, probes: bool, numbers: range
) -> list[Sample]:
    return _of(scenes.rendered(photos, part, seed, numbers, marking.Marker(strokes)), weights, seed, probes)


def _of_results(weights: Path, seed: int, results: Path) -> list[Sample]:
    return _of(scenes.edited(results), weights, seed, True)


def _of(found: Iterable[Scene], weights: Path, seed: int, probes: bool) -> list[Sample]:
    cv2.setNumThreads(1)
    engines = filling.fills(weights)
    return [one for scene in found for one in samples.of_scene(scene, engines, seed, probes=probes)]


if __name__ == "__main__":
    main()
