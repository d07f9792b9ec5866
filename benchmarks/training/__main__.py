"""`python -m benchmarks.training FOLDER … --weak FOLDER … --readings FILE [--out MODEL] [--leave-out] [--ablate]`."""

import argparse
import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import msgspec
import numpy as np

from benchmarks.training import learning
from benchmarks.training.examples import Example, example, read
from infra import policy_file
from infra.settings import PoliciesSettings
from processors import features, risk, routing, thresholds
from processors.policies import DEFAULT
from processors.regions import Region
from processors.routing import Context, Policy
from streams import labelled, preview_server
from streams.labelled import LabelledPicture

#: Groups of sources that are left out one after the other.
GROUPS = 6
_CONTEXT = Context(actions=policy_file.read(PoliciesSettings()).of(DEFAULT, "main"))
#: Risks from which a line is left alone while the others are looked at.
KEEP_MIN = 0.6


def main() -> None:
    """Read, learn, say how well, and write the model."""
    cv2.setNumThreads(1)
    asked = _arguments()
    strong = _pictures(asked.folders)
    weak = [_called_weak(one) for one in _pictures(asked.weak)]
    with preview_server.triton(print) as settings:
        readings = asyncio.run(read([*strong, *weak], asked.readings, settings.triton))
    examples = [example(one, readings[one.path], weak=False) for one in strong if one.path in readings]
    examples += [example(one, readings[one.path], weak=True) for one in weak if one.path in readings]
    _show(examples)
    if asked.ablate:
        for name, columns in {"all": (), **features.GROUPS}.items():
            print(f"without {name}" if columns else "with all", flush=True)
            _left_out(examples, learning.UNSEEN | frozenset(columns))
    elif asked.leave_out:
        _left_out(examples, learning.UNSEEN)
    if asked.out:
        _write(examples, asked.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description="Make the risk model.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="labelled pictures")
    parser.add_argument("--weak", nargs="*", type=Path, default=[], help="photographs nearly without overlays")
    parser.add_argument("--readings", type=Path, required=True, help="JSONL in which what was read is kept")
    parser.add_argument("--out", type=Path, help="where the model is written")
    parser.add_argument("--leave-out", action="store_true", help="leave a group of sources out, one after the other")
    parser.add_argument("--ablate", action="store_true", help="the same without each group of features")
    return parser.parse_args()


def _pictures(folders: Sequence[Path]) -> list[LabelledPicture]:
    return [one for folder in folders for one in labelled.read(folder) if one.label != "broken"]


def _called_weak(picture: LabelledPicture) -> LabelledPicture:
    return dataclasses.replace(picture, source=f"{picture.source} (weak)")


def _show(examples: Sequence[Example]) -> None:
    for label in ("none", "printed", "overlay", "mixed", "unknown"):
        of = [one for one in examples if one.picture.label == label]
        lines = Counter(int(each) for one in of for each in one.truth)
        print(f"{label:8} {len(of):5} pictures, lines: {lines[1]} overlay, {lines[0]} printed, {lines[-1]} not known")


# ------------------------------------------------------------------ leaving sources out


def _left_out(examples: Sequence[Example], unseen: frozenset[str]) -> None:
    """Say what becomes of real pictures whose source was not learned from."""
    real = [one for one in examples if not one.picture.rendered and not one.source.endswith("(weak)")]
    groups = _groups(real)
    with ProcessPoolExecutor(2) as pool:
        parts = [([one for one in examples if not _belongs(one, sources)], sources, unseen) for sources in groups]
        tests = [[one for one in real if one.source in sources] for sources in groups]
        chances = list(pool.map(_chances, parts, tests))
    cases = [
        (one, _regions(one, chance))
        for test, found in zip(tests, chances, strict=True)
        for one, chance in zip(test, found, strict=True)
    ]
    for folder in sorted({_folder(one) for one, _ in cases}):
        print(f"  {folder}")
        _report([(one, regions) for one, regions in cases if _folder(one) == folder])


def _folder(one: Example) -> str:
    return one.picture.path.as_posix().removesuffix(f"/{one.picture.file}")


def _report(cases: Sequence[tuple[Example, tuple[Region, ...]]]) -> None:
    """What would be edited at so many false edits, and what is left alone or asked about."""
    clean = [(_risk(regions), one) for one, regions in cases if one.picture.label in ("none", "printed")]
    dirty = [(_risk(regions), one) for one, regions in cases if one.picture.label == "overlay"]
    for allowed in (0, 1, 2, 5):
        limit = sorted(risk for risk, _ in clean)[allowed]
        cleaned = sum(risk < limit for risk, _ in dirty)
        print(
            f"  at {allowed} false edits of {len(clean)}: {cleaned} of {len(dirty)} overlays (risk below {limit:.4f})"
        )
    missed = sum(_fate(regions) == "kept" for one, regions in cases if one.picture.label == "overlay")
    load = sum(_fate(regions) != "kept" for one, regions in cases if one.picture.label in ("none", "printed"))
    print(
        f"  left alone: {missed} of {len(dirty)} overlays; not left alone: {load} of {len(clean)} without", flush=True
    )


def _groups(real: Sequence[Example]) -> list[frozenset[str]]:
    groups: list[set[str]] = [set() for _ in range(GROUPS)]
    sizes = [0] * GROUPS
    for source, count in sorted(Counter(one.source for one in real).items(), key=lambda each: (-each[1], each[0])):
        smallest = sizes.index(min(sizes))
        groups[smallest].add(source)
        sizes[smallest] += count
    return [frozenset(group) for group in groups]


def _belongs(one: Example, sources: frozenset[str]) -> bool:
    return one.source.removesuffix(" (weak)") in sources


def _chances(part: tuple[list[Example], frozenset[str], frozenset[str]], test: list[Example]) -> list[np.ndarray]:
    examples, _, unseen = part
    learned = learning.learn(examples, unseen)
    return [learning.overlay_chance(learned, one.seen) for one in test]


class _Given:
    """Risks that are known already, in the shape that the router wants."""

    digest = ""

    def __init__(self, risks: np.ndarray) -> None:
        self._risks = risks

    def risks(self, seen: features.Seen) -> np.ndarray:
        return self._risks


def _regions(one: Example, chance: np.ndarray) -> tuple[Region, ...]:
    """What the rules make of the lines under these risks."""
    return routing.Router(_Given(1 - chance)).judged(one.seen, Policy(), _CONTEXT)


def _fate(regions: Sequence[Region]) -> str:
    return thresholds.fate(regions, 0.0, KEEP_MIN)[0]


def _risk(regions: Sequence[Region]) -> float:
    """The least risk_max at which the picture is edited; 1 where it never is."""
    going = [one.risk for one in regions if thresholds.verdict(one, thresholds.Thresholds(1.0, KEEP_MIN)) == "remove"]
    if not going or thresholds.fate(regions, 1.0, KEEP_MIN)[0] != "removed":
        return 1.0
    return max(going)


# ------------------------------------------------------------------ writing


def _write(examples: Sequence[Example], out: Path) -> None:
    learned = learning.learn(examples)
    pictures = Counter("rendered" if one.picture.rendered else "real" for one in examples)
    trained_on = ", ".join(f"{count} {kind} pictures" for kind, count in sorted(pictures.items()))
    data = msgspec.json.encode(learning.document(learned, trained_on))
    apart = learning.difference(risk.decode(data), learned, examples[:300])
    if apart > 1e-6:
        raise SystemExit(f"the written model's risks differ by up to {apart:.2g}")
    out.write_bytes(data)
    print(f"{out}: {len(data)} bytes, risks as LightGBM's within {apart:.1g}, calibration {learned.calibration}")


if __name__ == "__main__":
    main()
