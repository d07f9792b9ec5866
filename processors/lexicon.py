"""Words and patterns that overlays use and products rarely do, each with the kind of overlay it speaks for."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "camera_stamp",
    "date_stamp",
    "promo",
    "price",
    "percent",
    "shipping",
    "url",
    "phone",
    "email",
    "copyright",
    "serial",
]

#: Goes into the policy's version: raise it whenever a word or a pattern changes.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Match:
    """One entry found in a line; `strong` means that the entry seldom occurs on products themselves."""

    kind: Kind
    entry: str
    strong: bool


def normalise(text: str) -> str:
    """Return `text` in compatibility form, case folded, without accents, with single blanks."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.replace("đ", "d").split())


def skeleton(text: str) -> str:
    """Return normalised `text` without blanks and with the letters that OCR mixes up made equal."""
    return "".join(c for c in normalise(text).translate(_LETTERS) if c.isalnum())


def digits(text: str) -> str:
    """Return normalised `text` with letters read as digits in words that hold nothing but digits and look-alikes."""
    return " ".join(
        word.translate(_DIGITS) if _DIGIT_WORD.fullmatch(word) else word for word in normalise(text).split()
    )


def letters(text: str) -> int:
    """Count letters and digits of any script; an ideograph counts twice, as it says about as much as two letters."""
    return sum(1 + (unicodedata.east_asian_width(c) == "W") for c in text if c.isalnum())


def matches(text: str) -> tuple[Match, ...]:
    """Return every entry found in `text`, in the order of the table; empty where it reads like any other text."""
    plain, stamp, numbers = normalise(text), skeleton(text), digits(text)
    seen = {"plain": plain, "stamp": stamp, "digits": numbers}
    return tuple(Match(e.kind, e.name, e.strong) for e in ENTRIES if e.pattern.search(seen[e.view]))


_LETTERS = str.maketrans({"0": "o", "1": "i", "l": "i", "|": "i", "!": "i", "5": "s"})
_DIGITS = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "|": "1", "s": "5", "b": "8", "z": "2"})
_DIGIT_WORD = re.compile(r"(?=.*\d)[\doqil|sbz.:/\-]+")

