"""Hostile and broken input through the real worker: each refused or set aside with its reason, the worker alive."""

import json
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from infra.kafka import EventWriter, read_log
from infra.object_store import S3Store
from infra.settings import Settings
from processors.errors import UnprocessableEventError
from streams import dead_letters, events, topics
from tests import picture_files as files
from tests import services

from . import invariants, workers
from .traffic import BUCKET, Traffic

pytestmark = [pytest.mark.connected, pytest.mark.slow]


def _gif(**more: object) -> bytes:
    return files.saved(Image.new("P", (40, 30)), "GIF", **more)


def _animated(form: str) -> bytes:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    return files.saved(frames[0], form, save_all=True, append_images=frames[1:], duration=50)


def _huge(width: int, height: int, depth: int, colour: int) -> bytes:
    """A PNG that says how large it is; its pixels are not worth writing."""
    return files.png_of(files.png_header(width, height, depth, colour), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))


#: name → file, the outcome's status, its reason (None: any)
PICTURES: dict[str, tuple[bytes, str, str | None]] = {
    "nothing": (b"", "refused", "empty"),
    "a header alone": (files.jpeg()[:20], "refused", "corrupt"),
    "HTML": (b"<html><script>alert(1)</script></html>", "refused", "unsupported_format"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "refused", "unsupported_format"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "refused", "unsupported_format"),
    "a GIF": (_gif(), "refused", "format_gif"),
    "a TIFF": (files.saved(Image.new("RGB", (40, 30)), "TIFF"), "refused", "format_tiff"),
    "a BMP": (files.saved(Image.new("RGB", (40, 30)), "BMP"), "refused", "format_bmp"),
    "an AVIF": (files.saved(Image.new("RGB", (40, 30)), "AVIF"), "kept", None),
    "an animated AVIF": (_animated("AVIF"), "refused", "animated"),
    "a cut JPEG": (files.jpeg(200, 200)[:-900], "refused", "corrupt"),
    "a PNG with a wrong checksum": (files.png()[:-20] + b"\0\0\0\0" + files.png()[-16:], "refused", "corrupt"),
    "3,600 megapixels": (_huge(60_000, 60_000, 1, 0), "refused", "too_many_pixels"),
    "49 megapixels": (_huge(7_000, 7_000, 8, 2), "refused", "too_many_pixels"),
    "a scan bomb": (files.scan_bomb(400, 400, 200), "refused", "too_many_scans"),
    "an animated PNG": (_animated("PNG"), "refused", "animated"),
    "an animated WebP": (_animated("WEBP"), "refused", "animated"),
    "a JPEG with a ZIP behind it": (files.jpeg() + b"PK\3\4" + bytes(1000), "kept", None),
    "CMYK": (files.saved(Image.new("CMYK", (60, 40)), "JPEG"), "kept", None),
    "16 bits": (files.saved(Image.new("I;16", (60, 40)), "PNG"), "kept", None),
    "transparent": (files.saved(Image.new("RGBA", (60, 40), (0, 0, 0, 0)), "PNG"), "kept", None),
    "one pixel": (files.saved(Image.new("RGB", (1, 1)), "PNG"), "kept", None),
    "a thread": (files.saved(Image.new("RGB", (19_000, 2)), "PNG"), "kept", None),
    "turned by EXIF": (files.jpeg(60, 80, exif=b"Exif\0\0" + files.exif(6)), "kept", None),
    "a random profile": (files.jpeg(60, 80, icc_profile=bytes(range(256)) * 4), "kept", None),
}


def _data(settings: Settings, image_id: str, **more: object) -> bytes:
    whole = {"image_id": image_id, "object": {"bucket": BUCKET, "key": "there"}, **more}
    return json.dumps(whole).encode()


