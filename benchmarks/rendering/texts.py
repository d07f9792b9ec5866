"""Lines that change from picture to picture: prices, dates, telephone numbers, addresses, camera stamps."""

import string
import unicodedata
from collections.abc import Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any

from benchmarks.rendering import words
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.words import LANGUAGES, Language

#: Date formats of cameras and phones, in order of frequency; the fields are those of `_moment`.
_STAMP_DATES = (
    "{d:02}.{m:02}.{y} {H:02}:{M:02}",
    "{d:02}.{m:02}.{y}  {H:02}:{M:02}",
    "{y}/{m:02}/{d:02} {H:02}:{M:02}",
    "{y}-{m:02}-{d:02} {H:02}:{M:02}:{S:02}",
    "{y}.{m:02}.{d:02}",
    "{d:02}/{m:02}/{y}",
    "{m:02}/{d:02}/{y} {H:02}:{M:02}",
    "'{yy:02} {m} {d}",
    "{m}  {d} '{yy:02}",
    "{d:02}-{m:02}-{y}",
    "{H:02}:{M:02}",
)


def _moment(chance: Random) -> dict[str, int]:
    year = chance.choice((2006, 2012, 2016, *range(2018, 2027)))
    return {
        "y": year,
        "yy": year % 100,
        "m": chance.randint(1, 12),
        "d": chance.randint(1, 28),
        "H": chance.randint(0, 23),
        "M": chance.randint(0, 59),
        "S": chance.randint(0, 59),
    }


def stamp_date(chance: Random) -> str:
    """Return a date as a camera burns it in."""
    return chance.choice(_STAMP_DATES).format(**_moment(chance))


def segment_date(chance: Random) -> str:
    """Return a date of digits, colons and hyphens only: what seven segments can show."""
    shape = chance.choice(("{d:02}-{m:02}-{y}", "{y}-{m:02}-{d:02}", "{yy:02}-{m:02}-{d:02}", "{m:02}-{d:02}-{yy:02}"))
    return shape.format(**_moment(chance))


def pack_date(chance: Random) -> str:
    """Return a date as packs carry it."""
    shape = chance.choice(("{d:02}.{m:02}.{y}", "{d:02}/{m:02}/{yy:02}", "{m:02}/{y}", "{y}-{m:02}-{d:02}"))
    return shape.format(**_moment(chance))


_AMOUNTS = (9, 12, 19, 24, 29, 39, 45, 49, 59, 79, 99, 129, 149, 168, 199, 249, 299, 499, 899, 1299, 1599)

#: Where prices have no cents, or are written with a comma before them.
_WHOLE = frozenset({"vi", "ja", "ko", "hi", "zh", "th", "ta", "bn"})
_COMMA = frozenset({"de", "fr", "es", "it", "pl", "pt", "sv", "ru", "el", "tr"})


def _price(chance: Random, language: Language, whole: int, shape: str) -> str:
    cents = "" if language.code in _WHOLE or chance.random() < 0.4 else chance.choice(("99", "90", "95", "50", "00"))
    if not cents:
        written = f"{whole:,}" if language.code not in _COMMA else f"{whole:,}".replace(",", ".")
    else:
        written = f"{whole}{',' if language.code in _COMMA else '.'}{cents}"
    return shape.replace(",99 zł", " zł").format(n=written)


def price(chance: Random, language: Language) -> str:
    """Return a price as `language` writes it."""
    return _price(chance, language, chance.choice(_AMOUNTS), chance.choice(language.price))


def reduced(chance: Random, language: Language) -> tuple[str, str]:
    """Return a price and the higher one that it takes the place of."""
    now = chance.randint(0, len(_AMOUNTS) - 4)
    before = now + chance.randint(1, 3)
    shape = language.price[0]
    return _price(chance, language, _AMOUNTS[now], shape), _price(chance, language, _AMOUNTS[before], shape)


def percent(chance: Random, language: Language) -> str:
    """Return a reduction, "-50%" or "SAVE 20%"."""
    number = chance.choice((5, 10, 15, 20, 25, 30, 33, 40, 50, 50, 60, 70, 75, 80))
    shape = chance.choice(language.off)
    if "折" in shape:
        number = chance.randint(2, 9)
    return shape.format(n=number)


def claim(chance: Random, language: Language) -> str:
    """Return what a pack says of itself."""
    return chance.choice(language.claim).format(d=pack_date(chance))


