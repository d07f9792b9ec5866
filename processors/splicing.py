"""New pixels into a JPEG's coefficients: blocks that the mask does not touch stay as they are.

What is added to a block is the transform of what is to change, not a new coding of the whole block: inside the mask
the wanted sample less the one that the coefficients stand for (before a decoder clips it to 0..255), outside it zero.
Rounded to the block's own steps, that leaves a pixel beside the mask within the rounding alone, however often a file
is edited; and steps are chosen so that most of the rounding falls inside the mask, where the picture is new anyway.
Where chroma is stored more coarsely than pixels, its samples are those whose *interpolation*, as libjpeg
does it, comes closest to the wanted colours inside the mask and to no change outside.

Sums are of whole numbers below 2**53, so that they are exact in any order and the same on every processor.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from processors.coefficients import Coefficients, Component, Layout, Plane, Table
from processors.pictures import Mask, Samples

_Sample = TypeVar("_Sample", bound=np.generic)
_Reals = NDArray[np.float64]

#: side of the pieces that are worked on at once, in units; at most 1024 pixels
_PIECE_UNITS = 32
#: whole numbers for the cosines, and for a level of a sample
_COSINE_BITS, _LEVEL_BITS = 13, 8
_COSINES: _Reals = np.rint(
    np.array(
        [[(0.125**0.5 if k == 0 else 0.5) * np.cos((2 * n + 1) * k * np.pi / 16) for n in range(8)] for k in range(8)]
    )
    * (1 << _COSINE_BITS)
)
#: what an error beside the mask counts more than one inside, and how many coefficients of a block may move for that
_OUTSIDE_WEIGHT, _MOVES = 4.0, 16
#: squares of what each coefficient is in each pixel (64 x 64), in whole numbers
_SQUARE_BITS = 20
_SQUARES: _Reals = np.rint(
    (_COSINES[:, np.newaxis, :, np.newaxis] * _COSINES[np.newaxis, :, np.newaxis, :]).reshape(64, 64) ** 2
    * 2.0 ** (_SQUARE_BITS - 4 * _COSINE_BITS)
)
#: how often the chroma samples are moved towards the wanted colours, and how far each time
_CHROMA_STEPS, _CHROMA_PACE = 8, 1.5
#: what a baseline JPEG can hold (T.81, tables F.1 and F.2, for 8 bits)
_AC_MAX, _DC_MIN, _DC_MAX = 1023, -1024, 1023


@dataclass(frozen=True, slots=True)
class _Window:
    """A rectangle of whole units, right and bottom exclusive; `left` and `top` in units."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, array: NDArray[_Sample], across: int, down: int) -> NDArray[_Sample]:
        """Its part of an array that has `across` x `down` entries for each unit."""
        return array[self.top * down : self.bottom * down, self.left * across : self.right * across]


def touched(layout: Layout, mask: Mask) -> tuple[Mask, ...]:
    """For each component, rows x columns of blocks: True where the block's pixels hold a masked one."""
    return tuple(_touched(layout, component, mask) for component in layout.components)


def spliced(coefficients: Coefficients, wanted: Samples, mask: Mask) -> Coefficients:
    """Coefficients of a picture that shows `wanted` inside the mask as nearly as the steps allow.

    `wanted` is height x width [x channels]: gray levels, RGB, or amounts of ink (CMYK as Pillow gives them). Blocks
    that the mask does not touch are the same, value by value.
    """
    layout = coefficients.layout
    places = touched(layout, mask)
    planes = tuple(plane.copy() for plane in coefficients.planes)
    for window in _windows(layout, mask):
        for at, component in enumerate(layout.components):
            across, down = component.h, component.v
            chosen = window.of(places[at], across, down)
            if not chosen.any():
                continue
            if (component.h, component.v) == (layout.h, layout.v):
                change = _fine_change(coefficients, at, window, wanted, mask, chosen)
            else:
                change = _coarse_change(coefficients, at, window, wanted, mask, places[at])
            old, inside = window.of(coefficients.planes[at], across, down)[chosen], _inside(layout, at, window, mask)
            new = _moved(old, change, inside[: chosen.shape[0], : chosen.shape[1]][chosen], coefficients.tables[at])
            window.of(planes[at], across, down)[chosen] = new
    return replace(coefficients, planes=planes)


def _touched(layout: Layout, component: Component, mask: Mask) -> Mask:
    high, wide = 8 * layout.v // component.v, 8 * layout.h // component.h
    padded = np.pad(mask, ((0, component.rows * high - mask.shape[0]), (0, component.columns * wide - mask.shape[1])))
    return np.asarray(padded.reshape(component.rows, high, component.columns, wide).any(axis=(1, 3)), np.bool_)


