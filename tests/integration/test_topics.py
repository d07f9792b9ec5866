"""Topics and buckets as declared: what differs is found, mended where that moves no key, and told where it does."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from minio.commonconfig import GOVERNANCE
from minio.objectlockconfig import DAYS, ObjectLockConfig

from infra import buckets
from infra.kafka import Drift, EventWriter, KafkaAdmin, TopicSpec, client_config, read_log
from infra.object_store import S3Store
from infra.settings import Settings, StoreSettings
from streams import declared, topics
from tests import services

pytestmark = pytest.mark.connected


@pytest.fixture
def spec(settings: Settings) -> Iterator[TopicSpec]:
    """A topic like the audit topic, under a name of its own; removed again."""
    name = f"test.{secrets.token_hex(6)}"
    yield TopicSpec(name, "image_id/edit_id", "a test", topics.AUDIT.configs)
    remove(settings, name)


def remove(settings: Settings, name: str) -> None:
    admin = AdminClient(client_config(settings.kafka))
    if name in admin.list_topics(timeout=10).topics:
        admin.delete_topics([name])[name].result(10)


def test_the_servers_of_the_tests_are_as_declared(settings: Settings) -> None:
    assert declared.drift(settings) == []


def test_a_missing_topic_is_found_made_and_then_as_declared(settings: Settings, spec: TopicSpec) -> None:
    admin = KafkaAdmin(settings.kafka)
    assert admin.partition_count(spec.name) == 0
    found = admin.drift([spec])
    assert found == [Drift(spec.name, "missing", "present", "missing", mendable=True)]
    admin.mend([spec], found)
    assert admin.drift([spec]) == []
    assert admin.partition_count(spec.name) == settings.kafka.partitions
    admin.mend([spec], found)
    assert admin.drift([spec]) == [], "two operators may apply at the same time"


def test_a_setting_that_somebody_changed_is_found_and_set_back(settings: Settings, spec: TopicSpec) -> None:
    admin = KafkaAdmin(settings.kafka)
    admin.mend([spec], admin.drift([spec]))
    change(settings, spec.name, "cleanup.policy", "delete")
    services.wait_until(lambda: admin.drift([spec]) != [], 10, "the broker tells of the change")
    found = admin.drift([spec])
    assert found == [Drift(spec.name, "cleanup.policy", "compact", "delete", mendable=True)]
    admin.mend([spec], found)
    assert admin.drift([spec]) == []


def change(settings: Settings, topic: str, name: str, value: str) -> None:
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    client = AdminClient(client_config(settings.kafka))
    for future in client.incremental_alter_configs([resource]).values():
        future.result(10)


def test_other_numbers_of_partitions_and_replicas_are_left_to_a_person(settings: Settings, spec: TopicSpec) -> None:
    KafkaAdmin(settings.kafka).mend([spec], KafkaAdmin(settings.kafka).drift([spec]))
    other = KafkaAdmin(msgspec.structs.replace(settings.kafka, partitions=24, replication=3))
    found = other.drift([spec])
    assert [(one.what, one.declared, one.actual, one.mendable) for one in found] == [
        ("partitions", "24", str(settings.kafka.partitions), False),
        ("replication", "3", "1", False),
    ]
    other.mend([spec], found)
    assert other.drift([spec]) == found


def test_a_log_is_read_to_the_end_that_it_had(settings: Settings, spec: TopicSpec) -> None:
    admin = KafkaAdmin(settings.kafka)
    admin.mend([spec], admin.drift([spec]))
    assert list(read_log(settings.kafka, spec.name)) == []
    writer = EventWriter(settings.kafka)
    for number in range(30):
        writer.send(spec.name, key=b"%d" % number, value=b"v%d" % number, headers=[("n", b"%d" % number)])
    writer.send(spec.name, key=b"gone", value=None, headers=[], partition=3)
    writer.flush()
    records = {record.key: record for record in read_log(settings.kafka, spec.name)}
    assert len(records) == 31
    assert all(records[b"%d" % n].value == b"v%d" % n for n in range(30))
    assert records[b"7"].headers == (("n", b"7"),)
    assert (records[b"gone"].value, records[b"gone"].partition) == (None, 3)


def test_a_partition_is_the_one_that_other_clients_choose(settings: Settings, spec: TopicSpec) -> None:
    """Ours is said explicitly; it must be what a merchant's own producer does with the same key."""
    admin = KafkaAdmin(settings.kafka)
    admin.mend([spec], admin.drift([spec]))
    writer = EventWriter(settings.kafka)
    names = [f"sku-{number}" for number in range(60)]
    for name in names:
        writer.send(spec.name, key=name.encode(), value=b"", headers=[])
    writer.flush()
    chosen = {record.key: record.partition for record in read_log(settings.kafka, spec.name)}
    partitions = settings.kafka.partitions
    assert {name.encode(): topics.partition_of(name, partitions) for name in names} == chosen


