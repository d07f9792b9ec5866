"""A model that goes wrong on request: one branch for each way that a served model was seen to fail."""

import os
import time

import numpy as np
import triton_python_backend_utils as pb_utils

RIGHT = np.array([1, 2], np.float32)


class TritonPythonModel:
    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        fault = pb_utils.get_input_tensor_by_name(request, "fault").as_numpy()[0].decode()
        time.sleep(float(pb_utils.get_input_tensor_by_name(request, "seconds").as_numpy()[0]))
        if fault == "raise":
            raise RuntimeError("as asked")
        if fault == "die":
            os._exit(1)
        if fault == "refuse":
            return pb_utils.InferenceResponse(error=pb_utils.TritonError("as asked", pb_utils.TritonError.INVALID_ARG))
        if fault == "no response":
            return None
        outputs = {
            "none": [pb_utils.Tensor("answer", RIGHT)],
            "wrong value": [pb_utils.Tensor("answer", RIGHT + 1)],
            "wrong rank": [pb_utils.Tensor("answer", RIGHT[np.newaxis])],
            "wrong length": [pb_utils.Tensor("answer", np.zeros(3, np.float32))],
            "wrong type": [pb_utils.Tensor("answer", RIGHT.astype(np.int32))],
            "wrong name": [pb_utils.Tensor("reply", RIGHT)],
            "no output": [],
        }
        return pb_utils.InferenceResponse(outputs[fault])
