"""The engines that are compared, each a function from a crop and its holes to the filled crop."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.inpainting import lama_file
from inference.kernels import filling, network, restoring
from infra.server_programs import Servers, cache_folder
from processors.pictures import Mask, Pixels

WEIGHTS = Path(__file__).parents[2] / "inference" / "weights" / "inpaint.onnx"
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
        found["lama"] = lama_file.opened(lama)
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
