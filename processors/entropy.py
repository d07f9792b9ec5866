"""Coefficients to the scans of a JPEG: Huffman coding, many blocks at once.

A sequential file is written with the tables that it came with where they can say all that is to be said, so that its
bits differ only where its coefficients do; else with tables made for it. A progressive file stays progressive: first
all DC values, then the AC coefficients of each component in two bands. Restart markers stay where they were.

Works on some thousand blocks at a time, so that memory is bounded by the picture's own coefficients.
"""

import heapq
import itertools
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors import containers
from processors.coefficients import DHT, ZIGZAG, Coefficients, Layout, layout_of
from processors.errors import RefusedImageError

#: blocks coded at once: about 40 MB of working memory in busy pictures
_CHUNK_BLOCKS = 1 << 14
#: a unit (MCU) of a scan may hold no more blocks than this (T.81, B.2.3)
_UNIT_BLOCKS_MAX = 10
_ZRL, _EOB, _EOB_RUN_MAX = 0xF0, 0x00, 0x7FFF
#: the bands of AC coefficients of a progressive file, as zigzag places
_BANDS = ((1, 5), (6, 63))
#: bits of each magnitude 0..65535
_BITS = np.array([value.bit_length() for value in range(1 << 16)], np.uint8)

#: (0 for DC or 1 for AC, place 0..3)
Slot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class HuffmanTable:
    """`counts[i]` codes of i + 1 bits, for `symbols` in that order."""

    counts: bytes
    symbols: bytes

    def segment(self, slot: Slot) -> bytes:
        """The DHT segment's payload that puts this table into `slot`."""
        return bytes((slot[0] << 4 | slot[1],)) + self.counts + self.symbols

    def codes(self) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Code and its length by symbol; length 0 where the table has no code for it."""
        codes, lengths = np.zeros(256, np.uint64), np.zeros(256, np.uint8)
        code = at = 0
        for length, count in enumerate(self.counts, 1):
            for symbol in self.symbols[at : at + count]:
                codes[symbol], lengths[symbol] = code, length
                code += 1
            at += count
            code <<= 1
        return codes, lengths


@dataclass(frozen=True, slots=True)
class Coding:
    """Huffman tables by slot, and each component's slots: (DC, AC)."""

    tables: Mapping[Slot, HuffmanTable]
    slots: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Symbols:
    """A stretch of a scan: symbols with their table, the bits that follow each, and where blocks begin."""

    #: index of the table in the scan's list x 256 + symbol
    coded: NDArray[np.uint16]
    extra: NDArray[np.uint16]
    extra_bits: NDArray[np.uint8]
    #: indices of the symbols before which a restart marker stands
    stops: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Scan:
    components: tuple[int, ...]
    #: first and last coefficient, as zigzag places
    first: int = 0
    last: int = 63


def scans(coefficients: Coefficients, have: Coding) -> tuple[bytes, bool]:
    """All scans, and whether they can be read with the tables of `have` alone; else each has its own before it.

    `have` is how the file was coded before (see coding_of). Raises RefusedImageError `jpeg_coding` for coefficients
    that no JPEG can hold.
    """
    written, kept = zip(*(_scan(coefficients, scan, have) for scan in _script(coefficients.layout)), strict=True)
    return b"".join(written), all(kept)


def _scan(coefficients: Coefficients, scan: _Scan, have: Coding) -> tuple[bytes, bool]:
    slots = _slots(scan, have.slots)
    stretches = list(_stretches(coefficients, scan, have.slots))
    chosen = _chosen(stretches, slots, have.tables)
    kept = all(have.tables.get(slot) == table for slot, table in zip(slots, chosen, strict=True))
    own = b"".join(table.segment(slot) for slot, table in zip(slots, chosen, strict=True))
    tables = b"" if kept else _segment(DHT, own)
    head = _segment(containers.SOS, _head(coefficients.layout, scan, have.slots))
    return b"".join((tables, head, *_packed(stretches, chosen))), kept


