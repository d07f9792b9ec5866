"""The risk model, read: the one that is shipped, or the operator's own."""

from infra import shipped
from infra.settings import RiskSettings
from processors import risk
from processors.risk import RiskModel, RiskModelError


def read(settings: RiskSettings) -> RiskModel:
    """The model in force. Raises RiskModelError, which names the file."""
    shown = settings.path or "processors/risk_model.json"
    try:
        return risk.decode(shipped.data(settings.path, "risk_model.json"))
    except (OSError, RiskModelError) as problem:
        raise RiskModelError(f"{shown}: {problem}") from problem
