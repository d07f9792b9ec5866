"""Each rule says what its sentence says, the policy and the risk lower it, and a picture in doubt is never edited."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors import routing
from processors.features import Seen
from processors.pictures import Pixels
from processors.policies import KINDS, UNRESTRICTED, Actions, Entry
from processors.records import CatalogRecord
from processors.regions import Region, TextLine
from processors.routing import Context, Decision, Policy, Router
from processors.thresholds import Thresholds

POLICY = Policy()
WHITE = (255, 255, 255)
SURE, PRINT = 0.001, 0.95


@dataclass
class SaidRisk:
    """A risk by the line's words, and one for all others."""

    otherwise: float = SURE
    said: dict[str, float] = field(default_factory=dict)
    digest: str = "0" * 64

    def risks(self, seen: Seen) -> NDArray[np.float64]:
        return np.array([self.said.get(line.text, self.otherwise) for line in seen.lines])


def box(x: float, y: float, width: float, height: float) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def line(text: str, x: float, y: float, width: float = 150, height: float = 16, *, score: float = 0.98) -> TextLine:
    return TextLine(box(x, y, width, height), text, score, 0.8)


def texture(width: int = 400, height: int = 400) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def plain(width: int = 400, height: int = 400) -> Pixels:
    return np.full((height, width, 3), 245, dtype=np.uint8)


def with_pack(picture: Pixels) -> Pixels:
    """Put a smooth green box, the product, into the middle."""
    result = picture.copy()
    cv2.rectangle(result, (100, 100), (300, 300), (20, 120, 40), -1)
    return result


def decide(
    *lines: TextLine, picture: Pixels | None = None, risk: float = SURE, said: Any = None, **known: Any
) -> Decision:
    """What becomes of lines, by default on a pack on white, all of them surely overlays."""
    rgb = with_pack(plain()) if picture is None else picture
    return Router(SaidRisk(risk, said or {}))(lines, rgb, POLICY, Context(**known))


def rules(decision: Decision) -> list[str]:
    return [region.rule for region in decision.regions]


def verdicts(decision: Decision) -> list[str]:
    return [region.verdict for region in decision.regions]


def only(decision: Decision) -> Region:
    (region,) = decision.regions
    return region


def wanting(**entries: Entry) -> Actions:
    """What is wanted of some kinds; all else may be removed."""
    given: Iterable[Entry] = (entries.get(kind, entry) for kind, entry in zip(KINDS, UNRESTRICTED.entries, strict=True))
    return Actions(tuple(given))


# ------------------------------------------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("text", "x", "y", "kind"),
    [
        ("REDMI NOTE 8 PRO", 10, 375, "camera_stamp"),
        ("SHOT ON ONEPLUS", 120, 5, "camera_stamp"),
        ("2019/08/12 14:33", 240, 375, "date_stamp"),
        ("SALE 50% OFF", 120, 30, "promotion"),
        ("FREE SHIPPING", 120, 190, "promotion"),
        ("www.acme-shop.com", 120, 30, "contact"),
        ("shop@acme.com", 120, 190, "contact"),
        ("$ 19.99", 120, 30, "price"),
        ("40 cm", 120, 190, "callout"),
        ("Summer in the garden", 120, 30, "caption"),
        ("GREEN TEA", 120, 190, "caption"),
    ],
)
def test_each_kind_of_text_has_its_rule(text: str, x: float, y: float, kind: str) -> None:
    region = only(decide(line(text, x, y)))
    assert region.rule == kind
    assert (region.verdict, region.allowed) == ("remove", "remove")


@pytest.mark.parametrize("text", ["REDMI NOTE 8 PRO", "2019/08/12 14:33"])
def test_the_words_of_a_stamp_in_the_middle_are_no_stamp(text: str) -> None:
    assert only(decide(line(text, 120, 190))).rule == "caption"


