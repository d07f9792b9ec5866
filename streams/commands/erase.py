"""`cleanplate erase`: pictures that must go on a legal request, with everything that is kept of them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits

if TYPE_CHECKING:
    from infra.settings import Settings
    from streams.erasure_plans import Plan

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def erase() -> None:
    """Erase pictures on a legal request: chain, files, records and keys; with a plan first.

    \b
    Example:
      cleanplate erase plan sku-1 --out erase.plan
      cleanplate erase apply erase.plan --actor ann --reason "request 4711" --key audit.key
      cleanplate erase verify erase.plan
    """


@erase.command()
@click.argument("images", metavar="[IMAGE]...", nargs=-1)
@click.option("--merchant", help="All pictures that ever were this merchant's.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The plan file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each picture.")
def plan(images: tuple[str, ...], merchant: str | None, out: Path, as_json: bool) -> None:
    """Find all that is kept of pictures, and write it into a file; nothing is changed.

    Content that other pictures have as well stays, and is named. Exit code 6 if a picture that is asked for is unknown.

    \b
    Example:
      cleanplate erase plan --merchant shop-7 --out erase.plan
    """
    import secrets
    from datetime import UTC, datetime

    from infra import kafka, object_store
    from infra import settings as module
    from streams import audit_log, erasure_plans

    if not images and not merchant:
        raise click.UsageError("name pictures, or a --merchant")
    settings = module.load()
    made = erasure_plans.make(
        images,
        merchant,
        log=audit_log.Topic(settings.kafka),
        read=partial(kafka.read_log, settings.kafka),
        store=object_store.S3Store(settings.store.for_operators),
        settings=settings.store,
        cluster=kafka.KafkaAdmin(settings.kafka).cluster_id(),
        salt=secrets.token_hex(16),
        now=datetime.now(UTC),
    )
    erasure_plans.write(made, out)
    for one in made.subjects:
        if as_json:
            click.echo(msgspec.json.encode(one).decode())
            continue
        click.echo(
            f"{one.image_id}: {len(one.edit_ids)} edits, {len(one.blobs)} files, {len(one.versions)} uploads, "
            f"{len(one.marks)} marks"
        )
        for place in one.shared:
            click.echo(f"    stays, other pictures have it too: {place.bucket}/{place.key}")
        for place in one.elsewhere:
            click.echo(f"    not ours to delete: {place.bucket}/{place.key}")
    for image_id in made.unknown:
        click.echo(f"{image_id}: nothing is known of it", err=True)
    click.echo(f"{out}: {len(made.subjects)} pictures; the file names them: destroy it after the last verify", err=True)
    if made.unknown:
        sys.exit(exits.CONFLICT)


@erase.command()
@click.argument("plan_file", type=_FILE)
@click.option("--actor", required=True, help="Who erases; is signed and kept.")
@click.option("--reason", required=True, help="Why, e.g. the request's number; is signed and kept: name no person.")
@click.option("--key", type=_FILE, help="The private key that signs digests; needed where there are any.")
def apply(plan_file: Path, actor: str, reason: str, key: Path | None) -> None:
    """Erase what a plan names, for ever. The same command again goes on after a crash.

    Takes the operator's keys of the store: originals are locked. Exit code 6 if a picture got edits since the plan.

    \b
    Example:
      cleanplate erase apply erase.plan --actor ann --reason "request 4711" --key audit.key
    """
    from infra import kafka, object_store, signing
    from infra import settings as module
    from streams import audit_log, digests, erasing

    settings = module.load()
    planned = _read(plan_file, settings)
    store = object_store.S3Store(settings.store.for_operators)
    tools = erasing.Tools(
        store=store,
        settings=settings.store,
        shelf=digests.Shelf(store, settings.store.digests_bucket),
        log=audit_log.Topic(settings.kafka),
        writer=kafka.EventWriter(settings.kafka),
        partitions=settings.kafka.partitions,
    )
    private = signing.private_from(key) if key else None
    for what, count in sorted(erasing.carry_out(tools, planned, erasing.Order(actor, reason), private).items()):
        click.echo(f"{count:>8}  {what}")


@erase.command()
@click.argument("plan_file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def verify(plan_file: Path, as_json: bool) -> None:
    """Show what is left of erased pictures, in the store and in every topic.

    Exit code 0: nothing. 4: only what Kafka has not cleaned away yet; the time at which it is gone at the latest is
    said, given that records come in. 7: something is not erased.

    \b
    Example:
      cleanplate erase verify erase.plan
    """
    from infra import kafka, object_store
    from infra import settings as module
    from streams import audit_log, erasing, erasure_checks, erasure_plans

    settings = module.load()
    planned = _read(plan_file, settings)
    places = {place for one in planned.subjects for place in erasing.places(one)}
    left = list(
        erasure_checks.verify(
            planned,
            read=partial(kafka.read_log, settings.kafka),
            store=object_store.S3Store(settings.store.for_operators),
            settings=settings.store,
            common=erasure_plans.shared(audit_log.Topic(settings.kafka), planned.keys, places),
        )
    )
    for one in left:
        until = f", at the latest until {one.until:%Y-%m-%dT%H:%MZ}" if one.until else ""
        click.echo(msgspec.json.encode(one).decode() if as_json else f"{one.state:<8} {one.where}{until}")
    there = sum(one.state == "there" for one in left)
    if there:
        click.echo(f"not erased: {there} things are still there", err=True)
        sys.exit(exits.VERIFICATION_FAILED)
    if left:
        click.echo("erased, and not yet cleaned away by Kafka", err=True)
        sys.exit(exits.INCONCLUSIVE)
    click.echo(f"nothing is left of {len(planned.subjects)} pictures", err=True)


def _read(plan_file: Path, settings: Settings) -> Plan:
    from infra import kafka
    from streams import erasure_plans

    planned = erasure_plans.read(plan_file)
    cluster = kafka.KafkaAdmin(settings.kafka).cluster_id()
    if (planned.cluster, planned.bucket) != (cluster, settings.store.edits_bucket):
        raise erasure_plans.ErasurePlanError(f"{plan_file}: made for cluster {planned.cluster}: not this one")
    return planned


COMMANDS = [erase]
