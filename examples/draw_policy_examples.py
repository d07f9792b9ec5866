"""The edge rules of docs/policies.md, each with a picture: `python -m examples.draw_policy_examples`.

Writes docs/images/policy/*.png, and into docs/policies.md what becomes of each picture: the decision is made anew on
the picture as drawn here, with the lines that were drawn taken as read. So the page says what the code does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from infra import policy_file
from infra.settings import PoliciesSettings, Settings
from processors import guard, routing
from processors.policies import Kind
from processors.records import CatalogRecord, Role
from processors.regions import Polygon, TextLine
from streams import routes

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "examples" / "catalog"
PICTURES = ROOT / "docs" / "images" / "policy"
PAGE = ROOT / "docs" / "policies.md"
BEGIN, END = "<!-- examples: written by examples/draw_policy_examples.py -->", "<!-- end of examples -->"

SIDE = 320
Colour = tuple[int, int, int]
WHITE, INK, RED, GREEN, GREY = (250, 250, 250), (30, 30, 35), (205, 25, 35), (40, 110, 70), (200, 202, 205)


@dataclass
class Sheet:
    """A picture that is being drawn, and the lines of text on it."""

    image: Image.Image
    lines: list[TextLine] = field(default_factory=list)

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def write(
        self, text: str, at: tuple[int, int], size: int, colour: Colour = INK, *, edge: Colour | None = None
    ) -> None:
        """Draw a line of text around a centre, and note it as a reader would."""
        font = ImageFont.load_default(size)
        box = self.draw.textbbox(at, text, font=font, anchor="mm")
        self.draw.text(at, text, font=font, fill=colour, anchor="mm", stroke_width=1 if edge else 0, stroke_fill=edge)
        self.read(text, box)

    def read(self, text: str, box: tuple[float, float, float, float], score: float = 0.97) -> None:
        self.lines.append(TextLine(_corners(box), text, score, 0.8))


def _corners(box: tuple[float, float, float, float]) -> Polygon:
    left, top, right, bottom = box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2
    return ((left, top), (right, top), (right, bottom), (left, bottom))


@dataclass(frozen=True)
class Example:
    """An edge rule: its picture, what the policy speaks of, and why it is so."""

    name: str
    title: str
    kind: Kind | None
    drawn: Callable[[], Sheet]
    marketplace: str = "default"
    role: Role = "main"
    record: CatalogRecord | None = None


# ------------------------------------------------------------------ pictures


def _photo(name: str, top: float) -> Sheet:
    """The upper or lower part of a photograph of examples/catalog, square."""
    with Image.open(CATALOG / name) as opened:
        image = opened.convert("RGB")
    side = image.width
    upper = int(top * (image.height - side))
    return Sheet(image.crop((0, upper, side, upper + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def _blank() -> Sheet:
    return Sheet(Image.new("RGB", (SIDE, SIDE), WHITE))


def _pack(sheet: Sheet, box: tuple[int, int, int, int], colour: Colour = GREEN) -> None:
    """A carton: a shaded front and a side."""
    left, top, right, bottom = box
    for row in range(top, bottom):
        share = (row - top) / (bottom - top)
        sheet.draw.line((left, row, right, row), fill=_mixed(colour, (0, 0, 0), 0.25 * share))
    slope = ((right, top), (right + 22, top - 14), (right + 22, bottom - 18), (right, bottom))
    sheet.draw.polygon(slope, fill=_mixed(colour, (0, 0, 0), 0.45))
    lid = ((left, top), (left + 22, top - 14), (right + 22, top - 14), (right, top))
    sheet.draw.polygon(lid, fill=_mixed(colour, (255, 255, 255), 0.25))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _stamp() -> Sheet:
    sheet = _photo("plain-black-shoes.jpg", 1.0)
    sheet.write("REDMI NOTE 8 PRO", (76, 291), 13, WHITE)
    sheet.write("AI QUAD CAMERA", (64, 307), 11, WHITE)
    return sheet


def _date_on_pack() -> Sheet:
    sheet = _blank()
    _pack(sheet, (12, 40, 270, 314), (225, 226, 220))
    sheet.write("OAT FLAKES", (140, 130), 30, GREEN)
    sheet.write("12.05.2027", (62, 300), 15)
    return sheet


def _promotion() -> Sheet:
    sheet = _blank()
    _pack(sheet, (90, 130, 210, 300))
    sheet.write("GREEN TEA", (150, 190), 18, WHITE)
    sheet.write("SALE 50% OFF", (160, 50), 38, RED)
    return sheet


def _promotion_on_pack() -> Sheet:
    sheet = _blank()
    _pack(sheet, (60, 60, 240, 300), (240, 180, 40))
    sheet.write("CORN SNACKS", (150, 120), 22)
    sheet.draw.ellipse((95, 170, 205, 260), fill=RED)
    sheet.write("FREE GIFT", (150, 205), 16, WHITE)
    sheet.write("50% OFF NEXT", (150, 228), 11, WHITE)
    return sheet


def _caption() -> Sheet:
    sheet = _photo("plain-black-shoes.jpg", 0.5)
    sheet.write("NEW COLLECTION", (160, 155), 32, WHITE)
    return sheet


def _callouts() -> Sheet:
    sheet = _blank()
    _pack(sheet, (80, 90, 220, 250), (150, 110, 75))
    draw = sheet.draw
    draw.line((80, 275, 220, 275), fill=INK, width=2)
    draw.line((55, 90, 55, 250), fill=INK, width=2)
    for x, y in ((80, 275), (220, 275), (55, 90), (55, 250)):
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=INK)
    sheet.write("40 cm", (150, 292), 17)
    sheet.write("46 cm", (27, 170), 15)
    sheet.write("solid oak", (262, 60), 15)
    draw.line((240, 70, 205, 120), fill=INK, width=1)
    return sheet


def _logo() -> Sheet:
    sheet = _photo("plain-red-skirt.jpg", 0.0)
    sheet.draw.ellipse((238, 238, 312, 312), fill=(20, 60, 120), outline=WHITE, width=3)
    sheet.write("NORD", (275, 268), 18, WHITE)
    sheet.write("shop", (275, 286), 12, WHITE)
    return sheet


def _watermark() -> Sheet:
    sheet = _photo("plain-black-sweater.jpg", 0.4)
    layer = Image.new("L", sheet.image.size, 0)
    font, draw = ImageFont.load_default(17), ImageDraw.Draw(layer)
    for row in range(4):
        for column in range(2):
            at = (85 + 150 * column, 50 + 75 * row)
            draw.text(at, "© Studio Nord", font=font, fill=120, anchor="mm")
            sheet.read("© Studio Nord", draw.textbbox(at, "© Studio Nord", font=font, anchor="mm"), 0.9)
    sheet.image.paste(WHITE, mask=layer)
    return sheet


def _shelf_tag() -> Sheet:
    sheet = Sheet(Image.new("RGB", (SIDE, SIDE), (120, 95, 70)))
    draw = sheet.draw
    draw.rectangle((0, 235, SIDE, 290), fill=(85, 65, 48))
    for x, colour in ((10, (150, 40, 40)), (115, (50, 90, 140)), (220, (60, 120, 70))):
        draw.rounded_rectangle((x, 70, x + 85, 235), 12, fill=colour)
        draw.rectangle((x + 12, 120, x + 73, 180), fill=_mixed(colour, (255, 255, 255), 0.6))
    draw.rectangle((110, 240, 205, 285), fill=(245, 240, 205), outline=INK)
    sheet.write("$ 4.99", (157, 262), 24)
    return sheet


def _screen() -> Sheet:
    sheet = _blank()
    draw = sheet.draw
    draw.rounded_rectangle((40, 60, 280, 220), 8, fill=INK)
    draw.rectangle((50, 70, 270, 210), fill=(35, 95, 165))
    draw.polygon(((20, 250), (300, 250), (280, 222), (40, 222)), fill=GREY)
    sheet.write("Good morning", (160, 115), 24, WHITE)
    sheet.write("Photos  Music  Mail", (160, 160), 14, WHITE)
    return sheet


def _handwriting() -> Sheet:
    sheet = _photo("plain-grey-skirt.jpg", 0.3)
    heights = (26, 11, 11, 24, 12, 11, 25, 11)
    points = []
    for step in range(len(heights) * 24):
        turn, letter = 2 * math.pi * step / 24, step // 24
        high = heights[letter] + (heights[min(letter + 1, 7)] - heights[letter]) * (step % 24) / 24
        points.append((60 + 24 * step / 24 - 9 * math.sin(turn), 262 - high * (1 - math.cos(turn)) - step / 12))
    sheet.draw.line(points, fill=(20, 30, 120), width=3, joint="curve")
    sheet.read("leelel", (50, 195, 265, 268), 0.42)
    return sheet


def _face() -> Sheet:
    sheet = Sheet(Image.new("RGB", (SIDE, SIDE), (205, 215, 220)))
    draw = sheet.draw
    draw.ellipse((20, 250, 300, 460), fill=(60, 80, 110))
    draw.ellipse((95, 55, 225, 235), fill=(225, 180, 150))
    draw.pieslice((88, 40, 232, 190), 180, 360, fill=(70, 45, 30))
    for x in (132, 188):
        draw.ellipse((x - 9, 132, x + 9, 144), fill=WHITE)
        draw.ellipse((x - 4, 133, x + 4, 143), fill=INK)
    draw.arc((135, 170, 185, 205), 20, 160, fill=(150, 60, 60), width=4)
    sheet.write("SUMMER LOOK", (160, 165), 30, WHITE, edge=INK)
    return sheet


def _animated() -> Sheet:
    sheet = Sheet(Image.new("RGB", (SIDE, SIDE), INK))
    for number, text in enumerate(("BUY", "NOW")):
        left = 14 + 150 * number
        sheet.draw.rectangle((left, 60, left + 142, 260), fill=WHITE)
        for hole in range(7):
            for top in (30, 275):
                sheet.draw.rectangle((left + 6 + hole * 20, top, left + 16 + hole * 20, top + 14), fill=WHITE)
        sheet.write(text, (left + 71, 160), 44, RED)
    return sheet


def _record() -> Sheet:
    sheet = _blank()
    sheet.draw.rounded_rectangle((58, 30, 262, 296), 26, fill=(253, 253, 253), outline=(236, 237, 238), width=1)
    sheet.draw.rectangle((120, 250, 200, 262), fill=(20, 60, 120))
    sheet.write("MILD", (160, 105), 46, (20, 60, 120))
    sheet.write("YOGHURT", (160, 155), 32, (20, 60, 120))
    return sheet


EXAMPLES = (
    Example("stamp-in-a-corner", "A stamp in a corner", "camera_stamp", _stamp),
    Example("date-on-a-pack", "A date on a pack, near the corner", "printed", _date_on_pack),
    Example("promotion-on-the-background", "Promotion on the background", "promotion", _promotion),
    Example("promotion-on-a-pack", "Promotion printed on a pack", "printed", _promotion_on_pack),
    Example("caption-across-the-product", "A caption across the product", "caption", _caption),
    Example("size-callouts", "Measures and labels", "callout", _callouts, "amazon", "additional"),
    Example("shop-logo", "A shop's logo", "logo", _logo),
    Example("watermark", "An owner's watermark, tiled", "watermark", _watermark, "ebay"),
    Example("price-on-a-shelf-tag", "A price on a shelf's tag", "printed", _shelf_tag),
    Example("words-on-a-screen", "Words on a screen", "printed", _screen, "ebay"),
    Example("handwriting", "Handwriting", "handwriting", _handwriting),
    Example("text-over-a-face", "Text over a face", "caption", _face),
    Example(
        "words-of-the-record",
        "Words of the catalog record, white pack on white",
        "printed",
        _record,
        record=CatalogRecord(title="Mild Yoghurt 1 l", brand="Nord"),
    ),
    Example("animated", "An animated picture", None, _animated),
)


# ------------------------------------------------------------------ what becomes of them


def rows() -> list[str]:
    """The table's rows: the picture, the rule, what the policy wants, what becomes of the picture and why."""
    policies = policy_file.read(PoliciesSettings())
    found = []
    for example in EXAMPLES:
        picture = f'<img src="images/policy/{example.name}.png" width="160" alt="{example.title}">'
        if example.kind is None:
            refusal = f"refused, `animated`: {guard.REASONS['animated']}"
            found.append(f"| {picture} | **{example.title}** | any | refused before any policy | {refusal} |")
            continue
        actions = policies.of(example.marketplace, example.role)
        wanted = f"`{example.kind}`: {actions.action(example.kind)}"
        whose = f"{example.marketplace}, {example.role}"
        found.append(f"| {picture} | **{example.title}** | {whose} | {wanted} | {_ruled(example)} |")
    return found


def _ruled(example: Example) -> str:
    sheet = example.drawn()
    actions = policy_file.read(PoliciesSettings()).of(example.marketplace, example.role)
    context = routing.Context(example.record, example.role, example.marketplace, actions=actions)
    rgb = np.asarray(sheet.image, dtype=np.uint8)
    decision = routes.router(Settings())(tuple(sheet.lines), rgb, routing.Policy(), context)
    return f"{decision.verdict}, `{decision.reason}`: {decision.why}"


def page(text: str) -> str:
    """The page with its table made anew."""
    before, after = text.split(BEGIN, maxsplit=1)[0], text.split(END)[1]
    head = "| picture | edge rule | policy | what it wants | what becomes of it |\n|---|---|---|---|---|"
    return f"{before}{BEGIN}\n\n{head}\n" + "\n".join(rows()) + f"\n\n{END}{after}"


def main() -> None:
    """Write the pictures and the page's table; the same bytes every time."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        drawn = example.drawn().image.quantize(28, dither=Image.Dither.NONE)
        drawn.save(PICTURES / f"{example.name}.png", optimize=True)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
