"""A chain as people read it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from processors import chain
from streams import histories

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def _blob(name: str) -> chain.Blob:
    return chain.Blob(bucket="b", key=name, sha256=name * 8, size=1)


def _edit(seq: int, kind: chain.Kind, committed: datetime | None, **more: object) -> chain.Edit:
    given: dict[str, object] = {
        "original": _blob("original"),
        "code_version": "0.1.0+abc",
        "committed_at": committed.isoformat() if committed else None,
        **more,
    }
    return chain.Edit(
        image_id="dress",
        seq=seq,
        edit_id=f"e{seq}",
        parent=f"e{seq - 1}" if seq > 1 else None,
        parent_sha256=None,
        kind=kind,
        cause=chain.Cause("event", "shop", "catalog.image.created.v1", None),
        **given,  # type: ignore[arg-type]
    )


CHAIN = (
    _edit(1, "cleaned", NOON, result=_blob("clean")),
    _edit(2, "rolled_back", NOON + timedelta(hours=1), rollback=chain.Rollback("plan" * 8, None, "ann", "brand gone")),
    _edit(
        3,
        "rolled_back",
        NOON + timedelta(hours=2),
        result=_blob("clean"),
        rollback=chain.Rollback("p", "e1", "bob", ""),
    ),
)


def test_each_row_says_what_was_shown_before_and_after_it() -> None:
    shown = [(row.before, row.after) for row in histories.rows(CHAIN)]

    original, clean = "original" * 8, "clean" * 8
    assert shown == [(original, clean), (clean, original), (original, clean)]


def test_a_rollback_names_the_person_the_reason_and_what_is_shown_again() -> None:
    row = list(histories.rows(CHAIN))[1]

    assert (row.who, row.why) == ("ann", "brand gone (shows the original again; plan planplanplan)")


@pytest.mark.parametrize(("after_noon", "standing"), [(-1, 0), (0, 1), (59, 1), (60, 2), (600, 3)])
def test_a_chain_is_shown_as_it_was_at_a_time(after_noon: int, standing: int) -> None:
    assert len(histories.at_time(CHAIN, NOON + timedelta(minutes=after_noon))) == standing


def test_the_zone_of_the_time_counts() -> None:
    at_two_in_berlin = datetime(2026, 11, 25, 13, 30, tzinfo=timezone(timedelta(hours=1)))

    assert len(histories.at_time(CHAIN, at_two_in_berlin)) == 1


def test_an_edit_whose_time_is_not_known_stands_when_the_next_one_does() -> None:
    edits = (_edit(1, "kept", None), _edit(2, "deleted", NOON))

    assert histories.at_time(edits, NOON) == edits
    assert histories.at_time(edits, NOON - timedelta(seconds=1)) == ()
