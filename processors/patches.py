"""What an edit changed, exactly: enough to do it again on the picture before and to undo it on the picture after.

A patch is a PNG that shows three bands one below the other, each as large as the mask's bounding box: the masked
samples before, the same after, and the mask. Samples are those of the picture's own mode (palette indices for P, shown
as gray). A text chunk holds the rest as JSON. It speaks of decoded pixels: for a JPEG, apply it to the decoded
original and encode, which gives the result's bytes again; the original file itself is never touched.
"""

import hashlib
import io
import json
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from PIL import Image, PngImagePlugin

from processors.errors import PipelineError
from processors.pictures import Mask, Mode, Picture, Pixels

VERSION = 1
_KEY = "cleanplate-patch"
_LEVEL = 6
_CHANNELS = {"L": 1, "P": 1, "LA": 2, "RGB": 3, "RGBA": 4}


class PatchError(PipelineError):
    """A patch that cannot be read, or that does not belong to the picture; `reason` is a stable code.

    `unreadable`, `wrong_picture` (the pixels are not those the patch was made for), `changed_outside_mask`.
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
    before: Pixels
    after: Pixels
    #: pixels_sha256 of the whole picture
    before_sha256: str
    after_sha256: str

    def apply(self, picture: Picture) -> Picture:
        """The picture after the edit. Raises PatchError `wrong_picture` unless this is the one before."""
        return self._set(picture, self.after, self.before_sha256, self.after_sha256)

    def revert(self, picture: Picture) -> Picture:
        """The picture before the edit. Raises PatchError `wrong_picture` unless this is the one after."""
        return self._set(picture, self.before, self.after_sha256, self.before_sha256)

    def _set(self, picture: Picture, samples: Pixels, have: str, want: str) -> Picture:
        _check(picture, have)
        left, top, right, bottom = self.box
        pixels = picture.pixels.copy()
        pixels[top:bottom, left:right][self.mask] = samples[self.mask]
        changed = replace(picture, pixels=pixels)
        _check(changed, want)
        return changed


def pixels_sha256(picture: Picture) -> str:
    """Digest over mode, size and samples, and over the palette of a P picture, whose indices mean nothing alone."""
    digest = hashlib.sha256(f"{picture.mode} {picture.size[0]}x{picture.size[1]}\n".encode())
    digest.update(picture.coding.palette if picture.mode == "P" else b"")
    digest.update(np.ascontiguousarray(picture.pixels).data)
    return digest.hexdigest()


def make(before: Picture, after: Picture, mask: Mask) -> bytes:
    """The patch between two pictures of one size and mode; the same input gives the same bytes.

    Raises PatchError `changed_outside_mask` where it could not undo the edit, ValueError for an empty mask.
    """
    left, top, right, bottom = box = _bounding_box(mask)
    changed = before.pixels != after.pixels
    changed[mask] = False
    if changed.any():
        raise PatchError("changed_outside_mask")
    inside = mask[top:bottom, left:right]
    header = {
        "version": VERSION,
        "mode": before.mode,
        "size": before.size,
        "box": box,
        "before_sha256": pixels_sha256(before),
        "after_sha256": pixels_sha256(after),
    }
    bands = [_masked(picture.pixels[top:bottom, left:right], inside) for picture in (before, after)]
    shape = bands[0].shape
    shown = np.broadcast_to((inside * np.uint8(255)).reshape(*inside.shape, *(1,) * (len(shape) - 2)), shape)
    text = PngImagePlugin.PngInfo()
    text.add_text(_KEY, json.dumps(header, sort_keys=True))
    file = io.BytesIO()
    Image.fromarray(np.concatenate((*bands, shown))).save(file, "PNG", compress_level=_LEVEL, pnginfo=text)
    return file.getvalue()


def read(data: bytes) -> Patch:
    """Raises PatchError `unreadable`."""
    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(data))
        image.load()
        header = json.loads(image.info[_KEY])
        if header["version"] != VERSION:
            raise PatchError("unreadable", f"version {header['version']}")
        return _patch(header, np.array(image))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error, zlib.error) as error:
        raise PatchError("unreadable", f"{type(error).__name__}: {error}") from error


def _patch(header: dict[str, Any], stack: Pixels) -> Patch:
    left, top, right, bottom = box = cast(tuple[int, int, int, int], tuple(header["box"]))
    width, height = header["size"]
    channels = 1 if stack.ndim == 2 else stack.shape[2]
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(f"box {box} in {width} x {height}")
    if stack.shape[:2] != (3 * (bottom - top), right - left) or channels != _CHANNELS[header["mode"]]:
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


def _check(picture: Picture, sha256: str) -> None:
    found = pixels_sha256(picture)
    if found != sha256:
        raise PatchError("wrong_picture", f"pixels {found[:12]}, not {sha256[:12]}")


def _bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("a patch needs a mask")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _masked(samples: Pixels, mask: Mask) -> Pixels:
    kept = np.zeros_like(samples)
    kept[mask] = samples[mask]
    return kept
