"""The edited file made again from its original and its patch; runs in a child of the sandbox."""

from infra import jpegs
from processors import decoding, encoding, guard, marking, patches
from processors.patches import BlockPatch, PatchError


def restored(
    original: bytes, patch_file: bytes, *, trained: bool, limits: guard.Limits = guard.DEFAULT_LIMITS
) -> bytes:
    """The file that shows the edit; `trained`: a trained model filled pixels in, which the file's mark says.

    A JPEG comes out with its very bytes. Of another format the pixels are those of the edit, and the bytes too where
    the libraries that encode are still the same.

    Raises PatchError `unreadable`, `wrong_picture` or `inexact`, RefusedImageError and UnmarkableXmpError.
    """
    patch = patches.read(patch_file)
    if isinstance(patch, BlockPatch):
        return jpegs.apply(patch, original)
    before = decoding.decode(original, limits)
    if before.format == "JPEG":
        raise PatchError("inexact", "a patch of version 1 says of a JPEG only what was wanted, not what was coded")
    return encoding.encode(marking.marked(patch.apply(before), marking.source_type(trained=trained)), original)
