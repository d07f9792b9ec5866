"""`cleanplate labels`: what people answered, as labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.commands.times import Time

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime

    from streams.exporting import Exported


@click.group()
def labels() -> None:
    """Labelled data from people's answers.

    \b
    Example:
      cleanplate labels export --out labelled
    """


@labels.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write.")
@click.option("--since", type=Time(), help="Only answers from this day or time on.")
@click.option("--until", type=Time(), help="Only answers before this day or time.")
@click.option("--images/--no-images", default=True, show_default=True, help="With the originals, or the lists alone.")
def export(out: Path, since: datetime | None, until: datetime | None, images: bool) -> None:
    """Write people's answers as a labelled folder, ready for `cleanplate certify`.

    One picture a row, the newest answer counts. Pictures about which answers contradict each other are named and left
    out. The same answers give the same bytes again; pictures that are there already are not fetched again.

    \b
    Example:
      cleanplate labels export --out labelled --since 2026-11-01
    """
    from infra import object_store
    from infra import settings as module
    from streams import answers, exporting

    settings = module.load()
    store = object_store.S3Store(settings.store)
    done = exporting.export(store, answers.read(settings.kafka), out, since=since, until=until, images=images)
    _show(done)
    click.echo(f"written to {out}, {done.fetched} pictures fetched", err=True)


def _show(done: Exported) -> None:
    click.echo(f"{done.labels.total()} pictures: {_counts(done.labels) or 'none'}")
    click.echo(f"  by answers to: {_counts(done.sources) or 'none'}")
    if done.repeated:
        click.echo(f"  said again of the same picture: {done.repeated} answers")
    if done.left_out:
        click.echo(f"  left out: {_counts(done.left_out)}")
    if done.contradicting:
        click.echo(f"  contradicting, left out: {len(done.contradicting)} pictures")
        for digest, said in done.contradicting.items():
            click.echo(f"    {digest}  {' | '.join(said)}")


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


COMMANDS = [labels]
