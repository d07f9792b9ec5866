"""docs/policies.md shows what the code does: its kinds, its pictures, and what becomes of each."""

import re
from pathlib import Path

from examples import draw_policy_examples as examples
from infra import policy_file
from infra.settings import PoliciesSettings
from processors.policies import DEFAULT, KINDS, MEANINGS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")


def test_the_table_of_kinds_is_that_of_the_code() -> None:
    default = policy_file.read(PoliciesSettings()).of(DEFAULT, "main")
    rows = [f"| `{kind}` | {MEANINGS[kind]} | {default.action(kind)} |" for kind in KINDS]
    assert "\n".join(rows) in PAGE


def test_what_becomes_of_each_example_is_what_the_code_decides() -> None:
    assert examples.page(PAGE) == PAGE, "run: python -m examples.draw_policy_examples"


def test_every_example_has_a_small_picture_and_no_picture_is_left_over() -> None:
    files = {path.stem: path.stat().st_size for path in (ROOT / "docs" / "images" / "policy").glob("*.png")}
    assert files.keys() == {example.name for example in examples.EXAMPLES}
    assert max(files.values()) <= 40 * 1024


def test_every_picture_of_the_page_is_there() -> None:
    shown = re.findall(r'<img src="([^"]+)"', PAGE)
    assert len(shown) == len(examples.EXAMPLES)
    assert all((ROOT / "docs" / path).exists() for path in shown)


def test_every_shipped_policy_has_its_word_on_the_page() -> None:
    names = policy_file.read(PoliciesSettings()).names
    assert all(f"| `{name}` | " in PAGE for name in names if name != DEFAULT)


def test_the_policy_that_the_page_shows_as_an_example_can_be_followed() -> None:
    from processors import policies

    shown = re.search(r"(?ms)^```toml\n(.*?)^```$", PAGE)
    assert shown
    rest = "".join(f'{kind} = "ask"\n' for kind in KINDS if kind not in ("promotion", "callout"))
    found = policies.parse(shown[1].replace("# … and so on\n", rest))
    assert found.of("my-shop", "additional").action("promotion") == "keep"
