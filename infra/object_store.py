"""The S3 store through minio-py: reads with a limit, writes that never overwrite, listings.

Every method is synchronous and thread-safe; callers on an event loop use threads.

MissingObjectError          what an event names is not there, or cannot be anywhere: only reading raises it
ServiceUnavailableError     the store does not answer, or answers 5xx
 └─ RefusedByStoreError     it answers and says no to us: events wait until a person has mended that

A key must never be the path of another key's parent (`t/a` beside `t/a/b`): S3 allows it, but stores that keep
objects in folders refuse the second (versitygw) or hide it from listings (MinIO).
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import certifi
import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.helpers import check_bucket_name, check_object_name
from urllib3.exceptions import HTTPError

from infra.settings import StoreSettings
from processors.errors import ServiceUnavailableError, UnprocessableEventError

ABSENT = ("NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NoSuchObject", "MethodNotAllowed")
#: Names that no object, version or bucket can have, as the stores word it when they are asked for one.
IMPOSSIBLE = (
    *("InvalidArgument", "InvalidBucketName", "InvalidRequest", "InvalidURI", "KeyTooLongError"),
    *("XMinioInvalidObjectName", "XMinioInvalidResourceName"),
)
#: Refusals that no waiting mends: shown to the operator as what they are.
DENIED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "NoSuchBucket")


class MissingObjectError(UnprocessableEventError):
    """The object, version or bucket that an event names is not in the store."""

    def __init__(self, where: str) -> None:
        super().__init__("object_missing", where)

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return type(self), (self.detail,)


class RefusedByStoreError(ServiceUnavailableError):
    """The store knows what we want and refuses it: wrong keys, no right to do it, no such bucket, or a wrong clock."""

    def __init__(self, detail: str) -> None:
        super().__init__("store", detail)

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return type(self), (self.detail,)


class TooLargeError(UnprocessableEventError):
    """The object has more bytes than the caller wants to hold."""

    def __init__(self, where: str) -> None:
        super().__init__("too_many_bytes", where)

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return type(self), (self.detail,)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Bytes of one version of an object."""

    data: bytes
    #: None where the bucket keeps no versions
    version_id: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a listing."""

    key: str
    size: int
    etag: str
    version_id: str | None
    is_latest: bool
    is_deletion: bool
    #: by the store's clock; None where it does not tell
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a store answers a stranger."""

    #: the program, as it calls itself
    server: str
    #: the store's clock in seconds since 1970, cut to whole ones; None where it does not tell
    clock_s: float | None


