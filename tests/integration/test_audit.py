"""A log on a real broker is signed into a real store; what is done to it then is found, and named, by the commands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from infra import kafka, object_store
from infra import settings as settings_module
from infra.kafka import EventWriter, KafkaAdmin, Record
from infra.settings import Settings
from processors import chain
from processors.errors import ServiceUnavailableError
from streams import declared, events, local, topics
from streams.ledger import Ledger
from tests import logs, services

COMMAND = [sys.executable, "-m", "streams.cli", "audit"]

pytestmark = [pytest.mark.connected, pytest.mark.slow]


@dataclass(frozen=True)
class Shop:
    """Servers of this file alone: the audit topic is one for all, and here it is tampered with."""

    settings: Settings
    home: Path
    keys: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "CLEANPLATE_HOME": str(self.home)}

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [*COMMAND, *arguments], capture_output=True, text=True, env=self.environment, check=False, timeout=120
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    @contextmanager
    def following(self, *arguments: str) -> Iterator[Iterator[str]]:
        """The lines of `tail --follow` from the last record on; ended as services are."""
        command = [*COMMAND, "tail", "--last", "1", "--follow", "--json", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
                # Not Ctrl-C's signal: where these tests run in the background, that one is ignored.
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0
            finally:
                process.kill()

    def verify(self, *arguments: str, code: int = 0) -> dict[str, object]:
        ran = self.run("verify", "--public-key", f"{self.keys}.pub", "--json", *arguments, code=code)
        report: dict[str, object] = json.loads(ran.stdout)
        return report

    def write(self, *edits: chain.Edit, slots: bool = True) -> None:
        writer = EventWriter(self.settings.kafka)
        ledger = Ledger(object_store.S3Store(self.settings.store), self.settings.store.edits_bucket)
        for edit in edits:
            if slots:
                ledger.put_slot_now(edit.image_id, edit.seq, events.encode(edit))
            self._send(writer, logs.key_of(edit), events.encode(edit))
        writer.flush()

    def records(self) -> list[Record]:
        return list(kafka.read_log(self.settings.kafka, topics.AUDIT.name))

    def make_anew(self, records: list[Record]) -> None:
        """The topic, deleted and made again with these records."""
        client = AdminClient(kafka.client_config(self.settings.kafka))
        admin = KafkaAdmin(self.settings.kafka)
        client.delete_topics([topics.AUDIT.name])[topics.AUDIT.name].result()
        services.wait_until(lambda: admin.partition_count(topics.AUDIT.name) == 0, 30, "the topic is gone")
        declared.mend(self.settings)
        writer = EventWriter(self.settings.kafka)
        for record in records:
            writer.send(topics.AUDIT.name, key=record.key, value=record.value, headers=[], partition=record.partition)
        writer.flush()

    def _send(self, writer: EventWriter, key: bytes, value: bytes) -> None:
        image_id = key.decode().rpartition("/")[0]
        partition = topics.partition_of(image_id, self.settings.kafka.partitions)
        writer.send(topics.AUDIT.name, key=key, value=value, headers=[], partition=partition)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("audit") / "home"
    try:
        local.up(home, skip=("triton",))
    except ServiceUnavailableError as problem:
        local.down(home)
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no servers: {problem}")
    try:
        settings = settings_module.load({"CLEANPLATE_HOME": str(home)})
        declared.mend(settings)
        shop = Shop(settings, home, home.parent / "audit.key")
        shop.run("keygen", "--out", str(shop.keys))
        yield shop
    finally:
        local.down(home)


def first(report: dict[str, object]) -> dict[str, object]:
    findings = report["findings"]
    assert isinstance(findings, list)
    found: dict[str, object] = findings[0]
    return found


def test_a_log_is_signed_verified_proven_and_what_was_done_to_it_is_named(shop: Shop, tmp_path: Path) -> None:
    edits = [edit for number in range(20) for edit in logs.edits(f"sku-{number}", 3)]
    shop.write(*edits)
    assert "60 records signed" in shop.run("sign", "--key", str(shop.keys)).stdout
    assert "nothing new" in shop.run("sign", "--key", str(shop.keys)).stderr

    metrics = tmp_path / "audit.prom"
    report = shop.verify("--store", "--metrics", str(metrics))
    assert (report["signed"], report["unsigned"], report["slots_compared"]) == (60, 0, 60)
    assert "cleanplate_audit_findings 0\n" in metrics.read_text()
    assert shop.verify("--image", "sku-7")["picture_signed"] == 3

    proof = tmp_path / "proof.json"
    shop.run("prove", "sku-7", "--seq", "2", "--out", str(proof))
    said = shop.run("check-proof", str(proof), "--public-key", f"{shop.keys}.pub").stdout
    assert said.startswith("edit 2 of sku-7 (cleaned, ")
    proof.write_text(proof.read_text().replace("shop-1", "shop-2"))
    assert "proves nothing" in shop.run("check-proof", str(proof), "--public-key", f"{shop.keys}.pub", code=7).stderr

    assert len(shop.run("tail", "--last", "5", "--json").stdout.splitlines()) == 5
    assert json.loads(shop.run("stats", "--json").stdout)["edits"] == 60
    shop.run("export", "--out", str(tmp_path), "--format", "parquet")
    shop.run("export", "--out", str(tmp_path), "--format", "jsonl")
    assert len((tmp_path / "edits.jsonl").read_bytes().splitlines()) == 60

    # A redelivered event tells a record again, and a newer one is not signed yet: neither is a fault.
    with shop.following("--image", "sku-3") as lines:
        assert json.loads(next(lines))["seq"] == 3
        shop.write(edits[4], *logs.edits("sku-3", 4)[3:])
        assert json.loads(next(lines))["seq"] == 4
    report = shop.verify()
    assert (report["copies"], report["unsigned"]) == (1, 2)
    before = shop.records()

    # A forged record with the key of an old one, which compaction would let win.
    forged = replace(edits[4], merchant_id="shop-2")
    shop.write(forged, slots=False)
    found = first(shop.verify(code=7))
    lies = max(record.offset for record in shop.records() if record.key == logs.key_of(forged))
    assert (found["what"], found["offset"], found["edit_id"]) == ("slot twice", lies, forged.edit_id)

    # The same topic without one record, and without what came after the digest.
    old = [record for record in before if record.key != logs.key_of(edits[10])]
    shop.make_anew(old)
    gone = next(record for record in before if record.key == logs.key_of(edits[10]))
    found = first(shop.verify(code=7))
    assert (found["partition"], found["offset"]) == (gone.partition, gone.offset)
    human = shop.run("verify", "--public-key", f"{shop.keys}.pub", code=7).stdout
    assert f"catalog.edit.audit.v1[{gone.partition}]@{gone.offset}" in human

    # The topic lost entirely.
    shop.make_anew([])
    report = shop.verify(code=7)
    assert (report["findings_all"], first(report)["what"], report["records"]) == (60, "missing", 0)
    assert "records are gone" in shop.run("sign", "--key", str(shop.keys), code=7).stderr

    # And back again, as it was.
    shop.make_anew(before)
    assert shop.verify()["signed"] == 60


def test_digests_lie_where_nothing_is_deleted(shop: Shop) -> None:
    from infra import buckets

    store = object_store.S3Store(shop.settings.store)
    found = buckets.probe_protection(store, shop.settings.store.digests_bucket)
    assert found.version_stays
    assert found.without_right
    assert found.locked_until


def test_no_private_key_is_taken_for_verifying_and_no_public_one_for_signing(shop: Shop) -> None:
    shop.run("verify", "--public-key", str(shop.keys), code=1)
    shop.run("sign", "--key", f"{shop.keys}.pub", code=1)
    shop.run("keygen", "--out", str(shop.keys), code=1)
