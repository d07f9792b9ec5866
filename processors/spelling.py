"""Views of a line of text in which what readers mix up is made equal: case, accents, blanks, look-alikes (0/O, 1/l/I).

Cyrillic letters that look like Latin ones are made equal to them as well: the reader that is shipped has no Cyrillic
and writes СОСТАВ as COCTAB.
"""

import re
import unicodedata
from collections.abc import Iterable

#: Accents of Latin, Greek and Cyrillic, vowel points of Arabic and Hebrew, and what joins or directs letters unseen.
#: Marks of Indic scripts, Thai and Kana are letters' parts: they stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060\ufe0f]"
)
_NUMERAL = re.compile(r"[^\D0-9]")
_SIMPLER = str.maketrans(
    {
        "đ": "d",
        "ł": "l",
        "ø": "o",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "ى": "ي",
        "ة": "ه",
        "ی": "ي",
        "ک": "ك",
    }
)
#: `\w` leaves out the vowel signs of Devanagari and Thai.
_WORD = re.compile(r"(?:[^\W_]|[\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+")
_LETTERS = str.maketrans("01l5авезкмнорстухь", "oiisabe3kmhopctyxb")
_STAMP = str.maketrans("01l|!5", "oiiiis")
_DIGITS = str.maketrans("oqil|sbz", "00111582")
#: A word of digits and look-alikes, with the signs that stand in dates and prices; not a number with a unit after it.
_DIGIT_WORD = re.compile(r"(?=.*\d)(?!\d{1,4}(?:[.,]\d{1,2})?(?:l|lbs?|oz)$)[\doqil|sbz.,:/%\-'+$€£¥₹]+")


def normalise(text: str) -> str:
    """Return `text` in compatibility form, case folded, without accents, digits as 0–9, with single blanks.

    Normalising twice makes no further change.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    while (folded := _fold(text)) != text:
        text = folded
    return folded


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed).translate(_SIMPLER))
    return " ".join(_NUMERAL.sub(lambda found: str(unicodedata.decimal(found[0])), bare).split())


def words(normal: str) -> list[str]:
    """Return the words of normalised text with look-alikes equal: digits as letters in words that hold letters."""
    return [_word(word) for word in _WORD.findall(normal)]


def _word(word: str) -> str:
    if word.isdigit():
        return word
    return without_article(word).translate(_LETTERS)


def without_article(word: str) -> str:
    """Return a normalised word without the Arabic article, which is written as part of it."""
    return word[2:] if word.startswith("ال") and len(word) > 4 else word


def skeleton(normal: str) -> str:
    """Return normalised text without blanks and with the letters that OCR mixes up made equal."""
    return "".join(c for c in normal.translate(_STAMP) if c.isalnum())


def digits(normal: str) -> str:
    """Return normalised text with letters read as digits in words that hold nothing but digits and look-alikes."""
    return " ".join(word.translate(_DIGITS) if _DIGIT_WORD.fullmatch(word) else word for word in normal.split())


def letters(text: str) -> int:
    """Count letters and digits of any script; an ideograph counts twice, as it says about as much as two letters."""
    return sum(1 + (unicodedata.east_asian_width(c) == "W") for c in text if c.isalnum())


def any_of(literals: Iterable[str]) -> str:
    """Return a pattern for any of the literals, the longest first."""
    return "|".join(re.escape(one) for one in sorted(set(literals), key=lambda one: (-len(one), one)))


def listed(phrases: str) -> str:
    """Return a pattern for any phrase of a comma-separated list, as normalised text has it; blanks may be missing."""
    return _alternatives(phrases, {" ": " ?"})


def listed_alike(phrases: str) -> str:
    """Return the same for the `digits` view, where digits may stand for letters: "50% 0FF"."""
    return _alternatives(phrases, {" ": " ?", "o": "[o0]", "i": "[il1|]", "l": "[il1|]", "s": "[s5]"})


def _alternatives(phrases: str, spelt: dict[str, str]) -> str:
    ordered = sorted({normalise(one) for one in phrases.split(",")} - {""}, key=lambda one: (-len(one), one))
    return "(?:" + "|".join("".join(spelt.get(c, re.escape(c)) for c in one) for one in ordered) + ")"
