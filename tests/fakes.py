"""Fakes of the ports that keep the real rules: a store in a dict, a broker on a shelf, models that read test ink."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import cv2
import numpy as np
from PIL import Image

from infra import error_file, jpegs, kafka, policy_file, proofs, restoring, settings
from infra.object_store import Listed, MissingObjectError, RefusedByStoreError, StoredObject, TooLargeError
from processors import certificates, chain, decoding, engines, guard
from processors.pictures import Mask, Picture, Pixels
from processors.policies import Actions
from processors.regions import Region, TextLine
from processors.routing import NOTHING_KNOWN, Context, Decide, Decision, Policy
from streams import audit_log, topics
from streams.cleaning import Cleaned, Edited, PictureCleaner
from streams.dead_letters import Letter
from streams.editing import Buckets
from streams.ports import Certifies, Marks
from streams.standing import Standing
from tests import picture_files

T = TypeVar("T")

INCOMING = "catalog-incoming"
BUCKETS = Buckets("catalog-originals", "catalog-edits")

# ------------------------------------------------------------------------------------------------------- servers


@dataclass(frozen=True)
class _Version:
    id: str
    #: None is a delete marker
    data: bytes | None
    written_at: datetime

    @property
    def etag(self) -> str:
        return hashlib.md5(self.data or b"", usedforsecurity=False).hexdigest()


_Objects = dict[str, list[_Version]]


class MemoryStore:
    """An S3 store in a dict: versions, delete markers, conditional writes; refuses what the real one refuses."""

    def __init__(self, *buckets: str) -> None:
        self._buckets: dict[str, _Objects] = {
            name: {} for name in buckets or (INCOMING, BUCKETS.originals, BUCKETS.edits)
        }
        self._lock = threading.Lock()
        self._written = 0
        #: the store's clock
        self.now = datetime(2026, 11, 25, tzinfo=UTC)

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int | None = None) -> StoredObject:
        where = f"{bucket}/{key}" + (f"@{version_id}" if version_id else "")
        if bucket not in self._buckets or {".", ".."} & set(key.split("/")):
            raise MissingObjectError(where)
        versions = self._buckets[bucket].get(key, [])
        found = next((one for one in reversed(versions) if version_id in (None, one.id)), None)
        if found is None or found.data is None:
            raise MissingObjectError(where)
        if max_bytes is not None and len(found.data) > max_bytes:
            raise TooLargeError(f"{where} has more than {max_bytes} bytes")
        return StoredObject(found.data, found.id, found.etag)

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        with self._lock:
            versions = self._objects(bucket).get(key, [])
            if versions and versions[-1].data is not None:
                return False
            self._append(bucket, key, data)
            return True

    def put(self, bucket: str, key: str, data: bytes, media_type: str = "") -> str:
        with self._lock:
            return self._append(bucket, key, data)

    def remove(self, bucket: str, key: str) -> None:
        with self._lock:
            self._append(bucket, key, None)

    def remove_version(self, bucket: str, key: str, version_id: str | None) -> None:
        with self._lock:
            objects = self._objects(bucket)
            objects[key] = [version for version in objects.get(key, []) if version.id != version_id]
            if not objects[key]:
                del objects[key]

    def exists(self, bucket: str, key: str) -> bool:
        versions = self._buckets.get(bucket, {}).get(key, [])
        return bool(versions) and versions[-1].data is not None

    def list(self, bucket: str, prefix: str = "", *, versions: bool = False) -> Iterator[Listed]:
        objects = self._objects(bucket)
        found = [
            Listed(
                key,
                len(version.data or b""),
                version.etag,
                version.id,
                version is objects[key][-1],
                version.data is None,
                version.written_at,
            )
            for key in sorted(one for one in objects if one.startswith(prefix))
            for version in reversed(objects[key])
        ]
        if not versions:
            return (one for one in found if one.is_latest and not one.is_deletion)
        # As the client gives them: delete markers behind all else.
        return iter(sorted(found, key=lambda one: one.is_deletion))

    def erase(self, bucket: str, versions: Iterable[Listed], *, locked: bool = False) -> None:
        for one in list(versions):
            left = [kept for kept in self._objects(bucket).get(one.key, []) if kept.id != one.version_id]
            self._objects(bucket)[one.key] = left
            if not left:
                del self._objects(bucket)[one.key]

    def _objects(self, bucket: str) -> _Objects:
        if bucket not in self._buckets:
            raise RefusedByStoreError(f"NoSuchBucket for {bucket}")
        return self._buckets[bucket]

    def _append(self, bucket: str, key: str, data: bytes | None) -> str:
        self._written += 1
        version = _Version(f"v{self._written:06d}", data, self.now)
        self._objects(bucket).setdefault(key, []).append(version)
        return version.id


@dataclass(frozen=True)
class Sent:
    """A record as it lies on the shelf."""

    topic: str
    image_id: str
    key: str
    #: None is a tombstone
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def event_id(self) -> str:
        return dict(self.headers)["ce_id"].decode()


class ShelfPublisher:
    """A broker that keeps every record in the order in which it came; a compacted topic takes none without a key."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.letters: list[Letter] = []

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        assert key or topic not in topics.COMPACTED, "INVALID_RECORD: a compacted topic needs keys"
        assert value is not None or topic in topics.COMPACTED, "a tombstone means nothing elsewhere"
        self.sent.append(Sent(topic, image_id, key, value, tuple(headers)))

    async def forward(self, topic: str, letter: Letter) -> None:
        self.letters.append(letter)

    def on(self, topic: str) -> list[Sent]:
        return [one for one in self.sent if one.topic == topic]

    def compacted(self, topic: str) -> dict[str, bytes]:
        """Key → last value, as compaction leaves them in the end."""
        last = {one.key: one.value for one in self.on(topic)}
        return {key: value for key, value in last.items() if value is not None}

    def compact(self, end: int) -> None:
        """Clean the records before `end` as the broker does: the last of a key stays, and no tombstone."""
        last = {(one.topic, one.key): number for number, one in enumerate(self.sent[:end])}
        cleaned = [
            one
            for number, one in enumerate(self.sent[:end])
            if one.topic not in topics.COMPACTED or (last[one.topic, one.key] == number and one.value is not None)
        ]
        self.sent = cleaned + self.sent[end:]


