"""Replies are checked before anybody uses them, failures are told apart, and errors can be copied."""

import copy
from typing import Any

import numpy as np
import pytest
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException, serialize_byte_tensor

from inference import contracts
from inference.contracts import Model, Output, WrongReplyError
from inference.triton import Fault, fault_of
from processors.errors import ServiceUnavailableError

MODEL = Model(
    "m",
    "1",
    (Output("boxes", np.dtype(np.float32), (None, 2)), Output("texts", np.dtype(np.object_), (None,))),
    {},
    lambda reply: True,
)


def response(**changed: Any) -> Any:
    """A right reply of MODEL with something changed: `boxes=(datatype, shape, bytes)` or None to leave it out."""
    texts = serialize_byte_tensor(np.array([b"a", "\u4e2d".encode()], np.object_)).item()
    outputs = {
        "boxes": ("FP32", (2, 2), np.arange(4, dtype=np.float32).tobytes()),
        "texts": ("BYTES", (2,), texts),
    } | {name: value for name, value in changed.items() if name in ("boxes", "texts")}
    made = service_pb2.ModelInferResponse(
        model_name=changed.get("model", "m"), model_version=changed.get("version", "1")
    )
    for name, value in outputs.items():
        if value is not None:
            datatype, shape, raw = value
            made.outputs.add(name=name, datatype=datatype, shape=shape)
            made.raw_output_contents.append(raw)
    return made


def test_a_right_reply_becomes_arrays() -> None:
    arrays = contracts.arrays_of(response(), MODEL)
    assert arrays["boxes"].tolist() == [[0, 1], [2, 3]]
    assert list(arrays["texts"]) == ["a", "中"]


def test_nothing_found_is_a_right_reply() -> None:
    arrays = contracts.arrays_of(response(boxes=("FP32", (0, 2), b""), texts=("BYTES", (0,), b"")), MODEL)
    assert arrays["boxes"].shape == (0, 2)
    assert arrays["texts"].shape == (0,)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"model": "other"}, id="another model"),
        pytest.param({"version": "2"}, id="another version"),
        pytest.param({"boxes": None}, id="output missing"),
        pytest.param({"boxes": ("FP64", (2, 2), b"\0" * 32)}, id="wrong type"),
        pytest.param({"boxes": ("FP32", (4,), b"\0" * 16)}, id="wrong rank"),
        pytest.param({"boxes": ("FP32", (1, 4), b"\0" * 16)}, id="wrong length of an axis"),
        pytest.param({"boxes": ("FP32", (-2, 2), b"\0" * 16)}, id="negative length"),
        pytest.param({"boxes": ("FP32", (2, 2), b"")}, id="right shape but no bytes"),
        pytest.param({"boxes": ("FP32", (2, 2), b"\0" * 20)}, id="too many bytes"),
        pytest.param({"texts": ("BYTES", (3,), b"")}, id="too few strings"),
        pytest.param({"texts": ("BYTES", (1,), b"\xff\0\0\0a")}, id="a string cut short"),
        pytest.param({"texts": ("BYTES", (1,), b"\x02")}, id="a length cut short"),
        pytest.param({"texts": ("BYTES", (1,), b"\x01\0\0\0\xff")}, id="not UTF-8"),
    ],
)
def test_any_other_reply_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(WrongReplyError):
        contracts.arrays_of(response(**changed), MODEL)


def test_a_wrong_reply_counts_as_a_service_that_is_not_there_and_can_be_copied() -> None:
    error = copy.copy(WrongReplyError("m", "boxes missing"))
    assert isinstance(error, ServiceUnavailableError)
    assert (error.service, str(error)) == ("triton", "triton unavailable: wrong reply of m: boxes missing")


@pytest.mark.parametrize(
    ("status", "message", "fault"),
    [
        ("UNAVAILABLE", "failed to connect to all addresses", Fault.AWAY),
        ("UNAVAILABLE", "Exceeds maximum queue size", Fault.AWAY),
        ("UNAVAILABLE", "This protocol is restricted, expecting header 'triton-grpc-protocol-admin'", Fault.BUG),
        ("UNAVAILABLE", "Request for unknown model: 'm' version 1 is not at ready state", Fault.ABSENT),
        ("NOT_FOUND", "Request for unknown model: 'm' has no available versions", Fault.ABSENT),
        ("NOT_FOUND", "Request for unknown model: 'm' is not found", Fault.AWAY),
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", Fault.LATE),
        ("INTERNAL", "Stub process 'm_0_0' is not healthy.", Fault.DEAD),
        ("INTERNAL", "Failed to increase the shared memory pool size for key", Fault.AWAY),
        ("INTERNAL", "Failed to process the request(s): cv2.error", Fault.RAISED),
        ("INVALID_ARGUMENT", "unexpected shape", Fault.BUG),
        ("RESOURCE_EXHAUSTED", "Sent message larger than max", Fault.BUG),
    ],
)
def test_each_failure_has_its_class(status: str, message: str, fault: Fault) -> None:
    assert fault_of(InferenceServerException(message, f"StatusCode.{status}")) is fault


def test_a_failure_on_our_side_is_a_bug() -> None:
    assert fault_of(InferenceServerException("got unexpected datatype")) is Fault.BUG


@pytest.mark.parametrize("model", contracts.MODELS, ids=lambda model: model.name)
def test_each_model_has_a_question_of_types_that_triton_knows(model: Model) -> None:
    assert model.question
    assert all(array.dtype in contracts.DATATYPES for array in model.question.values())
