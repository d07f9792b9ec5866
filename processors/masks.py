"""Which pixels an edit may change: the strokes of the glyphs, cut into crops for the inpainter, and put back alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask, Pixels
from processors.regions import Polygon, Region

_Sample = TypeVar("_Sample", bound=np.generic)

#: left, top, right, bottom in pixels; right and bottom are exclusive
Box = tuple[int, int, int, int]
_Binary = NDArray[np.uint8]

#: rule of routing whose lines may have a maker's logo beside them
_STAMP = "camera_stamp"


@dataclass(frozen=True, slots=True)
class Settings:
    """How strokes are told from what lies behind them. Shares are of the text height."""

    #: how far glyphs may reach beyond the polygon (descenders, accents); 0..0.5
    pad_share: float = 0.12
    #: width of the ring around the polygon that shows the background; 0.1..1
    ring_share: float = 0.3
    #: text height in pixels up to which strokes are widened by 2 px; above: 3 px
    small_max_px: int = 96
    #: levels, 0..255, by which strokes and background must differ on the clearest channel
    contrast_min: int = 18
    #: share of the ring, 0..0.5, that may look like strokes before the split is not believed
    leak_max: float = 0.3
    #: share of the ring, 0..0.5, above which a split by the ink's colour is tried
    leak_doubt: float = 0.08
    #: share of the polygon, 0..1, that strokes may fill
    fill_max: float = 0.75
    #: largest difference in levels inside one colour of ink
    ink_levels: int = 24


@dataclass(frozen=True, slots=True)
class Strokes:
    """What became of one region. Not `separated` means: the whole polygon is masked, `why` is a stable code."""

    separated: bool
    why: Literal["strokes", "low_contrast", "busy_background", "solid"]
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


def margin_px(height_px: float, quality: int | None, coloured: bool, settings: Settings) -> int:
    """Return by how many pixels strokes are widened: 2, 3 in large text, more in lossy files.

    `quality` is the JPEG quality 1..100 as estimated from the tables, None for a lossless file. Subsampled chroma
    carries the colour of a stroke about two pixels beyond its edge, which grey ink does not show.
    """
    base = 2 if height_px <= settings.small_max_px else 3
    if quality is None:
        return base
    return base + (quality < 75) + coloured


def strokes(rgb: Pixels, regions: Sequence[Region], quality: int | None, settings: Settings) -> StrokeMask:
    """Mask the glyphs inside each region's polygon, with outline, shadow and what stands out of the polygon a little.

    `rgb` is h x w x 3 in the orientation of the polygons. Work is done around each polygon only, so the cost follows
    the text, not the picture. Where glyphs cannot be told from the background the whole polygon is masked and the
    region's record says so. The logo beside a camera stamp belongs to the stamp.
    """
    mask = np.zeros(rgb.shape[:2], dtype=np.bool_)
    records: list[Strokes] = []
    stamp: list[tuple[_Frame, NDArray[np.int16] | None]] = []
    for region in regions:
        frame = _frame(region.polygon, rgb, settings)
        record, piece, ink = _region(frame, quality, settings)
        _add(mask, frame.box, piece)
        if region.rule == _STAMP and frame.inside.any():
            stamp.append((frame, ink))
        records.append(record)
    if stamp:
        _add_logo(mask, rgb, stamp, settings)
    return StrokeMask(mask, tuple(records))


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


# ------------------------------------------------------------------ one region


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """A polygon with its surroundings: crop of the picture and binary planes (0/1) of the same size."""

    box: Box
    crop: Pixels
    height: float
    length: float
    inside: _Binary
    padded: _Binary
    ring: Mask


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """A guess at the strokes: binary plane, contrast in levels, share of the ring that looks the same."""

    text: _Binary
    contrast: float
    leak: float

    @property
    def score(self) -> float:
        return self.contrast * (1.0 - 2.0 * self.leak)


def _frame(polygon: Polygon, rgb: Pixels, settings: Settings) -> _Frame:
    corners = np.asarray(polygon, dtype=np.float64)
    sides = sorted((float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))))
    height, length = max(4.0, sides[0]), max(4.0, sides[1])
    pad, width = max(2, round(settings.pad_share * height)), max(3, round(settings.ring_share * height))
    reach = pad + width + 8
    left, top = (max(0, int(v) - reach) for v in np.floor(corners.min(axis=0)))
    right, bottom = (int(v) + reach + 1 for v in np.ceil(corners.max(axis=0)))
    crop = np.ascontiguousarray(rgb[top:bottom, left:right])
    inside = np.zeros(crop.shape[:2], dtype=np.uint8)
    if inside.size:
        cv2.fillPoly(inside, [(corners - (left, top)).round().astype(np.int32)], 1)
    padded = _grow(inside, pad, square=True)
    ring = (_grow(padded, width, square=True) > 0) & (padded == 0)
    return _Frame((left, top, left + crop.shape[1], top + crop.shape[0]), crop, height, length, inside, padded, ring)


def _region(
    frame: _Frame, quality: int | None, settings: Settings
) -> tuple[Strokes, _Binary, NDArray[np.int16] | None]:
    """Return the record, the plane to add and the ink's colour (None where strokes could not be told apart)."""
    margin = margin_px(frame.height, quality, False, settings)
    area = int(frame.inside.sum())
    why: Literal["strokes", "low_contrast", "busy_background", "solid"] = "solid"
    if area:
        split = _best(frame, settings)
        core = _core(split.text, frame)
        share = float(core[frame.inside > 0].mean())
        why = _verdict(split, share, settings)
        if why == "strokes":
            ink = _ink(frame.crop, core)
            margin = margin_px(frame.height, quality, bool(np.ptp(ink) > 64), settings)
            plane = _grow(_with_outline(frame, core, settings), margin)
            # Specks left between strokes would carry their colour into the fill.
            plane = np.asarray(cv2.morphologyEx(plane, cv2.MORPH_CLOSE, _kernel(1)), dtype=np.uint8)
            return Strokes(True, why, frame.height, margin, _share(plane, frame)), plane, ink
    plane = _grow(frame.inside, 2)
    return Strokes(False, why, frame.height, margin, _share(plane, frame) if area else 0.0), plane, None


