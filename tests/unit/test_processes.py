"""Server programs are found again, and ended without leaving anything behind."""

import dataclasses
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra import processes
from processors.errors import ServiceUnavailableError

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
#: A child in a session of its own, as Triton's model processes would be at their worst.
WITH_CHILD = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=True)
time.sleep(60)
"""


def python(code: str, **more: object) -> processes.Command:
    fields: dict[str, object] = {"argv": (sys.executable, "-Sc", code), "env": {}, "ports": ()}
    return processes.Command(**(fields | more))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for record in processes.find_all(tmp_path):
        processes.stop(tmp_path, record, within_s=0)


def soon(condition: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def said(record: processes.Record, word: str) -> Callable[[], bool]:
    return lambda: word in processes.last_lines(record)


def test_a_started_part_is_found_again_by_its_name(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)", ports=(1234,)))
    assert processes.find(folder, "part") == record
    assert processes.find_all(folder) == [record]
    assert processes.is_alive(record)
    assert os.getsid(record.pid) == record.pid, "Ctrl-C in the terminal would end it"


def test_a_stopped_part_is_gone_and_forgotten(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)"))
    processes.stop(folder, record)
    assert not processes.is_alive(record)
    assert processes.family(record) == []
    assert processes.find(folder, "part") is None


def test_a_killed_part_is_not_alive_though_nobody_has_reaped_it(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)"))
    os.kill(record.pid, signal.SIGKILL)
    assert soon(lambda: not processes.is_alive(record))
    assert Path(f"/proc/{record.pid}").exists(), "the test wants a zombie"


def test_a_process_that_got_the_pid_of_a_part_is_left_alone(folder: Path) -> None:
    stranger = processes.start(folder, "stranger", python("import time; time.sleep(60)"))
    record = dataclasses.replace(stranger, name="part", token="another", started="another boot 1")
    assert not processes.is_alive(record)
    processes.stop(folder, record)
    assert processes.is_alive(stranger)


def test_a_part_is_not_gone_before_its_ports_are(folder: Path) -> None:
    """Its first thread ends long before the others: the process still holds what it holds."""
    port = processes.choose_ports(1)[0]
    listen = f"""
import socket, threading, time, os, ctypes
server = socket.create_server(("127.0.0.1", {port}))
threading.Thread(target=time.sleep, args=(60,)).start()
print("up", flush=True)
ctypes.CDLL(None).syscall(60, 0)
"""
    record = processes.start(folder, "part", python(listen, ports=(port,)))
    assert soon(said(record, "up"))
    assert soon(lambda: Path(f"/proc/{record.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert processes.is_alive(record)
    processes.stop(folder, record, within_s=0)
    assert processes.are_free([port])


def test_a_command_with_another_environment_is_another_command() -> None:
    assert python("", env={"A": "1"}).digest() == python("", env={"A": "1"}).digest()
    assert python("", env={"A": "1"}).digest() != python("", env={"A": "2"}).digest()


def test_a_part_that_ignores_sigterm_is_killed_when_its_time_is_up(folder: Path) -> None:
    record = processes.start(folder, "part", python(STUBBORN))
    assert soon(said(record, "up"))
    processes.stop(folder, record, within_s=0.2)
    assert processes.family(record) == []


def test_orphans_of_a_killed_part_are_ended_though_they_ignore_sigterm(folder: Path) -> None:
    record = processes.start(folder, "part", python(WITH_CHILD))
    assert soon(said(record, "up"))
    os.kill(record.pid, signal.SIGKILL)
    assert soon(lambda: not processes.is_alive(record))
    assert len(processes.family(record)) == 1
    processes.stop(folder, record)
    assert processes.family(record) == []


def test_a_part_is_found_even_if_its_start_was_cut_short(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)"))
    before_the_pid_was_known = dataclasses.replace(record, pid=0, started="")
    processes.stop(folder, before_the_pid_was_known)
    assert soon(lambda: not processes.is_alive(record))


def test_files_that_a_killed_part_leaves_are_removed(folder: Path) -> None:
    ours, other = folder / "region-7-a", folder / "region-8-a"
    ours.touch()
    other.touch()
    record = processes.start(folder, "part", python("", leftovers=(f"{folder}/region-7-*",)))
    processes.stop(folder, record)
    assert not ours.exists()
    assert other.exists()


def test_a_part_that_ends_while_starting_is_an_error_with_its_last_words(folder: Path) -> None:
    record = processes.start(folder, "part", python("import sys; sys.exit('no space left on device')"))
    with pytest.raises(ServiceUnavailableError, match=r"(?s)part unavailable: ended.*no space left on device"):
        processes.wait_until_ready(record, lambda: False, within_s=10)


def test_a_part_that_is_too_slow_is_an_error(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)"))
    with pytest.raises(ServiceUnavailableError, match="not ready within 0 s"):
        processes.wait_until_ready(record, lambda: False, within_s=0.1)


def test_waiting_can_be_given_up(folder: Path) -> None:
    record = processes.start(folder, "part", python("import time; time.sleep(60)"))
    with pytest.raises(ServiceUnavailableError, match="given up"):
        processes.wait_until_ready(record, lambda: False, within_s=60, is_cancelled=lambda: True)


def test_a_program_that_is_not_there_is_an_error_and_leaves_no_record(folder: Path) -> None:
    with pytest.raises(ServiceUnavailableError, match="/no/such/program: No such file"):
        processes.start(folder, "part", processes.Command(("/no/such/program",), {}, ()))
    assert processes.find_all(folder) == []


def test_a_part_sees_only_the_environment_it_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1k")
    tell = python("import os; print(*sorted(os.environ), 'end')", env={"MINE": "1"})
    record = processes.start(folder, "part", tell)
    assert soon(said(record, "end"))
    seen = set(processes.last_lines(record).split())
    assert seen >= {"MINE", "PATH", "HOME"}
    assert "JAVA_TOOL_OPTIONS" not in seen


def test_a_log_is_kept_over_a_restart_until_it_is_big(folder: Path) -> None:
    for word in ("first", "second"):
        record = processes.start(folder, "part", python(f"print('{word}')"))
        assert soon(said(record, word))
        processes.stop(folder, record)
    log = Path(record.log)
    assert log.read_text().split() == ["first", "second"]
    log.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    processes.stop(folder, processes.start(folder, "part", python("")))
    assert log.stat().st_size < 100
    assert log.with_suffix(".log.1").stat().st_size > 10 * 1024 * 1024


def test_a_port_that_is_listened_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert processes.listens(port)
        assert not processes.are_free([port])
    assert not processes.listens(port)
    assert processes.are_free([port])


def test_ports_are_neighbours_that_no_client_is_ever_given() -> None:
    first = processes.choose_ports(5, also_at=10_000)
    assert first == tuple(range(first[0], first[0] + 5))
    lent = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(first) + 10_000 < max(lent, 32_768)
    everything_else = set(range(20_000, 22_720)) - set(first)
    assert processes.choose_ports(5, taken=everything_else) == first
