"""What the pipeline expects of a store, asked of the fake and of both real ones."""

import hashlib
import pickle
import secrets
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import msgspec
import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from infra import buckets
from infra.object_store import Listed, MissingObjectError, RefusedByStoreError, S3Store, StoredObject, TooLargeError
from infra.settings import Settings, StoreSettings
from processors.errors import ServiceUnavailableError
from streams import ports
from tests import fakes

KIND = "application/octet-stream"


class Store(ports.Store, Protocol):
    """The port, and what merchants do to the incoming bucket."""

    def put(self, bucket: str, key: str, data: bytes, media_type: str) -> str | None: ...

    def remove(self, bucket: str, key: str) -> None: ...

    def remove_version(self, bucket: str, key: str, version_id: str | None) -> None: ...

    def exists(self, bucket: str, key: str) -> bool: ...


@dataclass(frozen=True)
class Place:
    """A bucket with versions, and a prefix that no other test has."""

    store: Store
    bucket: str
    prefix: str

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    def put(self, name: str, data: bytes) -> str:
        version = self.store.put(self.bucket, self.key(name), data, KIND)
        assert version, "the bucket keeps versions"
        return version

    def put_once(self, name: str, data: bytes) -> bool:
        return self.store.put_once(self.bucket, self.key(name), data, KIND)

    def get(self, name: str, version_id: str | None = None, max_bytes: int | None = None) -> StoredObject:
        return self.store.get(self.bucket, self.key(name), version_id, max_bytes)

    def list(self, name: str = "", *, versions: bool = False) -> list[Listed]:
        return list(self.store.list(self.bucket, self.key(name), versions=versions))


REAL = [
    pytest.param("seaweedfs_servers", id="seaweedfs", marks=pytest.mark.connected),
    pytest.param("minio_servers", id="minio", marks=pytest.mark.connected),
]


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest) -> Iterator[tuple[StoreSettings, str]]:
    """A real store's settings and a bucket there that is removed again."""
    servers: Settings = request.getfixturevalue(request.param)
    with bucket_of(S3Store(servers.store)) as bucket:
        yield servers.store, bucket


@pytest.fixture(scope="module", params=[pytest.param("memory", id="memory"), *REAL])
def home(request: pytest.FixtureRequest) -> Iterator[tuple[Store, str]]:
    if request.param == "memory":
        yield fakes.MemoryStore("contract"), "contract"
        return
    store = S3Store(request.getfixturevalue(request.param).store)
    with bucket_of(store) as bucket:
        yield store, bucket


@pytest.fixture
def place(home: tuple[Store, str]) -> Place:
    return Place(*home, prefix=secrets.token_hex(6))


