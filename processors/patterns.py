"""The patterns of the lexicon: dates, prices, percentages, addresses, stamps, measures, and what labels print.

Patterns are written for normalised text (processors/spelling.py): lower case, no accents, digits 0–9. What they share
across languages stands in processors/words.py.
"""

import re
from dataclasses import dataclass
from typing import Literal

from processors import words
from processors.spelling import any_of, listed, listed_alike, normalise, skeleton
from processors.words import Kind

View = Literal["plain", "stamp", "digits"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, looked for in the `plain`, the `stamp` (look-alike letters equal) or the `digits` view of a line.

    The `digits` view of a line without digits is empty: such lines cost nothing.
    """

    kind: Kind
    name: str
    pattern: re.Pattern[str]
    strong: bool
    view: View


def _plain(kind: Kind, name: str, *patterns: str, strong: bool = True) -> Pattern:
    return Pattern(kind, name, re.compile("|".join(patterns)), strong, "plain")


def _stamp(name: str, *patterns: str) -> Pattern:
    return Pattern("camera_stamp", name, re.compile("|".join(patterns)), True, "stamp")


def _digits(kind: Kind, name: str, *patterns: str, strong: bool = True) -> Pattern:
    return Pattern(kind, name, re.compile("|".join(patterns)), strong, "digits")


def _joined(phrases: str) -> str:
    """Return a pattern for any phrase of a comma-separated list, as the `stamp` view has it."""
    return any_of(skeleton(normalise(one)) for one in phrases.split(","))


_SIGN = r"[$€£¥₹₫₽₩฿₺₱₴₪₦]"
_AMOUNT = r"\d{1,3}(?:[.,' ]?\d{3})*(?:[.,]\d{1,2})?"
_FIGURE = r"\d+(?:[.,]\d+)?"
_PERCENT = r"\d{1,2}(?:[.,]\d)? ?[%٪]"
_MONEY = listed(words.CURRENCY_WORDS)

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = r"(?:st|nd|rd|th|er|\.|o|a|日|일)?"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19[89]\d|20[0-4]\d|25[3-9]\d)"  # the last: years of the Buddhist era, as Thai cameras write them
_SEP = r"(?:[./\-] ?| )"
_NAME = rf"{listed(words.MONTHS)}\.?"
_HALF = listed(words.HALVES)
_CLOCK = rf"(?:{_HALF} ?)?(?:[01]?\d|2[0-3])[:.h时時시] ?[0-5]\d(?:[:.分분] ?[0-5]\d)?[分분]?(?: ?{_HALF})?"
_WEEKDAY = rf"(?:\(?{listed(words.WEEKDAYS)}\)?[.,]? ?)?"
_DATE = (
    rf"{_WEEKDAY}(?:{_YEAR}{_SEP}{_MONTH}{_SEP}{_DAY}"
    rf"|{_DAY}{_SEP}{_MONTH}{_SEP}{_YEAR}|{_MONTH}{_SEP}{_DAY}{_SEP}{_YEAR}"
    rf"|'\d\d{_SEP}{_MONTH}{_SEP}{_DAY}|{_MONTH}{_SEP}{_DAY}{_SEP}'\d\d"
    rf"|{_YEAR} ?[年년] ?{_MONTH} ?[月월] ?{_DAY} ?[日일]"
    rf"|{_DAY}{_NTH} ?(?:de |of )?[\-./ ]?{_NAME}[\-,./ ]*(?:de |พ\.ศ\. ?)?(?:{_YEAR}|'\d\d)(?: ?[гр]\.)?"
    rf"|{_NAME} ?{_DAY}{_NTH},? ?(?:{_YEAR}|'\d\d)|{_YEAR}[\-,./ ]+{_NAME}[\-./ ]?{_DAY}) ?{_WEEKDAY}"
)
_SHORT_DATE = (
    rf"(?:\d\d{_SEP}{_MONTH}{_SEP}{_DAY}|{_DAY}{_SEP}{_MONTH}{_SEP}\d\d|{_MONTH}{_SEP}{_DAY}{_SEP}\d\d"
    rf"|{_DAY}[\-./ ]?{_NAME}[\-./ ]?\d\d)"
)
_LENGTH = listed(words.LENGTHS)
_HOST = r"(?<![@\w.\-])(?=[a-z0-9\-]*[a-z])[a-z0-9][a-z0-9\-]+\.(?:[a-z0-9\-]{2,20}\.){0,3}"

#: Read from top to bottom; a line may match several.
PATTERNS: tuple[Pattern, ...] = (
    # Camera stamps: a phrase, or a maker's name with a model.
    _stamp("shot_on", r"sh[oc]t[oc][nm]", _joined(words.SHOT_ON)),
    _stamp(
        "camera_kind",
        r"^ai(?:quad|tripie|duai|penta)?cam",
        r"^ai(?:quad|tripie|duai)",
        r"^\d\w?mp\w*cam(?:era)?$",
        _joined(words.CAMERAS),
    ),
    _stamp("phone_model", r"^(?:x?iaomi)?redmi"),
    _plain(
        "camera_stamp",
        "phone_model",
        rf"^{listed_alike(words.PHONES)} (?=[\w+() ]*\d)[\w+()]{{1,7}}(?: [\w+()]{{1,7}}){{0,3}}$",
    ),
    _plain("camera_stamp", "phone_maker", rf"^{listed(words.MAKERS)}$", strong=False),
    # Dates. Two digits for the year are a batch number as often; a line of digits and dashes may be anything.
    _digits("date_stamp", "date_and_time", rf"^{_DATE}[ ,t|]*{_CLOCK}$", rf"^{_CLOCK}[ ,|]*{_DATE}$"),
    _digits("date_stamp", "date", rf"^{_DATE}$"),
    _digits("date_stamp", "short_date_and_time", rf"^{_SHORT_DATE}[ ,]+{_CLOCK}$", rf"^{_CLOCK}[ ,]+{_SHORT_DATE}$"),
    _digits("date_stamp", "short_date", rf"^{_SHORT_DATE}$", strong=False),
    _digits("date_stamp", "dashed_digits", r"^(?=(?:\D*\d){7})[\d]+(?:[.:/\-' ]+\d+)+$", strong=False),
    # When it happens: days without a year, as sales and launches are told.
    _digits(
        "launch",
        "days",
        rf"(?<!\w){_DAY}{_NTH} ?(?:{_NAME})? ?{listed(words.UNTIL)} ?{_DAY}{_NTH} ?(?:de )?{_NAME}(?!\w)",
        rf"(?<!\w){_NAME} ?{_DAY}{_NTH} ?{listed(words.UNTIL)} ?(?:{_NAME} ?)?{_DAY}{_NTH}(?![\w.])",
        rf"(?<![\w.]){_DAY}[./]{_MONTH}\.? ?[-–~] ?{_DAY}[./]{_MONTH}(?![\w.])",
        rf"(?<!\d){_MONTH} ?[月월] ?{_DAY} ?[日일]? ?[-–~至] ?(?:{_MONTH} ?[月월] ?)?{_DAY}",
        strong=False,
    ),
    _digits(
        "launch",
        "day",
        rf"(?<!\w){_DAY}(?:st|nd|rd|th) ?(?:of )?{_NAME}(?!\w)",
        rf"^{_DAY}\.? ?(?:de )?{_NAME}$",
        rf"^{_NAME} ?{_DAY}{_NTH}$",
        rf"(?<![\d年년 ]){_MONTH} ?[月월] ?{_DAY} ?[日일]",
        strong=False,
    ),
    # Prices. Shelf tags beside a product show bare ones.
    _digits("price", "currency_before", rf"{_SIGN} ?{_AMOUNT}"),
    _digits(
        "price",
        "currency_word",
        rf"(?<![^\W\d_])(?:(?:rs\.?|inr|usd|eur|gbp|rmb|rp\.?) ?|(?:aed|sar|egp|chf|kr) ){_AMOUNT}",
    ),
    _digits("price", "currency_after", rf"(?<![\d.,]){_AMOUNT} ?(?:{_SIGN}|{_MONEY}(?![^\W\d_]))"),
    _digits("price", "currency_after", rf"(?<!\d){_AMOUNT} ?[元块塊円圓원]"),
    _digits("price", "amount_off", rf"(?<![\d%]){_AMOUNT}[^\w%]{{0,2}} ?{listed_alike(words.AMOUNT_OFF)}(?!\w)"),
    _digits("price", "from", rf"(?:^|[^\w]){listed_alike(words.PRICE_BEFORE)}:? ?\W?\d{{1,3}}(?:[.,]\d{{3}})+(?!\d)"),
    _digits("price", "from", rf"^{listed_alike(words.PRICE_BEFORE)} \W?\d[\d.,]*\d\W*$"),
    _digits("price", "per_month", rf"{_AMOUNT} ?/ ?{listed(words.PER_MONTH)}(?!\w)"),
    _digits("price", "shelf", r"^\d{1,4}[:.,]-$", rf"^{_AMOUNT} ?(?:kr|:-|,-)$", r"^\d{1,3}[.,]\d\d$", strong=False),
    # Percentages. A bare one is also fat, cotton or battery charge.
    _digits(
        "percent",
        "percent_off",
        rf"{_PERCENT}\W{{0,2}} ?{listed_alike(words.PERCENT_WORDS)}(?![a-z])",
        rf"(?<!\w){listed_alike(words.PERCENT_BEFORE)}[ :]?[-–−]?(?:\d{{1,2}} ?[-–~] ?)?"
        rf"(?:{_PERCENT}|[%٪] ?\d{{1,2}}(?!\d))",
        rf"[%٪]\d{{1,2}} ?{listed_alike(words.PERCENT_WORDS)}",
        r"(?<![\w%])%\d{1,2} ?(?:varan|[ea] varan)",
    ),
    _digits("percent", "minus", rf"^[-–−] ?{_PERCENT}$", r"^[-–−] ?[%٪] ?\d{1,2}$"),
    _digits("percent", "tenths", r"\d(?:\.\d)? ?折(?!叠|疊)", r"\d ?割 ?(?:引|off|オフ)"),
    _digits("percent", "alone", r"^\d{1,2} ?[%٪]$", r"^[%٪]\d{1,2}$", r"\+ ?\d{1,3} ?%", strong=False),
    _digits(
        "promo",
        "buy_get",
        r"(?:buy|get|kup|compra|lleva|leve|kauf|achet\w+|mua|beli) ?\d\+? ?"
        r"(?:get|gratis|free|paga|pague|zahl|tang|bezahl)",
        r"\d ?(?:x|for|fur|por|pour|za|na) ?\d(?:$| )(?=.*(?:free|gratis|oferta|angebot))",
        r"[满滿] ?\d+ ?[减減元件]",
        r"[买買] ?\d+ ?[送赠贈]",
    ),
    # Days of sales in much of Asia: 9.9, 11.11, 618.
    _digits("promo", "double_day", r"^(9|10|11|12)[./]\1$", r"^618$", strong=False),
    _digits("promo", "counts", r"^\d{1,2} ?\+ ?\d{1,2}$", r"^\d ?(?:for|x|por|fur|za) ?\d$", strong=False),
    # Where to find the seller.
    _plain("url", "www", r"(?<!\w)(?:https?:/?/?|www[. ,])\w"),
    _plain(
        "url",
        "domain",
        rf"{_HOST}{listed(words.DOMAINS)}(?![\w.])",
        rf"{_HOST}{listed(words.DOMAINS_LIKE_WORDS)}(?:/|$)",
    ),
    _plain("url", "domain", r"[а-я0-9\-]{2,}\.рф(?!\w)"),
    _plain(
        "url",
        "handle",
        r"^@ ?[\w.]{3,}$",
        rf"^{listed(words.ACCOUNTS)} ?[:@]",
        r"(?:facebook|instagram|t|wa|youtu|tiktok|pinterest)\.(?:com|me|be)/\w",
        strong=False,
    ),
    _plain("email", "email", r"[\w.+\-]+ ?@ ?[\w\-]+ ?\. ?[a-z]{2,}"),
    _digits("phone", "labelled", rf"(?<![a-z]){listed(words.PHONE_BEFORE)}[\w ]{{0,6}}\W{{0,3}}\+?\d[\d ()\-.]{{5,}}"),
    _digits("phone", "international", r"^\W{0,2}(?:\+|00)\d{1,3}[ \-.(]{0,2}\d[\d ()\-.]{6,}\d$"),
    _digits(
        "phone",
        "national",
        r"^(?:\(0?\d{2,4}\)|0\d{1,4}|1-?[38]\d\d)[ \-.]\d{3,4}[ \-.]\d{3,4}$",
        r"^[48]00[ \-]\d{3,4}[ \-]\d{3,4}$",
    ),
    _digits("phone", "unspaced", r"^0[1-9]\d{8,9}$", strong=False),
    # Owner's marks: never a product's text, never ours to remove unasked.
    _plain("copyright", "sign", r"[©]|^\(c\) |\(c\) ?(?:19|20)\d\d"),
    _plain(
        "copyright",
        "stock_agency",
        r"shutt?erst[o0]?[ck]|gettyi[mn]ages|dreamsti?me|deposit ?ph?oto",
        r"^fot[o0][il1]|^[fp]?[ot]{1,2}o?[il1]ia$",
    ),
    _plain("copyright", "stock", r"^\W*(?!wood|live|gun|over|in$)\w{3,}[ -]?stock\W*$", strong=False),
    _digits("serial", "picture_number", r"^# ?\d{5,}$", r"^[1-9]\d{7,9}$"),
    _digits("serial", "short_number", r"^\d{6,7}$", strong=False),
    _digits("serial", "camera_file", r"^(?:img|dsc[fn_]?|pxl|dji|p|mvi|gopr)[_\- ]?\d{4,}(?:[_\-.]\w+)?$"),
    # Measures: callouts beside a product, and print on it.
    _digits(
        "measure",
        "length",
        rf"^[~≈⌀]?(?:[a-z]{{1,9}}[:= ]+)?{_FIGURE} ?{_LENGTH}(?:\W+{_FIGURE} ?{_LENGTH}\W?)?$",
        rf"{_FIGURE} ?{_LENGTH}? ?[x×] ?{_FIGURE}(?: ?{_LENGTH}? ?[x×] ?{_FIGURE})? ?{_LENGTH}?$",
        strong=False,
    ),
    _digits("measure", "weight", rf"^{_FIGURE} ?{listed(words.WEIGHTS)}\.?$", strong=False),
    _digits(
        "measure",
        "technical",
        rf"(?<![\w.]){_FIGURE} ?{listed(words.FIGURES)}(?!\w)",
        r"(?<!\w)[345]g(?= |\||$)|(?<!\w)[48]k(?!\w)|\d+ ?gb ?\+ ?\d+ ?gb",
        strong=False,
    ),
    # Print on the product itself.
    _digits("label_print", "energy", rf"\d ?{listed(words.ENERGY)}(?!\w)", r"(?<!\w)(?:kcal|kj) ?/"),
    _digits("label_print", "contents", rf"^(?:e ?)?{_FIGURE} ?{listed(words.CONTENTS)} ?[e℮]?$", strong=False),
    _digits(
        "label_print",
        "contents_twice",
        r"\d ?(?:oz|lbs?|fl\.? ?oz\.?) ?[(/·]? ?\d+(?:[.,]\d+)? ?(?:g|kg|ml|l)(?!\w)",
        r"\d ?(?:g|kg|ml|l) ?[(/·] ?\d+(?:[.,]\d+)? ?(?:oz|lb|fl)",
        r"℮",
    ),
    _digits(
        "label_print",
        "unit_price",
        r"\d ?(?:kr|€|\$|£|zl|руб\.?)? ?/ ?(?:kg|100 ?g|l|lit(?:er|re)|st|кг|100 ?ml)(?!\w)",
        r"(?<!\w)(?:per|pr|/) ?kg(?!\w)",
    ),
    _digits(
        "label_print",
        "fibre",
        rf"\d{{1,3}} ?% ?(?:\w+ )?{listed_alike(words.FIBRES)}",
        rf"{listed_alike(words.FIBRES)} ?:? ?\d{{1,3}} ?%",
    ),
    _digits(
        "label_print",
        "share",
        r"\d+[.,]\d ?%",
        rf"\d ?% ?{listed(words.PACK_PERCENT)}(?!\w)",
        r"(?<!\w)(?:alc|vol|fett)\W{0,2}\d",
        strong=False,
    ),
    _digits("label_print", "more_inside", rf"\d ?% ?{listed_alike(words.MORE)}(?!\w)", strong=False),
    _digits("label_print", "whole", r"(?<!\d)100 ?%", strong=False),
    _digits(
        "label_print",
        "wash",
        rf"{listed(words.WASHING)}\D{{0,12}}[346]0 ?(?:°|º|c|grad)",
        r"^[346]0 ?[°º] ?c?$",
    ),
    _digits(
        "label_print",
        "electric",
        r"\d{2,3} ?(?:-|~)? ?\d{0,3} ?v ?[~=⎓ ]? ?[,/]? ?\d\d ?(?:/ ?\d\d)? ?hz",
        r"\d ?v ?⎓ ?\d",
        r"\d ?v ?dc(?!\w)",
    ),
    _digits(
        "label_print",
        "lot",
        r"(?<!\w)(?:lot|batch|exp|mfg|mfd|bbe?|mhd|skt|tett|hsd|nsx|l/c)\W{0,3}\w{0,3}\d",
    ),
    _digits("label_print", "since", rf"(?<!\w){listed(words.SINCE)} ?(?:1[6-9]|20)\d\d", strong=False),
    _plain("label_print", "mark", r"[®℗]|\w\(r\)|[a-z]tm$", strong=False),
    _plain(
        "label_print",
        "standard",
        r"(?<!\w)(?:gb|gb/t|fz/t|qb/t|iso|din|en|astm|sc)[ /]?\d{4,}",
        r"(?<!\w)(?:ip\d\d|ce|rohs|fcc|ul)$",
        strong=False,
    ),
)

#: Words that make a date one of the product's.
KEEPS = re.compile(rf"(?<![a-zа-я]){listed(words.KEEPS)}(?![a-zа-я])|(?<!\w)l ?\d{{3}}(?!\w)")
#: Twelve or thirteen digits, as under a bar code.
BARCODE = re.compile(r"(?<!\d)\d(?:[ -]{0,2}\d){11,12}(?!\d)")
