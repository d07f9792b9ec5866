"""The demo: real servers, a real worker, the pictures of examples/catalog, and what became of each.

`make demo` makes the environments first. Servers that run already are used and left running.
"""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from infra import settings as settings_module
from infra.object_store import S3Store
from infra.sandbox import Sandbox
from infra.settings import Settings
from processors import chain
from streams import declared, differences, local, lookups, sheets, submitting
from streams.ledger import Ledger

CATALOG = Path(__file__).parent / "catalog"
OUT = Path("out") / "demo"
ENDINGS = (".jpg", ".png", ".webp")
TIMEOUT_S = 180.0


def main() -> None:
    """Run the demo; exit code 0 when pictures were cleaned, kept, asked about and refused."""
    began = time.monotonic()
    home = settings_module.home()
    running = all(part.state == "ready" for part in local.status(home))
    _say("starting Kafka, the object store and Triton" if not running else "using the servers that run")
    try:
        local.up(home, report=_say)
        settings = settings_module.load()
        _say("making topics and buckets")
        declared.mend(settings)
        with _worker(home):
            statuses = _pictures(settings, began)
            _where_to_look(settings)
    finally:
        if not running:
            _say("stopping the servers (make up leaves them running)")
            local.down(home, report=_say)
    missing = {"cleaned", "kept", "review", "refused"} - statuses
    if missing:
        sys.exit(f"no picture was {' or '.join(sorted(missing))}: something is wrong")


@contextlib.contextmanager
def _worker(home: Path) -> Iterator[None]:
    """A worker process for as long as the demo needs it."""
    log = home / "logs" / "demo-worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    _say(f"starting a worker (its log: {log})")
    with log.open("ab") as lines:
        process = subprocess.Popen([sys.executable, "-m", "streams.cli", "worker"], stderr=lines, stdout=lines)
    try:
        yield
        if process.poll() is not None:
            sys.exit(f"the worker ended by itself; see {log}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _pictures(settings: Settings, began: float) -> set[str]:
    """Send every picture and print what became of it as the answers come."""
    listener = lookups.OutcomeListener(settings.kafka)
    submitter = submitting.Submitter(settings)
    sent = {}
    for path in sorted(one for one in CATALOG.iterdir() if one.suffix in ENDINGS):
        one = submitter.submit(path, f"demo/{path.name}", submitting.Told(merchant_id="demo-merchant"))
        sent[one.event_id] = one
    submitter.flush()
    _say(f"{len(sent)} pictures uploaded, one event each")
    statuses: set[str] = set()
    store = S3Store(settings.store)
    ledger = Ledger(store, settings.store.edits_bucket)
    rows = []
    for number, awaited in enumerate(listener.wait(sent, TIMEOUT_S)):
        outcome, path = awaited.outcome, sent[awaited.outcome.event_id].path
        if number == 0:
            _say(f"first answer {time.monotonic() - began:.1f} s after the start")
        print(f"  {outcome.status:<8}  {path.name:<32} {outcome.reason}: {outcome.why}", flush=True)
        statuses.add(outcome.status)
        edit = ledger.read_now(outcome.image_id).find(outcome.edit_id) if outcome.edit_id else None
        if edit is not None and edit.result is not None:
            rows.append((path.name, edit))
    listener.close()
    with Sandbox(settings.guard, settings.sandbox) as sandbox:
        _sheet(store, sandbox, rows)
    return statuses


def _sheet(store: S3Store, sandbox: Sandbox, rows: list[tuple[str, chain.Edit]]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    shown = [
        (f"{edit.kind}: {name}", differences.pictures(store, sandbox, edit))
        for name, edit in sorted(rows, key=lambda row: row[0])
    ]
    sheets.write(OUT / "sheet.png", [(title, [four["before"], four["mask"], four["after"]]) for title, four in shown])


def _where_to_look(settings: Settings) -> None:
    tasks = lookups.open_tasks(settings.kafka)
    _say(f"before, mask and after of every edit: {OUT / 'sheet.png'}")
    _say(f"{len(tasks)} review tasks wait (make up; cleanplate worker; cleanplate review list)")
    _say("an audit record for every edit: cleanplate history IMAGE, cleanplate show IMAGE")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