class bucket_of:  # noqa: N801 - used as a verb
    """A new bucket with versions, and nothing left of it."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._name = f"contract-{secrets.token_hex(6)}"

    def __enter__(self) -> str:
        self._store.client.make_bucket(self._name)
        self._store.client.set_bucket_versioning(self._name, VersioningConfig(ENABLED))
        return self._name

    def __exit__(self, *_: object) -> None:
        for one in list(self._store.list(self._name, versions=True)):
            self._store.client.remove_object(self._name, one.key, version_id=one.version_id)
        self._store.client.remove_bucket(self._name)


# ------------------------------------------------------------------------------------------------- reading, writing


def test_what_was_put_comes_back(place: Place) -> None:
    data = bytes(range(256)) * 4000
    version = place.put("röcke/größe 38+40 靴.jpg", data)
    found = place.get("röcke/größe 38+40 靴.jpg")
    assert (found.data, found.version_id) == (data, version)
    assert found.etag
    assert '"' not in found.etag


def test_an_empty_object_is_an_object(place: Place) -> None:
    place.put("empty", b"")
    assert place.get("empty").data == b""


def test_every_version_can_be_read_and_the_last_one_is_the_object(place: Place) -> None:
    versions = {place.put("shoe", data): data for data in (b"one", b"two", b"three")}
    assert len(versions) == 3
    assert place.get("shoe").data == b"three"
    for version, data in versions.items():
        assert place.get("shoe", version).data == data


def test_a_deleted_object_is_gone_and_its_versions_are_not(place: Place) -> None:
    version = place.put("shoe", b"one")
    assert place.store.exists(place.bucket, place.key("shoe"))
    place.store.remove(place.bucket, place.key("shoe"))
    assert not place.store.exists(place.bucket, place.key("shoe"))
    with pytest.raises(MissingObjectError):
        place.get("shoe")
    assert place.get("shoe", version).data == b"one"


def test_a_large_object_is_refused_before_it_is_read(place: Place) -> None:
    place.put("large", b"x" * 1000)
    assert len(place.get("large", max_bytes=1000).data) == 1000
    with pytest.raises(TooLargeError) as caught:
        place.get("large", max_bytes=999)
    assert caught.value.reason == "too_many_bytes"


@pytest.mark.parametrize(
    "key",
    [
        *("absent", "a//b", "../other/x", "a/../../b", "a/./b", "..", "back\\slash", "new\nline", "nul\0byte", "\x01"),
        *("%2e%2e/x", "?versionId=1", "#", "\u202egpj.exe", "x" * 900, "é" * 500, "x" * 1100, "trailing/"),
    ],
)
def test_whatever_an_event_calls_its_object_it_is_only_missing(place: Place, key: str) -> None:
    """A name that a store dislikes must not look like a store that is away: the event would wait for ever."""
    with pytest.raises(MissingObjectError) as caught:
        place.store.get(place.bucket, key)
    assert caught.value.reason == "object_missing"


@pytest.mark.parametrize("version", ["nonsense", "null", "00000000-0000-0000-0000-000000000000", "a/b", "x" * 256])
def test_a_version_that_never_was_is_missing(place: Place, version: str) -> None:
    place.put("shoe", b"one")
    with pytest.raises(MissingObjectError):
        place.get("shoe", version)


@pytest.mark.parametrize("bucket", ["no-such-bucket", "UPPER", "under_score", "a..b", "192.168.1.1", "xn--x", "ö-x"])
def test_a_bucket_that_an_event_invents_is_missing(place: Place, bucket: str) -> None:
    with pytest.raises(MissingObjectError):
        place.store.get(bucket, "x")


def test_a_missing_bucket_of_ours_is_for_an_operator_to_mend(place: Place) -> None:
    """Writing and listing happen in our own buckets: an event that needs them is not at fault and waits."""
    for use in (
        lambda: place.store.put_once("no-such-bucket", "x", b"", KIND),
        lambda: place.store.put("no-such-bucket", "x", b"", KIND),
        lambda: list(place.store.list("no-such-bucket")),
    ):
        with pytest.raises(RefusedByStoreError):
            use()


# ----------------------------------------------------------------------------------------------- conditional writes


def test_a_key_is_written_once(place: Place) -> None:
    assert place.put_once("slot", b"first")
    assert not place.put_once("slot", b"second")
    assert place.get("slot").data == b"first"
    assert len(place.list("slot", versions=True)) == 1, "a refused write leaves no version behind"


def test_of_many_writers_one_wins_and_its_bytes_stand(place: Place) -> None:
    for round_ in range(5):
        name = f"race-{round_}"
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(lambda n, name=name: place.put_once(name, b"%d" % n), range(16)))
        assert won.count(True) == 1
        assert place.get(name).data == b"%d" % won.index(True)


def test_a_deleted_key_can_be_written_again(place: Place) -> None:
    place.put_once("slot", b"first")
    place.store.remove(place.bucket, place.key("slot"))
    assert place.put_once("slot", b"again")
    assert place.get("slot").data == b"again"


# -------------------------------------------------------------------------------------------------------- listings


def test_a_listing_is_in_the_order_of_the_keys(place: Place) -> None:
    """ASCII only: SeaweedFS lists other keys too, but not always in their place."""
    names = [f"chain/{number:08d}.json" for number in (10, 9, 1, 100)] + ["b", "B", "a-b", "a/b", "a0"]
    for name in (*names, "ä", "靴"):
        place.put(name, b"x")
    listed = [one.key for one in place.list()]
    assert [key for key in listed if key.isascii()] == sorted(place.key(name) for name in names)
    assert set(listed) == {place.key(name) for name in (*names, "ä", "靴")}


def test_a_listing_stays_below_its_prefix(place: Place) -> None:
    for name in ("sku-1/1", "sku-1/2", "sku-10/1", "sku"):
        place.put(name, b"x")
    assert [one.key for one in place.list("sku-1/")] == [place.key("sku-1/1"), place.key("sku-1/2")]
    assert place.list("absent") == []


def test_a_listing_is_longer_than_one_answer_of_the_server(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: place.put(f"{number:05d}", b""), range(1100)))
    assert [one.key for one in place.list()] == [place.key(f"{number:05d}") for number in range(1100)]


def test_a_listing_tells_what_reading_tells(place: Place) -> None:
    version = place.put("a b+c.jpg", b"12345")
    (one,) = place.list()
    found = place.get("a b+c.jpg")
    assert (one.key, one.size, one.etag) == (place.key("a b+c.jpg"), 5, found.etag)
    assert (one.is_latest, one.is_deletion) == (True, False)
    (with_version,) = place.list(versions=True)
    assert with_version.version_id == version == found.version_id


def test_a_listing_of_versions_tells_the_latest_from_the_others_and_the_deletions(place: Place) -> None:
    first, second = place.put("shoe", b"one"), place.put("shoe", b"two!")
    place.store.remove(place.bucket, place.key("shoe"))
    assert place.list() == []
    listed = place.list(versions=True)
    # The client gives delete markers after the versions, whatever the store's order was.
    (marker,) = [one for one in listed if one.is_deletion]
    assert marker.is_latest
    older = [(one.version_id, one.size, one.is_latest) for one in listed if not one.is_deletion]
    assert older == [(second, 4, False), (first, 3, False)]


def test_a_listing_tells_the_hash_of_what_one_put_wrote_and_when(place: Place) -> None:
    place.put_once("slot", b"one")
    place.put("blob", b"two")
    listed = {one.key: one for one in place.list()}
    for name, data in (("slot", b"one"), ("blob", b"two")):
        one = listed[place.key(name)]
        assert one.etag == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert one.written_at is not None


def test_a_deletion_is_dated_and_taken_back_by_deleting_its_marker(place: Place) -> None:
    place.put("blob", b"one")
    place.store.remove(place.bucket, place.key("blob"))
    (marker,) = [one for one in place.list("blob", versions=True) if one.is_deletion]
    assert marker.is_latest
    assert marker.written_at is not None
    place.store.remove_version(place.bucket, marker.key, marker.version_id)
    assert place.get("blob").data == b"one"


def test_a_version_that_is_deleted_is_gone_and_one_that_was_written_meanwhile_stays(place: Place) -> None:
    place.put("blob", b"one")
    place.store.remove(place.bucket, place.key("blob"))
    old = place.list("blob", versions=True)
    assert place.put_once("blob", b"two"), "what is hidden is stored anew"
    for one in sorted(old, key=lambda one: one.is_deletion):
        place.store.remove_version(place.bucket, one.key, one.version_id)
    assert place.get("blob").data == b"two"
    assert len(place.list("blob", versions=True)) == 1


# ------------------------------------------------------------------------------------------------------ in trouble


def test_a_server_that_is_not_there_is_unavailable(real: tuple[StoreSettings, str]) -> None:
    settings, bucket = real
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gone = S3Store(msgspec.structs.replace(settings, endpoint=f"127.0.0.1:{port}"))
    unavailable(gone, bucket)


def test_a_server_that_does_not_answer_is_unavailable(real: tuple[StoreSettings, str]) -> None:
    settings, bucket = real
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1]
        unavailable(S3Store(msgspec.structs.replace(settings, endpoint=f"127.0.0.1:{port}", timeout_s=0.2)), bucket)


def unavailable(store: S3Store, bucket: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.get(bucket, "x"),
        lambda: store.put_once(bucket, "x", b"", KIND),
        lambda: store.put(bucket, "x", b"", KIND),
        lambda: store.exists(bucket, "x"),
        lambda: list(store.list(bucket)),
        lambda: store.remove(bucket, "x"),
        store.greet,
    )
    for call in calls:
        with pytest.raises(ServiceUnavailableError) as caught:
            call()
        assert caught.value.service == "store"
        assert not isinstance(caught.value, RefusedByStoreError)


@pytest.mark.parametrize("wrong", [{"access_key": "nobody"}, {"secret_key": "wrong-secret"}])
def test_wrong_keys_are_refused_and_blame_no_event(real: tuple[StoreSettings, str], wrong: dict[str, str]) -> None:
    settings, bucket = real
    stranger = S3Store(msgspec.structs.replace(settings, **wrong))
    for call in (
        lambda: stranger.get(bucket, "x"),
        lambda: stranger.put_once(bucket, "x", b"", KIND),
        lambda: list(stranger.list(bucket)),
    ):
        with pytest.raises(RefusedByStoreError):
            call()


def test_a_store_greets_strangers_with_its_time(real: tuple[StoreSettings, str]) -> None:
    settings, _ = real
    stranger = S3Store(msgspec.structs.replace(settings, access_key="nobody", secret_key="wrong-secret"))
    assert stranger.greet().clock_s is not None


def test_a_key_that_is_another_keys_folder_can_vanish_from_listings(real: tuple[StoreSettings, str]) -> None:
    """Why no key of ours is the path of another's parent: MinIO keeps `t/a/b` and does not list it."""
    settings, bucket = real
    store, prefix = S3Store(settings), secrets.token_hex(6)
    store.put(bucket, f"{prefix}/t/a", b"parent", KIND)
    child = store.put(bucket, f"{prefix}/t/a/b", b"child", KIND)
    assert store.get(bucket, f"{prefix}/t/a/b").data == b"child"
    listed = {one.key.removeprefix(f"{prefix}/") for one in store.list(bucket, f"{prefix}/")}
    assert listed in ({"t/a"}, {"t/a", "t/a/b"})
    store.client.remove_object(bucket, f"{prefix}/t/a/b", version_id=child)


