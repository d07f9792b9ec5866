"""The audit log for analysts: every edit once, as flat typed columns (Parquet) or as the records themselves (JSONL).

What merchants and reviewers wrote is data and stays as it is: a text that begins with `=` is no formula in either
format.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from processors import chain
from streams import audit_log
from streams.audit_log import Entry

Format = Literal["jsonl", "parquet"]
#: Rows that are held and written together.
ROWS = 10_000

_TIME = pa.timestamp("ms", tz="UTC")
SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in ("image_id", "edit_id", "parent", "kind")],
        ("seq", pa.int32()),
        ("committed_at", _TIME),
        *[(name, pa.string()) for name in ("event_id", "event_source", "event_type")],
        ("event_time", _TIME),
        *[(name, pa.string()) for name in ("merchant_id", "batch_id", "verdict", "reason", "why")],
        *[(name, pa.string()) for name in ("policy_version", "certificate")],
        ("risk", pa.float64()),
        ("sampled", pa.bool_()),
        *[(name, pa.string()) for name in ("format", "mode")],
        *[(name, pa.int32()) for name in ("width", "height", "lines", "lines_removed", "fills")],
        *[(name, pa.string()) for name in ("source_bucket", "source_key", "source_version_id", "source_sha256")],
        ("source_size", pa.int64()),
        ("original_sha256", pa.string()),
        ("original_size", pa.int64()),
        ("result_sha256", pa.string()),
        ("result_size", pa.int64()),
        *[(name, pa.string()) for name in ("shown_sha256", "mask_sha256", "patch_sha256")],
        ("engines", pa.list_(pa.string())),
        # Of the worst fill: Delta E 76, and what nine in ten such fills stay below.
        ("predicted_error", pa.float64()),
        ("predicted_error_upper", pa.float64()),
        ("metrics", pa.map_(pa.string(), pa.float64())),
        # Name, version and hash of the weights, with a blank between.
        ("models", pa.list_(pa.string())),
        ("code_version", pa.string()),
        *[(name, pa.string()) for name in ("decision", "reviewer", "comment")],
        *[(name, pa.string()) for name in ("rollback_plan_id", "rollback_restores", "rollback_actor")],
        ("rollback_reason", pa.string()),
        # Where the record lies in the topic.
        ("partition", pa.int32()),
        ("offset", pa.int64()),
    ]
)


class Exported(Struct, kw_only=True):
    """What was written."""

    path: str
    edits: int = 0
    #: left out, because a window was given and no time of theirs is known
    without_time: int = 0


def export(
    entries: Iterable[Entry], out: Path, kind: Format, since: datetime | None = None, until: datetime | None = None
) -> Exported:
    """Write `edits.jsonl` or `edits.parquet` into a folder: edits committed from `since` to before `until`.

    The file appears when it is whole, in place of one of an earlier export.

    Raises:
        AuditRecordError: a record that is no edit.
        OSError: the folder cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"edits.{kind}"
    exported = Exported(path=str(path))
    chosen = _chosen(entries, exported, since, until)
    with _whole(path) as part:
        if kind == "jsonl":
            _write_lines(chosen, part)
        else:
            _write_columns(chosen, part)
    return exported


def _chosen(
    entries: Iterable[Entry], exported: Exported, since: datetime | None, until: datetime | None
) -> Iterator[tuple[Entry, chain.Edit]]:
    for entry in entries:
        edit = audit_log.edit(entry)
        if since is not None or until is not None:
            time = chain.time_of(edit)
            if time is None:
                exported.without_time += 1
                continue
            if (since is not None and time < since) or (until is not None and time >= until):
                continue
        exported.edits += 1
        yield entry, edit


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_lines(chosen: Iterable[tuple[Entry, chain.Edit]], path: Path) -> None:
    with path.open("wb") as file:
        # No worker writes a record of several lines; one that somebody else wrote must not look like several.
        file.writelines((entry.value or b"").replace(b"\n", b" ").replace(b"\r", b" ") + b"\n" for entry, _ in chosen)


def _write_columns(chosen: Iterator[tuple[Entry, chain.Edit]], path: Path) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while rows := [_row(entry, edit) for entry, edit in islice(chosen, ROWS)]:
            writer.write_table(pa.Table.from_pylist(rows, SCHEMA))


def _row(entry: Entry, edit: chain.Edit) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    row |= {
        name: getattr(edit, name)
        for name in (
            *("image_id", "edit_id", "parent", "kind", "seq", "merchant_id", "batch_id", "sampled", "metrics"),
            "code_version",
        )
    }
    row |= {
        "committed_at": _time(edit.committed_at),
        "event_id": edit.cause.event_id,
        "event_source": edit.cause.event_source,
        "event_type": edit.cause.event_type,
        "event_time": _time(edit.cause.time),
        "lines": len(edit.regions),
        "lines_removed": sum(region.verdict == "remove" for region in edit.regions),
        "fills": len(edit.fills),
        "engines": sorted({fill.engine for fill in edit.fills}),
        "predicted_error": max(
            (one.predicted_error for one in edit.fills if one.predicted_error is not None), default=None
        ),
        "predicted_error_upper": max(
            (one.predicted_error_upper for one in edit.fills if one.predicted_error_upper is not None), default=None
        ),
        "models": [f"{one.name} {one.version} {one.weights_sha256}" for one in edit.models],
        "partition": entry.partition,
        "offset": entry.offset,
    }
    blobs = {"source": edit.source, "original": edit.original, "result": edit.result, "shown": edit.shown}
    for name, blob in {**blobs, "mask": edit.mask, "patch": edit.patch}.items():
        if blob is not None:
            row |= _known(row, {f"{name}_sha256": blob.sha256, f"{name}_size": blob.size})
    if edit.source is not None:
        row |= {"source_bucket": edit.source.bucket, "source_key": edit.source.key}
        row["source_version_id"] = edit.source.version_id
    for part in (edit.ruling, edit.picture, edit.answer):
        if part is not None:
            row |= _known(row, {name: getattr(part, name) for name in part.__slots__})
    if edit.rollback is not None:
        row |= {f"rollback_{name}": getattr(edit.rollback, name) for name in edit.rollback.__slots__}
    return row


def _known(row: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Those for which there is a column."""
    return {name: value for name, value in values.items() if name in row}


def _time(told: str | None) -> datetime | None:
    if told is None:
        return None
    time = datetime.fromisoformat(told)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
