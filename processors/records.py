"""What the shop's catalog says of a product: its words belong to the product, wherever they stand in the picture.

`matches` says whether a line as the models read it consists mainly of the record's words. Reading makes mistakes, so
words may differ: in case and accents, in letters that look alike (0 and o, Cyrillic and Latin А), in one letter of five
or more, in blanks. Scripts without blanks are compared by runs of letters.

Adding words to a record never takes a match away, so a fuller record protects more, never less.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct

from processors import lexicon, spelling

#: How a marketplace may be called: a pattern for `re.fullmatch`.
MARKETPLACE = r"[a-z0-9][a-z0-9-]{0,63}"

#: What a picture is for; marketplaces have rules of their own for each.
Role = Literal["main", "additional", "lifestyle"]

Words = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class CatalogRecord(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The product as the catalog describes it. Words found here are never taken off the picture."""

    title: Words = ""
    brand: Words = ""
    #: e.g. model, colour, size, ingredients, author
    attributes: Annotated[dict[Name, Words], Meta(max_length=64)] = {}


@dataclass(frozen=True, slots=True)
class Match:
    """Words of a line that a record has, in the record's spelling, and where in the record they stand."""

    words: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def why(self) -> str:
        """For people, e.g. “Arla Mild Yoghurt” is in the title."""
        return f"“{' '.join(self.words)}” is in {' and '.join(self.fields)}"


#: Share of a line's letters that the record must have.
SHARE_MIN = 0.6
#: Letters (an ideograph counts two) that the record must have of a line: "new" is in too many titles.
LETTERS_MIN = 4
#: Letters from which a word may differ in one.
NEAR_MIN = 5
#: Letters of a word that is looked for within glued ones, and the share of these that must be found.
GLUED_MIN = 4
GLUED_SHARE_MIN = 0.8
#: Words of a record that are also looked for as one, and words of a line that are.
RUN_MAX = 4

#: Their words sell and do not describe: a title that says "sale" must not protect a badge that says it.
_SELLING = frozenset({"promo", "price", "percent", "shipping"})
#: An owner's mark is for a person, also where the owner is the brand.
_OWNERS = frozenset({"copyright"})
#: Beside these a brand alone proves nothing: the line speaks for the shop, the camera or the owner.
_NOT_THE_PRODUCTS = _SELLING | {"url", "phone", "email", "camera_stamp", "date_stamp"}


