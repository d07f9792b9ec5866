"""`cleanplate certify`: the certificate from labelled pictures, by the whole path that the worker takes.

First every picture is looked at: read and decided, its risks noted, nothing edited. From that `keep_min` is chosen.
Then every picture that could be edited at all is edited under it, because checks of strokes and quality may still stop
an edit, and these depend on which lines go. Which lines go is the same at every `risk_max` at which a picture is
edited: so one try tells of all.

What was found is written down as it comes, so that a run that was killed goes on where it was.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from processors import calibration, judging, thresholds
from processors.calibration import Case, Setup
from processors.certificates import Certificate, Point
from processors.errors import PipelineError, RefusedImageError, ServiceUnavailableError
from processors.regions import Region
from processors.routing import Context
from processors.thresholds import LOOK_ONLY, Thresholds
from streams.cleaning import Cleaned
from streams.labelled import LabelledPicture
from streams.previewing import SIDE_BY_SIDE, ResultLine
from streams.standing import OnTrial

#: Of the pictures whose results are taken from an earlier run, so many are looked at again, chosen by their hash.
REVISITED = 25

Outcome = Literal["kept", "cleaned", "review", "refused", "failed"]


class OtherResultsError(PipelineError):
    """Results of an earlier run that the models of now do not give: they say nothing of these."""


class Cleaner(Protocol):
    """A picture cleaner (see streams.cleaning)."""

    async def clean(self, data: bytes, context: Context) -> Cleaned: ...


class Found(Struct, frozen=True, kw_only=True):
    """What the path said of one picture, as it is written down."""

    #: digest of all that could change it: code, policy, models
    under: str
    sha256: str
    outcome: Outcome
    reason: str
    #: width and height of the stored picture; 0 where it was not decoded
    size: tuple[int, int]
    regions: tuple[Region, ...]
    #: thresholds under which it was decided
    thresholds: Thresholds

    @property
    def touched(self) -> tuple[Region, ...]:
        """The lines that the edit masks; what else is asked about it depends on these alone."""
        return tuple(region for region in self.regions if region.verdict != "keep")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled picture whose bytes were seen."""

    picture: LabelledPicture
    sha256: str

    @property
    def data(self) -> bytes:
        return self.picture.path.read_bytes()


class Notebook:
    """What was found so far, in a file beside the certificate. Lines that another set-up wrote are passed over."""

    def __init__(self, path: Path, under: str) -> None:
        self._path = path
        self.under = under
        self._looks: dict[str, Found] = {}
        self._tries: dict[str, list[Found]] = {}
        for found in _lines(path):
            if found.under == under:
                self._remember(found)

    def look(self, digest: str) -> Found | None:
        """What the first look said of a picture."""
        return self._looks.get(digest)

    def tried(self, digest: str, regions: Sequence[Region], under: Thresholds) -> Found | None:
        """An earlier try that masks the very lines which would go under these thresholds."""
        going = _places(region for region in thresholds.apply(regions, under) if region.verdict != "keep")
        return next((one for one in self._tries.get(digest, ()) if _places(one.touched) == going), None)

    def write(self, found: Found) -> None:
        with self._path.open("ab") as lines:
            lines.write(msgspec.json.encode(found) + b"\n")
        self._remember(found)

    def adopt(self, found: Found) -> None:
        """Take what an earlier run of `cleanplate clean` said: a look, and a try where its edit went that far."""
        self._looks.setdefault(found.sha256, found)
        if found.touched and (found.outcome == "cleaned" or _stopped_late(found.reason)):
            self._tries.setdefault(found.sha256, []).append(found)

    def _remember(self, found: Found) -> None:
        if found.thresholds == LOOK_ONLY:
            self._looks[found.sha256] = found
        else:
            self._tries.setdefault(found.sha256, []).append(found)


def _lines(path: Path) -> Iterator[Found]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        # The last line of a killed run may be half of one.
        with contextlib.suppress(msgspec.MsgspecError):
            yield msgspec.json.decode(line, type=Found)


def _places(regions: Iterable[Region]) -> tuple[object, ...]:
    return tuple(sorted(region.polygon for region in regions))


def _stopped_late(reason: str) -> bool:
    """Whether it was a check of the finished edit that asked for a person."""
    return reason.startswith(("strokes_", "quality_"))


