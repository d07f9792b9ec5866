"""Replay: what every picture shows, made again from the audit topic and the store's blobs, somewhere empty.

A plan is made first: a row a picture, so that what is made does not hang on what is published meanwhile. Every file is
compared with the hash in its record. A result that is lost or damaged is made again from the original and the patch.
A run that was killed goes on where it was, to the same files and the same manifest.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from infra.object_store import MissingObjectError, S3Store
from infra.settings import StoreSettings
from processors import chain, engines, guard, media, patches
from processors.errors import PipelineError, RefusedImageError
from processors.folding import Folding
from processors.marking import UnmarkableXmpError
from processors.patches import PatchError
from processors.pictures import Picture
from streams import events, pacing, plan_files
from streams.audit_log import Entry
from streams.plan_files import Journal, PlanFile
from streams.ports import Store

Verdict = Literal["exact", "restored", "restored_pixels", "nothing", "missing", "differs"]
#: Those after which a person must look.
BAD: frozenset[Verdict] = frozenset({"missing", "differs"})
MANIFEST, EDITS = "manifest.jsonl", "edits.jsonl"
#: Seconds for a picture, a byte, and an edit proven or made again; measured on two busy cores, docs/adr/0026.
PICTURE_S, BYTE_S, PROVEN_S, RECOMPUTED_S = 0.002, 5e-9, 0.2, 0.35


class TargetError(PipelineError):
    """Where a replay is to go there is something already, or it is one of our own buckets."""


class Plan(Struct, frozen=True, kw_only=True):
    """What a plan file says before its rows."""

    made_at: str
    #: a folder, or s3://bucket/prefix
    into: str
    source: Literal["zero", "heads"]
    at: str | None
    merchant: str | None
    mode: Literal["blobs", "recompute"]
    prove: bool
    #: next offset of each partition of the audit topic when it was read; edits beyond are not looked at
    ends: dict[int, int]
    pictures: int
    #: that show something
    files: int
    bytes: int
    #: whose records are no chain: what they showed before the place is made
    troubled: int
    #: an estimate; of edits only those count that are shown
    seconds: float


class Row(Struct, frozen=True, omit_defaults=True):
    """What one picture shows."""

    image_id: str
    seq: int
    edit_id: str
    #: None where no record of it can be followed
    kind: chain.Kind | None
    shown: chain.Blob | None
    #: why its records are no chain; what it showed before the place is made
    trouble: str = ""


class Line(Struct, frozen=True, omit_defaults=True):
    """What became of a row; a line of the manifest."""

    image_id: str
    seq: int
    edit_id: str
    kind: chain.Kind | None
    verdict: Verdict
    file: str | None = None
    #: of the file
    sha256: str | None = None
    detail: str = ""

    @property
    def bad(self) -> bool:
        return self.verdict in BAD or bool(self.detail)


class _Cause(Struct, frozen=True, gc=False):
    time: str | None = None


class _Shown(Struct, frozen=True):
    """An edit as far as it says what is shown."""

    image_id: str
    seq: int
    edit_id: str
    parent: str | None
    kind: chain.Kind
    cause: _Cause
    merchant_id: str | None = None
    original: chain.Blob | None = None
    result: chain.Blob | None = None
    committed_at: str | None = None

    @property
    def shown(self) -> chain.Blob | None:
        """As `chain.Edit.shown`."""
        return self.result if self.kind in ("cleaned", "approved", "rolled_back") and self.result else self.original

    def by(self, time: datetime | None) -> bool:
        """Whether it was committed by then, as `chain.time_of` has it."""
        if time is None:
            return True
        told = self.committed_at or self.cause.time
        if told is None:
            return False
        committed = datetime.fromisoformat(told)
        return (committed if committed.tzinfo else committed.replace(tzinfo=UTC)) <= time


_shown = msgspec.json.Decoder(_Shown)

# ---------------------------------------------------------------------------------------------------------- plans


def rows_from_log(
    entries: Iterable[Entry], at: datetime | None, merchant: str | None, ends: dict[int, int]
) -> Iterator[Row]:
    """A row for every picture that is not erased, by image id; fills `ends`. Holds a row a picture."""

    def step(state: tuple[Row, str | None] | None, edit: _Shown) -> tuple[Row, str | None] | None:
        if not edit.by(at):
            return state
        return Row(edit.image_id, edit.seq, edit.edit_id, edit.kind, edit.shown), edit.merchant_id

    folding: Folding[_Shown, tuple[Row, str | None] | None] = Folding(step)
    unreadable: dict[str, str] = {}
    for entry in entries:
        ends[entry.partition] = entry.offset + 1
        if entry.value is None:
            folding.forget(entry.image_id)
            unreadable.pop(entry.image_id, None)
            continue
        try:
            folding.take(_shown.decode(entry.value))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            unreadable[entry.image_id] = f"{entry.place} is no edit"
    trouble = {image_id: f"no record tells of slot {seq}" for image_id, seq in folding.gaps().items()}
    trouble |= folding.broken | unreadable
    states = {image_id: state for image_id, _, _, state in folding.states()}
    for image_id in sorted(states.keys() | trouble.keys()):
        row, of = states.get(image_id) or (None, None)
        if row is None:
            if image_id in trouble and merchant is None:
                yield Row(image_id, 0, "", None, None, trouble[image_id])
        elif merchant in (None, of):
            yield msgspec.structs.replace(row, trouble=trouble.get(image_id, ""))


def rows_from_heads(heads: dict[str, events.ImageHead], merchant: str | None) -> Iterator[Row]:
    """The same from where every picture stands now."""
    for image_id, head in sorted(heads.items()):
        if merchant in (None, head.merchant_id):
            yield Row(image_id, head.seq, head.edit_id, head.kind, head.shown)


def plan(path: Path, rows: Iterable[Row], draft: Callable[[Counter[str]], Plan]) -> str:
    """Write a plan; `draft` is given the counts of its rows. Gives the digest."""
    counts: Counter[str] = Counter()

    def counted() -> Iterator[Row]:
        for row in rows:
            counts["pictures"] += 1
            counts["files"] += row.shown is not None
            counts["bytes"] += row.shown.size if row.shown else 0
            counts["edited"] += row.shown is not None and row.shown.key.startswith("results/")
            counts["troubled"] += bool(row.trouble)
            yield row

    beside = plan_files.write_rows(path, counted())
    return plan_files.write(path, draft(counts), beside)


# -------------------------------------------------------------------------------------------------------- targets


class Target(Protocol):
    """Where a replay goes."""

    def is_empty(self) -> bool: ...

    def put(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all; the same bytes again change nothing."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_empty(self) -> bool:
        return not self._path.exists() or not any(self._path.iterdir())

    def put(self, name: str, data: bytes) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        partial = self._path / f".{name}.partial"
        partial.write_bytes(data)
        os.replace(partial, self._path / name)


class Prefix:
    """A prefix of a bucket of the same store."""

    def __init__(self, store: Store, bucket: str, prefix: str) -> None:
        self._store = store
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def is_empty(self) -> bool:
        return not any(self._store.list(self._bucket, self._prefix))

    def put(self, name: str, data: bytes) -> None:
        key = self._prefix + name
        written = self._store.put_once(self._bucket, key, data, "application/octet-stream")
        if not written and self._store.get(self._bucket, key).data != data:
            raise TargetError(f"s3://{self._bucket}/{key} is there with other bytes")


def target(into: str, store: S3Store, settings: StoreSettings) -> Target:
    """The target that a plan names. Raises TargetError for one of our own buckets."""
    if not into.startswith("s3://"):
        return Folder(Path(into))
    bucket, _, prefix = into.removeprefix("s3://").partition("/")
    ours = (settings.incoming_bucket, settings.originals_bucket, settings.edits_bucket, settings.digests_bucket)
    if bucket in ours:
        raise TargetError(f"{bucket} is one of our own; take another bucket")
    return Prefix(store, bucket, prefix)


# ----------------------------------------------------------------------------------------------------------- runs


class Workshop(Protocol):
    """What of the sandbox is needed."""

    def decode_blocking(self, data: bytes) -> Picture: ...

    def restored_blocking(self, original: bytes, patch: bytes, *, trained: bool) -> bytes: ...


class _Engine(Struct, frozen=True):
    engine: str


class Recipe(Struct, frozen=True):
    """How a result can be made again."""

    original: chain.Blob | None = None
    patch: chain.Blob | None = None
    result: chain.Blob | None = None
    result_pixels_sha256: str | None = None
    fills: tuple[_Engine, ...] = ()


_recipe = msgspec.json.Decoder(Recipe)


@dataclass(slots=True)
class Player:
    """Makes the files of rows; `put` may be called from any thread."""

    store: Store
    target: Target
    workshop: Workshop
    #: the audit topic, read once, and only where a blob is lost
    log: Callable[[], Iterator[Entry]]
    wanted: Callable[[], set[str]]
    _recipes: dict[str, Recipe] | None = field(default=None)

    def play(self, row: Row) -> Line | None:
        """None where the blob is lost or damaged, and must be restored."""
        if row.shown is None:
            return self._line(row, "nothing")
        data = self._stored(row.shown)
        if data is None or hashlib.sha256(data).hexdigest() != row.shown.sha256:
            return None
        return self._put(row, data, "exact")

    def restore(self, row: Row) -> Line:
        """The same for a blob that is lost or damaged."""
        assert row.shown is not None, "only what is shown can be lost"
        verdict: Verdict = "missing" if self._stored(row.shown) is None else "differs"
        recipe = self._recipe_of(row.shown.sha256)
        if recipe is None or recipe.original is None or recipe.patch is None:
            return self._line(row, verdict, "nothing tells how it was made")
        original, patch = self._stored(recipe.original), self._stored(recipe.patch)
        if original is None or hashlib.sha256(original).hexdigest() != recipe.original.sha256:
            return self._line(row, verdict, "the original is not there as it was")
        if patch is None or hashlib.sha256(patch).hexdigest() != recipe.patch.sha256:
            return self._line(row, verdict, "the patch is not there as it was")
        trained = any(engines.is_trained(fill.engine) for fill in recipe.fills)
        try:
            data = self.workshop.restored_blocking(original, patch, trained=trained)
            if hashlib.sha256(data).hexdigest() == row.shown.sha256:
                return self._put(row, data, "restored")
            pixels = patches.pixels_sha256(self.workshop.decode_blocking(data))
        except (PatchError, RefusedImageError, UnmarkableXmpError, ValueError) as problem:
            return self._line(row, verdict, f"original and patch do not give it: {problem}")
        if pixels != recipe.result_pixels_sha256:
            return self._line(row, verdict, "original and patch give another picture")
        return self._put(row, data, "restored_pixels")

    def _put(self, row: Row, data: bytes, verdict: Verdict) -> Line:
        try:
            ending = media.ending_of(guard.sniff(data))
        except RefusedImageError:
            ending = "bin"
        name = f"{row.image_id}.{ending}"
        self.target.put(name, data)
        line = self._line(row, verdict)
        return msgspec.structs.replace(line, file=name, sha256=hashlib.sha256(data).hexdigest())

    def _line(self, row: Row, verdict: Verdict, detail: str = "") -> Line:
        return Line(row.image_id, row.seq, row.edit_id, row.kind, verdict, detail=row.trouble or detail)

    def _stored(self, blob: chain.Blob) -> bytes | None:
        try:
            return self.store.get(blob.bucket, blob.key).data
        except MissingObjectError:
            return None

    def _recipe_of(self, sha256: str) -> Recipe | None:
        if self._recipes is None:
            self._recipes = dict(self._read_recipes(self.wanted()))
        return self._recipes.get(sha256)

    def _read_recipes(self, wanted: set[str]) -> Iterator[tuple[str, Recipe]]:
        for entry in self.log():
            if entry.value is None:
                continue
            try:
                recipe = _recipe.decode(entry.value)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if recipe.result and recipe.patch and recipe.result.sha256 in wanted:
                yield recipe.result.sha256, recipe


def run(rows: Iterable[Row], player: Player, journal: Journal) -> Iterator[Line]:
    """Make the files of these rows in their order, and note each in the journal when it is there."""
    for row, line in pacing.ahead(player.play, rows):
        done = line or player.restore(row)
        journal.add(done)
        yield done


def finish(target: Target, name: str, lines: Iterable[bytes]) -> None:
    """Write a manifest of these lines into the target."""
    target.put(name, b"".join(lines))


def counted(lines: Iterable[bytes]) -> tuple[Counter[str], int]:
    """Pictures by verdict, and how many are bad, of the lines of a manifest."""
    counts: Counter[str] = Counter()
    bad = 0
    for text in lines:
        line = msgspec.json.decode(text, type=Line)
        counts[line.verdict] += 1
        bad += line.bad
    return counts, bad


def opened(path: Path) -> PlanFile[Plan, Row]:
    """A plan as it was written. Raises PlanFileError."""
    return PlanFile(path, Plan, Row)


def journal_of(file: PlanFile[Plan, Row], what: str) -> Journal:
    """Beside the plan, as the target holds nothing but its files."""
    return Journal(file.path.with_name(f"{file.path.name}.{what}"), file.digest)
