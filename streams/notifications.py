"""Bucket notifications of an S3 store, told again as arrivals and deletions of pictures."""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from processors import chain
from processors.errors import UnprocessableEventError
from streams import events, topics
from streams.ledger import Ledger
from streams.ports import Publisher


class _Object(Struct, frozen=True):
    key: str
    size: int | None = None
    eTag: str | None = None  # noqa: N815 - S3's spelling
    versionId: str | None = None  # noqa: N815
    sequencer: str | None = None


class _Bucket(Struct, frozen=True):
    name: str


class _S3(Struct, frozen=True):
    bucket: _Bucket
    object: _Object


class _Record(Struct, frozen=True):
    eventName: str  # noqa: N815
    s3: _S3
    eventTime: str | None = None  # noqa: N815


class _Notification(Struct, frozen=True):
    Records: list[_Record]


class Notifier:
    """Retells what happened in the incoming bucket; what happened elsewhere is not about uploads."""

    def __init__(self, publisher: Publisher, ledger: Ledger, bucket: str) -> None:
        self._publisher = publisher
        self._ledger = ledger
        self._bucket = bucket

    async def retell(self, value: bytes | None) -> None:
        """Publish an arrival or a deletion for each record of a notification.

        Raises:
            UnprocessableEventError: `undecodable`, `oversized` or `other_bucket`.
        """
        if value is None or len(value) > events.MAX_EVENT_BYTES:
            raise UnprocessableEventError("oversized" if value else "empty", "not a bucket notification")
        for record in _records(value):
            if record.s3.bucket.name != self._bucket:
                raise UnprocessableEventError("other_bucket", record.s3.bucket.name)
            reference = reference_of(record)
            image_id = image_id_of(reference.bucket, reference.key)
            version = reference.version_id or reference.sequencer or record.eventTime or ""
            await self.tell(image_id, reference, record.eventName.removeprefix("s3:"), version, record.eventTime)

    async def tell(
        self, image_id: str, reference: events.ObjectRef, event_name: str, version: str, time: str | None
    ) -> None:
        """Publish what happened to one object; `event_name` is S3's, e.g. `ObjectCreated:Put`.

        `version` tells this happening from others of the same name to the same object (see `event_id_of`).
        """
        if event_name.startswith("ObjectCreated:"):
            known = (await self._ledger.read(image_id)).head is not None
            kind = "catalog.image.updated.v1" if known else "catalog.image.created.v1"
            data: Struct = events.ImageArrived(image_id=image_id, object=reference)
        elif _takes_the_picture_away(event_name, reference):
            kind = "catalog.image.deleted.v1"
            data = events.ImageDeleted(image_id=image_id, object=reference)
        else:
            return
        await self._publisher.send(
            topics.RECEIVED.name,
            image_id=image_id,
            key=image_id,
            value=events.encode(data),
            headers=events.headers(kind, event_id_of(event_name, reference, version), time),
        )


def event_id_of(event_name: str, reference: events.ObjectRef, version: str) -> str:
    """The id of the event that tells what happened to an object; told again, it is the same."""
    return chain.name_of("s3", event_name, reference.bucket, reference.key, version)


def image_id_of(bucket: str, key: str) -> str:
    """The picture's name for an object that came without one: readable, and different for different keys."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", key.rpartition(".")[0] or key).strip("-._")[-60:].lstrip("-._")
    digest = hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()[:12]
    return f"{slug}-{digest}" if slug else f"object-{digest}"


def _records(value: bytes) -> Iterator[_Record]:
    try:
        yield from msgspec.json.decode(value, type=_Notification).Records
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UnprocessableEventError("undecodable", str(problem)[:500]) from problem


def reference_of(record: _Record) -> events.ObjectRef:
    """The object that a notification record is about; its key comes URL-encoded."""
    found = record.s3.object
    reference = {
        "bucket": record.s3.bucket.name,
        "key": unquote_plus(found.key),
        "version_id": None if found.versionId in (None, "", "null") else found.versionId,
        "size": found.size,
        "sequencer": found.sequencer or None,
    }
    try:
        return msgspec.convert(reference, events.ObjectRef)
    except msgspec.ValidationError as problem:
        raise UnprocessableEventError("invalid_data", str(problem)) from problem


def _takes_the_picture_away(name: str, reference: events.ObjectRef) -> bool:
    """Deleting one old version leaves the picture; a delete marker, or a deletion without versions, does not."""
    return name == "ObjectRemoved:DeleteMarkerCreated" or (
        name.startswith("ObjectRemoved:Delete") and reference.version_id is None
    )
