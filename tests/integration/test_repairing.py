"""What topic and store lose comes back from the other side, byte for byte, on a real broker and a real store."""

import itertools
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from infra.kafka import KafkaAdmin, client_config, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import audit_log, repairing, sweeping, topics
from streams.ledger import Ledger
from tests import services, settled
from tests.acceptance import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

AUDIT, HEAD, MARKS = topics.AUDIT.name, topics.HEAD.name, topics.MARKS.name


@pytest.fixture(scope="module")
def servers() -> Iterator[Settings]:
    """Kafka and SeaweedFS of this module alone: it loses whole topics."""
    with services.servers("seaweedfs", skip=("triton",), fresh="repair") as settings:
        yield settings


class World:
    """Pictures on real servers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = S3Store(settings.store.for_operators)
        self.sources = repairing.connected(settings)
        self.ledger = Ledger(self.store, settings.store.edits_bucket)

    def settle(self, name: str, pictures: int, length: int = 2) -> list[str]:
        names = [f"{name}-{number}" for number in range(pictures)]
        for image_id in names:
            settled.settle(self.sources, settled.grown(image_id, length))
        return names

    def slots(self) -> dict[str, bytes]:
        bucket = self.settings.store.edits_bucket
        return {one.key: self.store.get(bucket, one.key).data for one in self.store.list(bucket, "chain/")}

    def last(self, topic: str) -> dict[bytes | None, bytes]:
        """Key → value as compaction leaves them in the end."""
        last = {record.key: record.value for record in read_log(self.settings.kafka, topic)}
        return {key: value for key, value in last.items() if value is not None}

    def lose(self, topic: str) -> None:
        admin, kafka = AdminClient(client_config(self.settings.kafka)), KafkaAdmin(self.settings.kafka)
        admin.delete_topics([topic])[topic].result(10)
        services.wait_until(lambda: kafka.partition_count(topic) == 0, 30, "the topic is gone")
        spec = next(one for one in topics.ALL if one.name == topic)
        kafka.mend([spec], kafka.drift([spec]))

    def heads(self, *, act: bool) -> Counter[str]:
        kafka = self.settings.kafka
        found = repairing.heads(self.sources, read_log(kafka, HEAD), read_log(kafka, MARKS), act=act)
        return Counter(one.kind for one in found)

    def sweep(self, *, days: float) -> Counter[str]:
        """As so many days from now, with a week's grace."""
        now = datetime.now(UTC) + timedelta(days=days)
        found = sweeping.sweep(sweeping.connected(self.settings), timedelta(days=7), now, act=True)
        return Counter(one.kind for one in found)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **workers.environment(self.settings)}
        return subprocess.Popen([workers.COMMAND, *words], env=environment, stderr=subprocess.DEVNULL)

    def cleanplate(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **workers.environment(self.settings)}
        return subprocess.run([workers.COMMAND, *words], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def world(servers: Settings) -> World:
    return World(servers)


def kinds(found: Iterator[repairing.Finding]) -> Counter[str]:
    return Counter(one.kind for one in found)


def test_a_lost_audit_topic_comes_back_from_the_chains_and_the_chains_from_the_topic(
    world: World, tmp_path: Path
) -> None:
    world.settle("lost", 6)
    slots, records = world.slots(), world.last(AUDIT)
    assert sorted(slots.values()) == sorted(records.values()), "both say the same before"
    assert kinds(repairing.audit(world.sources, act=True)) == Counter(), "and so the ETags of this store are hashes"

    world.lose(AUDIT)
    assert kinds(repairing.audit(world.sources, act=False)) == Counter(missing=len(slots))
    assert world.last(AUDIT) == {}
    done = world.cleanplate("repair", "audit", "--apply", "--json", "--metrics", str(tmp_path / "audit.prom"))
    assert done.returncode == 0, done.stderr
    assert Counter(json.loads(line)["kind"] for line in done.stdout.splitlines()) == Counter(missing=len(slots))
    assert f'cleanplate_repair_done{{what="audit"}} {len(slots)}' in (tmp_path / "audit.prom").read_text()
    assert world.last(AUDIT) == records
    folded = chain.fold(audit_log.edit(one) for one in audit_log.read(world.settings.kafka) if one.image_id == "lost-0")
    assert folded == world.ledger.read_now("lost-0").edits

    for key in slots:
        world.store.remove(world.settings.store.edits_bucket, key)
    assert kinds(repairing.chains(world.sources, act=True)) == Counter(missing=len(slots))
    assert world.slots() == slots
    assert kinds(repairing.audit(world.sources, act=True)) == Counter()
    assert kinds(repairing.chains(world.sources, act=True)) == Counter()


def test_slots_and_records_that_differ_are_told_with_exit_code_7_and_left(world: World) -> None:
    (image_id,) = world.settle("differs", 1, length=1)
    key, bucket = f"chain/{image_id}/00000001.json", world.settings.store.edits_bucket
    right = world.store.get(bucket, key).data
    world.store.put(bucket, key, right.replace(b"cleaned", b"deleted"), "application/json")

    for what in ("audit", "chain"):
        done = world.cleanplate("repair", what, "--apply")
        assert done.returncode == 7, done.stderr
        assert f"differs    {image_id} seq 1" in done.stdout
    world.store.put(bucket, key, right, "application/json")
    assert world.cleanplate("repair", "audit", "--apply").returncode == 0


def test_lost_heads_and_marks_come_back_from_the_records(world: World) -> None:
    world.settle("heads", 4)
    heads, marks = world.last(HEAD), world.last(MARKS)
    world.lose(HEAD)
    world.lose(MARKS)

    assert world.heads(act=False) == Counter(missing=len(heads))
    assert world.cleanplate("repair", "heads", "--apply").returncode == 0
    assert (world.last(HEAD), world.last(MARKS)) == (heads, marks)
    assert world.heads(act=True) == Counter()


def test_an_orphan_is_hidden_then_deleted_and_what_is_named_stays(world: World) -> None:
    names = world.settle("orphans", 3)
    bucket = world.settings.store.edits_bucket
    nobodys = settled.blob(bucket, "results/", b"nobody's").key
    world.store.put_once(bucket, nobodys, b"nobody's", "image/png")
    original = settled.blob(bucket, "", b"nobody's original").key
    world.store.put_once(world.settings.store.originals_bucket, original, b"nobody's original", "image/png")

    assert world.sweep(days=6) == Counter(), "all is young"
    assert world.sweep(days=8) == Counter(orphan=1, original=1)
    assert not world.store.exists(bucket, nobodys)
    assert world.sweep(days=6) == Counter()
    assert world.sweep(days=8) == Counter(hidden=1, original=1)
    assert [one.key for one in world.store.list(bucket, nobodys, versions=True)] == []
    assert world.sweep(days=8) == Counter(original=1)
    for image_id in names:
        for edit in world.ledger.read_now(image_id).edits:
            for blob in (edit.original, edit.mask, edit.patch, edit.result):
                assert blob
                assert world.store.exists(blob.bucket, blob.key)


def test_a_replay_from_the_log_and_from_the_heads_and_one_that_was_killed_are_the_same(
    world: World, tmp_path: Path
) -> None:
    world.settle("replay", 300, length=1)
    for source in ("zero", "heads"):
        plan, into = tmp_path / f"{source}.plan", tmp_path / source
        made = world.cleanplate("replay", "plan", "--into", str(into), "--from", source, "--out", str(plan))
        assert made.returncode == 0, made.stderr
        assert world.cleanplate("replay", "run", str(plan)).returncode == 0
        assert world.cleanplate("replay", "run", str(plan)).returncode == 6, "it is not empty any more"
    assert tree(tmp_path / "zero") == tree(tmp_path / "heads")
    assert len(tree(tmp_path / "zero")) > 300

    killed, into = tmp_path / "killed.plan", tmp_path / "killed"
    world.cleanplate("replay", "plan", "--into", str(into), "--out", str(killed))
    kills = 0
    for at_least in itertools.count(20, 100):
        process = world.start("replay", "run" if at_least == 20 else "resume", str(killed))
        if not killed_at(process, into, at_least):
            break
        kills += 1
    assert (process.returncode, kills > 0) == (0, True)
    assert tree(into) == tree(tmp_path / "zero")


def test_a_replay_goes_into_a_prefix_of_the_store(world: World, tmp_path: Path) -> None:
    world.settle("prefix", 3, length=1)
    with world.store.translating("replays"):
        world.store.client.make_bucket("replays")
    plan = str(tmp_path / "s3.plan")
    assert world.cleanplate("replay", "plan", "--into", "s3://replays/monday", "--out", plan).returncode == 0
    assert world.cleanplate("replay", "run", plan).returncode == 0

    manifest = world.store.get("replays", "monday/manifest.jsonl").data
    lines = [json.loads(line) for line in manifest.splitlines()]
    assert {line["verdict"] for line in lines} == {"exact"}
    assert [line["image_id"] for line in lines] == sorted(line["image_id"] for line in lines)
    for line in lines:
        head = world.ledger.read_now(line["image_id"]).edits[-1]
        data = world.store.get("replays", f"monday/{line['file']}").data
        assert head.shown
        assert data == world.store.get(head.shown.bucket, head.shown.key).data
    again = world.cleanplate("replay", "plan", "--into", "s3://replays/monday", "--out", plan)
    assert again.returncode == 6
    ours = f"s3://{world.settings.store.edits_bucket}/x"
    assert world.cleanplate("replay", "plan", "--into", ours, "--out", plan).returncode == 1


def killed_at(process: subprocess.Popen[bytes], into: Path, at_least: int) -> bool:
    """Kill a replay once so many files are there; False where it ended before."""
    services.wait_until(lambda: process.poll() is not None or files(into) > at_least, 60, "files come")
    if process.poll() is not None:
        return False
    process.kill()
    process.wait()
    return True


def files(folder: Path) -> int:
    return len(list(folder.iterdir())) if folder.exists() else 0


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