def _windows(layout: Layout, mask: Mask) -> Iterator[_Window]:
    """Rectangles that hold all masked pixels, none twice."""
    high, wide = 8 * layout.v, 8 * layout.h
    piece_high, piece_wide = _PIECE_UNITS * high, _PIECE_UNITS * wide
    for top in range(0, mask.shape[0], piece_high):
        for left in range(0, mask.shape[1], piece_wide):
            piece = mask[top : top + piece_high, left : left + piece_wide]
            rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
            if rows.size:
                yield _Window(
                    int(left + columns[0]) // wide,
                    int(top + rows[0]) // high,
                    int(left + columns[-1]) // wide + 1,
                    int(top + rows[-1]) // high + 1,
                )


# --- what is to change ----------------------------------------------------------------------------------------------


def _fine_change(
    coefficients: Coefficients, at: int, window: _Window, wanted: Samples, mask: Mask, chosen: Mask
) -> _Reals:
    """The change of each chosen block's samples (blocks x 8 x 8), for a component with a sample a pixel."""
    layout = coefficients.layout
    component = layout.components[at]
    rows, columns = chosen.shape
    inside = _blocks(_filled(mask, window, layout))[:rows, :columns][chosen]
    want = _blocks(_component(_filled(wanted, window, layout), layout, at))[:rows, :columns][chosen]
    have = _samples(window.of(coefficients.planes[at], component.h, component.v)[chosen], coefficients.tables[at])
    return np.where(inside, want - have, 0.0)


def _coarse_change(
    coefficients: Coefficients, at: int, window: _Window, wanted: Samples, mask: Mask, places: Mask
) -> _Reals:
    """The same for a component with fewer samples than pixels; the window's surroundings are looked at as well."""
    layout = coefficients.layout
    component = layout.components[at]
    around = _grown(window, layout)
    down, across = layout.v // component.v, layout.h // component.h
    have = _plane(_samples(around.of(coefficients.planes[at], component.h, component.v), coefficients.tables[at]))
    inside = _filled(mask, around, layout)
    want = _component(_filled(wanted, around, layout), layout, at)
    high, wide = have.shape[0] * down, have.shape[1] * across
    error = np.where(_sized(inside, high, wide), _sized(want, high, wide) - _finer(have, down, across), 0.0)
    free = np.kron(around.of(places, component.h, component.v), np.ones((8, 8), np.bool_))
    change = np.zeros_like(have)
    for _ in range(_CHROMA_STEPS):
        change += free * (_CHROMA_PACE * _coarser(error - _finer(change, down, across), down, across))
    blocks = _blocks(change)
    top, left = (window.top - around.top) * component.v, (window.left - around.left) * component.h
    chosen = window.of(places, component.h, component.v)
    return np.asarray(blocks[top : top + chosen.shape[0], left : left + chosen.shape[1]][chosen])


