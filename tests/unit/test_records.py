"""A line that is mainly of the catalog record's words is known for one, however badly it was read, in any script."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.records import CatalogRecord, Match, matches

YOGHURT = CatalogRecord(
    title="Arla Mild Yoghurt Vanilj",
    brand="Arla",
    attributes={"volume": "750 ml", "model": "WH-1000XM4", "ingredients": "Mjölk, socker, vaniljarom", "fat": "50 g"},
)


def why(text: str, record: CatalogRecord = YOGHURT) -> str:
    found = matches(text, record)
    return found.why if found else ""


# ------------------------------------------------------------------ what matches


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Arla Mild Yoghurt", "“Arla Mild Yoghurt” is in the title"),
        ("ARLA MILD YOGHURT", "“Arla Mild Yoghurt” is in the title"),
        ("YOGHURT MILD", "“Yoghurt Mild” is in the title"),
        ("mjolk socker", "“Mjölk socker” is in the attribute ingredients"),
        ("WH 1000XM4", "“WH-1000XM4” is in the attribute model"),
        ("Arla", "“Arla” is in the brand"),
    ],
)
def test_a_line_of_the_records_words_matches_and_says_where(text: str, sentence: str) -> None:
    assert why(text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "ARLA M1LD Y0GHURT",  # letters read as digits
        "ARLA MILD YOGHVRT",  # one letter read as another
        "MILD YOGURT",  # one letter lost
        "VANIJ",
        "MILD YOGHUURT",  # one letter twice
        "MILD YOHGURT",  # two letters in each other's place
        "ARLAMILDYOGHURT",  # blanks lost
        "MI LD YOG HURT",  # blanks too many
        "WH-1O00XM4",  # a digit read as a letter
        "MJÖLK",
        "MJOLK",  # accents lost
        "Mild Yoghurt nytt",  # a word that the record does not have
    ],
)
def test_the_readers_mistakes_do_not_hide_a_match(text: str) -> None:
    assert matches(text, YOGHURT)


@pytest.mark.parametrize(
    ("record", "text", "sentence"),
    [
        (CatalogRecord(title="伊利纯牛奶 全脂灭菌乳"), "纯牛奶", "“纯牛奶” is in the title"),
        (CatalogRecord(title="伊利纯牛奶 全脂灭菌乳"), "全指灭菌乳", "“灭菌乳” is in the title"),
        (CatalogRecord(title="纯牛奶", brand="伊利"), "伊利", "“伊利” is in the brand"),
        (CatalogRecord(title="ポカリスエット 500ml"), "ポカリスエット", "“ポカリスエット” is in the title"),
        (CatalogRecord(brand="大塚製薬"), "大塚製薬", "“大塚製薬” is in the brand"),
        (CatalogRecord(title="농심 신라면 매운맛"), "신라면", "“신라면” is in the title"),
        (CatalogRecord(title="Шоколад молочный"), "МОЛОЧНЬЙ", "“молочный” is in the title"),
        (CatalogRecord(brand="Алёнка"), "АЛEHKA", "“Алёнка” is in the brand"),
        (CatalogRecord(title="زيت زيتون بكر"), "الزيتون بكر", "“زيتون بكر” is in the title"),
        (CatalogRecord(title="น้ำปลาแท้ ตราทิพรส"), "น้ำปลาแท้", "“น้ําปลาแท้” is in the title"),
        (CatalogRecord(title="शुद्ध देसी घी"), "शुद्ध देसी घी", "“शुद्ध देसी घी” is in the title"),
        (CatalogRecord(title="Ελιά Καλαμών"), "ΕΛΙΑ ΚΑΛΑΜΩΝ", "“Ελιά Καλαμών” is in the title"),
    ],
    ids=lambda part: part if isinstance(part, str) and part.isascii() else None,
)
def test_every_script_matches(record: CatalogRecord, text: str, sentence: str) -> None:
    assert why(text, record) == sentence


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("伊利纯牛奶 全脂灭菌乳", "年货节狂欢"),
        ("ポカリスエット", "ストア限定"),
        ("농심 신라면", "무료배송"),
        ("Шоколад молочный", "Доставка бесплатно"),
        ("زيت زيتون بكر", "خصم كبير"),
        ("น้ำปลาแท้ ตราทิพรส", "ลดราคา"),
        ("शुद्ध देसी घी", "भारी छूट"),
    ],
)
def test_other_words_of_the_same_script_do_not_match(title: str, text: str) -> None:
    assert matches(text, CatalogRecord(title=title)) is None


def test_a_match_in_several_fields_names_as_few_as_say_it_all() -> None:
    record = CatalogRecord(title="Mild Yoghurt", brand="Arla", attributes={"flavour": "Vanilj"})
    assert why("ARLA MILD YOGHURT VANILJ", record) == (
        "“Arla Mild Yoghurt Vanilj” is in the title and the attribute flavour and the brand"
    )


# ------------------------------------------------------------------ what does not


@pytest.mark.parametrize("text", ["", "...", "NEW COLLECTION", "the best for you", "to go", "MILDYOGHURTNOWINSHOPS"])
def test_a_line_of_other_words_does_not_match(text: str) -> None:
    assert matches(text, YOGHURT) is None


def test_too_small_a_part_of_a_line_does_not_match() -> None:
    assert matches("vanilj candles from our autumn collection", YOGHURT) is None


def test_a_short_word_alone_is_too_little() -> None:
    assert matches("NEW", CatalogRecord(title="New Balance 574")) is None


@pytest.mark.parametrize("text", ["SALE", "SALE 50% OFF", "FREE SHIPPING", "-50%", "$ 19.99", "限时特价", "包邮"])
def test_words_that_sell_do_not_match_though_the_title_has_them(text: str) -> None:
    assert matches(text, CatalogRecord(title=f"Kettle {text} 限时特价 包邮", attributes={"offer": text})) is None


def test_words_that_sell_may_stand_among_others_of_the_record() -> None:
    record = CatalogRecord(title="Sale Creek Shiraz")
    assert why("SALE CREEK SHIRAZ", record) == "“Sale Creek Shiraz” is in the title"
    assert matches("FLASH SALE SHIRAZ", CatalogRecord(title="Creek Shiraz")) is None


@pytest.mark.parametrize("text", ["ARLA SALE 50% OFF", "www.arla.com", "info@arla.com", "SHOT ON ARLA"])
def test_the_brand_does_not_protect_what_speaks_for_shop_camera_or_owner(text: str) -> None:
    assert matches(text, YOGHURT) is None


def test_an_owners_mark_never_matches_for_it_is_a_persons_to_judge() -> None:
    assert matches("© Arla Mild Yoghurt", YOGHURT) is None


def test_the_brand_as_a_part_of_another_word_does_not_match() -> None:
    assert matches("PARLAMENT", YOGHURT) is None


def test_the_brand_as_a_word_matches_among_any_others() -> None:
    assert matches("quality from Arla since always", YOGHURT)


def test_a_brand_of_two_letters_matches_only_alone() -> None:
    record = CatalogRecord(brand="LG")
    assert matches("LG", record)
    assert matches("LG winter collection", record) is None


@pytest.mark.parametrize(
    ("text", "held"),
    [("750", True), ("750 ml", True), ("750ml", True), ("50", False), ("50 g", True), ("51 g", False), ("751", False)],
)
def test_a_number_alone_needs_three_digits_or_a_unit_and_to_be_the_same(text: str, held: bool) -> None:
    assert (matches(text, YOGHURT) is not None) is held


def test_an_empty_record_matches_nothing() -> None:
    assert matches("Arla Mild Yoghurt", CatalogRecord()) is None


# ------------------------------------------------------------------ for all records

WORDS = st.text(alphabet=string.ascii_letters + "éñü" + string.digits, min_size=1, max_size=9)
LETTERS = st.text(alphabet="牛奶纯全脂灭菌乳限时特价ガソリンคนไทยскидкаخصمزيتघीदेसी신라면", min_size=1, max_size=8)
TEXTS = st.lists(st.one_of(WORDS, LETTERS), min_size=1, max_size=6).map(" ".join)


@given(TEXTS, TEXTS, TEXTS)
def test_more_words_in_a_record_never_undo_a_match(title: str, more: str, other: str) -> None:
    line = f"{title.upper()} {other}"
    record = CatalogRecord(title=title)
    fuller = [CatalogRecord(title=f"{title} {more}"), CatalogRecord(title=title, attributes={"more": more})]
    for text in (title, title.upper(), line, "".join(title.split())):
        if matches(text, record):
            assert all(matches(text, one) for one in fuller), text


@given(st.lists(st.text(alphabet="bcdfghkmnprtvwx", min_size=5, max_size=9), min_size=1, max_size=5), st.data())
def test_a_title_matches_itself_with_one_letter_wrong_in_each_word(words: list[str], data: st.DataObject) -> None:
    wrong = []
    for word in words:
        place = data.draw(st.integers(0, len(word) - 1))
        wrong.append(f"{word[:place]}q{word[place + 1 :]}")
    assert matches(" ".join(wrong), CatalogRecord(title=" ".join(words)))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_any_text_gets_an_answer(text: str, title: str, brand: str) -> None:
    found = matches(text, CatalogRecord(title=title, brand=brand, attributes={"a": title[::-1]}))
    assert found is None or (found.words and found.fields)


def test_the_sentence_is_one_for_people() -> None:
    assert Match(("Arla", "Mild"), ("the title", "the brand")).why == "“Arla Mild” is in the title and the brand"
