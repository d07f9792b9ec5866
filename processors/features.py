"""What is measured of each line of text, for the risk: how it lies, what it lies on, how it looks, what it says.

Everything is relative to the picture or to the line itself. The picture's own size and shape are no features: they say
who made it, not what is on it. `NAMES` is the order of the columns; the risk model was trained on exactly these, so a
change of any of them needs `VERSION` raised and the model trained anew.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import lexicon
from processors.lexicon import Kind, Match
from processors.pictures import Pixels
from processors.regions import Polygon, TextLine

#: Raised whenever a feature changes its meaning.
VERSION: Final = 1

#: lines x features
Table = NDArray[np.float32]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

#: How the line lies in the picture and among the other lines.
PLACE: Final = (
    *("height", "aspect", "skew_deg", "off_centre", "middle_y", "side", "corner", "end_y", "end_x", "area", "upright"),
    *("lines", "straight_share", "aligned", "height_share", "text_area"),
)
#: What the line lies on.
GROUND: Final = (
    *("outside_product", "product_area", "background_share", "plain", "edge", "surface_area", "side_share", "sides"),
    *("ring_spread", "ring_deviation", "ring_background", "ring_product", "ring_luma", "ring_colour", "ring_steep"),
)
#: How its letters look.
LOOK: Final = (
    *("contrast", "stroke_spread", "ground_spread", "ground_slope", "stroke_slope", "shared_slope", "sharp"),
    *("sharp_share", "stroke_colour", "stroke_extreme", "stroke_luma", "stroke_share", "hue_gap", "peak_sharp"),
)
#: What it says: 2 for a strong entry of the lexicon, 1 for a weak one; the share of other lines that say so strongly.
WORDS: Final = (
    *(f"says_{kind}" for kind in KINDS),
    *(f"others_{kind}" for kind in KINDS),
    *("letters", "digits", "capitals", "words", "score", "box_score", "ideographs", "density"),
)
NAMES: Final = (*PLACE, *GROUND, *LOOK, *WORDS)
GROUPS: Final = {"place": PLACE, "ground": GROUND, "look": LOOK, "words": WORDS}

#: Longer side of the thinned copy on which surfaces are found, in pixels.
_THIN_PX = 640
#: Levels between neighbours up to which a surface goes on.
_STEP_MAX = 6
#: Share of the picture's edge from which a plain surface is taken for its background.
_BACKGROUND_MIN = 0.08
#: A line cut out for its looks is at most so high and so wide, in pixels.
_CROP_PX = (48, 640)
#: Share of the picture from which a box is a scene; it does not count among the lines.
_SCENE = 0.35
_KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class LineBox:
    """A line's place: corners in pixels (4 x 2), the upright box around them in shares of the picture, its measures."""

    corners: NDArray[np.float64]
    left: float
    top: float
    right: float
    bottom: float
    #: pixels along and across the letters
    length: float
    height: float
    #: degrees off the nearest axis, 0..45
    skew_deg: float
    #: the letters lie on their side
    upright: bool
    #: share of the picture's area
    area: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """All that is known of a picture's lines."""

    lines: tuple[TextLine, ...]
    boxes: tuple[LineBox, ...]
    found: tuple[tuple[Match, ...], ...]
    #: lines x NAMES
    table: Table

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature of every line."""
        return np.asarray(self.table[:, NAMES.index(name)])


def see(lines: tuple[TextLine, ...], rgb: Pixels) -> Seen:
    """Measure every line; `rgb` is h x w x 3 in the orientation of the polygons."""
    height, width = rgb.shape[:2]
    boxes = tuple(_box(line.polygon, width, height) for line in lines)
    found = tuple(lexicon.matches(line.text) if line.score >= 0.5 else () for line in lines)
    if not lines:
        return Seen(lines, boxes, found, np.zeros((0, len(NAMES)), np.float32))
    layout = _Layout(rgb, lines)
    counted = [is_counted(line, box) for line, box in zip(lines, boxes, strict=True)]
    columns = (
        _places(boxes, counted, width, height),
        _grounds(lines, boxes, layout),
        [_look(rgb, line.polygon, layout.steep99) for line in lines],
        _words(lines, boxes, found, counted),
    )
    rows = [[*place, *ground, *look, *said] for place, ground, look, said in zip(*columns, strict=True)]
    return Seen(lines, boxes, found, np.asarray(rows, np.float32))


def is_counted(line: TextLine, box: LineBox) -> bool:
    """Say whether a line was read well enough to stand for text when others are compared with it."""
    return line.score >= 0.6 and lexicon.letters(line.text) >= 2 and box.area < _SCENE


def gap(one: LineBox, two: LineBox) -> float:
    """Distance between two lines' boxes in heights of the higher one; 0 where they touch."""
    low, high = one.corners.min(axis=0), one.corners.max(axis=0)
    other_low, other_high = two.corners.min(axis=0), two.corners.max(axis=0)
    apart = np.maximum(np.maximum(low - other_high, other_low - high), 0)
    return float(np.hypot(*apart)) / max(one.height, two.height)


