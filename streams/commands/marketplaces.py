"""The options that say whose rules hold for pictures, and what the catalog says of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from processors.policies import DEFAULT, ROLES
from processors.records import MARKETPLACE

if TYPE_CHECKING:
    from streams.record_files import RecordFile


def _checked(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not re.fullmatch(MARKETPLACE, name):
        raise click.BadParameter("a marketplace has small letters, digits and `-` only, at most 64")
    return name


def marketplace_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--marketplace`, `--role` and `--record`."""
    options = (
        click.option(
            "--marketplace",
            default=DEFAULT,
            show_default=True,
            callback=_checked,
            help="Whose rules hold: a policy, see cleanplate policies.",
        ),
        click.option("--role", type=click.Choice(ROLES), default="main", show_default=True, help="What they are for."),
        click.option(
            "--record",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Catalog records by file, JSON or CSV: their words are never removed.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def tell_unused(records: RecordFile) -> None:
    """Say on stderr which records had no picture, for that is how a wrong name shows."""
    if unused := records.unused:
        more = f" and {len(unused) - 1} more" if len(unused) > 1 else ""
        click.echo(f"no picture is called like the record of {unused[0]}{more}", err=True)
