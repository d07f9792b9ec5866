"""The local servers start, survive the death of any of them, and leave nothing behind when stopped."""

import io
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from minio import Minio
from minio.notificationconfig import NotificationConfig, QueueConfig

from infra import processes, s3_servers, server_programs
from processors.errors import ServiceUnavailableError
from streams import local, topics
from tests import services

pytestmark = pytest.mark.connected


@pytest.fixture(scope="module", autouse=True)
def set_up() -> None:
    """The servers' programs; without them these tests are skipped at home and fail in CI."""
    servers = server_programs.Servers(server_programs.cache_folder())
    for folder in (servers.kafka, servers.payload, servers.triton_env):
        if not server_programs.is_made(folder):
            reason = f"{folder} is not there: run `make setup`"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture
def minio_program() -> None:
    services.need_minio()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for an installation; whatever a test leaves running there is ended, and nothing may be left then."""
    folder = tmp_path / "home"
    yield folder
    records = processes.find_all(folder)
    local.down(folder)
    assert remains(records) == []


def remains(records: Collection[processes.Record]) -> list[str]:
    """What is left of parts that should be gone: processes, ports, files."""
    left = [f"{record.name}: process {pid}" for record in records for pid in processes.family(record)]
    left += [f"{record.name}: port {port}" for record in records for port in record.ports if processes.listens(port)]
    patterns = [pattern for record in records for pattern in record.leftovers]
    return left + [str(path) for pattern in patterns for path in Path("/").glob(pattern.lstrip("/"))]


def states(home: Path) -> dict[str, str]:
    return {part.name: part.state for part in local.status(home)}


def pids(home: Path) -> dict[str, int]:
    return {record.name: record.pid for record in processes.find_all(home)}


def kill(home: Path, name: str) -> processes.Record:
    record = processes.find(home, name)
    assert record
    os.kill(record.pid, signal.SIGKILL)
    soon(lambda: not processes.is_alive(record))
    return record


def soon(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def s3(addresses: local.Addresses) -> Minio:
    store = addresses.store
    assert store
    return Minio(store.endpoint, store.access_key, store.secret_key, secure=False)


def kafka(addresses: local.Addresses) -> AdminClient:
    assert addresses.kafka
    return AdminClient({"bootstrap.servers": addresses.kafka.bootstrap, "log_level": 0})


def make_topic(addresses: local.Addresses, name: str) -> None:
    client = kafka(addresses)  # held until the answer is there: its end would cancel the call
    for future in client.create_topics([NewTopic(name, 1, 1)]).values():
        future.result(timeout=10)


@pytest.mark.slow
def test_every_part_survives_a_kill_with_its_data_and_down_leaves_nothing(home: Path) -> None:
    addresses = local.up(home)
    assert local.read_addresses(home) == addresses
    assert states(home) == {"kafka": "ready", "seaweedfs": "ready", "triton": "ready"}
    make_topic(addresses, "kept")
    s3(addresses).make_bucket("kept")
    s3(addresses).put_object("kept", "a", io.BytesIO(b"bytes"), 5)

    before = pids(home)
    assert local.up(home) == addresses
    assert pids(home) == before, "what runs is left alone"

    for name in before:
        others = {other: pid for other, pid in pids(home).items() if other != name}
        dead = kill(home, name)
        assert states(home)[name] == "dead"
        assert local.up(home) == addresses, "same ports"
        assert states(home) == {"kafka": "ready", "seaweedfs": "ready", "triton": "ready"}
        assert others.items() <= pids(home).items(), "the others are left alone"
        assert processes.family(dead) == [], "orphans of the killed one are gone"

    assert "kept" in kafka(addresses).list_topics(timeout=10).topics
    assert s3(addresses).get_object("kept", "a").data == b"bytes"

    records = processes.find_all(home)
    for name in before:
        kill(home, name)
    local.down(home)
    assert remains(records) == []
    assert states(home) == {"kafka": "stopped", "seaweedfs": "stopped", "triton": "stopped"}
    assert local.read_addresses(home) is None


def test_a_frozen_part_is_told_from_a_working_one_and_can_be_stopped(home: Path) -> None:
    local.up(home, skip=["kafka", "triton"])
    record = processes.find(home, "seaweedfs")
    assert record
    os.kill(record.pid, signal.SIGSTOP)
    assert states(home) == {"seaweedfs": "not answering"}
    processes.stop(home, record, within_s=0.5)
    assert remains([record]) == []


def test_two_installations_run_side_by_side(home: Path, tmp_path: Path) -> None:
    first = local.up(home, skip=["kafka", "triton"])
    second = local.up(tmp_path / "other", skip=["kafka", "triton"])
    try:
        assert first.store
        assert second.store
        assert first.store.endpoint != second.store.endpoint
        assert first.store.secret_key != second.store.secret_key
        keys = s3_servers.StoreKeys(first.store.access_key, first.store.secret_key)
        assert s3_servers.answers(first.store.endpoint, keys)
        assert not s3_servers.answers(second.store.endpoint, keys), "one's keys open the other"
    finally:
        local.down(tmp_path / "other")
    assert states(home) == {"seaweedfs": "ready"}


def test_secrets_are_for_the_owners_eyes(home: Path) -> None:
    local.up(home, skip=["kafka", "triton"])
    assert home.stat().st_mode & 0o777 == 0o700
    for name in ("installation.json", "local.json"):
        assert (home / name).stat().st_mode & 0o777 == 0o600


def test_nothing_is_reachable_from_outside(home: Path) -> None:
    local.up(home)
    ports = {port for record in processes.find_all(home) for port in record.ports}
    # A server that answers may still be opening its other ports.
    deadline = time.monotonic() + 30
    while len(ours := _open(ports)) < len(ports) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(ours) >= len(ports)
    assert {address.rpartition(":")[0] for address in ours} <= {"0100007F", f"{'0' * 16}FFFF00000100007F"}


def _open(ports: set[int]) -> set[str]:
    """The addresses, as the kernel writes them, on which anything stands at these ports."""
    lines = [line.split()[1] for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    return {address for address in lines if ":" in address and int(address.rpartition(":")[2], 16) in ports}


def test_a_part_whose_port_was_taken_meanwhile_moves_with_its_data(home: Path) -> None:
    addresses = local.up(home, skip=["store", "triton"])
    assert addresses.kafka
    make_topic(addresses, "kept")
    local.down(home)
    told: list[str] = []
    with socket.create_server(("127.0.0.1", int(addresses.kafka.bootstrap.partition(":")[2]))):
        moved = local.up(home, skip=["store", "triton"], report=told.append)
    assert moved != addresses
    assert any("another program listens" in line for line in told)
    assert "kept" in kafka(moved).list_topics(timeout=10).topics


def test_a_part_that_cannot_start_says_why(home: Path) -> None:
    local.up(home, skip=["store", "triton"])
    local.down(home)
    (home / "kafka" / "data" / "meta.properties").write_text("version=7\n")
    with pytest.raises(
        ServiceUnavailableError, match=r"(?s)kafka unavailable: ended while starting.*No readable meta.properties"
    ):
        local.up(home, skip=["store", "triton"])
    assert states(home)["kafka"] == "dead"


@pytest.mark.usefixtures("minio_program")
def test_minio_takes_the_place_of_seaweedfs_and_keeps_its_data_over_a_kill(home: Path) -> None:
    local.up(home, skip=["kafka", "triton"])
    addresses = local.up(home, store="minio", skip=["kafka", "triton"])
    assert states(home) == {"minio": "ready"}
    s3(addresses).make_bucket("kept")
    s3(addresses).put_object("kept", "a", io.BytesIO(b"bytes"), 5)
    kill(home, "minio")
    assert local.up(home, skip=["kafka", "triton"]) == addresses, "the choice of store is remembered"
    assert s3(addresses).get_object("kept", "a").data == b"bytes"


@pytest.mark.slow
@pytest.mark.usefixtures("minio_program")
def test_minio_tells_kafka_about_a_new_object_also_if_kafka_was_down(home: Path) -> None:
    addresses = local.up(home, store="minio", skip=["triton"])
    assert addresses.kafka
    make_topic(addresses, topics.STORAGE_EVENTS.name)
    client = s3(addresses)
    client.make_bucket("incoming")
    queue = QueueConfig(queue=f"arn:minio:sqs::{s3_servers.MINIO_TARGET}:kafka", events=["s3:ObjectCreated:*"])
    client.set_bucket_notification("incoming", NotificationConfig(queue_config_list=[queue]))
    client.put_object("incoming", "while up", io.BytesIO(b"1"), 1)
    kill(home, "kafka")
    client.put_object("incoming", "while down", io.BytesIO(b"2"), 1)
    assert local.up(home, skip=["triton"]) == addresses

    settings = {"bootstrap.servers": addresses.kafka.bootstrap, "group.id": "test", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    consumer.subscribe([topics.STORAGE_EVENTS.name])
    keys: set[str] = set()

    def both_came() -> bool:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            keys.add(json.loads(message.value() or b"")["Key"])
        return keys == {"incoming/while up", "incoming/while down"}

    try:
        soon(both_came, within_s=40)
    finally:
        consumer.close()