# ------------------------------------------------------------------ place


def _box(polygon: Polygon, width: int, height: int) -> LineBox:
    corners = np.asarray(polygon, dtype=np.float64)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    upright = bool(np.hypot(*down) > np.hypot(*across))
    long, short = (down, across) if upright else (across, down)
    length, high = float(np.hypot(*long)), max(1.0, float(np.hypot(*short)))
    angle = float(np.degrees(np.arctan2(long[1], long[0]))) % 90.0
    left, top = (float(each) for each in corners.min(axis=0) / (width, height))
    right, bottom = (float(each) for each in corners.max(axis=0) / (width, height))
    share = length * high / (width * height)
    return LineBox(corners, left, top, right, bottom, length, high, min(angle, 90.0 - angle), upright, share)


def _places(boxes: Sequence[LineBox], counted: Sequence[bool], width: int, height: int) -> list[list[float]]:
    others = [box for box, counts in zip(boxes, counted, strict=True) if counts]
    highest = max((box.height for box in others), default=1.0)
    text_area = sum(box.area for box in others)
    rows = []
    for box in boxes:
        rest = [other for other in others if other is not box]
        rows.append(
            [
                math.log(box.height / min(width, height)),
                math.log(max(1.0, box.length / box.height)),
                box.skew_deg,
                abs((box.left + box.right) / 2 - 0.5),
                (box.top + box.bottom) / 2,
                min(box.left, box.top, 1 - box.right, 1 - box.bottom),
                max(min(box.left, 1 - box.right), min(box.top, 1 - box.bottom)),
                min(box.top, 1 - box.bottom),
                min(box.left, 1 - box.right),
                box.area,
                float(box.upright),
                math.log1p(len(others)),
                sum(other.skew_deg <= 1.5 for other in rest) / len(rest) if rest else 0.5,
                min(6, sum(_aligned(box, other) for other in rest)),
                box.height / highest,
                text_area,
            ]
        )
    return rows


def _aligned(one: LineBox, two: LineBox) -> bool:
    """Say whether two lines nearby share their left, right or middle, as the lines of a paragraph do."""
    low, high = one.corners.min(axis=0), one.corners.max(axis=0)
    other_low, other_high = two.corners.min(axis=0), two.corners.max(axis=0)
    left, right = low[0] - other_low[0], high[0] - other_high[0]
    apart = max(low[1] - other_high[1], other_low[1] - high[1])
    near = bool(apart < 3 * max(one.height, two.height))
    return near and min(abs(left), abs(right), abs(left + right) / 2) < 0.5 * min(one.height, two.height)


# ------------------------------------------------------------------ ground


