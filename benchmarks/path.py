"""`make bench`: the whole path on real servers against the same steps in one bare loop, side by side in one run.

Pictures per second end to end (Kafka, store, Triton, worker together), latency of single pictures, CPU and memory by
process, CPU by stage. The bare loop runs before and after, so that a change of the machine's mood shows.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks import on_models_python, pictures
from inference import server
from infra import processes
from infra import settings as settings_module
from infra.server_programs import Servers, cache_folder
from infra.settings import Settings
from streams import declared, local, lookups, submitting

ROOT = Path(__file__).parents[1]
COMMAND = ROOT / ".venv" / "bin" / "cleanplate"
CORES = 2
COUNT = int(os.environ.get("CLEANPLATE_TEST_BENCH_COUNT", "120"))
SINGLES = 20
SIZES = {"small": None, "1 MP": 1.0}


def main() -> None:
    """Measure and print; the last line is JSON."""
    home = settings_module.home() / "bench"
    with _servers(home) as settings:
        rows = {name: _measured(settings, home, megapixels) for name, megapixels in SIZES.items()}
    for name, row in rows.items():
        _print(name, row)
    print(json.dumps({"bench": "path", "cores": CORES, **rows["1 MP"], "small": rows["small"]}))


@contextmanager
def _servers(home: Path) -> Iterator[Settings]:
    _say("starting Kafka, the store and Triton")
    local.up(home, report=_say)
    try:
        os.environ["CLEANPLATE_HOME"] = str(home)
        os.environ["CLEANPLATE_KAFKA__GROUP"] = f"bench-{os.getpid()}"
        settings = settings_module.load()
        declared.mend(settings)
        yield settings
    finally:
        local.down(home)


def _measured(settings: Settings, home: Path, megapixels: float | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        files = pictures.jpegs(COUNT, megapixels)
        for number, data in enumerate(files):
            (Path(folder) / f"{number:05d}.jpg").write_bytes(data)
        bare = [_bare_loop(Path(folder))]
        whole = _whole_path(settings, home, Path(folder))
        bare.append(_bare_loop(Path(folder)))
    loops = [loop["pictures_per_s"] for loop in bare]
    mean = sum(loops) / len(loops)
    models_cpu_ms = sum(bare[0]["models_cpu_ms"].values())
    return {
        "pictures": COUNT,
        "pictures_per_s": round(whole["pictures_per_s"], 2),
        "bare_loop_per_s": round(mean, 2),
        "bare_loop_runs_per_s": [round(loop, 2) for loop in loops],
        "ratio": round(whole["pictures_per_s"] / mean, 3),
        "models_alone_per_s": round(CORES * 1000 / models_cpu_ms, 2),
        "ratio_to_models_alone": round(whole["pictures_per_s"] * models_cpu_ms / CORES / 1000, 3),
        "latency_ms": whole["latency_ms"],
        "cpu_ms_by_process": whole["cpu_ms"],
        "memory_mb_by_process": whole["memory_mb"],
        "models_cpu_ms": bare[0]["models_cpu_ms"],
        "stages_cpu_ms": bare[0]["stages_cpu_ms"],
        "kinds": bare[0]["kinds"],
    }


def _bare_loop(folder: Path) -> dict[str, Any]:
    """One process per core, each with its share of the pictures; started together once all are warm."""
    servers = Servers(cache_folder())
    repository = server.materialise(server.TritonHome(servers.triton_env, servers.payload, cache_folder() / "models"))
    loops = [
        subprocess.Popen(
            on_models_python.command("benchmarks.bare_loop", [str(share), str(CORES), str(folder), str(repository)]),
            env=on_models_python.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for share in range(CORES)
    ]
    for loop in loops:
        assert loop.stdout is not None
        assert loop.stdout.readline() == "ready\n", "the bare loop did not start"
    began = time.perf_counter()
    for loop in loops:
        assert loop.stdin is not None
        loop.stdin.write("go\n")
        loop.stdin.flush()
    results = [json.loads(loop.communicate()[0]) for loop in loops]
    seconds = time.perf_counter() - began
    count = sum(result["pictures"] for result in results)

    def summed(name: str) -> dict[str, float]:
        keys = sorted({key for result in results for key in result[name]})
        return {key: round(1000 * sum(result[name].get(key, 0) for result in results) / count, 2) for key in keys}

    kinds = sorted({kind for result in results for kind in result["kinds"]})
    return {
        "pictures_per_s": count / seconds,
        "models_cpu_ms": summed("models_cpu_s"),
        "stages_cpu_ms": summed("stages_cpu_s"),
        "kinds": {kind: sum(result["kinds"].get(kind, 0) for result in results) for kind in kinds},
    }


def _whole_path(settings: Settings, home: Path, folder: Path) -> dict[str, Any]:
    log = home / "logs" / "bench-worker.log"
    with log.open("ab") as lines:
        worker = subprocess.Popen([COMMAND, "worker"], stdout=lines, stderr=lines)
    try:
        _answered(settings, sorted(folder.iterdir())[:8], f"warm-{time.time_ns()}")
        before = _cpu_s(home, worker.pid)
        began, ended = _answered(settings, sorted(folder.iterdir()), f"all-{time.time_ns()}")
        after = _cpu_s(home, worker.pid)
        memory = {name: _memory_mb(pids) for name, pids in _processes(home, worker.pid).items()}
        singles = []
        for number, path in enumerate(sorted(folder.iterdir())[:SINGLES]):
            sent, answered = _answered(settings, [path], f"single-{number}-{time.time_ns()}")
            singles.append(1000 * (answered - sent))
    finally:
        worker.terminate()
        worker.wait(40)
    cuts = quantiles(singles, n=20)
    return {
        "pictures_per_s": COUNT / (ended - began),
        "latency_ms": {"p50": round(cuts[9]), "p95": round(cuts[18])},
        "cpu_ms": {name: round(1000 * (after[name] - before.get(name, 0)) / COUNT, 1) for name in after},
        "memory_mb": memory,
    }


def _answered(settings: Settings, files: list[Path], prefix: str) -> tuple[float, float]:
    """Upload files, send their events at once; when they were sent, and when the last outcome came."""
    listener = lookups.OutcomeListener(settings.kafka)
    submitter = submitting.Submitter(settings)
    # Told apart from every earlier run by a comment, so that nothing is answered out of the chain.
    sent = []
    for path in files:
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            data = path.read_bytes()
            comment = f"{prefix}-{path.name}".encode()
            file.write(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + data[2:])
            file.flush()
            sent.append(submitter.submit(Path(file.name), f"{prefix}/{path.name}").event_id)
    began = time.perf_counter()
    submitter.flush()
    try:
        for _ in listener.wait(sent, 300):
            pass
        return began, time.perf_counter()
    finally:
        listener.close()


def _processes(home: Path, worker: int) -> dict[str, list[int]]:
    found = {"worker": [worker], "worker's children": _descendants(worker)}
    for record in processes.find_all(home):
        if record.name == "triton":
            for pid in processes.family(record):
                name = _stub_name(pid)
                found.setdefault(f"triton {name}", []).append(pid)
        else:
            found[record.name] = processes.family(record)
    return found


def _stub_name(pid: int) -> str:
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    model = next((part.decode() for part in arguments if part.endswith(b"/model.py")), "")
    return model.split("/")[-3] if model else "server"


def _descendants(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return children + [below for child in children for below in _descendants(child)]


def _cpu_s(home: Path, worker: int) -> dict[str, float]:
    ticks = os.sysconf("SC_CLK_TCK")
    spent = {}
    for name, pids in _processes(home, worker).items():
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        spent[name] = sum(int(one[11]) + int(one[12]) for one in fields) / ticks
    return spent


def _memory_mb(pids: list[int]) -> int:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _print(name: str, row: dict[str, Any]) -> None:
    print(f"\n{name}: {row['pictures']} pictures, {row['kinds']}")
    print(f"  whole path          {row['pictures_per_s']:8.2f} pictures/s")
    print(f"  bare loop           {row['bare_loop_per_s']:8.2f} pictures/s   ratio {row['ratio']:.2f}")
    print(
        f"  models alone        {row['models_alone_per_s']:8.2f} pictures/s   ratio {row['ratio_to_models_alone']:.2f}"
    )
    print(f"  single picture      p50 {row['latency_ms']['p50']} ms, p95 {row['latency_ms']['p95']} ms")
    models = sum(row["models_cpu_ms"].values())
    print(f"  CPU ms a picture, models in the bare loop: {row['models_cpu_ms']}")
    for stage, spent in sorted(row["stages_cpu_ms"].items(), key=lambda item: -item[1]):
        print(f"    {stage:<16} {spent:8.2f} ms   {100 * spent / models:5.1f} % of the models")
    print("  by process in the whole path:")
    for process, spent in sorted(row["cpu_ms_by_process"].items(), key=lambda item: -item[1]):
        print(f"    {process:<20} {spent:8.1f} ms   {row['memory_mb_by_process'].get(process, 0):6d} MB")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
