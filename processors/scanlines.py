"""The pixels of a PNG where Pillow knows only 8 bits: samples of 16, and gray of 1, 2 and 4."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mode, Samples

#: PNG's colour type of each mode that is written here
_COLOUR_TYPES: dict[Mode, int] = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}
_CHANNELS: dict[Mode, int] = {"L": 1, "RGB": 3, "LA": 2, "RGBA": 4}
_NONE, _SUB, _UP, _PAETH = 0, 1, 2, 4
_LEVEL = 4
#: bytes of pixels filtered at once
_CHUNK_BYTES = 1 << 22


def deep(data: bytes, mode: Mode) -> NDArray[np.uint16]:
    """The samples of a whole PNG with 16 bits a sample (height x width [x channels]).

    Raises ValueError where OpenCV, whose decoder is the only one at hand that keeps all 16 bits, sees something else.
    """
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        raise ValueError("no samples of 16 bits")
    channels = 1 if found.ndim == 2 else found.shape[2]
    if channels < _CHANNELS[mode]:
        raise ValueError(f"{channels} channels, not {mode}")
    # Blue comes first, gray with alpha as three equal channels, a transparent colour as alpha.
    match mode:
        case "L":
            samples = found if channels == 1 else found[..., 0]
        case "LA":
            samples = found[..., [0, 3]]
        case "RGB":
            samples = found[..., [2, 1, 0]]
        case _:
            samples = found[..., [2, 1, 0, 3]]
    return np.ascontiguousarray(samples, np.uint16)


def header(size: tuple[int, int], mode: Mode, depth: int) -> bytes:
    """The payload of IHDR, not interlaced; `size` is width and height."""
    return struct.pack(">IIBBBBB", *size, depth, _COLOUR_TYPES[mode], 0, 0, 0)


def packed(samples: Samples, depth: int) -> bytes:
    """The payload of IDAT: samples of 16 bits, or gray levels 0..255 that stand for the nearest of `depth` bits."""
    lines = _lines(samples, depth)
    step = 2 * (1 if samples.ndim == 2 else samples.shape[2]) if depth == 16 else 1
    packer = zlib.compressobj(_LEVEL)
    rows = max(1, _CHUNK_BYTES // max(1, lines.shape[1]))
    written = []
    for top in range(0, len(lines), rows):
        above = lines[top - 1] if top else np.zeros_like(lines[0])
        written.append(packer.compress(_filtered(lines[top : top + rows], above, step, plain=depth < 8).tobytes()))
    return b"".join((*written, packer.flush()))


def level_step(depth: int) -> int:
    """By how much two neighbouring gray levels of 1, 2 or 4 bits differ when they are shown with 8."""
    return 255 // ((1 << depth) - 1)


def _lines(samples: Samples, depth: int) -> NDArray[np.uint8]:
    """height x bytes of a line"""
    if depth == 16:
        return np.ascontiguousarray(samples.astype(">u2")).view(np.uint8).reshape(len(samples), -1)
    levels = samples // level_step(depth)
    bits = levels[..., np.newaxis] >> np.arange(depth - 1, -1, -1) & 1
    return np.packbits(bits.reshape(len(samples), -1).astype(np.uint8), axis=1)


def _filtered(lines: NDArray[np.uint8], above: NDArray[np.uint8], step: int, *, plain: bool) -> NDArray[np.uint8]:
    """Each line with the filter that leaves the smallest bytes, and its number before it (PNG, chapter 9)."""
    if plain:
        return np.pad(lines, ((0, 0), (1, 0)))
    up = np.concatenate((above[np.newaxis], lines[:-1]))
    left, corner = (np.pad(side, ((0, 0), (step, 0)))[:, : lines.shape[1]] for side in (lines, up))
    guesses = {_NONE: np.zeros_like(lines), _SUB: left, _UP: up, _PAETH: _paeth(left, up, corner)}
    tried = {kind: lines - guess for kind, guess in guesses.items()}
    kinds = np.array(list(tried), np.uint8)
    sizes = np.stack([np.abs(one.view(np.int8).astype(np.int16)).sum(axis=1) for one in tried.values()])
    best = sizes.argmin(axis=0)
    chosen = np.stack(list(tried.values()))[best, np.arange(len(lines))]
    return np.column_stack((kinds[best], chosen))


def _paeth(left: NDArray[np.uint8], up: NDArray[np.uint8], corner: NDArray[np.uint8]) -> NDArray[np.uint8]:
    a, b, c = (side.astype(np.int16) for side in (left, up, corner))
    far_a, far_b, far_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    return np.where((far_a <= far_b) & (far_a <= far_c), left, np.where(far_b <= far_c, up, corner))
