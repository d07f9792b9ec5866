"""Chains of edits made up for tests, put where a worker would have put them: blobs, slots, records, heads, marks."""

import hashlib

from processors import chain
from processors.regions import Region
from streams import announcing, events
from streams.ledger import slot_key
from streams.repairing import Sources
from tests.fakes import BUCKETS, MODEL


def blob(bucket: str, prefix: str, data: bytes) -> chain.Blob:
    digest = hashlib.sha256(data).hexdigest()
    return chain.Blob(bucket, f"{prefix}sha256/{digest[:2]}/{digest}", digest, len(data))


def contents(image_id: str, seq: int) -> dict[str, bytes]:
    """What the blobs of an edit hold."""
    return {name: f"{name} of {image_id}, {seq}".encode() for name in ("original", "masks/", "patches/", "results/")}


def grown(image_id: str, length: int) -> list[chain.Edit]:
    """A chain of new versions of a picture, each with a mark of its own."""
    edits: list[chain.Edit] = []
    for seq in range(1, length + 1):
        before = edits[-1] if edits else None
        original, mask, patch, result = contents(image_id, seq).values()
        top = 4.0 * seq
        line = ((4.0, top), (40.0, top), (40.0, top + 6), (4.0, top + 6))
        edits.append(
            chain.Edit(
                image_id=image_id,
                seq=seq,
                edit_id=chain.name_of("test", image_id, str(seq)),
                parent=before.edit_id if before else None,
                parent_sha256=hashlib.sha256(events.encode(before)).hexdigest() if before else None,
                kind="cleaned",
                cause=chain.Cause(f"e-{seq}", "shop", "catalog.image.created.v1", f"2026-11-2{seq % 10}T10:00:00Z"),
                merchant_id="shop",
                original=blob(BUCKETS.originals, "", original),
                picture=chain.PictureFacts("JPEG", "RGB", 64, 48, 1, hashlib.sha256(original).hexdigest()),
                regions=(Region(line, f"SALE {'ABCDEFGHI'[seq % 9]}", 0.9, "remove", 0.5, "caption", "words"),),
                mask=blob(BUCKETS.edits, "masks/", mask),
                patch=blob(BUCKETS.edits, "patches/", patch),
                result=blob(BUCKETS.edits, "results/", result),
                models=(MODEL,),
                committed_at=f"2026-11-2{seq % 10}T10:00:00.000+00:00",
            )
        )
    return edits


def settle(sources: Sources, edits: list[chain.Edit]) -> None:
    """As a worker leaves them: everything is told."""
    for number, edit in enumerate(edits, start=1):
        for data, one in zip(
            contents(edit.image_id, edit.seq).values(), (edit.original, edit.mask, edit.patch, edit.result), strict=True
        ):
            assert one is not None
            sources.store.put_once(one.bucket, one.key, data, "")
        sources.store.put_once(
            sources.edits_bucket, slot_key(edit.image_id, edit.seq), events.encode(edit), "application/json"
        )
        tell(sources, edits[:number])
    sources.writer.flush()


def tell(sources: Sources, edits: list[chain.Edit]) -> None:
    """The audit record, head and marks of the last of these."""
    for told in (announcing.audit(edits[-1]), announcing.head(edits[-1]), *announcing.marks(edits)):
        sources.tell(told)
