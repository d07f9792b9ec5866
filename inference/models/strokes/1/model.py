"""Triton's side of the stroke network: a line's crop and box in, a probability for each pixel out."""

from pathlib import Path

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from kernels import contract, libraries, network, stroking


class TritonPythonModel:
    """One process of the model; see kernels/stroking.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        libraries.check(args["model_config"])
        promised = contract.read(args["model_config"])
        weights = contract.read_weights(Path(__file__).with_name("weights.onnx"), promised.weights_sha256)
        self._find = stroking.StrokeFinder(network.open_network(weights, promised))
        # The first call prepares the network and takes twice as long.
        self._find(np.zeros((96, 400, 3), np.uint8), np.ones((96, 400), np.uint8))

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        crop = pb_utils.get_input_tensor_by_name(request, "crop").as_numpy()
        box = pb_utils.get_input_tensor_by_name(request, "box").as_numpy()
        if not box.size or crop.shape[:2] != box.shape:
            refusal = pb_utils.TritonError(f"crop {crop.shape}, box {box.shape}", pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        return pb_utils.InferenceResponse([pb_utils.Tensor("probability", self._find(crop, box))])
