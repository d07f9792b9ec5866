"""Text found in a picture, and what was decided about each line of it."""

from dataclasses import dataclass
from typing import Literal

#: Four corners (x, y) in pixels of the stored picture, clockwise from the text's top left.
Polygon = tuple[tuple[float, float], ...]

Verdict = Literal["remove", "keep", "ask"]


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text as the reader saw it."""

    polygon: Polygon
    text: str
    #: confidence of the recognised text, 0..1
    score: float
    #: confidence of the detected box, 0..1
    box_score: float


@dataclass(frozen=True, slots=True)
class Region:
    """One line of text with its verdict and a reason that a person can read."""

    polygon: Polygon
    text: str
    score: float
    verdict: Verdict
    #: estimated probability, 0..1, that removing this line would be wrong
    risk: float
    #: stable code of the rule that decided, e.g. `camera_stamp`
    rule: str
    why: str
    #: the most that the rules and the policy allow for this line; its risk can only lower it (see thresholds). None:
    #: not said, as in old records
    allowed: Verdict | None = None
    #: how many other pictures of the merchant bore the same mark at the same place when this was decided, as far as
    #: was known; at most 8 are counted
    repeats: int = 0

    @property
    def most(self) -> Verdict:
        """The most that may become of this line: what is allowed for it; where that is not said, its verdict."""
        return self.allowed or self.verdict
