"""Originals stay: neither the worker nor an operator by mistake deletes one, and what is not as it was is named."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from click.testing import CliRunner
from minio.commonconfig import GOVERNANCE
from minio.error import S3Error
from minio.retention import Retention

from infra import buckets
from infra.object_store import RefusedByStoreError, S3Store
from infra.settings import Settings, StoreSettings
from processors.errors import ServiceUnavailableError
from streams import cli, originals

pytestmark = pytest.mark.connected
BOTH = ["seaweedfs_servers", "minio_servers"]
NOW = datetime.now(UTC)


@pytest.fixture(params=BOTH)
def servers(request: pytest.FixtureRequest) -> StoreSettings:
    settings: Settings = request.getfixturevalue(request.param)
    return settings.store


def name_of(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return f"sha256/{digest[:2]}/{digest}"


@pytest.fixture
def original(servers: StoreSettings) -> Iterator[tuple[str, str]]:
    """An original that a worker has just stored, and its version; an operator removes it."""
    data = secrets.token_bytes(32)
    key, bucket = name_of(data), servers.originals_bucket
    assert S3Store(servers).put_once(bucket, key, data, "application/octet-stream")
    (version,) = (one.version_id for one in S3Store(servers).list(bucket, key, versions=True))
    assert version
    yield key, version
    operator = S3Store(servers.for_operators)
    operator.erase(bucket, list(operator.list(bucket, key, versions=True)), locked=True)
    assert list(operator.list(bucket, key, versions=True)) == []


def test_the_worker_neither_deletes_nor_hides_nor_unlocks_an_original(
    servers: StoreSettings, original: tuple[str, str]
) -> None:
    (key, version), bucket, worker = original, servers.originals_bucket, S3Store(servers)
    listed = list(worker.list(bucket, key, versions=True))
    for refused in (
        lambda: worker.remove(bucket, key),
        lambda: worker.remove_version(bucket, key, version),
        lambda: worker.erase(bucket, listed),
        lambda: worker.erase(bucket, listed, locked=True),
        lambda: buckets.lock(worker, bucket, key, version, NOW + timedelta(seconds=1)),
    ):
        with pytest.raises(ServiceUnavailableError):
            refused()
    assert list(worker.list(bucket, key, versions=True)) == listed


def test_what_is_written_over_an_original_leaves_it_readable(servers: StoreSettings, original: tuple[str, str]) -> None:
    (key, version), bucket, worker = original, servers.originals_bucket, S3Store(servers)
    before = worker.get(bucket, key).data
    assert not worker.put_once(bucket, key, b"other", "text/plain"), "nothing of ours writes over it"
    worker.put(bucket, key, b"other", "text/plain")
    assert worker.get(bucket, key, version).data == before


def test_within_its_retention_an_original_is_deleted_by_nobody_who_does_not_say_that_he_means_it(
    servers: StoreSettings, original: tuple[str, str]
) -> None:
    (key, version), bucket = original, servers.originals_bucket
    operator = S3Store(servers.for_operators)
    until = buckets.locked_until(operator, bucket, key, version)
    assert until is not None
    assert servers.retention_days - 1 < (until - NOW) / timedelta(days=1) <= servers.retention_days + 1
    with pytest.raises(ServiceUnavailableError):
        operator.remove_version(bucket, key, version)
    with pytest.raises(S3Error):
        operator.client.set_object_retention(
            bucket, key, Retention(GOVERNANCE, NOW + timedelta(minutes=1)), version_id=version
        )
    operator.remove(bucket, key)
    assert operator.get(bucket, key, version).data, "a delete marker hides it, and it is there"


def test_the_worker_deletes_no_slot_and_no_blob_of_an_edit(servers: StoreSettings) -> None:
    worker, operator, bucket = S3Store(servers), S3Store(servers.for_operators), servers.edits_bucket
    for folder in ("chain", "masks", "patches", "results", "drawn"):
        key = f"{folder}/test/{secrets.token_hex(8)}/x"
        assert worker.put_once(bucket, key, b"x", "text/plain")
        (listed,) = worker.list(bucket, key, versions=True)
        for refused in (lambda key=key: worker.remove(bucket, key), lambda one=listed: worker.erase(bucket, [one])):
            with pytest.raises(RefusedByStoreError):
                refused()
        operator.erase(bucket, [listed])
        assert list(operator.list(bucket, key, versions=True)) == []


@pytest.fixture
def shelf(servers: StoreSettings) -> Iterator[tuple[S3Store, StoreSettings, list[str]]]:
    """Ten originals in a bucket of their own."""
    name = secrets.token_hex(6)
    settings = msgspec.structs.replace(
        servers.for_operators, originals_bucket=f"orig-{name}", digests_bucket=f"digest-{name}"
    )
    store = S3Store(settings)
    buckets.mend(store, settings, buckets.drift(store, settings))
    keys = []
    for number in range(10):
        data = b"original %d" % number
        keys.append(name_of(data))
        store.put_once(settings.originals_bucket, keys[-1], data, "application/octet-stream")
    yield store, settings, keys
    for bucket in (settings.originals_bucket, settings.digests_bucket):
        store.erase(bucket, list(store.list(bucket, versions=True)), locked=True)
        store.client.remove_bucket(bucket)


def verdicts(store: S3Store, settings: StoreSettings, sample: int | None = None, seed: int = 1) -> dict[str, str]:
    checked = originals.verify(
        store, settings.originals_bucket, sample=sample, seed=seed, now=datetime.now(UTC), locks=True
    )
    return {one.key: one.verdict for one in checked}


def test_every_way_in_which_an_original_is_not_what_it_was_is_named(
    shelf: tuple[S3Store, StoreSettings, list[str]],
) -> None:
    store, settings, keys = shelf
    bucket = settings.originals_bucket
    assert verdicts(store, settings) == dict.fromkeys(keys, "right")
    store.put(bucket, keys[0], b"something else", "text/plain")
    store.remove(bucket, keys[1])
    wrong = name_of(b"never stored")
    store.put(bucket, wrong, b"other bytes", "text/plain")
    store.put(bucket, "sha256/notes", b"", "text/plain")
    found = verdicts(store, settings)
    assert {key: one for key, one in found.items() if one != "right"} == {
        keys[0]: "overwritten",
        keys[1]: "hidden",
        wrong: "differs",
        "sha256/notes": "misnamed",
    }


def test_a_sample_is_the_same_for_the_same_seed(shelf: tuple[S3Store, StoreSettings, list[str]]) -> None:
    store, settings, _ = shelf
    drawn = [set(verdicts(store, settings, sample=4, seed=seed)) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert {len(one) for one in drawn} == {4}
    assert len(set().union(*drawn)) > 4


def test_originals_from_before_the_retention_are_found_and_locked(
    shelf: tuple[S3Store, StoreSettings, list[str]],
) -> None:
    store, settings, keys = shelf
    bucket = settings.originals_bucket
    store.client.delete_object_lock_config(bucket)
    data = b"from before"
    store.put_once(bucket, name_of(data), data, "text/plain")
    assert verdicts(store, settings)[name_of(data)] == "unlocked"
    until = datetime.now(UTC) + timedelta(days=30)
    assert list(originals.lock(store, bucket, until, datetime.now(UTC))) == [name_of(data)]
    assert set(verdicts(store, settings).values()) == {"right"}
    later = datetime.now(UTC) + timedelta(days=500)
    renewed = set(originals.lock(store, bucket, later, datetime.now(UTC) + timedelta(days=450)))
    assert renewed == {*keys, name_of(data)}, "those that end within 450 days: all"
    for key in renewed:
        held = buckets.locked_until(store, bucket, key, None)
        assert held and held > datetime.now(UTC) + timedelta(days=499)


def test_the_command_says_what_it_hashed_and_fails_where_one_is_wrong(
    shelf: tuple[S3Store, StoreSettings, list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    store, settings, keys = shelf
    for field in ("endpoint", "access_key", "secret_key", "originals_bucket"):
        monkeypatch.setenv(f"CLEANPLATE_STORE__{field.upper()}", getattr(settings, field))
    figures = f"{tmp_path}/originals.prom"
    done = CliRunner().invoke(cli.main, ["originals", "verify", "--all", "--metrics", figures])
    assert (done.exit_code, "all: 10 originals, 100 bytes" in done.output) == (0, True), done.output
    store.put(settings.originals_bucket, keys[3], b"something else", "text/plain")
    done = CliRunner().invoke(cli.main, ["originals", "verify", "--all", "--metrics", figures])
    assert (done.exit_code, f"{keys[3]}: overwritten" in done.output) == (7, True), done.output
    with open(figures) as file:
        assert 'cleanplate_originals_verified{verdict="overwritten"} 1' in file.read()
