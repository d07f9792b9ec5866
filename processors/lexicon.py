"""Finds what a line of text speaks for: an overlay (promotion, prices, stamps, …) or print (a label's words).

`matches` reads a line three ways. Phrases of `processors/words.py` are looked up with blanks, accents and look-alike
letters made equal, so that "FREE5HIPPING" is free shipping. Patterns of numbers (dates, prices, percentages) see words
of digits and look-alikes as digits. Patterns of signs (addresses, ©) see the text as it is.

What can be found is bounded by what the reader can write. The recogniser that is shipped knows Latin with accents, Greek,
Han and Kana, and no letter of Cyrillic, Hangul, Arabic, Devanagari or Thai (docs/experiments.md has the counts). Words
of those five scripts are kept for operators who supply another recogniser; with the shipped one they never match.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from processors import words
from processors.words import Kind

__all__ = ["VERSION", "Kind", "Match", "digits", "letters", "matches", "normalise", "phrase", "skeleton"]

#: Goes into the policy's version: raise it whenever a word or a pattern changes.
VERSION = 2
#: Characters of a line that are looked at; what is longer is a page, not a line.
LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Match:
    """One entry found in a line.

    `entry` names the pattern, or the language of the phrase. `strong` means that the entry seldom occurs on products
    themselves (for `label_print`: seldom in overlays). `share`, 0..1, is the part of the line that the entry takes up.
    """

    kind: Kind
    entry: str
    strong: bool
    share: float = 1.0


# ------------------------------------------------------------------ views of a line


def normalise(text: str) -> str:
    """Return `text` in compatibility form, case folded, without accents, with single blanks; twice makes no change."""
    if text.isascii():
        return " ".join(text.lower().split())
    while (folded := _fold(text)) != text:
        text = folded
    return folded


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = _ACCENTS.sub("", decomposed).translate(_LATIN)
    return " ".join(unicodedata.normalize("NFC", bare).split())


#: Accents of Latin, Greek and Cyrillic, vowel points of Arabic and Hebrew, and what joins or directs letters unseen.
#: Marks of Indic scripts, Thai and Kana are letters' parts: they stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\ufe0f]"
)
_LATIN = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "ى": "ي", "ة": "ه"})


def phrase(text: str) -> list[str]:
    """Return the words of `text`, normalised, with look-alikes equal: digits as letters in words that hold letters."""
    return [_word(word) for word in _WORD.findall(normalise(text))]


def _word(word: str) -> str:
    if word.isdigit():
        return word
    if word.startswith("ال") and len(word) > 4:  # Arabic's article is written as part of the word
        word = word[2:]
    return word.translate(_LETTERS)


def skeleton(text: str) -> str:
    """Return normalised `text` without blanks and with the letters that OCR mixes up made equal."""
    return "".join(c for c in normalise(text).translate(_STAMP) if c.isalnum())


def digits(text: str) -> str:
    """Return normalised `text` with letters read as digits in words that hold nothing but digits and look-alikes."""
    return " ".join(
        word.translate(_DIGITS) if _DIGIT_WORD.fullmatch(word) else word for word in normalise(text).split()
    )


def letters(text: str) -> int:
    """Count letters and digits of any script; an ideograph counts twice, as it says about as much as two letters."""
    return sum(1 + (unicodedata.east_asian_width(c) == "W") for c in text if c.isalnum())


# `\w` leaves out the vowel signs of Devanagari and Thai.
_WORD = re.compile(r"(?:[^\W_]|[\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+")
_LETTERS = str.maketrans({"0": "o", "1": "i", "l": "i", "5": "s"})
_STAMP = str.maketrans({"0": "o", "1": "i", "l": "i", "|": "i", "!": "i", "5": "s"})
_DIGITS = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "|": "1", "s": "5", "b": "8", "z": "2"})
_DIGIT_WORD = re.compile(r"(?=.*\d)[\doqil|sbz.,:/%\-'+$€£¥₹]+")
#: Scripts written without blanks between words, and Hangul, whose endings join the word.
_UNSPACED = re.compile("[\u0e01-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


# ------------------------------------------------------------------ phrases

#: Words of a phrase that are looked up together.
_REACH = 6


@dataclass(frozen=True, slots=True)
class _Said:
    """What a phrase speaks for."""

    kind: Kind
    entry: str
    strong: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """Phrases by the letters they are made of: whole words, words' beginnings, whole lines, and anywhere in a line."""

    exact: dict[str, tuple[_Said, ...]]
    stems: dict[str, tuple[_Said, ...]]
    lines: dict[str, tuple[_Said, ...]]
    anywhere: tuple[tuple[re.Pattern[str], _Said], ...]
    stem_lengths: tuple[int, ...]

    def look_up(self, said: list[str]) -> Iterator[tuple[_Said, int]]:
        """Give what is found in the words of a line, with the number of letters found."""
        whole = "".join(said)
        for found in self.lines.get(whole, ()):
            yield found, len(whole)
        for start in range(len(said)):
            joined = ""
            for word in said[start : start + _REACH]:
                joined += word
                for found in self.exact.get(joined, ()):
                    yield found, len(joined)
            for length in self.stem_lengths:
                if length > len(joined):
                    break
                for found in self.stems.get(joined[:length], ()):
                    yield found, length
        if _UNSPACED.search(whole):
            for pattern, found in self.anywhere:
                if hit := pattern.search(whole):
                    yield found, len(hit[0])


