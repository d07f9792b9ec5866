"""A Picture to bytes: the pixels coded as before, everything else copied from the original file.

The file is put together from the original's own parts, so that EXIF, ICC, IPTC, comments, gamma, density and whatever
else stands in it arrive byte for byte and in their old order. Only the XMP packet is taken from the Picture, because
the mark on an edit stands there. The same input gives the same bytes.

| format | outside the mask | inside the mask | not carried |
|---|---|---|---|
| JPEG | all DCT blocks that the mask does not touch | by the file's own tables | bytes after EOI |
| PNG L, LA, RGB, RGBA | exact, same mode | exact | interlacing, histogram, unsafe private chunks, tail |
| PNG of 16 bits | exact, all 16 bits | the fill's 8 bits times 257 | as above |
| PNG gray of 1, 2, 4 bits | exact | the nearest level that there is | as above |
| PNG P | exact, same palette and order | the nearest entry of the same alpha | as above |
| WebP | exact; lossy input is answered losslessly | exact | bytes after the file |
| AVIF | as decoded, in a lossless PNG, for a person to accept | exact | what AVIF alone can say |

JPEG means gray, YCC, RGB, CMYK and YCCK in any sampling by whole numbers; inks are filled ink by ink
(processors/views.py), blocks changed by processors/splicing.py. A progressive file stays progressive, by bands of
coefficients and no longer by their bits; restart markers stay. What cannot be written so goes to a person with a code
of guard.REASONS.
"""

import io
import itertools
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from processors import containers, entropy, scanlines
from processors.coefficients import DHT, Coefficients
from processors.containers import Part
from processors.pictures import Format, Mask, Metadata, Picture

#: bytes of XMP that one JPEG segment holds
JPEG_XMP_BYTES = 0xFFFF - 2 - len(containers.JPEG_XMP)

#: zlib level: half the time of 6 for 5 % more bytes
_PNG_LEVEL = 4
#: WebP's (method, effort): a third of the time of the default for 8 % more bytes
_WEBP_METHOD, _WEBP_EFFORT = 1, 0
#: Ancillary chunks that do not depend on single pixels, though PNG's naming rule calls some of them unsafe to copy.
_PNG_KEPT = frozenset(
    (
        *(b"PLTE", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"bKGD"),
        *(b"sPLT", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX"),
    )
)
_WEBP_CODED = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"EXIF", b"XMP "))
_WEBP_ICC, _WEBP_ALPHA, _WEBP_EXIF, _WEBP_XMP = 0x20, 0x10, 0x08, 0x04


def encode(picture: Picture, source: bytes | None = None) -> bytes:
    """The lossless file of `picture`, in its own format.

    `source` is the original file, from which all but pixels and XMP is copied; without it, and for an AVIF, the fields
    of `picture.metadata` are written. Raises ValueError for a picture that is `uneditable`, and for a JPEG, which holds
    coefficients instead of pixels (see jpeg).
    """
    if picture.uneditable:
        raise ValueError(f"a picture that is {picture.uneditable} cannot be written back exactly")
    match picture.format:
        case "JPEG":
            raise ValueError("a JPEG is written from its coefficients")
        case "PNG":
            return _encode_png(picture, source)
        case "WEBP":
            return _encode_webp(picture, source)
        case "AVIF":
            return _encode_png(picture, None)


def format_of(picture: Picture) -> Format:
    """The format in which a picture is written: its own, but for AVIF, which cannot be written without loss."""
    return "PNG" if picture.format == "AVIF" else picture.format


def _image(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture.pixels)
    if picture.mode == "P":
        image.putpalette(picture.coding.palette)
    return image


