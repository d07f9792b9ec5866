"""Measures signing, verifying and exporting an audit log on a local broker.

`python -m benchmarks.audit.digests 200000` makes a log of that many edits.

Every command runs in a process of its own, whose peak memory is its own; its seconds include the start of Python.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.audit import log
from infra import settings as settings_module
from infra.kafka import EventWriter
from infra.settings import Settings
from streams import declared, local, topics

COMMAND = Path(sys.executable).parent / "cleanplate"
EDITS = 200_000


def main() -> None:
    """Measure and print one line a command; the last line is JSON."""
    edits = int(sys.argv[1]) if len(sys.argv) > 1 else EDITS
    with tempfile.TemporaryDirectory(prefix="cleanplate-bench-") as folder:
        home = Path(folder) / "home"
        local.up(home, skip=("triton",))
        try:
            os.environ["CLEANPLATE_HOME"] = str(home)
            settings = settings_module.load()
            declared.mend(settings)
            written = _written(settings, round(edits / log.LENGTH))
            print(json.dumps({"bench": "digests", "edits": written, "steps": _steps(Path(folder), written)}))
        finally:
            local.down(home)


def _written(settings: Settings, images: int) -> int:
    writer = EventWriter(settings.kafka)
    count = 0
    for count, one in enumerate(log.edits(range(images)), start=1):  # noqa: B007 - how many there were
        partition = topics.partition_of(one.edit.image_id, settings.kafka.partitions)
        writer.send(topics.AUDIT.name, key=one.key, value=one.value, headers=[], partition=partition)
    writer.flush()
    return count


def _steps(folder: Path, edits: int) -> dict[str, dict[str, float]]:
    key = folder / "audit.key"
    _run("audit", "keygen", "--out", key)
    commands: dict[str, tuple[Any, ...]] = {
        "sign": ("audit", "sign", "--key", key),
        "sign nothing": ("audit", "sign", "--key", key),
        "verify": ("audit", "verify", "--public-key", f"{key}.pub"),
        "stats": ("audit", "stats"),
        "export parquet": ("audit", "export", "--out", folder / "out"),
        "export jsonl": ("audit", "export", "--out", folder / "out", "--format", "jsonl"),
    }
    steps = {}
    for name, arguments in commands.items():
        seconds, memory_mb = _run(*arguments)
        steps[name] = {"seconds": round(seconds, 2), "edits_per_s": round(edits / seconds), "memory_mb": memory_mb}
        print(f"{name:<16} {seconds:8.1f} s {edits / seconds:12,.0f} edits/s {memory_mb:6} MB", file=sys.stderr)
    for file in sorted((folder / "out").iterdir()):
        print(f"{file.name:<16} {file.stat().st_size / edits:8.0f} bytes an edit", file=sys.stderr)
    return steps


def _run(*arguments: object) -> tuple[float, int]:
    began = time.perf_counter()
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"cleanplate {arguments[0]} {arguments[1]} ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main()
