"""What every stroke finder does: the one on Triton, and the fake that unit tests use."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from inference.strokes import TritonStrokes
from inference.triton import ModelContractError, TritonClient
from processors.pictures import Mask, Pixels
from streams.ports import StrokeFinder
from tests.fakes import FakeStrokes


class StrokesOnTriton:
    """Opens a connection for each crop, as each test has an event loop of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        async with TritonClient(self.url) as client:
            return await TritonStrokes(client).probability(crop, box)


@pytest.fixture(params=["fake", pytest.param("triton", marks=pytest.mark.connected)])
def finder(request: pytest.FixtureRequest) -> Iterator[StrokeFinder]:
    if request.param == "fake":
        yield FakeStrokes()
    else:
        yield StrokesOnTriton(request.getfixturevalue("triton_url"))


def bars(height: int = 60, width: int = 200) -> tuple[Pixels, Mask, Mask]:
    """Black letters of the simplest kind on an even ground, their place, and the line's box."""
    crop = np.full((height, width, 3), (210, 190, 160), np.uint8)
    letters = np.zeros((height, width), np.bool_)
    for left in range(40, width - 40, 16):
        letters[height // 2 - 10 : height // 2 + 10, left : left + 5] = True
    crop[letters] = 0
    box = np.zeros((height, width), np.bool_)
    box[height // 2 - 14 : height // 2 + 14, 34 : width - 34] = True
    return crop, letters, box


def test_strokes_are_surer_than_the_ground(finder: StrokeFinder) -> None:
    crop, letters, box = bars()
    found = asyncio.run(finder.probability(crop, box))
    assert (found.shape, found.dtype) == ((60, 200), np.uint8)
    assert found[letters].mean() > 128
    assert found[~box].mean() < 64


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (200, 3), (17, 33)])
def test_a_crop_of_any_shape_is_answered(finder: StrokeFinder, shape: tuple[int, int]) -> None:
    crop = np.full((*shape, 3), 200, np.uint8)
    assert asyncio.run(finder.probability(crop, np.ones(shape, np.bool_))).shape == shape


def test_the_same_crop_gets_the_same_answer(finder: StrokeFinder) -> None:
    crop, _, box = bars()
    assert len({asyncio.run(finder.probability(crop, box)).tobytes() for _ in range(3)}) == 1


@pytest.mark.connected
def test_triton_refuses_a_box_of_another_size(triton_url: str) -> None:
    crop, _, box = bars()
    with pytest.raises(ModelContractError):
        asyncio.run(StrokesOnTriton(triton_url).probability(crop, box[:10]))
