"""Whether a stored patch turns the stored original into the stored result and back; runs in a child of the sandbox."""

import numpy as np

from infra import jpegs
from processors import decoding, guard, patches
from processors.patches import BlockPatch, Patch, PatchError


def proof(original: bytes, result: bytes, patch_file: bytes, limits: guard.Limits = guard.DEFAULT_LIMITS) -> str:
    """A sentence on what the patch was shown to do.

    Raises PatchError `unreadable`, `wrong_picture` or `inexact`, RefusedImageError for files that cannot be decoded.
    """
    patch = patches.read(patch_file)
    if isinstance(patch, BlockPatch):
        return _of_blocks(patch, original, result)
    return _of_pixels(patch, original, result, limits)


def _of_blocks(patch: BlockPatch, original: bytes, result: bytes) -> str:
    before = jpegs.read(original)
    patch.revert(jpegs.read(result))  # it compares all coefficients with the original's digest
    if jpegs.apply(patch, original) != result:
        raise PatchError("inexact", "the original with the patch has other bytes than the result")
    blocks = sum(plane.shape[0] * plane.shape[1] for plane in before.planes)
    changed = f"{len(patch.places)} of {blocks} blocks differ"
    return f"{changed}; the patch gives the result's bytes and the original's blocks"


def _of_pixels(patch: Patch, original: bytes, result: bytes, limits: guard.Limits) -> str:
    before, shown = decoding.decode(original, limits), decoding.decode(result, limits)
    after = patch.apply(before)
    pixels = after.pixels.shape[0] * after.pixels.shape[1]
    if before.format == "JPEG":
        return f"at most {patch.mask.sum()} of {pixels} pixels were wanted to differ; then the file was coded anew"
    if not np.array_equal(after.pixels, shown.pixels):
        raise PatchError("inexact", "the original with the patch has other pixels than the result")
    patch.revert(after)
    changed = (before.pixels != after.pixels).reshape(*after.pixels.shape[:2], -1).any(axis=2)
    return f"{changed.sum()} of {pixels} pixels differ; the patch gives the result's pixels and the original's"
