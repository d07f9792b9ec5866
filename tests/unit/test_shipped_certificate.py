"""The certificate that is shipped speaks of what is shipped; who changes a decision must certify anew."""

import re

import pytest

from inference import server
from infra import risk_file
from infra.settings import CertificateSettings, RiskSettings, Settings
from processors import binomial
from processors.certificates import Certificate
from processors.routing import Policy
from streams import routes, standing


@pytest.fixture(scope="module")
def shipped() -> Certificate:
    return standing.load(CertificateSettings())


def test_it_was_made_under_the_policy_and_the_risk_model_that_are_shipped(shipped: Certificate) -> None:
    assert shipped.policy_version == routes.version(Settings())
    assert shipped.risk_model == risk_file.read(RiskSettings()).digest


def test_it_holds_for_marketplaces_that_want_the_same(shipped: Certificate) -> None:
    assert routes.version(Settings(), "google") == shipped.policy_version
    assert routes.version(Settings(), "amazon", "additional") != shipped.policy_version


@pytest.mark.parametrize("name", ["textdet", "textrec"])
def test_it_was_made_with_the_models_that_are_shipped(shipped: Certificate, name: str) -> None:
    model = next(one for one in server.MODELS if one.name == name)
    config = (server.TEMPLATES / name / "config.pbtxt").read_text()
    weights = re.search(r'"weights_sha256"\s*value \{ string_value: "([0-9a-f]{64})"', config)
    (decider,) = [one for one in shipped.models if one.name == name]
    assert weights is not None
    assert decider.weights_sha256 == weights[1]
    assert decider.code_sha256 == server.code_sha256(model)


def test_what_it_promises_is_borne_out_by_what_was_counted(shipped: Certificate) -> None:
    assert (shipped.alpha, shipped.delta) == (0.02, 0.05)
    assert shipped.n >= 900
    assert shipped.bound == pytest.approx(binomial.upper_bound(shipped.errors, shipped.n, shipped.delta))
    assert shipped.bound <= shipped.alpha
    assert shipped.rendered.n + shipped.real.n == shipped.n
    assert shipped.not_covered


def test_without_a_certificate_the_thresholds_are_the_same(shipped: Certificate) -> None:
    assert (Policy().risk_max, Policy().keep_min) == (shipped.risk_max, shipped.keep_min)
