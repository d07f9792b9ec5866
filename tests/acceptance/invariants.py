"""What must hold after every scenario, checked from outside: from the store and the topics alone."""

import itertools
from collections import defaultdict
from hashlib import sha256

from infra.kafka import Record, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import events, repetition, topics
from streams.ledger import Ledger

from .traffic import Told


def of_topic(settings: Settings, topic: str, image_ids: set[str]) -> list[Record]:
    """Records about these images, oldest first within a partition."""
    return [
        record
        for record in read_log(settings.kafka, topic)
        if record.key is not None and record.key.decode().partition("/")[0] in image_ids
    ]


def outcomes(settings: Settings, image_ids: set[str]) -> dict[str, set[bytes]]:
    """event id → the different values of its outcomes (one, if all is well)."""
    found: dict[str, set[bytes]] = defaultdict(set)
    for record in of_topic(settings, topics.OUTCOME.name, image_ids):
        assert record.value is not None
        outcome = events.decode(record.value, record.headers, (topics.OUTCOME.name,)).data
        found[outcome.event_id].add(record.value)
    return found


def check(settings: Settings, told: dict[str, Told], originals: dict[str, bytes]) -> dict[str, int]:
    """Assert every invariant and give the figures for the table."""
    image_ids = {one.image_id for one in told.values()}
    answered = outcomes(settings, image_ids)
    assert set(answered) == set(told), "every event has an outcome"
    assert all(len(values) == 1 for values in answered.values()), "and only one"

    store = S3Store(settings.store)
    ledger = Ledger(store, settings.store.edits_bucket)
    chains = {image_id: ledger.read_now(image_id).edits for image_id in image_ids}
    edits = {edit.edit_id: edit for one in chains.values() for edit in one}
    versions = {(one.image_id, one.sha256) for one in told.values()}
    placed = [(edit.image_id, edit.source.sha256) for edit in edits.values() if edit.source]
    assert len(placed) == len(set(placed)) == len(versions), "every version has one slot, and none has two"

    _check_links(chains)
    _check_blobs(store, edits)
    _check_originals(store, settings, originals)
    _check_topics(settings, chains, image_ids)
    return {"events": len(told), "images": len(chains), "edits": len(edits)}


def _check_links(chains: dict[str, tuple[chain.Edit, ...]]) -> None:
    for one in chains.values():
        assert [edit.seq for edit in one] == list(range(1, len(one) + 1)), "a chain has no gap"
        for before, after in itertools.pairwise(one):
            assert after.parent == before.edit_id
            assert after.parent_sha256 == sha256(events.encode(before)).hexdigest(), "each slot names the one before"


def _check_blobs(store: S3Store, edits: dict[str, chain.Edit]) -> None:
    for edit in edits.values():
        for blob in (edit.original, edit.mask, edit.patch, edit.result):
            if blob is not None:
                data = store.get(blob.bucket, blob.key).data
                assert sha256(data).hexdigest() == blob.sha256, "what an edit names is there and unchanged"


def _check_originals(store: S3Store, settings: Settings, originals: dict[str, bytes]) -> None:
    listed = list(store.list(settings.store.originals_bucket, "sha256/", versions=True))
    assert len(listed) == len({one.key for one in listed}), "no original was ever written twice"
    for digest, data in originals.items():
        key = f"sha256/{digest[:2]}/{digest}"
        assert store.get(settings.store.originals_bucket, key).data == data, "the original is as it was delivered"


def _check_topics(settings: Settings, chains: dict[str, tuple[chain.Edit, ...]], image_ids: set[str]) -> None:
    audited = defaultdict(set)
    for record in of_topic(settings, topics.AUDIT.name, image_ids):
        audited[(record.key or b"").decode()].add(record.value)
    for image_id, edits in chains.items():
        for edit in edits:
            assert audited.pop(f"{image_id}/{edit.edit_id}") == {events.encode(edit)}, "each slot has its audit record"
    assert not audited, "no audit record is without a slot"
    heads = {}
    for record in of_topic(settings, topics.HEAD.name, image_ids):
        assert record.value is not None
        head = events.decode(record.value, record.headers, (topics.HEAD.name,)).data
        heads[head.image_id] = head
    assert {image_id: heads[image_id].edit_id for image_id in chains} == {
        image_id: edits[-1].edit_id for image_id, edits in chains.items()
    }, "the head that was written last is the head of the chain"
    _check_marks(settings, chains)


def _check_marks(settings: Settings, chains: dict[str, tuple[chain.Edit, ...]]) -> None:
    told = {}
    for record in read_log(settings.kafka, topics.MARKS.name):
        element = repetition.element(record.key)
        assert element is not None, "a mark is keyed by merchant, mark and image"
        if element.image_id in chains:
            told[element] = record.value
    expected = {
        element: events.encode(seen) if seen else None
        for edits in chains.values()
        for element, seen in repetition.told_by(edits).items()
    }
    left, borne = ({one: value for one, value in some.items() if value is not None} for some in (told, expected))
    assert left == borne, "the marks on the topic are those of the heads"
