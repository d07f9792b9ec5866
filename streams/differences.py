"""One edit as four pictures: before, after, mask and heat map; and whether its patch does what it promises."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from processors import chain, views
from processors.pictures import Pixels
from streams.ports import Opener, Store

#: Levels of difference that the heat map shows as its hottest.
HOTTEST = 64


def write(store: Store, opener: Opener, edit: chain.Edit, folder: Path) -> Iterator[Path]:
    """Write the pictures below `folder` and give their paths. Raises as `pictures` does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures(store, opener, edit).items():
        path = folder / f"{edit.image_id}-{edit.seq}-{name}.png"
        Image.fromarray(pixels).save(path)
        yield path


def pictures(store: Store, opener: Opener, edit: chain.Edit) -> dict[str, Pixels]:
    """`before`, `after`, `mask` and `heat` as h x w x 3, stored orientation.

    Raises:
        MissingObjectError: a blob is gone.
        RefusedImageError: a file cannot be decoded.
        ServiceUnavailableError: the store does not answer.
    """
    assert edit.original and edit.result and edit.mask, "only an edit with a result has differences"
    before, after, mask = (
        views.colour(opener.decode_blocking(_data(store, blob))) for blob in (edit.original, edit.result, edit.mask)
    )
    return {"before": before, "after": after, "mask": mask, "heat": heat(before, after)}


def proof(store: Store, opener: Opener, edit: chain.Edit) -> str:
    """What the edit's patch was shown to do, as a sentence. Raises PatchError, and as `pictures` does."""
    assert edit.original and edit.result and edit.patch, "only an edit with a result has a patch"
    return opener.proof_blocking(*(_data(store, blob) for blob in (edit.original, edit.result, edit.patch)))


def heat(before: Pixels, after: Pixels) -> Pixels:
    """Where and how much two h x w x 3 pictures differ: the first in gray and faint, the difference in red over it."""
    difference = np.abs(before.astype(np.int16) - after.astype(np.int16)).max(axis=2)
    strength = np.minimum(difference, HOTTEST).astype(np.uint16) * 255 // HOTTEST
    gray = (before.mean(axis=2) / 3 + 160).astype(np.uint16)
    red = np.maximum(gray, strength)
    rest = gray * (255 - strength) // 255
    return np.stack([red, rest, rest], axis=2).astype(np.uint8)


def _data(store: Store, blob: chain.Blob) -> bytes:
    return store.get(blob.bucket, blob.key).data
