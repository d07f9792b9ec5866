"""The listing against the heads: what the notifications missed, or a store without them cannot tell."""

import asyncio
from dataclasses import dataclass

from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from streams import events, lookups, notifications, topics
from streams.dead_letters import Letter
from streams.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that happened in the incoming bucket and no event told."""

    event_name: str
    reference: events.ObjectRef
    #: tells it from others of the same name to the same object
    version: str


def missed(settings: Settings) -> list[Missed]:
    """Objects whose present version no head knows, and heads whose object is gone. Raises ServiceUnavailableError."""
    bucket = settings.store.incoming_bucket
    known = {
        (head.source.bucket, head.source.key): head
        for head in lookups.heads(settings.kafka).values()
        if head.source is not None and head.source.bucket == bucket
    }
    found: list[Missed] = []
    present = set()
    for listed in S3Store(settings.store).list(bucket, versions=True):
        if not listed.is_latest or listed.is_deletion:
            continue
        present.add((bucket, listed.key))
        head = known.get((bucket, listed.key))
        same = (
            head is not None
            and head.kind != "deleted"
            and head.source is not None
            and (head.source.etag == listed.etag or (listed.version_id and head.source.version_id == listed.version_id))
        )
        if not same:
            reference = events.ObjectRef(bucket=bucket, key=listed.key, version_id=listed.version_id, size=listed.size)
            found.append(Missed("ObjectCreated:Reconciled", reference, listed.version_id or listed.etag))
    for (_, key), head in known.items():
        if (bucket, key) not in present and head.kind != "deleted":
            gone = events.ObjectRef(bucket=bucket, key=key)
            found.append(Missed("ObjectRemoved:DeleteMarkerCreated", gone, head.edit_id))
    return found


def tell(settings: Settings, found: list[Missed]) -> None:
    """Send the events as the notification agent would have. Raises ServiceUnavailableError."""
    writer = EventWriter(settings.kafka)
    ledger = Ledger(S3Store(settings.store), settings.store.edits_bucket)
    notifier = notifications.Notifier(
        _Writing(writer, settings.kafka.partitions), ledger, settings.store.incoming_bucket
    )

    async def all_of_them() -> None:
        for one in found:
            await notifier.tell(one.reference, one.event_name, one.version, None)

    asyncio.run(all_of_them())
    writer.flush()


class _Writing:
    """A Publisher that queues; `EventWriter.flush` confirms."""

    def __init__(self, writer: EventWriter, partitions: int) -> None:
        self._writer = writer
        self._partitions = partitions

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes, headers: list[tuple[str, bytes]]
    ) -> None:
        partition = topics.partition_of(image_id, self._partitions)
        self._writer.send(topic, key=key.encode(), value=value, headers=headers, partition=partition)

    async def forward(self, topic: str, letter: Letter) -> None:
        self._writer.send(
            topic, key=letter.key, value=letter.value, headers=list(letter.headers), partition=letter.partition
        )
