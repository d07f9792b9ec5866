"""A long audit log made up for measuring: chains as workers write them, with the sizes that real records have."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from processors import chain
from processors.regions import Region
from streams import events

MERCHANTS = 1000
#: edits a picture, on the mean: 1,000,000 edits are of 300,000 pictures
LENGTH = 10 / 3
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
#: As the default path has them: what was asked for four models and one fill.
_MODELS = tuple(
    chain.Model(
        name=name,
        version="1",
        weights_sha256=sha256(name.encode()).hexdigest(),
        code_sha256=sha256(name.encode() + b"code").hexdigest(),
        engine="openvino",
        engine_version="2026.4.1",
        precision="f32",
        server_version="2.51.0",
        libraries="numpy 1.26.4, opencv-contrib-python-headless 4.11.0.86",
    )
    for name in ("textdet", "textrec", "strokes", "inpaint")
)
_METRICS = dict.fromkeys(
    (
        *("changed_share", "seam", "colour_shift", "patch_mismatch", "texture_gap", "noise_gap", "background_gap"),
        *("unrest", "residual_text", "predicted_error", "predicted_error_upper"),
    ),
    0.6983,
)
_REGIONS = (
    Region(
        polygon=((130.0, 460.5), (380.0, 460.5), (380.0, 520.25), (130.0, 520.25)),
        text="06.07.2020 07:12",
        score=0.9982,
        verdict="remove",
        risk=0.01,
        rule="date_stamp",
        why="a date or a time, small, in a corner",
    ),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One edit with the bytes of its record."""

    edit: chain.Edit
    value: bytes

    @property
    def key(self) -> bytes:
        return f"{self.edit.image_id}/{self.edit.edit_id}".encode()


def merchant_of(number: int) -> str:
    """Whose picture this is: `m-0000` has one in twenty-five, the others share the rest."""
    return "m-0000" if number % 25 == 0 else f"m-{1 + number % (MERCHANTS - 1):04d}"


def edits(images: range, seed: int = 1) -> Iterator[Made]:
    """The chains of these pictures, one after the other; the same for the same numbers and seed."""
    for number in images:
        yield from _chain(number, random.Random(f"{seed}-{number}"))


def _chain(number: int, chance: random.Random) -> Iterator[Made]:
    head: Made | None = None
    version = 0
    at = BEGAN + timedelta(seconds=number % 1_000_000)
    # 1 to 5 or 6, LENGTH on the mean.
    for seq in range(1, chance.choice((1, 2, 3, 3, 4, 4, 4, 4, 4)) + chance.choice((0, 0, 0, 0, 0, 0, 0, 1, 0)) + 1):
        kind = _next_kind(head.edit.kind if head else None, chance)
        version += kind in chain.BEGINNINGS
        at += timedelta(hours=chance.expovariate(1 / 24))
        head = _made(number, seq, kind, version, at, head)
        yield head


def _next_kind(before: chain.Kind | None, chance: random.Random) -> chain.Kind:
    if before == "proposed" and chance.random() < 0.7:
        return chance.choice(("approved", "approved", "rejected"))
    return chance.choice(("cleaned", "cleaned", "cleaned", "kept", "proposed"))


def _made(number: int, seq: int, kind: chain.Kind, version: int, at: datetime, before: Made | None) -> Made:
    image_id = f"catalog-{number:07d}"
    digest = sha256(f"{number}-{version}".encode()).hexdigest()
    edited = kind in ("cleaned", "proposed", "approved")
    edit = chain.Edit(
        image_id=image_id,
        seq=seq,
        edit_id=chain.name_of("bench", image_id, str(seq)),
        parent=before.edit.edit_id if before else None,
        parent_sha256=sha256(before.value).hexdigest() if before else None,
        kind=kind,
        cause=chain.Cause(f"event-{number}-{seq}", "bench", "catalog.image.updated.v1", at.isoformat()),
        merchant_id=merchant_of(number),
        batch_id=f"delivery-{number // 1000}",
        source=chain.Source("catalog-incoming", f"{image_id}.jpg", digest[:32], digest, 184_211, digest[:32]),
        original=_blob("catalog-originals", "sha256", digest),
        picture=chain.PictureFacts("JPEG", "RGB", 1000, 1000, 1, digest[::-1]),
        ruling=chain.Ruling(
            verdict="remove" if edited else "keep",
            reason="removal_certified" if edited else "no_text",
            why="1 line removed: a date or a time, small, in a corner",
            policy_version="default-6f1d0c2b9a4e",
            thresholds={"risk_max": 0.05, "keep_min": 0.95, "detect_min": 0.3, "read_min": 0.8},
            risk=0.01,
            certificate=digest[:32],
        ),
        regions=_REGIONS if edited else (),
        models=_MODELS,
        code_version="0.1.0+108db430949e",
        libraries={"pillow": "13.0.0", "numpy": "2.4.6", "opencv-python-headless": "5.0.0.93"},
        answer=_answer(kind, before),
        committed_at=at.isoformat(timespec="milliseconds"),
    )
    if edited:
        edit = replace(
            edit,
            mask=_blob("catalog-edits", "masks/sha256", digest),
            patch=_blob("catalog-edits", "patches/sha256", digest),
            result=_blob("catalog-edits", "results/sha256", sha256(digest.encode()).hexdigest()),
            result_pixels_sha256=digest,
            fills=(
                chain.Fill((144, 448, 256, 85), "own", 0, "textured, spread 15.1 levels", 1, digest[:15], 5.8, 8.6),
            ),
            metrics=_METRICS,
        )
    return Made(edit, events.encode(edit))


def _answer(kind: chain.Kind, task: Made | None) -> chain.Answer | None:
    if task is None or kind not in ("approved", "rejected"):
        return None
    return chain.Answer(task.edit.edit_id, "accept" if kind == "approved" else "reject", "ann", "")


def _blob(bucket: str, prefix: str, digest: str) -> chain.Blob:
    return chain.Blob(bucket, f"{prefix}/{digest[:2]}/{digest}", digest, 19_088)


def mean_size(made: int = 3000) -> float:
    """Bytes of a record on the mean."""
    sizes = [len(one.value) for one in edits(range(made))]
    return sum(sizes) / len(sizes)
