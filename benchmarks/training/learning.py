"""Boosted trees over lines and their neighbours, learned fold by fold, and written as processors.risk reads them.

The first round never sees how large text is in its picture: that betrays who made the picture. Folds keep the pictures
of one source together, so that what the second round and the calibration learn from is what the first says of sources
that it does not know.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.training.examples import Example
from infra.server_programs import Servers, cache_folder
from processors import features, risk
from processors.features import NAMES, Seen
from processors.risk import AGAIN, AROUND, Document, RiskModel, Trees

# `make train` puts them there; behind the application's own libraries, so that these stay what they are.
sys.path.append(str(Servers(cache_folder()).training))

import lightgbm
from scipy.optimize import minimize

#: Tell of the picture's size or shape, or of the crop's.
UNSEEN = frozenset({"height", "aspect", "area", "text_area"})
#: More of these never lowers the chance of an overlay; of the second, never raises it.
RISING = (
    *("camera_stamp", "date_stamp", "promo", "price", "percent", "shipping", "call_to_action", "launch", "url"),
    *("phone", "email", "marketplace"),
)
FALLING = ("skew_deg", "says_label_print", "others_label_print")
FOLDS = 3

Odds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many trees of which depth, and how fast they learn."""

    trees: int
    depth: int
    rate: float = 0.07
    #: lines that a leaf must hold
    leaf: int = 20


ALONE = Shape(240, 5)
TOGETHER = Shape(80, 3)


@dataclass(frozen=True, slots=True)
class Learned:
    """Both rounds as LightGBM holds them, and the calibration."""

    alone: lightgbm.Booster
    together: lightgbm.Booster
    calibration: tuple[float, float, float]


def fold_of(source: str, folds: int = FOLDS) -> int:
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % folds


def learn(examples: Sequence[Example], unseen: frozenset[str] = UNSEEN) -> Learned:
    """Learn both rounds from these pictures; the second from what the first says of folds it has not seen."""
    telling = [one for one in examples if len(one.seen.lines)]
    folds = [fold_of(_kept_together(one)) for one in telling]
    for fold in range(FOLDS):
        booster = _alone([one for one, its in zip(telling, folds, strict=True) if its != fold], unseen)
        for one, its in zip(telling, folds, strict=True):
            if its == fold:
                one.odds = first_odds(booster, one.seen)
    together = _together(telling)
    for fold in range(FOLDS):
        booster = _together([one for one, its in zip(telling, folds, strict=True) if its != fold])
        for one, its in zip(telling, folds, strict=True):
            if its == fold:
                one.together = _raw(booster, risk.second_table(one.seen, one.odds))
    return Learned(_alone(telling, unseen), together, _calibrated(telling))


def overlay_chance(learned: Learned, seen: Seen) -> NDArray[np.float64]:
    """For each line the calibrated probability that it is an overlay."""
    if not seen.lines:
        return np.zeros(0)
    first = first_odds(learned.alone, seen)
    second = _raw(learned.together, risk.second_table(seen, first))
    return _beta(_probability(risk.settled(seen, first, second)), learned.calibration)


def document(learned: Learned, trained_on: str) -> Document:
    """The model as processors.risk reads it."""
    return Document(
        features_version=features.VERSION,
        names=NAMES,
        alone=trees_of(learned.alone, ALONE.depth),
        together=trees_of(learned.together, TOGETHER.depth),
        calibration=learned.calibration,
        trained_on=trained_on,
    )


def difference(model: RiskModel, learned: Learned, examples: Sequence[Example]) -> float:
    """The largest difference between the risks of the written model and of LightGBM."""
    return max(
        float(np.abs(model.risks(one.seen) - (1 - overlay_chance(learned, one.seen))).max())
        for one in examples
        if one.seen.lines
    )


def first_odds(booster: lightgbm.Booster, seen: Seen) -> Odds:
    """What the first round says of each line, bounded as processors.risk bounds it."""
    return _raw(booster, seen.table)


def trees_of(booster: lightgbm.Booster, depth: int) -> Trees:
    """LightGBM's trees, filled up to complete ones: below an early leaf all leaves say the same."""
    grown = [_complete(tree["tree_structure"], depth) for tree in booster.dump_model()["tree_info"]]
    return Trees(
        depth,
        tuple(tuple(node[0] for node in nodes) for nodes, _ in grown),
        tuple(tuple(node[1] for node in nodes) for nodes, _ in grown),
        tuple(tuple(leaves) for _, leaves in grown),
    )


# ------------------------------------------------------------------ the rounds


