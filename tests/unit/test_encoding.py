"""A Picture becomes a file again: the same pixels, and everything else copied from the original."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from infra import jpegs
from processors import containers, decoding, encoding, views
from tests import picture_files as files

LOSSLESS = [
    pytest.param(files.png(channels=1), id="png-L"),
    pytest.param(files.png(channels=2), id="png-LA"),
    pytest.param(files.png(channels=3), id="png-RGB"),
    pytest.param(files.png(channels=4), id="png-RGBA"),
    pytest.param(files.png(channels=1, transparency=9), id="png-L-key"),
    pytest.param(files.png(transparency=(1, 2, 3)), id="png-RGB-key"),
    pytest.param(files.palette_png(200), id="png-P8"),
    pytest.param(files.palette_png(2), id="png-P1"),
    pytest.param(files.palette_png(13, transparency=bytes(range(13))), id="png-P4-alpha"),
    pytest.param(files.webp(channels=3), id="webp-RGB"),
    pytest.param(files.webp(channels=4), id="webp-RGBA"),
    pytest.param(files.webp(lossless=False), id="webp-lossy"),
]


@pytest.mark.parametrize("data", LOSSLESS)
@pytest.mark.parametrize("with_source", [True, False])
def test_lossless_formats_come_back_exactly(data: bytes, with_source: bool) -> None:
    before = decoding.decode(data)
    after = decoding.decode(encoding.encode(before, data if with_source else None))
    assert (after.mode, after.size) == (before.mode, before.size)
    np.testing.assert_array_equal(after.pixels, before.pixels)
    assert after.coding == replace(before.coding, lossless=True)
    assert after.metadata == before.metadata


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 3, 4]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_small_png_comes_back_exactly(height: int, width: int, channels: int, seed: int) -> None:
    before = decoding.decode(files.png(height, width, channels, seed))
    after = decoding.decode(encoding.encode(before))
    np.testing.assert_array_equal(after.pixels, before.pixels)


def test_colours_hidden_under_alpha_survive_in_webp() -> None:
    pixels = files.noise(16, 16, 4)
    pixels[:, :8, 3] = 0
    data = files.saved(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)
    np.testing.assert_array_equal(decoding.decode(encoding.encode(decoding.decode(data), data)).pixels, pixels)


@pytest.mark.parametrize("make", [files.png, files.webp])
def test_the_same_picture_gives_the_same_bytes(make) -> None:
    data = make()
    assert encoding.encode(decoding.decode(data), data) == encoding.encode(decoding.decode(data), data)


@pytest.mark.parametrize("make", [files.png, files.webp])
def test_another_xmp_packet_takes_the_place_of_the_first(make) -> None:
    data = make(icc_profile=b"profile", exif=files.exif(3) if make is files.png else b"Exif\0\0" + files.exif(3))
    picture = decoding.decode(data)
    for packet in (b"<first/>", b"<second and longer/>", b""):
        picture = replace(picture, metadata=replace(picture.metadata, xmp=packet))
        data = encoding.encode(picture, data)
        assert decoding.decode(data).metadata == picture.metadata
        assert data.count(b"<first/>") == (packet == b"<first/>")


def test_an_uneditable_picture_is_never_written() -> None:
    picture = replace(decoding.decode(files.png()), uneditable="palette_overrun")
    with pytest.raises(ValueError, match="palette_overrun"):
        encoding.encode(picture)


# --- JPEG: see test_jpegs.py for its blocks -------------------------------------------------------------------


def test_a_new_xmp_segment_stands_behind_jfif_and_exif() -> None:
    data = files.jpeg(exif=b"Exif\0\0" + files.exif(1), icc_profile=b"profile")
    result = encoding.jpeg(jpegs.read(data), data, b"<x/>")
    names = [part.name.hex() for part in containers.jpeg_parts(result) if part.is_application]
    assert names == ["e0", "e1", "e1", "e2"]
    assert result.index(b"Exif\0\0") < result.index(b"<x/>") < result.index(b"ICC_PROFILE")
    assert encoding.jpeg(jpegs.read(result), result, b"") == data


def test_a_jpeg_without_jfif_stays_without() -> None:
    data = files.without_jpeg_segment(files.jpeg(), 0xE0)
    assert encoding.jpeg(jpegs.read(data), data, b"") == data


def test_an_xmp_packet_too_long_for_a_jpeg_segment_is_a_mistake_of_the_caller() -> None:
    data = files.jpeg()
    packet = b"x" * encoding.JPEG_XMP_BYTES
    assert decoding.decode(encoding.jpeg(jpegs.read(data), data, packet)).metadata.xmp == packet
    with pytest.raises(ValueError, match="do not fit"):
        encoding.jpeg(jpegs.read(data), data, packet + b"x")


def test_the_pixels_of_a_jpeg_are_not_what_is_written() -> None:
    with pytest.raises(ValueError, match="coefficients"):
        encoding.encode(decoding.decode(files.jpeg()))


# --- PNG and WebP ---------------------------------------------------------------------------------------------


def unfiltered(data: bytes) -> list[bytes]:
    """The lines of a PNG that is not interlaced, undone byte for byte as its specification says."""
    width, _, depth, colour = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    step, length = max(1, channels * depth // 8), (width * channels * depth + 7) // 8
    raw = zlib.decompress(b"".join(part.payload(data) for part in containers.png_parts(data) if part.name == b"IDAT"))
    lines = [bytes(length)]
    for at in range(0, len(raw), length + 1):
        above, line = lines[-1], bytearray(length)
        for x in range(length):
            a, b = (line[x - step] if x >= step else 0), above[x]
            c = above[x - step] if x >= step else 0
            nearest = min((a, b, c), key=lambda guess: abs(a + b - c - guess))
            guess = (0, a, b, (a + b) // 2, nearest)[raw[at]]
            line[x] = (raw[at + 1 + x] + guess) & 255
        lines.append(bytes(line))
    return lines[1:]


def gray_png(depth: int, *chunks: tuple[bytes, bytes], height: int = 21, width: int = 37) -> bytes:
    """Gray levels of 1, 2 or 4 bits."""
    levels = np.random.default_rng(depth).integers(0, 1 << depth, (height, width))
    bits = (levels[..., np.newaxis] >> np.arange(depth - 1, -1, -1)) & 1
    lines = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    packed = zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines))
    return files.png_of(files.png_header(width, height, depth, 0), *chunks, (b"IDAT", packed), (b"IEND", b""))


DEPTHS = {
    "1 bit": gray_png(1),
    "2 bits": gray_png(2),
    "4 bits, a transparent level": gray_png(4, (b"tRNS", b"\0\7")),
    "16 bits, L": files.deep_png(1),
    "16 bits, LA": files.deep_png(2),
    "16 bits, RGB": files.deep_png(3),
    "16 bits, RGBA": files.deep_png(4),
    "16 bits, a transparent colour": files.deep_png(3, 48, 64, 0, (b"tRNS", bytes(6))),
}


@pytest.mark.parametrize("name", DEPTHS)
def test_every_bit_of_every_depth_comes_back(name: str) -> None:
    data = DEPTHS[name]
    result = encoding.encode(decoding.decode(data), data)
    assert unfiltered(result) == unfiltered(data)
    parts = [[part.raw(file) for part in containers.png_parts(file) if part.name != b"IDAT"] for file in (data, result)]
    assert parts[0] == parts[1]


@pytest.mark.parametrize("name", DEPTHS)
def test_an_edit_of_any_depth_leaves_every_sample_outside_the_mask(name: str) -> None:
    data = DEPTHS[name]
    before = decoding.decode(data)
    width, height = before.size
    mask = files.box_mask(height, width)
    edited = views.with_colour(before, files.noise(height, width, 3, seed=5), mask)
    lines = [unfiltered(file) for file in (data, encoding.encode(edited, data))]
    bits = [np.unpackbits(np.array([list(line) for line in one], np.uint8), axis=1) for one in lines]
    per_pixel = {"1": 1, "2": 2, "4": 4}.get(name[0], 0) if "16" not in name else bits[0].shape[1] // width
    same = (bits[0] == bits[1])[:, : width * per_pixel].reshape(height, width, per_pixel).all(axis=2)
    assert same[~mask].all()
    assert not same[mask].all()


def test_the_fill_of_a_deep_picture_keeps_black_and_white() -> None:
    data = files.deep_png(3)
    before = decoding.decode(data)
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:, 32:], rgb[:, :8] = 255, 100
    after = views.with_colour(before, rgb, np.ones((48, 64), np.bool_))
    assert (after.pixels[:, 40] == 65_535).all()
    assert (after.pixels[:, 20] == 0).all()
    assert (after.pixels[:, 4] == 100 * 257).all()
    np.testing.assert_array_equal(views.colour(after), rgb)


def test_shallow_gray_takes_the_nearest_level_that_it_has() -> None:
    before = decoding.decode(gray_png(2))
    rgb = np.full((21, 37, 3), 120, np.uint8)
    after = views.with_colour(before, rgb, np.ones((21, 37), np.bool_))
    assert set(np.unique(after.pixels)) == {85}
    keyed = decoding.decode(DEPTHS["4 bits, a transparent level"])
    filled = views.with_colour(keyed, np.full((21, 37, 3), 7 * 17, np.uint8), np.ones((21, 37), np.bool_))
    assert set(np.unique(filled.pixels[keyed.pixels != 7 * 17])) == {6 * 17}, "not the level that is transparent"


def test_an_avif_is_written_as_a_png_with_its_metadata() -> None:
    picture = decoding.decode(files.avif(channels=4, icc_profile=b"p" * 200, exif=b"Exif\0\0" + files.exif(6)))
    picture = replace(picture, metadata=replace(picture.metadata, xmp=b"<x/>"))
    found = decoding.decode(encoding.encode(picture, files.avif()))
    assert (found.format, found.orientation, found.metadata.icc) == ("PNG", 6, b"p" * 200)
    assert found.metadata.xmp == b"<x/>"
    np.testing.assert_array_equal(found.pixels, picture.pixels)


def test_display_chunks_of_a_png_are_copied_and_dangerous_private_ones_are_not() -> None:
    data = files.png(dpi=(300, 300))
    chunks = {
        b"gAMA": struct.pack(">I", 45455),
        b"cHRM": struct.pack(">8I", *range(30000, 30008)),
        b"sBIT": b"\7\7\7",
        b"tEXt": b"Author\0somebody",
        b"prVa": b"private, safe to copy",
        b"iDOT": b"offsets into the old pixels",
    }
    for name, payload in chunks.items():
        data = files.with_png_chunk(data, name, payload)
    data = data[:-12] + files.png_chunk(b"tIME", bytes(7)) + data[-12:]
    result = encoding.encode(decoding.decode(data), data)
    names = [part.name for part in containers.png_parts(result)]
    assert names == [b"IHDR", b"prVa", b"tEXt", b"sBIT", b"cHRM", b"gAMA", b"pHYs", b"IDAT", b"tIME", b"IEND"]


def test_an_interlaced_png_keeps_its_pixels() -> None:
    # one pixel of Adam7: only the first pass has it
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1)), (b"IDAT", zlib.compress(b"\0\1\2\3"))]
    data = files.png_of(*chunks, (b"IEND", b""))
    picture = decoding.decode(data)
    assert picture.notes == ("interlaced",)
    result = encoding.encode(picture, data)
    assert decoding.decode(result).notes == ()
    np.testing.assert_array_equal(decoding.decode(result).pixels, picture.pixels)


def test_webp_chunks_are_copied_and_other_readers_find_them() -> None:
    data = files.webp(channels=4, icc_profile=b"odd", exif=files.exif(5))
    extra = b"C2PA" + struct.pack("<I", 3) + b"abc\0"
    data = b"RIFF" + struct.pack("<I", len(data) - 8 + len(extra)) + data[8:] + extra
    picture = decoding.decode(data)
    result = encoding.encode(replace(picture, metadata=replace(picture.metadata, xmp=b"<x/>")), data)
    names = [part.name for part in containers.webp_parts(result)]
    assert names == [b"VP8X", b"ICCP", b"VP8L", b"EXIF", b"XMP ", b"C2PA"]
    with Image.open(io.BytesIO(result)) as image:
        assert (image.mode, image.info["icc_profile"], image.info["xmp"]) == ("RGBA", b"odd", b"<x/>")
        assert image.getexif()[0x0112] == 5


def test_a_lossy_webp_is_answered_without_further_loss() -> None:
    data = files.webp(lossless=False, quality=40)
    before = decoding.decode(data)
    mask = files.box_mask(48, 64)
    edited = views.with_colour(before, np.zeros((48, 64, 3), np.uint8), mask)
    after = decoding.decode(encoding.encode(edited, data))
    np.testing.assert_array_equal(after.pixels[~mask], before.pixels[~mask])
    assert not after.pixels[mask].any()
