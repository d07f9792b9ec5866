"""The model of the error, read: the one that is shipped, or the operator's own."""

from infra import shipped
from infra.settings import QualitySettings
from processors import predicted_error
from processors.predicted_error import ErrorModel, ErrorModelError


def read(settings: QualitySettings) -> ErrorModel:
    """The model in force. Raises ErrorModelError, which names the file."""
    shown = settings.error_model or "processors/error_model.json"
    try:
        return predicted_error.decode(shipped.data(settings.error_model, "error_model.json"))
    except (OSError, ErrorModelError) as problem:
        raise ErrorModelError(f"{shown}: {problem}") from problem
