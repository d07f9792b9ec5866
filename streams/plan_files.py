"""Plans as files: one line that says what is planned and carries the digest of all, then a line a row.

Neither writing nor reading holds the rows. A plan that was changed by hand, cut or mixed up is refused.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from processors.errors import ConflictError

H = TypeVar("H")
R = TypeVar("R")


class PlanFileError(ConflictError):
    """A plan that cannot be followed: it is none, or not as it was written."""


class _First(Struct, frozen=True):
    digest: str
    plan: Raw


class PlanFile(Generic[H, R]):
    """A plan that was written, checked once when it is opened."""

    def __init__(self, path: Path, head: type[H], row: Any) -> None:
        """`row` is the type of the rows, or several. Raises PlanFileError."""
        self.path = path
        self._row: msgspec.json.Decoder[R] = msgspec.json.Decoder(row)
        try:
            with path.open("rb") as file:
                first = msgspec.json.decode(file.readline(), type=_First)
                digest = hashlib.sha256(bytes(first.plan) + b"\n")
                for line in file:
                    digest.update(line)
            self.head: H = msgspec.json.decode(first.plan, type=head)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise PlanFileError(f"{path} is no plan that can be followed: {problem}") from problem
        if digest.hexdigest() != first.digest:
            raise PlanFileError(f"{path} is not as it was written: make the plan anew")
        self.digest = first.digest

    def rows(self, skip: int = 0) -> Iterator[R]:
        """The rows, without the first `skip`."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                if number > skip:
                    yield self._row.decode(line)


def write(path: Path, head: Any, rows: Path) -> str:
    """Write a plan whose rows lie in a file, a line each, which is then gone; gives the digest."""
    plan = msgspec.json.encode(head)
    digest = hashlib.sha256(plan + b"\n")
    with rows.open("rb") as file:
        for line in file:
            digest.update(line)
    first = msgspec.json.encode(_First(digest.hexdigest(), Raw(plan)))
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as whole, rows.open("rb") as file:
        whole.write(first + b"\n")
        shutil.copyfileobj(file, whole)
    os.replace(partial, path)
    rows.unlink()
    return digest.hexdigest()


def write_rows(path: Path, rows: Iterable[Any]) -> Path:
    """Rows beside the plan to come, so that what it says of them can be counted first."""
    beside = path.with_name(f".{path.name}.rows")
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside.open("wb") as file:
        for row in rows:
            file.write(msgspec.json.encode(row, order="deterministic") + b"\n")
    return beside


class Journal:
    """What of a plan is done, a line each, so that a run that was killed goes on where it was."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._first = msgspec.json.encode({"plan": digest}) + b"\n"

    @property
    def exists(self) -> bool:
        """Raises PlanFileError where it is that of another plan."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            if (first := file.readline()) and not self._first.startswith(first):
                raise PlanFileError(f"{self.path} is of another plan")
        return True

    def __enter__(self) -> int:
        """Begin or go on; gives how many lines there are. A line that a crash cut is cut off."""
        ends = count = 0
        if self.exists:
            with self.path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        ends += len(line)
                        count += 1
        self._file = self.path.open("ab")
        self._file.truncate(ends)
        if not count:
            self._file.write(self._first)
            self._file.flush()
        return max(0, count - 1)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: Any) -> None:
        self._file.write(msgspec.json.encode(line, order="deterministic") + b"\n")
        # Into the kernel's hands: it outlives us, if not the machine.
        self._file.flush()

    def lines(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            next(file, b"")
            yield from file

    def remove(self) -> None:
        self.path.unlink()
