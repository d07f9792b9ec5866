"""Answers as a labelled folder: what is in it, what is left out, and that the same answers give the same bytes."""

import csv
import dataclasses
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.object_store import MissingObjectError
from processors.judging import judge
from streams import exporting, labelled
from streams.answers import Task
from streams.exporting import Exported
from streams.labelled import LabelsError
from tests.answered import PRINT, STAMP, answer, answered, asked, mask
from tests.fakes import BUCKETS, MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def content(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def one(store: MemoryStore, name: str, decision: Any, original: bytes = b"", **more: Any) -> Task:
    drawn = mask((8, 8, 92, 32)) if decision == "mask" else None
    said = {key: more.pop(key) for key in ("day", "time", "reviewer", "comment") if key in more}
    task = asked(store, name, original or name.encode(), **more)
    return answered(task, answer(store, task, decision, drawn, **said))


def test_an_export_is_a_labelled_folder(store: MemoryStore, tmp_path: Path) -> None:
    tasks = [
        one(store, "right", "accept"),
        one(store, "wrong", "reject", kind="proposed", regions=(STAMP, PRINT), comment="brand\non the box"),
        one(store, "partly", "mask", regions=(STAMP, PRINT)),
    ]
    done = exporting.export(store, tasks, tmp_path)
    assert done.labels == {"overlay": 1, "printed": 1, "mixed": 1}
    assert done.sources == {"sampled": 2, "review": 1}
    read = {one.path.read_bytes(): one for one in labelled.read(tmp_path)}
    assert {name.decode(): picture.label for name, picture in read.items()} == {
        "right": "overlay",
        "wrong": "printed",
        "partly": "mixed",
    }
    assert {(one.source, one.kind, one.rendered, one.longer_px) for one in read.values()} == {
        ("shop", "date_stamp", False, 200)
    }
    assert [line.label for line in read[b"partly"].lines or ()] == ["overlay", "printed"]
    by_label = {row["label"]: row for row in rows(tmp_path)}
    assert by_label["printed"]["note"] == "rejected by ann: brand on the box"
    assert {label: row["label_source"] for label, row in by_label.items()} == {
        "overlay": "sampled",
        "printed": "review",
        "mixed": "sampled",
    }
    assert {row["language"] + row["licence"] for row in by_label.values()} == {""}


def test_files_are_named_by_their_content(store: MemoryStore, tmp_path: Path) -> None:
    exporting.export(store, [one(store, "right", "accept")], tmp_path)
    (row,) = rows(tmp_path)
    assert row["file"] == f"images/{sha256(b'right').hexdigest()}.jpg"
    assert row["sha256"] == sha256((tmp_path / row["file"]).read_bytes()).hexdigest()


def test_a_rejected_edit_of_the_sample_is_a_false_edit_for_whoever_measures_on_the_export(
    store: MemoryStore, tmp_path: Path
) -> None:
    exporting.export(store, [one(store, "wrong", "reject")], tmp_path)
    (picture,) = labelled.read(tmp_path)
    assert judge(picture.label, "cleaned", [STAMP], picture.lines, (200, 60)).false_edit


def test_what_an_accepted_edit_left_standing_must_not_go_later(store: MemoryStore, tmp_path: Path) -> None:
    exporting.export(store, [one(store, "right", "accept", regions=(STAMP, PRINT))], tmp_path)
    (picture,) = labelled.read(tmp_path)
    too_much = [STAMP, dataclasses.replace(PRINT, verdict="remove")]
    assert not judge(picture.label, "cleaned", [STAMP], picture.lines, (200, 60)).false_edit
    assert judge(picture.label, "cleaned", too_much, picture.lines, (200, 60)).false_edit


def test_the_same_answers_give_the_same_bytes_in_any_order(store: MemoryStore, tmp_path: Path) -> None:
    tasks = [one(store, f"p{number}", "reject" if number % 2 else "accept") for number in range(6)]
    first = exporting.export(store, tasks, tmp_path / "one")
    again = exporting.export(store, tasks[::-1], tmp_path / "one")
    exporting.export(store, tasks[::-1], tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (first.fetched, again.fetched) == (6, 0)


def test_an_export_broken_off_is_mended_by_the_next(store: MemoryStore, tmp_path: Path) -> None:
    tasks = [one(store, "right", "accept")]
    exporting.export(store, tasks, tmp_path)
    whole = content(tmp_path)
    picture = next((tmp_path / "images").iterdir())
    picture.write_bytes(b"ri")
    assert exporting.export(store, tasks, tmp_path).fetched == 1
    assert content(tmp_path) == whole


def test_without_images_only_the_lists_are_written(store: MemoryStore, tmp_path: Path) -> None:
    exporting.export(store, [one(store, "right", "accept")], tmp_path, images=False)
    assert set(content(tmp_path)) == {"index.csv", "truth.jsonl"}


def test_tasks_without_an_answer_are_not_there(store: MemoryStore, tmp_path: Path) -> None:
    task = asked(store, "open")
    overtaken = dataclasses.replace(answered(task, None), overtaken=True)
    done = exporting.export(store, [answered(task, None), overtaken], tmp_path)
    assert done == Exported()
    assert rows(tmp_path) == []


def test_answers_are_taken_from_a_time_on_and_up_to_another(store: MemoryStore, tmp_path: Path) -> None:
    tasks = [one(store, f"p{day}", "accept", day=day) for day in (1, 2, 3)]
    tasks.append(one(store, "timeless", "accept", time=None))
    since, until = datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
    done = exporting.export(store, tasks, tmp_path, since=since, until=until)
    assert [row["source_path"] for row in rows(tmp_path)] == ["catalog-incoming/p2.jpg"]
    assert done.left_out == {"no time of the answer": 1}
    assert exporting.export(store, tasks, tmp_path).labels.total() == 4


def test_a_time_without_a_zone_is_universal_time(store: MemoryStore, tmp_path: Path) -> None:
    tasks = [one(store, "p", "accept", time="2026-11-03T00:00:00")]
    done = exporting.export(store, tasks, tmp_path, since=datetime(2026, 11, 3, tzinfo=UTC))
    assert done.labels.total() == 1


def test_answers_about_one_picture_that_contradict_each_other_are_named_and_left_out(
    store: MemoryStore, tmp_path: Path
) -> None:
    same = b"the same picture"
    tasks = [
        one(store, "p1", "accept", same),
        one(store, "p2", "reject", same, reviewer="bob", day=5),
        one(store, "p3", "accept"),
    ]
    done = exporting.export(store, tasks, tmp_path)
    assert list(done.contradicting) == [sha256(same).hexdigest()]
    (said,) = done.contradicting.values()
    assert [words.partition(" (")[0] for words in said] == ["accepted by ann", "rejected by bob"]
    assert [row["label"] for row in rows(tmp_path)] == ["overlay"]


def test_of_answers_that_agree_the_newest_counts(store: MemoryStore, tmp_path: Path) -> None:
    same = b"the same picture"
    tasks = [
        one(store, "p1", "reject", same, day=9, reviewer="bob"),
        one(store, "p2", "reject", same, kind="proposed", day=2),
    ]
    done = exporting.export(store, tasks, tmp_path)
    (row,) = rows(tmp_path)
    assert (row["note"], row["label_source"], done.repeated) == ("rejected by bob", "sampled", 1)


def test_answers_from_which_nothing_follows_are_counted(store: MemoryStore, tmp_path: Path) -> None:
    nothing = asked(store, "arithmetic_coding", kind="proposed", reason="arithmetic_coding")
    nothing = dataclasses.replace(nothing, result=None, mask=None)
    tasks = [
        answered(nothing, answer(store, nothing, "reject")),
        one(store, "seam", "reject", kind="proposed", reason="quality_seam"),
    ]
    done = exporting.export(store, tasks, tmp_path)
    assert done.left_out == {"nothing was proposed": 1, "the fill was in doubt, not the text": 1}
    assert rows(tmp_path) == []


def test_labels_that_somebody_else_made_are_not_overwritten(store: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("file,label\na.jpg,overlay\n")
    with pytest.raises(LabelsError, match="another folder"):
        exporting.export(store, [one(store, "right", "accept")], tmp_path)
    assert (tmp_path / "index.csv").read_text() == "file,label\na.jpg,overlay\n"


def test_an_original_that_is_gone_ends_the_export(store: MemoryStore, tmp_path: Path) -> None:
    task = one(store, "right", "accept")
    assert task.edit.original is not None
    store.remove(BUCKETS.originals, task.edit.original.key)
    with pytest.raises(MissingObjectError):
        exporting.export(store, [task], tmp_path)
    assert not (tmp_path / "index.csv").exists()


def test_lines_are_written_one_picture_a_line(store: MemoryStore, tmp_path: Path) -> None:
    exporting.export(store, [one(store, "right", "accept")], tmp_path)
    (line,) = (tmp_path / "truth.jsonl").read_bytes().splitlines()
    truth = msgspec.json.decode(line)
    assert truth["record"] is None
    assert truth["lines"][0]["polygon"] == [[10.0, 10.0], [90.0, 10.0], [90.0, 30.0], [10.0, 30.0]]
