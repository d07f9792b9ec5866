"""Small picture files made from a seed, and the pieces to damage them with."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from processors.pictures import Mask, Pixels

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Pixels:
    """Soft coloured noise, height x width x channels (two axes for one channel)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 4 + 2, width // 4 + 2, channels), dtype=np.uint8)
    fine = np.kron(coarse, np.ones((4, 4, 1), np.uint8))[:height, :width] // 2 + rng.integers(
        0, 100, (height, width, channels), dtype=np.uint8
    )
    return fine[..., 0] if channels == 1 else fine


def box_mask(height: int, width: int) -> Mask:
    """True in the middle third."""
    mask = np.zeros((height, width), np.bool_)
    mask[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = True
    return mask


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0, **options: Any) -> bytes:
    return saved(Image.fromarray(noise(height, width, channels, seed)), "JPEG", **options)


def png(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0, **options: Any) -> bytes:
    return saved(Image.fromarray(noise(height, width, channels, seed)), "PNG", **options)


def webp(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0, **options: Any) -> bytes:
    options = {"lossless": True, "exact": True} | options
    return saved(Image.fromarray(noise(height, width, channels, seed)), "WEBP", **options)


def avif(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0, **options: Any) -> bytes:
    return saved(Image.fromarray(noise(height, width, channels, seed)), "AVIF", **options)


def deep_png(
    channels: int = 3, height: int = 48, width: int = 64, seed: int = 0, *chunks: tuple[bytes, bytes]
) -> bytes:
    """A PNG of 16 bits a sample, every line plain; `chunks` stand before the pixels."""
    samples = np.random.default_rng(seed).integers(0, 1 << 16, (height, width * channels)).astype(">u2")
    lines = b"".join(b"\0" + line.tobytes() for line in samples)
    header = png_header(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels])
    return png_of(header, *chunks, (b"IDAT", zlib.compress(lines)), (b"IEND", b""))


def palette_png(colours: int = 40, height: int = 48, width: int = 64, seed: int = 0, **options: Any) -> bytes:
    """Indices drawn evenly over a palette of random colours."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, colours, (height, width), dtype=np.uint8))
    image.putpalette(rng.integers(0, 256, 3 * colours, dtype=np.uint8).tobytes())
    return saved(image, "PNG", **options)


def shortened_palette(colours: int, kept: int) -> tuple[bytes, bytes]:
    """The palette chunk of one gray, and the same with fewer colours."""
    return png_chunk(b"PLTE", bytes([100] * 3 * colours)), png_chunk(b"PLTE", bytes([100] * 3 * kept))


def png_chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return PNG_SIGNATURE + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_header(width: int, height: int, depth: int = 8, color: int = 2) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def with_png_chunk(data: bytes, name: bytes, payload: bytes) -> bytes:
    """The file with one more chunk right after IHDR."""
    return data[:33] + png_chunk(name, payload) + data[33:]


def jpeg_segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(payload)) + payload


def with_jpeg_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """The file with one more segment right after SOI."""
    return data[:2] + jpeg_segment(marker, payload) + data[2:]


def commented(data: bytes, comment: str) -> bytes:
    """A JPEG with other bytes and the same pixels."""
    return with_jpeg_segment(data, 0xFE, comment.encode())


def without_jpeg_segment(data: bytes, marker: int) -> bytes:
    """The file without its first segment of this marker."""
    at = data.index(bytes((0xFF, marker)))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def exif(orientation: int) -> bytes:
    """A TIFF structure with nothing but an orientation."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def scan_bomb(height: int, width: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    data = jpeg(height, width, progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:-2] + data[start:-2] * scans + data[-2:]
