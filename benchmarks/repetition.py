"""What repetition is worth: on how many labelled pictures a line is repeated, each source taken for one merchant.

    cleanplate clean images --out out --results out/results.jsonl      (in the labelled folder)
    python -m benchmarks.repetition FOLDER FOLDER/out/results.jsonl

A picture counts where a line of it was seen at the same place on so many others; once for all its lines, once for those
that stand near a side alone.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageOps

from processors import sightings, views
from processors.regions import Region
from streams import labelled, previewing
from streams.repetition import Element, Tally

TIMES = (1, 2, 3)
#: Distance to the nearest side, as a share of the shorter one, up to which a line stands near it.
NEAR = 0.15


def main(folder: Path, results: Path) -> None:
    """Measure and print; the last line is JSON."""
    by_file = {line.path: line for line in previewing.read_lines(results)}
    tally, seen = Tally(10**6), []
    for picture in labelled.read(folder):
        result = next((by_file[name] for name in (picture.file, picture.path.as_posix()) if name in by_file), None)
        if result is None or not result.regions:
            seen.append((picture, "", []))
            continue
        found = list(_sightings(picture.path, result.regions))
        for one in sorted(found, key=lambda one: one.gap)[: sightings.PER_PICTURE]:
            tally.add(Element(picture.source, one.mark.mark_id, picture.file), result.sha256)
        seen.append((picture, result.sha256, found))
    totals: Counter[str] = Counter()
    counts: Counter[tuple[str, str, int]] = Counter()
    for picture, sha256, found in seen:
        totals[picture.label] += 1
        for where, some in (("anywhere", found), ("near a side", [one for one in found if one.gap <= NEAR])):
            most = max((tally.others(picture.source, one.near, picture.file, sha256) for one in some), default=0)
            counts.update((picture.label, where, times) for times in TIMES if most >= times)
    _print(totals, counts)


def _sightings(path: Path, regions: tuple[Region, ...]) -> Iterator[sightings.Sighting]:
    with Image.open(path) as image:
        orientation = int(image.getexif().get(0x0112, 1))
        size = ImageOps.exif_transpose(image).size
    placement = views.Placement(orientation if 1 <= orientation <= 8 else 1, *size)
    for region in regions:
        upright = replace(region, polygon=placement.to_upright(region.polygon))
        if region.rule not in sightings.NO_MARKS and (one := sightings.seen(upright, size)) is not None:
            yield one


def _print(totals: Counter[str], counts: Counter[tuple[str, str, int]]) -> None:
    print(f"{'label':<10} {'pictures':>8}  {'lines':<12}" + "".join(f"{f'≥ {times} others':>12}" for times in TIMES))
    for label in sorted(totals):
        for where in ("anywhere", "near a side"):
            cells = "".join(f"{counts[label, where, times]:>12}" for times in TIMES)
            print(f"{label:<10} {totals[label]:>8}  {where:<12}{cells}")
    rows = {f"{label}, {where}, {times}": count for (label, where, times), count in sorted(counts.items())}
    print(json.dumps({"bench": "repetition", "pictures": totals, "repeated": rows}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
