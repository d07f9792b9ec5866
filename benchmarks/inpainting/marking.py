"""Our own masks, and how near they come to the truth: the one place that says how a mask is made."""

from benchmarks.inpainting.cases import Case
from processors import masks
from processors.pictures import Mask


def own(case: Case) -> Mask:
    """The mask that the path of a picture would make of these lines."""
    return masks.strokes(case.shown, case.lines, case.quality, masks.Settings()).mask


def likeness(mask: Mask, truth: Mask) -> dict[str, float]:
    """Overlap, precision and recall of a mask's pixels, 0..1."""
    shared, either = int((mask & truth).sum()), int((mask | truth).sum())
    return {
        "iou": shared / max(1, either),
        "precision": shared / max(1, int(mask.sum())),
        "recall": shared / max(1, int(truth.sum())),
    }
