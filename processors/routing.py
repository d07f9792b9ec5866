"""What is to happen to each line of text in a picture, and to the picture: keep, remove or ask a person.

Three things decide, in this order. Rules say what kind of text a line is, and what is never touched: things taken for
letters, words of the catalog record. The policy says what the marketplace wants of that kind: remove, ask or keep. The
risk, a learned probability that removing the line would be wrong, lowers that: a line goes only up to one threshold and
stays from another on, and a person is asked between them.

The size and the shape of a picture say who made it, not what is on it, and are no feature here.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Protocol

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from processors import features, lexicon, records, thresholds
from processors.features import LineBox, Seen
from processors.lexicon import Match
from processors.pictures import Pixels
from processors.policies import UNRESTRICTED, Actions, Kind
from processors.records import CatalogRecord, Role
from processors.regions import Region, TextLine, Verdict
from processors.thresholds import Thresholds

#: Raised whenever a rule changes its meaning; part of the policy's version.
RULES_VERSION = 2

#: Settings of the policy that a certificate replaces.
_OF_THE_RISK = frozenset({"risk_max", "keep_min"})

#: A part of one whole, or of the picture's side or area.
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of the rules. Shares are 0..1, of the picture's side or area unless said otherwise."""

    score_min: Annotated[
        Share, Meta(description="recognition score from which a line is taken as read; below, its words don't count")
    ] = 0.6
    box_min: Annotated[
        Share, Meta(description="detector's score from which a box that can't be read is taken for text")
    ] = 0.55
    letters_min: Annotated[
        int, Meta(ge=1, le=100, description="letters (an ideograph counts two) from which a line says something")
    ] = 3
    corner_max: Annotated[
        Share, Meta(description="share of the side: distance from it within which a stamp stands in a corner")
    ] = 0.15
    side_max: Annotated[
        Share, Meta(description="share of the side: distance from it within which a line stands at the side")
    ] = 0.02
    stamp_height_max: Annotated[
        Share, Meta(description="share of the picture's shorter side: height of a stamp's line at most")
    ] = 0.08
    background_min: Annotated[
        Share, Meta(description="share of the ring around a line that must be background for 'on the background'")
    ] = 0.7
    area_max: Annotated[
        Share, Meta(description="share of the picture's area from which a box is a scene, not a line of text")
    ] = 0.35
    repeats_min: Annotated[
        int, Meta(ge=1, le=8, description="other pictures of the merchant that must bear a mark for it to count")
    ] = 3
    risk_max: Annotated[
        Share, Meta(description="risk up to which a line is removed where no certificate says another one")
    ] = 0.15
    keep_min: Annotated[
        Share, Meta(description="risk from which a line is left alone where no certificate says another one")
    ] = 0.8


@dataclass(frozen=True, slots=True)
class Decision:
    """The picture's verdict with a stable code and a sentence, and every line's own."""

    verdict: Verdict
    reason: str
    why: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a picture beside its pixels."""

    record: CatalogRecord | None = None
    role: Role = "main"
    marketplace: str = "default"
    merchant_id: str | None = None
    #: only so that a picture is left out of its own count of repeats; no rule may look at it
    image_id: str | None = None
    #: for each line: how many other pictures of the merchant bear the same mark at the same place; empty: unknown
    repeats: tuple[int, ...] = ()
    #: what the policy of the marketplace and the role wants done with each kind of text
    actions: Actions = UNRESTRICTED


NOTHING_KNOWN = Context()


class Decide(Protocol):
    """Decides about the lines of a picture; `rgb` is h x w x 3 in the orientation of the polygons."""

    def __call__(
        self, lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN
    ) -> Decision: ...

    def version(self, policy: Policy, actions: Actions) -> str:
        """Digest, 12 hexadecimal digits, of everything that decides beside the models that find and read the text."""
        ...


class Risk(Protocol):
    """Estimates for each line how probable it is, 0..1, that removing it would be wrong; see processors.risk."""

    @property
    def digest(self) -> str: ...

    def risks(self, seen: Seen) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class Router:
    """Decides by rules, the marketplace's policy and the risk."""

    risk: Risk

    def __call__(
        self, lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN
    ) -> Decision:
        """The picture is removed from if a line is to be removed and none is in doubt; one in doubt asks for all."""
        regions = self.judged(features.see(lines, rgb), policy, context)
        return under(_picture(regions), Thresholds(policy.risk_max, policy.keep_min))

    def judged(self, seen: Seen, policy: Policy, context: Context = NOTHING_KNOWN) -> tuple[Region, ...]:
        """The lines with their kinds, what is allowed for each, and their risks; before any threshold of the risk."""
        risks = self.risk.risks(seen)
        views = _views(seen, context, policy)
        words = None if context.record is None else records.Vocabulary(context.record)
        calls = [_call(view, policy, words) for view in views]
        regions = [
            _region(view, call, float(risk), context.actions)
            for view, call, risk in zip(views, calls, risks, strict=True)
        ]
        return _joined(views, regions, policy)

    def version(self, policy: Policy, actions: Actions) -> str:
        """Rules, words, features, thresholds, the risk model, and what the marketplace wants; not its name."""
        # 1 and 1.0 are equal, and are written differently. Thresholds of the risk are the certificate's own.
        limits = tuple(float(getattr(policy, one.name)) for one in fields(policy) if one.name not in _OF_THE_RISK)
        parts = (RULES_VERSION, lexicon.VERSION, features.VERSION, limits, self.risk.digest, actions.digest)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def under(decision: Decision, limits: Thresholds | None) -> Decision:
    """The decision under other thresholds of the risk; without any, as it is."""
    return decision if limits is None else _picture(thresholds.apply(decision.regions, limits))


