"""The same input gives the same bytes, whichever process answers, beside whatever else, before and after a restart."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inference import contracts, reading, server
from inference.contracts import Arrays, Model
from inference.inpainting import TritonInpainter
from inference.strokes import TritonStrokes
from inference.triton import TritonClient
from tests.triton_server import serving

pytestmark = pytest.mark.connected

IN_FLIGHT = 4


def picture() -> Any:
    noise = np.random.default_rng(3).integers(0, 60, (400, 600, 3), np.uint8) + 190
    drawn = Image.fromarray(noise.astype(np.uint8))
    for row, text in enumerate(("CLEARANCE", "Only 19.99 today", "www.example.com")):
        ImageDraw.Draw(drawn).text((40, 60 + 110 * row), text, fill=(20, 30, 90), font=ImageFont.load_default(42))
    return np.asarray(drawn)


def bytes_of(arrays: Arrays) -> bytes:
    return b"|".join(repr(a.tolist()).encode() if a.dtype == np.object_ else a.tobytes() for a in arrays.values())


async def answers(client: TritonClient, model: Model, inputs: Arrays, times: int) -> set[bytes]:
    replies = await asyncio.gather(*(client.infer(model, inputs, deadline_s=30) for _ in range(times)))
    return {bytes_of(reply.arrays) for reply in replies}


async def everything(url: str) -> list[set[bytes]]:
    """All distinct answers of each model to one question, many at a time."""
    rgb = picture()
    async with TritonClient(url) as client:
        view, _ = reading.fitted(rgb)
        found = await answers(client, contracts.TEXTDET, {"picture": view}, IN_FLIGHT)
        strip = np.concatenate([np.asarray(rgb[60 + 110 * row :][:48]) for row in range(3)], axis=1)
        widths = np.full(3, rgb.shape[1], np.int32)
        read = await answers(client, contracts.TEXTREC, {"strip": strip, "widths": widths}, IN_FLIGHT)
        filled = set()
        for engine in ("telea", "ns", "fsr", "own"):
            mask = (rgb[:120, :200] < 150).all(axis=2)
            made = [TritonInpainter(client).fill(rgb[:120, :200], mask, engine) for _ in range(IN_FLIGHT)]
            filled |= {engine.encode() + one.pixels.tobytes() for one in await asyncio.gather(*made)}
    return [found, read, filled]


async def alone_and_together(url: str) -> tuple[Arrays, list[Arrays]]:
    rgb = picture()
    crops = [np.asarray(rgb[60 + 110 * row :][:48, : 300 + 50 * row]) for row in range(3)]
    widths = np.array([crop.shape[1] for crop in crops], np.int32)
    async with TritonClient(url) as client:
        inputs = {"strip": np.concatenate(crops, axis=1), "widths": widths}
        together = (await client.infer(contracts.TEXTREC, inputs, deadline_s=30)).arrays
        alone = []
        for crop, width in zip(crops, widths, strict=True):
            inputs = {"strip": crop, "widths": np.array([width], np.int32)}
            alone.append((await client.infer(contracts.TEXTREC, inputs, deadline_s=30)).arrays)
    return together, alone


def test_all_processes_and_a_restarted_server_answer_with_the_same_bytes(
    triton_home: server.TritonHome, tmp_path: Path
) -> None:
    with serving(triton_home, tmp_path) as running:
        before = asyncio.run(everything(running.url))
        assert [len(distinct) for distinct in before] == [1, 1, 4]
        running.stop()
        running.start()
        running.wait()
        assert asyncio.run(everything(running.url)) == before


REPEATS = 20


async def learned(url: str) -> set[bytes]:
    """All distinct answers of our own networks to one question of each of three sizes, many at a time, shuffled."""
    noise = np.random.default_rng(8).integers(0, 256, (1300, 1200, 3), np.uint8)
    sizes = ((33, 70), (200, 640), (1300, 1200))
    found = set()
    async with TritonClient(url) as client:
        inpainter, finder = TritonInpainter(client), TritonStrokes(client)

        async def ask(size: tuple[int, int]) -> None:
            crop = noise[: size[0], : size[1]]
            mask = np.zeros(size, np.bool_)
            mask[size[0] // 3 : size[0] // 2, 8:-8] = True
            filled = await inpainter.fill(crop, mask, "own")
            sure = await finder.probability(crop, mask)
            found.add(repr(size).encode() + filled.pixels.tobytes() + sure.tobytes())

        order = np.random.default_rng(9).permutation(np.repeat(range(3), (REPEATS, REPEATS, 3)))
        for at in range(0, len(order), IN_FLIGHT):
            await asyncio.gather(*(ask(sizes[index]) for index in order[at : at + IN_FLIGHT]))
    assert len({answer.partition(b")")[0] for answer in found}) == len(sizes)
    return found


def test_our_own_networks_give_the_same_bytes_over_processes_and_restarts(
    triton_home: server.TritonHome, tmp_path: Path
) -> None:
    """20 times each over one process, two, and a server that was started again."""
    found = set()
    for number in (1, 2):
        home = dataclasses.replace(triton_home, instances=number)
        with serving(home, tmp_path, ("inpaint", "strokes")) as running:
            found |= asyncio.run(learned(running.url))
            if number == 2:
                running.stop()
                running.start()
                running.wait()
                found |= asyncio.run(learned(running.url))
    assert len(found) == 3, "one answer for each size"


def test_a_line_is_read_alike_alone_and_beside_others(triton_url: str) -> None:
    together, alone = asyncio.run(alone_and_together(triton_url))
    assert list(together["texts"]) == [reply["texts"][0] for reply in alone]
    assert list(together["scores"]) == [reply["scores"][0] for reply in alone]
    assert all(together["texts"])


def test_the_facts_of_each_model_are_those_of_the_repository(triton_url: str) -> None:
    async def facts() -> list[Any]:
        async with TritonClient(triton_url) as client:
            assert await client.is_ready()
            return [await client.model_facts(model) for model in contracts.MODELS]

    for fact, template in zip(asyncio.run(facts()), server.MODELS, strict=True):
        assert (fact.name, fact.version) == (template.name, "1")
        assert fact.code_sha256 == server.code_sha256(template)
        assert len(fact.weights_sha256) == 64
        assert fact.libraries.startswith("numpy 1.26")
        assert fact.engine_version[0].isdigit()
        assert fact.server_version[0].isdigit()
