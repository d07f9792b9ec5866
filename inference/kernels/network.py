"""A network from an ONNX file, its engine and precision pinned."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .contract import Contract, ContractError

Batch = NDArray[np.float32]


class Network(Protocol):
    """A network with one input and one output, both float32."""

    def __call__(self, batch: Batch) -> Batch:
        """Run one batch (n x 3 x h x w); the result is valid until the next call."""

    def note(self, key: str) -> str:
        """Return a text that the ONNX file carries about itself."""


def open_network(weights: bytes, contract: Contract) -> Network:
    """Build the network on the engine of the contract; raises ContractError if that is not what would run."""
    if contract.precision != "f32":
        raise ContractError(f"precision {contract.precision} is not supported")
    if contract.engine == "openvino":
        return OpenVinoNetwork(weights)
    if contract.engine == "onnxruntime-gpu":
        return CudaNetwork(weights)
    raise ContractError(f"engine {contract.engine} is not supported")


class OpenVinoNetwork:
    """A network on one CPU core, with the same bytes out for the same bytes in."""

    def __init__(self, weights: bytes) -> None:
        import openvino

        core = openvino.Core()
        self._model = core.read_model(weights)
        compiled = core.compile_model(
            self._model,
            "CPU",
            {
                # The default precision is bf16 on recent processors: slower here, and boxes move.
                "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": 1,
                "NUM_STREAMS": 1,
                # Pinned, two processes would share one core.
                "ENABLE_CPU_PINNING": False,
            },
        )
        if compiled.get_property("INFERENCE_PRECISION_HINT") != openvino.Type.f32:
            raise ContractError("openvino does not run in float32")
        self._request = compiled.create_infer_request()

    def __call__(self, batch: Batch) -> Batch:
        self._request.infer({0: batch}, share_inputs=True)
        result: Batch = self._request.get_output_tensor(0).data
        return result

    def note(self, key: str) -> str:
        return str(self._model.get_rt_info(["framework", key]).value)


class CudaNetwork:
    """A network on an NVIDIA GPU; its bytes depend on the GPU model, so only stored patches are replayed exactly."""

    def __init__(self, weights: bytes) -> None:
        import onnxruntime  # type: ignore[import-not-found]  # only in the container with a GPU

        pinned = {"cudnn_conv_algo_search": "DEFAULT", "use_tf32": "0"}
        self._session = onnxruntime.InferenceSession(weights, providers=[("CUDAExecutionProvider", pinned)])
        # onnxruntime falls back to the CPU with no more than a line in the log.
        if "CUDAExecutionProvider" not in self._session.get_providers():
            raise ContractError("onnxruntime does not run on the GPU")
        self._input = self._session.get_inputs()[0].name

    def __call__(self, batch: Batch) -> Batch:
        result: Batch = self._session.run(None, {self._input: batch})[0]
        return result

    def note(self, key: str) -> str:
        return str(self._session.get_modelmeta().custom_metadata_map[key])
