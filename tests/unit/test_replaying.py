"""What pictures show, made again: from the log or the heads, after any kill, with what can be restored restored."""

import asyncio
import dataclasses
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from click.testing import CliRunner
from PIL import Image

from infra.object_store import S3Store
from infra.settings import StoreSettings
from processors import chain
from streams import audit_log, cli, events, exits, plan_files, recomputing, replaying, topics
from streams.announcing import head
from streams.editing import ImageEditor
from streams.ledger import Ledger
from streams.plan_files import PlanFileError
from streams.recomputing import Again, Examiner
from streams.replaying import Player, Row
from tests import fakes, picture_files
from tests.fakes import BUCKETS, INCOMING, MODEL, MemoryStore, ShelfLog

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLEANER = fakes.RememberingCleaner()


def written(format_name: str, *words: str, seed: int = 0) -> bytes:
    """A file with room around its words, as the blocks of a JPEG that change are counted whole."""
    return picture_files.saved(Image.fromarray(fakes.scene(words, 240, 480, seed)), format_name)


class World:
    """Pictures of several formats as the real path leaves them, an hour from one edit to the next."""

    def __init__(self) -> None:
        self.store, self.log = MemoryStore(), ShelfLog()
        self.ledger = Ledger(self.store, BUCKETS.edits)
        self._hours = itertools.count()
        self._editor = ImageEditor(
            self.store,
            BUCKETS,
            self.ledger,
            CLEANER,  # type: ignore[arg-type]
            max_bytes=100_000,
            code_version="test",
            clock=lambda: NOON + timedelta(hours=next(self._hours)),
        )
        self.arrive("shop:jpeg", written("JPEG", "remove"))
        self.arrive("png", written("PNG", "remove"))
        self.arrive("webp", written("WEBP", "remove"))
        self.arrive("kept", written("PNG", "keep"))
        self.arrive("asked", written("PNG", "ask"), merchant="other")
        self.arrive("png", written("PNG", "remove", seed=9))
        self.arrive("gone", written("PNG", "keep", seed=3))
        self.event("catalog.image.deleted.v1", events.ImageDeleted(image_id="gone"))

    def arrive(self, image_id: str, data: bytes, merchant: str = "shop") -> None:
        version = self.store.put(INCOMING, image_id, data)
        reference = events.ObjectRef(bucket=INCOMING, key=image_id, version_id=version)
        arrival = events.ImageArrived(image_id=image_id, object=reference, merchant_id=merchant)
        self.event("catalog.image.created.v1", arrival)

    def event(self, kind: str, data: Any) -> None:
        event = events.Event(f"e{next(self._hours)}", "test", kind, "2026-11-25T10:00:00Z", data)
        doing = self._editor.deleted if kind == "catalog.image.deleted.v1" else self._editor.arrived
        asyncio.run(doing(event))  # type: ignore[operator]
        edit = self.edits(data.image_id)[-1]
        key = f"{edit.image_id}/{edit.edit_id}".encode()
        self.log.send(topics.AUDIT.name, key=key, value=events.encode(edit), headers=())

    def edits(self, image_id: str) -> tuple[chain.Edit, ...]:
        return self.ledger.read_now(image_id).edits

    def heads(self) -> dict[str, events.ImageHead]:
        edits = [audit_log.edit(entry) for entry in self.log.read()]
        return {edit.image_id: msgspec.json.decode(head(edit).value or b"", type=events.ImageHead) for edit in edits}

    def rows(self, at: datetime | None = None, merchant: str | None = None) -> list[Row]:
        return list(replaying.rows_from_log(self.log.read(), at, merchant, {}))

    def lose(self, blob: chain.Blob | None) -> None:
        assert blob
        self.store.remove(blob.bucket, blob.key)

    def player(self, into: Path, rows: list[Row]) -> Player:
        wanted = {row.shown.sha256 for row in rows if row.shown}
        return Player(self.store, replaying.Folder(into), fakes.DirectOpener(), self.log.read, lambda: wanted)

    def play(self, into: Path, rows: list[Row] | None = None) -> dict[str, str]:
        """Replay into a folder; gives image id → verdict."""
        rows = self.rows() if rows is None else rows
        journal = plan_files.Journal(into.with_name(f"{into.name}.journal"), "digest")
        with journal as done:
            for _ in replaying.run(rows[done:], self.player(into, rows), journal):
                pass
        lines = list(journal.lines())
        replaying.finish(replaying.Folder(into), replaying.MANIFEST, lines)
        journal.remove()
        return {
            line.image_id: line.verdict for line in (msgspec.json.decode(text, type=replaying.Line) for text in lines)
        }

    def examine(self, *, prove: bool = False, cleaner: Any = None, model: chain.Model | None = MODEL) -> list[Any]:
        again = Again(cleaner, fakes.DirectDecoder(), _Serving(model)) if cleaner else None
        ends = {0: len(self.log.of(topics.AUDIT.name))}
        some = recomputing.edits(self.log.read(), ends, of={row.image_id for row in self.rows()}, at=None, done=())

        async def all_of_them() -> list[recomputing.Line]:
            examiner = Examiner(self.store, fakes.DirectOpener(), prove=prove, again=again)
            return [line async for line in examiner.examine(some)]

        return asyncio.run(all_of_them())


