"""Renders a labelled set: `python -m benchmarks.rendering PHOTOS OUT --count 300 --seed 1`."""

import argparse
import sys
import time
from pathlib import Path

import cv2

from benchmarks.rendering import fonts, photos, sets, sheets


def main() -> None:
    """Read the command line, write the set, say what is in it."""
    options = _options()
    # A picture takes a core; more of them would only get in the way of what else runs.
    cv2.setNumThreads(1)
    try:
        plan = sets.Plan(
            photos.album(options.photos, options.photos_part, options.readings),
            fonts.installed(options.scripts),
            options.seed,
            options.scripts,
            frozenset(options.kinds),
        )
    except (fonts.FontMissingError, FileNotFoundError) as error:
        sys.exit(str(error))
    started = time.perf_counter()
    sheet = sheets.Sheet() if options.sheet else None
    labels: dict[str, int] = {}
    for made in sets.write(plan, options.count, options.out, clean=options.clean):
        label = made.scene.label()
        labels[label] = labels.get(label, 0) + 1
        if sheet is not None:
            sheet.add(made)
    if sheet is not None:
        sheet.save(options.sheet)
    told = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
    print(f"{options.out}: {told}; {options.count / (time.perf_counter() - started):.1f} pictures/s")


def _part(text: str) -> tuple[int, int]:
    k, _, n = text.partition("/")
    if not (k.isdigit() and n.isdigit() and int(k) < int(n)):
        raise argparse.ArgumentTypeError(f"{text!r} is not k/n with k < n, like 0/2")
    return int(k), int(n)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rendering", description=__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="a folder of photos, or its index.csv")
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="folder to write images, masks, index.csv, truth.jsonl into"
    )
    parser.add_argument("--count", type=int, default=300, help="how many pictures")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, photos and fonts: the same bytes")
    parser.add_argument(
        "--kinds", nargs="+", choices=sets.KINDS, default=sets.KINDS, metavar="KIND", help=", ".join(sets.KINDS)
    )
    parser.add_argument(
        "--scripts",
        nargs="+",
        choices=fonts.SCRIPTS,
        default=fonts.SCRIPTS,
        metavar="SCRIPT",
        help=", ".join(fonts.SCRIPTS),
    )
    parser.add_argument(
        "--photos-part", type=_part, default=(0, 1), metavar="k/n", help="photos whose hash leaves k when divided by n"
    )
    parser.add_argument(
        "--readings", type=Path, help="results file of `cleanplate clean` on the photos: those with text are not clean"
    )
    parser.add_argument("--clean", action="store_true", help="also write what each picture is without its overlays")
    parser.add_argument("--sheet", type=Path, help="also write a contact sheet of up to 120 pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