def shop(chance: Random) -> str:
    """Return a shop's name in Latin letters."""
    name = chance.choice(words.BRANDS)
    return chance.choice(("{}", "{} Store", "{} Shop", "{} Home", "{}.", "{} Fashion", "The {} Co.")).format(name)


def domain(chance: Random) -> str:
    """Return an address of a shop that does not exist."""
    name = _plain(chance.choice(words.BRANDS)) + chance.choice(("", "-shop", "store", "-deals", "home", "online"))
    return f"{name}.{chance.choice(('com', 'com', 'net', 'shop', 'store', 'in', 'de', 'fr', 'com.br', 'ru', 'co.uk'))}"


def handle(chance: Random) -> str:
    """Return a name as social networks write it."""
    return f"@{_plain(chance.choice(words.BRANDS))}{chance.choice(('', '_store', '.official', 'shop', '_home', '88'))}"


def phone(chance: Random) -> str:
    """Return a telephone number with an international or a local shape."""
    shape = chance.choice(
        (
            "+91 ##### #####",
            "+49 30 #######",
            "+7 (9##) ###-##-##",
            "0800 ### ###",
            "+55 11 9####-####",
            "(###) ###-####",
            "+86 1## #### ####",
            "+44 7### ######",
            "400-###-####",
            "+34 6## ## ## ##",
        )
    )
    return "".join(chance.choice(string.digits) if c == "#" else c for c in shape)


def contact(chance: Random, language: Language) -> str:
    """Return where to find the seller."""
    return chance.choice(
        (
            lambda: f"www.{domain(chance)}",
            lambda: domain(chance),
            lambda: handle(chance),
            lambda: phone(chance),
            lambda: f"{chance.choice(language.contact)}: {phone(chance)}",
            lambda: f"WhatsApp {phone(chance)}",
            lambda: f"info@{domain(chance)}",
            lambda: f"{chance.choice(language.contact)} {handle(chance)}",
        )
    )()


def ownership(chance: Random) -> str:
    """Return an owner's mark."""
    name = chance.choice(words.BRANDS)
    return chance.choice((f"© {name}", f"© {chance.randint(2015, 2026)} {name}", f"(c) {name} Photography", name))


def number(chance: Random) -> str:
    """Return a picture's number at an agency."""
    return f"{chance.choice(('#', '', 'Image ID: '))}{chance.randint(10_000_000, 999_999_999)}"


def measure(chance: Random) -> str:
    """Return a size as callouts name it."""
    value = chance.choice(
        (3.2, 5.5, 7, 8.5, 10, 12, 15, 18.5, 20, 24, 25, 30, 35, 42, 45, 50, 60, 75, 80, 90, 120, 150)
    )
    return f"{value:g}" + chance.choice((" cm", "cm", " mm", '"', " in", "CM"))


def capitals(text: str) -> str:
    """Return `text` in capitals as signs have it: Greek ones bear no accents."""
    if not any("\u0370" <= c <= "\u03ff" for c in text):
        return text.upper()
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if c != "\u0301")
    return unicodedata.normalize("NFC", bare).upper()


def writable(library: Library, scripts: Sequence[str]) -> tuple[Language, ...]:
    """Return the languages of `scripts` with the phrases that `library` has all letters for.

    A language that would keep no phrase of some sort is left out.
    """
    kept = [_covered(library, language) for language in LANGUAGES if language.script in scripts]
    return tuple(language for language in kept if all(getattr(language, sort) for sort in _SORTS))


_SORTS = tuple(field.name for field in fields(Language) if field.name not in {"code", "script"})


def _covered(library: Library, language: Language) -> Language:
    def able(phrase: str) -> bool:
        text = phrase.format(n="1,299.50", d="12.05.2026")
        # As `Pen` chooses: what is plain ASCII is set in a Latin face.
        script = "Latn" if text.isascii() else language.script
        return bool(library.fitting(text, script)) or all(library.fitting(part, script) for part in text.split())

    sorts: dict[str, Any] = {sort: tuple(text for text in getattr(language, sort) if able(text)) for sort in _SORTS}
    return replace(language, **sorts)


def language_for(chance: Random, languages: Sequence[Language]) -> Language:
    """Return one of `languages`; English a third of the time where it is among them, as in shops."""
    if languages[0].code == "en" and chance.random() < 0.3:
        return languages[0]
    # Scripts first, or the Latin ones would be half of all.
    script = chance.choice(sorted({language.script for language in languages}))
    return chance.choice([language for language in languages if language.script == script])


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c in string.ascii_lowercase)
