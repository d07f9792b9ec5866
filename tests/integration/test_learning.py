"""From edits of the sample to labels and to the end of a broken promise: the installed command on real servers."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from infra.object_store import S3Store
from infra.settings import Settings
from processors import certificates, chain
from streams import labelled, voiding
from tests import picture_files
from tests.acceptance import workers

pytestmark = [pytest.mark.connected, pytest.mark.slow]

STAMPED = Path(__file__).parents[2] / "examples" / "catalog" / "stamp-coral-dress.jpg"
#: An exit code and what was printed.
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(settings: Settings, certificate: certificates.Certificate, tmp_path: Path) -> Iterator[Run]:
    """The installed command, with a worker that draws every automatic edit."""
    workers.start_at_end(settings)
    file = tmp_path / "certificate.json"
    file.write_bytes(certificates.encode(certificate))
    environment = workers.environment(
        settings, CLEANPLATE_CERTIFICATE__FILE=str(file), CLEANPLATE_SAMPLING__SHARE="1.0"
    )

    def call(*arguments: str) -> tuple[int, str]:
        command = [workers.COMMAND, *arguments]
        variables = {**os.environ, **environment}
        done = subprocess.run(command, check=False, env=variables, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout

    with workers.running(workers.Worker(environment, tmp_path / "log")):
        yield call


def test_false_edits_of_the_sample_are_undone_become_labels_and_end_the_certificate(
    run: Run, settings: Settings, certificate: certificates.Certificate, tmp_path: Path
) -> None:
    def result(*arguments: str, code: int = 0) -> dict[str, object]:
        found, printed = run(*arguments, "--json")
        assert found == code, printed
        read: dict[str, object] = json.loads(printed)
        return read

    def falsely_edited(number: int) -> bytes:
        """Submit a picture, see it shown and asked about, reject it; gives its bytes."""
        path = tmp_path / f"{settings.kafka.group}-{number}.jpg"
        data = picture_files.commented(STAMPED.read_bytes(), path.name)
        path.write_bytes(data)
        outcome = result("submit", str(path), "--merchant", "shop-7", "--wait")
        assert (outcome["status"], outcome["reason"]) == ("cleaned", "date_stamp")
        task = str(outcome["edit_id"])
        code, listed = run("review", "show", task)
        assert code == 0
        shown = json.loads(listed)
        assert (shown["reason"], shown["live"], shown["proposal"]) == ("sampled", True, outcome["shown"])
        assert run("review", "decide", task, "reject", "--reviewer", "ann", "--comment", "wanted")[0] == 0
        assert run("review", "show", task)[0] == 1, "it is answered"
        code, head = run("show", str(outcome["image_id"]))
        edit = msgspec.json.decode(head, type=chain.Edit)
        assert (code, edit.kind, edit.shown) == (0, "rejected", edit.original)
        assert edit.original is not None
        assert S3Store(settings.store).get(edit.original.bucket, edit.original.key).data == data
        return data

    first = falsely_edited(1)

    code, _ = run("labels", "export", "--out", str(tmp_path / "labels"))
    assert code == 0
    digest = sha256(first).hexdigest()
    (picture,) = (one for one in labelled.read(tmp_path / "labels") if digest in one.file)
    assert (picture.label, picture.source, picture.kind) == ("printed", "shop-7", "date_stamp")
    assert {line.label for line in picture.lines or ()} == {"printed"}
    assert picture.path.read_bytes() == first
    lists = [(tmp_path / "labels" / name).read_bytes() for name in ("index.csv", "truth.jsonl")]
    run("labels", "export", "--out", str(tmp_path / "again"), "--no-images")
    assert [(tmp_path / "again" / name).read_bytes() for name in ("index.csv", "truth.jsonl")] == lists

    suspicious = result("risk", code=4)
    assert (suspicious["verdict"], suspicious["groups"][0]["n"]) == ("suspicious", 1)  # type: ignore[index]

    falsely_edited(2)
    crossed = result("risk", code=3)
    (group,) = (one for one in crossed["groups"] if one["current"])  # type: ignore[attr-defined]
    assert (group["certificate"], group["n"], group["errors"]) == (certificate.id, 2, 2)
    assert certificate.id not in voiding.read(settings.kafka), "only shown so far"
    result("risk", "--apply", code=3)
    told = voiding.read(settings.kafka)[certificate.id]
    assert (told.n, told.errors) == (2, 2)
    assert told.bound > certificate.alpha
    code, printed = run("risk")
    assert code == 3
    assert "void" in printed
