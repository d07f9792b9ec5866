"""The engine follows from what surrounds the holes and how many there are."""

import numpy as np
import pytest

from processors import engines
from processors.pictures import Mask, Pixels

SETTINGS = engines.Settings()


def hole(size: int = 160, side: int = 30) -> Mask:
    mask = np.zeros((size, size), dtype=np.bool_)
    mask[60 : 60 + side, 60 : 60 + side] = True
    return mask


def surroundings(spread: int, size: int = 160) -> Pixels:
    return np.random.default_rng(4).integers(128 - spread, 128 + spread + 1, (size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("spread", "side", "engine"), [(1, 30, "telea"), (10, 30, "ns"), (90, 30, "fsr"), (90, 110, "telea")]
)
def test_the_surroundings_and_the_size_choose_the_engine(spread: int, side: int, engine: str) -> None:
    choice = engines.choose(surroundings(spread), hole(side=side if side < 100 else 100), SETTINGS)
    if side > 100:
        choice = engines.choose(surroundings(spread, 300), hole(300, 110), SETTINGS)
    assert choice.engine == engine
    assert choice.why


def test_what_is_in_the_holes_does_not_count() -> None:
    picture = surroundings(1)
    picture[hole()] = np.random.default_rng(1).integers(0, 256, (900, 3), dtype=np.uint8)
    assert engines.choose(picture, hole(), SETTINGS).engine == "telea"


def test_a_crop_that_is_all_hole_still_gets_an_engine() -> None:
    assert engines.choose(surroundings(90), np.ones((160, 160), dtype=np.bool_), SETTINGS).engine == "telea"
