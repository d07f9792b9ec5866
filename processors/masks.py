"""Which pixels an edit may change: the strokes of the glyphs, cut into crops for the inpainter, and put back alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from processors import inks, lettering, logos
from processors.pictures import Mask, Pixels
from processors.regions import Polygon, Region

_Sample = TypeVar("_Sample", bound=np.generic)

#: left, top, right, bottom in pixels; right and bottom are exclusive
Box = tuple[int, int, int, int]
_Binary = NDArray[np.uint8]

#: rule of routing whose lines may have a maker's logo beside them
_STAMP = "camera_stamp"

#: pixels of ground around a line that its colours are estimated from
_GROUND_MIN_PX = 50

#: `strokes`: told apart; `none_found`, `unsure`, `ragged` (a plate in parts), `cut_off` (it goes on beyond the window)
Why = Literal["strokes", "none_found", "unsure", "ragged", "cut_off"]


@dataclass(frozen=True, slots=True)
class Settings:
    """When the strokes that the network found are believed."""

    #: overlap with the truth, 0..1, that its answer must promise: where colour agrees, where it has no word, for plates
    likely_min: float = 0.7
    likely_alone_min: float = 0.74
    likely_plate_min: float = 0.9
    #: share of the line's box, 0..1, that they fill at least
    share_min: float = 0.02
    #: the same from which they are a plate
    plate_min: float = 0.75
    #: share of its convex hull, 0..1, that a plate fills at least: half a plate that is left looks worse than a whole
    solidity_min: float = 0.9
    #: share of the strokes told by colour, 0..1, that the network must find too
    agreed_min: float = 0.5
    #: how many times as much of the box, and what share of it beside, the network may find than colour does
    beyond_max: float = 1.6
    beyond_share: float = 0.1
    #: how far a shadow reaches beyond its letter, as a share of the line's height
    shadow_share: float = 0.1
    #: pixels by which strokes are widened: at least, whatever is there, at most, and at most on a calm ground
    margin_min_px: int = 1
    margin_px: int = 3
    margin_max_px: int = 4
    margin_calm_px: int = 8
    #: spread of luma, in levels, up to which a ground is calm
    calm_max: float = 4.0
    #: a ring shows the ground where its pixels are no further from it than this times the usual, and these levels
    halo_share: float = 1.25
    halo_levels: float = 0.5
    #: width, in pixels, of the ground around strokes that is compared with what they enclose
    ring_px: int = 8
    #: levels, 0..255, up to which two colours are one
    ink_levels: int = 32
    #: share of the ground, 0..1, that shows the colour of an enclosed hole, from which the hole shows the ground
    shown_max: float = 0.25
    #: half the width of the broadest strokes, as a share of the line's height
    stroke_share: float = 0.2
    #: smaller holes, in pixels, are closed with the strokes or are noise
    hole_min_px: int = 6


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A region that is to go, and what the stroke network found there."""

    region: Region
    shown: lettering.View
    found: lettering.Letters


@dataclass(frozen=True, slots=True)
class Strokes:
    """What became of one region. Not `separated` means: the whole polygon is masked, `why` is a stable code."""

    separated: bool
    why: Why
    height_px: float
    margin_px: int
    #: masked share of the region's polygon, 0..1
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class StrokeMask:
    """The mask over the whole picture and a record for each region, in the order they were given."""

    mask: Mask
    regions: tuple[Strokes, ...]


@dataclass(frozen=True, slots=True)
class Crop:
    """A piece for the inpainter: it sees `window`, all masked pixels of it are holes, only `core` is taken back."""

    window: Box
    core: Box


def strokes(rgb: Pixels, looks: Sequence[Look], settings: Settings) -> StrokeMask:
    """Mask the glyphs of each line with outline, shadow and plate, as the network found them, a little widened.

    `rgb` is h x w x 3 in the orientation of the polygons. Work is done around each line only, so the cost follows
    the text, not the picture. Where strokes are not believed the whole polygon is masked and the region's record
    says so. The logo beside a camera stamp belongs to the stamp.
    """
    mask = np.zeros(rgb.shape[:2], dtype=np.bool_)
    records = []
    for look in looks:
        record, plane = _line(look, cut(rgb, look.shown.window), settings)
        cut(mask, look.shown.window)[:] |= plane > 0
        records.append(record)
    logos.add(
        mask, rgb, [_stamped(rgb, look) for look in looks if look.region.rule == _STAMP and look.shown.inside.any()]
    )
    return StrokeMask(mask, tuple(records))


