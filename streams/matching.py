"""The audit topic against the chain slots: of which pictures the two do not say the same.

One reading of the topic and one listing of the store, neither held: what is kept is one small state a picture. A slot
is compared by the ETag of its listing, which stores make of the content (MD5); where it is none, the picture counts as
unlike and is looked at slot by slot.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import msgspec
from msgspec import Struct

from infra.object_store import Listed
from processors.folding import Folding
from streams.audit_log import Entry

_SLOT = re.compile(r"chain/(?P<image_id>[^/]+)/(?P<seq>\d{8})\.json")
_MD5 = re.compile(r"[0-9a-f]{32}")


class Link(Struct, frozen=True):
    """What ties an edit into its chain."""

    image_id: str
    seq: int
    edit_id: str
    parent: str | None
    parent_sha256: str | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """An edit as its bytes, with what ties it into its chain."""

    link: Link
    value: bytes

    @property
    def image_id(self) -> str:
        return self.link.image_id

    @property
    def seq(self) -> int:
        return self.link.seq

    @property
    def edit_id(self) -> str:
        return self.link.edit_id

    @property
    def parent(self) -> str | None:
        return self.link.parent


class _State(NamedTuple):
    #: of the last record
    sha256: bytes
    #: digest over all records of the picture
    told: bytes


@dataclass(slots=True)
class Sides:
    """What the two sides say."""

    #: of which pictures they do not say the same, or perhaps not: also the copied, the erased and the broken
    unlike: set[str] = field(default_factory=set)
    #: those of which a record came more than once: perhaps with other bytes
    copied: set[str] = field(default_factory=set)
    #: pictures of which the topic has tombstones
    erased: set[str] = field(default_factory=set)
    #: image id → why its records are no chain
    broken: dict[str, str] = field(default_factory=dict)
    #: slots that the listing showed, and pictures that the topic or the listing knows
    slots: int = 0
    pictures: int = 0


_link = msgspec.json.Decoder(Link)


def sealed(value: bytes, image_id: str) -> Sealed | None:
    """A slot or a record of this picture; None where the bytes are none."""
    try:
        link = _link.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Sealed(link, value) if link.image_id == image_id else None


def slot_of(listed: Listed) -> tuple[str, int] | None:
    """image id and `seq` of a listed slot; None for what lies beside the slots."""
    found = _SLOT.fullmatch(listed.key)
    return (found["image_id"], int(found["seq"])) if found else None


def compare(entries: Iterable[Entry], listing: Iterable[Listed]) -> Sides:
    """Both sides, the topic read to its end before the listing begins; the listing may be endless.

    A picture that was erased and came again under its name is folded from its new beginning.
    """
    sides = Sides()
    folding = _folded(entries, sides)
    for image_id, slots in _pictures(listing):
        sides.pictures += 1
        sides.slots += len(slots)
        state = folding.state(image_id)
        folding.forget(image_id)
        if state is None or state.told != _told(slots):
            sides.unlike.add(image_id)
    for image_id, *_ in folding.states():
        sides.pictures += 1
        sides.unlike.add(image_id)
    sides.unlike |= sides.copied | sides.erased | sides.broken.keys()
    return sides


def _folded(entries: Iterable[Entry], sides: Sides) -> Folding[Sealed, _State]:
    def step(state: _State | None, edit: Sealed) -> _State:
        if edit.link.parent_sha256 != (state.sha256.hex() if state else None):
            sides.broken.setdefault(edit.image_id, f"slot {edit.seq} does not name the hash of the one before it")
        return _State(hashlib.sha256(edit.value).digest(), _and(state.told if state else b"", _md5(edit.value)))

    folding: Folding[Sealed, _State] = Folding(step)
    for entry in entries:
        if entry.value is None:
            folding.forget(entry.image_id)
            sides.broken.pop(entry.image_id, None)
            sides.erased.add(entry.image_id)
            continue
        edit = sealed(entry.value, entry.image_id)
        if edit is None:
            sides.broken.setdefault(entry.image_id, f"{entry.place} is no edit of it")
            continue
        if edit.seq <= folding.seq(entry.image_id):
            # A copy; the fold looks at its id alone, and its bytes may be other ones.
            sides.copied.add(entry.image_id)
        folding.take(edit)
    for image_id, why in folding.broken.items():
        sides.broken.setdefault(image_id, why)
    for image_id, seq in folding.gaps().items():
        sides.broken.setdefault(image_id, f"no record tells of slot {seq}")
    return folding


def _pictures(listing: Iterable[Listed]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Of each picture the (seq, ETag) of its slots; listings are in order, so those of one picture stand together."""
    slots = ((place, listed.etag) for listed in listing if (place := slot_of(listed)))
    for image_id, group in groupby(slots, key=lambda slot: slot[0][0]):
        yield image_id, [(seq, etag) for (_, seq), etag in group]


def _told(slots: list[tuple[int, str]]) -> bytes | None:
    told = b""
    for expected, (seq, etag) in enumerate(slots, start=1):
        if seq != expected or not _MD5.fullmatch(etag):
            return None
        told = _and(told, bytes.fromhex(etag))
    return told


def last_records(entries: Iterable[Entry], of: Collection[str]) -> dict[str, dict[str, bytes | None]]:
    """Of each of these pictures the SHA-256 of the record that counts, by edit id; None for a tombstone."""
    found: dict[str, dict[str, bytes | None]] = {}
    for entry in entries:
        if entry.image_id in of:
            digest = None if entry.value is None else hashlib.sha256(entry.value).digest()
            found.setdefault(entry.image_id, {})[entry.edit_id] = digest
    return found


def _and(told: bytes, one: bytes) -> bytes:
    return hashlib.blake2b(told + one, digest_size=16).digest()


def _md5(value: bytes) -> bytes:
    return hashlib.md5(value, usedforsecurity=False).digest()
