"""One edit as pictures for people, and the proof that its patch holds."""

import asyncio
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infra.object_store import MissingObjectError
from processors import chain
from processors.patches import PatchError
from streams import differences
from tests import fakes, picture_files
from tests.fakes import BUCKETS, MemoryStore

OPENER = fakes.DirectOpener()
BEFORE = picture_files.noise(20, 30, seed=1)


def _blob(store: MemoryStore, data: bytes) -> chain.Blob:
    digest = hashlib.sha256(data).hexdigest()
    store.put_once(BUCKETS.edits, digest, data, "image/png")
    return chain.Blob(BUCKETS.edits, digest, digest, len(data))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def edit(store: MemoryStore) -> chain.Edit:
    """A PNG with a red dot put on it; its mask is the dot."""
    after = BEFORE.copy()
    after[5:9, 10:14] = (255, 0, 0)
    mask = np.zeros(BEFORE.shape[:2], np.uint8)
    mask[5:9, 10:14] = 255
    original, result, marked = (
        _blob(store, picture_files.saved(Image.fromarray(one), "PNG")) for one in (BEFORE, after, mask)
    )
    return _edit(original, result, marked)


def _edit(original: chain.Blob, result: chain.Blob, mask: chain.Blob, patch: chain.Blob | None = None) -> chain.Edit:
    return chain.Edit(
        image_id="sku-1",
        seq=3,
        edit_id="e" * 32,
        parent="d" * 32,
        parent_sha256="f" * 64,
        kind="cleaned",
        cause=chain.Cause("e1", "shop", "catalog.image.updated.v1", None),
        original=original,
        result=result,
        mask=mask,
        patch=patch,
    )


def test_before_and_after_are_the_stored_pixels_and_the_mask_is_white_where_they_may_differ(
    store: MemoryStore, edit: chain.Edit
) -> None:
    shown = differences.pictures(store, OPENER, edit)
    assert np.array_equal(shown["before"], BEFORE)
    differ = (shown["before"] != shown["after"]).any(axis=2)
    assert differ.any()
    assert (shown["mask"][differ] == 255).all()


def test_the_heat_map_is_red_where_pixels_differ_and_gray_elsewhere(store: MemoryStore, edit: chain.Edit) -> None:
    shown = differences.pictures(store, OPENER, edit)
    red, green, blue = (shown["heat"][..., channel].astype(int) for channel in range(3))
    strong = np.abs(shown["before"].astype(int) - shown["after"]).max(axis=2) >= differences.HOTTEST
    same = (shown["before"] == shown["after"]).all(axis=2)
    assert strong.any()
    assert (red[strong] == 255).all()
    assert (green[strong] == 0).all()
    assert (red[same] == green[same]).all()
    assert (green == blue).all()


def test_the_files_are_named_by_picture_edit_and_kind_and_hold_the_pictures(
    store: MemoryStore, edit: chain.Edit, tmp_path: Path
) -> None:
    paths = list(differences.write(store, OPENER, edit, tmp_path / "new" / "folder"))
    assert [path.name for path in paths] == [f"sku-1-3-{name}.png" for name in ("before", "after", "mask", "heat")]
    with Image.open(paths[0]) as before:
        assert np.array_equal(np.asarray(before), BEFORE)


def test_a_blob_that_is_gone_is_named(edit: chain.Edit) -> None:
    with pytest.raises(MissingObjectError, match=fakes.BUCKETS.edits):
        differences.pictures(MemoryStore(), OPENER, edit)


def _stored(store: MemoryStore, source: bytes, **changes: bytes) -> chain.Edit:
    """An edit of a whole file as the path makes it, with some of its blobs taken from `changes`."""
    edited = asyncio.run(fakes.picture_cleaner().clean(source)).edited
    assert edited is not None
    files = {"original": source, "result": edited.result, "mask": edited.mask_png, "patch": edited.patch} | changes
    return _edit(**{name: _blob(store, data) for name, data in files.items()})


def _written(form: str, **options: object) -> bytes:
    return picture_files.saved(Image.fromarray(fakes.scene(["remove"])), form, **options)


def test_the_patch_is_shown_to_hold(store: MemoryStore) -> None:
    said = {form: differences.proof(store, OPENER, _stored(store, _written(form))) for form in ("JPEG", "PNG", "AVIF")}
    assert re.fullmatch(r"\d+ of 240 blocks differ; the patch gives .* bytes and the original's blocks", said["JPEG"])
    assert re.fullmatch(r"\d+ of 10240 pixels differ; the patch gives the result's pixels .*", said["PNG"])
    assert "pixels differ" in said["AVIF"]


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_patch_that_does_not_hold_is_told(store: MemoryStore, form: str) -> None:
    good, other = _written(form), picture_files.saved(Image.fromarray(fakes.scene(["remove"], seed=5)), form)
    for wrong in (_stored(store, good, original=other), _stored(store, good, result=other)):
        with pytest.raises(PatchError, match=r"wrong_picture|inexact"):
            differences.proof(store, OPENER, wrong)


def test_the_bytes_of_a_jpeg_result_count_too(store: MemoryStore) -> None:
    good = _written("JPEG")
    result = asyncio.run(fakes.picture_cleaner().clean(good)).edited.result  # type: ignore[union-attr]
    with pytest.raises(PatchError, match="inexact"):
        differences.proof(store, OPENER, _stored(store, good, result=picture_files.commented(result, "more")))
