"""`cleanplate repair`: what topics and store lack of each other, found and put back."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from streams import exits
from streams.commands.times import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.repairing import Finding

_Command = TypeVar("_Command", bound=Callable[..., Any])
#: Findings of a kind that are printed for people; `--json` prints all.
SHOWN = 20


def repair_options(command: _Command) -> _Command:
    """--apply, --json and --metrics."""
    for option in (
        click.option(
            "--metrics",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write counts and the time of success into this file, as Prometheus's node exporter reads them.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding."),
        click.option("--apply", "act", is_flag=True, help="Put it right; without it only show what is found."),
    ):
        command = option(command)
    return command


@click.group()
def repair() -> None:
    """Compare the audit topic, the chains in the store, heads, marks and blobs, and put back what one of them lacks.

    Nothing that is there is overwritten. Where two sides say different things, both are left, and the exit code is 7.

    \b
    Example:
      cleanplate repair audit --apply
    """


@repair.command()
@repair_options
def audit(act: bool, as_json: bool, metrics: Path | None) -> None:
    """Publish chain slots that have no audit record; also where the audit topic was lost.

    \b
    Example:
      cleanplate repair audit --apply
    """
    from infra import settings as module
    from streams import repairing

    _tell("audit", repairing.audit(repairing.connected(module.load()), act=act), act, as_json, metrics)


@repair.command()
@repair_options
def chain(act: bool, as_json: bool, metrics: Path | None) -> None:
    """Write audit records that have no chain slot into the store; also where its chains were lost.

    \b
    Example:
      cleanplate repair chain --apply
    """
    from infra import settings as module
    from streams import repairing

    _tell("chain", repairing.chains(repairing.connected(module.load()), act=act), act, as_json, metrics)


@repair.command()
@repair_options
def heads(act: bool, as_json: bool, metrics: Path | None) -> None:
    """Publish heads and marks anew where they are not those of the audit topic, and end those of unknown pictures.

    \b
    Example:
      cleanplate repair heads --apply
    """
    from infra import kafka
    from infra import settings as module
    from streams import repairing, topics

    settings = module.load()
    read = partial(kafka.read_log, settings.kafka)
    found = repairing.heads(repairing.connected(settings), read(topics.HEAD.name), read(topics.MARKS.name), act=act)
    _tell("heads", found, act, as_json, metrics)


@repair.command()
@click.option(
    "--grace", default="7d", show_default=True, type=Window(), help="Leave blobs alone that are younger than this."
)
@repair_options
def orphans(grace: timedelta, act: bool, as_json: bool, metrics: Path | None) -> None:
    """Hide masks, patches and results that no slot names, and delete those that have been hidden for the grace time.

    Originals are counted, never deleted.

    \b
    Example:
      cleanplate repair orphans --grace 7d --apply
    """
    from infra import settings as module
    from streams import sweeping

    found = sweeping.sweep(sweeping.connected(module.load()), grace, datetime.now(UTC), act=act)
    _tell("orphans", found, act, as_json, metrics)


def _tell(what: str, findings: Iterable[Finding], act: bool, as_json: bool, metrics: Path | None) -> None:
    """Print what is found while it is found, then the counts; exit code 7 where a person must look."""
    counts: Counter[str] = Counter()
    remedies: Counter[str] = Counter()
    for finding in findings:
        counts[finding.kind] += 1
        remedies[finding.remedy] += 1
        if as_json:
            click.echo(msgspec.json.encode(finding).decode())
        elif counts[finding.kind] <= SHOWN:
            seq = "" if finding.seq is None else f" seq {finding.seq}"
            click.echo(f"{finding.kind:<10} {finding.name}{seq}: {finding.detail}")
    for kind, count in sorted(counts.items()):
        if count > SHOWN and not as_json:
            click.echo(f"{kind:<10} … {count - SHOWN} more (--json prints all)")
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"
    again = "" if act or not remedies["apply"] else "; run again with --apply to put it right"
    click.echo(f"repair {what}: {told}{again}", err=True)
    if metrics is not None:
        _gauge(metrics, what, counts, done=remedies["apply"] if act else 0, troubles=remedies["person"])
    if remedies["person"]:
        click.echo(f"{remedies['person']} of them are left as they are: a person must look", err=True)
        sys.exit(exits.VERIFICATION_FAILED)


def _gauge(path: Path, what: str, counts: Counter[str], *, done: int, troubles: int) -> None:
    """Each repair writes a file of its own, whole."""
    from infra.metrics_file import Gauge, write

    labels = {"what": what}
    gauges = [
        Gauge("cleanplate_repair_found", counts.total(), "what one of topics and store lacks", labels),
        Gauge("cleanplate_repair_done", done, "what of that was put right", labels),
        Gauge("cleanplate_repair_trouble", troubles, "what of that a person must look at", labels),
        Gauge("cleanplate_repair_last_success_timestamp_seconds", time.time(), "when it last came to its end", labels),
    ]
    gauges += [
        Gauge("cleanplate_repair_found_by_kind", count, "the same by kind", {**labels, "kind": kind})
        for kind, count in sorted(counts.items())
    ]
    write(path, gauges)


COMMANDS = [repair]
