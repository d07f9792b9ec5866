"""`cleanplate rollback`: an earlier state shown again, by a plan."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams import exits
from streams.commands.times import Window, ZonedTime

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from infra.settings import Settings
    from streams.rollback_plans import Plan
    from streams.rolling_back import Journal, OnConflict, Progress

#: Pictures a second unless said otherwise; the time that a plan states is at this rate.
RATE = 200.0
ON_CONFLICT = click.option(
    "--on-conflict",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="What to do about pictures that moved on since the plan.",
)
PLAN = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rollback() -> None:
    """Undo edits: of a picture, a merchant, a delivery, a model version, an hour; with a plan first.

    \b
    Example:
      cleanplate rollback plan --merchant shop-7 --last 2h --out undo.plan
      cleanplate rollback apply undo.plan --actor ann --reason "brand removed"
    """


@rollback.command()
@click.option("--image", "images", multiple=True, help="This picture; may be given again.")
@click.option("--from-file", type=click.Path(exists=True, path_type=Path), help="Pictures: a file of ids, one a line.")
@click.option("--merchant", help="Edits of this merchant's pictures.")
@click.option("--batch", help="Edits of pictures of this delivery.")
@click.option("--model", help="Edits by this model: NAME, NAME@VERSION, or the beginning of its weights' digest.")
@click.option("--policy", help="Edits under this version of the policy.")
@click.option("--code", help="Edits by this version of the code.")
@click.option("--actor", help="What this person decided or rolled back.")
@click.option("--reason", help="Edits for this reason code.")
@click.option("--event", help="The edit that this event caused.")
@click.option("--rollback", "undone", metavar="PLAN_ID", help="What this rollback did: undoes it.")
@click.option("--all", "everything", is_flag=True, help="Every edit; without it the scope must name something.")
@click.option("--since", type=ZonedTime(), help="Only edits committed from this time on; the zone is required.")
@click.option("--until", type=ZonedTime(), help="Only edits committed before this time; the zone is required.")
@click.option("--last", type=Window(), help="Only edits of the last 30m, 2h, 7d, up to now.")
@click.option("--to-original", is_flag=True, help="Show the original, instead of what was shown before the scope.")
@click.option("--to-edit", metavar="EDIT_ID", help="Show the state after this edit.")
@click.option("--include-human", is_flag=True, help="Undo what people decided as well.")
@click.option(
    "--partition",
    "partitions",
    multiple=True,
    type=click.IntRange(0),
    help="Of this partition of the topic alone; may be given again. To share a long log among machines.",
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The plan file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan's header as one JSON object.")
def plan(
    since: datetime | None,
    until: datetime | None,
    last: timedelta | None,
    from_file: Path | None,
    everything: bool,
    partitions: tuple[int, ...],
    out: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Say what a rollback would do, and write it into a file; nothing is changed.

    All that is given must hold for an edit to be undone. A picture then shows what it showed before the first of its
    edits in the scope. Pictures with a newer upload are left alone, and so are those about which a person decided.

    \b
    Example:
      cleanplate rollback plan --merchant shop-7 --last 2h --out undo.plan
    """
    from datetime import UTC, datetime

    from infra import settings as module
    from streams import rollback_plans

    now = datetime.now(UTC)
    if last is not None and (since or until):
        raise click.UsageError("--last is a window of its own: give it alone, or --since and --until")
    if given["to_original"] and given["to_edit"]:
        raise click.UsageError("--to-original and --to-edit are two targets")
    scope, target = _scope(given, from_file, now - last if last else since, now if last else until)
    if not scope.names_something and not everything:
        raise click.UsageError("the scope names nothing: give one of its options, or --all")
    made = rollback_plans.make(module.load(), scope, target, out, now, partitions)
    if as_json:
        click.echo(msgspec.json.encode(made.header))
    else:
        _print(made)


def _scope(given: dict[str, Any], from_file: Path | None, since: datetime | None, until: datetime | None) -> Any:
    from processors.undoing import Scope, Target

    listed = from_file.read_text().split() if from_file else []
    if from_file and not listed:
        raise click.UsageError(f"{from_file} names no picture")
    target = Target(edit_id=given["to_edit"], kind="edit") if given["to_edit"] else Target()
    scope = Scope(
        images=tuple(dict.fromkeys((*given["images"], *listed))),
        rollback=given["undone"],
        since=since.isoformat() if since else None,
        until=until.isoformat() if until else None,
        **{
            name: given[name]
            for name in ("merchant", "batch", "model", "policy", "code", "actor", "reason", "event", "include_human")
        },
    )
    return scope, Target(kind="original") if given["to_original"] else target


