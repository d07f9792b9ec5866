"""A store's notification records, of every form that is about, told again as arrivals and deletions."""

import asyncio
import json
import re
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import UnprocessableEventError
from streams import events, notifications, topics
from streams.ledger import Ledger
from tests import fakes

BUCKET = fakes.INCOMING
IMAGE_ID = re.compile("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")


def record(name: str = "s3:ObjectCreated:Put", key: str = "shoes/red.jpg", **fields: Any) -> dict[str, Any]:
    """One record as MinIO writes it; a field given as None is left out."""
    described = {
        "key": quote_plus(key),
        "size": 1234,
        "eTag": "9e107d9d372bb6826bd81d3542a419d6",
        "contentType": "image/jpeg",
        "userMetadata": {"content-type": "image/jpeg"},
        "versionId": "11111111-2222-3333-4444-555555555555",
        "sequencer": "17A4B6C8D0E2F4A6",
    } | fields
    return {
        "eventVersion": "2.0",
        "eventSource": "minio:s3",
        "awsRegion": "",
        "eventTime": "2026-11-23T10:00:00.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "merchant"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "17A4", "x-minio-deployment-id": "d"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "Config",
            "bucket": {"name": BUCKET, "ownerIdentity": {"principalId": "merchant"}, "arn": f"arn:aws:s3:::{BUCKET}"},
            "object": {field: value for field, value in described.items() if value is not None},
        },
        "source": {"host": "127.0.0.1", "port": "", "userAgent": "MinIO (linux; amd64) minio-py/7.2.20"},
    }


def notification(*records: dict[str, Any], **fields: Any) -> bytes:
    """The value of a Kafka record, in MinIO's present form unless other fields are given."""
    return json.dumps({**(fields or {"EventName": "s3:ObjectCreated:Put", "Key": "b/k"}), "Records": records}).encode()


class Office:
    """A notifier, and what it has told."""

    def __init__(self) -> None:
        self.store = fakes.MemoryStore()
        self.publisher = fakes.ShelfPublisher()
        ledger = Ledger(self.store, fakes.BUCKETS.edits)
        self.notifier = notifications.Notifier(self.publisher, ledger, BUCKET)

    def retell(self, value: bytes | None) -> list[events.Event]:
        """What is told of one notification."""
        before = len(self.publisher.sent)
        _run(self.notifier.retell(value))
        return [self._event(sent) for sent in self.publisher.sent[before:]]

    @staticmethod
    def _event(sent: fakes.Sent) -> events.Event:
        event = events.decode(sent.value, sent.headers, events.ARRIVALS)
        assert (sent.topic, sent.key, sent.image_id) == (topics.RECEIVED.name, *[event.data.image_id] * 2)
        return event


def _run(work: Awaitable[None]) -> None:
    async def run() -> None:
        await work

    asyncio.run(run())


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_new_object_becomes_an_arrival_with_all_that_the_store_said(office: Office) -> None:
    (event,) = office.retell(notification(record()))
    assert event.type == "catalog.image.created.v1"
    assert event.time == "2026-11-23T10:00:00.000Z"
    assert event.data.image_id == notifications.image_id_of(BUCKET, "shoes/red.jpg")
    assert event.data.object == events.ObjectRef(
        bucket=BUCKET,
        key="shoes/red.jpg",
        version_id="11111111-2222-3333-4444-555555555555",
        size=1234,
        sequencer="17A4B6C8D0E2F4A6",
    )


@pytest.mark.parametrize(
    "form",
    [
        {"EventName": "s3:ObjectCreated:Put", "Key": "catalog-incoming/shoes/red.jpg"},
        {"EventType": "s3:ObjectCreated:Put", "Key": "catalog-incoming/shoes/red.jpg", "level": "info", "msg": "",
         "time": "2026-11-23T10:00:00Z"},
        {"anything": "else"},
    ],
    ids=["MinIO now", "MinIO of old", "others"],
)  # fmt: skip
def test_the_old_and_the_new_form_tell_the_same(office: Office, form: dict[str, str]) -> None:
    (told,) = office.retell(notification(record(), **form))
    (plain,) = office.retell(notification(record()))
    assert told == plain


def test_names_without_the_prefix_are_known_too(office: Office) -> None:
    """AWS writes `ObjectCreated:Put`, MinIO `s3:ObjectCreated:Put`."""
    (ours,) = office.retell(notification(record("s3:ObjectCreated:Put")))
    (theirs,) = office.retell(notification(record("ObjectCreated:Put")))
    assert ours == theirs


