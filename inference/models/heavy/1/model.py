"""Triton's side of an inpainting network that an operator added: crop and mask in, filled crop out."""

import json
from pathlib import Path

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from kernels import contract, heavy, libraries


class TritonPythonModel:
    """One process of the model; see kernels/heavy.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        libraries.check(args["model_config"])
        promised = contract.read(args["model_config"])
        weights = contract.read_weights(Path(__file__).with_name("weights.onnx"), promised.weights_sha256)
        convention = json.loads(args["model_config"])["parameters"]["convention"]["string_value"]
        self._fill = heavy.HeavyFiller(heavy.PairNetwork(weights), convention)
        # The first call prepares the network and takes twice as long.
        self._fill(np.zeros((heavy.SIDE_PX, heavy.SIDE_PX, 3), np.uint8), np.zeros((heavy.SIDE_PX,) * 2, np.uint8))

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        crop = pb_utils.get_input_tensor_by_name(request, "crop").as_numpy()
        mask = pb_utils.get_input_tensor_by_name(request, "mask").as_numpy()
        if not mask.size or crop.shape[:2] != mask.shape or max(mask.shape) > heavy.SIDE_PX:
            refusal = pb_utils.TritonError(f"crop {crop.shape}, mask {mask.shape}", pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        return pb_utils.InferenceResponse([pb_utils.Tensor("filled", self._fill(crop, mask))])
