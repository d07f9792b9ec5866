"""An edited JPEG differs from the original in the blocks that the mask touches, and in nothing else.

Coefficients are compared as jpeglib's own reader gives them, with another libjpeg (6b) than ours uses, pixels as Pillow
does.
"""

import io
import itertools
from dataclasses import replace
from pathlib import Path

import jpeglib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from infra import jpegs
from processors import coefficients, containers, decoding, encoding, entropy, patches, splicing, views
from processors.errors import RefusedImageError
from processors.pictures import Mask, Picture, Pixels
from tests import picture_files as files

#: (vertical, horizontal) of the first component where the others are sampled once
SAMPLINGS = {"4:4:4": (1, 1), "4:2:2": (1, 2), "4:2:0": (2, 2), "4:4:0": (2, 1), "4:1:1": (1, 4), "4:1:0": (2, 4)}


def sampled(folder: Path, sampling: str, height: int, width: int, seed: int = 0, quality: int = 85) -> bytes:
    """A JPEG of any sampling, as libjpeg 6b writes it."""
    image = jpeglib.from_spatial(files.noise(height, width, seed=seed))
    image.samp_factor = np.array([SAMPLINGS[sampling], (1, 1), (1, 1)])
    path = folder / "sampled.jpg"
    with jpeglib.version("6b"):
        image.write_spatial(str(path), qt=quality)
    return path.read_bytes()


def blocks(folder: Path, data: bytes) -> list[NDArray[np.int16]]:
    """The coefficients of each component (rows x columns x 8 x 8)."""
    path = folder / "read.jpg"
    path.write_bytes(data)
    with jpeglib.version("6b"):
        found = jpeglib.read_dct(str(path))
        planes = [found.Y, found.Cb, found.Cr, found.K]
    return [plane for plane in planes if plane is not None]


