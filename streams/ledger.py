"""The chains in the store: one object per edit, written only where its slot is free. The slot is the commit point."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from infra.object_store import MissingObjectError
from processors import chain
from processors.errors import ServiceUnavailableError
from streams import events
from streams.ports import Store

#: Rounds of a race for a slot before something else must be wrong.
MAX_RACES = 100


@dataclass(frozen=True, slots=True)
class History:
    """A chain as read, with the content hash of its last slot."""

    edits: tuple[chain.Edit, ...] = ()
    head_sha256: str | None = None
    #: causes that changed nothing: what their edit would have been called → the `seq` that they found, 0 in no chain
    unchanged: Mapping[str, int] = field(default_factory=dict)

    @property
    def head(self) -> chain.Edit | None:
        return self.edits[-1] if self.edits else None

    def find(self, edit_id: str) -> chain.Edit | None:
        """The edit of a cause, or the one that the cause found and did not change; None where it is new."""
        if (seq := self.unchanged.get(edit_id, 0)) > 0:
            return self.edits[seq - 1]
        return next((edit for edit in self.edits if edit.edit_id == edit_id), None)


class Ledger:
    """Reads and appends to the chains of all pictures."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    async def read(self, image_id: str) -> History:
        """The whole chain of a picture; empty for an unknown one.

        Raises:
            chain.BrokenChainError: the slots do not fit together.
            ServiceUnavailableError: the store does not answer.
        """
        return await asyncio.to_thread(self.read_now, image_id)

    def read_now(self, image_id: str) -> History:
        """`read` for callers without an event loop."""
        with keeping():
            keys = [listed.key for listed in self._store.list(self._bucket, f"chain/{image_id}/")]
            notes = [key for key in keys if key.startswith(_notes(image_id))]
            slots = [self._store.get(self._bucket, key).data for key in keys if key not in notes]
        return _history(slots, notes)

    def slot_now(self, image_id: str, seq: int) -> bytes | None:
        """The bytes of one slot, which are those of its audit record; None where it is free.

        Raises:
            ServiceUnavailableError: the store does not answer.
        """
        try:
            return self._store.get(self._bucket, slot_key(image_id, seq)).data
        except MissingObjectError:
            return None

    def put_slot_now(self, image_id: str, seq: int, data: bytes) -> bool:
        """Write a slot if it is free: the commit point. False where something is there, which may be the same."""
        with keeping():
            return self._store.put_once(self._bucket, slot_key(image_id, seq), data, "application/json")

    async def follows(self, edit: chain.Edit) -> bool:
        """Whether somebody has committed an edit after this one."""
        return await asyncio.to_thread(self.follows_now, edit)

    def follows_now(self, edit: chain.Edit) -> bool:
        """`follows` for callers without an event loop."""
        with keeping():
            return bool(list(self._store.list(self._bucket, slot_key(edit.image_id, edit.seq + 1))))

    async def leave(self, image_id: str, edit_id: str, history: History) -> None:
        """Note that a cause found the chain as `history` and changed nothing.

        Without the note it would be taken for new if it came again, and could undo what was done since.
        """
        note = f"{_notes(image_id)}{edit_id}-{len(history.edits):08d}.json"
        with keeping():
            await asyncio.to_thread(self._store.put_once, self._bucket, note, b"{}", "application/json")

    async def append(self, image_id: str, draft: Callable[[History], chain.Edit | None]) -> History:
        """Commit the edit that `draft` makes on top of the chain; gives the chain with it, or as it is.

        `draft` is called again whenever another writer took the slot, and gives None when nothing is to be written
        (any more), e.g. because its own edit id is in the chain by now.
        """
        history = await self.read(image_id)
        for _ in range(MAX_RACES):
            edit = draft(history)
            if edit is None:
                return history
            data = events.encode(edit)
            key = slot_key(image_id, edit.seq)
            with keeping():
                written = await asyncio.to_thread(self._store.put_once, self._bucket, key, data, "application/json")
            if written:
                return History((*history.edits, edit), hashlib.sha256(data).hexdigest(), history.unchanged)
            history = await self.read(image_id)
        raise chain.BrokenChainError(f"{image_id}: slot taken {MAX_RACES} times in a row")


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """Around the use of our own buckets: what is missing there is no event's fault, so the event waits."""
    try:
        yield
    except MissingObjectError as problem:
        raise ServiceUnavailableError("store", f"not there: {problem.detail}") from problem


def _notes(image_id: str) -> str:
    return f"chain/{image_id}/unchanged/"


def slot_key(image_id: str, seq: int) -> str:
    """Where in the edits' bucket a slot lies."""
    return f"chain/{image_id}/{seq:08d}.json"


def drawn(image_id: str) -> str:
    """Below what, in the edits' bucket, the masks lie that people drew of a picture."""
    return f"drawn/{image_id}/"


def _history(slots: list[bytes], notes: list[str]) -> History:
    unchanged: dict[str, int] = {}
    for note in sorted(notes):
        edit_id, _, seq = note.rpartition("/")[2].removesuffix(".json").partition("-")
        unchanged.setdefault(edit_id, int(seq))
    if not slots:
        return History(unchanged=unchanged)
    edits = chain.fold(msgspec.json.decode(data, type=chain.Edit) for data in slots)
    return History(edits, hashlib.sha256(slots[-1]).hexdigest(), unchanged)