class ShelfLog:
    """Topics of one partition that a synchronous writer fills and readers read, as `EventWriter` and `read_log` do."""

    def __init__(self) -> None:
        self.records: dict[str, list[kafka.Record]] = {}

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]],
        partition: int | None = None,
    ) -> None:
        records = self.records.setdefault(topic, [])
        records.append(kafka.Record(topic, 0, len(records), key, value, tuple(headers), 0))

    def flush(self) -> None: ...

    def of(self, topic: str) -> list[kafka.Record]:
        return list(self.records.get(topic, []))

    def read(self, since: Mapping[int, int] | None = None) -> Iterator[audit_log.Entry]:
        """The audit topic."""
        begin = (since or {}).get(0, 0)
        return (audit_log.entry(record) for record in self.of(topics.AUDIT.name) if record.offset >= begin)

    def compacted(self, topic: str) -> dict[bytes | None, bytes]:
        """Key → last value, as compaction leaves them in the end."""
        last = {record.key: record.value for record in self.of(topic)}
        return {key: value for key, value in last.items() if value is not None}


class Death(BaseException):
    """The process is gone: nothing may catch this."""


class Trouble:
    """Makes the n-th call of everything that it is put around fail, before it has acted or after."""

    def __init__(self, at: int, problem: Callable[[], BaseException], *, acts: bool) -> None:
        self._at = at
        self._problem = problem
        self._acts = acts
        self._lock = threading.Lock()
        self.calls = 0

    def mine(self) -> bool:
        with self._lock:
            self.calls += 1
            return self.calls == self._at

    def around(self, act: Callable[[], T]) -> T:
        if not self.mine():
            return act()
        if self._acts:
            act()
        raise self._problem()

    def check(self, mine: bool, *, acted: bool) -> None:
        if mine and acted == self._acts:
            raise self._problem()


class TroubledStore:
    """A store whose calls may fail."""

    def __init__(self, store: MemoryStore, trouble: Trouble) -> None:
        self._store = store
        self._trouble = trouble

    def get(self, *args: Any) -> StoredObject:
        return self._trouble.around(lambda: self._store.get(*args))

    def put_once(self, *args: Any) -> bool:
        return self._trouble.around(lambda: self._store.put_once(*args))

    def list(self, *args: Any, **named: Any) -> Iterator[Listed]:
        return self._trouble.around(lambda: self._store.list(*args, **named))


class TroubledPublisher:
    """A publisher whose calls may fail."""

    def __init__(self, publisher: ShelfPublisher, trouble: Trouble) -> None:
        self._publisher = publisher
        self._trouble = trouble

    async def send(self, topic: str, **named: Any) -> None:
        mine = self._trouble.mine()
        self._trouble.check(mine, acted=False)
        await self._publisher.send(topic, **named)
        self._trouble.check(mine, acted=True)

    async def forward(self, topic: str, letter: Letter) -> None:
        mine = self._trouble.mine()
        self._trouble.check(mine, acted=False)
        await self._publisher.forward(topic, letter)
        self._trouble.check(mine, acted=True)


