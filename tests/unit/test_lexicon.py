"""The words that speak for an overlay are found as written and as OCR spoils them; other words are left alone."""

import pytest

from processors import lexicon


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("REDMI NOTE 8 PRO", "camera_stamp"),
        ("REDMING", "camera_stamp"),
        ("Al QUAD CAMERA", "camera_stamp"),
        ("SH0T ON POCO X3", "camera_stamp"),
        ("Galaxy A50", "camera_stamp"),
        ("2019/08/12 14:33", "date_stamp"),
        ("O4.08.2020 14:46", "date_stamp"),
        ("NOW $9.99", "price"),
        ("Just ₹1,599", "price"),
        ("168元", "price"),
        ("50% OFF", "percent"),
        ("ＳＡＬＥ", "promo"),
        ("Até 30% de desconto", "percent"),
        ("Ofertas de verano", "promo"),
        ("Sonderangebot", "promo"),
        ("SOLDES D'ÉTÉ", "promo"),
        ("GIẢM GIÁ", "promo"),
        ("满100减20", "promo"),
        ("限时抢购", "promo"),
        ("FREE SHIPPING", "shipping"),
        ("全场包邮", "shipping"),
        ("www.shop.com", "url"),
        ("sales@shop.com", "email"),
        ("Call: 0171 555 1234", "phone"),
        ("+1 (555) 123-4567", "phone"),
        ("© Anna 2021", "copyright"),
        ("shutterstock", "copyright"),
        ("#137840668", "serial"),
    ],
)
def test_a_word_of_overlays_is_found(text: str, kind: str) -> None:
    assert kind in {match.kind for match in lexicon.matches(text) if match.strong}


@pytest.mark.parametrize(
    "text",
    [
        "JUSTIN BIEBER",
        "YOGHURT NATURELL",
        "Digital camera",
        "EST 1991",
        "52.3 mm",
        "100% COTTON",
        "2.1%",
        "9:42 AM",
        "常规干洗",
        "",
    ],
)
def test_words_on_products_say_nothing_of_an_overlay(text: str) -> None:
    assert {match.kind for match in lexicon.matches(text)} <= {"label_print", "measure", "percent"}
    assert not any(match.strong for match in lexicon.matches(text) if match.kind != "label_print")


@pytest.mark.parametrize("text", ["30%", "BEST DEALS", "vivo", "06:002011"])
def test_words_that_products_share_are_weak(text: str) -> None:
    found = lexicon.matches(text)
    assert found
    assert not any(match.strong for match in found)


def test_an_ideograph_says_as_much_as_two_letters() -> None:
    assert (lexicon.letters("包邮!"), lexicon.letters("A4 ")) == (4, 2)
