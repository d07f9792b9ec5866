"""The router that the settings want, and the version under which it decides."""

import json
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from infra import policy_file
from infra.settings import PoliciesSettings, QualitySettings, RiskSettings, Settings
from processors.policies import PolicyFileError
from processors.risk import RiskModelError
from processors.routing import Policy
from streams import doctor, routes

SHIPPED = resources.files("processors").joinpath("risk_model.json").read_bytes()


def with_model(tmp_path: Path, data: bytes) -> Settings:
    path = tmp_path / "model.json"
    path.write_bytes(data)
    return Settings(risk=RiskSettings(str(path)))


def test_without_settings_the_shipped_model_and_policies_decide() -> None:
    settings = Settings()
    actions = policy_file.read(PoliciesSettings()).of("default", "main")
    assert routes.version(settings) == routes.router(settings).version(Policy(), actions)
    assert len(routes.version(settings)) == 12


def test_marketplaces_that_act_alike_share_a_version() -> None:
    settings = Settings()
    assert routes.version(settings, "google") == routes.version(settings)
    assert routes.version(settings, "amazon") != routes.version(settings)
    assert routes.version(settings, "amazon", "additional") != routes.version(settings, "amazon", "main")


def test_another_risk_model_is_another_version(tmp_path: Path) -> None:
    assert routes.version(with_model(tmp_path, SHIPPED)) == routes.version(Settings()), "the same bytes elsewhere"
    assert routes.version(with_model(tmp_path, SHIPPED + b"\n")) != routes.version(Settings())


def test_another_threshold_is_another_version() -> None:
    assert routes.version(Settings(policy=Policy(score_min=0.9))) != routes.version(Settings())


def test_a_model_of_other_features_stops_the_start(tmp_path: Path) -> None:
    other = json.loads(SHIPPED) | {"names": ["height"]}
    with pytest.raises(RiskModelError, match=r"model\.json: .*other features"):
        routes.router(with_model(tmp_path, json.dumps(other).encode()))


def test_a_policy_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = Settings(policies=PoliciesSettings(str(tmp_path / "absent.toml")))
    with pytest.raises(PolicyFileError, match=r"absent\.toml"):
        routes.version(settings)


@pytest.mark.parametrize("broken", ["risk", "policies"])
def test_the_doctor_names_the_file_that_can_not_be_used(tmp_path: Path, broken: str) -> None:
    path = tmp_path / f"{broken}.file"
    path.write_bytes(b"{}")
    part = RiskSettings(str(path)) if broken == "risk" else PoliciesSettings(str(path))
    (finding,) = doctor._decision(msgspec.structs.replace(Settings(), **{broken: part}))
    assert (finding.check, finding.level) == ("decision", "fail")
    assert finding.found.startswith(str(path))
    assert "CLEANPLATE_RISK__PATH" in finding.advice


def test_the_doctor_names_the_model_of_the_error(tmp_path: Path) -> None:
    path = tmp_path / "error.json"
    path.write_bytes(b"{}")
    (broken,) = doctor._error_model(Settings(quality=QualitySettings(str(path))))
    assert (broken.level, broken.found.startswith(str(path))) == ("fail", True)
    assert "CLEANPLATE_QUALITY__ERROR_MODEL" in broken.advice
    (shipped,) = doctor._error_model(Settings())
    assert (shipped.level, "telea" in shipped.found) == ("ok", True)


def test_the_doctor_says_what_decides() -> None:
    (finding,) = doctor._decision(Settings())
    assert finding.level == "ok"
    assert routes.version(Settings()) in finding.found
