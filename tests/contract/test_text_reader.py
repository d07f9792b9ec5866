"""What every text reader does: the one on Triton, and the fake that unit tests use."""

import asyncio
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inference.reading import TritonTextReader
from inference.triton import TritonClient
from processors.pictures import Pixels
from processors.regions import TextLine


class Reader(Protocol):
    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]: ...


class DarkPixelReader:
    """Takes all that is dark for one line, and believes that it says what it was told."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        rows, columns = np.nonzero(rgb.max(axis=2) < 100)
        if not rows.size:
            return ()
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        polygon = tuple((float(x), float(y)) for x, y in corners)
        return (TextLine(polygon, self.text, 0.99, 0.9),)


class ReaderOnTriton:
    """Opens a connection for each picture, as each test has an event loop of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def read(self, rgb: Pixels) -> tuple[TextLine, ...]:
        async with TritonClient(self.url) as client:
            return await TritonTextReader(client).read(rgb)


@pytest.fixture(params=["fake", pytest.param("triton", marks=pytest.mark.connected)])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    if request.param == "fake":
        yield DarkPixelReader("SALE 50% OFF")
    else:
        yield ReaderOnTriton(request.getfixturevalue("triton_url"))


def read(reader: Reader, rgb: Pixels) -> tuple[TextLine, ...]:
    return asyncio.run(reader.read(rgb))


def written(text: str, at: tuple[int, int], size: tuple[int, int] = (640, 480), letters_px: int = 40) -> Pixels:
    """Black letters on a soft gradient."""
    picture = Image.linear_gradient("L").resize(size).point(lambda level: 180 + level // 4).convert("RGB")
    ImageDraw.Draw(picture).text(at, text, fill=(0, 0, 0), font=ImageFont.load_default(letters_px))
    return np.asarray(picture)


def test_a_picture_without_text_has_no_lines(reader: Reader) -> None:
    assert read(reader, written("", (0, 0))) == ()


def test_a_line_is_found_where_it_stands_and_read(reader: Reader) -> None:
    (line,) = read(reader, written("SALE 50% OFF", (200, 300)))
    assert line.text.replace(" ", "") == "SALE50%OFF"
    assert line.score > 0.9
    assert line.box_score > 0.5
    x, y = np.array(line.polygon).T
    assert 180 < x.min() < 205
    assert 440 < x.max() < 490
    assert 295 < y.min() < 315
    assert 330 < y.max() < 355


def test_corners_go_clockwise_from_the_top_left(reader: Reader) -> None:
    ((top_left, top_right, bottom_right, bottom_left),) = [
        line.polygon for line in read(reader, written("SALE 50% OFF", (200, 300)))
    ]
    assert top_left[0] < top_right[0]
    assert bottom_left[0] < bottom_right[0]
    assert top_left[1] < bottom_left[1]
    assert top_right[1] < bottom_right[1]


@pytest.mark.parametrize("size", [(320, 240), (3000, 2000)])
def test_polygons_are_in_the_pictures_own_pixels(reader: Reader, size: tuple[int, int]) -> None:
    width, height = size
    (line,) = read(reader, written("SALE 50% OFF", (width // 4, height // 2), size, letters_px=width // 16))
    x, y = np.array(line.polygon).T
    assert abs(x.min() - width / 4) < width / 30
    assert height / 2 < y.mean() < height * 0.6


def test_the_same_picture_gives_the_same_lines(reader: Reader) -> None:
    picture = written("SALE 50% OFF", (200, 300))
    assert len({read(reader, picture) for _ in range(3)}) == 1


@pytest.mark.parametrize("shape", [(1, 1), (5, 31), (2, 20_000), (20_000, 2), (5000, 5000)])
def test_a_picture_of_any_shape_is_read(reader: Reader, shape: tuple[int, int]) -> None:
    assert read(reader, np.full((*shape, 3), 200, np.uint8)) == ()


def test_a_picture_that_is_a_view_of_another_is_read(reader: Reader) -> None:
    """Upright views are turned and mirrored without a copy."""
    picture = written("SALE 50% OFF", (200, 300))
    turned = np.rot90(np.ascontiguousarray(np.rot90(picture)), -1)
    assert read(reader, turned) == read(reader, picture)