def _broken_events(settings: Settings, name: str) -> dict[str, tuple[bytes | None, list[tuple[str, bytes]], str]]:
    """name → value, headers, the dead letter's reason."""
    good = events.headers("catalog.image.created.v1", "e", None)

    def kind(text: str) -> list[tuple[str, bytes]]:
        return [(header, text.encode() if header == "ce_type" else value) for header, value in good]

    def keyed(key: str) -> bytes:
        return _data(settings, f"{name}-x", object={"bucket": BUCKET, "key": key})

    return {
        "no value": (None, good, "empty"),
        "not JSON": (b"\xff\xfe not json", good, "undecodable"),
        "no CloudEvent": (b'{"hello": 1}', [], "not_a_cloudevent"),
        "an unknown version": (_data(settings, "a"), kind("catalog.image.created.v7"), "unknown_version"),
        "an unknown type": (_data(settings, "a"), kind("com.example.thing"), "unknown_type"),
        "300 kB": (_data(settings, "a", merchant_id="m" * 300_000), good, "oversized"),
        "deep nesting": (b'{"specversion": "1.0", "data": ' + b"[" * 100_000, [], "undecodable"),
        "a wrong type": (_data(settings, "a", merchant_id=7), good, "invalid_data"),
        "an unknown field": (_data(settings, "a", sha265="typo"), good, "invalid_data"),
        "a path as image id": (_data(settings, "../../etc/passwd"), good, "invalid_data"),
        "NUL as image id": (_data(settings, "a\0b"), good, "invalid_data"),
        "a key of 1,025 bytes": (keyed("k" * 1025), good, "invalid_data"),
        "a key with ..": (keyed("../../catalog-edits/chain"), good, "object_missing"),
        "an encoded key": (keyed("%2e%2e%2fsecret"), good, "object_missing"),
        "a key with two slashes": (keyed("a//b"), good, "object_missing"),
        "a key from right to left": (keyed("\u202egpj.exe"), good, "object_missing"),
        "our own bucket": (
            _data(settings, f"{name}-y", object={"bucket": settings.store.edits_bucket, "key": "chain"}),
            good,
            "bucket_not_allowed",
        ),
        "a URL instead of an object": (_data(settings, "a", object={"url": "http://127.0.0.1/"}), good, "invalid_data"),
        "another hash": (
            _data(settings, f"{name}-z", object={"bucket": BUCKET, "key": f"{name}/nothing", "sha256": "0" * 64}),
            good,
            "hash_mismatch",
        ),
    }


@pytest.mark.timeout(300)
def test_hostile_input_is_refused_or_set_aside_and_the_worker_goes_on(settings: Settings, tmp_path: Path) -> None:
    workers.start_at_end(settings)
    name = settings.kafka.group
    traffic = Traffic(settings, seed=5, name=f"{name}-good")
    pictures = _send_pictures(settings, name)
    letters = _send_events(settings, name)
    traffic.send(10)

    with workers.running(workers.Worker(workers.environment(settings), tmp_path / "log")) as worker:
        services.wait_until(lambda: workers.lag(settings) == 0, 200, "lag is back to zero")
        assert worker.lives
        assert worker.stop() == 0

    told = {outcome.event_id: outcome for outcome in _outcomes(settings)}
    got = {case: (told[event_id].status, told[event_id].reason) for case, event_id in pictures.items()}
    wanted = {case: (status, reason or got[case][1]) for case, (_, status, reason) in PICTURES.items()}
    assert got == wanted
    found = {
        letter.told("x-error-reason") + ":" + sha256(letter.record.value or b"").hexdigest(): letter
        for letter in dead_letters.unresolved(read_log(settings.kafka, topics.DEAD_LETTERS.name))
    }
    for case, (value, headers, reason) in letters.items():
        letter = found.get(f"{reason}:{sha256(value or b'').hexdigest()}")
        assert letter is not None, f"{case}: no dead letter with reason {reason}"
        assert letter.record.value == value
        assert letter.original_headers == headers, "the original headers are untouched"
    invariants.check(settings, traffic.told, traffic.originals)


def _send_pictures(settings: Settings, name: str) -> dict[str, str]:
    store, writer = S3Store(settings.store), EventWriter(settings.kafka)
    sent = {}
    for number, (case, (data, _, _)) in enumerate(PICTURES.items()):
        key, image_id = f"{name}/{case.replace(' ', '-')}", f"{name}-picture-{number}"
        store.put(BUCKET, key, data, "image/jpeg")
        arrival = events.ImageArrived(image_id=image_id, object=events.ObjectRef(bucket=BUCKET, key=key))
        sent[case] = f"{name}-event-{number}"
        writer.send(
            topics.RECEIVED.name,
            key=image_id.encode(),
            value=events.encode(arrival),
            headers=events.headers("catalog.image.created.v1", sent[case], "2099-01-01T00:00:00Z"),
        )
    writer.flush()
    return sent


def _send_events(settings: Settings, name: str) -> dict[str, tuple[bytes | None, list[tuple[str, bytes]], str]]:
    writer = EventWriter(settings.kafka)
    cases = {
        case: (value, [*headers, ("case", f"{name} {case}".encode()), ("case", b"again")], reason)
        for case, (value, headers, reason) in _broken_events(settings, name).items()
    }
    for value, headers, _ in cases.values():
        writer.send(topics.RECEIVED.name, key=name.encode(), value=value, headers=headers)
    writer.flush()
    return cases


def _outcomes(settings: Settings) -> list[events.ImageOutcome]:
    found = []
    for record in read_log(settings.kafka, topics.OUTCOME.name):
        try:
            found.append(events.decode(record.value, record.headers, (topics.OUTCOME.name,)).data)
        except UnprocessableEventError as problem:
            raise AssertionError(f"an outcome that cannot be read: {problem}") from problem
    return found
