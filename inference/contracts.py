"""What each model answers, as checked on every reply, and one question per model whose answer is known."""

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.utils import deserialize_bytes_tensor

from processors.errors import ServiceUnavailableError

Arrays = Mapping[str, NDArray[Any]]

#: Triton's names of the types that our models use
DATATYPES: dict[np.dtype[Any], str] = {
    np.dtype(np.uint8): "UINT8",
    np.dtype(np.int32): "INT32",
    np.dtype(np.float32): "FP32",
    np.dtype(np.object_): "BYTES",
}


class WrongReplyError(ServiceUnavailableError):
    """The model answered, but not as its contract says: a wrong or broken model is being served.

    Every picture would meet the same, so this counts as a service that is not there.
    """

    def __init__(self, model: str, detail: str = "") -> None:
        super().__init__("triton", f"wrong reply of {model}: {detail}")
        self.model = model
        self.fault = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.model, self.fault)


@dataclass(frozen=True, slots=True)
class Output:
    """One tensor of a reply; None in the shape stands for any length."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the client wants it: name, version, replies, and a question that tells whether it works."""

    name: str
    version: str
    outputs: tuple[Output, ...]
    question: Arrays
    #: whether a reply to the question is right
    is_right: Callable[[Arrays], bool]
    #: what the answer to the question may take at least, in seconds
    patience_s: float = 0.0


def arrays_of(response: Any, model: Model) -> Arrays:
    """Read a ModelInferResponse; raises WrongReplyError unless it is what the model promises.

    Triton checks neither names nor types nor shapes of what a Python model returns. Values are not checked.
    """
    if (response.model_name, response.model_version) != (model.name, model.version):
        raise WrongReplyError(model.name, f"from {response.model_name} version {response.model_version}")
    found = {each.name: (each, raw) for each, raw in zip(response.outputs, response.raw_output_contents, strict=False)}
    missing = [output.name for output in model.outputs if output.name not in found]
    if missing:
        raise WrongReplyError(model.name, f"without {', '.join(missing)}")
    return {output.name: _array(*found[output.name], output, model.name) for output in model.outputs}


def _array(tensor: Any, raw: bytes, output: Output, model: str) -> NDArray[Any]:
    shape = tuple(tensor.shape)
    fits = len(shape) == len(output.shape) and all(
        length >= 0 and wanted in (None, length) for length, wanted in zip(shape, output.shape, strict=True)
    )
    if not fits or tensor.datatype != DATATYPES[output.dtype]:
        raise WrongReplyError(model, f"{output.name} is {tensor.datatype} {shape}")
    if output.dtype == np.object_:
        return _strings(raw, shape, output, model)
    if len(raw) != math.prod(shape) * output.dtype.itemsize:
        raise WrongReplyError(model, f"{output.name} {shape} has {len(raw)} bytes")
    return np.frombuffer(raw, output.dtype).reshape(shape)


def _strings(raw: bytes, shape: tuple[int, ...], output: Output, model: str) -> NDArray[Any]:
    try:
        return np.array([each.decode() for each in deserialize_bytes_tensor(raw)], np.object_).reshape(shape)
    except (ValueError, struct.error) as failure:
        raise WrongReplyError(model, f"{output.name} {shape} is no list of strings: {failure}") from failure


_WORD = """
.####.#.....#####..###..#...#
#.....#.....#.....#...#.##..#
#.....#.....#.....#...#.#.#.#
#.....#.....####..#####.#.#.#
#.....#.....#.....#...#.#.#.#
#.....#.....#.....#...#.#..##
.####.#####.#####.#...#.#...#
"""


def _word(height: int, width: int) -> NDArray[np.uint8]:
    """CLEAN, 116 x 28 pixels, black amid white RGB; drawn from dots here so that no font can change it."""
    dots = np.array([[255 * (dot == ".") for dot in row] for row in _WORD.split()], np.uint8)
    word = dots.repeat(4, axis=0).repeat(4, axis=1)
    top, left = (height - word.shape[0]) // 2, (width - word.shape[1]) // 2
    picture = np.full((height, width, 3), 255, np.uint8)
    picture[top : top + word.shape[0], left : left + word.shape[1]] = word[:, :, np.newaxis]
    return picture


