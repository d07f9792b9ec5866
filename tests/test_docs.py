"""The pages say what the code does: files, topics, messages, codes, commands and settings, compared."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest

from infra import settings
from infra.kafka import TopicSpec
from processors import chain, guard, quality
from streams import announcing, cli, events, exits, previewing, topics

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("streams", "processors", "inference", "infra")
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))
EVENTS, RUNBOOK, GLOSSARY, ARCHITECTURE = (
    (ROOT / name).read_text() for name in ("docs/events.md", "docs/runbook.md", "docs/glossary.md", "ARCHITECTURE.md")
)
#: Words of the invariants that a newcomer cannot guess.
INVARIANT_WORDS = (
    *("original", "mask", "slot", "commit point", "edit", "patch", "audit record", "cause", "outcome", "review"),
    *("dead letter", "sandbox"),
)


def _section(page: str, title: str) -> str:
    """What stands below a heading, with its sub-headings."""
    found = re.search(rf"(?m)^(#+) {re.escape(title)}$", page)
    assert found, title
    return re.split(rf"(?m)^#{{1,{len(found[1])}}} ", page[found.end() :])[0]


def _rows(text: str) -> list[list[str]]:
    """Cells of every table row, headings and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if set(line) <= set("|-")}
    kept = (line for number, line in enumerate(lines) if number not in rules and number + 1 not in rules)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


def _named(text: str) -> set[str]:
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


# --------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_anchor_is_a_heading_of_its_page(page: Path) -> None:
    text = page.read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.*)$", text)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def test_the_picture_of_the_readme_is_small() -> None:
    assert 10_000 < (ROOT / "docs" / "images" / "before-mask-after.png").stat().st_size < 400_000


def test_the_readme_follows_one_image_through_six_files() -> None:
    steps = re.findall(
        r"(?m)^\d\. \[([^]]+)\]\(([^)]+)\)", _section((ROOT / "README.md").read_text(), "Follow one image")
    )
    assert len(steps) == 6
    assert all(shown == target for shown, target in steps)


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert re.search(r"(?m)^## \[Unreleased\]$", (ROOT / "CHANGELOG.md").read_text())


