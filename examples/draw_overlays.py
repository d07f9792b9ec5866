"""Draws promotional overlays on some of the plain photographs, as shops do: `python -m examples.draw_overlays`."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CATALOG = Path(__file__).parent / "catalog"


def main() -> None:
    """Write the drawn examples beside the photographs; the same bytes every time."""
    _half_price().save(CATALOG / "promo-half-price.jpg", quality=88)
    _free_shipping().save(CATALOG / "promo-free-shipping.png")
    _shop_address().save(CATALOG / "promo-shop-address.webp", lossless=True)
    _on_product().save(CATALOG / "promo-on-product.jpg", quality=88)
    whole = (CATALOG / "plain-red-skirt.jpg").read_bytes()
    (CATALOG / "broken-cut-short.jpg").write_bytes(whole[: len(whole) // 2])


def _photo(name: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    with Image.open(CATALOG / name) as opened:
        image = opened.convert("RGB")
    return image, ImageDraw.Draw(image)


def _half_price() -> Image.Image:
    image, draw = _photo("plain-grey-skirt.jpg")
    draw.text((16, 14), "SALE -50%", font=ImageFont.load_default(44), fill="white", stroke_width=2, stroke_fill="black")
    return image


def _free_shipping() -> Image.Image:
    image, draw = _photo("plain-black-sweater.jpg")
    draw.text((200, 34), "FREE SHIPPING", font=ImageFont.load_default(36), fill=(200, 20, 30), anchor="mm")
    return image


def _shop_address() -> Image.Image:
    image, draw = _photo("plain-red-skirt.jpg")
    draw.text((200, 506), "www.best-shop-deals.com", font=ImageFont.load_default(26), fill=(20, 20, 90), anchor="mm")
    return image


def _on_product() -> Image.Image:
    image, draw = _photo("plain-black-shoes.jpg")
    draw.text((200, 260), "NEW COLLECTION", font=ImageFont.load_default(40), fill="white", anchor="mm")
    return image


if __name__ == "__main__":
    main()
