"""The guard tells what a file is, and turns it down, before a decoder sees it."""

import struct
import time
import zlib

import pytest
from PIL import Image

from processors import guard
from processors.errors import RefusedImageError
from tests import picture_files as files


def refusal(data: bytes, limits: guard.Limits = guard.DEFAULT_LIMITS) -> str:
    with pytest.raises(RefusedImageError) as caught:
        guard.inspect(data, limits)
    assert caught.value.reason in guard.REASONS
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xd8", "unsupported_format"),
        (b"\x89PNG\r\n", "unsupported_format"),
        (b"RIFF\0\0\0\0WAVEfmt ", "unsupported_format"),
        (b"<!DOCTYPE html><html></html>", "unsupported_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported_format"),
        (b"push graphic-context\n", "unsupported_format"),
        (b"GIF89a\1\0\1\0", "format_gif"),
        (b"II*\0\x08\0\0\0", "format_tiff"),
        (b"MM\0*\0\0\0\x08", "format_tiff"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "format_bmp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "corrupt"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0avifmiaf", "corrupt"),
        (b"\0\0\0\x18ftypavis\0\0\0\0mif1avif", "animated"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "format_heif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41isom", "unsupported_format"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "format_jpeg2000"),
        (b"\xff\x0a\xff\x00", "format_jpegxl"),
    ],
)
def test_what_is_not_a_picture_of_ours_is_refused_by_its_content(data: bytes, reason: str) -> None:
    assert refusal(data) == reason


@pytest.mark.parametrize(("make", "format"), [(files.jpeg, "JPEG"), (files.png, "PNG"), (files.webp, "WEBP")])
def test_the_headers_give_format_and_size(make, format: str) -> None:
    header = guard.inspect(make(13, 21))
    assert (header.format, header.width, header.height) == (format, 21, 13)
    assert header.uneditable is None
    assert header.notes == ()


def test_a_file_over_the_byte_limit_is_refused() -> None:
    data = files.png()
    assert refusal(data, guard.Limits(bytes=len(data) - 1)) == "too_many_bytes"
    guard.inspect(data, guard.Limits(bytes=len(data)))


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp])
def test_a_picture_over_the_pixel_or_side_limit_is_refused(make) -> None:
    data = make(20, 30)
    assert refusal(data, guard.Limits(pixels=599)) == "too_many_pixels"
    assert refusal(data, guard.Limits(side_px=29)) == "too_many_pixels"
    guard.inspect(data, guard.Limits(pixels=600, side_px=30))


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp])
def test_the_smallest_picture_is_legal(make) -> None:
    assert guard.inspect(make(1, 1)).width == 1
    assert guard.inspect(make(13, 1)).height == 13


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp])
def test_a_file_cut_anywhere_is_refused(make) -> None:
    data = make(8, 8)
    for length in range(12, len(data) - 1):
        assert refusal(data[:length]) in ("corrupt", "unsupported_format")


# --- JPEG -----------------------------------------------------------------------------------------------------


def test_a_scan_bomb_is_refused_before_decoding() -> None:
    data = files.scan_bomb(64, 64, scans=60)
    assert refusal(data) == "too_many_scans"
    assert guard.inspect(data, guard.Limits(scans=70)).scans == 70


def test_scans_weigh_more_on_a_large_picture() -> None:
    data = files.jpeg(100, 100, progressive=True)
    assert guard.inspect(data).scans == 10
    assert refusal(data, guard.Limits(scan_megapixels=0.099)) == "too_many_scans"
    guard.inspect(data, guard.Limits(scan_megapixels=0.1))


def test_a_jpeg_header_that_claims_a_huge_picture_is_refused() -> None:
    data = files.jpeg()
    at = data.index(b"\xff\xc0") + 5
    assert refusal(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]) == "too_many_pixels"
    assert refusal(data[:at] + bytes(4) + data[at + 4 :]) == "corrupt"


def test_a_zip_or_script_behind_a_jpeg_is_noted() -> None:
    assert guard.inspect(files.jpeg() + b"PK\3\4 and so on").notes == ("trailing_data",)
    assert guard.inspect(files.jpeg() + b"<?php ?>").notes == ("trailing_data",)
    assert guard.inspect(files.jpeg() + b"\0\0\n").notes == ()


def test_a_jpeg_with_further_pictures_is_not_edited() -> None:
    data = files.with_jpeg_segment(files.jpeg(), 0xE2, b"MPF\0MM\0*") + files.jpeg()
    assert guard.inspect(data).uneditable == "multi_picture"


@pytest.mark.parametrize(("factors", "uneditable"), [(0x31, None), (0x12, None), (0x41, None), (0x22, None)])
def test_a_jpeg_with_unusual_sampling_is_edited(factors: int, uneditable: str | None) -> None:
    data = bytearray(files.jpeg(subsampling=2))
    data[data.index(b"\xff\xc0") + 11] = factors
    assert guard.inspect(bytes(data)).uneditable == uneditable


