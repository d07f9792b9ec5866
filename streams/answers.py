"""What people said about proposals and about edits of the sample, folded from the audit topic alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.settings import KafkaSettings
from processors import chain
from streams import audit_log


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit record and when it was written, by the worker's clock."""

    edit: chain.Edit
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """An edit about which a person is asked, and what became of the question."""

    edit: chain.Edit
    #: when it was first told
    asked_at: datetime
    #: the edit that a person's answer made; None where there is no answer
    answer: chain.Edit | None = None
    #: something else came first: a newer upload, a deletion
    overtaken: bool = False

    @property
    def is_open(self) -> bool:
        return self.answer is None and not self.overtaken

    @property
    def wrong(self) -> bool:
        """Whether a person found the edit wrong: rejected it, or drew another mask."""
        said = self.answer.answer if self.answer else None
        return said is not None and said.decision != "accept"


def read(kafka: KafkaSettings) -> list[Task]:
    """Every task that was ever told, in the order in which they were. Raises ServiceUnavailableError."""
    return fold(_audited(kafka))


def fold(records: Iterable[Audited]) -> list[Task]:
    """Tasks out of audit records in any order, with duplicates.

    What follows a task in its chain has ended it, and a slot has one edit: so no task has two answers. Only tasks and
    what follows an edit are held, not the chains of pictures that were edited once.
    """
    asked: dict[str, Audited] = {}
    followed: dict[str, chain.Edit | None] = {}
    for record in records:
        edit = record.edit
        if edit.is_task:
            earlier = asked.get(edit.edit_id)
            asked[edit.edit_id] = earlier if earlier and earlier.at <= record.at else record
        if edit.parent is not None:
            followed[edit.parent] = edit if edit.answer else None
    tasks = [
        Task(one.edit, one.at, followed.get(edit_id), overtaken=edit_id in followed and followed[edit_id] is None)
        for edit_id, one in asked.items()
    ]
    return sorted(tasks, key=lambda task: (task.asked_at, task.edit.edit_id))


def _audited(kafka: KafkaSettings) -> Iterator[Audited]:
    for entry in audit_log.read(kafka):
        if entry.value:
            yield Audited(audit_log.edit(entry), datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC))
