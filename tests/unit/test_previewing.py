"""`cleanplate clean` without its servers: result lines, files, order, and what a failure leaves."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from processors import routing
from processors.errors import PipelineError, ServiceUnavailableError
from processors.records import CatalogRecord
from streams import previewing
from streams.previewing import ResultLine
from tests import fakes


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "images" / "none"
    folder.mkdir(parents=True)
    for name, data in {
        "asked.png": fakes.written_png("ask"),
        "broken.png": fakes.written_png("remove")[:100],
        "cleaned.png": fakes.written_png("remove"),
        "kept.png": fakes.written_png("keep"),
    }.items():
        (folder / name).write_bytes(data)
    return tmp_path


def clean(*paths: str, cleaner: Any = None) -> list[ResultLine]:
    async def lines() -> list[ResultLine]:
        work = list(previewing.work_of([Path(path) for path in paths], Path("out")))
        return [
            line async for line in previewing.clean(cleaner or fakes.picture_cleaner(), work, Path("out/results.jsonl"))
        ]

    return asyncio.run(lines())


def test_a_line_a_picture_in_the_order_of_the_files(here: Path) -> None:
    lines = clean("images")
    assert [line.path for line in lines] == [
        f"images/none/{name}.png" for name in ("asked", "broken", "cleaned", "kept")
    ]
    assert [line.outcome for line in lines] == ["review", "refused", "cleaned", "kept"]


def test_each_picture_is_cleaned_with_what_is_known_of_it(here: Path) -> None:
    known = routing.Context(record=CatalogRecord(title="Kettle"), marketplace="elsewhere")
    work = [replace(one, context=known) for one in previewing.work_of([Path("images/none/cleaned.png")], Path("out"))]

    async def lines() -> list[ResultLine]:
        return [line async for line in previewing.clean(fakes.picture_cleaner(), work, Path("out/results.jsonl"))]

    assert [(line.outcome, line.reason) for line in asyncio.run(lines())] == [("review", "unknown_policy")]


def test_paths_stand_as_the_command_line_reaches_them(here: Path) -> None:
    assert clean("images/none/kept.png")[0].path == "images/none/kept.png"
    assert clean(str(here / "images" / "none" / "kept.png"))[0].path == f"{here.as_posix()}/images/none/kept.png"


def test_what_was_written_is_found_from_the_results_file(here: Path) -> None:
    for line in clean("images"):
        files = (line.mask, line.result, line.patch)
        if line.outcome in ("kept", "refused"):
            assert files == (None, None, None)
            continue
        assert all(name and (here / "out" / name).is_file() for name in files)
        with Image.open(here / "out" / str(line.mask)) as mask:
            assert (mask.mode, mask.size) == ("L", (160, 64))
            assert np.asarray(mask).any()


def test_a_line_says_which_bytes_it_is_about(here: Path) -> None:
    for line in clean("images"):
        assert line.sha256 == hashlib.sha256(Path(line.path).read_bytes()).hexdigest()


def test_running_it_again_gives_the_same_files(here: Path) -> None:
    def written() -> dict[str, bytes]:
        clean("images")
        return {path.as_posix(): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}

    first = written()
    assert len(first) == 6
    assert written() == first


def test_a_line_is_json_that_reads_back(here: Path) -> None:
    for line in clean("images"):
        read = msgspec.json.decode(msgspec.json.encode(line), type=ResultLine)
        assert msgspec.to_builtins(read) == msgspec.to_builtins(line)


class Failing:
    """A cleaner with a bug of a known kind, or without a server."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    async def clean(self, data: bytes, context: routing.Context) -> Any:
        raise self._problem


def test_a_failure_of_ours_is_a_line_and_not_a_refusal(here: Path) -> None:
    lines = clean("images", cleaner=Failing(PipelineError("no mark")))
    assert {(line.outcome, line.reason, line.why) for line in lines} == {("failed", "PipelineError", "no mark")}


def test_a_server_that_is_away_ends_the_run(here: Path) -> None:
    with pytest.raises(ServiceUnavailableError):
        clean("images", cleaner=Failing(ServiceUnavailableError("triton")))


def test_an_empty_folder_is_no_work(here: Path) -> None:
    (here / "empty").mkdir()
    assert clean("empty") == []


def test_files_of_one_name_in_two_folders_do_not_meet(here: Path) -> None:
    other = here / "images" / "stamp"
    other.mkdir()
    (other / "cleaned.png").write_bytes(fakes.written_png("remove", seed=5))
    results = [line.result for line in clean("images") if line.path.endswith("cleaned.png")]
    assert len(set(results)) == 2


def test_a_folder_above_does_not_meet_the_one_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "a.png").write_bytes(fakes.written_png("remove"))
    monkeypatch.chdir(here / "images")
    (here / "images" / "a.png").write_bytes(fakes.written_png("remove", seed=5))
    assert len({line.result for line in clean("a.png", "../a.png")}) == 2


def test_what_an_earlier_run_wrote_is_not_taken_for_input(here: Path) -> None:
    first = [line.path for line in clean(".")]
    assert [line.path for line in clean(".")] == first
