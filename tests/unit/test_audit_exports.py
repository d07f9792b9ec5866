"""An export has every edit once, with typed columns, whatever merchants and reviewers wrote."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from processors import chain
from processors.regions import Region
from streams import audit_exports, audit_log, events
from streams.audit_exports import SCHEMA, Exported
from tests import logs
from tests.fakes import MODEL
from tests.logs import ShelfLog

FORMULA = '=HYPERLINK("http://evil","a")\nand "more", 1;2'
BLOB = chain.Blob("catalog-originals", "sha256/aa", "a" * 64, 100)
FULL = replace(
    logs.edits("sku-full", 1)[0],
    kind="cleaned",
    merchant_id=FORMULA,
    batch_id="delivery-1",
    cause=chain.Cause("e1", "shop", "catalog.image.created.v1", "2026-11-25T13:00:00+01:00"),
    source=chain.Source("catalog-incoming", "a.jpg", "v1", "a" * 64, 100, "etag"),
    original=BLOB,
    result=replace(BLOB, sha256="b" * 64, size=90),
    picture=chain.PictureFacts("JPEG", "RGB", 640, 480, 1, "c" * 64),
    ruling=chain.Ruling("remove", "date_stamp", "a date", "v7", {"risk_max": 0.02}, 0.01, "cert"),
    regions=(Region(((0, 0), (1, 0), (1, 1), (0, 1)), "06.07.", 0.9, "remove", 0.01, "date_stamp", "a date"),),  # type: ignore[arg-type]
    fills=tuple(
        chain.Fill((0, 0, 9, 9), engine, 3, "flat", 1, predicted_error=error, predicted_error_upper=upper)
        for engine, error, upper in (("telea", 1.5, 3.0), ("own", 2.5, 4.0), ("telea", None, None))
    ),
    models=(MODEL,),
    metrics={"seam": 0.25},
    answer=chain.Answer("t1", "accept", "ann", FORMULA),
    rollback=chain.Rollback("plan", None, "bob", "too much"),
)


def exported(log: ShelfLog, out: Path, kind: audit_exports.Format = "parquet", **window: datetime) -> Exported:
    return audit_exports.export(audit_log.once(log), out, kind, **window)


def test_columns_have_their_types_and_hold_what_the_edit_says(tmp_path: Path) -> None:
    log = ShelfLog()
    log.add(FULL)
    assert exported(log, tmp_path).edits == 1
    table = pq.read_table(tmp_path / "edits.parquet")
    assert table.schema.remove_metadata() == SCHEMA
    (row,) = table.to_pylist()
    assert row["merchant_id"] == row["comment"] == FORMULA
    assert row["committed_at"] == datetime(2026, 11, 25, 12, 0, 1, tzinfo=UTC)
    assert row["event_time"] == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert (row["source_size"], row["original_sha256"], row["result_size"]) == (100, "a" * 64, 90)
    assert (row["shown_sha256"], row["mask_sha256"]) == ("b" * 64, None)
    assert (row["policy_version"], row["certificate"], row["risk"], row["verdict"]) == ("v7", "cert", 0.01, "remove")
    assert (row["width"], row["lines"], row["lines_removed"], row["fills"]) == (640, 1, 1, 3)
    assert (row["predicted_error"], row["predicted_error_upper"], row["engines"]) == (2.5, 4.0, ["own", "telea"])
    assert row["models"] == [f"textdet 1 {'a' * 64}"] and dict(row["metrics"]) == {"seam": 0.25}
    assert (row["decision"], row["reviewer"]) == ("accept", "ann")
    assert (row["rollback_plan_id"], row["rollback_restores"], row["rollback_reason"]) == ("plan", None, "too much")


def test_lines_are_the_records_themselves(tmp_path: Path) -> None:
    log = logs.shop(images=3, length=2)
    log.add(FULL)
    exported(log, tmp_path, "jsonl")
    lines = (tmp_path / "edits.jsonl").read_bytes().splitlines()
    assert set(lines) == {one.value for records in log.partitions for one in records}
    assert FULL in [msgspec.json.decode(line, type=chain.Edit) for line in lines]


def test_a_record_of_several_lines_stays_one(tmp_path: Path) -> None:
    log = ShelfLog()
    log.append(logs.key_of(FULL), msgspec.json.format(events.encode(FULL), indent=2))
    exported(log, tmp_path, "jsonl")
    (line,) = (tmp_path / "edits.jsonl").read_bytes().splitlines()
    assert msgspec.json.decode(line, type=chain.Edit) == FULL


def test_copies_count_once_and_erased_edits_not_at_all(tmp_path: Path) -> None:
    log = logs.shop(images=4, length=3)
    log.add(*logs.edits("sku-1", 3))
    for edit in logs.edits("sku-2", 3):
        log.append(logs.key_of(edit), None)
    assert exported(log, tmp_path).edits == 9
    assert "sku-2" not in pq.read_table(tmp_path / "edits.parquet")["image_id"].to_pylist()


def test_a_window_is_by_the_time_of_the_commit(tmp_path: Path) -> None:
    log = ShelfLog()
    log.add(*logs.edits("sku-1", 5), replace(logs.edits("sku-2", 1)[0], committed_at=None))
    since, until = (datetime(2026, 11, 25, 12, 0, second, tzinfo=UTC) for second in (2, 4))
    found = exported(log, tmp_path, since=since, until=until)
    assert (found.edits, found.without_time) == (2, 1)
    assert pq.read_table(tmp_path / "edits.parquet")["seq"].to_pylist() == [2, 3]


def test_many_edits_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_exports, "ROWS", 4)
    assert exported(logs.shop(images=5, length=3), tmp_path).edits == 15
    file = pq.ParquetFile(tmp_path / "edits.parquet")
    assert [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)] == [4, 4, 4, 3]


def test_an_export_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    log = logs.shop(images=2, length=1)
    exported(log, tmp_path, "jsonl")
    before = (tmp_path / "edits.jsonl").read_bytes()
    log.append(b"sku-9/e1", b"no edit")
    with pytest.raises(audit_log.AuditRecordError):
        exported(log, tmp_path, "jsonl")
    assert (tmp_path / "edits.jsonl").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["edits.jsonl"]