def test_the_words_of_a_stamp_in_large_letters_are_no_stamp() -> None:
    assert only(decide(line("REDMI NOTE 8 PRO", 10, 330, 300, 60))).rule == "caption"


def test_a_caption_that_only_mentions_a_measure_is_no_callout() -> None:
    assert only(decide(line("a shelf of solid oak, 40 cm wide", 120, 190))).rule == "caption"


@pytest.mark.parametrize(
    ("picture", "y", "words"),
    [
        (with_pack(plain()), 30, "on the picture's background"),
        (with_pack(plain()), 190, "over what the picture shows"),
        (with_pack(plain()), 92, "partly on the picture's background"),
        (texture(), 380, "small, in a corner"),
    ],
)
def test_the_sentence_says_where_the_line_lies(picture: Pixels, y: float, words: str) -> None:
    x = 10 if y == 380 else 120
    assert words in only(decide(line("Summer in the garden", x, y), picture=picture)).why


def test_every_region_carries_a_sentence_a_risk_and_what_is_allowed() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150), line("x", 5, 5, score=0.2))
    for region in decide(*lines, risk=0.3).regions:
        assert region.why
        assert region.risk == 0.3
        assert region.allowed in {"remove", "keep"}


# ------------------------------------------------------------------------------------------- no lines of text


def test_a_picture_without_lines_is_kept() -> None:
    decision = decide(picture=texture())
    assert (decision.verdict, decision.reason, decision.regions) == ("keep", "no_text", ())


def test_a_garment_taken_for_a_letter_is_a_scene_whatever_its_risk() -> None:
    garment = TextLine(box(0, 0, 399, 399), "A", 0.95, 0.8)
    decision = decide(garment, picture=plain())
    assert (decision.verdict, decision.reason, rules(decision)) == ("keep", "no_text", ["scene"])


def test_too_few_letters_are_no_text_whatever_their_risk() -> None:
    decision = decide(line("x", 120, 30, 16))
    assert (decision.verdict, decision.reason, rules(decision)) == ("keep", "no_text", ["no_text"])


def test_a_long_line_in_an_unknown_script_is_unreadable_and_a_short_one_no_text() -> None:
    unread = TextLine(box(120, 30, 150, 30), "", 0.0, 0.7)
    assert only(decide(unread)).rule == "unreadable"
    assert only(decide(replace(unread, polygon=box(120, 30, 40, 30)))).rule == "no_text"
    assert only(decide(replace(unread, box_score=0.4))).rule == "no_text"


def test_words_that_were_not_read_well_count_for_nothing() -> None:
    assert only(decide(line("SALE 50% OFF", 120, 30, score=0.55))).rule == "unreadable"


def test_lines_partly_outside_the_picture_are_decided_too() -> None:
    lines = (line("SALE 50% OFF", -20, -4), line("GREEN TEA", 390, 395), line("far away", 900, 900))
    assert len(decide(*lines, picture=plain()).regions) == 3


# --------------------------------------------------------------------------------------- what is never removed


@pytest.mark.parametrize("text", ["© Anna 2021", "shutterstock", "fotolla"])
@pytest.mark.parametrize("risk", [SURE, PRINT])
def test_an_owners_mark_is_asked_about_whatever_its_risk(text: str, risk: float) -> None:
    for picture in (plain(), texture()):
        decision = decide(line(text, 120, 190), picture=picture, risk=risk)
        assert (decision.verdict, decision.reason) == ("ask", "watermark")
        assert routing.under(decision, Thresholds(1.0, 1.0)).verdict == "ask"


def test_no_policy_lets_an_owners_mark_go_or_stay_unasked() -> None:
    for action in ("remove", "keep"):
        wanted = wanting(watermark=Entry(action))  # type: ignore[arg-type]
        assert decide(line("© Anna 2021", 120, 190), actions=wanted).verdict == "ask"


