"""Tiny ONNX files, written by hand: networks of a known contract, right or with one fault, without the onnx library.

Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx); a file has one graph in opset 17.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Dims = Sequence[int | str]

_TYPES = {"float32": 1, "uint8": 2, "int64": 7}
_DTYPES = {np.dtype(name): number for name, number in _TYPES.items()}


@dataclass(frozen=True)
class Node:
    """One operation; attributes may be whole numbers, floats or lists of whole numbers."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, int | float | Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tensor:
    """An input or output: its type by numpy's name and its dimensions, a name for any length."""

    kind: str
    dims: Dims


def written(
    inputs: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    nodes: Sequence[Node],
    constants: Mapping[str, NDArray[np.generic]],
    notes: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a model."""
    graph = b"".join(_message(1, _node(node)) for node in nodes)
    graph += _text(2, "graph")
    graph += b"".join(_message(5, _constant(name, value)) for name, value in constants.items())
    graph += b"".join(_message(11, _value(name, tensor)) for name, tensor in inputs.items())
    graph += b"".join(_message(12, _value(name, tensor)) for name, tensor in outputs.items())
    model = _number(1, 8) + _message(7, graph) + _message(8, _number(2, 17))
    return model + b"".join(_message(14, _text(1, key) + _text(2, value)) for key, value in (notes or {}).items())


def inpainting(shade: float = 0.0, contract: str = "inpaint-residual-1") -> bytes:
    """A stand-in of the project's inpainting network: a residual of `shade` times the fill's own colour."""
    weights = np.zeros((3, 8, 1, 1), np.float32)
    weights[[0, 1, 2], [0, 1, 2]] = shade
    return _convolution(8, "residual", weights, contract)


def strokes(contract: str = "strokes-1") -> bytes:
    """A stand-in of the stroke network: dark pixels in the box are strokes."""
    # 1 - 2 x brightness, where the box says 1; at most 0 elsewhere.
    weights = np.array([-2 / 3, -2 / 3, -2 / 3, 1], np.float32).reshape(1, 4, 1, 1)
    return _convolution(4, "probability", weights, contract, clipped=True)


#: One thing about a stand-in that is wrong.
Fault = Literal["", "bgr", "range", "polarity", "size", "grey", "unknown operation"]


def lama(fault: Fault = "") -> bytes:
    """A stand-in of LaMa: float32 0..1, 1 in the mask means to fill; fills with the mean colour of all it keeps."""
    nodes, constants = _mean_fill("mask", fault)
    constants["scale"] = np.float32(1 if fault == "range" else 255)
    return _pair("float32", [*nodes, *_finished("filled", fault)], constants)


def migan(fault: Fault = "") -> bytes:
    """A stand-in of MI-GAN's pipeline: uint8, 0 in the mask means to fill, 255 to keep."""
    before = [
        Node("Cast", ("image",), ("levels",), {"to": 1}),
        Node("Cast", ("mask",), ("kept255",), {"to": 1}),
        Node("Div", ("kept255", "c255"), ("kept01",)),
        Node("Sub", ("c1", "kept01"), ("holes",)),
    ]
    nodes, constants = _mean_fill("holes", fault, image="levels")
    constants |= {"c255": np.float32(255), "scale": np.float32(1 / 255 if fault == "range" else 1)}
    after = [*_finished("filled", fault, output="float"), Node("Cast", ("float",), ("output",), {"to": 2})]
    return _pair("uint8", [*before, *nodes, *after], constants)


def _mean_fill(holes: str, fault: Fault, image: str = "image") -> tuple[list[Node], dict[str, NDArray[np.generic]]]:
    """Holes in the mean colour of the rest; `polarity` takes the rest for the holes."""
    kept = Node("Identity", (holes,), ("kept",)) if fault == "polarity" else Node("Sub", ("c1", holes), ("kept",))
    nodes = [
        kept,
        Node("Sub", ("c1", "kept"), ("gone",)),
        Node("Mul", (image, "kept"), ("seen",)),
        Node("ReduceSum", ("seen", "axes"), ("sum",), {"keepdims": 1}),
        Node("ReduceSum", ("kept", "axes"), ("count",), {"keepdims": 1}),
        Node("Add", ("count", "tiny"), ("some",)),
        Node("Div", ("sum", "some"), ("mean",)),
        Node("Mul", ("mean", "gone"), ("put",)),
        Node("Add", ("seen", "put"), ("filled",)),
    ]
    return nodes, {"c1": np.float32(1), "tiny": np.float32(1e-6), "axes": np.array([2, 3], np.int64)}


def _finished(made: str, fault: Fault, output: str = "output") -> list[Node]:
    """Scaled and, as the fault wants, in another order or another shape."""
    nodes = [Node("Mul", (made, "scale"), ("scaled",))]
    last = Node("Identity", ("scaled",), (output,))
    match fault:
        case "bgr":
            last = Node("Gather", ("scaled", "turned"), (output,), {"axis": 1})
        case "grey":
            last = Node("Mul", ("scaled", "dim"), (output,))
        case "size":
            last = Node("Slice", ("scaled", "from", "to"), (output,))
        case "unknown operation":
            last = Node("NoSuchOperation", ("scaled",), (output,))
        case _:
            pass
    return [*nodes, last]


def _pair(kind: str, nodes: list[Node], constants: Mapping[str, NDArray[np.generic]]) -> bytes:
    faulty: dict[str, NDArray[np.generic]] = {
        "turned": np.array([2, 1, 0], np.int64),
        "dim": np.array(0.3, np.float32),
        "from": np.array([0, 0, 0, 0], np.int64),
        "to": np.array([1, 3, 512, 256], np.int64),
    }
    used = {name for node in nodes for name in node.inputs}
    batch: int | str = "batch" if kind == "float32" else 1
    return written(
        {"image": Tensor(kind, (batch, 3, 512, 512)), "mask": Tensor(kind, (batch, 1, 512, 512))},
        {"output": Tensor(kind, ("b", "c", "h", "w"))},
        nodes,
        {name: np.asarray(value) for name, value in {**constants, **faulty}.items() if name in used},
    )


def _convolution(
    channels: int, output: str, weights: NDArray[np.float32], contract: str, *, clipped: bool = False
) -> bytes:
    constants: dict[str, NDArray[np.generic]] = {
        "weights": weights,
        "zero": np.zeros((), np.float32),
        "one": np.ones((), np.float32),
    }
    first = Node("Conv", ("input", "weights"), ("raw",), {"kernel_shape": (1, 1)})
    last = Node("Clip", ("raw", "zero", "one"), (output,)) if clipped else Node("Identity", ("raw",), (output,))
    return written(
        {"input": Tensor("float32", (1, channels, "H", "W"))},
        {output: Tensor("float32", (1, len(weights), "H", "W"))},
        [first, last],
        constants,
        {"cleanplate_contract": contract},
    )


def _node(node: Node) -> bytes:
    made = b"".join(_text(1, name) for name in node.inputs) + b"".join(_text(2, name) for name in node.outputs)
    made += _text(4, node.kind)
    return made + b"".join(_message(5, _attribute(name, value)) for name, value in node.attributes.items())


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    match value:
        case int():
            return _text(1, name) + _number(3, value) + _number(20, 2)
        case float():
            return _text(1, name) + _tag(2, 5) + struct.pack("<f", value) + _number(20, 1)
        case _:
            return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _constant(name: str, value: NDArray[np.generic]) -> bytes:
    made = b"".join(_number(1, length) for length in value.shape)
    return made + _number(2, _DTYPES[value.dtype]) + _text(8, name) + _message(9, value.tobytes())


def _value(name: str, tensor: Tensor) -> bytes:
    dims = b"".join(_message(1, _number(1, dim) if isinstance(dim, int) else _text(2, dim)) for dim in tensor.dims)
    return _text(1, name) + _message(2, _message(1, _number(1, _TYPES[tensor.kind]) + _message(2, dims)))


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value)


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, value: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    # Negative numbers take ten bytes, as two's complement.
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
