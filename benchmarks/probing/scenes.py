"""Pictures to probe: rendered overlays, of which the picture below is known, and edits of an earlier run."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from benchmarks.inpainting.marking import Marker
from benchmarks.rendering import fonts, overlays, photos, sets
from processors import decoding, views
from processors.pictures import Mask, Picture, Pixels
from processors.regions import Region
from streams import previewing

#: Overlays that a shop lays on a photograph; headings lie beside a product on a plain ground.
KINDS = frozenset(overlays.RECIPES) | {"heading"}
#: How often the mask is the worker's own; else it is what the overlay changed, widened.
_OWN_SHARE = 0.6
_WIDENED_PX = 2


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with holes to fill."""

    name: str
    #: pictures of one photograph share it
    photo: str
    #: h x w x 3
    before: Pixels
    mask: Mask
    #: text and overlays, in the mask or not: no place for a probe
    taken: Mask
    #: what the overlay changed and hid, where that is known
    overlay: Mask | None = None
    truth: Pixels | None = None


def rendered(source: Path, part: tuple[int, int], seed: int, numbers: range, marker: Marker) -> Iterator[Scene]:
    """Overlays rendered on photographs without text, of whose hash `part` leaves k when divided by n."""
    plan = sets.Plan(photos.album(source, part), fonts.installed(), seed, fonts.SCRIPTS, KINDS)
    for number in numbers:
        made = sets.render(plan, number)
        picture = decoding.decode(made.data)
        overlay = made.scene.mask() > 0
        mask = _mask(made, picture, overlay, random.Random(f"{seed}/{number}"), marker)
        if mask.any():
            before = views.colour(picture)
            truth = _coded_alike(made.scene.clean, made.data)
            photo = made.photo.name if made.photo else made.name
            yield Scene(made.name, photo, before, mask, mask | overlay, overlay, truth)


def edited(results: Path) -> Iterator[Scene]:
    """The edits of `cleanplate clean --results`: what they hid is not known, what is beside them is."""
    for line in previewing.read_lines(results):
        if line.mask is None:
            continue
        before = views.colour(decoding.decode(Path(line.path).read_bytes()))
        mask = np.asarray(Image.open(results.parent / line.mask)) > 0
        text = np.zeros(mask.shape, np.uint8)
        for region in line.regions:
            cv2.fillPoly(text, [np.asarray(region.polygon).round().astype(np.int32)], 1)
        yield Scene(line.path, line.sha256, before, mask, mask | (text > 0))


def _mask(made: sets.Rendered, picture: Picture, overlay: Mask, chance: random.Random, marker: Marker) -> Mask:
    if chance.random() >= _OWN_SHARE:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _WIDENED_PX + 1, 2 * _WIDENED_PX + 1))
        return np.asarray(cv2.dilate(overlay.view(np.uint8), kernel) > 0)
    regions = [
        Region(tuple((float(x), float(y)) for x, y in line.corners), line.text, 1.0, "remove", 0.0, line.kind, "")
        for line in made.scene.lines
        if line.label == "overlay"
    ]
    return marker(views.colour(picture), regions).mask


def _coded_alike(image: Image.Image, data: bytes) -> Pixels:
    """The picture without the overlay, as the shop would have coded it: coding is no error of the fill."""
    with Image.open(io.BytesIO(data)) as like:
        file = io.BytesIO()
        if like.format == "JPEG":
            tables = like.quantization  # type: ignore[attr-defined]  # Pillow sets it on JPEG files
            image.save(file, "JPEG", qtables=tables, subsampling=get_sampling(like))
        elif like.format == "WEBP":
            # The quality is not in the file; this one is the middle of what is rendered.
            image.save(file, "WEBP", quality=85, method=2)
        else:
            return np.asarray(image.convert("RGB"))
    with Image.open(file) as coded:
        return np.asarray(coded.convert("RGB"))
