"""Tasks and their answers as they stand in chains, made by hand, with their blobs on a shelf."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

import numpy as np

from processors import chain, encoding
from processors.pictures import Mask
from processors.regions import Region
from streams.answers import Audited, Task
from tests.fakes import BUCKETS, MemoryStore

#: When the first edit was made.
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
SIZE = (200, 60)
STAMP = Region(((10, 10), (90, 10), (90, 30), (10, 30)), "06.07.2020", 0.9, "remove", 0.01, "date_stamp", "a date")
PRINT = Region(((110, 10), (190, 10), (190, 30), (110, 30)), "RUN GIRL", 0.9, "keep", 0.95, "printed", "on a thing")

Decision = Literal["accept", "reject", "mask"]


def keep(store: MemoryStore, bucket: str, data: bytes) -> chain.Blob:
    """Bytes in the store, by their hash."""
    digest = sha256(data).hexdigest()
    store.put_once(bucket, digest, data, "")
    return chain.Blob(bucket, digest, digest, len(data))


def mask(*boxes: tuple[int, int, int, int]) -> Mask:
    """h x w, true within boxes of left, top, right, bottom."""
    drawn = np.zeros((SIZE[1], SIZE[0]), dtype=np.bool_)
    for left, top, right, bottom in boxes:
        drawn[top:bottom, left:right] = True
    return drawn


#: The letters of STAMP.
LETTERS = mask((12, 12, 88, 28))


def asked(
    store: MemoryStore,
    name: str,
    original: bytes = b"a picture",
    *,
    kind: chain.Kind = "cleaned",
    regions: Sequence[Region] = (STAMP,),
    reason: str = "date_stamp",
    certificate: str | None = None,
) -> chain.Edit:
    """A proposal, or an automatic edit of the sample (kind `cleaned`)."""
    kept = keep(store, BUCKETS.originals, original)
    return chain.Edit(
        image_id=f"shop.{name}",
        seq=1,
        edit_id=chain.name_of(name),
        parent=None,
        parent_sha256=None,
        kind=kind,
        cause=chain.Cause(name, "shop", "catalog.image.created.v1", BEGIN.isoformat()),
        merchant_id="shop",
        source=chain.Source("catalog-incoming", f"{name}.jpg", "v1", kept.sha256, kept.size, "etag"),
        original=kept,
        picture=chain.PictureFacts("JPEG", "RGB", *SIZE, 1, "c" * 64),
        ruling=chain.Ruling("remove", reason, "a date", "policy-1", {}, 0.01, certificate),
        regions=tuple(regions),
        mask=keep(store, BUCKETS.edits, encoding.encode_mask(LETTERS)),
        result=keep(store, BUCKETS.edits, b"a result"),
        sampled=kind == "cleaned",
    )


def answer(
    store: MemoryStore,
    task: chain.Edit,
    decision: Decision,
    drawn: Mask | None = None,
    *,
    day: int = 1,
    time: str | None = "",
    reviewer: str = "ann",
    comment: str = "",
) -> chain.Edit:
    """The edit that an answer to a task makes, so many days after the begin."""
    at = (BEGIN + timedelta(days=day)).isoformat() if time == "" else time
    rejected = decision == "reject"
    return dataclasses.replace(
        task,
        seq=task.seq + 1,
        edit_id=chain.name_of("answer", task.edit_id, reviewer),
        parent=task.edit_id,
        parent_sha256="0" * 64,
        kind="rejected" if rejected else "approved",
        cause=chain.Cause(f"a-{task.edit_id}", "tool", "catalog.review.decided.v1", at),
        mask=None
        if rejected
        else keep(store, BUCKETS.edits, encoding.encode_mask(drawn))
        if drawn is not None
        else task.mask,
        result=None if rejected else task.result,
        answer=chain.Answer(task.edit_id, decision, reviewer, comment),
        sampled=False,
    )


def told(edit: chain.Edit, day: float = 0) -> Audited:
    """An audit record, written so many days after the begin."""
    return Audited(edit, BEGIN + timedelta(days=day))


def answered(task: chain.Edit, answer_edit: chain.Edit | None, day: float = 0) -> Task:
    """A task that was told so many days after the begin."""
    return Task(task, BEGIN + timedelta(days=day), answer_edit)
