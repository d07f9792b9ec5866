"""Networks that answer for every pixel of a crop: what their files must say of themselves, padding, and tiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import ContractError
from .network import Network

#: Both sides of what such a network sees are multiples of this.
STEP_PX = 16
#: A side up to this is seen at once. Of the inpainting network it takes 0.3 GB, and a larger crop no more.
SIDE_MAX_PX = 1024
#: What a tile sees beyond the part that is taken from it, where the crop goes on.
MARGIN_PX = 128

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a crop: the network sees `window`, and `core` is taken from its answer; rows, then columns."""

    window: tuple[slice, slice]
    core: tuple[slice, slice]

    @property
    def inside(self) -> tuple[slice, slice]:
        """The core within the window."""
        rows, columns = (
            slice(core.start - window.start, core.stop - window.start)
            for core, window in zip(self.core, self.window, strict=True)
        )
        return rows, columns


def named(network: Network, contract: str) -> Network:
    """Return the network; raises ContractError unless its file says that it keeps this contract."""
    try:
        found = network.note("cleanplate_contract")
    except (RuntimeError, KeyError) as missing:
        raise ContractError(f"the weights name no contract, {contract} is wanted") from missing
    if found != contract:
        raise ContractError(f"the weights keep {found}, {contract} is wanted")
    return network


def tiles(height: int, width: int) -> Iterator[Tile]:
    """Cut a crop into parts; which ones follows from its size alone, so the same crop is always cut alike.

    A crop of at most SIDE_MAX_PX is one tile. Cores lie side by side from the top left, and their windows overlap.
    """
    for rows in _spans(height):
        for columns in _spans(width):
            yield Tile((rows[0], columns[0]), (rows[1], columns[1]))


def padded(plane: NDArray[Any], *, replicate: bool) -> NDArray[Any]:
    """Fill up to multiples of STEP_PX on the right and below, with the edge's values or with zeros."""
    height, width = plane.shape[:2]
    more = [(0, -height % STEP_PX), (0, -width % STEP_PX), *[(0, 0)] * (plane.ndim - 2)]
    return np.pad(plane, more, mode="edge") if replicate else np.pad(plane, more)


def _spans(length: int) -> Iterator[tuple[slice, slice]]:
    """Windows and cores along one side."""
    if length <= SIDE_MAX_PX:
        yield slice(0, length), slice(0, length)
        return
    step = SIDE_MAX_PX - 2 * MARGIN_PX
    for start in range(0, length, step):
        stop = min(length, start + step)
        yield slice(max(0, start - MARGIN_PX), min(length, stop + MARGIN_PX)), slice(start, stop)
