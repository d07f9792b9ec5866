"""What the audit topic, the chain slots, the heads and the marks lack of each other, found and put back.

Each of the two records of what was done can be made from the other: an audit record is the bytes of its slot. Heads
and marks follow from either. Nothing that is there is ever overwritten with something else: where the two sides differ,
that is told, and a person decides. What was erased stays erased.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from infra.kafka import EventWriter, Record
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from processors.errors import PipelineError
from processors.folding import Folding
from streams import announcing, audit_log, digests, events, matching, pacing, repetition, topics
from streams.announcing import Told
from streams.audit_log import Entry
from streams.ledger import Ledger, slot_key
from streams.matching import Sealed
from streams.ports import Store, Writer

#: Records that are sent before the brokers are asked whether they arrived.
BATCH = 500


class NothingToGoByError(PipelineError):
    """The audit topic is empty, so that everything else would count as unknown."""


class Reader(Protocol):
    """Reads the audit topic, from its beginning or from these offsets by partition."""

    def __call__(self, since: Mapping[int, int] | None = None) -> Iterator[Entry]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What is compared, and how it is written."""

    store: Store
    edits_bucket: str
    log: Reader
    writer: Writer
    partitions: int
    #: leaf hashes of records that were erased, and stay so when their tombstones are gone
    erased: frozenset[bytes] = frozenset()

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, self.edits_bucket)

    def tell(self, told: Told) -> None:
        """Queue a record; `writer.flush` confirms."""
        partition = topics.partition_of(told.image_id, self.partitions)
        self.writer.send(told.topic, key=told.key.encode(), value=told.value, headers=told.headers, partition=partition)

    def end(self, topic: str, image_id: str, key: str) -> None:
        """Queue a tombstone."""
        event_id = chain.name_of("ended", topic, key)
        self.tell(Told(topic, image_id, key, None, events.headers(topic, event_id, None)))


def connected(settings: Settings) -> Sources:
    """Those of the settings."""

    def log(since: Mapping[int, int] | None = None) -> Iterator[Entry]:
        return audit_log.read(settings.kafka, since)

    store, writer = S3Store(settings.store), EventWriter(settings.kafka)
    erased = _erased(digests.Shelf(store, settings.store.digests_bucket))
    return Sources(store, settings.store.edits_bucket, log, writer, settings.kafka.partitions, erased)


def _erased(shelf: digests.Shelf) -> frozenset[bytes]:
    """All leaves that any erasure names, whoever signed it: who is wrongly named here is told of, not brought back."""
    leaves: set[bytes] = set()
    for _, data in shelf.erasures():
        leaves.update(bytes.fromhex(leaf) for leaf in msgspec.json.decode(data, type=_Erasure).leaves)
    return frozenset(leaves)


class _Erasure(Struct, frozen=True):
    leaves: tuple[str, ...]


class Finding(Struct, frozen=True):
    """One thing that is not as it should be."""

    #: which repair found it: `audit`, `chain`, `heads` or `orphans`
    what: str
    kind: str
    #: image id, or bucket and key of a blob
    name: str
    detail: str
    seq: int | None = None
    #: `--apply` puts it right, a person must look, or it is only told
    remedy: Literal["apply", "person", "none"] = "apply"


@dataclass(frozen=True, slots=True)
class _Slot:
    """A slot as it lies in the store; `edit` is None where it cannot be read."""

    seq: int
    data: bytes
    edit: Sealed | None


# ------------------------------------------------------------------------------------------------- audit records


def audit(sources: Sources, *, act: bool) -> Iterator[Finding]:
    """Slots without their audit record: published again, with the slot's bytes, if `act`.

    Holds a state a picture, and of pictures that are unlike on both sides a hash a record. Raises
    ServiceUnavailableError; what was confirmed until then stays.
    """
    sides = matching.compare(sources.log(), sources.store.list(sources.edits_bucket, "chain/"))
    # Read after the listing: what was committed and not yet told before it has been told by now.
    known = matching.last_records(sources.log(), sides.unlike)
    sent = 0
    for image_id, slots in pacing.ahead(lambda name: _slots(sources, name), sorted(sides.unlike)):
        if not slots:
            continue
        records = known.get(image_id, {})
        if why := _unsound(slots):
            yield Finding("audit", "broken", image_id, f"its slots are no chain: {why}", remedy="person")
            continue
        wanting = [(slot, slot.edit) for slot in slots if slot.edit and _differs(slot, slot.edit, records)]
        if wanting and (image_id in sides.erased or any(_is_erased(sources, edit) for _, edit in wanting)):
            detail = "it was erased, and the store has slots: an erasure that did not end"
            yield Finding("audit", "erased", image_id, detail, remedy="person")
            continue
        for slot, edit in wanting:
            if edit.edit_id in records:
                detail = f"slot {slot.seq} and its record {edit.edit_id} have other bytes"
                yield Finding("audit", "differs", image_id, detail, slot.seq, remedy="person")
                continue
            if act:
                sources.tell(_record(edit))
                sent += 1
                if sent % BATCH == 0:
                    sources.writer.flush()
            yield Finding("audit", "missing", image_id, f"no record of {edit.edit_id}", slot.seq)
    sources.writer.flush()


