"""A file that an operator brings is taken only with a digest that somebody vouches for and answers that are right."""

import dataclasses
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from inference import heavy, server
from inference.kernels import contract, probing
from inference.kernels import heavy as kernel
from streams import cli
from tests import triton_server

DIGEST = hashlib.sha256(b"net").hexdigest()


# ------------------------------------------------------------------------------------------------------- the file


def answering(folder: Path, script: str) -> Path:
    """A Python of Triton's models that does as the script says."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return program


def saying(folder: Path, problem: str = "", convention: str = "lama-512") -> Path:
    found = {"convention": convention, "problem": problem, "seconds": 1.5, "off": 0.5}
    return answering(folder, f"echo '{json.dumps(found)}'")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"net")
    return path


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_with_the_stated_digest_is_kept(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "models"
    added = heavy.add(folder, file, saying(tmp_path), sha256=DIGEST.upper())
    assert (added.name, added.sha256, added.size, added.verified) == ("lama", DIGEST, 3, True)
    assert added.path.read_bytes() == b"net"
    assert heavy.every(folder) == (added,)
    assert kept(folder) == ["lama"]


def test_a_file_with_another_digest_than_stated_is_not_taken(tmp_path: Path, file: Path) -> None:
    with pytest.raises(heavy.HeavyModelError, match=f"has digest {DIGEST}, {'0' * 64} was stated"):
        heavy.add(tmp_path / "models", file, saying(tmp_path), sha256="0" * 64, unverified=True)
    assert kept(tmp_path / "models") == []


def test_a_digest_that_nobody_vouches_for_is_taken_on_request_only_and_remembered(tmp_path: Path, file: Path) -> None:
    with pytest.raises(heavy.HeavyModelError, match=r"not known here.*--sha256.*--unverified"):
        heavy.add(tmp_path / "models", file, saying(tmp_path))
    assert kept(tmp_path / "models") == []
    assert not heavy.add(tmp_path / "models", file, saying(tmp_path), unverified=True).verified


def test_a_known_digest_needs_no_word(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(heavy.KNOWN, DIGEST, ("painter", "a publisher"))
    added = heavy.add(tmp_path / "models", file, saying(tmp_path))
    assert (added.name, added.verified) == ("painter", True)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kill -SEGV $$", "crashed when it was asked: SIGSEGV"),
        ("kill -KILL $$", "crashed when it was asked: SIGKILL"),
        ("echo Traceback >&2; echo out of luck >&2; exit 1", "could not be asked: out of luck"),
    ],
)
def test_a_model_that_crashes_when_it_is_asked_is_not_kept(tmp_path: Path, file: Path, script: str, why: str) -> None:
    with pytest.raises(heavy.HeavyModelError, match=why):
        heavy.add(tmp_path / "models", file, answering(tmp_path, script), unverified=True)
    assert kept(tmp_path / "models") == []


def test_a_model_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heavy, "PROBE_WITHIN_S", 0.1)
    with pytest.raises(heavy.HeavyModelError, match="no answer within"):
        heavy.add(tmp_path / "models", file, answering(tmp_path, "exec sleep 60"), unverified=True)
    assert kept(tmp_path / "models") == []


def test_a_model_that_breaks_its_contract_is_not_kept_and_the_problem_is_told(tmp_path: Path, file: Path) -> None:
    with pytest.raises(heavy.HeavyModelError, match="polarity: 1 in the mask"):
        heavy.add(tmp_path / "models", file, saying(tmp_path, "polarity: 1 in the mask"), unverified=True)
    assert kept(tmp_path / "models") == []


@pytest.mark.parametrize("name", ["own", "fsr", "telea", "Lama", "../lama", "a b", "9lives"])
def test_a_name_is_small_letters_and_no_engine_of_ours(tmp_path: Path, file: Path, name: str) -> None:
    with pytest.raises(heavy.HeavyModelError, match="cannot be a name"):
        heavy.add(tmp_path / "models", file, saying(tmp_path), name=name, unverified=True)
    assert kept(tmp_path / "models") == []


def test_a_name_is_given_once_and_free_again_after_removal(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "models"
    heavy.add(folder, file, saying(tmp_path), unverified=True)
    with pytest.raises(heavy.HeavyModelError, match="remove it first"):
        heavy.add(folder, file, saying(tmp_path), unverified=True)
    heavy.remove(folder, "lama")
    assert heavy.every(folder) == ()
    with pytest.raises(heavy.HeavyModelError, match="no model 'lama'"):
        heavy.remove(folder, "lama")


def test_a_record_that_cannot_be_read_is_told_by_name(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "models"
    heavy.add(folder, file, saying(tmp_path), unverified=True)
    (folder / "lama" / "model.json").write_text("{")
    with pytest.raises(heavy.HeavyModelError, match=r"lama.*remove that folder"):
        heavy.every(folder)


def test_no_folder_is_no_model(tmp_path: Path) -> None:
    assert heavy.every(tmp_path / "nowhere") == ()


# -------------------------------------------------------------------------------------------------- the repository


def test_an_added_model_is_served_under_its_name_with_its_digest_and_one_process(tmp_path: Path, file: Path) -> None:
    added = heavy.add(tmp_path / "models", file, saying(tmp_path), name="big", unverified=True)
    parts = triton_server.hollow(tmp_path, instances=3)
    home = dataclasses.replace(parts, added=(added,))
    folder = server.materialise(home) / "models" / "heavy_big"
    config = (folder / "config.pbtxt").read_text()
    assert 'name: "heavy_big"' in config
    assert "KIND_CPU count: 1" in config
    assert f'key: "weights_sha256" value {{ string_value: "{DIGEST}"' in config
    assert 'key: "convention" value { string_value: "lama-512"' in config
    assert (folder / "1" / "weights.onnx").read_bytes() == b"net"
    assert server.materialise(home) != server.materialise(parts)
    assert "--load-model=heavy_big" in server.launch(home, grpc_port=1, metrics_port=2, admin_secret="abc").argv


# ----------------------------------------------------------------------------------------------------- the probing


class Painter:
    """Fills with the mean colour of what the mask keeps, in its own way."""

    def __init__(self, convention: str = "lama-512", fault: str = "") -> None:
        self.convention = convention
        self.fault = fault
        self.asked = 0

    def answer(self, image: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
        self.asked += 1
        rule = kernel.CONVENTIONS[self.convention]
        holes = mask[0, 0] == (rule.keep if self.fault == "polarity" else rule.hole)
        levels = image[0].astype(np.float64) / rule.scale
        levels[:, holes] = levels[:, ~holes].mean(axis=1, keepdims=True)
        match self.fault:
            case "bgr":
                levels = levels[::-1]
            case "range":
                levels /= 255
            case "grey":
                levels[:] = levels.mean(axis=0)
            case "size":
                levels = levels[:, ::2, ::2]
            case "nothing":
                levels[:] = np.nan
            case "chance":
                levels += self.asked
        return levels[np.newaxis].astype(rule.dtype)


@pytest.mark.parametrize("convention", kernel.CONVENTIONS)
def test_a_network_that_keeps_its_contract_has_no_problem(convention: str) -> None:
    finding = probing.examine(Painter(convention))
    assert (finding.convention, finding.problem) == (convention, "")
    assert finding.off < 10


@pytest.mark.parametrize("convention", kernel.CONVENTIONS)
@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("bgr", "channel order"),
        ("range", "range"),
        ("polarity", "polarity"),
        ("size", "size"),
        ("grey", "fill"),
        ("chance", "repeatability"),
    ],
)
def test_each_breach_of_the_contract_has_its_word(convention: str, fault: str, problem: str) -> None:
    assert probing.examine(Painter(convention, fault)).problem.startswith(f"{problem}: ")


def test_an_answer_that_is_no_number_is_out_of_range() -> None:
    assert probing.examine(Painter(fault="nothing")).problem.startswith("range: ")


class Recorded:
    """Fills with one level; keeps what it was asked."""

    convention = "lama-512"

    def __init__(self, level: float) -> None:
        self.level = level
        self.image = self.mask = np.empty(0)

    def answer(self, image: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
        self.image, self.mask = image, mask
        return np.full((1, 3, 512, 512), self.level, np.float32)


def test_a_small_crop_is_filled_up_by_its_edge_and_only_its_holes_are_taken() -> None:
    crop = np.random.default_rng(1).integers(0, 256, (100, 300, 3), np.uint8)
    mask = np.zeros((100, 300), np.uint8)
    mask[40:60, 50:250] = 255
    network = Recorded(199.6)
    filled = kernel.HeavyFiller(network, "lama-512")(crop, mask)  # type: ignore[arg-type]  # shaped like one
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert (filled[mask != 0] == 200).all()
    assert network.image.shape == (1, 3, 512, 512)
    assert np.allclose(network.image[0, :, 50, 400], crop[50, 299] / 255, atol=1e-6)
    assert network.mask.sum() == 20 * 200


@pytest.mark.parametrize(("level", "shown"), [(-30.0, 0), (300.0, 255)])
def test_answers_beyond_the_range_are_cut(level: float, shown: int) -> None:
    mask = np.ones((512, 512), np.uint8)
    filled = kernel.HeavyFiller(Recorded(level), "lama-512")(np.zeros((512, 512, 3), np.uint8), mask)  # type: ignore[arg-type]
    assert (filled == shown).all()


def test_weights_of_another_convention_than_configured_do_not_serve() -> None:
    with pytest.raises(contract.ContractError, match="migan-pipeline is configured"):
        kernel.HeavyFiller(Recorded(0), "migan-pipeline")  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------- the commands


def run(home: Path, *arguments: str, **variables: str) -> Any:
    environment = {"CLEANPLATE_HOME": str(home), **variables}
    return CliRunner().invoke(cli.main, ["models", *arguments], env=environment)


def test_the_list_tells_what_was_added_and_what_serves_without(tmp_path: Path, file: Path) -> None:
    assert "own" in run(tmp_path, "list").output
    heavy.add(tmp_path / "models", file, saying(tmp_path), unverified=True)
    assert f"{DIGEST}  unverified" in run(tmp_path, "list").output
    (line,) = run(tmp_path, "list", "--json").output.splitlines()
    assert json.loads(line)["sha256"] == DIGEST


def test_a_model_that_the_settings_choose_is_not_removed(tmp_path: Path, file: Path) -> None:
    heavy.add(tmp_path / "models", file, saying(tmp_path), unverified=True)
    refused = run(tmp_path, "remove", "lama", CLEANPLATE_INPAINT__TEXTURED="lama")
    assert refused.exit_code == 1
    assert "choose another engine first" in refused.output
    assert run(tmp_path, "remove", "lama").exit_code == 0
    assert heavy.every(tmp_path / "models") == ()


def test_a_refusal_is_one_line_and_exit_code_1(tmp_path: Path, file: Path) -> None:
    refused = run(tmp_path, "add", str(file), "--sha256", "0" * 64)
    assert refused.exit_code == 1
    assert "was stated" in refused.output