def test_failures_survive_the_way_between_processes() -> None:
    for problem in (MissingObjectError("b/k"), TooLargeError("b/k"), RefusedByStoreError("AccessDenied for b/k")):
        again = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own
        assert (type(again), str(again)) == (type(problem), str(problem))


# -------------------------------------------------------------------------------------------------------- promises


def test_the_store_keeps_its_promises_and_the_probes_leave_nothing(real: tuple[StoreSettings, str]) -> None:
    settings, bucket = real
    store = S3Store(settings)
    assert [probe for probe in buckets.probe(store, bucket) if not probe.kept] == []
    assert list(store.list(bucket, buckets.PROBES, versions=True)) == []


class ForgetfulStore(S3Store):
    """A store that takes conditional writes for plain ones, as many do."""

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        self.put(bucket, key, data, media_type)
        return True


def test_a_store_that_ignores_conditions_is_found_out(real: tuple[StoreSettings, str]) -> None:
    settings, bucket = real
    broken = [probe.promise for probe in buckets.probe(ForgetfulStore(settings), bucket) if not probe.kept]
    assert broken == ["a second conditional write is refused", "of 16 writers racing for a key one wins"]


def test_a_bucket_without_versions_is_found_out(real: tuple[StoreSettings, str]) -> None:
    settings, _ = real
    store, plain = S3Store(settings), f"contract-{secrets.token_hex(6)}"
    store.client.make_bucket(plain)
    try:
        broken = {probe.promise: probe.detail for probe in buckets.probe(store, plain) if not probe.kept}
        assert broken == {"an old version can be read": "the bucket keeps no versions"}
        assert list(store.list(plain)) == []
    finally:
        store.client.remove_bucket(plain)


def test_who_may_delete_what_nothing_locks_is_found_out(real: tuple[StoreSettings, str]) -> None:
    settings, bucket = real
    store = S3Store(settings.for_operators)
    assert buckets.probe_protection(store, bucket) == buckets.Protection(
        version_stays=False, without_right=False, locked_until=None
    )
    assert list(store.list(bucket, buckets.PROBES, versions=True)) == []
