"""A Triton server of the tests' own, to be asked, broken, stopped and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inference import server
from infra import server_programs

SECRET = "letmein"


@dataclass
class TritonServer:
    """One server on fixed ports; `argv` may name more models than `launch` does."""

    command: server.ServerCommand
    argv: tuple[str, ...]
    url: str
    log: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                env=self.command.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, within_s: float = 120) -> None:
        """Wait until all models are loaded."""
        deadline = time.monotonic() + within_s
        while not server.is_ready(self.url):
            assert self.process
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        os.kill(self.process.pid, number)

    def models(self) -> list[int]:
        """Ids of the live model processes."""
        assert self.process
        listing = ["ps", "-o", "pid=,stat=", "--ppid", str(self.process.pid)]
        listed = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.splitlines()
        return [int(line.split()[0]) for line in listed if "Z" not in line]

    def stop(self) -> None:
        """End the server and its model processes, however they fare, and remove what they leave."""
        if self.process is None:
            return
        # Model processes outlive a killed server; they are in its session.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        for region in Path("/dev/shm").glob(f"{self.command.shm_prefix}*"):
            region.unlink(missing_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def installed(repository: Path) -> server.TritonHome:
    """The server as `make setup` made it; without it these tests are skipped at home and fail in CI."""
    servers = server_programs.Servers(server_programs.cache_folder())
    for folder in (servers.payload, servers.triton_env):
        if not server_programs.is_made(folder):
            reason = f"{folder} is not there: run `make setup`"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return server.TritonHome(servers.triton_env, servers.payload, repository, instances=2)


def hollow(folder: Path, instances: int = 2) -> server.TritonHome:
    """A payload of empty files, on this test's own interpreter."""
    wheel = folder / "payload" / "pytriton" / "tritonserver"
    stub = f"python_backend_stubs/{sys.version_info.major}.{sys.version_info.minor}/triton_python_backend_stub"
    backend = ("backends/python/libtriton_python.so", "backends/python/triton_python_backend_utils.py")
    for name in ("bin/tritonserver", stub, *backend):
        (wheel / name).parent.mkdir(parents=True, exist_ok=True)
        (wheel / name).touch()
    models = folder / "payload" / "rapidocr" / "models"
    models.mkdir(parents=True)
    for model in server.MODELS:
        if not model.own:
            (models / model.weights).write_text(model.name)
    return server.TritonHome(Path(sys.prefix), folder / "payload", folder / "repository", instances)


@contextmanager
def serving(home: server.TritonHome, folder: Path, models: tuple[str, ...] = (), *extra: str) -> Iterator[TritonServer]:
    """Start a server with `models` (all of the product's by default), and stop it in the end."""
    port = free_port()
    command = server.launch(home, grpc_port=port, metrics_port=free_port(), admin_secret=SECRET)
    argv = tuple(part for part in command.argv if not (models and part.startswith("--load-model="))) + extra
    argv += tuple(f"--load-model={model}" for model in models)
    running = TritonServer(command, argv, f"127.0.0.1:{port}", folder / "triton.log")
    running.start()
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def triton_home(tmp_path_factory: pytest.TempPathFactory) -> server.TritonHome:
    return installed(tmp_path_factory.mktemp("triton"))


@pytest.fixture(scope="session")
def triton_url(triton_home: server.TritonHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the product's models; CLEANPLATE_TEST_TRITON names one that runs already."""
    running = os.environ.get("CLEANPLATE_TEST_TRITON")
    if running:
        yield running
        return
    with serving(triton_home, tmp_path_factory.mktemp("log")) as started:
        yield started.url