@pytest.mark.parametrize("text", ["DSC01234", "12345678"])
def test_a_picture_number_at_the_side_is_a_watermark_and_elsewhere_words(text: str) -> None:
    assert only(decide(line(text, 2, 190), picture=texture())).rule == "watermark"
    assert only(decide(line(text, 120, 190), picture=texture())).rule == "caption"


def test_words_of_the_catalog_record_are_never_removed() -> None:
    record = CatalogRecord(title="Green tea, organic", brand="Acme")
    decision = decide(line("GREEN TEA", 120, 30), line("SALE 50% OFF", 120, 60), record=record)
    assert rules(decision) == ["catalog_record", "promotion"]
    assert verdicts(decision) == ["keep", "remove"]
    assert "“Green tea” is in the title" in decision.regions[0].why
    assert routing.under(decision, Thresholds(1.0, 1.0)).regions[0].verdict == "keep"


def test_without_a_record_the_same_words_may_go() -> None:
    assert only(decide(line("GREEN TEA", 120, 30))).verdict == "remove"


def test_a_scene_is_one_though_the_record_has_its_letters() -> None:
    garment = TextLine(box(0, 0, 399, 399), "GREEN TEA", 0.95, 0.8)
    assert only(decide(garment, record=CatalogRecord(title="Green tea"))).rule == "scene"


# -------------------------------------------------------------------------------------------------- repetition


def test_words_that_a_merchant_repeats_near_a_side_are_a_logo_and_asked_about() -> None:
    decision = decide(line("ACME", 2, 380), picture=texture(), repeats=(3,))
    assert (decision.verdict, decision.reason) == ("ask", "logo")
    assert "3 other pictures of this merchant" in decision.why
    assert routing.under(decision, Thresholds(1.0, 1.0)).verdict == "ask"


def test_words_that_a_merchant_repeats_on_the_background_are_a_logo_too() -> None:
    assert only(decide(line("ACME", 120, 30), repeats=(3,))).rule == "logo"


@pytest.mark.parametrize("repeats", [(), (0,), (2,)])
def test_words_repeated_too_seldom_are_what_they_are(repeats: tuple[int, ...]) -> None:
    assert only(decide(line("ACME", 120, 30), repeats=repeats)).rule == "caption"


def test_a_brand_that_repeats_on_products_is_no_logo_laid_over() -> None:
    assert only(decide(line("ACME", 120, 190), repeats=(8,))).rule == "caption"


@pytest.mark.parametrize(("text", "kind"), [("REDMI NOTE 8 PRO", "camera_stamp"), ("2019/08/12 14:33", "date_stamp")])
def test_a_stamp_that_repeats_stays_a_stamp(text: str, kind: str) -> None:
    region = only(decide(line(text, 2, 380), picture=texture(), repeats=(4,)))
    assert (region.rule, region.verdict) == (kind, "remove")
    assert "4 other pictures" in region.why


def test_words_of_the_record_that_repeat_are_kept() -> None:
    assert (
        only(decide(line("ACME", 120, 30), record=CatalogRecord(brand="Acme"), repeats=(8,))).rule == "catalog_record"
    )


# -------------------------------------------------------------------------------------------- the policy's word


@pytest.mark.parametrize(
    ("action", "verdict", "reason"),
    [("remove", "remove", "caption"), ("ask", "ask", "caption"), ("keep", "keep", "printed")],
)
def test_the_policy_says_what_becomes_of_a_kind_and_why(action: Any, verdict: str, reason: str) -> None:
    wanted = wanting(caption=Entry(action, "the shop says so"))
    decision = decide(line("Summer in the garden", 120, 30), actions=wanted)
    assert (decision.verdict, decision.reason) == (verdict, reason)
    assert only(decision).allowed == action
    assert only(decision).why == "words, on the picture's background; the shop says so"


def test_what_the_policy_says_of_one_kind_leaves_the_others_alone() -> None:
    wanted = wanting(caption=Entry("keep", "the shop says so"))
    decision = decide(line("Summer in the garden", 120, 60), line("SALE 50% OFF", 120, 30), actions=wanted)
    assert verdicts(decision) == ["keep", "remove"]