@pytest.mark.parametrize("how", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_however_it_came_it_arrived(office: Office, how: str) -> None:
    (event,) = office.retell(notification(record(f"s3:ObjectCreated:{how}")))
    assert event.type == "catalog.image.created.v1"


def test_told_again_it_is_the_same_event(office: Office) -> None:
    (first,) = office.retell(notification(record()))
    (again,) = office.retell(notification(record()))
    assert again.id == first.id
    assert office.publisher.sent[0] == office.publisher.sent[1]


def test_another_version_is_another_event_of_the_same_picture(office: Office) -> None:
    first, second = office.retell(notification(record(), record(versionId="other")))
    assert first.id != second.id
    assert first.data.image_id == second.data.image_id


def test_without_versions_the_order_of_the_store_tells_events_apart(office: Office) -> None:
    first, second, again = office.retell(
        notification(
            record(versionId=None, sequencer="1"), record(versionId="null", sequencer="2"),
            record(versionId="", sequencer="2"),
        )
    )  # fmt: skip
    assert first.id != second.id
    assert second == again
    assert first.data.object.version_id is None


def test_a_picture_that_is_known_is_updated(office: Office) -> None:
    image_id = notifications.image_id_of(BUCKET, "shoes/red.jpg")
    slot = f"chain/{image_id}/00000001.json"
    office.store.put_once(fakes.BUCKETS.edits, slot, _first_edit(image_id), "application/json")
    (event,) = office.retell(notification(record()))
    assert event.type == "catalog.image.updated.v1"


def _first_edit(image_id: str) -> bytes:
    cause = {"event_id": "e", "event_source": "s", "event_type": "catalog.image.created.v1", "time": None}
    edit = {"image_id": image_id, "seq": 1, "edit_id": "0" * 32, "parent": None, "parent_sha256": None, "kind": "kept"}
    return json.dumps({**edit, "cause": cause}).encode()


def test_a_delete_marker_takes_the_picture_away(office: Office) -> None:
    gone = record("s3:ObjectRemoved:DeleteMarkerCreated", size=None, eTag=None, contentType=None, userMetadata=None)
    (event,) = office.retell(notification(gone))
    assert event.type == "catalog.image.deleted.v1"
    assert event.data.image_id == notifications.image_id_of(BUCKET, "shoes/red.jpg")
    assert event.data.object.sequencer == "17A4B6C8D0E2F4A6"


def test_a_deletion_where_there_are_no_versions_takes_the_picture_away(office: Office) -> None:
    (event,) = office.retell(notification(record("s3:ObjectRemoved:Delete", versionId=None)))
    assert event.type == "catalog.image.deleted.v1"


def test_deleting_one_old_version_tells_nothing(office: Office) -> None:
    assert office.retell(notification(record("s3:ObjectRemoved:Delete", versionId="old"))) == []


@pytest.mark.parametrize("name", ["s3:ObjectAccessed:Get", "s3:ObjectTagging:Put", "s3:ReducedRedundancyLostObject"])
def test_what_changes_no_picture_tells_nothing(office: Office, name: str) -> None:
    assert office.retell(notification(record(name))) == []


def test_one_notification_may_hold_several_records(office: Office) -> None:
    told = office.retell(notification(record(key="a.jpg"), record(key="b.jpg")))
    assert [event.data.object.key for event in told] == ["a.jpg", "b.jpg"]
    assert office.retell(notification()) == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "undecodable"),
        (b"{", "undecodable"),
        (b"\xff\xfe", "undecodable"),
        (b"[" * 100_000, "undecodable"),
        (b"{}", "undecodable"),
        (b'{"Records": null}', "undecodable"),
        (b'{"Records": [{"eventName": "s3:ObjectCreated:Put"}]}', "undecodable"),
        (b" " * (events.MAX_EVENT_BYTES + 1), "oversized"),
        (notification(record(key="")), "invalid_data"),
        (notification(record(key="x" * 1025)), "invalid_data"),
        (notification(record(sequencer="not hexadecimal")), "invalid_data"),
        (notification(record(size=-1)), "invalid_data"),
    ],
)
def test_what_is_no_notification_is_refused_with_a_reason(office: Office, value: bytes | None, reason: str) -> None:
    with pytest.raises(UnprocessableEventError) as caught:
        office.retell(value)
    assert caught.value.reason == reason
    assert office.publisher.sent == []


def test_notifications_of_other_buckets_are_refused(office: Office) -> None:
    """Ours would call us again for what we wrote."""
    other = record()
    other["s3"]["bucket"]["name"] = fakes.BUCKETS.edits
    with pytest.raises(UnprocessableEventError, match="other_bucket"):
        office.retell(notification(other))


@given(st.text(min_size=1, max_size=80))
def test_every_key_comes_through_unharmed_and_gives_a_name(key: str) -> None:
    (event,) = Office().retell(notification(record(key=key)))
    assert event.data.object.key == key
    assert IMAGE_ID.match(event.data.image_id)


@given(st.text(max_size=300), st.text(max_size=300))
def test_different_keys_have_different_names(one: str, other: str) -> None:
    names = notifications.image_id_of(BUCKET, one), notifications.image_id_of(BUCKET, other)
    assert (names[0] == names[1]) == (one == other)
    assert all(IMAGE_ID.match(name) for name in names)


def test_a_name_says_what_it_is_the_name_of() -> None:
    assert notifications.image_id_of(BUCKET, "shop 7/red dress.jpg").startswith("shop-7-red-dress-")
    assert notifications.image_id_of(BUCKET, "靴.jpg").startswith("object-")
    assert notifications.image_id_of("a", "x.jpg") != notifications.image_id_of("b", "x.jpg")
