"""What one event does to the chain of its picture: arrival, deletion, a person's decision.

    read the chain → fetch the source → clean → store the original once → store the blobs → commit the slot

Every step can be done again: originals and blobs are named by their content, the edit by its cause. A redelivered
event finds its edit in the chain and changes nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypedDict

from infra.object_store import StoredObject, TooLargeError
from processors import chain, media, routing, sampling
from processors.errors import RefusedImageError, UnprocessableEventError
from streams import announcing, events, failpoints, ledger
from streams.cleaning import Edited, PictureCleaner
from streams.ledger import History, Ledger
from streams.ports import Store


@dataclass(frozen=True, slots=True)
class Committed:
    """The event's edit stands in the chain (perhaps since an earlier delivery)."""

    edit: chain.Edit
    history: History


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The event changes nothing, for a reason that its sender should know."""

    status: announcing.Status
    reason: str
    why: str
    edit: chain.Edit | None = None


@dataclass(frozen=True, slots=True)
class Buckets:
    """Where originals and edits lie."""

    originals: str
    edits: str


class _Place(TypedDict):
    image_id: str
    seq: int
    edit_id: str
    parent: str | None
    parent_sha256: str | None
    committed_at: str


class ImageEditor:
    """Turns events into committed edits."""

    def __init__(
        self,
        store: Store,
        buckets: Buckets,
        ledger: Ledger,
        cleaner: PictureCleaner,
        *,
        max_bytes: int,
        code_version: str,
        libraries: dict[str, str] | None = None,
        sampled_share: float = 0.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._buckets = buckets
        self._ledger = ledger
        self._cleaner = cleaner
        self._max_bytes = max_bytes
        self._code_version = code_version
        self._libraries = libraries
        self._sampled_share = sampled_share
        self._clock = clock

    async def arrived(self, event: events.Event) -> Committed | Unchanged:
        """A new picture or a new version of one.

        Raises:
            UnprocessableEventError: the event names something that is not there, or not what it says.
            ServiceUnavailableError: a service does not answer; nothing is lost, call again.
        """
        arrival: events.ImageArrived = event.data
        edit_id = _arrival_id(event)
        history = await self._ledger.read(arrival.image_id)
        failpoints.hit("chain_read")
        if (known := history.find(edit_id)) is not None:
            return Committed(known, history)
        # Of a cause that is known and found no edit, the answer was a refusal; it stays that, whatever came since.
        if edit_id not in history.unchanged and (later := _later_version(history, arrival.object)) is not None:
            return _overtaken(later)

        try:
            stored = await self._fetch(arrival.object)
            failpoints.hit("source_fetched")
            source = _source(arrival.object, stored)
            if (same := _same_picture(history, source)) is not None:
                await self._ledger.leave(arrival.image_id, edit_id, history)
                return Committed(same, history)
            cleaned = await self._cleaner.clean(stored.data, _context(arrival))
        except RefusedImageError as refusal:
            # Without the note, a later version that comes before this event comes again would give it another answer.
            if arrival.object.sequencer is not None:
                await self._ledger.leave(arrival.image_id, edit_id, History())
            return Unchanged("refused", refusal.reason, refusal.detail)
        if (later := _later_version(history, arrival.object)) is not None:
            # Refused under other limits, accepted under these, and by now too late.
            return _overtaken(later)
        failpoints.hit("picture_cleaned")
        original = await self._keep_original(stored.data, source.sha256)
        failpoints.hit("original_stored")
        mask, patch, result = await self._keep_blobs(cleaned.edited)
        failpoints.hit("blobs_stored")
        sampled = cleaned.kind == "cleaned" and sampling.drawn(arrival.image_id, edit_id, self._sampled_share)

        def draft(at: History) -> chain.Edit | None:
            if at.find(edit_id) or _later_version(at, arrival.object) or _same_picture(at, source):
                return None
            return chain.Edit(
                **self._place(at, arrival.image_id, edit_id),
                kind=cleaned.kind,
                cause=event.cause,
                merchant_id=arrival.merchant_id,
                batch_id=arrival.batch_id,
                source=source,
                original=original,
                picture=cleaned.picture,
                ruling=cleaned.ruling,
                regions=cleaned.regions,
                mask=mask,
                patch=patch,
                result=result,
                result_pixels_sha256=cleaned.edited.result_pixels_sha256 if cleaned.edited else None,
                fills=cleaned.edited.fills if cleaned.edited else (),
                models=cleaned.models,
                metrics=cleaned.edited.metrics if cleaned.edited else None,
                code_version=self._code_version,
                libraries=self._libraries,
                sampled=sampled,
            )

        # Another writer was first: look again at what it left.
        return await self._commit(arrival.image_id, edit_id, draft) or await self.arrived(event)

    async def deleted(self, event: events.Event) -> Committed | Unchanged:
        """The merchant took the picture away: recorded, nothing is erased."""
        deletion: events.ImageDeleted = event.data
        edit_id = _deletion_id(event)
        history = await self._ledger.read(deletion.image_id)
        failpoints.hit("chain_read")
        if (known := history.find(edit_id)) is not None:
            return Committed(known, history) if known.edit_id == edit_id else _deleted_before(known)
        if history.head is None or edit_id in history.unchanged:
            await self._ledger.leave(deletion.image_id, edit_id, History())
            return Unchanged("deleted", "unknown_image", "there was no such picture")
        if (later := _later_version(history, deletion.object)) is not None:
            return _overtaken(later)
        if history.head.kind == "deleted":
            await self._ledger.leave(deletion.image_id, edit_id, history)
            return _deleted_before(history.head)

        def draft(at: History) -> chain.Edit | None:
            head = at.head
            assert head is not None, "a chain only grows"
            if at.find(edit_id) or _later_version(at, deletion.object) or head.kind == "deleted":
                return None
            return chain.Edit(
                **self._place(at, deletion.image_id, edit_id),
                kind="deleted",
                cause=event.cause,
                merchant_id=deletion.merchant_id or head.merchant_id,
                batch_id=head.batch_id,
                source=_deleted_source(head.source, deletion.object),
                code_version=self._code_version,
                libraries=self._libraries,
            )

        return await self._commit(deletion.image_id, edit_id, draft) or await self.deleted(event)

    async def decided(self, event: events.Event) -> Committed | Unchanged:
        """A person answered a review task.

        Raises:
            UnprocessableEventError: `unknown_task`, `mask_missing`, `mask_unexpected`, `nothing_to_accept`,
                `mask_unusable`, `hash_mismatch`, `object_missing`.
        """
        decision: events.ReviewDecided = event.data
        if (decision.decision == "mask") != (decision.mask is not None):
            raise UnprocessableEventError(
                "mask_missing" if decision.mask is None else "mask_unexpected", decision.task_id
            )
        edit_id = chain.name_of("decision", decision.task_id, event.source, event.id)
        history = await self._ledger.read(decision.image_id)
        failpoints.hit("chain_read")
        if (known := history.find(edit_id)) is not None:
            return Committed(known, history)
        task = history.find(decision.task_id)
        if task is None or not task.is_task:
            raise UnprocessableEventError("unknown_task", f"{decision.image_id} has no review task {decision.task_id}")
        if (over := _task_over(history, task)) is not None:
            return over
        if decision.decision == "accept" and task.result is None:
            raise UnprocessableEventError("nothing_to_accept", f"task {task.edit_id} has no proposal")

        edited = await self._drawn(task, decision.mask) if decision.mask else None
        failpoints.hit("picture_cleaned")
        mask, patch, result = await self._keep_blobs(edited) if edited else (task.mask, task.patch, task.result)
        failpoints.hit("blobs_stored")
        rejected = decision.decision == "reject"

        def draft(at: History) -> chain.Edit | None:
            if at.find(edit_id) is not None or _task_over(at, task) is not None:
                return None
            return chain.Edit(
                **self._place(at, decision.image_id, edit_id),
                kind="rejected" if rejected else "approved",
                cause=event.cause,
                merchant_id=task.merchant_id,
                batch_id=task.batch_id,
                source=task.source,
                original=task.original,
                picture=task.picture,
                ruling=task.ruling,
                regions=task.regions,
                mask=None if rejected else mask,
                patch=None if rejected else patch,
                result=None if rejected else result,
                result_pixels_sha256=(
                    None if rejected else edited.result_pixels_sha256 if edited else task.result_pixels_sha256
                ),
                fills=() if rejected else edited.fills if edited else task.fills,
                models=edited.models if edited else task.models,
                metrics=None if rejected else edited.metrics if edited else task.metrics,
                answer=chain.Answer(
                    task_id=task.edit_id,
                    decision=decision.decision,
                    reviewer=decision.reviewer,
                    comment=decision.comment,
                ),
                code_version=self._code_version,
                libraries=self._libraries,
            )

        return await self._commit(decision.image_id, edit_id, draft) or await self.decided(event)

    def _place(self, at: History, image_id: str, edit_id: str) -> _Place:
        """Where the next edit of a chain goes."""
        return {
            "image_id": image_id,
            "seq": len(at.edits) + 1,
            "edit_id": edit_id,
            "parent": at.head.edit_id if at.head else None,
            "parent_sha256": at.head_sha256,
            "committed_at": chain.committed_at(self._clock(), at.head),
        }

    async def _commit(
        self, image_id: str, edit_id: str, draft: Callable[[History], chain.Edit | None]
    ) -> Committed | None:
        """None where another writer was first and the draft no longer holds."""
        history = await self._ledger.append(image_id, draft)
        failpoints.hit("slot_committed")
        edit = history.find(edit_id)
        return Committed(edit, history) if edit is not None else None

    async def _fetch(self, reference: events.ObjectRef) -> StoredObject:
        """The source's bytes, checked against what the event says of them."""
        if reference.bucket in (self._buckets.originals, self._buckets.edits):
            raise UnprocessableEventError("bucket_not_allowed", reference.bucket)
        try:
            stored = await asyncio.to_thread(
                self._store.get, reference.bucket, reference.key, reference.version_id, self._max_bytes
            )
        except TooLargeError as problem:
            raise RefusedImageError(problem.reason, problem.detail) from problem
        if reference.sha256 is not None and hashlib.sha256(stored.data).hexdigest() != reference.sha256:
            raise UnprocessableEventError("hash_mismatch", f"{reference.bucket}/{reference.key} has other bytes")
        return stored

    async def _keep_original(self, data: bytes, sha256: str) -> chain.Blob:
        return await self._keep(self._buckets.originals, "sha256", data, "application/octet-stream", sha256)

    async def _keep_blobs(
        self, edited: Edited | None
    ) -> tuple[chain.Blob | None, chain.Blob | None, chain.Blob | None]:
        if edited is None:
            return None, None, None
        bucket = self._buckets.edits
        return await asyncio.gather(
            self._keep(bucket, "masks/sha256", edited.mask_png, "image/png"),
            self._keep(bucket, "patches/sha256", edited.patch, "image/png"),
            self._keep(bucket, "results/sha256", edited.result, media.type_of(edited.format)),
        )

    async def _keep(
        self, bucket: str, prefix: str, data: bytes, media_type: str, sha256: str | None = None
    ) -> chain.Blob:
        """Store bytes under their own hash; there already is as good."""
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        key = f"{prefix}/{sha256[:2]}/{sha256}"
        await asyncio.to_thread(self._store.put_once, bucket, key, data, media_type)
        return chain.Blob(bucket=bucket, key=key, sha256=sha256, size=len(data))

    async def _drawn(self, task: chain.Edit, reference: events.MaskRef) -> Edited:
        """The edit that a person's own mask gives on the task's original."""
        assert task.original is not None, "a task has an original"
        drawn = await asyncio.to_thread(self._store.get, reference.bucket, reference.key, None, self._max_bytes)
        if hashlib.sha256(drawn.data).hexdigest() != reference.sha256:
            raise UnprocessableEventError("hash_mismatch", f"{reference.bucket}/{reference.key} has other bytes")
        with ledger.keeping():
            original = await asyncio.to_thread(self._store.get, task.original.bucket, task.original.key)
        try:
            return await self._cleaner.clean_with(original.data, drawn.data)
        except RefusedImageError as refusal:
            raise UnprocessableEventError("mask_unusable", str(refusal)) from refusal


