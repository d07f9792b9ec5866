"""All that the pipeline wants from the world, on one page. Adapters fit by shape; nothing here is inherited."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from infra.object_store import Listed, StoredObject
from processors import chain, engines
from processors.pictures import Mask, Picture, Pixels
from processors.regions import TextLine
from streams.dead_letters import Letter
from streams.standing import Standing


class Spliced(Protocol):
    """An edited JPEG."""

    @property
    def data(self) -> bytes: ...

    @property
    def picture(self) -> Picture:
        """What the file shows, which differs from what was wanted by the steps of its coefficients."""
        ...

    @property
    def patch(self) -> bytes: ...


class Decoder(Protocol):
    """Bytes of unknown origin → a picture, and back where that is as dangerous, without harm to the caller."""

    async def decode(self, data: bytes) -> Picture:
        """Raises RefusedImageError with a stable reason where the bytes are not a picture that we accept."""
        ...

    async def splice(self, source: bytes, wanted: Picture, mask: Mask) -> Spliced:
        """The JPEG `source` showing `wanted` inside the mask, all other blocks bit for bit; or RefusedImageError."""
        ...


class Opener(Protocol):
    """What commands need of the sandbox: one file after another, without an event loop."""

    def decode_blocking(self, data: bytes) -> Picture:
        """Raises RefusedImageError."""
        ...

    def proof_blocking(self, original: bytes, result: bytes, patch: bytes) -> str:
        """A sentence on what the patch was shown to do. Raises PatchError or RefusedImageError."""
        ...


class TextReader(Protocol):
    """Finds and reads lines of text."""

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        """Lines in an upright h x w x 3 picture, polygons in its pixels. Raises ServiceUnavailableError."""
        ...


class Filled(Protocol):
    """What an inpainter gave back for one crop."""

    @property
    def pixels(self) -> Pixels:
        """The crop's shape; equal to the crop outside the mask."""
        ...

    @property
    def attempts(self) -> int: ...

    @property
    def request_id(self) -> str: ...


class Inpainter(Protocol):
    """Invents what lay under a mask."""

    async def fill(self, crop: Pixels, mask: Mask, engine: engines.Engine, *, radius_px: int) -> Filled:
        """Raises ServiceUnavailableError."""
        ...


class StrokeFinder(Protocol):
    """Tells which pixels of a line an overlay changed."""

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        """0..255 for each pixel of the crop (h x w x 3), whose line lies in the box (h x w).

        Lines are at most 64 px high: larger ones are scaled down before. Raises ServiceUnavailableError.
        """
        ...


class Models(Protocol):
    """Says which models are serving."""

    async def facts(self) -> tuple[chain.Model, ...]:
        """Raises ServiceUnavailableError."""
        ...


class Certifies(Protocol):
    """Says under what a picture is decided."""

    def standing(self, models: Iterable[chain.Model], version: str) -> Standing:
        """The thresholds under this version of the policy with these models; the certificate, if one is in force."""
        ...


class Marks(Protocol):
    """Knows which marks the merchants' other pictures bear, as far as it has heard."""

    def repeats(
        self, merchant_id: str, lines: Sequence[TextLine], size: tuple[int, int], image_id: str | None, pixels: str
    ) -> tuple[int, ...]:
        """For each line of an upright picture (`size`: width, height): on how many other pictures its mark was seen.

        `image_id` and `pixels` (the SHA-256 of the decoded picture) say which picture is not another one. Answers at
        once, and at worst too low: what was not heard of does not count, and no more than 8 are counted.
        """
        ...


class Store(Protocol):
    """An S3 store, synchronous and thread-safe (see infra.object_store)."""

    def get(
        self, bucket: str, key: str, version_id: str | None = None, max_bytes: int | None = None
    ) -> StoredObject: ...

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool: ...

    def list(self, bucket: str, prefix: str = "", *, versions: bool = False) -> Iterator[Listed]: ...


class Publisher(Protocol):
    """Writes a record and waits for the broker's word."""

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        """Send to the image's partition; no value is a tombstone.

        Raises ServiceUnavailableError where the broker does not confirm.
        """
        ...

    async def forward(self, topic: str, letter: Letter) -> None:
        """Send a dead letter as it is. Raises ServiceUnavailableError where the broker does not confirm."""
        ...


class Writer(Protocol):
    """Queues records and confirms them together: what commands need of `infra.kafka.EventWriter`."""

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]],
        partition: int | None = None,
    ) -> None: ...

    def flush(self) -> None:
        """Raises ServiceUnavailableError where something did not arrive."""
        ...