def _kept_together(one: Example) -> str:
    """Pictures of one source stay together, but for sources that hold most of the pictures."""
    large = one.picture.rendered or one.source.endswith("(weak)")
    return one.picture.file if large else one.source


def _alone(examples: Sequence[Example], unseen: frozenset[str]) -> lightgbm.Booster:
    signs = {f"{who}_{kind}": 1 for kind in RISING for who in ("says",)} | dict.fromkeys(FALLING, -1)
    signs |= {f"others_{kind}": 1 for kind in ("promo", "percent", "shipping", "call_to_action", "launch")}
    return _grown(examples, lambda one: one.seen.table, NAMES, signs, ALONE, unseen)


def _together(examples: Sequence[Example]) -> lightgbm.Booster:
    names = tuple(f"first_{name}" for name in AROUND) + AGAIN
    # A line without neighbours stands for them in all of these: only together are they monotone in the line itself.
    signs = {f"first_{name}": 1 for name in ("own", "mean", "highest", "lowest", "near")}
    signs |= {"skew_deg": -1, "says_label_print": -1}
    return _grown(examples, lambda one: risk.second_table(one.seen, one.odds), names, signs, TOGETHER, frozenset())


def _grown(
    examples: Sequence[Example],
    table: Callable[[Example], NDArray[Any]],
    names: Sequence[str],
    signs: dict[str, int],
    shape: Shape,
    unseen: frozenset[str],
) -> lightgbm.Booster:
    truth = np.concatenate([one.truth for one in examples])
    known = truth >= 0
    rows = np.concatenate([table(one) for one in examples])[known].astype(np.float64)
    weights = np.concatenate([np.full(len(one.truth), one.weight) for one in examples])[known]
    # A column that never changes is never asked for, and all columns keep their numbers.
    rows[:, [number for number, name in enumerate(names) if name in unseen]] = 0.0
    options = {
        "objective": "binary",
        "max_depth": shape.depth,
        "num_leaves": 2**shape.depth - 1,
        "learning_rate": shape.rate,
        "min_data_in_leaf": shape.leaf,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.4,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "monotone_constraints": [signs.get(name, 0) for name in names],
        # The same bytes every time.
        "seed": 0,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(rows, truth[known], weight=weights, feature_name=[f"f{n}" for n in range(len(names))])
    return lightgbm.train(options, data, num_boost_round=shape.trees)


def _raw(booster: lightgbm.Booster, table: NDArray[Any]) -> Odds:
    odds = np.asarray(booster.predict(table.astype(np.float64), raw_score=True, num_threads=1))
    return np.asarray(odds.clip(-risk.ODDS_MAX, risk.ODDS_MAX))


def _complete(root: dict[str, Any], depth: int) -> tuple[list[tuple[int, float]], list[float]]:
    nodes: list[tuple[int, float]] = []
    level = [root]
    for _ in range(depth):
        below = []
        for node in level:
            if "leaf_value" in node:
                nodes.append((0, 1e300))
                below += [node, node]
            else:
                nodes.append((node["split_feature"], node["threshold"]))
                below += [node["left_child"], node["right_child"]]
        level = below
    return nodes, [node["leaf_value"] for node in level]


# ------------------------------------------------------------------ calibration


def _calibrated(examples: Sequence[Example]) -> tuple[float, float, float]:
    """Beta calibration of the held-out odds; every source weighs as the square root of its pictures."""
    counts: dict[str, int] = {}
    for one in examples:
        counts[one.source] = counts.get(one.source, 0) + 1
    truth = np.concatenate([one.truth for one in examples])
    known = truth >= 0
    chance = _probability(np.concatenate([one.together for one in examples])[known])
    weights = np.concatenate([np.full(len(one.truth), one.weight / counts[one.source] ** 0.5) for one in examples])[
        known
    ]
    overlay, logs, counter = truth[known] == 1, np.log(chance), np.log1p(-chance)

    def loss(given: NDArray[np.float64]) -> float:
        # Squares keep a and b from being negative.
        odds = given[0] ** 2 * logs - given[1] ** 2 * counter + given[2]
        return float((weights * np.logaddexp(0, np.where(overlay, -odds, odds))).sum() / weights.sum())

    found = minimize(loss, np.array([1.0, 1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    a, b, c = (float(each) for each in found.x)
    return round(a * a, 6), round(b * b, 6), round(c, 6)


def _probability(odds: Odds) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _beta(chance: NDArray[np.float64], calibration: tuple[float, float, float]) -> NDArray[np.float64]:
    a, b, c = calibration
    odds = a * np.log(chance) - b * np.log1p(-chance) + c
    return _probability(odds.clip(-risk.ODDS_MAX, risk.ODDS_MAX))