class _Serving:
    def __init__(self, model: chain.Model | None) -> None:
        self._model = model

    async def of(self, engine: str) -> chain.Model | None:
        return self._model


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_picture_is_what_its_last_record_says_byte_for_byte(tmp_path: Path) -> None:
    world = World()

    verdicts = world.play(tmp_path / "out")

    assert verdicts == {
        name: "nothing" if name == "gone" else "exact" for name in ("asked", "gone", "kept", "png", "shop:jpeg", "webp")
    }
    files = tree(tmp_path / "out")
    assert set(files) == {"asked.png", "kept.png", "png.png", "shop:jpeg.jpg", "webp.webp", "manifest.jsonl"}
    for name in ("asked", "kept", "png"):
        shown = world.edits(name)[-1].shown
        assert shown
        assert hashlib.sha256(files[f"{name}.png"]).hexdigest() == shown.sha256


def test_the_log_and_the_heads_give_the_same_rows() -> None:
    world = World()
    assert list(replaying.rows_from_heads(world.heads(), None)) == world.rows()
    assert list(replaying.rows_from_heads(world.heads(), "other")) == world.rows(merchant="other")
    assert [row.image_id for row in world.rows(merchant="other")] == ["asked"]


def test_at_a_time_pictures_are_what_they_were_by_then() -> None:
    world = World()
    first, second = world.edits("png")
    at = chain.time_of(first)
    assert at

    rows = {row.image_id: row for row in world.rows(at=at)}

    assert rows["png"].shown == first.shown != second.shown
    assert "kept" not in rows
    assert world.rows(at=NOON - timedelta(days=1)) == []


def test_a_lost_or_damaged_result_is_restored_from_the_original_and_the_patch(tmp_path: Path) -> None:
    world = World()
    world.play(tmp_path / "whole")
    for name in ("shop:jpeg", "png"):
        world.lose(world.edits(name)[-1].result)
    damaged = world.edits("webp")[-1].result
    assert damaged
    world.store.put(damaged.bucket, damaged.key, b"damaged")

    verdicts = world.play(tmp_path / "restored")

    assert {name for name, verdict in verdicts.items() if verdict == "restored"} == {"shop:jpeg", "png", "webp"}
    whole, restored = tree(tmp_path / "whole"), tree(tmp_path / "restored")
    del whole["manifest.jsonl"], restored["manifest.jsonl"]
    assert restored == whole


def test_what_is_lost_for_good_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    world = World()
    world.lose(world.edits("png")[-1].result)
    world.lose(world.edits("png")[-1].patch)
    world.lose(world.edits("kept")[-1].original)
    webp = world.edits("webp")[-1]
    assert webp.result
    world.store.put(webp.result.bucket, webp.result.key, b"damaged")
    world.lose(webp.original)

    verdicts = world.play(tmp_path / "out")

    assert Counter(verdicts.values()) == Counter(exact=2, missing=2, differs=1, nothing=1)
    assert set(tree(tmp_path / "out")) == {"asked.png", "shop:jpeg.jpg", "manifest.jsonl"}


