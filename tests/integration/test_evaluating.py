"""The installed command `evaluate` with the real models, on the pictures that come with the project."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.acceptance import workers

pytestmark = pytest.mark.connected

CATALOG = Path(__file__).parents[2] / "examples" / "catalog"


def test_the_example_catalog_has_no_false_edit_and_a_page_with_its_pictures(settings: Settings, tmp_path: Path) -> None:
    done = subprocess.run(
        [workers.COMMAND, "evaluate", str(CATALOG), "--out", str(tmp_path), "--json", "--require", "false_edit.k<=0"],
        check=False,
        env={**os.environ, **workers.environment(settings), "CLEANPLATE_CERTIFICATE__REQUIRED": "false"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["parts"]["real"]["figures"]["handled"]["rate"] == 1.0
    assert data["parts"]["real"]["figures"]["printed_removed"]["k"] == 0
    assert data["parts"]["real"]["curve"]
    behind = sum(len(ones) for ones in data["errors"].values())
    assert len(list((tmp_path / "pictures").glob("*-before.jpg"))) == behind
    assert (tmp_path / "index.html").stat().st_size > 10_000
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == data["pictures"]