def under_digest(*facts: object) -> str:
    """Digest of all that could change what is found of a picture."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


class Trial:
    """Runs the path on labelled pictures; `on_trial` is the standing under which `cleaner` decides."""

    def __init__(
        self,
        cleaner: Cleaner,
        on_trial: OnTrial,
        notebook: Notebook,
        policy: str,
        report: Callable[[str, int], None] = lambda _, __: None,
    ) -> None:
        self._cleaner = cleaner
        self._on_trial = on_trial
        self._notebook = notebook
        self._policy = policy
        #: called with the stage's name and how many pictures are left of it, at first and after each
        self._report = report

    async def look(self, pictures: Sequence[Labelled]) -> dict[str, Found]:
        """Every picture's regions with their risks, by its hash. Raises ServiceUnavailableError."""
        new = [one for one in pictures if self._notebook.look(one.sha256) is None]
        async for found in self._run("looking", new, LOOK_ONLY):
            self._notebook.write(found)
        looks = {one.sha256: self._notebook.look(one.sha256) for one in pictures}
        return {digest: found for digest, found in looks.items() if found is not None}

    async def revisit(self, pictures: Sequence[Labelled], earlier: dict[str, Found]) -> None:
        """Look again at some pictures whose results an earlier run gave.

        Raises:
            OtherResultsError: they have other regions or risks now.
            ServiceUnavailableError: a model does not answer.
        """
        some = sorted((one for one in pictures if one.sha256 in earlier), key=lambda one: one.sha256)[:REVISITED]
        async for found in self._run("comparing", some, LOOK_ONLY):
            if _said(found) != _said(earlier[found.sha256]):
                raise OtherResultsError(
                    f"the results say other things of {found.sha256[:12]} than the models and rules of now: they come "
                    "from others. Run cleanplate clean again, or go without --results"
                )

    async def edit(self, pictures: Sequence[Labelled], looks: dict[str, Found], under: Thresholds) -> dict[str, Found]:
        """What becomes of pictures that could be edited under these thresholds, by hash."""
        regions = {one.sha256: looks[one.sha256].regions for one in pictures if one.sha256 in looks}
        going = [
            one
            for one in pictures
            if thresholds.fate(regions.get(one.sha256, ()), under.risk_max, under.keep_min)[0] == "removed"
        ]
        new = [one for one in going if self._notebook.tried(one.sha256, regions[one.sha256], under) is None]
        async for found in self._run("editing", new, under):
            self._notebook.write(found)
        tried = {one.sha256: self._notebook.tried(one.sha256, regions[one.sha256], under) for one in going}
        return {digest: found for digest, found in tried.items() if found is not None}

    async def _run(self, stage: str, pictures: Sequence[Labelled], under: Thresholds) -> AsyncIterator[Found]:
        self._on_trial.thresholds = under
        slots = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(item: Labelled) -> Found:
            async with slots:
                return await self._found(item, under)

        left = len(pictures)
        self._report(stage, left)
        tasks = [asyncio.create_task(one(item)) for item in pictures]
        try:
            for task in asyncio.as_completed(tasks):
                yield await task
                left -= 1
                self._report(stage, left)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _found(self, item: Labelled, under: Thresholds) -> Found:
        # Without the catalog record: the promise holds for events that bring none, and a record only ever saves text.
        context = Context(marketplace=self._policy)
        found = Found(
            under=self._notebook.under,
            sha256=item.sha256,
            outcome="refused",
            reason="",
            size=(0, 0),
            regions=(),
            thresholds=under,
        )
        try:
            cleaned = await self._cleaner.clean(await asyncio.to_thread(lambda: item.data), context)
        except RefusedImageError as refusal:
            return msgspec.structs.replace(found, reason=refusal.reason)
        except ServiceUnavailableError:
            raise
        except PipelineError as problem:
            return msgspec.structs.replace(found, outcome="failed", reason=type(problem).__name__)
        return msgspec.structs.replace(
            found,
            outcome="review" if cleaned.kind == "proposed" else cleaned.kind,
            reason=cleaned.ruling.reason,
            size=(cleaned.picture.width, cleaned.picture.height),
            regions=cleaned.regions,
        )


def _said(found: Found) -> tuple[object, ...]:
    """What does not depend on thresholds."""
    return found.outcome == "refused", [(one.polygon, one.text, one.risk, one.rule, one.most) for one in found.regions]


def earlier(results: Path, under: str, pictures: Iterable[Labelled]) -> dict[str, Found]:
    """Result lines of `cleanplate clean` as findings, by the picture's hash; failures are left to be looked at anew.

    The thresholds of that run are not known. Which lines its edit masks is, and that is what counts.

    Raises:
        OtherResultsError: a line that is none of `cleanplate clean`.
    """
    labelled = {one.sha256: one.picture for one in pictures}
    found: dict[str, Found] = {}
    for number, text in enumerate(results.read_bytes().splitlines(), start=1):
        try:
            line = msgspec.json.decode(text, type=ResultLine)
        except msgspec.MsgspecError as problem:
            raise OtherResultsError(f"{results}, line {number}: {problem}") from problem
        if line.outcome != "failed" and line.sha256 in labelled:
            found[line.sha256] = _retold(line, under, labelled[line.sha256])
    return found


