"""LaMa as an operator supplies it: `image` and `mask` of 512 x 512 in, `output` of 0..255 out (Carve/LaMa-ONNX)."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from processors.pictures import Mask, Pixels

SIDE_PX = 512


def opened(path: Path) -> Callable[[Pixels, Mask], Pixels]:
    """Return the network on one core; it fills the holes of a crop of any size."""
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    model = core.read_model(path)
    model.reshape({"image": [1, 3, SIDE_PX, SIDE_PX], "mask": [1, 1, SIDE_PX, SIDE_PX]})
    request = core.compile_model(model, "CPU", settings).create_infer_request()

    def fill(crop: Pixels, mask: Mask) -> Pixels:
        """A crop larger than the network sees is shrunk for it, a smaller one is filled up with its mirror image."""
        height, width = mask.shape
        factor = min(1.0, SIDE_PX / max(height, width))
        size = max(1, round(width * factor)), max(1, round(height * factor))
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        # Any pixel that is part hole is hole: the network takes 0 and 1 alone.
        hole = (cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0).astype(np.float32)
        below, right = SIDE_PX - size[1], SIDE_PX - size[0]
        image = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_REFLECT_101)
        holes = cv2.copyMakeBorder(hole, 0, below, 0, right, cv2.BORDER_REFLECT_101)
        request.infer(
            {
                "image": image.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255,
                "mask": holes[np.newaxis, np.newaxis],
            }
        )
        made = request.get_tensor("output").data[0].transpose(1, 2, 0)[: size[1], : size[0]]
        levels = np.rint(np.clip(made, 0, 255)).astype(np.uint8)
        if factor < 1:
            levels = cv2.resize(levels, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.where(mask[..., np.newaxis], levels, crop)

    return fill