@pytest.mark.parametrize("page", ["README.md", "docs/runbook.md", "docs/experiments.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    named = re.findall(r"(?m)(?:^|`)make ((?:[a-z-]+ ?)+)", (ROOT / page).read_text())
    assert named
    assert {word for words in named for word in words.split()} <= targets


# -------------------------------------------------------------------------------------------------- architecture


def _code_map() -> set[str]:
    return set(re.findall(r"(?m)^- `([^`]+\.py)`: ", _section(ARCHITECTURE, "Code map")))


def test_every_file_of_the_packages_has_its_phrase() -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert _code_map() == files


def test_every_file_that_the_architecture_names_exists() -> None:
    named = {name for name in _named(ARCHITECTURE) if re.fullmatch(r"[\w./-]+/[\w./-]*", name)}
    assert len(named) > len(_code_map())
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_the_words_of_the_invariants_are_in_the_glossary() -> None:
    invariants = _section(ARCHITECTURE, "Invariants").lower()
    entries = {word for line in re.findall(r"(?m)^\*\*.*", GLOSSARY) for word in re.findall(r"\*\*([^*]+)\*\*", line)}
    assert [word for word in INVARIANT_WORDS if word not in invariants] == []
    assert [word for word in INVARIANT_WORDS if word not in entries] == []


def test_the_glossary_is_in_order_and_knows_every_kind_of_edit() -> None:
    entries = re.findall(r"(?m)^\*\*([^*]+)\*\*", GLOSSARY)
    assert entries == sorted(entries, key=str.lower)
    assert set(get_args(chain.Kind)) <= _named(GLOSSARY)


@pytest.mark.parametrize("record", sorted((ROOT / "docs" / "adr").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_record_has_its_four_parts_on_one_page(record: Path) -> None:
    text = record.read_text()
    assert re.findall(r"(?m)^## (.*)$", text) == ["Context", "Decision", "Alternatives", "Consequences"]
    assert text.count("\n") <= 60
    assert record.name in (record.parent / "README.md").read_text()


# -------------------------------------------------------------------------------------------------------- events


def _kept(spec: TopicSpec) -> str:
    policies = spec.configs["cleanup.policy"].split(",")
    days = [f"{int(spec.configs['retention.ms']) // topics.DAY_MS} days"] if "delete" in policies else []
    return ", ".join((["compacted"] if "compact" in policies else []) + days)


def test_the_table_of_topics_is_that_of_the_code() -> None:
    declared = [[f"`{spec.name}`", spec.key, _kept(spec), spec.purpose] for spec in topics.ALL]
    assert _rows(_section(EVENTS, "Topics")) == declared


def _examples() -> list[tuple[str, str]]:
    return re.findall(r"(?ms)^```json ([^\n]+)\n(.*?)^```$", EVENTS)


@pytest.mark.parametrize(("kind", "text"), _examples(), ids=[kind for kind, _ in _examples()])
def test_every_example_is_a_message_that_the_code_reads(kind: str, text: str) -> None:
    if kind.endswith(" structured"):
        kind = kind.removesuffix(" structured")
        read = events.decode(text.encode(), [("content-type", b"application/cloudevents+json")], (kind,))
        assert type(read.data) is events.TYPES[kind]
        return
    shape: Any = previewing.ResultLine if kind == "result line" else events.TYPES[kind]
    value = msgspec.json.decode(text, type=shape)
    if kind not in (*events.ARRIVALS, "catalog.review.decided.v1"):
        # What we write has all its fields, those of its defaults too, and no other.
        assert msgspec.json.decode(text).keys() == msgspec.to_builtins(value).keys()


def test_every_type_of_event_has_an_example() -> None:
    assert set(events.TYPES) <= {kind for kind, _ in _examples()}


@pytest.mark.parametrize("code", re.findall(r"(?ms)^```python\n(.*?)^```$", EVENTS))
def test_the_quick_starts_are_python_and_name_real_topics_and_types(code: str) -> None:
    texts = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    ours = {text for text in texts if isinstance(text, str) and text.startswith("catalog.")}
    assert ours
    assert ours <= {spec.name for spec in topics.ALL} | set(events.TYPES)


def test_every_status_of_an_outcome_is_explained() -> None:
    statuses = {row[0].strip("`") for row in _rows(_section(EVENTS, "What comes back"))}
    assert statuses == set(get_args(announcing.Status))


# --------------------------------------------------------------------------------------------------------- codes

#: Called with a code at this place.
CODE_AT = {
    "UnprocessableEventError": 0,
    "RefusedImageError": 0,
    "UnmarkableXmpError": 0,
    "Unchanged": 1,
    "Call": 0,
    "Decision": 1,
    "_asked": 1,
    "_dead_letter": 1,
}


def _name_of_call(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _named_as_failure(node: ast.ClassDef) -> bool:
    """Whether a class is a failure with a fixed code, given to its base."""
    return any(isinstance(base, ast.Name) and base.id in CODE_AT for base in node.bases)


def _codes_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    failures = [node for node in tree.body if isinstance(node, ast.ClassDef) and _named_as_failure(node)]
    of_failures = {call for failure in failures for call in ast.walk(failure) if _name_of_call(call) == "__init__"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = 0 if node in of_failures else CODE_AT.get(_name_of_call(node))
        if place is None or len(node.args) <= place:
            continue
        given = node.args[place]
        for one in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
            code = constants.get(one.id) if isinstance(one, ast.Name) else getattr(one, "value", None)
            if isinstance(code, str):
                yield code


def _codes() -> set[str]:
    of_code = {code for package in PACKAGES for path in (ROOT / package).rglob("*.py") for code in _codes_in(path)}
    of_quality = {f"quality_{metric.name}" for metric in quality.METRICS if metric.limit is not None}
    return of_code | of_quality | set(guard.REASONS) | {"approved", "rejected", "deleted", announcing.SAMPLED}


def test_every_code_of_the_guard_is_explained() -> None:
    assert set(guard.REASONS) - _named(_section(EVENTS, "Codes")) == set()


def test_every_code_that_the_code_gives_is_explained() -> None:
    codes = _codes()
    assert {"object_missing", "bug", "camera_stamp", "mask_unexpected", "already_decided"} <= codes
    explained = _named(_section(EVENTS, "Codes")) | _named(_section(EVENTS, "Dead letters"))
    assert codes - explained == set()


def test_every_code_that_is_explained_is_one_that_the_code_gives() -> None:
    tables = _rows(_section(EVENTS, "Codes")) + _rows(_section(EVENTS, "Dead letters"))
    statuses = set(get_args(announcing.Status))
    explained = {
        name for row in tables for cell in row[:2] for name in _named(cell) if re.fullmatch(r"[a-z0-9_]+", name)
    }
    assert explained - _codes() - statuses - {"accept", "mask"} == set()


# ------------------------------------------------------------------------------------------- commands and settings


def _commands(group: click.Group, before: tuple[str, ...] = ("cleanplate",)) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


COMMANDS = dict(_commands(cli.main))


def _options(command: click.Command) -> set[str]:
    options = [one for one in command.params if isinstance(one, click.Option)]
    return {name for one in options for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    assert len(help_text.splitlines()[0]) > 10
    assert re.search(rf"Example:\n +{name}\b", help_text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    assert all(one.help for one in COMMANDS[name].params if isinstance(one, click.Option))


def test_the_runbook_lists_every_command_with_its_options() -> None:
    listed = {row[0].strip("`"): _named(row[1]) for row in _rows(_section(RUNBOOK, "All commands"))}
    assert listed == {name: _options(command) for name, command in COMMANDS.items()}


def _uses() -> list[str]:
    """Everything on the pages that looks like a command of ours."""
    texts = [
        (ROOT / page).read_text()
        for page in ("README.md", "docs/runbook.md", "docs/events.md", "docs/policies.md", "docs/experiments.md")
    ]
    return [
        use
        for text in texts
        for use in re.findall(r"(?m)\bcleanplate ((?:[a-z]+ )?[a-z]+[^`\n#|]*)", _commanding(text))
    ]


def _commanding(page: str) -> str:
    """Code alone: fenced blocks without their JSON, and what stands between back quotes."""
    fenced = re.findall(r"(?ms)^```(?:sh|shell)?\n(.*?)^```$", page)
    inline = re.findall(r"`(cleanplate [^`]+)`", re.sub(r"(?ms)^```.*?^```$", "", page))
    return "\n".join(fenced + inline)


def test_every_command_on_the_pages_exists_with_its_options() -> None:
    uses = _uses()
    assert len(uses) > 40
    for use in uses:
        name = next((one for one in COMMANDS if f"cleanplate {use} ".startswith(f"{one} ")), None)
        if name is None:
            assert use.strip() in cli.main.commands, use
            continue
        used = set(re.findall(r"(?<!\S)--[a-z-]+", use))
        assert used <= _options(COMMANDS[name]), use


def test_the_exit_codes_of_the_runbook_are_those_of_the_code() -> None:
    named = {value for name, value in vars(exits).items() if name.isupper()}
    line = re.search(r"Exit codes: ((?:.|\n)*?)\.\n", RUNBOOK)
    assert line
    assert {int(number) for number in re.findall(r"(?:^|· |\n)(\d+) ", line[1])} == named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_variable_that_is_named_is_a_setting(page: Path) -> None:
    known = {variable for variable, _, _ in settings.describe()} | set(settings.NOT_SETTINGS)
    named = re.findall(r"CLEANPLATE_[A-Z]+(?:__[A-Z_]+)?", page.read_text())
    # A setting may itself be called a file.
    bare = {name if name in known else name.removesuffix("_FILE") for name in named if name != "CLEANPLATE_"}
    assert bare <= known


def test_the_runbook_knows_every_group_of_settings() -> None:
    groups = {row[0].strip("`") for row in _rows(_section(RUNBOOK, "Settings"))}
    assert groups == {group.upper() for group in settings.Settings.__struct_fields__}