# --------------------------------------------------------------------------------------------------- the risk


@pytest.mark.parametrize(
    ("risk", "verdict"),
    [(0.0, "remove"), (0.15, "remove"), (0.151, "ask"), (0.79, "ask"), (0.8, "keep"), (1.0, "keep")],
)
def test_the_risk_lets_a_line_go_up_to_one_threshold_and_stay_from_another(risk: float, verdict: str) -> None:
    decision = decide(line("SALE 50% OFF", 120, 30), risk=risk)
    assert decision.verdict == verdict
    assert only(decision).risk == risk


def test_a_verdict_that_the_risk_lowered_says_so() -> None:
    assert "risk 0.3 is above 0.15" in decide(line("SALE 50% OFF", 120, 30), risk=0.3).why
    assert "risk 0.9 is from 0.8" in only(decide(line("SALE 50% OFF", 120, 30), risk=0.9)).why


def test_only_the_thresholds_that_count_in_the_end_are_spoken_of() -> None:
    decision = decide(line("SALE 50% OFF", 120, 30), risk=0.3)
    again = only(routing.under(decision, Thresholds(0.2, 0.9)))
    assert again.why.endswith("; risk 0.3 is above 0.2")
    assert again.why.count("risk") == 1
    assert "risk" not in only(routing.under(decision, Thresholds(0.4, 0.9))).why


def test_the_risk_never_raises_what_the_policy_allows() -> None:
    words = line("Summer in the garden", 120, 30)
    assert decide(words, risk=0.0, actions=wanting(caption=Entry("ask"))).verdict == "ask"
    assert decide(words, risk=0.0, actions=wanting(caption=Entry("keep"))).verdict == "keep"


def test_what_is_surely_print_is_not_asked_about_even_where_the_policy_would_ask() -> None:
    asks = wanting(caption=Entry("ask"))
    decision = decide(line("GREEN TEA", 120, 190), risk=PRINT, actions=asks)
    assert (decision.verdict, decision.reason) == ("keep", "printed")


def test_one_line_in_doubt_asks_for_the_whole_picture() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150))
    decision = decide(*lines, said={"GREEN TEA": 0.4})
    assert (decision.verdict, decision.reason) == ("ask", "caption")
    assert verdicts(decision) == ["remove", "ask"]
    assert decision.why.startswith("1 of 2 lines in doubt: ")


def test_the_reason_is_that_of_the_doubt_with_the_highest_risk() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150))
    assert decide(*lines, said={"SALE 50% OFF": 0.5, "GREEN TEA": 0.4}).reason == "promotion"


def test_print_stays_while_the_stamp_goes() -> None:
    lines = (line("ROCK STAR", 120, 190), line("06.07.2020 07:12", 240, 375))
    decision = decide(*lines, picture=with_pack(texture()), said={"ROCK STAR": PRINT})
    assert (decision.verdict, decision.reason) == ("remove", "date_stamp")
    assert verdicts(decision) == ["keep", "remove"]


def test_thresholds_of_a_certificate_take_the_place_of_the_policys() -> None:
    decision = decide(line("SALE 50% OFF", 120, 30), risk=0.3)
    assert routing.under(decision, None) == decision
    assert routing.under(decision, Thresholds(0.3, 0.9)).verdict == "remove"
    kept = routing.under(decision, Thresholds(0.0, 0.3))
    assert (kept.verdict, kept.reason) == ("keep", "printed"), "text that is left alone for its risk is no missing text"


def test_what_was_judged_depends_on_no_threshold_of_the_risk() -> None:
    words, rgb = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150)), with_pack(plain())
    router = Router(SaidRisk(0.3))
    loose, tight = (router(words, rgb, replace(POLICY, risk_max=limit)) for limit in (0.9, 0.0))
    assert loose.verdict != tight.verdict
    limits = Thresholds(0.2, 0.8)
    assert verdicts(routing.under(loose, limits)) == verdicts(routing.under(tight, limits))


