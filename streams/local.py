"""Puts the local servers together: Kafka, an S3 store and Triton, started, looked at and stopped as one."""

import contextlib
import fcntl
import secrets
import string
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import field

from inference import heavy, server
from infra import kafka_server, processes, rights, s3_servers, server_programs
from infra.settings import StoreSettings
from processors.errors import ServiceUnavailableError
from streams import topics

Kind = Literal["seaweedfs", "minio"]
Report = Callable[[str], None]

#: What can be left out of `up`, because it is somewhere else.
ROLES = ("kafka", "store", "triton")


class KafkaAddress(msgspec.Struct, frozen=True):
    """Where the broker answers."""

    bootstrap: str


class StoreAddress(msgspec.Struct, frozen=True):
    """Where the store answers, without `http://`, and to whom."""

    kind: Kind
    endpoint: str
    #: the worker's
    access_key: str
    secret_key: str
    #: the operator's
    admin_access_key: str = ""
    admin_secret_key: str = ""
    #: under which a bucket asks for notifications to Kafka; empty where the store sends none
    queue_arn: str = ""


class TritonAddress(msgspec.Struct, frozen=True):
    """Where Triton's gRPC and metrics answer, and the word that loading and unloading models takes."""

    url: str
    metrics_url: str
    admin_secret: str


class Addresses(msgspec.Struct, frozen=True, omit_defaults=True):
    """What runs, as written to `<home>/local.json` for everyone who wants to connect."""

    kafka: KafkaAddress | None = None
    store: StoreAddress | None = None
    triton: TritonAddress | None = None


