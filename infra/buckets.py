"""The buckets as they should be against as they are, and proof that the store keeps its promises."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from minio.commonconfig import ENABLED, GOVERNANCE
from minio.error import S3Error
from minio.notificationconfig import NotificationConfig, QueueConfig
from minio.objectlockconfig import DAYS, YEARS, ObjectLockConfig
from minio.retention import Retention
from minio.versioningconfig import VersioningConfig

from infra.object_store import S3Store
from infra.settings import StoreSettings

EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
#: How many writers race for one key when conditional writes are probed.
RACERS = 16
PROBES = "probes/"
#: How stores say that a version is locked, or that we have no right.
_REFUSED = ("AccessDenied", "InvalidRequest", "ObjectLocked")
#: Always the same: where deletion is refused it stays, and the next probe finds it there.
KEPT_PROBE = f"{PROBES}kept"


@dataclass(frozen=True, slots=True)
class BucketDrift:
    """One difference between a bucket as declared and as it is."""

    bucket: str
    #: `missing`, `versioning`, `retention` or `notifications`
    what: str
    declared: str
    actual: str
    mendable: bool = True


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
        if bucket in _locked(settings):
            declared, actual = _declared_retention(settings), _retention(store, bucket)
            if actual != declared:
                # A lock can't be had later, except at some stores by their own means.
                found.append(BucketDrift(bucket, "retention", declared, actual, mendable=actual != NO_LOCK))
    missing = any(one.what == "missing" and one.bucket == settings.incoming_bucket for one in found)
    if settings.queue_arn and (missing or not _notifies(store, settings)):
        found.append(BucketDrift(settings.incoming_bucket, "notifications", settings.queue_arn, "none"))
    return found


def mend(store: S3Store, settings: StoreSettings, drifts: list[BucketDrift]) -> None:
    """Create what is missing, turn versions on, set retentions, ask for notifications.

    Raises ServiceUnavailableError.
    """
    for one in sorted(drifts, key=lambda one: one.what != "missing"):
        with store.translating(one.bucket):
            if one.what == "missing":
                # Locking can't be added later; it also turns versions on.
                store.client.make_bucket(one.bucket, object_lock=one.bucket in _locked(settings))
            if one.what in ("missing", "versioning"):
                store.client.set_bucket_versioning(one.bucket, VersioningConfig(ENABLED))
            if one.what in ("missing", "retention") and one.bucket in _locked(settings) and one.mendable:
                rule = ObjectLockConfig(GOVERNANCE, settings.retention_days, DAYS)
                store.client.set_object_lock_config(one.bucket, rule)
            if one.what == "notifications":
                wanted = NotificationConfig(queue_config_list=[QueueConfig(queue=settings.queue_arn, events=EVENTS)])
                store.client.set_bucket_notification(one.bucket, wanted)


#: How a bucket is that was made without locking.
NO_LOCK = "no lock"


def _declared_retention(settings: StoreSettings) -> str:
    return f"{GOVERNANCE} {settings.retention_days} days"


def _retention(store: S3Store, bucket: str) -> str:
    """For how long a bucket locks what is put there."""
    with store.translating(bucket):
        try:
            rule = store.client.get_object_lock_config(bucket)
        except S3Error as problem:
            if problem.code != "ObjectLockConfigurationNotFoundError":
                raise
            return NO_LOCK
    if rule.mode is None or rule.duration is None:
        return "none"
    return f"{rule.mode} {rule.duration * (365 if rule.duration_unit == YEARS else 1)} days"


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


@dataclass(frozen=True, slots=True)
class Protection:
    """What keeps the objects of a bucket from being deleted, as tried with the keys at hand."""

    #: deleting a version was refused
    version_stays: bool
    #: hiding an object under a delete marker was refused: these keys have no right to delete
    without_right: bool
    #: until when the version is locked; None where it is not
    locked_until: datetime | None


def probe_protection(store: S3Store, bucket: str) -> Protection:
    """Try to delete an object of our own, with the rights of whose keys these are.

    Where the store refuses, as it should, the object stays for the next probe: it is always the same one.
    Raises ServiceUnavailableError where it does not answer at all.
    """
    store.put_once(bucket, KEPT_PROBE, b"kept", "text/plain")
    listed = [one for one in store.list(bucket, KEPT_PROBE, versions=True) if not one.is_deletion]
    version = next((one.version_id for one in listed if one.is_latest), None)
    until = locked_until(store, bucket, KEPT_PROBE, version)
    with store.translating(f"{bucket}/{KEPT_PROBE}"):
        hidden = _deletes(store, bucket, KEPT_PROBE, None)
        if hidden:
            for one in store.list(bucket, KEPT_PROBE, versions=True):
                if one.is_deletion:
                    store.client.remove_object(bucket, KEPT_PROBE, version_id=one.version_id)
        # Without a version this would be the same question again.
        deleted = version is None or _deletes(store, bucket, KEPT_PROBE, version)
    return Protection(version_stays=not deleted, without_right=not hidden, locked_until=until)


def locked_until(store: S3Store, bucket: str, key: str, version: str | None) -> datetime | None:
    """Until when a version cannot be deleted; None where it is not locked. Raises ServiceUnavailableError."""
    with store.translating(f"{bucket}/{key}"):
        try:
            found = store.client.get_object_retention(bucket, key, version_id=version)
        except S3Error as problem:
            # Buckets without a lock answer InvalidRequest.
            if problem.code in ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", *_REFUSED):
                return None
            raise
    return found.retain_until_date if found else None


def lock(store: S3Store, bucket: str, key: str, version: str | None, until: datetime) -> None:
    """Lock a version until then. Takes an operator's rights. Raises ServiceUnavailableError."""
    with store.translating(f"{bucket}/{key}"):
        store.client.set_object_retention(bucket, key, Retention(GOVERNANCE, until), version_id=version)


def _deletes(store: S3Store, bucket: str, key: str, version: str | None) -> bool:
    try:
        store.client.remove_object(bucket, key, version_id=version)
    except S3Error as problem:
        # MinIO says 400 InvalidRequest, others 403 AccessDenied.
        if problem.code in _REFUSED:
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
    """Buckets whose objects must not be deleted for a time."""
    return (settings.originals_bucket, settings.digests_bucket) if settings.retention_days else ()
