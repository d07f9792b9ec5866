"""Whether the audit log is still what was written: against its signed digests, its own hash chains, and the store.

Digests are checked first; the leaves of those that hold wait in temporary files, by partition. Then one partition after
the other is read into an array, 160 bytes a record, and compared there: what is held grows with the largest partition.
"""

import hashlib
import struct
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from infra.kafka import Record
from infra.metrics_file import Gauge
from processors import merkle
from streams import audit_log, digests, topics
from streams.audit_log import AuditRecordError, Entry, Log
from streams.digests import Digest, DigestError, Explained, Keys, Shelf

Rows = NDArray[Any]
#: The bytes of a chain slot in the store by image id and `seq`; None where there is none.
Slot = Callable[[str, int], bytes | None]

#: Findings of a partition that are told one by one; the others are counted. One record taken out moves all after it.
TOLD = 20
#: Slots that are asked for together.
_SLOTS_AT_ONCE = 512
_SLOT_THREADS = 16

#: Of a digest; of a record against the digests; of a record by itself, against its chain, against the store.
What = Literal[
    "digest touched",
    "digest missing",
    "digest signature",
    "digest number",
    "digest link",
    "digest ranges",
    "digest leaves",
    "digest root",
    "erasure signature",
    "changed",
    "moved",
    "missing",
    "inserted",
    "tombstone",
    "unreadable",
    "key",
    "partition",
    "slot twice",
    "gap",
    "parent",
    "parent hash",
    "store",
]


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is not as it should be, and where."""

    what: What
    why: str
    partition: int | None = None
    offset: int | None = None
    #: number of the digest that vouches, or that is bad itself
    digest: int | None = None
    image_id: str | None = None
    edit_id: str | None = None

    @property
    def place(self) -> str:
        """Where, for people."""
        if self.partition is None:
            return f"digest {self.digest}" if self.digest is not None else "erasures"
        return f"{topics.AUDIT.name}[{self.partition}]@{self.offset}"


class Report(Struct, kw_only=True):
    """What was found, and what was looked at."""

    #: digests that hold, of how many
    digests_good: int = 0
    digests_all: int = 0
    last_digest: int | None = None
    last_digest_sha256: str | None = None
    last_digest_made_at: str | None = None
    records: int = 0
    #: records that lie where a digest says and are what it says
    signed: int = 0
    #: records that no digest that holds covers
    unsigned: int = 0
    #: records of a slot that was told before, with the same bytes
    copies: int = 0
    copies_at: list[str] = msgspec.field(default_factory=list)
    #: signed records that are gone: superseded by a later copy; named by an erasure
    compacted: int = 0
    erased: int = 0
    tombstones: int = 0
    slots_compared: int = 0
    #: edits of the one picture that was asked for, and those of them that are signed
    picture_edits: int | None = None
    picture_signed: int | None = None
    findings: list[Finding] = msgspec.field(default_factory=list)
    #: with those that are not told one by one
    findings_all: int = 0

    @property
    def cannot_be_known(self) -> list[str]:
        """What nobody can say from what was looked at."""
        said = []
        if self.unsigned:
            said.append(
                f"{self.unsigned} records are not yet signed: whether one was forged, changed at the end of its chain, "
                "or taken away; from the next `cleanplate audit sign` on, what is done to them is found"
            )
        if self.last_digest is not None:
            said.append(
                f"whether digests after {self.last_digest} were taken away: compare with the number that was noted "
                f"elsewhere (this one's SHA-256: {self.last_digest_sha256})"
            )
        return said


def verify(
    log: Log,
    shelf: Shelf,
    keys: Keys,
    *,
    image_id: str | None = None,
    only: Collection[int] = (),
    first: int = 1,
    slot: Slot | None = None,
) -> Report:
    """Compare everything with everything. With `image_id` only the partition of that picture, with `only` these.

    With `first`, digests before that number and records before its beginning are left alone; chains are then checked as
    far as they were read. With `slot` each record is compared with the slot in the store too.

    Raises:
        DigestError: there is no digest `first`.
        ServiceUnavailableError: the brokers or the store do not answer.
    """
    report = Report()
    ends = log.ends()
    explained = digests.explained(shelf, keys)
    for pseudonym, why in explained.refused.items():
        _tell(report, [Finding(what="erasure signature", why=f"digests/erasures/{pseudonym}.json: {why}")])
    if image_id is not None:
        only = [topics.partition_of(image_id, len(ends))]
    with ExitStack() as stack:
        signed = _checked(report, shelf, keys, first, only, stack)
        for partition in sorted(only or {*ends, *signed}):
            covered = signed.get(partition) or _Covered()
            reading = _Reading(log, partition, covered.since if first > 1 else 0, len(ends), partition in ends, slot)
            rows = reading.rows()
            # An erasure is written before its tombstones: one that came meanwhile must be known too.
            explained = digests.explained(shelf, keys, explained) if reading.tombstones else explained
            _compare(report, reading, rows, covered, explained, partial=first > 1, image_id=image_id)
    return report


# ------------------------------------------------------------------------------------------------------------- digests

_SIGNED = np.dtype([("number", ">u4"), ("offset", ">u8"), ("leaf", "<u8", (4,))])
_LEAVES = np.dtype([("partition", ">u4"), ("offset", ">u8"), ("leaf", "<u8", (4,))])


@dataclass
class _Covered:
    """What digests that hold say of one partition."""

    #: their leaves, each with the digest's number, in the order of offsets
    file: IO[bytes] | None = None
    #: offsets of each such digest, from and up to
    ranges: list[tuple[int, int]] = field(default_factory=list)

    @property
    def since(self) -> int:
        return self.ranges[0][0] if self.ranges else 0

    def rows(self) -> Rows:
        if self.file is None:
            return np.empty(0, _SIGNED)
        self.file.seek(0)
        return np.frombuffer(self.file.read(), _SIGNED)

    def within(self, offsets: NDArray[Any]) -> NDArray[Any]:
        """Which of these offsets, in their order, a digest that holds covers."""
        inside = np.zeros(len(offsets), bool)
        for since, until in self.ranges:
            inside[slice(*np.searchsorted(offsets, (since, until)))] = True
        return inside


def _checked(
    report: Report, shelf: Shelf, keys: Keys, first: int, only: Collection[int], stack: ExitStack
) -> dict[int, _Covered]:
    """Check every digest against its signature, number, predecessor and leaves; gives what those that hold cover."""
    covered: dict[int, _Covered] = {}
    numbers = shelf.numbers()
    if first > max([1, *numbers]):
        raise DigestError(f"there is no digest {first}; the last one is {max([0, *numbers])}")
    for number in shelf.touched():
        why = "it was overwritten or deleted after it was signed; the bucket keeps the version before"
        _tell(report, [Finding(what="digest touched", why=why, digest=number)])
    before: Digest | None = None
    before_sha256 = _sha256(shelf.get(first - 1)) if first > 1 else None
    for number in range(first, numbers[-1] + 1 if numbers else first):
        report.digests_all += 1
        data = shelf.get(number)
        digest, problem = _digest(data, number, keys, before, before_sha256, is_first=number == first)
        rows = None
        if digest is not None:
            rows, leaves_problem = _leaves(shelf, digest)
            problem = problem or leaves_problem
            report.last_digest, report.last_digest_made_at = number, digest.made_at
            report.last_digest_sha256 = _sha256(data)
        if problem is not None:
            _tell(report, [problem])
        if digest is not None and rows is not None:
            report.digests_good += problem is None
            _keep(covered, digest, rows, only, stack)
        before, before_sha256 = digest, _sha256(data)
    return covered


def _sha256(data: bytes | None) -> str | None:
    return hashlib.sha256(data).hexdigest() if data is not None else None


def _digest(
    data: bytes | None, number: int, keys: Keys, before: Digest | None, before_sha256: str | None, *, is_first: bool
) -> tuple[Digest | None, Finding | None]:
    """The digest if its own signature holds, and the first thing that is wrong with it."""

    def bad(what: What, why: str) -> Finding:
        return Finding(what=what, why=why, digest=number)

    if data is None:
        return None, bad("digest missing", "there is no such file, and later ones are there")
    try:
        digest = digests.read(data, Digest, keys)
    except DigestError as problem:
        return None, bad("digest signature", str(problem))
    if digest.number != number:
        return None, bad("digest number", f"the file says that it is number {digest.number}")
    # Where the one before is a finding itself, there is nothing to compare with.
    if (before is not None or is_first) and digest.previous_sha256 != before_sha256:
        return digest, bad("digest link", f"it was signed after another digest {number - 1} than the one that is there")
    if before is None:
        return digest, None
    ended = {part.partition: part.until for part in before.parts}
    began = {part.partition: part.since for part in digest.parts}
    if began != {**dict.fromkeys(began, 0), **ended}:
        return digest, bad("digest ranges", f"it does not begin where digest {number - 1} ends")
    return digest, None


def _leaves(shelf: Shelf, digest: Digest) -> tuple[Rows | None, Finding | None]:
    """The leaves of a digest if they are those that were signed."""
    number, data = digest.number, shelf.leaves(digest)
    if data is None:
        return None, Finding(what="digest leaves", digest=number, why="its leaves are gone")
    if hashlib.sha256(data).hexdigest() != digest.leaves_sha256:
        return None, Finding(what="digest leaves", digest=number, why="its leaves are not those that were signed")
    if merkle.root(digests.hashes(data)).hex() != digest.root:
        return None, Finding(what="digest root", digest=number, why="its leaves do not lead to its root")
    return np.frombuffer(data, _LEAVES), None


def _keep(covered: dict[int, _Covered], digest: Digest, rows: Rows, only: Collection[int], stack: ExitStack) -> None:
    for part in digest.parts:
        if only and part.partition not in only:
            continue
        of_part = rows[rows["partition"] == part.partition].astype(_LEAVES)
        of_part["partition"] = digest.number
        place = covered.setdefault(part.partition, _Covered())
        if place.file is None:
            place.file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        place.file.write(of_part.tobytes())
        place.ranges.append((part.since, part.until))


# ------------------------------------------------------------------------------------------------------------- reading


class _Link(Struct, frozen=True, gc=False):
    """What a chain is checked by."""

    image_id: str
    seq: int
    edit_id: str
    parent: str | None = None
    parent_sha256: str | None = None


_link = msgspec.json.Decoder(_Link)
#: One record: offset, leaf, image, seq, ids of its edit and of the one before, hashes of its value and of that before.
_RECORD = np.dtype(
    [
        ("offset", "<u8"),
        ("leaf", "<u8", (4,)),
        ("image", "<u8", (2,)),
        ("seq", "<u8"),
        ("edit", "<u8", (2,)),
        ("parent", "<u8", (2,)),
        ("sha256", "<u8", (4,)),
        ("parent_sha256", "<u8", (4,)),
    ]
)
_PACKED = struct.Struct("<Q32s16sQ16s16s32s32s")
_NONE_16, _NONE_32 = bytes(16), bytes(32)


@dataclass
class _Reading:
    """One partition of the log, read into an array."""

    log: Log
    partition: int
    since: int
    partitions: int
    is_there: bool
    slot: Slot | None
    #: key of a tombstone → its offset
    tombstones: dict[bytes, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    slots_compared: int = 0

    def records(self) -> Iterator[Record]:
        return self.log.records({self.partition: self.since}, [self.partition]) if self.is_there else iter(())

    def rows(self) -> Rows:
        """Every record that is no tombstone; what is wrong with a record by itself is in `findings`."""
        packed = bytearray()
        found = self.records()
        with ThreadPoolExecutor(_SLOT_THREADS) as pool:
            while batch := list(islice(found, _SLOTS_AT_ONCE)):
                linked: list[tuple[Record, _Link]] = []
                for record in batch:
                    if record.value is None:
                        self.tombstones[record.key or b""] = record.offset
                        continue
                    link = self._link(record)
                    packed += _pack(record, link)
                    if link is not None:
                        linked.append((record, link))
                if self.slot is not None:
                    self._compare_slots(linked, self.slot, pool)
        return np.frombuffer(packed, _RECORD)

    def _compare_slots(self, linked: list[tuple[Record, _Link]], slot: Slot, pool: ThreadPoolExecutor) -> None:
        kept = pool.map(lambda one: slot(one[1].image_id, one[1].seq), linked)
        for (record, link), data in zip(linked, kept, strict=True):
            self.slots_compared += 1
            if data != record.value:
                why = "the store has other bytes in its slot" if data is not None else "its slot in the store is empty"
                self._found("store", record, f"slot {link.seq}: {why}")

    def _link(self, record: Record) -> _Link | None:
        try:
            named = audit_log.entry(record)
            link = _link.decode(record.value or b"")
        except (AuditRecordError, msgspec.MsgspecError) as problem:
            self._found("unreadable", record, f"no edit can be read: {problem}")
            return None
        if (named.image_id, named.edit_id) != (link.image_id, link.edit_id):
            self._found("key", record, f"its key says another edit than its value, {link.image_id}/{link.edit_id}")
        # Once a picture: the chain then holds the others to the first.
        if link.seq == 1 and topics.partition_of(link.image_id, self.partitions) != self.partition:
            self._found("partition", record, "its picture belongs to another partition")
        return link

    def _found(self, what: What, record: Record, why: str) -> None:
        self.findings.append(
            _named(Finding(what=what, why=why, partition=self.partition, offset=record.offset), record)
        )


def _pack(record: Record, link: _Link | None) -> bytes:
    value = record.value or b""
    leaf = digests.leaf_of(record.key or b"", value)
    if link is None:
        return _PACKED.pack(record.offset, leaf, _NONE_16, 0, _NONE_16, _NONE_16, _NONE_32, _NONE_32)
    return _PACKED.pack(
        record.offset,
        leaf,
        _short(link.image_id),
        max(0, link.seq),
        _short(link.edit_id),
        _short(link.parent) if link.parent is not None else _NONE_16,
        hashlib.sha256(value).digest(),
        _hash(link.parent_sha256),
    )


def _short(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def _hash(told: str | None) -> bytes:
    if told is None:
        return _NONE_32
    try:
        given = bytes.fromhex(told)
    except ValueError:
        given = b""
    return given if len(given) == 32 else b"\xff" * 32


def _named(finding: Finding, record: Record) -> Finding:
    """The finding with the picture and the edit that the record at its place is of."""
    try:
        named: Entry = audit_log.entry(record)
    except AuditRecordError:
        return finding
    return msgspec.structs.replace(finding, image_id=named.image_id, edit_id=named.edit_id)


# ----------------------------------------------------------------------------------------------------------- comparing


@dataclass
class _Places:
    """Where a partition is not as it should be: every offset, and the first ones of each kind as findings."""

    partition: int
    offsets: list[NDArray[Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(
        self, what: What, offsets: NDArray[Any], why: Callable[[int], str], number: NDArray[Any] | None = None
    ) -> None:
        """Findings at these offsets: `why` says it of the n-th, `number` that of the digest that vouches."""
        self.offsets.append(offsets.astype(np.int64))
        for at in np.argsort(offsets, kind="stable")[:TOLD]:
            digest = int(number[at]) if number is not None else None
            place = int(offsets[at])
            self.findings.append(
                Finding(what=what, why=why(int(at)), partition=self.partition, offset=place, digest=digest)
            )

    def tell(self, report: Report, reading: "_Reading") -> None:
        """One finding a place, in their order; the first ones with the picture and the edit that lie there."""
        report.findings_all += len(np.unique(np.concatenate([*self.offsets, np.empty(0, np.int64)])))
        by_offset: dict[int, Finding] = {}
        for one in self.findings:
            first = by_offset.setdefault(one.offset or 0, one)
            if first is not one:
                # What its chain and the store say of the same record helps to see what was done.
                by_offset[one.offset or 0] = msgspec.structs.replace(first, why=f"{first.why}; {one.why}")
        # A gap says which edit is gone, where all others only say that what came after it has moved up.
        gaps = {one.offset or 0 for one in self.findings if one.what == "gap"}
        told = [by_offset[offset] for offset in sorted({*sorted(by_offset)[:TOLD], *gaps})]
        nameless = {one.offset: at for at, one in enumerate(told) if one.image_id is None}
        for record in reading.records() if nameless else ():
            if (place := nameless.pop(record.offset, None)) is not None:
                told[place] = _named(told[place], record)
            if not nameless:
                break
        report.findings += told


def _compare(
    report: Report,
    reading: _Reading,
    rows: Rows,
    covered: _Covered,
    explained: Explained,
    *,
    partial: bool,
    image_id: str | None,
) -> None:
    signed = covered.rows()
    places = _Places(reading.partition)
    vouched = _against_digests(report, places, rows, signed, covered, explained)
    erased = _erased(rows, reading.tombstones, explained)
    _tombstones(places, rows, reading.tombstones, explained)
    _chains(report, places, rows, vouched, erased, partial=partial)
    gone = set(rows["offset"][erased].tolist())
    for one in reading.findings:
        if one.what != "store" or one.offset not in gone:
            places.offsets.append(np.array([one.offset]))
            places.findings.append(one)
    report.records += len(rows)
    report.tombstones += len(reading.tombstones)
    report.slots_compared += reading.slots_compared
    if image_id is not None:
        of_picture = (rows["image"] == np.frombuffer(_short(image_id), "<u8")).all(axis=1)
        report.picture_edits = len(np.unique(rows["seq"][of_picture]))
        report.picture_signed = len(np.unique(rows["seq"][of_picture & vouched]))
    places.tell(report, reading)


def _against_digests(
    report: Report, places: _Places, rows: Rows, signed: Rows, covered: _Covered, explained: Explained
) -> NDArray[Any]:
    """Which rows lie where a digest says and are what it says."""
    offsets = rows["offset"].astype(np.int64)
    wanted = signed["offset"].astype(np.int64)
    at = np.searchsorted(offsets, wanted)
    is_there = (at < len(offsets)) & (np.append(offsets, -1)[at] == wanted)
    is_same = is_there.copy()
    is_same[is_there] = (rows["leaf"][at[is_there]] == signed["leaf"][is_there]).all(axis=1)
    vouched, known = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    vouched[at[is_same]] = True
    known[at[is_there]] = True
    inside = covered.within(offsets)
    report.signed += int(vouched.sum())
    report.unsigned += int((~inside).sum())
    _others(places, rows, signed, at, is_there & ~is_same)
    _missing(report, places, rows, signed[~is_there], explained)
    places.add("inserted", offsets[inside & ~known], lambda _: "no digest knows of a record at this offset")
    return vouched


def _others(places: _Places, rows: Rows, signed: Rows, at: NDArray[Any], differs: NDArray[Any]) -> None:
    """Records that lie where a digest has another one."""
    if not differs.any():
        return
    signed_at = {leaf.tobytes(): int(offset) for leaf, offset in zip(signed["leaf"], signed["offset"], strict=True)}
    lies_at = {leaf.tobytes(): int(offset) for leaf, offset in zip(rows["leaf"], rows["offset"], strict=True)}
    here = rows["leaf"][at[differs]]
    wanted = signed[differs]
    is_known = np.fromiter((leaf.tobytes() in signed_at for leaf in here), bool, len(here))

    def elsewhere(number: int) -> str:
        there = lies_at.get(wanted["leaf"][number].tobytes())
        return "that one is nowhere in the partition" if there is None else f"that one lies at {there}"

    def moved(number: int) -> str:
        leaf = here[is_known][number].tobytes()
        of_moved = int(np.flatnonzero(is_known)[number])
        return f"the record that was signed at {signed_at[leaf]} lies where another was signed; {elsewhere(of_moved)}"

    def changed(number: int) -> str:
        of_changed = int(np.flatnonzero(~is_known)[number])
        return f"a record that nobody signed lies where another was signed; {elsewhere(of_changed)}"

    places.add("moved", wanted["offset"][is_known], moved, wanted["number"][is_known])
    places.add("changed", wanted["offset"][~is_known], changed, wanted["number"][~is_known])


def _missing(report: Report, places: _Places, rows: Rows, missing: Rows, explained: Explained) -> None:
    """Records that were signed and are gone, unless a later copy or an erasure explains it."""
    if not len(missing):
        return
    gone = {leaf.tobytes() for leaf in missing["leaf"]}
    last = {
        name: int(offset)
        for leaf, offset in zip(rows["leaf"], rows["offset"], strict=True)
        if (name := leaf.tobytes()) in gone
    }
    is_bad = np.zeros(len(missing), bool)
    for at, (leaf, offset) in enumerate(zip(missing["leaf"], missing["offset"], strict=True)):
        name = leaf.tobytes()
        if last.get(name, -1) > int(offset):
            report.compacted += 1
        elif name in explained.leaves:
            report.erased += 1
        else:
            is_bad[at] = True
    why = "the record that was signed here is gone, and neither a later copy nor an erasure explains it"
    places.add("missing", missing["offset"][is_bad], lambda _: why, missing["number"][is_bad])


def _erased(rows: Rows, tombstones: dict[bytes, int], explained: Explained) -> NDArray[Any]:
    """Rows of pictures that are being erased: a tombstone or an erasure names one of their edits."""
    images = {_short(key.decode("utf-8", "replace").rpartition("/")[0]) for key in tombstones}
    if explained.leaves:
        images |= {row["image"].tobytes() for row in rows if row["leaf"].tobytes() in explained.leaves}
    if not images:
        return np.zeros(len(rows), bool)
    return np.fromiter((image.tobytes() in images for image in rows["image"]), bool, len(rows))


def _tombstones(places: _Places, rows: Rows, tombstones: dict[bytes, int], explained: Explained) -> None:
    """Tombstones that no erasure asked for, as long as the record that they take away is still there."""
    if not tombstones:
        return
    by_edit = {_short(key.decode("utf-8", "replace").rpartition("/")[2]): offset for key, offset in tombstones.items()}
    takes: dict[int, int] = {}
    for row in rows:
        offset = by_edit.get(row["edit"].tobytes(), -1)
        if offset > int(row["offset"]) and row["leaf"].tobytes() not in explained.leaves:
            takes[offset] = int(row["offset"])
    found = np.array(list(takes), np.int64)
    places.add(
        "tombstone", found, lambda at: f"it takes away the record at {takes[int(found[at])]}, and no erasure names that"
    )


def _chains(
    report: Report, places: _Places, rows: Rows, vouched: NDArray[Any], erased: NDArray[Any], *, partial: bool
) -> None:
    """Each picture's slots in order: none twice with other bytes, none missing, each after the one before."""
    taken = np.flatnonzero((rows["seq"] > 0) & ~erased)
    rows, vouched = rows[taken], vouched[taken]
    if not len(rows):
        return
    # Of two records of one slot the signed one comes first, else the earlier one.
    order = np.lexsort((rows["offset"], ~vouched, rows["seq"], rows["image"][:, 1], rows["image"][:, 0]))
    rows, vouched = rows[order], vouched[order]
    new_picture = np.append(True, (rows["image"][1:] != rows["image"][:-1]).any(axis=1))
    new_slot = new_picture | np.append(True, rows["seq"][1:] != rows["seq"][:-1])
    first_of_slot = np.maximum.accumulate(np.where(new_slot, np.arange(len(rows)), 0))
    is_other = (rows["leaf"] != rows["leaf"][first_of_slot]).any(axis=1)
    others, told_before = rows[is_other], rows["offset"][first_of_slot[is_other]]
    places.add(
        "slot twice",
        others["offset"],
        lambda at: f"slot {others['seq'][at]} was told with other bytes at {told_before[at]}",
    )
    copies = rows["offset"][~new_slot & ~is_other]
    report.copies += len(copies)
    report.copies_at += [
        f"{topics.AUDIT.name}[{places.partition}]@{offset}"
        for offset in np.sort(copies)[: max(0, TOLD - len(report.copies_at))]
    ]
    _links(places, rows[new_slot], vouched[new_slot], new_picture[new_slot], partial=partial)


