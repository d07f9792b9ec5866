"""Edits proven or made again by the models, and compared with what was stored: a verdict an edit."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec
import numpy as np
from msgspec import Struct

from infra.object_store import MissingObjectError
from processors import chain, patches
from processors.errors import RefusedImageError
from processors.marking import UnmarkableXmpError
from processors.patches import PatchError
from processors.pictures import Picture
from streams import audit_log
from streams.audit_log import Entry
from streams.cleaning import OtherCropsError, PictureCleaner
from streams.ports import Decoder, Opener, Store

Verdict = Literal["exact", "pixels", "within_1", "differs", "impossible"]


class Line(Struct, frozen=True, omit_defaults=True):
    """What was found of one edit; a line of edits.jsonl."""

    image_id: str
    seq: int
    edit_id: str
    #: None where it was not made again
    verdict: Verdict | None = None
    #: the largest difference of a sample, in levels, and how many samples differ
    max_level: int = 0
    samples: int = 0
    #: whether the patch turns original into result and back; None where that was not asked
    proven: bool | None = None
    detail: str = ""

    @property
    def bad(self) -> bool:
        return self.verdict == "differs" or self.proven is False


class Serving(Protocol):
    """Which model fills with an engine now."""

    async def of(self, engine: str) -> chain.Model | None:
        """None where nobody does. Raises ServiceUnavailableError."""
        ...


def edits(
    entries: Iterable[Entry],
    ends: dict[int, int],
    *,
    of: Collection[str],
    at: datetime | None,
    done: Collection[str],
) -> Iterator[chain.Edit]:
    """The edits of these pictures that changed pixels, each once, up to these offsets and this time."""
    seen = set(done)
    for entry in entries:
        if entry.value is None or entry.offset >= ends.get(entry.partition, 0) or entry.image_id not in of:
            continue
        edit = audit_log.edit(entry)
        if edit.edit_id in seen or not _made_pixels(edit):
            continue
        committed = chain.time_of(edit)
        if at is None or (committed is not None and committed <= at):
            seen.add(edit.edit_id)
            yield edit


def _made_pixels(edit: chain.Edit) -> bool:
    """Not so where an answer or a rollback shows what an earlier edit made."""
    drawn = edit.kind == "approved" and edit.answer is not None and edit.answer.decision == "mask"
    return edit.result is not None and (edit.kind in ("cleaned", "proposed") or drawn)


@dataclass(frozen=True, slots=True)
class Again:
    """What it takes to make an edit once more."""

    cleaner: PictureCleaner
    decoder: Decoder
    serving: Serving


class Examiner:
    """Looks at one edit after another."""

    def __init__(
        self,
        store: Store,
        opener: Opener,
        *,
        prove: bool,
        again: Again | None = None,
    ) -> None:
        """With `again` edits are made once more."""
        self._store = store
        self._opener = opener
        self._prove = prove
        self._again = again

    async def examine(self, some: Iterable[chain.Edit]) -> AsyncIterator[Line]:
        """Raises ServiceUnavailableError."""
        for edit in some:
            yield await self._line(edit)

    async def _line(self, edit: chain.Edit) -> Line:
        line = Line(edit.image_id, edit.seq, edit.edit_id)
        try:
            blobs = [
                await asyncio.to_thread(self._checked, blob)
                for blob in (edit.original, edit.result, edit.patch, edit.mask)
            ]
        except (MissingObjectError, _OtherBytesError) as problem:
            verdict: Verdict | None = "impossible" if self._again else None
            proven = False if self._prove else None
            return msgspec.structs.replace(line, verdict=verdict, proven=proven, detail=str(problem))
        original, result, patch, mask = blobs
        if self._prove:
            line = await asyncio.to_thread(self._proven, line, original, result, patch)
        if self._again:
            line = await self._remade(line, edit, original, result, mask)
        return line

    def _checked(self, blob: chain.Blob | None) -> bytes:
        if blob is None:
            raise _OtherBytesError("its record names no patch or no mask")
        data = self._store.get(blob.bucket, blob.key).data
        if hashlib.sha256(data).hexdigest() != blob.sha256:
            raise _OtherBytesError(f"{blob.bucket}/{blob.key} has other bytes")
        return data

    def _proven(self, line: Line, original: bytes, result: bytes, patch: bytes) -> Line:
        try:
            self._opener.proof_blocking(original, result, patch)
        except (PatchError, RefusedImageError) as problem:
            return msgspec.structs.replace(line, proven=False, detail=str(problem))
        return msgspec.structs.replace(line, proven=True)

    async def _remade(self, line: Line, edit: chain.Edit, original: bytes, result: bytes, mask: bytes) -> Line:
        assert self._again is not None, "only asked where edits are made again"
        again = self._again
        changed = []
        for engine in sorted({fill.engine for fill in edit.fills}):
            model = await again.serving.of(engine)
            if model is None:
                return msgspec.structs.replace(
                    line, verdict="impossible", detail=f"nobody fills with {engine} any more"
                )
            if why := _changed(edit, model):
                changed.append(why)
        detail = "; ".join(filter(None, [line.detail, *sorted(set(changed))]))
        try:
            made = await again.cleaner.refill(original, mask, edit.fills)
        except (OtherCropsError, RefusedImageError, UnmarkableXmpError, PatchError) as problem:
            told = "; ".join(filter(None, [detail, str(problem)]))
            return msgspec.structs.replace(line, verdict="impossible", detail=told)
        if made.data == result:
            return msgspec.structs.replace(line, verdict="exact", detail=detail)
        verdict, level, samples = await asyncio.to_thread(_compared, await again.decoder.decode(result), made.picture)
        return msgspec.structs.replace(line, verdict=verdict, max_level=level, samples=samples, detail=detail)


class _OtherBytesError(Exception):
    """A blob that is not what its record says."""


def counted(lines: Iterable[bytes]) -> tuple[Counter[str], int]:
    """Edits by verdict, and how many are bad, of lines of edits.jsonl."""
    counts: Counter[str] = Counter()
    bad = 0
    for text in lines:
        line = msgspec.json.decode(text, type=Line)
        if line.verdict:
            counts[line.verdict] += 1
        if line.proven is not None:
            counts["proven" if line.proven else "not proven"] += 1
        bad += line.bad
    return counts, bad


def in_order(lines: Iterable[bytes]) -> list[bytes]:
    """Lines of edits.jsonl in the order of pictures and their chains. Holds them all."""

    def place(text: bytes) -> tuple[str, int]:
        line = msgspec.json.decode(text, type=Line)
        return line.image_id, line.seq

    return sorted(lines, key=place)


def _compared(stored: Picture, made: Picture) -> tuple[Verdict, int, int]:
    if patches.pixels_sha256(stored) == patches.pixels_sha256(made):
        return "pixels", 0, 0
    if stored.pixels.shape != made.pixels.shape:
        return "differs", 0, max(stored.pixels.size, made.pixels.size)
    difference = np.abs(stored.pixels.astype(np.int32) - made.pixels.astype(np.int32))
    level = int(difference.max())
    return "within_1" if level <= 1 else "differs", level, int(np.count_nonzero(difference))


def _changed(edit: chain.Edit, model: chain.Model) -> str:
    """How the model that fills now is another than the one of the record; empty where it is the same."""
    then = next((one for one in edit.models if one.name == model.name), None)
    if then is None:
        return f"{model.name} was not recorded"
    names = [
        name
        for name in ("weights_sha256", "code_sha256", "engine_version", "libraries")
        if getattr(then, name) != getattr(model, name)
    ]
    return f"{model.name} has another {', '.join(names)}" if names else ""
