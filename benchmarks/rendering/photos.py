"""Photos to render on: from an index.csv or a folder, split by their hash, without those that carry text."""

import csv
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from PIL import Image, ImageFilter, ImageOps

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

#: A reading counts as text from this confidence on, 0..1, and with two letters or digits.
_READ = 0.6


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and what is known about it."""

    path: Path
    #: relative to the index
    name: str
    licence: str
    category: str
    #: words for the thing in it, from its folder or category: ("Royal Gala", "Apple")
    words: tuple[str, ...]


@dataclass(frozen=True)
class Album:
    """Photos without text, and photos with text that is really there."""

    clean: tuple[Photo, ...]
    printed: tuple[Photo, ...]

    @cached_property
    def garments(self) -> tuple[Photo, ...]:
        """The clean ones that show a shirt or a sweater from the front."""
        wanted = {"t-shirt", "longsleeve", "shirt", "outwear", "dress"}
        return tuple(photo for photo in self.clean if wanted & {word.lower() for word in photo.words})

    @cached_property
    def goods(self) -> tuple[Photo, ...]:
        """The clean ones that do not show clothes; all, where there are none: for packs and shelves."""
        return tuple(photo for photo in self.clean if not photo.category.startswith("fashion")) or self.clean


def album(source: Path, part: tuple[int, int] = (0, 1), readings: Path | None = None) -> Album:
    """Return the photos of `source`, an index.csv or a folder, whose hash falls into part k of n.

    `readings` is a results file of `cleanplate clean` about them: where something was read, a photo is not clean
    whatever its label says, and where nothing was, an unknown one is. Without it, the label alone decides, and photos
    of a folder without an index count as clean.
    """
    index = source / "index.csv" if source.is_dir() else source
    if index.is_file():
        with index.open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = [_row(path, source) for path in sorted(source.rglob("*")) if path.suffix.lower() in _SUFFIXES]
    texts = _readings(readings) if readings else {}
    clean, printed = [], []
    for row in sorted(rows, key=lambda row: row["sha256"]):
        if int(row["sha256"][:8], 16) % part[1] != part[0]:
            continue
        photo = Photo(index.parent / row["file"], row["file"], row["licence"], row["category"], _words(row))
        read = texts.get(row["file"])
        if row["label"] == "printed" and read is not False:
            printed.append(photo)
        elif (read is False and row["label"] in {"none", "unknown"}) or (read is None and row["label"] == "none"):
            clean.append(photo)
    if not clean:
        raise FileNotFoundError(f"no photo without text in {source}, part {part[0]}/{part[1]}")
    return Album(tuple(clean), tuple(printed))


def _row(path: Path, root: Path) -> dict[str, str]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.relative_to(root).as_posix()
    return {"file": name, "sha256": digest, "label": "none", "licence": "", "category": "", "source_path": name}


def _readings(path: Path) -> dict[str, bool]:
    """Return for each file name whether text was read in it; names as the index has them, so their ends count."""
    found: dict[str, bool] = {}
    for line in path.read_text().splitlines():
        result = json.loads(line)
        name = result["path"]
        found[name[name.find("images/") :]] = any(
            region["score"] > _READ and sum(c.isalnum() for c in region["text"]) > 1 for region in result["regions"]
        )
    return found


def _words(row: dict[str, str]) -> tuple[str, ...]:
    folders = [part for part in row["source_path"].split("/")[1:-1] if part and not part.isdigit()]
    words = [part.replace("-", " ") if "-" in part and part != "t-shirt" else part for part in reversed(folders)]
    return tuple(words) or ((row["category"].rpartition("/")[2],) if row["category"] else ())


def opened(photo: Photo) -> Image.Image:
    """Return the photo upright, in RGB."""
    with Image.open(photo.path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def framed(
    chance: Random, image: Image.Image, size: tuple[int, int], *, turn: bool = True, pad: bool = True
) -> Image.Image:
    """Return the photo cut to `size`; with `pad`, now and then whole on white, black or its own blur.

    `turn`: mirrored half the time, which text would not survive.
    """
    if turn and chance.random() < 0.5:
        image = ImageOps.mirror(image)
    wanted, given = size[0] / size[1], image.width / image.height
    if pad and max(wanted / given, given / wanted) > 1.25 and chance.random() < 0.3:
        return _set(chance, image, size)
    return ImageOps.fit(
        image, size, Image.Resampling.LANCZOS, centering=(chance.uniform(0.3, 0.7), chance.uniform(0.3, 0.7))
    )


def _set(chance: Random, image: Image.Image, size: tuple[int, int]) -> Image.Image:
    inner = ImageOps.contain(image, size, Image.Resampling.LANCZOS)
    ground = chance.choice(("white", "white", "black", "blur"))
    if ground == "blur":
        tiny = ImageOps.fit(image, (max(8, size[0] // 16), max(8, size[1] // 16)), Image.Resampling.BOX)
        canvas = tiny.filter(ImageFilter.GaussianBlur(2)).resize(size, Image.Resampling.BICUBIC)
    else:
        canvas = Image.new("RGB", size, ground)
    spare = size[0] - inner.width, size[1] - inner.height
    side = chance.choice((0.0, 0.5, 0.5, 0.5, 0.5, 1.0))
    canvas.paste(inner, (round(spare[0] * side), round(spare[1] * (side if spare[1] else 0))))
    return canvas
