"""Whether a network keeps the conventions that its inputs promise: asked about a picture whose answer is known.

`main` runs in a process of its own, with the Python of Triton's models: a network may crash whoever runs it.
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import heavy
from .contract import ContractError

#: Largest difference, in levels 0..255, between what fills the hole and what must be there, mean of the hole.
OFF_MAX = 24.0
#: Bytes of address space that a network may take.
MEMORY_MAX = 16 * 2**30
#: Soft slopes of three colours that are far from each other; what lies in the hole is far from all of them.
_COLOURS, _SLOPE, _MARKER = (180, 110, 50), 40, (0, 255, 255)

Pixels = NDArray[np.uint8]


class Pair(Protocol):
    """What is probed: see heavy.PairNetwork."""

    @property
    def convention(self) -> str: ...

    def answer(self, image: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; `problem` is empty for a network that can serve."""

    convention: str
    problem: str
    #: for one answer, on one thread
    seconds: float = 0.0
    #: mean difference from what must be in the hole, in levels
    off: float = 0.0


def examine(network: Pair) -> Finding:
    """Ask the network and look at size, range, channel order and polarity, and whether it answers twice alike."""
    crop, holes, truth = _question()
    taken = heavy.CONVENTIONS[network.convention].taken(crop, holes)
    network.answer(*taken)
    began = time.perf_counter()
    answer = network.answer(*taken).copy()
    seconds = time.perf_counter() - began
    problem = _wrong_shape(answer, network.convention)
    if problem:
        return Finding(network.convention, problem)
    off = _off(answer, holes, truth[holes])
    problem = _wrong_range(answer) or (_wrong_fill(network, answer, crop, holes, truth) if off > OFF_MAX else "")
    if not problem and not np.array_equal(answer, network.answer(*taken)):
        problem = "repeatability: the same picture gets another answer"
    return Finding(network.convention, problem, round(seconds, 4), round(off, 1))


def main(path: str) -> None:
    """Print the finding about a file as a line of JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    try:
        finding = examine(heavy.PairNetwork(Path(path).read_bytes()))
    except ContractError as problem:
        finding = Finding("", f"inputs: {problem}")
    except (RuntimeError, MemoryError) as problem:
        # OpenVINO's own failures begin with where they come from.
        said = [line for line in str(problem).splitlines() if line.strip() and "Exception from" not in line]
        finding = Finding("", f"it cannot be run: {' '.join(said)[:400] or type(problem).__name__}")
    json.dump(asdict(finding), sys.stdout)


def _question() -> tuple[Pixels, NDArray[np.bool_], Pixels]:
    """A picture with a hole, the hole, and the picture without."""
    side = heavy.SIDE_PX
    down, across = np.mgrid[:side, :side] / side - 0.5
    planes = [level + _SLOPE * slope for level, slope in zip(_COLOURS, (across, down, -across), strict=True)]
    truth = np.rint(np.dstack(planes)).astype(np.uint8)
    holes = np.zeros((side, side), np.bool_)
    holes[side * 3 // 8 : side * 5 // 8, side // 4 : side * 3 // 4] = True
    return np.where(holes[:, :, np.newaxis], np.array(_MARKER, np.uint8), truth), holes, truth


def _wrong_shape(answer: NDArray[Any], convention: str) -> str:
    wanted = (1, 3, heavy.SIDE_PX, heavy.SIDE_PX)
    dtype = heavy.CONVENTIONS[convention].dtype
    if answer.shape != wanted or answer.dtype != dtype:
        return f"size: the answer is {answer.dtype} {answer.shape}, {dtype} {wanted} is wanted"
    return "" if np.isfinite(answer).all() else "range: the answer is not finite"


def _wrong_range(answer: NDArray[Any]) -> str:
    """The picture has levels from 30 to 200 wherever it is filled or kept: all below 2 is another scale."""
    if np.abs(answer).max() <= 2:
        return f"range: the answer goes from {answer.min():.1f} to {answer.max():.1f}, 0 to 255 is wanted"
    return ""


def _wrong_fill(network: Pair, answer: NDArray[Any], crop: Pixels, holes: NDArray[np.bool_], truth: Pixels) -> str:
    """Why the hole is not filled as it must be, by what it is filled with instead."""
    if _off(answer, holes, truth[holes][:, ::-1]) <= OFF_MAX:
        return "channel order: red and blue change places on the way, RGB is wanted"
    convention = heavy.CONVENTIONS[network.convention]
    turned = network.answer(*convention.taken(crop, ~holes))
    if _off(turned, holes, truth[holes]) <= OFF_MAX:
        return f"polarity: {convention.hole:g} in the mask must mean to fill, and means to keep"
    return f"fill: a plain hole is filled {_off(answer, holes, truth[holes]):.0f} levels beside what is around it"


def _off(answer: NDArray[Any], holes: NDArray[np.bool_], wanted: Pixels) -> float:
    made = answer[0].astype(np.float64).transpose(1, 2, 0)[holes]
    return float(np.abs(made - wanted).mean())