def _slots(sources: Sources, image_id: str) -> list[_Slot]:
    found = []
    for listed in sources.store.list(sources.edits_bucket, f"chain/{image_id}/"):
        if (place := matching.slot_of(listed)) is not None:
            data = sources.store.get(sources.edits_bucket, listed.key).data
            found.append(_Slot(place[1], data, matching.sealed(data, image_id)))
    return found


def _unsound(slots: Iterable[_Slot]) -> str:
    """Why slots are no chain; empty where they are one."""
    before: _Slot | None = None
    for expected, slot in enumerate(slots, start=1):
        if slot.seq != expected:
            return f"slot {expected} is missing"
        if slot.edit is None or slot.edit.seq != expected:
            return f"slot {expected} is no edit of it"
        parent = before.edit.edit_id if before and before.edit else None
        sha256 = hashlib.sha256(before.data).hexdigest() if before else None
        if (slot.edit.parent, slot.edit.link.parent_sha256) != (parent, sha256):
            return f"slot {expected} does not follow slot {expected - 1}"
        before = slot
    return ""


def _differs(slot: _Slot, edit: Sealed, records: Mapping[str, bytes | None]) -> bool:
    return records.get(edit.edit_id) != hashlib.sha256(slot.data).digest()


def _is_erased(sources: Sources, edit: Sealed) -> bool:
    key = f"{edit.image_id}/{edit.edit_id}".encode()
    return bool(sources.erased) and digests.leaf_of(key, edit.value) in sources.erased


def _record(edit: Sealed) -> Told:
    """As the announcer tells of it, with the bytes of the slot: those of an older version have fewer fields."""
    return dataclasses.replace(announcing.audit(msgspec.json.decode(edit.value, type=chain.Edit)), value=edit.value)


# ------------------------------------------------------------------------------------------------------- slots


def chains(sources: Sources, *, act: bool) -> Iterator[Finding]:
    """Audit records without their slot: written, byte for byte and in the order of the chain, if `act`.

    Holds a state a picture. Raises ServiceUnavailableError; what was written until then stays.
    """
    sides = matching.compare(sources.log(), sources.store.list(sources.edits_bucket, "chain/"))
    doubtful = sides.unlike & (sides.erased | sides.copied | sides.broken.keys())
    known = matching.last_records(sources.log(), doubtful)
    refused = set()
    for image_id in sorted(sides.unlike & (sides.erased | sides.broken.keys())):
        refused.add(image_id)
        yield from _left_alone(sources, image_id, known.get(image_id, {}), sides)
    writing = _Writing(sources, sides.unlike - refused, known, act)
    for entry in sources.log():
        yield from writing.take(entry)
    yield from writing.finish()


def _left_alone(
    sources: Sources, image_id: str, records: Mapping[str, bytes | None], sides: matching.Sides
) -> Iterator[Finding]:
    """A picture whose slots cannot be made from its records, if it lacks any."""
    there = {slot.edit.edit_id for slot in _slots(sources, image_id) if slot.edit}
    wanting = {edit_id for edit_id, digest in records.items() if digest} - there
    if not wanting:
        return
    if image_id in sides.erased:
        detail = "the topic has records beside its tombstones: an erasure that did not end"
        yield Finding("chain", "erased", image_id, detail, remedy="person")
    else:
        detail = f"its records are no chain: {sides.broken[image_id]}"
        yield Finding("chain", "broken", image_id, detail, remedy="person")


