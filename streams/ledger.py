"""The chains in the store: one object per edit, written only where its slot is free. The slot is the commit point."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from processors import chain
from streams import events
from streams.ports import Store

#: Rounds of a race for a slot before something else must be wrong.
MAX_RACES = 100


@dataclass(frozen=True, slots=True)
class History:
    """A chain as read, with the content hash of its last slot."""

    edits: tuple[chain.Edit, ...] = ()
    head_sha256: str | None = None

    @property
    def head(self) -> chain.Edit | None:
        return self.edits[-1] if self.edits else None

    def find(self, edit_id: str) -> chain.Edit | None:
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
        slots = [
            self._store.get(self._bucket, listed.key).data
            for listed in self._store.list(self._bucket, f"chain/{image_id}/")
        ]
        return _history(slots)

    async def follows(self, edit: chain.Edit) -> bool:
        """Whether somebody has committed an edit after this one."""
        following = _slot_key(edit.image_id, edit.seq + 1)
        found = await asyncio.to_thread(lambda: list(self._store.list(self._bucket, following)))
        return bool(found)

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
            key = _slot_key(image_id, edit.seq)
            if await asyncio.to_thread(self._store.put_once, self._bucket, key, data, "application/json"):
                return History((*history.edits, edit), hashlib.sha256(data).hexdigest())
            history = await self.read(image_id)
        raise chain.BrokenChainError(f"{image_id}: slot taken {MAX_RACES} times in a row")


def _slot_key(image_id: str, seq: int) -> str:
    return f"chain/{image_id}/{seq:08d}.json"


def _history(slots: list[bytes]) -> History:
    if not slots:
        return History()
    edits = chain.fold(msgspec.json.decode(data, type=chain.Edit) for data in slots)
    return History(edits, hashlib.sha256(slots[-1]).hexdigest())
