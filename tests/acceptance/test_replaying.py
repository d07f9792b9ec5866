"""Pictures that a worker edited are made again by the models, and from their patches, byte for byte."""

import json
import os
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from infra.object_store import S3Store
from infra.settings import Settings
from processors import chain
from streams import lookups, replaying, submitting

from . import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

CATALOG = Path(__file__).parents[2] / "examples" / "catalog"
#: JPEG, PNG and WebP; Telea and the network; edits and proposals.
PICTURES = (
    *("promo-free-shipping.png", "promo-shop-address.webp", "promo-half-price.jpg", "stamp-coral-dress.jpg"),
    *("stamp-black-skirt.jpg", "plain-red-skirt.jpg"),
)


def test_every_edit_of_catalog_pictures_is_made_again_exactly_and_lost_results_are_restored(
    settings: Settings, tmp_path: Path
) -> None:
    merchant = f"shop-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / merchant
    folder.mkdir()
    for name in PICTURES:
        shutil.copy(CATALOG / name, folder / name)
    workers.start_at_end(settings)
    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")):
        _submit(settings, folder, merchant)
    plan, into = tmp_path / "replay.plan", tmp_path / "again"
    options = ("--merchant", merchant, "--mode", "recompute", "--prove", "--into", str(into), "--out", str(plan))
    _cleanplate(settings, "replay", "plan", *options)

    told = _cleanplate(settings, "replay", "run", str(plan))

    edits = [json.loads(line) for line in (into / "edits.jsonl").read_text().splitlines()]
    assert Counter(edit["verdict"] for edit in edits) == Counter(exact=len(edits)), edits
    assert len(edits) >= 4
    assert all(edit["proven"] for edit in edits)
    assert f"{len(edits)} exact" in told
    pictures = [json.loads(line) for line in (into / "manifest.jsonl").read_text().splitlines()]
    assert [one["verdict"] for one in pictures] == ["exact"] * len(PICTURES)
    for one in pictures:
        assert sha256((into / one["file"]).read_bytes()).hexdigest() == one["sha256"]

    again = tmp_path / "restored"
    _cleanplate(
        settings, "replay", "plan", "--merchant", merchant, "--into", str(again), "--out", str(tmp_path / "2.plan")
    )
    lost = [row.shown for row in replaying.opened(tmp_path / "2.plan").rows() if row.shown and _is_result(row.shown)]
    assert lost
    with _hidden(settings, lost):
        assert f"{len(lost)} restored" in _cleanplate(settings, "replay", "run", str(tmp_path / "2.plan"))
    for one in pictures:
        assert (again / one["file"]).read_bytes() == (into / one["file"]).read_bytes()


def _is_result(blob: chain.Blob) -> bool:
    return blob.key.startswith("results/")


@contextmanager
def _hidden(settings: Settings, blobs: list[chain.Blob]) -> Iterator[None]:
    """Blobs as if they were lost; brought back at the end, for other tests may have the same."""
    store = S3Store(settings.store.for_operators)
    for blob in blobs:
        store.remove(blob.bucket, blob.key)
    try:
        yield
    finally:
        for blob in blobs:
            for one in list(store.list(blob.bucket, blob.key, versions=True)):
                if one.is_deletion:
                    store.remove_version(blob.bucket, one.key, one.version_id)


def _submit(settings: Settings, folder: Path, merchant: str) -> None:
    listener = lookups.OutcomeListener(settings.kafka)
    submitter = submitting.Submitter(settings)
    sent = [
        submitter.submit(path, key, submitting.Told(merchant_id=merchant))
        for path, key in submitting.files_of([folder])
    ]
    submitter.flush()
    try:
        assert len(list(listener.wait({one.event_id for one in sent}, 120))) == len(sent)
    finally:
        listener.close()


def _cleanplate(settings: Settings, *words: str) -> str:
    environment = {**os.environ, **workers.environment(settings)}
    done = subprocess.run([workers.COMMAND, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