class _Writing:
    """Writes the slots of some pictures in the order of their chains, whatever the order of the records."""

    def __init__(
        self, sources: Sources, of: Collection[str], known: Mapping[str, Mapping[str, bytes | None]], act: bool
    ) -> None:
        self._sources = sources
        self._ledger = sources.ledger
        self._of = of
        self._known = known
        self._act = act
        self._batch: dict[str, list[Sealed]] = {}
        self._count = 0
        self._stopped: set[str] = set()
        self._folding: Folding[Sealed, None] = Folding(self._next)

    def take(self, entry: Entry) -> Iterator[Finding]:
        if entry.image_id not in self._of or entry.value is None:
            return
        if (edit := matching.sealed(entry.value, entry.image_id)) is not None:
            self._folding.take(edit)
        if self._count >= BATCH:
            yield from self.finish()

    def finish(self) -> Iterator[Finding]:
        """Write what has been taken: pictures side by side, the slots of one in their order."""
        batch, self._batch, self._count = self._batch, {}, 0
        for _, found in pacing.ahead(self._written, batch.values()):
            yield from found

    def _next(self, _: None, edit: Sealed) -> None:
        self._batch.setdefault(edit.image_id, []).append(edit)
        self._count += 1

    def _written(self, edits: list[Sealed]) -> list[Finding]:
        found = []
        for edit in edits:
            if edit.image_id in self._stopped:
                break
            if (finding := self._one(edit)) is not None:
                found.append(finding)
        return found

    def _one(self, edit: Sealed) -> Finding | None:
        counts = self._known.get(edit.image_id, {}).get(edit.edit_id, b"")
        if counts and counts != hashlib.sha256(edit.value).digest():
            return self._stop(edit, f"the records of {edit.edit_id} have other bytes than each other")
        there = self._ledger.slot_now(edit.image_id, edit.seq)
        if there is None and _is_erased(self._sources, edit):
            return self._stop(
                edit, "it was erased, and the topic has its record: an erasure that did not end", "erased"
            )
        if there is None and self._act and not self._ledger.put_slot_now(edit.image_id, edit.seq, edit.value):
            # Somebody was first, or the answer to our own write was lost.
            there = self._ledger.slot_now(edit.image_id, edit.seq)
            if there == edit.value:
                there = None
        if there is None:
            return Finding("chain", "missing", edit.image_id, f"no slot for {edit.edit_id}", edit.seq)
        if there != edit.value:
            return self._stop(edit, f"slot {edit.seq} and its record {edit.edit_id} have other bytes")
        return None

    def _stop(self, edit: Sealed, detail: str, kind: str = "differs") -> Finding:
        """What follows would stand on something else than it says."""
        self._stopped.add(edit.image_id)
        return Finding("chain", kind, edit.image_id, detail, edit.seq, remedy="person")


# ------------------------------------------------------------------------------------------------ heads and marks


def heads(
    sources: Sources, heads_log: Iterable[Record], marks_log: Iterable[Record], *, act: bool
) -> Iterator[Finding]:
    """Heads and marks that are not those of the audit topic: published again if `act`; those of nobody are ended.

    While pictures are edited, a few are found that are just on their way; telling of them again does no harm. Holds a
    state a picture and a hash a mark. Raises NothingToGoByError, ServiceUnavailableError.
    """
    # Before the audit topic: an audit record is always told before its head.
    told, marks = _heads_told(heads_log), _marks_told(marks_log)
    standing, broken = _standing(sources.log())
    if not standing and (told or marks):
        raise NothingToGoByError("the audit topic is empty: cleanplate repair audit --apply first")
    for image_id, why in sorted(broken.items()):
        yield Finding("heads", "broken", image_id, f"its records are no chain: {why}", remedy="person")
    teller = _Teller(sources, act)
    for entry in sources.log():
        if entry.value is None or standing.get(entry.image_id) != entry.edit_id:
            continue
        del standing[entry.image_id]
        have_head, have_marks = told.pop(entry.image_id, None), marks.pop(entry.image_id, {})
        if entry.image_id not in broken:
            yield from _head_of(audit_log.edit(entry), have_head, have_marks, teller)
    teller.flush()
    for image_id in sorted((told.keys() | marks.keys()) - broken.keys()):
        yield from _of_nobody(sources, image_id, image_id in told, marks.get(image_id, {}), act)
    sources.writer.flush()


def _head_of(
    edit: chain.Edit, head: tuple[int, bytes] | None, marks: Mapping[str, bytes], teller: "_Teller"
) -> Iterator[Finding]:
    wanted = _short(announcing.head(edit).value or b"")
    borne = {one.key: _short(one.value) for one in announcing.marks((edit,)) if one.value is not None}
    kind, detail = "", ""
    if head is None:
        kind, detail = "missing", "no head"
    elif head[0] > edit.seq:
        detail = f"its head is {head[0]} and its records end with {edit.seq}: cleanplate repair audit first"
        yield Finding("heads", "ahead", edit.image_id, detail, edit.seq, remedy="person")
        return
    elif head[0] < edit.seq:
        kind, detail = "lower", f"its head is {head[0]}, its records end with {edit.seq}"
    elif head[1] != wanted:
        kind, detail = "other", f"its head is not that of {edit.edit_id}"
    elif marks != borne:
        kind, detail = "marks", f"{len(marks)} marks are told of, it bears {len(borne)}"
    if kind:
        teller.tell(edit, marks.keys() - borne.keys())
        yield Finding("heads", kind, edit.image_id, detail, edit.seq)


