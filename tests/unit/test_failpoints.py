"""Failpoints kill where they are told to, and nowhere else."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams import failpoints

ROOT = Path(__file__).resolve().parents[2]
STEPS = "for name in ('chain_read', 'source_fetched') * 3: failpoints.hit(name); print(name)"


def _walk(failpoint: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CLEANPLATE_FAILPOINT": failpoint}
    return subprocess.run(
        [sys.executable, "-u", "-c", f"from streams import failpoints\n{STEPS}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("failpoint", "passed"), [("source_fetched", 1), ("source_fetched:3", 5), ("chain_read:1", 0)])
def test_a_failpoint_kills_at_the_pass_that_was_named(failpoint: str, passed: int) -> None:
    walked = _walk(failpoint)
    assert walked.returncode == -signal.SIGKILL
    assert len(walked.stdout.splitlines()) == passed


@pytest.mark.parametrize("failpoint", ["", "head_published", "source_fetched:4"])
def test_without_its_turn_a_failpoint_does_nothing(failpoint: str) -> None:
    walked = _walk(failpoint)
    assert walked.returncode == 0
    assert len(walked.stdout.splitlines()) == 6


def test_every_name_is_passed_by_the_path_and_every_passed_name_is_listed() -> None:
    """A test that kills at a name that nobody passes would prove nothing."""
    passed = [
        node.args[0].value
        for path in (ROOT / "streams").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "failpoints.hit"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert set(passed) == {*failpoints.NAMES, *failpoints.OF_ROLLBACKS, *failpoints.OF_ERASURES}
