"""`cleanplate clean`: what the worker would do, on local files."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits
from streams.commands.marketplaces import marketplace_options, tell_unused

if TYPE_CHECKING:
    from infra.settings import Settings
    from processors.records import Role
    from streams.previewing import Work


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for masks, results and patches.")
@click.option("--results", required=True, type=click.Path(path_type=Path), help="JSONL file with a line a picture.")
@marketplace_options
def clean(paths: tuple[Path, ...], out: Path, results: Path, marketplace: str, role: Role, record: Path | None) -> None:
    """Clean local files: the same steps as the worker, no Kafka, no store. Starts Triton if none runs.

    Running it again gives the same files, byte for byte. Exit code 1 if a picture failed for no fault of its own.

    \b
    Example:
      cleanplate clean examples/catalog --out out --results out/results.jsonl
    """
    from processors import routing
    from streams import preview_server, previewing, record_files

    records = record_files.read(record) if record else record_files.NONE
    work = [
        dataclasses.replace(one, context=routing.Context(records.of(one.shown), role, marketplace))
        for one in previewing.work_of(paths, out)
    ]
    tell_unused(records)
    results.parent.mkdir(parents=True, exist_ok=True)
    with preview_server.triton(lambda line: click.echo(line, err=True)) as settings:
        outcomes = asyncio.run(_clean(settings, work, results))
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no files")
    if outcomes["failed"]:
        sys.exit(exits.ERROR)


async def _clean(settings: Settings, work: list[Work], results: Path) -> Counter[str]:
    from streams import app, previewing

    outcomes: Counter[str] = Counter()
    async with app.cleaning(settings) as ready:
        with results.open("wb") as lines, click.progressbar(length=len(work), label="cleaning", file=sys.stderr) as bar:
            async for line in previewing.clean(ready.cleaner, work, results):
                lines.write(msgspec.json.encode(line) + b"\n")
                lines.flush()
                outcomes[line.outcome] += 1
                bar.update(1)
    return outcomes


COMMANDS = [clean]
