"""Gates: what the figures of an evaluation must reach, written as `false_edit.hi<=0.02`.

    [real.|rendered.] [COLUMN:VALUE.] FIGURE [.lo|.hi|.rate|.k|.n] <=|>=|<|> NUMBER

Without a part the gate is for every part that has such pictures. Without `.hi` and its like the whole interval must
keep the limit. A gate that is not met is inconclusive where the interval holds the limit: more pictures would tell.
"""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from processors.errors import PipelineError
from processors.figures import FIGURES, Report, Share

Verdict = Literal["met", "not met", "inconclusive"]
Part = Literal["real", "rendered"]

_FORM = re.compile(
    r"(?:(?P<part>real|rendered)\.)?(?:(?P<column>[a-z]+):(?P<value>.+)\.)?"
    # A value may hold dots: an end is no figure.
    r"(?P<figure>(?!(?:lo|hi|rate|k|n)\s*[<>])[a-z_]+)"
    r"(?:\.(?P<end>lo|hi|rate|k|n))?\s*(?P<sign><=|>=|<|>)\s*(?P<limit>[0-9.]+(?:e-?[0-9]+)?)"
)
_SIGNS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


class GateError(PipelineError):
    """A gate that can't be read, or asks for what is not there."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One limit for one figure."""

    text: str
    #: None: every part that has pictures
    part: str | None
    #: (column, value) of a group; None: all pictures of the part
    group: tuple[str, str] | None
    figure: str
    #: None: the end of the interval that is farther off
    end: str | None
    sign: str
    limit: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a gate in one part."""

    gate: str
    part: str
    verdict: Verdict
    share: Share


def parse(text: str) -> Gate:
    """Read a gate. Raises GateError."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise GateError(f"{text!r} is no gate; one looks like false_edit.hi<=0.02 or real.recall>=0.7")
    if found["figure"] not in (names := [figure.name for figure in FIGURES]):
        raise GateError(f"{text!r}: there is no figure {found['figure']!r}; there are {', '.join(names)}")
    try:
        limit = float(found["limit"])
    except ValueError as problem:
        raise GateError(f"{text!r}: {found['limit']!r} is no number") from problem
    group = (found["column"], found["value"]) if found["column"] else None
    return Gate(text.strip(), found["part"], group, found["figure"], found["end"], found["sign"], limit)


def check(gate: Gate, parts: Mapping[Part, Report]) -> list[Checked]:
    """Hold a gate against every part that it is for. Raises GateError where its pictures are not there."""
    reports = {part: report for part, report in parts.items() if gate.part in (None, part)}
    shares = {part: share for part, report in reports.items() if (share := _share(gate, report)) is not None}
    if not shares:
        raise GateError(f"{gate.text}: there are no such pictures")
    if gate.part is None:
        shares = {part: share for part, share in shares.items() if share.n} or shares
    return [Checked(gate.text, part, _verdict(gate, share), share) for part, share in shares.items()]


def _share(gate: Gate, report: Report) -> Share | None:
    if gate.group is None:
        return report.figures[gate.figure]
    column, value = gate.group
    group = report.by.get(column, {}).get(value)
    return group.figures[gate.figure] if group else None


def _verdict(gate: Gate, share: Share) -> Verdict:
    end = gate.end or ("hi" if gate.sign.startswith("<") else "lo")
    value = getattr(share, end)
    if value is not None and _SIGNS[gate.sign](value, gate.limit):
        return "met"
    # Counts are what they are; a share may be on the other side of the limit.
    return "inconclusive" if end not in ("k", "n") and share.lo <= gate.limit <= share.hi else "not met"