class Installation(msgspec.Struct):
    """What stays the same from one start to the next; made once by chance, kept in `<home>/installation.json`."""

    cluster_id: str
    #: the operator's
    access_key: str
    secret_key: str
    #: of Triton
    admin_secret: str
    worker_access_key: str = field(default_factory=lambda: _word(20))
    worker_secret_key: str = field(default_factory=lambda: _word(40))
    store: Kind = "seaweedfs"
    ports: dict[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """A server of ours: how to start it, and how to tell that it works."""

    name: str
    address: str
    #: writes what the server needs and returns its command
    prepare: Callable[[], processes.Command]
    #: may be thorough; only called while it starts
    is_ready: Callable[[], bool]
    #: cheap, at any time
    answers: Callable[[], bool]
    #: what is left to do once it works; done by every `up`
    settle: Callable[[], None] = lambda: None
    start_within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part is: `ready`, `not answering`, `dead` (killed or crashed) or `stopped`."""

    name: str
    state: Literal["ready", "not answering", "dead", "stopped"]
    address: str = ""
    pid: int = 0
    memory_mb: int = 0
    log: str = ""


def up(
    home: Path,
    *,
    store: Kind | None = None,
    skip: Collection[str] = (),
    report: Report = lambda line: None,
    added: Path | None = None,
    buckets: StoreSettings = StoreSettings(),  # noqa: B008 - frozen
) -> Addresses:
    """Start what does not run yet and return where everything answers.

    `store` is remembered; the other one is stopped. Roles in `skip` are not started. A part that runs is left alone,
    unless it would be started otherwise by now. `added` is where the models lie that the operator added, by default
    in `home`; `buckets` says where the worker may not delete. Raises ServiceUnavailableError with a log's last lines
    if a part does not come up; the others stay up then, and the next call goes on from there.
    """
    with _alone(home, report):
        installation = _load(home)
        installation.store = store or installation.store
        roles = [role for role in ROLES if role not in skip]
        _clear(home, installation)
        _allot_ports(home, installation, roles, report)
        _save(home / "installation.json", installation)
        addresses = _addresses(installation, roles)
        parts = _parts(home, installation, addresses, added, buckets)
        _side_by_side([_starter(home, part, report) for part in parts])
        _save(home / "local.json", addresses)
        return addresses


def down(home: Path, report: Report = lambda line: None) -> None:
    """Stop all parts, also what is left of killed ones; data, logs and ports are kept for the next `up`."""
    if not home.exists():
        return
    with _alone(home, report):
        (home / "local.json").unlink(missing_ok=True)

        def stopper(record: processes.Record) -> Callable[[threading.Event], None]:
            def stop(_: threading.Event) -> None:
                processes.stop(home, record)
                report(f"{record.name} stopped")

            return stop

        _side_by_side([stopper(record) for record in processes.find_all(home)])


def status(home: Path) -> list[PartState]:
    """Look at every part, all at once; takes as long as the slowest answer, a few seconds at most."""
    if not (home / "installation.json").exists():
        return [PartState(name, "stopped") for name in ("kafka", "seaweedfs", "triton")]
    installation = _load(home)
    parts = _parts(home, installation, _addresses(installation, ROLES))
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda part: _state(home, part), parts))


def read_addresses(home: Path) -> Addresses | None:
    """Return where the parts answer that the last `up` started, None after `down`."""
    try:
        return msgspec.json.decode((home / "local.json").read_bytes(), type=Addresses)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _alone(home: Path, report: Report) -> Iterator[None]:
    """Hold the installation: two `up` at once would start everything twice."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another command starts or stops the local servers; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _load(home: Path) -> Installation:
    try:
        return msgspec.json.decode((home / "installation.json").read_bytes(), type=Installation)
    except FileNotFoundError:
        return Installation(kafka_server.new_cluster_id(), _word(20), _word(40), _word(32))


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def _save(path: Path, value: msgspec.Struct) -> None:
    """Write for the owner's eyes only, in one step."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    draft.replace(path)


def _clear(home: Path, installation: Installation) -> None:
    """Remove what is left of killed parts, so that their ports are free again, and the store that is not wanted."""
    for record in processes.find_all(home):
        unwanted = record.name in ("seaweedfs", "minio") and record.name != installation.store
        if unwanted or not processes.is_alive(record):
            processes.stop(home, record)


def _allot_ports(home: Path, installation: Installation, roles: Collection[str], report: Report) -> None:
    """Choose ports for what gets its first start, or finds its ports taken by someone else."""
    counts = {"kafka": 2, "seaweedfs": s3_servers.SEAWEEDFS_PORTS, "minio": 1, "triton": 2}
    for role in roles:
        name = installation.store if role == "store" else role
        if processes.find(home, name):
            continue
        also_at = s3_servers.SEAWEEDFS_GRPC_OFFSET if name == "seaweedfs" else 0
        old = installation.ports.pop(name, ())
        if old and processes.are_free({port + more for port in old for more in (0, also_at)}):
            installation.ports[name] = old
            continue
        taken = [port for ports in installation.ports.values() for port in ports]
        installation.ports[name] = processes.choose_ports(counts[name], taken, also_at)
        if old:
            report(f"{name}: another program listens on its port; moved from {old[0]} to {installation.ports[name][0]}")


def _addresses(installation: Installation, roles: Collection[str]) -> Addresses:
    ports = installation.ports

    def at(name: str, index: int) -> str:
        return f"127.0.0.1:{ports[name][index]}"

    kind = installation.store
    workers = (installation.worker_access_key, installation.worker_secret_key)
    operators = (installation.access_key, installation.secret_key)
    notifies = kind == "minio" and "kafka" in roles
    arn = f"arn:minio:sqs::{s3_servers.MINIO_TARGET}:kafka" if notifies else ""
    return Addresses(
        kafka=KafkaAddress(at("kafka", 0)) if "kafka" in roles and "kafka" in ports else None,
        store=StoreAddress(kind, at(kind, 3 if kind == "seaweedfs" else 0), *workers, *operators, arn)
        if "store" in roles and kind in ports
        else None,
        triton=TritonAddress(at("triton", 0), f"http://{at('triton', 1)}/metrics", installation.admin_secret)
        if "triton" in roles and "triton" in ports
        else None,
    )


def _parts(
    home: Path,
    installation: Installation,
    addresses: Addresses,
    added: Path | None = None,
    buckets: StoreSettings = StoreSettings(),  # noqa: B008 - frozen
) -> list[Part]:
    parts = []
    if addresses.kafka:
        parts.append(_kafka(home, installation, addresses.kafka))
    if addresses.store:
        parts.append(_store(home, installation, addresses.store, addresses.kafka, buckets))
    if addresses.triton:
        parts.append(_triton(installation, addresses.triton, added or home / "models"))
    return parts


def _kafka(home: Path, installation: Installation, address: KafkaAddress) -> Part:
    servers, ports = server_programs.Servers(server_programs.cache_folder()), installation.ports["kafka"]

    def prepare() -> processes.Command:
        _expect(servers.kafka, "kafka")
        classes = servers.kafka_classes / kafka_server.ARCHIVE
        broker = kafka_server.KafkaHome(servers.java(), servers.kafka, classes, home / "kafka")
        kafka_server.prepare(broker, ports, installation.cluster_id)
        return kafka_server.command(broker, ports)

    def is_ready() -> bool:
        return kafka_server.is_ready(address.bootstrap)

    return Part("kafka", address.bootstrap, prepare, is_ready, is_ready)


def _store(
    home: Path, installation: Installation, address: StoreAddress, kafka: KafkaAddress | None, buckets: StoreSettings
) -> Part:
    servers, ports = server_programs.Servers(server_programs.cache_folder()), installation.ports[address.kind]
    keys = s3_servers.StoreKeys(address.admin_access_key, address.admin_secret_key)
    worker = s3_servers.Worker(s3_servers.StoreKeys(address.access_key, address.secret_key), rights.of_worker(buckets))

    def prepare() -> processes.Command:
        if address.kind == "seaweedfs":
            _expect(servers.payload, "seaweedfs")
            return s3_servers.seaweedfs(servers.weed, home / "seaweedfs", ports, keys, worker)
        program = servers.minio()
        if not program:
            raise ServiceUnavailableError("minio", "not set up; run `make setup-minio`")
        notify = (kafka.bootstrap, topics.STORAGE_EVENTS.name) if kafka else None
        return s3_servers.minio(program, home / "minio", ports[0], keys, notify)

    def settle() -> None:
        if address.kind == "minio":
            s3_servers.admit_to_minio(address.endpoint, keys, worker)

    return Part(
        address.kind,
        address.endpoint,
        prepare,
        lambda: s3_servers.is_ready(address.endpoint, keys),
        lambda: s3_servers.answers(address.endpoint, keys),
        settle,
    )


def _triton(installation: Installation, address: TritonAddress, added: Path) -> Part:
    servers, (grpc_port, metrics_port) = (
        server_programs.Servers(server_programs.cache_folder()),
        installation.ports["triton"],
    )

    def prepare() -> processes.Command:
        _expect(servers.payload, "triton")
        _expect(servers.triton_env, "triton")
        triton = server.TritonHome(
            servers.triton_env, servers.payload, servers.cache / "models", added=heavy.every(added)
        )
        launch = server.launch(
            triton, grpc_port=grpc_port, metrics_port=metrics_port, admin_secret=address.admin_secret
        )
        leftovers = (f"/dev/shm/{launch.shm_prefix}*",)  # noqa: S108 - a place, not a file of ours
        return processes.Command(launch.argv, launch.env, (grpc_port, metrics_port), leftovers)

    def is_ready() -> bool:
        return server.is_ready(address.url)

    return Part("triton", address.url, prepare, is_ready, is_ready, start_within_s=120.0)


def _expect(folder: Path, name: str) -> None:
    if not server_programs.is_made(folder):
        raise ServiceUnavailableError(name, "not set up; run `make setup`")


def _starter(home: Path, part: Part, report: Report) -> Callable[[threading.Event], None]:
    def bring_up(cancelled: threading.Event) -> None:
        command = part.prepare()
        record = processes.find(home, part.name)
        if record and record.command != command.digest():
            report(f"{part.name} is started anew: its command has changed")
            processes.stop(home, record)
            record = None
        if not record:
            report(f"{part.name} starts on {part.address}")
            record = processes.start(home, part.name, command)
        processes.wait_until_ready(record, part.is_ready, part.start_within_s, cancelled.is_set)
        part.settle()
        report(f"{part.name} is ready")

    return bring_up


def _side_by_side(tasks: Collection[Callable[[threading.Event], None]]) -> None:
    """Run the tasks in threads; raises the first failure once all have ended."""
    cancelled = threading.Event()
    with ThreadPoolExecutor(max_workers=max(1, len(tasks))) as pool:
        futures = [pool.submit(task, cancelled) for task in tasks]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            cancelled.set()
            raise


def _state(home: Path, part: Part) -> PartState:
    record = processes.find(home, part.name)
    if not record:
        return PartState(part.name, "stopped", part.address)
    if not processes.is_alive(record):
        return PartState(part.name, "dead", part.address, log=record.log)
    state: Literal["ready", "not answering"] = "ready" if part.answers() else "not answering"
    return PartState(part.name, state, part.address, record.pid, processes.memory_mb(record), record.log)
