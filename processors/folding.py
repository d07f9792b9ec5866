"""Folds a log of edits into one state a picture, in one pass: records in any order, duplicates, and holes at the end.

A log holds the edits of a picture in the order in which they were written, except where a crash wrote one again later
and compaction then kept the later copy. So a record may come before its predecessor; it waits for it. What is held
grows with the pictures and with the records that wait, not with the edits.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Link(Protocol):
    """What the fold needs of an edit."""

    @property
    def image_id(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def edit_id(self) -> str: ...
    @property
    def parent(self) -> str | None: ...


E = TypeVar("E", bound=Link)
S = TypeVar("S")


class Folding(Generic[E, S]):
    """States of pictures by image id; `step` makes the next state out of the one before (None at first) and an edit."""

    def __init__(self, step: Callable[[S | None, E], S]) -> None:
        self._step = step
        self._heads: dict[str, tuple[int, str, S]] = {}
        self._waiting: dict[str, dict[int, E]] = {}
        #: image id → why its records do not fit together; its state is that of the edits before
        self.broken: dict[str, str] = {}

    def take(self, edit: E) -> None:
        """Fold one record; a copy of one that is folded already changes nothing."""
        head = self._heads.get(edit.image_id)
        seq = head[0] if head else 0
        if edit.seq == seq + 1:
            self._follow(edit, head)
            while (waiting := self._waiting.get(edit.image_id)) and (after := waiting.pop(edit.seq + 1, None)):
                edit = after
                self._follow(edit, self._heads.get(edit.image_id))
            if waiting == {}:
                del self._waiting[edit.image_id]
        elif edit.seq > seq:
            waiting = self._waiting.setdefault(edit.image_id, {})
            if waiting.setdefault(edit.seq, edit).edit_id != edit.edit_id:
                self.broken.setdefault(edit.image_id, f"two edits in slot {edit.seq}")
        elif edit.seq == seq and head is not None and head[1] != edit.edit_id:
            self.broken.setdefault(edit.image_id, f"two edits in slot {edit.seq}")

    def forget(self, image_id: str) -> None:
        """A record of the picture was erased: what came before is of a picture that is gone."""
        for held in (self._heads, self._waiting, self.broken):
            held.pop(image_id, None)

    def seq(self, image_id: str) -> int:
        """`seq` of the last edit of a picture that was folded; 0 for an unknown one."""
        return self._heads[image_id][0] if image_id in self._heads else 0

    def state(self, image_id: str) -> S | None:
        """The state of a picture; None for an unknown one."""
        return self._heads[image_id][2] if image_id in self._heads else None

    def gaps(self) -> dict[str, int]:
        """image id → the first slot that no record tells of although a later one is there."""
        return {
            image_id: (self._heads[image_id][0] if image_id in self._heads else 0) + 1 for image_id in self._waiting
        }

    def states(self) -> Iterator[tuple[str, int, str, S]]:
        """(image id, `seq` and id of the last edit that was folded, state) of every picture, in no order."""
        for image_id, (seq, edit_id, state) in self._heads.items():
            yield image_id, seq, edit_id, state

    def __len__(self) -> int:
        return len(self._heads)

    def _follow(self, edit: E, head: tuple[int, str, S] | None) -> None:
        if edit.image_id in self.broken:
            return
        if edit.parent != (head[1] if head else None):
            self.broken[edit.image_id] = f"slot {edit.seq} does not follow slot {edit.seq - 1}"
            return
        self._heads[edit.image_id] = (edit.seq, edit.edit_id, self._step(head[2] if head else None, edit))
