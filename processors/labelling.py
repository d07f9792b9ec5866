"""Labels out of answers: what a person's word about an edit says of the lines of text in the picture.

What the answer takes away is overlay. What it leaves standing belongs to the picture: the person saw it and let it be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from processors.judging import Label, TrueLine
from processors.pictures import Mask
from processors.regions import Polygon, Region

#: Share of a line that a person's mask covers, from which the line was meant to go.
COVERED_MIN = 0.5
#: The same up to which it was meant to stay: brushes are wide, and lines stand close. Between the two nobody knows.
TOUCHED_MAX = 0.1
#: Rules by which a box is kept because it is no text.
_NO_TEXT = ("scene", "no_text")
#: Reasons of tasks that doubt how the edit looks and not whether the text may go.
_OF_THE_EDIT = ("quality_", "strokes_")


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of a picture after an answer."""

    label: Label
    lines: tuple[TrueLine, ...]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """An answer from which no label follows."""

    why: Literal["nothing was proposed", "the fill was in doubt, not the text", "a line is partly masked", "no text"]


def accepted(regions: Sequence[Region], mask: Mask) -> Labels | Unsaid:
    """After `accept`; `mask` (h x w, stored orientation) is that of the edit."""
    lines = [
        _line(region, "printed" if region.verdict == "keep" else "overlay")
        for region in _texts(regions)
        if region.verdict == "keep" or _covered(region.polygon, mask, None) > 0
    ]
    if not any(line.label == "overlay" for line in lines):
        return Unsaid("no text")
    return _labels(lines)


def rejected(regions: Sequence[Region], reason: str, *, proposed: bool) -> Labels | Unsaid:
    """After `reject`; `reason` is that of the ruling, `proposed` says whether there was an edit to accept."""
    if not proposed:
        return Unsaid("nothing was proposed")
    if reason.startswith(_OF_THE_EDIT):
        return Unsaid("the fill was in doubt, not the text")
    lines = [_line(region, "printed") for region in _texts(regions)]
    return _labels(lines) if lines else Unsaid("no text")


def masked(regions: Sequence[Region], drawn: Mask, proposed: Mask | None) -> Labels | Unsaid:
    """After `mask`; `drawn` is what changed by the person's mask, `proposed` what the edit would have changed.

    Both are h x w, stored orientation. A line of which letters were told from their ground is covered where its letters
    are, so that it is all one whether the person drew a box or along the letters.
    """
    lines = []
    for region in _texts(regions):
        share = _covered(region.polygon, drawn, proposed)
        if TOUCHED_MAX < share < COVERED_MIN:
            return Unsaid("a line is partly masked")
        lines.append(_line(region, "overlay" if share >= COVERED_MIN else "printed"))
    printed = any(line.label == "printed" for line in lines)
    # The person marked something, be it a line that nobody had found.
    return Labels("mixed" if printed else "overlay", tuple(lines))


def contradict(one: Labels, other: Labels) -> bool:
    """Say whether two answers about the same picture cannot both be right."""
    known = {line.polygon: line.label for line in one.lines}
    return one.label != other.label or any(known.get(line.polygon, line.label) != line.label for line in other.lines)


def _labels(lines: Sequence[TrueLine]) -> Labels:
    said = {line.label for line in lines}
    return Labels("mixed" if len(said) > 1 else "overlay" if "overlay" in said else "printed", tuple(lines))


def _texts(regions: Sequence[Region]) -> list[Region]:
    return [region for region in regions if region.verdict != "keep" or region.rule not in _NO_TEXT]


def _line(region: Region, label: Literal["overlay", "printed"]) -> TrueLine:
    corners = np.asarray(region.polygon, dtype=np.float64)
    sides = np.hypot(*(corners[[1, 3]] - corners[0]).T)
    return TrueLine(region.polygon, label, region.text, region.rule, height_px=round(float(sides.min()), 1))


def _covered(polygon: Polygon, mask: Mask, letters: Mask | None) -> float:
    """Share of a line that a mask covers, 0..1: of its letters where they are known, else of its polygon."""
    corners = np.asarray(polygon, dtype=np.float64).round().astype(np.int32)
    height, width = mask.shape
    left, top = np.clip(corners.min(axis=0), 0, (width, height))
    right, bottom = np.clip(corners.max(axis=0) + 1, 0, (width, height))
    inside = np.zeros((bottom - top, right - left), dtype=np.uint8)
    if not inside.size:
        return 0.0
    cv2.fillPoly(inside, [corners - (left, top)], 1)
    of = inside > 0
    if letters is not None and (of & letters[top:bottom, left:right]).any():
        of &= letters[top:bottom, left:right]
    return float((of & mask[top:bottom, left:right]).sum() / max(1, of.sum()))
