"""Signed digests of the audit log: what lay where in the topic at a time, kept outside of it.

A digest is a small JSON file, `digests/00000001.json` and so on: for each partition the offsets that it covers, over
all records of them the root of a Merkle tree, the hash of the digest before, a signature. Beside it lie the leaves, as
`leaves/{sha256}`: 44 bytes a record, by partition and offset. No leaf tells which picture it is about.

An erasure (`digests/erasures/{pseudonym}.json`) is signed in the same way and names the leaves of records that had to
go.

    from streams import digests
    data = digests.sign(key, digests.Erasure(pseudonym=…, leaves=(…,), made_at=…, actor=…, reason=…))
    digests.Shelf(store, bucket).put_erasure(pseudonym, data)
"""

import hashlib
import re
import struct
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from infra.object_store import MissingObjectError
from infra.signing import PrivateKey, PublicKey
from processors import merkle
from processors.errors import PipelineError, ServiceUnavailableError
from streams import topics
from streams.audit_log import Log
from streams.ports import Store

#: Records of one digest at most: what signing holds in memory is a few times 44 bytes of each.
MAX_RECORDS = 250_000
#: Rounds of a race for a number before something else must be wrong.
MAX_RACES = 20
#: partition, offset, leaf hash
ROW = struct.Struct(">IQ32s")

_DIGESTS, _ERASURES, _LEAVES = "digests/", "digests/erasures/", "leaves/"


class DigestError(PipelineError):
    """The log or its digests are not as the last digest says: nothing may be signed on top of that."""


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """What a digest covers of one partition: offsets from `since` up to, and without, `until`."""

    partition: int
    since: int
    until: int
    #: records in it; fewer than offsets where compaction or tombstones leave holes
    count: int


class Digest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="digest"):
    """What an operator's key vouches for."""

    number: int
    made_at: str
    topic: str
    parts: tuple[Part, ...]
    #: over the leaves in the order of partition and offset, as RFC 6962 has it
    root: str
    #: of the file of leaves, by which it is found
    leaves_sha256: str
    #: of the file of the digest before; None in the first
    previous_sha256: str | None
    key_id: str = ""
    signature: str = ""

    @property
    def count(self) -> int:
        """Records in it."""
        return sum(part.count for part in self.parts)


class Erasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="erasure"):
    """Which records had to go, by their leaves: of the picture nothing is said."""

    pseudonym: str
    #: hexadecimal
    leaves: tuple[str, ...]
    made_at: str
    actor: str
    reason: str
    key_id: str = ""
    signature: str = ""


Signed = Digest | Erasure
S = TypeVar("S", Digest, Erasure)
Keys = Mapping[str, PublicKey]


# --------------------------------------------------------------------------------------------------- leaves, signatures


def leaf_of(key: bytes, value: bytes) -> bytes:
    """The leaf hash of a record: SHA-256 over 0x00, the record's key, 0x00, its value."""
    return merkle.leaf(key + b"\0" + value)


def canonical(value: Signed) -> bytes:
    """JSON with sorted keys and without blanks: the same bytes from the same content, in every language."""
    return msgspec.json.encode(value, order="sorted")


def sign(key: PrivateKey, value: Signed) -> bytes:
    """The file of a digest or an erasure, signed: over its canonical JSON without the field `signature`."""
    named = msgspec.structs.replace(value, key_id=key.public.id, signature="")
    return canonical(msgspec.structs.replace(named, signature=key.sign(_payload(named)).hex()))


def read(data: bytes, kind: type[S], keys: Keys) -> S:
    """A signed file as what it says. Raises DigestError: it says nothing, or none of these keys signed it."""
    try:
        value = msgspec.json.decode(data, type=kind)
        signature = bytes.fromhex(value.signature)
    except (msgspec.MsgspecError, ValueError) as problem:
        raise DigestError(f"unreadable: {problem}") from problem
    if value.key_id not in keys:
        raise DigestError(f"signed with key {value.key_id or '?'}, which is none of those given")
    if canonical(value) != data or not keys[value.key_id].verifies(_payload(value), signature):
        raise DigestError(f"the signature is not that of key {value.key_id}")
    return value


