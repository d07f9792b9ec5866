"""`cleanplate originals`: that they are what they were."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits
from streams.commands.times import Window

if TYPE_CHECKING:
    from datetime import timedelta


@click.group()
def originals() -> None:
    """The originals: hashed again, and the rights that keep them.

    \b
    Example:
      cleanplate originals verify --sample 500
    """


@originals.command()
@click.option("--sample", type=click.IntRange(1), default=100, show_default=True, help="So many, drawn by --seed.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--seed", default=1, show_default=True, help="Which ones --sample draws.")
@click.option("--metrics", type=click.Path(path_type=Path), help="Write figures for Prometheus (a .prom file).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, for good ones too.")
def verify(sample: int, everything: bool, seed: int, metrics: Path | None, as_json: bool) -> None:
    """Hash originals again and compare them with their names; exit code 7 if one is not as it should be.

    differs: other bytes. overwritten: more than one version. hidden: under a delete marker. missing: listed, not there.
    misnamed: no original's name. unlocked: right, and no lock keeps it (any more).

    \b
    Example:
      cleanplate originals verify --all --json
    """
    from datetime import UTC, datetime

    from infra import metrics_file, object_store
    from infra import settings as module
    from streams import originals as checks

    settings = module.load().store
    counts: Counter[str] = Counter()
    hashed = 0
    soonest: datetime | None = None
    now = datetime.now(UTC)
    for one in checks.verify(
        object_store.S3Store(settings),
        settings.originals_bucket,
        sample=None if everything else sample,
        seed=seed,
        now=now,
        locks=settings.retention_days > 0,
    ):
        counts[one.verdict] += 1
        hashed += one.size
        soonest = min(soonest or one.locked_until, one.locked_until) if one.locked_until else soonest
        if as_json:
            click.echo(msgspec.json.encode(one).decode())
        elif one.verdict not in checks.GOOD:
            click.echo(f"{one.key}: {one.verdict}")
    for verdict, count in sorted(counts.items()):
        click.echo(f"{count:>8}  {verdict}", err=as_json)
    drawn = "all" if everything else f"a sample of {sample} (seed {seed})"
    until = f", the first lock ends {soonest:%Y-%m-%d}" if soonest else ""
    click.echo(f"{drawn}: {sum(counts.values())} originals, {hashed} bytes{until}", err=True)
    bad = sum(count for verdict, count in counts.items() if verdict not in checks.GOOD)
    if metrics is not None:
        name = "cleanplate_originals_verified"
        gauges = [metrics_file.Gauge(name, counts["right"], "Originals hashed again by verdict.", {"verdict": "right"})]
        gauges += [
            metrics_file.Gauge(name, count, "", {"verdict": verdict})
            for verdict, count in sorted(counts.items())
            if verdict != "right"
        ]
        gauges.append(metrics_file.Gauge("cleanplate_originals_verified_at", now.timestamp(), "When they were hashed."))
        metrics_file.write(metrics, gauges)
    if bad:
        sys.exit(exits.VERIFICATION_FAILED)


@originals.command()
@click.option("--before", type=Window(), help="Those too whose lock ends within this time, e.g. 90d.")
def lock(before: timedelta | None) -> None:
    """Lock originals that are not locked (any more), for the whole retention from now; takes the operator's keys.

    \b
    Example:
      cleanplate originals lock --before 90d
    """
    from datetime import UTC, datetime, timedelta

    from infra import object_store
    from infra import settings as module
    from streams import originals as checks

    settings = module.load().store
    now = datetime.now(UTC)
    until = now + timedelta(days=settings.retention_days)
    if not settings.retention_days:
        raise click.UsageError("CLEANPLATE_STORE__RETENTION_DAYS is 0: this store is said to have no lock")
    store = object_store.S3Store(settings.for_operators)
    locked = sum(1 for _ in checks.lock(store, settings.originals_bucket, until, now + (before or timedelta())))
    click.echo(f"{locked} originals locked until {until:%Y-%m-%d}")


@originals.command()
def policy() -> None:
    """Print the policy of the worker's user, for your store: it may do everything but delete what must stay.

    \b
    Example:
      cleanplate originals policy > worker-policy.json
    """
    from infra import rights
    from infra import settings as module

    click.echo(msgspec.json.format(msgspec.json.encode(rights.of_worker(module.load().store))).decode())


COMMANDS = [originals]