# ------------------------------------------------------------------------------------------------------- scraps


@pytest.mark.parametrize(("risk", "verdict"), [(SURE, "remove"), (0.3, "ask"), (PRINT, "keep")])
def test_a_scrap_goes_with_the_line_that_it_belongs_to(risk: float, verdict: str) -> None:
    lines = (line("REDMI NOTE", 10, 375, 90), line("8", 102, 375, 12))
    decision = decide(*lines, picture=texture(), said={"REDMI NOTE": risk}, risk=0.5)
    assert verdicts(decision) == [verdict, verdict]
    assert rules(decision)[1] == "camera_stamp"
    assert decision.regions[1].risk == risk
    assert "a part of “REDMI NOTE” beside it" in decision.regions[1].why


def test_a_scrap_far_away_of_another_height_or_hardly_seen_stays_by_itself() -> None:
    stamp = line("REDMI NOTE", 10, 375, 90)
    scraps = (line("8", 150, 375, 12), line("8", 102, 340, 30, 48), replace(line("8", 102, 375, 12), box_score=0.3))
    for scrap in scraps:
        assert rules(decide(stamp, scrap, picture=texture())) == ["camera_stamp", "no_text"]


def test_a_scrap_goes_with_the_nearest_of_two_lines() -> None:
    lines = (line("REDMI NOTE", 10, 375, 90), line("8", 103, 375, 12), line("GREEN TEA", 122, 375, 90))
    assert rules(decide(*lines, picture=texture()))[1] == "camera_stamp"


def test_a_scrap_beside_words_of_the_record_is_protected_with_them() -> None:
    record = CatalogRecord(title="Green tea")
    decision = decide(line("GREEN TEA", 120, 190, 90), line("x", 212, 190, 12), record=record)
    assert verdicts(decision) == ["keep", "keep"]
    assert routing.under(decision, Thresholds(1.0, 1.0)).verdict == "keep"


# ---------------------------------------------------------------------------------------------------- the size


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_the_size_of_a_picture_decides_nothing(scale: int) -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150), line("REDMI NOTE 8", 10, 375))
    large = tuple(replace(x, polygon=tuple((a * scale, b * scale) for a, b in x.polygon)) for x in lines)
    picture = np.kron(with_pack(plain()), np.ones((scale, scale, 1), dtype=np.uint8))
    decision = decide(*large, picture=picture)
    assert rules(decision) == ["promotion", "caption", "camera_stamp"]
    assert [region.why.partition(", ")[2] for region in decision.regions] == [
        "on the picture's background",
        "over what the picture shows",
        "small, in a corner",
    ]


# ------------------------------------------------------------------------------------------------- the version


def version(policy: Policy = POLICY, actions: Actions = UNRESTRICTED, digest: str = "0" * 64) -> str:
    return Router(SaidRisk(digest=digest)).version(policy, actions)


def test_the_version_follows_all_that_decides() -> None:
    others = (
        version(replace(POLICY, score_min=0.9)),
        version(replace(POLICY, letters_min=4)),
        version(actions=wanting(caption=Entry("ask"))),
        version(digest="1" * 64),
    )
    assert len({version(), *others}) == 5
    assert all(len(one) == 12 for one in others)


def test_the_version_leaves_to_the_certificate_what_is_the_certificates() -> None:
    assert version() == version(replace(POLICY, risk_max=0.02, keep_min=0.9))


def test_the_version_is_the_same_for_policies_that_act_alike() -> None:
    assert version() == version(replace(POLICY, box_min=0.55))
    worded = tuple(replace(entry, why="because") for entry in UNRESTRICTED.entries)
    assert version(actions=Actions(worded)) == version()


def test_a_threshold_written_as_a_whole_number_is_the_same_version() -> None:
    assert version(replace(POLICY, risk_max=0)) == version(replace(POLICY, risk_max=0.0))
