"""`cleanplate marks`: what a merchant's pictures bear again and again."""

import click
import msgspec


@click.command()
@click.argument("merchant")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with the image ids.")
def marks(merchant: str, as_json: bool) -> None:
    """List the marks that at least two pictures of a merchant bear, the most repeated first.

    A mark is words at a place; numbers are left open (#). Measures are shares of the picture's shorter side.

    \b
    Example:
      cleanplate marks shop-7
    """
    from infra import settings
    from streams import lookups

    for one in lookups.repeated_marks(settings.load().kafka, merchant):
        if as_json:
            click.echo(msgspec.json.encode(one).decode())
        else:
            mark = one.mark
            place = f"{mark.x_from} {mark.x:.2f}, {mark.y_from} {mark.y:.2f}, height {mark.height:.3f}"
            click.echo(f"{one.pictures:>5} pictures  {place:<40} {mark.pattern}  [{mark.text}]")


COMMANDS = [marks]
