"""Bytes become a Picture with everything an encoder needs, or a refusal with a name."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from processors import decoding, guard, views
from processors.errors import RefusedImageError
from tests import picture_files as files


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_png_pixels_are_read_as_stored(channels: int, mode: str) -> None:
    picture = decoding.decode(files.png(channels=channels))
    assert (picture.format, picture.mode, picture.size) == ("PNG", mode, (64, 48))
    np.testing.assert_array_equal(picture.pixels, files.noise(48, 64, channels))


def test_a_palette_stays_a_palette() -> None:
    picture = decoding.decode(files.palette_png(20, transparency=bytes([0, 128, 255])))
    assert picture.mode == "P"
    assert len(picture.coding.palette) == 60
    assert picture.coding.transparency == bytes([0, 128, 255])
    assert picture.pixels.max() < 20


def test_a_transparent_colour_is_kept() -> None:
    assert decoding.decode(files.png(transparency=(1, 2, 300))).coding.transparency == (1, 2, 300)
    assert decoding.decode(files.png(channels=1, transparency=7)).coding.transparency == 7
    assert decoding.decode(files.png()).coding.transparency is None


def test_colours_hidden_under_alpha_are_read_from_webp() -> None:
    pixels = files.noise(16, 16, 4)
    pixels[..., 3] = np.where(np.arange(16) < 8, 0, 200)
    data = files.saved(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)
    np.testing.assert_array_equal(decoding.decode(data).pixels, pixels)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpegs_coding_is_known(subsampling: int, progressive: bool) -> None:
    coding = decoding.decode(files.jpeg(quality=83, subsampling=subsampling, progressive=progressive)).coding
    assert (coding.subsampling, coding.progressive, coding.lossless) == (subsampling, progressive, False)
    assert len(coding.quantization) == 2
    assert all(len(table) == 64 for table in coding.quantization)


def test_a_gray_jpeg_has_one_table_and_no_sampling() -> None:
    picture = decoding.decode(files.jpeg(channels=1))
    assert picture.mode == "L"
    assert picture.coding.subsampling is None
    assert len(picture.coding.quantization) == 1


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp])
def test_metadata_is_read_byte_for_byte(make) -> None:
    tiff, profile, packet = files.exif(6), bytes(range(256)) * 300, b"<x:xmpmeta>\xc3\xa4</x:xmpmeta>"
    if make is files.png:
        data = files.with_png_chunk(
            make(icc_profile=profile, exif=tiff), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet
        )
    else:
        data = make(icc_profile=profile, exif=b"Exif\0\0" + tiff, xmp=packet)
    picture = decoding.decode(data)
    assert (picture.metadata.exif, picture.metadata.icc, picture.metadata.xmp) == (tiff, profile, packet)
    assert picture.orientation == 6
    assert picture.size == (64, 48), "orientation is told, not applied"


def test_a_packed_xmp_chunk_is_unpacked_and_a_broken_one_ignored() -> None:
    head = b"XML:com.adobe.xmp\0\1\0\0\0"
    packed = files.with_png_chunk(files.png(), b"iTXt", head + zlib.compress(b"<x/>"))
    assert decoding.decode(packed).metadata.xmp == b"<x/>"
    for broken in (head + b"not zlib", b"XML:com.adobe.xmp\0\1"):
        assert decoding.decode(files.with_png_chunk(files.png(), b"iTXt", broken)).metadata.xmp == b""


def test_comment_and_density_are_read() -> None:
    metadata = decoding.decode(files.jpeg(comment=b"hello", dpi=(72, 144))).metadata
    assert metadata.comment == b"hello"
    assert metadata.dpi == (72.0, 144.0)
    assert decoding.decode(files.png()).metadata.dpi is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(10))
def test_orientation_is_one_to_eight_or_one(order: str, value: int) -> None:
    head = b"II*\0" if order == "<" else b"MM\0*"
    filler = struct.pack(order + "HHII", 0x0100, 4, 1, 99)
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, value, 0)
    tiff = head + struct.pack(order + "IH", 8, 2) + filler + entry
    assert decoding.orientation(tiff) == (value if 1 <= value <= 8 else 1)


@pytest.mark.parametrize("exif", [b"", b"MM\0*", b"MM\0*\0\0\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"nonsense" * 9])
def test_broken_exif_means_no_turn(exif: bytes) -> None:
    assert decoding.orientation(exif) == 1


def test_every_prefix_of_exif_is_read_without_an_error() -> None:
    tiff = files.exif(6)
    assert {decoding.orientation(tiff[:length]) for length in range(len(tiff))} <= {1, 6}


# --- shown, not edited ----------------------------------------------------------------------------------------


def test_sixteen_bits_are_shown_with_eight_and_not_clipped() -> None:
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    picture = decoding.decode(files.saved(Image.fromarray(ramp), "PNG"))
    assert (picture.mode, picture.uneditable, picture.coding.depth) == ("L", None, 16)
    np.testing.assert_array_equal(picture.pixels, ramp)
    np.testing.assert_array_equal(views.colour(picture)[..., 1], np.arange(256, dtype=np.uint8).reshape(16, 16))


def test_bilevel_and_cmyk_pictures_are_shown() -> None:
    bilevel = decoding.decode(files.saved(Image.fromarray(files.noise(8, 8, 1) > 120), "PNG"))
    assert (bilevel.mode, bilevel.coding.depth, set(np.unique(bilevel.pixels))) == ("L", 1, {0, 255})
    cmyk = decoding.decode(files.saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert (cmyk.mode, cmyk.uneditable, cmyk.pixels.shape) == ("CMYK", None, (8, 8, 4))
    assert views.colour(cmyk)[4, 4, 0] > 200
    assert views.colour(cmyk)[4, 4, 1] < 60


def test_the_first_of_several_pictures_is_shown() -> None:
    data = files.with_jpeg_segment(files.jpeg(), 0xE2, b"MPF\0MM\0*\0\0\0\x08\0\0") + files.jpeg(20, 20)
    picture = decoding.decode(data)
    assert (picture.size, picture.uneditable) == ((64, 48), "multi_picture")


def test_pixels_past_the_palette_are_shown_but_not_edited() -> None:
    rows = b"".join(b"\0" + bytes([row] * 8) for row in range(8))
    chunks = [files.png_header(8, 8, color=3), (b"PLTE", bytes(range(9))), (b"IDAT", zlib.compress(rows))]
    assert decoding.decode(files.png_of(*chunks, (b"IEND", b""))).uneditable == "palette_overrun"


def test_an_avif_is_decoded_with_its_metadata() -> None:
    data = files.avif(icc_profile=b"profile", exif=b"Exif\0\0" + files.exif(6), xmp=b"<x/>", quality=90)
    picture = decoding.decode(data)
    assert (picture.format, picture.mode, picture.size, picture.orientation) == ("AVIF", "RGB", (64, 48), 6)
    assert (picture.metadata.icc, picture.metadata.xmp, picture.notes) == (b"profile", b"<x/>", ("lossy_avif",))
    assert decoding.decode(files.avif(channels=4)).mode == "RGBA"


# --- refused --------------------------------------------------------------------------------------------------


def test_a_cut_avif_is_refused() -> None:
    data = files.avif()
    for size in range(8, len(data) - 1, 7):
        with pytest.raises(RefusedImageError):
            decoding.decode(data[:size])


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedImageError) as caught:
        decoding.decode(data)
    return caught.value.reason


def test_the_guard_stands_before_the_decoder() -> None:
    assert refusal(b"<html>") == "unsupported_format"
    with pytest.raises(RefusedImageError, match="too_many_pixels"):
        decoding.decode(files.png(), guard.Limits(pixels=10))


def test_pixels_that_end_early_are_refused() -> None:
    rows = zlib.compress(files.noise(16, 16).tobytes())
    for packed in (rows[: len(rows) // 2], b"not zlib", b""):
        chunks = [files.png_header(16, 15), (b"IDAT", packed), (b"IEND", b"")]
        assert refusal(files.png_of(*chunks)) == "corrupt"


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp])
def test_a_damaged_file_is_decoded_or_refused_and_nothing_else(make) -> None:
    whole = make(24, 24)
    rng = np.random.default_rng(5)
    outcomes = set()
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 4):
            data[at] = rng.integers(0, 256)
        try:
            decoding.decode(bytes(data))
            outcomes.add("decoded")
        except RefusedImageError as error:
            outcomes.add(error.reason)
    assert outcomes & {"corrupt", "unsupported_format"}
    assert outcomes <= {"decoded", *guard.REASONS}
