"""The policy file, read: the one that is shipped, or the operator's own."""

from infra import shipped
from infra.settings import PoliciesSettings
from processors import policies
from processors.policies import Policies, PolicyFileError


def read(settings: PoliciesSettings) -> Policies:
    """The policies in force. Raises PolicyFileError, which names the file and the key."""
    shown = settings.path or "processors/policies.toml"
    try:
        return policies.parse(shipped.data(settings.path, "policies.toml").decode())
    except (OSError, UnicodeDecodeError) as problem:
        raise PolicyFileError(f"{shown}: {problem}") from problem
    except PolicyFileError as problem:
        raise PolicyFileError(f"{shown}: {problem}") from problem
