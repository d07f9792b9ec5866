"""Stickers: transparent pieces of picture that know which lines of text they carry, and how they are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from benchmarks.rendering.fonts import LOOSE, Face

Color = tuple[int, int, int]
#: One colour, or two from top to bottom.
Fill = Color | tuple[Color, Color]
#: (n, 2) points (x, y) in pixels
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text where it lies."""

    #: (4, 2) corners in pixels, clockwise from the text's top left
    corners: Points
    text: str
    script: str
    language: str
    #: 0..1
    opacity: float = 1.0
    #: "overlay" or "printed"; given when it is laid on a scene
    label: str = ""
    kind: str = ""

    @property
    def height_px(self) -> float:
        """Height of the ink, across the direction of reading."""
        left = np.linalg.norm(self.corners[3] - self.corners[0])
        right = np.linalg.norm(self.corners[2] - self.corners[1])
        return float((left + right) / 2)

    def moved(self, function: Callable[[Points], Points]) -> "Line":
        """Return the line with its corners sent through `function`."""
        return replace(self, corners=function(self.corners))


@dataclass(frozen=True, slots=True)
class Sticker:
    """An RGBA picture with the lines written on it, in its own pixels."""

    image: Image.Image
    lines: tuple[Line, ...] = ()

    @property
    def width(self) -> int:
        """Pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.image.height

    def faded(self, opacity: float) -> "Sticker":
        """Return it with `opacity`, 0..1, times its own."""
        image = self.image.copy()
        image.putalpha(image.getchannel("A").point([round(level * opacity) for level in range(256)]))
        return Sticker(image, tuple(replace(line, opacity=line.opacity * opacity) for line in self.lines))

    def turned(self, degrees: float) -> "Sticker":
        """Return it turned counter-clockwise about its middle, on a canvas that holds all of it."""
        if degrees % 90 == 0:
            image = self.image.rotate(degrees, Image.Resampling.NEAREST, expand=True)
        else:
            image = self.image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
        angle = np.deg2rad(degrees)
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        old = np.array([self.width / 2, self.height / 2])
        new = np.array([image.width / 2, image.height / 2])
        return Sticker(image, tuple(line.moved(lambda p: (p - old) @ matrix.T + new) for line in self.lines))

    def scaled(self, width: int, height: int) -> "Sticker":
        """Return it in another size."""
        factor = np.array([width / self.width, height / self.height])
        image = self.image.resize((width, height), Image.Resampling.LANCZOS)
        return Sticker(image, tuple(line.moved(lambda p: p * factor) for line in self.lines))

    def within(self, width: float, height: float) -> "Sticker":
        """Return it made smaller, where it has to be, to fit into the size in pixels."""
        factor = min(width / self.width, height / self.height, 1.0)
        if factor == 1.0:
            return self
        return self.scaled(max(1, round(self.width * factor)), max(1, round(self.height * factor)))

    def warped(self, quad: Sequence[tuple[float, float]], size: tuple[int, int]) -> "Sticker":
        """Return it on a canvas of `size` with its corners, clockwise from the top left, at `quad`."""
        source = np.array([[0, 0], [self.width, 0], [self.width, self.height], [0, self.height]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, np.array(quad, np.float32)).astype(np.float64)
        # Colours are weighed with their opacity, or the edges get the colour of what is transparent.
        warped = cv2.warpPerspective(_weighed(self.image), matrix, size, flags=cv2.INTER_AREA)
        mapped = tuple(line.moved(lambda p: _projected(p, matrix)) for line in self.lines)
        return Sticker(_unweighed(warped), mapped)

    def rolled(self, degrees: float) -> "Sticker":
        """Return it as seen on the front of an upright cylinder on which it covers `degrees` (< 180) of the round."""
        half = np.deg2rad(degrees) / 2
        radius = self.width / 2 / np.sin(half)
        columns = np.arange(self.width, dtype=np.float32) + 0.5 - self.width / 2
        source = np.arcsin(columns / radius) / half * self.width / 2 + self.width / 2 - 0.5
        across = np.broadcast_to(source.astype(np.float32), (self.height, self.width))
        down = np.broadcast_to(np.arange(self.height, dtype=np.float32)[:, None], (self.height, self.width))
        rolled = cv2.remap(
            _weighed(self.image), np.ascontiguousarray(across), np.ascontiguousarray(down), cv2.INTER_LINEAR
        )

        def forward(points: Points) -> Points:
            angle = (points[:, 0] - self.width / 2) / (self.width / 2) * half
            return np.stack([np.sin(angle) * radius + self.width / 2, points[:, 1]], axis=1)

        return Sticker(_unweighed(rolled), tuple(line.moved(forward) for line in self.lines))

    def rippled(self, shift: NDArray[np.float32]) -> "Sticker":
        """Return it drawn out of place by `shift`, (height, width, 2) pixels (x, y): as cloth draws its print."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        moved = cv2.remap(_weighed(self.image), x + shift[..., 0], y + shift[..., 1], cv2.INTER_LINEAR)

        def forward(points: Points) -> Points:
            columns = np.clip(points[:, 0].round().astype(int), 0, self.width - 1)
            rows = np.clip(points[:, 1].round().astype(int), 0, self.height - 1)
            # The inverse, to the first order: the shift is smooth.
            back: Points = points - shift[rows, columns].astype(np.float64)
            return back

        return Sticker(_unweighed(moved), tuple(line.moved(forward) for line in self.lines))

    def padded(self, pixels: int) -> "Sticker":
        """Return it with `pixels` of nothing on each side."""
        canvas = Image.new("RGBA", (self.width + 2 * pixels, self.height + 2 * pixels), (0, 0, 0, 0))
        canvas.paste(self.image, (pixels, pixels))
        return Sticker(canvas, tuple(line.moved(lambda p: p + pixels) for line in self.lines))

    def shaded(self, light: NDArray[np.float32]) -> "Sticker":
        """Return it with its colours times `light`, (height, width), 1.0 as it was."""
        pixels = np.asarray(self.image).copy()
        lit = pixels[..., :3].astype(np.float32) * cv2.resize(light, self.image.size)[..., None]
        pixels[..., :3] = np.clip(lit, 0, 255).astype(np.uint8)
        return Sticker(Image.fromarray(pixels), self.lines)


