"""What a file is and whether it may be decoded, told from its headers alone."""

import struct
import zlib
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from processors import containers
from processors.containers import Part
from processors.errors import RefusedImageError
from processors.pictures import Format

#: Every code that a picture can be refused with, reviewed for (`Picture.uneditable`) or noted with.
REASONS: dict[str, str] = {
    # refused: the picture is not decoded, or could not be
    "empty": "The file has no bytes.",
    "too_many_bytes": "The file is larger than the byte limit.",
    "unsupported_format": "The content is not a picture format known here, whatever its name says.",
    "unsupported_coding": "A JPEG variant that no common decoder reads: 12 bits, hierarchical, or 2 components.",
    "corrupt": "The file is cut, contradicts itself, or has a wrong checksum.",
    "too_many_pixels": "Width times height, or one side, is over the limit.",
    "too_many_scans": "A JPEG with so many scans that decoding it would cost seconds.",
    "too_many_parts": "The file is made of more segments or chunks than any honest picture.",
    "text_too_large": "A PNG text chunk is, or unpacks to, more than the limit.",
    "icc_too_large": "The colour profile is, or unpacks to, more than the limit.",
    "animated": "More than one frame: an animated PNG, WebP or AVIF.",
    "format_gif": "GIF is not edited.",
    "format_tiff": "TIFF is not edited.",
    "format_bmp": "BMP is not edited.",
    "format_heif": "HEIF and HEIC are not edited.",
    "format_jpeg2000": "JPEG 2000 is not edited.",
    "format_jpegxl": "JPEG XL is not edited.",
    "too_much_memory": "Decoding needed more memory than a decoder process may have.",
    "decoder_timeout": "Decoding used more time than a decoder process may have.",
    "decoder_crash": "The decoder process died on this file.",
    # decoded for people to see, but not edited: the picture goes to review without a proposal
    "odd_sampling": "A JPEG whose components are sampled in ratios that are no whole numbers.",
    "jpeg_coding": "A JPEG coded so that its blocks cannot be rewritten safely, as with tables between scans.",
    "damaged_scan": "A JPEG whose pixels are cut or damaged inside: what a decoder makes up for them is not written.",
    "not_verified": "The edited JPEG, read back, was not exactly what it should be; it was thrown away.",
    "arithmetic_coding": "An arithmetic-coded JPEG.",
    "lossless_jpeg": "A lossless JPEG.",
    "multi_picture": "Further pictures behind the first (MPO, Ultra HDR, a gain map): an edit would lose them.",
    "extended_xmp": "A JPEG whose XMP spans several segments: its marks cannot be read and kept safely.",
    "deep_avif": "An AVIF of more than 8 bits a sample, or in colours that only its own codes name: shown with 8 bits.",
    "palette_overrun": "A PNG whose pixels point past the end of its palette.",
    "xmp_unreadable": "The XMP packet cannot be parsed, so no mark can be added to it safely.",
    "xmp_too_large": "The XMP packet would outgrow what the format can hold.",
    # noted: the edit goes on
    "trailing_data": "Bytes after the end of the picture; a cleaned copy does not carry them.",
    "content_credentials": "A C2PA manifest: it is carried over, and truthfully no longer verifies after an edit.",
    "lossy_webp": "A lossy WebP: a cleaned copy is lossless, so that nothing outside the mask degrades.",
    "lossy_avif": "An AVIF: what is proposed for it is a lossless PNG, so that nothing outside the mask degrades.",
    "interlaced": "An interlaced PNG: a cleaned copy is not interlaced.",
}

#: Pillow unpacks no more than this from one compressed PNG chunk.
PNG_UNPACKED_BYTES = 1 << 20

