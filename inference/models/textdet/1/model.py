"""Triton's side of text detection: tensors in, boxes out."""

from pathlib import Path

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from kernels import contract, detection, network


class TritonPythonModel:
    """One process of the model; see kernels/detection.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        promised = contract.read(args["model_config"])
        weights = contract.read_weights(Path(__file__).with_name("weights.onnx"), promised.weights_sha256)
        self._detect = detection.Detector(network.open_network(weights, promised))
        # The first call prepares the network and takes twice as long.
        self._detect(np.zeros((736, 960, 3), np.uint8))

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        picture = pb_utils.get_input_tensor_by_name(request, "picture").as_numpy()
        height, width = picture.shape[:2]
        if not height or not width or height % detection.STEP_PX or width % detection.STEP_PX:
            refusal = pb_utils.TritonError(f"picture is {width} x {height}", pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        boxes, scores = self._detect(picture)
        outputs = {"boxes": boxes, "scores": scores}
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor(name, np.ascontiguousarray(array)) for name, array in outputs.items()]
        )