def unchecked(data: bytes) -> Digest | None:
    """A digest as its file says, whoever signed it; None where it is none."""
    try:
        return msgspec.json.decode(data, type=Digest)
    except msgspec.MsgspecError:
        return None


def _payload(value: Signed) -> bytes:
    content: dict[str, Any] = msgspec.to_builtins(value)
    del content["signature"]
    return msgspec.json.encode(content, order="sorted")


def by_id(keys: Iterable[PublicKey]) -> dict[str, PublicKey]:
    """Keys by their ids."""
    return {key.id: key for key in keys}


# -------------------------------------------------------------------------------------------------------- the shelf


class Shelf:
    """Where the digests lie: a bucket whose objects cannot be deleted for a time."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def numbers(self) -> list[int]:
        """Of all digests that are there, in order."""
        listed = [one.key for one in self._store.list(self._bucket, _DIGESTS)]
        return sorted(int(found[1]) for key in listed if (found := re.fullmatch(rf"{_DIGESTS}(\d{{8}})\.json", key)))

    def touched(self) -> list[int]:
        """Numbers of digests that were overwritten or deleted afterwards, as the bucket's versions tell."""
        seen: Counter[int] = Counter()
        for one in self._store.list(self._bucket, _DIGESTS, versions=True):
            if found := re.fullmatch(rf"{_DIGESTS}(\d{{8}})\.json", one.key):
                # A delete marker may be all that is left.
                seen[int(found[1])] += 2 if one.is_deletion else 1
        return sorted(number for number, versions in seen.items() if versions > 1)

    def get(self, number: int) -> bytes | None:
        """The file of a digest; None where there is none."""
        return self._get(_name(number))

    def put(self, number: int, data: bytes) -> bool:
        """Write a digest where its number is free."""
        return self._put(_name(number), data, "application/json")

    def leaves(self, digest: Digest) -> bytes | None:
        """The rows of a digest's leaves; None where the file is gone."""
        return self._get(f"{_LEAVES}{digest.leaves_sha256}") if digest.count else b""

    def put_leaves(self, rows: bytes) -> str:
        """Write leaves under their hash, which is given back."""
        name = hashlib.sha256(rows).hexdigest()
        if rows:
            self._put(f"{_LEAVES}{name}", rows, "application/octet-stream")
        return name

    def erasures(self, known: Collection[str] = ()) -> Iterator[tuple[str, bytes]]:
        """Pseudonym and file of each erasure, but for those that are known: none changes once it is there."""
        for key in sorted(one.key for one in self._store.list(self._bucket, _ERASURES)):
            pseudonym = key.removeprefix(_ERASURES).removesuffix(".json")
            if pseudonym not in known and (data := self._get(key)) is not None:
                yield pseudonym, data

    def put_erasure(self, pseudonym: str, data: bytes) -> bool:
        """Write an erasure where there is none of this pseudonym."""
        return self._put(f"{_ERASURES}{pseudonym}.json", data, "application/json")

    def _get(self, key: str) -> bytes | None:
        try:
            return self._store.get(self._bucket, key).data
        except MissingObjectError:
            return None

    def _put(self, key: str, data: bytes, media_type: str) -> bool:
        # A lost answer to our own write looks like somebody else's: the same bytes are ours.
        return self._store.put_once(self._bucket, key, data, media_type) or self._get(key) == data


def _name(number: int) -> str:
    return f"{_DIGESTS}{number:08d}.json"


@dataclass(frozen=True, slots=True)
class Explained:
    """What erasures say: leaves that had to go, and files that cannot be trusted (pseudonym → why)."""

    leaves: frozenset[bytes] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    #: all that were read
    pseudonyms: frozenset[str] = frozenset()


