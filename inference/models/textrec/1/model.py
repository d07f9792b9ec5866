"""Triton's side of text recognition: crops in, strings out."""

from pathlib import Path

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from kernels import contract, network, recognition


class TritonPythonModel:
    """One process of the model; see kernels/recognition.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        promised = contract.read(args["model_config"])
        weights = contract.read_weights(Path(__file__).with_name("weights.onnx"), promised.weights_sha256)
        self._read = recognition.Recogniser(network.open_network(weights, promised))
        # The first call prepares the network and takes twice as long.
        self._read(np.zeros((recognition.HEIGHT_PX, 320, 3), np.uint8), np.array([320], np.int32))

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        strip = pb_utils.get_input_tensor_by_name(request, "strip").as_numpy()
        widths = pb_utils.get_input_tensor_by_name(request, "widths").as_numpy()
        if (widths < 1).any() or widths.sum(dtype=np.int64) != strip.shape[1]:
            refusal = pb_utils.TritonError("widths don't add up", pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        texts, scores = self._read(strip, widths)
        encoded = np.array([text.encode() for text in texts], np.object_)
        return pb_utils.InferenceResponse([pb_utils.Tensor("texts", encoded), pb_utils.Tensor("scores", scores)])
