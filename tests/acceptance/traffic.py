"""Traffic for the acceptance tests: small pictures of every kind, and events about them with duplicates."""

import io
import random
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig
from PIL import Image, ImageDraw, ImageFont

from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from streams import events, topics

BUCKET = "catalog-deliveries"


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was sent, perhaps several times."""

    event_id: str
    image_id: str
    sha256: str


def picture(seed: int) -> bytes:
    """A small picture: every third without text, with a date stamp in its corner, or with an owner's mark across it."""
    chance = np.random.default_rng(seed)
    ground = np.full((180, 240, 3), chance.integers(120, 230, 3), np.uint8)
    ground += chance.integers(0, 6, ground.shape, np.uint8)
    image = Image.fromarray(ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 40, 180, 140), fill=tuple(int(level) for level in chance.integers(0, 100, 3)))
    if seed % 3 == 1:
        draw.text((130, 162), "06.07.2020 07:12", font=ImageFont.load_default(13), fill=(250, 240, 90))
    elif seed % 3 == 2:
        draw.text((48, 78), "shutterstock", font=ImageFont.load_default(24), fill="white")
    file = io.BytesIO()
    if seed % 2:
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=92)
    return file.getvalue()


class Traffic:
    """Uploads pictures and sends `events` events, a good part of them told more than once, in a seeded order."""

    def __init__(self, settings: Settings, seed: int, name: str) -> None:
        self._settings = settings
        self._store = S3Store(settings.store)
        if not self._store.client.bucket_exists(BUCKET):
            self._store.client.make_bucket(BUCKET)
        self._store.client.set_bucket_versioning(BUCKET, VersioningConfig(ENABLED))
        self._writer = EventWriter(settings.kafka)
        self._chance = random.Random(seed)
        self._name = name
        self._sent: list[tuple[Told, bytes, list[tuple[str, bytes]]]] = []
        self.told: dict[str, Told] = {}
        self.originals: dict[str, bytes] = {}
        self._serial = 0

    def send(self, count: int) -> None:
        """Send `count` events: new pictures, new versions, the same event again, the same object told by another."""
        for _ in range(count):
            self._next()
        self._writer.flush()

    def _next(self) -> None:
        kind = self._chance.random()
        if self._sent and kind < 0.3:
            told, value, headers = self._chance.choice(self._sent)
            self._write(told, value, headers)
        elif self._sent and kind < 0.45:
            self._tell(self._chance.choice(self._sent)[0].image_id)
        else:
            self._tell(f"{self._name}-{len(self.told):04d}")

    def _tell(self, image_id: str) -> None:
        self._serial += 1
        data = picture(self._serial)
        digest = sha256(data).hexdigest()
        self.originals[digest] = data
        key = f"{image_id}/{self._serial}"
        version = self._store.put(BUCKET, key, data, "application/octet-stream")
        event_id = f"{self._name}-event-{self._serial}"
        arrival = events.ImageArrived(
            image_id=image_id,
            object=events.ObjectRef(bucket=BUCKET, key=key, version_id=version, sha256=digest),
            merchant_id="m-1",
        )
        told = Told(event_id, image_id, digest)
        self.told[event_id] = told
        headers = events.headers("catalog.image.updated.v1", event_id, "2026-11-23T10:00:00+00:00")
        self._write(told, events.encode(arrival), headers)

    def _write(self, told: Told, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        self._sent.append((told, value, headers))
        partition = topics.partition_of(told.image_id, self._settings.kafka.partitions)
        self._writer.send(
            topics.RECEIVED.name, key=told.image_id.encode(), value=value, headers=headers, partition=partition
        )
