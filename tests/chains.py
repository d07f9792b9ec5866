"""Chains for tests, committed into a store and told to a log, without a picture being looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from processors import chain
from streams import events, topics
from streams.audit_log import Entry
from streams.ledger import Ledger
from streams.ports import Store
from tests.fakes import BUCKETS

BEGAN = datetime(2026, 11, 25, 12, tzinfo=UTC)


def blob(content: str, bucket: str = BUCKETS.edits) -> chain.Blob:
    """The blob of a text; two of one text are the same."""
    digest = sha256(content.encode()).hexdigest()
    return chain.Blob(bucket, f"results/sha256/{digest[:2]}/{digest}", digest, len(content))


@dataclass
class Pictures:
    """Pictures whose chains are appended to one after the other."""

    store: Store
    log: list[Entry] = field(default_factory=list)
    edits: dict[str, list[chain.Edit]] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, BUCKETS.edits)

    def shown(self, image_id: str) -> str | None:
        """SHA-256 of what the head of the chain in the store shows."""
        head = self.ledger.read_now(image_id).head
        return head.shown.sha256 if head and head.shown else None

    def append(self, image_id: str, kind: chain.Kind, *, merchant: str = "shop-7", **more: object) -> chain.Edit:
        """Commit the next edit, an hour after the last, and tell of it."""
        head = next(iter(self.edits.get(image_id, [])[-1:]), None)
        seq = head.seq + 1 if head else 1
        at = BEGAN + timedelta(hours=seq)
        given = {**_about(image_id, seq, kind, head), **more}
        edit = chain.Edit(
            image_id=image_id,
            seq=seq,
            edit_id=chain.name_of(image_id, str(seq)),
            parent=head.edit_id if head else None,
            parent_sha256=sha256(events.encode(head)).hexdigest() if head else None,
            kind=kind,
            merchant_id=merchant,
            **{
                "cause": chain.Cause(f"event-{image_id}-{seq}", "shop", "catalog.image.updated.v1", at.isoformat()),
                "committed_at": at.isoformat(timespec="milliseconds"),
                **given,
            },  # type: ignore[arg-type]
        )
        self.commit([edit])
        return edit

    def commit(self, edits: Iterable[chain.Edit]) -> None:
        """Write these edits' slots and tell of them."""
        for edit in edits:
            assert self.ledger.put_slot_now(edit.image_id, edit.seq, events.encode(edit))
            self.heard(edit)

    def heard(self, edit: chain.Edit) -> None:
        """Note an edit that was committed."""
        known = self.edits.setdefault(edit.image_id, [])
        if len(known) < edit.seq:
            known.append(edit)
        partition = topics.partition_of(edit.image_id, 12)
        self.log.append(Entry(partition, len(self.log), edit.image_id, edit.edit_id, events.encode(edit), 0))


def _about(image_id: str, seq: int, kind: chain.Kind, head: chain.Edit | None) -> dict[str, object]:
    """Files and reasons as an edit of this kind has them."""
    about: dict[str, object] = {"ruling": chain.Ruling("remove", "removal_certified", "why", "p1", {})}
    if kind == "deleted":
        return {}
    if kind in chain.BEGINNINGS or head is None or head.original is None:
        version = f"{image_id}-{seq}"
        about["original"] = blob(f"original of {version}", BUCKETS.originals)
        about["source"] = chain.Source("in", image_id, None, blob(version).sha256, 1, version)
    else:
        about |= {"original": head.original, "source": head.source}
    if kind in ("cleaned", "proposed", "approved"):
        about |= {name: blob(f"{name} of {image_id}-{seq}") for name in ("mask", "patch", "result")}
    if head is not None and kind in ("approved", "rejected"):
        about["answer"] = chain.Answer(head.edit_id, "accept" if kind == "approved" else "reject", "ann", "")
    return about
