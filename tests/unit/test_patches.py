"""A patch does an edit again and undoes it, exactly, on the right picture only."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from infra import jpegs
from processors import decoding, encoding, patches, views
from processors.pictures import Mask, Picture
from tests import picture_files as files

MODES = [
    pytest.param(files.png(channels=1), id="L"),
    pytest.param(files.png(channels=2), id="LA"),
    pytest.param(files.palette_png(60, transparency=bytes([0, 90])), id="P"),
    pytest.param(files.png(channels=3), id="RGB"),
    pytest.param(files.png(channels=4), id="RGBA"),
    pytest.param(files.deep_png(1), id="L of 16 bits"),
    pytest.param(files.deep_png(2), id="LA of 16 bits"),
    pytest.param(files.deep_png(3), id="RGB of 16 bits"),
    pytest.param(files.deep_png(4), id="RGBA of 16 bits"),
    pytest.param(files.saved(Image.fromarray(files.noise(48, 64, 1)).convert("1"), "PNG"), id="L of 1 bit"),
    pytest.param(files.avif(), id="AVIF"),
    pytest.param(files.webp(channels=4), id="WEBP"),
]


def edited(data: bytes) -> tuple[Picture, Picture, Mask]:
    before = decoding.decode(data)
    height, width = before.pixels.shape[:2]
    mask = files.box_mask(height, width)
    mask[2, 3] = True
    return before, views.with_colour(before, files.noise(height, width, 3, seed=8), mask), mask


def pixel_patch(before: Picture, after: Picture, mask: Mask) -> patches.Patch:
    patch = patches.read(patches.make(before, after, mask))
    assert isinstance(patch, patches.Patch)
    return patch


@pytest.mark.parametrize("data", MODES)
def test_apply_and_revert_are_exact(data: bytes) -> None:
    before, after, mask = edited(data)
    assert not np.array_equal(before.pixels, after.pixels)
    patch = pixel_patch(before, after, mask)
    np.testing.assert_array_equal(patch.apply(before).pixels, after.pixels)
    np.testing.assert_array_equal(patch.revert(after).pixels, before.pixels)
    np.testing.assert_array_equal(patch.mask, mask[patch.box[1] : patch.box[3], patch.box[0] : patch.box[2]])
    assert (patch.mode, patch.size) == (before.mode, before.size)


def block_patch() -> tuple[patches.BlockPatch, bytes, bytes]:
    data = files.jpeg()
    before, after, mask = edited(data)
    spliced = jpegs.splice(data, replace(after, metadata=replace(before.metadata, xmp=b"<x/>")), mask)
    patch = patches.read(spliced.patch)
    assert isinstance(patch, patches.BlockPatch)
    return patch, data, spliced.data


def test_an_edited_jpeg_is_made_again_and_undone_byte_for_byte() -> None:
    patch, data, result = block_patch()
    assert patch.size == (64, 48)
    assert jpegs.apply(patch, data) == result
    assert jpegs.revert(patch, result) == data


def test_the_blocks_of_a_patch_are_those_that_changed() -> None:
    patch, data, result = block_patch()
    before, after = jpegs.read(data), jpegs.read(result)
    assert (patch.before != patch.after).any(axis=1).all()
    for component, plane in enumerate(before.planes):
        changed = np.argwhere((plane != after.planes[component]).any(axis=2))
        np.testing.assert_array_equal(patch.places[patch.places[:, 0] == component, 1:], changed)


def test_a_patch_of_blocks_is_refused_by_every_other_file() -> None:
    patch, data, result = block_patch()
    for wrong, act in (
        (result, jpegs.apply),
        (data, jpegs.revert),
        (files.jpeg(seed=1), jpegs.apply),
        (files.jpeg(quality=74), jpegs.apply),
    ):
        with pytest.raises(patches.PatchError, match="wrong_picture"):
            act(patch, wrong)
    forged = replace(patch, after=patch.before)
    with pytest.raises(patches.PatchError, match="wrong_picture"):
        jpegs.apply(forged, data)


def test_an_edit_that_changes_no_block_has_a_patch_too() -> None:
    data = files.jpeg()
    found = jpegs.read(data)
    patch = patches.read(patches.of_blocks(found, found, b"", b"<x/>"))
    assert isinstance(patch, patches.BlockPatch)
    assert len(patch.places) == 0
    assert jpegs.apply(patch, data) == encoding.jpeg(found, data, b"<x/>")


def test_a_patch_of_the_first_version_is_still_read() -> None:
    before, after, mask = edited(files.png())
    data = patches.make(before, after, mask)
    header = json.loads(PngImagePlugin.PngImageFile(io.BytesIO(data)).info["cleanplate-patch"])
    old = {key: value for key, value in header.items() if key != "kind"} | {"version": 1}
    text = PngImagePlugin.PngInfo()
    text.add_text("cleanplate-patch", json.dumps(old, sort_keys=True))
    with Image.open(io.BytesIO(data)) as image:
        patch = patches.read(files.saved(image, "PNG", pnginfo=text))
    assert isinstance(patch, patches.Patch)
    np.testing.assert_array_equal(patch.apply(before).pixels, after.pixels)
    np.testing.assert_array_equal(patch.revert(after).pixels, before.pixels)


def test_the_same_edit_gives_the_same_bytes() -> None:
    assert patches.make(*edited(files.png())) == patches.make(*edited(files.png()))


def test_a_small_mask_on_a_large_picture_makes_a_small_patch() -> None:
    before = replace(decoding.decode(files.png(8, 8)), pixels=np.zeros((5000, 5000, 3), np.uint8))
    mask = np.zeros((5000, 5000), np.bool_)
    mask[4000:4020, 3000:3200] = True
    pixels = before.pixels.copy()
    pixels[mask] = np.random.default_rng(0).integers(0, 256, (int(mask.sum()), 3))
    data = patches.make(before, replace(before, pixels=pixels), mask)
    assert len(data) < 20_000
    assert patches.read(data).box == (3000, 4000, 3200, 4020)


def test_a_patch_shows_nothing_of_the_picture_outside_the_mask() -> None:
    before, after, mask = edited(files.png())
    patch = pixel_patch(before, after, mask)
    assert not patch.before[~patch.mask].any()
    assert not patch.after[~patch.mask].any()


def refusal(patch: patches.Patch, picture: Picture, direction: str) -> str:
    with pytest.raises(patches.PatchError) as caught:
        getattr(patch, direction)(picture)
    return caught.value.reason


def test_a_patch_is_refused_by_every_other_picture() -> None:
    before, after, mask = edited(files.png())
    patch = pixel_patch(before, after, mask)
    pixels = before.pixels.copy()
    pixels[0, 0, 0] ^= 1
    assert refusal(patch, replace(before, pixels=pixels), "apply") == "wrong_picture"
    assert refusal(patch, decoding.decode(files.png(channels=4)), "apply") == "wrong_picture"
    assert refusal(patch, decoding.decode(files.png(20, 20)), "apply") == "wrong_picture"
    assert refusal(patch, after, "apply") == "wrong_picture"
    assert refusal(patch, before, "revert") == "wrong_picture"


def test_a_patch_with_other_samples_than_it_says_is_refused() -> None:
    before, after, mask = edited(files.png())
    patch = pixel_patch(before, after, mask)
    assert refusal(replace(patch, after=patch.before), before, "apply") == "wrong_picture"


def test_an_edit_outside_its_mask_has_no_patch() -> None:
    before, after, mask = edited(files.png())
    with pytest.raises(patches.PatchError, match="changed_outside_mask"):
        patches.make(before, after, np.roll(mask, 1, axis=0))
    with pytest.raises(ValueError, match="mask"):
        patches.make(before, before, np.zeros_like(mask))


def test_the_digest_knows_mode_size_samples_and_palette() -> None:
    rgb = decoding.decode(files.png(8, 6))
    gray = decoding.decode(files.png(18, 8, 1))
    palette = decoding.decode(files.palette_png(4, 18, 8))
    same = replace(palette, coding=replace(palette.coding, palette=palette.coding.palette[::-1]))
    turned = replace(rgb, pixels=rgb.pixels.reshape(6, 8, 3))
    digests = [patches.pixels_sha256(picture) for picture in (rgb, gray, palette, same, turned)]
    assert len(set(digests)) == 5
    assert patches.pixels_sha256(replace(rgb, pixels=rgb.pixels[::-1])) != digests[0]
    assert patches.pixels_sha256(decoding.decode(files.webp(8, 6))) == digests[0], "the file format is not part of it"


def test_what_is_not_a_patch_is_unreadable() -> None:
    good = patches.make(*edited(files.png()))
    header = json.loads(PngImagePlugin.PngImageFile(io.BytesIO(good)).info["cleanplate-patch"])

    def forged(**changes: object) -> bytes:
        text = PngImagePlugin.PngInfo()
        text.add_text("cleanplate-patch", json.dumps(header | changes))
        return files.saved(Image.fromarray(files.noise(90, 60)), "PNG", pnginfo=text)

    box = header["box"]
    for bad in (
        b"",
        b"<html>",
        files.png(),
        good[: len(good) // 2],
        forged(),
        forged(box=[0, 0, 60, 30], version=3),
        forged(box=[0, 0, 60, 30], kind="masks"),
        forged(box=[0, 0, 60, 30], kind="blocks", blocks=1),
        forged(box=[10, 10, 70, 40]),
        forged(box=[-1, 0, 59, 30]),
        forged(box=[0, 0, 60]),
        forged(box=[0, 0, 60, 30], mode="L"),
        forged(box=[0, 0, 60, 30], mode="YCbCr"),
        forged(box=box, size=[1, 1]),
    ):
        with pytest.raises(patches.PatchError, match="unreadable"):
            patches.read(bad)
    assert patches.read(forged(box=[0, 0, 60, 30])).box == (0, 0, 60, 30)