def _inside(layout: Layout, at: int, window: _Window, mask: Mask) -> Mask:
    """rows x columns x 8 x 8: which samples of the window's blocks lie in the mask, at least by half."""
    component = layout.components[at]
    down, across = layout.v // component.v, layout.h // component.h
    pixels = _filled(mask, window, layout)
    shares = pixels.reshape(pixels.shape[0] // down, down, pixels.shape[1] // across, across).sum(axis=(1, 3))
    return _blocks(2 * shares >= down * across)


def _grown(window: _Window, layout: Layout) -> _Window:
    across, down = -(-layout.width // (8 * layout.h)), -(-layout.height // (8 * layout.v))
    return _Window(
        max(0, window.left - 1), max(0, window.top - 1), min(across, window.right + 1), min(down, window.bottom + 1)
    )


def _filled(array: NDArray[_Sample], window: _Window, layout: Layout) -> NDArray[_Sample]:
    """The window's pixels; beyond the picture's edge its last ones go on, so that no step arises there."""
    part = window.of(array, 8 * layout.h, 8 * layout.v)
    high, wide = 8 * layout.v * (window.bottom - window.top), 8 * layout.h * (window.right - window.left)
    return _sized(part, high, wide)


def _sized(array: NDArray[_Sample], high: int, wide: int) -> NDArray[_Sample]:
    part = array[:high, :wide]
    fill = ((0, high - part.shape[0]), (0, wide - part.shape[1]), *((0, 0),) * (array.ndim - 2))
    return np.pad(part, fill, mode="edge") if any(map(any, fill)) else part


def _component(wanted: Samples, layout: Layout, at: int) -> _Reals:
    """One component's samples of pixels (height x width [x channels]), 0..255."""
    levels = wanted.astype(np.float64)
    match layout.transform:
        case "gray":
            return levels
        case "rgb":
            return levels[..., at]
        case "ycc":
            return _ycc(levels, at)
        case "ycck" if at < 3:
            # Stored inks are inverted, and so are they as the complements of the colours that YCC stands for.
            return _ycc(levels, at)
        case "cmyk" | "ycck":
            return 255.0 - levels[..., at]


def _ycc(rgb: _Reals, at: int) -> _Reals:
    """Luma or one of the two chroma samples (JFIF, ITU-R BT.601)."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    if at == 0:
        return luma
    return 128.0 + ((blue - luma) / 1.772 if at == 1 else (red - luma) / 1.402)


# --- transforms -----------------------------------------------------------------------------------------------------


def _blocks(samples: NDArray[_Sample]) -> NDArray[_Sample]:
    """rows x columns x 8 x 8"""
    return samples.reshape(samples.shape[0] // 8, 8, samples.shape[1] // 8, 8).swapaxes(1, 2)


def _plane(blocks: _Reals) -> _Reals:
    return blocks.swapaxes(1, 2).reshape(blocks.shape[0] * 8, blocks.shape[1] * 8)


def _samples(blocks: Plane, table: Table) -> _Reals:
    """Samples (... x 8 x 8) that coefficients (... x 64) stand for, not clipped."""
    steps = (blocks.astype(np.float64) * table).reshape(*blocks.shape[:-1], 8, 8)
    return np.rint(_COSINES.T @ steps @ _COSINES * 2.0 ** (_LEVEL_BITS - 2 * _COSINE_BITS)) * 2.0**-_LEVEL_BITS + 128.0


def _moved(blocks: Plane, change: _Reals, inside: Mask, table: Table) -> Plane:
    """Coefficients (blocks x 64) moved by whole steps towards a change of their samples (blocks x 8 x 8)."""
    wanted = np.rint(change * (1 << _LEVEL_BITS))
    new = blocks + _favoured(np.rint(_transformed(wanted) / table), wanted, inside, table)
    # What was beyond these bounds already stays where it does not move.
    low, high = np.full(64, -_AC_MAX), np.full(64, _AC_MAX)
    low[0], high[0] = _DC_MIN, _DC_MAX
    return np.where(new == blocks, blocks, np.clip(new, low, high)).astype(np.int16)


def _transformed(whole: _Reals) -> _Reals:
    """Coefficients (... x 64) of samples (... x 8 x 8) that are given in whole parts of a level."""
    return (_COSINES @ whole @ _COSINES.T).reshape(-1, 64) * 2.0 ** -(2 * _COSINE_BITS + _LEVEL_BITS)


def _favoured(steps: _Reals, wanted: _Reals, inside: Mask, table: Table) -> _Reals:
    """Steps (blocks x 64) moved one by one where that brings the samples outside the mask nearer to what is wanted.

    Of each block the coefficient moves that lessens the weighted sum of squared errors most, until none does. A block
    that lies in the mask as a whole has the nearest steps already.
    """
    weights = np.where(inside, 1.0, _OUTSIDE_WEIGHT)
    bend = table * table * (weights.reshape(-1, 64) @ _SQUARES.T) * 2.0**-_SQUARE_BITS
    steps, active = steps.copy(), np.flatnonzero(~inside.all(axis=(1, 2)))
    for _ in range(_MOVES):
        shown = _COSINES.T @ (steps[active] * table).reshape(-1, 8, 8) @ _COSINES
        error = np.rint(shown * 2.0 ** (_LEVEL_BITS - 2 * _COSINE_BITS)) - wanted[active]
        slope = table * _transformed(weights[active] * error)
        gain = 2.0 * np.abs(slope) - bend[active]
        best = gain.argmax(axis=1)
        better = gain[np.arange(len(active)), best] > 0
        active, best, slope = active[better], best[better], slope[better]
        steps[active, best] -= np.sign(slope[np.arange(len(active)), best])
    return steps


# --- chroma ---------------------------------------------------------------------------------------------------------


def _finer(samples: _Reals, down: int, across: int) -> _Reals:
    """Interpolate to the size of pixels as libjpeg does: by triangles for factors of 2, else by repetition."""
    if max(down, across) > 2:
        return samples.repeat(down, axis=0).repeat(across, axis=1)
    finer = samples
    for axis, factor in ((0, down), (1, across)):
        if factor == 2:
            before, after = _neighbours(finer, axis)
            pair = np.stack((0.75 * finer + 0.25 * before, 0.75 * finer + 0.25 * after), axis=axis + 1)
            finer = pair.reshape(*(2 * side if at == axis else side for at, side in enumerate(finer.shape)))
    return finer


def _coarser(pixels: _Reals, down: int, across: int) -> _Reals:
    """The transpose of `_finer`, of mean 1: what pixels say to the samples that they are interpolated from."""
    coarser = pixels
    for axis, factor in ((0, down), (1, across)):
        shape = [*coarser.shape]
        shape[axis : axis + 1] = [shape[axis] // factor, factor]
        parts = np.moveaxis(coarser.reshape(shape), axis + 1, 0)
        if factor != 2 or max(down, across) > 2:
            coarser = parts.sum(axis=0) / factor
            continue
        first, second = parts
        _, after = _neighbours(first, axis)
        before, _ = _neighbours(second, axis)
        coarser = (0.75 * (first + second) + 0.25 * (after + before)) / 2
    return coarser


def _neighbours(samples: _Reals, axis: int) -> tuple[_Reals, _Reals]:
    """Each sample's neighbours before and after; at the ends itself."""
    size = samples.shape[axis]
    places = np.arange(size)
    return samples.take(np.maximum(places - 1, 0), axis), samples.take(np.minimum(places + 1, size - 1), axis)
