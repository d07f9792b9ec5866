"""Dead letters: the original record untouched, and in its headers why it could not be processed.

The header names are Kafka Connect's (`__connect.errors.*`), which most tools read, and three of ours. A letter that
an operator has retried or dropped is answered by a resolution record in the same topic.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.kafka import Record

MAX_TRACE, MAX_DETAIL = 8000, 2000
TOPIC, PARTITION, OFFSET = (f"__connect.errors.{name}" for name in ("topic", "partition", "offset"))
MESSAGE, TRACE = "__connect.errors.exception.message", "__connect.errors.exception.stacktrace"
REASON, FIRST_FAILED = "x-error-reason", "x-first-failed-at"
RESOLVES, RESOLUTION, RESOLVED_WHY = "x-resolves", "x-resolution", "x-resolution-reason"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to the dead-letter topic."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    #: as in the source topic, so that the letters of one image stay together
    partition: int


def letter_for(message: Any, reason: str, detail: str, trace: str = "") -> Letter:
    """The letter for a Faust message that cannot be processed; the time is that of the record, not of the failure."""
    told = {
        TOPIC: message.topic,
        PARTITION: str(message.partition),
        OFFSET: str(message.offset),
        REASON: reason,
        MESSAGE: detail[:MAX_DETAIL],
        FIRST_FAILED: _moment(message.timestamp),
    }
    if trace:
        told[TRACE] = trace[-MAX_TRACE:]
    original = tuple((name, _bytes(content)) for name, content in (message.headers or []))
    return Letter(
        key=message.key,
        value=message.value,
        headers=(*original, *((name, text.encode("utf-8", "replace")) for name, text in told.items())),
        partition=message.partition,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A letter in the topic that nobody has retried or dropped yet."""

    id: str
    record: Record

    def told(self, name: str) -> str:
        """The last header of that name, as text; empty where there is none."""
        values = [content for header, content in self.record.headers if header == name]
        return values[-1].decode("utf-8", "replace") if values else ""

    @property
    def original_headers(self) -> list[tuple[str, bytes]]:
        """The source record's own headers: all before the first of ours."""
        names = [name for name, _ in self.record.headers]
        cut = max(index for index, name in enumerate(names) if name == TOPIC)
        return list(self.record.headers[:cut])


def unresolved(records: Iterable[Record]) -> Iterator[Found]:
    """Letters of the topic, oldest first, without those that a resolution record answers."""
    letters: dict[str, Found] = {}
    resolved: set[str] = set()
    for record in records:
        headers = dict(record.headers)
        if RESOLVES in headers and TOPIC not in headers:
            resolved.add(headers[RESOLVES].decode("utf-8", "replace"))
        elif TOPIC in headers:
            found = Found(f"{record.partition}-{record.offset}", record)
            letters[found.id] = found
    yield from (
        found
        for found in sorted(letters.values(), key=lambda letter: letter.record.timestamp_ms)
        if found.id not in resolved
    )


def resolution(letter: Found, how: str, why: str) -> list[tuple[str, bytes]]:
    """Headers of the record that says a letter was dealt with; `how` is `retried` or `dropped`."""
    return [(RESOLVES, letter.id.encode()), (RESOLUTION, how.encode()), (RESOLVED_WHY, why.encode())]


def _bytes(content: bytes | str | None) -> bytes:
    """A header without a value counts as an empty one, as it does where logs are read (infra.kafka)."""
    return content.encode() if isinstance(content, str) else content or b""


def _moment(timestamp: float) -> str:
    """A record's time is whatever its producer wrote: it need not be in any calendar."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
