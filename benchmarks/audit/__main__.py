"""Measures the operator's commands over audit logs of growing length, and reading alone beside them, in one run.

Every step runs in a process of its own, whose peak memory is its own. Arguments are numbers of edits.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from benchmarks.audit import log
from infra import settings as settings_module
from infra.kafka import client_config
from infra.object_store import S3Store
from infra.settings import Settings
from streams import declared, events, local, topics
from streams.ledger import Ledger

COMMAND = Path(sys.executable).parent / "cleanplate"
SIZES = (10_000, 100_000, 1_000_000)
MERCHANT = "m-0000"


@dataclass(frozen=True, slots=True)
class Ran:
    """One step's process."""

    seconds: float
    #: peak of its resident memory
    memory_mb: int
    out: str


def main() -> None:
    """Measure and print a table; the last line is JSON."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    rows = [_measured(size) for size in sizes]
    for row in rows:
        _say("")
        for name, value in row.items():
            _say(f"{name:<34} {value:>14,.2f}" if isinstance(value, float) else f"{name:<34} {value:>14,}")
    print(json.dumps({"bench": "audit", "rows": rows}))


def _measured(edits: int) -> dict[str, Any]:
    images = round(edits / log.LENGTH)
    with tempfile.TemporaryDirectory(prefix="cleanplate-bench-") as folder:
        home = Path(folder) / "home"
        local.up(home, skip=("triton",), report=_say)
        try:
            os.environ["CLEANPLATE_HOME"] = str(home)
            settings = settings_module.load()
            declared.mend(settings)
            made = _written(settings, images)
            return {"images": images, **made, **_steps(Path(folder), made)}
        finally:
            local.down(home)


def _written(settings: Settings, images: int) -> dict[str, Any]:
    """The log on the broker, compressed as workers do; the chains of one merchant in the store as well."""
    _say(f"writing the chains of {images:,} pictures")
    began = time.perf_counter()
    producer = Producer(
        {
            **client_config(settings.kafka),
            "enable.idempotence": True,
            "compression.type": "gzip",
            "linger.ms": 20,
            "batch.num.messages": 1000,
            "queue.buffering.max.kbytes": 131_072,
        }
    )
    ledger = Ledger(S3Store(settings.store), settings.store.edits_bucket)
    edits = size = slots = planned = 0
    with ThreadPoolExecutor(8) as pool:
        for one in log.edits(range(images)):
            _produce(producer, settings.kafka.partitions, one)
            edits, size = edits + 1, size + len(one.value)
            if one.edit.merchant_id == MERCHANT:
                # A thousand ahead at most.
                waits = pool.submit(ledger.put_slot_now, one.edit.image_id, one.edit.seq, one.value)
                slots, planned = slots + 1, planned + (one.edit.seq == 1)
                if slots % 1000 == 0:
                    waits.result()
    producer.flush()
    _say(f"{edits:,} edits written in {time.perf_counter() - began:.0f} s")
    return {"edits": edits, "megabytes": round(size / 1e6, 1), "merchant_images": planned}


def _produce(producer: Producer, partitions: int, one: log.Made) -> None:
    edit = one.edit
    headers = events.headers(topics.AUDIT.name, edit.edit_id, edit.cause.time)
    while True:
        try:
            partition = topics.partition_of(edit.image_id, partitions)
            producer.produce(topics.AUDIT.name, one.value, one.key, partition=partition, headers=headers)
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.2)


def _steps(folder: Path, made: dict[str, Any]) -> dict[str, Any]:
    edits = made["edits"]
    row: dict[str, Any] = {}
    reads, folds = [], []
    # In turns, so that a change of the machine's mood meets both.
    for _ in range(2):
        reads.append(_run(sys.executable, "-m", "benchmarks.audit.step", "read"))
        folds.append(_run(sys.executable, "-m", "benchmarks.audit.step", "fold"))
    # What these two measure themselves, without the start of a process.
    read, fold = (min(json.loads(one.out)["seconds"] for one in ran) for ran in (reads, folds))
    row |= {
        "read_edits_per_s": round(edits / read),
        "fold_edits_per_s": round(edits / fold),
        "fold_to_read": round(read / fold, 3),
        "fold_memory_mb": max(one.memory_mb for one in folds),
    }
    for name, scope in (("all", ("--all",)), ("merchant", ("--merchant", MERCHANT))):
        plan = folder / f"{name}.plan"
        ran = _run(COMMAND, "rollback", "plan", *scope, "--out", plan, "--json")
        planned = sum(json.loads(ran.out)["counts"].values())
        row |= {
            f"plan_{name}_images": planned,
            f"plan_{name}_s": round(ran.seconds, 1),
            f"plan_{name}_images_per_s": round(planned / ran.seconds),
            f"plan_{name}_memory_mb": ran.memory_mb,
        }
    apply = ("rollback", "apply", folder / "merchant.plan", "--actor", "bench", "--reason", "bench", "--rate", "100000")
    ran = _run(COMMAND, *apply)
    row |= {
        "apply_s": round(ran.seconds, 1),
        "apply_images_per_s": round(row["plan_merchant_images"] / ran.seconds),
        "apply_memory_mb": ran.memory_mb,
    }
    return row


def _run(*command: object) -> Ran:
    argv = [str(part) for part in command]
    _say(" ".join(Path(part).name if "/" in part else part for part in argv))
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(argv, stdout=out)
        memory_mb = 0
        while process.poll() is None:
            # The kernel's own peak; that of getrusage begins with the memory of the process that forked.
            memory_mb = max(memory_mb, _peak_mb(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            sys.exit(f"{argv[0]} ended with {process.returncode}")
        out.seek(0)
        return Ran(seconds, memory_mb, out.read().decode())


def _peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
