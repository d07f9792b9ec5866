"""Masked pixels filled in by a model, and proof that it touched no others."""

import asyncio
from dataclasses import dataclass

import numpy as np

from inference import contracts
from inference.contracts import Arrays
from inference.triton import Reply, TritonClient
from processors.engines import BUILT_IN, Engine
from processors.pictures import Mask, Pixels

#: What any request may take, mostly waiting for its turn.
DEADLINE_BASE_S = 15.0
#: Seconds of computing for a masked pixel, measured (ns, telea: up to 1.5 µs; fsr: 30 to 75 µs), times four
#: because other work shares the machine.
DEADLINE_PER_PIXEL_S = {"telea": 6e-6, "ns": 6e-6, "fsr": 3e-4, "own": 6e-6}
#: The same for every pixel of the crop (own: up to 0.6 µs): a network sees all of it.
DEADLINE_PER_SEEN_PIXEL_S = {"own": 3e-6}
#: What a network that an operator added may take for its turn and its square.
DEADLINE_ADDED_S = 60.0


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
        # Such a network has one process and takes seconds: who waits here does not run out of time there.
        self._one_by_one = asyncio.Semaphore(1)

    async def fill(self, crop: Pixels, mask: Mask, engine: Engine, *, radius_px: int = 3) -> Filled:
        """Return the RGB crop (h x w x 3) with new pixels where the mask (h x w) is True.

        `telea` and `ns` look `radius_px` (1..100) around each pixel; the others have no radius. A network that an
        operator added takes at most 512 x 512 pixels. Raises ServiceUnavailableError, and ModelContractError for a
        mask of another size, a radius out of range or too large a crop.
        """
        inputs: Arrays = {"crop": crop, "mask": mask.astype(np.uint8) * np.uint8(255)}
        if engine in BUILT_IN:
            reply = await self._fill(inputs, engine, radius_px)
        else:
            async with self._one_by_one:
                reply = await self._client.infer(contracts.heavy(engine), inputs, deadline_s=DEADLINE_ADDED_S)
        pixels = reply.arrays["filled"]
        if pixels.shape != crop.shape or not np.array_equal(pixels[~mask], crop[~mask]):
            raise contracts.WrongReplyError("inpaint", "pixels outside the mask changed")
        return Filled(pixels, engine, radius_px, reply.attempts, reply.request_id)

    async def _fill(self, inputs: Arrays, engine: Engine, radius_px: int) -> Reply:
        mask = inputs["mask"]
        deadline_s = DEADLINE_BASE_S + DEADLINE_PER_PIXEL_S[engine] * int(np.count_nonzero(mask))
        deadline_s += DEADLINE_PER_SEEN_PIXEL_S.get(engine, 0.0) * mask.size
        asked = {"engine": np.array([engine.encode()], np.object_), "radius": np.array([radius_px], np.int32)}
        return await self._client.infer(contracts.INPAINT, {**inputs, **asked}, deadline_s=deadline_s)
