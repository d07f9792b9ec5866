"""`cleanplate submit`, `reconcile`, `history`, `show` and `diff`: pictures in, and what became of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits
from streams.commands.marketplaces import marketplace_options, tell_unused
from streams.commands.times import ZonedTime

if TYPE_CHECKING:
    from datetime import datetime

    from processors import chain
    from processors.records import Role


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--merchant", help="Merchant id to note with each picture.")
@click.option("--batch", help="Id of the delivery that they belong to, to roll it back as a whole one day.")
@marketplace_options
@click.option("--wait", is_flag=True, help="Wait for the outcomes and print them.")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait for all outcomes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def submit(
    paths: tuple[Path, ...],
    merchant: str | None,
    batch: str | None,
    marketplace: str,
    role: Role,
    record: Path | None,
    wait: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Upload pictures into the incoming bucket and send an event for each.

    \b
    Example:
      cleanplate submit examples/catalog --wait
      cleanplate submit pictures --marketplace amazon --role additional --record products.csv
    """
    from infra import settings as module
    from streams import lookups, record_files, submitting

    settings = module.load()
    records = record_files.read(record) if record else record_files.NONE
    listener = lookups.OutcomeListener(settings.kafka) if wait else None
    submitter = submitting.Submitter(settings)
    sent = {}
    for path, key in submitting.files_of(paths):
        told = submitting.Told(merchant, records.of(path.as_posix(), key), role, marketplace, batch)
        one = submitter.submit(path, key, told)
        sent[one.event_id] = one
        if listener is None:
            click.echo(_json(one) if as_json else f"submitted  {one.image_id}  {one.path}")
    submitter.flush()
    tell_unused(records)
    if listener is None:
        return
    try:
        for awaited in listener.wait(sent, timeout):
            outcome = awaited.outcome
            if as_json:
                click.echo(msgspec.json.encode(outcome).decode())
            else:
                path = sent[outcome.event_id].path
                click.echo(f"{outcome.status:<10} {outcome.reason:<22} {path}  {outcome.why}")
    finally:
        listener.close()


@click.command()
@click.option("--apply", "act", is_flag=True, help="Send the events; without it only show them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def reconcile(act: bool, as_json: bool) -> None:
    """Compare the incoming bucket with the heads and tell of what was missed.

    For stores without bucket notifications, and for notifications that were lost.

    \b
    Example:
      cleanplate reconcile --apply
    """
    from infra import settings as module
    from streams import reconciling

    settings = module.load()
    missed = reconciling.missed(settings)
    for one in missed:
        click.echo(_json(one) if as_json else f"{one.event_name:<36} {one.reference.bucket}/{one.reference.key}")
    if act:
        reconciling.tell(settings, missed)
    click.echo(f"{len(missed)} events {'sent' if act else 'to send; run again with --apply to send them'}", err=True)


AT = click.option("--at", type=ZonedTime(), help="As it was at this time, e.g. 2026-11-25T02:00:00+01:00.")


@click.command()
@click.argument("image")
@AT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: the whole records.")
def history(image: str, at: datetime | None, as_json: bool) -> None:
    """Show the chain of a picture, oldest edit first: when, what, shown before and after, who, why.

    \b
    Example:
      cleanplate history catalog-red-dress-3f2a9c41d0be --at 2026-11-25T02:00:00+01:00
    """
    from streams import histories

    edits = _chain(image, at)
    if as_json:
        for edit in edits:
            click.echo(msgspec.json.encode(edit).decode())
        return
    for row in histories.rows(edits):
        click.echo(histories.text(row))


@click.command()
@click.argument("image")
@click.option("--seq", type=int, help="Which edit; the last one unless given.")
@AT
def show(image: str, seq: int | None, at: datetime | None) -> None:
    """Show everything known about one edit of a picture, as JSON.

    \b
    Example:
      cleanplate show catalog-red-dress-3f2a9c41d0be --seq 1
    """
    click.echo(msgspec.json.format(msgspec.json.encode(_edit(image, seq, at)), indent=2).decode())


@click.command()
@click.argument("image")
@click.option("--seq", type=int, help="Which edit; the last one unless given.")
@AT
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Folder to write to."
)
def diff(image: str, seq: int | None, at: datetime | None, out: Path) -> None:
    """Write before, after, mask and heat map of an edit as PNG files, and check its patch.

    The patch must turn the stored original into the stored result, and back; exit code 7 where it does not.

    \b
    Example:
      cleanplate diff catalog-red-dress-3f2a9c41d0be --out out
    """
    from infra import object_store
    from infra import settings as module
    from infra.sandbox import Sandbox
    from processors.patches import PatchError
    from streams import differences

    edit = _edit(image, seq, at)
    if edit.result is None:
        click.echo(f"edit {edit.seq} ({edit.kind}) changed nothing", err=True)
        sys.exit(exits.ERROR)
    settings = module.load()
    store = object_store.S3Store(settings.store)
    with Sandbox(settings.guard, settings.sandbox) as sandbox:
        for path in differences.write(store, sandbox, edit, out):
            click.echo(str(path))
        try:
            click.echo(differences.proof(store, sandbox, edit), err=True)
        except PatchError as problem:
            click.echo(f"the patch of edit {edit.seq} does not hold: {problem}", err=True)
            sys.exit(exits.VERIFICATION_FAILED)


def _chain(image: str, at: datetime | None = None) -> tuple[chain.Edit, ...]:
    from infra import object_store
    from infra import settings as module
    from streams import histories, ledger

    settings = module.load()
    found = ledger.Ledger(object_store.S3Store(settings.store), settings.store.edits_bucket).read_now(image).edits
    if not found:
        raise click.ClickException(f"{image}: there is no such picture")
    if at is not None and not (found := histories.at_time(found, at)):
        raise click.ClickException(f"{image}: there was no such picture at {at.isoformat()}")
    return found


def _edit(image: str, seq: int | None, at: datetime | None) -> chain.Edit:
    edits = _chain(image, at)
    if seq is None:
        return edits[-1]
    if not 1 <= seq <= len(edits):
        raise click.ClickException(f"{image} has edits 1 to {len(edits)}" + (" by then" if at else ""))
    return edits[seq - 1]


def _json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


COMMANDS = [submit, reconcile, history, show, diff]
