"""Triton's side of inpainting: crop and mask in, filled crop out."""

from pathlib import Path

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from kernels import contract, filling, libraries, network, restoring

ENGINES = (*filling.ENGINES, "own")


class TritonPythonModel:
    """One process of the model; see kernels/filling.py and kernels/restoring.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        libraries.check(args["model_config"])
        promised = contract.read(args["model_config"])
        weights = contract.read_weights(Path(__file__).with_name("weights.onnx"), promised.weights_sha256)
        self._own = restoring.Restorer(network.open_network(weights, promised))
        # The first call prepares the network and takes twice as long.
        self._own(np.zeros((208, 640, 3), np.uint8), np.ones((208, 640), np.uint8))

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        crop, mask, engine, radius = (
            pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("crop", "mask", "engine", "radius")
        )
        wanted, radius_px = engine[0].decode(), int(radius[0])
        if not mask.size or crop.shape[:2] != mask.shape or wanted not in ENGINES or not 1 <= radius_px <= 100:
            asked = f"crop {crop.shape}, mask {mask.shape}, engine {wanted!r}, radius {radius_px}"
            refusal = pb_utils.TritonError(asked, pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        filled = self._own(crop, mask) if wanted == "own" else filling.fill(crop, mask, wanted, radius_px)
        return pb_utils.InferenceResponse([pb_utils.Tensor("filled", filled)])