def test_a_picture_whose_records_have_a_hole_shows_what_was_before_it_and_says_so(tmp_path: Path) -> None:
    world = World()
    world.log.records[topics.AUDIT.name] = [
        one for one in world.log.of(topics.AUDIT.name) if one.key != f"png/{world.edits('png')[0].edit_id}".encode()
    ]
    rows = {row.image_id: row for row in world.rows()}
    assert rows["png"].trouble == "no record tells of slot 1"

    world.play(tmp_path / "out", [rows["png"]])

    line = msgspec.json.decode((tmp_path / "out" / "manifest.jsonl").read_bytes(), type=replaying.Line)
    assert line.bad


def test_an_erased_picture_is_not_made_again() -> None:
    world = World()
    for edit in world.edits("png"):
        world.log.send(topics.AUDIT.name, key=f"png/{edit.edit_id}".encode(), value=None, headers=())
    assert "png" not in {row.image_id for row in world.rows()}


class _DyingFolder(replaying.Folder):
    """Dies at its n-th file, before it is there or after."""

    def __init__(self, path: Path, at: int, *, acts: bool) -> None:
        super().__init__(path)
        self._trouble = fakes.Trouble(at, fakes.Death, acts=acts)

    def put(self, name: str, data: bytes) -> None:
        self._trouble.around(lambda: super(_DyingFolder, self).put(name, data))


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize("at", range(1, 6))
def test_killed_at_any_file_it_goes_on_to_the_same_tree(tmp_path: Path, at: int, acts: bool) -> None:
    world = World()
    world.lose(world.edits("webp")[-1].result)
    rows = world.rows()
    world.play(tmp_path / "whole")
    player = world.player(tmp_path / "out", rows)
    player.target = _DyingFolder(tmp_path / "out", at, acts=acts)
    journal = plan_files.Journal(tmp_path / "out.journal", "digest")
    with pytest.raises(fakes.Death), journal:
        for _ in replaying.run(rows, player, journal):
            pass
    # A line that the kill cut.
    with journal.path.open("ab") as file:
        file.write(b'{"image_id":"a')

    world.play(tmp_path / "out", rows)

    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def plan(path: Path, rows: list[Row], draft: Callable[[Counter[str]], replaying.Plan] | None = None) -> str:
    def usual(counts: Counter[str]) -> replaying.Plan:
        return replaying.Plan(
            made_at="",
            into="out",
            source="zero",
            at=None,
            merchant=None,
            mode="blobs",
            prove=False,
            ends={0: 9},
            pictures=counts["pictures"],
            files=counts["files"],
            bytes=counts["bytes"],
            troubled=counts["troubled"],
            seconds=1.0,
        )

    return replaying.plan(path, rows, draft or usual)


def test_a_plan_is_read_as_it_was_written_and_the_same_plan_has_the_same_digest(tmp_path: Path) -> None:
    world = World()
    rows = world.rows()

    digest = plan(tmp_path / "a.plan", rows)

    file = replaying.opened(tmp_path / "a.plan")
    assert file.digest == digest == plan(tmp_path / "b.plan", rows)
    assert (list(file.rows()), list(file.rows(skip=4))) == (rows, rows[4:])
    assert (file.head.pictures, file.head.files, file.head.ends) == (6, 5, {0: 9})
    assert file.head.bytes == sum(row.shown.size for row in rows if row.shown)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.plan", "b.plan"]


@pytest.mark.parametrize(
    "change", [lambda text: text.replace(b"png", b"pnh", 1), lambda text: text[:-9], lambda _: b""]
)
def test_a_plan_that_was_changed_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.plan"
    plan(path, World().rows())
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(PlanFileError):
        replaying.opened(path)


def test_the_journal_of_another_plan_is_refused(tmp_path: Path) -> None:
    with plan_files.Journal(tmp_path / "j", "one") as done:
        assert done == 0
    with pytest.raises(PlanFileError), plan_files.Journal(tmp_path / "j", "two"):
        pass


