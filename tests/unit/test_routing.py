"""Each rule decides as its sentence says, and a picture in doubt is never edited."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from processors import routing
from processors.pictures import Pixels
from processors.regions import TextLine
from processors.thresholds import Thresholds

POLICY = routing.Policy()
WHITE = (255, 255, 255)


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


@pytest.mark.parametrize("text", ["REDMI NOTE 8 PRO", "Galaxy A50", "2019/08/12 14:33", "SHOT ON ONEPLUS"])
def test_a_camera_stamp_in_a_corner_is_removed(text: str) -> None:
    decision = routing.decide((line(text, 10, 375),), texture(), POLICY)
    assert decision.verdict == "remove"
    assert decision.reason in {"camera_stamp", "date_stamp"}


def test_the_same_words_in_the_middle_are_not_a_stamp() -> None:
    decision = routing.decide((line("REDMI NOTE 8 PRO", 120, 190),), with_pack(plain()), POLICY)
    assert decision.verdict == "keep"


def test_a_badly_read_part_of_a_stamp_goes_with_it() -> None:
    lines = (line("REDMING", 10, 355, 60), line("EBPRO", 72, 355, 40), line("AI QUAD CAMERA", 10, 375))
    decision = routing.decide(lines, texture(), POLICY)
    assert [region.verdict for region in decision.regions] == ["remove"] * 3
    assert decision.regions[1].rule == "camera_stamp_block"


def test_half_a_stamp_is_asked_for_the_other_half_would_stay() -> None:
    assert routing.decide((line("AI QUAD CAMERA", 10, 375),), texture(), POLICY).reason == "stamp_like"


def test_print_far_from_a_stamp_stays_while_the_stamp_goes() -> None:
    lines = (line("ROCK STAR", 120, 190), line("06.07.2020 07:12", 240, 375))
    decision = routing.decide(lines, with_pack(texture()), POLICY)
    assert decision.verdict == "remove"
    assert [region.verdict for region in decision.regions] == ["keep", "remove"]


def test_a_date_without_a_time_on_a_thing_in_the_corner_is_asked() -> None:
    picture = texture()
    cv2.rectangle(picture, (5, 340), (250, 398), WHITE, -1)
    cv2.rectangle(picture, (0, 335), (255, 399), (0, 0, 0), 4)
    assert routing.decide((line("12.05.2021", 20, 362),), picture, POLICY).reason == "stamp_like"


def test_digits_like_a_date_are_asked() -> None:
    assert routing.decide((line("06:002011", 10, 375, score=0.68),), texture(), POLICY).reason == "stamp_like"


def test_print_on_a_product_is_kept_without_asking() -> None:
    lines = (line("GREEN TEA", 120, 150), line("organic leaves", 120, 200))
    decision = routing.decide(lines, with_pack(plain()), POLICY)
    assert (decision.verdict, decision.reason) == ("keep", "printed")


def test_promotion_on_the_background_is_removed_with_its_plain_words() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("on all our kettles", 120, 60), line("GREEN TEA", 120, 150))
    decision = routing.decide(lines, with_pack(plain()), POLICY)
    assert decision.verdict == "remove"
    assert [region.rule for region in decision.regions] == ["promo_on_background", "promo_block", "printed"]


def test_words_of_promotion_on_a_product_are_asked() -> None:
    decision = routing.decide((line("SALE 50% OFF", 120, 150),), with_pack(plain()), POLICY)
    assert (decision.verdict, decision.reason) == ("ask", "promo_words_on_product")


def test_weaker_words_of_promotion_are_asked_only_across_the_picture() -> None:
    across = routing.decide((line("BEST DEALS", 120, 190),), texture(), POLICY)
    on_a_pack = routing.decide((line("BEST DEALS", 120, 190),), with_pack(texture()), POLICY)
    assert (across.verdict, on_a_pack.verdict) == ("ask", "keep")


def test_one_line_in_doubt_asks_for_the_whole_picture() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("FREE SHIPPING", 120, 150))
    decision = routing.decide(lines, with_pack(plain()), POLICY)
    assert decision.verdict == "ask"
    assert [region.verdict for region in decision.regions] == ["remove", "ask"]


def test_promotion_in_a_page_full_of_text_is_asked() -> None:
    words = tuple(line(f"ingredient {n} of many", 120, 60 + 40 * n) for n in range(6))
    decision = routing.decide((line("NEW: FREE SHIPPING", 120, 20), *words), plain(), POLICY)
    assert decision.verdict == "ask"
    assert "remove" not in {region.verdict for region in decision.regions}


def test_a_logo_beside_promotion_puts_the_picture_in_doubt() -> None:
    picture = plain()
    picture[72:109, 134:279] = texture()[72:109, 134:279]
    lines = (line("SALE 50% OFF", 120, 30), line("ACME", 120, 80, 150, 20))
    decision = routing.decide(lines, picture, POLICY)
    assert (decision.verdict, decision.reason) == ("ask", "beside_promotion")
    assert decision.regions[0].verdict == "remove"


def test_a_caption_on_the_background_is_asked() -> None:
    decision = routing.decide((line("Summer in the garden", 120, 30),), with_pack(plain()), POLICY)
    assert (decision.verdict, decision.reason) == ("ask", "caption_on_background")


def test_slanted_words_on_the_background_are_kept() -> None:
    slanted = TextLine(((120, 30), (270, 50), (268, 66), (118, 46)), "Polaroid one", 0.98, 0.8)
    assert routing.decide((slanted,), with_pack(plain()), POLICY).verdict == "keep"


@pytest.mark.parametrize("text", ["© Anna 2021", "shutterstock", "fotolla"])
def test_an_owners_mark_is_never_removed_unasked(text: str) -> None:
    for picture in (plain(), texture()):
        assert routing.decide((line(text, 120, 190),), picture, POLICY).reason == "watermark_like"


def test_a_line_in_an_unknown_script_on_the_background_is_asked() -> None:
    unread = TextLine(box(120, 30, 150, 30), "", 0.0, 0.7)
    assert routing.decide((unread,), with_pack(plain()), POLICY).reason == "unreadable_text"


def test_a_garment_taken_for_a_letter_is_no_text() -> None:
    garment = TextLine(box(0, 0, 399, 399), "A", 0.95, 0.8)
    assert routing.decide((garment,), plain(), POLICY).verdict == "keep"


def test_a_picture_without_lines_is_kept() -> None:
    decision = routing.decide((), texture(), POLICY)
    assert (decision.verdict, decision.reason, decision.regions) == ("keep", "no_text", ())


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_the_size_of_a_picture_decides_nothing(scale: int) -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150), line("REDMI NOTE 8", 10, 375))
    large = tuple(replace(x, polygon=tuple((a * scale, b * scale) for a, b in x.polygon)) for x in lines)
    picture = np.kron(with_pack(plain()), np.ones((scale, scale, 1), dtype=np.uint8))
    rules = [region.rule for region in routing.decide(large, picture, POLICY).regions]
    assert rules == ["promo_on_background", "printed", "camera_stamp"]


def test_lines_partly_outside_the_picture_are_decided_too() -> None:
    lines = (line("SALE 50% OFF", -20, -4), line("GREEN TEA", 390, 395), line("far away", 900, 900))
    assert len(routing.decide(lines, plain(), POLICY).regions) == 3


def test_the_policys_version_follows_its_thresholds() -> None:
    assert POLICY.version == routing.Policy().version
    assert POLICY.version != replace(POLICY, score_min=0.9).version
    assert len(POLICY.version) == 12


def test_every_region_carries_a_sentence_and_a_risk() -> None:
    lines = (line("SALE 50% OFF", 120, 30), line("GREEN TEA", 120, 150), line("x", 5, 5, score=0.2))
    for region in routing.decide(lines, with_pack(plain()), POLICY).regions:
        assert region.why
        assert 0 < region.risk < 1


def test_thresholds_of_the_risk_lower_a_verdict_and_none_leave_the_rules_theirs() -> None:
    decision = routing.decide((line("Galaxy A50", 10, 375),), texture(), POLICY)
    assert routing.under(decision, None) == decision
    assert routing.under(decision, Thresholds(0.01, 0.9)) == decision
    asked = routing.under(decision, Thresholds(0.001, 0.9))
    assert (asked.verdict, asked.reason) == ("ask", "camera_stamp")
    assert "risk 0.005 is above 0.001" in asked.why
    kept = routing.under(decision, Thresholds(0.0, 0.005))
    assert (kept.verdict, kept.reason) == ("keep", "printed"), "text that is left alone for its risk is no missing text"