def _save(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def _swapped(parts: list[bytes], old: int | None, new: bytes, place: int) -> list[bytes]:
    """`parts` with `new` instead of the one at `old`, or put in at `place` where there was none."""
    if old is None:
        return [*parts[:place], new, *parts[place:]]
    return [*parts[:old], new, *parts[old + 1 :]]


# --- JPEG -----------------------------------------------------------------------------------------------------


def jpeg(coefficients: Coefficients, source: bytes, xmp: bytes) -> bytes:
    """The file `source` with other coefficients and another XMP packet; all other segments as and where they stand.

    Raises RefusedImageError `jpeg_coding` for coefficients that no JPEG can hold, ValueError for XMP that does not fit.
    """
    scans, tables_kept = entropy.scans(coefficients, entropy.coding_of(source))
    parts = containers.jpeg_parts(source)
    kept = [part for part in parts[: _first_scan(parts)] if tables_kept or part.name != DHT]
    old = next(
        (i for i, part in enumerate(kept) if part.opens_with(source, containers.APP1, containers.JPEG_XMP)), None
    )
    front = itertools.takewhile(
        lambda part: part.name == containers.APP0 or part.opens_with(source, containers.APP1, containers.JPEG_EXIF),
        kept,
    )
    headers = _swapped([part.raw(source) for part in kept], old, _jpeg_xmp(xmp), len(list(front)))
    return b"".join((b"\xff\xd8", *headers, scans, b"\xff" + containers.EOI))


def _jpeg_xmp(xmp: bytes) -> bytes:
    if len(xmp) > JPEG_XMP_BYTES:
        raise ValueError(f"{len(xmp)} bytes of XMP do not fit into a JPEG segment")
    payload = containers.JPEG_XMP + xmp
    return b"\xff" + containers.APP1 + struct.pack(">H", 2 + len(payload)) + payload if xmp else b""


def _first_scan(parts: list[Part]) -> int:
    return next(index for index, part in enumerate(parts) if part.name == containers.SOS)


# --- PNG ------------------------------------------------------------------------------------------------------


def _encode_png(picture: Picture, source: bytes | None) -> bytes:
    if picture.coding.depth == 8:
        coded = _png_pixels(picture, picture.metadata if source is None else Metadata())
    else:
        coded = _png_samples(picture)
    header, *others = containers.png_parts(coded)
    pixels = b"".join(part.raw(coded) for part in others if part.name == b"IDAT")
    file = coded if source is None else source
    parts = containers.png_parts(file)
    place = next(part for part in parts if part.name == b"IDAT")
    kept = [part for part in parts if part is place or _png_keeps(part)]
    old = next((index for index, part in enumerate(kept) if containers.png_xmp(part, file)), None)
    chunks = [pixels if part is place else part.raw(file) for part in kept]
    chunks = _swapped(chunks, old, _png_xmp(picture.metadata.xmp), kept.index(place))
    return b"".join((containers.PNG_SIGNATURE, header.raw(coded), *chunks, _png_chunk(b"IEND", b"")))


def _png_pixels(picture: Picture, metadata: Metadata) -> bytes:
    options: dict[str, Any] = {"dpi": metadata.dpi} if metadata.dpi else {}
    if picture.coding.transparency is not None:
        options["transparency"] = picture.coding.transparency
    return _save(
        _image(picture),
        format="PNG",
        compress_level=_PNG_LEVEL,
        icc_profile=metadata.icc,
        exif=metadata.exif,
        **options,
    )


def _png_samples(picture: Picture) -> bytes:
    """The pixels where a sample has not 8 bits, as a PNG without anything else."""
    depth = picture.coding.depth
    header = _png_chunk(b"IHDR", scanlines.header(picture.size, picture.mode, depth))
    pixels = _png_chunk(b"IDAT", scanlines.packed(picture.pixels, depth))
    return b"".join((containers.PNG_SIGNATURE, header, pixels, _png_chunk(b"IEND", b"")))


def _png_keeps(part: Part) -> bool:
    return part.name in _PNG_KEPT or part.name[3:].islower()


def _png_xmp(xmp: bytes) -> bytes:
    return _png_chunk(b"iTXt", containers.PNG_XMP + bytes(5) + xmp) if xmp else b""


def _png_chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


# --- WebP -----------------------------------------------------------------------------------------------------


def _encode_webp(picture: Picture, source: bytes | None) -> bytes:
    metadata = picture.metadata if source is None else Metadata()
    coded = _save(
        _image(picture),
        format="WEBP",
        lossless=True,
        exact=True,
        method=_WEBP_METHOD,
        quality=_WEBP_EFFORT,
        icc_profile=metadata.icc,
        exif=metadata.exif,
    )
    pixels = next(part.payload(coded) for part in containers.webp_parts(coded) if part.name == b"VP8L")
    file = coded if source is None else source
    found = [(part.name, part.payload(file)) for part in containers.webp_parts(file)]
    icc = [chunk for chunk in found if chunk[0] == b"ICCP"][:1]
    exif = [chunk for chunk in found if chunk[0] == b"EXIF"][:1]
    xmp = [(b"XMP ", picture.metadata.xmp)] if picture.metadata.xmp else []
    others = [chunk for chunk in found if chunk[0] not in _WEBP_CODED]
    chunks = [*icc, (b"VP8L", pixels), *exif, *xmp, *others]
    if len(chunks) > 1:
        alpha = _WEBP_ALPHA if pixels[4] & 0x10 else 0
        flags = _WEBP_ICC * bool(icc) | _WEBP_EXIF * bool(exif) | _WEBP_XMP * bool(xmp) | alpha
        chunks.insert(0, (b"VP8X", _webp_canvas(flags, picture)))
    body = b"WEBP" + b"".join(_riff_chunk(name, payload) for name, payload in chunks)
    return _riff_chunk(b"RIFF", body)


def _webp_canvas(flags: int, picture: Picture) -> bytes:
    width, height = picture.size
    return struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _riff_chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def encode_mask(mask: Mask) -> bytes:
    """A mask as PNG: one channel, 255 where a pixel may change, 0 elsewhere."""
    return _save(Image.fromarray(mask.astype(np.uint8) * np.uint8(255)), format="PNG", compress_level=6)