def names_of(settings: StoreSettings) -> tuple[str, ...]:
    return settings.incoming_bucket, settings.originals_bucket, settings.edits_bucket, settings.digests_bucket


def locked_of(settings: StoreSettings) -> tuple[str, ...]:
    return settings.originals_bucket, settings.digests_bucket


@pytest.fixture(params=["seaweedfs_servers", "minio_servers"])
def own_buckets(request: pytest.FixtureRequest) -> Iterator[tuple[S3Store, StoreSettings]]:
    """Settings with four buckets that are not there yet; removed again."""
    store_settings: StoreSettings = request.getfixturevalue(request.param).store.for_operators
    name = secrets.token_hex(6)
    settings = msgspec.structs.replace(
        store_settings,
        incoming_bucket=f"in-{name}",
        originals_bucket=f"orig-{name}",
        edits_bucket=f"edit-{name}",
        digests_bucket=f"digest-{name}",
    )
    store = S3Store(settings)
    yield store, settings
    for bucket in names_of(settings):
        if store.client.bucket_exists(bucket):
            store.erase(bucket, list(store.list(bucket, versions=True)), locked=bucket in locked_of(settings))
            store.client.remove_bucket(bucket)


def test_missing_buckets_are_made_with_versions_locks_and_notifications(
    own_buckets: tuple[S3Store, StoreSettings],
) -> None:
    store, settings = own_buckets
    found = buckets.drift(store, settings)
    missing = {one.bucket for one in found if one.what == "missing"}
    assert missing == set(names_of(settings))
    assert [one.bucket for one in found if one.what == "notifications"] == (
        [settings.incoming_bucket] if settings.queue_arn else []
    )
    buckets.mend(store, settings, found)
    assert buckets.drift(store, settings) == []
    for bucket in locked_of(settings):
        found_there = buckets.probe_protection(store, bucket)
        assert found_there.version_stays, "not even the operator deletes it, unless by opening the lock"
        assert found_there.locked_until is not None
        days = (found_there.locked_until - datetime.now(UTC)) / timedelta(days=1)
        assert settings.retention_days - 1 < days <= settings.retention_days
    assert not buckets.probe_protection(store, settings.edits_bucket).version_stays


def test_a_retention_that_somebody_changed_is_found_and_set_back(own_buckets: tuple[S3Store, StoreSettings]) -> None:
    store, settings = own_buckets
    buckets.mend(store, settings, buckets.drift(store, settings))
    store.client.set_object_lock_config(settings.originals_bucket, ObjectLockConfig(GOVERNANCE, 1, DAYS))
    (found,) = buckets.drift(store, settings)
    assert (found.what, found.declared, found.actual) == ("retention", "GOVERNANCE 400 days", "GOVERNANCE 1 days")
    buckets.mend(store, settings, [found])
    assert buckets.drift(store, settings) == []


def test_a_bucket_that_was_made_without_a_lock_is_named_and_left_to_a_person(
    own_buckets: tuple[S3Store, StoreSettings],
) -> None:
    store, settings = own_buckets
    store.client.make_bucket(settings.originals_bucket)
    buckets.mend(store, settings, buckets.drift(store, settings))
    (found,) = buckets.drift(store, settings)
    assert (found.bucket, found.what, found.actual) == (settings.originals_bucket, "retention", "no lock")
    assert not found.mendable
    without = msgspec.structs.replace(settings, retention_days=0)
    assert buckets.drift(store, without) == [], "said to have none, it is as declared"


def test_a_bucket_without_versions_is_found_and_mended(own_buckets: tuple[S3Store, StoreSettings]) -> None:
    store, settings = own_buckets
    store.client.make_bucket(settings.edits_bucket)
    found = buckets.drift(store, settings)
    assert (settings.edits_bucket, "versioning") in {(one.bucket, one.what) for one in found}
    buckets.mend(store, settings, found)
    assert buckets.drift(store, settings) == []


def test_minio_is_asked_for_notifications_again_where_they_were_taken_away(minio_servers: Settings) -> None:
    store, settings = S3Store(minio_servers.store.for_operators), minio_servers.store
    assert settings.queue_arn, "the local installation says where notifications go"
    store.client.delete_bucket_notification(settings.incoming_bucket)
    (found,) = declared.drift(minio_servers)
    assert (found.what, found.declared, found.actual) == ("notifications", settings.queue_arn, "none")
    declared.mend(minio_servers)
    assert declared.drift(minio_servers) == []
