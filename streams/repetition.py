"""Repetition: which marks each merchant's pictures bear, kept as a set in a compacted topic and counted in memory.

The topic is the state. Its keys are the set's elements, `merchant_id/mark_id/image_id`, so a record that comes twice
changes nothing, two workers never overwrite each other's news, and compaction drops duplicates alone. What the head of
a picture's chain bears is in the set; what only earlier edits bore is taken out by tombstones.

A worker's counts are a cache of it. Every worker reads the whole topic, because one merchant's pictures lie on all
partitions, and keeps what fits into its memory. While it has not caught up, or where marks had to be dropped, counts
are too low, never too high: fewer lines pass for repeated, and more pictures are asked about.
"""

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import structlog
from msgspec import Struct

from infra.kafka import Record, follow_log
from infra.settings import KafkaSettings, MarksSettings
from processors import chain, sightings
from processors.regions import TextLine
from streams import events, topics

log = structlog.get_logger(__name__)

#: No more other pictures are counted: beyond, one more says nothing new.
COUNTED = 8
#: Pictures remembered for a mark: two more, as neither the asking picture nor its twin by pixels is another one.
REMEMBERED = COUNTED + 2
#: Bytes of a name's hash in memory, and of an entry: hashes of the image and of its pixels.
_HASH, _ENTRY = 8, 16


class Element(NamedTuple):
    """A key of the topic: this picture of this merchant bears this mark."""

    merchant_id: str
    mark_id: str
    image_id: str

    @property
    def key(self) -> str:
        return "/".join(self)


def element(key: bytes | None) -> Element | None:
    """The element that a key names; None for a key that is none of ours. A merchant's id may hold slashes."""
    parts = (key or b"").decode("utf-8", "replace").rsplit("/", 2)
    return Element(*parts) if len(parts) == 3 and all(parts) else None


def told_by(edits: Sequence[chain.Edit]) -> dict[Element, events.MarkSeen | None]:
    """What the topic is to say of a picture whose chain is this; None (a tombstone) for what its head does not bear.

    Of all earlier edits, not of the last alone: a slow worker may have told of any of them a moment ago.
    """
    told: dict[Element, events.MarkSeen | None] = {one: None for edit in edits[:-1] for one in _borne(edit)}
    told.update(_borne(edits[-1]) if edits else {})
    return told


def _borne(edit: chain.Edit) -> dict[Element, events.MarkSeen]:
    if edit.merchant_id is None or edit.picture is None:
        return {}
    return {
        Element(edit.merchant_id, mark.mark_id, edit.image_id): events.MarkSeen(
            merchant_id=edit.merchant_id,
            image_id=edit.image_id,
            edit_id=edit.edit_id,
            pixels_sha256=edit.picture.pixels_sha256,
            mark=mark,
        )
        for mark in sightings.of_edit(edit)
    }


