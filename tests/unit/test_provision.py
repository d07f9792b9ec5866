"""Set-up makes what is missing, once, and says in a line what it can't get."""

import dataclasses
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import provision, server_programs, workshop


@pytest.fixture
def shop(tmp_path: Path) -> workshop.Workshop:
    servers = server_programs.Servers(tmp_path / "cache")
    return workshop.Workshop(servers, workshop.Programs(), tmp_path / "step.log")


class Builder:
    """A build that counts how often it ran."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, folder: Path, shop: workshop.Workshop) -> None:
        self.runs += 1
        assert list(folder.iterdir()) == [], "leftovers of an earlier try"
        (folder / "part").touch()


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def step(tmp_path: Path, builder: Builder) -> workshop.Step:
    return workshop.Step("thing", tmp_path / "thing", "key", builder)


def test_what_is_there_is_not_made_again(step: workshop.Step, shop: workshop.Workshop, builder: Builder) -> None:
    assert workshop.make(step, shop)
    assert not workshop.make(step, shop)
    assert builder.runs == 1


def test_another_key_makes_it_anew(step: workshop.Step, shop: workshop.Workshop, builder: Builder) -> None:
    workshop.make(step, shop)
    assert workshop.make(dataclasses.replace(step, key="another"), shop)
    assert builder.runs == 2


def test_what_was_cut_short_is_made_anew(step: workshop.Step, shop: workshop.Workshop, builder: Builder) -> None:
    step.folder.mkdir()
    (step.folder / "half a download").touch()
    assert not server_programs.is_made(step.folder)
    assert workshop.make(step, shop)
    assert server_programs.is_made(step.folder, "key")


def test_a_failed_build_is_not_taken_for_made(step: workshop.Step, shop: workshop.Workshop) -> None:
    failing = dataclasses.replace(step, build=lambda folder, shop: shop.run("false"))
    with pytest.raises(workshop.SetupError, match="`false` ended with 1"):
        workshop.make(failing, shop)
    assert not server_programs.is_made(step.folder)


def test_two_set_ups_at_once_make_it_once(step: workshop.Step, shop: workshop.Workshop, builder: Builder) -> None:
    def slow(folder: Path, shop: workshop.Workshop) -> None:
        time.sleep(0.1)
        builder(folder, shop)

    both = [
        threading.Thread(target=workshop.make, args=(dataclasses.replace(step, build=slow), shop)) for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert builder.runs == 1


def test_a_failing_program_is_an_error_with_its_last_lines(shop: workshop.Workshop) -> None:
    with pytest.raises(workshop.SetupError, match=r"(?s)ended with 3.*no route to host") as failure:
        shop.run("sh", "-c", "seq 100; echo no route to host; exit 3")
    assert len(str(failure.value).splitlines()) < 15


def test_closing_ends_what_runs_and_lets_nothing_begin(shop: workshop.Workshop) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            shop.run("sh", "-c", "echo started; exec sleep 60")
        except workshop.SetupError as failure:
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 10
    while not (shop.log.exists() and "started" in shop.log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    shop.programs.close()
    thread.join(timeout=10)
    assert "ended with -15" in str(failures[0])
    with pytest.raises(workshop.SetupError, match="stopped"):
        shop.run("true")


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No program on the PATH, nothing in the cache; gives what is reported."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CLEANPLATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    server_programs.system_java.cache_clear()
    yield []
    server_programs.system_java.cache_clear()


def test_a_missing_maven_is_named_with_the_way_to_get_it(bare_machine: list[str]) -> None:
    with pytest.raises(workshop.SetupError, match=r"`mvn` .* install Maven"):
        provision.provision(["servers"], bare_machine.append)


def test_without_go_the_second_store_is_an_error_only_for_who_asks_for_it(bare_machine: list[str]) -> None:
    with pytest.raises(workshop.SetupError, match="install Go"):
        provision.provision(["minio"], bare_machine.append)
    with pytest.raises(workshop.SetupError, match="mvn"):
        provision.provision(["all"], bare_machine.append)
    assert bare_machine == [line for line in bare_machine if line.startswith("without the second store")] != []


@pytest.mark.parametrize("lock", sorted(server_programs.LOCKS.glob("*.txt")), ids=lambda lock: lock.name)
def test_a_lock_pins_everything_by_hash_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert requirements
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
    assert "://" not in text
    assert "--index" not in text


def test_the_model_environment_has_nothing_that_sends_usage_data() -> None:
    assert "telemetry==" not in (server_programs.LOCKS / "triton.txt").read_text()


def test_every_jar_is_pinned() -> None:
    versions = re.findall(r"<version>(.*?)</version>", server_programs.POM.read_text())
    assert len(versions) >= 5
    assert not [version for version in versions if not re.fullmatch(r"[0-9.]+", version)]
