"""Data that comes with the package, or a file of the operator's in its place."""

from importlib import resources
from pathlib import Path


def data(path: str, name: str) -> bytes:
    """Return the bytes of the file at `path`, or of `name` in `processors` where `path` is empty. Raises OSError."""
    if path:
        return Path(path).read_bytes()
    return resources.files("processors").joinpath(name).read_bytes()