def explained(shelf: Shelf, keys: Keys, before: Explained | None = None) -> Explained:
    """The leaves of all erasures that one of these keys signed; only those that came since `before` are read."""
    before = before or Explained()
    leaves, refused, pseudonyms = set(before.leaves), dict(before.refused), set(before.pseudonyms)
    for pseudonym, data in shelf.erasures(before.pseudonyms):
        pseudonyms.add(pseudonym)
        try:
            erasure = read(data, Erasure, keys)
            if erasure.pseudonym != pseudonym:
                raise DigestError(f"it speaks of {erasure.pseudonym}")
            leaves.update(bytes.fromhex(one) for one in erasure.leaves)
        except (DigestError, ValueError) as problem:
            refused[pseudonym] = str(problem)
    return Explained(frozenset(leaves), refused, frozenset(pseudonyms))


# ---------------------------------------------------------------------------------------------------------- signing


def sign_next(
    log: Log, shelf: Shelf, key: PrivateKey, known: Keys, now: datetime, max_records: int = MAX_RECORDS
) -> Iterator[Digest]:
    """Sign all records since the last digest, in as many digests as it takes; none where nothing is new.

    The last digest must be signed by this key or by a `known` one. Two who sign at the same time do not get into each
    other's way: who comes second goes on from what the first one wrote.

    Raises:
        DigestError: the last digest cannot be trusted, or the log ends before what it covers.
        ServiceUnavailableError: the brokers or the store do not answer.
    """
    keys = {**known, key.public.id: key.public}
    for _ in range(MAX_RACES):
        last, last_sha256 = _last(shelf, keys)
        for draft, rows in _drafts(log, last, now, max_records):
            shelf.put_leaves(rows)
            data = sign(key, msgspec.structs.replace(draft, previous_sha256=last_sha256))
            if not shelf.put(draft.number, data):
                break
            last_sha256 = hashlib.sha256(data).hexdigest()
            yield read(data, Digest, keys)
        else:
            return
    raise DigestError(f"somebody else signed first {MAX_RACES} times in a row")


def _last(shelf: Shelf, keys: Keys) -> tuple[Digest | None, str | None]:
    numbers = shelf.numbers()
    if not numbers:
        return None, None
    data = shelf.get(numbers[-1])
    if data is None:
        raise ServiceUnavailableError("store", f"digest {numbers[-1]} is listed and cannot be read")
    try:
        return read(data, Digest, keys), hashlib.sha256(data).hexdigest()
    except DigestError as problem:
        raise DigestError(f"digest {numbers[-1]}: {problem}") from problem


def _drafts(log: Log, last: Digest | None, now: datetime, max_records: int) -> Iterator[tuple[Digest, bytes]]:
    """Digests without a predecessor's hash and a signature, with their leaves."""
    number = last.number if last else 0
    signed = {part.partition: part.until for part in last.parts} if last else {}
    ends = log.ends()
    for partition, until in signed.items():
        if (end := ends.get(partition, 0)) < until:
            raise DigestError(
                f"{topics.AUDIT.name}[{partition}] ends at {end}, and digest {number} covers it up to {until}: "
                "records are gone; `cleanplate audit verify` says which"
            )
    at = {partition: signed.get(partition, 0) for partition in sorted(ends)}
    records = (one for one in log.records(at) if one.offset < ends[one.partition])
    while at != ends:
        rows = {partition: bytearray() for partition in at}
        reached, taken = dict(at), 0
        for record in islice(records, max_records):
            taken += 1
            reached[record.partition] = record.offset + 1
            if record.value is not None:
                leaf = leaf_of(record.key or b"", record.value)
                rows[record.partition] += ROW.pack(record.partition, record.offset, leaf)
        if taken < max_records:
            reached = {partition: ends[partition] for partition in at}
        parts = tuple(Part(one, at[one], reached[one], len(rows[one]) // ROW.size) for one in at)
        number += 1
        yield _draft(number, now, parts, together := b"".join(rows.values())), together
        at = reached


def _draft(number: int, now: datetime, parts: tuple[Part, ...], rows: bytes) -> Digest:
    return Digest(
        number=number,
        made_at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
        topic=topics.AUDIT.name,
        parts=parts,
        root=merkle.root(hashes(rows)).hex(),
        leaves_sha256=hashlib.sha256(rows).hexdigest(),
        previous_sha256=None,
    )


def hashes(rows: bytes) -> bytes:
    """The leaf hashes alone, one after the other."""
    return b"".join(leaf for _, _, leaf in ROW.iter_unpack(rows))
