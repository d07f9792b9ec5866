"""`make bench-inpaint`: inpainting engines side by side, on exact masks and on our own, where the truth is known.

Over the exact pairs of a labelled folder and over overlays rendered on photos that were not trained on. Runs on the
Python of Triton's models, whose OpenCV has FSR, on one core. Then the time and memory of mask and inpainting by size.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# Behind the models' own numpy and OpenCV, which are imported by now.
sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

from benchmarks import on_models_python
from benchmarks.inpainting import cases, contest, marking
from benchmarks.inpainting.cases import Case
from benchmarks.inpainting.contest import Score
from benchmarks.inpainting.fillers import SLOW, SLOW_MAX_PX, WEIGHTS, fillers

#: Sizes of pictures, in megapixels, for time and memory.
SIZES = (1, 4, 25)
#: Recall of an own mask from which it holds the overlay, so that what is left of it does not drown the engines.
HOLDS = 0.9
_HEAD = ("dB", "SSIM", "dE2000", "GMSD", "FLIP", "ms/region", "+ dB", "better", "no worse", "worst dB")


def main() -> None:
    """Measure and print; the last line is JSON."""
    cv2.setNumThreads(1)
    options = _options()
    began = time.perf_counter()
    engines, marker = fillers(options.model, options.lama), marking.Marker(options.strokes)
    found: dict[str, list[Mapping[str, Score]]] = defaultdict(list)
    likeness: dict[str, list[dict[str, float]]] = defaultdict(list)
    scripts: Counter[str] = Counter()
    details: list[dict[str, Any]] = []
    for number, case in enumerate(_cases(options)):
        marked = marker(case.shown, case.lines)
        clear = bool(marked.regions) and all(line.separated for line in marked.regions)
        scripts.update([case.script] if case.group == "rendered" else [])
        likeness[case.group].append({**marking.likeness(marked.mask, case.truth), "clear": float(clear)})
        for name, mask in (("exact", case.exact()), ("own", marked.mask)):
            # A logo without words has no line, so no mask of ours either.
            if mask.any():
                scores = contest.scores(case, mask, engines)
                found[f"{name} masks, {contest.surroundings(case, mask)} surroundings"].append(scores)
                for title in _titles(case, name, likeness[case.group][-1], scores):
                    found[title].append(scores)
                details.append(_detail(case, name, likeness[case.group][-1], scores))
        if number % 20 == 19:
            print(f"{number + 1} pictures, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    if options.details:
        options.details.write_text("".join(f"{json.dumps(row)}\n" for row in details))
    tables = {title: contest.summed_up(rows) for title, rows in sorted(found.items())}
    similar = {
        group: {key: float(np.mean([one[key] for one in rows])) for key in rows[0]} for group, rows in likeness.items()
    }
    took_s, core_s = time.perf_counter() - began, time.process_time()
    _print(tables, similar, scripts)
    speed = [_speed(megapixels, options.model, options.strokes) for megapixels in SIZES]
    _print_speed(speed)
    told = {
        "masks": similar,
        "scripts": dict(scripts),
        "speed": speed,
        "contest_s": round(took_s),
        "core_s": round(core_s),
    }
    print(json.dumps({"bench": "inpaint", "tables": tables, **told}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-inpaint", description=__doc__)
    parser.add_argument("--data", type=Path, help="labelled folder with pairs/; its pictures without text are grounds")
    parser.add_argument("--photos", type=Path, help="photos of which the training leaves a part out: grounds too")
    parser.add_argument("--count", type=int, default=300, help="how many overlays are rendered")
    parser.add_argument("--lama", type=Path, help="lama_fp32.onnx, to compare with")
    parser.add_argument("--model", type=Path, default=WEIGHTS, help="another file than the one that is shipped")
    parser.add_argument("--strokes", type=Path, default=marking.WEIGHTS, help="the same for the stroke network")
    parser.add_argument("--details", type=Path, help="JSONL to write, a line for each picture and mask")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    if options.data:
        yield from cases.pairs(options.data)
    yield from cases.rendered(cases.album(options.photos, options.data), options.count)


def _titles(case: Case, mask: str, likeness: dict[str, float], scores: Mapping[str, Score]) -> Iterator[str]:
    """The tables that a picture belongs to: slow engines stand in those of small crops alone."""
    names = [f"{case.group}, {mask} masks"]
    if mask == "own" and likeness["recall"] >= HOLDS:
        names.append(f"{case.group}, own masks with a recall from {HOLDS:g}")
    for name in names:
        yield name
        if set(SLOW) <= scores.keys():
            yield f"{name}, crops up to {SLOW_MAX_PX:,} px"


def _detail(case: Case, mask: str, likeness: dict[str, float], scores: Mapping[str, Score]) -> dict[str, Any]:
    psnr = {name: round(score.figures["psnr"], 3) for name, score in scores.items()}
    return {"name": case.name, "group": case.group, "script": case.script, "mask": mask, **likeness, "psnr": psnr}


def _mean(rows: list[dict[str, float]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def _print(tables: Mapping[str, Any], similar: Mapping[str, dict[str, float]], scripts: Counter[str]) -> None:
    print(f"rendered in {len(scripts)} scripts: {', '.join(f'{name} {n}' for name, n in scripts.most_common())}")
    for group, figures in similar.items():
        print(f"own masks of {group}: " + ", ".join(f"{key} {value:.3f}" for key, value in figures.items()))
    for title, rows in tables.items():
        print(f"\n{title}")
        print(f"  {'engine':<12}{'pictures':>9}" + "".join(f"{name:>10}" for name in _HEAD))
        for name, row in rows.items():
            print(
                f"  {name:<12}{row['pictures']:>9}{row['psnr']:>10.2f}{row['ssim']:>10.3f}{row['delta_e']:>10.2f}"
                f"{row['gmsd']:>10.4f}{row['flip']:>10.4f}{row['ms_a_region']:>10.1f}{row['over_telea_db']:>+10.2f}"
                f"{row['better_share']:>10.1%}{row['not_worse_share']:>10.1%}{row['worst_db']:>+10.2f}"
            )
    print("\n+ dB, better, no worse, worst dB: against Telea on the same pictures, by PSNR")


def _speed(megapixels: int, *weights: Path) -> dict[str, Any]:
    command = on_models_python.command(
        "benchmarks.inpainting.speed", [str(megapixels), *(str(file.absolute()) for file in weights)]
    )
    done = subprocess.run(
        command,
        env=on_models_python.environment(),
        cwd=on_models_python.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _print_speed(speed: list[dict[str, Any]]) -> None:
    print("\nmask and inpainting together, ms of one core")
    names = list(speed[0]["regions"][0]["edit_ms"])
    print(f"  {'picture':<10}{'region':<12}{'masked px':>10}{'mask':>8}" + "".join(f"{name:>9}" for name in names))
    for size in speed:
        for row in size["regions"]:
            region = f"{row['region'][0]}x{row['region'][1]}"
            cells = "".join(f"{row['edit_ms'][name]:>9.1f}" for name in names)
            print(f"  {size['megapixels']:g} MP{'':<5}{region:<12}{row['masked_px']:>10}{row['mask_ms']:>8.1f}{cells}")
    for size in speed:
        memory = size["memory"]
        print(
            f"  {size['megapixels']:g} MP: the picture is {memory['picture_mb']} MB; an edit with the own net takes "
            f"{memory['one_region_mb']} MB more for one region, "
            f"{memory['all_over_mb']} MB for {memory['all_over_regions']}"
        )


if __name__ == "__main__":
    main()
