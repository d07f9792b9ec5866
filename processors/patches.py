"""What an edit changed, exactly: enough to do it again on the picture before and to undo it on the picture after.

A patch is a PNG. A text chunk holds as JSON what it is about: `version`, `kind`, and the digests of before and after.

- `pixels` (PNG, WebP, AVIF): three bands one below the other, each as large as the mask's bounding box: the masked
  samples before, the same after, and the mask. Samples are those of the picture's own mode (palette indices for P,
  shown as gray; those of 16 bits as gray of 16 bits, the channels of a pixel side by side).
- `blocks` (JPEG): gray of 16 bits with a row for each DCT block that changed: component, row and column of the block,
  its 64 coefficients before and the 64 after, in natural order, with 32768 added. Undone, all coefficients of the
  original file are there again; done again, the result has the same bytes.

Version 1 knew pixels only, also for JPEGs, of which it speaks as decoded; it is still read.
"""

import base64
import hashlib
import io
import json
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from processors.coefficients import Coefficients
from processors.errors import PipelineError
from processors.pictures import Mask, Mode, Picture, Samples

VERSION = 2
_KEY = "cleanplate-patch"
_LEVEL = 6
_CHANNELS = {"L": 1, "P": 1, "LA": 2, "RGB": 3, "RGBA": 4}
#: what zero is as a sample of 16 bits: coefficients have signs, those of a PNG have none
_ZERO = np.uint16(1 << 15)
#: component, row and column of a block come before its coefficients
_PLACE = 3


class PatchError(PipelineError):
    """A patch that cannot be read, or that does not belong to the picture; `reason` is a stable code.

    `unreadable`, `wrong_picture` (pixels or coefficients are not those the patch was made for), `changed_outside_mask`,
    `inexact` (the result is not what original and patch give).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.detail)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Masked samples before and after; `box` is (left, top, right, bottom) in the stored picture, in pixels."""

    mode: Mode
    #: width and height of the whole picture
    size: tuple[int, int]
    box: tuple[int, int, int, int]
    #: the box's mask and samples (height x width [x channels]); 0 outside the mask
    mask: Mask
    before: Samples
    after: Samples
    #: pixels_sha256 of the whole picture
    before_sha256: str
    after_sha256: str

    def apply(self, picture: Picture) -> Picture:
        """The picture after the edit. Raises PatchError `wrong_picture` unless this is the one before."""
        return self._set(picture, self.after, self.before_sha256, self.after_sha256)

    def revert(self, picture: Picture) -> Picture:
        """The picture before the edit. Raises PatchError `wrong_picture` unless this is the one after."""
        return self._set(picture, self.before, self.after_sha256, self.before_sha256)

    def _set(self, picture: Picture, samples: Samples, have: str, want: str) -> Picture:
        _check(picture, have)
        left, top, right, bottom = self.box
        pixels = picture.pixels.copy()
        pixels[top:bottom, left:right][self.mask] = samples[self.mask]
        changed = replace(picture, pixels=pixels)
        _check(changed, want)
        return changed


@dataclass(frozen=True, slots=True, eq=False)
class BlockPatch:
    """The blocks of a JPEG that changed, before and after."""

    #: width and height of the whole picture
    size: tuple[int, int]
    #: n x 3: component, row, column
    places: NDArray[np.int64]
    #: n x 64, natural order
    before: NDArray[np.int16]
    after: NDArray[np.int16]
    #: coefficients_sha256 of the whole file
    before_sha256: str
    after_sha256: str
    #: XMP packets of the two files
    xmp_before: bytes
    xmp_after: bytes

    def apply(self, coefficients: Coefficients) -> Coefficients:
        """The coefficients after the edit. Raises PatchError `wrong_picture` unless these are the ones before."""
        return self._set(coefficients, self.after, self.before_sha256, self.after_sha256)

    def revert(self, coefficients: Coefficients) -> Coefficients:
        """The coefficients before the edit. Raises PatchError `wrong_picture` unless these are the ones after."""
        return self._set(coefficients, self.before, self.after_sha256, self.before_sha256)

    def _set(self, coefficients: Coefficients, blocks: NDArray[np.int16], have: str, want: str) -> Coefficients:
        _compare("coefficients", coefficients_sha256(coefficients), have)
        planes = tuple(plane.copy() for plane in coefficients.planes)
        for component, plane in enumerate(planes):
            own = self.places[:, 0] == component
            plane[self.places[own, 1], self.places[own, 2]] = blocks[own]
        changed = replace(coefficients, planes=planes)
        _compare("coefficients", coefficients_sha256(changed), want)
        return changed


def pixels_sha256(picture: Picture) -> str:
    """Digest over mode, size and samples, and over the palette of a P picture, whose indices mean nothing alone."""
    digest = hashlib.sha256(f"{picture.mode} {picture.size[0]}x{picture.size[1]}\n".encode())
    digest.update(picture.coding.palette if picture.mode == "P" else b"")
    samples = picture.pixels if picture.pixels.dtype == np.uint8 else picture.pixels.astype(">u2")
    digest.update(np.ascontiguousarray(samples).data)
    return digest.hexdigest()


def coefficients_sha256(coefficients: Coefficients) -> str:
    """Digest over size, sampling, tables and all blocks of a JPEG."""
    layout = coefficients.layout
    sampling = " ".join(f"{component.h}x{component.v}" for component in layout.components)
    digest = hashlib.sha256(f"{layout.width}x{layout.height} {sampling}\n".encode())
    for plane, table in zip(coefficients.planes, coefficients.tables, strict=True):
        digest.update(table.astype("<i2").tobytes())
        digest.update(np.ascontiguousarray(plane.astype("<i2", copy=False)).data)
    return digest.hexdigest()


