"""Triton's side of inpainting: crop and mask in, filled crop out."""

import cv2
import triton_python_backend_utils as pb_utils
from kernels import contract, filling


class TritonPythonModel:
    """One process of the model; see kernels/filling.py for what it does."""

    def initialize(self, args: dict[str, str]) -> None:
        cv2.setNumThreads(1)
        contract.read(args["model_config"])

    def execute(self, requests: list) -> list:
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        crop, mask, engine, radius = (
            pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("crop", "mask", "engine", "radius")
        )
        wanted, radius_px = engine[0].decode(), int(radius[0])
        if not mask.size or crop.shape[:2] != mask.shape or wanted not in filling.ENGINES or not 1 <= radius_px <= 100:
            asked = f"crop {crop.shape}, mask {mask.shape}, engine {wanted!r}, radius {radius_px}"
            refusal = pb_utils.TritonError(asked, pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(error=refusal)
        filled = filling.fill(crop, mask, wanted, radius_px)
        return pb_utils.InferenceResponse([pb_utils.Tensor("filled", filled)])
