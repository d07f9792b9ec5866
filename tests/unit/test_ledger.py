"""The chain in the store: slots are written once, whoever else writes and whatever answer gets lost."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from processors import chain
from processors.errors import ServiceUnavailableError
from streams import events, ledger
from streams.ledger import History, Ledger
from tests.fakes import MemoryStore, Trouble, TroubledStore

BUCKET = "catalog-edits"
Draft = Callable[[History], chain.Edit | None]


def edit(at: History, name: str) -> chain.Edit:
    return chain.Edit(
        image_id="dress",
        seq=len(at.edits) + 1,
        edit_id=name,
        parent=at.head.edit_id if at.head else None,
        parent_sha256=at.head_sha256,
        kind="kept",
        cause=chain.Cause(name, "shop", "catalog.image.created.v1", None),
    )


def once(name: str) -> Draft:
    return lambda at: None if at.find(name) else edit(at, name)


def ids(history: History) -> list[str]:
    return [one.edit_id for one in history.edits]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def book(store: Any) -> Ledger:
    return Ledger(store, BUCKET)


def test_an_unknown_picture_has_an_empty_chain(store: MemoryStore) -> None:
    history = asyncio.run(book(store).read("dress"))
    assert (history.head, history.head_sha256, history.find("a")) == (None, None, None)


def test_what_append_gives_is_what_read_gives(store: MemoryStore) -> None:
    asyncio.run(book(store).append("dress", once("a")))
    appended = asyncio.run(book(store).append("dress", once("b")))
    assert appended == book(store).read_now("dress")
    assert ids(appended) == ["a", "b"]
    assert appended.edits[1].parent_sha256 == hashlib.sha256(events.encode(appended.edits[0])).hexdigest()


def test_chains_of_names_that_begin_alike_do_not_mix(store: MemoryStore) -> None:
    asyncio.run(book(store).append("dress", once("a")))
    assert book(store).read_now("dres").edits == ()
    assert book(store).read_now("dress.2").edits == ()


class Gate:
    """A store where both writers have read before either writes, and then write in turn."""

    def __init__(self, store: MemoryStore, writers: int) -> None:
        self._store = store
        self._barrier = threading.Barrier(writers)
        self._waits = writers
        self.get, self.list = store.get, store.list

    def put_once(self, *args: Any) -> bool:
        if self._waits > 0:
            self._waits -= 1
            self._barrier.wait(timeout=10)
        return self._store.put_once(*args)


@pytest.mark.parametrize("writers", [2, 4])
def test_writers_that_race_for_a_slot_all_get_one_and_none_is_lost(store: MemoryStore, writers: int) -> None:
    gate = Gate(store, writers)

    async def all_at_once() -> list[History]:
        return await asyncio.gather(*(book(gate).append("dress", once(f"w{n}")) for n in range(writers)))

    histories = asyncio.run(all_at_once())
    final = book(store).read_now("dress")
    assert sorted(ids(final)) == [f"w{n}" for n in range(writers)]
    assert all(ids(one) == ids(final)[: len(one.edits)] for one in histories)
    assert all(history.find(f"w{n}") for n, history in enumerate(histories))


def test_writers_with_one_cause_make_one_edit(store: MemoryStore) -> None:
    gate = Gate(store, 2)

    async def both() -> list[History]:
        return await asyncio.gather(*(book(gate).append("dress", once("same")) for _ in range(2)))

    assert [ids(one) for one in asyncio.run(both())] == [["same"], ["same"]]


class Deaf(MemoryStore):
    """The first slot is written, but we are told that it was there already: the answer to our own PUT got lost."""

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        super().put_once(bucket, key, data, media_type)
        return False


def test_a_write_of_our_own_that_looks_like_somebody_elses_is_recognised() -> None:
    history = asyncio.run(book(Deaf()).append("dress", once("a")))
    assert ids(history) == ["a"]
    assert history.find("a") == history.head


def test_a_write_whose_answer_got_lost_is_found_by_the_next_try(store: MemoryStore) -> None:
    # The calls are: list, put_once.
    troubled = TroubledStore(store, Trouble(2, lambda: ServiceUnavailableError("store"), acts=True))
    with pytest.raises(ServiceUnavailableError):
        asyncio.run(book(troubled).append("dress", once("a")))
    assert ids(asyncio.run(book(troubled).append("dress", once("a")))) == ["a"]
    assert len(list(store.list(BUCKET, versions=True))) == 1


def test_a_slot_that_is_always_taken_is_a_fault_and_no_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    class Liar(MemoryStore):
        def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
            return False

    monkeypatch.setattr(ledger, "MAX_RACES", 5)
    with pytest.raises(chain.BrokenChainError, match="5 times"):
        asyncio.run(book(Liar()).append("dress", once("a")))


def test_a_draft_that_wants_nothing_writes_nothing(store: MemoryStore) -> None:
    assert asyncio.run(book(store).append("dress", lambda at: None)) == History()
    assert list(store.list(BUCKET)) == []


def test_follows_tells_whether_somebody_came_after(store: MemoryStore) -> None:
    history = asyncio.run(book(store).append("dress", once("a")))
    assert not asyncio.run(book(store).follows(history.edits[0]))
    asyncio.run(book(store).append("dress", once("b")))
    assert asyncio.run(book(store).follows(history.edits[0]))


def test_a_note_finds_the_edit_that_its_cause_found(store: MemoryStore) -> None:
    first = asyncio.run(book(store).append("dress", once("a")))
    asyncio.run(book(store).leave("dress", "again", first))
    asyncio.run(book(store).append("dress", once("b")))
    later = book(store).read_now("dress")
    assert later.find("again") == first.head
    assert ids(later) == ["a", "b"]


def test_the_first_note_of_a_cause_counts(store: MemoryStore) -> None:
    first = asyncio.run(book(store).append("dress", once("a")))
    asyncio.run(book(store).leave("dress", "again", first))
    second = asyncio.run(book(store).append("dress", once("b")))
    asyncio.run(book(store).leave("dress", "again", second))
    assert book(store).read_now("dress").find("again") == first.head


def test_a_note_about_no_picture_finds_nothing_and_stays_known(store: MemoryStore) -> None:
    asyncio.run(book(store).leave("dress", "early", History()))
    history = asyncio.run(book(store).append("dress", once("a")))
    assert history.find("early") is None
    assert "early" in history.unchanged


def test_a_gap_is_a_broken_chain(store: MemoryStore) -> None:
    lonely = edit(History((edit(History(), "a"),), "0" * 64), "b")
    store.put_once(BUCKET, "chain/dress/00000002.json", events.encode(lonely), "application/json")
    with pytest.raises(chain.BrokenChainError, match="slot 1"):
        book(store).read_now("dress")


def test_a_slot_that_vanishes_between_listing_and_reading_is_waited_for(store: MemoryStore) -> None:
    asyncio.run(book(store).append("dress", once("a")))

    class Vanishing(MemoryStore):
        def list(self, bucket: str, prefix: str = "", *, versions: bool = False) -> Any:
            return store.list(bucket, prefix, versions=versions)

    with pytest.raises(ServiceUnavailableError):
        book(Vanishing()).read_now("dress")


def test_ten_thousand_edits_keep_their_order() -> None:
    keys = [ledger.slot_key("dress", seq) for seq in (2, 10, 9_999, 10_000)]
    assert keys == sorted(keys)
