"""`cleanplate dlq`: events that could not be processed, and what to do with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streams.dead_letters import Found


@click.group()
def dlq() -> None:
    """Dead letters: events that could not be processed.

    \b
    Example:
      cleanplate dlq list
      cleanplate dlq retry 3-17 --reason "object was uploaded late"
    """


@dlq.command(name="list")
@click.option("--reason", help="Only letters with this reason code.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_letters(reason: str | None, as_json: bool) -> None:
    """List letters that nobody has retried or dropped, oldest first.

    \b
    Example:
      cleanplate dlq list --reason object_missing
    """
    for letter in _letters():
        facts = _facts(letter)
        if reason is not None and facts["reason"] != reason:
            continue
        if as_json:
            click.echo(json.dumps(facts))
        else:
            click.echo(f"{facts['id']:<10} {facts['reason']:<18} {facts['from']:<40} {facts['detail'][:100]}")


@dlq.command()
@click.argument("letter_id")
def show(letter_id: str) -> None:
    """Show a letter: its reason, trace, headers and original bytes.

    \b
    Example:
      cleanplate dlq show 3-17
    """
    letter = _letter(letter_id)
    value = letter.record.value or b""
    headers = {name: content.decode("utf-8", "replace") for name, content in letter.original_headers}
    about = {**_facts(letter), "trace": letter.told("__connect.errors.exception.stacktrace"), "headers": headers}
    click.echo(json.dumps({**about, "value": value.decode("utf-8", "replace")}, indent=2, ensure_ascii=False))


@dlq.command()
@click.argument("letter_id")
@click.option("--reason", required=True, help="Why it should succeed now.")
def retry(letter_id: str, reason: str) -> None:
    """Send the original record again, byte for byte, to the topic it came from.

    \b
    Example:
      cleanplate dlq retry 3-17 --reason "object was uploaded late"
    """
    _resolve(letter_id, "retried", reason)


@dlq.command()
@click.argument("letter_id")
@click.option("--reason", required=True, help="Why it can be let go.")
def drop(letter_id: str, reason: str) -> None:
    """Let a letter go: it is listed no more, and stays in the topic until that forgets it.

    \b
    Example:
      cleanplate dlq drop 3-17 --reason "test traffic"
    """
    _resolve(letter_id, "dropped", reason)


def _resolve(letter_id: str, how: str, reason: str) -> None:
    from infra import settings as module
    from infra.kafka import EventWriter
    from streams import dead_letters, topics

    letter = _letter(letter_id)
    writer = EventWriter(module.load().kafka)
    record = letter.record
    if how == "retried":
        writer.send(
            letter.told(dead_letters.TOPIC),
            key=record.key,
            value=record.value,
            headers=letter.original_headers,
            partition=int(letter.told(dead_letters.PARTITION)),
            keyless=True,
        )
        # First the event, then the word that it was sent: twice is harmless, lost is not.
        writer.flush()
    writer.send(
        topics.DEAD_LETTERS.name,
        key=record.key,
        value=None,
        headers=dead_letters.resolution(letter, how, reason),
        partition=record.partition,
        keyless=True,
    )
    writer.flush()
    click.echo(f"{how}  {letter.id}")


def _letters() -> list[Found]:
    from infra import settings
    from infra.kafka import read_log
    from streams import dead_letters, topics

    return list(dead_letters.unresolved(read_log(settings.load().kafka, topics.DEAD_LETTERS.name)))


def _letter(letter_id: str) -> Found:
    for letter in _letters():
        if letter.id == letter_id:
            return letter
    raise click.ClickException(f"there is no open letter {letter_id}")


def _facts(letter: Found) -> dict[str, str]:
    from streams import dead_letters

    source = ":".join(letter.told(name) for name in (dead_letters.TOPIC, dead_letters.PARTITION, dead_letters.OFFSET))
    return {
        "id": letter.id,
        "reason": letter.told(dead_letters.REASON),
        "detail": letter.told(dead_letters.MESSAGE),
        "from": source,
        "failed_at": letter.told(dead_letters.FIRST_FAILED),
        "key": (letter.record.key or b"").decode("utf-8", "replace"),
    }


COMMANDS = [dlq]
