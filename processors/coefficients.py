"""A JPEG's DCT coefficients as arrays, and the geometry that its headers give them."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from processors import containers
from processors.containers import Part
from processors.errors import RefusedImageError

#: rows x columns x 64: the blocks of one component, each in natural order (vertical frequency first)
Plane = NDArray[np.int16]
#: 64 steps in natural order
Table = NDArray[np.int64]
#: What the components mean: by what they become RGB or CMYK.
Transform = Literal["gray", "rgb", "ycc", "cmyk", "ycck"]

#: natural index of the k-th coefficient on the zigzag (ITU-T T.81, figure 5)
ZIGZAG = np.array(
    sorted(range(64), key=lambda at: (at // 8 + at % 8, (at // 8 if (at // 8 + at % 8) % 2 else at % 8))), np.intp
)
SOF_SEQUENTIAL, SOF_PROGRESSIVE = (b"\xc0", b"\xc1"), b"\xc2"
DHT, DQT, DRI = b"\xc4", b"\xdb", b"\xdd"


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a frame: how often it is sampled in a unit (MCU), its table, its blocks."""

    id: int
    h: int
    v: int
    table: int
    #: blocks that hold picture, without those that only fill up the last unit
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the headers say of the coefficients; sides in pixels."""

    width: int
    height: int
    components: tuple[Component, ...]
    transform: Transform
    progressive: bool
    #: units between restart markers, 0 for none
    restart_interval: int

    @property
    def h(self) -> int:
        """Blocks of the most finely sampled component across one unit; a unit is 8 times as many pixels wide."""
        return max(component.h for component in self.components)

    @property
    def v(self) -> int:
        """The same downwards."""
        return max(component.v for component in self.components)


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """All blocks of a JPEG and the tables that they were quantised by, a plane and a table per component."""

    layout: Layout
    planes: tuple[Plane, ...]
    tables: tuple[Table, ...]


def layout_of(data: bytes) -> Layout:
    """Read the headers. Raises RefusedImageError for a coding that is not Huffman-coded with 8 bits a sample."""
    parts = containers.jpeg_parts(data)
    frame = next((part for part in parts if part.name in (*SOF_SEQUENTIAL, SOF_PROGRESSIVE)), None)
    if frame is None:
        raise RefusedImageError("jpeg_coding", "no sequential or progressive Huffman-coded frame")
    payload = frame.payload(data)
    precision, height, width, count = struct.unpack_from(">BHHB", payload)
    if precision != 8 or not height or not width or len(payload) != 6 + 3 * count:
        raise RefusedImageError("jpeg_coding", f"{precision} bits, {width} x {height}, {count} components")
    found = [
        (payload[at], payload[at + 1] >> 4, payload[at + 1] & 15, payload[at + 2]) for at in range(6, 6 + 3 * count, 3)
    ]
    if not all(1 <= h <= 4 and 1 <= v <= 4 for _, h, v, _ in found):
        raise RefusedImageError("jpeg_coding", "a sampling factor out of 1..4")
    most_h, most_v = max(h for _, h, _, _ in found), max(v for _, _, v, _ in found)
    if any(most_h % h or most_v % v for _, h, v, _ in found):
        raise RefusedImageError("odd_sampling", " ".join(f"{h}x{v}" for _, h, v, _ in found))
    return Layout(
        width=width,
        height=height,
        components=tuple(
            Component(id, h, v, table, _blocks(height, v, most_v), _blocks(width, h, most_h))
            for id, h, v, table in found
        ),
        transform=_transform(parts, data, bytes(id for id, *_ in found)),
        progressive=frame.name == SOF_PROGRESSIVE,
        restart_interval=_restart_interval(parts, data),
    )


def tables_of(data: bytes, of: Layout) -> tuple[Table, ...]:
    """The quantisation table of each component. Raises RefusedImageError unless all stand before the first scan."""
    parts = containers.jpeg_parts(data)
    scan = next(index for index, part in enumerate(parts) if part.name == containers.SOS)
    if any(part.name == DQT for part in parts[scan:]):
        raise RefusedImageError("jpeg_coding", "quantisation tables between scans")
    found: dict[int, Table] = {}
    for part in parts[:scan]:
        if part.name == DQT:
            found |= _read_tables(part.payload(data))
    if missing := {component.table for component in of.components} - set(found):
        raise RefusedImageError("jpeg_coding", f"no quantisation table {min(missing)}")
    return tuple(found[component.table] for component in of.components)


def _read_tables(payload: bytes) -> Iterable[tuple[int, Table]]:
    at = 0
    while at < len(payload):
        wide, slot = payload[at] >> 4, payload[at] & 15
        size = 128 if wide else 64
        steps = np.frombuffer(payload[at + 1 : at + 1 + size], ">u2" if wide else "u1")
        if steps.size != 64 or not steps.all():
            raise RefusedImageError("jpeg_coding", "a quantisation table is short or holds a zero")
        natural = np.empty(64, np.int64)
        natural[ZIGZAG] = steps
        yield slot, natural
        at += 1 + size


def _blocks(side_px: int, factor: int, most: int) -> int:
    return -(-side_px * factor // (8 * most))


def _transform(parts: list[Part], data: bytes, ids: bytes) -> Transform:
    """libjpeg's rule: with 3 components a JFIF marker, else Adobe's, else their ids decide; with 4 Adobe's."""
    adobe = [part.payload(data) for part in parts if part.opens_with(data, containers.APP14, b"Adobe")]
    code = adobe[-1][11] if adobe and len(adobe[-1]) >= 12 else None
    match len(ids):
        case 1:
            return "gray"
        case 3:
            if any(part.opens_with(data, containers.APP0, b"JFIF\0") for part in parts):
                return "ycc"
            return "rgb" if code == 0 or (code is None and ids == b"RGB") else "ycc"
        case 4:
            return "ycck" if code == 2 else "cmyk"
    raise RefusedImageError("jpeg_coding", f"{len(ids)} components")


def _restart_interval(parts: list[Part], data: bytes) -> int:
    """That of the first scan, which every scan gets that is written."""
    scan = next((index for index, part in enumerate(parts) if part.name == containers.SOS), len(parts))
    found = [int.from_bytes(part.payload(data)[:2], "big") for part in parts[:scan] if part.name == DRI]
    return found[-1] if found else 0
