"""One edit as four pictures: before, after, mask and heat map."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from processors import chain
from processors.pictures import Pixels
from streams.ports import Store

#: Levels of difference that the heat map shows as its hottest.
HOTTEST = 64


def write(store: Store, edit: chain.Edit, folder: Path) -> Iterator[Path]:
    """Write the pictures below `folder` and give their paths. Raises as `pictures` does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures(store, edit).items():
        path = folder / f"{edit.image_id}-{edit.seq}-{name}.png"
        Image.fromarray(pixels).save(path)
        yield path


def pictures(store: Store, edit: chain.Edit) -> dict[str, Pixels]:
    """`before`, `after`, `mask` and `heat` as h x w x 3, stored orientation.

    Raises:
        MissingObjectError: a blob is gone.
        ServiceUnavailableError: the store does not answer.
    """
    assert edit.original and edit.result and edit.mask, "only an edit with a result has differences"
    before, after, mask = (_pixels(store, blob) for blob in (edit.original, edit.result, edit.mask))
    return {"before": before, "after": after, "mask": mask, "heat": heat(before, after)}


def heat(before: Pixels, after: Pixels) -> Pixels:
    """Where and how much two h x w x 3 pictures differ: the first in gray and faint, the difference in red over it."""
    difference = np.abs(before.astype(np.int16) - after.astype(np.int16)).max(axis=2)
    strength = np.minimum(difference, HOTTEST).astype(np.uint16) * 255 // HOTTEST
    gray = (before.mean(axis=2) / 3 + 160).astype(np.uint16)
    red = np.maximum(gray, strength)
    rest = gray * (255 - strength) // 255
    return np.stack([red, rest, rest], axis=2).astype(np.uint8)


def _pixels(store: Store, blob: chain.Blob) -> Pixels:
    with Image.open(io.BytesIO(store.get(blob.bucket, blob.key).data)) as image:
        return np.asarray(image.convert("RGB"))
