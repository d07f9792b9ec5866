"""`cleanplate up`, `down` and `status`: the local servers."""

import dataclasses
import sys

import click
import msgspec

from processors.errors import ServiceUnavailableError
from streams import exits


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@click.option(
    "--store",
    type=click.Choice(["seaweedfs", "minio"]),
    help="Which S3 store to run; remembered for the next time. At first: seaweedfs.",
)
def up(store: str | None) -> None:
    """Start Kafka, the store and Triton on this machine, and print where they answer.

    What runs already is left alone. Data and logs are kept in CLEANPLATE_HOME (.cleanplate here).

    \b
    Example:
      cleanplate up --store minio
    """
    from infra import settings
    from streams import local

    try:
        kind = msgspec.convert(store, local.Kind | None)
        addresses = local.up(settings.home(), store=kind, report=_tell, buckets=settings.load().store)
    except ServiceUnavailableError as failure:
        raise click.ClickException(str(failure)) from failure
    if addresses.kafka and addresses.store and addresses.triton:
        click.echo(f"kafka      {addresses.kafka.bootstrap}")
        click.echo(f"{addresses.store.kind:<10} {addresses.store.endpoint}")
        click.echo(f"triton     {addresses.triton.url}")


@click.command()
def down() -> None:
    """Stop the local servers, also what is left of killed ones; data and logs are kept.

    \b
    Example:
      cleanplate down
    """
    from infra import settings
    from streams import local

    try:
        local.down(settings.home(), report=_tell)
    except ServiceUnavailableError as failure:
        raise click.ClickException(str(failure)) from failure


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def status(as_json: bool) -> None:
    """Show whether the local servers run and answer; exit code 75 if one does not.

    \b
    Example:
      cleanplate status --json
    """
    from infra import settings
    from streams import local

    states = local.status(settings.home())
    for part in states:
        if as_json:
            click.echo(msgspec.json.encode(dataclasses.asdict(part)).decode())
        else:
            about = f"pid {part.pid}, {part.memory_mb} MB" if part.pid else part.log
            click.echo(f"{part.name:<10} {part.state:<14} {part.address:<16} {about}".rstrip())
    if any(part.state != "ready" for part in states):
        sys.exit(exits.NO_ANSWER)


COMMANDS = [up, down, status]
