"""`cleanplate evaluate`: figures on labelled pictures, and a page with the pictures behind every error."""

from __future__ import annotations

import asyncio
import contextlib
import logging.config
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits

if TYPE_CHECKING:
    from infra.settings import Settings
    from streams.evaluating import Evaluation
    from streams.previewing import ResultLine, Work
    from streams.risk_curve import Threshold


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for a page with the pictures.")
@click.option(
    "--results",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judge these lines of `cleanplate clean` instead of running the pictures.",
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Mark the threshold of this certificate on the curve; else that of the settings, else that of this run.",
)
@click.option("--by", default="label", show_default=True, help="Columns to print groups of, with commas between.")
@click.option("--require", multiple=True, metavar="GATE", help="What must hold, e.g. real.false_edit.hi<=0.02.")
@click.option("--no-records", is_flag=True, help="Decide without the catalog records of truth.jsonl.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def evaluate(
    folders: tuple[Path, ...],
    out: Path | None,
    results: Path | None,
    certificate: Path | None,
    by: str,
    require: tuple[str, ...],
    no_records: bool,
    as_json: bool,
) -> None:
    """Judge what is done to labelled pictures: false edits, recall, review load, with exact intervals.

    A folder holds index.csv and, where lines are known, truth.jsonl (docs/evaluation.md). Starts Triton if none runs.
    Exit code 3 if a --require is not met, 4 if there are too few pictures to tell.

    \b
    Example:
      cleanplate evaluate examples/catalog --out out/evaluation
      cleanplate evaluate pictures --results out/results.jsonl --require 'false_edit.hi<=0.02'
    """
    from processors import gates
    from streams import evaluating, evaluation_table

    columns = [column for column in by.split(",") if column]
    if strange := [column for column in columns if column not in evaluating.COLUMNS]:
        raise click.UsageError(f"--by {strange[0]}: the columns are {', '.join(evaluating.COLUMNS)}")
    asked = [gates.parse(text) for text in require]
    certified = _certified(certificate)
    if results is not None:
        evaluation = _judged(folders, results, certified)
    else:
        evaluation = _run(folders, out, certified, with_records=not no_records)
    checked = [one for gate in asked for one in gates.check(gate, evaluation.parts)]
    if as_json:
        click.echo(msgspec.json.encode({**evaluating.as_data(evaluation), "gates": checked}))
    else:
        click.echo("\n".join(evaluation_table.lines(evaluation, columns, checked)))
    if out is not None:
        _page(evaluation, out)
    verdicts = {one.verdict for one in checked}
    if "not met" in verdicts:
        sys.exit(exits.GATE_FAILED)
    if "inconclusive" in verdicts:
        sys.exit(exits.INCONCLUSIVE)


def _certified(certificate: Path | None) -> Threshold | None:
    from infra import settings as module
    from processors.certificates import CertificateError
    from streams import evaluating

    if certificate is not None:
        return evaluating.threshold_of(module.CertificateSettings(file=str(certificate)))
    try:
        return evaluating.threshold_of(module.load().certificate)
    except CertificateError:
        return None


def _judged(folders: tuple[Path, ...], results: Path, certified: Threshold | None) -> Evaluation:
    from streams import evaluating, previewing

    pictures = evaluating.labels(folders)
    lines, strangers = evaluating.matched(pictures, previewing.read_lines(results))
    if strangers:
        named = evaluating.some(strangers)
        click.echo(f"{len(strangers)} result lines are about files that no index.csv names: {named}", err=True)
    return evaluating.evaluate(folders, pictures, lines, results.parent, strangers, certified)


def _run(folders: tuple[Path, ...], out: Path | None, certified: Threshold | None, *, with_records: bool) -> Evaluation:
    from streams import evaluating, preview_server

    pictures = evaluating.labels(folders)
    with contextlib.ExitStack() as kept:
        folder = out or Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="cleanplate-evaluate-")))
        work = evaluating.work_of(pictures, folder / "edits", with_records=with_records)
        folder.mkdir(parents=True, exist_ok=True)
        settings = kept.enter_context(preview_server.triton(lambda line: click.echo(line, err=True)))
        lines = asyncio.run(_lines(settings, work, folder / "results.jsonl"))
        return evaluating.evaluate(folders, pictures, lines, folder, certified=certified)


async def _lines(settings: Settings, work: list[Work], results: Path) -> list[ResultLine]:
    from infra import logs
    from streams import app, evaluating

    # To stderr: stdout is for the figures.
    logging.config.dictConfig(logs.configure(settings.log.level, settings.log.format))
    lines = []
    async with app.cleaning(settings) as ready:
        with click.progressbar(length=len(work), label="evaluating", file=sys.stderr) as bar:
            async for line in evaluating.run(ready.cleaner, work, results):
                lines.append(line)
                bar.update(1)
    return lines


def _page(evaluation: Evaluation, out: Path) -> None:
    from infra import settings as module
    from infra.sandbox import Sandbox
    from streams import evaluation_page

    settings = module.load()
    out.mkdir(parents=True, exist_ok=True)
    with Sandbox(settings.guard, settings.sandbox) as sandbox:
        path = evaluation_page.write(evaluation, out, sandbox.decode_blocking)
    click.echo(f"the pictures behind the errors: {path}", err=True)


COMMANDS = [evaluate]