def reach(data: bytes, mask: Mask) -> list[Mask]:
    """For each component, which blocks the mask touches, by counting pixel for pixel."""
    with Image.open(io.BytesIO(data)) as image:
        sides = [(layer[1], layer[2]) for layer in image.layer]
    most_h, most_v = max(h for h, _ in sides), max(v for _, v in sides)
    found = []
    for h, v in sides:
        high, wide = 8 * most_v // v, 8 * most_h // h
        touched = np.zeros((-(-mask.shape[0] // high), -(-mask.shape[1] // wide)), np.bool_)
        for y, x in np.argwhere(mask):
            touched[y // high, x // wide] = True
        found.append(touched)
    return found


def coloured(picture: Picture, mask: Mask, seed: int = 8) -> Picture:
    """The picture with soft noise inside the mask."""
    height, width = mask.shape
    if picture.mode != "CMYK":
        return views.with_colour(picture, files.noise(height, width, 3, seed), mask)
    return views.with_layers(picture, (files.noise(height, width, 3, seed), files.noise(height, width, 3, seed)), mask)


def edited(data: bytes, mask: Mask, seed: int = 8) -> jpegs.Spliced:
    return jpegs.splice(data, coloured(decoding.decode(data), mask, seed), mask)


def check_blocks(folder: Path, data: bytes, result: bytes, mask: Mask) -> None:
    """Only touched blocks may differ."""
    before, after = blocks(folder, data), blocks(folder, result)
    assert [plane.shape for plane in after] == [plane.shape for plane in before]
    for old, new, touched in zip(before, after, reach(data, mask), strict=True):
        rows, columns = touched.shape
        np.testing.assert_array_equal(new[:rows, :columns][~touched], old[:rows, :columns][~touched])
        np.testing.assert_array_equal(new[rows:], old[rows:])
        np.testing.assert_array_equal(new[:, columns:], old[:, columns:])


def pillow(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


KINDS = {
    "progressive": {"progressive": True},
    "progressive 4:4:4": {"progressive": True, "subsampling": 0},
    "optimised": {"optimize": True},
    "restart markers": {"restart_marker_blocks": 3},
    "restart markers, progressive": {"restart_marker_rows": 1, "progressive": True},
    "a table a component": {"qtables": [[3] * 64, [5] * 64, [7] * 64]},
    "coarse tables": {"quality": 3},
    "finest tables": {"quality": 100, "subsampling": 0},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_untouched_blocks_stay_bit_for_bit(tmp_path: Path, kind: str, mode: str) -> None:
    image = Image.fromarray(files.noise(75, 101)).convert(mode)
    data = files.saved(image, "JPEG", **KINDS[kind])
    mask = files.box_mask(75, 101)
    result = edited(data, mask).data
    check_blocks(tmp_path, data, result, mask)
    assert (pillow(data) != pillow(result)).any()


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(("height", "width"), [(64, 96), (61, 83), (8, 8), (1, 1), (3, 200)])
def test_untouched_blocks_stay_in_every_sampling_and_odd_size(
    tmp_path: Path, sampling: str, height: int, width: int
) -> None:
    data = sampled(tmp_path, sampling, height, width)
    mask = files.box_mask(height, width)
    mask[-1, -1] = True
    check_blocks(tmp_path, data, edited(data, mask).data, mask)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 90),
    sampling=st.sampled_from(list(SAMPLINGS)),
    quality=st.integers(5, 100),
    share=st.sampled_from([0.0005, 0.01, 0.3]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_any_mask_on_any_jpeg_leaves_untouched_blocks(
    tmp_path_factory: pytest.TempPathFactory,
    height: int,
    width: int,
    sampling: str,
    quality: int,
    share: float,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    data = sampled(folder, sampling, height, width, seed, quality)
    rng = np.random.default_rng(seed)
    mask = rng.random((height, width)) < share
    mask[rng.integers(height), rng.integers(width)] = True
    spliced = edited(data, mask, seed)
    check_blocks(folder, data, spliced.data, mask)
    patch = patches.read(spliced.patch)
    assert isinstance(patch, patches.BlockPatch)
    assert jpegs.apply(patch, data) == spliced.data
    assert jpegs.revert(patch, spliced.data) == data


# --- pixels ---------------------------------------------------------------------------------------------------


def grown(mask: Mask, reach_px: int) -> Mask:
    height, width = mask.shape
    padded = np.pad(mask, reach_px)
    offsets = range(2 * reach_px + 1)
    return np.any([padded[y : y + height, x : x + width] for y in offsets for x in offsets], axis=0)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_pixels_are_as_wanted_inside_and_as_before_outside_up_to_the_steps(tmp_path: Path, sampling: str) -> None:
    smooth = np.asarray(Image.fromarray(files.noise(20, 32)).resize((256, 160), Image.Resampling.BICUBIC))
    image = jpeglib.from_spatial(np.ascontiguousarray(smooth))
    image.samp_factor = np.array([SAMPLINGS[sampling], (1, 1), (1, 1)])
    with jpeglib.version("6b"):
        image.write_spatial(str(tmp_path / "smooth.jpg"), qt=92)
    data = (tmp_path / "smooth.jpg").read_bytes()
    before, mask = decoding.decode(data), files.box_mask(160, 256)
    wanted = views.with_colour(before, np.clip(before.pixels.astype(int) + 12, 0, 255).astype(np.uint8), mask)
    after = pillow(jpegs.splice(data, wanted, mask).data).astype(int)
    off = np.abs(after - wanted.pixels).max(axis=2)
    wide = 32  # the widest unit
    units = np.kron(mask.reshape(160 // 16, 16, -1, 16).any(axis=(1, 3)), np.ones((16, 16), np.bool_))
    if "4:1" in sampling:
        units = np.kron(units.reshape(160, -1, wide).any(axis=2), np.ones((1, wide), np.bool_))
    near = grown(units, 2)
    assert not off[~near].any(), "further away than chroma is interpolated"
    assert off[~units].max() <= 4, "over the edge of a unit by the interpolation of chroma alone"
    assert np.percentile(off[mask], 95) <= 8
    assert np.percentile(off[~mask], 99) <= 8


def test_without_a_change_nothing_changes(tmp_path: Path) -> None:
    for kind, mode in itertools.product(({}, {"restart_marker_blocks": 2}, {"optimize": True}), ("RGB", "L", "CMYK")):
        data = files.saved(Image.fromarray(files.noise(75, 101)).convert(mode), "JPEG", **kind)
        found = jpegs.read(data)
        assert encoding.jpeg(found, data, b"") == data


def test_a_mask_over_pixels_that_stay_leaves_almost_every_coefficient() -> None:
    data = files.jpeg(160, 160, quality=90)
    picture, mask = decoding.decode(data), np.ones((160, 160), np.bool_)
    before = jpegs.read(data)
    after = splicing.spliced(before, picture.pixels, mask)
    changed = [float((old != new).mean()) for old, new in zip(before.planes, after.planes, strict=True)]
    assert max(changed) < 0.02


def test_inks_are_filled_as_inks() -> None:
    image = Image.merge("CMYK", [Image.new("L", (64, 64), level) for level in (10, 200, 30, 90)])
    for adobe in (True, False):
        data = files.saved(image, "JPEG", quality=95)
        data = data if adobe else files.without_jpeg_segment(data, 0xEE)
        picture, mask = decoding.decode(data), files.box_mask(64, 64)
        assert picture.mode == "CMYK"
        assert picture.uneditable is None
        wanted = views.with_layers(
            picture, (np.full((64, 64, 3), 100, np.uint8), np.full((64, 64, 3), 200, np.uint8)), mask
        )
        assert (wanted.pixels[mask] == (155, 155, 155, 55)).all()
        after = pillow(jpegs.splice(data, wanted, mask).data)
        assert np.abs(after[30:34, 30:34].astype(int) - (155, 155, 155, 55)).max() <= 3
        assert np.abs(after[:16].astype(int) - picture.pixels[:16]).max() == 0


def ycck(data: bytes) -> bytes:
    """A CMYK JPEG of Pillow's that says that its first three components are YCC."""
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    return data[:at] + b"\2" + data[at + 1 :]


def test_ycck_is_filled_as_inks_too() -> None:
    data = ycck(files.saved(Image.fromarray(files.noise(64, 64, 4), "CMYK"), "JPEG", quality=95))
    picture, mask = decoding.decode(data), files.box_mask(64, 64)
    layers = (np.full((64, 64, 3), (200, 90, 120), np.uint8), np.full((64, 64, 3), 240, np.uint8))
    after = pillow(jpegs.splice(data, views.with_layers(picture, layers, mask), mask).data)
    assert np.abs(after[30:34, 30:34].astype(int) - (55, 165, 135, 15)).max() <= 6


def test_a_jpeg_that_stores_rgb_is_edited_in_rgb(tmp_path: Path) -> None:
    data = files.saved(Image.fromarray(files.noise(64, 64)), "JPEG", quality=95, subsampling=0, keep_rgb=True)
    picture, mask = decoding.decode(data), files.box_mask(64, 64)
    assert coefficients.layout_of(data).transform == "rgb"
    wanted = views.with_colour(picture, np.full((64, 64, 3), (250, 20, 90), np.uint8), mask)
    result = jpegs.splice(data, wanted, mask).data
    check_blocks(tmp_path, data, result, mask)
    assert np.abs(pillow(result)[30:34, 30:34].astype(int) - (250, 20, 90)).max() <= 3


# --- the file ---------------------------------------------------------------------------------------------------


def test_every_segment_is_copied_in_order_and_only_the_xmp_packet_is_another() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + bytes(150_000)
    data = files.jpeg(exif=b"Exif\0\0" + files.exif(8), comment=b"one", dpi=(240, 240), icc_profile=profile)
    data = files.with_jpeg_segment(data, 0xED, b"Photoshop 3.0\0 IPTC \xff\xd9\xff\xda inside")
    data = files.with_jpeg_segment(data, 0xFE, b"two")
    data = files.with_jpeg_segment(data, 0xE1, containers.JPEG_XMP + b"<old/>")
    picture, mask = decoding.decode(data), files.box_mask(48, 64)
    wanted = coloured(replace(picture, metadata=replace(picture.metadata, xmp=b"<new one/>")), mask)
    result = jpegs.splice(data, wanted, mask).data

    def segments(file: bytes) -> list[bytes]:
        return [part.raw(file) for part in containers.jpeg_parts(file) if part.is_application]

    assert len(segments(data)) == 9
    old, new = (files.jpeg_segment(0xE1, containers.JPEG_XMP + packet) for packet in (b"<old/>", b"<new one/>"))
    assert segments(result) == [new if one == old else one for one in segments(data)]


def test_a_progressive_file_stays_progressive_and_restart_markers_stay() -> None:
    for options in (
        {"progressive": True},
        {"restart_marker_blocks": 2},
        {"progressive": True, "restart_marker_rows": 1},
    ):
        data = files.jpeg(**options)
        result = edited(data, files.box_mask(48, 64)).data
        assert decoding.decode(result).coding == decoding.decode(data).coding
        assert coefficients.layout_of(result) == coefficients.layout_of(data)
        assert (b"\xff\xd0" in result) == (b"\xff\xd0" in data)


def test_the_bits_differ_only_where_the_coefficients_do() -> None:
    data = files.jpeg(160, 160, restart_marker_rows=1)
    mask = np.zeros((160, 160), np.bool_)
    mask[70:80, 20:60] = True
    result = edited(data, mask).data
    rows = [file.split(b"\xff\xda")[1].split(b"\xff\xd3")[0] for file in (data, result)]
    assert data[: data.index(b"\xff\xda")] == result[: result.index(b"\xff\xda")]
    assert rows[0] == rows[1], "the rows of units before the one that the mask touches"


def test_the_same_edit_gives_the_same_bytes() -> None:
    data, mask = files.jpeg(), files.box_mask(48, 64)
    one, two = edited(data, mask), edited(data, mask)
    assert (one.data, one.patch) == (two.data, two.patch)


def test_the_picture_that_comes_back_is_what_the_file_shows() -> None:
    spliced = edited(files.jpeg(), files.box_mask(48, 64))
    np.testing.assert_array_equal(spliced.picture.pixels, pillow(spliced.data))


def test_bytes_behind_the_end_are_not_carried() -> None:
    data = files.jpeg()
    assert edited(data + b"PK\3\4", files.box_mask(48, 64)).data == edited(data, files.box_mask(48, 64)).data


# --- what cannot be done ----------------------------------------------------------------------------------------


def refused(data: bytes) -> str:
    with pytest.raises(RefusedImageError) as caught:
        jpegs.read(data)
    return caught.value.reason


def test_what_cannot_be_read_is_refused() -> None:
    good = files.jpeg()
    assert refused(good[: len(good) // 2]) == "corrupt"
    assert refused(b"\xff\xd8\xff\xd9") == "jpeg_coding"
    frame = good.index(b"\xff\xc0")
    for kind in (0xC3, 0xC9, 0xCA):
        assert refused(good[:frame] + bytes((0xFF, kind)) + good[frame + 2 :]) == "jpeg_coding"
    twelve_bits = bytearray(good)
    twelve_bits[frame + 4] = 12
    assert refused(bytes(twelve_bits)) == "jpeg_coding"
    thirds = bytearray(good)
    thirds[frame + 11] = 0x32
    thirds[frame + 14] = 0x22
    assert refused(bytes(thirds)) == "odd_sampling"
    without_tables = files.without_jpeg_segment(files.without_jpeg_segment(good, 0xDB), 0xDB)
    assert refused(without_tables) == "jpeg_coding"
    tables = files.jpeg_segment(0xDB, bytes([0] + [7] * 64))
    end = files.jpeg(progressive=True)
    at = end.rindex(b"\xff\xda")
    assert refused(end[:at] + tables + end[at:]) == "jpeg_coding"


def test_a_result_that_is_not_what_it_should_be_is_thrown_away() -> None:
    data = files.jpeg()
    before = jpegs.read(data)
    places = splicing.touched(before.layout, files.box_mask(48, 64))
    moved = tuple(plane.copy() for plane in before.planes)
    moved[1][0, 0, 5] += 1
    other = replace(before, planes=moved)
    for found, wanted in ((other, before), (other, other)):
        with pytest.raises(RefusedImageError, match="not_verified"):
            jpegs._verify(found, wanted, before, places)
    tables = (before.tables[0] + 1, *before.tables[1:])
    with pytest.raises(RefusedImageError, match="not_verified"):
        jpegs._verify(replace(before, tables=tables), before, before, places)
    jpegs._verify(before, before, before, places)


def test_a_cut_or_damaged_scan_is_told_though_the_file_ends_as_it_should() -> None:
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 4}):
        good = files.jpeg(160, 160, **options)
        scan = good.rindex(b"\xff\xda")
        for cut in (scan + 40, (scan + len(good)) // 2):
            assert refused(good[:cut].rstrip(b"\xff") + b"\xff\xd9") == "damaged_scan"
    good = files.jpeg(160, 160, restart_marker_blocks=4)
    at = good.index(b"\xff\xd3", good.index(b"\xff\xda"))
    assert refused(good[:at] + b"\xff\xd6" + good[at + 2 :]) == "damaged_scan"


def test_bytes_too_many_are_no_damage() -> None:
    good = files.jpeg(160, 160, restart_marker_blocks=4)
    at = good.index(b"\xff\xd3", good.index(b"\xff\xda"))
    found = jpegs.read(good[:at] + bytes(3) + good[at:])
    assert all(np.array_equal(one, two) for one, two in zip(found.planes, jpegs.read(good).planes, strict=True))


def test_libjpeg_says_nothing_on_our_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    data = files.jpeg(160, 160)
    refused(data[: len(data) // 2] + b"\xff\xd9")
    assert capfd.readouterr().err == ""


# --- Huffman tables ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=256).filter(any))
@settings(max_examples=200, deadline=None)
def test_a_table_is_complete_short_and_leaves_out_the_code_of_ones(counts: list[int]) -> None:
    table = entropy.best_table(counts)
    codes, lengths = table.codes()
    used = [symbol for symbol, count in enumerate(counts) if count]
    assert sorted(table.symbols) == used
    assert all(1 <= lengths[symbol] <= 16 for symbol in used)
    written = {format(int(codes[symbol]), f"0{lengths[symbol]}b") for symbol in used}
    assert len(written) == len(used)
    assert not any("0" not in code for code in written)
    assert not any(one != two and two.startswith(one) for one in written for two in written)


def test_rare_symbols_get_codes_of_at_most_sixteen_bits() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 40:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    assert max(entropy.best_table(fibonacci).codes()[1]) == 16
