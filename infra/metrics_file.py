"""Figures of a command that ends, for Prometheus: a file that node_exporter's textfile collector reads."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure, e.g. `cleanplate_audit_findings{what="missing"} 0`."""

    name: str
    value: float
    #: one sentence; that of the first gauge of a name is written
    help: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def write(path: Path, gauges: Iterable[Gauge]) -> None:
    """Write all gauges in place of what was there, in one step: a reader sees the old file or the new one.

    The name must end in `.prom`, else the collector does not look at it. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text(gauges))
        # The collector runs as another user.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def text(gauges: Iterable[Gauge]) -> str:
    """Prometheus' text format; gauges of one name stand together, as it must be."""
    by_name: dict[str, list[Gauge]] = {}
    for gauge in gauges:
        by_name.setdefault(gauge.name, []).append(gauge)
    lines = []
    for name, of_name in by_name.items():
        lines += [f"# HELP {name} {_escaped(of_name[0].help)}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(one.labels)} {one.value:.16g}" for one in of_name]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{_escaped(value).replace(chr(34), chr(92) + chr(34))}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
