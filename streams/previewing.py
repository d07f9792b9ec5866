"""`cleanplate clean`: the path of a picture on local files, with a result line each. No Kafka, no store.

The result lines are a stable contract (docs/events.md): other tools read them.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from processors import media
from processors.errors import PipelineError, RefusedImageError, ServiceUnavailableError
from processors.regions import Region
from processors.routing import NOTHING_KNOWN, Context
from streams.cleaning import Cleaned, Edited, PictureCleaner

#: Pictures in work at a time.
SIDE_BY_SIDE = 4


class ResultsError(PipelineError):
    """Result lines that can't be used; the message names the file and the line, or the pictures."""


class ResultLine(Struct, frozen=True, kw_only=True):
    """One line of the results file; `mask`, `result` and `patch` are relative to it, null where there is none."""

    path: str
    sha256: str
    outcome: Literal["kept", "cleaned", "review", "refused", "failed"]
    reason: str
    why: str
    regions: tuple[Region, ...]
    #: PNG, one channel, stored orientation, nonzero = may have changed; a review's is the proposal's, as is `result`
    mask: str | None
    result: str | None
    patch: str | None
    metrics: dict[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """A file to clean, and the stem of what is written about it."""

    file: Path
    #: as the command line reaches it
    shown: str
    stem: Path
    #: what is known of it beside its pixels
    context: Context = NOTHING_KNOWN


def work_of(paths: Iterable[Path], out: Path) -> Iterator[Work]:
    """Every file below the paths, in order; what is written lies below `out` in the same folders."""
    taken: dict[Path, Path] = {}
    written = out.resolve()
    for path in paths:
        for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
            if path.is_dir() and file.resolve().is_relative_to(written):
                # What an earlier run wrote is no picture to clean.
                continue
            shown = file.as_posix()
            below = [part for part in file.parts if part not in ("..", "/", file.anchor)]
            stem = out.joinpath(*below)
            # `a.jpg` and `../a.jpg` would meet.
            while taken.setdefault(stem, file.resolve()) != file.resolve():
                stem = stem.with_name(f"{stem.name}~")
            yield Work(file, shown, stem)


async def clean(cleaner: PictureCleaner, work: Sequence[Work], results: Path) -> AsyncIterator[ResultLine]:
    """Clean every file, a few side by side, and give the result lines in the files' order.

    Raises:
        ServiceUnavailableError: Triton does not answer; the lines given so far stand.
    """
    slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(item: Work) -> ResultLine:
        async with slots:
            return await _line(cleaner, item, results.parent)

    tasks = [asyncio.create_task(one(item)) for item in work]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


async def _line(cleaner: PictureCleaner, item: Work, beside: Path) -> ResultLine:
    began = time.perf_counter()
    data = await asyncio.to_thread(item.file.read_bytes)
    try:
        cleaned = await cleaner.clean(data, item.context)
    except RefusedImageError as refusal:
        return _without_edit(item, data, "refused", refusal.reason, refusal.detail, began)
    except ServiceUnavailableError:
        raise
    except PipelineError as problem:
        return _without_edit(item, data, "failed", type(problem).__name__, str(problem), began)
    outcome: Literal["kept", "cleaned", "review"] = "review" if cleaned.kind == "proposed" else cleaned.kind
    mask, result, patch = await asyncio.to_thread(_write, item, cleaned.edited, beside)
    return ResultLine(
        path=item.shown,
        sha256=sha256(data).hexdigest(),
        outcome=outcome,
        reason=cleaned.ruling.reason,
        why=cleaned.ruling.why,
        regions=cleaned.regions,
        mask=mask,
        result=result,
        patch=patch,
        metrics=_metrics(cleaned),
        seconds=round(time.perf_counter() - began, 3),
    )


def _without_edit(
    item: Work, data: bytes, outcome: Literal["refused", "failed"], reason: str, why: str, began: float
) -> ResultLine:
    return ResultLine(
        path=item.shown,
        sha256=sha256(data).hexdigest(),
        outcome=outcome,
        reason=reason,
        why=why,
        regions=(),
        mask=None,
        result=None,
        patch=None,
        metrics={},
        seconds=round(time.perf_counter() - began, 3),
    )


def _metrics(cleaned: Cleaned) -> dict[str, float]:
    return cleaned.edited.metrics if cleaned.edited else {}


def _write(item: Work, edited: Edited | None, beside: Path) -> tuple[str | None, str | None, str | None]:
    if edited is None:
        return None, None, None
    item.stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for ending, data in (
        ("mask.png", edited.mask_png),
        (f"result.{media.ending_of(edited.format)}", edited.result),
        ("patch.png", edited.patch),
    ):
        path = item.stem.with_name(f"{item.stem.name}.{ending}")
        path.write_bytes(data)
        written.append(_relative(path, beside))
    return written[0], written[1], written[2]


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def read_lines(path: Path) -> list[ResultLine]:
    """The lines of a results file. Raises ResultsError, naming the line."""
    lines = []
    decoder = msgspec.json.Decoder(ResultLine)
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ResultsError(f"{path}: {problem.strerror}") from problem
    for number, text in enumerate(data.splitlines(), start=1):
        try:
            if text.strip():
                lines.append(decoder.decode(text))
        except msgspec.MsgspecError as problem:
            raise ResultsError(f"{path}, line {number}: {problem}") from problem
    return lines