class _Layout:
    """Plain surfaces, the background and the product, found on a thinned copy of the picture."""

    def __init__(self, rgb: Pixels, lines: Sequence[TextLine]) -> None:
        self.height, self.width = rgb.shape[:2]
        self.step = max(1, -(-max(self.height, self.width) // _THIN_PX))
        self.thin = np.asarray(cv2.medianBlur(np.ascontiguousarray(rgb[:: self.step, :: self.step]), 3), dtype=np.uint8)
        self.steep = _steepness(self.thin)
        self.steep99 = float(np.percentile(self.steep, 99))
        plain = (self.steep <= _STEP_MAX).astype(np.uint8)
        count, surfaces, stats, _ = cv2.connectedComponentsWithStats(plain, connectivity=4)
        self.surfaces = np.asarray(surfaces, dtype=np.int32)
        self.areas = np.asarray(stats)[:, cv2.CC_STAT_AREA] / plain.size
        ends = (self.surfaces[0], self.surfaces[-1], self.surfaces[:, 0], self.surfaces[:, -1])
        #: of each surface: its share of each of the picture's four sides, and of its whole edge; 0: not plain
        self.sides = np.array([np.bincount(end, minlength=count) / end.size for end in ends])
        self.edges = np.bincount(np.concatenate(ends), minlength=count) / sum(end.size for end in ends)
        self.edges[0] = 0.0
        self.background = np.asarray(self.edges >= _BACKGROUND_MIN)[self.surfaces]
        self.text = np.zeros(plain.shape, dtype=np.uint8)
        for line in lines:
            cv2.fillPoly(self.text, [self.thinned(line.polygon)], 1)
        self.product, self.product_area, self.product_box = self._product()

    def thinned(self, polygon: Polygon) -> NDArray[np.int32]:
        """The polygon's corners in pixels of the thinned copy."""
        return np.asarray((np.asarray(polygon, dtype=np.float64) / self.step).round(), dtype=np.int32)

    def _product(self) -> tuple[NDArray[np.bool_], float, tuple[float, float, float, float]]:
        """The largest thing that is not background: where it is, its share, and its box in shares of the picture."""
        things = (~self.background & (self.text == 0)).astype(np.uint8)
        things = np.asarray(cv2.morphologyEx(things, cv2.MORPH_OPEN, _KERNEL), dtype=np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(things, connectivity=8)
        if count < 2:
            return np.zeros(things.shape, dtype=np.bool_), 0.0, (0.0, 0.0, 1.0, 1.0)
        largest = 1 + int(np.asarray(stats)[1:, cv2.CC_STAT_AREA].argmax())
        left, top, width, height, area = (int(each) for each in stats[largest])
        across, down = self.step / self.width, self.step / self.height
        box = (left * across, top * down, (left + width) * across, (top + height) * down)
        return np.asarray(labels == largest), area / things.size, box

    def ring(self, polygon: Polygon, height: float) -> tuple[tuple[slice, slice], NDArray[np.bool_]] | None:
        """The window around a line and, within it, the pixels just around it; None where there are too few.

        Other lines are left out, unless nothing else is there.
        """
        corners = self.thinned(polygon)
        reach = max(2, int(0.35 * height / self.step))
        low = np.maximum(corners.min(axis=0) - reach - 1, 0)
        high = corners.max(axis=0) + reach + 2
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        inner = np.zeros(self.text[window].shape, dtype=np.uint8)
        if inner.size == 0:
            return None
        cv2.fillPoly(inner, [(corners - low).astype(np.int32)], 1)
        outer = np.asarray(cv2.dilate(inner, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))) > 0
        for around in (outer & (self.text[window] == 0), outer & (inner == 0)):
            if around.sum() >= 8:
                return window, around
        return None


def _steepness(rgb: Pixels) -> Pixels:
    """Return the largest step, in levels, from a pixel to its four neighbours in any channel."""
    steep = np.zeros(rgb.shape[:2], dtype=np.uint8)
    across, along = _most(rgb[:, 1:], rgb[:, :-1]), _most(rgb[1:], rgb[:-1])
    for part, steps in ((steep[:, 1:], across), (steep[:, :-1], across), (steep[1:], along), (steep[:-1], along)):
        np.maximum(part, steps, out=part)
    return steep


def _most(one: Pixels, two: Pixels) -> Pixels:
    """The largest difference of three channels; ten times as fast as numpy's maximum over a short axis."""
    if not one.size:
        # OpenCV refuses pictures one pixel wide.
        return np.zeros(one.shape[:2], dtype=np.uint8)
    apart = cv2.absdiff(one, two)
    return np.asarray(np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2]), dtype=np.uint8)


def _grounds(lines: Sequence[TextLine], boxes: Sequence[LineBox], layout: _Layout) -> list[list[float]]:
    left, top, right, bottom = layout.product_box
    share = float(layout.background.mean())
    rows = []
    for line, box in zip(lines, boxes, strict=True):
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        outside = max(left - x, x - right, top - y, y - bottom)
        rows.append([outside, layout.product_area, share, *_around(line.polygon, box.height, layout)])
    return rows


def _around(polygon: Polygon, height: float, layout: _Layout) -> list[float]:
    """The last twelve of GROUND: what the ring around the line is made of."""
    ring = layout.ring(polygon, height)
    if ring is None:
        return [0.0] * 12
    window, around = ring
    surfaces = layout.surfaces[window][around]
    counts = np.bincount(surfaces)
    counts[0] = 0
    surface = int(counts.argmax())
    colours = layout.thin[window][around].astype(np.float32)
    return [
        float(counts[surface] / surfaces.size),
        float(layout.edges[surface]),
        float(layout.areas[surface]) if surface else 0.0,
        float(layout.sides[:, surface].max()) if surface else 0.0,
        float((layout.sides[:, surface] > 0.05).sum()) if surface else 0.0,
        float(colours.std(axis=0).mean()),
        float(np.median(np.abs(colours - np.median(colours, axis=0)))),
        float(layout.background[window][around].mean()),
        float(layout.product[window][around].mean()),
        float(colours.mean()),
        float((colours.max(axis=1) - colours.min(axis=1)).mean()),
        float(np.median(layout.steep[window][around])),
    ]


# ------------------------------------------------------------------ look


