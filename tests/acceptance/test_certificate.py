"""A worker edits without asking while its certificate is in force, and asks when people found it broken."""

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from infra.settings import Settings
from processors import certificates, chain
from streams import voiding
from streams.events import CertificateVoided
from tests import picture_files, services

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

STAMPED = Path(__file__).parents[2] / "examples" / "catalog" / "stamp-coral-dress.jpg"


def test_a_worker_edits_under_a_certificate_until_people_find_it_broken(
    settings: Settings, certificate: certificates.Certificate, tmp_path: Path
) -> None:
    workers.start_at_end(settings)
    file = tmp_path / "certificate.json"
    file.write_bytes(certificates.encode(certificate))
    environment = workers.environment(
        settings, CLEANPLATE_CERTIFICATE__REQUIRED="true", CLEANPLATE_CERTIFICATE__FILE=str(file)
    )

    def run(*arguments: str) -> list[dict[str, object]]:
        command = [workers.COMMAND, *arguments, "--json"]
        variables = {**os.environ, **environment}
        done = subprocess.run(command, check=True, env=variables, capture_output=True, text=True, timeout=120)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def outcome(number: int) -> dict[str, object]:
        """Of a file that has not been sent before."""
        path = tmp_path / f"{settings.kafka.group}-{number}.jpg"
        path.write_bytes(picture_files.commented(STAMPED.read_bytes(), path.name))
        (found,) = run("submit", str(path), "--wait")
        return found

    log = tmp_path / "log"
    with workers.running(workers.Worker(environment, log)):
        first = outcome(1)
        assert first["status"] == "cleaned", first
        (edit,) = run("history", str(first["image_id"]))
        ruling = msgspec.convert(edit["ruling"], chain.Ruling)
        assert ruling.certificate == certificate.id
        assert ruling.risk is not None
        assert ruling.risk <= certificate.risk_max
        assert ruling.thresholds.items() >= dataclasses.asdict(certificate.thresholds).items()

        told = CertificateVoided(
            certificate=certificate.id,
            why="12 of 400 sampled automatic edits were false",
            n=400,
            errors=12,
            bound=0.0174,
            time="2026-11-25T12:00:00+00:00",
        )
        voiding.publish(settings.kafka, told)

        def heard() -> bool:
            lines = log.read_text().splitlines()
            return any("certificate_voided" in line and certificate.id in line for line in lines)

        services.wait_until(heard, 60, "the worker has heard of it")
        second = outcome(2)
        assert (second["status"], second["reason"]) == ("review", "certificate_void")
        assert "12 of 400 sampled automatic edits were false" in str(second["why"])
