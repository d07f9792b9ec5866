"""A whole set: which picture is of which kind, its catalog record, its coding, and the files that describe it."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from PIL import Image

from benchmarks.rendering import banners, overlays, palettes, photos, prints, products, texts, words
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.photos import Album
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.stickers import Line, bare
from streams import labelled

#: How often each label is wanted.
MIX = {"overlay": 55.0, "printed": 25.0, "mixed": 5.0, "none": 15.0}

#: Kinds beside `overlays.RECIPES` and `prints.MAKERS`, with how often each is taken.
_BANNERS = {"webbanner": 7.0, "heading": 2.0}
_NONE = {"photo": 10.0, "product": 5.0}

KINDS = (*overlays.RECIPES, *_BANNERS, *prints.MAKERS, *_NONE)

_SUFFIX = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


@dataclass(frozen=True)
class Plan:
    """What a set is made from; the same plan makes the same bytes."""

    album: Album
    library: Library
    seed: int
    scripts: Sequence[str]
    kinds: frozenset[str] = frozenset(KINDS)

    @cached_property
    def languages(self) -> tuple[words.Language, ...]:
        """What is written: the languages of the scripts, as far as the fonts go."""
        return texts.writable(self.library, self.scripts)


@dataclass(frozen=True)
class Rendered:
    """One picture with everything that is known about it."""

    name: str
    data: bytes
    coding: "Coding"
    scene: Scene
    family: str
    language: str
    record: dict[str, object] | None
    photo: photos.Photo | None
    note: str = ""

    def clean(self) -> bytes:
        """Return the file that the picture would be without its overlays: coded alike, print left in."""
        return self.coding(self.scene.clean)


def render(plan: Plan, number: int) -> Rendered:
    """Return picture `number` of the set."""
    for attempt in range(20):
        # Each picture has its own chance: a longer set begins as a shorter one.
        chance = Random(f"{plan.seed}/{number}/{attempt}")
        made = _picture(plan, chance, number)
        if made is not None:
            return made
    raise ValueError(f"picture {number} failed twenty times: nothing visible was laid on it")


def _picture(plan: Plan, chance: Random, number: int) -> Rendered | None:
    label, kind = _kind(plan.kinds, chance)
    language = texts.language_for(chance, plan.languages)
    size = _size(chance, wide=kind == "webbanner")
    shrunk = chance.uniform(0.55, 0.95) if chance.random() < 0.3 else 1.0
    drawn = (round(size[0] / shrunk), round(size[1] / shrunk))
    photo: photos.Photo | None = None
    note = ""
    if label == "printed":
        scene = prints.make(chance, kind, drawn, language, plan.library, plan.album)
        family = kind
    elif label == "none":
        scene, photo = _bare_scene(plan, chance, drawn, kind)
        family = "none"
    elif label == "mixed":
        scene, photo, family = _printed_scene(plan, chance, drawn, language)
        note = "real print below" if photo else ""
        _lay(plan, chance, scene, kind, language)
        family = f"{family}+{kind}"
    else:
        scene, photo = _overlaid(plan, chance, drawn, kind, language)
        family = kind
    if shrunk != 1.0:
        scene = scene.resized(*size)
    scene = scene.settled()
    mask = scene.mask()
    wanted = {"overlay": {"overlay"}, "mixed": {"mixed"} if not photo else {"overlay"}}.get(label, {label})
    if scene.label() not in wanted or (label in {"overlay", "mixed"}) != bool(mask.any()):
        return None
    coded = coding(chance)
    record = _record(chance, scene, language, photo, label)
    return Rendered(
        f"{number:05d}-{family.replace('+', '-')}",
        coded(scene.shown),
        coded,
        scene,
        family,
        language.code,
        record,
        photo,
        note,
    )


def _kind(kinds: frozenset[str], chance: Random) -> tuple[str, str]:
    laid = {kind: weight for kind, (_, weight) in overlays.RECIPES.items()} | _BANNERS
    made = {kind: weight for kind, (_, weight) in prints.MAKERS.items()}
    tables = {
        "overlay": laid,
        "printed": made,
        "mixed": {k: w for k, w in laid.items() if k != "webbanner"},
        "none": _NONE,
    }
    able = {label: {k: w for k, w in table.items() if k in kinds} for label, table in tables.items()}
    if kinds.isdisjoint(made):
        able["mixed"] = {}
    labels = [label for label, table in able.items() if table]
    label = chance.choices(labels, [MIX[name] for name in labels])[0]
    return label, chance.choices(list(able[label]), list(able[label].values()))[0]


#: (width over height, how often). The same for every label, but for web banners: a size must not betray one.
_RATIOS = (
    (0.75, 24),
    (1.0, 28),
    (1.333, 12),
    (0.667, 8),
    (0.5625, 5),
    (0.8, 7),
    (1.5, 4),
    (1.78, 5),
    (2.4, 3),
    (3.0, 2),
    (4.5, 1),
)
_WIDE = ((1.78, 3), (1.6, 2), (2.4, 4), (3.0, 4), (4.0, 2), (5.5, 2))


def _size(chance: Random, *, wide: bool) -> tuple[int, int]:
    table = _WIDE if wide else _RATIOS
    ratio = chance.choices([r for r, _ in table], [w for _, w in table])[0] * chance.uniform(0.97, 1.03)
    reach = chance.choice((400, 480, 533, 600, 640, 720, 750, 800, 800, 900, 1000, 1080))
    if ratio > 2:
        reach = chance.choice((800, 1000, 1200, 1400, 1688))
    width, height = (reach, reach / ratio) if ratio >= 1 else (reach * ratio, reach)
    return round(width), max(200, round(height))


def _open(plan: Plan, chance: Random, size: tuple[int, int], *, pad: bool = True) -> tuple[Scene, photos.Photo]:
    photo = chance.choice(plan.album.clean)
    return Scene.of(photos.framed(chance, photos.opened(photo), size, pad=pad)), photo


def _bare_scene(plan: Plan, chance: Random, size: tuple[int, int], kind: str) -> tuple[Scene, photos.Photo | None]:
    """Return a picture without any words: a photo, or a drawn product that carries none."""
    if kind == "photo":
        return _open(plan, chance, size)
    scene = Scene.of(prints.studio(chance, size, plan.album))
    draw = chance.random()
    if draw < 0.6:
        thing = prints.vessel(chance, size, None, plan.library)
    elif draw < 0.8:
        color = chance.choice((*palettes.CALM, *palettes.PALE, *palettes.LOUD))
        thing = products.shirt(chance, (round(size[1] * 0.9), round(size[1] * 0.95)), color, None)
    else:
        photo = photos.opened(chance.choice(plan.album.clean))
        thing = products.device(
            chance,
            bare(photos.framed(chance, photo, (round(size[1] * 0.42), round(size[1] * 0.8)), pad=False)),
            phone=True,
        )
    prints.stand(chance, scene, thing, "product")
    return (prints.seen(chance, scene) if chance.random() < 0.3 else scene), None


def _printed_scene(
    plan: Plan, chance: Random, size: tuple[int, int], language: words.Language
) -> tuple[Scene, photos.Photo | None, str]:
    """Return a picture of something printed: a real photo, or drawn."""
    if plan.album.printed and chance.random() < 0.35:
        photo = chance.choice(plan.album.printed)
        return Scene.of(photos.framed(chance, photos.opened(photo), size, turn=False)), photo, "real"
    makers = {kind: weight for kind, (_, weight) in prints.MAKERS.items() if kind in plan.kinds}
    kind = chance.choices(list(makers), list(makers.values()))[0]
    return prints.make(chance, kind, size, language, plan.library, plan.album), None, kind


def _overlaid(
    plan: Plan, chance: Random, size: tuple[int, int], kind: str, language: words.Language
) -> tuple[Scene, photos.Photo | None]:
    if kind == "webbanner":
        scene, side = banners.base(chance, size, plan.library, plan.album)
        banners.words(chance, scene, side, language, plan.library)
        return scene, None
    if kind == "heading" or (chance.random() < 0.16 and kind != "stamp"):
        scene, photo = _bare_scene(plan, chance, size, "product")
    else:
        scene, photo = _open(plan, chance, size, pad=kind != "stamp")
    _lay(plan, chance, scene, kind, language)
    return scene, photo


def _lay(plan: Plan, chance: Random, scene: Scene, kind: str, language: words.Language) -> None:
    if kind == "heading":
        banners.heading(chance, scene, language, plan.library)
        return
    overlays.lay(chance, scene, kind, language, plan.library)


# --- coding -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coding:
    """How a picture is coded: the same for it and for its clean side."""

    format: str
    #: 1..100 for JPEG and WebP; 0 for PNG
    quality: int = 0
    #: quality of the JPEG that it was before, or None
    before: int | None = None
    #: Pillow's number: 0 = 4:4:4, 2 = 4:2:0
    subsampling: int = 0
    progressive: bool = False

    def __call__(self, image: Image.Image) -> bytes:
        """Return the file."""
        file = io.BytesIO()
        if self.format == "PNG":
            image.save(file, "PNG", compress_level=3)
        elif self.format == "WEBP":
            image.save(file, "WEBP", quality=self.quality, method=2)
        else:
            if self.before is not None:
                first = io.BytesIO()
                image.save(first, "JPEG", quality=self.before, subsampling=2)
                image = Image.open(first)
            image.save(file, "JPEG", quality=self.quality, subsampling=self.subsampling, progressive=self.progressive)
        return file.getvalue()


def coding(chance: Random) -> Coding:
    """Return a coding: JPEG mostly, at what shops use, now and then saved twice."""
    form = chance.choices(("JPEG", "PNG", "WEBP"), (72, 12, 16))[0]
    if form == "PNG":
        return Coding(form)
    quality = chance.choice((70, 75, 80, 82, 85, 85, 88, 90, 90, 92, 95))
    if form == "WEBP":
        return Coding(form, quality)
    before = chance.choice((75, 85, 92)) if chance.random() < 0.15 else None
    return Coding(form, quality, before, chance.choice((2, 2, 2, 0)), chance.random() < 0.25)


# --- catalog records ----------------------------------------------------------------------------------------------


def _record(
    chance: Random, scene: Scene, language: words.Language, photo: photos.Photo | None, label: str
) -> dict[str, object] | None:
    """Return what the shop's catalog says of the product; nothing for one in five, as in life.

    Covers and tickets always have one: their titles are all that tells them from promotions.
    Printed words come back in it as they do in real records: some of them, in other case and order, among others.
    Promotions never do.
    """
    if chance.random() < 0.2 and {"cover", "ticket"}.isdisjoint(line.kind for line in scene.lines):
        return None
    printed = [line.text for line in scene.lines if line.label == "printed"]
    color = chance.choice(("black", "white", "red", "blue", "green", "grey", "pink", "beige"))
    if printed and label in {"printed", "mixed"}:
        chosen = chance.sample(printed, max(1, round(len(printed) * chance.uniform(0.3, 0.9))))
        title = [_recased(chance, text) for text in chosen[:4]]
        title.insert(
            chance.randint(0, len(title)),
            chance.choice((color, "pack of 2", "original", "500 g", "new model", "for home")),
        )
        brand = next((text for text in printed if text.casefold() in {name.casefold() for name in words.BRANDS}), "")
        attributes = {"colour": color, "size": chance.choice(("S", "M", "L", "250 ml", "500 g", "one size"))}
        if len(chosen) > 4:
            attributes["details"] = _recased(chance, chosen[4])
        return {"title": " ".join(title), "brand": brand if chance.random() < 0.8 else "", "attributes": attributes}
    thing = " ".join(photo.words[:2]) if photo and photo.words else chance.choice(language.product)
    return {
        "title": " ".join((color, thing, chance.choice(("", "size M", "1 kg", "classic", "2 pcs", "unisex")))).strip(),
        "brand": chance.choice(words.BRANDS) if chance.random() < 0.5 else "",
        "attributes": {"colour": color, "condition": chance.choice(("new", "used", "as new"))},
    }


def _recased(chance: Random, text: str) -> str:
    way: Callable[[str], str] = chance.choice((str, str.lower, str.title, str.upper))
    return way(text)


# --- files --------------------------------------------------------------------------------------------------------


def write(plan: Plan, count: int, folder: Path, *, clean: bool = False) -> Iterator[Rendered]:
    """Write a set of `count` pictures into `folder` and yield each as it is done; index and truth come last.

    `clean`: of each picture with an overlay also what it would be without, in `clean`.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "masks").mkdir(exist_ok=True)
    if clean:
        (folder / "clean").mkdir(exist_ok=True)
    rows: list[dict[str, object]] = []
    truths: list[str] = []
    for number in range(count):
        made = render(plan, number)
        file = f"images/{made.name}.{_SUFFIX[made.coding.format]}"
        (folder / file).write_bytes(made.data)
        mask = made.scene.mask()
        if mask.any():
            Image.fromarray(mask).save(folder / "masks" / f"{made.name}.png", compress_level=3)
            if clean:
                (folder / "clean" / Path(file).name).write_bytes(made.clean())
        rows.append(index_row(made, file))
        truths.append(json.dumps(truth(made, file), ensure_ascii=False))
        yield made
    (folder / "index.csv").write_bytes(labelled.index_of(rows))
    (folder / "truth.jsonl").write_text("".join(f"{line}\n" for line in truths), encoding="utf-8")


