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

import cv2
import numpy as np
from PIL import AvifImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from processors import containers, guard, scanlines
from processors.errors import RefusedImageError
from processors.pictures import Coding, Metadata, Mode, Picture, Samples

#: Opened by class: the guard has found the format, and no other plugin may guess at it.
_OPENERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
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

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each child of the sandbox has one processor's time


def decode(data: bytes, limits: guard.Limits = guard.DEFAULT_LIMITS) -> Picture:
    """Inspect and decode. Raises RefusedImageError with a code of guard.REASONS.

    A picture that can be shown but not edited exactly comes back with `uneditable` set.
    """
    header = guard.inspect(data, limits)
    try:
        image = _load(data, header)
        metadata = _avif_metadata(image) if header.format == "AVIF" else _METADATA[header.format](data, _dpi(image))
        coding = _CODINGS[header.format](data, header, image)
        pixels = _samples(data, header, image)
    except MemoryError as error:
        raise RefusedImageError("too_much_memory", f"{header.width} x {header.height}") from error
    uneditable = header.uneditable or _overrun(pixels, image.mode, coding)
    return Picture(
        format=header.format,
        mode=_mode(data, image),
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
            if header.format == "AVIF":
                _check_avif(image, header)
            elif image.size != (header.width, header.height):
                raise RefusedImageError("corrupt", f"{image.size} in the decoder, {header} in the headers")
            image.load()
        except _DECODER_ERRORS as error:
            raise RefusedImageError("corrupt", f"{type(error).__name__}: {error}") from error
    return image


def _check_avif(image: ImageFile.ImageFile, header: guard.Header) -> None:
    """The picture shown may be smaller than the largest in the file, which the guard has weighed."""
    if image.width * image.height > header.width * header.height:
        raise RefusedImageError("corrupt", f"{image.size} in the decoder, {header} in the headers")
    if cast(AvifImagePlugin.AvifImageFile, image).n_frames > 1:
        raise RefusedImageError("animated", "AVIF")


def _samples(data: bytes, header: guard.Header, image: Image.Image) -> Samples:
    """The pixels as stored; those of 16 bits, of which Pillow keeps 8, are decoded once more."""
    if header.format != "PNG" or header.depth < 16:
        return np.array(image if image.mode != "1" else image.convert("L"))
    try:
        return scanlines.deep(data, _mode(data, image))
    except (ValueError, cv2.error) as error:
        raise RefusedImageError("corrupt", str(error)) from error


def _mode(data: bytes, image: Image.Image) -> Mode:
    """One of our modes; Pillow has its own for deep and bilevel gray, and gives deep gray with alpha as colour."""
    if data.startswith(containers.PNG_SIGNATURE) and data[24:26] == b"\x10\4":  # depth and colour type
        return "LA"
    return cast(Mode, {"1": "L", "I;16": "L"}.get(image.mode, image.mode))


def _overrun(pixels: Samples, mode: str, coding: Coding) -> str | None:
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
    chunks = {part.name: part.payload(data) for part in containers.png_parts(data) if part.name in (b"PLTE", b"tRNS")}
    alpha = chunks.get(b"tRNS", b"")
    transparency: bytes | int | tuple[int, int, int] | None = None
    if image.mode == "P" and alpha:
        transparency = alpha
    elif image.mode in ("1", "L", "I;16") and len(alpha) == 2:
        transparency = int.from_bytes(alpha, "big") * (scanlines.level_step(header.depth) if header.depth < 8 else 1)
    elif image.mode == "RGB" and len(alpha) == 6:
        transparency = struct.unpack(">HHH", alpha)
    palette = chunks.get(b"PLTE", b"") if image.mode == "P" else b""
    return Coding(depth=header.depth, palette=palette, transparency=transparency)


def _webp_coding(data: bytes, header: guard.Header, image: Image.Image) -> Coding:
    return Coding(lossless=header.lossless)


def _avif_coding(data: bytes, header: guard.Header, image: Image.Image) -> Coding:
    return Coding(lossless=False)


_CODINGS = {"JPEG": _jpeg_coding, "PNG": _png_coding, "WEBP": _webp_coding, "AVIF": _avif_coding}

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


def jpeg_xmp(data: bytes) -> bytes:
    """The XMP packet of a JPEG, byte for byte; empty where there is none."""
    return _jpeg_metadata(data, None).xmp


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


def _avif_metadata(image: Image.Image) -> Metadata:
    """As Pillow gives it: it turns AVIF's own rotation and mirroring into an EXIF orientation."""
    return Metadata(
        exif=image.info.get("exif", b"").removeprefix(containers.JPEG_EXIF),
        icc=image.info.get("icc_profile", b""),
        xmp=image.info.get("xmp", b""),
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
