"""The risk model, read: the one that is shipped, or the operator's own."""

from importlib import resources
from pathlib import Path

from infra.settings import RiskSettings
from processors import risk
from processors.risk import RiskModel, RiskModelError


def read(settings: RiskSettings) -> RiskModel:
    """The model in force. Raises RiskModelError, which names the file."""
    shown = settings.path or "processors/risk_model.json"
    try:
        return risk.decode(_data(settings.path))
    except (OSError, RiskModelError) as problem:
        raise RiskModelError(f"{shown}: {problem}") from problem


def _data(path: str) -> bytes:
    if path:
        return Path(path).read_bytes()
    return resources.files("processors").joinpath("risk_model.json").read_bytes()
