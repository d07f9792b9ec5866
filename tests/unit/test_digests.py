"""Digests cover every record once, are signed in order, and cannot be read with another key or another content."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from infra import signing
from processors import merkle
from streams import digests
from streams.digests import Digest, DigestError, Erasure, Shelf
from tests import logs
from tests.fakes import MemoryStore
from tests.logs import ShelfLog

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BUCKET = "catalog-digests"
KEY, OTHER = signing.generate(), signing.generate()
KEYS = digests.by_id([KEY.public])
ERASURE = Erasure(pseudonym="p1", leaves=("ab" * 32,), made_at="2026-11-25T12:00:00Z", actor="ann", reason="on request")


@dataclass
class Office:
    """A log, its digests, and the one who signs."""

    log: ShelfLog = field(default_factory=logs.shop)
    store: MemoryStore = field(default_factory=lambda: MemoryStore(BUCKET))

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.store, BUCKET)

    def sign(self, key: signing.PrivateKey = KEY, known: digests.Keys = KEYS, at_most: int = 1000) -> list[Digest]:
        return list(digests.sign_next(self.log, self.shelf, key, known, NOW, at_most))

    def rows(self, digest: Digest) -> list[tuple[int, int, bytes]]:
        return list(digests.ROW.iter_unpack(self.shelf.leaves(digest) or b""))


def leaves_now(log: ShelfLog) -> list[tuple[int, int, bytes]]:
    return [
        (one.partition, one.offset, digests.leaf_of(one.key or b"", one.value))
        for records in log.partitions
        for one in records
        if one.value is not None
    ]


def test_a_digest_holds_the_leaves_of_all_records_and_their_root() -> None:
    office = Office()
    (first,) = office.sign()
    assert office.rows(first) == leaves_now(office.log)
    assert first.count == 18 and first.number == 1 and first.previous_sha256 is None
    assert first.root == merkle.root(b"".join(leaf for _, _, leaf in leaves_now(office.log))).hex()


def test_the_next_digest_goes_on_where_the_last_one_ended_and_names_it() -> None:
    office = Office()
    (first,) = office.sign()
    office.log.add(*logs.edits("sku-new", 2))
    (second,) = office.sign()
    assert second.count == 2 and second.number == 2
    assert [part.since for part in second.parts] == [part.until for part in first.parts]
    assert second.previous_sha256 == hashlib.sha256(office.shelf.get(1) or b"").hexdigest()


def test_nothing_new_is_no_digest() -> None:
    office = Office()
    office.sign()
    assert office.sign() == [] and office.shelf.numbers() == [1]


def test_a_long_log_is_signed_in_parts_that_cover_every_record_once() -> None:
    office = Office(log=logs.shop(images=9, length=5))
    made = office.sign(at_most=7)
    assert [one.count for one in made] == [7, 7, 7, 7, 7, 7, 3]
    assert sorted(row for one in made for row in office.rows(one)) == leaves_now(office.log)
    assert [part.until for part in made[-1].parts] == office.log.next


def test_tombstones_are_covered_and_not_counted() -> None:
    office = Office(log=ShelfLog())
    office.log.append(b"sku-1/e1", None)
    (first,) = office.sign()
    assert first.count == 0 and sum(part.until for part in first.parts) == 1
    assert office.sign() == []


class Hasty(Shelf):
    """A shelf at which somebody else signs just before we do, once."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.store, BUCKET)
        self._office = office

    def put(self, number: int, data: bytes) -> bool:
        if number == 1:
            list(digests.sign_next(self._office.log, self._office.shelf, KEY, KEYS, NOW - timedelta(seconds=1)))
        return super().put(number, data)


def test_who_comes_second_goes_on_from_what_the_first_one_signed() -> None:
    office = Office()
    assert list(digests.sign_next(office.log, Hasty(office), KEY, KEYS, NOW)) == []
    assert office.shelf.numbers() == [1]


def test_nothing_is_signed_on_top_of_a_digest_by_an_unknown_key() -> None:
    office = Office()
    office.sign(OTHER, digests.by_id([OTHER.public]))
    office.log.add(*logs.edits("sku-new", 1))
    with pytest.raises(DigestError, match="none of those given"):
        office.sign()


def test_a_new_key_goes_on_from_the_old_one_where_the_old_one_is_known() -> None:
    office = Office()
    office.sign()
    office.log.add(*logs.edits("sku-new", 1))
    (second,) = office.sign(OTHER)
    assert second.key_id == OTHER.public.id


def test_a_log_that_ends_before_the_last_digest_is_not_signed() -> None:
    office = Office()
    office.sign()
    number = next(each for each, records in enumerate(office.log.partitions) if records)
    office.log = office.log.rewritten(number, office.log.partitions[number][:-1])
    with pytest.raises(DigestError, match="records are gone"):
        office.sign()


@pytest.mark.parametrize(
    "change", [{"number": 2}, {"root": "00" * 32}, {"previous_sha256": "11" * 32}, {"signature": "00" * 64}]
)
def test_a_digest_with_other_content_does_not_hold(change: dict[str, object]) -> None:
    office = Office()
    (first,) = office.sign()
    with pytest.raises(DigestError, match="not that of key"):
        digests.read(digests.canonical(msgspec.structs.replace(first, **change)), Digest, KEYS)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"kind":"digest"}', digests.sign(KEY, ERASURE)])
def test_what_is_no_digest_is_unreadable(data: bytes) -> None:
    with pytest.raises(DigestError, match="unreadable"):
        digests.read(data, Digest, KEYS)


def test_the_same_content_in_another_spelling_does_not_hold() -> None:
    data = digests.sign(KEY, ERASURE)
    with pytest.raises(DigestError):
        digests.read(data.replace(b":", b": ", 1), Erasure, KEYS)


def test_erasures_explain_their_leaves_where_they_are_signed() -> None:
    shelf = Office().shelf
    assert shelf.put_erasure("p1", digests.sign(KEY, ERASURE))
    assert not shelf.put_erasure("p1", digests.sign(OTHER, ERASURE))
    shelf.put_erasure("p2", digests.sign(OTHER, msgspec.structs.replace(ERASURE, pseudonym="p2")))
    shelf.put_erasure("p3", digests.sign(KEY, ERASURE))
    found = digests.explained(shelf, KEYS)
    assert found.leaves == {bytes.fromhex("ab" * 32)}
    assert list(found.refused) == ["p2", "p3"]
    later = msgspec.structs.replace(ERASURE, pseudonym="p4", leaves=("cd" * 32,))
    shelf.put_erasure("p4", digests.sign(KEY, later))
    again = digests.explained(shelf, KEYS, found)
    assert again.leaves == {bytes.fromhex("ab" * 32), bytes.fromhex("cd" * 32)} and len(again.pseudonyms) == 4
