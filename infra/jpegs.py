"""The coefficients of a JPEG, by jpeglib; runs in a child of the sandbox, because libjpeg is what hostile files aim at.

Of jpeglib only the C function that reads is used, through its binding: its Python layer decodes a file three times, and
leaves a copy of it in the temporary folder when it dies. Its writer is not used: it turns progressive files into
sequential ones, drops restart markers, writes APP0 and APP14 twice, and never writes the fourth component.
"""

import ctypes
import os
from dataclasses import dataclass

import numpy as np
from jpeglib._bind import CJpegLib

from processors import coefficients, decoding, encoding, guard, patches, splicing
from processors.coefficients import Coefficients
from processors.errors import RefusedImageError
from processors.pictures import Mask, Picture

#: of the libraries that jpeglib brings: libjpeg-turbo 2.1.0, whose decoder is also Pillow's and the browsers'
_LIBRARY = "turbo210"
_SHORTS = ctypes.POINTER(ctypes.c_short)

CJpegLib.set_version(_LIBRARY)


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """An edited JPEG: the file, the picture that it shows, and what was changed."""

    data: bytes
    picture: Picture
    patch: bytes


def splice(source: bytes, wanted: Picture, mask: Mask, limits: guard.Limits = guard.DEFAULT_LIMITS) -> Spliced:
    """`source` showing `wanted` inside the mask, with its XMP packet; every block that the mask does not touch is kept.

    The file is read back and compared before it is given away. Raises RefusedImageError `not_verified` where it is not
    what it should be, `jpeg_coding` or `odd_sampling` where coefficients cannot be rewritten safely.
    """
    before = read(source)
    after = splicing.spliced(before, wanted.pixels, mask)
    data = encoding.jpeg(after, source, wanted.metadata.xmp)
    _verify(read(data), after, before, splicing.touched(before.layout, mask))
    patch = patches.of_blocks(before, after, decoding.jpeg_xmp(source), wanted.metadata.xmp)
    del before, after
    return Spliced(data, decoding.decode(data, limits), patch)


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

    What a cut or damaged scan lacks is zero, without a word: whoever edits has decoded the file before and compares
    afterwards. Raises RefusedImageError `jpeg_coding`, `odd_sampling` or `corrupt`.
    """
    layout = coefficients.layout_of(data)
    tables = coefficients.tables_of(data, layout)
    planes = tuple(np.zeros((part.rows, part.columns, 64), np.int16) for part in layout.components)
    places = [plane.ctypes.data_as(_SHORTS) for plane in planes] + [None] * (4 - len(planes))
    file = os.memfd_create("jpeg")  # it takes paths only, and this one is in memory
    try:
        with open(file, "wb", closefd=False) as sink:
            sink.write(data)
        done = CJpegLib.get().read_jpeg_dct(f"/proc/self/fd/{file}".encode(), *places, None, None)
    finally:
        os.close(file)
    if not done:
        raise RefusedImageError("corrupt", "libjpeg cannot read the coefficients")
    return Coefficients(layout, planes, tables)
