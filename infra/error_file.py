"""The model of the error, read: the one that is shipped, or the operator's own."""

from importlib import resources
from pathlib import Path

from infra.settings import QualitySettings
from processors import predicted_error
from processors.predicted_error import ErrorModel, ErrorModelError


def read(settings: QualitySettings) -> ErrorModel:
    """The model in force. Raises ErrorModelError, which names the file."""
    shown = settings.error_model or "processors/error_model.json"
    try:
        return predicted_error.decode(_data(settings.error_model))
    except (OSError, ErrorModelError) as problem:
        raise ErrorModelError(f"{shown}: {problem}") from problem


def _data(path: str) -> bytes:
    if path:
        return Path(path).read_bytes()
    return resources.files("processors").joinpath("error_model.json").read_bytes()