@dataclass
class Message:
    """A record as Faust hands it to an agent."""

    value: bytes | None
    headers: list[tuple[str, Any]] | None = None
    key: bytes | None = b"shop.dress"
    topic: str = "catalog.image.received.v1"
    partition: int = 3
    offset: int = 17
    timestamp: float = 1767225600.0


@dataclass(eq=False)
class Record:
    """A Faust event, as far as the agents look at it."""

    message: Message = field(default_factory=lambda: Message(b""))


# -------------------------------------------------------------------------------------------------------- models

#: Policy version under which the fake decision decides and the fake certificate was made.
VERSION = "e1bd90f4b955"

MODEL = chain.Model(
    name="textdet",
    version="1",
    weights_sha256="a" * 64,
    code_sha256="b" * 64,
    engine="fake",
    engine_version="1.0",
    precision="f32",
    server_version="2.0",
)


def certificate(risk_max: float = 0.02, keep_min: float = 0.9) -> certificates.Certificate:
    """A certificate for the fake model under the default policy."""
    nothing = certificates.Count(0, 0, 1.0)
    return certificates.sealed(
        certificates.Certificate(
            made_at="2026-11-25T12:00:00+00:00",
            policies=("default",),
            policy_version=VERSION,
            risk_model="",
            models=certificates.deciders((MODEL,)),
            alpha=0.01,
            delta=0.05,
            risk_max=risk_max,
            n=299,
            errors=0,
            bound=0.00997,
            keep_min=keep_min,
            left_alone=certificates.LeftAlone(
                alpha=0.05, delta=0.05, n=100, missed=0, bound=0.03, silent=nothing, overlays=nothing, curve=()
            ),
            rendered=nothing,
            real=certificates.Count(299, 0, 0.00997),
            strata=(),
            sources=(certificates.DataSource("shop-1", False, 299, 299, 0),),
            curve=(certificates.Point(risk_max, 299, 0, 0.00997),),
            pictures=399,
            left_out={},
            labels_sha256="c" * 64,
            not_covered=("everything else",),
        )
    )


class DirectOpener:
    """What commands need of the sandbox, in this process."""

    def decode_blocking(self, data: bytes) -> Picture:
        return decoding.decode(data)

    def proof_blocking(self, original: bytes, result: bytes, patch: bytes) -> str:
        return proofs.proof(original, result, patch)

    def restored_blocking(self, original: bytes, patch: bytes, *, trained: bool) -> bytes:
        return restoring.restored(original, patch, trained=trained)


class DirectDecoder:
    """The real decoder, in this process."""

    def __init__(self, limits: guard.Limits = guard.DEFAULT_LIMITS) -> None:
        self._limits = limits

    async def decode(self, data: bytes) -> Picture:
        return decoding.decode(data, self._limits)

    async def splice(self, source: bytes, wanted: Picture, mask: Mask) -> jpegs.Spliced:
        return jpegs.splice(source, wanted, mask, self._limits)


def ink(rgb: Pixels, word: str) -> Mask:
    """Where a test picture says a word: black says `remove`, white `ask`, green `keep`."""
    if word == "remove":
        return np.asarray(rgb.max(axis=2) < 30)
    if word == "ask":
        return np.asarray(rgb.min(axis=2) > 225)
    return np.asarray((rgb[..., 1] > 200) & (rgb[..., 0] < 60) & (rgb[..., 2] < 60))


class FakeReader:
    """Finds the ink of test pictures: one line for each colour, whose text is what the colour says."""

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        lines = []
        for word in ("remove", "ask", "keep"):
            rows, columns = np.nonzero(ink(rgb, word))
            if len(rows):
                left, top = float(columns.min() - 2), float(rows.min() - 2)
                right, bottom = float(columns.max() + 3), float(rows.max() + 3)
                polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
                lines.append(TextLine(polygon, word, 0.97, 0.9))
        return tuple(lines)


class DecideAsWritten:
    """Each line's verdict is what it says; one in doubt asks for all. One version, whatever the policy wants."""

    def __call__(
        self, lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN
    ) -> Decision:
        regions = tuple(
            Region(line.polygon, line.text, line.score, line.text, 0.01, "as_written", "it says so")  # type: ignore[arg-type]
            for line in lines
        )
        said = {region.verdict for region in regions}
        verdict = "ask" if "ask" in said else "remove" if "remove" in said else "keep"
        return Decision(verdict, f"{verdict}_as_written", f"the ink says {verdict}", regions)

    def version(self, policy: Policy, actions: Actions) -> str:
        return VERSION


@dataclass(frozen=True)
class FakeFilled:
    pixels: Pixels
    attempts: int = 1
    request_id: str = "fake-1"