def _verdict(
    split: _Split, share: float, settings: Settings
) -> Literal["strokes", "low_contrast", "busy_background", "solid"]:
    if split.contrast < settings.contrast_min:
        return "low_contrast"
    if split.leak > settings.leak_max:
        return "busy_background"
    return "strokes" if 0.0 < share <= settings.fill_max else "solid"


def _best(frame: _Frame, settings: Settings) -> _Split:
    """Split by the clearest channel; where the ring shows too much of the same, by nearness to a likely ink."""
    first = max((_by_level(frame, channel) for channel in range(3)), key=lambda split: split.score)
    if first.leak <= settings.leak_doubt:
        return first
    others = [_by_ink(frame, ink, first, settings) for ink in _likely_inks(frame, first)]
    # Ink is denser in the polygon than around it; in mere texture it is not.
    likely = [split for split in others if max(0.04, 1.5 * split.leak) <= _mean(split.text[frame.inside > 0]) <= 0.6]
    second = min(likely, key=lambda split: split.leak, default=first)
    return second if second.leak < first.leak / 2 else first


def _likely_inks(frame: _Frame, first: _Split) -> tuple[NDArray[np.int16], ...]:
    """Return the colour of the parts that look like glyphs, and the lightest and darkest colour of the polygon."""
    pixels = frame.crop[frame.inside > 0]
    order = np.argsort(pixels.sum(axis=1, dtype=np.int16), kind="stable")
    few = max(1, len(order) // 12)
    dark, light = (_median(pixels[end]) for end in (order[:few], order[-few:]))
    closed = _closed(first.text, frame)
    return (_ink(frame.crop, closed), light, dark) if closed.any() else (light, dark)


def _by_level(frame: _Frame, channel: int) -> _Split:
    """Otsu's threshold inside the polygon; strokes are the class that the ring shows less of."""
    plane = frame.crop[..., channel]
    values = plane[frame.inside > 0]
    threshold, _ = cv2.threshold(values.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = plane > threshold
    leak = _mean(light[frame.ring])
    contrast = _mean(values[values > threshold]) - _mean(values[values <= threshold])
    if leak > 0.5:
        return _Split((~light).astype(np.uint8), contrast, 1.0 - leak)
    return _Split(light.astype(np.uint8), contrast, leak)


def _by_ink(frame: _Frame, ink: NDArray[np.int16], first: _Split, settings: Settings) -> _Split:
    """Strokes are what is near the ink's colour: serves where the background changes from light to dark."""
    far = _distance(frame.crop, ink)
    text = far <= 2 * settings.ink_levels
    return _Split(text.astype(np.uint8), first.contrast, _mean(text[frame.ring]))


def _core(text: _Binary, frame: _Frame) -> _Binary:
    """Keep parts that lie mostly in the padded polygon whole; of scenery reaching in, keep what is in the polygon."""
    count, labels = cv2.connectedComponents(text, connectivity=8)
    total = np.bincount(labels.ravel(), minlength=count)
    held = np.bincount(labels[frame.padded > 0], minlength=count)
    own = held * 5 >= total * 3
    own[0] = False
    kept = (own[labels] & (frame.padded > 0)) | ((text > 0) & (frame.inside > 0))
    return np.asarray(kept, dtype=np.uint8)


def _closed(text: _Binary, frame: _Frame) -> _Binary:
    """Keep the parts that lie wholly in the padded polygon, or all of them where none does."""
    count, labels = cv2.connectedComponents(text, connectivity=8)
    total = np.bincount(labels.ravel(), minlength=count)
    own = np.bincount(labels[frame.padded > 0], minlength=count) == total
    own[0] = False
    closed = own[labels].astype(np.uint8)
    enough = int(closed.sum()) * 8 >= int(text[frame.inside > 0].sum())
    return closed if enough else np.asarray(text & frame.inside, dtype=np.uint8)


def _with_outline(frame: _Frame, core: _Binary, settings: Settings) -> _Binary:
    """Add what belongs to the glyphs beside their ink: the fill of hollow letters, an outline, a shadow."""
    hollow = _filled(core, frame)
    if hollow is not None:
        return hollow
    inner, outer = (1, 3) if frame.height >= 40 else (1, 2)
    band = (_grow(core, outer) > 0) & (_grow(core, inner) == 0)
    if int(band.sum()) < 20 or not frame.ring.any():
        return core
    rim = _median(frame.crop[band])
    near = _distance(frame.crop, rim)
    uniform, elsewhere = _mean(near[band] <= settings.ink_levels), _mean(near[frame.ring] <= settings.ink_levels)
    if uniform <= 0.5 or elsewhere >= 0.35:
        return core
    reach = max(2, int(0.14 * frame.height))
    rims = (_grow(core, reach) > 0) & (near <= 2 * settings.ink_levels) & (_grow(frame.padded, 2, square=True) > 0)
    joined = core | rims.astype(np.uint8)
    return cv2.morphologyEx(joined, cv2.MORPH_CLOSE, _kernel(1)).astype(np.uint8)


def _filled(core: _Binary, frame: _Frame) -> _Binary | None:
    """Fill hollow letters, or None where letters are not hollow.

    Written text has a closed hole in about every third letter, outlined text in nearly each.
    """
    contours, tree = cv2.findContours(core, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return None
    least = (0.04 * frame.height) ** 2
    holes = [c for c, node in zip(contours, tree[0], strict=True) if node[3] >= 0 and cv2.contourArea(c) > least]
    letters = frame.length / (0.6 * frame.height)
    if len(holes) < max(4.0, 0.9 * letters):
        return None
    plane = core.copy()
    cv2.drawContours(plane, holes, -1, 1, thickness=-1)
    return plane


def _add_logo(
    mask: Mask, rgb: Pixels, stamp: Sequence[tuple[_Frame, NDArray[np.int16] | None]], settings: Settings
) -> None:
    """Mask the maker's logo that stands before the lines of a camera stamp, as high as these together.

    A stamp on a turned picture reads downwards or upwards: then the logo is looked for above, or else below.
    """
    frame, ink = next((part for part in stamp if part[1] is not None), stamp[0])
    if ink is None:
        return
    light = int(ink.sum()) > int(_median(frame.crop[frame.ring]).sum())
    bounds = np.asarray([_bounds(part) for part, _ in stamp])
    if (bounds[:, 2] - bounds[:, 0]).sum() >= (bounds[:, 3] - bounds[:, 1]).sum():
        _logo_left(mask, rgb, bounds, _Ink(ink, light), settings)
        return
    down = bounds[:, [1, 0, 3, 2]]
    if not _logo_left(mask.T, rgb.transpose(1, 0, 2), down, _Ink(ink, light), settings):
        tall = mask.shape[0]
        up = np.column_stack((tall - down[:, 2], down[:, 1], tall - down[:, 0], down[:, 3]))
        _logo_left(mask[::-1].T, rgb[::-1].transpose(1, 0, 2), up, _Ink(ink, light), settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Ink:
    colour: NDArray[np.int16]
    #: lighter than what is around it
    light: bool


def _logo_left(mask: Mask, rgb: Pixels, bounds: NDArray[np.int64], ink: _Ink, settings: Settings) -> bool:
    """Mask the place of the logo left of upright lines (left, top, right, bottom each), if the ink is found there.

    The logo's thin rings melt into the background, so with some of its ink in place the whole place is masked.
    """
    top, bottom = int(bounds[:, 1].min()), int(bounds[:, 3].max())
    high, line_high = bottom - top, float((bounds[:, 3] - bounds[:, 1]).mean())
    if not 1.5 * line_high <= high <= 4 * line_high:
        return False
    # Rows begin below each other, but a row may be read in parts, and its first part may hold half the logo.
    middles = (bounds[:, 1] + bounds[:, 3]) // 2
    rows = [(bounds[:, 1] <= middle) & (middle < bounds[:, 3]) for middle in middles]
    start = max(int(bounds[row, 0].min()) for row in rows)
    zone = (max(0, start - round(1.15 * high)), top, min(rgb.shape[1], start + high // 10), bottom)
    # Its broad strokes are purer in colour than the thin letters: further from the background is fine.
    offset = cut(rgb, zone).astype(np.int16) - ink.colour
    text = ((-offset if ink.light else offset).max(axis=2) <= settings.ink_levels).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(text), connectivity=8)
    own = stats[:, cv2.CC_STAT_AREA] >= 4
    own[np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0])))] = False
    own[0] = False
    found = 0.04 <= _mean(own[labels]) <= 0.6
    if found:
        cut(mask, zone)[:] = True
    return found


# ------------------------------------------------------------------ small parts


def _bounds(frame: _Frame) -> Box:
    rows, columns = np.flatnonzero(frame.inside.any(axis=1)), np.flatnonzero(frame.inside.any(axis=0))
    left, top = frame.box[0], frame.box[1]
    return left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1


def _ink(crop: Pixels, core: _Binary) -> NDArray[np.int16]:
    """Return the colour of the strokes' middle: edges are mixed with the background."""
    middle = cv2.erode(core, _kernel(1))
    return _median(crop[(middle if middle.any() else core) > 0])


def _distance(crop: Pixels, colour: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the largest difference over the channels, 0..255, h x w."""
    return np.asarray(np.abs(crop.astype(np.int16) - colour).max(axis=2), dtype=np.int16)


def _median(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the lower median of each channel of n x 3 samples, by counting: exact, and quick for many pixels."""
    counts = (np.bincount(pixels[:, channel], minlength=256).cumsum() for channel in range(pixels.shape[1]))
    return np.asarray([int(np.searchsorted(count, (count[-1] + 1) // 2)) for count in counts], dtype=np.int16)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0


def _share(plane: _Binary, frame: _Frame) -> float:
    return _mean(plane[frame.inside > 0] > 0)


def _kernel(radius: int, *, square: bool = False) -> NDArray[np.uint8]:
    shape = cv2.MORPH_RECT if square else cv2.MORPH_ELLIPSE
    return np.asarray(cv2.getStructuringElement(shape, (2 * radius + 1, 2 * radius + 1)), dtype=np.uint8)


def _grow(plane: _Binary, radius: int, *, square: bool = False) -> _Binary:
    if plane.size == 0:
        return plane
    return np.asarray(cv2.dilate(plane, _kernel(radius, square=square)), dtype=np.uint8)


def _add(mask: Mask, box: Box, plane: _Binary) -> None:
    left, top, right, bottom = box
    mask[top:bottom, left:right] |= plane > 0


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


def _near(one: Box, two: Box, gap: int) -> bool:
    across = one[0] < two[2] + gap and two[0] < one[2] + gap
    return across and one[1] < two[3] + gap and two[1] < one[3] + gap
