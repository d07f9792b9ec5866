"""`python -m benchmarks.networks fill|strokes`: the weights under inference/weights, from photos and rendered sets."""

import argparse
import csv
from pathlib import Path
from random import Random

from benchmarks.networks import fill, strokes

#: masks taken of each rendered set, and photos on which progress is told
_MASKS, _CHECKED = 500, 150


def main() -> None:
    """Train one of the two networks; what a run has reached is kept beside `--out` and taken up again."""
    arguments = _arguments()
    if arguments.network == "strokes":
        sources = strokes.Sources(arguments.sets, arguments.held_out)
        strokes.train(sources, arguments.steps, arguments.seed, arguments.out)
        return
    photos, held_out = _photos(arguments.photos, arguments.held_out)
    masks = [path for folder in arguments.sets for path in sorted((folder / "masks").iterdir())[:_MASKS]]
    Random(arguments.seed).shuffle(masks)
    fill.train(fill.Sources(photos, masks, held_out[:_CHECKED]), arguments.steps, arguments.seed, arguments.out)


def _photos(index: Path, held_out: tuple[int, int]) -> tuple[list[Path], list[Path]]:
    """Photos to learn from and those held out, whose hash falls into part k of n (as in rendering.photos)."""
    with index.open(newline="") as file:
        rows = list(csv.DictReader(file))
    own: tuple[list[Path], list[Path]] = [], []
    for row in rows:
        own[int(row["sha256"][:8], 16) % held_out[1] == held_out[0]].append(index.parent / row["file"])
    return own


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks", description=__doc__)
    parser.add_argument("network", choices=("fill", "strokes"))
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders of python -m benchmarks.rendering")
    parser.add_argument("--photos", type=Path, metavar="INDEX", help="index.csv of the photos; fill needs it")
    parser.add_argument("--held-out", type=_part, default="0/5", metavar="K/N", help="photos that are not learned from")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--out", type=Path, required=True, help="the .onnx; the state of training stands beside it")
    arguments = parser.parse_args()
    if arguments.network == "fill" and arguments.photos is None:
        parser.error("fill learns from photos: --photos INDEX")
    return arguments


def _part(text: str) -> tuple[int, int]:
    k, _, n = text.partition("/")
    return int(k), int(n)


if __name__ == "__main__":
    main()
