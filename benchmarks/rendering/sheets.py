"""A contact sheet to look a set over with one's own eyes."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.rendering.sets import Rendered

_TILE = 256
_ACROSS = 8
_MOST = 120
_COLORS = {"overlay": (255, 0, 0), "printed": (0, 160, 0)}


class Sheet:
    """Collects small pictures with their lines outlined: overlay red, print green."""

    def __init__(self) -> None:
        self.tiles: list[Image.Image] = []

    def add(self, made: Rendered) -> None:
        """Take a picture onto the sheet while there is room."""
        if len(self.tiles) >= _MOST:
            return
        tile = made.scene.shown.copy()
        tile.thumbnail((_TILE - 4, _TILE - 4))
        factor = tile.width / made.scene.width
        draw = ImageDraw.Draw(tile)
        for line in made.scene.lines:
            draw.polygon([(x * factor, y * factor) for x, y in np.asarray(line.corners)], outline=_COLORS[line.label])
        self.tiles.append(tile)

    def save(self, path: Path) -> None:
        """Write the sheet."""
        rows = -(-len(self.tiles) // _ACROSS)
        sheet = Image.new("RGB", (_ACROSS * _TILE, rows * _TILE), (128, 128, 128))
        for number, tile in enumerate(self.tiles):
            sheet.paste(tile, (number % _ACROSS * _TILE, number // _ACROSS * _TILE))
        sheet.save(path)
