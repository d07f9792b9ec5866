"""Pictures from files into the incoming bucket, and the events that tell of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from processors.policies import DEFAULT
from processors.records import CatalogRecord, Role
from streams import events, notifications, topics


@dataclass(frozen=True, slots=True)
class Told:
    """What the event says of a picture beside where it lies."""

    merchant_id: str | None = None
    record: CatalogRecord | None = None
    role: Role = "main"
    marketplace: str = DEFAULT
    batch_id: str | None = None


#: Nothing but where it lies.
NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class Submitted:
    """One file that was uploaded and told of."""

    path: Path
    key: str
    image_id: str
    event_id: str


def files_of(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Files with the key that each gets: a file's name, or its path from the folder that was named, with the folder."""
    for path in paths:
        if path.is_dir():
            root = path.resolve()
            yield from (
                (one, one.relative_to(root.parent).as_posix()) for one in sorted(root.rglob("*")) if one.is_file()
            )
        else:
            yield path, path.name


class Submitter:
    """Uploads and tells, by the same names that bucket notifications use: told twice, a picture is done once."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.store.incoming_bucket
        self._partitions = settings.kafka.partitions
        self._store = S3Store(settings.store)
        self._writer = EventWriter(settings.kafka)

    def submit(self, path: Path, key: str, told: Told = NOTHING_TOLD) -> Submitted:
        """Upload one file and queue its event; `flush` confirms. Raises ServiceUnavailableError."""
        data = path.read_bytes()
        version_id = self._store.put(self._bucket, key, data, "application/octet-stream")
        image_id = notifications.image_id_of(self._bucket, key)
        digest = sha256(data).hexdigest()
        arrival = events.ImageArrived(
            image_id=image_id,
            object=events.ObjectRef(bucket=self._bucket, key=key, version_id=version_id, sha256=digest, size=len(data)),
            merchant_id=told.merchant_id,
            record=told.record,
            role=told.role,
            marketplace=told.marketplace,
            batch_id=told.batch_id,
        )
        event_id = chain.name_of("submit", self._bucket, key, version_id or digest)
        self._writer.send(
            topics.RECEIVED.name,
            key=image_id.encode(),
            value=events.encode(arrival),
            headers=events.headers("catalog.image.created.v1", event_id, datetime.now(UTC).isoformat()),
            partition=topics.partition_of(image_id, self._partitions),
        )
        return Submitted(path, key, image_id, event_id)

    def flush(self) -> None:
        """Wait for the broker's word on all events. Raises ServiceUnavailableError."""
        self._writer.flush()
