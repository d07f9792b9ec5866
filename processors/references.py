"""How near an edit comes to the truth, where one is known: rendered overlays, and pairs with their clean side.

Nothing here is asked of a live edit, whose truth nobody has; `quality` measures those.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.pictures import Mask, Pixels

_Plane = NDArray[np.float64]

#: Squared error, in levels, below which nothing is to be gained: files are rounded to whole levels.
_ERROR_MIN = 0.5
#: What FLIP takes a screen for: 0.7 m wide, 3840 pixels, seen from 0.7 m.
PIXELS_PER_DEGREE = 67.0206


@dataclass(frozen=True, slots=True)
class Reference:
    """One figure of an edit against its truth."""

    name: str
    #: the edit, the truth (h x w x 3 of 8 bits) and the mask (h x w, with at least one pixel)
    function: Callable[[Pixels, Pixels, Mask], float]
    unit: str
    lower_is_better: bool
    #: where it is defined
    source: str
    why: str


def psnr(edit: Pixels, truth: Pixels, mask: Mask) -> float:
    """Peak signal to noise over the masked pixels, all channels together; at most 51 dB."""
    error = float(((edit[mask].astype(np.float64) - truth[mask]) ** 2).mean())
    return 10.0 * float(np.log10(255.0**2 / max(error, _ERROR_MIN)))


def ssim(edit: Pixels, truth: Pixels, mask: Mask) -> float:
    """Structural similarity: the map is made over the crop, its mean taken over the masked pixels and the channels."""
    one, two = edit.astype(np.float64), truth.astype(np.float64)
    mean_one, mean_two = _window(one), _window(two)
    spread_one, spread_two = _window(one * one) - mean_one**2, _window(two * two) - mean_two**2
    shared = _window(one * two) - mean_one * mean_two
    steady, steadier = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_one * mean_two + steady) * (2 * shared + steadier)
    likeness /= (mean_one**2 + mean_two**2 + steady) * (spread_one + spread_two + steadier)
    return float(likeness[mask].mean())


def gmsd(edit: Pixels, truth: Pixels, mask: Mask) -> float:
    """Spread of the likeness of gradients over the whole crop, at half its size as the paper has it."""
    one, two = (_gradients(_halved(_luma(pixels))) for pixels in (edit, truth))
    steady = 170.0
    return float(((2 * one * two + steady) / (one**2 + two**2 + steady)).std())


def delta_e(edit: Pixels, truth: Pixels, mask: Mask) -> float:
    """Mean CIEDE2000 difference of the masked pixels."""
    return float(ciede2000(*(_lab(_xyz(_linear(pixels[mask]))) for pixels in (edit, truth))).mean())


def flip(edit: Pixels, truth: Pixels, mask: Mask) -> float:
    """Mean of the FLIP map over the masked pixels; the crop must show some surroundings, which the filters see."""
    return float(flip_map(edit, truth)[mask].mean())


#: A row per figure; adding one touches this place only.
REFERENCES: tuple[Reference, ...] = (
    Reference("psnr", psnr, "dB", False, "10 log10 of 255^2 over the mean square", "the figure that papers share"),
    Reference("ssim", ssim, "share", False, "Wang et al. 2004", "structure that is lost though the mean is right"),
    Reference(
        "delta_e", delta_e, "Delta E 2000", True, "Sharma et al. 2005", "a patch in another colour, as eyes see it"
    ),
    Reference("gmsd", gmsd, "spread", True, "Xue et al. 2014", "edges broken or invented; uneven damage shows most"),
    Reference("flip", flip, "share", True, "Andersson et al. 2020", "what flips when one alternates before and after"),
)


def compare(edit: Pixels, truth: Pixels, mask: Mask) -> dict[str, float]:
    """Return every figure of an edit by name; raises ValueError where shapes differ or nothing is masked."""
    if edit.shape != truth.shape or edit.shape[:2] != mask.shape or not mask.any():
        raise ValueError(f"cannot compare {edit.shape} with {truth.shape} under {mask.shape}, {int(mask.sum())} masked")
    return {row.name: row.function(edit, truth, mask) for row in REFERENCES}


# ------------------------------------------------------------------ colour


def _linear(pixels: Pixels) -> _Plane:
    """Return linear light, 0..1, from sRGB levels (IEC 61966-2-1)."""
    levels = np.arange(256) / 255.0
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(light[pixels])


#: Linear sRGB to CIE XYZ with the white of D65, exact; rows X, Y, Z.
_TO_XYZ = np.array(
    [
        [10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794],
        [2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897],
        [1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)


def _xyz(light: _Plane) -> _Plane:
    """Return XYZ as parts of the white's, last axis."""
    return np.asarray(light @ (_TO_XYZ / _WHITE[:, np.newaxis]).T)


