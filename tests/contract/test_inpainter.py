"""What every inpainter does: the one on Triton, and the fake that unit tests use."""

import asyncio
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pytest

from inference.inpainting import Engine, Filled, TritonInpainter
from inference.triton import ModelContractError, TritonClient
from processors.pictures import Mask, Pixels

ENGINES: tuple[Engine, ...] = ("telea", "ns", "fsr", "own")


class Inpainter(Protocol):
    async def fill(self, crop: Pixels, mask: Mask, engine: Engine, *, radius_px: int = 3) -> Filled: ...


class MeanInpainter:
    """Fills with the mean colour of what is not masked."""

    async def fill(self, crop: Pixels, mask: Mask, engine: Engine, *, radius_px: int = 3) -> Filled:
        if crop.shape[:2] != mask.shape:
            raise ModelContractError("mask of another size")
        pixels = crop.copy()
        if mask.any() and not mask.all():
            pixels[mask] = crop[~mask].mean(axis=0).round().astype(np.uint8)
        return Filled(pixels, engine, radius_px, 1, "fake-1")


class InpainterOnTriton:
    """Opens a connection for each crop, as each test has an event loop of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fill(self, crop: Pixels, mask: Mask, engine: Engine, *, radius_px: int = 3) -> Filled:
        async with TritonClient(self.url) as client:
            return await TritonInpainter(client).fill(crop, mask, engine, radius_px=radius_px)


@pytest.fixture(params=["fake", pytest.param("triton", marks=pytest.mark.connected)])
def inpainter(request: pytest.FixtureRequest) -> Iterator[Inpainter]:
    if request.param == "fake":
        yield MeanInpainter()
    else:
        yield InpainterOnTriton(request.getfixturevalue("triton_url"))


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def stroke(height: int, width: int) -> Mask:
    mask = np.zeros((height, width), np.bool_)
    mask[height // 2 - 2 : height // 2 + 2, width // 8 : -(width // 8)] = True
    return mask


@pytest.mark.parametrize("engine", ENGINES)
def test_pixels_outside_the_mask_are_untouched(inpainter: Inpainter, engine: Engine) -> None:
    crop, mask = noise(60, 90), stroke(60, 90)
    filled = asyncio.run(inpainter.fill(crop, mask, engine))
    assert np.array_equal(filled.pixels[~mask], crop[~mask])
    assert filled.pixels.shape == crop.shape
    assert filled.pixels.dtype == np.uint8


@pytest.mark.parametrize("engine", ENGINES)
def test_a_mark_on_an_even_ground_vanishes(inpainter: Inpainter, engine: Engine) -> None:
    """Each channel has its own level, so that a swapped order would show."""
    mask = stroke(60, 90)
    crop = np.full((60, 90, 3), (200, 120, 40), np.uint8)
    crop[mask] = 0
    filled = asyncio.run(inpainter.fill(crop, mask, engine)).pixels
    assert np.abs(filled.astype(int) - [200, 120, 40]).max() <= 2


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_mask_changes_nothing(inpainter: Inpainter, engine: Engine) -> None:
    crop = noise(30, 40)
    filled = asyncio.run(inpainter.fill(crop, np.zeros((30, 40), np.bool_), engine))
    assert np.array_equal(filled.pixels, crop)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (200, 3)])
def test_a_crop_of_any_shape_can_be_filled(inpainter: Inpainter, engine: Engine, shape: tuple[int, int]) -> None:
    crop, mask = noise(*shape), np.zeros(shape, np.bool_)
    mask[shape[0] // 2, shape[1] // 2] = True
    assert asyncio.run(inpainter.fill(crop, mask, engine)).pixels.shape == crop.shape


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_crop_is_filled_with_the_same_pixels(inpainter: Inpainter, engine: Engine) -> None:
    crop, mask = noise(40, 60), stroke(40, 60)
    assert len({asyncio.run(inpainter.fill(crop, mask, engine)).pixels.tobytes() for _ in range(3)}) == 1


def test_it_tells_how_it_was_done(inpainter: Inpainter) -> None:
    filled = asyncio.run(inpainter.fill(noise(20, 20), stroke(20, 20), "telea", radius_px=5))
    assert (filled.engine, filled.radius_px, filled.attempts) == ("telea", 5, 1)
    assert filled.request_id


def test_a_mask_of_another_size_is_a_bug(inpainter: Inpainter) -> None:
    with pytest.raises(ModelContractError):
        asyncio.run(inpainter.fill(noise(20, 20), stroke(10, 20), "ns"))
