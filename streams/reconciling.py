"""The listing against the heads: what the notifications missed, or a store without them cannot tell."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from infra.kafka import EventWriter, read_log
from infra.object_store import Listed, S3Store
from infra.settings import KafkaSettings, Settings
from processors.errors import UnprocessableEventError
from streams import events, lookups, notifications, topics
from streams.dead_letters import Letter
from streams.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that happened in the incoming bucket and no event told."""

    event_name: str
    image_id: str
    reference: events.ObjectRef
    #: tells it from others of the same name to the same object
    version: str

    @property
    def event_id(self) -> str:
        """The id of the event that tells of it."""
        return notifications.event_id_of(self.event_name, self.reference, self.version)


def missed(settings: Settings) -> list[Missed]:
    """Objects whose present version no head knows, and heads whose object is gone.

    What was told by an earlier reconciling and then refused, or dead-lettered, is not told again: the outcome topic
    remembers it for 30 days. Raises ServiceUnavailableError.
    """
    store, bucket = S3Store(settings.store), settings.store.incoming_bucket
    ledger = Ledger(store, settings.store.edits_bucket)
    known = _heads_by_key(settings.kafka, bucket)
    found: list[Missed] = []
    present = set()
    for listed in store.list(bucket, versions=True):
        if listed.is_latest and not listed.is_deletion:
            present.add(listed.key)
            found += _arrivals(listed, bucket, known.get(listed.key, []), ledger)
    if found:
        turned_down = _turned_down(settings.kafka)
        found = [one for one in found if one.event_id not in turned_down]
    for key, heads in known.items():
        if key not in present:
            gone = events.ObjectRef(bucket=bucket, key=key)
            found += [
                Missed("ObjectRemoved:DeleteMarkerCreated", head.image_id, gone, head.edit_id)
                for head in heads
                if head.kind != "deleted"
            ]
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
            await notifier.tell(one.image_id, one.reference, one.event_name, one.version, None)

    asyncio.run(all_of_them())
    writer.flush()


def _heads_by_key(kafka: KafkaSettings, bucket: str) -> dict[str, list[events.ImageHead]]:
    """Merchants may have named the picture of an object themselves, and more than one of it."""
    found: dict[str, list[events.ImageHead]] = {}
    for head in lookups.heads(kafka).values():
        if head.source is not None and head.source.bucket == bucket:
            found.setdefault(head.source.key, []).append(head)
    return found


def _arrivals(listed: Listed, bucket: str, heads: list[events.ImageHead], ledger: Ledger) -> Iterator[Missed]:
    """What must be told of an object for its pictures to be those of its present version."""
    version = listed.version_id or listed.etag
    reference = events.ObjectRef(bucket=bucket, key=listed.key, version_id=listed.version_id, size=listed.size)
    if not heads:
        image_id = notifications.image_id_of(bucket, listed.key)
        yield Missed("ObjectCreated:Reconciled", image_id, reference, version)
    for head in heads:
        if _shows(head, listed):
            continue
        # Two pictures of one object need two events.
        mine = f"{version} of {head.image_id}"
        if _came_back(head, listed, ledger):
            # Its arrival stands in the chain already. Without the version this one is an arrival of its own.
            again = events.ObjectRef(bucket=bucket, key=listed.key, size=listed.size)
            yield Missed("ObjectCreated:Reconciled", head.image_id, again, f"{mine} after {head.edit_id}")
        else:
            yield Missed("ObjectCreated:Reconciled", head.image_id, reference, mine)


def _shows(head: events.ImageHead, listed: Listed) -> bool:
    source = head.source
    assert source is not None, "heads without a source are of no object"
    same = source.etag == listed.etag or (listed.version_id is not None and source.version_id == listed.version_id)
    return same and head.kind != "deleted"


def _came_back(head: events.ImageHead, listed: Listed, ledger: Ledger) -> bool:
    """Whether the present version was there before: a delete marker or later versions of it were removed.

    Where the store keeps no versions, the same bytes count as the same version.
    """
    sources = [edit.source for edit in ledger.read_now(head.image_id).edits if edit.source is not None]
    if listed.version_id is None:
        return any(source.etag == listed.etag for source in sources)
    return any(source.version_id == listed.version_id for source in sources)


def _turned_down(kafka: KafkaSettings) -> set[str]:
    """Ids of events that were answered and left no trace in a chain."""
    found = set()
    for record in read_log(kafka, topics.OUTCOME.name):
        try:
            outcome: events.ImageOutcome = events.decode(record.value, record.headers, (topics.OUTCOME.name,)).data
        except UnprocessableEventError:
            # Somebody else wrote it; it answers nothing.
            continue
        if outcome.status in ("refused", "failed"):
            found.add(outcome.event_id)
    return found


class _Writing:
    """A Publisher that queues; `EventWriter.flush` confirms."""

    def __init__(self, writer: EventWriter, partitions: int) -> None:
        self._writer = writer
        self._partitions = partitions

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        partition = topics.partition_of(image_id, self._partitions)
        self._writer.send(topic, key=key.encode(), value=value, headers=headers, partition=partition)

    async def forward(self, topic: str, letter: Letter) -> None:
        self._writer.send(
            topic, key=letter.key, value=letter.value, headers=list(letter.headers), partition=letter.partition
        )
