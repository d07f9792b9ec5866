"""The coefficients of a JPEG, by jpeglib; runs in a child of the sandbox, because libjpeg is what hostile files aim at.

Of jpeglib only the C function that reads is used, through its binding: its Python layer decodes a file three times, and
leaves a copy of it in the temporary folder when it dies. Its writer is not used: it turns progressive files into
sequential ones, drops restart markers, writes APP0 and APP14 twice, and never writes the fourth component.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from jpeglib._bind import CJpegLib

from processors import coefficients, decoding, encoding, guard, patches, splicing
from processors.coefficients import Coefficients, Layout
from processors.errors import RefusedImageError
from processors.masks import Box
from processors.pictures import Mask, Picture, Pixels

#: of the libraries that jpeglib brings: libjpeg-turbo 2.1.0, whose decoder is also Pillow's and the browsers'
_LIBRARY = "turbo210"
#: in libjpeg's first warning, which is the only one that it says: nothing that bears on coefficients
_HARMLESS = ("extraneous bytes", "JFIF revision", "Adobe color transform")
_SHORTS = ctypes.POINTER(ctypes.c_short)

CJpegLib.set_version(_LIBRARY)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What is to be shown inside a mask, cut to the mask's bounding box, so that little travels to the child."""

    #: left, top, right, bottom in the stored picture; right and bottom are exclusive
    box: Box
    pixels: Pixels
    mask: Mask
    #: the edited file's XMP packet
    xmp: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An edited JPEG, what was changed, and what it shows in `box`; elsewhere it shows what the original did."""

    data: bytes
    patch: bytes
    box: Box
    pixels: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """An edited JPEG: the file, the picture that it shows, and what was changed."""

    data: bytes
    picture: Picture
    patch: bytes


def splice(source: bytes, wanted: Picture, mask: Mask, limits: guard.Limits = guard.DEFAULT_LIMITS) -> Spliced:
    """`source` showing `wanted` inside the mask, with its XMP packet; every block that the mask does not touch is kept.

    `wanted` is the decoded source outside the mask. Raises as splice_piece does.
    """
    return whole(wanted, splice_piece(source, piece_of(wanted, mask), limits))


def piece_of(wanted: Picture, mask: Mask) -> Piece:
    """What splice_piece needs of an edit. Raises ValueError for an empty mask."""
    left, top, right, bottom = box = patches.bounding_box(mask)
    pixels = np.asarray(wanted.pixels[top:bottom, left:right], np.uint8)
    return Piece(box, pixels, mask[top:bottom, left:right], wanted.metadata.xmp)


def splice_piece(source: bytes, piece: Piece, limits: guard.Limits = guard.DEFAULT_LIMITS) -> Part:
    """The edited file, read back and compared before it is given away.

    Raises RefusedImageError `not_verified` where it is not what it should be, `jpeg_coding` or `odd_sampling` where
    coefficients cannot be rewritten safely.
    """
    before = read(source)
    size = before.layout.height, before.layout.width
    left, top, right, bottom = piece.box
    mask = np.zeros(size, np.bool_)
    mask[top:bottom, left:right] = piece.mask
    wanted = np.zeros((*size, *piece.pixels.shape[2:]), np.uint8)
    wanted[top:bottom, left:right] = piece.pixels
    after = splicing.spliced(before, wanted, mask)
    data = encoding.jpeg(after, source, piece.xmp)
    _verify(read(data), after, before, splicing.touched(before.layout, mask))
    patch = patches.of_blocks(before, after, decoding.jpeg_xmp(source), piece.xmp)
    box = _reach(before.layout, piece.box)
    del before, after
    shown = np.asarray(decoding.decode(data, limits).pixels[box[1] : box[3], box[0] : box[2]], np.uint8)
    return Part(data, patch, box, shown.copy())


def whole(wanted: Picture, part: Part) -> Spliced:
    """The picture that the edited file shows, put together from the wanted one and what differs from it."""
    left, top, right, bottom = part.box
    pixels = wanted.pixels.copy()
    pixels[top:bottom, left:right] = part.pixels
    return Spliced(part.data, replace(wanted, pixels=pixels), part.patch)


def _reach(layout: Layout, box: Box) -> Box:
    """The pixels that a change of the box's blocks can reach: its units, and one more for the interpolated chroma."""
    wide, high = 8 * layout.h, 8 * layout.v
    left, top, right, bottom = box
    return (
        max(0, left // wide - 1) * wide,
        max(0, top // high - 1) * high,
        min(layout.width, (-(-right // wide) + 1) * wide),
        min(layout.height, (-(-bottom // high) + 1) * high),
    )


def apply(patch: patches.BlockPatch, data: bytes) -> bytes:
    """The edited file, made again from the original. Raises PatchError `wrong_picture` for every other file."""
    return encoding.jpeg(patch.apply(read(data)), data, patch.xmp_after)


def revert(patch: patches.BlockPatch, data: bytes) -> bytes:
    """A file with the original's coefficients, made from the edited one. Raises PatchError `wrong_picture`."""
    return encoding.jpeg(patch.revert(read(data)), data, patch.xmp_before)


def _verify(found: Coefficients, wanted: Coefficients, before: Coefficients, touched: tuple[Mask, ...]) -> None:
    if found.layout != before.layout:
        raise RefusedImageError("not_verified", "the headers say something else")
    for at, (plane, want, old) in enumerate(zip(found.planes, wanted.planes, before.planes, strict=True)):
        if not np.array_equal(found.tables[at], before.tables[at]):
            raise RefusedImageError("not_verified", f"quantisation table of component {at}")
        if not np.array_equal(plane, want):
            raise RefusedImageError("not_verified", f"component {at} is not what was written")
        if ((plane != old).any(axis=2) & ~touched[at]).any():
            raise RefusedImageError("not_verified", f"a block of component {at} moved outside the mask")


def read(data: bytes) -> Coefficients:
    """The coefficients of a whole JPEG, as libjpeg decodes them.

    Raises RefusedImageError `jpeg_coding`, `odd_sampling` or `corrupt`; `damaged_scan` where libjpeg made up what a cut
    or damaged scan lacks, which it says on stderr alone: for this call that is a file of ours, so call it in a process
    that does nothing else meanwhile.
    """
    layout = coefficients.layout_of(data)
    tables = coefficients.tables_of(data, layout)
    planes = tuple(np.zeros((part.rows, part.columns, 64), np.int16) for part in layout.components)
    places = [plane.ctypes.data_as(_SHORTS) for plane in planes] + [None] * (4 - len(planes))
    with _memory_file() as file, _memory_file() as told:
        file.write(data)
        file.flush()
        with _stderr_to(told):
            # It takes paths only; this one is in memory.
            done = CJpegLib.get().read_jpeg_dct(f"/proc/self/fd/{file.fileno()}".encode(), *places, None, None)
        told.seek(0)
        words = told.read().decode(errors="replace").strip()
    if not done:
        raise RefusedImageError("corrupt", words or "libjpeg cannot read the coefficients")
    if words and not any(word in words for word in _HARMLESS):
        raise RefusedImageError("damaged_scan", words)
    return Coefficients(layout, planes, tables)


def _memory_file() -> BinaryIO:
    return open(os.memfd_create("jpeg"), "w+b")  # the caller closes it


@contextlib.contextmanager
def _stderr_to(file: BinaryIO) -> Iterator[None]:
    kept = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