@pytest.mark.parametrize("second", [0x22, 0x21, 0x12, 0x40])
def test_a_jpeg_sampled_in_fractions_is_not_edited(second: int) -> None:
    data = bytearray(files.jpeg(subsampling=2))
    frame = data.index(b"\xff\xc0")
    data[frame + 11], data[frame + 14] = 0x33, second
    assert guard.inspect(bytes(data)).uneditable == "odd_sampling"


@pytest.mark.parametrize(("marker", "uneditable"), [(0xC9, "arithmetic_coding"), (0xC3, "lossless_jpeg")])
def test_a_jpeg_with_a_rare_coding_is_not_edited(marker: int, uneditable: str) -> None:
    data = bytearray(files.jpeg())
    data[data.index(b"\xff\xc0") + 1] = marker
    assert guard.inspect(bytes(data)).uneditable == uneditable


def test_a_jpeg_that_no_decoder_reads_is_refused() -> None:
    twelve_bits, hierarchical = bytearray(files.jpeg()), bytearray(files.jpeg())
    twelve_bits[twelve_bits.index(b"\xff\xc0") + 4] = 12
    hierarchical[hierarchical.index(b"\xff\xc0") + 1] = 0xC5
    assert refusal(bytes(twelve_bits)) == "unsupported_coding"
    assert refusal(bytes(hierarchical)) == "unsupported_coding"


def test_a_jpeg_with_two_frames_or_none_is_refused() -> None:
    data = files.jpeg()
    at = data.index(b"\xff\xc0")
    frame = data[at : at + 19]
    assert refusal(data[:at] + frame + data[at:]) == "corrupt"
    assert refusal(data[:at] + data[at + 19 :]) == "corrupt"
    assert refusal(data[:at] + frame[:9] + b"\4" + frame[10:] + data[at + 19 :]) == "corrupt", "4 components in 3"


def test_a_jpeg_with_an_oversized_profile_or_extended_xmp_is_named() -> None:
    data = files.jpeg(icc_profile=bytes(200_000))
    assert refusal(data, guard.Limits(icc_bytes=100_000)) == "icc_too_large"
    extended = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)
    assert guard.inspect(files.with_jpeg_segment(files.jpeg(), 0xE1, extended)).uneditable == "extended_xmp"


def test_content_credentials_are_noted() -> None:
    jumbf = b"JP\0\1\0\0\0\1\0\0\0\x20jumb....c2pa"
    assert guard.inspect(files.with_jpeg_segment(files.jpeg(), 0xEB, jumbf)).notes == ("content_credentials",)
    assert guard.inspect(files.with_png_chunk(files.png(), b"caBX", jumbf)).notes == ("content_credentials",)


# --- PNG ------------------------------------------------------------------------------------------------------


def test_a_pixel_bomb_is_refused_in_no_time() -> None:
    side = 30_000
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(bytes(side // 8 + 1) * 1000) for _ in range(side // 1000)) + packer.flush()
    bomb = files.png_of(files.png_header(side, side, depth=1, color=0), (b"IDAT", rows), (b"IEND", b""))
    began = time.process_time()
    assert refusal(bomb) == "too_many_pixels"
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(5 << 20)), "text_too_large"),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(5 << 20)), "text_too_large"),
        (b"iCCP", b"profile\0\0" + zlib.compress(bytes(5 << 20)), "icc_too_large"),
        (b"tEXt", b"Comment\0" + bytes(9 << 20), "text_too_large"),
    ],
)
def test_a_text_or_profile_bomb_is_refused(name: bytes, payload: bytes, reason: str) -> None:
    assert refusal(files.with_png_chunk(files.png(), name, payload)) == reason


def test_many_small_text_bombs_are_refused_together() -> None:
    chunk = files.png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 20)))
    data = files.png()
    assert refusal(data[:33] + chunk * 9 + data[33:]) == "text_too_large"
    guard.inspect(data[:33] + chunk * 7 + data[33:])


def test_a_wrong_checksum_is_refused_in_every_chunk() -> None:
    data = files.png()
    for at in (20, data.index(b"IDAT") + 30, len(data) - 1):
        assert refusal(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]) == "corrupt"


def test_an_animation_is_refused() -> None:
    frames = [Image.fromarray(files.noise(8, 8, seed=seed)) for seed in range(3)]
    assert refusal(files.saved(frames[0], "PNG", save_all=True, append_images=frames[1:])) == "animated"
    assert refusal(files.saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])) == "animated"


