"""The doctor finds what is wrong, says what to do about it, and leaves nothing behind."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from confluent_kafka.admin import AdminClient

from inference import contracts
from infra import buckets
from infra.kafka import EventWriter, KafkaAdmin, client_config
from infra.object_store import S3Store
from infra.settings import Settings
from streams import doctor, topics
from tests import services
from tests.acceptance import workers

pytestmark = pytest.mark.connected

MODELS = {f"model {model.name}" for model in contracts.MODELS}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The local servers are those of the tests."""
    home = services.HOMES / "seaweedfs"
    monkeypatch.setenv("CLEANPLATE_HOME", str(home))
    return home


def examined(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.check: finding for finding in doctor.examine(settings)}


def wrong(findings: dict[str, doctor.Finding]) -> dict[str, doctor.Level]:
    return {check: one.level for check, one in findings.items() if one.level in ("fail", "no answer")}


def run(*arguments: str, **variables: str) -> tuple[int, list[doctor.Finding]]:
    """The installed command: its exit code and findings."""
    done = subprocess.run(
        [workers.COMMAND, "doctor", "--json", *arguments],
        check=False,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, [msgspec.json.decode(line, type=doctor.Finding) for line in done.stdout.splitlines()]


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """An address where nobody answers: connections are taken, and that is all."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        yield f"127.0.0.1:{silent.getsockname()[1]}"


def test_all_is_well_and_nothing_is_left_behind(settings: Settings) -> None:
    before = left_behind(settings)
    code, findings = run()
    assert code == 0
    assert {one.level for one in findings} == {"ok", "warn"}
    checks = {one.check: one for one in findings}
    assert {"settings", "kafka brokers", "topics", "store", "store clock", "buckets", "disk"} <= set(checks)
    assert {*MODELS, "workers", "local servers"} <= set(checks)
    assert f"kafka clock {settings.kafka.bootstrap}" in checks
    assert "openvino" in checks["model textdet"].found
    assert "no password" in checks["local store"].found, "SeaweedFS' filer is open to everyone on the machine"
    for promise in ("a second conditional write is refused", "an original cannot be deleted"):
        assert checks[f"store: {promise}"].level == "ok"
    assert all(one.advice for one in findings if one.level != "ok")
    assert left_behind(settings) == before


def left_behind(settings: Settings) -> tuple[set[str], list[str]]:
    """Topics, and objects where probes are made, but for the one that cannot be deleted."""
    admin = AdminClient(client_config(settings.kafka))
    store = S3Store(settings.store)
    places = (settings.store.originals_bucket, settings.store.edits_bucket)
    probes = [one.key for place in places for one in store.list(place, buckets.PROBES, versions=True)]
    probes = [key for key in probes if key != buckets.KEPT_PROBE]
    return set(admin.list_topics(timeout=10).topics), probes


def test_a_person_reads_the_same_with_advice_below(settings: Settings) -> None:
    done = subprocess.run([workers.COMMAND, "doctor"], check=True, capture_output=True, text=True, timeout=60)
    assert f"{settings.store.endpoint}\n" in done.stdout
    assert "\n             → start one: cleanplate worker\n" in done.stdout


def test_it_says_where_settings_come_from(home: Path) -> None:
    _, findings = run(CLEANPLATE_KAFKA__GROUP="a-group")
    (said,) = (one.found for one in findings if one.check == "settings")
    assert "CLEANPLATE_KAFKA__GROUP" in said
    assert str(home / "local.json") in said


def test_a_missing_bucket_hides_no_other_finding(settings: Settings) -> None:
    absent = f"absent-{secrets.token_hex(4)}"
    code, findings = run(CLEANPLATE_STORE__EDITS_BUCKET=absent)
    assert code == 7
    checks = {one.check: one for one in findings}
    assert checks[f"bucket {absent}"].advice == "run cleanplate topics apply"
    assert wrong(checks) == {f"bucket {absent}": "fail", "store": "fail"}
    assert checks["store: an original cannot be deleted"].level == "ok"


def test_a_topic_that_differs_is_named(settings: Settings) -> None:
    other = msgspec.structs.replace(settings, kafka=msgspec.structs.replace(settings.kafka, partitions=13))
    findings = examined(other)
    assert set(wrong(findings)) == {f"topic {spec.name}" for spec in topics.ALL}
    assert "a person" in findings[f"topic {topics.AUDIT.name}"].advice


def test_wrong_keys_are_told_from_a_store_that_is_away(settings: Settings) -> None:
    stranger = msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, secret_key="wrong"))
    findings = [one for one in doctor.examine(stranger) if one.level != "ok"]
    refused = [one for one in findings if one.check == "store"]
    assert refused
    assert {one.level for one in refused} == {"fail"}
    assert all("SignatureDoesNotMatch" in one.found or "AccessDenied" in one.found for one in refused)


def test_servers_that_are_away_are_findings_and_the_exit_code_says_so(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    away = f"127.0.0.1:{port}"
    began = time.monotonic()
    code, findings = run(CLEANPLATE_KAFKA__BOOTSTRAP=away, CLEANPLATE_STORE__ENDPOINT=away, CLEANPLATE_TRITON__URL=away)
    assert code == 75
    assert time.monotonic() - began < 20
    silent = {one.check: one.advice for one in findings if one.level == "no answer"}
    assert set(silent) == {"kafka", "store", *MODELS}
    assert all("cleanplate up" in advice and "CLEANPLATE_" in advice for advice in silent.values())
    assert "disk" in {one.check for one in findings}


@pytest.mark.parametrize("group", ["kafka", "store", "triton"])
def test_one_server_that_hangs_does_not_hide_the_others(settings: Settings, group: str) -> None:
    with nobody() as address:
        field = {"kafka": "bootstrap", "store": "endpoint", "triton": "url"}[group]
        part = msgspec.structs.replace(getattr(settings, group), **{field: address})
        began = time.monotonic()
        findings = examined(msgspec.structs.replace(settings, **{group: part}))
    assert time.monotonic() - began < 20
    silent = {check for check, level in wrong(findings).items() if level == "no answer"}
    assert silent == {"kafka": {"kafka"}, "store": {"store"}, "triton": MODELS}[group]
    assert wrong(findings).keys() == silent
    others = {"kafka": "topics", "store": "buckets", "triton": "model inpaint"}
    assert all(findings[check].level == "ok" for name, check in others.items() if name != group)


def test_events_that_wait_without_a_worker_are_counted(settings: Settings) -> None:
    workers.start_at_end(settings)
    writer = EventWriter(settings.kafka)
    for number in range(3):
        # No event of ours, and of no bucket that there is: a later worker sets it aside.
        writer.send(topics.STORAGE_EVENTS.name, key=b"none/x", value=json.dumps({"n": number}).encode(), headers=[])
    writer.flush()
    found = examined(settings)["workers"]
    assert found.level == "warn"
    assert found.found == f"none in group {settings.kafka.group}; 3 wait in {topics.STORAGE_EVENTS.name}"


@pytest.mark.slow
def test_a_worker_that_runs_is_counted(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    admin = KafkaAdmin(settings.kafka)
    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")):
        services.wait_until(lambda: admin.members(settings.kafka.group) == 1, 60, "the worker has joined")
        found = examined(settings)["workers"]
    assert found.level == "ok"
    assert found.found.startswith(f"1 in group {settings.kafka.group}; ")


def test_minio_is_said_to_be_archived(minio_servers: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_HOME", str(services.HOMES / "minio"))
    findings = examined(minio_servers)
    assert "archived" in findings["local store"].found
    assert "MinIO" in findings["store"].found
    assert {check for check, level in wrong(findings).items() if not check.startswith("model ")} == set()
