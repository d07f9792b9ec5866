"""What is to happen to each line of text in a picture, and to the picture: keep, remove or ask a person.

The rules follow from how overlays and products differ. An overlay is drawn straight, on whatever was in the picture;
where it lies on a plain background, this background runs on to the picture's edge. Print lies on a thing: its plain
surroundings end inside the picture. Words decide what layout leaves open. Owner's marks (copyright signs, agencies'
watermarks) are never removed unasked. The size and the shape of a picture say who made it, not what is on it, and are
no feature here.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Protocol

import cv2
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from processors import lexicon, thresholds
from processors.pictures import Pixels
from processors.policies import UNRESTRICTED, Actions
from processors.records import CatalogRecord, Role
from processors.regions import Polygon, Region, TextLine, Verdict
from processors.thresholds import Thresholds

#: Raised whenever a rule changes its meaning; part of the policy's version.
RULES_VERSION = 1

_PROMOTION = "promo_on_background"

#: A part of one whole, or of the picture's side or area.
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of the rules. Shares are 0..1, of the picture's side or area unless said otherwise."""

    score_min: Annotated[Share, Meta(description="recognition score from which a line is taken as read")] = 0.8
    score_weak: Annotated[
        Share,
        Meta(description="recognition score from which a line may still be part of a stamp or name a kind of overlay"),
    ] = 0.6
    box_min: Annotated[
        Share, Meta(description="detector's score from which a box that can't be read is taken for text")
    ] = 0.55
    letters_min: Annotated[
        int, Meta(ge=1, le=100, description="letters (an ideograph counts two) from which a line says something")
    ] = 3
    skew_max_deg: Annotated[
        float,
        Meta(ge=0, le=45, description="degrees by which a line drawn over the picture may be off the picture's axes"),
    ] = 2.0
    corner_max: Annotated[
        Share, Meta(description="share of the side: distance from it within which a stamp stands in a corner")
    ] = 0.15
    side_max: Annotated[
        Share, Meta(description="share of the side: distance from it within which a line stands at the side")
    ] = 0.02
    stamp_height_max: Annotated[
        Share, Meta(description="share of the picture's shorter side: height of a stamp's line at most")
    ] = 0.08
    plain_min: Annotated[
        Share,
        Meta(description="share of the ring around a line that must be one plain surface for 'on a plain background'"),
    ] = 0.8
    plain_sure_min: Annotated[
        Share,
        Meta(description="the same for removing without asking: a logo or a button beside the line breaks the ring"),
    ] = 0.9
    partly_min: Annotated[
        Share, Meta(description="the same share for 'partly on a plain background', which is enough to ask")
    ] = 0.3
    edge_min: Annotated[
        Share, Meta(description="share of the picture's edge that a surface must take up to be the background")
    ] = 0.15
    edge_sure_min: Annotated[
        Share,
        Meta(description="share of the picture's edge that a surface must take up for removing without asking"),
    ] = 0.3
    promo_share_min: Annotated[
        Share,
        Meta(description="share of a background's lines that must be promotion for the rest to be taken with them"),
    ] = 0.25
    area_max: Annotated[
        Share, Meta(description="share of the picture's area from which a box is a scene, not a line of text")
    ] = 0.35

    @property
    def version(self) -> str:
        """Digest of all thresholds, the rules and the words; 12 hexadecimal digits, the same for equal policies."""
        # 1 and 1.0 are equal, and are written differently.
        thresholds = (float(getattr(self, one.name)) for one in fields(self))
        parts = (RULES_VERSION, lexicon.VERSION, *thresholds)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


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
    #: to leave the picture itself out when its merchant's others are counted; no rule may look at it
    image_id: str | None = None
    #: for each line: how many other pictures of the merchant bear the same mark at the same place; empty: unknown
    repeats: tuple[int, ...] = ()
    #: what the policy of the marketplace and the role wants done with each kind of text
    actions: Actions = UNRESTRICTED


NOTHING_KNOWN = Context()


