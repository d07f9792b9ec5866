"""`cleanplate evaluate`: labelled pictures through the path, or result lines of an earlier run, judged by labels."""

import dataclasses
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from infra.settings import CertificateSettings
from processors import figures, gates
from processors.figures import Judged, Report
from processors.routing import NOTHING_KNOWN, Context
from streams import labelled, previewing, standing
from streams.cleaning import PictureCleaner
from streams.labelled import LabelledPicture, LabelsError
from streams.previewing import ResultLine, ResultsError, Work
from streams.risk_curve import Threshold

#: Columns that pictures are told apart by.
COLUMNS = ("label", "kind", "language", "background", "size", "source")
#: Longer sides, in pixels, below which a picture is small and middling.
SMALL_PX, MIDDLING_PX = 600, 1200
#: Files named in a message about many.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled picture with what was decided about it."""

    picture: LabelledPicture
    line: ResultLine
    #: the folder that the line's files are seen from
    results: Path
    judged: Judged


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that is known after a run."""

    folders: tuple[str, ...]
    cases: tuple[Case, ...]
    #: real and rendered pictures apart; a part without pictures is not there
    parts: dict[gates.Part, Report]
    #: the certified one, else the highest risk that this run edited; None where there is neither
    threshold: Threshold | None = None
    #: paths of result lines that no index names
    strangers: tuple[str, ...] = ()


def labels(folders: Iterable[Path]) -> list[LabelledPicture]:
    """The labelled pictures of all folders. Raises LabelsError where one has none."""
    pictures = []
    for folder in folders:
        of_folder = labelled.read(folder)
        if not of_folder:
            raise LabelsError(f"{folder / 'index.csv'} names no picture")
        pictures += of_folder
    return pictures


# ---------------------------------------------------------------- lines: made here, or read


def work_of(pictures: Sequence[LabelledPicture], out: Path, *, with_records: bool) -> list[Work]:
    """The pictures as work for the path; what is written about them lies in `out`. Raises LabelsError."""
    if gone := [picture.path.as_posix() for picture in pictures if not picture.path.is_file()]:
        raise LabelsError(f"{some(gone)}: named in an index.csv, and not there")
    return [
        Work(
            picture.path,
            picture.path.as_posix(),
            out / f"{number:05d}-{picture.path.name}",
            _context(picture, with_records),
        )
        for number, picture in enumerate(pictures, start=1)
    ]


def _context(picture: LabelledPicture, with_records: bool) -> Context:
    if picture.record is None or not with_records:
        return NOTHING_KNOWN
    return dataclasses.replace(NOTHING_KNOWN, record=picture.record)


async def run(cleaner: PictureCleaner, work: Sequence[Work], results: Path) -> AsyncIterator[ResultLine]:
    """Take every picture through the path and write its line. Raises ServiceUnavailableError."""
    with results.open("wb") as file:
        async for line in previewing.clean(cleaner, work, results):
            file.write(msgspec.json.encode(line) + b"\n")
            yield line


def matched(
    pictures: Sequence[LabelledPicture], lines: Iterable[ResultLine]
) -> tuple[list[ResultLine], tuple[str, ...]]:
    """A line for every picture, in the pictures' order, and the paths of lines that no index names.

    A line belongs to the picture whose path, or else whose name in the index, is the longest end of the line's path;
    of several lines for one picture the last counts.

    Raises:
        ResultsError: a picture has no line, no line has a picture, or a path fits pictures of two folders.
    """
    named = _names(pictures)
    found: dict[int, ResultLine] = {}
    strangers = []
    for line in lines:
        fitting = next((named[end] for end in _ends(line.path) if end in named), None)
        if fitting is None:
            strangers.append(line.path)
        elif len(fitting) > 1:
            folders = " and ".join(sorted({str(pictures[number].path.parent) for number in fitting}))
            raise ResultsError(f"{line.path} may be a picture of {folders}: evaluate one folder at a time")
        else:
            found[next(iter(fitting))] = line
    if not found:
        raise ResultsError(f"no result line is about a labelled picture; the lines name {some(strangers)}")
    if without := [picture.file for number, picture in enumerate(pictures) if number not in found]:
        raise ResultsError(f"{len(without)} of {len(pictures)} labelled pictures have no result line: {some(without)}")
    return [found[number] for number in range(len(pictures))], tuple(strangers)


def _names(pictures: Sequence[LabelledPicture]) -> Mapping[str, set[int]]:
    """Numbers of the pictures by each way to write their path: the name in the index, with more and more before it."""
    named: dict[str, set[int]] = defaultdict(set)
    for number, picture in enumerate(pictures):
        name = _plain(picture.file)
        whole = picture.path.resolve().as_posix()
        longer = (end for end in _ends(whole) if end.endswith(f"/{name}"))
        for one in {name, _plain(picture.path.as_posix()), whole, *longer}:
            named[one].add(number)
    return named


def _ends(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders, longest first."""
    whole = _plain(path)
    yield whole
    parts = whole.strip("/").split("/")
    yield from ("/".join(parts[first:]) for first in range(len(parts)))


