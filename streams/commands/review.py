"""`cleanplate review`: the first review tool."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from processors.errors import UnprocessableEventError
from streams import exits

if TYPE_CHECKING:
    from streams.events import ReviewRequested


@click.group()
def review() -> None:
    """Pictures that a person must judge.

    \b
    Example:
      cleanplate review list
      cleanplate review show TASK --out out
      cleanplate review decide TASK accept --reviewer ann
    """


@review.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_tasks(as_json: bool) -> None:
    """List the open tasks, oldest first.

    \b
    Example:
      cleanplate review list --json
    """
    from infra import settings
    from processors import quality
    from streams import lookups

    for task in lookups.open_tasks(settings.load().kafka):
        if as_json:
            click.echo(msgspec.json.encode(task).decode())
        else:
            texts = " | ".join(region.text for region in task.regions if region.verdict != "keep")
            expected = quality.said(task.metrics or {})
            told = [f"{task.reason}: {task.why}", f"[{texts[:80]}]", *([expected] if expected else [])]
            click.echo("  ".join((task.task_id, task.image_id, *told)))


@review.command()
@click.argument("task_id")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for before, after, mask and heat map as PNG.")
def show(task_id: str, out: Path | None) -> None:
    """Show one task as JSON and, with --out, its pictures.

    \b
    Example:
      cleanplate review show 9f2c41d0be3f2a9c9f2c41d0be3f2a9c --out out
    """
    from infra import object_store
    from infra import settings as module
    from infra.sandbox import Sandbox
    from streams import differences, lookups
    from streams.ledger import Ledger

    settings = module.load()
    task = _task(lookups.open_tasks(settings.kafka), task_id)
    click.echo(msgspec.json.format(msgspec.json.encode(task), indent=2).decode())
    if out is None:
        return
    store = object_store.S3Store(settings.store)
    edit = Ledger(store, settings.store.edits_bucket).read_now(task.image_id).find(task_id)
    if edit is None or edit.result is None:
        click.echo("this task has no proposal to show", err=True)
        return
    with Sandbox(settings.guard, settings.sandbox) as sandbox:
        for path in differences.write(store, sandbox, edit, out):
            click.echo(str(path), err=True)


@review.command()
@click.argument("task_id")
@click.argument("decision", type=click.Choice(["accept", "reject", "mask"]))
@click.option("--mask", "mask_file", type=click.Path(exists=True, path_type=Path), help="PNG, with `mask`: white goes.")
@click.option("--reviewer", required=True, help="Who decides.")
@click.option("--comment", default="", help="Why.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the outcome.")
def decide(task_id: str, decision: str, mask_file: Path | None, reviewer: str, comment: str, wait: bool) -> None:
    """Answer a task: accept the edit, reject it (the original stays, or comes back), or take another mask.

    \b
    Example:
      cleanplate review decide 9f2c41d0be3f2a9c9f2c41d0be3f2a9c reject --reviewer ann --comment "brand on the box"
    """
    from infra import settings as module
    from streams import deciding, lookups

    if (decision == "mask") != (mask_file is not None):
        raise click.UsageError("--mask belongs to the decision `mask`, and to no other")
    settings = module.load()
    task = _task(lookups.open_tasks(settings.kafka), task_id)
    listener = lookups.OutcomeListener(settings.kafka) if wait else None
    event_id = deciding.send(settings, task, decision, reviewer, comment, mask_file)
    if listener is None:
        return
    try:
        outcome = next(listener.wait([event_id], 120.0)).outcome
    finally:
        listener.close()
    click.echo(f"{outcome.status}  {outcome.reason}  {outcome.why}")
    if outcome.status == "superseded":
        sys.exit(exits.CONFLICT)
    if outcome.status == "failed":
        sys.exit(exits.ERROR)


def _task(tasks: list[ReviewRequested], task_id: str) -> ReviewRequested:
    for task in tasks:
        if task.task_id.startswith(task_id):
            return task
    raise UnprocessableEventError("unknown_task", f"no open task {task_id}")


COMMANDS = [review]