def coding_of(data: bytes) -> Coding:
    """How a file with one scan is coded; for one with several, slots as most writers use them and no tables."""
    layout = layout_of(data)
    usual = tuple((min(at, 1), min(at, 1)) for at in range(len(layout.components)))
    parts = containers.jpeg_parts(data)
    found = [part.payload(data) for part in parts if part.name == containers.SOS]
    if len(found) > 1 or found[0][0] != len(usual):
        return Coding({}, usual)
    chosen = {found[0][1 + 2 * at]: found[0][2 + 2 * at] for at in range(len(usual))}
    slots = tuple((chosen.get(part.id, 0) >> 4, chosen.get(part.id, 0) & 15) for part in layout.components)
    tables: dict[Slot, HuffmanTable] = {}
    for part in parts:
        payload, at = (part.payload(data), 0) if part.name == DHT else (b"", 0)
        while at + 17 <= len(payload):
            counts = payload[at + 1 : at + 17]
            stop = at + 17 + sum(counts)
            tables[payload[at] >> 4, payload[at] & 15] = HuffmanTable(counts, payload[at + 17 : stop])
            at = stop
    return Coding(tables, slots)


def best_table(counts: Sequence[int]) -> HuffmanTable:
    """The table of least size for symbols that occur `counts[symbol]` times (T.81, K.2), codes of at most 16 bits."""
    # One more symbol, the rarest of all, takes the code of only ones, which JPEG forbids.
    heap: list[tuple[int, int, tuple[int, ...]]] = [(0, -1, (256,))]
    heap += [(count, 256 - symbol, (symbol,)) for symbol, count in enumerate(counts) if count]
    heapq.heapify(heap)
    lengths = [0] * 257
    while len(heap) > 1:
        few, few_order, one = heapq.heappop(heap)
        more, more_order, two = heapq.heappop(heap)
        for symbol in one + two:
            lengths[symbol] += 1
        heapq.heappush(heap, (few + more, min(few_order, more_order), one + two))
    by_length = [0] * (max(lengths) + 2)
    for length in lengths:
        by_length[length] += 1
    for length in range(len(by_length) - 1, 16, -1):
        while by_length[length]:
            shorter = next(at for at in range(length - 2, 0, -1) if by_length[at])
            by_length[length] -= 2
            by_length[length - 1] += 1
            by_length[shorter + 1] += 2
            by_length[shorter] -= 1
    by_length += [0] * 17
    by_length[max(at for at in range(1, 17) if by_length[at])] -= 1
    order = sorted((symbol for symbol in range(256) if lengths[symbol]), key=lambda symbol: (lengths[symbol], symbol))
    return HuffmanTable(bytes(by_length[1:17]), bytes(order))


# --- what is scanned ------------------------------------------------------------------------------------------------


def _script(layout: Layout) -> list[_Scan]:
    every = tuple(range(len(layout.components)))
    unit = sum(component.h * component.v for component in layout.components)
    together = [every] if len(every) == 1 or unit <= _UNIT_BLOCKS_MAX else [(one,) for one in every]
    if not layout.progressive:
        return [_Scan(components) for components in together]
    ac = [_Scan((one,), first, last) for first, last in _BANDS for one in every]
    return [_Scan(components, 0, 0) for components in together] + ac


def _slots(scan: _Scan, slots: tuple[tuple[int, int], ...]) -> list[Slot]:
    """The table slots that a scan uses, DC before AC."""
    kinds = [kind for kind, used in ((0, scan.first == 0), (1, scan.last > 0)) if used]
    return [(kind, place) for kind in kinds for place in sorted({slots[at][kind] for at in scan.components})]