class Vocabulary:
    """A record's words, prepared once for all lines of a picture."""

    def __init__(self, record: CatalogRecord) -> None:
        fields = {"the brand": record.brand, "the title": record.title}
        fields |= {f"the attribute {name}": text for name, text in record.attributes.items()}
        #: a word, or some that follow each other as one → as it is written
        self._spelling: dict[str, str] = {}
        #: the same → where it stands
        self._fields: dict[str, list[str]] = {}
        #: a word, or it without one letter → words
        self._near: dict[str, list[str]] = {}
        self._longest = 0
        self._texts = {field: _Text(text) for field, text in fields.items() if _has_unspaced(text)}
        self._brand = tuple(token.key for token in _tokens(record.brand))
        self._brand_written = record.brand
        for field, text in fields.items():
            self._learn(field, list(_spelt(text)))

    def _learn(self, field: str, words: "Sequence[tuple[_Token, str]]") -> None:
        for start, (token, written) in enumerate(words):
            if token.key not in self._fields and len(token.key) >= NEAR_MIN and not token.number:
                for one in _shortened(token.key):
                    self._near.setdefault(one, []).append(token.key)
            run, said = token.key, written
            self._add(run, said, field)
            for following, its_spelling in words[start + 1 : start + RUN_MAX]:
                run += following.key
                said += "" if said.endswith(its_spelling) else f" {its_spelling}"
                self._add(run, said, field)

    def _add(self, key: str, written: str, field: str) -> None:
        self._spelling.setdefault(key, written)
        where = self._fields.setdefault(key, [])
        if field not in where:
            where.append(field)
        self._longest = max(self._longest, len(key))

    def match(self, text: str) -> Match | None:
        """What of a line is in the record, if the line consists mainly of it or names the brand; else None."""
        tokens = list(_tokens(text))
        if not tokens or not self._fields or _speaks_for(text, _OWNERS):
            return None
        found = self._found(tokens)
        if self._brand_in(tokens) and not _speaks_for(text, _NOT_THE_PRODUCTS):
            return _match(list(found.values()) or [_Found((self._brand_written,), ("the brand",), 0)])
        selling = _selling(text)
        selling_at = {number for number, token in enumerate(tokens) if token.counts and token.within(selling)}
        if selling_at - found.keys():
            return None
        held = {number: one for number, one in found.items() if number not in selling_at}
        return _match(list(held.values())) if _mainly(tokens, held) else None

    def _found(self, tokens: "Sequence[_Token]") -> "dict[int, _Found]":
        """What the record has of each token, by the token's number; of runs of tokens, the longest."""
        found = {number: one for number, token in enumerate(tokens) if (one := self._one(token)) is not None}
        for size in range(2, RUN_MAX + 1):
            for start in range(len(tokens) - size + 1):
                run = "".join(token.key for token in tokens[start : start + size])
                if run in self._fields:
                    for number in range(start, start + size):
                        found[number] = self._whole(run, tokens[number].letters)
        return found

    def _whole(self, key: str, letters: int) -> "_Found":
        return _Found((self._spelling[key],), tuple(self._fields[key]), letters)

    def _one(self, token: "_Token") -> "_Found | None":
        if token.unspaced:
            return self._pieces(token)
        if not token.counts:
            return None
        if token.key in self._fields:
            return self._whole(token.key, token.letters)
        if len(token.key) < NEAR_MIN - 1 or token.number:  # it may have lost a letter
            return None
        for key in self._like(token.key):
            return self._whole(key, token.letters)
        return self._glued(token)

    def _like(self, key: str) -> Iterator[str]:
        """The record's words that differ from `key` in one letter, or in two that changed places."""
        seen = (word for one in _shortened(key) for word in self._near.get(one, ()))
        return (word for word in seen if _one_apart(word, key))

    def _glued(self, token: "_Token") -> "_Found | None":
        """Words of the record within one of the line's, as where the reader lost the blanks."""
        key = token.key
        inside = [False] * len(key)
        words: list[str] = []
        for start in range(len(key) - GLUED_MIN + 1):
            for end in range(min(start + self._longest, len(key)), start + GLUED_MIN - 1, -1):
                if key[start:end] in self._fields:
                    if not all(inside[start:end]):
                        words.append(key[start:end])
                    inside[start:end] = [True] * (end - start)
                    break
        if sum(inside) < GLUED_SHARE_MIN * len(key):
            return None
        fields = dict.fromkeys(field for word in words for field in self._fields[word])
        return _Found(tuple(self._spelling[word] for word in words), tuple(fields), token.letters)

    def _pieces(self, token: "_Token") -> "_Found | None":
        """Runs of letters that the record has too, for scripts without blanks."""
        key = token.key
        inside = [False] * len(key)
        fields: dict[str, None] = {}
        for start in range(len(key)):
            for size in (2, 3, 4):
                piece = key[start : start + size]
                if len(piece) == size == max(_run_min(letter) for letter in piece):
                    where = [field for field, text in self._texts.items() if piece in text.folded]
                    inside[start : start + size] = [held or bool(where) for held in inside[start : start + size]]
                    fields |= dict.fromkeys(where)
        if not any(inside):
            return None
        pieces = "".join(letter if held else " " for letter, held in zip(key, inside, strict=True)).split()
        written = tuple(self._written(piece) for piece in pieces)
        return _Found(written, tuple(fields), sum(_letters(piece) for piece in pieces))

    def _written(self, piece: str) -> str:
        return next((found for text in self._texts.values() if (found := text.written(piece))), piece)

    def _brand_in(self, tokens: "Sequence[_Token]") -> bool:
        """Whether the whole brand is in a line as words of its own; one of two letters must be the whole line."""
        brand = "".join(self._brand)
        keys = [token.key for token in tokens]
        if not brand or "".join(keys) == brand:
            return bool(brand)
        if _letters(brand) < LETTERS_MIN - 1:
            return False
        reach = max(RUN_MAX, len(self._brand))
        runs = ("".join(keys[start:end]) for start in range(len(keys)) for end in range(start + 1, start + reach + 1))
        near = len(brand) >= NEAR_MIN
        return any(run == brand or (near and len(run) >= NEAR_MIN and _one_apart(run, brand)) for run in runs) or any(
            token.unspaced and brand in token.key for token in tokens
        )


def matches(text: str, record: CatalogRecord) -> Match | None:
    """What of a line is in the record, if the line consists mainly of it or names the brand; else None.

    For more than one line of a picture make a `Vocabulary` once.
    """
    return Vocabulary(record).match(text)


# ------------------------------------------------------------------ words

#: Letters of scripts that write words without blanks: Thai, Lao, Burmese, Khmer, kana, ideographs.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
#: Signs of the Indian scripts that are no letters of their own, and are parts of words.
_INDIAN = r"\u0900-\u0963\u0966-\u0dff"
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
_TOKEN = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)|(?P<number>\d+(?:[.,]\d+)*)(?![^\W_])|(?:(?![{_UNSPACED}])(?:[^\W_]|[{_INDIAN}]))+"
)

