"""The installed command as its users run it: submit, look, decide, correct, preview."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infra import proofs
from infra.kafka import EventWriter
from infra.object_store import S3Store
from infra.settings import Settings
from processors.pictures import Pixels
from streams import events, topics
from tests import picture_files, services

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

CATALOG = Path(__file__).parents[2] / "examples" / "catalog"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(settings: Settings, tmp_path: Path) -> Iterator[Run]:
    """The installed command with a worker of the test's own behind it."""
    workers.start_at_end(settings)
    environment = {**os.environ, **workers.environment(settings)}

    def call(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [workers.COMMAND, *arguments],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )
        assert done.returncode == code, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done

    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")):
        yield call


def _delivered(tmp_path: Path, settings: Settings, name: str) -> Path:
    """A picture of the catalog under a name, and with bytes, that no other test has."""
    path = tmp_path / f"{settings.kafka.group}-{name}"
    data = (CATALOG / name).read_bytes()
    if name.endswith(".jpg"):
        data = picture_files.commented(data, settings.kafka.group)
    path.write_bytes(data)
    return path


def _submitted(run: Run, path: Path) -> dict[str, object]:
    outcome: dict[str, object] = json.loads(run("submit", str(path), "--wait", "--json").stdout)
    return outcome


def _pixels(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_stamped_picture_is_cleaned_and_its_history_shown(run: Run, settings: Settings, tmp_path: Path) -> None:
    outcome = _submitted(run, _delivered(tmp_path, settings, "stamp-coral-dress.jpg"))

    assert outcome["status"] == "cleaned"
    image_id = str(outcome["image_id"])
    (line,) = run("history", image_id).stdout.splitlines()
    assert "cleaned" in line
    edit = json.loads(run("show", image_id).stdout)
    assert [region["text"] for region in edit["regions"] if region["verdict"] == "remove"] == ["06.07.2020 07:19"]
    assert {model["name"] for model in edit["models"]} == {"textdet", "textrec", "inpaint", "strokes"}
    assert all(len(model["code_sha256"]) == 64 for model in edit["models"])
    written = run("diff", image_id, "--out", str(tmp_path / "diff")).stdout.split()
    assert [Path(path).stem.rpartition("-")[2] for path in written] == ["before", "after", "mask", "heat"]


def test_a_person_rejects_a_proposal_and_a_second_answer_is_too_late(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    outcome = _submitted(run, _delivered(tmp_path, settings, "promo-free-shipping.png"))
    task = str(outcome["edit_id"])

    assert outcome["status"] == "review"
    assert task in run("review", "list").stdout
    decided = run("review", "decide", task, "reject", "--reviewer", "ann", "--comment", "part of the picture")

    assert decided.stdout.startswith("kept")
    assert task not in run("review", "list").stdout
    run("review", "decide", task, "accept", "--reviewer", "bob", code=1)
    kinds = [
        json.loads(line)["kind"] for line in run("history", str(outcome["image_id"]), "--json").stdout.splitlines()
    ]
    assert kinds == ["proposed", "rejected"]


def test_a_person_accepts_a_proposal_as_it_is(run: Run, settings: Settings, tmp_path: Path) -> None:
    outcome = _submitted(run, _delivered(tmp_path, settings, "promo-free-shipping.png"))
    image_id = str(outcome["image_id"])
    proposed = json.loads(run("show", image_id).stdout)

    run("review", "decide", str(outcome["edit_id"]), "accept", "--reviewer", "ann")

    approved = json.loads(run("show", image_id).stdout)
    assert approved["kind"] == "approved"
    assert approved["result"] == proposed["result"]
    assert approved["answer"]["reviewer"] == "ann"


def test_a_person_draws_another_mask_and_only_that_changes(run: Run, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / f"{settings.kafka.group}.png"
    Image.fromarray(_pixels(CATALOG / "promo-free-shipping.png")).save(path)
    outcome = _submitted(run, path)
    drawn = np.zeros(_pixels(path).shape[:2], np.uint8)
    drawn[240:280, 40:120] = 255
    mask_file = tmp_path / "mask.png"
    Image.fromarray(drawn).save(mask_file)

    run("review", "decide", str(outcome["edit_id"]), "mask", "--mask", str(mask_file), "--reviewer", "ann")

    edit = json.loads(run("show", str(outcome["image_id"])).stdout)
    written = run("diff", str(outcome["image_id"]), "--out", str(tmp_path / "diff")).stdout.split()
    before, after = (_pixels(Path(one)) for one in written[:2])
    changed = (before != after).any(axis=2)
    assert edit["kind"] == "approved"
    assert changed.any()
    assert not changed[drawn == 0].any(), "pixels outside the mask are as they were"


def test_a_dead_letter_is_listed_retried_and_then_succeeds(run: Run, settings: Settings, tmp_path: Path) -> None:
    image_id = f"{settings.kafka.group}-late"
    arrival = events.ImageArrived(
        image_id=image_id, object=events.ObjectRef(bucket=settings.store.incoming_bucket, key=f"{image_id}.jpg")
    )
    writer = EventWriter(settings.kafka)
    writer.send(
        topics.RECEIVED.name,
        key=image_id.encode(),
        value=events.encode(arrival),
        headers=events.headers("catalog.image.created.v1", image_id, None),
        partition=topics.partition_of(image_id, settings.kafka.partitions),
    )
    writer.flush()
    services.wait_until(lambda: image_id in run("dlq", "list", "--json").stdout, 60, "the letter is listed")
    letter = next(json.loads(line) for line in run("dlq", "list", "--json").stdout.splitlines() if image_id in line)
    assert letter["reason"] == "object_missing"

    data = (CATALOG / "plain-red-skirt.jpg").read_bytes()
    S3Store(settings.store).put(settings.store.incoming_bucket, f"{image_id}.jpg", data, "image/jpeg")
    run("dlq", "retry", letter["id"], "--reason", "uploaded late")

    services.wait_until(lambda: workers.lag(settings) == 0, 60, "the event is answered")
    assert image_id not in run("dlq", "list", "--json").stdout
    assert "kept" in run("history", image_id).stdout


def test_a_preview_gives_the_same_bytes_again_and_patches_that_go_both_ways(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    names = ("stamp-coral-dress.jpg", "promo-shop-address.webp", "promo-free-shipping.png", "broken-cut-short.jpg")
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((CATALOG / name).read_bytes())

    lines = []
    for attempt in ("first", "second"):
        run("clean", "pictures", "--out", attempt, "--results", f"{attempt}/results.jsonl")
        lines.append([json.loads(line) for line in (tmp_path / attempt / "results.jsonl").read_text().splitlines()])

    assert [line["outcome"] for line in lines[0]] == ["refused", "review", "cleaned", "cleaned"]
    for first, second in zip(*lines, strict=True):
        assert {**first, "seconds": 0} == {**second, "seconds": 0}
        for kind in ("mask", "result", "patch"):
            if first[kind]:
                assert (tmp_path / "first" / first[kind]).read_bytes() == (
                    tmp_path / "second" / second[kind]
                ).read_bytes()
    for line in lines[0]:
        if line["patch"]:
            original = (tmp_path / line["path"]).read_bytes()
            result, patch = ((tmp_path / "first" / line[kind]).read_bytes() for kind in ("result", "patch"))
            assert "the patch gives the result's" in proofs.proof(original, result, patch)