# ------------------------------------------------------------------ what is seen of a line


@dataclass(frozen=True, slots=True)
class View:
    """What the rules know of a line. Shares are 0..1 of the picture."""

    line: TextLine
    box: LineBox
    found: tuple[Match, ...]
    #: letters, an ideograph counted twice
    letters: int
    #: height of the letters as a share of the picture's shorter side
    height: float
    #: share of the ring around the line that is the picture's own background
    background: float
    repeats: int

    def names(self, *kinds: lexicon.Kind, strong: bool = True) -> bool:
        """Say whether the line holds an entry of these kinds, by default a strong one."""
        return any(match.kind in kinds and (match.strong or not strong) for match in self.found)

    def at_end(self, policy: Policy) -> bool:
        """Say whether the line is small and stands at the picture's top or bottom."""
        return min(self.box.top, 1 - self.box.bottom) <= policy.corner_max and self.height <= policy.stamp_height_max

    def in_corner(self, policy: Policy) -> bool:
        """Say whether the line is small and stands near a corner."""
        return min(self.box.left, 1 - self.box.right) <= policy.corner_max and self.at_end(policy)

    def at_side(self, policy: Policy) -> bool:
        """Say whether the line stands near one of the picture's sides."""
        return min(self.box.left, self.box.top, 1 - self.box.right, 1 - self.box.bottom) <= policy.side_max

    def is_read(self, policy: Policy) -> bool:
        return self.line.score >= policy.score_min and self.letters >= policy.letters_min

    def place(self, policy: Policy) -> str:
        """Where the line lies, in words."""
        if self.in_corner(policy):
            return "small, in a corner"
        if self.background >= policy.background_min:
            return "on the picture's background"
        return "over what the picture shows" if self.background < 0.3 else "partly on the picture's background"


def _views(seen: Seen, context: Context, policy: Policy) -> list[View]:
    heights, grounds = np.exp(seen.column("height")), seen.column("ring_background")
    repeats = context.repeats or (0,) * len(seen.lines)
    return [
        View(
            line=line,
            box=box,
            found=found if line.score >= policy.score_min else (),
            letters=lexicon.letters(line.text),
            height=float(height),
            background=float(ground),
            repeats=often,
        )
        for line, box, found, height, ground, often in zip(
            seen.lines, seen.boxes, seen.found, heights, grounds, repeats, strict=True
        )
    ]


# ------------------------------------------------------------------ rules


@dataclass(frozen=True, slots=True)
class Call:
    """A rule's word: what kind of text the line is, with a reason. `fixed`: neither policy nor risk change it."""

    rule: str
    why: str
    kind: Kind | None = None
    fixed: Verdict | None = None


def _call(view: View, policy: Policy, words: records.Vocabulary | None) -> Call:
    """What kind of text a line is; the first rule that has a word decides."""
    if view.box.area > policy.area_max:
        return Call("scene", f"covers {view.box.area:.0%} of the picture: a thing, not a line of text", fixed="keep")
    if words is not None and (match := words.match(view.line.text)) is not None:
        return Call("catalog_record", match.why, fixed="keep")
    place = view.place(policy)
    if view.names("copyright"):
        return Call("watermark", "reads like an owner's mark or a watermark", fixed="ask")
    if view.repeats >= policy.repeats_min and (view.at_side(policy) or view.background >= policy.background_min):
        return _repeated(view, place)
    if view.is_read(policy):
        return _said(view, policy, place)
    if view.line.score < policy.score_min and view.line.box_score >= policy.box_min and _is_long(view):
        return Call("unreadable", f"looks like a line of text, {place}, can't be read", "unreadable")
    return Call("no_text", "too little was read to call it text", fixed="keep")


