"""Every edit is counted once, and the last records are the last ones."""

from dataclasses import replace

from processors import chain
from streams import audit_figures, audit_log, events
from tests import logs
from tests.fakes import MODEL
from tests.logs import ShelfLog


def test_edits_are_counted_once_by_what_is_asked_most() -> None:
    log = logs.shop(images=4, length=3)
    log.add(*logs.edits("sku-1", 3))
    ruling = chain.Ruling("remove", "date_stamp", "a date", "v7", {})
    log.add(replace(logs.edits("sku-9", 1, merchant="shop-2")[0], ruling=ruling, models=(MODEL,), committed_at=None))
    found = audit_figures.figures(audit_log.once(log))
    assert (found.edits, found.pictures, found.merchants) == (13, 5, 2)
    assert found.kinds == {"kept": 9, "cleaned": 4}
    assert found.days == {"2026-11-25": 12, "-": 1}
    assert found.reasons == {"date_stamp": 1} and found.policy_versions == {"v7": 1}
    assert found.models == {"textdet 1 aaaaaaaaaaaa": 1}
    assert "13 edits of 5 pictures of 2 merchants" in list(audit_figures.table(found))


def told(log: ShelfLog) -> None:
    """Each record a second after the one before."""
    records = sorted((one for part in log.partitions for one in part), key=lambda one: (one.offset, one.partition))
    for second, record in enumerate(records):
        at = log.partitions[record.partition].index(record)
        log.partitions[record.partition][at] = replace(record, timestamp_ms=1000 * second)


def test_the_last_records_are_the_last_ones_told() -> None:
    log = logs.shop(images=6, length=3)
    told(log)
    everything = sorted((one.timestamp_ms, one.key) for part in log.partitions for one in part)
    found = audit_figures.last(log, 5)
    assert [(one.timestamp_ms, one.key.encode()) for one in found] == everything[-5:]


def test_the_last_records_may_be_those_of_a_picture_or_of_a_merchant() -> None:
    log = logs.shop(images=6, length=3)
    log.add(*logs.edits("sku-8", 2, merchant="shop-2"))
    told(log)
    assert [one.image_id for one in audit_figures.last(log, 2, image_id="sku-3")] == ["sku-3", "sku-3"]
    found = audit_figures.last(log, 9, wanted=lambda edit: edit.merchant_id == "shop-2")
    assert [one.image_id for one in found] == ["sku-8", "sku-8"]


def test_a_line_is_one_line_whatever_was_written() -> None:
    log = ShelfLog()
    edit = replace(logs.edits("sku-1", 1)[0], merchant_id="\x1b[2J\nshop")
    record = log.append(logs.key_of(edit), events.encode(edit))
    line = audit_figures.line(audit_log.entry(record))
    assert line.isprintable() and "·[2J·shop" in line and "sku-1" in line
    assert audit_figures.line(audit_log.entry(log.append(b"sku-1/e", b"no edit"))).isprintable()
