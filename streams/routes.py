"""The router as the settings want it: risk model and policies read, and the version under which they decide."""

from infra import policy_file, risk_file
from infra.settings import Settings
from processors.policies import DEFAULT
from processors.records import Role
from processors.routing import Router


def router(settings: Settings) -> Router:
    """Raises RiskModelError where the risk model can't be used."""
    return Router(risk_file.read(settings.risk))


def version(settings: Settings, marketplace: str = DEFAULT, role: Role = "main") -> str:
    """Under what pictures of a marketplace and a role are decided. Raises RiskModelError and PolicyFileError."""
    actions = policy_file.read(settings.policies).of(marketplace, role)
    return router(settings).version(settings.policy, actions)
