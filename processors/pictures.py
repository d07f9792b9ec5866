"""A decoded picture in its stored orientation, with what is needed to write it back unchanged."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: height x width [x channels] of 8-bit samples, 0..255
Pixels = NDArray[np.uint8]
#: height x width; True where a pixel may change
Mask = NDArray[np.bool_]
#: pixels as they are stored: with 16 bits a sample where the file has them
Samples = NDArray[np.unsignedinteger[Any]]

Format = Literal["JPEG", "PNG", "WEBP", "AVIF"]
#: CMYK: amounts of ink, 0 none .. 255 full
Mode = Literal["L", "LA", "P", "RGB", "RGBA", "CMYK"]

#: Sum of the luma table of quality 50 (ITU-T T.81, table K.1).
_STANDARD_LUMA_SUM = 3688


@dataclass(frozen=True, slots=True)
class Coding:
    """How the file was coded, as far as an encoder must know it to leave the rest alone."""

    #: JPEG: a quantisation table per component in component order (Pillow's value order, 64 each),
    #: shortened where the remaining components share the last one
    quantization: tuple[tuple[int, ...], ...] = ()
    #: JPEG: Pillow's sampling number, 0 = 4:4:4, 1 = 4:2:2, 2 = 4:2:0, -1 = another; None but for 3 components
    subsampling: int | None = None
    progressive: bool = False
    #: WebP: True for VP8L; always True for PNG, False for JPEG and AVIF
    lossless: bool = True
    #: PNG: bits a sample; with 16 `pixels` has 16, with less than 8 the levels are spread over 0..255
    depth: int = 8
    #: PNG/P: the PLTE chunk, RGB triples
    palette: bytes = b""
    #: PNG: the tRNS chunk: P an alpha byte per entry (missing ones are opaque), L and RGB the transparent colour,
    #: in the samples of `pixels`
    transparency: bytes | int | tuple[int, int, int] | None = None

    @property
    def quality(self) -> int | None:
        """JPEG quality 1..100 by the scale of libjpeg, estimated from the luma table; None without tables."""
        if not self.quantization:
            return None
        scale = 100 * sum(self.quantization[0]) / _STANDARD_LUMA_SUM
        return round(max(1.0, min(100.0, (200 - scale) / 2 if scale <= 100 else 5000 / scale)))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What travels with the pixels, byte for byte as found; empty where absent."""

    #: the TIFF structure, without JPEG's `Exif\\0\\0` prefix
    exif: bytes = b""
    icc: bytes = b""
    xmp: bytes = b""
    #: JPEG: the first comment segment
    comment: bytes = b""
    #: pixels per inch as stored, or None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels as stored (EXIF orientation not applied), palette pictures as indices."""

    format: Format
    mode: Mode
    pixels: Samples
    coding: Coding
    metadata: Metadata
    #: EXIF orientation 1..8; 1 where absent or invalid
    orientation: int = 1
    #: why the picture can be shown but not edited exactly (`arithmetic_coding`, `multi_picture`, ...), or None
    uneditable: str | None = None
    #: things worth knowing that do not stop the edit, e.g. `trailing_data`
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as stored."""
        return self.pixels.shape[1], self.pixels.shape[0]
