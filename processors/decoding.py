"""Bytes to a Picture: pixels as stored, and what an encoder needs to write the rest back unchanged.

Runs in a child process (see infra.sandbox), because decoders are what hostile files aim at. Pillow gives the pixels;
metadata is read here from the container, byte for byte. Nothing of the file is lost by what a Picture leaves out:
the encoder copies every header part from the original file.
"""

import io
import struct
import warnings
import zlib
from typing import cast

import numpy as np
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from processors import containers, guard
from processors.errors import RefusedImageError
from processors.pictures import Coding, Metadata, Mode, Picture, Pixels

#: Opened by class: the guard has found the format, and no other plugin may guess at it.
_OPENERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
#: What Pillow's decoders have been seen to raise on broken files.
_DECODER_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    ZeroDivisionError,
    AssertionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_ORIENTATION = 0x0112


def decode(data: bytes, limits: guard.Limits = guard.DEFAULT_LIMITS) -> Picture:
    """Inspect and decode. Raises RefusedImageError with a code of guard.REASONS.

    A picture that can be shown but not edited exactly comes back as L, RGB or RGBA with `uneditable` set.
    """
    header = guard.inspect(data, limits)
    try:
        image = _load(data, header)
        metadata = _METADATA[header.format](data, _dpi(image))
        coding = _CODINGS[header.format](data, header, image)
        pixels = np.array(_viewable(image))
    except MemoryError as error:
        raise RefusedImageError("too_much_memory", f"{header.width} x {header.height}") from error
    uneditable = header.uneditable or _overrun(pixels, image.mode, coding)
    return Picture(
        format=header.format,
        mode=cast(Mode, _viewable_mode(image.mode)),
        pixels=pixels,
        coding=coding,
        metadata=metadata,
        orientation=orientation(metadata.exif),
        uneditable=uneditable,
        notes=header.notes,
    )


