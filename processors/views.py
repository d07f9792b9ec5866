"""A picture as models and people see it, and the way back from there to the stored samples.

Two views. `upright` is for looking: turned by its EXIF orientation, transparency laid on a plain ground, RGB.
`colour` is for editing: the stored orientation, each pixel's own colour whatever its alpha; `with_colour` writes
new colours back into the picture's own mode, inside a mask and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from processors import scanlines
from processors.pictures import Mask, Picture, Pixels, Samples
from processors.regions import Polygon

#: height x width [x channels]: pixels or a mask
Plane = TypeVar("Plane", Pixels, Mask)

#: EXIF orientation → (swap axes, then mirror horizontally, then mirror vertically) makes stored samples upright.
_TURNS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
_WHITE, _GRAY = 255, 128
#: a visible pixel with this luma or more would vanish on white
_NEARLY_WHITE = 230
#: masked colours compared with a palette at once; bounds the memory of one step to about 13 MB
_PALETTE_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Placement:
    """How an upright view lies in its stored picture.

    Points are (x, y) in pixels where pixel i covers i..i+1, so that a picture's corners map onto its corners.
    """

    orientation: int
    #: sides of the upright view, in pixels
    width: int
    height: int

    def to_stored(self, polygon: Polygon) -> Polygon:
        """Points of the upright view in the stored picture, in the same order."""
        swap, mirror_x, mirror_y = _TURNS[self.orientation]
        points = [(self.width - x if mirror_x else x, self.height - y if mirror_y else y) for x, y in polygon]
        return tuple((y, x) if swap else (x, y) for x, y in points)

    def to_upright(self, polygon: Polygon) -> Polygon:
        """Points of the stored picture in the upright view, in the same order."""
        swap, mirror_x, mirror_y = _TURNS[self.orientation]
        points = [(y, x) if swap else (x, y) for x, y in polygon]
        return tuple((self.width - x if mirror_x else x, self.height - y if mirror_y else y) for x, y in points)

    def samples_to_stored(self, upright: Plane) -> Plane:
        """Pixels or a mask of the upright view in stored orientation; contiguous."""
        swap, mirror_x, mirror_y = _TURNS[self.orientation]
        turned = upright[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1]
        return np.ascontiguousarray(turned.swapaxes(0, 1) if swap else turned)

    def samples_to_upright(self, stored: Plane) -> Plane:
        """Pixels or a mask of the stored picture in the upright view; contiguous."""
        swap, mirror_x, mirror_y = _TURNS[self.orientation]
        turned = stored.swapaxes(0, 1) if swap else stored
        return np.ascontiguousarray(turned[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1])


def upright(picture: Picture) -> tuple[Pixels, Placement]:
    """RGB (height x width x 3) as a viewer shows it, and where it lies in the stored picture.

    Transparency is laid on white, or on mid gray where half of what is visible would vanish on white.
    The array may share memory with the picture: do not write into it.
    """
    width, height = picture.size if picture.orientation < 5 else picture.size[::-1]
    placement = Placement(picture.orientation, width, height)
    return placement.samples_to_upright(_on_ground(colour(picture), alpha(picture))), placement


def colour(picture: Picture) -> Pixels:
    """Each stored pixel's colour (height x width x 3, stored orientation), alpha left out of account.

    Pixels with alpha 0 show whatever colour is hidden in them; `visible` tells them apart.
    """
    pixels = _eight_bits(picture.pixels)
    match picture.mode:
        case "P":
            return _entries(picture)[pixels]
        case "L":
            return np.repeat(pixels[..., np.newaxis], 3, axis=2)
        case "LA":
            return np.repeat(pixels[..., :1], 3, axis=2)
        case "RGB":
            return pixels
        case "RGBA":
            return np.ascontiguousarray(pixels[..., :3])
        case "CMYK":
            light = 255 - pixels.astype(np.uint16)
            return ((light[..., :3] * light[..., 3:] + 127) // 255).astype(np.uint8)


def layers(picture: Picture) -> tuple[Pixels, ...]:
    """What is to be filled under a mask: pictures of three channels (height x width x 3, stored orientation).

    One, `colour`, for all modes but CMYK. That gives two, in the inks' own planes, because its colours depend on a
    profile that is not known here and are not turned back into inks without a cast: what cyan, magenta and yellow
    leave of light, and what black leaves, three times over.
    """
    if picture.mode != "CMYK":
        return (colour(picture),)
    light = 255 - _eight_bits(picture.pixels)
    return np.ascontiguousarray(light[..., :3]), np.repeat(light[..., 3:], 3, axis=2)


def with_layers(picture: Picture, filled: Sequence[Pixels], mask: Mask) -> Picture:
    """The picture with filled `layers` where `mask` is True, and nowhere else."""
    if picture.mode != "CMYK":
        return with_colour(picture, filled[0], mask)
    pixels = picture.pixels.copy()
    inks, black = (255 - layer[mask] for layer in filled)
    pixels[mask] = np.column_stack((inks, np.median(black, axis=1).astype(np.uint8)))
    return replace(picture, pixels=pixels)


def alpha(picture: Picture) -> Pixels | None:
    """Opacity of each stored pixel (height x width, 0 clear .. 255 opaque), or None where all are opaque."""
    key = picture.coding.transparency
    if picture.mode in ("LA", "RGBA"):
        return _opacity(picture.pixels[..., -1])
    if key is None:
        return None
    if picture.mode == "P":
        return _entry_alpha(picture)[picture.pixels]
    return np.where(_is_key(picture.pixels, key), 0, 255).astype(np.uint8)


def visible(picture: Picture) -> Mask:
    """True where a stored pixel can be seen at all (alpha above 0)."""
    opacity = alpha(picture)
    return np.ones(picture.pixels.shape[:2], np.bool_) if opacity is None else opacity > 0


def with_colour(picture: Picture, rgb: Pixels, mask: Mask) -> Picture:
    """The picture with new colours (height x width x 3, stored orientation) where `mask` is True.

    Everything else stays bit for bit: samples outside the mask, alpha, and colours hidden under alpha 0. L takes the
    luma; P the nearest palette entry of the same alpha; a sample of 16 bits the level times 257, so that black and
    white stay what they are; gray of fewer than 8 bits the nearest level that it has; a colour that would read as a
    PNG's transparent one moves by one level. CMYK is not coloured but filled (see with_layers): ValueError.
    """
    changing = mask & visible(picture)
    pixels = picture.pixels.copy()
    new = rgb[changing]
    match picture.mode:
        case "L":
            pixels[changing] = _off_key(_native(_luma(new), picture), picture)
        case "LA":
            pixels[changing, 0] = _native(_luma(new), picture)
        case "RGB":
            pixels[changing] = _off_key(_native(new, picture), picture)
        case "RGBA":
            pixels[changing, :3] = _native(new, picture)
        case "P":
            pixels[changing] = _nearest_entries(picture, _eight_bits(pixels[changing]), new)
        case "CMYK":
            raise ValueError("inks are filled, not coloured")
    return replace(picture, pixels=pixels)


def _eight_bits(samples: Samples) -> Pixels:
    return np.asarray(samples if samples.dtype == np.uint8 else samples >> 8, np.uint8)


def _opacity(samples: Samples) -> Pixels:
    """Alpha with 8 bits; what can be seen at all stays above 0."""
    shown = _eight_bits(samples)
    return shown if samples.dtype == np.uint8 else np.maximum(shown, samples > 0)


def _native(new: Pixels, picture: Picture) -> Samples:
    """Levels 0..255 as samples of the picture's own depth."""
    depth = picture.coding.depth
    if depth == 16:
        return new.astype(np.uint16) * np.uint16(257)
    step = scanlines.level_step(depth) if depth < 8 else 1
    return ((new.astype(np.uint16) + step // 2) // step * step).astype(np.uint8)


def _on_ground(rgb: Pixels, opacity: Pixels | None) -> Pixels:
    if opacity is None or bool(np.all(opacity == 255)):
        return rgb
    seen = _luma(rgb[opacity > 0])
    ground = _GRAY if seen.size and float(np.mean(seen >= _NEARLY_WHITE)) >= 0.5 else _WHITE
    part = opacity[..., np.newaxis].astype(np.uint16)
    return ((rgb * part + ground * (255 - part) + 127) // 255).astype(np.uint8)


def _luma(rgb: Pixels) -> Pixels:
    """ITU-R BT.601 luma, rounded; exact for gray input. Any shape with three channels last."""
    weights = np.array((299, 587, 114), np.uint32)
    return ((rgb @ weights + 500) // 1000).astype(np.uint8)


# --- palettes and transparent colours ---------------------------------------------------------------------------


def _entries(picture: Picture) -> Pixels:
    """256 x 3; entries past the palette's end are black."""
    palette = np.frombuffer(picture.coding.palette, np.uint8)
    return np.pad(palette, (0, 768 - palette.size)).reshape(256, 3)


def _entry_alpha(picture: Picture) -> Pixels:
    opacity = np.full(256, 255, np.uint8)
    if isinstance(picture.coding.transparency, bytes):
        listed = np.frombuffer(picture.coding.transparency[:256], np.uint8)
        opacity[: listed.size] = listed
    return opacity


def _nearest_entries(picture: Picture, old: Pixels, new: Pixels) -> Pixels:
    """For each new colour (n x 3) the nearest entry among those with the alpha of the old index (n)."""
    entries = _entries(picture)[: len(picture.coding.palette) // 3].astype(np.int32)
    entry_alpha = _entry_alpha(picture)
    wanted = np.ascontiguousarray(np.column_stack((new, entry_alpha[old]))).view(np.uint32).ravel()
    distinct, which = np.unique(wanted, return_inverse=True)
    nearest = np.empty(len(distinct), np.uint8)
    for start in range(0, len(distinct), _PALETTE_CHUNK):
        some = distinct[start : start + _PALETTE_CHUNK].view(np.uint8).reshape(-1, 4).astype(np.int32)
        distance = np.square(some[:, np.newaxis, :3] - entries).sum(axis=2)
        distance[some[:, 3:] != entry_alpha[: len(entries)]] = np.iinfo(np.int32).max
        nearest[start : start + _PALETTE_CHUNK] = distance.argmin(axis=1)
    return nearest[which]


def _is_key(samples: Samples, key: bytes | int | tuple[int, int, int]) -> Mask:
    """Where samples (height x width or n, for RGB with three channels last) are the transparent colour."""
    return (samples == np.array(key)).all(axis=-1) if isinstance(key, tuple) else np.equal(samples, key)


def _off_key(new: Samples, picture: Picture) -> Samples:
    """New samples (n or n x 3), moved by one level where they would read as transparent."""
    key = picture.coding.transparency
    if key is None:
        return new
    moved, depth = new.copy(), picture.coding.depth
    # One level is one bit of the depth: of gray with fewer than 8 bits a whole step, inside 0..255.
    step = scanlines.level_step(depth) if depth < 8 else 1
    hit = moved if moved.ndim == 1 else moved[:, 2]
    hit[_is_key(new, key)] ^= step
    return moved