def index_row(made: Rendered, file: str) -> dict[str, object]:
    """Return the picture's row of the index."""
    label = "mixed" if made.note else made.scene.label()
    return {
        "file": file,
        "sha256": hashlib.sha256(made.data).hexdigest(),
        "source_repo": f"rendered/{made.family}",
        "source_path": made.photo.name if made.photo else "",
        "licence": made.photo.licence if made.photo else "",
        "width": made.scene.width,
        "height": made.scene.height,
        "mode": "RGB",
        "format": made.coding.format,
        "background": "natural" if made.photo else "plain",
        "category": "/".join(reversed(made.photo.words[:2])) if made.photo else "",
        "label": label,
        "label_source": "rendered",
        "language": made.language,
        "kind": ",".join(sorted({line.kind for line in made.scene.lines})),
        "note": made.note,
        "bytes": len(made.data),
    }


def truth(made: Rendered, file: str) -> dict[str, object]:
    """Return the picture's line of truth.jsonl."""
    return {
        "file": file,
        "lines": [_told(line) for line in made.scene.lines],
        "record": made.record,
        "photo": made.photo.name if made.photo else None,
    }


def _told(line: Line) -> dict[str, object]:
    return {
        "polygon": [[round(float(x), 1), round(float(y), 1)] for x, y in line.corners],
        "text": line.text,
        "label": line.label,
        "kind": line.kind,
        "script": line.script,
        "language": line.language,
        "height_px": round(line.height_px, 1),
        "opacity": round(line.opacity, 2),
    }