def _links(places: _Places, rows: Rows, vouched: NDArray[Any], first: NDArray[Any], *, partial: bool) -> None:
    """Slots in the order of pictures and `seq`, each once."""
    before = np.arange(len(rows)) - 1
    seq, offsets = rows["seq"].astype(np.int64), rows["offset"].astype(np.int64)
    expected = np.where(first, 1, seq[before] + 1)
    is_gap = seq != expected
    if partial:
        # What lies before the first digest that was asked for was not read.
        is_gap &= ~first
    is_first_slot = seq == 1
    follows = ~first & ~is_gap
    other_parent = (rows["parent"] != rows["edit"][before]).any(axis=1)
    other_hash = (rows["parent_sha256"] != rows["sha256"][before]).any(axis=1)
    wrong_parent = np.where(is_first_slot, rows["parent"].any(axis=1), follows & other_parent)
    wrong_hash = np.where(is_first_slot, rows["parent_sha256"].any(axis=1), follows & other_hash)
    # A record that the next one of its chain speaks of rightly is as good as signed.
    witnessed = vouched | np.append((follows & ~wrong_hash)[1:], False)

    gaps = np.flatnonzero(is_gap)
    places.add(
        "gap",
        offsets[gaps],
        lambda at: f"slot {expected[gaps[at]]} of its picture is in no record, and this is slot {seq[gaps[at]]}",
    )
    parents = np.flatnonzero(wrong_parent & ~is_gap)
    places.add(
        "parent",
        offsets[parents],
        lambda at: f"slot {seq[parents[at]]} names another edit before it than the one there",
    )
    hashes = np.flatnonzero(wrong_hash & ~wrong_parent & ~is_gap)
    # The one before was changed, unless it is vouched for and this one is not.
    is_own = is_first_slot[hashes] | (witnessed[before[hashes]] & ~witnessed[hashes])
    own, earlier = hashes[is_own], hashes[~is_own]
    places.add(
        "parent hash", offsets[own], lambda at: f"slot {seq[own[at]]} names other bytes before it than those there"
    )
    places.add(
        "parent hash",
        offsets[before[earlier]],
        lambda at: f"the record after it, at {offsets[earlier[at]]}, names other bytes than these",
    )


def _tell(report: Report, findings: list[Finding]) -> None:
    report.findings += findings
    report.findings_all += len(findings)


def gauges(report: Report) -> list[Gauge]:
    """A report as figures to watch."""
    found = [
        Gauge("cleanplate_audit_findings", report.findings_all, "What is not as it should be in the audit log."),
        Gauge("cleanplate_audit_digests", report.digests_all, "Signed digests that were looked at."),
        Gauge("cleanplate_audit_digests_holding", report.digests_good, "Those of them that hold."),
        Gauge("cleanplate_audit_records", report.records, "Records in the audit log."),
        Gauge("cleanplate_audit_unsigned_records", report.unsigned, "Records that no digest covers yet."),
        Gauge("cleanplate_audit_verify_timestamp_seconds", time.time(), "When the audit log was verified last."),
    ]
    if report.last_digest_made_at is not None:
        made_s = datetime.fromisoformat(report.last_digest_made_at).timestamp()
        found.append(
            Gauge("cleanplate_audit_last_digest_timestamp_seconds", made_s, "When the last digest was signed.")
        )
    return found
