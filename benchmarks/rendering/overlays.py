"""Every kind of overlay, and how often it is laid."""

from collections.abc import Callable
from random import Random

from benchmarks.rendering import callouts, captions, marks, promotions, stamps
from benchmarks.rendering.fonts import Library
from benchmarks.rendering.scenes import Scene
from benchmarks.rendering.words import Language

Recipe = Callable[[Random, Scene, Language, Library], None]

RECIPES: dict[str, tuple[Recipe, float]] = {
    "stamp": (stamps.stamp, 10),
    "badge": (promotions.badge, 11),
    "banner": (promotions.banner, 8),
    "card": (promotions.card, 5),
    "plate": (promotions.plate, 5),
    "features": (promotions.features, 3),
    "caption": (captions.caption, 7),
    "contact": (marks.contact, 6),
    "watermark": (marks.watermark, 6),
    "logo": (marks.logo, 4),
    "callout": (callouts.callout, 3),
}

#: What merchants put beside another overlay.
SECOND = ("badge", "logo", "contact", "caption", "plate")


def lay(chance: Random, scene: Scene, kind: str, language: Language, library: Library) -> None:
    """Lay an overlay of `kind`, and now and then a second of another; a kind may find no place."""
    RECIPES[kind][0](chance, scene, language, library)
    if kind not in {"stamp", "callout"} and chance.random() < 0.15:
        other = chance.choice([second for second in SECOND if second != kind])
        RECIPES[other][0](chance, scene, language, library)