def _book() -> _Book:
    tables: dict[str, dict[str, dict[_Said, None]]] = {"exact": {}, "stems": {}, "lines": {}}
    inside: dict[_Said, list[str]] = defaultdict(list)
    for said, written in _written():
        key = "".join(phrase(written))
        if not key:
            continue
        place = "stems" if written.endswith("*") else "lines" if written.startswith("=") else "exact"
        if _UNSPACED.search(key) and place != "lines":
            inside[said].append(key)
        else:
            tables[place].setdefault(key, {})[said] = None
    exact, stems, lines = (
        {key: tuple(of) for key, of in tables[place].items()} for place in ("exact", "stems", "lines")
    )
    anywhere = tuple((re.compile(_any(keys)), said) for said, keys in inside.items())
    return _Book(exact, stems, lines, anywhere, tuple(sorted({len(key) for key in stems})))


def _written() -> Iterator[tuple[_Said, str]]:
    for kind, strengths in words.WORDS.items():
        for strength, languages in strengths.items():
            for language, phrases in languages.items():
                for written in phrases.split(","):
                    yield _Said(kind, language, strength == "strong"), written.strip()


def _any(literals: Iterable[str]) -> str:
    """Return a pattern for any of the literals, the longest first."""
    return "|".join(re.escape(one) for one in sorted(set(literals), key=lambda one: (-len(one), one)))


def _listed(phrases: str) -> str:
    """Return a pattern for the words of a comma-separated list, normalised; blanks in them may be missing."""
    return _any(normalise(one) for one in phrases.split(",") if one.strip()).replace(r"\ ", " ?")


_BOOK = _book()


# ------------------------------------------------------------------ patterns

