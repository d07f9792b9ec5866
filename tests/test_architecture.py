"""What the drawing of the layers promises, checked on the code."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("streams", "processors", "inference", "infra")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in FILES}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _calls(tree: ast.AST) -> Iterator[str]:
    """What is called, as written: `faust.App`, `stream.ack`."""
    yield from (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _importers(library: str) -> set[str]:
    return {name for name, tree in TREES.items() if library in _imports(tree)}


def test_the_layers_are_as_drawn() -> None:
    # Its own process: import-linter sets up logging anew for the whole process that it runs in.
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    arguments = [sys.executable, "-c", command, "--config", "pyproject.toml", "--no-cache"]
    shown = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "2 kept, 0 broken" in shown.stdout


def test_the_packages_lie_beside_pyproject_and_are_all_that_is_installed() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == sorted(PACKAGES)
    assert all((ROOT / package / "__init__.py").is_file() for package in PACKAGES)


@pytest.mark.parametrize(
    ("library", "place"),
    [
        ("tritonclient", "inference/"),
        ("minio", "infra/"),
        ("Crypto", "infra/signing.py"),
        ("faust", "streams/"),
        ("click", "streams/"),
        ("pebble", "infra/sandbox.py"),
    ],
)
def test_each_library_is_known_in_one_place(library: str, place: str) -> None:
    importers = _importers(library)
    assert importers
    assert {name for name in importers if not name.startswith(place)} == set()


def _swallows_all(node: ast.AST) -> bool:
    """Whether this catches whatever comes and does not raise it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = {ast.unparse(one) for one in ast.walk(node.type)} if node.type else {"Exception"}
    return bool(caught & {"Exception", "BaseException"}) and not any(isinstance(one, ast.Raise) for one in node.body)


def test_there_is_one_broad_except_and_it_says_why() -> None:
    broad = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _swallows_all(node)
    ]
    ((name, line),) = broad
    assert name == "streams/agents.py"
    assert "# The one broad except: " in (ROOT / name).read_text().splitlines()[line - 2]


def test_no_faust_app_is_made_by_an_import() -> None:
    made = {name for name, tree in TREES.items() if "faust.App" in _calls(tree)}
    assert made == {"streams/app.py"}
    statements = [node for node in TREES["streams/app.py"].body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert not any(
        "faust" in call for node in statements if not isinstance(node, ast.AsyncFunctionDef) for call in _calls(node)
    )


def test_only_the_agents_acknowledge() -> None:
    acknowledging = {name for name, tree in TREES.items() if any(call.endswith(".ack") for call in _calls(tree))}
    assert acknowledging == {"streams/agents.py"}


@pytest.mark.parametrize("name", TREES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(TREES[name])


def test_no_file_is_called_for_want_of_a_noun() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "base", "misc"}
    assert {name for name in TREES if Path(name).stem in vague} == set()