def _plain(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).as_posix()


def some(files: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more if files else "nothing"


# ---------------------------------------------------------------- judging


def evaluate(
    folders: Iterable[Path],
    pictures: Sequence[LabelledPicture],
    lines: Sequence[ResultLine],
    results: Path,
    strangers: tuple[str, ...] = (),
    certified: Threshold | None = None,
) -> Evaluation:
    """Judge a line for every picture, and count. `results` is the folder that the lines' files are seen from."""
    cases = tuple(
        Case(picture, line, results, judge(picture, line)) for picture, line in zip(pictures, lines, strict=True)
    )
    threshold = certified or _in_use(cases)
    parts: dict[gates.Part, Report] = {}
    for part in ("real", "rendered"):
        of_part = [case.judged for case in cases if case.picture.rendered == (part == "rendered")]
        if of_part:
            parts[part] = figures.report(of_part, COLUMNS, threshold.risk_max if threshold else None)
    return Evaluation(tuple(folder.as_posix() for folder in folders), cases, parts, threshold, strangers)


def judge(picture: LabelledPicture, line: ResultLine) -> Judged:
    """One picture's line by its label."""
    return figures.judge(
        file=picture.file,
        label=picture.label,
        outcome=line.outcome,
        reason=line.reason,
        regions=line.regions,
        lines=picture.lines,
        rendered=picture.rendered,
        groups={
            "label": picture.label,
            "kind": picture.kind,
            "language": picture.language,
            "background": picture.background,
            "size": size_class(picture.longer_px),
            "source": picture.source,
        },
    )


def size_class(longer_px: int) -> str:
    """The class of a picture by its longer side; empty where that is not known."""
    if not longer_px:
        return ""
    if longer_px < SMALL_PX:
        return f"under {SMALL_PX} px"
    return f"{SMALL_PX} to {MIDDLING_PX - 1} px" if longer_px < MIDDLING_PX else f"{MIDDLING_PX} px and more"


def threshold_of(settings: CertificateSettings) -> Threshold:
    """The threshold of the certificate that the settings name. Raises CertificateError where there is none."""
    return Threshold(standing.load(settings).risk_max, "certified")


def _in_use(cases: Iterable[Case]) -> Threshold | None:
    risks = [case.judged.risk for case in cases if case.judged.outcome == "cleaned"]
    highest = max((risk for risk in risks if risk is not None), default=None)
    return None if highest is None else Threshold(highest, "this run")


def asked_for_want_of_trust(evaluation: Evaluation) -> int:
    """Pictures that would have been edited, had a certificate been in force."""
    return sum(case.line.outcome == "review" and case.line.reason == figures.WANT_OF_TRUST for case in evaluation.cases)


def as_data(evaluation: Evaluation) -> dict[str, object]:
    """Everything as one JSON object: figures and curves by part, and the pictures behind every error, worst first."""
    cases = {id(case.judged): case for case in evaluation.cases}
    behind = figures.errors(case.judged for case in evaluation.cases)
    return {
        "folders": evaluation.folders,
        "pictures": len(evaluation.cases),
        "parts": evaluation.parts,
        "asked_for_want_of_certificate": asked_for_want_of_trust(evaluation),
        "threshold": evaluation.threshold,
        "at_threshold": {
            part: figures.point_at(report.curve, evaluation.threshold.risk_max) if evaluation.threshold else None
            for part, report in evaluation.parts.items()
        },
        "errors": {kind: [_error(cases[id(one)]) for one in ones] for kind, ones in behind.items()},
        "unknown_files": evaluation.strangers,
    }


def _error(case: Case) -> dict[str, object]:
    return {
        "file": case.picture.file,
        "rendered": case.picture.rendered,
        "label": case.picture.label,
        "outcome": case.line.outcome,
        "reason": case.line.reason,
        "why": case.line.why,
        "risk": case.judged.risk,
        "printed_touched": case.judged.judgement.printed_touched,
    }
