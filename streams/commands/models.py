"""`cleanplate models`: inpainting networks that an operator adds to those that are shipped."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

if TYPE_CHECKING:
    from inference.heavy import Added


@click.group()
def models() -> None:
    """Inpainting models that you add: LaMa or MI-GAN, from a file (see docs/models.md).

    \b
    Example:
      cleanplate models add lama_fp32.onnx
      cleanplate models list
    """


@models.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Under which settings and records name it; by default lama or migan.")
@click.option("--sha256", metavar="HEX", help="The digest that its publisher gives; needed where it is not known here.")
@click.option("--unverified", is_flag=True, help="Take a file whose digest nobody vouches for.")
def add(file: Path, name: str | None, sha256: str | None, unverified: bool) -> None:
    """Check a model and keep it, to be served from the next `cleanplate up` on.

    Looks at its digest, then asks it about a known picture in a process of its own: size, range, channel order and
    polarity of the mask must be as its inputs promise. Exit code 1 if it is not taken; the message says why.

    \b
    Example:
      cleanplate models add lama_fp32.onnx
      cleanplate models add migan_pipeline_v2.onnx --sha256 0123…
    """
    from inference import heavy
    from infra import server_programs, settings

    environment = server_programs.Servers(server_programs.cache_folder()).triton_env
    folder = settings.home() / "models"
    python = environment / "bin" / "python3"
    click.echo("the file is looked at, and the model asked about a known picture: this may take a minute", err=True)
    added = heavy.add(folder, file, python, name=name, sha256=sha256, unverified=unverified)
    click.echo(_line(added))
    click.echo(
        f"kept in {added.path.parent}; cleanplate up serves it, CLEANPLATE_INPAINT__TEXTURED={added.name} chooses it",
        err=True,
    )


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(as_json: bool) -> None:
    """Show the models that were added.

    \b
    Example:
      cleanplate models list --json
    """
    from inference import heavy
    from infra import settings

    found = heavy.every(settings.home() / "models")
    for one in found:
        click.echo(msgspec.json.encode(one, enc_hook=str).decode() if as_json else _line(one))
    if not found and not as_json:
        click.echo("none was added; the learned engine of this version, own, fills what is textured")


@models.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a model and delete its file; exit code 1 if the settings choose it.

    \b
    Example:
      cleanplate models remove lama
    """
    from inference import heavy
    from infra import settings

    if settings.load().inpaint.textured == name:
        raise click.ClickException(f"CLEANPLATE_INPAINT__TEXTURED is {name}: choose another engine first")
    heavy.remove(settings.home() / "models", name)
    click.echo(f"{name} is removed; the next cleanplate up starts Triton without it")


def _line(added: "Added") -> str:
    vouched = "" if added.verified else "  unverified"
    about = f"{added.convention:<15} {added.size / 1e6:6.1f} MB  {added.seconds:5.2f} s a crop  {added.sha256}"
    return f"{added.name:<12} {about}{vouched}"


COMMANDS = [models]