@pytest.mark.parametrize(
    "chunks",
    [
        [files.png_header(4, 4), (b"IEND", b"")],
        [files.png_header(4, 4, color=3), (b"IDAT", b""), (b"IEND", b"")],
        [files.png_header(4, 4, depth=3), (b"IDAT", b""), (b"IEND", b"")],
        [files.png_header(4, 4, color=1), (b"IDAT", b""), (b"IEND", b"")],
        [files.png_header(0, 4), (b"IDAT", b""), (b"IEND", b"")],
        [files.png_header(4, 4), files.png_header(9000, 9000), (b"IDAT", b""), (b"IEND", b"")],
        [files.png_header(4, 4), (b"NEWX", b""), (b"IDAT", b""), (b"IEND", b"")],
        [(b"IDAT", b""), files.png_header(4, 4), (b"IEND", b"")],
        [(b"IHDR", b"short"), (b"IDAT", b""), (b"IEND", b"")],
    ],
)
def test_a_png_that_contradicts_itself_is_refused(chunks: list[tuple[bytes, bytes]]) -> None:
    assert refusal(files.png_of(*chunks)) == "corrupt"


def test_a_file_of_countless_chunks_is_refused() -> None:
    data = files.png()
    assert refusal(data[:33] + files.png_chunk(b"prVt", b"") * 100_001 + data[33:]) == "too_many_parts"


def test_deep_and_shallow_pngs_say_so() -> None:
    deep = Image.fromarray(files.noise(8, 8, 1).astype("uint16") * 256)
    assert guard.inspect(files.saved(deep, "PNG")).depth == 16
    assert guard.inspect(files.saved(Image.new("1", (8, 8)), "PNG")).depth == 1
    assert guard.inspect(files.saved(Image.new("L", (8, 8)), "PNG", bits=4)).depth == 4
    assert guard.inspect(files.palette_png(3)).depth == 8, "indices are not spread"


# --- WebP -----------------------------------------------------------------------------------------------------


def test_a_lossy_webp_is_noted() -> None:
    assert guard.inspect(files.webp(lossless=False)).notes == ("lossy_webp",)
    assert guard.inspect(files.webp()).lossless


def test_a_webp_whose_canvas_is_larger_than_its_picture_is_refused() -> None:
    data = files.webp(8, 8, icc_profile=b"x" * 10)
    at = data.index(b"VP8X") + 12
    assert guard.inspect(data).width == 8
    assert refusal(data[:at] + struct.pack("<I", 0xFFFFFF)[:3] + data[at + 3 :]) == "corrupt"
    assert refusal(data, guard.Limits(icc_bytes=9)) == "icc_too_large"


def test_a_webp_with_a_tail_or_without_a_picture_is_told() -> None:
    data = files.webp(8, 8)
    assert guard.inspect(data + b"PK\3\4").notes == ("trailing_data",)
    assert refusal(data.replace(b"VP8L", b"VP8Z")) == "corrupt"
    broken = bytearray(data)
    broken[20] = 0
    assert refusal(bytes(broken)) == "corrupt"


# --- AVIF -----------------------------------------------------------------------------------------------------


def test_an_avif_says_its_size_and_is_bounded_like_the_others() -> None:
    data = files.avif(40, 30)
    header = guard.inspect(data)
    assert (header.format, header.width, header.height, header.uneditable) == ("AVIF", 30, 40, None)
    assert refusal(data, guard.Limits(pixels=1199)) == "too_many_pixels"
    assert refusal(data, guard.Limits(side_px=39)) == "too_many_pixels"
    assert refusal(files.avif(icc_profile=bytes(500)), guard.Limits(icc_bytes=400)) == "icc_too_large"
    size = data.index(b"ispe") - 4
    assert refusal(data[:size]) == "corrupt"
    assert refusal(data.replace(b"ispe", b"isp_")) == "corrupt"


def test_an_animated_avif_is_refused() -> None:
    frames = [Image.fromarray(files.noise(20, 20, seed=seed)) for seed in range(3)]
    assert refusal(files.saved(frames[0], "AVIF", save_all=True, append_images=frames[1:])) == "animated"


def test_an_avif_that_eight_bits_do_not_hold_is_not_edited() -> None:
    data = files.avif()
    deep = bytearray(data)
    deep[data.index(b"av1C") + 6] |= 0x40
    assert guard.inspect(bytes(deep)).uneditable == "deep_avif"
    wide = bytearray(data)
    at = data.index(b"nclx") + 4
    wide[at : at + 4] = struct.pack(">HH", 9, 16)  # BT.2020, PQ
    assert guard.inspect(bytes(wide)).uneditable == "deep_avif"


def test_every_reason_is_a_sentence() -> None:
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in guard.REASONS.values())
    assert all(code.replace("_", "").isalnum() and code.islower() for code in guard.REASONS)
