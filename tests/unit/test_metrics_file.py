"""Figures are written as Prometheus reads them, in one step, for everybody to read."""

from pathlib import Path

from infra import metrics_file
from infra.metrics_file import Gauge

GAUGES = [
    Gauge("cleanplate_orphans", 3, "Blobs that no slot names.", {"bucket": "catalog-edits"}),
    Gauge("cleanplate_ok", 1),
    Gauge("cleanplate_orphans", 0, labels={"bucket": 'a "quoted" \\ name\nand a line'}),
    Gauge("cleanplate_run_timestamp_seconds", 1767225600.125),
]
TEXT = """\
# HELP cleanplate_orphans Blobs that no slot names.
# TYPE cleanplate_orphans gauge
cleanplate_orphans{bucket="catalog-edits"} 3
cleanplate_orphans{bucket="a \\"quoted\\" \\\\ name\\nand a line"} 0
# HELP cleanplate_ok 
# TYPE cleanplate_ok gauge
cleanplate_ok 1
# HELP cleanplate_run_timestamp_seconds 
# TYPE cleanplate_run_timestamp_seconds gauge
cleanplate_run_timestamp_seconds 1767225600.125
"""  # noqa: W291 - as the format has it


def test_gauges_are_written_as_prometheus_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "textfile" / "audit.prom"
    metrics_file.write(path, GAUGES)
    assert path.read_text() == TEXT
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_second_file_takes_the_place_of_the_first_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "audit.prom"
    metrics_file.write(path, GAUGES)
    metrics_file.write(path, GAUGES[1:2])
    assert "cleanplate_orphans" not in path.read_text()
    assert list(tmp_path.iterdir()) == [path]