def orientation(exif: bytes) -> int:
    """EXIF orientation 1..8 from the first directory of a TIFF structure; 1 where absent or nonsense."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (at,) = struct.unpack_from(order + "I", exif, 4)
    if at + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(order + "H", exif, at)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, values, value = struct.unpack_from(order + "HHIH", exif, entry)
        if (tag, kind, values) == (_ORIENTATION, 3, 1):
            return value if 1 <= value <= 8 else 1
    return 1


def _load(data: bytes, header: guard.Header) -> ImageFile.ImageFile:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about odd metadata, which is not read through it
        try:
            image = _OPENERS[header.format](io.BytesIO(data))
            if image.size != (header.width, header.height):
                raise RefusedImageError("corrupt", f"{image.size} in the decoder, {header} in the headers")
            image.load()
        except _DECODER_ERRORS as error:
            raise RefusedImageError("corrupt", f"{type(error).__name__}: {error}") from error
    return image


def _viewable(image: Image.Image) -> Image.Image | Pixels:
    """The image in one of our modes; deep, bilevel and CMYK ones are reduced to what a screen shows."""
    if image.mode == "I;16":
        return (np.asarray(image) >> 8).astype(np.uint8)
    mode = _viewable_mode(image.mode)
    return image if mode == image.mode else image.convert(mode)


def _viewable_mode(mode: str) -> str:
    return {"1": "L", "I;16": "L", "CMYK": "RGB"}.get(mode, mode)


def _overrun(pixels: Pixels, mode: str, coding: Coding) -> str | None:
    return "palette_overrun" if mode == "P" and int(pixels.max()) >= len(coding.palette) // 3 else None


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    return (float(dpi[0]), float(dpi[1])) if dpi else None


# --- coding ---------------------------------------------------------------------------------------------------


def _jpeg_coding(data: bytes, header: guard.Header, image: Image.Image) -> Coding:
    if header.uneditable:
        return Coding(lossless=False)
    jpeg = cast(JpegImagePlugin.JpegImageFile, image)
    tables = [tuple(jpeg.quantization[component[3]]) for component in jpeg.layer]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()
    return Coding(
        quantization=tuple(tables),
        subsampling=JpegImagePlugin.get_sampling(jpeg) if jpeg.layers == 3 else None,
        progressive=bool(jpeg.info.get("progressive")),
        lossless=False,
    )


def _png_coding(data: bytes, header: guard.Header, image: Image.Image) -> Coding:
    if header.uneditable:
        return Coding()
    chunks = {part.name: part.payload(data) for part in containers.png_parts(data) if part.name in (b"PLTE", b"tRNS")}
    alpha = chunks.get(b"tRNS", b"")
    transparency: bytes | int | tuple[int, int, int] | None = None
    if image.mode == "P" and alpha:
        transparency = alpha
    elif image.mode == "L" and len(alpha) == 2:
        transparency = int.from_bytes(alpha, "big")
    elif image.mode == "RGB" and len(alpha) == 6:
        transparency = struct.unpack(">HHH", alpha)
    return Coding(palette=chunks.get(b"PLTE", b"") if image.mode == "P" else b"", transparency=transparency)


def _webp_coding(data: bytes, header: guard.Header, image: Image.Image) -> Coding:
    return Coding(lossless=header.lossless)


_CODINGS = {"JPEG": _jpeg_coding, "PNG": _png_coding, "WEBP": _webp_coding}

# --- metadata -------------------------------------------------------------------------------------------------


def _jpeg_metadata(data: bytes, dpi: tuple[float, float] | None) -> Metadata:
    found = [(part.name, part.payload(data)) for part in containers.jpeg_parts(data) if part.is_application]

    def bodies(name: bytes, prefix: bytes) -> list[bytes]:
        return [body[len(prefix) :] for marker, body in found if marker == name and body.startswith(prefix)]

    profile = sorted(bodies(containers.APP2, containers.JPEG_ICC))  # each starts with its number and their count
    whole = bool(profile) and profile[0][1:2] == bytes([len(profile) & 255])
    return Metadata(
        exif=b"".join(bodies(containers.APP1, containers.JPEG_EXIF)),
        icc=b"".join(body[2:] for body in profile) if whole else b"",
        xmp=next(iter(bodies(containers.APP1, containers.JPEG_XMP)), b""),
        comment=next(iter(bodies(containers.COM, b"")), b""),
        dpi=dpi,
    )


def _png_metadata(data: bytes, dpi: tuple[float, float] | None) -> Metadata:
    exif = icc = xmp = b""
    for part in containers.png_parts(data):
        if part.name == b"eXIf":
            exif = part.payload(data)
        elif part.name == b"iCCP":
            icc = _unpacked(part.payload(data).partition(b"\0")[2][1:])
        elif not xmp and containers.png_xmp(part, data):
            xmp = _itxt(part.payload(data))
    return Metadata(exif=exif, icc=icc, xmp=xmp, dpi=dpi)


def _webp_metadata(data: bytes, dpi: tuple[float, float] | None) -> Metadata:
    chunks = {part.name: part.payload(data) for part in reversed(containers.webp_parts(data))}
    return Metadata(
        exif=chunks.get(b"EXIF", b"").removeprefix(containers.JPEG_EXIF),
        icc=chunks.get(b"ICCP", b""),
        xmp=chunks.get(b"XMP ", b""),
        dpi=dpi,
    )


_METADATA = {"JPEG": _jpeg_metadata, "PNG": _png_metadata, "WEBP": _webp_metadata}


def _itxt(payload: bytes) -> bytes:
    """The text of an iTXt chunk; empty where the chunk is malformed."""
    _, _, rest = payload.partition(b"\0")
    fields = rest[2:].split(b"\0", 2)  # language, translated keyword, text; before them a packed flag and a method
    if len(fields) < 3:
        return b""
    return _unpacked(fields[2]) if rest[0] == 1 else fields[2]


def _unpacked(packed: bytes) -> bytes:
    try:
        return containers.inflate(packed, guard.PNG_UNPACKED_BYTES) or b""
    except zlib.error:
        return b""