def _weighed(image: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(image).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels


def _unweighed(pixels: NDArray[Any]) -> Image.Image:
    pixels[..., :3] *= 255 / np.maximum(pixels[..., 3:], 1)
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def _projected(points: Points, matrix: NDArray[np.float64]) -> Points:
    mapped: Points = cv2.perspectiveTransform(points[None].astype(np.float64), matrix)[0].astype(np.float64)
    return mapped


# --- text ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Style:
    """How the ink of a line looks; lengths in parts of the em."""

    fill: Fill = (255, 255, 255)
    stroke: float = 0.0
    stroke_fill: Color = (0, 0, 0)
    #: (dx, dy, blur radius, opacity)
    shadow: tuple[float, float, float, float] | None = None
    #: (radius, colour)
    glow: tuple[float, Color] | None = None
    #: extra room between letters; only where the script bears it
    spacing: float = 0.0
    opacity: float = 1.0


def write(text: str, script: str, language: str, face: Face, size: int, style: Style) -> Sticker:
    """Return `text` on a sticker that its ink, outline, shadow and glow just fill."""
    size = max(6, size)
    font = face.sized(size)
    stroke = round(style.stroke * size)
    spacing = style.spacing * size if script in LOOSE else 0.0
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    width = right - left + spacing * (len(text) - 1)
    pad = _pad(style, size)
    canvas = (int(width) + 2 * pad + 2, int(bottom - top) + 2 * pad + 2)
    origin = (pad - left, pad - top)

    def ink(outline: int) -> Image.Image:
        mask = Image.new("L", canvas)
        draw = ImageDraw.Draw(mask)
        if not spacing:
            draw.text(origin, text, 255, font, stroke_width=outline)
            return mask
        x = float(origin[0])
        for letter in text:
            draw.text((x, origin[1]), letter, 255, font, stroke_width=outline)
            x += font.getlength(letter) + spacing
        return mask

    inner = ink(0)
    outer = ink(stroke) if stroke else inner
    box = outer.getbbox()
    if box is None:
        raise ValueError(f"no ink in {text!r} with {face.name}")
    image = Image.new("RGBA", canvas, (0, 0, 0, 0))
    if style.glow:
        radius, color = style.glow
        halo = outer.filter(ImageFilter.GaussianBlur(max(1.0, radius * size))).point(
            [min(255, round(v * 1.6)) for v in range(256)]
        )
        image.paste(Image.new("RGBA", canvas, (*color, 255)), mask=halo)
        image.putalpha(halo)
    if style.shadow:
        dx, dy, blur, strength = style.shadow
        cast = ImageChops.offset(outer, round(dx * size), round(dy * size))
        if blur:
            cast = cast.filter(ImageFilter.GaussianBlur(blur * size))
        image = Image.alpha_composite(image, _inked(cast.point([round(v * strength) for v in range(256)]), (0, 0, 0)))
    if stroke:
        image = Image.alpha_composite(image, _inked(outer, style.stroke_fill))
    image = Image.alpha_composite(image, _inked(inner, style.fill, box))
    line = Line(_corners(box), text, script, language)
    cropped = Sticker(image, (line,))
    return cropped.faded(style.opacity) if style.opacity < 1 else cropped


#: Marks that lie down in a column.
_LYING = "ー―〜…（）()-"


def column(text: str, script: str, language: str, face: Face, size: int, style: Style) -> Sticker:
    """Return `text` from top to bottom, a letter a row, as Chinese and Japanese captions and signs are set.

    Its one line has the corners of the upright column.
    """
    letters = [
        write(c, script, language, face, size, style).turned(-90 if c in _LYING else 0) for c in text if not c.isspace()
    ]
    advance = round(size * (1.08 + max(0.0, style.spacing)))
    width = max(letter.width for letter in letters)
    pad = _pad(style, size)
    image = Image.new("RGBA", (width, advance * len(letters) + 2 * pad + size // 4), (0, 0, 0, 0))
    for number, letter in enumerate(letters):
        image.alpha_composite(letter.image, ((width - letter.width) // 2, number * advance))
    box = (pad, pad, width - pad, min(image.height, (len(letters) - 1) * advance + letters[-1].height) - pad)
    line = Line(_corners(box), text, script, language, letters[0].lines[0].opacity)
    return Sticker(image, (line,))


def _pad(style: Style, size: int) -> int:
    pad = 1.0
    if style.shadow:
        dx, dy, blur, _ = style.shadow
        pad = max(pad, (max(abs(dx), abs(dy)) + 2 * blur) * size)
    if style.glow:
        pad = max(pad, max(1.0, style.glow[0] * size) * 2.5)
    return int(np.ceil(pad))


def _corners(box: tuple[int, int, int, int]) -> Points:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _inked(mask: Image.Image, fill: Fill, box: tuple[int, int, int, int] | None = None) -> Image.Image:
    image = _poured(mask.size, fill, box)
    image.putalpha(mask)
    return image


def _poured(size: tuple[int, int], fill: Fill, box: tuple[int, int, int, int] | None = None) -> Image.Image:
    if isinstance(fill[0], int):
        return Image.new("RGBA", size, (*fill, 255))
    upper, lower = np.array(fill, np.float64)
    top, bottom = (box[1], box[3]) if box else (0, size[1])
    ramp = np.clip((np.arange(size[1]) - top) / max(1, bottom - top), 0, 1)[:, None]
    rows = (upper * (1 - ramp) + lower * ramp).round().astype(np.uint8)
    return Image.fromarray(np.broadcast_to(rows[:, None], (size[1], size[0], 3)).copy()).convert("RGBA")


# --- shapes -------------------------------------------------------------------------------------------------------

Shape = Literal["rectangle", "rounded", "pill", "ellipse", "burst", "ribbon", "flag", "tag", "slant", "triangle"]


def shape(
    name: Shape, size: tuple[int, int], fill: Fill, *, border: Color | None = None, border_px: int = 0, points: int = 16
) -> Sticker:
    """Return a filled shape of `size` pixels with smooth edges; `points` of a burst."""
    zoom = 3
    big = (size[0] * zoom, size[1] * zoom)
    outer = _outline(name, big, 0, points).resize(size, Image.Resampling.BOX)
    if border is None or not border_px:
        return Sticker(_inked(outer, fill))
    inner = _outline(name, big, border_px * zoom, points).resize(size, Image.Resampling.BOX)
    return Sticker(Image.alpha_composite(_inked(outer, border), _inked(inner, fill)))


def _outline(name: Shape, size: tuple[int, int], inset: int, points: int) -> Image.Image:
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    x0, y0, x1, y1 = inset, inset, size[0] - 1 - inset, size[1] - 1 - inset
    if name == "rectangle":
        draw.rectangle((x0, y0, x1, y1), 255)
    elif name == "rounded":
        draw.rounded_rectangle((x0, y0, x1, y1), min(size) * 0.18, 255)
    elif name == "pill":
        draw.rounded_rectangle((x0, y0, x1, y1), (y1 - y0) / 2, 255)
    elif name == "ellipse":
        draw.ellipse((x0, y0, x1, y1), 255)
    elif name == "burst":
        draw.polygon(_star(points, (x0, y0, x1, y1)), 255)
    else:
        corners = _POLYGONS[name]
        draw.polygon([(x0 + u * (x1 - x0), y0 + v * (y1 - y0)) for u, v in corners], 255)
        if name == "tag":
            radius = (y1 - y0) * 0.07
            x, y = x0 + (x1 - x0) * 0.1, (y0 + y1) / 2
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return mask


_POLYGONS: dict[str, tuple[tuple[float, float], ...]] = {
    "ribbon": ((0, 0), (1, 0), (0.94, 0.5), (1, 1), (0, 1), (0.06, 0.5)),
    "flag": ((0, 0), (1, 0), (0.9, 0.5), (1, 1), (0, 1)),
    "tag": ((0.16, 0), (1, 0), (1, 1), (0.16, 1), (0, 0.5)),
    "slant": ((0.06, 0), (1, 0), (0.94, 1), (0, 1)),
    "triangle": ((0, 0), (1, 0), (0, 1)),
}


def _star(points: int, box: tuple[int, int, int, int]) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = box
    angles = np.arange(2 * points) * np.pi / points
    reach = np.where(np.arange(2 * points) % 2 == 0, 1.0, 0.86 if points > 10 else 0.72)
    return [
        (float((x0 + x1) / 2 + np.cos(a) * r * (x1 - x0) / 2), float((y0 + y1) / 2 + np.sin(a) * r * (y1 - y0) / 2))
        for a, r in zip(angles, reach, strict=True)
    ]


def bare(image: Image.Image) -> Sticker:
    """Return a picture as a sticker without lines."""
    return Sticker(image.convert("RGBA"))


# --- putting together ---------------------------------------------------------------------------------------------

Align = Literal["left", "center", "right"]


def over(ground: Sticker, top: Sticker, at: tuple[int, int]) -> Sticker:
    """Return `ground` with `top` on it, its upper left corner `at`; what reaches over the edge is cut off."""
    image = ground.image.copy()
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    layer.paste(top.image, at)
    offset = np.array(at, np.float64)
    return Sticker(
        Image.alpha_composite(image, layer),
        (*ground.lines, *(line.moved(lambda p: p + offset) for line in top.lines)),
    )


def centered(ground: Sticker, top: Sticker, dx: float = 0.0, dy: float = 0.0) -> Sticker:
    """Return `ground` with `top` in its middle, moved by parts of the ground's size."""
    x = (ground.width - top.width) / 2 + dx * ground.width
    y = (ground.height - top.height) / 2 + dy * ground.height
    return over(ground, top, (round(x), round(y)))


def stack(parts: Sequence[Sticker], gap: float = 0, align: Align = "center") -> Sticker:
    """Return `parts` one under the other with `gap` pixels between."""
    width = max(part.width for part in parts)
    height = sum(part.height for part in parts) + round(gap) * (len(parts) - 1)
    canvas = Sticker(Image.new("RGBA", (width, max(1, height)), (0, 0, 0, 0)))
    y = 0
    for part in parts:
        x = {"left": 0, "center": (width - part.width) // 2, "right": width - part.width}[align]
        canvas = over(canvas, part, (x, y))
        y += part.height + round(gap)
    return canvas


def row(parts: Sequence[Sticker], gap: float = 0) -> Sticker:
    """Return `parts` side by side with `gap` pixels between, their middles level."""
    height = max(part.height for part in parts)
    width = sum(part.width for part in parts) + round(gap) * (len(parts) - 1)
    canvas = Sticker(Image.new("RGBA", (width, height), (0, 0, 0, 0)))
    x = 0
    for part in parts:
        canvas = over(canvas, part, (x, (height - part.height) // 2))
        x += part.width + round(gap)
    return canvas


def topped(parts: Sequence[Sticker]) -> list[Sticker]:
    """Return `parts` on canvases as high as the highest, at their tops."""
    tallest = max(part.height for part in parts)
    return [over(bare(Image.new("RGBA", (part.width, tallest), (0, 0, 0, 0))), part, (0, 0)) for part in parts]


def plated(
    content: Sticker,
    name: Shape,
    fill: Fill,
    pad: tuple[float, float],
    *,
    opacity: float = 1.0,
    border: Color | None = None,
    border_px: int = 0,
) -> Sticker:
    """Return `content` on a shape that is wider by `pad` (x, y) pixels on each side."""
    size = (round(content.width + 2 * pad[0]), round(content.height + 2 * pad[1]))
    ground = shape(name, size, fill, border=border, border_px=border_px)
    return centered(ground.faded(opacity) if opacity < 1 else ground, content)


def shadowed(content: Sticker, offset: float, blur: float, opacity: float) -> Sticker:
    """Return `content` with a soft shadow below it; lengths in pixels."""
    pad = round(offset + 2 * blur) + 1
    size = (content.width + 2 * pad, content.height + 2 * pad)
    cast = Image.new("L", size)
    cast.paste(content.image.getchannel("A"), (pad, pad + round(offset)))
    cast = cast.filter(ImageFilter.GaussianBlur(blur)).point([round(v * opacity) for v in range(256)])
    return over(Sticker(_inked(cast, (0, 0, 0))), content, (pad, pad))
