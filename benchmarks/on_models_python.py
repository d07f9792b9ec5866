"""Runs a benchmark module with the Python of Triton's models, behind which the application's libraries are found.

`python -m benchmarks.on_models_python benchmarks.inpainting [ARGUMENT…]`
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.server_programs import Servers, cache_folder

ROOT = Path(__file__).parents[1]


def command(module: str, arguments: Sequence[str] = ()) -> list[str]:
    """The command line; run it with `environment()` in ROOT."""
    return [str(Servers(cache_folder()).triton_env / "bin" / "python"), "-m", module, *arguments]


def environment() -> dict[str, str]:
    """The models' own numpy and OpenCV come first; the application's libraries fill in the rest."""
    site = next((ROOT / ".venv" / "lib").glob("python3.*/site-packages"))
    return {**os.environ, "PYTHONPATH": str(ROOT), "CLEANPLATE_TEST_SITE": str(site), "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    sys.exit(subprocess.run(command(sys.argv[1], sys.argv[2:]), env=environment(), cwd=ROOT, check=False).returncode)