def _units(coefficients: Coefficients, scan: _Scan) -> Iterator[tuple[NDArray[np.int16], NDArray[np.bool_]]]:
    """Blocks in the order of the scan, some rows of units at a time: units x blocks x 64, and which of them are real.

    Where only one component is scanned its blocks are the units, and none is made up.
    """
    alone = len(scan.components) == 1
    layout = coefficients.layout
    parts = [layout.components[at] for at in scan.components]
    shapes = [(1, 1) if alone else (part.v, part.h) for part in parts]
    across = max(-(-part.columns // h) for part, (_, h) in zip(parts, shapes, strict=True))
    down = max(-(-part.rows // v) for part, (v, _) in zip(parts, shapes, strict=True))
    step = max(1, _CHUNK_BLOCKS // (across * sum(v * h for v, h in shapes)))
    for top in range(0, down, step):
        rows = min(step, down - top)
        blocks, real = [], []
        for at, part, (v, h) in zip(scan.components, parts, shapes, strict=True):
            piece = coefficients.planes[at][top * v : (top + rows) * v]
            fill = (rows * v - piece.shape[0], across * h - part.columns)
            there = np.pad(np.ones(piece.shape[:2], np.bool_), ((0, fill[0]), (0, fill[1])))
            padded = np.pad(piece, ((0, fill[0]), (0, fill[1]), (0, 0))) if any(fill) else piece
            blocks.append(_by_unit(padded, rows, across, v, h))
            real.append(_by_unit(there[..., np.newaxis], rows, across, v, h)[..., 0])
        yield np.concatenate(blocks, axis=1), np.concatenate(real, axis=1)


def _by_unit(plane: NDArray[np.generic], rows: int, across: int, v: int, h: int) -> NDArray[np.generic]:
    depth = plane.shape[-1]
    return plane.reshape(rows, v, across, h, depth).transpose(0, 2, 1, 3, 4).reshape(rows * across, v * h, depth)


def _head(layout: Layout, scan: _Scan, slots: tuple[tuple[int, int], ...]) -> bytes:
    head = bytearray((len(scan.components),))
    for at in scan.components:
        dc, ac = slots[at]
        head += bytes((layout.components[at].id, (dc << 4) * (scan.first == 0) | ac * (scan.last > 0)))
    return bytes((*head, scan.first, scan.last, 0))


def _segment(name: bytes, payload: bytes) -> bytes:
    return b"\xff" + name + struct.pack(">H", 2 + len(payload)) + payload


# --- blocks to symbols ----------------------------------------------------------------------------------------------


def _stretches(coefficients: Coefficients, scan: _Scan, slots: tuple[tuple[int, int], ...]) -> Iterator[_Symbols]:
    layout, used = coefficients.layout, _slots(scan, slots)
    alone = len(scan.components) == 1
    shapes = [(1, 1) if alone else (layout.components[at].v, layout.components[at].h) for at in scan.components]
    owner = np.repeat(np.arange(len(scan.components)), [v * h for v, h in shapes])
    dc_table, ac_table = (
        np.array([used.index(slot) if (slot := (kind, slots[at][kind])) in used else 0 for at in scan.components])[
            owner
        ]
        for kind in (0, 1)
    )
    before = np.zeros(len(scan.components), np.int32)
    done = 0
    for blocks, real in _units(coefficients, scan):
        units, per_unit = real.shape
        numbers = np.arange(done, done + units)
        restarts = numbers % layout.restart_interval == 0 if layout.restart_interval else np.zeros(units, np.bool_)
        restarts[0] &= done > 0
        dc = None
        if scan.first == 0:
            dc, before = _dc_steps(blocks[..., 0].astype(np.int32), real, owner, restarts, before)
        ac = blocks.reshape(-1, 64)[:, ZIGZAG[max(1, scan.first) : scan.last + 1]]
        yield _symbols(
            None if dc is None else (dc.ravel(), np.tile(dc_table, units)),
            ac,
            np.tile(ac_table, units),
            np.repeat(restarts, per_unit) & (np.arange(units * per_unit) % per_unit == 0),
            runs=layout.progressive,
        )
        done += units


def _dc_steps(
    dc: NDArray[np.int32],
    real: NDArray[np.bool_],
    owner: NDArray[np.intp],
    restarts: NDArray[np.bool_],
    before: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Each DC value (units x blocks) less its component's last one; blocks that are made up repeat the last one."""
    steps, after = np.empty_like(dc), before.copy()
    for component in range(len(before)):
        own = np.flatnonzero(owner == component)
        for last, at in itertools.pairwise(own):
            dc[:, at] = np.where(real[:, at], dc[:, at], dc[:, last])
        steps[:, own[1:]] = dc[:, own[1:]] - dc[:, own[:-1]]
        steps[0, own[0]] = dc[0, own[0]] - before[component]
        steps[1:, own[0]] = dc[1:, own[0]] - dc[:-1, own[-1]]
        steps[restarts, own[0]] = dc[restarts, own[0]]
        after[component] = dc[-1, own[-1]]
    # A made-up block's AC coefficients are zero already.
    return steps, after


def _symbols(
    dc: tuple[NDArray[np.int32], NDArray[np.intp]] | None,
    ac: NDArray[np.int16],
    ac_table: NDArray[np.intp],
    restarts: NDArray[np.bool_],
    *,
    runs: bool,
) -> _Symbols:
    """Symbols of blocks in scan order: `dc` steps with their tables, `ac` blocks x band, `restarts` before which.

    Everything is put where it belongs in an array that holds only "sixteen zeros" (ZRL): what is left of them is right.
    """
    count, band = ac.shape
    leading = 0 if dc is None else 1
    at_block, at_place = np.nonzero(ac)
    values = ac[at_block, at_place].astype(np.int32)
    first = np.ones(len(at_block), np.bool_)
    first[1:] = at_block[1:] != at_block[:-1]
    zeros = at_place.copy()
    zeros[1:] -= np.where(first[1:], 0, at_place[:-1] + 1)
    skips = zeros >> 4
    per_block = np.bincount(at_block, minlength=count)
    ends, end_lengths = _ends(at_block, at_place, per_block, band, restarts, runs=runs)
    end_count = np.bincount(ends, minlength=count) if len(ends) else np.zeros(count, np.int64)
    skip_count = np.bincount(at_block, skips, minlength=count).astype(np.int64)
    sizes = leading + per_block + skip_count + end_count
    starts = np.cumsum(sizes) - sizes
    total = int(sizes.sum())

    coded = np.repeat((ac_table * 256 + _ZRL).astype(np.uint16), sizes)
    extra, extra_bits = np.zeros(total, np.uint16), np.zeros(total, np.uint8)
    # Before the i-th coefficient: the symbols of earlier blocks, its block's DC, the coefficients and skips up to it.
    nth = np.arange(len(at_block)) - (np.cumsum(per_block) - per_block)[at_block]
    skipped = np.cumsum(skips) - (np.cumsum(skip_count) - skip_count)[at_block]
    where = starts[at_block] + leading + nth + skipped
    bits = _size(values)
    coded[where] = ac_table[at_block] * 256 + ((zeros & 15) << 4 | bits)
    extra[where], extra_bits[where] = _tail(values, bits), bits
    if dc is not None:
        steps, table = dc
        bits = _size(steps)
        coded[starts] = table * 256 + bits
        extra[starts], extra_bits[starts] = _tail(steps, bits), bits
    if len(ends):
        bits = _BITS[end_lengths].astype(np.int64) - 1  # 0 for a single block: the plain end of block
        after = np.arange(len(ends)) - (np.cumsum(end_count) - end_count)[ends]
        where = starts[ends] + (sizes - end_count)[ends] + after
        coded[where] = ac_table[ends] * 256 + (bits << 4)
        extra[where], extra_bits[where] = end_lengths - (1 << bits), bits
    return _Symbols(coded, extra, extra_bits, starts[restarts])


def _ends(
    at_block: NDArray[np.intp],
    at_place: NDArray[np.intp],
    per_block: NDArray[np.intp],
    band: int,
    restarts: NDArray[np.bool_],
    *,
    runs: bool,
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """After which blocks an end of block is said, and for how many blocks each holds (one, unless `runs`)."""
    count = len(per_block)
    if band == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.int64)
    ended = np.ones(count, np.bool_)
    ended[at_block[at_place == band - 1]] = False
    if not runs:
        at = np.flatnonzero(ended)
        return at, np.ones(len(at), np.int64)
    heads = (per_block > 0) | restarts
    heads[0] = True
    at = np.flatnonzero(heads)
    lengths = np.add.reduceat(ended.astype(np.int64), at)
    whole = lengths // _EOB_RUN_MAX
    parts = whole + (lengths % _EOB_RUN_MAX > 0)
    blocks = np.repeat(at, parts)
    said = np.full(len(blocks), _EOB_RUN_MAX, np.int64)
    rest = lengths % _EOB_RUN_MAX
    said[(np.cumsum(parts) - 1)[rest > 0]] = rest[rest > 0]
    return blocks, said


def _size(values: NDArray[np.int32]) -> NDArray[np.int64]:
    magnitudes = np.abs(values)
    if magnitudes.size and int(magnitudes.max()) >= 1 << 15:
        raise RefusedImageError("jpeg_coding", "a coefficient with more than 15 bits")
    return _BITS[magnitudes].astype(np.int64)


def _tail(values: NDArray[np.int32], bits: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(values < 0, values + (1 << bits) - 1, values)


# --- symbols to bytes -----------------------------------------------------------------------------------------------


def _chosen(stretches: list[_Symbols], slots: list[Slot], have: Mapping[Slot, HuffmanTable]) -> list[HuffmanTable]:
    """The old table of each slot where it has a code for all that occurs, else the best one."""
    counts = np.zeros(256 * len(slots), np.int64)
    for stretch in stretches:
        counts += np.bincount(stretch.coded, minlength=len(counts))
    chosen = []
    for slot, used in zip(slots, counts.reshape(-1, 256), strict=True):
        old = have.get(slot)
        enough = old is not None and set(np.flatnonzero(used).tolist()) <= set(old.symbols)
        chosen.append(old if old is not None and enough else best_table(used.tolist()))
    return chosen


def _packed(stretches: list[_Symbols], chosen: list[HuffmanTable]) -> Iterator[bytes]:
    """The scan's bytes, with FF stuffed and restart markers put in, filled up with ones at its end."""
    codes = np.concatenate([table.codes()[0] for table in chosen])
    lengths = np.concatenate([table.codes()[1] for table in chosen]).astype(np.int64)
    open_bits = open_value = restarts = 0
    for number, stretch in enumerate(stretches):
        last = number == len(stretches) - 1
        bits = lengths[stretch.coded] + stretch.extra_bits
        values = codes[stretch.coded] << stretch.extra_bits.astype(np.uint64) | stretch.extra.astype(np.uint64)
        starts, ends = _places(bits, stretch.stops, open_bits)
        end = int(starts[-1] + bits[-1])
        data = _laid(starts, bits, np.asarray(values, np.uint64), end)
        data[0] |= open_value
        filled = np.append(ends, end) if last else ends
        filled = filled[filled % 8 > 0]
        data[filled // 8] |= (0xFF >> filled % 8).astype(np.uint8)
        whole, open_bits = (-(-end // 8), 0) if last else divmod(end, 8)
        open_value = int(data[whole]) if open_bits else 0
        yield _marked(data[:whole], -(-ends // 8), restarts)
        restarts += len(ends)


def _places(
    bits: NDArray[np.int64], stops: NDArray[np.int64], open_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The bit where each symbol begins, `open_bits` being there already, and where the bits before each stop end.

    After a stop the next byte begins.
    """
    starts = np.cumsum(bits) - bits + open_bits
    if not len(stops):
        return starts, stops
    raw = np.concatenate(([0], starts[stops]))
    spans = np.diff(raw)
    heads = np.concatenate(([0], np.cumsum(-(-spans // 8) * 8)))
    shift = np.repeat(heads - raw, np.diff(np.concatenate(([0], stops, [len(starts)]))))
    return starts + shift, heads[:-1] + spans


def _laid(
    starts: NDArray[np.int64], bits: NDArray[np.int64], values: NDArray[np.uint64], end: int
) -> NDArray[np.uint8]:
    """The bytes that hold each value's bits from its start on; one byte more than needed."""
    words = (end >> 5) + 2
    window = values << (64 - (starts & 31) - bits).astype(np.uint64)
    at = starts >> 5
    # No two values share a bit, so sums are unions, and below 2**32, which a float holds exactly.
    high = np.bincount(at, (window >> np.uint64(32)).astype(np.float64), minlength=words)
    low = np.bincount(at + 1, (window & np.uint64(0xFFFFFFFF)).astype(np.float64), minlength=words)
    return (high + low).astype(np.uint32).astype(">u4").view(np.uint8)


def _marked(data: NDArray[np.uint8], stops: NDArray[np.int64], restarts: int) -> bytes:
    """Bytes with a zero after each FF, and a restart marker before the byte at each stop."""
    stuffed = np.flatnonzero(data == 0xFF) + 1
    markers = np.full((len(stops), 2), 0xFF, np.uint8)
    markers[:, 1] = 0xD0 + (restarts + np.arange(len(stops))) % 8
    places = np.concatenate((stuffed, np.repeat(stops, 2)))
    return np.insert(data, places, np.concatenate((np.zeros(len(stuffed), np.uint8), markers.ravel()))).tobytes()