def _context(arrival: events.ImageArrived) -> routing.Context:
    return routing.Context(arrival.record, arrival.role, arrival.marketplace, arrival.merchant_id, arrival.image_id)


def _arrival_id(event: events.Event) -> str:
    """The same version of the same object is the same arrival, whoever tells of it; without a version, the event."""
    ref = event.data.object
    version = ("object", ref.bucket, ref.key, ref.version_id) if ref.version_id else ("event", event.source, event.id)
    return chain.name_of("arrival", event.data.image_id, *version)


def _deletion_id(event: events.Event) -> str:
    return chain.name_of("deletion", event.data.image_id, event.source, event.id)


def _source(reference: events.ObjectRef, stored: StoredObject) -> chain.Source:
    return chain.Source(
        bucket=reference.bucket,
        key=reference.key,
        version_id=reference.version_id or stored.version_id,
        sha256=hashlib.sha256(stored.data).hexdigest(),
        size=len(stored.data),
        etag=stored.etag,
        sequencer=reference.sequencer,
    )


def _deleted_source(last: chain.Source | None, reference: events.ObjectRef | None) -> chain.Source | None:
    """The source that was there, with the deletion's place in the object's order."""
    if last is None or reference is None or reference.sequencer is None:
        return last
    if (last.bucket, last.key) != (reference.bucket, reference.key):
        return last
    return replace(last, sequencer=reference.sequencer)


