"""`cleanplate certify`: the certificate from labelled pictures."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from processors.errors import NotEnoughDataError, RiskTooHighError
from streams import exits

if TYPE_CHECKING:
    from infra.settings import Settings
    from processors.calibration import Wording
    from processors.certificates import Certificate, Point
    from streams.certifying import Labelled

#: A promise of less than this is none, and the test is exact up to it.
CHANCE = click.FloatRange(0.0, 0.25, min_open=True)


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The certificate to write.")
@click.option(
    "--alpha", default=0.01, show_default=True, type=CHANCE, help="Share of automatic edits that may be false."
)
@click.option("--delta", default=0.05, show_default=True, type=CHANCE, help="Chance that a bound may be wrong.")
@click.option(
    "--keep-alpha",
    default=0.05,
    show_default=True,
    type=CHANCE,
    help="Share of pictures left alone, though text was found, that may bear an overlay.",
)
@click.option("--policy", default="default", show_default=True, help="Policy of the policy file to measure under.")
@click.option(
    "--results",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Result lines of an earlier `cleanplate clean` of the same pictures, to save time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the certificate as one JSON object.")
def certify(
    data: tuple[Path, ...],
    out: Path,
    alpha: float,
    delta: float,
    keep_alpha: float,
    policy: str,
    results: Path | None,
    as_json: bool,
) -> None:
    """Measure how often automatic edits of labelled pictures are false, and write the certificate that this bears out.

    DATA are folders with an index.csv and, if they have one, a truth.jsonl. Starts Triton if none runs. A run that was
    killed goes on where it was. Exit code 3: errors are too frequent; 4: there are too few pictures, and the text says
    how many more it takes. Then nothing is written.

    \b
    Example:
      cleanplate certify labelled rendered --out certificate.json
    """
    from processors import certificates
    from streams import certifying, labelled, preview_server

    left_out: Counter[str] = Counter()
    pictures = certifying.seen((one for folder in data for one in labelled.read(folder)), left_out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with preview_server.triton(lambda line: click.echo(line, err=True)) as settings:
        asked = _Asked(alpha, delta, keep_alpha, policy, as_json)
        try:
            made = asyncio.run(_certify(settings, pictures, left_out, asked, out, results))
        except NotEnoughDataError as refusal:
            click.echo(f"no certificate: {refusal}", err=True)
            sys.exit(exits.INCONCLUSIVE)
        except RiskTooHighError as refusal:
            click.echo(f"no certificate: {refusal}", err=True)
            sys.exit(exits.GATE_FAILED)
        except certifying.OtherResultsError as problem:
            click.echo(str(problem), err=True)
            sys.exit(exits.VERIFICATION_FAILED)
    out.write_bytes(certificates.encode(made))
    if as_json:
        click.echo(msgspec.json.encode(made, order="deterministic").decode())
    else:
        _show(made)
    click.echo(f"written to {out}", err=True)


class _Asked(msgspec.Struct, frozen=True):
    alpha: float
    delta: float
    keep_alpha: float
    policy: str
    as_json: bool


async def _certify(
    settings: Settings,
    pictures: Sequence[Labelled],
    left_out: Counter[str],
    asked: _Asked,
    out: Path,
    results: Path | None,
) -> Certificate:
    from processors import certificates
    from processors.calibration import Setup
    from streams import app, certifying, routes, standing, versions

    on_trial = standing.OnTrial()
    async with app.cleaning(settings, on_trial) as ready:
        models = certificates.deciders(await ready.models.facts())
        version = routes.version(settings, asked.policy)
        under = certifying.under_digest(versions.code_version(), version, models)
        notebook = certifying.Notebook(out.with_name(f"{out.name}.working.jsonl"), under)
        trial = certifying.Trial(ready.cleaner, on_trial, notebook, asked.policy, _Bar())
        if results is not None:
            earlier = certifying.earlier(results, under, pictures)
            await trial.revisit(pictures, earlier)
            for found in earlier.values():
                notebook.adopt(found)
        setup = Setup(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            policies=(asked.policy,),
            policy_version=version,
            risk_model=routes.router(settings).risk.digest,
            models=models,
            alpha=asked.alpha,
            delta=asked.delta,
            keep_alpha=asked.keep_alpha,
        )

        def tell(wording: Wording, points: Sequence[Point]) -> None:
            _curve(wording, points, as_json=asked.as_json)

        return await certifying.certify(trial, pictures, setup, left_out, tell)


class _Bar:
    """One line on stderr for each stage, and one now and then."""

    def __init__(self) -> None:
        self._all = 0

    def __call__(self, stage: str, left: int) -> None:
        self._all = max(self._all, left) if left else 0
        if left and (left == self._all or left % 100 == 0):
            click.echo(f"{stage}: {left} pictures left", err=True)


def _curve(wording: Wording, points: Sequence[Point], *, as_json: bool) -> None:
    # With --json the curves are in the certificate, and stdout is for that alone.
    click.echo(f"{wording.things}, by threshold", err=as_json)
    rows = [(f"{one.threshold:g}", one.n, one.errors, f"{one.bound:.2%}") for one in points if one.n]
    _table(("threshold", "n", "wrong", "bound"), rows, err=as_json)


def _show(made: Certificate) -> None:
    click.echo(f"\ncertificate {made.id}, {made.pictures} pictures, policy {', '.join(made.policies)}")
    click.echo(
        f"  removed up to risk {made.risk_max:g}: {made.errors} of {made.n} automatic edits false, at most "
        f"{made.bound:.2%} with {1 - made.delta:.0%} confidence (asked for: {made.alpha:.2%})"
    )
    alone = made.left_alone
    click.echo(
        f"  left alone from risk {made.keep_min:g}: {alone.missed} of {alone.n} pictures with text bear an overlay, at "
        f"most {alone.bound:.2%} (asked for: {alone.alpha:.2%})"
    )
    click.echo()
    _table(
        ("", "n", "wrong", "bound"),
        [
            ("real pictures", made.real.n, made.real.errors, f"{made.real.bound:.2%}"),
            ("rendered pictures", made.rendered.n, made.rendered.errors, f"{made.rendered.bound:.2%}"),
            ("left alone whatever the risk", alone.silent.n, alone.silent.errors, f"{alone.silent.bound:.2%}"),
            ("overlays left alone", alone.overlays.n, alone.overlays.errors, f"{alone.overlays.bound:.2%}"),
        ],
    )
    click.echo()
    strata = [
        (one.by, one.value, "rendered" if one.rendered else "real", one.n, one.errors, f"{one.bound:.2%}")
        for one in made.strata
    ]
    _table(("stratum", "", "", "n", "wrong", "bound"), strata)
    click.echo("\nnot covered:")
    for sentence in made.not_covered:
        click.echo(f"  - {sentence}")
    if made.left_out:
        click.echo(f"left out: {', '.join(f'{count} {reason}' for reason, count in made.left_out.items())}")


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]], *, err: bool = False) -> None:
    """Columns of one width each; numbers to the right."""
    cells = [head, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    words = len(head) - 3
    for row in cells:
        sides = (cell.ljust(width) for cell, width in zip(row[:words], widths[:words], strict=True))
        numbers = (cell.rjust(width) for cell, width in zip(row[words:], widths[words:], strict=True))
        click.echo(f"  {'  '.join((*sides, *numbers))}".rstrip(), err=err)


COMMANDS = [certify]