_SIGN = r"[$€£¥₹₫₽₩฿₺₱₴₪₦]"
_MONEY = rf"(?:{_listed(words.CURRENCY_WORDS)})"
_AMOUNT = r"\d{1,3}(?:[.,' ]?\d{3})*(?:[.,]\d{1,2})?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = r"(?:st|nd|rd|th|er|\.|º|ª|日|일)?"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19[89]\d|20[0-4]\d|25[3-9]\d)"  # the last: years of the Buddhist era, as Thai cameras write them
_NAME = rf"(?:{_listed(words.MONTHS)})\.?"
_HALF = rf"(?:{_listed(words.HALVES)})"
_CLOCK = rf"(?:{_HALF} ?)?(?:[01]?\d|2[0-3])[:.h时時시] ?[0-5]\d(?:[:.分분] ?[0-5]\d)?[分분]?(?: ?{_HALF})?"
_WEEKDAY = rf"(?:[(]?(?:{_listed(words.WEEKDAYS)})[)]?[.,]? ?)?"
_SEP = r"(?:[./\-] ?| )"
_DATE = (
    rf"{_WEEKDAY}(?:{_YEAR}{_SEP}{_MONTH}{_SEP}{_DAY}"
    rf"|{_DAY}{_SEP}{_MONTH}{_SEP}{_YEAR}|{_MONTH}{_SEP}{_DAY}{_SEP}{_YEAR}"
    rf"|'\d\d{_SEP}{_MONTH}{_SEP}{_DAY}|{_MONTH}{_SEP}{_DAY}{_SEP}'\d\d"
    rf"|{_YEAR} ?[年년] ?{_MONTH} ?[月월] ?{_DAY} ?[日일]"
    rf"|{_DAY}{_NTH} ?(?:de |of )?[\-./ ]?{_NAME}[\-,./ ]*(?:de |พ\.ศ\. ?)?(?:{_YEAR}|'\d\d)(?: ?[гр]\.)?"
    rf"|{_NAME} ?{_DAY}{_NTH},? ?(?:{_YEAR}|'\d\d)|{_YEAR}[\-,./ ]+{_NAME}[\-./ ]?{_DAY}) ?{_WEEKDAY}"
)
_SHORT_DATE = rf"(?:\d\d{_SEP}{_MONTH}{_SEP}{_DAY}|{_DAY}{_SEP}{_MONTH}{_SEP}\d\d|{_MONTH}{_SEP}{_DAY}{_SEP}\d\d)"
_PERCENT = r"\d{1,2}(?:[.,]\d)? ?[%％٪]"

