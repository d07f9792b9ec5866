"""Words that speak for an overlay, and words that labels print, are told apart as written and as OCR spoils them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors import lexicon, spelling, words

PRINT = {"label_print", "measure"}


def strong(text: str) -> set[str]:
    return {match.kind for match in lexicon.matches(text) if match.strong}


def weak(text: str) -> set[str]:
    return {match.kind for match in lexicon.matches(text) if not match.strong}


# ------------------------------------------------------------------ overlays


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("promo", text) for text in ("ＳＡＬＥ", "SA1E", "50 % Rabattaktion", "Ofertas de verano", "SOLDES D'ÉTÉ")),
        *(
            ("promo", text)
            for text in ("Sonderangebot", "GIẢM GIÁ", "满100减20", "限时抢购", "タイムセール", "오늘만 특가")
        ),
        *(
            ("promo", text)
            for text in ("भारी छूट", "خصم كبير", "РАСПРОДАЖА", "ลดราคา", "Promoção", "Wyprzedaż", "İndirim")
        ),
        *(("promo", text) for text in ("Saldi", "SLUTREA", "Diskon", "Buy 1 get 1 free", "買1送1")),
        *(("percent", text) for text in ("50% OFF", "50% 0FF", "Até 30% de desconto", "bis zu 70 %", "-30%", "8.5折")),
        *(("percent", text) for text in ("50% 할인", "٥٠٪ خصم", "скидка 50%", "%50 indirim", "ลด 50%", "3割引")),
        *(
            ("price", text)
            for text in ("NOW $9.99", "Just ₹1,599", "168元", "19,99 €", "1 299 ₽", "R$ 99,90", "￦19,000")
        ),
        *(("price", text) for text in ("199 บาท", "499 ريال", "2,980円", "199,00 zł", "From 8,999", "$20 off")),
        *(("shipping", text) for text in ("FREE SHIPPING", "FREE5HIPPING", "全场包邮", "Envío gratis", "送料無料")),
        *(("shipping", text) for text in ("무료배송", "Бесплатная доставка", "توصيل مجاني", "ส่งฟรี", "मुफ्त डिलीवरी")),
        *(("shipping", text) for text in ("Versandkostenfrei", "Livraison offerte", "Frete grátis", "Fri frakt")),
        *(("call_to_action", text) for text in ("Buy Now", "B0OK N0W", "Explore More >", "Jetzt kaufen", "Compra ya")),
        *(
            ("call_to_action", text)
            for text in ("Achetez maintenant", "Saiba mais", "立即购买", "今すぐ購入", "지금 구매")
        ),
        *(("call_to_action", text) for text in ("अभी खरीदें", "تسوق الآن", "купить сейчас", "ซื้อเลย", "Hemen al")),
        *(("launch", text) for text in ("Launching on 16th Feb", "Coming soon", "The Days Are Here!", "Em breve")),
        *(
            ("launch", text)
            for text in ("Demnächst", "Bientôt disponible", "敬请期待", "近日発売", "출시 예정", "قريبا")
        ),
        *(("url", text) for text in ("www.shop.com", "shop.example.co.uk", "магазин.рф")),
        *(("email", text) for text in ("sales@shop.com", "info @ shop.de")),
        *(
            ("phone", text)
            for text in ("Call: 0171 555 1234", "+1 (555) 123-4567", "电话：010-5551234", "Тел. 495 555 12 34")
        ),
        *(
            ("copyright", text)
            for text in ("© Anna 2021", "shutterstock", "fotolla", "SAMPLE", "版权所有", "無断転載禁止")
        ),
        *(("copyright", text) for text in ("Alle Rechte vorbehalten", "Все права защищены", "جميع الحقوق محفوظة")),
        *(("serial", text) for text in ("#137840668", "1176527951", "IMG_2034")),
    ],
)
def test_a_word_of_overlays_is_found(kind: str, text: str) -> None:
    assert kind in strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "REDMI NOTE 8 PRO",
        "REDMING",
        "Al QUAD CAMERA",
        "48MP AI CAMERA",
        "SH0T ON POCO X3",
        "Shot by Leica",
        "Снято на Galaxy",
        "Galaxy A50",
        "小米徕卡",
    ],
)
def test_what_phones_write_into_pictures_is_a_camera_stamp(text: str) -> None:
    assert "camera_stamp" in strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "2019/08/12 14:33",
        "O4.08.2020 14:46",
        "2018-1-913:24",
        "12/31/2020 2:33 PM",
        "'20 8 12",
        "Mon, 12 Aug 2020",
        "12. Januar 2020",
        "12 de enero de 2020",
        "12 août 2020",
        "12 января 2020 14:33",
        "2020年8月12日",
        "2020년 8월 12일 오후 3:24",
        "12 अगस्त 2020",
        "١٢/٠٨/٢٠٢٠",
        "12 ม.ค. 2563 14:30",
    ],
)
def test_a_whole_date_is_a_date_stamp(text: str) -> None:
    assert "date_stamp" in strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "BEST BEFORE 12.08.2021",
        "EXP 12.08.2021",
        "MHD 12.08.2021",
        "BÄST FÖRE 12.08.2021",
        "À consommer avant 12/08/2021",
        "Годен до 12.08.2021",
        "保质期 2021年8月12日",
        "賞味期限 2021.08.12",
        "유통기한 2021.08.12",
        "SKT 12.08.2021",
    ],
)
def test_a_date_until_which_food_keeps_is_printed(text: str) -> None:
    assert "label_print" in strong(text)
    assert "date_stamp" not in strong(text) | weak(text)


# ------------------------------------------------------------------ print


@pytest.mark.parametrize(
    "text",
    [
        "Ingredients: water",
        "Zutaten: Wasser",
        "Información nutricional",
        "Valeurs nutritionnelles",
        "Peso líquido",
        "Näringsvärde per 100 g",
        "配料：水",
        "原材料名",
        "원재료명",
        "शुद्ध मात्रा",
        "المكونات",
        "Состав: вода",
        "COCTAB",
        "ส่วนประกอบ",
        "250 kcal",
        "NET WT 16 OZ (453g)",
        "Made in Germany",
        "Machine wash at 30°C",
        "60% Baumwolle 40% Polyester",
        "220-240V~ 50/60Hz",
        "ISBN 978-3-16-148410-0",
        "4 006381 333931",
        "jfr pris 29.90/kg",
        "常规干洗",
    ],
)
def test_what_labels_print_is_found(text: str) -> None:
    assert strong(text) == {"label_print"}


@pytest.mark.parametrize(
    "text", ["500 g", "330 ml", "1.5%", "100%", "25% more", "EST 1991", "Acme®", "YOGHURT", "DENIM"]
)
def test_weaker_words_of_labels_are_weak(text: str) -> None:
    assert strong(text) == set()
    assert "label_print" in weak(text)


@pytest.mark.parametrize("text", ["52.3 mm", '15.4"', "31 x 20 cm", "0.4 pounds", "7000 mAh", "50MP Sony", "8GB+128GB"])
def test_a_measure_is_one(text: str) -> None:
    assert strong(text) == set()
    assert "measure" in weak(text)


def test_a_barcode_is_one_only_with_its_check_digit() -> None:
    assert "label_print" in strong("4006381333931")
    assert "label_print" not in strong("4006381333932")


# ------------------------------------------------------------------ neither, or both


@pytest.mark.parametrize(
    "text",
    [
        "JUSTIN BIEBER",
        "YOGHURT NATURELL",
        "Digital camera",
        "52.3 mm",
        "100% COTTON",
        "2.1%",
        "9:42 AM",
        "1984",
        "Levi's 501",
        "Summer of 69",
        "offshore",
        "Frère",
        "常规干洗",
        "植物",
        "山本",
        "",
    ],
)
def test_words_on_products_say_nothing_of_an_overlay(text: str) -> None:
    assert strong(text) | weak(text) <= PRINT


@pytest.mark.parametrize(
    "text",
    [
        "30%",
        "BEST DEALS",
        "vivo",
        "06:002011",
        "NEW",
        "neu",
        "gratis",
        "SALE MARINO",
        "28.06.18",
        "29:-",
        "1+1",
        "Amazon",
    ],
)
def test_words_that_products_share_are_weak(text: str) -> None:
    assert strong(text) == set()
    assert weak(text)


def test_a_weak_word_beside_a_strong_one_of_its_kind_is_not_told() -> None:
    assert [(match.kind, match.entry) for match in lexicon.matches("BUY NOW")] == [("call_to_action", "en")]


def test_a_match_says_how_much_of_the_line_it_is() -> None:
    whole, part = lexicon.matches("BUY NOW"), lexicon.matches("Where to buy now and later")
    assert (whole[0].share, round(part[0].share, 2)) == (1.0, 0.29)


def test_an_ideograph_says_as_much_as_two_letters() -> None:
    assert (lexicon.letters("包邮!"), lexicon.letters("A4 ")) == (4, 2)


# ------------------------------------------------------------------ any text, spoilt text


@given(st.text(max_size=400))
@example("²⁵% ⒹⒺ")
@example("\u0345İ ﷺ ½″")
def test_no_text_is_too_odd(text: str) -> None:
    for match in lexicon.matches(text):
        assert 0 <= match.share <= 1


@given(st.text())
@example("\u0345")
@example("ﬃ ǆ İ")
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = spelling.normalise(text)
    assert spelling.normalise(once) == once


ALIKE = {"0": "0O", "1": "1lI|", "5": "5S", "o": "oO0", "l": "lI1", "i": "iI1l", "s": "sS5"}


@st.composite
def spoilt(draw: st.DrawFn, texts: tuple[str, ...]) -> tuple[str, str]:
    """Draw one of the texts, and it with look-alikes in place of some letters and digits; one true digit is left."""
    text = draw(st.sampled_from(texts))
    kept = next((place for place, c in enumerate(text) if c.isdigit() and c not in ALIKE), None)
    return text, "".join(
        c if place == kept else draw(st.sampled_from(ALIKE.get(c.lower(), c))) for place, c in enumerate(text)
    )


@given(spoilt(("2020/08/31 13:50", "24.10.2015", "$29.95", "₹2,150", "13:20 2021-05-10")))
def test_digits_read_as_letters_are_still_digits(pair: tuple[str, str]) -> None:
    text, read = pair
    # A word of nothing but look-alikes reads as letters; then the line says less, but nothing else.
    if all(any(c.isdigit() for c in word) for word in read.split()):
        assert strong(read) == strong(text)


@given(spoilt(("sale ends", "special offer", "free shipping", "shop online", "ausverkauf", "soldes", "liquidacion")))
def test_letters_read_as_digits_are_still_letters(pair: tuple[str, str]) -> None:
    text, read = pair
    assert strong(text) <= strong(read)


@given(st.sampled_from(("free shipping", "livraison gratuite", "jetzt kaufen", "special offer")), st.data())
def test_lost_blanks_and_accents_change_nothing(text: str, data: st.DataObject) -> None:
    spaced = "".join(c if c != " " else data.draw(st.sampled_from(("", " ", "-"))) for c in text)
    accented = "".join(c if c != "e" else data.draw(st.sampled_from("eéêèEÈ")) for c in spaced)
    assert strong(accented) == strong(text)


# ------------------------------------------------------------------ the table


def test_every_phrase_of_the_table_is_found_as_it_stands() -> None:
    for kind, strengths in words.WORDS.items():
        for strength, languages in strengths.items():
            for phrases in languages.values():
                for written in phrases.split(","):
                    text = written.strip().removeprefix("=").removesuffix("*")
                    found = {match.kind for match in lexicon.matches(text) if match.strong or strength == "weak"}
                    assert kind in found, text


def test_no_phrase_is_listed_twice_in_a_language() -> None:
    for strengths in words.WORDS.values():
        for languages in strengths.values():
            for language, phrases in languages.items():
                listed = [" ".join(one.split()) for one in phrases.split(",")]
                assert len(listed) == len(set(listed)), language


@pytest.mark.parametrize("kind", ["promo", "shipping", "call_to_action", "launch", "label_print"])
def test_every_language_has_strong_words_of_each_kind(kind: words.Kind) -> None:
    twelve = {"en", "es", "de", "fr", "pt", "zh", "ja", "ko", "hi", "ar", "ru", "th"}
    assert twelve | {"it", "pl", "tr", "sv", "vi"} <= set(words.WORDS[kind]["strong"])