class _Teller:
    """Publishes heads with their marks, and never leaves an older one on top of a newer."""

    def __init__(self, sources: Sources, act: bool) -> None:
        self._sources = sources
        self._act = act
        self._told: list[chain.Edit] = []

    def tell(self, edit: chain.Edit, ended: Collection[str]) -> None:
        """`ended`: keys of marks that the picture does not bear any more."""
        if not self._act:
            return
        self._send((edit,))
        for key in sorted(ended):
            self._sources.end(topics.MARKS.name, edit.image_id, key)
        self._told.append(edit)
        if len(self._told) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Wait until all is confirmed; where somebody committed a later edit meanwhile, tell of that too."""
        self._sources.writer.flush()
        told, self._told = self._told, []
        ledger = self._sources.ledger
        following = pacing.ahead(lambda edit: ledger.slot_now(edit.image_id, edit.seq + 1), told)
        for edit in [edit for edit, slot in following if slot is not None]:
            seq = edit.seq
            while ledger.slot_now(edit.image_id, seq + 1) is not None:
                edits = ledger.read_now(edit.image_id).edits
                self._send(edits)
                self._sources.writer.flush()
                seq = len(edits)

    def _send(self, edits: tuple[chain.Edit, ...]) -> None:
        for told in (announcing.head(edits[-1]), *announcing.marks(edits)):
            self._sources.tell(told)


def _of_nobody(
    sources: Sources, image_id: str, has_head: bool, marks: Mapping[str, bytes], act: bool
) -> Iterator[Finding]:
    """A head or marks of which no audit record tells."""
    if any(sources.store.list(sources.edits_bucket, slot_key(image_id, 1))):
        detail = "the store has its chain and the topic no record: cleanplate repair audit first"
        yield Finding("heads", "ahead", image_id, detail, remedy="person")
        return
    if act:
        if has_head:
            sources.end(topics.HEAD.name, image_id, image_id)
        for key in sorted(marks):
            sources.end(topics.MARKS.name, image_id, key)
    yield Finding("heads", "unknown", image_id, f"neither records nor slots; {len(marks)} marks")


def _heads_told(records: Iterable[Record]) -> dict[str, tuple[int, bytes]]:
    told: dict[str, tuple[int, bytes]] = {}
    for record in records:
        image_id = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            told.pop(image_id, None)
            continue
        try:
            head = msgspec.json.decode(record.value, type=events.ImageHead)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            told[image_id] = (0, b"")
            continue
        # By value: fields that later versions added are in both.
        told[image_id] = (head.seq, _short(events.encode(head)))
    return told


def _marks_told(records: Iterable[Record]) -> dict[str, dict[str, bytes]]:
    """Image id → key → digest, of marks that stand in the topic."""
    told: dict[str, dict[str, bytes]] = {}
    for record in records:
        if (one := repetition.element(record.key)) is None:
            continue
        of_image = told.setdefault(one.image_id, {})
        if record.value is None:
            of_image.pop(one.key, None)
            if not of_image:
                del told[one.image_id]
            continue
        try:
            value = events.encode(msgspec.json.decode(record.value, type=events.MarkSeen))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            value = b""
        of_image[one.key] = _short(value)
    return told


def _standing(entries: Iterable[Entry]) -> tuple[dict[str, str], dict[str, str]]:
    """The last edit of every picture by the audit topic, and why the records of some are no chain."""
    nothing: Callable[[None, Sealed], None] = lambda state, edit: None  # noqa: E731 - the fold keeps the id itself
    folding: Folding[Sealed, None] = Folding(nothing)
    broken: dict[str, str] = {}
    for entry in entries:
        if entry.value is None:
            folding.forget(entry.image_id)
            broken.pop(entry.image_id, None)
        elif (edit := matching.sealed(entry.value, entry.image_id)) is None:
            broken[entry.image_id] = f"{entry.place} is no edit of it"
        else:
            folding.take(edit)
    broken |= folding.broken | {image: f"no record tells of slot {seq}" for image, seq in folding.gaps().items()}
    return {image_id: edit_id for image_id, _, edit_id, _ in folding.states()}, broken


def _short(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()