def _retold(line: ResultLine, under: str, picture: LabelledPicture) -> Found:
    # A picture that was asked about for want of a certificate alone had passed all else.
    outcome: Outcome = "cleaned" if line.reason == "certificate_void" else line.outcome
    # A question about the file itself, whatever is in it, is one about no line.
    of_a_line = _stopped_late(line.reason) or line.reason in {region.rule for region in line.regions}
    regions = line.regions if outcome != "review" or of_a_line else ()
    # Judging needs a raster that all lines fit on, and not the exact sides.
    longer_px = picture.longer_px or int(max((max(max(at) for at in one.polygon) for one in regions), default=0))
    return Found(
        under=under,
        sha256=line.sha256,
        outcome=outcome,
        reason=line.reason,
        size=(longer_px, longer_px),
        regions=regions,
        thresholds=Thresholds(1.0, 1.0),
    )


# ------------------------------------------------------------------------------------------------- pictures to cases


def seen(pictures: Iterable[LabelledPicture], left_out: Counter[str]) -> list[Labelled]:
    """The pictures that a certificate can count, each of the same bytes once; what is left out is counted."""
    found: dict[str, Labelled] = {}
    for picture in pictures:
        if picture.label == "broken":
            left_out["broken"] += 1
            continue
        digest = sha256(picture.path.read_bytes()).hexdigest()
        if digest in found:
            left_out["seen_before"] += 1
            continue
        found[digest] = Labelled(picture, digest)
    return list(found.values())


def case_of(item: Labelled, look: Found, tried: Found | None) -> Case:
    """One labelled picture for the calibration."""
    picture = item.picture
    edited = tried is not None and tried.outcome == "cleaned"
    judgement = (
        judging.judge(picture.label, "cleaned", tried.regions, picture.lines, tried.size)
        if tried is not None and edited
        else None
    )
    return Case(
        id=item.sha256,
        label=picture.label,
        source=picture.source,
        rendered=picture.rendered,
        kind=picture.kind,
        language=picture.language,
        background=picture.background,
        longer_px=max(look.size),
        regions=look.regions,
        editable=edited,
        false_edit=judgement.false_edit if judgement else None,
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """The cases of a run, with what was left out and why."""

    cases: tuple[Case, ...]
    left_out: dict[str, int]


def counted(
    pictures: Sequence[Labelled], looks: dict[str, Found], tried: dict[str, Found], left_out: Counter[str]
) -> Counted:
    """Cases for the calibration. Pictures that are refused, or can never be edited exactly, say nothing of it."""
    cases = []
    out = Counter(left_out)
    for item in pictures:
        look = looks[item.sha256]
        if look.outcome in ("refused", "failed"):
            out[look.outcome] += 1
        elif look.outcome == "review" and not look.touched:
            # The only question about a picture of which nothing was to go is the file itself.
            out["not_editable"] += 1
        else:
            case = case_of(item, look, tried.get(item.sha256))
            if case.editable and case.false_edit is None:
                out["mixed_without_lines"] += 1
            cases.append(case)
    return Counted(tuple(cases), dict(sorted(out.items())))


Tell = Callable[[calibration.Wording, Sequence[Point]], None]


async def certify(
    trial: Trial,
    pictures: Sequence[Labelled],
    setup: Setup,
    left_out: Counter[str],
    tell: Tell = lambda _, __: None,
) -> Certificate:
    """The certificate that these pictures bear out; `tell` is given both curves as soon as they are known.

    Raises:
        NotEnoughDataError: there is too little of them.
        RiskTooHighError: too many edits, or too many pictures left alone, are wrong.
        ServiceUnavailableError: a model does not answer; run it again, it goes on from there.
    """
    looks = await trial.look(pictures)
    kept = calibration.keep_curve(counted(pictures, looks, {}, left_out).cases, setup.delta)
    tell(calibration.LEFT, kept)
    keep_min = calibration.fixed_sequence(kept, setup.keep_alpha, setup.delta, calibration.LEFT).threshold
    tried = await trial.edit(pictures, looks, Thresholds(max(calibration.RISK_GRID), keep_min))
    found = counted(pictures, looks, tried, left_out)
    tell(calibration.EDITS, calibration.risk_curve(found.cases, keep_min, setup.delta))
    return calibration.make(found.cases, setup, keep_min, found.left_out)