def _look(rgb: Pixels, polygon: Polygon, steep99: float) -> list[float]:
    """How the letters look against what is just behind them; LOOK names the columns, levels are 0..255."""
    crop = _crop(rgb, polygon)
    if crop is None:
        return [0.0] * len(LOOK)
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = grey > level
    # Letters touch the crop's border less than what is behind them.
    border = np.concatenate((bright[0], bright[-1], bright[:, 0], bright[:, -1])).mean()
    stroke = ~bright if border > 0.5 else bright
    if stroke.sum() < 4 or (~stroke).sum() < 4:
        return [0.0] * len(LOOK)
    inside, behind = _eroded(stroke), _eroded(~stroke)
    colours, levels = crop.astype(np.float32), grey.astype(np.float32)
    ink, ground = np.median(colours[inside], axis=0), np.median(colours[behind], axis=0)
    contrast = max(8.0, float(np.abs(ink - ground).max()))
    steep = np.hypot(cv2.Sobel(levels, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(levels, cv2.CV_32F, 0, 1, ksize=3)) / 4
    sharp, peak = (float(each) for each in np.percentile(steep, (95, 99.5)))
    ground_slope, stroke_slope = _slope(levels, behind), _slope(levels, inside)
    return [
        contrast,
        float(colours[inside].std(axis=0).mean()),
        float(colours[behind].std(axis=0).mean()),
        abs(ground_slope),
        abs(stroke_slope),
        ground_slope * stroke_slope / (ground_slope**2 + stroke_slope**2 + 4),
        sharp / contrast,
        sharp / max(8.0, steep99),
        float(ink.max() - ink.min()),
        float(np.minimum(ink, 255 - ink).max()),
        float(ink.mean()),
        float(stroke.mean()),
        float(np.abs((ink - ink.mean()) - (ground - ground.mean())).max()),
        peak / contrast,
    ]


def _crop(rgb: Pixels, polygon: Polygon) -> Pixels | None:
    """Cut a line out, straightened, not larger than _CROP_PX; None where it lies outside the picture."""
    corners = np.asarray(polygon, dtype=np.float32)
    across, down = float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))
    ratio = min(1.0, _CROP_PX[0] / max(1.0, min(across, down)), _CROP_PX[1] / max(1.0, across, down))
    width, height = max(4, round(across * ratio)), max(4, round(down * ratio))
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    piece = rgb[top : max(top, bottom), left : max(left, right)]
    if piece.size == 0:
        return None
    corners = corners - np.array([left, top], np.float32)
    if ratio < 0.7:
        # No aliasing, and a bounded cost for a large line.
        size = max(2, int(piece.shape[1] * ratio)), max(2, int(piece.shape[0] * ratio))
        piece = np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        corners = corners * np.float32(ratio)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, flat)
    straight = cv2.warpPerspective(
        np.ascontiguousarray(piece), warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(straight, dtype=np.uint8)


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without its blurred rim, or as it is where nothing would be left."""
    inner = np.asarray(cv2.erode(mask.astype(np.uint8), _KERNEL), dtype=np.uint8) > 0
    return np.asarray(inner if inner.sum() >= 12 else mask)


def _slope(levels: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Levels by which the masked pixels change over half the line's length."""
    height, width = levels.shape
    along = np.linspace(-1, 1, width)[np.newaxis] if width >= height else np.linspace(-1, 1, height)[:, np.newaxis]
    x, y = np.broadcast_to(along, levels.shape)[mask], levels[mask]
    return float(((x - x.mean()) * (y - y.mean())).mean() / max(1e-3, x.var()))


# ------------------------------------------------------------------ words


def _words(
    lines: Sequence[TextLine],
    boxes: Sequence[LineBox],
    found: Sequence[Sequence[Match]],
    counted: Sequence[bool],
) -> list[list[float]]:
    strong = [{match.kind for match in matches if match.strong} for matches in found]
    weak = [{match.kind for match in matches} for matches in found]
    heard = Counter(kind for kinds, counts in zip(strong, counted, strict=True) if counts for kind in kinds)
    total = max(1, sum(counted))
    rows = []
    for line, box, loud, soft, counts in zip(lines, boxes, strong, weak, counted, strict=True):
        number = lexicon.letters(line.text)
        letters = [char for char in line.text if char.isalpha()]
        rows.append(
            [
                *(2.0 if kind in loud else float(kind in soft) for kind in KINDS),
                *((heard[kind] - (counts and kind in loud)) / total for kind in KINDS),
                min(number, 40),
                sum(char.isdigit() for char in line.text) / max(1, len(line.text)),
                sum(char.isupper() for char in letters) / max(1, len(letters)),
                min(8, len(line.text.split())),
                line.score,
                line.box_score,
                float(any(ord(char) > 0x2E80 for char in line.text)),
                number * box.height / max(1.0, box.length),
            ]
        )
    return rows
