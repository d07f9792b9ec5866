"""Which code this is, as audit records name it."""

import hashlib
import importlib.metadata
from pathlib import Path


def code_version() -> str:
    """Version of the distribution and a digest of the source that runs, so that an audit record names it exactly."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for package in ("inference", "infra", "processors", "streams"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{importlib.metadata.version('cleanplate')}+{digest.hexdigest()[:12]}"
