"""Sets up environments, servers and models with the standard library alone, so that it runs before any of them.

`python3 -m infra.provision app|servers|tools|minio|training|bench|all …` makes what is missing and leaves alone what is
there: `.venv` and `.venv-tools` in the checkout, the rest in a cache that all checkouts of a user share.
"""

import argparse
import json
import platform
import shutil
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from infra import kafka_server, processes
from infra.server_programs import LOCKS, MINIO, POM, Servers, cache_folder, digest, is_made, system_java, this_python
from infra.workshop import Programs, SetupError, Step, Workshop, make
from processors.errors import ServiceUnavailableError

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 11), (3, 12))
OLDEST_GLIBC = (2, 35)

TARGETS = {
    "app": ("app",),
    "servers": ("payload", "kafka", "kafka-classes", "triton"),
    "tools": ("tools",),
    "minio": ("minio",),
    "training": ("app", "training"),
    "bench": ("app", "triton", "bench"),
    "all": ("payload", "kafka", "kafka-classes", "triton", "app", "tools", "minio"),
}


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


def main(argv: Sequence[str] | None = None) -> int:
    """Set up the targets of the command line; 0 if all is there afterwards."""
    parser = argparse.ArgumentParser(prog="python3 -m infra.provision", description="Set up environments and servers.")
    parser.add_argument("targets", nargs="+", choices=TARGETS, metavar="|".join(TARGETS))
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
        _shared("training", servers.training, _build_training, "pip"),
        _shared("bench", servers.bench, _build_bench, "pip"),
    ]
    wanted = [step for step in steps if step.name in names and not is_made(step.folder, step.key)]
    if any("pip" in step.after for step in wanted) and not is_made(servers.pip):
        wanted.insert(0, _shared("pip", servers.pip, _build_pip))
    return wanted


def _shared(name: str, folder: Path, build: Callable[[Path, Workshop], None], *after: str) -> Step:
    """A step of the cache: its folder's name already says what it is made from."""
    return Step(name, folder, folder.name, build, after)


def _environment(name: str, folder: Path) -> Step:
    """An environment of the checkout: made anew when its lock, the Python, the place or the commands change."""

    def build(folder: Path, workshop: Workshop) -> None:
        _build_locked(name, folder, workshop)
        workshop.pip("check", into=folder)
        _add_project(folder)

    commands = json.dumps([_project()["version"], _project()["scripts"]])
    key = digest(LOCKS / f"{name}.txt", this_python(), str(ROOT), commands)
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


def _build_training(folder: Path, workshop: Workshop) -> None:
    workshop.install("training", "--target", folder)


def _build_bench(folder: Path, workshop: Workshop) -> None:
    workshop.install("bench", "--target", folder)


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
