"""Strokes by their colour: sharp where the ground is calm, and an honest no where it is not.

Otsu's threshold (Otsu 1979) inside a line's box on its clearest channel; where the ring around the box shows too much
of the same, nearness to a likely ink instead.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask, Pixels

#: height x width, 0 or 1
_Binary = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Settings:
    """When a split by colour is believed. Shares are of the text height."""

    #: how far glyphs may reach beyond the box (descenders, accents); 0..0.5
    pad_share: float = 0.12
    #: width of the ring around the box that shows the ground; 0.1..1
    ring_share: float = 0.3
    #: levels, 0..255, by which strokes and ground must differ on the clearest channel
    contrast_min: int = 18
    #: share of the ring, 0..0.5, that may look like strokes
    leak_max: float = 0.08
    #: share of the box, 0..1, that strokes may fill
    fill_max: float = 0.75
    #: largest difference in levels inside one colour of ink
    ink_levels: int = 24


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """A line in its window: all planes of the window's size."""

    crop: Pixels
    height: float
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


def split(window: Pixels, inside: _Binary, height_px: float, settings: Settings) -> _Binary | None:
    """Return the strokes of a line with their outline, or None where colour alone does not tell them.

    `window` (h x w x 3) shows the line and its surroundings, `inside` (h x w) is 1 in its box, `height_px` is the
    height of the line.
    """
    if not inside.any():
        return None
    frame = _frame(window, inside, height_px, settings)
    best = _best(frame, settings)
    core = _core(best.text, frame)
    share = _mean(core[frame.inside > 0])
    if best.contrast < settings.contrast_min or best.leak > settings.leak_max or not 0.0 < share <= settings.fill_max:
        return None
    return _with_outline(frame, core, settings)


def _frame(window: Pixels, inside: _Binary, height: float, settings: Settings) -> _Frame:
    pad, width = max(2, round(settings.pad_share * height)), max(3, round(settings.ring_share * height))
    padded = _grow(inside, pad, square=True)
    ring = (_grow(padded, width, square=True) > 0) & (padded == 0)
    return _Frame(window, height, inside, padded, ring)


def _best(frame: _Frame, settings: Settings) -> _Split:
    """Split by the clearest channel; where the ring shows too much of the same, by nearness to a likely ink."""
    first = max((_by_level(frame, channel) for channel in range(3)), key=lambda each: each.score)
    if first.leak <= settings.leak_max:
        return first
    others = [_by_ink(frame, ink, first, settings) for ink in _likely_inks(frame, first)]
    # Ink is denser in the box than around it; in mere texture it is not.
    likely = [each for each in others if max(0.04, 1.5 * each.leak) <= _mean(each.text[frame.inside > 0]) <= 0.6]
    second = min(likely, key=lambda each: each.leak, default=first)
    return second if second.leak < first.leak / 2 else first


def _likely_inks(frame: _Frame, first: _Split) -> tuple[NDArray[np.int16], ...]:
    """Return the colour of the parts that look like glyphs, and the lightest and darkest colour of the box."""
    pixels = frame.crop[frame.inside > 0]
    order = np.argsort(pixels.sum(axis=1, dtype=np.int16), kind="stable")
    few = max(1, len(order) // 12)
    dark, light = (_median(pixels[end]) for end in (order[:few], order[-few:]))
    closed = _closed(first.text, frame)
    return (_ink(frame.crop, closed), light, dark) if closed.any() else (light, dark)


def _by_level(frame: _Frame, channel: int) -> _Split:
    """Otsu's threshold inside the box; strokes are the class that the ring shows less of."""
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
    """Strokes are what is near the ink's colour: serves where the ground changes from light to dark."""
    text = _distance(frame.crop, ink) <= 2 * settings.ink_levels
    return _Split(text.astype(np.uint8), first.contrast, _mean(text[frame.ring]))


def _core(text: _Binary, frame: _Frame) -> _Binary:
    """Keep parts that lie mostly in the padded box whole; of scenery reaching in, keep what is in the box."""
    count, labels = cv2.connectedComponents(text, connectivity=8)
    total = np.bincount(labels.ravel(), minlength=count)
    held = np.bincount(labels[frame.padded > 0], minlength=count)
    own = held * 5 >= total * 3
    own[0] = False
    kept = (own[labels] & (frame.padded > 0)) | ((text > 0) & (frame.inside > 0))
    return np.asarray(kept, dtype=np.uint8)


def _closed(text: _Binary, frame: _Frame) -> _Binary:
    """Keep the parts that lie wholly in the padded box, or all of them where none does."""
    count, labels = cv2.connectedComponents(text, connectivity=8)
    total = np.bincount(labels.ravel(), minlength=count)
    own = np.bincount(labels[frame.padded > 0], minlength=count) == total
    own[0] = False
    closed = own[labels].astype(np.uint8)
    enough = int(closed.sum()) * 8 >= int(text[frame.inside > 0].sum())
    return closed if enough else np.asarray(text & frame.inside, dtype=np.uint8)


def _with_outline(frame: _Frame, core: _Binary, settings: Settings) -> _Binary:
    """Add what belongs to the glyphs beside their ink: an outline or a shadow of one colour."""
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
    return cv2.morphologyEx(core | rims.astype(np.uint8), cv2.MORPH_CLOSE, _kernel(1)).astype(np.uint8)


def _ink(crop: Pixels, core: _Binary) -> NDArray[np.int16]:
    """Return the colour of the strokes' middle: edges are mixed with the ground."""
    middle = cv2.erode(core, _kernel(1))
    return _median(crop[(middle if middle.any() else core) > 0])


def _distance(crop: Pixels, colour: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the largest difference over the channels, 0..255, h x w."""
    apart = np.abs(crop.astype(np.int16) - colour)
    return np.asarray(np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2]), dtype=np.int16)


def _median(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the lower median of each channel of n x 3 samples, by counting: exact, and quick for many pixels."""
    counts = (np.bincount(pixels[:, channel], minlength=256).cumsum() for channel in range(pixels.shape[1]))
    return np.asarray([int(np.searchsorted(count, (count[-1] + 1) // 2)) for count in counts], dtype=np.int16)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0


def _kernel(radius: int, *, square: bool = False) -> NDArray[np.uint8]:
    shape = cv2.MORPH_RECT if square else cv2.MORPH_ELLIPSE
    return np.asarray(cv2.getStructuringElement(shape, (2 * radius + 1, 2 * radius + 1)), dtype=np.uint8)


def _grow(plane: _Binary, radius: int, *, square: bool = False) -> _Binary:
    return np.asarray(cv2.dilate(plane, _kernel(radius, square=square)), dtype=np.uint8)