def _print(plan: Plan) -> None:
    from itertools import islice

    from processors import undoing

    header, path = plan.header, plan.path
    click.echo(f"read {header.edits} edits of {header.images} pictures")
    count = plan.size
    click.echo(
        f"{count:>8}  to show something else, {header.bytes / 1e6:.1f} MB, {count / RATE:.0f} s at {RATE:.0f} a second"
    )
    for name, number in header.counts.items():
        if name == "unchanged":
            click.echo(f"{number:>8}  show it already")
        elif name != "roll_back":
            click.echo(f"{number:>8}  left alone, {name}: {undoing.MEANINGS[name]}")
    for name, counted in header.strata.items():
        for value, number in counted.items():
            click.echo(f"{number:>8}  {name} {value or '-'}")
    for row in islice(plan.rows(), 10):
        what = f"edit {row.restores_seq}" if row.restores else "the original"
        click.echo(f"          {row.image_id}: after edit {row.seq} show {what} again")
    for one in islice(plan.left(), 10):
        click.echo(f"          {one.image_id}: left alone, {one.why} {one.detail}".rstrip())
    click.echo(f"plan {plan.plan_id} written to {path}; to do it:", err=True)
    click.echo(f"  cleanplate rollback apply {path} --actor YOU --reason WHY", err=True)


@rollback.command()
@click.argument("plan_file", type=PLAN)
@click.option("--actor", required=True, help="Who does this; stands in every record for ever: an id, not a name.")
@click.option("--reason", required=True, help="Why; stands in every record and in the merchants' outcomes.")
@click.option("--rate", default=RATE, show_default=True, type=click.FloatRange(0.01), help="Pictures a second at most.")
@ON_CONFLICT
@click.option("--max-images", type=click.IntRange(1), help="Stop after so many; `resume` goes on.")
def apply(
    plan_file: Path, actor: str, reason: str, rate: float, on_conflict: OnConflict, max_images: int | None
) -> None:
    """Carry out a plan, in batches, while workers go on; ends the same however often it is killed and resumed.

    Exit codes: 0 done, 5 stopped half-way (the first Ctrl-C ends the batch), 6 the plan is stale, was changed, or is
    begun already.

    \b
    Example:
      cleanplate rollback apply undo.plan --actor ann --reason "brand removed" --rate 100
    """
    from datetime import UTC, datetime

    from infra import settings as module
    from streams import plan_files, rollback_plans, rolling_back

    settings = module.load()
    journal = rolling_back.Journal(plan_file)
    plan = rollback_plans.Plan(plan_file)
    with journal.held():
        progress = journal.read()
        if progress is not None and progress.order.plan_id == plan.plan_id:
            if progress.ended:
                click.echo(f"already applied: {_summary(progress)}")
                return
            raise plan_files.PlanFileError(f"begun already: cleanplate rollback resume {plan_file}")
        moved = rolling_back.check(settings, plan, on_conflict)
        if moved:
            click.echo(f"{moved} pictures moved on since the plan and are skipped", err=True)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        progress = journal.begin(rolling_back.Order(plan_id=plan.plan_id, actor=actor, reason=reason, started_at=now))
        _carry_out(settings, plan, journal, progress, rate, on_conflict, max_images)


@rollback.command()
@click.argument("plan_file", type=PLAN)
@click.option("--rate", default=RATE, show_default=True, type=click.FloatRange(0.01), help="Pictures a second at most.")
@ON_CONFLICT
@click.option("--max-images", type=click.IntRange(1), help="Stop after so many; `resume` goes on.")
def resume(plan_file: Path, rate: float, on_conflict: OnConflict, max_images: int | None) -> None:
    """Go on with a plan that was stopped or killed.

    \b
    Example:
      cleanplate rollback resume undo.plan
    """
    from infra import settings as module
    from streams import plan_files, rollback_plans, rolling_back

    journal = rolling_back.Journal(plan_file)
    plan = rollback_plans.Plan(plan_file)
    with journal.held():
        progress = journal.read()
        if progress is None or progress.order.plan_id != plan.plan_id:
            raise plan_files.PlanFileError(f"{plan_file} was not begun: cleanplate rollback apply")
        if progress.ended:
            click.echo(f"already applied: {_summary(progress)}")
            return
        _carry_out(module.load(), plan, journal, progress, rate, on_conflict, max_images)


