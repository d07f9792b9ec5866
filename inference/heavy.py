"""Inpainting networks that an operator adds: checked, put into a folder, and served from there by the local Triton."""

import contextlib
import hashlib
import json
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inference.kernels.probing import Finding
from processors.engines import BUILT_IN
from processors.errors import PipelineError

#: Networks whose files are known, by digest: name and where they come from.
KNOWN = {
    "1faef5301d78db7dda502fe59966957ec4b79dd64e16f03ed96913c7a4eb68d6": (
        "lama",
        "LaMa-ONNX lama_fp32.onnx, Apache-2.0",
    ),
}
#: A name is an engine's name, as settings and audit records tell it.
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
#: Seconds in which a file must have been loaded and have answered a few times.
PROBE_WITHIN_S = 600.0

_KERNELS = Path(__file__).parent / "kernels"
_PROBE = "import sys; sys.path.insert(0, sys.argv[1]); from kernels import probing; probing.main(sys.argv[2])"


class HeavyModelError(PipelineError):
    """A file that is not taken, or a model that is not there; the message says why."""


@dataclass(frozen=True, slots=True)
class Added:
    """A network that was checked and is kept."""

    name: str
    #: file of its weights
    path: Path
    sha256: str
    size: int
    #: how it takes pictures, see kernels/heavy.py
    convention: str
    #: for one crop when it was added, on one thread
    seconds: float
    #: whether its digest was known or stated, not just accepted
    verified: bool

    @property
    def served_as(self) -> str:
        """Its name in Triton."""
        return f"heavy_{self.name}"


def add(
    folder: Path,
    file: Path,
    python: Path,
    *,
    name: str | None = None,
    sha256: str | None = None,
    unverified: bool = False,
) -> Added:
    """Check a file and keep a copy of it in `folder`; nothing is kept unless all checks pass.

    `python` is that of Triton's models. The digest must be known, or be the one that is stated as `sha256`, unless
    `unverified` says to take the file as it is. Raises HeavyModelError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as scratch:
        draft = Path(scratch) / "draft"
        draft.mkdir()
        weights = draft / "weights.onnx"
        try:
            shutil.copyfile(file, weights)
        except OSError as problem:
            raise HeavyModelError(f"{file}: {problem.strerror or problem}") from problem
        # Of the copy: what is checked is what is kept.
        found = digest(weights)
        verified = _check_digest(found, sha256, unverified)
        finding = probe(python, weights)
        chosen = name or KNOWN.get(found, (finding.convention.partition("-")[0], ""))[0]
        _check_name(folder, chosen)
        facts = {
            "sha256": found,
            "size": weights.stat().st_size,
            "convention": finding.convention,
            "seconds": finding.seconds,
            "verified": verified,
        }
        (draft / "model.json").write_text(json.dumps(facts, indent=2) + "\n")
        draft.rename(folder / chosen)
    return read(folder, chosen)


def remove(folder: Path, name: str) -> None:
    """Forget a network and its file. Raises HeavyModelError where there is none of this name."""
    read(folder, name)
    shutil.rmtree(folder / name)


def read(folder: Path, name: str) -> Added:
    """What is kept under a name. Raises HeavyModelError where nothing is, or where it cannot be read."""
    try:
        facts = json.loads((folder / name / "model.json").read_text())
        return Added(name, (folder / name / "weights.onnx").resolve(), **facts)
    except FileNotFoundError as missing:
        known = ", ".join(one.name for one in every(folder)) or "none"
        raise HeavyModelError(f"no model {name!r} was added; there are: {known}") from missing
    except (OSError, ValueError, TypeError) as problem:
        raise HeavyModelError(f"{folder / name}: {problem}; remove that folder and add the model again") from problem


def every(folder: Path) -> tuple[Added, ...]:
    """All that are kept, by name. Raises HeavyModelError where one cannot be read."""
    if not folder.is_dir():
        return ()
    names = sorted(path.parent.name for path in folder.glob("*/model.json") if NAME.fullmatch(path.parent.name))
    return tuple(read(folder, name) for name in names)


def probe(python: Path, weights: Path) -> Finding:
    """Ask the network about a known picture, in a process of its own: see kernels/probing.py.

    Raises HeavyModelError unless it answers as its inputs promise.
    """
    with _kernels() as place:
        try:
            done = subprocess.run(
                [python, "-Ic", _PROBE, place, weights],
                capture_output=True,
                text=True,
                timeout=PROBE_WITHIN_S,
                check=False,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            )
        except subprocess.TimeoutExpired as late:
            raise HeavyModelError(f"the model gave no answer within {PROBE_WITHIN_S:.0f} s") from late
        except OSError as problem:
            raise HeavyModelError(f"{python} does not run; run `make setup`") from problem
    if done.returncode < 0:
        raise HeavyModelError(f"the model crashed when it was asked: {signal.Signals(-done.returncode).name}")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise HeavyModelError(f"the model could not be asked: {last}")
    finding = Finding(**json.loads(done.stdout))
    if finding.problem:
        raise HeavyModelError(f"the model does not keep its contract: {finding.problem}")
    return finding


def _check_digest(found: str, stated: str | None, unverified: bool) -> bool:
    if stated is not None and stated.lower() != found:
        raise HeavyModelError(
            f"the file has digest {found}, {stated.lower()} was stated: it is not the one that you mean"
        )
    if stated is None and found not in KNOWN and not unverified:
        raise HeavyModelError(
            f"digest {found} is not known here: state the one that its publisher gives (--sha256), or take the file"
            " as it is (--unverified)"
        )
    return stated is not None or found in KNOWN


def _check_name(folder: Path, name: str) -> None:
    if not NAME.fullmatch(name) or name in BUILT_IN:
        raise HeavyModelError(
            f"{name!r} cannot be a name: small letters, digits, hyphens, and none of {', '.join(BUILT_IN)}"
        )
    if (folder / name).exists():
        raise HeavyModelError(f"there is a model {name!r}: remove it first, or choose another name")


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _kernels() -> Iterator[str]:
    """A folder with the kernels alone, as Triton has them: the application's libraries are for another Python."""
    with tempfile.TemporaryDirectory(prefix="cleanplate-probe-") as place:
        shutil.copytree(_KERNELS, Path(place) / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
        yield place