def _lab(xyz: _Plane) -> _Plane:
    """Return CIE L*a*b* from XYZ as parts of the white's."""
    edge = 6 / 29
    root = np.where(xyz > edge**3, np.cbrt(xyz), xyz / (3 * edge**2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def ciede2000(one: _Plane, two: _Plane) -> _Plane:
    """Return the CIEDE2000 difference of L*a*b* colours (last axis), with its three weights at 1."""
    (light, chroma, hue), (light_two, chroma_two, hue_two) = _corrected(one, two)
    product = chroma * chroma_two
    turn = hue_two - hue
    turn = np.where(product == 0, 0.0, turn - 360.0 * np.sign(turn) * (np.abs(turn) > 180.0))
    d_light, d_chroma = light_two - light, chroma_two - chroma
    d_hue = 2.0 * np.sqrt(product) * np.sin(np.radians(turn / 2))
    mean_light, mean_chroma = (light + light_two) / 2, (chroma + chroma_two) / 2
    total = hue + hue_two
    far = np.abs(hue - hue_two) > 180.0
    mean_hue = np.where(far, np.where(total < 360.0, total + 360.0, total - 360.0), total) / 2
    mean_hue = np.where(product == 0, total, mean_hue)
    tone = (
        1.0
        - 0.17 * np.cos(np.radians(mean_hue - 30))
        + 0.24 * np.cos(np.radians(2 * mean_hue))
        + 0.32 * np.cos(np.radians(3 * mean_hue + 6))
        - 0.20 * np.cos(np.radians(4 * mean_hue - 63))
    )
    by_light = d_light / (1 + 0.015 * (mean_light - 50) ** 2 / np.sqrt(20 + (mean_light - 50) ** 2))
    by_chroma = d_chroma / (1 + 0.045 * mean_chroma)
    by_hue = d_hue / (1 + 0.015 * mean_chroma * tone)
    blue = 30.0 * np.exp(-(((mean_hue - 275) / 25) ** 2))
    rotated = -2.0 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)) * np.sin(np.radians(2 * blue))
    return np.asarray(np.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + rotated * by_chroma * by_hue))


def _corrected(one: _Plane, two: _Plane) -> list[tuple[_Plane, _Plane, _Plane]]:
    """Return lightness, chroma and hue in degrees of both, with the paper's correction of greys."""
    mean = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    found = []
    for lab in (one, two):
        a, b = lab[..., 1] * stretch, lab[..., 2]
        hue = np.where((a == 0) & (b == 0), 0.0, np.degrees(np.arctan2(b, a)) % 360.0)
        found.append((lab[..., 0], np.hypot(a, b), hue))
    return found


# ------------------------------------------------------------------ SSIM and GMSD


def _window(plane: _Plane) -> _Plane:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT), dtype=np.float64)


def _luma(pixels: Pixels) -> _Plane:
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def _halved(plane: _Plane) -> _Plane:
    """Every second pixel of the means of 2 x 2, as the paper's own code takes them; black outside."""
    kernel = np.full((2, 2), 0.25)
    mean = cv2.filter2D(plane, -1, kernel, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mean[::2, ::2], dtype=np.float64)


def _gradients(plane: _Plane) -> _Plane:
    """Length of the gradient by Prewitt's kernels; black outside."""
    step, mean = np.array([1.0, 0.0, -1.0]), np.full(3, 1 / 3)
    across = cv2.sepFilter2D(plane, -1, step, mean, borderType=cv2.BORDER_CONSTANT)
    down = cv2.sepFilter2D(plane, -1, mean, step, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.hypot(across, down))


# ------------------------------------------------------------------ FLIP