class S3Store:
    """One S3 endpoint."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        # Our own pool: the client's default one retries a PUT on 5xx and may then see 412 for its own success.
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(3.0, settings.timeout_s), read=settings.timeout_s),
            maxsize=16,
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
        )
        self._client = Minio(
            settings.endpoint,
            access_key=settings.access_key or None,
            secret_key=settings.secret_key or None,
            secure=settings.secure,
            region=settings.region,
            http_client=self._pool,
        )
        # minio-py has no public call that writes under a condition.
        self._write = self._client._put_object  # noqa: SLF001

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int | None = None) -> StoredObject:
        """One object's bytes, of the latest version unless one is named.

        Raises:
            MissingObjectError: no such object, version or bucket, or a name that none can have.
            TooLargeError: more than `max_bytes`, told before the body is read.
            ServiceUnavailableError: the store does not answer.
        """
        where = f"{bucket}/{key}" + (f"@{version_id}" if version_id else "")
        _check_names(bucket, key, where)
        with _reading(where):
            response = self._client.get_object(bucket, key, version_id=version_id)
            try:
                if max_bytes is not None and int(response.headers.get("content-length", 0)) > max_bytes:
                    raise TooLargeError(f"{where} has more than {max_bytes} bytes")
                data = response.read()
                return StoredObject(
                    data=data,
                    version_id=_version(response.headers.get("x-amz-version-id")),
                    etag=response.headers.get("etag", "").strip('"'),
                )
            finally:
                response.close()
                response.release_conn()

    def put_once(self, bucket: str, key: str, data: bytes, media_type: str) -> bool:
        """Write an object only if its key is free; True when this call wrote it, False when it was there already.

        A caller that gets False and needs to know whose bytes are there reads them: a lost answer to our own PUT
        looks the same as somebody else's.
        """
        with _translated(f"{bucket}/{key}"):
            try:
                self._write(bucket, key, data, {"If-None-Match": "*", "Content-Type": media_type})
            except S3Error as problem:
                if problem.code in ("PreconditionFailed", "ConditionalRequestConflict"):
                    return False
                raise
            return True

    def put(self, bucket: str, key: str, data: bytes, media_type: str) -> str | None:
        """Write an object, a new version where the bucket keeps versions; gives the version id."""
        with _translated(f"{bucket}/{key}"):
            written = self._write(bucket, key, data, {"Content-Type": media_type})
            return _version(written.version_id)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object's latest version is there."""
        try:
            with _reading(f"{bucket}/{key}"):
                self._client.stat_object(bucket, key)
        except MissingObjectError:
            return False
        return True

    def list(self, bucket: str, prefix: str = "", *, versions: bool = False) -> Iterator[Listed]:
        """Objects below a prefix; with `versions`, every version and delete marker, in no order within a key.

        Keys of ASCII characters come in their order, as every S3 store has it; SeaweedFS has others out of theirs.
        """
        with _translated(f"{bucket}/{prefix}"):
            for item in self._client.list_objects(bucket, prefix=prefix, recursive=True, include_version=versions):
                yield Listed(
                    key=item.object_name or "",
                    size=item.size or 0,
                    etag=(item.etag or "").strip('"'),
                    version_id=_version(item.version_id),
                    is_latest=not versions or str(item.is_latest).lower() == "true",
                    is_deletion=bool(item.is_delete_marker),
                    written_at=item.last_modified,
                )

    def remove(self, bucket: str, key: str) -> None:
        """Delete an object: a delete marker where the bucket keeps versions."""
        with _translated(f"{bucket}/{key}"):
            self._client.remove_object(bucket, key)

    def erase(self, bucket: str, versions: Iterable[Listed], *, locked: bool = False) -> None:
        """Delete these versions and delete markers for good, under a lock too where `locked` says that there may be.

        Takes an operator's rights. Versions that are gone already are no trouble.

        Raises:
            RefusedByStoreError: we may not, or the lock is one that nobody can open.
            ServiceUnavailableError: the store does not answer.
        """
        with _translated(bucket):
            named = (DeleteObject(one.key, one.version_id) for one in versions)
            for problem in self._client.remove_objects(bucket, named, bypass_governance_mode=locked):
                if problem.code not in ABSENT:
                    raise RefusedByStoreError(f"{problem.code} for {bucket}/{problem.name}")

    def remove_version(self, bucket: str, key: str, version_id: str | None) -> None:
        """Delete one version of an object, or one delete marker, for ever; without an id the object itself."""
        with _translated(f"{bucket}/{key}"):
            self._client.remove_object(bucket, key, version_id=version_id)

    def greet(self) -> Greeting:
        """Ask for nothing and read how the answer begins; needs no rights, and works with a wrong clock."""
        scheme = "https" if self._settings.secure else "http"
        with _translated(self._settings.endpoint):
            answer = self._pool.request("HEAD", f"{scheme}://{self._settings.endpoint}/")
        told = answer.headers.get("date")
        clock_s = parsedate_to_datetime(told).timestamp() if told else None
        return Greeting(answer.headers.get("server", "a store that does not say its name"), clock_s)

    @property
    def client(self) -> Minio:
        """The client itself, for provisioning and probes; its calls belong inside `translating`."""
        return self._client

    def translating(self, where: str) -> AbstractContextManager[None]:
        """Around calls of `client`: its exceptions become ours."""
        return _translated(where)


class _translated(AbstractContextManager[None]):  # noqa: N801 - used as a verb: `with _translated(where):`
    """minio-py's and urllib3's exceptions as ours."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        match problem:
            case S3Error() if problem.code in DENIED:
                raise RefusedByStoreError(f"{problem.code} for {self._where}") from problem
            case S3Error() | ServerError() | InvalidResponseError() | HTTPError() | ConnectionError():
                raise ServiceUnavailableError("store", f"{self._where}: {problem}") from problem


class _reading(_translated):  # noqa: N801 - as above
    """The same around a read of what an event names: the event may be wrong, and waiting would not mend it."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, S3Error) and problem.code in ABSENT + IMPOSSIBLE:
            raise MissingObjectError(self._where) from problem
        super().__exit__(kind, problem, trace)


def _check_names(bucket: str, key: str, where: str) -> None:
    """Names that the client would not even ask for: `..` in a key could be taken for another bucket on the way."""
    try:
        check_bucket_name(bucket, s3_check=True)
        check_object_name(key)
    except ValueError as problem:
        raise MissingObjectError(where) from problem


def _version(given: str | None) -> str | None:
    """Stores without versions say nothing, or the word `null`."""
    return given if given and given != "null" else None