_MAGIC = {
    b"GIF87a": "format_gif",
    b"GIF89a": "format_gif",
    b"II*\0": "format_tiff",
    b"MM\0*": "format_tiff",
    b"II+\0": "format_tiff",
    b"MM\0+": "format_tiff",
    b"\0\0\0\x0cjP  ": "format_jpeg2000",
    b"\xff\x4f\xff\x51": "format_jpeg2000",
    b"\0\0\0\x0cJXL ": "format_jpegxl",
    b"\xff\x0a": "format_jpegxl",
}
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"mif2"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
#: ITU-T H.273 codes of what is shown as sRGB without a profile: (primaries, transfer), 2 being unspecified
_AVIF_PRIMARIES, _AVIF_TRANSFERS = (1, 2), (1, 2, 6, 13)
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PNG_CRITICAL = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_JPEG_FRAMES = frozenset(bytes([n]) for n in range(0xC0, 0xD0) if n not in (0xC4, 0xC8, 0xCC))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask for before a decoder sees it."""

    bytes: Annotated[int, Meta(ge=1, le=1 << 30, description="limit: bytes of a file")] = 16 << 20
    pixels: Annotated[int, Meta(ge=1, le=10**9, description="limit: pixels of a picture: width times height")] = (
        25_000_000
    )
    side_px: Annotated[int, Meta(ge=1, le=65_535, description="limit: pixels of a picture's longer side")] = 20_000
    scans: Annotated[int, Meta(ge=1, le=1000, description="limit: scans of a JPEG")] = 64
    scan_megapixels: Annotated[
        float, Meta(gt=0, le=100_000, description="limit: megapixels times scans of a JPEG: what decoding it costs")
    ] = 1000
    icc_bytes: Annotated[
        int, Meta(ge=0, le=1 << 26, description="limit: bytes of a colour profile, also once it is unpacked")
    ] = 4 << 20
    text_bytes: Annotated[
        int, Meta(ge=0, le=1 << 28, description="limit: bytes of all text chunks of a PNG together")
    ] = 8 << 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Header:
    """What the headers say; sides in pixels, as stored."""

    format: Format
    width: int
    height: int
    scans: int = 1
    lossless: bool = True
    #: PNG: bits a sample, where they matter (see pictures.Coding)
    depth: int = 8
    uneditable: str | None = None
    notes: tuple[str, ...] = ()


def inspect(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Read the headers; decode nothing. Raises RefusedImageError with a code of REASONS."""
    weigh(len(data), limits)
    match sniff(data):
        case "JPEG":
            header = _jpeg(data, limits)
        case "PNG":
            header = _png(data, limits)
        case "WEBP":
            header = _webp(data, limits)
        case "AVIF":
            header = _avif(data, limits)
    return header


