"""Catalog records from a file, by picture: `--record` of `cleanplate submit` and `cleanplate clean`.

JSON: an object of records by file, as events carry them. CSV: a row a file; the columns file, title and brand are what
they say, every other one is an attribute. A file is named as the command line reaches it, by its key, or by its name
alone where no other file in the records has that name.

    {"images/a.jpg": {"title": "Mild Yoghurt", "brand": "Arla", "attributes": {"volume": "1 l"}}}

    file,title,brand,volume
    images/a.jpg,Mild Yoghurt,Arla,1 l
"""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from processors.errors import PipelineError
from processors.records import CatalogRecord


class RecordsError(PipelineError):
    """A file of catalog records that can't be used; the message names the file and the place."""


class RecordFile:
    """The records of one file; remembers which of them were asked for."""

    def __init__(self, records: dict[str, CatalogRecord]) -> None:
        self._records = records
        names = [PurePosixPath(file).name for file in records]
        self._by_name = {name: file for name, file in zip(names, records, strict=True) if names.count(name) == 1}
        self._asked: set[str] = set()

    def of(self, *called: str) -> CatalogRecord | None:
        """The record of a picture that has these names, e.g. its path and its key; None where there is none."""
        for name in called:
            file = name if name in self._records else ""
            file = file or self._by_name.get(PurePosixPath(name).name, "")
            if file:
                self._asked.add(file)
                return self._records[file]
        return None

    @property
    def unused(self) -> list[str]:
        """Files of records that no picture had."""
        return [file for file in self._records if file not in self._asked]


#: No records at all.
NONE = RecordFile({})


def read(path: Path) -> RecordFile:
    """The records of a JSON or, by its ending, a CSV file. Raises RecordsError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _rows(text) if path.suffix.lower() == ".csv" else _entries(text)
        return RecordFile({file: _record(file, given) for file, given in rows})
    except (OSError, UnicodeDecodeError, csv.Error, msgspec.MsgspecError, RecordsError) as problem:
        raise RecordsError(f"{path}: {problem}") from problem


def _entries(text: str) -> Iterable[tuple[str, Any]]:
    return msgspec.json.decode(text, type=dict[str, Any]).items()


def _rows(text: str) -> Iterator[tuple[str, Any]]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    if "file" not in (rows.fieldnames or ()):
        raise RecordsError(f"no column is called file; there are {', '.join(rows.fieldnames or ())}")
    for row in rows:
        if None in row or None in row.values():
            raise RecordsError(f"line {rows.line_num} has not as many cells as there are columns")
        attributes = {name: text for name, text in row.items() if name not in ("file", "title", "brand") and text}
        yield (
            row["file"],
            {"title": row.get("title", ""), "brand": row.get("brand", ""), "attributes": attributes},
        )


def _record(file: str, given: Any) -> CatalogRecord:
    try:
        return msgspec.convert(given, CatalogRecord)
    except msgspec.ValidationError as problem:
        raise RecordsError(f"{file}: {problem}") from problem
