"""Each picture filled by every engine on the same crops, and measured against its clean side."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.inpainting.cases import Case
from benchmarks.inpainting.fillers import SLOW, SLOW_MAX_PX, Filler
from processors import engines, masks, references
from processors.masks import Crop
from processors.pictures import Mask, Pixels

#: Spread of the surroundings, in levels, from which a picture counts as textured in the tables.
PLAIN_MAX = 15.0
#: As processors.engines chooses for each crop.
BY_RULE = "by rule"


@dataclass(frozen=True, slots=True)
class Score:
    """What one engine made of one picture."""

    #: of `references`, over the masked pixels
    figures: Mapping[str, float]
    #: milliseconds of one core for a crop, mean: of the process, so that other work on the machine does not count
    ms: float
    crops: int


def scores(case: Case, mask: Mask, fillers: Mapping[str, Filler]) -> dict[str, Score]:
    """Fill the holes of `mask` by every engine and by the rule; slow ones are not asked about large holes.

    An edit is judged where it may have changed the picture or should have: what an own mask leaves of the overlay
    counts against all engines alike.
    """
    crops = masks.crops(mask)
    pieces = [
        (np.ascontiguousarray(masks.cut(case.shown, crop.window)), np.ascontiguousarray(masks.cut(mask, crop.window)))
        for crop in crops
    ]
    largest = max((int(masks.cut(mask, crop.core).sum()) for crop in crops), default=0)
    asked = [name for name in fillers if name not in SLOW or largest <= SLOW_MAX_PX]
    made = {name: [_timed(fillers[name], *piece) for piece in pieces] for name in asked}
    made[BY_RULE] = [
        _by_rule(piece, {name: made[name][at] for name in asked}, fillers) for at, piece in enumerate(pieces)
    ]
    judged = mask | case.truth
    return {
        name: Score(
            _figures(masks.assemble(case.shown, mask, crops, [one.filled for one in fills]), case.clean, judged),
            float(np.mean([one.ms for one in fills])),
            len(crops),
        )
        for name, fills in made.items()
    }


def surroundings(case: Case, mask: Mask) -> str:
    """How restless the picture is around its holes: flat as the rule goes by it, weighted by masked pixels."""
    settings = engines.Settings()
    crops = masks.crops(mask)
    spreads = [engines.spread(*(masks.cut(plane, c.window) for plane in (case.shown, mask)), settings) for c in crops]
    mean = float(np.average(spreads, weights=[int(masks.cut(mask, crop.core).sum()) for crop in crops]))
    return "flat" if mean < settings.flat_max else "plain" if mean < PLAIN_MAX else "textured"


@dataclass(frozen=True, slots=True, eq=False)
class _Fill:
    filled: Pixels
    ms: float


def _timed(filler: Filler, window: Pixels, hole: Mask) -> _Fill:
    began = time.process_time()
    filled = filler(window, hole)
    return _Fill(filled, 1000 * (time.process_time() - began))


def _by_rule(piece: tuple[Pixels, Mask], made: Mapping[str, _Fill], fillers: Mapping[str, Filler]) -> _Fill:
    """What the chosen engine made of this crop, with the time of the choice."""
    began = time.process_time()
    chosen = engines.choose(*piece, engines.Settings()).engine
    ms = 1000 * (time.process_time() - began)
    fill = made[chosen] if chosen in made else _timed(fillers[chosen], *piece)
    return _Fill(fill.filled, fill.ms + ms)


def _figures(edit: Pixels, clean: Pixels, judged: Mask) -> dict[str, float]:
    """PSNR over all masked pixels at once, the others on crops, weighted by their masked pixels."""
    crops = masks.crops(judged, context_share=0.1, context_min_px=16)
    rows, weights = [], []
    for crop in crops:
        one, two, mask = (_cut(plane, crop) for plane in (edit, clean, judged))
        rows.append({row.name: row.function(one, two, mask) for row in references.REFERENCES if row.name != "psnr"})
        weights.append(int(masks.cut(judged, crop.core).sum()))
    found = {name: float(np.average([row[name] for row in rows], weights=weights)) for name in rows[0]}
    return {"psnr": references.psnr(edit, clean, judged), **found}


def _cut(plane, crop: Crop):
    return np.ascontiguousarray(masks.cut(plane, crop.window))


# ------------------------------------------------------------------ over all pictures


def summed_up(found: Sequence[Mapping[str, Score]]) -> dict[str, dict[str, float | int]]:
    """A row for each engine that filled all of these pictures: means, and how it fares against Telea."""
    engines = [
        name for name in dict.fromkeys(name for one in found for name in one) if all(name in one for one in found)
    ]
    return {name: _row([one[name] for one in found], [one["telea"] for one in found]) for name in engines}


def _row(own: Sequence[Score], telea: Sequence[Score]) -> dict[str, float | int]:
    gained = np.array([one.figures["psnr"] - other.figures["psnr"] for one, other in zip(own, telea, strict=True)])
    return {
        "pictures": len(own),
        **{row.name: float(np.mean([one.figures[row.name] for one in own])) for row in references.REFERENCES},
        "ms_a_region": float(np.average([one.ms for one in own], weights=[one.crops for one in own])),
        "over_telea_db": float(gained.mean()),
        "better_share": float((gained > 0).mean()),
        # Where the surroundings are flat, every engine is at the rounding of the file.
        "not_worse_share": float((gained >= 0).mean()),
        "worse_by_02_db_share": float((gained < -0.2).mean()),
        "worst_db": float(gained.min()),
    }
