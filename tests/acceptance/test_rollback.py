"""Rollbacks of ten thousand pictures on a real broker and store: killed everywhere, resumed, and beside traffic."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import cycle
from pathlib import Path

import pytest

from infra import settings as settings_module
from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import announcing, declared, events, failpoints, local, lookups, topics
from tests import services
from tests.chains import Pictures

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

IMAGES = 10_000
#: Pictures share originals: there are so many different ones.
ORIGINALS = 100
#: Batches from a start to the next kill, unless every checkpoint is to be met: 150 kills, minutes.
BATCHES = 6
KILLED = -9


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Kafka and a store of this file's own: a rollback of everything must not meet other tests' pictures."""
    home = tmp_path_factory.mktemp("rollback") / "home"
    local.up(home, skip=("triton",))
    try:
        settings = settings_module.load({"CLEANPLATE_HOME": str(home)})
        declared.mend(settings)
        yield settings
    finally:
        local.down(home)


@pytest.fixture(scope="module")
def original_of(servers: Settings) -> dict[int, chain.Blob]:
    """Originals in the store."""
    store, bucket = S3Store(servers.store), servers.store.originals_bucket
    found = {}
    for number in range(ORIGINALS):
        data = f"original {number}".encode()
        digest = sha256(data).hexdigest()
        store.put_once(bucket, f"sha256/{digest[:2]}/{digest}", data, "application/octet-stream")
        found[number] = chain.Blob(bucket, f"sha256/{digest[:2]}/{digest}", digest, len(data))
    return found


def _delivered(settings: Settings, merchant: str, count: int, original_of: dict[int, chain.Blob]) -> list[chain.Edit]:
    """Pictures that were cleaned: a slot, an audit record and a head each."""
    pictures = Pictures(S3Store(settings.store))
    writer = EventWriter(settings.kafka)

    def deliver(number: int) -> chain.Edit:
        return pictures.append(
            f"{merchant}-{number:05d}", "cleaned", merchant=merchant, original=original_of[number % ORIGINALS]
        )

    with ThreadPoolExecutor(8) as pool:
        edits = list(pool.map(deliver, range(count)))
    for edit in edits:
        _tell(settings, writer, edit)
    writer.flush()
    return edits


def _tell(settings: Settings, writer: EventWriter, edit: chain.Edit) -> None:
    for told in (announcing.audit(edit), announcing.head(edit)):
        partition = topics.partition_of(told.image_id, settings.kafka.partitions)
        writer.send(told.topic, key=told.key.encode(), value=told.value, headers=told.headers, partition=partition)


