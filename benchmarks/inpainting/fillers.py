"""The engines that are compared, each a function from a crop and its holes to the filled crop."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference import server
from inference.kernels import filling, heavy, network, restoring
from infra.server_programs import Servers, cache_folder
from processors import engines, masks
from processors.pictures import Mask, Pixels

WEIGHTS = server.WEIGHTS / "inpaint.onnx"
#: Masked pixels of a picture's largest crop up to which the slow engines are asked; they take up to 80 us for each.
SLOW_MAX_PX = 20_000
SLOW = ("biharmonic", "fsr")

Filler = Callable[[Pixels, Mask], Pixels]


def fillers(weights: Path, lama: Path | None) -> dict[str, Filler]:
    """Every engine by name; `lama` only where its file is given."""
    own = restoring.Restorer(network.OpenVinoNetwork(weights.read_bytes()))
    found: dict[str, Filler] = {
        "telea": _classical("telea", 3),
        "ns": _classical("ns", 5),
        "biharmonic": _biharmonic(),
        "fsr": _classical("fsr", 1),
        "own": lambda crop, mask: own(crop, mask.astype(np.uint8)),
    }
    if lama is not None:
        found["lama"] = _heavy(lama)
    return found


def _classical(engine: str, radius_px: int) -> Filler:
    return lambda crop, mask: filling.fill(crop, mask.astype(np.uint8) * np.uint8(255), engine, radius_px)


def _biharmonic() -> Filler:
    # `make bench-inpaint` puts it there; behind the models' own libraries, so that these stay what they are.
    sys.path.append(str(Servers(cache_folder()).bench))
    from skimage.restoration import inpaint_biharmonic

    def fill(crop: Pixels, mask: Mask) -> Pixels:
        made = inpaint_biharmonic(crop, mask, channel_axis=2)
        return np.where(mask[..., np.newaxis], np.rint(np.clip(made, 0, 1) * 255).astype(np.uint8), crop)

    return fill


def _heavy(file: Path) -> Filler:
    """LaMa or MI-GAN as an operator adds them: squares of the crop, which show it less than the picture would."""
    net = heavy.PairNetwork(file.read_bytes())
    filler = heavy.HeavyFiller(net, net.convention)

    def fill(crop: Pixels, mask: Mask) -> Pixels:
        height, width = mask.shape
        pieces = masks.squares((0, 0, width, height), mask, engines.SQUARE_PX)
        filled = [filler(masks.cut(crop, one.window), masks.cut(mask, one.window).view(np.uint8)) for one in pieces]
        return masks.assemble(crop, mask, pieces, filled)

    return fill