class Tally:
    """How many pictures bear each mark, in bounded memory; the same whatever the order in which pictures come.

    A mark remembers `REMEMBERED` pictures, of different pixels as far as possible. Of too many marks those are dropped
    that were not seen or asked for the longest time, first among the marks of a single picture: they are the many,
    and say the least.
    """

    def __init__(self, kept: int) -> None:
        """Keep at most this many marks."""
        self._kept = kept
        self._once: OrderedDict[bytes, bytes] = OrderedDict()
        self._repeated: OrderedDict[bytes, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._once) + len(self._repeated)

    def add(self, one: Element, pixels_sha256: str) -> None:
        mark = _hash(one.merchant_id, one.mark_id)
        image, pixels = _hash(one.image_id), _hash(pixels_sha256)
        entries = [entry for entry in self._take(mark) if entry[:_HASH] != image]
        known = [entry[_HASH:] for entry in entries]
        if len(entries) < REMEMBERED:
            entries.append(image + pixels)
        elif pixels not in known and (twin := _twin(known)) is not None:
            entries[twin] = image + pixels
        self._put(mark, entries)
        while len(self) > self._kept:
            self._drop()

    def remove(self, one: Element) -> None:
        mark, image = _hash(one.merchant_id, one.mark_id), _hash(one.image_id)
        self._put(mark, [entry for entry in self._take(mark) if entry[:_HASH] != image])

    def others(self, merchant_id: str, mark_ids: Iterable[str], image_id: str | None, pixels_sha256: str) -> int:
        """On how many pictures beside this one any of these marks was seen, 0..COUNTED; pictures differ by pixels."""
        image = _hash(image_id or "")
        found: set[bytes] = set()
        for mark_id in mark_ids:
            mark = _hash(merchant_id, mark_id)
            entries = self._take(mark)
            self._put(mark, entries)
            found.update(entry[_HASH:] for entry in entries if entry[:_HASH] != image)
        return min(COUNTED, len(found - {_hash(pixels_sha256)}))

    def _take(self, mark: bytes) -> list[bytes]:
        packed = self._once.pop(mark, b"") or self._repeated.pop(mark, b"")
        return [packed[at : at + _ENTRY] for at in range(0, len(packed), _ENTRY)]

    def _put(self, mark: bytes, entries: list[bytes]) -> None:
        """Keep a mark as the one that was used last."""
        if entries:
            (self._repeated if len(entries) > 1 else self._once)[mark] = b"".join(entries)

    def _drop(self) -> None:
        """Forget one mark; those of a single picture keep a quarter of the room, so that new ones can come up."""
        spare = len(self._once) > self._kept // 4 or not self._repeated
        (self._once if spare else self._repeated).popitem(last=False)


def _twin(pixels: Sequence[bytes]) -> int | None:
    """Index of a picture whose pixels another one has too."""
    return next((at for at, one in enumerate(pixels) if one in pixels[:at]), None)


def _hash(*names: str) -> bytes:
    return blake2b("\0".join(names).encode(), digest_size=_HASH).digest()


class _Seen(Struct):
    """What counting needs of a record."""

    pixels_sha256: str


class KnownMarks:
    """The counts that a worker decides with (streams.ports.Marks): fed by one thread, asked by others."""

    def __init__(self, kept: int) -> None:
        self._tally = Tally(kept)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tally)

    def hear(self, records: Iterable[Record]) -> None:
        """Take in records of the topic; what is none of ours is passed over."""
        with self._lock:
            for record in records:
                if (one := element(record.key)) is None:
                    continue
                if record.value is None:
                    self._tally.remove(one)
                    continue
                try:
                    seen = msgspec.json.decode(record.value, type=_Seen)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    continue
                self._tally.add(one, seen.pixels_sha256)

    def repeats(
        self, merchant_id: str, lines: Sequence[TextLine], size: tuple[int, int], image_id: str | None, pixels: str
    ) -> tuple[int, ...]:
        """See streams.ports.Marks."""
        looked = [sightings.seen(line, size) for line in lines]
        with self._lock:
            return tuple(
                0 if one is None else self._tally.others(merchant_id, one.near, image_id, pixels) for one in looked
            )


@contextlib.asynccontextmanager
async def following(kafka: KafkaSettings, marks: MarksSettings) -> AsyncIterator[KnownMarks]:
    """Counts that a thread of its own keeps up with the topic, from its beginning; waits neither for it nor for Kafka.

    It joins no consumer group, and outlives any outage of the brokers.
    """
    known = KnownMarks(marks.kept)
    stopped = threading.Event()
    thread = threading.Thread(target=_follow, args=(kafka, known, stopped), name="marks", daemon=True)
    thread.start()
    try:
        yield known
    finally:
        stopped.set()
        # It notices within two seconds; the event loop has other things to do meanwhile.
        await asyncio.to_thread(thread.join)


def _follow(kafka: KafkaSettings, known: KnownMarks, stopped: threading.Event) -> None:
    began, count, caught_up = time.monotonic(), 0, False
    for records, at_end in follow_log(kafka, topics.MARKS.name, stopped):
        known.hear(records)
        count += len(records)
        if at_end and not caught_up:
            caught_up = True
            log.info("marks_read", records=count, marks=len(known), seconds=round(time.monotonic() - began, 1))
