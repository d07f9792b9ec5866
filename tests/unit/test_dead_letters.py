"""Dead letters: the record as it was, why it failed, and what became of it."""

from typing import Any

import pytest

from infra.kafka import Record
from streams import dead_letters
from streams.dead_letters import Found
from tests.fakes import Message


def told(letter: dead_letters.Letter, name: str) -> str:
    return dict(letter.headers)[name].decode()


def test_key_value_and_headers_stay_as_they_were_even_doubled_ones() -> None:
    headers = [("x-trace", b"\xff\x00"), ("x-trace", b"2"), ("X-Trace", b"3"), (dead_letters.TOPIC, b"not ours")]
    letter = dead_letters.letter_for(Message(b"\xff\xfe", headers, key=b"\x00"), "undecodable", "not UTF-8")
    assert (letter.key, letter.value, letter.partition) == (b"\x00", b"\xff\xfe", 3)
    assert list(letter.headers[: len(headers)]) == headers


def test_a_letter_says_where_it_comes_from_and_why() -> None:
    letter = dead_letters.letter_for(Message(b"{"), "undecodable", "truncated")
    place = [told(letter, name) for name in (dead_letters.TOPIC, dead_letters.PARTITION, dead_letters.OFFSET)]
    assert place == ["catalog.image.received.v1", "3", "17"]
    assert (told(letter, dead_letters.REASON), told(letter, dead_letters.MESSAGE)) == ("undecodable", "truncated")
    assert told(letter, dead_letters.FIRST_FAILED) == "2026-01-01T00:00:00+00:00"
    assert dead_letters.TRACE not in dict(letter.headers)


def test_the_same_record_makes_the_same_letter() -> None:
    assert dead_letters.letter_for(Message(b"{"), "bug", "x") == dead_letters.letter_for(Message(b"{"), "bug", "x")


def test_a_long_trace_keeps_its_end_and_a_long_detail_its_beginning() -> None:
    letter = dead_letters.letter_for(Message(b""), "bug", "begins" + "x" * 10_000, "y" * 20_000 + "KeyError")
    assert told(letter, dead_letters.TRACE).endswith("KeyError")
    assert told(letter, dead_letters.MESSAGE).startswith("begins")
    assert sum(len(content) for _, content in letter.headers) < 11_000


def test_a_header_without_a_value_is_no_obstacle() -> None:
    letter = dead_letters.letter_for(Message(b"", [("nothing", None), ("text", "as text")]), "empty", "")
    assert letter.headers[:2] == (("nothing", b""), ("text", b"as text"))


@pytest.mark.parametrize("timestamp", [-1.0, 0.0, 1e15, -1e15, float("inf"), float("nan")])
def test_a_record_may_claim_any_time(timestamp: float) -> None:
    letter = dead_letters.letter_for(Message(b"", timestamp=timestamp), "empty", "")
    assert told(letter, dead_letters.FIRST_FAILED)


def test_text_that_is_not_utf8_is_no_obstacle() -> None:
    assert dead_letters.letter_for(Message(b""), "bug", "\ud800").headers


# -------------------------------------------------------------------------------------------- reading them again


def record(offset: int, headers: Any, timestamp_ms: int = 0, value: bytes | None = b"v") -> Record:
    return Record("catalog.dead-letters.v1", 3, offset, b"k", value, tuple(headers), timestamp_ms)


def letter(offset: int, original: Any = (), timestamp_ms: int = 0) -> Record:
    made = dead_letters.letter_for(Message(b"v", list(original)), "hash_mismatch", "other bytes")
    return record(offset, made.headers, timestamp_ms)


def test_letters_are_listed_oldest_first() -> None:
    found = dead_letters.unresolved([letter(1, timestamp_ms=20), letter(2, timestamp_ms=10)])
    assert [one.id for one in found] == ["3-2", "3-1"]


@pytest.mark.parametrize("how", ["retried", "dropped"])
def test_a_letter_that_was_dealt_with_is_listed_no_more(how: str) -> None:
    first, second = letter(1), letter(2)
    resolution = dead_letters.resolution(Found("3-1", first), how, "uploaded late")
    assert [one.id for one in dead_letters.unresolved([first, second, record(3, resolution, value=None)])] == ["3-2"]


def test_the_reason_of_a_letter_is_ours_whatever_the_record_claimed() -> None:
    (found,) = dead_letters.unresolved([letter(1, [(dead_letters.REASON, b"fine"), (dead_letters.TOPIC, b"there")])])
    assert found.told(dead_letters.REASON) == "hash_mismatch"
    assert found.told("nowhere") == ""
    assert found.original_headers == [(dead_letters.REASON, b"fine"), (dead_letters.TOPIC, b"there")]


def test_a_record_cannot_pass_for_the_resolution_of_another_letter() -> None:
    forged = letter(2, [(dead_letters.RESOLVES, b"3-1")])
    assert [one.id for one in dead_letters.unresolved([letter(1), forged])] == ["3-1", "3-2"]


def test_what_is_no_letter_is_passed_over() -> None:
    assert list(dead_letters.unresolved([record(1, [("some", b"thing")])])) == []


def test_a_resolution_that_cannot_be_read_resolves_nothing() -> None:
    unreadable = record(2, [(dead_letters.RESOLVES, b"\xff\xfe")])
    assert [one.id for one in dead_letters.unresolved([letter(1), unreadable])] == ["3-1"]
