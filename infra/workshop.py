"""How the set-up makes a thing: once, by one process at a time, with what its programs say kept in a log."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from infra.server_programs import LOCKS, Servers, digest, is_made


class SetupError(Exception):
    """Something is missing or went wrong; the message says what, and how to get it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to make: `build` fills `folder`, and `key` says what it was made from."""

    name: str
    folder: Path
    key: str
    build: "Callable[[Path, Workshop], None]"
    after: tuple[str, ...] = ()


class Programs:
    """The programs that run now, to end them all when one step fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def run(self, argv: Sequence[str], env: Mapping[str, str], out: BinaryIO) -> int:
        """Run a program to its end and return its exit status."""
        with self._lock:
            if self._closed:
                raise SetupError("stopped")
            program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env)
            self._running.add(program)
        try:
            return program.wait()
        finally:
            with self._lock:
                self._running.remove(program)

    def close(self) -> None:
        """End what runs, and let nothing else begin."""
        with self._lock:
            self._closed = True
            for program in self._running:
                program.terminate()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a step works with: where things lie, and programs whose output is kept in the step's log."""

    servers: Servers
    programs: Programs
    log: Path

    def run(self, *argv: str | Path, **env: str) -> None:
        """Run a program to its end; raises SetupError with its last lines if it fails."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            begin = out.tell()
            code = self.programs.run([str(word) for word in argv], os.environ | env, out)
        if code != 0:
            said = self.log.read_bytes()[begin:].decode(errors="replace").strip().splitlines()[-12:]
            raise SetupError(
                "\n    ".join([f"`{argv[0]}` ended with {code}; all that it said is in {self.log}", *said])
            )

    def pip(self, *argv: str | Path, into: Path | None = None) -> None:
        """Run pip, on the environment `into` if one is named."""
        where = ("--python", into / "bin" / "python") if into else ()
        pip = (self.servers.pip / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")
        self.run(*pip, *where, *argv)

    def install(self, lock: str, *where: str | Path, into: Path | None = None) -> None:
        """Install what a lock names, by hash, from wheels only: no code of a package runs meanwhile.

        A lock is complete, so nothing is resolved; modules are compiled when they are first imported.
        """
        exact = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile", "--no-warn-script-location")
        self.pip("install", *exact, "-r", LOCKS / f"{lock}.txt", *where, into=into)


def make(step: Step, workshop: Workshop) -> bool:
    """Make what a step names unless it is there; returns whether there was anything to do.

    Another set-up may be at the same step: whoever comes second waits and finds it made. The stamp comes last,
    so that a half-filled folder is never used.
    """
    if is_made(step.folder, step.key):
        return False
    with _alone(workshop.servers.cache / "locks" / digest(str(step.folder))):
        if is_made(step.folder, step.key):
            return False
        shutil.rmtree(step.folder, ignore_errors=True)
        step.folder.mkdir(parents=True)
        step.build(step.folder, workshop)
        (step.folder / ".made").write_text(step.key)
    return True


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
