"""The runbook's procedures as they are written there: every ```sh block is run, in the order of the page."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from infra import settings as settings_module
from infra.settings import Settings
from streams import declared, local

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "examples" / "catalog"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One block of commands."""

    section: str
    script: str


def procedures() -> list[Procedure]:
    """Every block of the page that is meant to be run, with the heading above it."""
    found = []
    for part in re.split(r"(?m)^## ", (ROOT / "docs" / "runbook.md").read_text())[1:]:
        title, _, text = part.partition("\n")
        found += [Procedure(title, script) for script in re.findall(r"(?ms)^```sh\n(.*?)^```$", text)]
    return found


@pytest.fixture(scope="module")
def shop(seaweedfs_servers: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a shop with servers of its own but for Triton: pictures are delivered, a worker is at work."""
    folder = tmp_path_factory.mktemp("shop")
    home = folder / "home"
    local.up(home, skip=("triton",))
    try:
        settings = msgspec.structs.replace(
            settings_module.load({"CLEANPLATE_HOME": str(home)}), triton=seaweedfs_servers.triton
        )
        declared.mend(settings)
        variables = {**workers.environment(settings), "CLEANPLATE_HOME": str(home)}
        with workers.running(workers.Worker(variables, folder / "worker.log")):
            yield {**os.environ, **variables, **_delivered(variables)}
    finally:
        local.down(home)


def _delivered(variables: dict[str, str]) -> dict[str, str]:
    """Submit a few pictures and give the names that the procedures use."""
    files = [
        str(CATALOG / name) for name in ("stamp-coral-dress.jpg", "plain-red-skirt.jpg", "promo-shop-address.webp")
    ]
    submitted = subprocess.run(
        [workers.COMMAND, "submit", *files, "--merchant", "shop-7", "--batch", "delivery-48", "--wait", "--json"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    outcomes = [json.loads(line) for line in submitted.stdout.splitlines()]
    cleaned = next(one for one in outcomes if one["status"] == "cleaned")
    return {"IMAGE": cleaned["image_id"], "MERCHANT": "shop-7", "BATCH": "delivery-48", "USER_ID": "ann"}


@pytest.mark.timeout(1200)
def test_every_procedure_of_the_runbook_does_what_it_says(shop: dict[str, str], tmp_path: Path) -> None:
    path = f"{Path(workers.COMMAND).parent}:{shop['PATH']}"
    for procedure in procedures():
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", procedure.script],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**shop, "PATH": path},
            timeout=300,
        )
        told = f"{procedure.section}:\n{procedure.script}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, told
