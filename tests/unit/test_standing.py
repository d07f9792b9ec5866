"""The certificate is in force only for what it was made with, and until somebody finds it broken."""

import dataclasses
import importlib.resources
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infra.settings import CertificateSettings
from processors import certificates
from processors.certificates import CertificateError
from processors.thresholds import Thresholds
from streams import standing
from streams.events import CertificateVoided
from streams.standing import Certification, OnTrial
from tests import fakes

CERTIFICATE = fakes.certificate()
SERVING = (fakes.MODEL,)
VERSION = CERTIFICATE.policy_version


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_bytes(certificates.encode(CERTIFICATE))
    return path


def voided() -> CertificateVoided:
    return CertificateVoided(
        certificate=CERTIFICATE.id,
        why="9 of 400 sampled edits were false: at least 1.1%",
        n=400,
        errors=9,
        bound=0.011,
        time="2026-11-25T12:00:00+00:00",
    )


def test_it_is_in_force_for_what_it_was_made_with(file: Path) -> None:
    found = Certification(CertificateSettings(str(file))).standing(SERVING, VERSION)
    assert found.certificate == CERTIFICATE
    assert (found.why_void, found.asks) == ("", False)
    assert found.thresholds == Thresholds(CERTIFICATE.risk_max, CERTIFICATE.keep_min)


def test_another_model_makes_it_void_and_edits_are_asked_about(file: Path) -> None:
    certification = Certification(CertificateSettings(str(file)))
    other = dataclasses.replace(fakes.MODEL, weights_sha256="3fa1" * 16)
    found = certification.standing((other,), VERSION)
    assert found.certificate is None
    assert found.asks
    assert found.why_void == "textdet's weights are 3fa13fa13fa1…, certified were aaaaaaaaaaaa…"
    assert certification.standing(SERVING, VERSION).certificate == CERTIFICATE, "the old model is back"


def test_another_version_of_the_policy_makes_it_void_for_that_picture_alone(file: Path) -> None:
    certification = Certification(CertificateSettings(str(file)))
    found = certification.standing(SERVING, "0123456789ab")
    assert found.why_void == f"the policy's version is 0123456789ab, certified was {VERSION}"
    assert found.asks
    assert certification.standing(SERVING, VERSION).certificate == CERTIFICATE


def test_a_promise_that_people_found_broken_makes_it_void(file: Path) -> None:
    told: dict[str, CertificateVoided] = {}
    certification = Certification(CertificateSettings(str(file)), told.get)
    assert not certification.standing(SERVING, VERSION).asks
    told[CERTIFICATE.id] = voided()
    found = certification.standing(SERVING, VERSION)
    assert found.asks
    assert found.why_void == "people found it broken: 9 of 400 sampled edits were false: at least 1.1%"


def test_an_operator_may_go_on_without_it_and_its_thresholds_stay(file: Path) -> None:
    found = Certification(CertificateSettings(str(file), required=False)).standing(SERVING, "0123456789ab")
    assert found.certificate is None
    assert not found.asks
    assert found.why_void
    assert found.thresholds == CERTIFICATE.thresholds


@pytest.mark.parametrize("content", [None, b"{}", b"not JSON"])
def test_a_file_that_is_no_certificate_is_void_and_says_why(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.json"
    if content is not None:
        path.write_bytes(content)
    found = Certification(CertificateSettings(str(path))).standing(SERVING, VERSION)
    assert found.asks
    assert found.thresholds is None
    assert ("No such file" if content is None else "no certificate") in found.why_void


def test_without_a_file_it_is_the_shipped_one() -> None:
    if (importlib.resources.files("processors") / standing.SHIPPED).is_file():
        assert standing.load(CertificateSettings()).id
    else:
        with pytest.raises(CertificateError, match="without a certificate"):
            standing.load(CertificateSettings())


def test_the_log_says_when_it_changes_and_only_then(file: Path) -> None:
    certification = Certification(CertificateSettings(str(file)), changed=standing.log_change)
    with capture_logs() as lines:
        for models in (SERVING, SERVING, (), (), SERVING):
            certification.standing(models, VERSION)
    assert [line["event"] for line in lines] == ["certificate_in_force", "certificate_void", "certificate_in_force"]


def test_thresholds_on_trial_hold_for_every_picture_and_ask_about_none() -> None:
    found = OnTrial(Thresholds(0.3, 0.9)).standing((), "0123456789ab")
    assert (found.certificate, found.thresholds, found.asks) == (None, Thresholds(0.3, 0.9), False)