def make(before: Picture, after: Picture, mask: Mask) -> bytes:
    """The patch between two pictures of one size and mode; the same input gives the same bytes.

    Raises PatchError `changed_outside_mask` where it could not undo the edit, ValueError for an empty mask.
    """
    left, top, right, bottom = box = bounding_box(mask)
    changed = before.pixels != after.pixels
    changed[mask] = False
    if changed.any():
        raise PatchError("changed_outside_mask")
    inside = mask[top:bottom, left:right]
    header = {
        "version": VERSION,
        "kind": "pixels",
        "mode": before.mode,
        "size": before.size,
        "box": box,
        "before_sha256": pixels_sha256(before),
        "after_sha256": pixels_sha256(after),
    }
    bands = [_masked(picture.pixels[top:bottom, left:right], inside) for picture in (before, after)]
    shape = bands[0].shape
    white = np.iinfo(bands[0].dtype).max
    shown = np.broadcast_to((inside * white).reshape(*inside.shape, *(1,) * (len(shape) - 2)), shape)
    stack = np.concatenate((*bands, shown.astype(bands[0].dtype)))
    return _written(stack if stack.dtype == np.uint8 else stack.reshape(stack.shape[0], -1), header)


def of_blocks(before: Coefficients, after: Coefficients, xmp_before: bytes, xmp_after: bytes) -> bytes:
    """The patch between the coefficients and XMP packets of two JPEGs of one layout; same input, same bytes."""
    rows = []
    for component, (old, new) in enumerate(zip(before.planes, after.planes, strict=True)):
        places = np.argwhere((old != new).any(axis=2))
        blocks = [plane[places[:, 0], places[:, 1]].view(np.uint16) ^ _ZERO for plane in (old, new)]
        rows.append(np.column_stack((np.full(len(places), component, np.uint16), places.astype(np.uint16), *blocks)))
    stack = np.concatenate(rows)
    header = {
        "version": VERSION,
        "kind": "blocks",
        "size": (before.layout.width, before.layout.height),
        "blocks": len(stack),
        "before_sha256": coefficients_sha256(before),
        "after_sha256": coefficients_sha256(after),
        "xmp_before": base64.b64encode(xmp_before).decode(),
        "xmp_after": base64.b64encode(xmp_after).decode(),
    }
    # A PNG has at least one row.
    return _written(stack if len(stack) else np.zeros((1, _PLACE + 128), np.uint16), header)


def read(data: bytes) -> Patch | BlockPatch:
    """Raises PatchError `unreadable`."""
    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(data))
        image.load()
        header = json.loads(image.info[_KEY])
        kind = {1: "pixels", VERSION: header.get("kind")}.get(header["version"])
        stack = np.array(image)
        if kind == "blocks":
            return _block_patch(header, stack)
        if kind != "pixels":
            raise PatchError("unreadable", f"version {header['version']}, kind {kind}")
        return _patch(header, stack)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
        raise PatchError("unreadable", f"{type(error).__name__}: {error}") from error


def _written(stack: Samples, header: dict[str, Any]) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text(_KEY, json.dumps(header, sort_keys=True))
    file = io.BytesIO()
    Image.fromarray(stack).save(file, "PNG", compress_level=_LEVEL, pnginfo=text)
    return file.getvalue()


def _patch(header: dict[str, Any], stack: Samples) -> Patch:
    left, top, right, bottom = box = cast(tuple[int, int, int, int], tuple(header["box"]))
    width, height = header["size"]
    channels = _CHANNELS[header["mode"]]
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(f"box {box} in {width} x {height}")
    if stack.dtype == np.uint16 and channels > 1:
        stack = stack.reshape(len(stack), -1, channels)
    if stack.shape != (3 * (bottom - top), right - left, channels)[: 3 if channels > 1 else 2]:
        raise ValueError(f"bands of {stack.shape} for box {box}")
    before, after, shown = np.split(stack, 3)
    return Patch(
        mode=header["mode"],
        size=(width, height),
        box=box,
        mask=(shown if shown.ndim == 2 else shown[..., 0]) > 0,
        before=before,
        after=after,
        before_sha256=header["before_sha256"],
        after_sha256=header["after_sha256"],
    )


def _block_patch(header: dict[str, Any], stack: Samples) -> BlockPatch:
    if stack.dtype != np.uint16 or stack.ndim != 2 or stack.shape[1] != _PLACE + 128 or header["blocks"] > len(stack):
        raise ValueError(f"{stack.dtype} {stack.shape} for {header['blocks']} blocks")
    rows = stack[: header["blocks"]]
    values = (rows[:, _PLACE:] ^ _ZERO).view(np.int16)
    width, height = header["size"]
    return BlockPatch(
        size=(width, height),
        places=rows[:, :_PLACE].astype(np.int64),
        before=values[:, :64],
        after=values[:, 64:],
        before_sha256=header["before_sha256"],
        after_sha256=header["after_sha256"],
        xmp_before=base64.b64decode(header["xmp_before"], validate=True),
        xmp_after=base64.b64decode(header["xmp_after"], validate=True),
    )


def _check(picture: Picture, sha256: str) -> None:
    _compare("pixels", pixels_sha256(picture), sha256)


def _compare(what: str, found: str, sha256: str) -> None:
    if found != sha256:
        raise PatchError("wrong_picture", f"{what} {found[:12]}, not {sha256[:12]}")


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the masked pixels, the last two exclusive. Raises ValueError for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("a patch needs a mask")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _masked(samples: Samples, mask: Mask) -> Samples:
    kept = np.zeros_like(samples)
    kept[mask] = samples[mask]
    return kept
