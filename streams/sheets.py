"""Contact sheets: rows of pictures for people, each with a title."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from processors.pictures import Pixels

CELL_PX, TITLE_PX, GAP_PX = 300, 18, 6


def write(path: Path, rows: Sequence[tuple[str, Sequence[Pixels]]], across: int = 2) -> None:
    """Write a PNG with one row of pictures a title, `across` rows side by side."""
    if not rows:
        return
    width = max(len(pictures) for _, pictures in rows) * CELL_PX + GAP_PX * 3
    height = CELL_PX + TITLE_PX + GAP_PX
    down = -(-len(rows) // across)
    sheet = Image.new("RGB", (width * min(across, len(rows)), height * down), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for index, (title, pictures) in enumerate(rows):
        left, top = (index % across) * width, (index // across) * height
        draw.text((left, top), title, font=font, fill="black")
        for column, pixels in enumerate(pictures):
            image = Image.fromarray(pixels)
            image.thumbnail((CELL_PX - 4, CELL_PX))
            sheet.paste(image, (left + column * CELL_PX, top + TITLE_PX))
    sheet.save(path)
