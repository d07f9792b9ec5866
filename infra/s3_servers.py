"""The two local S3 stores as data: their command lines, their users, and whether they answer.

Each has two users: the operator, who may do everything, and the worker, with the rights that a policy leaves it.
"""

import contextlib
import hashlib
import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException, MinioException
from urllib3.exceptions import HTTPError

from infra import processes
from processors.errors import ServiceUnavailableError

#: SeaweedFS serves gRPC on each of its ports + 10,000.
SEAWEEDFS_GRPC_OFFSET = 10_000
#: master, volume, filer, S3, admin
SEAWEEDFS_PORTS = 5

#: MinIO's name for our Kafka, and the ARN under which a bucket asks for notifications to it.
MINIO_TARGET = "K1"
MINIO_QUEUE = f"arn:minio:sqs::{MINIO_TARGET}:kafka"

_PROBE = "start-probe"


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """A user of the store."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Worker:
    """The user as whom workers come."""

    keys: StoreKeys
    #: see infra.rights
    policy: Mapping[str, Any]


def seaweedfs(weed: Path, data: Path, ports: tuple[int, ...], keys: StoreKeys, worker: Worker) -> processes.Command:
    """Return the command of SeaweedFS; `ports` are master, volume, filer, S3 and admin, `keys` the operator's.

    Its filer port has no authentication: for a machine that one person uses.
    """
    data.mkdir(parents=True, exist_ok=True)
    users = _seaweedfs_users(data, keys, worker)
    master, volume, filer, s3, admin = ports
    argv = (
        *(str(weed), "-logtostderr=true", "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"),
        *(f"-admin.port={admin}", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"),
        # As any other S3 has it: no bucket by accident, none deleted with its contents.
        *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false", f"-s3.config={users}"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.preStopSeconds=0"),
    )
    env = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    listening = ports + tuple(port + SEAWEEDFS_GRPC_OFFSET for port in ports)
    # It puts its sockets there whatever TMPDIR says.
    sockets = tuple(f"/tmp/seaweedfs-*-{port}.sock" for port in listening)  # noqa: S108 - only to remove them
    return processes.Command(argv, env, listening, sockets)


def _seaweedfs_users(data: Path, keys: StoreKeys, worker: Worker) -> Path:
    """Write who the users are; named by its content, so that the server is started anew with other ones."""
    told = msgspec.json.format(
        msgspec.json.encode(
            {
                "identities": [
                    _identity("operator", keys) | {"actions": ["Admin", "Read", "List", "Tagging", "Write"]},
                    _identity("worker", worker.keys) | {"policyNames": ["worker"]},
                ],
                "policies": [{"name": "worker", "content": msgspec.json.encode(worker.policy).decode()}],
            }
        )
    )
    path = data.with_name(f"{data.name}-users-{hashlib.sha256(told).hexdigest()[:12]}.json")
    for old in data.parent.glob(f"{data.name}-users-*.json"):
        old.unlink()
    path.touch(mode=0o600)
    path.write_bytes(told)
    return path


def _identity(name: str, keys: StoreKeys) -> dict[str, Any]:
    return {"name": name, "credentials": [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]}


def minio(program: Path, folder: Path, port: int, keys: StoreKeys, notify: tuple[str, str] | None) -> processes.Command:
    """Return the command of MinIO; `notify` is the broker's `host:port` and the topic of its bucket notifications.

    Notifications that Kafka does not take wait in `folder/events`, so the broker may start later, or again.
    """
    events = folder / "events"
    events.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    env = {
        "MINIO_ROOT_USER": keys.access_key,
        "MINIO_ROOT_PASSWORD": keys.secret_key,
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }
    if notify:
        env |= {
            f"MINIO_NOTIFY_KAFKA_ENABLE_{MINIO_TARGET}": "on",
            f"MINIO_NOTIFY_KAFKA_BROKERS_{MINIO_TARGET}": notify[0],
            f"MINIO_NOTIFY_KAFKA_TOPIC_{MINIO_TARGET}": notify[1],
            f"MINIO_NOTIFY_KAFKA_QUEUE_DIR_{MINIO_TARGET}": str(events),
            f"MINIO_NOTIFY_KAFKA_QUEUE_LIMIT_{MINIO_TARGET}": "100000",
        }
    argv = (str(program), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder / "data"))
    return processes.Command(argv, env, (port,))


def admit_to_minio(endpoint: str, keys: StoreKeys, worker: Worker) -> None:
    """Make the worker's user, with its policy, in a MinIO that runs; again and again without harm.

    Raises ServiceUnavailableError.
    """
    provider = StaticProvider(keys.access_key, keys.secret_key)
    try:
        admin = MinioAdmin(endpoint=endpoint, credentials=provider, secure=False)
        admin.user_add(access_key=worker.keys.access_key, secret_key=worker.keys.secret_key)
        admin.policy_add(policy_name="worker", policy=dict(worker.policy))
        admin.attach_policy(policies=["worker"], user=worker.keys.access_key)
    except MinioAdminException as problem:
        if "PolicyChangeAlreadyApplied" not in str(problem):
            raise ServiceUnavailableError("minio", f"the worker's user: {problem}") from problem
    except (MinioException, HTTPError) as problem:
        raise ServiceUnavailableError("minio", f"the worker's user: {problem}") from problem


def answers(endpoint: str, keys: StoreKeys) -> bool:
    """Say whether the store at `host:port` knows us and lists its buckets."""
    with _client(endpoint, keys) as client:
        try:
            client.list_buckets()
        except (MinioException, HTTPError):
            return False
    return True


def is_ready(endpoint: str, keys: StoreKeys) -> bool:
    """Say whether the store keeps an object and gives it back: after a start, SeaweedFS lists buckets before that.

    Not for two callers at once: they would share the bucket that this makes and removes.
    """
    written = secrets.token_bytes(16)
    with _client(endpoint, keys) as client:
        try:
            if not client.bucket_exists(_PROBE):
                client.make_bucket(_PROBE)
            client.put_object(_PROBE, "probe", io.BytesIO(written), len(written))
            read = client.get_object(_PROBE, "probe").data
            client.remove_object(_PROBE, "probe")
            client.remove_bucket(_PROBE)
        except (MinioException, HTTPError):
            return False
    return bool(read == written)


@contextlib.contextmanager
def _client(endpoint: str, keys: StoreKeys) -> Iterator[Minio]:
    http = urllib3.PoolManager(retries=False, timeout=3.0)
    try:
        yield Minio(endpoint, keys.access_key, keys.secret_key, secure=False, http_client=http)
    finally:
        http.clear()
