"""The parts of a JPEG, PNG, WebP or AVIF file, found without decoding a pixel."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from processors.errors import RefusedImageError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_EXIF = b"Exif\0\0"
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
JPEG_ICC = b"ICC_PROFILE\0"
PNG_XMP = b"XML:com.adobe.xmp"

#: JPEG markers by their second byte
SOS, EOI, COM = b"\xda", b"\xd9", b"\xfe"
APP0, APP1, APP2, APP11, APP14 = b"\xe0", b"\xe1", b"\xe2", b"\xeb", b"\xee"

#: more parts than any honest file has; walking them would cost seconds
_MAX_PARTS = 100_000
#: markers with a payload, and EOI; not stuffed bytes (FF00), fill (FFFF), restarts (D0-D7) or reserved ones
_JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd9-\xef\xfe])")
_JPEG_APPLICATION = frozenset(bytes([marker]) for marker in (*range(0xE0, 0xF0), 0xFE))
#: boxes that are read further, and how many bytes of their own come first
_BOXES_OF_BOXES = {b"meta": 4, b"iprp": 0, b"ipco": 0}
_CHUNK_NAME = re.compile(rb"[A-Za-z]{4}")


@dataclass(frozen=True, slots=True)
class Part:
    """A JPEG segment (named by its marker's second byte) or a PNG or WebP chunk, as offsets into the file."""

    name: bytes
    #: first byte of the part, its payload's first byte, one past the payload, one past the part
    start: int
    body: int
    stop: int
    end: int

    def payload(self, data: bytes) -> bytes:
        return data[self.body : self.stop]

    def raw(self, data: bytes) -> bytes:
        return data[self.start : self.end]

    def opens_with(self, data: bytes, name: bytes, prefix: bytes) -> bool:
        """True for a part of this name whose payload starts with `prefix`."""
        return self.name == name and data.startswith(prefix, self.body, self.stop)

    @property
    def is_application(self) -> bool:
        """True for a JPEG APPn or comment segment: what travels with the picture but is not its coding."""
        return self.name in _JPEG_APPLICATION


def jpeg_parts(data: bytes) -> list[Part]:
    """Segments up to and including EOI; a scan's entropy-coded bytes lie between two parts.

    Raises RefusedImageError `corrupt` where a segment leaves the file or EOI is missing, or `too_many_parts`.
    """
    return _bounded(_walk_jpeg(data))


def png_parts(data: bytes) -> list[Part]:
    """Chunks up to and including IEND, every checksum verified.

    Raises RefusedImageError `corrupt` or `too_many_parts`.
    """
    return _bounded(_walk_png(data))


def webp_parts(data: bytes) -> list[Part]:
    """Chunks inside the RIFF container. Raises RefusedImageError `corrupt` or `too_many_parts`."""
    return _bounded(_walk_webp(data))


def avif_parts(data: bytes) -> list[Part]:
    """Boxes of the file, and behind each `meta`, `iprp` and `ipco` those inside it.

    Raises RefusedImageError `corrupt` or `too_many_parts`.
    """
    return _bounded(_walk_boxes(data, 0, len(data)))


def png_xmp(part: Part, data: bytes) -> bool:
    """True where the chunk is an iTXt that holds an XMP packet."""
    return part.opens_with(data, b"iTXt", PNG_XMP + b"\0")


def inflate(packed: bytes, max_bytes: int) -> bytes | None:
    """The inflated bytes, or None where they would exceed `max_bytes`. Raises zlib.error on broken input."""
    inflater = zlib.decompressobj()
    plain = inflater.decompress(packed, max_bytes + 1)
    return plain if len(plain) <= max_bytes else None


def _bounded(walk: Iterator[Part]) -> list[Part]:
    parts: list[Part] = []
    for part in walk:
        parts.append(part)
        if len(parts) > _MAX_PARTS:
            raise RefusedImageError("too_many_parts", f"more than {_MAX_PARTS}")
    return parts


def _walk_jpeg(data: bytes) -> Iterator[Part]:
    at = 2
    while True:
        found = _JPEG_MARKER.search(data, at)
        if found is None:
            raise RefusedImageError("corrupt", "JPEG without an end of image")
        name, start, body = found[1], found.start(), found.end()
        if name == EOI:
            yield Part(name, start, body, body, body)
            return
        at = body + int.from_bytes(data[body : body + 2], "big")
        if at < body + 2 or at > len(data):
            raise RefusedImageError("corrupt", f"JPEG segment {name.hex()} has a false length")
        yield Part(name, start, body + 2, at, at)


def _walk_png(data: bytes) -> Iterator[Part]:
    at = len(PNG_SIGNATURE)
    name = b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise RefusedImageError("corrupt", "PNG ends before IEND")
        length, name = struct.unpack_from(">I4s", data, at)
        stop = at + 8 + length
        if not _CHUNK_NAME.fullmatch(name) or stop + 4 > len(data):
            raise RefusedImageError("corrupt", f"PNG chunk {name!r} has a false name or length")
        if zlib.crc32(memoryview(data)[at + 4 : stop]) != int.from_bytes(data[stop : stop + 4], "big"):
            raise RefusedImageError("corrupt", f"PNG chunk {name.decode()} has a wrong checksum")
        yield Part(name, at, at + 8, stop, stop + 4)
        at = stop + 4


def _walk_webp(data: bytes) -> Iterator[Part]:
    at, end = 12, webp_end(data)
    if end > len(data):
        raise RefusedImageError("corrupt", "WebP is cut short")
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        stop = at + 8 + length
        if stop > end:
            raise RefusedImageError("corrupt", f"WebP chunk {name!r} has a false length")
        at, start = min(stop + length % 2, end), at
        yield Part(name, start, start + 8, stop, at)


def _walk_boxes(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at < end:
        if at + 8 > end:
            raise RefusedImageError("corrupt", "AVIF is cut short")
        length, name = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if length == 1 and at + 16 <= end:
            length, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if length == 0 else at + length
        if stop < body or stop > end:
            raise RefusedImageError("corrupt", f"AVIF box {name!r} has a false length")
        yield Part(name, at, body, stop, stop)
        if name in _BOXES_OF_BOXES:
            yield from _walk_boxes(data, body + _BOXES_OF_BOXES[name], stop)
        at = stop


def webp_end(data: bytes) -> int:
    """One past the RIFF container's last byte, as its header states it."""
    return 8 + int.from_bytes(data[4:8], "little")
