"""A contact sheet of the edits that are probably the worst: before, mask, after, and how much changed where.

`python -m benchmarks.worst RESULTS --out SHEET.png --count 40`, with the results of `cleanplate clean` or `evaluate`;
from the folder in which these ran, since a result line names its picture as the command line did.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from processors import decoding, views
from processors.masks import Box, cut
from processors.pictures import Pixels
from streams import differences, previewing, sheets
from streams.previewing import ResultLine

#: Share of the mask's extent that is shown around it, and pixels at least.
_AROUND, _AROUND_MIN_PX = 0.15, 24
#: Rows side by side.
_ACROSS = 2


def main() -> None:
    """Order the edits by the error that is to be expected, and draw the first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worst", description=__doc__)
    parser.add_argument("results", type=Path, metavar="RESULTS", help="result lines of `cleanplate clean`")
    parser.add_argument("--out", type=Path, required=True, help="the sheet, a PNG")
    parser.add_argument("--count", type=int, default=40)
    asked = parser.parse_args()
    lines = worst(previewing.read_lines(asked.results))[: asked.count]
    sheets.write(asked.out, [(_title(line), pictures(line, asked.results.parent)) for line in lines], _ACROSS)
    for line in lines:
        print(f"{line.metrics['predicted_error']:6.2f}  {line.outcome:<8} {line.reason:<24} {line.path}")
    reasons = dict(Counter(line.reason for line in lines).most_common())
    print(json.dumps({"bench": "worst", "shown": len(lines), "reasons": reasons}))


def worst(lines: Iterable[ResultLine]) -> list[ResultLine]:
    """The lines with an edit, the worst by predicted error first."""
    edited = [line for line in lines if line.result and "predicted_error" in line.metrics]
    return sorted(edited, key=lambda line: -line.metrics["predicted_error"])


def pictures(line: ResultLine, beside: Path) -> tuple[Pixels, Pixels, Pixels, Pixels]:
    """Before, mask, after and heat map, of the part that was masked and what is around it."""
    assert line.mask and line.result, "only lines with an edit are shown"
    before, mask, after = (_colour(path) for path in (Path(line.path), beside / line.mask, beside / line.result))
    window = _window(mask.max(axis=2) > 0)
    shown = [cut(plane, window) for plane in (before, mask, after, differences.heat(before, after))]
    return shown[0], shown[1], shown[2], shown[3]


def _colour(path: Path) -> Pixels:
    return views.colour(decoding.decode(path.read_bytes()))


def _window(mask: np.ndarray) -> Box:
    left, top, wide, tall = cv2.boundingRect(mask.view(np.uint8))
    more = max(_AROUND_MIN_PX, round(_AROUND * max(wide, tall)))
    height, width = mask.shape
    return max(0, left - more), max(0, top - more), min(width, left + wide + more), min(height, top + tall + more)


def _title(line: ResultLine) -> str:
    error, upper = line.metrics["predicted_error"], line.metrics.get("predicted_error_upper", float("nan"))
    return f"{error:.1f} (up to {upper:.1f})  {line.outcome}, {line.reason}  {Path(line.path).name}"


if __name__ == "__main__":
    main()