class Decide(Protocol):
    """Anything that decides like `decide`: a learned decision takes its place by having this shape."""

    def __call__(
        self, lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN
    ) -> Decision: ...


def decide(lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN) -> Decision:
    """Decide about each line and the picture; `rgb` is h x w x 3 in the orientation of the polygons.

    The picture is removed from if a line is to be removed and none is in doubt; one line in doubt asks for all.
    """
    layout = _Layout(rgb, lines)
    seen = [_see(line, layout) for line in lines]
    calls = [next(call for rule in RULES if (call := rule(view, policy)) is not None) for view in seen]
    calls = _with_neighbours(seen, calls, policy)
    regions = tuple(_region(view.line, call) for view, call in zip(seen, calls, strict=True))
    return _picture(regions)


def under(decision: Decision, limits: Thresholds | None) -> Decision:
    """The decision under thresholds of the risk; without any, the rules' own verdicts stand."""
    return decision if limits is None else _picture(thresholds.apply(decision.regions, limits))


# ------------------------------------------------------------------ what is seen of a line


@dataclass(frozen=True, slots=True)
class View:
    """What the rules know of a line. Shares are 0..1 of the picture."""

    line: TextLine
    found: tuple[lexicon.Match, ...]
    #: letters, an ideograph counted twice
    letters: int
    #: left, top, right, bottom
    left: float
    top: float
    right: float
    bottom: float
    #: share of the picture's area that the polygon covers
    area: float
    #: height of the letters as a share of the picture's shorter side
    height: float
    #: length divided by height
    aspect: float
    #: degrees off the nearest axis, 0..45
    skew_deg: float
    #: share of the ring around the line that is one plain surface, and how much of the picture's edge it reaches
    plain: float
    edge: float
    #: number of that surface within the picture; 0 where there is none
    surface: int

    def names(self, *kinds: lexicon.Kind, strong: bool = True) -> bool:
        """Say whether the line holds an entry of these kinds, by default a strong one."""
        return any(match.kind in kinds and (match.strong or not strong) for match in self.found)

    def at_end(self, policy: Policy) -> bool:
        """Say whether the line is small and stands at the picture's top or bottom."""
        return min(self.top, 1 - self.bottom) <= policy.corner_max and self.height <= policy.stamp_height_max

    def in_corner(self, policy: Policy) -> bool:
        """Say whether the line is small and stands near a corner."""
        return min(self.left, 1 - self.right) <= policy.corner_max and self.at_end(policy)

    def straight(self, policy: Policy) -> bool:
        return self.skew_deg <= policy.skew_max_deg

    def on_background(self, policy: Policy) -> bool:
        return self.plain >= policy.plain_min and self.edge >= policy.edge_min

    def surely_on_background(self, policy: Policy) -> bool:
        return self.plain >= policy.plain_sure_min and self.edge >= policy.edge_sure_min and self.straight(policy)

    def readable(self, policy: Policy) -> bool:
        return self.line.score >= policy.score_min and self.letters >= policy.letters_min


