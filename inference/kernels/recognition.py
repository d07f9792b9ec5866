"""Text recognition: crops of single lines read into strings."""

import numpy as np
from numpy.typing import NDArray

from .network import Network

#: Height of every crop.
HEIGHT_PX = 48
#: Widths are padded to a multiple of this: each new width costs the engine a preparation.
STEP_PX = 32
#: Narrower crops are padded to this; the network reads single letters badly without room.
WIDTH_MIN_PX = 64

Floats = NDArray[np.float32]


class Recogniser:
    """Reads crops of lines, each by itself: neighbours in a request don't change what is read."""

    def __init__(self, network: Network) -> None:
        self._network = network
        # CTC: class 0 says "nothing new"; the last class is the space, which the file's list leaves out.
        self._characters = np.array(["", *network.note("character").splitlines(), " "])

    def __call__(self, strip: NDArray[np.uint8], widths: NDArray[np.int32]) -> tuple[list[str], Floats]:
        """Return the text and score (0..1; 0 where nothing was read) of each crop.

        `strip` holds the RGB crops side by side: HEIGHT_PX x sum(widths) x 3.
        """
        ends = np.cumsum(widths)
        read = [self._read(strip[:, end - width : end]) for end, width in zip(ends, widths, strict=True)]
        return [text for text, _ in read], np.array([score for _, score in read], np.float32)

    def _read(self, crop: NDArray[np.uint8]) -> tuple[str, float]:
        chances = self._network(_batch(crop))[0]
        classes = chances.argmax(axis=1)
        new = classes != 0
        new[1:] &= classes[1:] != classes[:-1]
        if not new.any():
            return "", 0.0
        # Summed in double precision and rounded, so that the order of addition can't show.
        score = round(float(chances.max(axis=1)[new].mean(dtype=np.float64)), 5)
        return "".join(self._characters[classes[new]]), score


def _batch(crop: NDArray[np.uint8]) -> Floats:
    """-1..1, channels first, blue first as the network was trained; grey (0) to the right of the crop."""
    width = crop.shape[1]
    padded = max(WIDTH_MIN_PX, -(-width // STEP_PX) * STEP_PX)
    batch = np.zeros((1, 3, HEIGHT_PX, padded), np.float32)
    batch[0, :, :, :width] = crop[:, :, ::-1].transpose(2, 0, 1)
    batch[0, :, :, :width] *= np.float32(2 / 255)
    batch[0, :, :, :width] -= np.float32(1)
    return batch
