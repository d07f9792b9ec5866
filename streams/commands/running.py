"""`cleanplate worker`: the process that does the work."""

import asyncio
import sys

import click


@click.command()
def worker() -> None:
    """Run one worker until SIGTERM or ctrl-C.

    \b
    Example:
      cleanplate worker
      CLEANPLATE_WORKER__HEALTH_PORT=8080 cleanplate worker
    """
    from infra import settings
    from streams import app

    sys.exit(asyncio.run(app.run_worker(settings.load())))


COMMANDS = [worker]