class _Layout:
    """Plain surfaces of a picture, found on a thinned copy of about `side` pixels."""

    def __init__(self, rgb: Pixels, lines: Sequence[TextLine], side: int = 640, step_max: int = 6) -> None:
        self.height, self.width = rgb.shape[:2]
        self.step = max(1, -(-max(self.height, self.width) // side))
        thin = cv2.medianBlur(np.ascontiguousarray(rgb[:: self.step, :: self.step]), 3)
        plain = (_steepness(np.asarray(thin, dtype=np.uint8)) <= step_max).astype(np.uint8)
        count, self.surfaces = cv2.connectedComponents(plain, connectivity=4)
        border = np.concatenate((self.surfaces[0], self.surfaces[-1], self.surfaces[:, 0], self.surfaces[:, -1]))
        self.edge = np.bincount(border, minlength=count) / max(1, border.size)
        self.text = np.zeros(plain.shape, dtype=np.uint8)
        for line in lines:
            cv2.fillPoly(self.text, [self._corners(line.polygon)], 1)

    def _corners(self, polygon: Polygon) -> NDArray[np.int32]:
        corners = np.asarray(polygon, dtype=np.float64) / self.step
        return np.asarray(corners.round(), dtype=np.int32)

    def around(self, polygon: Polygon, height: float) -> tuple[float, float, int]:
        """Return share of the ring that is one surface, that surface's share of the picture's edge, its number."""
        corners = self._corners(polygon)
        reach = max(2, int(0.35 * height / self.step))
        low = np.maximum(corners.min(axis=0) - reach - 1, 0)
        high = corners.max(axis=0) + reach + 2
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        inner = np.zeros(self.text[window].shape, dtype=np.uint8)
        if inner.size == 0:
            return 0.0, 0.0, 0
        cv2.fillPoly(inner, [(corners - low).astype(np.int32)], 1)
        outer = cv2.dilate(inner, np.ones((2 * reach + 1, 2 * reach + 1), dtype=np.uint8))
        ring = self.surfaces[window][(outer > 0) & (self.text[window] == 0)]
        if ring.size < 8:
            return 0.0, 0.0, 0
        counts = np.bincount(ring)
        counts[0] = 0
        surface = int(counts.argmax())
        return float(counts[surface] / ring.size), float(self.edge[surface]) if surface else 0.0, surface


def _steepness(rgb: Pixels) -> NDArray[np.int16]:
    """Return the largest step, in levels, from a pixel to its four neighbours in any channel."""
    levels = rgb.astype(np.int16)
    steep = np.zeros(rgb.shape[:2], dtype=np.int16)
    across = np.abs(levels[:, 1:] - levels[:, :-1]).max(axis=2)
    along = np.abs(levels[1:] - levels[:-1]).max(axis=2)
    for part, steps in ((steep[:, 1:], across), (steep[:, :-1], across), (steep[1:], along), (steep[:-1], along)):
        np.maximum(part, steps, out=part)
    return steep


def _see(line: TextLine, layout: _Layout) -> View:
    corners = np.asarray(line.polygon, dtype=np.float64)
    one, two = corners[1] - corners[0], corners[3] - corners[0]
    long, short = (one, two) if np.hypot(*one) >= np.hypot(*two) else (two, one)
    length, height = float(np.hypot(*long)), max(1.0, float(np.hypot(*short)))
    angle = float(np.degrees(np.arctan2(long[1], long[0]))) % 90.0
    left, top = corners.min(axis=0) / (layout.width, layout.height)
    right, bottom = corners.max(axis=0) / (layout.width, layout.height)
    plain, edge, surface = layout.around(line.polygon, height)
    return View(
        line=line,
        found=lexicon.matches(line.text),
        letters=lexicon.letters(line.text),
        left=float(left),
        top=float(top),
        right=float(right),
        bottom=float(bottom),
        area=length * height / (layout.width * layout.height),
        height=height / min(layout.width, layout.height),
        aspect=length / height,
        skew_deg=min(angle, 90.0 - angle),
        plain=plain,
        edge=edge,
        surface=surface,
    )


# ------------------------------------------------------------------ rules


@dataclass(frozen=True, slots=True)
class Call:
    """A rule's word on a line. `risk`, 0..1, is how often removing such a line is expected to be wrong."""

    verdict: Verdict
    rule: str
    risk: float
    why: str


Rule = Callable[[View, Policy], Call | None]


def scene(view: View, policy: Policy) -> Call | None:
    """Keep boxes too large to be a line: the detector took a garment or a thing for a letter."""
    if view.area > policy.area_max:
        return Call("keep", "scene", 0.99, f"covers {view.area:.0%} of the picture: a thing, not a line of text")
    return None


def owner_mark(view: View, policy: Policy) -> Call | None:
    """Ask about copyright signs, agencies' names and their picture numbers: these are not ours to remove."""
    if view.line.score < policy.score_weak:
        return None
    if view.names("copyright"):
        return Call("ask", "watermark_like", 0.3, "reads like an owner's mark or a watermark")
    side = min(view.left, view.top, 1 - view.right, 1 - view.bottom)
    if view.names("serial") and (view.in_corner(policy) or side <= policy.side_max):
        return Call("ask", "watermark_like", 0.3, "reads like a picture number at the picture's side")
    return None


def camera_stamp(view: View, policy: Policy) -> Call | None:
    """Remove what phones and cameras write into corners; ask where only half of it speaks for a stamp."""
    if view.line.score < policy.score_weak or not view.straight(policy):
        return None
    if any(match.entry == "shot_on" for match in view.found) and view.at_end(policy):
        return Call("remove", "camera_stamp", 0.005, "says which camera took the picture, small, at its top or bottom")
    if view.names("camera_stamp") and view.in_corner(policy):
        return Call("remove", "camera_stamp", 0.005, "names a camera or phone, small, in a corner")
    timed = any(match.entry == "date_and_time" for match in view.found)
    on_a_thing = view.plain >= policy.plain_min and view.edge < policy.edge_min
    if view.names("date_stamp") and view.in_corner(policy) and (timed or not on_a_thing):
        return Call("remove", "date_stamp", 0.01, "a date, small, in a corner")
    if view.names("date_stamp", strong=False) and view.in_corner(policy):
        return Call("ask", "stamp_like", 0.1, "digits like a date's, small, in a corner, not read for certain")
    if view.names("camera_stamp", strong=False) and view.in_corner(policy):
        return Call("ask", "stamp_like", 0.3, "a phone maker's name alone in a corner")
    return None


def promotion(view: View, policy: Policy) -> Call | None:
    """Remove promotion that stands straight on the picture's background; ask about it anywhere else."""
    if view.line.score < policy.score_weak:
        return None
    if view.names("promo", "price", "percent", "shipping"):
        if view.surely_on_background(policy) and view.readable(policy):
            return Call("remove", _PROMOTION, 0.02, "promotion, straight on the picture's background")
        return Call("ask", "promo_words_on_product", 0.5, "words of promotion, but not on the picture's background")
    if view.names("promo", "percent", strong=False) and view.straight(policy) and view.plain < policy.partly_min:
        # Print has a plain ground of its own; these words lie across whatever is there.
        return Call("ask", "promo_words_on_product", 0.6, "words of promotion laid across the picture")
    handle = view.names("url", strong=False) and view.in_corner(policy)
    if handle or view.names("url", "phone", "email"):
        return Call("ask", "contact", 0.4, "an address or a phone number: a seller's, or printed on the product")
    return None


def caption(view: View, policy: Policy) -> Call | None:
    """Ask about plain words that stand straight on the background: a caption is an overlay, a title may be wanted."""
    if not view.straight(policy) or view.edge < policy.edge_min:
        return None
    if view.readable(policy) and view.on_background(policy):
        return Call("ask", "caption_on_background", 0.2, "words straight on the picture's background")
    if view.readable(policy) and view.plain >= policy.partly_min:
        return Call("ask", "large_caption", 0.4, "words straight over the picture, partly on its background")
    return None


def unreadable(view: View, policy: Policy) -> Call | None:
    """Ask about long boxes on the background that the reader could not read: a script it does not know."""
    if view.line.score >= policy.score_weak or view.line.box_score < policy.box_min or view.aspect < 2.0:
        return None
    if view.on_background(policy) and view.straight(policy):
        return Call("ask", "unreadable_text", 0.4, "looks like a line of text on the background, can't be read")
    return None


def printed(view: View, policy: Policy) -> Call | None:
    """Keep the rest: text on a thing in the picture, or no text at all."""
    if view.line.score < policy.score_weak or view.letters < policy.letters_min:
        return Call("keep", "no_text", 0.95, "too little was read to call it text")
    return Call("keep", "printed", 0.95, "on a thing in the picture, says nothing that overlays say")


#: Asked in this order; the first that has a word decides, and the last always has.
RULES: tuple[Rule, ...] = (scene, owner_mark, camera_stamp, promotion, caption, unreadable, printed)


# ------------------------------------------------------------------ lines together


def _with_neighbours(seen: Sequence[View], calls: Sequence[Call], policy: Policy) -> list[Call]:
    """Let lines follow the lines they belong to: parts of a stamp, and plain words in a block of promotion."""
    result = list(calls)
    stamps = [view for view, call in zip(seen, calls, strict=True) if call.rule in {"camera_stamp", "date_stamp"}]
    for index, view in enumerate(seen):
        if result[index].verdict != "remove" and any(_same_stamp(view, stamp, policy) for stamp in stamps):
            why = "beside a camera stamp and of its height"
            result[index] = Call("remove", "camera_stamp_block", 0.02, why)
    for index, view in enumerate(seen):
        if (
            result[index].rule == "camera_stamp"
            and _half_stamp(view)
            and not any(_same_stamp(view, stamp, policy) for stamp in stamps)
        ):
            why = "the second line of a camera stamp whose first was not read"
            result[index] = Call("ask", "stamp_like", 0.1, why)
    for surface in {view.surface for view, call in zip(seen, result, strict=True) if call.rule == _PROMOTION}:
        here = [index for index, view in enumerate(seen) if view.surface == surface]
        for index, call in _promo_block([seen[i] for i in here], [result[i] for i in here], policy).items():
            result[here[index]] = call
    return result


def _half_stamp(view: View) -> bool:
    """Say whether a line names the kind of camera only, as the second line of two does."""
    return {match.entry for match in view.found} == {"camera_kind"}


def _same_stamp(view: View, stamp: View, policy: Policy) -> bool:
    """Say whether a line is a part of the stamp: beside it, as high, straight; a part may reach out of the corner."""
    if view is stamp or not view.at_end(policy) or not view.straight(policy) or view.letters < 2:
        return False
    if not 0.6 <= view.height / stamp.height <= 1.6:
        return False
    high = stamp.bottom - stamp.top
    apart = max(view.top - stamp.bottom, stamp.top - view.bottom)
    beside = max(view.left - stamp.right, stamp.left - view.right)
    return apart <= 0.6 * high and beside <= 0.03


def _promo_block(views: Sequence[View], calls: Sequence[Call], policy: Policy) -> dict[int, Call]:
    """Decide anew about the lines on one background that holds promotion, by their index.

    Words wholly on it go with the promotion; what merely touches it (a logo, a button) is in doubt. Where most of the
    text is no promotion, as on a label that fills the picture, all of it is in doubt.
    """
    text = [i for i, view in enumerate(views) if view.readable(policy) and view.straight(policy)]
    promoting = [i for i in text if calls[i].rule == _PROMOTION]
    if len(promoting) < policy.promo_share_min * len(text):
        doubt = Call("ask", "promo_in_text", 0.3, "promotion among much other text on the same background")
        return dict.fromkeys(promoting, doubt)
    together = Call("remove", "promo_block", 0.05, "words beside promotion on the picture's background")
    beside = Call("ask", "beside_promotion", 0.4, "touches a background that holds promotion: a logo or a button")
    found = {}
    for i in text:
        if calls[i].rule == "caption_on_background" and views[i].surely_on_background(policy):
            found[i] = together
        elif calls[i].verdict == "keep":
            found[i] = beside
    return found


def _region(line: TextLine, call: Call) -> Region:
    return Region(line.polygon, line.text, line.score, call.verdict, call.risk, call.rule, call.why, call.verdict)


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
    # A line may also stay for its risk, under the rule of another verdict.
    if any(region.rule not in ("scene", "no_text") for region in regions):
        return Decision("keep", "printed", "all text belongs to what the picture shows", regions)
    return Decision("keep", "no_text", "no text was found", regions)