def covered(mask: Mask, polygons: Iterable[Polygon]) -> float:
    """Return the largest masked share, 0..1, of any of the polygons: of lines that are to stay, say."""
    shares = [0.0]
    for polygon in polygons:
        corners = np.asarray(polygon, dtype=np.float64).round().astype(np.int32)
        left, top = np.maximum(corners.min(axis=0), 0)
        right, bottom = corners.max(axis=0) + 1
        piece = mask[top:bottom, left:right]
        if piece.any():
            inside = np.zeros(piece.shape, dtype=np.uint8)
            cv2.fillPoly(inside, [corners - (left, top)], 1)
            shares.append(_mean(piece[inside > 0]))
    return max(shares)


def crops(
    mask: Mask, context_share: float = 0.75, context_min_px: int = 32, side_max_px: int = 768
) -> tuple[Crop, ...]:
    """Cut the masked parts into crops with `context_share` of their size, at least `context_min_px`, around them.

    Cores never overlap and together hold every masked pixel; parts are merged while the core stays below
    `side_max_px`. Order is from top to bottom, then left to right.
    """
    cores = _merged(_cores(mask), context_min_px // 2, side_max_px)
    height, width = mask.shape
    found = []
    for left, top, right, bottom in sorted(cores, key=lambda box: (box[1], box[0])):
        dx = max(context_min_px, round(context_share * (right - left)))
        dy = max(context_min_px, round(context_share * (bottom - top)))
        # A long line needs no context as wide as itself: what is needed lies within a few heights.
        reach = max(context_min_px, min(dx, dy) * 2)
        window = (
            max(0, left - min(dx, reach)),
            max(0, top - min(dy, reach)),
            min(width, right + min(dx, reach)),
            min(height, bottom + min(dy, reach)),
        )
        found.append(Crop(window, (left, top, right, bottom)))
    return tuple(found)


def squares(core: Box, mask: Mask, side_px: int, context_px: int = 64) -> tuple[Crop, ...]:
    """Cut a core into crops whose windows are squares of `side_px`, for an engine that takes nothing else.

    Cores are cut from the top left; of each, `context_px` are seen on every side, more where the square has room.
    Those without a masked pixel are left out. At the picture's edges a square moves inwards, and where the picture
    is smaller than a square, the window is as long as the picture.
    """
    step = side_px - 2 * context_px
    height, width = mask.shape
    found = []
    for top in range(core[1], core[3], step):
        for left in range(core[0], core[2], step):
            part = (left, top, min(core[2], left + step), min(core[3], top + step))
            if cut(mask, part).any():
                (x0, x1), (y0, y1) = _span(part[0], part[2], side_px, width), _span(part[1], part[3], side_px, height)
                found.append(Crop((x0, y0, x1, y1), part))
    return tuple(found)


def around(box: Box, margin_px: int, shape: tuple[int, ...]) -> Box:
    """Return the box with a margin on each side, as far as an array of this shape (h x w …) goes."""
    left, top, right, bottom = box
    height, width = shape[:2]
    return (
        max(0, left - margin_px),
        max(0, top - margin_px),
        min(width, right + margin_px),
        min(height, bottom + margin_px),
    )


def cut(array: NDArray[_Sample], box: Box) -> NDArray[_Sample]:
    """Return the view of `array` (h x w [x channels]) inside `box`."""
    left, top, right, bottom = box
    return array[top:bottom, left:right]


def composite(original: Pixels, filled: Pixels, mask: Mask) -> Pixels:
    """Return `original` with the masked pixels taken from `filled`; shapes and dtypes must agree (ValueError)."""
    if original.shape != filled.shape or original.shape[:2] != mask.shape or original.dtype != filled.dtype:
        raise ValueError(f"cannot composite {filled.shape} {filled.dtype} into {original.shape} by {mask.shape}")
    result = original.copy()
    result[mask] = filled[mask]
    return result


def assemble(original: Pixels, mask: Mask, pieces: Sequence[Crop], fills: Sequence[Pixels]) -> Pixels:
    """Return `original` with each crop's masked core pixels taken from its fill (same size as the crop's window)."""
    result = original.copy()
    for crop, fill in zip(pieces, fills, strict=True):
        left, top, right, bottom = crop.window
        if fill.shape != (bottom - top, right - left, *original.shape[2:]) or fill.dtype != original.dtype:
            raise ValueError(f"fill {fill.shape} {fill.dtype} does not fit window {crop.window}")
        inside = (crop.core[0] - left, crop.core[1] - top, crop.core[2] - left, crop.core[3] - top)
        hole = cut(mask, crop.core)
        cut(result, crop.core)[hole] = cut(fill, inside)[hole]
    return result


# ------------------------------------------------------------------ one line


def _line(look: Look, window: Pixels, settings: Settings) -> tuple[Strokes, _Binary]:
    """Return the record and the plane, of the window's size, to add to the mask."""
    shown = look.shown
    height = lettering.height_px(np.asarray(look.region.polygon, dtype=np.float64))
    why, plane = _found(look, window, height, settings)
    if why == "strokes":
        # Specks left between strokes would carry their colour into the fill.
        plane = np.asarray(
            cv2.morphologyEx(_solid(plane, window, height, settings), cv2.MORPH_CLOSE, _disc(1)), np.uint8
        )
    plane, margin = _widened(plane, window, settings) if plane.any() else (plane, 0)
    share = _mean(plane[shown.inside > 0] > 0)
    return Strokes(why == "strokes", why, height, margin, share), plane


def _found(look: Look, window: Pixels, height: float, settings: Settings) -> tuple[Why, _Binary]:
    """The strokes by network and colour together, or why they are not believed and the whole box instead.

    Colour is sharper where the ground is calm, but knows of no plate: there the network has the word.
    """
    shown, found = look.shown, look.found
    share = _mean(found.plane[shown.inside > 0])
    by_colour = inks.split(window, shown.inside, height, inks.Settings()) if share <= settings.plate_min else None
    if by_colour is not None:
        inner = (by_colour & shown.inside) > 0
        agreed = _mean(found.plane[inner]) >= settings.agreed_min
        # Far more than the letters is a plate, or a part of one.
        if agreed and share <= settings.beyond_max * _mean(by_colour[shown.inside > 0]) + settings.beyond_share:
            if found.cut_off or found.likely < settings.likely_min:
                return "strokes", by_colour
            # A shadow lies beside its letter; what the network finds further off is not of this ink.
            reach = max(2, round(settings.shadow_share * height))
            return "strokes", by_colour | (found.plane & _grow(by_colour, reach))
    if share < settings.share_min:
        return "none_found", shown.inside
    if found.cut_off:
        return "cut_off", shown.inside
    is_plate = share > settings.plate_min
    if is_plate and lettering.solidity(found.plane, shown) < settings.solidity_min:
        return "ragged", shown.inside
    enough = settings.likely_plate_min if is_plate else settings.likely_alone_min
    return ("strokes", found.plane) if found.likely >= enough else ("unsure", shown.inside)


def _widened(plane: _Binary, window: Pixels, settings: Settings) -> tuple[_Binary, int]:
    """Widen strokes until what is just outside shows no more of them; return by how many pixels too.

    Edges are smoothed, and coding carries their colour on and rings around them, how far depends on what the file has
    been through. Where the ground is calm this is seen from afar and the mask may be wide, for any engine fills it
    well; but from three pixels on it takes the ground alone, nothing of a product beside.
    """
    distance = cv2.distanceTransform(1 - plane, cv2.DIST_C, 3)
    far = settings.margin_calm_px + 2
    away = (distance > far) & (distance <= far + 4)
    if int(away.sum()) < _GROUND_MIN_PX:
        return _grow(plane, settings.margin_px), settings.margin_px
    apart = _from_ground(window, away)
    usual = np.percentile(apart[away], 70, axis=0)
    most = settings.margin_calm_px if usual[0] <= settings.calm_max else settings.margin_max_px
    margin = settings.margin_min_px
    while margin < most:
        ring = apart[distance == margin + 1]
        shown = settings.halo_share * usual + settings.halo_levels
        if not len(ring) or bool((np.percentile(ring, 70, axis=0) <= shown).all()):
            break
        margin += 1
    # Channel by channel: a maximum over an axis of three takes ten times as long.
    near = (
        (apart[..., 0] <= settings.ink_levels)
        & (apart[..., 1] <= settings.ink_levels)
        & (apart[..., 2] <= settings.ink_levels)
    ).astype(np.uint8)
    return _grow(plane, min(margin, settings.margin_px)) | (_grow(plane, margin) & near), margin


def _from_ground(window: Pixels, away: Mask) -> NDArray[np.float64]:
    """How far each pixel (luma, Cr, Cb) is from the ground, in levels: a slope of colours through the pixels `away`."""
    colours = np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2YCrCb), dtype=np.float64)
    rows, columns = np.indices(away.shape, dtype=np.float64)
    terms = np.stack((np.ones(away.shape), rows / away.shape[0], columns / away.shape[1]), axis=2)
    slope = np.linalg.lstsq(terms[away], colours[away], rcond=None)[0]
    # Rounded, so that no library's last bits decide on a pixel.
    return np.asarray(np.abs(colours - (terms @ slope)).round(2))


