"""A picture in the making: as it is without overlays, as it is with them, and the lines of both."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.rendering.stickers import Line, Sticker

#: A pixel counts as overlay where a channel differs by more than this many levels of 255: less, nobody sees.
VISIBLE_LEVELS = 9

#: Of a line less than this part inside the picture: not a line to be found any more.
_INSIDE = 0.6

Label = Literal["none", "printed", "overlay", "mixed"]

#: (left, top, right, bottom) in pixels
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Scene:
    """Two pictures of one size, RGB, and the lines laid on them."""

    clean: Image.Image
    shown: Image.Image
    lines: list[Line] = field(default_factory=list)
    #: where overlays lie
    taken: list[Box] = field(default_factory=list)

    @classmethod
    def of(cls, image: Image.Image) -> "Scene":
        """Begin with a picture without overlays."""
        return cls(image, image.copy())

    @property
    def width(self) -> int:
        """Pixels."""
        return self.clean.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.clean.height

    @property
    def short(self) -> int:
        """The shorter side in pixels: what shops choose sizes by."""
        return min(self.clean.size)

    def print(self, sticker: Sticker, at: tuple[float, float], kind: str) -> None:
        """Lay a part of the product: it is in the clean picture too."""
        where = round(at[0]), round(at[1])
        self.clean.paste(sticker.image, where, sticker.image)
        self.shown.paste(sticker.image, where, sticker.image)
        self._keep(sticker, where, "printed", kind)

    def overlay(self, sticker: Sticker, at: tuple[float, float], kind: str) -> None:
        """Lay something over the picture as it is."""
        where = round(at[0]), round(at[1])
        self.shown.paste(sticker.image, where, sticker.image)
        self._keep(sticker, where, "overlay", kind)
        self.taken.append(_box(sticker, at))

    def free(self, sticker: Sticker, at: tuple[float, float]) -> bool:
        """Tell whether no overlay lies where `sticker` would, but for a touch."""
        left, top, right, bottom = _box(sticker, at)
        touch = self.short * 0.01
        return all(
            right - touch < x0 or x1 < left + touch or bottom - touch < y0 or y1 < top + touch
            for x0, y0, x1, y1 in self.taken
        )

    def _keep(self, sticker: Sticker, at: tuple[int, int], label: str, kind: str) -> None:
        offset = np.array(at, np.float64)
        self.lines += [
            replace(line, corners=line.corners + offset, label=label, kind=line.kind or kind) for line in sticker.lines
        ]

    def resized(self, width: int, height: int) -> "Scene":
        """Return it in another size, as a shop that scales its pictures after the designer did them."""
        factor = np.array([width / self.width, height / self.height])
        return replace(
            self,
            clean=self.clean.resize((width, height), Image.Resampling.LANCZOS),
            shown=self.shown.resize((width, height), Image.Resampling.LANCZOS),
            lines=[line.moved(lambda p: p * factor) for line in self.lines],
        )

    def mask(self) -> NDArray[np.uint8]:
        """Return (height, width), 255 where an overlay changed the picture visibly, else 0."""
        before = np.asarray(self.clean).astype(np.int16)
        after = np.asarray(self.shown).astype(np.int16)
        return np.where(np.abs(after - before).max(axis=2) > VISIBLE_LEVELS, np.uint8(255), np.uint8(0))

    def settled(self) -> "Scene":
        """Return it with the lines that can be found: inside the picture, and visible where they are overlays."""
        mask = self.mask()
        kept = []
        for line in self.lines:
            clipped = np.clip(line.corners, 0, (self.width, self.height))
            if _area(clipped) < _INSIDE * _area(line.corners) or line.height_px < 4:
                continue
            if line.label == "overlay" and not _inked(mask, clipped):
                continue
            kept.append(replace(line, corners=clipped))
        return replace(self, lines=kept)

    def label(self) -> Label:
        """Return what the lines make the picture."""
        labels = {line.label for line in self.lines}
        if labels == {"overlay", "printed"}:
            return "mixed"
        if labels == {"overlay"}:
            return "overlay"
        return "printed" if labels else "none"

    def tone(self, box: Box) -> float:
        """Return the mean brightness, 0..255, inside `box`."""
        return float(self._small(box).mean())

    def busy(self, box: Box) -> float:
        """Return how restless it is inside `box`: the spread of the brightness, 0..127."""
        return float(self._small(box).std())

    def _small(self, box: Box) -> NDArray[np.uint8]:
        left = min(max(0, int(box[0])), self.width - 1)
        top = min(max(0, int(box[1])), self.height - 1)
        right = max(left + 1, min(self.width, int(box[2])))
        bottom = max(top + 1, min(self.height, int(box[3])))
        part = self.shown.crop((left, top, right, bottom)).convert("L")
        return np.asarray(part.resize((16, 16), Image.Resampling.BOX))

    def quiet_side(self) -> str:
        """Return the side with the least detail, "left", "right", "top" or "bottom": there designers put words."""
        small = np.asarray(self.shown.convert("L").resize((48, 48), Image.Resampling.BOX)).astype(np.float32)
        detail = np.abs(np.diff(small, axis=1))[:47] + np.abs(np.diff(small, axis=0))[:, :47]
        sides = {"left": detail[:, :20], "right": detail[:, 27:], "top": detail[:16], "bottom": detail[31:]}
        return min(sides, key=lambda side: (float(sides[side].mean()), side))


def _box(sticker: Sticker, at: tuple[float, float]) -> Box:
    return at[0], at[1], at[0] + sticker.width, at[1] + sticker.height


def _area(corners: NDArray[np.float64]) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _inked(mask: NDArray[np.uint8], corners: NDArray[np.float64]) -> bool:
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    part = mask[top:bottom, left:right]
    return part.size > 0 and float((part > 0).mean()) > 0.01
