"""A store and a publisher that can fail or die at any call, and what else a story of events needs."""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from infra.object_store import Listed, MissingObjectError, StoredObject
from processors import chain, decoding, engines
from processors.errors import ServiceUnavailableError
from processors.pictures import Mask, Picture, Pixels
from processors.regions import TextLine
from streams.dead_letters import Letter


class DiedError(BaseException):
    """The process is gone at this point: nothing below may catch it."""


@dataclass
class Trouble:
    """Lets the n-th call of whatever asks it fail, before or after it has acted."""

    at: int = 0
    after: bool = False
    failure: Callable[[], BaseException] = lambda: ServiceUnavailableError("store", "as the test wants")
    calls: int = 0

    def before_acting(self) -> None:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise self.failure()

    def after_acting(self) -> None:
        if self.calls == self.at and self.after:
            raise self.failure()


@dataclass
class MemoryStore:
    """An S3 store with versions in a dict."""

    trouble: Trouble = field(default_factory=Trouble)
    objects: dict[tuple[str, str], list[tuple[str, bytes]]] = field(default_factory=lambda: defaultdict(list))
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int | None = None) -> StoredObject:
        self.trouble.before_acting()
        chosen = [one for one in self.objects.get((bucket, key), []) if version_id in (None, one[0])]
        if not chosen:
            raise MissingObjectError(f"{bucket}/{key}")
        version, data = chosen[-1]
        self.trouble.after_acting()
        return StoredObject(data, version, hashlib.md5(data, usedforsecurity=False).hexdigest())

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        self.trouble.before_acting()
        if self.objects[bucket, key]:
            return False
        self.put(bucket, key, data)
        self.trouble.after_acting()
        return True

    def put(self, bucket: str, key: str, data: bytes) -> str:
        version = f"v{next(self._numbers)}"
        self.objects[bucket, key].append((version, data))
        return version

    def list(self, bucket: str, prefix: str = "", *, versions: bool = False) -> Iterator[Listed]:
        self.trouble.before_acting()
        found = [
            Listed(key, len(kept[-1][1]), "", kept[-1][0], is_latest=True, is_deletion=False)
            for (where, key), kept in sorted(self.objects.items())
            if kept and where == bucket and key.startswith(prefix)
        ]
        self.trouble.after_acting()
        return iter(found)

    def keys(self, bucket: str) -> set[str]:
        return {key for (where, key), kept in self.objects.items() if kept and where == bucket}


@dataclass
class ShelfPublisher:
    """Keeps every record that it is given."""

    trouble: Trouble = field(default_factory=Trouble)
    records: list[tuple[str, str, bytes, list[tuple[str, bytes]]]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes, headers: list[tuple[str, bytes]]
    ) -> None:
        self.trouble.before_acting()
        self.records.append((topic, key, value, headers))
        self.trouble.after_acting()

    async def forward(self, topic: str, letter: Letter) -> None:
        self.trouble.before_acting()
        self.letters.append(letter)
        self.trouble.after_acting()

    def of(self, topic: str) -> list[bytes]:
        return [value for where, _, value, _ in self.records if where == topic]


class DirectDecoder:
    """Decodes in this process."""

    async def decode(self, data: bytes) -> Picture:
        return decoding.decode(data)


@dataclass
class FakeReader:
    """Sees the same lines in every picture."""

    lines: tuple[TextLine, ...] = ()

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        return self.lines


@dataclass(frozen=True)
class FakeFilled:
    pixels: Pixels
    attempts: int = 1
    request_id: str = "fake-1"


class PlainInpainter:
    """Fills every hole with the most common colour around it."""

    async def fill(self, crop: Pixels, mask: Mask, engine: engines.Engine, *, radius_px: int) -> FakeFilled:
        colour = np.median(crop[~mask], axis=0).astype(np.uint8)
        return FakeFilled(np.where(mask[..., np.newaxis], colour, crop))


class NoModels:
    """Serves nothing that could be named."""

    async def facts(self) -> tuple[chain.Model, ...]:
        return ()