def flip_map(edit: Pixels, truth: Pixels) -> _Plane:
    """Return the FLIP difference of every pixel, 0..1 (LDR-FLIP; the names of the constants are the paper's)."""
    one, two = (_xyz(_linear(pixels)) for pixels in (edit, truth))
    # Exponents and the border between small and large colour differences.
    q_c, p_c, p_t, q_f = 0.7, 0.4, 0.95, 0.5
    colour = _hyab(_seen(one), _seen(two)) ** q_c
    green, blue = (_hunt(_lab(_xyz(np.array([[light]])))) for light in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    most = float(_hyab(green, blue)[0, 0]) ** q_c
    border = p_c * most
    colour = np.where(colour < border, p_t / border * colour, p_t + (colour - border) / (most - border) * (1 - p_t))
    parts = zip(_features(one), _features(two), strict=True)
    feature = (np.maximum(*(np.abs(first - second) for first, second in parts)) / np.sqrt(2.0)) ** q_f
    return np.asarray(colour ** (1.0 - feature))


def _opponent(xyz: _Plane) -> _Plane:
    """Return YCxCz from XYZ as parts of the white's: lightness, red to green, blue to yellow."""
    x, y, z = np.moveaxis(xyz, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def _seen(xyz: _Plane) -> _Plane:
    """What an eye resolves at that distance, in L*a*b* by Hunt: each opponent channel through its sensitivity."""
    # Height and width (in degrees squared) of the Gaussians of each channel; only the last has two.
    sensitivities = (((1.0, 0.0047),), ((1.0, 0.0053),), ((34.1, 0.04), (13.5, 0.025)))
    reach = int(np.ceil(3 * np.sqrt(0.04 / (2 * np.pi**2)) * PIXELS_PER_DEGREE))
    degrees = np.arange(-reach, reach + 1) / PIXELS_PER_DEGREE
    channels = []
    for channel, gaussians in zip(np.moveaxis(_opponent(xyz), -1, 0), sensitivities, strict=True):
        waves = [(a * np.pi / b, np.exp(-(np.pi**2) * degrees**2 / b)) for a, b in gaussians]
        total = sum(height * wave.sum() ** 2 for height, wave in waves)
        channels.append(sum(height / total * _filtered(channel, wave, wave) for height, wave in waves))
    y = (np.asarray(channels[0]) + 16) / 116
    xyz = np.stack((y + channels[1] / 500, y, y - channels[2] / 200), axis=-1)
    to_light = np.linalg.inv(_TO_XYZ / _WHITE[:, np.newaxis]).T
    return _hunt(_lab(_xyz(np.clip(xyz @ to_light, 0.0, 1.0))))


def _hunt(lab: _Plane) -> _Plane:
    """Colours count less in the dark."""
    light = lab[..., :1]
    return np.concatenate((light, 0.01 * light * lab[..., 1:]), axis=-1)


def _hyab(one: _Plane, two: _Plane) -> _Plane:
    apart = one - two
    return np.asarray(np.abs(apart[..., 0]) + np.hypot(apart[..., 1], apart[..., 2]))


def _features(xyz: _Plane) -> tuple[_Plane, _Plane]:
    """Strength of edges and of points, as wide as an eye finds them."""
    spread = 0.5 * 0.082 * PIXELS_PER_DEGREE
    at = np.arange(-int(np.ceil(3 * spread)), int(np.ceil(3 * spread)) + 1).astype(np.float64)
    smooth = np.exp(-(at**2) / (2 * spread**2))
    edge, point = _evened(-at * smooth), _evened((at**2 / spread**2 - 1) * smooth)
    even = np.asarray(smooth / smooth.sum())
    bright = np.ascontiguousarray(xyz[..., 1])
    across_edge, down_edge = _filtered(bright, edge, even), _filtered(bright, even, edge)
    across_point, down_point = _filtered(bright, point, even), _filtered(bright, even, point)
    return np.asarray(np.hypot(across_edge, down_edge)), np.asarray(np.hypot(across_point, down_point))


def _evened(kernel: _Plane) -> _Plane:
    """Weights above zero sum to 1, those below to -1."""
    return np.asarray(np.where(kernel > 0, kernel / kernel[kernel > 0].sum(), -kernel / kernel[kernel < 0].sum()))


def _filtered(plane: _Plane, across: _Plane, down: _Plane) -> _Plane:
    plane = np.ascontiguousarray(plane)
    return np.asarray(cv2.sepFilter2D(plane, -1, across, down, borderType=cv2.BORDER_REPLICATE), dtype=np.float64)
