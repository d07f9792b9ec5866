"""Erasing on real stores and a real broker: nothing is left of the picture, and its keys truly disappear."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from confluent_kafka.admin import AdminClient

from infra import buckets, kafka, signing
from infra.object_store import S3Store
from infra.settings import KafkaSettings, Settings
from processors import chain
from streams import announcing, cli, digests, erasing, erasure_checks, erasure_plans, events, topics
from streams.audit_log import Topic
from streams.ledger import Ledger
from tests import services

pytestmark = pytest.mark.connected

NOW = datetime.now(UTC)
KEY = signing.generate()
QUICK = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "1000",
}


@dataclass
class Shop:
    """Pictures with chains in the store and records in the topics, as workers leave them."""

    settings: Settings
    writer: Any

    def deliver(self, image_id: str, content: bytes) -> chain.Edit:
        place, store = self.settings.store, S3Store(self.settings.store)
        version = store.put(place.incoming_bucket, f"{image_id}.png", content, "image/png")
        ledger = Ledger(store, place.edits_bucket)
        history = ledger.read_now(image_id)
        edit = chain.Edit(
            image_id=image_id,
            seq=len(history.edits) + 1,
            edit_id=chain.name_of(image_id, version),
            parent=history.head.edit_id if history.head else None,
            parent_sha256=history.head_sha256,
            kind="cleaned",
            cause=chain.Cause(version or "", "shop", "catalog.image.created.v1", None),
            merchant_id="shop",
            source=chain.Source(place.incoming_bucket, f"{image_id}.png", version, "", 1, ""),
            original=self.keep(place.originals_bucket, "sha256", content),
            result=self.keep(place.edits_bucket, "results/sha256", b"result of " + content),
        )
        assert ledger.put_slot_now(image_id, edit.seq, events.encode(edit))
        for told in (announcing.audit(edit), announcing.head(edit)):
            self.writer.send(
                told.topic,
                key=told.key.encode(),
                value=told.value,
                headers=told.headers,
                partition=topics.partition_of(image_id, self.settings.kafka.partitions),
            )
        self.writer.flush()
        return edit

    def keep(self, bucket: str, prefix: str, data: bytes) -> chain.Blob:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{prefix}/{digest[:2]}/{digest}"
        S3Store(self.settings.store).put_once(bucket, key, data, "image/png")
        return chain.Blob(bucket, key, digest, len(data))


@pytest.fixture(params=["seaweedfs_servers", "minio_servers"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """With a bucket of digests of its own: those of other tests are signed with other keys."""
    settings: Settings = request.getfixturevalue(request.param)
    store = msgspec.structs.replace(settings.store, digests_bucket=f"digest-{secrets.token_hex(6)}")
    operator = S3Store(store.for_operators)
    buckets.mend(operator, store, buckets.drift(operator, store))
    kind = "minio" if "minio" in request.param else "seaweedfs"
    monkeypatch.setenv("CLEANPLATE_HOME", str(services.HOMES / kind))
    monkeypatch.setenv("CLEANPLATE_STORE__DIGESTS_BUCKET", store.digests_bucket)
    yield Shop(msgspec.structs.replace(settings, store=store), kafka.EventWriter(settings.kafka))
    operator.erase(store.digests_bucket, list(operator.list(store.digests_bucket, versions=True)), locked=True)
    operator.client.remove_bucket(store.digests_bucket)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(one) for one in arguments])


def test_a_picture_is_planned_erased_and_verified_by_the_commands(shop: Shop, tmp_path: Path) -> None:
    image, twin = f"erase-{secrets.token_hex(4)}", f"twin-{secrets.token_hex(4)}"
    content = secrets.token_bytes(32)
    shop.deliver(image, content)
    newer = shop.deliver(image, content + b"newer")
    stays = shop.deliver(twin, content)
    plan, key = tmp_path / "erase.plan", tmp_path / "audit.key"
    assert run("audit", "keygen", "--out", key).exit_code == 0

    done = run("erase", "plan", image, "--out", plan)
    assert done.exit_code == 0, done.output
    assert f"{image}: 2 edits, 2 files, 2 uploads" in done.output
    assert "stays, other pictures have it too" in done.output
    assert run("erase", "verify", plan).exit_code == 7, "before"

    done = run("erase", "apply", plan, "--actor", "ann", "--reason", "request 4711", "--key", key)
    assert done.exit_code == 0, done.output
    again = run("erase", "apply", plan, "--actor", "ann", "--reason", "request 4711", "--key", key)
    assert again.exit_code == 0, again.output

    done = run("erase", "verify", plan)
    assert done.exit_code == 4, done.output
    assert f"{topics.AUDIT.name}: " in done.output
    assert "at the latest until" in done.output
    store, place = S3Store(shop.settings.store.for_operators), shop.settings.store
    for bucket in (place.incoming_bucket, place.originals_bucket, place.edits_bucket):
        gone = (image, newer.original.sha256 if newer.original else "", newer.result.sha256 if newer.result else "")
        assert not [one.key for one in store.list(bucket, versions=True) if any(name in one.key for name in gone)]
    assert stays.original
    assert store.get(stays.original.bucket, stays.original.key).data == content
    ((_, signed),) = digests.Shelf(store, place.digests_bucket).erasures()
    assert image.encode() not in signed

    assert shop.deliver(image, content).seq == 1, "the name may be used again"
    assert run("erase", "verify", plan).exit_code == 4
    for one in (image, twin):
        assert run("erase", "plan", one, "--out", plan).exit_code == 0
        assert run("erase", "apply", plan, "--actor", "ann", "--reason", "tidy", "--key", key).exit_code == 0


def test_the_workers_keys_do_not_erase(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, plan, key = f"erase-{secrets.token_hex(4)}", tmp_path / "erase.plan", tmp_path / "audit.key"
    edit = shop.deliver(image, secrets.token_bytes(32))
    run("audit", "keygen", "--out", key)
    assert run("erase", "plan", image, "--out", plan).exit_code == 0
    with monkeypatch.context() as bare:
        for field in ("ACCESS_KEY", "SECRET_KEY"):
            bare.setenv(f"CLEANPLATE_STORE__ADMIN_{field}", getattr(shop.settings.store, field.lower()))
        done = run("erase", "apply", plan, "--actor", "ann", "--reason", "r", "--key", key)
    assert (done.exit_code, "AccessDenied" in done.output) == (75, True), done.output
    assert edit.original
    assert S3Store(shop.settings.store).get(edit.original.bucket, edit.original.key).data
    assert run("erase", "apply", plan, "--actor", "ann", "--reason", "r", "--key", key).exit_code == 0, "goes on"


class Renamed:
    """A writer into copies of the topics."""

    def __init__(self, settings: KafkaSettings, names: dict[str, str]) -> None:
        self._writer, self._names = kafka.EventWriter(settings), names

    def send(self, topic: str, **more: Any) -> None:
        self._writer.send(self._names.get(topic, topic), **more)

    def flush(self) -> None:
        self._writer.flush()


class Copy(Topic):
    """The audit topic under another name."""

    def __init__(self, settings: KafkaSettings, name: str) -> None:
        self._kafka, self._name = settings, name

    def ends(self) -> Any:
        return kafka.ends_of_log(self._kafka, self._name)

    def records(self, since: Any, only: Any = None) -> Any:
        return kafka.read_log(self._kafka, self._name, since=since, only=only)


@pytest.mark.slow
def test_after_compaction_no_key_is_left_and_the_others_are(seaweedfs_servers: Settings) -> None:
    name = secrets.token_hex(6)
    settings = msgspec.structs.replace(
        seaweedfs_servers, kafka=msgspec.structs.replace(seaweedfs_servers.kafka, partitions=1)
    )
    compacted = (topics.AUDIT, topics.HEAD, topics.MARKS)
    names = {spec.name: f"test.{name}.{spec.name}" for spec in (*compacted, *erasure_checks.PASSING)}
    specs = [
        kafka.TopicSpec(names[spec.name], spec.key, "a test", {**spec.configs, **(QUICK if spec in compacted else {})})
        for spec in (*compacted, *erasure_checks.PASSING)
    ]
    admin = kafka.KafkaAdmin(settings.kafka)
    admin.mend(specs, admin.drift(specs))
    shop = Shop(settings, Renamed(settings.kafka, names))
    store, log = S3Store(settings.store.for_operators), Copy(settings.kafka, names[topics.AUDIT.name])

    def read(topic: str) -> Iterator[kafka.Record]:
        return kafka.read_log(settings.kafka, names[topic])

    def plan(image: str) -> erasure_plans.Plan:
        return erasure_plans.make(
            [image], None, log=log, read=read, store=store, settings=settings.store, cluster="", salt=name, now=NOW
        )

    tools = erasing.Tools(
        store, settings.store, digests.Shelf(store, settings.store.digests_bucket), log, shop.writer, 1
    )
    try:
        gone, stays = f"gone-{name}", f"stays-{name}"
        for content in (b"1", b"2"):
            shop.deliver(gone, name.encode() + content)
        shop.deliver(stays, name.encode() + b"3")
        planned = plan(gone)
        made = erasing.carry_out(tools, planned, erasing.Order("ann", "r"), KEY)
        assert made["tombstones"] == 3

        def left() -> list[erasure_checks.Left]:
            # Nothing is cleaned but closed segments, and a segment is closed by what comes after it.
            for topic in compacted:
                shop.writer.send(topic.name, key=b"tick/0", value=None, headers=[], partition=0)
            shop.writer.flush()
            return [
                one
                for one in erasure_checks.verify(planned, read=read, store=store, settings=settings.store, common=())
                if not one.where.startswith(topics.OUTCOME.name)
            ]

        services.wait_until(lambda: not left(), 90, "records and tombstones are gone")
        keys = {record.key for topic in compacted for record in read(topic.name) if record.key != b"tick/0"}
        assert keys == {f"{stays}/{chain_of(store, settings, stays)}".encode(), stays.encode()}
        erasing.carry_out(tools, plan(stays), erasing.Order("ann", "r"), KEY)
    finally:
        shelf = settings.store.digests_bucket
        erased = [one for one in store.list(shelf, "digests/erasures/", versions=True) if planned_by(name, one.key)]
        store.erase(shelf, erased, locked=True)
        remover = AdminClient(kafka.client_config(settings.kafka))
        for future in remover.delete_topics(list(names.values())).values():
            future.result(10)


def chain_of(store: S3Store, settings: Settings, image_id: str) -> str:
    head = Ledger(store, settings.store.edits_bucket).read_now(image_id).head
    assert head
    return head.edit_id


def planned_by(salt: str, key: str) -> bool:
    pseudonyms = {hashlib.sha256(f"{salt}/{kind}-{salt}".encode()).hexdigest() for kind in ("gone", "stays")}
    return key.rpartition("/")[2].removesuffix(".json") in pseudonyms
