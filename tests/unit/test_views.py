"""What models and people see, and the way back to the stored samples."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from processors import decoding, views
from processors.pictures import Picture
from tests import picture_files as files

PICTURES = [
    pytest.param(files.png(channels=1), id="L"),
    pytest.param(files.png(channels=1, transparency=100), id="L-key"),
    pytest.param(files.png(channels=2), id="LA"),
    pytest.param(files.palette_png(60), id="P"),
    pytest.param(files.palette_png(60, transparency=bytes([0, 0, 0, 90, 90, 200])), id="P-alpha"),
    pytest.param(files.png(channels=3), id="RGB"),
    pytest.param(files.png(channels=4), id="RGBA"),
]


def hidden_corner(data: bytes) -> Picture:
    """The picture with its top rows fully transparent where its mode allows."""
    picture = decoding.decode(data)
    if picture.mode not in ("LA", "RGBA"):
        return picture
    pixels = picture.pixels.copy()
    pixels[:24, :, -1] = 0
    return replace(picture, pixels=pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_a_viewer_shows(orientation: int) -> None:
    data = files.png(exif=files.exif(orientation))
    shown, placement = views.upright(decoding.decode(data))
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(shown, np.asarray(ImageOps.exif_transpose(image)))
    assert shown.shape == (placement.height, placement.width, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_and_samples_go_to_the_stored_picture_and_back(orientation: int) -> None:
    picture = replace(decoding.decode(files.png(20, 31)), orientation=orientation)
    shown, placement = views.upright(picture)
    np.testing.assert_array_equal(placement.samples_to_stored(shown), picture.pixels)

    left, top, right, bottom = 3, 5, 9, 8  # a box in the upright view, and the same box as a mask
    mask = np.zeros(shown.shape[:2], np.bool_)
    mask[top:bottom, left:right] = True
    polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
    stored = placement.to_stored(polygon)
    columns, rows = [x for x, _ in stored], [y for _, y in stored]
    expected = np.zeros(picture.pixels.shape[:2], np.bool_)
    expected[int(min(rows)) : int(max(rows)), int(min(columns)) : int(max(columns))] = True
    np.testing.assert_array_equal(placement.samples_to_stored(mask), expected)
    np.testing.assert_array_equal(placement.samples_to_upright(expected), mask)
    assert placement.to_upright(stored) == polygon


@pytest.mark.parametrize("data", PICTURES)
def test_colour_and_alpha_agree_with_pillow(data: bytes) -> None:
    picture = decoding.decode(data)
    with Image.open(io.BytesIO(data)) as image:
        rgba = np.asarray(image.convert("RGBA"))
    opacity = views.alpha(picture)
    np.testing.assert_array_equal(views.colour(picture), rgba[..., :3])
    np.testing.assert_array_equal(np.full(rgba.shape[:2], 255) if opacity is None else opacity, rgba[..., 3])
    np.testing.assert_array_equal(views.visible(picture), rgba[..., 3] > 0)


def test_transparency_is_laid_on_white_and_white_things_on_gray() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (200, 0, 0, 255)
    pixels[2] = (200, 0, 0, 128)
    dark = replace(decoding.decode(files.png(4, 4, 4)), pixels=pixels)
    shown, _ = views.upright(dark)
    assert shown[0, 0].tolist() == [200, 0, 0]
    assert shown[2, 0].tolist() == [227, 127, 127]
    assert shown[3, 0].tolist() == [255, 255, 255]
    pixels = pixels.copy()
    pixels[:2] = (250, 250, 250, 255)
    white, _ = views.upright(replace(dark, pixels=pixels))
    assert white[0, 0].tolist() == [250, 250, 250]
    assert white[3, 0].tolist() == [128, 128, 128]


def test_a_picture_with_nothing_visible_is_white() -> None:
    picture = replace(decoding.decode(files.png(4, 4, 4)), pixels=np.zeros((4, 4, 4), np.uint8))
    assert np.all(views.upright(picture)[0] == 255)


@pytest.mark.parametrize("data", PICTURES)
@given(seed=st.integers(0, 1000), share=st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_only_visible_samples_inside_the_mask_change(data: bytes, seed: int, share: float) -> None:
    picture = hidden_corner(data)
    rng = np.random.default_rng(seed)
    mask = rng.random((48, 64)) < share
    wanted = files.noise(48, 64, 3, seed)
    if picture.mode in ("L", "LA"):
        wanted = np.repeat(wanted[..., :1], 3, axis=2)
    after = views.with_colour(picture, wanted, mask)

    changing = mask & views.visible(picture)
    np.testing.assert_array_equal(after.pixels[~changing], picture.pixels[~changing])
    before_alpha, after_alpha = views.alpha(picture), views.alpha(after)
    if before_alpha is not None:
        np.testing.assert_array_equal(before_alpha, after_alpha)
    if picture.mode != "P":
        off = np.abs(views.colour(after).astype(int) - wanted)[changing]
        assert off.max(initial=0) <= (picture.coding.transparency is not None)


def test_the_input_is_not_changed() -> None:
    picture = decoding.decode(files.png())
    before = picture.pixels.copy()
    views.with_colour(picture, 255 - picture.pixels, files.box_mask(48, 64))
    np.testing.assert_array_equal(picture.pixels, before)


def test_gray_is_the_luma_of_a_colour() -> None:
    picture = decoding.decode(files.png(channels=1))
    red = np.broadcast_to(np.array([255, 0, 0], np.uint8), (48, 64, 3))
    after = views.with_colour(picture, red, np.ones((48, 64), np.bool_))
    assert set(np.unique(after.pixels)) == {76}


def test_a_new_colour_never_becomes_the_transparent_one() -> None:
    everywhere = np.ones((48, 64), np.bool_)
    for key in (0, 7, 255):
        gray = decoding.decode(files.png(channels=1, transparency=key))
        after = views.with_colour(gray, np.full((48, 64, 3), key, np.uint8), everywhere)
        changed = views.visible(gray)
        assert changed.any()
        assert set(np.unique(after.pixels[changed])) == {key ^ 1}
    rgb = decoding.decode(files.png(transparency=(9, 9, 255)))
    wanted = np.broadcast_to(np.array([9, 9, 255], np.uint8), (48, 64, 3))
    after = views.with_colour(rgb, wanted, everywhere)
    assert after.pixels[0, 0].tolist() == [9, 9, 254]


def test_palette_pictures_take_the_nearest_entry_of_the_same_alpha() -> None:
    picture = decoding.decode(files.palette_png(60, transparency=bytes([0, 0, 0, 90, 90, 200])))
    wanted = files.noise(48, 64, 3, 9)
    after = views.with_colour(picture, wanted, np.ones((48, 64), np.bool_))
    palette = np.frombuffer(picture.coding.palette, np.uint8).reshape(-1, 3).astype(int)
    entry_alpha = np.array([0, 0, 0, 90, 90, 200] + [255] * 54)
    for y, x in ((0, 0), (5, 7), (20, 33), (47, 63)):
        old = int(picture.pixels[y, x])
        if entry_alpha[old] == 0:
            assert after.pixels[y, x] == old
            continue
        same = np.flatnonzero(entry_alpha == entry_alpha[old])
        distance = np.square(palette[same] - wanted[y, x]).sum(axis=1)
        chosen = np.square(palette[after.pixels[y, x]] - wanted[y, x]).sum()
        assert after.pixels[y, x] in same
        assert chosen == distance.min()


def test_many_colours_are_matched_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = decoding.decode(files.palette_png(60))
    wanted = files.noise(48, 64, 3, 9)
    everywhere = np.ones((48, 64), np.bool_)
    whole = views.with_colour(picture, wanted, everywhere).pixels
    monkeypatch.setattr(views, "_PALETTE_CHUNK", 100)
    np.testing.assert_array_equal(views.with_colour(picture, wanted, everywhere).pixels, whole)
