"""`cleanplate doctor`: what is wrong, and what to do about it."""

import sys

import click
import msgspec

from streams import exits


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def doctor(as_json: bool) -> None:
    """Check brokers, topics, the store's promises, models, the certificate, clocks and workers, with advice on each.

    Exit code 0 when all is well or only warnings were found, 7 when something is wrong, 75 when a service does not
    answer.

    \b
    Example:
      cleanplate doctor
    """
    from infra import settings
    from streams import doctor as module

    levels = set()
    for finding in module.examine(settings.load()):
        levels.add(finding.level)
        if as_json:
            click.echo(msgspec.json.encode(finding).decode())
        else:
            click.echo(f"{finding.level:<10} {finding.check}: {finding.found}")
            if finding.advice:
                click.echo(f"{'':<10}   → {finding.advice}")
    if "no answer" in levels:
        sys.exit(exits.NO_ANSWER)
    if "fail" in levels:
        sys.exit(exits.VERIFICATION_FAILED)


COMMANDS = [doctor]
