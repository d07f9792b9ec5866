"""Inpainting networks that an operator adds: two inputs, 512 x 512 pixels, each family with its own conventions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import ContractError
from .network import OpenVinoNetwork

#: Height and width of everything such a network sees: nothing is ever resized for it.
SIDE_PX = 512
_SHAPES = ((1, 3, SIDE_PX, SIDE_PX), (1, 1, SIDE_PX, SIDE_PX))

Pixels = NDArray[np.uint8]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Convention:
    """How a family of networks takes a picture with a hole, and gives the filled one (0..255, RGB, channels first)."""

    dtype: np.dtype[Any]
    #: by what levels 0..255 are multiplied on the way in
    scale: float
    #: what the mask says of pixels to fill and of pixels to keep
    hole: float
    keep: float

    def taken(self, crop: Pixels, holes: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return image and mask as the network takes them."""
        image = (crop.transpose(2, 0, 1)[np.newaxis] * np.float32(self.scale)).astype(self.dtype)
        mask = np.where(holes, self.hole, self.keep).astype(self.dtype)[np.newaxis, np.newaxis]
        return np.ascontiguousarray(image), mask


#: LaMa as exported by Carve (lama_fp32.onnx), MI-GAN as exported with its pre- and postprocessing (migan_pipeline).
CONVENTIONS = {
    "lama-512": Convention(np.dtype(np.float32), 1 / 255, hole=1, keep=0),
    "migan-pipeline": Convention(np.dtype(np.uint8), 1, hole=0, keep=255),
}


class PairNetwork(OpenVinoNetwork):
    """A network with an image and a mask for its inputs, told apart by their channels."""

    def __init__(self, weights: bytes) -> None:
        """Raises ContractError unless the inputs are those of one of the CONVENTIONS."""
        super().__init__(weights)
        described = [_described(each) for each in self._model.inputs]
        found = {(channels, fits): (index, kind) for index, (channels, fits, kind) in enumerate(described)}
        if len(described) != 2 or not {(3, True), (1, True)} <= found.keys():
            inputs = ", ".join(f"{each.get_partial_shape()} {each.get_element_type()}" for each in self._model.inputs)
            raise ContractError(f"inputs are {inputs}; an image [1,3,512,512] and a mask [1,1,512,512] are wanted")
        (self._image, kind), (self._mask, mask_kind) = found[3, True], found[1, True]
        by_kind = {str(one.dtype): name for name, one in CONVENTIONS.items()}
        if kind != mask_kind or kind not in by_kind:
            raise ContractError(f"the image is {kind}, the mask {mask_kind}; both float32 or both uint8 are wanted")
        #: name of the convention that the inputs are of
        self.convention = by_kind[kind]

    def answer(self, image: Array, mask: Array) -> Array:
        """Run the network; the result is valid until the next call."""
        self._request.infer({self._image: image, self._mask: mask}, share_inputs=True)
        result: Array = self._request.get_output_tensor(0).data
        return result


def _described(each: Any) -> tuple[int, bool, str]:
    """Channels of an input, whether it takes pictures of SIDE_PX, and its type by numpy's name."""
    shape = each.get_partial_shape()
    if shape.rank.is_dynamic or len(shape) != 4 or shape[1].is_dynamic:
        return 0, False, ""
    channels = shape[1].get_length()
    wanted = (1, channels, SIDE_PX, SIDE_PX)
    fits = all(dim.is_dynamic or dim.get_length() == length for dim, length in zip(shape, wanted, strict=True))
    return channels, fits, str(np.dtype(each.get_element_type().to_dtype()))


class HeavyFiller:
    """Fills the holes of a crop of at most SIDE_PX a side with an added network."""

    def __init__(self, network: PairNetwork, convention: str) -> None:
        """Raises ContractError unless the network is of this convention."""
        if network.convention != convention:
            raise ContractError(f"the weights are of {network.convention}, {convention} is configured")
        self._network = network
        self._convention = CONVENTIONS[convention]

    def __call__(self, crop: Pixels, mask: Pixels) -> Pixels:
        """Return the RGB crop (h x w x 3) with new pixels where the mask (h x w) is not zero.

        A smaller crop is filled up to SIDE_PX on the right and below by repeating its edge.
        """
        height, width = mask.shape
        more = ((0, SIDE_PX - height), (0, SIDE_PX - width))
        holes = np.pad(mask != 0, more)
        answer = self._network.answer(*self._convention.taken(np.pad(crop, (*more, (0, 0)), mode="edge"), holes))
        if answer.shape != _SHAPES[0]:
            raise ContractError(f"the answer is {answer.shape}, {_SHAPES[0]} is wanted")
        made = np.rint(answer[0, :, :height, :width].astype(np.float32)).clip(0, 255).astype(np.uint8)
        return np.where(mask[:, :, np.newaxis] != 0, made.transpose(1, 2, 0), crop)