View = Literal["plain", "stamp", "digits"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, looked for in the `plain`, the `stamp` (look-alike letters equal) or the `digits` view of a line."""

    kind: Kind
    name: str
    pattern: re.Pattern[str]
    strong: bool
    view: View


def _pattern(view: View, kind: Kind, name: str, *patterns: str, strong: bool = True) -> Pattern:
    return Pattern(kind, name, re.compile("|".join(patterns)), strong, view)


#: Read from top to bottom; a line may match several.
PATTERNS: tuple[Pattern, ...] = (
    # Camera stamps: a phrase, or a maker's name with a model.
    _pattern(
        "stamp",
        "camera_stamp",
        "shot_on",
        r"sh[oc]t[oc][nm]|shotwith|shotby|capturedon|capturedwith|capturedby|takenwith|takenonmy|photographedwith|takenon"
        r"|clickedon|hechocon(?:un)?(?:xiaomi|redmi|galaxy)|tomadacon|tiradacom|aufgenommenmit|prisavec|scattatacon|снятона|拍摄于|摄于|攝於",
    ),
    _pattern(
        "stamp",
        "camera_stamp",
        "camera_kind",
        r"(?:quad|tripie|duai|penta|matrix|ieica|zeiss|hasseibiad)cam(?:era)?|^ai(?:quad|tripie|duai|penta)?cam(?:era)?"
        r"|^ai(?:quad|tripie|duai)|[三四双雙]摄|[三四双雙]攝|ieica(?:vario|summi|duai|tripie)|zeiss(?:optics|vario|t)"
        r"|vario(?:summi|tessar|sonnar)|^\d{2,3}mp(?:ai|quad|tripie|duai)\w*cam(?:era)?|ai影像|徕卡[双三]?[摄镜]?|莱卡[双三]?[摄镜]?",
    ),
    _pattern("stamp", "camera_stamp", "phone_model", r"^(?:x?iaomi)?redm[il]"),
    _pattern(
        "plain",
        "camera_stamp",
        "phone_model",
        r"^(?:x?iaomi|mi|poco|pocophone|(?:samsung )?galaxy|realme|oppo|vivo|i ?qoo|one ?plus|honor|huawei|moto|motorola|nokia"
        r"|infinix|tecno|itel|(?:apple )?iphone|(?:google )?pixel|nova|mate|zenfone|asus|meizu|nothing phone|xperia|zte|nubia"
        r"|lg|htc|lenovo|micromax|lava|walton|symphony|sharp aquos|fairphone|tcl|blackview|ulefone|doogee|oukitel)"
        r" (?=[\w+() ]*\d)[\w+()]{1,7}(?: [\w+()]{1,7}){0,3}$",
    ),
    _pattern(
        "plain",
        "camera_stamp",
        "phone_maker",
        r"^(?:xiaomi|redmi|poco|galaxy|realme|oppo|vivo|iqoo|oneplus|honor|huawei|infinix|tecno|itel|leica|zeiss|hasselblad"
        r"|pixel|xperia|motorola|nothing|meizu|nubia)$",
        strong=False,
    ),
    _pattern("digits", "date_stamp", "date_and_time", rf"^{_DATE}[ ,t|]*{_CLOCK}$", rf"^{_CLOCK}[ ,|]*{_DATE}$"),
    _pattern("digits", "date_stamp", "date", rf"^{_DATE}$"),
    _pattern(
        "digits",
        "date_stamp",
        "short_date_and_time",
        rf"^{_SHORT_DATE}[ ,]*{_CLOCK}$",
        rf"^{_CLOCK}[ ,]*{_SHORT_DATE}$",
    ),
    _pattern("digits", "date_stamp", "short_date", rf"^{_SHORT_DATE}$", strong=False),
    _pattern("digits", "date_stamp", "dashed_digits", r"^(?=(?:\D*\d){7})[\d]+(?:[.:/\-' ]+\d+)+$", strong=False),
    # When it happens: days without a year, as sales and launches are told.
    _pattern(
        "digits",
        "launch",
        "days",
        rf"(?<!\w){_DAY}{_NTH} ?(?:{_NAME})? ?(?:-|–|to|till|until|bis|a|al|au|до|~|至|から) ?{_DAY}{_NTH} ?(?:de )?{_NAME}(?!\w)",
        rf"(?<!\w){_NAME} ?{_DAY}{_NTH} ?(?:-|–|to|till|~) ?(?:{_NAME} ?)?{_DAY}{_NTH}(?![\w.])",
        rf"(?<![\w.]){_DAY}[./]{_MONTH}\.? ?[-–~] ?{_DAY}[./]{_MONTH}(?![\w.])",
        rf"(?<!\d){_MONTH} ?[月월] ?{_DAY} ?[日일]? ?[-–~至] ?(?:{_MONTH} ?[月월] ?)?{_DAY}",
        strong=False,
    ),
    _pattern(
        "digits",
        "launch",
        "day",
        rf"(?<!\w){_DAY}(?:st|nd|rd|th) ?(?:of )?{_NAME}(?!\w)",
        rf"^{_DAY}\.? ?(?:de )?{_NAME}$",
        rf"^{_NAME} ?{_DAY}{_NTH}$",
        rf"(?<!\d){_MONTH} ?[月월] ?{_DAY} ?[日일]",
        strong=False,
    ),
    # Prices and percentages. A bare percentage is also fat, cotton or battery charge.
    _pattern("digits", "price", "currency_before", rf"{_SIGN} ?{_AMOUNT}", rf"(?:r|us|a|c|hk|nt|s|mx)\$ ?{_AMOUNT}"),
    _pattern(
        "digits",
        "price",
        "currency_word",
        rf"(?<![^\W\d_])(?:(?:rs\.?|inr|usd|eur|gbp|rmb|rp\.?) ?|(?:aed|sar|egp|chf|kr) ){_AMOUNT}",
    ),
    _pattern("digits", "price", "currency_after", rf"(?<![\d.,]){_AMOUNT} ?(?:{_SIGN}|{_MONEY}(?![^\W\d_]))"),
    _pattern(
        "digits",
        "price",
        "yuan",
        rf"(?<!\d){_AMOUNT} ?(?:元|块|塊|円|원)",
        r"(?:到手|券后|券後|秒杀|活动|促销|零售|拼团|预售|批发|会员|特)价",
    ),
    _pattern(
        "digits",
        "price",
        "amount_off",
        rf"(?<![\d%]){_AMOUNT}\W{{0,2}} ?(?:off|discount|instant off|rabatt|de descuento|de desconto)(?!\w)",
    ),
    _pattern(
        "digits",
        "price",
        "from",
        rf"(?:^|[^\w])(?:from|starts? (?:at|from)|starting (?:at|from|@)|only|just|now|flat|at|under|below|nur|ab|desde|solo|por|apenas|"
        rf"seulement|a partir de|des|da|soltanto|vanaf|fran|tylko|od|sadece|chi|chi tu|mulai|всего|от|केवल|सिर्फ|فقط|เพียง|僅|仅|只要|低至|단|たった)"
        rf" ?\W?\d{{1,3}}(?:[.,]\d{{3}})+(?!\d)",
    ),
    _pattern(
        "digits", "price", "only", r"^(?:only|just|from|now|nur|ab|desde|solo|por|apenas|seulement) \W?\d[\d.,]*\d\W*$"
    ),
    _pattern(
        "digits", "price", "per_month", rf"{_AMOUNT} ?/ ?(?:m|mo|month|mes|mese|mois|monat|ay|oy|мес|月|月々|월)\b"
    ),
    _pattern(
        "digits",
        "price",
        "shelf",
        r"^\d{1,4}[:.,]-$",
        rf"^{_AMOUNT} ?(?:kr|:-|,-)$",
        r"^\d{1,3}[.,]\d\d$",
        strong=False,
    ),
    _pattern(
        "digits",
        "percent",
        "percent_off",
        rf"{_PERCENT}\W{{0,2}} ?(?:{_listed(words.PERCENT_WORDS)})(?![a-z])",
        rf"(?<!\w)(?:{_listed(words.PERCENT_BEFORE)})[ :]?[-–−]?(?:\d{{1,2}} ?[-–~] ?)?(?:{_PERCENT}|[%٪] ?\d{{1,2}}(?!\d))",
        r"(?<![\w%])%\d{1,2} ?(?:indirim|varan|e varan|a varan)",
    ),
    _pattern("digits", "percent", "minus", rf"^[-–−] ?{_PERCENT}$", r"^[-–−] ?[%٪] ?\d{1,2}$"),
    _pattern("digits", "percent", "fold", r"\d(?:\.\d)? ?折(?!叠|疊)", r"\d ?割 ?(?:引|off|オフ)"),
    _pattern("digits", "percent", "alone", rf"^{_PERCENT}$", r"^[%٪]\d{1,2}$", r"\+ ?\d{1,3} ?%", strong=False),
    _pattern(
        "digits",
        "promo",
        "buy_get",
        r"(?:buy|get|kup|compra|lleva|leve|kauf|achet\w+|mua|beli) ?\d\+? ?(?:get|gratis|free|paga|pague|zahl|tang|bezahl)",
        r"\d ?(?:x|for|fur|por|pour|za|för|na) ?\d(?:$| )(?=.*(?:free|gratis|oferta|angebot))",
        r"满 ?\d+ ?(?:减|元)",
        r"满 ?\d+ ?件",
        r"買 ?\d ?送 ?\d",
        r"买 ?\d+ ?[送赠]",
    ),
    _pattern(
        "digits", "promo", "one_plus_one", r"^\d{1,2} ?\+ ?\d{1,2}$", r"^\d ?(?:for|x|por|fur|za) ?\d$", strong=False
    ),
    # Where to find the seller.
    _pattern("plain", "url", "www", r"(?<!\w)(?:https?:/?/?|www[. ,])\w"),
    _pattern(
        "plain",
        "url",
        "domain",
        r"(?<![@\w.])[a-z0-9][a-z0-9\-]+\.(?:[a-z]{2,12}\.)?(?:com?|net|org|shop|store|online|site|xyz|info|biz|app|in|de|fr|es|br|cn|io|ru"
        r"|it|uk|pl|vn|tr|se|nl|jp|kr|th|id|mx|ar|eu|ua|ae|sa|hk|tw|my|sg|ph|au|ca|at|ch|be|pt|cz|dk|no|fi)(?![\w.])",
    ),
    _pattern("plain", "url", "russian_domain", r"[а-я0-9\-]{2,}\.рф(?!\w)"),
    _pattern(
        "plain",
        "url",
        "handle",
        r"^@ ?[\w.]{3,}$",
        r"^(?:ig|insta|instagram|wechat|weixin|vx|wx|whatsapp|wa|telegram|tg|facebook|fb|tiktok|line(?: id)?|youtube|pinterest|snapchat|微信号?|薇信|抖音号?|公众号|qq群?|카톡|카카오톡) ?[:@：]",
        r"(?:facebook|instagram|t|wa|youtu|tiktok|pinterest)\.(?:com|me|be)/\w",
        strong=False,
    ),
    _pattern("plain", "email", "email", r"[\w.+\-]+ ?@ ?[\w\-]+ ?\. ?[a-z]{2,}"),
    _pattern(
        "digits",
        "phone",
        "labelled",
        r"(?:(?<!\w)(?:tel|telefon\w*|telephone|phone|ph|mob|call|whats ?app|mobile|hotline|helpline|fone|zap|cel|celular|movil|handy|tlf|тел|телефон|call us|viber"
        r"|फोन|मोबाइल|هاتف|جوال|واتساب|โทร)|电话|電話|热线|熱線|手机|客服|微信|전화|문의|お電話|โทร)[\w ]{0,6}\W{0,3}\+?\d[\d ()\-.]{5,}",
    ),
    _pattern("digits", "phone", "international", r"^\W{0,2}(?:\+|00)\d{1,3}[ \-.(]{0,2}\d[\d ()\-.]{6,}\d$"),
    _pattern(
        "digits",
        "phone",
        "national",
        r"^(?:\(0?\d{2,4}\)|0\d{1,4}|1-?[38]\d\d)[ \-.]\d{3,4}[ \-.]\d{3,4}$",
        r"^(?:400|800)[ \-]\d{3,4}[ \-]\d{3,4}$",
    ),
    # Owner's marks: never a product's text, never ours to remove unasked.
    _pattern("plain", "copyright", "sign", r"[©]|^\(c\) |\(c\) ?(?:19|20)\d\d"),
    _pattern(
        "plain",
        "copyright",
        "stock_agency",
        r"shutt?erst[o0]?[ck]|gettyi[mn]ages|^fot[o0][il1]|^[fp]?[ot]{1,2}[o]?[il1]ia$|dreamsti?me|deposit ?ph?oto",
    ),
    _pattern("digits", "serial", "picture_number", r"^# ?\d{5,}$", r"^\d{6,10}$"),
    _pattern("digits", "serial", "camera_file", r"^(?:img|dsc[fn_]?|pxl|dji|p|mvi|gopr)[_\- ]?\d{4,}(?:[_\-.]\w+)?$"),
    # Measures: callouts beside a product, and print on it.
    _pattern(
        "digits",
        "measure",
        "length",
        r"^[~≈ø⌀]?(?:[a-z]{1,9}[:= ]+)?\d+(?:[.,/]\d+)? ?(?:mm|cm|m|in|inch|inches|ft|feet|\"|''|”|″|毫米|厘米|公分|センチ|см|мм|مم|سم|ซม\.?|सेमी)(?:\W+\d+(?:[.,]\d+)? ?(?:mm|cm|in|inch(?:es)?|\"|''|”|″))?$",
        r"\d+(?:[.,]\d+)? ?(?:mm|cm|m|in|\"|”)? ?[x×] ?\d+(?:[.,]\d+)?(?: ?(?:mm|cm|m|in|\"|”)? ?[x×] ?\d+(?:[.,]\d+)?)? ?(?:mm|cm|m|in|inch(?:es)?|\"|”|см|мм|厘米)?$",
        strong=False,
    ),
    _pattern("digits", "measure", "weight", r"^\d+(?:[.,]\d+)? ?(?:pounds?|lbs?\.?|ounces?)$", strong=False),
    _pattern(
        "digits",
        "measure",
        "technical",
        r"(?<![\w.])\d+(?:[.,]\d+)? ?(?:mp|mah|gb|tb|mb|ghz|hz|w|wh|watts?|v|lumens?|lm|k|fps|dpi|ppi|nits|db|bar|psi|rpm|hp|kw|°c|°f|℃)(?!\w)",
        r"(?<!\w)[345]g(?= |\||$)|(?<!\w)[48]k(?!\w)|\d+ ?gb ?\+ ?\d+ ?gb",
        strong=False,
    ),
    # Print on the product itself.
    _pattern(
        "digits",
        "label_print",
        "energy",
        r"\d ?(?:kcal|kj|ккал|кдж|千卡|千焦|大卡|キロカロリー|calorias|calories)(?!\w)",
        r"(?<!\w)(?:kcal|kj) ?/",
    ),
    _pattern(
        "digits",
        "label_print",
        "contents",
        r"^(?:e ?)?\d+(?:[.,]\d+)? ?(?:g|gr|kg|mg|ml|cl|dl|l|ltr|liter|litre|litres|oz|fl\.? ?oz|г|кг|мл|л|克|千克|毫升|升|公克|リットル|グラム|مل|جم|غ|كجم|กรัม|มล\.?|ก\.|มิลลิลิตร|ग्राम|मिली|किग्रा) ?[e℮]?$",
        strong=False,
    ),
    _pattern(
        "digits",
        "label_print",
        "contents_both",
        r"\d ?(?:oz|lbs?|fl\.? ?oz\.?) ?[(/·]? ?\d+(?:[.,]\d+)? ?(?:g|kg|ml|l)\b",
        r"\d ?(?:g|kg|ml|l) ?[(/·] ?\d+(?:[.,]\d+)? ?(?:oz|lb|fl)",
        r"℮",
    ),
    _pattern(
        "digits",
        "label_print",
        "unit_price",
        r"\d ?(?:kr|€|\$|£|zl|руб\.?)? ?/ ?(?:kg|100 ?g|l|lit(?:er|re)|st|кг|100 ?ml)(?!\w)",
        r"(?<!\w)(?:per|pr|/) ?kg(?!\w)",
    ),
    _pattern(
        "digits",
        "label_print",
        "fibre",
        rf"\d{{1,3}} ?% ?(?:\w+ )?(?:{_listed(words.FIBRES)})",
        rf"(?:{_listed(words.FIBRES)}) ?[:：]? ?\d{{1,3}} ?%",
    ),
    _pattern(
        "digits",
        "label_print",
        "fat",
        r"\d+[.,]\d ?%",
        r"\d ?% ?(?:fett|fat|mg|m\.g|de matiere|grasa|gordura|grassi|vol|alc|juice|jus|saft|cocoa|cacao|kakao|fruit|frukt)",
        r"(?:alc|vol|fett)\W{0,2}\d",
        strong=False,
    ),
    _pattern(
        "digits",
        "label_print",
        "more_inside",
        r"\d ?% ?(?:more|mer|mehr|extra|de plus|mas|gratis|free|in piu|więcej|больше)",
        strong=False,
    ),
    _pattern("digits", "label_print", "whole", r"(?<!\d)100 ?%", strong=False),
    _pattern(
        "digits",
        "label_print",
        "wash",
        r"(?:wash|waschen|lavar|laver|lavare|tvatt\w*|wassen|prac|yika\w*|стирк\w*|温度|洗)\D{0,12}[346]0 ?(?:°|º|c|℃|grad)",
        r"^[346]0 ?(?:°|º|℃) ?c?$",
    ),
    _pattern(
        "digits",
        "label_print",
        "electric",
        r"\d{2,3} ?(?:-|~)? ?\d{0,3} ?v ?[~=⎓ ]? ?(?:,|/)? ?\d\d ?(?:/ ?\d\d)? ?hz",
        r"\d ?v ?⎓ ?\d",
        r"\d ?v ?dc(?!\w)",
    ),
    _pattern(
        "digits",
        "label_print",
        "lot",
        r"(?<!\w)(?:lot|batch|exp|mfg|mfd|bbe?|mhd|skt|tett|hsd|nsx|l/c)\W{0,3}\w{0,3}\d",
    ),
    _pattern(
        "plain",
        "label_print",
        "since",
        r"(?<!\w)(?:est|since|established|depuis|seit|desde|dal|sedan|od|с)\.? ?(?:1[6-9]|20)\d\d",
        strong=False,
    ),
    _pattern("plain", "label_print", "mark", r"[®™℠℗]|\w\(r\)|\wtm$", strong=False),
    _pattern(
        "plain",
        "label_print",
        "standard",
        r"(?<!\w)(?:gb|gb/t|fz/t|qb/t|iso|din|en|astm|sc)[ /]?\d{4,}",
        r"(?<!\w)(?:ip\d\d|ce|rohs|fcc|ul) ?$",
        strong=False,
    ),
)
#: Words that make a date one of the product's: until when it keeps, when it was made.
_KEEPS = re.compile(
    r"(?<!\w)(?:best|exp|expiry|use by|bb[ed]?|mhd|mfg|mfd|prod|lot|batch|l ?\d{3}|bast fore|b\.f|haltbar|consom\w+|consum\w+|cad|venc|val|scad"
    r"|tett|skt|hsd|nsx|годен|изг|spozyc)(?!\w)|保质|保質|賞味|消費期限|生产|生產|製造|有效|유통|소비기한|제조|หมดอายุ|ผลิต|انتهاء|انتاج|समाप्ति|निर्माण"
)
_BARCODE = re.compile(r"(?<!\d)\d(?:[ -]{0,2}\d){11,12}(?!\d)")
_DIGIT = re.compile(r"\d")


def matches(text: str) -> tuple[Match, ...]:
    """Return every entry found in `text`, one a kind, name and strength; empty where it reads like any other text."""
    text = text[:LENGTH_MAX]
    plain, said = normalise(text), phrase(text)
    size = max(1, sum(map(len, said)))
    found: dict[tuple[Kind, str, bool], float] = {}

    def note(kind: Kind, entry: str, strong: bool, length: int) -> None:
        key = (kind, entry, strong)
        found[key] = max(found.get(key, 0.0), min(1.0, length / size))

    for entry, length in _BOOK.look_up(said):
        note(entry.kind, entry.entry, entry.strong, length)
    numbers = digits(text)
    seen = {"plain": plain, "stamp": skeleton(text), "digits": numbers if _DIGIT.search(numbers) else ""}
    for pattern in PATTERNS:
        if hit := pattern.pattern.search(seen[pattern.view]):
            note(pattern.kind, pattern.name, pattern.strong, sum(c.isalnum() for c in hit[0]))
    if any(_is_barcode(hit[0]) for hit in _BARCODE.finditer(seen["digits"])):
        note("label_print", "barcode", True, 13)
    return tuple(Match(*key, share) for key, share in found.items() if not _overruled(key[0], plain, found))


def _overruled(kind: Kind, plain: str, found: dict[tuple[Kind, str, bool], float]) -> bool:
    """Say whether what else the line says takes the word's meaning: dates of labels, numbers under bar codes."""
    if kind == "date_stamp":
        return _KEEPS.search(plain) is not None
    return kind in {"serial", "phone"} and ("label_print", "barcode", True) in found


def _is_barcode(written: str) -> bool:
    """Say whether the 12 or 13 digits carry the check digit of a UPC or EAN."""
    numbers = [int(c) for c in written if c.isdigit()]
    return sum(number * (3 if place % 2 else 1) for place, number in enumerate(reversed(numbers))) % 10 == 0
