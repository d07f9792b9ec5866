"""The command line: `cleanplate COMMAND`. A command parses, calls one function, prints."""

import sys

import click

from processors.errors import ConflictError, PipelineError, ServiceUnavailableError
from streams import exits
from streams.commands import (
    audit,
    certify,
    checking,
    dlq,
    erase,
    evaluate,
    labels,
    local,
    marks,
    models,
    originals,
    pictures,
    preview,
    repair,
    replay,
    review,
    risk,
    rollback,
    running,
    setup,
)


class _Cleanplate(click.Group):
    """Turns the failures that we know by name into one line and an exit code."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except ServiceUnavailableError as problem:
            click.echo(f"{problem} (cleanplate status and cleanplate doctor say more)", err=True)
            sys.exit(exits.NO_ANSWER)
        except ConflictError as problem:
            click.echo(str(problem), err=True)
            sys.exit(exits.CONFLICT)
        except PipelineError as problem:
            click.echo(str(problem), err=True)
            sys.exit(exits.ERROR)


@click.group(cls=_Cleanplate, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cleanplate")
def main() -> None:
    """Remove text laid over catalog pictures: tested, staged, audited, reversible.

    Results go to stdout (--json: one object a line), progress to stderr. Exit codes: 0 done, 1 error, 2 usage,
    3 gate failed, 4 inconclusive, 5 partial and resumable, 6 conflict, 7 verification failed,
    75 a service does not answer.
    """


for _module in (
    *(
        local,
        checking,
        setup,
        models,
        running,
        pictures,
        marks,
        preview,
        certify,
        evaluate,
        review,
        labels,
        risk,
        audit,
        rollback,
        originals,
        erase,
        dlq,
        repair,
        replay,
    ),
):
    for _command in _module.COMMANDS:
        main.add_command(_command)


if __name__ == "__main__":
    main()
