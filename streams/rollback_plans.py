"""The plan of a rollback: made from the audit topic alone, kept in a file that cannot be changed unnoticed.

JSON, one object a line: first the header, then a line for each picture that is to show something else, and for each
that is left alone although the scope concerns it. The header holds the digest of all lines; the plan's id is its own.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from infra import kafka
from infra.settings import Settings
from processors.errors import ConflictError
from processors.folding import Folding
from processors.undoing import Conflict, Scope, Standing, Target, Unchanged, Undo, Undoing, Why
from streams import audit_log, topics
from streams.audit_log import Brief, Entry

FORMAT = 1
#: Groups of a count that are shown; the rest is one.
TOP = 20


class PlanError(ConflictError):
    """A plan file that cannot be used: changed since it was made, of another installation, or none at all."""


class Row(Struct, frozen=True, tag="roll_back", tag_field="action", omit_defaults=True):
    """One picture that is to show something else."""

    image_id: str
    #: the head that the plan found
    seq: int
    head: str
    #: the edit whose state is shown again; None: the original
    restores: str | None
    restores_seq: int | None
    #: what is then shown
    shown_sha256: str
    merchant_id: str | None = None


class Left(Struct, frozen=True, tag="conflict", tag_field="action"):
    """One picture that the scope concerns and that is left alone."""

    image_id: str
    why: Why
    detail: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """Where a plan holds, and up to where the log was read for it."""

    #: what the brokers call themselves, and the bucket of the chains
    cluster: str
    bucket: str
    #: next offset of the audit topic by partition
    offsets: dict[str, int]


class Header(Struct, frozen=True, kw_only=True):
    """What a plan is about."""

    format: int
    scope: Scope
    target: Target
    made_at: str
    place: Place
    #: edits and pictures that were read
    edits: int
    images: int
    #: `roll_back`, `unchanged`, and each reason to leave a picture alone → pictures
    counts: dict[str, int]
    #: kind, merchant, policy and models of what is undone → pictures, the most frequent first
    strata: dict[str, dict[str, int]]
    #: of what is shown again
    bytes: int
    rows_sha256: str
    #: SHA-256 of this header without it
    digest: str = ""

    @property
    def plan_id(self) -> str:
        return self.digest[:32]


def make(settings: Settings, scope: Scope, target: Target, path: Path, now: datetime) -> Header:
    """Read the audit topic and write the plan, whole or not at all; gives its header.

    Raises:
        AuditRecordError: a record of the topic is none of ours.
        ServiceUnavailableError: the brokers do not answer.
    """
    offsets = kafka.ends_of_log(settings.kafka, topics.AUDIT.name)
    place = Place(
        cluster=kafka.KafkaAdmin(settings.kafka).cluster_id(),
        bucket=settings.store.edits_bucket,
        offsets={str(number): offset for number, offset in sorted(offsets.items())},
    )
    return write(audit_log.read(settings.kafka), scope, target, path, now, place)


def write(entries: Iterable[Entry], scope: Scope, target: Target, path: Path, now: datetime, place: Place) -> Header:
    """The plan of these records. Raises AuditRecordError."""
    finder = Undoing(scope, target)
    folding: Folding[Brief, Standing] = Folding(finder.step)
    edits = 0
    for entry in entries:
        if entry.value is None:
            folding.forget(entry.image_id)
        else:
            folding.take(audit_log.brief(entry))
            edits += 1
    counts: Counter[str] = Counter()
    strata: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "merchant", "policy", "models")}
    size = 0
    with _written(path) as rows:
        for row, undo in _rows(folding, finder, counts):
            rows.add(row)
            if undo is not None:
                size += undo.shown.size
                for name, value in zip(
                    strata, (undo.stratum[0], undo.merchant_id or "", *undo.stratum[1:]), strict=True
                ):
                    strata[name][value] += 1
        return rows.finish(
            Header(
                format=FORMAT,
                scope=scope,
                target=target,
                made_at=now.isoformat(timespec="seconds"),
                place=place,
                edits=edits,
                images=len(folding),
                counts=dict(sorted(counts.items())),
                strata={name: _top(counted) for name, counted in strata.items()},
                bytes=size,
                rows_sha256=rows.digest.hexdigest(),
            )
        )


def _rows(
    folding: Folding[Brief, Standing], finder: Undoing, counts: Counter[str]
) -> Iterator[tuple[Row | Left, Undo | None]]:
    """What is written of each picture, by its id; counts also what is not written."""
    gaps = folding.gaps()
    for image_id, seq, head, state in sorted(folding.states(), key=lambda one: one[0]):
        action = finder.action(state)
        if action is None:
            continue
        trouble = folding.broken.get(image_id) or (f"slot {gaps[image_id]} is missing" if image_id in gaps else "")
        if isinstance(action, Unchanged) and not trouble:
            counts["unchanged"] += 1
        elif isinstance(action, Undo) and not trouble:
            counts["roll_back"] += 1
            shown = action.shown
            assert shown.sha256 is not None, "what is shown again is there"
            yield Row(image_id, seq, head, shown.edit_id, shown.seq, shown.sha256, action.merchant_id), action
        else:
            why: Why = action.why if isinstance(action, Conflict) and not trouble else "broken_chain"
            counts[why] += 1
            yield Left(image_id, why, trouble), None


def _top(counted: Counter[str]) -> dict[str, int]:
    shown = dict(counted.most_common(TOP))
    rest = counted.total() - sum(shown.values())
    return {**shown, **({f"{len(counted) - len(shown)} others": rest} if rest else {})}


class _Writer:
    """The rows of a plan on their way into a file; the header comes before them when all are known."""

    def __init__(self, path: Path, rows: BinaryIO) -> None:
        self._path = path
        self._rows = rows
        self.digest = sha256()

    def add(self, row: Row | Left) -> None:
        line = msgspec.json.encode(row) + b"\n"
        self.digest.update(line)
        self._rows.write(line)

    def finish(self, header: Header) -> Header:
        header = msgspec.structs.replace(header, digest=sha256(msgspec.json.encode(header)).hexdigest())
        whole = self._path.with_name(f"{self._path.name}.part")
        self._rows.seek(0)
        with whole.open("wb") as file:
            file.write(msgspec.json.encode(header) + b"\n")
            while chunk := self._rows.read(1 << 20):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(self._path)
        return header


@contextmanager
def _written(path: Path) -> Iterator[_Writer]:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = path.with_name(f"{path.name}.rows")
    try:
        with rows.open("w+b") as file:
            yield _Writer(path, file)
    finally:
        rows.unlink(missing_ok=True)


def read(path: Path) -> Header:
    """The header of a plan whose every line is as it was made.

    Raises:
        PlanError: it is no plan, of another format, or was changed.
    """
    digest = sha256()
    try:
        with path.open("rb") as file:
            header = msgspec.json.decode(file.readline(), type=Header)
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except (OSError, msgspec.MsgspecError) as problem:
        raise PlanError(f"{path}: no plan of a rollback: {problem}") from problem
    if header.format != FORMAT:
        raise PlanError(f"{path}: a plan of format {header.format}, not {FORMAT}: plan again")
    plain = msgspec.structs.replace(header, digest="")
    if sha256(msgspec.json.encode(plain)).hexdigest() != header.digest or digest.hexdigest() != header.rows_sha256:
        raise PlanError(f"{path}: changed since it was made: plan again")
    return header


def rows(path: Path) -> Iterator[Row]:
    """The pictures that a plan rolls back, in its order."""
    return (row for row in _lines(path) if isinstance(row, Row))


def left(path: Path) -> Iterator[Left]:
    """The pictures that a plan leaves alone."""
    return (row for row in _lines(path) if isinstance(row, Left))


def _lines(path: Path) -> Iterator[Row | Left]:
    decoder: Callable[[bytes], Row | Left] = msgspec.json.Decoder(Row | Left).decode
    with path.open("rb") as file:
        file.readline()
        for line in file:
            yield decoder(line)
