"""The buckets as they should be against as they are, and proof that the store keeps its promises."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.notificationconfig import NotificationConfig, QueueConfig
from minio.versioningconfig import VersioningConfig

from infra.object_store import S3Store
from infra.settings import StoreSettings

EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
#: How many writers race for one key when conditional writes are probed.
RACERS = 16
PROBES = "probes/"


@dataclass(frozen=True, slots=True)
class BucketDrift:
    """One difference between a bucket as declared and as it is."""

    bucket: str
    #: `missing`, `versioning` or `notifications`
    what: str
    declared: str
    actual: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What a store did when it was asked to keep a promise."""

    promise: str
    kept: bool
    detail: str


def drift(store: S3Store, settings: StoreSettings) -> list[BucketDrift]:
    """Differences; empty when all is as declared. Raises ServiceUnavailableError."""
    found = []
    for bucket in _names(settings):
        with store.translating(bucket):
            if not store.client.bucket_exists(bucket):
                found.append(BucketDrift(bucket, "missing", "present", "missing"))
                continue
            status = store.client.get_bucket_versioning(bucket).status
            if status != ENABLED:
                found.append(BucketDrift(bucket, "versioning", ENABLED, str(status)))
    missing = any(one.what == "missing" and one.bucket == settings.incoming_bucket for one in found)
    if settings.queue_arn and (missing or not _notifies(store, settings)):
        found.append(BucketDrift(settings.incoming_bucket, "notifications", settings.queue_arn, "none"))
    return found


def mend(store: S3Store, settings: StoreSettings, drifts: list[BucketDrift]) -> None:
    """Create what is missing, turn versions on, ask for notifications. Raises ServiceUnavailableError."""
    for one in sorted(drifts, key=lambda one: one.what != "missing"):
        with store.translating(one.bucket):
            if one.what == "missing":
                # Locking can't be added later; it also turns versions on.
                store.client.make_bucket(one.bucket, object_lock=one.bucket in _locked(settings))
            if one.what in ("missing", "versioning"):
                store.client.set_bucket_versioning(one.bucket, VersioningConfig(ENABLED))
            else:
                wanted = NotificationConfig(queue_config_list=[QueueConfig(queue=settings.queue_arn, events=EVENTS)])
                store.client.set_bucket_notification(one.bucket, wanted)


def probe(store: S3Store, bucket: str) -> Iterator[Probe]:
    """Ask the store to keep each promise that we build on, with objects of our own that are removed again.

    Raises ServiceUnavailableError where it does not answer at all.
    """
    key = f"{PROBES}{secrets.token_hex(8)}"
    promises: tuple[tuple[str, Callable[[S3Store, str, str], str]], ...] = (
        ("what is put can be read", _round_trip),
        ("a second conditional write is refused", _second_write),
        (f"of {RACERS} writers racing for a key one wins", _race),
        ("an old version can be read", _old_version),
    )
    for number, (promise, check) in enumerate(promises):
        mine = f"{key}-{number}"
        try:
            trouble = check(store, bucket, mine)
            yield Probe(promise, not trouble, trouble)
        finally:
            _remove_all(store, bucket, mine)


def probe_lock(store: S3Store, bucket: str) -> Probe:
    """Ask the store not to delete an object that is held, in a bucket that was made for locking; removes it again.

    Raises ServiceUnavailableError where it does not answer at all.
    """
    promise, key = "what is held cannot be deleted", f"{PROBES}{secrets.token_hex(8)}-held"
    with store.translating(bucket):
        try:
            store.client.get_object_lock_config(bucket)
        except S3Error as problem:
            if problem.code != "ObjectLockConfigurationNotFoundError":
                raise
            return Probe(promise, False, "the bucket was made without locking")
    version = store.put(bucket, key, b"held", "text/plain")
    try:
        with store.translating(bucket):
            store.client.enable_object_legal_hold(bucket, key, version)
            deleted = _deletes(store, bucket, key, version)
            if not deleted:
                store.client.disable_object_legal_hold(bucket, key, version)
    finally:
        _remove_all(store, bucket, key)
    return Probe(promise, not deleted, "it was deleted all the same" if deleted else "")


def _deletes(store: S3Store, bucket: str, key: str, version: str | None) -> bool:
    try:
        store.client.remove_object(bucket, key, version_id=version)
    except S3Error as problem:
        # MinIO says 400 InvalidRequest, others 403 AccessDenied.
        if problem.code in ("AccessDenied", "InvalidRequest", "ObjectLocked"):
            return False
        raise
    return True


def _round_trip(store: S3Store, bucket: str, key: str) -> str:
    store.put(bucket, key, b"probe", "text/plain")
    return "" if store.get(bucket, key).data == b"probe" else "other bytes came back"


def _second_write(store: S3Store, bucket: str, key: str) -> str:
    first = store.put_once(bucket, key, b"first", "text/plain")
    second = store.put_once(bucket, key, b"second", "text/plain")
    if not first:
        return "the first write was refused"
    return "the second write was accepted: If-None-Match is ignored" if second else ""


def _race(store: S3Store, bucket: str, key: str) -> str:
    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(lambda n: store.put_once(bucket, key, b"%d" % n, "text/plain"), range(RACERS)))
    winner = int(store.get(bucket, key).data)
    # The answer to the winner may have been lost; two winners, or a value of a loser, may not be.
    if sum(won) > 1 or (sum(won) == 1 and not won[winner]):
        return f"{sum(won)} writers were told that they won"
    return ""


def _old_version(store: S3Store, bucket: str, key: str) -> str:
    old = store.put(bucket, key, b"old", "text/plain")
    store.put(bucket, key, b"new", "text/plain")
    if old is None:
        return "the bucket keeps no versions"
    if store.get(bucket, key, old).data != b"old":
        return "the old version has other bytes"
    store.remove(bucket, key)
    listed = [one for one in store.list(bucket, key, versions=True) if one.key == key]
    markers = [one for one in listed if one.is_deletion]
    if len(listed) != 3 or len(markers) != 1 or not markers[0].is_latest:
        return f"{len(listed)} versions listed with {len(markers)} delete markers, instead of 3 with 1 on top"
    return ""


def _remove_all(store: S3Store, bucket: str, key: str) -> None:
    for one in list(store.list(bucket, key, versions=True)):
        with store.translating(f"{bucket}/{key}"):
            store.client.remove_object(bucket, one.key, version_id=one.version_id)


def _notifies(store: S3Store, settings: StoreSettings) -> bool:
    with store.translating(settings.incoming_bucket):
        present = store.client.get_bucket_notification(settings.incoming_bucket)
    return any(
        queue.queue == settings.queue_arn and set(EVENTS) <= set(_widened(queue.events))
        for queue in present.queue_config_list
    )


def _widened(events: list[str]) -> list[str]:
    """A store may give `s3:ObjectCreated:*` back as its members."""
    stems = {event.rsplit(":", 1)[0] for event in events}
    return [f"{stem}:*" for stem in stems]


def _names(settings: StoreSettings) -> tuple[str, ...]:
    return settings.incoming_bucket, settings.originals_bucket, settings.edits_bucket, settings.digests_bucket


def _locked(settings: StoreSettings) -> tuple[str, ...]:
    """Buckets whose objects must not be deleted."""
    return settings.originals_bucket, settings.digests_bucket
