"""Starts server programs that outlive us, finds them again, and ends them without leaving anything behind."""

import contextlib
import dataclasses
import hashlib
import json
import os
import random
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from processors.errors import ServiceUnavailableError

#: Environment variable by which every process of a part is known, also one whose parent is long gone.
MARK = "CLEANPLATE_PART"

#: Below the ports that the system lends to clients (32768 and up), also with 10,000 added (see `choose_ports`).
_PORTS = range(20_000, 22_700)
_LOG_MAX_BYTES = 10 * 1024 * 1024
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a part: one program, in the foreground."""

    argv: tuple[str, ...]
    #: beside PATH, HOME and LANG nothing else is inherited
    env: Mapping[str, str]
    #: every port that it listens on
    ports: tuple[int, ...]
    #: patterns of files that it leaves behind when killed
    leftovers: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return what tells this command from another; the environment, with its secrets, can't be read out of it."""
        return hashlib.sha256(json.dumps([self.argv, sorted(self.env.items())]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """A part that was started, as written down in `<folder>/parts/<name>.json`."""

    name: str
    #: value of `MARK` in the environment of each of its processes
    token: str
    #: the first process, leader of its own session; 0 until it is started
    pid: int
    #: boot and tick at which that process began: a reused pid has another
    started: str
    #: digest of the command
    command: str
    ports: tuple[int, ...]
    log: str
    leftovers: tuple[str, ...]


def start(folder: Path, name: str, command: Command) -> Record:
    """Start a part in its own session, its output in `<folder>/logs/<name>.log`, and return at once.

    It is written down before it starts, so that one that was started in the moment of a crash is found as well.
    Raises ServiceUnavailableError if the program can't be run.
    """
    log = folder / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
    token = secrets.token_hex(16)
    record = Record(name, token, 0, "", command.digest(), command.ports, str(log), command.leftovers)
    _write(folder, record)
    try:
        pid = _spawn(command, log, token)
    except OSError as failure:
        _path(folder, name).unlink()
        raise ServiceUnavailableError(name, f"{command.argv[0]}: {failure.strerror}") from failure
    record = dataclasses.replace(record, pid=pid, started=_started(pid) or "")
    _write(folder, record)
    return record


def find(folder: Path, name: str) -> Record | None:
    """Return what is written down about a part, running or not."""
    try:
        fields = json.loads(_path(folder, name).read_text())
    except FileNotFoundError:
        return None
    for field in ("ports", "leftovers"):
        fields[field] = tuple(fields[field])
    return Record(**fields)


def find_all(folder: Path) -> list[Record]:
    """Return all parts that are written down."""
    names = sorted(path.stem for path in (folder / "parts").glob("*.json"))
    return [record for name in names if (record := find(folder, name))]


def is_alive(record: Record) -> bool:
    """Say whether the part's first process runs: the same one, not another that got its pid."""
    return record.pid != 0 and _started(record.pid) == record.started


def family(record: Record) -> list[int]:
    """Return the pids of all processes of a part that run, orphans included."""
    mark = f"{MARK}={record.token}".encode()
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # Gone meanwhile, or another user's: none of ours in both cases.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    pids.append(int(entry.name))
    return pids


def wait_until_ready(
    record: Record, is_ready: Callable[[], bool], within_s: float, is_cancelled: Callable[[], bool] = lambda: False
) -> None:
    """Wait for `is_ready`; raises ServiceUnavailableError with the log's last lines if the part ends or is too slow."""
    deadline = time.monotonic() + within_s
    while not is_ready():
        if not is_alive(record):
            raise ServiceUnavailableError(record.name, f"ended while starting\n{last_lines(record)}")
        if is_cancelled():
            raise ServiceUnavailableError(record.name, "start was given up")
        if time.monotonic() > deadline:
            raise ServiceUnavailableError(record.name, f"not ready within {within_s:.0f} s\n{last_lines(record)}")
        time.sleep(_POLL_S)


def stop(folder: Path, record: Record, within_s: float = 20.0) -> None:
    """End a part with all its processes, remove what it left, and forget it.

    Only the first process is asked (SIGTERM), it ends its own children; what is there after `within_s`, or without
    a parent, is killed. Raises ServiceUnavailableError if something survives even that.
    """
    known = {pid: _started(pid) for pid in family(record)} | {record.pid: record.started}
    if is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGTERM)
        _until(lambda: not is_alive(record), within_s)

    def all_gone() -> bool:
        known.update((pid, _started(pid)) for pid in family(record))
        # A process that is ending has no environment any more to be known by, but still has its ports.
        left = [pid for pid, began in known.items() if began and _started(pid) == began]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left

    if not _until(all_gone, within_s=10.0):
        raise ServiceUnavailableError(record.name, f"processes {family(record)} survive SIGKILL")
    _reap(record.pid)
    for pattern in record.leftovers:
        for path in Path("/").glob(pattern.lstrip("/")):
            path.unlink(missing_ok=True)
    _path(folder, record.name).unlink(missing_ok=True)


def last_lines(record: Record, count: int = 12) -> str:
    """Return the end of a part's log, indented."""
    try:
        text = Path(record.log).read_bytes()[-16_384:].decode(errors="replace")
    except FileNotFoundError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])


def choose_ports(count: int, taken: Collection[int] = (), also_at: int = 0) -> tuple[int, ...]:
    """Return `count` neighbouring ports of 127.0.0.1 that are free, and free again `also_at` higher.

    They lie below the range from which the system gives clients theirs, so that a part finds its ports free
    after a restart. Raises ServiceUnavailableError if there are none.
    """
    for first in random.sample(_PORTS, len(_PORTS)):
        ports = tuple(range(first, first + count))
        if not set(ports) & set(taken) and are_free({port + more for port in ports for more in (0, also_at)}):
            return ports
    raise ServiceUnavailableError("ports", f"no {count} free neighbours between {_PORTS.start} and {_PORTS.stop}")


def are_free(ports: Collection[int]) -> bool:
    """Say whether all these ports of 127.0.0.1 could be listened on now."""
    return all(_is_free(port) for port in ports)


def listens(port: int) -> bool:
    """Say whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex(("127.0.0.1", port)) == 0


def memory_mb(record: Record) -> int:
    """Return the resident memory of all processes of a part, in MB; pages they share count once for each."""
    pages = 0
    for pid in family(record):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def _path(folder: Path, name: str) -> Path:
    return folder / "parts" / f"{name}.json"


def _write(folder: Path, record: Record) -> None:
    path = _path(folder, record.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(dataclasses.asdict(record)))
    draft.replace(path)


def _spawn(command: Command, log: Path, token: str) -> int:
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(log.parent.parent), "LANG": "C.UTF-8"}
    write_log = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.posix_spawn(
        command.argv[0],
        command.argv,
        env | dict(command.env) | {MARK: token},
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), write_log, (os.POSIX_SPAWN_DUP2, 1, 2)],
        setsid=True,
        # Python ignores SIGPIPE and whoever started us may ignore others: a server should not inherit that.
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP),
    )


def _started(pid: int) -> str | None:
    """Return boot and tick at which a process began, None if it is gone or only waits to be reaped.

    A zombie whose other threads are still ending holds its files and ports: it is not gone.
    """
    try:
        # The second field is the program's name in brackets and may hold blanks: count from the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    threads = int(fields[17])
    if fields[0] in "ZX" and threads <= 1:
        return None
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"


def _until(condition: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _reap(pid: int) -> None:
    """Take note of the end of a child of ours; any other parent does so itself."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _is_free(port: int) -> bool:
    with socket.socket() as server:
        # Servers set this too: connections that linger after a stop are no hindrance.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
