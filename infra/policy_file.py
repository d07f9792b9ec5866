"""The policy file, read: the one that is shipped, or the operator's own."""

from importlib import resources
from pathlib import Path

from infra.settings import PoliciesSettings
from processors import policies
from processors.policies import Policies, PolicyFileError


def read(settings: PoliciesSettings) -> Policies:
    """The policies in force. Raises PolicyFileError, which names the file and the key."""
    shown = settings.path or "processors/policies.toml"
    try:
        return policies.parse(_text(settings.path))
    except (OSError, UnicodeDecodeError) as problem:
        raise PolicyFileError(f"{shown}: {problem}") from problem
    except PolicyFileError as problem:
        raise PolicyFileError(f"{shown}: {problem}") from problem


def _text(path: str) -> str:
    if path:
        return Path(path).read_text(encoding="utf-8")
    return resources.files("processors").joinpath("policies.toml").read_text(encoding="utf-8")
