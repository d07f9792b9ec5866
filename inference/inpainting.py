"""Masked pixels filled in by a model, and proof that it touched no others."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from inference import contracts
from inference.triton import TritonClient
from processors.pictures import Mask, Pixels

Engine = Literal["telea", "ns", "fsr", "own"]

#: What any request may take, mostly waiting for its turn.
DEADLINE_BASE_S = 15.0
#: Seconds of computing for a masked pixel, measured (ns, telea: up to 1.5 µs; fsr: 30 to 75 µs), times four
#: because other work shares the machine.
DEADLINE_PER_PIXEL_S = {"telea": 6e-6, "ns": 6e-6, "fsr": 3e-4, "own": 6e-6}
#: The same for every pixel of the crop (own: up to 0.6 µs): a network sees all of it.
DEADLINE_PER_SEEN_PIXEL_S = {"own": 3e-6}


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A filled crop, and what the audit record keeps of how it was made."""

    #: h x w x 3, equal to the crop wherever the mask is False; read-only
    pixels: Pixels
    engine: Engine
    radius_px: int
    attempts: int
    request_id: str


class TritonInpainter:
    """Fills crops on a Triton server."""

    def __init__(self, client: TritonClient) -> None:
        self._client = client

    async def fill(self, crop: Pixels, mask: Mask, engine: Engine, *, radius_px: int = 3) -> Filled:
        """Return the RGB crop (h x w x 3) with new pixels where the mask (h x w) is True.

        `telea` and `ns` look `radius_px` (1..100) around each pixel; `fsr` and `own` have no radius. Raises
        ServiceUnavailableError, and ModelContractError for a mask of another size or a radius out of range.
        """
        inputs = {
            "crop": crop,
            "mask": mask.astype(np.uint8) * np.uint8(255),
            "engine": np.array([engine.encode()], np.object_),
            "radius": np.array([radius_px], np.int32),
        }
        deadline_s = DEADLINE_BASE_S + DEADLINE_PER_PIXEL_S[engine] * int(mask.sum())
        deadline_s += DEADLINE_PER_SEEN_PIXEL_S.get(engine, 0.0) * mask.size
        reply = await self._client.infer(contracts.INPAINT, inputs, deadline_s=deadline_s)
        pixels = reply.arrays["filled"]
        if pixels.shape != crop.shape or not np.array_equal(pixels[~mask], crop[~mask]):
            raise contracts.WrongReplyError("inpaint", "pixels outside the mask changed")
        return Filled(pixels, engine, radius_px, reply.attempts, reply.request_id)
