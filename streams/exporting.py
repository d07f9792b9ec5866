"""Answers as a labelled folder: index.csv, truth.jsonl and the originals, as streams/labelled.py reads them.

The same answers give the same bytes, whatever was exported before. What is there already is not fetched again.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from processors import chain, labelling, media
from processors.labelling import Labels, Unsaid
from processors.pictures import Mask
from streams import labelled
from streams.answers import Task
from streams.labelled import LabelsError
from streams.ports import Store

COLUMNS = (*labelled.COLUMNS, "image_id", "task_id", "answered")
Row = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer and the labels that follow from it."""

    task: Task
    answer: chain.Edit
    labels: Labels

    @property
    def original(self) -> chain.Blob:
        assert self.answer.original is not None, "an answer is about a picture"
        return self.answer.original

    @property
    def file(self) -> str:
        assert self.answer.picture is not None, "an answer is about a decoded picture"
        return f"images/{self.original.sha256}.{media.ending_of(self.answer.picture.format)}"


@dataclass(slots=True)
class Exported:
    """What was written, and what was not."""

    #: label → pictures
    labels: Counter[str] = field(default_factory=Counter)
    #: `review` or `sampled` → pictures
    sources: Counter[str] = field(default_factory=Counter)
    #: reason → answers from which no label follows
    left_out: Counter[str] = field(default_factory=Counter)
    #: hash of a picture → the answers that cannot all be right
    contradicting: dict[str, list[str]] = field(default_factory=dict)
    #: answers beyond the first about the same picture that say the same
    repeated: int = 0
    fetched: int = 0


def export(
    store: Store,
    tasks: Iterable[Task],
    out: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    images: bool = True,
) -> Exported:
    """Write the answers given from `since` to before `until` as a labelled folder.

    Raises:
        LabelsError: `out` holds labels that no export wrote.
        MissingObjectError: an original or a mask is gone.
        ServiceUnavailableError: the store does not answer.
    """
    _check_ours(out)
    done = Exported()
    chosen = _chosen(_told(store, _within(tasks, since, until, done), done), done)
    if images:
        (out / "images").mkdir(parents=True, exist_ok=True)
        done.fetched = sum(_fetch(store, told, out / told.file) for told in chosen)
    out.mkdir(parents=True, exist_ok=True)
    # The index last: a folder whose export was broken off has the earlier one, or none.
    _replace(out / "truth.jsonl", b"".join(_truth(told) + b"\n" for told in chosen))
    _replace(out / "index.csv", labelled.index_of((_row(told) for told in chosen), COLUMNS))
    for told in chosen:
        done.labels[told.labels.label] += 1
        done.sources[_source_of(told)] += 1
    return done


def _within(
    tasks: Iterable[Task], since: datetime | None, until: datetime | None, done: Exported
) -> Iterable[tuple[Task, chain.Edit]]:
    for task in tasks:
        if task.answer is None:
            continue
        at = _answered(task.answer)
        if at is None and (since or until):
            done.left_out["no time of the answer"] += 1
        elif at is None or ((since is None or at >= since) and (until is None or at < until)):
            yield task, task.answer


def _answered(answer: chain.Edit) -> datetime | None:
    """When a person answered; a time without a zone is UTC."""
    if answer.cause.time is None:
        return None
    at = datetime.fromisoformat(answer.cause.time)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _told(store: Store, answered: Iterable[tuple[Task, chain.Edit]], done: Exported) -> list[Told]:
    found = []
    for task, answer in answered:
        said = _labels(store, task.edit, answer)
        if isinstance(said, Unsaid):
            done.left_out[said.why] += 1
        else:
            found.append(Told(task, answer, said))
    return found


def _labels(store: Store, asked: chain.Edit, answer: chain.Edit) -> Labels | Unsaid:
    assert answer.answer is not None, "only answers are exported"
    if answer.answer.decision == "reject":
        reason = asked.ruling.reason if asked.ruling else ""
        return labelling.rejected(asked.regions, reason, proposed=asked.result is not None)
    assert answer.mask is not None, "what was accepted or drawn has a mask"
    mask = _mask(store, answer.mask)
    if answer.answer.decision == "accept":
        return labelling.accepted(asked.regions, mask)
    return labelling.masked(asked.regions, mask, _mask(store, asked.mask) if asked.mask else None)


def _mask(store: Store, blob: chain.Blob) -> Mask:
    """A mask of our own making, h x w."""
    with Image.open(io.BytesIO(store.get(blob.bucket, blob.key).data)) as image:
        return np.asarray(image.convert("L")) > 0


def _chosen(told: Sequence[Told], done: Exported) -> list[Told]:
    """One answer a picture, the newest, by the picture's hash; none where they contradict each other."""
    pictures: dict[str, list[Told]] = {}
    for one in sorted(told, key=_newest_last):
        pictures.setdefault(one.original.sha256, []).append(one)
    chosen = []
    for digest, answers in sorted(pictures.items()):
        newest = answers[-1]
        if any(labelling.contradict(one.labels, newest.labels) for one in answers):
            done.contradicting[digest] = [f"{_note(one)} ({one.task.edit.edit_id})" for one in answers]
        else:
            chosen.append(newest)
            done.repeated += len(answers) - 1
    return chosen


def _newest_last(told: Told) -> tuple[datetime, str]:
    return _answered(told.answer) or datetime.min.replace(tzinfo=UTC), told.answer.edit_id


def _source_of(told: Told) -> str:
    return "sampled" if told.task.edit.sampled else "review"


def _note(told: Told) -> str:
    """Who said what, on one line."""
    assert told.answer.answer is not None, "only answers are exported"
    verbs = {"accept": "accepted", "reject": "rejected", "mask": "masked anew"}
    said = f"{verbs[told.answer.answer.decision]} by {told.answer.answer.reviewer}"
    comment = " ".join(told.answer.answer.comment.split())
    return f"{said}: {comment}" if comment else said


def _row(told: Told) -> Row:
    edit = told.task.edit
    assert edit.picture is not None, "a task has a picture"
    return {
        "file": told.file,
        "sha256": told.original.sha256,
        # Pictures of one merchant resemble each other, as those of one source do.
        "source_repo": edit.merchant_id or "",
        "source_path": f"{edit.source.bucket}/{edit.source.key}" if edit.source else "",
        "width": edit.picture.width,
        "height": edit.picture.height,
        "mode": edit.picture.mode,
        "format": edit.picture.format,
        "label": told.labels.label,
        "label_source": _source_of(told),
        "kind": next((region.rule for region in edit.regions if region.verdict != "keep"), ""),
        "note": _note(told),
        "bytes": told.original.size,
        "image_id": edit.image_id,
        "task_id": edit.edit_id,
        "answered": told.answer.cause.time or "",
    }


def _truth(told: Told) -> bytes:
    return msgspec.json.encode({"file": told.file, "lines": told.labels.lines, "record": None}, order="deterministic")


def _fetch(store: Store, told: Told, path: Path) -> bool:
    """Fetch an original unless it is there; gives whether it was fetched."""
    if path.exists() and sha256(path.read_bytes()).hexdigest() == told.original.sha256:
        return False
    _replace(path, store.get(told.original.bucket, told.original.key).data)
    return True


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    os.replace(partial, path)


def _check_ours(out: Path) -> None:
    """Refuse a folder whose labels somebody else made: they would be gone."""
    index = out / "index.csv"
    if not index.exists():
        return
    with index.open(newline="", encoding="utf-8") as file:
        if tuple(next(csv.reader(file), ())) != COLUMNS:
            raise LabelsError(f"{index} was not written by an export; take another folder")