def _run(settings: Settings, *arguments: object, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **workers.environment(settings), "CLEANPLATE_FAILPOINT": failpoint}
    return subprocess.run(
        [workers.COMMAND, "rollback", *(str(one) for one in arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=variables,
        timeout=300,
    )


def _planned(settings: Settings, path: Path, *scope: str) -> dict[str, int]:
    done = _run(settings, "plan", *scope, "--out", path, "--json")
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)["counts"]
    return counts


APPLY = ("--actor", "ann", "--reason", "brand removed", "--rate", "100000")


def test_a_rollback_of_ten_thousand_pictures_ends_the_same_however_often_it_is_killed(
    servers: Settings, original_of: dict[int, chain.Blob], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    batches = 1 if request.config.getoption("--every-checkpoint") else BATCHES
    edits = _delivered(servers, "shop-1", IMAGES, original_of)
    plan = tmp_path / "undo.plan"
    assert _planned(servers, plan, "--merchant", "shop-1") == {"roll_back": IMAGES}

    kills = 0
    done = _run(servers, "apply", plan, *APPLY, failpoint=f"{failpoints.OF_ROLLBACKS[0]}:{batches}")
    for name in cycle(failpoints.OF_ROLLBACKS):
        if done.returncode != KILLED:
            break
        kills += 1
        done = _run(servers, "resume", plan, "--rate", "100000", failpoint=f"{name}:{batches}")
    assert (done.returncode, kills >= 5) == (0, True), done.stderr

    checked = _run(servers, "verify", plan)
    assert (checked.returncode, checked.stdout.split()) == (0, [str(IMAGES), "in", "force"]), checked.stdout
    heads = lookups.heads(servers.kafka)
    for edit in edits:
        head = heads[edit.image_id]
        assert (head.seq, head.kind, head.shown) == (2, "rolled_back", edit.original)
    _originals_are_untouched(servers, original_of)
    again = _run(servers, "apply", plan, *APPLY)
    assert (again.returncode, "already applied" in again.stdout) == (0, True)
    assert _planned(servers, tmp_path / "again.plan", "--merchant", "shop-1") == {"unchanged": IMAGES}


def test_pictures_that_move_on_meanwhile_are_refused_or_skipped_and_listed(
    servers: Settings, original_of: dict[int, chain.Blob], tmp_path: Path
) -> None:
    _delivered(servers, "shop-2", 300, original_of)
    plan = tmp_path / "undo.plan"
    _planned(servers, plan, "--merchant", "shop-2")
    newer = Pictures(S3Store(servers.store))
    newer.edits["shop-2-00007"] = list(newer.ledger.read_now("shop-2-00007").edits)
    writer = EventWriter(servers.kafka)
    moved = newer.append("shop-2-00007", "cleaned", merchant="shop-2", original=original_of[3])
    _tell(servers, writer, moved)
    writer.flush()

    stale = _run(servers, "apply", plan, *APPLY)
    assert (stale.returncode, "1 of its pictures moved on" in stale.stderr) == (6, True), stale.stderr
    assert lookups.heads(servers.kafka)["shop-2-00001"].seq == 1, "nothing was done"
    done = _run(servers, "apply", plan, *APPLY, "--on-conflict", "skip")

    assert done.returncode == 0, done.stderr
    assert "skipped shop-2-00007: head_moved" in done.stdout
    heads = lookups.heads(servers.kafka)
    assert heads["shop-2-00007"].edit_id == moved.edit_id
    assert {heads[f"shop-2-{n:05d}"].kind for n in range(300) if n != 7} == {"rolled_back"}


def test_a_rollback_is_undone_by_its_id_and_everything_is_listed(
    servers: Settings, original_of: dict[int, chain.Blob], tmp_path: Path
) -> None:
    edits = _delivered(servers, "shop-3", 20, original_of)
    _planned(servers, tmp_path / "undo.plan", "--merchant", "shop-3")
    assert _run(servers, "apply", tmp_path / "undo.plan", *APPLY, "--max-images", "5").returncode == 5
    assert _run(servers, "resume", tmp_path / "undo.plan").returncode == 0
    told = [line for line in _run(servers, "status").stdout.splitlines() if " 20 pictures" in line]
    assert len(told) == 1

    assert _planned(servers, tmp_path / "redo.plan", "--rollback", told[0].split()[0]) == {"roll_back": 20}
    assert _run(servers, "apply", tmp_path / "redo.plan", *APPLY).returncode == 0

    heads = lookups.heads(servers.kafka)
    for edit in edits:
        assert (heads[edit.image_id].seq, heads[edit.image_id].shown) == (3, edit.result)
    outcomes = [one.status for one in _outcomes(servers) if one.image_id == edits[0].image_id]
    assert outcomes == ["rolled_back", "rolled_back"]


def test_a_plan_of_another_installation_or_a_changed_one_is_refused(
    servers: Settings, original_of: dict[int, chain.Blob], tmp_path: Path
) -> None:
    _delivered(servers, "shop-4", 3, original_of)
    plan = tmp_path / "undo.plan"
    _planned(servers, plan, "--merchant", "shop-4")
    other = services.with_own_group(servers)
    elsewhere = subprocess.run(
        [workers.COMMAND, "rollback", "apply", str(plan), *APPLY],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **workers.environment(other), "CLEANPLATE_STORE__EDITS_BUCKET": "another-bucket"},
    )
    assert (elsewhere.returncode, "not these" in elsewhere.stderr) == (6, True), elsewhere.stderr

    plan.write_bytes(plan.read_bytes().replace(b"shop-4-00001", b"shop-4-00009"))
    changed = _run(servers, "apply", plan, *APPLY)
    assert (changed.returncode, "not as it was written" in changed.stderr) == (6, True)


def _originals_are_untouched(settings: Settings, original_of: dict[int, chain.Blob]) -> None:
    store = S3Store(settings.store)
    for original in original_of.values():
        assert sha256(store.get(original.bucket, original.key).data).hexdigest() == original.sha256
    listed = list(store.list(settings.store.originals_bucket, "sha256/", versions=True))
    assert len(listed) == ORIGINALS, "nothing was written over, nothing deleted"


def _outcomes(settings: Settings) -> Iterator[events.ImageOutcome]:
    from infra.kafka import read_log

    for record in read_log(settings.kafka, topics.OUTCOME.name):
        yield events.decode(record.value, record.headers, (topics.OUTCOME.name,)).data