def _said(view: View, policy: Policy, place: str) -> Call:
    """The kind of a line that was read, by its words."""
    if view.names("camera_stamp") and view.at_end(policy):
        return Call("camera_stamp", f"names a camera or phone, {place}", "camera_stamp")
    if view.names("date_stamp") and view.in_corner(policy):
        return Call("date_stamp", f"a date or a time, {place}", "date_stamp")
    if view.names("serial", strong=False) and (view.in_corner(policy) or view.at_side(policy)):
        return Call("watermark", "reads like a picture number at the picture's side", "watermark")
    if view.names("url", "phone", "email"):
        return Call("contact", f"an address or a phone number, {place}", "contact")
    if view.names("price"):
        return Call("price", f"a price, {place}", "price")
    if view.names("promo", "percent", "shipping", "call_to_action", "launch"):
        return Call("promotion", f"words of promotion, {place}", "promotion")
    if view.names("measure", strong=False) and view.letters <= 12:
        return Call("callout", f"a measure, {place}", "callout")
    return Call("caption", f"words, {place}", "caption")


def _repeated(view: View, place: str) -> Call:
    """A mark that a merchant lays over all pictures. Stamps and promotion repeat too, and stay what they are."""
    said = f"the same words stand at the same place of {view.repeats} other pictures of this merchant"
    if view.names("camera_stamp", "date_stamp"):
        kind: Kind = "camera_stamp" if view.names("camera_stamp") else "date_stamp"
        return Call(kind, f"{said}, {place}", kind)
    return Call("logo", said, fixed="ask")


def _is_long(view: View) -> bool:
    return view.box.length >= 1.8 * view.box.height


def _region(view: View, call: Call, risk: float, actions: Actions) -> Region:
    why = call.why
    allowed = call.fixed
    if call.kind is not None:
        allowed = actions.action(call.kind)
        why = "; ".join(part for part in (why, actions.why(call.kind)) if part)
    line = view.line
    # What is asked whatever its risk says nothing about what is allowed for it: see thresholds.
    limit = None if call.fixed == "ask" else allowed
    return Region(line.polygon, line.text, line.score, allowed or "ask", risk, call.rule, why, limit)


# ------------------------------------------------------------------ lines together

#: Rules of boxes that say nothing a neighbour could follow.
_UNREAD = frozenset({"no_text", "scene", "unreadable"})


def _joined(views: Sequence[View], regions: Sequence[Region], policy: Policy) -> tuple[Region, ...]:
    """Let what can't be read go with the line beside it that can: half a word, a price's cents, small print."""
    read = [index for index, region in enumerate(regions) if region.rule not in _UNREAD]
    joined = list(regions)
    for index, (view, region) in enumerate(zip(views, regions, strict=True)):
        if region.rule not in ("no_text", "unreadable") or view.line.box_score < policy.box_min:
            continue
        beside = [other for other in read if _belongs(view.box, views[other].box)]
        if not beside:
            continue
        nearest = min(beside, key=lambda other: features.gap(view.box, views[other].box))
        owner = regions[nearest]
        scrap = region.rule == "no_text"
        joined[index] = dataclasses.replace(
            region,
            verdict=owner.verdict,
            # Of a scrap nothing is known; a long box has a risk of its own.
            risk=owner.risk if scrap else max(region.risk, owner.risk),
            rule=owner.rule,
            why=f"a part of “{owner.text}” beside it"[:200],
            allowed=owner.allowed,
        )
    return tuple(joined)


def _belongs(scrap: LineBox, line: LineBox) -> bool:
    return features.gap(scrap, line) <= 0.6 and 0.4 <= scrap.height / line.height <= 1.6


def _picture(regions: tuple[Region, ...]) -> Decision:
    """Join the lines' verdicts: any doubt asks, the reason being that of the doubt with the highest risk."""
    asked = [region for region in regions if region.verdict == "ask"]
    removed = [region for region in regions if region.verdict == "remove"]
    if asked:
        first = max(asked, key=lambda region: region.risk)
        return Decision("ask", first.rule, f"{len(asked)} of {len(regions)} lines in doubt: {first.why}", regions)
    if removed:
        first = min(removed, key=lambda region: region.risk)
        return Decision("remove", first.rule, f"{len(removed)} of {len(regions)} lines removed: {first.why}", regions)
    if any(region.rule not in ("scene", "no_text") for region in regions):
        return Decision("keep", "printed", "all text belongs to what the picture shows", regions)
    return Decision("keep", "no_text", "no text was found", regions)
