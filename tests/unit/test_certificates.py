"""The document: its id, its round trip, and what makes it void."""

import dataclasses
from typing import Any

import msgspec
import pytest

from processors import certificates
from processors.certificates import CertificateError
from tests import fakes

CERTIFICATE = fakes.certificate()
DETECTOR = fakes.MODEL
READER = dataclasses.replace(DETECTOR, name="textrec")
INPAINTER = dataclasses.replace(DETECTOR, name="inpaint")
SERVING = (INPAINTER, DETECTOR, READER)
CERTIFIED = certificates.sealed(msgspec.structs.replace(CERTIFICATE, models=certificates.deciders(SERVING)))


def differences(*models: Any, version: str = CERTIFICATE.policy_version) -> list[str]:
    return certificates.differences(CERTIFIED, models or SERVING, version)


def test_a_certificate_is_read_as_it_was_written() -> None:
    data = certificates.encode(CERTIFICATE)
    assert certificates.decode(data) == CERTIFICATE
    assert certificates.encode(certificates.decode(data)) == data


def test_the_id_is_the_hash_of_all_else() -> None:
    assert len(CERTIFICATE.id) == 32
    assert certificates.sealed(CERTIFICATE).id == CERTIFICATE.id
    other = certificates.sealed(msgspec.structs.replace(CERTIFICATE, errors=CERTIFICATE.errors + 1))
    assert other.id != CERTIFICATE.id


def test_a_certificate_that_somebody_changed_is_none() -> None:
    better = certificates.encode(CERTIFICATE).replace(b'"errors": 0', b'"errors": 1', 1)
    assert better != certificates.encode(CERTIFICATE)
    with pytest.raises(CertificateError, match="changed after it was made"):
        certificates.decode(better)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"format": 2}', b"[1"])
def test_another_file_is_no_certificate(data: bytes) -> None:
    with pytest.raises(CertificateError, match="no certificate"):
        certificates.decode(data)


def test_the_same_models_and_policy_leave_it_in_force() -> None:
    assert differences() == []


def test_a_model_that_only_fills_makes_no_difference() -> None:
    assert differences(DETECTOR, READER) == []
    assert differences(dataclasses.replace(INPAINTER, weights_sha256="f" * 64), DETECTOR, READER) == []
    assert [one.name for one in CERTIFIED.models] == ["textdet", "textrec"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weights_sha256": "3fa1" * 16}, "textrec's weights are 3fa13fa13fa1…, certified were aaaaaaaaaaaa…"),
        ({"code_sha256": "c" * 64}, "textrec's code is cccccccccccc…, certified was bbbbbbbbbbbb…"),
        ({"engine": "onnxruntime"}, "textrec's engine is onnxruntime, certified was fake"),
        ({"engine_version": ""}, "textrec's engine's version is not told, certified was 1.0"),
        ({"precision": "f16"}, "textrec's precision is f16, certified was f32"),
    ],
)
def test_each_changed_fact_of_a_deciding_model_is_named(change: dict[str, str], told: str) -> None:
    assert differences(DETECTOR, dataclasses.replace(READER, **change)) == [told]  # type: ignore[arg-type]


def test_a_model_that_is_gone_or_new_is_named() -> None:
    assert differences(DETECTOR) == ["textrec does not serve"]
    alone = certificates.sealed(msgspec.structs.replace(CERTIFIED, models=certificates.deciders((DETECTOR,))))
    found = certificates.differences(alone, SERVING, CERTIFICATE.policy_version)
    assert found == ["textrec serves, and was not there when it was certified"]


def test_another_version_of_the_policy_is_named() -> None:
    assert differences(version="0123456789ab") == [
        f"the policy's version is 0123456789ab, certified was {CERTIFICATE.policy_version}"
    ]


def test_a_newer_server_with_the_same_models_makes_no_difference() -> None:
    assert differences(DETECTOR, dataclasses.replace(READER, server_version="9.9", version="2")) == []