class FakeInpainter:
    """Telea in this process, or one `colour` for everything."""

    def __init__(self, colour: tuple[int, int, int] | None = None) -> None:
        self._colour = colour
        self.asked: list[engines.Engine] = []

    async def fill(self, crop: Pixels, mask: Mask, engine: engines.Engine, *, radius_px: int) -> FakeFilled:
        self.asked.append(engine)
        filled = np.asarray(
            cv2.inpaint(np.ascontiguousarray(crop), mask.astype(np.uint8), radius_px, cv2.INPAINT_TELEA)
        )
        if self._colour is not None:
            filled = np.broadcast_to(np.array(self._colour, np.uint8), crop.shape)
        return FakeFilled(np.where(mask[..., np.newaxis], filled, crop))


class FakeStrokes:
    """Dark pixels in the box are strokes."""

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        return np.where((crop.max(axis=2) < 30) & box, 255, 0).astype(np.uint8)


class FakeModels:
    async def facts(self) -> tuple[chain.Model, ...]:
        return (MODEL,)


class AlwaysInForce:
    """A certificate that no change of models or policy makes void, and that leaves the verdicts as they are."""

    def standing(self, models: Iterable[chain.Model], version: str) -> Standing:
        return Standing(certificate=certificate())


def picture_cleaner(
    inpainter: FakeInpainter | None = None,
    certification: Certifies | None = None,
    marks: Marks | None = None,
    decide: Decide | None = None,
    stroke_finder: FakeStrokes | None = None,
    engine_settings: engines.Settings | None = None,
) -> PictureCleaner:
    return PictureCleaner(
        decoder=DirectDecoder(),
        reader=FakeReader(),
        inpainter=inpainter or FakeInpainter(),
        stroke_finder=stroke_finder or FakeStrokes(),
        models=FakeModels(),
        decide=decide or DecideAsWritten(),
        policy=Policy(),
        certification=certification or AlwaysInForce(),
        error_model=error_file.read(settings.QualitySettings()),
        marks=marks,
        engine_settings=engine_settings or engines.Settings(),
        policies=policy_file.read(settings.PoliciesSettings()),
    )


class RememberingCleaner:
    """Cleans every picture once: the same bytes give the same edit, and tests of crashes need it often."""

    def __init__(self) -> None:
        self._cleaner = picture_cleaner()
        self._known: dict[tuple[bytes, ...], Any] = {}

    async def clean(self, data: bytes, context: Context = NOTHING_KNOWN) -> Cleaned:
        if (data,) not in self._known:
            self._known[data,] = await self._cleaner.clean(data)
        found: Cleaned = self._known[data,]
        return found

    async def clean_with(self, data: bytes, mask_file: bytes) -> Edited:
        if (data, mask_file) not in self._known:
            self._known[data, mask_file] = await self._cleaner.clean_with(data, mask_file)
        found: Edited = self._known[data, mask_file]
        return found


# ------------------------------------------------------------------------------------------------------ pictures

_INKS = {"remove": (0, 0, 0), "ask": (255, 255, 255), "keep": (0, 255, 0)}


def scene(words: Iterable[str], height: int = 64, width: int = 160, seed: int = 0) -> Pixels:
    """A soft slope of middling colours, height x width x 3, with a big word in the ink of each verdict."""
    shade = np.linspace(90, 150, width)[np.newaxis, :, np.newaxis] + np.array([0, 10, 30]) - seed
    pixels = np.broadcast_to(shade, (height, width, 3)).astype(np.uint8).copy()
    for number, word in enumerate(words):
        at = (12, 30 + 26 * number)
        cv2.putText(pixels, "SALE", at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, _INKS[word], 3, cv2.LINE_8)
    return pixels


def written_png(*words: str, seed: int = 0) -> bytes:
    """A PNG of `scene`."""
    return picture_files.saved(Image.fromarray(scene(words, seed=seed)), "PNG")


def drawn_mask(height: int = 64, width: int = 160) -> bytes:
    """A person's mask: white in the middle third."""
    return picture_files.saved(Image.fromarray(picture_files.box_mask(height, width).astype(np.uint8) * 255), "PNG")


def blank_mask(height: int = 64, width: int = 160) -> bytes:
    """A mask that marks nothing."""
    return picture_files.saved(Image.fromarray(np.zeros((height, width), np.uint8)), "PNG")


def uneditable_png(height: int = 32, width: int = 32) -> bytes:
    """A PNG whose pixels point past its palette: it can be shown, not edited exactly."""
    image = Image.fromarray(np.full((height, width), 200, np.uint8))
    image.putpalette([100] * 3 * 256)
    return picture_files.saved(image, "PNG").replace(*picture_files.shortened_palette(256, 16))
