"""Blobs that no slot names, hidden and later deleted; what a worker has just stored is safe from it.

A blob is stored before the slot that names it, and one that lies there already is not stored again. So a blob that
nobody named for weeks may be named a moment from now, by an event that comes once more. Hence two steps, a grace time
apart: an old blob that nobody names is hidden (a delete marker), so that a worker would store it anew; one that has
been hidden for as long is deleted, version by version as listed. What was named meanwhile is shown again.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from infra.object_store import Listed, S3Store
from infra.settings import Settings
from streams import audit_log, matching, pacing
from streams.audit_log import Entry
from streams.ports import Store
from streams.repairing import Finding, Reader

#: Of the edits' bucket, where blobs lie that an edit makes; masks that people drew lie elsewhere and stay.
PREFIXES = ("masks/sha256/", "patches/sha256/", "results/sha256/")


class Trash(Store, Protocol):
    """A store that also deletes."""

    def remove(self, bucket: str, key: str) -> None:
        """Hide an object behind a delete marker."""
        ...

    def remove_version(self, bucket: str, key: str, version_id: str | None) -> None:
        """Delete one version, or one delete marker, for ever."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """What is swept."""

    store: Trash
    originals_bucket: str
    edits_bucket: str
    log: Reader


def connected(settings: Settings) -> Room:
    """That of the settings."""

    def log(since: Mapping[int, int] | None = None) -> Iterator[Entry]:
        return audit_log.read(settings.kafka, since)

    return Room(
        S3Store(settings.store.for_operators), settings.store.originals_bucket, settings.store.edits_bucket, log
    )


class _Blob(Struct, frozen=True, gc=False):
    bucket: str
    key: str


class _Names(Struct, frozen=True, gc=False):
    """The blobs that a slot names."""

    original: _Blob | None = None
    mask: _Blob | None = None
    patch: _Blob | None = None
    result: _Blob | None = None


_names = msgspec.json.Decoder(_Names)


class Named:
    """Which blobs are named, eight bytes each. Two of one hash make a blob seem named: it stays, which harms nobody."""

    def __init__(self) -> None:
        self._new = array("Q")
        self._sorted: NDArray[np.uint64] = np.empty(0, np.uint64)

    def add(self, slot: bytes) -> None:
        """The blobs of a slot or of an audit record. Raises msgspec.MsgspecError where it is neither."""
        names = _names.decode(slot)
        for blob in (names.original, names.mask, names.patch, names.result):
            if blob is not None:
                self._new.append(_hash(blob.bucket, blob.key))

    def has(self, bucket: str, key: str) -> bool:
        if self._new:
            found = np.frombuffer(self._new, np.uint64)
            self._sorted = np.union1d(self._sorted, found)
            self._new = array("Q")
        wanted = np.uint64(_hash(bucket, key))
        at = int(np.searchsorted(self._sorted, wanted))
        return at < len(self._sorted) and bool(self._sorted[at] == wanted)


def sweep(room: Room, grace: timedelta, now: datetime, *, act: bool) -> Iterator[Finding]:
    """Blobs that no slot names for longer than the grace time; `act` hides them, and deletes what is hidden as long.

    Originals are counted and never touched. Holds eight bytes for every blob that is named, a state a picture, and the
    names of what it hides. Raises ServiceUnavailableError, and msgspec.MsgspecError for a slot that cannot be read:
    where it is not known what is named, nothing is deleted.
    """
    named = Named()
    ends: dict[int, int] = {}

    def noting(entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            ends[entry.partition] = entry.offset + 1
            if entry.value is not None:
                named.add(entry.value)
            yield entry

    sides = matching.compare(noting(room.log()), room.store.list(room.edits_bucket, "chain/"))
    # Of all other pictures every slot has its record, byte for byte.
    for _, slots in pacing.ahead(lambda image_id: _slots(room, image_id), sorted(sides.unlike)):
        for slot in slots:
            named.add(slot)
    before = now - grace
    hidden: list[str] = []
    for key, versions in _blobs(room):
        finding = _look(room, key, versions, named, before, act)
        if finding is not None:
            yield finding
            if finding.kind == "orphan" and act:
                hidden.append(key)
    for _ in noting(room.log(ends)):
        pass
    for key in hidden:
        if named.has(room.edits_bucket, key):
            versions = [one for one in room.store.list(room.edits_bucket, key, versions=True) if one.key == key]
            if (finding := _look(room, key, versions, named, before, act)) is not None:
                yield finding
    yield from _originals(room, named, before)


def _look(
    room: Room, key: str, versions: Sequence[Listed], named: Named, before: datetime, act: bool
) -> Finding | None:
    """What is the matter with a blob, and, if `act`, the remedy."""
    bucket, newest = room.edits_bucket, next((one for one in versions if one.is_latest), versions[0])
    name, size = f"{bucket}/{key}", sum(one.size for one in versions)
    if named.has(bucket, key):
        if not newest.is_deletion:
            return None
        if all(one.is_deletion for one in versions):
            return Finding(
                "orphans",
                "lost",
                name,
                "a slot names it, and only its delete marker is left",
                remedy="person",
            )
        if act:
            room.store.remove_version(bucket, key, newest.version_id)
        return Finding("orphans", "shown", name, "it was hidden, and a slot names it")
    if newest.written_at is None or newest.written_at > before:
        return None
    if not newest.is_deletion:
        if act:
            room.store.remove(bucket, key)
        return Finding("orphans", "orphan", name, f"{size} bytes that no slot names since {newest.written_at}")
    if act:
        # The marker last: until then a worker would store the blob anew.
        for one in sorted(versions, key=lambda one: one.is_deletion):
            room.store.remove_version(bucket, key, one.version_id)
    return Finding("orphans", "hidden", name, f"{size} bytes, hidden since {newest.written_at}")


def _originals(room: Room, named: Named, before: datetime) -> Iterator[Finding]:
    for listed in room.store.list(room.originals_bucket, "sha256/"):
        old = listed.written_at is not None and listed.written_at <= before
        if old and not named.has(room.originals_bucket, listed.key):
            name = f"{room.originals_bucket}/{listed.key}"
            yield Finding(
                "orphans", "original", name, f"{listed.size} bytes that no slot names; never deleted", remedy="none"
            )


def _blobs(room: Room) -> Iterator[tuple[str, list[Listed]]]:
    """Every blob with all its versions, a part of them at a time: a listing has the delete markers behind the rest."""
    for prefix in PREFIXES:
        for part in range(256):
            found: dict[str, list[Listed]] = {}
            for listed in room.store.list(room.edits_bucket, f"{prefix}{part:02x}/", versions=True):
                found.setdefault(listed.key, []).append(listed)
            yield from found.items()


def _slots(room: Room, image_id: str) -> list[bytes]:
    listed = room.store.list(room.edits_bucket, f"chain/{image_id}/")
    return [room.store.get(room.edits_bucket, one.key).data for one in listed if matching.slot_of(one) is not None]


def _hash(bucket: str, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{bucket}/{key}".encode(), digest_size=8).digest(), "big")
