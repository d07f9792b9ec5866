"""What was done to a signed log is found, wherever it was done, and the place that is named is the right one."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import signing
from infra.kafka import Record
from processors import chain
from streams import digests, events, topics, verifying
from streams.digests import DigestError, Erasure
from streams.verifying import Report
from tests import logs
from tests.fakes import MemoryStore
from tests.logs import ShelfLog
from tests.unit.test_digests import BUCKET, KEY, KEYS, OTHER, Office

#: Records of a digest: small, so that a log has several.
EACH = 5


def signed_office(log: ShelfLog | None = None) -> Office:
    office = Office(log=log or logs.shop(images=7, length=3))
    office.sign(at_most=EACH)
    return office


def verified(office: Office, **named: object) -> Report:
    return verifying.verify(office.log, office.shelf, KEYS, **named)  # type: ignore[arg-type]


def places(report: Report) -> list[tuple[str, int | None, int | None]]:
    return [(one.what, one.partition, one.offset) for one in report.findings]


def test_a_log_that_nobody_touched_has_no_findings() -> None:
    office = signed_office()
    report = verified(office)
    assert report.findings == [] and report.findings_all == 0
    assert (report.records, report.signed, report.unsigned, report.copies) == (21, 21, 0, 0)
    assert report.digests_good == report.digests_all == report.last_digest == 5


# ----------------------------------------------------------------------------------------------------------- tampering

SIGNED = signed_office()
PLACES = [(number, at) for number, records in enumerate(SIGNED.log.partitions) for at in range(len(records))]
Change = Callable[[list[Record], int], list[Record]]


def flipped(record: Record) -> Record:
    """One bit of its value is another."""
    value = bytearray(record.value or b"")
    value[len(value) // 2] ^= 1
    return replace(record, value=bytes(value))


def reworded(record: Record) -> Record:
    """Another merchant, all else as it was."""
    return replace(record, value=(record.value or b"").replace(b"shop-1", b"shop-2"))


def tampered(office: Office, number: int, change: Callable[[list[Record]], list[Record]]) -> Office:
    """The same digests beside a log of which one partition was made anew."""
    return Office(office.log.rewritten(number, change(list(office.log.partitions[number]))), office.store)


def first_place(report: Report) -> tuple[int | None, int | None]:
    return report.findings[0].partition, report.findings[0].offset


@pytest.mark.parametrize(("number", "at"), PLACES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda records, at: [*records[:at], flipped(records[at]), *records[at + 1 :]], id="flipped"),
        pytest.param(lambda records, at: [*records[:at], reworded(records[at]), *records[at + 1 :]], id="reworded"),
        pytest.param(lambda records, at: [*records[:at], *records[at + 1 :]], id="dropped"),
        pytest.param(lambda records, at: records[:at], id="truncated"),
        pytest.param(lambda records, at: [*records[:at], reworded(records[at]), *records[at:]], id="inserted"),
    ],
)
def test_what_was_done_at_a_place_is_found_there(number: int, at: int, change: Change) -> None:
    report = verified(tampered(SIGNED, number, lambda records: change(records, at)))
    assert first_place(report) == (number, at)


@pytest.mark.parametrize(("number", "at"), PLACES)
def test_a_record_that_changed_places_with_the_next_is_found_at_both(number: int, at: int) -> None:
    if at + 1 == len(SIGNED.log.partitions[number]):
        # The last one changes places with the one before.
        at -= 1
    report = verified(
        tampered(SIGNED, number, lambda records: [*records[:at], records[at + 1], records[at], *records[at + 2 :]])
    )
    assert places(report) == [("moved", number, at), ("moved", number, at + 1)]


@pytest.mark.parametrize(("number", "at"), PLACES)
def test_a_record_that_is_there_twice_is_named(number: int, at: int) -> None:
    """Behind the last digest a copy is what a redelivered event leaves: it is counted and named, and is no finding."""
    report = verified(tampered(SIGNED, number, lambda records: [*records[: at + 1], *records[at:]]))
    if at + 1 == len(SIGNED.log.partitions[number]):
        assert report.findings == [] and report.copies_at == [f"catalog.edit.audit.v1[{number}]@{at + 1}"]
    else:
        assert first_place(report) == (number, at + 1)


@pytest.mark.parametrize(("number", "at"), PLACES)
def test_a_record_that_vanished_from_its_offset_is_missed_there(number: int, at: int) -> None:
    log = ShelfLog([list(records) for records in SIGNED.log.partitions], list(SIGNED.log.next))
    del log.partitions[number][at]
    report = verified(Office(log, SIGNED.store))
    assert places(report)[0] == ("missing", number, at)


@pytest.mark.parametrize(("number", "at"), PLACES)
def test_digests_that_were_signed_anew_with_another_key_are_named_from_the_first_one_on(number: int, at: int) -> None:
    """Who can write log and bucket changes a record and signs all from there on with a key of their own."""
    forged = Office(tampered(SIGNED, number, lambda r: [*r[:at], reworded(r[at]), *r[at + 1 :]]).log)
    forged.sign(OTHER, at_most=EACH)
    covering = next(
        one
        for one in SIGNED.shelf.numbers()
        for part in digests.read(SIGNED.shelf.get(one) or b"", digests.Digest, KEYS).parts
        if part.partition == number and part.since <= at < part.until
    )
    store = MemoryStore(BUCKET)
    for source, wanted in ((SIGNED, lambda each: each < covering), (forged, lambda each: each >= covering)):
        for each in filter(wanted, source.shelf.numbers()):
            name = f"digests/{each:08d}.json"
            store.put(BUCKET, name, source.shelf.get(each) or b"")
        for listed in source.store.list(BUCKET, "leaves/"):
            store.put(BUCKET, listed.key, source.store.get(BUCKET, listed.key).data)
    report = verified(Office(forged.log, store))
    of_digests = [one for one in report.findings if one.partition is None]
    assert [(one.what, one.digest) for one in of_digests] == [("digest signature", each) for each in range(covering, 6)]
    assert all(OTHER.public.id in one.why for one in of_digests)
    # The next slot of the picture says so too, where there is one.
    assert {first_place(Report(findings=[one])) for one in report.findings if one.partition is not None} <= {
        (number, at)
    }
    assert report.digests_good == covering - 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_other_order_or_choice_of_the_same_records_is_found(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from([each for each, records in enumerate(SIGNED.log.partitions) if records]))
    records = SIGNED.log.partitions[number]
    chosen = data.draw(st.lists(st.sampled_from(range(len(records))), max_size=len(records) + 3))
    if chosen[: len(records)] == list(range(len(records))):
        return
    report = verified(tampered(SIGNED, number, lambda records: [records[at] for at in chosen]))
    same = [at for at, wanted in zip(range(len(records)), chosen, strict=False) if at == wanted]
    first_bad = next(at for at in range(len(records)) if at not in same)
    assert first_place(report) == (number, first_bad)


def test_which_edit_was_dropped_is_told_however_much_moved_after_it() -> None:
    office = signed_office(logs.shop(images=60, length=3))
    number = topics.partition_of("sku-3", logs.PARTITIONS)
    second = logs.key_of(logs.edits("sku-3", 3)[1])
    report = verified(tampered(office, number, lambda records: [one for one in records if one.key != second]))
    assert len(report.findings) == verifying.TOLD + 1 < report.findings_all
    assert (
        report.findings[-1].image_id == "sku-3" and "slot 2 of its picture is in no record" in report.findings[-1].why
    )


# ------------------------------------------------------------------------------------------------------------- digests


def rewritten(office: Office, key: str, data: bytes | None = None) -> Office:
    """The same log; an object of the bucket has other bytes, or is gone for good."""
    store = MemoryStore(BUCKET)
    for listed in office.store.list(BUCKET):
        if listed.key != key:
            store.put(BUCKET, listed.key, office.store.get(BUCKET, listed.key).data)
    if data is not None:
        store.put(BUCKET, key, data)
    return Office(office.log, store)


@pytest.mark.parametrize("number", range(1, 6))
def test_a_digest_that_was_hidden_or_overwritten_is_named_where_the_bucket_keeps_versions(number: int) -> None:
    key = f"digests/{number:08d}.json"
    hidden, overwritten = rewritten(SIGNED, ""), rewritten(SIGNED, "")
    hidden.store.remove(BUCKET, key)
    overwritten.store.put(BUCKET, key, SIGNED.shelf.get(number) or b"")
    for office in (hidden, overwritten):
        report = verified(office)
        assert (report.findings[0].what, report.findings[0].digest) == ("digest touched", number)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_digest_that_was_taken_away_is_missed(number: int) -> None:
    report = verified(rewritten(SIGNED, f"digests/{number:08d}.json", None))
    assert [(one.what, one.digest) for one in report.findings] == [("digest missing", number)]


def test_that_the_last_digests_were_taken_away_cannot_be_known_and_that_is_said() -> None:
    report = verified(rewritten(SIGNED, "digests/00000005.json", None))
    assert report.findings == [] and report.unsigned == 1
    assert "not yet signed" in report.cannot_be_known[0] and "after 4" in report.cannot_be_known[1]


@pytest.mark.parametrize("number", range(1, 6))
def test_a_digest_with_another_byte_is_named(number: int) -> None:
    key = f"digests/{number:08d}.json"
    data = (SIGNED.shelf.get(number) or b"").replace(b'"count":', b'"count":1', 1)
    report = verified(rewritten(SIGNED, key, data))
    assert [(one.what, one.digest) for one in report.findings] == [("digest signature", number)]


def test_a_digest_under_another_number_is_named() -> None:
    report = verified(rewritten(SIGNED, "digests/00000003.json", SIGNED.shelf.get(2) or b""))
    assert [(one.what, one.digest) for one in report.findings] == [("digest number", 3)]


@pytest.mark.parametrize(("data", "what"), [(None, "are gone"), (b"0" * 44 * EACH, "not those that were signed")])
def test_leaves_that_are_gone_or_others_are_named(data: bytes | None, what: str) -> None:
    digest = digests.read(SIGNED.shelf.get(2) or b"", digests.Digest, KEYS)
    report = verified(rewritten(SIGNED, f"leaves/{digest.leaves_sha256}", data))
    assert [(one.what, one.digest) for one in report.findings] == [("digest leaves", 2)]
    assert what in report.findings[0].why
    assert report.unsigned == EACH


def test_a_digest_that_was_signed_after_another_one_is_named() -> None:
    """Somebody with the key signs a shorter history: what was signed after the longer one does not follow from it."""
    other = Office(logs.shop(images=1, length=3))
    other.sign()
    report = verified(rewritten(SIGNED, "digests/00000001.json", other.shelf.get(1) or b""))
    assert ("digest link", 2) in [(one.what, one.digest) for one in report.findings]


def test_an_old_key_verifies_what_it_signed_and_a_new_one_the_rest() -> None:
    office = Office()
    office.sign()
    office.log.add(*logs.edits("sku-new", 2))
    office.sign(OTHER)
    both = digests.by_id([KEY.public, OTHER.public])
    assert verifying.verify(office.log, office.shelf, both).findings == []
    assert [one.digest for one in verified(office).findings] == [2]


# ------------------------------------------------------------------------------------------------- compaction, erasure


def test_superseded_copies_may_go() -> None:
    log = logs.shop(images=4, length=3)
    log.add(*logs.edits("sku-1", 3), *logs.edits("sku-2", 2))
    office = signed_office(log)
    report = verified(office)
    assert report.findings == [] and report.copies == 5
    office.log = office.log.compacted()
    report = verified(office)
    assert report.findings == [] and (report.compacted, report.copies) == (5, 0)


def test_a_forged_record_that_compaction_would_let_win_is_found_before_and_after() -> None:
    office = signed_office()
    first = logs.edits("sku-3", 3)[0]
    forged = office.log.append(logs.key_of(first), events.encode(replace(first, merchant_id="shop-2")))
    report = verified(office)
    assert places(report) == [("slot twice", forged.partition, forged.offset)]
    assert (report.findings[0].image_id, report.findings[0].edit_id) == ("sku-3", first.edit_id)
    office.log = office.log.compacted()
    report = verified(office)
    offset = next(one.offset for one in SIGNED.log.partitions[forged.partition] if one.key == logs.key_of(first))
    assert ("missing", forged.partition, offset) in places(report)


def leaves_of(*edits: chain.Edit) -> tuple[str, ...]:
    return tuple(digests.leaf_of(logs.key_of(edit), events.encode(edit)).hex() for edit in edits)


def erasure(*leaves: str) -> Erasure:
    return Erasure(pseudonym="p1", leaves=leaves, made_at="2026-11-25T12:00:00Z", actor="ann", reason="on request")


@pytest.mark.parametrize("compact", [False, True])
def test_an_erasure_explains_what_it_names(compact: bool) -> None:
    office = signed_office()
    gone = logs.edits("sku-2", 3)
    office.shelf.put_erasure("p1", digests.sign(KEY, erasure(*leaves_of(*gone))))
    for edit in gone:
        office.log.append(logs.key_of(edit), None)
    if compact:
        office.log = office.log.compacted()
    report = verified(office)
    assert report.findings == [] and report.tombstones == 3
    assert report.erased == (3 if compact else 0)
    office.sign()
    assert verified(office).findings == []


def test_an_erasure_explains_nothing_else() -> None:
    office = signed_office()
    gone = logs.edits("sku-2", 3)
    office.shelf.put_erasure("p1", digests.sign(KEY, erasure(*leaves_of(*gone[:2]))))
    tombstones = [office.log.append(logs.key_of(edit), None) for edit in gone]
    report = verified(office)
    assert places(report) == [("tombstone", tombstones[2].partition, tombstones[2].offset)]
    office.log = office.log.compacted()
    assert [one.what for one in verified(office).findings] == ["missing"]


def test_an_erasure_by_another_key_explains_nothing() -> None:
    office = signed_office()
    gone = logs.edits("sku-2", 3)
    office.shelf.put_erasure("p1", digests.sign(OTHER, erasure(*leaves_of(*gone))))
    for edit in gone:
        office.log.append(logs.key_of(edit), None)
    assert [one.what for one in verified(office).findings] == ["erasure signature", *["tombstone"] * 3]


# -------------------------------------------------------------------------------------------- chains that nobody signed


def unsigned(*edits: chain.Edit) -> Office:
    log = ShelfLog()
    log.add(*edits)
    return Office(log)


def test_without_digests_all_is_counted_as_not_yet_signed() -> None:
    report = verified(unsigned(*logs.edits("sku-1", 3)))
    assert report.findings == [] and (report.unsigned, report.last_digest) == (3, None)
    assert "3 records are not yet signed" in report.cannot_be_known[0]


@pytest.mark.parametrize("at", range(3))
def test_a_change_that_the_next_slot_contradicts_is_found_without_a_digest(at: int) -> None:
    edits = logs.edits("sku-1", 5)
    edits[at] = replace(edits[at], merchant_id="shop-2")
    report = verified(unsigned(*edits))
    assert [(one.what, one.offset) for one in report.findings] == [("parent hash", at)]


def test_a_change_of_the_last_slot_cannot_be_known() -> None:
    edits = logs.edits("sku-1", 3)
    report = verified(unsigned(*edits[:2], replace(edits[2], merchant_id="shop-2")))
    assert report.findings == [] and "changed at the end of its chain" in report.cannot_be_known[0]


@pytest.mark.parametrize("at", range(1, 4))
def test_a_slot_that_no_record_tells_of_is_a_gap(at: int) -> None:
    edits = logs.edits("sku-1", 5)
    (found,) = verified(unsigned(*edits[:at], *edits[at + 1 :])).findings
    assert (found.what, found.offset, found.edit_id) == ("gap", at, edits[at + 1].edit_id)
    assert f"slot {at + 1}" in found.why


def test_another_parent_is_found() -> None:
    edits = logs.edits("sku-1", 3)
    (found,) = verified(unsigned(*edits[:2], replace(edits[2], parent=edits[0].edit_id))).findings
    assert (found.what, found.offset) == ("parent", 2)


def test_a_first_slot_with_a_parent_is_found() -> None:
    (first,) = logs.edits("sku-1", 1)
    (found,) = verified(unsigned(replace(first, parent="e0", parent_sha256="00" * 32))).findings
    assert found.what == "parent"


def test_records_in_any_order_are_a_chain_all_the_same() -> None:
    edits = logs.edits("sku-1", 4)
    assert verified(unsigned(edits[2], edits[0], edits[3], edits[1], edits[0])).findings == []


def test_a_record_that_is_no_edit_or_lies_about_its_key_or_its_partition_is_named() -> None:
    office = Office(ShelfLog())
    (edit,) = logs.edits("sku-1", 1)
    home = office.log.append(logs.key_of(edit), b"{}").partition
    office.log.append(b"no-slash", events.encode(edit), partition=home)
    office.log.append(b"sku-2/e1", events.encode(edit), partition=home)
    away = office.log.append(logs.key_of(edit), events.encode(edit), partition=(home + 1) % logs.PARTITIONS)
    found = sorted((one.what, one.partition, one.offset) for one in verified(office).findings)
    assert found == [
        ("key", home, 2),
        ("partition", away.partition, 0),
        ("unreadable", home, 0),
        ("unreadable", home, 1),
    ]


def test_what_is_left_untold_is_counted() -> None:
    edits = [replace(edit, parent=None) for edit in logs.edits("sku-1", 60)]
    report = verified(unsigned(*edits))
    assert len(report.findings) == verifying.TOLD and report.findings_all == 59


# ------------------------------------------------------------------------------------------------- parts, and the store


def test_one_picture_takes_one_partition_alone() -> None:
    office = signed_office()
    office.log.add(*logs.edits("sku-3", 5)[3:])
    mine = topics.partition_of("sku-3", logs.PARTITIONS)
    other = next(each for each in range(logs.PARTITIONS) if each != mine and office.log.partitions[each])
    office = tampered(office, other, lambda records: [flipped(records[0]), *records[1:]])
    report = verified(office, image_id="sku-3")
    assert report.findings == [] and (report.picture_edits, report.picture_signed) == (5, 3)
    assert verified(office).findings_all == 1


def test_since_a_digest_what_lies_before_is_left_alone() -> None:
    office = signed_office()
    number = next(each for each, records in enumerate(office.log.partitions) if records)
    office = tampered(office, number, lambda records: [flipped(records[0]), *records[1:]])
    assert verified(office, first=2).findings == []
    last = len(office.log.partitions[number]) - 1
    office = tampered(office, number, lambda records: [*records[:last], flipped(records[last])])
    assert first_place(verified(office, first=2)) == (number, last)


def test_since_a_digest_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DigestError, match="the last one is 5"):
        verified(SIGNED, first=6)


def test_since_a_digest_the_one_before_must_still_be_the_one_that_it_names() -> None:
    other = Office(logs.shop(images=1, length=3))
    other.sign()
    office = rewritten(SIGNED, "digests/00000002.json", other.shelf.get(1) or b"")
    assert [(one.what, one.digest) for one in verified(office, first=3).findings] == [("digest link", 3)]


def test_partitions_verified_apart_are_the_whole() -> None:
    office = signed_office()
    for number in range(logs.PARTITIONS):
        office = tampered(office, number, lambda records: records[:-1])
    apart = [verified(office, only=[number]) for number in range(logs.PARTITIONS)]
    whole = verified(office)
    assert [one for report in apart for one in report.findings] == whole.findings
    assert sum(report.records for report in apart) == whole.records


def test_slots_in_the_store_are_compared_where_that_is_asked_for() -> None:
    office = signed_office()
    slots = {(edit.image_id, edit.seq): events.encode(edit) for n in range(7) for edit in logs.edits(f"sku-{n}", 3)}
    assert verified(office, slot=lambda *place: slots.get(place)).slots_compared == 21
    slots["sku-1", 2] = b"{}"
    del slots["sku-4", 3]
    found = verified(office, slot=lambda *place: slots.get(place)).findings
    assert sorted((one.what, one.image_id) for one in found) == [("store", "sku-1"), ("store", "sku-4")]


def test_of_a_changed_record_the_store_tells_whether_it_was_changed_too() -> None:
    slots = {(edit.image_id, edit.seq): events.encode(edit) for n in range(7) for edit in logs.edits(f"sku-{n}", 3)}
    number, at = PLACES[4]
    office = tampered(SIGNED, number, lambda records: [*records[:at], reworded(records[at]), *records[at + 1 :]])
    (found,) = verified(office, slot=lambda *place: slots.get(place)).findings
    assert (found.what, found.offset) == ("changed", at) and "the store has other bytes" in found.why
    slots = {place: data.replace(b"shop-1", b"shop-2") for place, data in slots.items()}
    found = next(
        one
        for one in verified(office, slot=lambda *place: slots.get(place)).findings
        if (one.partition, one.offset) == (number, at)
    )
    assert found.what == "changed" and "the store" not in found.why


def test_the_hash_of_a_slot_is_that_of_its_bytes() -> None:
    first, second = logs.edits("sku-1", 2)
    assert second.parent_sha256 == sha256(msgspec.json.encode(first, order="deterministic")).hexdigest()
    assert signing.generate().public.id != KEY.public.id
