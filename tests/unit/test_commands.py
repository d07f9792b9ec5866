"""The command line: help for all, usage errors, settings; nothing here reaches a server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from infra import settings
from streams import cli, exits


def _all(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _all(one, (*path, name))


COMMANDS = {" ".join(path): command for path, command in _all(cli.main) if path}


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(cli.main, arguments, prog_name="cleanplate")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_there_are_the_commands_that_operators_know() -> None:
    known = {"up", "down", "status", "doctor", "settings", "worker", "submit", "clean", "history", "show", "diff"}
    assert known | {"topics plan", "topics apply", "review list", "review show", "review decide", "dlq list"} | {
        "labels export",
        "risk",
    } <= set(COMMANDS)
    known = {
        "up",
        "down",
        "status",
        "doctor",
        "settings",
        "worker",
        "submit",
        "marks",
        "clean",
        "history",
        "show",
        "diff",
    }
    assert known | {"topics plan", "topics apply", "review list", "review show", "review decide", "dlq list"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_group_shows_help_with_an_example(name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.exit_code == exits.DONE
    assert f"Example:\n    cleanplate {name}" in shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_a_usage_error(name: str) -> None:
    assert run(*name.split(), "--no-such-option").exit_code == exits.USAGE


@pytest.mark.parametrize(
    "arguments",
    [
        ("paint",),
        ("submit",),
        ("submit", "nowhere.jpg"),
        ("submit", ".", "--marketplace", "No Such Name"),
        ("submit", ".", "--role", "hero"),
        ("submit", ".", "--record", "nowhere.csv"),
        ("clean", ".", "--out", "out"),
        ("history",),
        ("show", "dress", "--seq", "first"),
        ("up", "--store", "floppy"),
        ("review", "decide", "task", "perhaps", "--reviewer", "ann"),
        ("review", "decide", "task", "accept"),
        ("review", "decide", "task", "mask", "--reviewer", "ann"),
        ("dlq", "drop", "3-17"),
        ("labels", "export"),
        ("labels", "export", "--out", "out", "--since", "yesterday"),
        ("risk", "--window", "soon"),
        ("risk", "--window", "0d"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == exits.USAGE, result.output
    assert "Error:" in result.output


def test_help_needs_neither_faust_nor_triton() -> None:
    check = "import sys; from streams import cli; print([m for m in ('faust', 'tritonclient') if m in sys.modules])"
    root = Path(cli.__file__).resolve().parent.parent
    shown = subprocess.run([sys.executable, "-c", check], cwd=root, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_settings_shows_every_one_with_its_meaning() -> None:
    lines = [msgspec.json.decode(line) for line in run("settings", "--json").output.splitlines()]
    assert [line["variable"] for line in lines] == [variable for variable, _, _ in settings.describe()]
    assert all(line["meaning"] for line in lines if line["variable"].startswith("CLEANPLATE_KAFKA__"))


def test_settings_shows_what_is_in_force_or_the_defaults() -> None:
    variable = {"CLEANPLATE_KAFKA__BOOTSTRAP": "kafka.example:9092"}
    assert "CLEANPLATE_KAFKA__BOOTSTRAP=kafka.example:9092" in run("settings", **variable).output
    assert "kafka.example" not in run("settings", "--defaults", **variable).output


@pytest.mark.parametrize("name", ["STORE__SECRET_KEY", "KAFKA__PASSWORD", "TRITON__ADMIN_SECRET"])
def test_settings_shows_no_secret(name: str) -> None:
    shown = run("settings", **{f"CLEANPLATE_{name}": "hunter2"}).output
    assert "hunter2" not in shown
    assert f"CLEANPLATE_{name}=(set, not shown)" in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [("KAFKA__BOOTSTRAPP", "x"), ("WORKER__BATCH", "0"), ("WORKER__BATCH", "many"), ("POLICY__MOOD", "1"), ("X", "1")],
)
def test_a_misspelt_or_impossible_setting_is_named_in_one_line(name: str, value: str) -> None:
    result = run("settings", **{f"CLEANPLATE_{name}": value})
    assert result.exit_code == exits.ERROR
    (line,) = result.stderr.splitlines()
    assert f"CLEANPLATE_{name}" in line


@pytest.mark.parametrize(
    "arguments", [("history", "dress"), ("diff", "dress"), ("topics", "plan"), ("dlq", "list"), ("marks", "shop")]
)
def test_a_server_that_is_away_has_its_own_exit_code(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra import kafka

    monkeypatch.setattr(kafka.KafkaAdmin.__init__, "__defaults__", (0.3,))
    monkeypatch.setattr(kafka.read_log, "__defaults__", (0.3, None, None))
    nobody = {"CLEANPLATE_STORE__ENDPOINT": "127.0.0.1:1", "CLEANPLATE_KAFKA__BOOTSTRAP": "127.0.0.1:1"}
    result = run(*arguments, **nobody)
    assert result.exit_code == exits.NO_ANSWER, result.output
    assert "unavailable" in result.stderr


def test_policies_are_shown_for_people_with_their_sources() -> None:
    shown = run("policies")
    assert shown.exit_code == exits.DONE
    assert "ebay: eBay\n    source: eBay: Picture policy, read 2026-11-25, https://" in shown.output
    assert "    callout       remove        keep          keep          Amazon" in shown.output


def test_policies_are_shown_for_programs_one_object_for_each_policy_and_role() -> None:
    lines = [msgspec.json.decode(line) for line in run("policies", "--json").output.splitlines()]
    assert len(lines) == 12
    assert lines[0].keys() == {"marketplace", "role", "title", "inherits", "digest", "actions", "sources"}
    assert lines[0]["actions"]["printed"]["action"] == "keep"


def test_a_policy_file_that_cannot_be_used_is_one_line_with_the_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[default.main]\nwatermark = "remove"\n')
    result = run("policies", CLEANPLATE_POLICIES__PATH=str(path))
    assert result.exit_code == exits.ERROR
    assert result.output.startswith(f"{path}: default.main.watermark: ")
    assert result.output.count("\n") == 1