@rollback.command()
@click.argument("plan_file", type=PLAN)
@click.option("--sample", type=click.IntRange(1), help="Only so many of its pictures, drawn by --seed; else all.")
@click.option("--seed", default=1, show_default=True, help="Which ones --sample draws.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, good ones too.")
def verify(plan_file: Path, sample: int | None, seed: int, as_json: bool) -> None:
    """Check that a rollback is in force: chain, head topic, and the bytes of what is shown; exit code 7 where not.

    \b
    Example:
      cleanplate rollback verify undo.plan
    """
    from collections import Counter

    from infra import object_store
    from infra import settings as module
    from streams import ledger, rollback_checks, rollback_plans

    settings = module.load()
    store = object_store.S3Store(settings.store)
    chains = ledger.Ledger(store, settings.store.edits_bucket)
    counts: Counter[str] = Counter()
    plan = rollback_plans.Plan(plan_file)
    for one in rollback_checks.verify(settings.kafka, store, chains, plan, sample, seed):
        counts[one.verdict] += 1
        if as_json:
            click.echo(msgspec.json.encode(one))
        elif one.verdict not in rollback_checks.GOOD:
            click.echo(f"{one.image_id}: {one.verdict}")
    for verdict, number in sorted(counts.items()):
        click.echo(f"{number:>8}  {verdict}", err=as_json)
    if any(verdict not in rollback_checks.GOOD for verdict in counts):
        sys.exit(exits.VERIFICATION_FAILED)


@rollback.command()
@click.argument("plan_file", type=PLAN, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def status(plan_file: Path | None, as_json: bool) -> None:
    """Say how far a plan is carried out; without a plan, list every rollback that the audit topic knows.

    \b
    Example:
      cleanplate rollback status undo.plan
    """
    from infra import settings as module
    from streams import rollback_checks, rollback_plans, rolling_back

    if plan_file is None:
        for one in rollback_checks.past(module.load().kafka):
            line = f"{one.plan_id}  {one.first}  {one.images:>8} pictures  {one.actor}  {one.reason}"
            click.echo(msgspec.json.encode(one) if as_json else line)
        return
    plan = rollback_plans.Plan(plan_file)
    progress = rolling_back.Journal(plan_file).read()
    planned = plan.size
    state = "not begun" if progress is None else "done" if progress.ended else "begun"
    rows, skipped = (progress.rows, progress.skipped) if progress else (0, {})
    if as_json:
        about = {"plan_id": plan.plan_id, "state": state, "planned": planned, "rows": rows, "skipped": skipped}
        click.echo(msgspec.json.encode(about))
        return
    click.echo(f"plan {plan.plan_id}: {state}, {rows} of {planned} pictures, {len(skipped)} skipped")
    for image_id, why in skipped.items():
        click.echo(f"  {image_id}: {why}")


def _carry_out(
    settings: Settings,
    plan: Plan,
    journal: Journal,
    progress: Progress,
    rate: float,
    on_conflict: OnConflict,
    limit: int | None,
) -> None:
    from infra import kafka, object_store
    from streams import ledger, rolling_back, versions

    stops: list[int] = []

    def stop(number: int, _: object) -> None:
        stops.append(number)
        # A second one ends the process as it is: nothing is lost by that either.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    store = object_store.S3Store(settings.store)
    rolling = rolling_back.RollingBack(
        ledger.Ledger(store, settings.store.edits_bucket),
        kafka.EventWriter(settings.kafka),
        settings.kafka.partitions,
        progress.order,
        versions.code_version(),
    )
    planned = plan.size
    steps = rolling_back.carry_out(
        rolling,
        plan,
        journal,
        progress,
        rate=rate,
        on_conflict=on_conflict,
        stopped=lambda: bool(stops),
        limit=limit,
    )
    with click.progressbar(length=planned, file=sys.stderr, label="rolling back") as bar:
        bar.update(progress.rows)
        shown = progress.rows
        # It is one and the same progress after each batch.
        for _ in steps:
            bar.update(progress.rows - shown)
            shown = progress.rows
    rolling.close()
    click.echo(_summary(progress))
    for image_id, why in progress.skipped.items():
        click.echo(f"  skipped {image_id}: {why}")
    if progress.ended:
        return
    if progress.skipped and on_conflict == "stop":
        click.echo(f"stopped by a conflict: cleanplate rollback resume {plan.path} --on-conflict skip", err=True)
        sys.exit(exits.CONFLICT)
    click.echo(f"stopped after {progress.rows} of {planned}: cleanplate rollback resume {plan.path}", err=True)
    sys.exit(exits.PARTIAL)


def _summary(progress: Progress) -> str:
    return f"{progress.done} pictures rolled back, {len(progress.skipped)} skipped, plan {progress.order.plan_id}"


COMMANDS = [rollback]
