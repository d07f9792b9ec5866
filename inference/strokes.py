"""Strokes told from what lies behind them, pixel by pixel, by a model."""

import numpy as np

from inference import contracts
from inference.triton import TritonClient
from processors.pictures import Mask, Pixels

#: What any request may take, mostly waiting for its turn.
DEADLINE_BASE_S = 15.0
#: Seconds of computing for a pixel of the crop, measured (0.25 µs), times four because other work shares the machine.
DEADLINE_PER_PIXEL_S = 1e-6


class TritonStrokes:
    """Finds strokes on a Triton server."""

    def __init__(self, client: TritonClient) -> None:
        self._client = client

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        """Return how sure it is for each pixel that an overlay changed it, 0..255 (h x w).

        The RGB crop (h x w x 3) shows one line of at most 64 px height, `box` (h x w) is True inside its polygon.
        Raises ServiceUnavailableError, and ModelContractError for a box of another size.
        """
        inputs = {"crop": crop, "box": box.astype(np.uint8) * np.uint8(255)}
        deadline_s = DEADLINE_BASE_S + DEADLINE_PER_PIXEL_S * box.size
        found = (await self._client.infer(contracts.STROKES, inputs, deadline_s=deadline_s)).arrays["probability"]
        if found.shape != box.shape:
            raise contracts.WrongReplyError("strokes", f"{found.shape} for a box of {box.shape}")
        return found
