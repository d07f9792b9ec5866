"""What ARCHITECTURE.md promises about the shape of the code, checked on the code."""

import ast
import importlib
import pkgutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import faust
import pytest
from importlinter import cli

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("streams", "inference", "infra", "processors")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
#: They run inside Triton, with its libraries and not with ours.
IN_TRITON = (ROOT / "inference" / "models", ROOT / "inference" / "kernels")


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every source with the source's path from the root."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), node


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _importers(library: str) -> set[str]:
    return {path for path, node in _nodes() if library in {name.partition(".")[0] for name in _imported(node)}}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = ast.walk(handler.type) if handler.type else []
    named = {node.id for node in caught if isinstance(node, ast.Name)}
    return handler.type is None or bool(named & {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _modules(package: str) -> Iterator[ModuleType]:
    parent = importlib.import_module(package)
    yield parent
    for found in pkgutil.walk_packages(parent.__path__, f"{package}."):
        if not found.name.startswith(("inference.models", "inference.kernels")):
            yield importlib.import_module(found.name)


def test_the_layers_are_those_of_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(config_filename="pyproject.toml", cache_dir=str(tmp_path)) == 0


def test_every_package_is_imported_from_this_checkout() -> None:
    assert (ROOT / "pyproject.toml").is_file()
    for package in PACKAGES:
        assert Path(str(importlib.import_module(package).__file__)).resolve() == ROOT / package / "__init__.py"


def test_the_wheel_holds_these_packages_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)


def test_no_faust_app_is_made_by_an_import() -> None:
    for module in _modules("streams"):
        apps = [name for name, value in vars(module).items() if isinstance(value, faust.App)]
        assert not apps, f"{module.__name__} makes {apps} at import"


def test_importing_the_command_line_imports_no_agent_and_no_model_client() -> None:
    """`cleanplate --help` answers at once because what is heavy is imported inside the commands."""
    heavy = {"faust", "tritonclient", "cv2", "confluent_kafka"}
    eager = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in [ROOT / "streams" / "cli.py", *sorted((ROOT / "streams" / "commands").glob("*.py"))]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _imported(node)
        if name.partition(".")[0] in heavy or name in {"streams.app", "streams.agents", "streams.cleaning"}
    ]
    assert not eager


def test_nothing_but_the_agents_acknowledges() -> None:
    acknowledging = {
        path
        for path, node in _nodes()
        if isinstance(node, ast.Attribute) and node.attr in {"ack", "noack", "noack_take", "take", "take_events"}
    }
    assert acknowledging == {"streams/agents.py"}


def test_nothing_but_inference_talks_to_triton() -> None:
    users = _importers("tritonclient")
    assert users
    assert all(path.startswith("inference/") for path in users), users


def test_the_store_client_stays_inside_the_infra_layer() -> None:
    users = _importers("minio")
    assert users
    assert all(path.startswith("infra/") for path in users), users


def test_one_broad_except_ends_a_failure_and_it_is_in_the_agents() -> None:
    """One that raises again what it caught, after it has tidied up, ends nothing."""
    broad = [
        path
        for path, node in _nodes()
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    ]
    assert broad == ["streams/agents.py"]


def test_every_module_says_what_it_is_for() -> None:
    silent = [path.name for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not silent


def test_no_file_is_named_after_nothing() -> None:
    assert not {path.stem for path in SOURCES} & {"utils", "util", "common", "helpers", "base", "misc"}