def weigh(size_bytes: int, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises RefusedImageError `empty` or `too_many_bytes`."""
    if size_bytes == 0:
        raise RefusedImageError("empty")
    if size_bytes > limits.bytes:
        raise RefusedImageError("too_many_bytes", f"{size_bytes} > {limits.bytes}")


def sniff(data: bytes) -> Format:
    """The format by its first bytes. Raises RefusedImageError `unsupported_format` or a `format_...` code."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(containers.PNG_SIGNATURE):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and _brands(data) & _AVIF_BRANDS:
        return "AVIF"
    raise RefusedImageError(_foreign(data), f"starts with {data[:12].hex(' ')}")


def _foreign(data: bytes) -> str:
    for magic, reason in _MAGIC.items():
        if data.startswith(magic):
            return reason
    if data.startswith(b"BM") and data[6:10] == bytes(4):
        return "format_bmp"
    if data[4:8] == b"ftyp":
        return "format_heif" if _brands(data) & _HEIF_BRANDS else "unsupported_format"
    return "unsupported_format"


def _brands(data: bytes) -> set[bytes]:
    return {data[at : at + 4] for at in range(8, min(int.from_bytes(data[:4], "big"), 128), 4)}


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width == 0 or height == 0:
        raise RefusedImageError("corrupt", f"{width} x {height} pixels")
    if width * height > limits.pixels or max(width, height) > limits.side_px:
        raise RefusedImageError("too_many_pixels", f"{width} x {height}")


# --- JPEG -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """A JPEG's SOF segment: its kind by marker, and (id, horizontal, vertical sampling) per component."""

    marker: int
    precision: int
    height: int
    width: int
    components: tuple[tuple[int, int, int], ...]


def _jpeg(data: bytes, limits: Limits) -> Header:
    parts = containers.jpeg_parts(data)
    frame = _frame(parts, data)
    _check_size(frame.width, frame.height, limits)
    scans = sum(part.name == containers.SOS for part in parts)
    if scans > limits.scans or scans * frame.width * frame.height > limits.scan_megapixels * 1e6:
        raise RefusedImageError("too_many_scans", f"{scans} scans of {frame.width} x {frame.height}")
    icc_bytes = sum(part.stop - part.body for part in _marked(parts, data, containers.APP2, containers.JPEG_ICC))
    if icc_bytes > limits.icc_bytes:
        raise RefusedImageError("icc_too_large", f"{icc_bytes} > {limits.icc_bytes}")
    return Header(
        "JPEG",
        frame.width,
        frame.height,
        scans=scans,
        lossless=False,
        uneditable=_jpeg_uneditable(frame, parts, data),
        notes=_notes(trailing_data=_has_tail(data, parts[-1].end), content_credentials=_has_jumbf(parts, data)),
    )


def _frame(parts: list[Part], data: bytes) -> _Frame:
    """Raises RefusedImageError unless exactly one frame stands before the first scan and can be decoded."""
    frames = [index for index, part in enumerate(parts) if part.name in _JPEG_FRAMES]
    scans = [index for index, part in enumerate(parts) if part.name == containers.SOS]
    if len(frames) != 1 or not scans or frames[0] > scans[0]:
        raise RefusedImageError("corrupt", f"{len(frames)} JPEG frames, {len(scans)} scans, or out of order")
    part = parts[frames[0]]
    payload = part.payload(data)
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise RefusedImageError("corrupt", "JPEG frame header has a false length")
    precision, height, width = struct.unpack_from(">BHH", payload)
    triples = (payload[at : at + 3] for at in range(6, len(payload), 3))
    frame = _Frame(part.name[0], precision, height, width, tuple((t[0], t[1] >> 4, t[1] & 15) for t in triples))
    hierarchical_or_worse = frame.marker not in (0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA)
    if hierarchical_or_worse or precision != 8 or len(frame.components) not in (1, 3, 4):
        detail = f"SOF{frame.marker - 0xC0}, {precision} bits, {len(frame.components)} components"
        raise RefusedImageError("unsupported_coding", detail)
    return frame


def _jpeg_uneditable(frame: _Frame, parts: list[Part], data: bytes) -> str | None:
    """The first reason that stands in the way of an exact edit."""
    checks = {
        "multi_picture": bool(_marked(parts, data, containers.APP2, b"MPF\0")),
        "lossless_jpeg": frame.marker == 0xC3,
        "arithmetic_coding": frame.marker in (0xC9, 0xCA),
        "odd_sampling": _samples_oddly(frame),
        "extended_xmp": bool(_marked(parts, data, containers.APP1, containers.JPEG_EXTENDED_XMP)),
    }
    return next((reason for reason, holds in checks.items() if holds), None)


def _samples_oddly(frame: _Frame) -> bool:
    across, down = ([part[axis] for part in frame.components] for axis in (1, 2))
    return any(factor < 1 or max(factors) % factor for factors in (across, down) for factor in factors)


def _has_jumbf(parts: list[Part], data: bytes) -> bool:
    return any(b"c2pa" in part.payload(data) for part in _marked(parts, data, containers.APP11, b"JP"))


def _marked(parts: list[Part], data: bytes, name: bytes, prefix: bytes) -> list[Part]:
    return [part for part in parts if part.opens_with(data, name, prefix)]


# --- PNG ------------------------------------------------------------------------------------------------------


def _png(data: bytes, limits: Limits) -> Header:
    parts = containers.png_parts(data)
    first = parts[0].payload(data)
    if parts[0].name != b"IHDR" or len(first) != 13:
        raise RefusedImageError("corrupt", "PNG does not start with IHDR")
    width, height, depth, color, *_, interlace = struct.unpack(">IIBBBBB", first)
    if depth not in _PNG_DEPTHS.get(color, ()):
        raise RefusedImageError("corrupt", f"PNG colour type {color} with {depth} bits")
    _check_size(width, height, limits)
    _check_png_chunks([part.name for part in parts], color)
    _check_png_text(parts, data, limits)
    return Header(
        "PNG",
        width,
        height,
        depth=depth if depth == 16 or color == 0 else 8,
        notes=_notes(
            trailing_data=_has_tail(data, parts[-1].end),
            content_credentials=any(part.name == b"caBX" for part in parts),
            interlaced=bool(interlace),
        ),
    )


def _check_png_chunks(names: list[bytes], color: int) -> None:
    if b"IDAT" not in names or (color == 3 and b"PLTE" not in names):
        raise RefusedImageError("corrupt", "PNG without pixels or palette")
    if names.count(b"IHDR") > 1 or names.count(b"PLTE") > 1:
        raise RefusedImageError("corrupt", "PNG with two headers or palettes")
    if unknown := sorted(name for name in set(names) - _PNG_CRITICAL if name[:1].isupper()):
        raise RefusedImageError("corrupt", f"PNG with an unknown critical chunk {unknown[0].decode()}")
    if {b"acTL", b"fcTL", b"fdAT"}.intersection(names):
        raise RefusedImageError("animated", "APNG")


def _check_png_text(parts: list[Part], data: bytes, limits: Limits) -> None:
    text_bytes = 0
    for part in parts:
        if part.name == b"iCCP" and _unpacked_bytes(part, data) > min(limits.icc_bytes, PNG_UNPACKED_BYTES):
            raise RefusedImageError("icc_too_large", "iCCP")
        if part.name in (b"tEXt", b"zTXt", b"iTXt"):
            unpacked = _unpacked_bytes(part, data)
            text_bytes += max(unpacked, part.stop - part.body)
            if unpacked > PNG_UNPACKED_BYTES or text_bytes > limits.text_bytes:
                raise RefusedImageError("text_too_large", part.name.decode())


def _unpacked_bytes(part: Part, data: bytes) -> int:
    """How much a compressed chunk unpacks to, counted up to just over the limit; 0 where nothing is packed."""
    rest = part.payload(data).partition(b"\0")[2]
    if part.name == b"iTXt":
        packed = rest[2:].split(b"\0", 2)[-1] if rest[:1] == b"\1" else b""
    else:
        packed = rest[1:] if part.name in (b"zTXt", b"iCCP") else b""
    try:
        plain = containers.inflate(packed, PNG_UNPACKED_BYTES)
    except zlib.error:
        return 0  # every decoder skips a chunk that it cannot unpack
    return PNG_UNPACKED_BYTES + 1 if plain is None else len(plain)


# --- WebP -----------------------------------------------------------------------------------------------------


def _webp(data: bytes, limits: Limits) -> Header:
    parts = containers.webp_parts(data)
    names = [part.name for part in parts]
    if b"ANIM" in names or b"ANMF" in names or (names[:1] == [b"VP8X"] and data[parts[0].body] & 2):
        raise RefusedImageError("animated", "WebP")
    coded = [part for part in parts if part.name in (b"VP8 ", b"VP8L")]
    if len(coded) != 1:
        raise RefusedImageError("corrupt", f"WebP with {len(coded)} pictures")
    width, height = _webp_size(coded[0], data)
    _check_size(width, height, limits)
    if names[0] == b"VP8X" and _webp_canvas(parts[0], data) != (width, height):
        raise RefusedImageError("corrupt", "WebP canvas and picture differ in size")
    icc_bytes = sum(part.stop - part.body for part in parts if part.name == b"ICCP")
    if icc_bytes > limits.icc_bytes:
        raise RefusedImageError("icc_too_large", f"{icc_bytes} > {limits.icc_bytes}")
    lossless = coded[0].name == b"VP8L"
    return Header(
        "WEBP",
        width,
        height,
        lossless=lossless,
        notes=_notes(
            trailing_data=_has_tail(data, containers.webp_end(data)),
            content_credentials=b"C2PA" in names,
            lossy_webp=not lossless,
        ),
    )


def _webp_size(part: Part, data: bytes) -> tuple[int, int]:
    payload = data[part.body : min(part.stop, part.body + 10)]
    if part.name == b"VP8L" and len(payload) >= 5 and payload[0] == 0x2F:
        bits = int.from_bytes(payload[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if part.name == b"VP8 " and len(payload) == 10 and payload[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", payload, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise RefusedImageError("corrupt", f"WebP chunk {part.name!r} has no picture header")


def _webp_canvas(part: Part, data: bytes) -> tuple[int, int]:
    payload = part.payload(data)
    return int.from_bytes(payload[4:7], "little") + 1, int.from_bytes(payload[7:10], "little") + 1


# --- AVIF -----------------------------------------------------------------------------------------------------


def _avif(data: bytes, limits: Limits) -> Header:
    parts = containers.avif_parts(data)
    brands = _brands(data)
    if b"avis" in brands or any(part.name == b"moov" for part in parts):
        raise RefusedImageError("animated", "AVIF")
    # Every picture in the file is bounded: the one shown, its tiles, its alpha and what else there is.
    sizes = [struct.unpack(">II", part.payload(data)[4:12]) for part in parts if _is_size(part)]
    if not sizes:
        raise RefusedImageError("corrupt", "AVIF without a size")
    for width, height in sizes:
        _check_size(width, height, limits)
    colours = [part.payload(data) for part in parts if part.name == b"colr"]
    icc_bytes = sum(len(colour) for colour in colours if colour[:4] in (b"prof", b"rICC"))
    if icc_bytes > limits.icc_bytes:
        raise RefusedImageError("icc_too_large", f"{icc_bytes} > {limits.icc_bytes}")
    deep = any(part.payload(data)[2:3].ljust(1, b"\0")[0] & 0x40 for part in parts if part.name == b"av1C")
    checks = {
        "multi_picture": b"tmap" in brands,
        "deep_avif": deep or (icc_bytes == 0 and any(_is_wide(colour) for colour in colours)),
    }
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Header(
        "AVIF",
        width,
        height,
        lossless=False,
        uneditable=next((reason for reason, holds in checks.items() if holds), None),
        notes=("lossy_avif",),
    )


def _is_size(part: Part) -> bool:
    return part.name == b"ispe" and part.stop - part.body == 12


def _is_wide(colour: bytes) -> bool:
    if colour[:4] != b"nclx" or len(colour) < 8:
        return False
    primaries, transfer = struct.unpack_from(">HH", colour, 4)
    return primaries not in _AVIF_PRIMARIES or transfer not in _AVIF_TRANSFERS


# --- notes ----------------------------------------------------------------------------------------------------


def _notes(**found: bool) -> tuple[str, ...]:
    return tuple(name for name, holds in found.items() if holds)


def _has_tail(data: bytes, end: int) -> bool:
    """True where something other than padding follows the picture."""
    return bool(data[end:].strip(b"\0\r\n "))
