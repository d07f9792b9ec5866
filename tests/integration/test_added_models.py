"""Files that an operator adds are asked about a known picture before they are kept, and served once they are."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference import contracts, heavy, server
from inference.inpainting import TritonInpainter
from inference.triton import ModelContractError, ModelFacts, TritonClient
from infra import server_programs
from processors import masks
from processors.errors import ServiceUnavailableError
from processors.pictures import Mask, Pixels
from tests import onnx_files
from tests.triton_server import installed, serving

pytestmark = pytest.mark.connected


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of Triton's models, which has OpenVINO."""
    environment = server_programs.Servers(server_programs.cache_folder()).triton_env
    if not server_programs.is_made(environment):
        reason = f"{environment} is not there: run `make setup`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return environment / "bin" / "python3"


def written(folder: Path, content: bytes) -> Path:
    file = folder / "net.onnx"
    file.write_bytes(content)
    return file


def added(tmp_path: Path, python: Path, content: bytes, name: str | None = None) -> heavy.Added:
    """Add a file whose digest is stated, as its publisher would."""
    file = written(tmp_path, content)
    return heavy.add(tmp_path / "models", file, python, name=name, sha256=hashlib.sha256(content).hexdigest())


def test_a_network_of_each_family_is_known_by_its_inputs(tmp_path: Path, python: Path) -> None:
    lama = added(tmp_path, python, onnx_files.lama())
    migan = added(tmp_path, python, onnx_files.migan())
    assert [(one.name, one.convention, one.verified) for one in heavy.every(tmp_path / "models")] == [
        ("lama", "lama-512", True),
        ("migan", "migan-pipeline", True),
    ]
    assert lama.path.read_bytes() == onnx_files.lama()
    assert migan.seconds > 0


@pytest.mark.parametrize("make", [onnx_files.lama, onnx_files.migan], ids=["lama", "migan"])
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("bgr", "channel order: red and blue"),
        ("range", "range: the answer goes from"),
        ("polarity", "polarity: [01] in the mask must mean to fill"),
        ("size", r"size: the answer is .*256"),
        ("grey", "fill: a plain hole is filled"),
        ("unknown operation", "it cannot be run: .*NoSuchOperation"),
    ],
)
def test_a_network_that_breaks_its_contract_is_not_kept(
    tmp_path: Path, python: Path, make: Callable[[onnx_files.Fault], bytes], fault: onnx_files.Fault, why: str
) -> None:
    with pytest.raises(heavy.HeavyModelError, match=why):
        added(tmp_path, python, make(fault))
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a network", onnx_files.lama()[:400]], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_network_is_not_kept(tmp_path: Path, python: Path, content: bytes) -> None:
    with pytest.raises(heavy.HeavyModelError, match="the model"):
        added(tmp_path, python, content)
    assert list((tmp_path / "models").iterdir()) == []


def test_our_own_networks_are_of_no_such_contract(tmp_path: Path, python: Path) -> None:
    with pytest.raises(heavy.HeavyModelError, match=r"inputs: inputs are .*an image \[1,3,512,512\]"):
        added(tmp_path, python, onnx_files.inpainting())


async def filled(url: str, crops: list[tuple[Pixels, Mask]]) -> list[bytes]:
    async with TritonClient(url) as client:
        assert await client.is_ready((contracts.heavy("big"),))
        inpainter = TritonInpainter(client)
        done = await asyncio.gather(*(inpainter.fill(crop, mask, "big") for crop, mask in crops))
        assert {one.engine for one in done} == {"big"}
        return [one.pixels.tobytes() for one in done]


def test_an_added_network_serves_beside_the_others_and_answers_alike_after_a_restart(
    tmp_path: Path, python: Path
) -> None:
    one = added(tmp_path, python, onnx_files.lama(), "big")
    home = installed(tmp_path / "repository")
    home = server.TritonHome(home.python_env, home.payload, home.repository, 1, (one,))
    photo = np.random.default_rng(5).integers(0, 256, (600, 700, 3), np.uint8)
    mask = np.zeros((600, 700), np.bool_)
    mask[280:300, 100:600] = True
    squares = masks.squares((100, 280, 600, 300), mask, 512)
    crops = [(masks.cut(photo, square.window), masks.cut(mask, square.window)) for square in squares]
    with serving(home, tmp_path) as running:
        first = asyncio.run(filled(running.url, crops))
        assert asyncio.run(facts(running.url)).weights_sha256 == one.sha256
        with pytest.raises(ModelContractError):
            asyncio.run(filled(running.url, [(photo, mask)]))
        running.stop()
        running.start()
        running.wait()
        assert asyncio.run(filled(running.url, crops)) == first


async def facts(url: str) -> ModelFacts:
    async with TritonClient(url) as client:
        return await client.model_facts(contracts.heavy("big"))


def test_a_server_does_not_start_on_a_file_that_was_changed_since(tmp_path: Path, python: Path) -> None:
    one = added(tmp_path, python, onnx_files.lama(), "big")
    home = installed(tmp_path / "repository")
    home = server.TritonHome(home.python_env, home.payload, home.repository, 1, (one,))
    one.path.write_bytes(onnx_files.lama("bgr"))
    with pytest.raises(ServiceUnavailableError, match="cleanplate models remove big"), serving(home, tmp_path):
        pass