def _solid(plane: _Binary, window: Pixels, height: float, settings: Settings) -> _Binary:
    """Fill what strokes enclose and the ground around hardly shows: the inside of outlined letters.

    The hole of an O shows the ground and stays as it is, and so does what is broader than strokes are: a thing that
    stands amid the letters.
    """
    closed = np.pad(np.asarray(cv2.morphologyEx(plane, cv2.MORPH_CLOSE, _disc(2)), np.uint8), 1)
    count, padded, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    ground, labels = int(padded[0, 0]), padded[1:-1, 1:-1]
    ring = window[(labels == ground) & (cv2.dilate(plane, _disc(settings.ring_px)) > 0)].astype(np.int16)
    solid = plane.copy()
    depth = cv2.distanceTransform(1 - closed, cv2.DIST_C, 3)[1:-1, 1:-1]
    for hole in range(1, count):
        if hole == ground or stats[hole, cv2.CC_STAT_AREA] < settings.hole_min_px or not len(ring):
            continue
        x, y, wide, high = (int(value) for value in stats[hole, :4])
        place = slice(max(0, y - 1), y - 1 + high), slice(max(0, x - 1), x - 1 + wide)
        inner = labels[place] == hole
        if float(depth[place][inner].max()) > settings.stroke_share * height:
            continue
        colour = np.median(window[place][inner], axis=0)
        if _mean(np.abs(ring - colour).max(axis=1) <= settings.ink_levels) < settings.shown_max:
            solid[place][inner] = 1
    return solid


