"""Labelled pictures in a folder: `index.csv`, with a label for each file, and `truth.jsonl` where lines are known too.

Columns of index.csv that are read: file, label (none, printed, overlay, mixed, broken), kind, language, background,
source_repo, width, height, label_source; others may be there. A line of truth.jsonl:

    {"file": "images/a.jpg", "lines": [{"polygon": [[x, y], …], "text": "SALE", "label": "overlay|printed"}],
     "record": {"title": "…", "brand": "…", "attributes": {}} or null}
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import Struct

from processors.errors import PipelineError
from processors.judging import Label, TrueLine
from processors.records import CatalogRecord

#: What an index says of a file, where we write one.
COLUMNS = (
    *("file", "sha256", "source_repo", "source_path", "licence", "width", "height", "mode", "format", "background"),
    *("category", "label", "label_source", "language", "kind", "note", "bytes"),
)


class LabelsError(PipelineError):
    """A labelled folder that can't be read; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One file and what is known of it."""

    path: Path
    #: as index.csv names it
    file: str
    label: Label
    kind: str
    language: str
    background: str
    #: where the picture comes from: pictures of one source resemble each other
    source: str
    #: made by a program, not found
    rendered: bool
    #: longer side in pixels; 0 where unknown
    longer_px: int
    #: None where only the picture has a label
    lines: tuple[TrueLine, ...] | None = None
    record: CatalogRecord | None = None


class _Truth(Struct, frozen=True):
    file: str
    lines: tuple[TrueLine, ...]
    record: CatalogRecord | None = None


def read(folder: Path) -> list[LabelledPicture]:
    """Every labelled picture of a folder, in the order of index.csv. Raises LabelsError."""
    truths = _truths(folder / "truth.jsonl")
    try:
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            return [_picture(folder, row, truths) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise LabelsError(f"{folder / 'index.csv'}: {problem}") from problem


def index_of(rows: Iterable[Mapping[str, object]], columns: Sequence[str] = COLUMNS) -> bytes:
    """An index.csv of these rows; a column that a row does not have stays empty."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def _picture(folder: Path, row: dict[str, str], truths: dict[str, _Truth]) -> LabelledPicture:
    name, label = row.get("file") or "", row.get("label") or ""
    if not name or label not in get_args(Label):
        raise LabelsError(f"{folder / 'index.csv'}: {name or 'a row without file'} has label {label!r}")
    truth = truths.get(name)
    return LabelledPicture(
        path=folder / name,
        file=name,
        label=label,  # type: ignore[arg-type]  # checked above
        kind=row.get("kind") or "",
        language=row.get("language") or "",
        background=row.get("background") or "",
        source=row.get("source_repo") or "",
        rendered=row.get("label_source") == "rendered",
        longer_px=max(_number(row.get("width")), _number(row.get("height"))),
        lines=truth.lines if truth else None,
        record=truth.record if truth else None,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _truths(path: Path) -> dict[str, _Truth]:
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            truth = msgspec.json.decode(line, type=_Truth)
        except msgspec.MsgspecError as problem:
            raise LabelsError(f"{path}, line {number}: {problem}") from problem
        found[truth.file] = truth
    return found