def _same_picture(history: History, source: chain.Source) -> chain.Edit | None:
    """The head, if it is about these very bytes: told twice is once. After a deletion they are new again."""
    head = history.head
    if head is None or head.kind == "deleted" or head.source is None or head.source.sha256 != source.sha256:
        return None
    return head


def _later_version(history: History, reference: events.ObjectRef | None) -> chain.Edit | None:
    """The first edit of a later version of the same object, by the store's own order (hexadecimal, unequal lengths).

    The first, because it stays the first however long the chain grows: an event that comes again gets the same answer.
    """
    if reference is None or reference.sequencer is None:
        return None
    ours, place = int(reference.sequencer, 16), (reference.bucket, reference.key)
    for edit in history.edits:
        theirs = edit.source.sequencer if edit.source and (edit.source.bucket, edit.source.key) == place else None
        if theirs is not None and int(theirs, 16) > ours:
            return edit
    return None


def _overtaken(later: chain.Edit) -> Unchanged:
    return Unchanged("superseded", "older_version", "a later version of this object is in the chain", later)


def _deleted_before(edit: chain.Edit) -> Unchanged:
    return Unchanged("deleted", "already_deleted", "the picture was deleted before", edit)


def _task_over(history: History, task: chain.Edit) -> Unchanged | None:
    """Why a task takes no answer any more, or None while it is the head: what follows it ended it, for ever."""
    if len(history.edits) == task.seq:
        return None
    end = history.edits[task.seq]
    if end.answer is not None:
        return Unchanged("superseded", "already_decided", f"{end.answer.reviewer} answered this task first", end)
    return Unchanged("superseded", "newer_version", f"the picture moved on: {end.kind}", end)