_CURRENCY = r"(?:[$€£¥₹₫₽₩฿]|rs\.?|inr|usd|eur|r\$|us\$)"
_AMOUNT = r"\d{1,3}(?:[.,' ]?\d{3})*(?:[.,]\d{1,2})?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19[89]\d|20[0-4]\d)"
_CLOCK = r"(?:[01]?\d|2[0-3])[:.][0-5]\d(?:[:.][0-5]\d)?(?: ?[ap]m)?"
_DATE = (
    rf"(?:{_YEAR}[./\- ]+{_MONTH}[./\- ]+{_DAY}"
    rf"|{_DAY}[./\- ]+{_MONTH}[./\- ]+{_YEAR}|{_MONTH}[./\- ]+{_DAY}[./\- ]+{_YEAR}"
    rf"|'?\d\d[./\- ]+{_MONTH}[./\- ]+{_DAY})"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A pattern, looked for in the `plain`, the `stamp` (look-alike letters equal) or the `digits` view of a line."""

    kind: Kind
    name: str
    pattern: re.Pattern[str]
    strong: bool
    view: Literal["plain", "stamp", "digits"]


def _plain(kind: Kind, name: str, pattern: str, *, strong: bool = True) -> Entry:
    return Entry(kind, name, re.compile(pattern), strong, "plain")


def _stamp(name: str, pattern: str) -> Entry:
    return Entry("camera_stamp", name, re.compile(pattern), True, "stamp")


def _digits(kind: Kind, name: str, pattern: str, *, strong: bool = True) -> Entry:
    return Entry(kind, name, re.compile(pattern), strong, "digits")


#: Read from top to bottom; a line may match several.
ENTRIES: tuple[Entry, ...] = (
    # Camera stamps: a phrase, or a maker's name with a model.
    _stamp("shot_on", r"shoton|shotwith|shotby|capturedon|capturedwith|capturedby|takenwith"),
    _stamp(
        "camera_kind",
        r"(?:quad|tripie|duai|penta|ieica|zeiss)cam(?:era)?|^ai(?:quad|tripie|duai)?cam(?:era)?|[三四双]摄",
    ),
    _stamp("phone_model", r"^(?:xiaomi)?redmi"),
    Entry(
        "camera_stamp",
        "phone_model",
        re.compile(
            r"^(?:x?iaomi|mi|poco|pocophone|galaxy|realme|oppo|vivo|oneplus|honor|huawei|moto|nokia|infinix|tecno|itel"
            r"|iphone|pixel|nova|mate|zenfone|meizu|samsung galaxy) (?=[\w+ ]*\d)[\w+]{1,7}(?: [\w+]{1,7}){0,3}$"
        ),
        True,
        "plain",
    ),
    _plain(
        "camera_stamp",
        "phone_maker",
        r"^(?:xiaomi|redmi|poco|galaxy|realme|oppo|vivo|oneplus|honor|huawei|infinix|tecno|itel|leica|zeiss|hasselblad)$",
        strong=False,
    ),
    _digits("date_stamp", "date_and_time", rf"^{_DATE}[ ,]*{_CLOCK}$|^{_CLOCK}[ ,]*{_DATE}$"),
    _digits("date_stamp", "date", rf"^{_DATE}$"),
    _digits("date_stamp", "dashed_digits", r"^(?=(?:\D*\d){7})[\d]+(?:[.:/\-' ]+\d+)+$", strong=False),
    # Prices and percentages. A bare percentage is also fat, cotton or battery charge.
    _plain("price", "currency_before", rf"{_CURRENCY} ?{_AMOUNT}"),
    _plain("price", "currency_after", rf"(?<!\d){_AMOUNT} ?(?:[€£¥₹₫₽]|元|円|원|zł|kč|dollars?|euros?|reais)(?!\w)"),
    _plain("price", "only", r"^(?:only|just|from|now|nur|ab|desde|solo|por|apenas|seulement) \W?\d[\d.,]*\d\W*$"),
    _plain("price", "yuan", rf"(?<!\d){_AMOUNT} ?(?:元|块)|(?:到手|券后|秒杀|活动|促销|零售)价"),
    _plain(
        "percent", "percent_off", r"\d{1,2} ?% ?(?:off|discount|rabatt|descuento|dto|de desconto|desconto|de remise)"
    ),
    _plain("percent", "up_to", r"(?:up to|hasta|bis zu|jusqu.?a|ate|flat|extra|giam|save|spare|ahorra) ?-?\d{1,2} ?%"),
    _plain("percent", "minus", r"^[-–−] ?\d{1,2} ?%$"),
    _plain("percent", "fold", r"\d(?:\.\d)? ?折"),
    _plain("percent", "alone", r"^\d{1,2} ?%$", strong=False),
    # Promotion.
    _plain(
        "promo", "sale", r"\b(?:sale|clearance|black friday|cyber monday|flash deal|hot deal|mega deal|liquidation)\b"
    ),
    _plain("promo", "sale_words", r"\b(?:discounts?|coupons?|vouchers?|cash ?back|special offer|bank offer)\b"),
    _plain(
        "promo", "offer", r"\b(?:best ?seller|limited (?:time|offer|edition)|new arrivals?|hot sale)\b", strong=False
    ),
    _plain("promo", "offers", r"\b(?:offers?|deals?|save|super saver|free gift|half price)\b", strong=False),
    _plain(
        "promo",
        "call_to_action",
        r"\b(?:(?:buy|shop|order|book|pre-?order|call|explore|subscribe|sign up) now|buy \d get \d|learn more"
        r"|explore more|see (?:the )?collection|explore flights|swipe up|add to cart|launching on|launch on|sale on"
        r"|(?:is|are) (?:now )?(?:live|here)\b)",
    ),
    _plain(
        "promo",
        "es_pt",
        r"\b(?:ofertas?|rebajas|descuentos?|descontos?|promocao|promocion|liquidacion|liquidacao|oferta especial"
        r"|compra(?:r)? (?:ya|agora|ahora)|compre (?:ya|agora|ahora)|gratis|imperdivel)\b",
    ),
    _plain(
        "promo",
        "de_fr",
        r"\b(?:angebote?|rabatt|schlussverkauf|sonderangebot|ausverkauf|jetzt kaufen|nur heute|aktion"
        r"|soldes|promotions?|promo|remise|offre speciale|achetez|meilleure vente|prix choc)\b",
    ),
    _plain("promo", "vi", r"(?:giam gia|giam den|khuyen mai|sieu re|sieu sale|mua ngay|thuong hieu)"),
    _plain(
        "promo",
        "zh",
        r"(?:满\d*减|特价|促销|优惠|折扣|打折|降价|秒杀|抢购|提前购|开门红|限时|仅限|限量|清仓|甩卖|下单|立减|买一送|买\d?送|返差"
        r"|赠送|现金券|领券|领卷|券|收藏或关注|关注本店|加购|爆款|热卖|热销|新品上市|正品|厂家直销|官方|唯一授权|咨询|起订|批发|双11"
        r"|双十一|618大?促|年中大促|聚划算|天猫|淘宝|拼多多|京东)",
    ),
    _plain(
        "shipping",
        "shipping",
        r"(?:\bfree (?:shipping|delivery|returns?)\b|envio gratis|frete gratis|versandkostenfrei|gratisversand"
        r"|kostenloser versand|livraison (?:gratuite|offerte)|包邮|免邮|运费险|顺丰|次日达|fast (?:shipping|delivery))",
    ),
    # Where to find the seller.
    _plain("url", "www", r"\b(?:https?:/?/?|www[. ])\w"),
    _plain(
        "url",
        "domain",
        r"(?<![@\w.])[a-z0-9][a-z0-9\-]+\.(?:[a-z]{2,12}\.)?(?:com|net|org|shop|store|in|de|fr|es|br|cn|co|io|ru|it|uk"
        r"|pl|vn)\b",
    ),
    _plain("url", "handle", r"^@\w{3,}$|^(?:ig|insta|instagram|wechat|whatsapp|telegram|facebook) ?[:@]", strong=False),
    _plain("email", "email", r"[\w.+\-]+ ?@ ?[\w\-]+\.[a-z]{2,}"),
    _plain(
        "phone", "labelled", r"\b(?:tel|phone|call|whatsapp|mobile|hotline|电话|微信|热线)\W{0,3}\+?\d[\d ()\-]{5,}"
    ),
    _plain("phone", "international", r"\+\d{1,3}[ \-(]{0,2}\d[\d ()\-]{6,}\d$"),
    # Owner's marks: never a product's text, never ours to remove unasked.
    _plain("copyright", "sign", r"[©]|\(c\) ?(?:19|20)\d\d|\bcopyright(?:ed)?\b|all rights reserved|版权所有|盗图必究"),
    Entry(
        "copyright",
        "stock_agency",
        re.compile(
            r"shutterst[o]?ck|gettyi[mn]ages|istock(?:photo)?|adobe ?stock|depositphoto|dreamsti?me|fotoi[il]?a|^fotoi"
            r"|aiamystock|123rf|bigstock|freepik|pond5|alamy|by ?adobe|视觉中国|图虫|花瓣|摄图|千图|昵图|包图"
        ),
        True,
        "plain",
    ),
    _plain(
        "copyright", "stock_agency", r"fotol[il1]|^[fo]?tolia$|shutter ?stock|getty ?images|watermark|水印|sample only"
    ),
    _plain("serial", "picture_number", r"^# ?\d{5,}$|^\d{6,}$"),
)