#: Letters that are taken for one another by their shape, within and between scripts, made equal in normalised text.
_ALIKE = str.maketrans(
    "01l5" + "авекмнорстухіѕј" + "αβεηικμνορτυχ",
    "oiis" + "abekmhopctyxisj" + "abehikmnoptyx",
)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a number; `start` and `end` are places in the normalised text."""

    #: normalised
    word: str
    #: the same with letters that are taken for one another made equal
    key: str
    start: int
    end: int
    letters: int
    number: bool
    unspaced: bool

    @property
    def counts(self) -> bool:
        """Whether the word says anything: words of one or two letters do not."""
        return self.unspaced or self.number or len(self.key) > 2

    def within(self, spans: Iterable[tuple[int, int]]) -> bool:
        return any(self.start < end and start < self.end for start, end in spans)


class _Text:
    """A field in a script without blanks, folded, with the way back to what is written there."""

    def __init__(self, text: str) -> None:
        self._shown = "".join(unicodedata.normalize("NFKC", text).split())
        folded = [spelling.normalise(letter).translate(_ALIKE) for letter in self._shown]
        self._places = [place for place, parts in enumerate(folded) for _ in parts] + [len(self._shown)]
        self.folded = "".join(folded)

    def written(self, piece: str) -> str:
        """How a piece of the folded text is written; empty where it is not in it."""
        start = self.folded.find(piece)
        return "" if start < 0 else self._shown[self._places[start] : self._places[start + len(piece)]]


def _has_unspaced(text: str) -> bool:
    return _UNSPACED_LETTER.search(unicodedata.normalize("NFKC", text)) is not None


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(spelling.normalise(text)):
        word = found[0]
        key = spelling.without_article(word).replace(",", ".").translate(_ALIKE)
        number, unspaced = found["number"] is not None, found["unspaced"] is not None
        yield _Token(word, key, found.start(), found.end(), _letters(word), number, unspaced)


def _letters(word: str) -> int:
    """Letters as `spelling.letters` counts them, vowel signs of Indian scripts included."""
    return max(len(word), spelling.letters(word))


def _spelt(text: str) -> Iterator[tuple[_Token, str]]:
    """Every word of a record's text with its spelling: all between two blanks, e.g. "L'Oréal" for both its words."""
    for written in text.split():
        tokens = list(_tokens(written))
        whole = written.strip(_QUOTES)
        for token in tokens:
            single = len(tokens) > 1 and any(one.unspaced for one in tokens)
            yield token, unicodedata.normalize("NFC", token.word) if single else whole


_QUOTES = ".,;:!?\"'()[]{}«»„“”‘’、。，；：（）【】/|·-–—*®™"


def _shortened(word: str) -> list[str]:
    """`word`, and it without one of its letters."""
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]


def _one_apart(one: str, other: str) -> bool:
    """Whether two words differ by a letter more, less or other, or by two neighbours that changed places, or not."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == len(other) == 2 and one == other[::-1])


def _run_min(letter: str) -> int:
    """Letters that a run must have to say something: two ideographs, three kana, four letters of the others."""
    if letter >= "\u3400" or "\u3005" <= letter <= "\u3007":
        return 2
    return 3 if letter >= "\u3040" else 4


# ------------------------------------------------------------------ lines


@dataclass(frozen=True, slots=True)
class _Found:
    words: tuple[str, ...]
    fields: tuple[str, ...]
    #: of the line's token
    letters: int


def _mainly(tokens: Sequence[_Token], held: Mapping[int, _Found]) -> bool:
    """Whether what the record has of a line is the most of it."""
    counting = [number for number, token in enumerate(tokens) if token.counts]
    words = [number for number in counting if not tokens[number].number]
    if not words:
        return _numbers_held(tokens, held)
    covered = sum(held[number].letters for number in counting if number in held)
    said = sum(tokens[number].letters for number in counting)
    return any(number in held for number in words) and covered >= LETTERS_MIN and covered >= SHARE_MIN * said


def _numbers_held(tokens: Sequence[_Token], held: Mapping[int, _Found]) -> bool:
    """Whether all numbers of a line without words are the record's, and one of them has three digits or a unit."""
    numbers = [number for number, token in enumerate(tokens) if token.number]
    if not numbers or any(number not in held for number in numbers):
        return False
    units = {number + 1 for number in numbers} - set(numbers)
    return any(tokens[number].letters >= 3 for number in numbers) or any(number in held for number in units)


def _selling(text: str) -> list[tuple[int, int]]:
    """Where a line sells, as places in the normalised line: the shortest runs of words that sell by themselves."""
    if not _speaks_for(text, _SELLING):
        return []
    plain = spelling.normalise(text)
    words = [found.span() for found in re.finditer(r"\S+", plain)]
    places: list[tuple[int, int]] = []
    for size in range(1, len(words) + 1):
        for first, last in zip(words, words[size - 1 :], strict=False):
            start, end = first[0], last[1]
            inside = any(start <= one and other <= end for one, other in places)
            if not inside and _speaks_for(plain[start:end], _SELLING):
                places.append((start, end))
        if places and size >= RUN_MAX:
            break
    return places


def _speaks_for(text: str, kinds: frozenset[str]) -> bool:
    return any(one.strong and one.kind in kinds for one in lexicon.matches(text))


def _match(found: Sequence[_Found]) -> Match:
    """Join what was found: each spelling once, and as few fields as say it all."""
    said = dict.fromkeys(word for one in found for word in one.words)
    words = [word for word in said if not any(word != other and word in other for other in said)]
    left = list(found)
    fields: list[str] = []
    while left:
        known = dict.fromkeys(field for one in left for field in one.fields)
        best = max(known, key=lambda field: sum(one.letters + 1 for one in left if field in one.fields))
        fields.append(best)
        left = [one for one in left if best not in one.fields]
    return Match(tuple(words), tuple(fields))