def _found_the_word(reply: Arrays) -> bool:
    """One box, wider than the word on each side by less than its height."""
    if len(reply["boxes"]) != 1:
        return False
    grown = np.abs(reply["boxes"][0] - [[70, 34], [186, 34], [186, 62], [70, 62]])
    return bool(grown.max() < 28)


def _read_the_word(reply: Arrays) -> bool:
    return list(reply["texts"]) == ["CLEAN"] and bool(reply["scores"].min() > 0.9)


def _filled_evenly(reply: Arrays) -> bool:
    return reply["filled"].shape == (16, 16, 3) and bool((reply["filled"] == 90).all())


def _spot() -> Arrays:
    """A black spot on even grey, masked: whatever the engine, only grey can come out."""
    crop, mask = np.full((16, 16, 3), 90, np.uint8), np.zeros((16, 16), np.uint8)
    crop[6:10, 6:10], mask[6:10, 6:10] = 0, 255
    return {"crop": crop, "mask": mask, "engine": np.array([b"ns"], np.object_), "radius": np.array([3], np.int32)}


def _box() -> NDArray[np.uint8]:
    """The word's place as a detector would give it, a few pixels wider on each side."""
    box = np.zeros((96, 256), np.uint8)
    box[28:68, 64:192] = 255
    return box


def _found_the_strokes(reply: Arrays) -> bool:
    """Surer of the word's dots than of the ground: a fine limit would break with each training."""
    probability = reply["probability"]
    if probability.shape != (96, 256):
        return False
    black = _word(96, 256)[..., 0] == 0
    return bool(probability[black].mean() > 128 and probability[_box() == 0].mean() < 64)


def _filled_in_colour(reply: Arrays) -> bool:
    """A network that was added may be off by some levels, but not by a channel, a scale or a turned mask."""
    filled = reply["filled"]
    return filled.shape == (128, 128, 3) and bool(np.abs(filled.astype(np.int16) - _COLOUR).mean(axis=(0, 1)).max() < 8)


_COLOUR = (180, 110, 50)


def _blot() -> Arrays:
    """A blot of another colour on an even ground, masked."""
    crop, mask = np.full((128, 128, 3), _COLOUR, np.uint8), np.zeros((128, 128), np.uint8)
    crop[48:80, 32:96], mask[48:80, 32:96] = (0, 255, 255), 255
    return {"crop": crop, "mask": mask}


def heavy(name: str) -> Model:
    """The inpainting network that an operator added under this name."""
    output = Output("filled", np.dtype(np.uint8), (None, None, 3))
    return Model(f"heavy_{name}", "1", (output,), _blot(), _filled_in_colour, patience_s=20.0)


TEXTDET = Model(
    "textdet",
    "1",
    (Output("boxes", np.dtype(np.float32), (None, 4, 2)), Output("scores", np.dtype(np.float32), (None,))),
    {"picture": _word(96, 256)},
    _found_the_word,
)
TEXTREC = Model(
    "textrec",
    "1",
    (Output("texts", np.dtype(np.object_), (None,)), Output("scores", np.dtype(np.float32), (None,))),
    {"strip": _word(48, 136), "widths": np.array([136], np.int32)},
    _read_the_word,
)
INPAINT = Model(
    "inpaint",
    "1",
    (Output("filled", np.dtype(np.uint8), (None, None, 3)),),
    _spot(),
    _filled_evenly,
)
STROKES = Model(
    "strokes",
    "1",
    (Output("probability", np.dtype(np.uint8), (None, None)),),
    {"crop": _word(96, 256), "box": _box()},
    _found_the_strokes,
)
MODELS = (TEXTDET, TEXTREC, INPAINT, STROKES)
