"""The installed command `certify` with the real models, on pictures that are too few for any promise."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.acceptance import workers

pytestmark = pytest.mark.connected

CATALOG = Path(__file__).parents[2] / "examples" / "catalog"
LABELS = {"stamp-coral-dress.jpg": "overlay", "print-blue-shirt.jpg": "printed", "plain-grey-skirt.jpg": "none"}


def test_too_few_pictures_are_refused_with_what_is_missing(settings: Settings, tmp_path: Path) -> None:
    with (tmp_path / "index.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "label"))
        for name, label in LABELS.items():
            (tmp_path / name).write_bytes((CATALOG / name).read_bytes())
            rows.writerow((name, label))
    out = tmp_path / "certificate.json"
    done = subprocess.run(
        [workers.COMMAND, "certify", str(tmp_path), "--out", str(out)],
        check=False,
        env={**os.environ, **workers.environment(settings)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 4, done.stderr
    assert "no certificate: " in done.stderr
    assert "59 are needed" in done.stderr
    assert not out.exists()
    written = [json.loads(line) for line in (tmp_path / "certificate.json.working.jsonl").read_text().splitlines()]
    assert len(written) == len(LABELS)
    assert all(line["outcome"] == "kept" for line in written), "looking edits nothing"
    assert {region["allowed"] for line in written for region in line["regions"]} >= {"remove"}