def test_a_prefix_takes_the_same_bytes_again_and_no_others() -> None:
    store = MemoryStore("replays")
    target = replaying.Prefix(store, "replays", "/monday/")
    assert target.is_empty()
    target.put("a.png", b"one")
    target.put("a.png", b"one")
    assert not target.is_empty()
    assert [one.key for one in store.list("replays")] == ["monday/a.png"]
    with pytest.raises(replaying.TargetError):
        target.put("a.png", b"two")


def test_every_patch_is_proven() -> None:
    world = World()
    assert [(line.image_id, line.seq, line.proven) for line in world.examine(prove=True)] == [
        (name, seq, True) for name, seq in (("shop:jpeg", 1), ("png", 1), ("webp", 1), ("asked", 1), ("png", 2))
    ]


def test_a_patch_of_something_else_is_not_proven() -> None:
    world = World()
    one, two = world.edits("png")
    assert one.patch and two.patch
    bad = dataclasses.replace(two, patch=one.patch)
    world.log.records[topics.AUDIT.name] = []
    for edit in (one, bad):
        world.log.send(topics.AUDIT.name, key=f"png/{edit.edit_id}".encode(), value=events.encode(edit), headers=())
    assert [line.proven for line in world.examine(prove=True)] == [True, False]


def test_the_same_models_make_every_edit_again_byte_for_byte() -> None:
    lines = World().examine(cleaner=fakes.picture_cleaner())
    assert [line.verdict for line in lines] == ["exact"] * 5
    assert {line.detail for line in lines} == {""}


def test_another_fill_is_told_with_how_far_it_is() -> None:
    lines = World().examine(cleaner=fakes.picture_cleaner(fakes.FakeInpainter((90, 90, 90))))
    assert {line.verdict for line in lines} == {"differs"}
    assert all(line.max_level > 1 and line.samples > 100 and line.bad for line in lines)


def test_a_fill_that_is_a_level_off_is_told_as_that() -> None:
    class Near(fakes.FakeInpainter):
        async def fill(self, *args: Any, **named: Any) -> fakes.FakeFilled:
            filled = await super().fill(*args, **named)
            mask = args[1]
            pixels = filled.pixels.copy()
            pixels[mask] += 1
            return fakes.FakeFilled(pixels)

    lines = {line.image_id: line for line in World().examine(cleaner=fakes.picture_cleaner(Near()))}
    assert (lines["webp"].verdict, lines["webp"].max_level) == ("within_1", 1)


def test_an_engine_that_nobody_has_any_more_is_told_and_so_are_other_weights() -> None:
    world = World()
    lines = world.examine(cleaner=fakes.picture_cleaner(), model=None)
    assert {(line.verdict, line.detail) for line in lines} == {("impossible", "nobody fills with telea any more")}
    other = dataclasses.replace(MODEL, weights_sha256="d" * 64)
    lines = world.examine(cleaner=fakes.picture_cleaner(), model=other)
    assert {(line.verdict, line.detail) for line in lines} == {("exact", "textdet has another weights_sha256")}


def test_fills_of_other_crops_are_impossible_and_told() -> None:
    world = World()
    (edit,) = world.edits("webp")
    odd = dataclasses.replace(edit, fills=tuple(dataclasses.replace(fill, box=(0, 0, 9, 9)) for fill in edit.fills))
    world.log.records[topics.AUDIT.name] = []
    world.log.send(topics.AUDIT.name, key=f"webp/{edit.edit_id}".encode(), value=events.encode(odd), headers=())

    (line,) = world.examine(cleaner=fakes.picture_cleaner())

    assert line.verdict == "impossible"
    assert "recorded is (0, 0, 9, 9)" in line.detail


def test_heads_know_no_time() -> None:
    words = ["replay", "plan", "--into", "x", "--from", "heads", "--at", "2026-11-25T02:00:00Z", "--out", "y"]
    refused = CliRunner().invoke(cli.main, words)
    assert refused.exit_code == exits.USAGE
    assert "--from zero" in refused.output


def test_a_replay_into_one_of_our_own_buckets_is_refused() -> None:
    with pytest.raises(replaying.TargetError):
        replaying.target("s3://catalog-edits/x", cast(S3Store, None), StoreSettings())