def _stamped(rgb: Pixels, look: Look) -> logos.Line:
    """What the search for the stamp's logo wants to know of a line: its place, its ink, the ground around it."""
    left, top = look.shown.window[:2]
    inside, plane = look.shown.inside > 0, look.found.plane
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    bounds = left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1
    window = cut(rgb, look.shown.window)
    middle = cv2.erode(plane, _disc(1))
    ink = window[(middle if middle.any() else plane) > 0]
    return logos.Line(bounds, ink, window[inside & (plane == 0)])


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0


def _disc(radius: int) -> NDArray[np.uint8]:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def _grow(plane: _Binary, radius: int) -> _Binary:
    return np.asarray(cv2.dilate(plane, _disc(radius)), dtype=np.uint8) if plane.size else plane


# ------------------------------------------------------------------ crops


def _cores(mask: Mask, block: int = 8) -> list[Box]:
    """Return tight boxes around the connected parts of the mask, parts closer than a block being one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return []
    top, left = int(rows[0]) // block * block, int(columns[0]) // block * block
    part = mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    padded = np.pad(part, [(0, -size % block) for size in part.shape])
    tall, wide = padded.shape[0] // block, padded.shape[1] // block
    coarse: _Binary = np.asarray(padded.reshape(tall, block, wide, block).any(axis=(1, 3)), dtype=np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(coarse, connectivity=8)
    boxes = []
    for x, y, w, h in stats[1:count, :4].tolist():
        boxes.append((left + x * block, top + y * block, left + (x + w) * block, top + (y + h) * block))
    return [(a, b, min(c, mask.shape[1]), min(d, mask.shape[0])) for a, b, c, d in boxes]


def _merged(boxes: list[Box], gap: int, side_max: int) -> list[Box]:
    """Join boxes that overlap, and boxes nearer than `gap` while the union stays within `side_max`."""
    todo = sorted(boxes)
    done: list[Box] = []
    while todo:
        box = todo.pop()
        for other in todo + done:
            union = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
            small = max(union[2] - union[0], union[3] - union[1]) <= side_max
            if _near(box, other, 0) or (small and _near(box, other, gap)):
                (todo if other in todo else done).remove(other)
                todo.append(union)
                break
        else:
            done.append(box)
    return done


def _span(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """A span of `length` around the middle of another, moved to lie within 0..limit, or all of that."""
    first = max(0, min(limit - length, (start + stop - length) // 2))
    return first, min(limit, first + length)


def _near(one: Box, two: Box, gap: int) -> bool:
    across = one[0] < two[2] + gap and two[0] < one[2] + gap
    return across and one[1] < two[3] + gap and two[1] < one[3] + gap
