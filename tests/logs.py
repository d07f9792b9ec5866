"""An audit log in memory, with chains as workers write them, for tests that sign it, tamper with it and verify it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from infra.kafka import Record
from processors import chain
from streams import events, topics

PARTITIONS = 3


@dataclass
class ShelfLog:
    """Partitions as lists of records, each at its offset; compaction leaves holes."""

    partitions: list[list[Record]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    #: next offset of each partition, which outlives its records
    next: list[int] = field(default_factory=lambda: [0] * PARTITIONS)

    def ends(self) -> Mapping[int, int]:
        return dict(enumerate(self.next))

    def records(self, since: Mapping[int, int], only: Collection[int] | None = None) -> Iterator[Record]:
        for number in self.ends() if only is None else only:
            yield from (one for one in list(self.partitions[number]) if one.offset >= since.get(number, 0))

    def append(self, key: bytes, value: bytes | None, partition: int | None = None) -> Record:
        image_id = key.decode().rpartition("/")[0]
        number = topics.partition_of(image_id, PARTITIONS) if partition is None else partition
        made = Record(topics.AUDIT.name, number, self.next[number], key, value, (), 1_767_225_600_000)
        self.partitions[number].append(made)
        self.next[number] += 1
        return made

    def add(self, *edits: chain.Edit) -> None:
        for edit in edits:
            self.append(key_of(edit), events.encode(edit))

    def rewritten(self, number: int, records: Iterable[Record]) -> "ShelfLog":
        """The same log with a partition that was made anew: its records come one after the other again."""
        anew = [replace(one, offset=offset) for offset, one in enumerate(records)]
        partitions = [anew if each == number else list(old) for each, old in enumerate(self.partitions)]
        ends = [len(anew) if each == number else end for each, end in enumerate(self.next)]
        return ShelfLog(partitions, ends)

    def compacted(self) -> "ShelfLog":
        """What compaction leaves: of each key the last record, at its offset, tombstones too."""
        kept = []
        for records in self.partitions:
            last = {one.key: one.offset for one in records}
            kept.append([one for one in records if last[one.key] == one.offset])
        return ShelfLog(kept, list(self.next))


def key_of(edit: chain.Edit) -> bytes:
    return f"{edit.image_id}/{edit.edit_id}".encode()


def edits(image_id: str, count: int, merchant: str = "shop-1") -> list[chain.Edit]:
    """A chain of this length, each edit with the hash of the one before."""
    made: list[chain.Edit] = []
    for seq in range(1, count + 1):
        head = made[-1] if made else None
        made.append(
            chain.Edit(
                image_id=image_id,
                seq=seq,
                edit_id=chain.name_of("test", image_id, str(seq)),
                parent=head.edit_id if head else None,
                parent_sha256=sha256(events.encode(head)).hexdigest() if head else None,
                kind="kept" if seq % 2 else "cleaned",
                cause=chain.Cause(f"{image_id}-{seq}", "test", "catalog.image.updated.v1", None),
                merchant_id=merchant,
                committed_at=f"2026-11-25T12:00:{seq:02d}.000+00:00",
            )
        )
    return made


def shop(images: int = 6, length: int = 3) -> ShelfLog:
    """A log of several pictures whose edits are mixed, as they come in a shop."""
    log = ShelfLog()
    chains = [edits(f"sku-{number}", length) for number in range(images)]
    for step in range(length):
        log.add(*(one[step] for one in chains))
    return log
