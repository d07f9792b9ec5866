"""The two thresholds of the risk, and what becomes of lines and pictures under them.

What the rules and the policy allow for a line comes first (`Region.allowed`); its risk can only lower it. So the same
regions tell a picture's fate under any thresholds, and `cleanplate certify` and the worker decide by one function.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from processors.regions import Region, Verdict

Fate = Literal["removed", "kept", "asked"]

#: How the sentence goes on where the risk lowered a verdict.
_LOWERED = "; risk "


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A line goes up to `risk_max`, stays from `keep_min` on, and is asked about between them; both 0..1."""

    risk_max: Annotated[float, Meta(ge=0, le=1, description="risk up to which a line is removed without asking")]
    keep_min: Annotated[float, Meta(ge=0, le=1, description="risk from which a line is left alone without asking")]


#: Under these nothing is removed for its risk and all is left alone: for looking at a picture's risks alone.
LOOK_ONLY = Thresholds(risk_max=0.0, keep_min=0.0)


def verdict(region: Region, thresholds: Thresholds) -> Verdict:
    """What becomes of a line: the most that is allowed for it, lowered by its risk.

    Keep where nothing else is allowed (a veto, a thing, no text). A region that does not say what is allowed for it
    keeps its own doubt whatever the thresholds are.
    """
    most = region.most
    if most == "keep" or (region.allowed is None and most == "ask"):
        return most
    if region.risk >= thresholds.keep_min:
        return "keep"
    return "remove" if most == "remove" and region.risk <= thresholds.risk_max else "ask"


def fate(regions: Sequence[Region], risk_max: float, keep_min: float) -> tuple[Fate, float | None]:
    """What becomes of the picture, and its risk: the highest among the lines that go, None where none goes.

    One line in doubt asks for the whole picture.
    """
    thresholds = Thresholds(risk_max, keep_min)
    verdicts = [verdict(region, thresholds) for region in regions]
    return _fate(verdicts), risk_of(zip(regions, verdicts, strict=True))


def apply(regions: Iterable[Region], thresholds: Thresholds) -> tuple[Region, ...]:
    """The regions with the verdicts that these thresholds give; a verdict that the risk lowered says so."""
    return tuple(_under(region, thresholds) for region in regions)


def risk_of(decided: Iterable[tuple[Region, Verdict]]) -> float | None:
    """The highest risk, 0..1, among the lines that go; None where none goes."""
    return max((region.risk for region, said in decided if said == "remove"), default=None)


def _fate(verdicts: Sequence[Verdict]) -> Fate:
    if "ask" in verdicts:
        return "asked"
    return "removed" if "remove" in verdicts else "kept"


def _under(region: Region, thresholds: Thresholds) -> Region:
    said = verdict(region, thresholds)
    # A region may have been decided under other thresholds before: what was said of those goes.
    why = region.why.partition(_LOWERED)[0]
    if said == region.most:
        return dataclasses.replace(region, verdict=said, why=why)
    limit = thresholds.keep_min if said == "keep" else thresholds.risk_max
    side = "from" if said == "keep" else "above"
    why = f"{why}{_LOWERED}{region.risk:.3g} is {side} {limit:.3g}"
    return dataclasses.replace(region, verdict=said, why=why)
