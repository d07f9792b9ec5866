"""`cleanplate replay`: what every picture shows, made again from the audit topic."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from streams import exits
from streams.commands.times import ZonedTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.object_store import S3Store
    from infra.sandbox import Sandbox
    from infra.settings import Settings
    from processors import chain
    from streams.plan_files import Journal, PlanFile
    from streams.recomputing import Examiner
    from streams.replaying import Plan, Row

#: Lines of work between two lines of progress.
STEP = 1000


@click.group()
def replay() -> None:
    """Rebuild what every picture shows from the audit topic and the store's blobs, into an empty folder or prefix.

    \b
    Example:
      cleanplate replay plan --into rebuilt --out replay.plan
      cleanplate replay run replay.plan
    """


@replay.command()
@click.option("--into", required=True, help="An empty folder, or an empty s3://bucket/prefix of the same store.")
@click.option("--at", type=ZonedTime(), help="What pictures showed at this time, e.g. 2026-11-25T02:00:00+01:00.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["zero", "heads"]),
    default="zero",
    show_default=True,
    help="Fold the audit topic from its beginning, or take the heads as they are published.",
)
@click.option("--merchant", help="The pictures of one merchant alone.")
@click.option(
    "--mode",
    type=click.Choice(["blobs", "recompute"]),
    default="blobs",
    show_default=True,
    help="recompute: also run the models again and compare, a verdict for each edit.",
)
@click.option("--prove", is_flag=True, help="Also check that each edit's patch turns original into result and back.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The plan's file.")
def plan(
    into: str,
    at: datetime | None,
    source: Literal["zero", "heads"],
    merchant: str | None,
    mode: Literal["blobs", "recompute"],
    prove: bool,
    out: Path,
) -> None:
    """Plan a replay: count pictures and bytes, and fix what each shows, so that traffic may go on.

    \b
    Example:
      cleanplate replay plan --into rebuilt --out replay.plan
    """
    from infra import kafka, object_store
    from infra import settings as module
    from streams import audit_log, lookups, replaying, topics

    settings = module.load()
    if source == "heads" and at is not None:
        raise click.UsageError("heads say what is shown now; --at needs --from zero")
    target = replaying.target(into, object_store.S3Store(settings.store), settings.store)
    if not target.is_empty():
        click.echo(f"{into} is not empty", err=True)
        sys.exit(exits.CONFLICT)
    ends: dict[int, int] = {}
    if source == "heads":
        ends = kafka.ends_of_log(settings.kafka, topics.AUDIT.name)
        rows = replaying.rows_from_heads(lookups.heads(settings.kafka), merchant)
    else:
        rows = replaying.rows_from_log(audit_log.read(settings.kafka), at, merchant, ends)

    def draft(counts: Counter[str]) -> Plan:
        seconds = counts["files"] * replaying.PICTURE_S + counts["bytes"] * replaying.BYTE_S
        seconds += counts["edited"] * (replaying.PROVEN_S * prove + replaying.RECOMPUTED_S * (mode == "recompute"))
        return replaying.Plan(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            into=into,
            source=source,
            at=at.isoformat() if at else None,
            merchant=merchant,
            mode=mode,
            prove=prove,
            ends=dict(sorted(ends.items())),
            pictures=counts["pictures"],
            files=counts["files"],
            bytes=counts["bytes"],
            troubled=counts["troubled"],
            seconds=round(seconds, 1),
        )

    digest = replaying.plan(out, rows, draft)
    planned = replaying.opened(out).head
    click.echo(f"{planned.pictures} pictures, {planned.files} files, {planned.bytes} bytes into {into}")
    click.echo(f"about {planned.seconds:.0f} s; plan {digest[:12]} in {out}")
    if planned.troubled:
        click.echo(f"{planned.troubled} pictures whose records are no chain: see cleanplate repair audit", err=True)


@replay.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run(file: Path) -> None:
    """Follow a plan: write what every picture shows, and a manifest with a verdict for each.

    Exit code 7: something is lost or has other bytes, and could not be restored; the manifest says what.

    \b
    Example:
      cleanplate replay run replay.plan
    """
    _play(file, resume=False)


@replay.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def resume(file: Path) -> None:
    """Go on with a plan whose run was broken off, to the same end.

    \b
    Example:
      cleanplate replay resume replay.plan
    """
    _play(file, resume=True)


def _play(path: Path, *, resume: bool) -> None:
    from infra import object_store, sandbox
    from infra import settings as module
    from streams import audit_log, recomputing, replaying

    settings = module.load()
    file = replaying.opened(path)
    store = object_store.S3Store(settings.store)
    target = replaying.target(file.head.into, store, settings.store)
    journal = replaying.journal_of(file, "done")
    if resume and not journal.exists:
        raise click.ClickException(f"{path} was not begun, or is done: there is nothing to resume")
    if not resume and (journal.exists or not target.is_empty()):
        why = f"it was begun: cleanplate replay resume {path}" if journal.exists else f"{file.head.into} is not empty"
        click.echo(why, err=True)
        sys.exit(exits.CONFLICT)

    edits = replaying.journal_of(file, "edits")
    with journal as done, sandbox.Sandbox(settings.guard, settings.sandbox) as workshop:
        player = replaying.Player(
            store,
            target,
            workshop,
            log=lambda: audit_log.read(settings.kafka),
            wanted=lambda: {row.shown.sha256 for row in file.rows() if row.shown},
        )
        for number, _ in enumerate(replaying.run(file.rows(skip=done), player, journal), start=done + 1):
            if number % STEP == 0:
                click.echo(f"{number} of {file.head.pictures} pictures", err=True)
        if file.head.mode == "recompute" or file.head.prove:
            with edits:
                asyncio.run(_examine(settings, file, store, workshop, edits))
    counts, bad = replaying.counted(journal.lines())
    replaying.finish(target, replaying.MANIFEST, journal.lines())
    click.echo(f"{file.head.into}: " + _told(counts))
    impossible = 0
    if edits.exists:
        of_edits, bad_edits = recomputing.counted(edits.lines())
        replaying.finish(target, replaying.EDITS, recomputing.in_order(edits.lines()))
        click.echo("edits: " + _told(of_edits))
        bad, impossible = bad + bad_edits, of_edits["impossible"]
        edits.remove()
    journal.remove()
    if bad:
        click.echo(f"{bad} verdicts are bad: {file.head.into}/{replaying.MANIFEST} and its fellow say which", err=True)
        sys.exit(exits.VERIFICATION_FAILED)
    if impossible:
        sys.exit(exits.INCONCLUSIVE)


async def _examine(
    settings: Settings, file: PlanFile[Plan, Row], store: S3Store, workshop: Sandbox, journal: Journal
) -> None:
    from streams import app, audit_log, models, recomputing

    at = datetime.fromisoformat(file.head.at) if file.head.at else None
    some = recomputing.edits(
        audit_log.read(settings.kafka),
        file.head.ends,
        of={row.image_id for row in file.rows()},
        at=at,
        done={msgspec.json.decode(line, type=recomputing.Line).edit_id for line in journal.lines()},
    )
    if file.head.mode == "blobs":
        await _note(recomputing.Examiner(store, workshop, prove=True), some, journal)
        return
    async with app.cleaning(settings) as ready:
        again = recomputing.Again(ready.cleaner, workshop, models.Fillers(ready.client))
        await _note(recomputing.Examiner(store, workshop, prove=file.head.prove, again=again), some, journal)


async def _note(examiner: Examiner, some: Iterator[chain.Edit], journal: Journal) -> None:
    count = 0
    async for line in examiner.examine(some):
        journal.add(line)
        count += 1
        if count % STEP == 0:
            click.echo(f"{count} edits", err=True)


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "nothing"


COMMANDS = [replay]
