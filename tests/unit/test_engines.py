"""The engine follows from what surrounds the holes."""

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


@pytest.mark.parametrize(("spread", "engine"), [(1, "telea"), (10, "own"), (90, "own")])
def test_the_surroundings_choose_the_engine(spread: int, engine: str) -> None:
    choice = engines.choose(surroundings(spread), hole(), SETTINGS)
    assert choice.engine == engine
    assert choice.why


def test_large_holes_in_texture_go_to_the_learned_engine_too() -> None:
    assert engines.choose(surroundings(90, 400), hole(400, 250), SETTINGS).engine == "own"


def test_only_formulas_are_no_trained_models() -> None:
    assert [engines.is_trained(engine) for engine in ("telea", "ns", "fsr", "own")] == [False, False, False, True]


def test_what_is_in_the_holes_does_not_count() -> None:
    picture = surroundings(1)
    picture[hole()] = np.random.default_rng(1).integers(0, 256, (900, 3), dtype=np.uint8)
    assert engines.choose(picture, hole(), SETTINGS).engine == "telea"


def test_a_crop_that_is_all_hole_still_gets_an_engine() -> None:
    assert engines.choose(surroundings(90), np.ones((160, 160), dtype=np.bool_), SETTINGS).engine == "telea"


@pytest.mark.parametrize(("side", "engine"), [(30, "fsr"), (110, "own")])
def test_fsr_may_be_chosen_for_texture_and_leaves_large_holes_to_our_own(side: int, engine: str) -> None:
    settings = engines.Settings(textured="fsr")
    assert engines.choose(surroundings(90, 300), hole(300, side), settings).engine == engine


def test_an_added_model_is_for_texture_alone() -> None:
    settings = engines.Settings(textured="lama")
    assert engines.choose(surroundings(90), hole(), settings).engine == "lama"
    assert engines.choose(surroundings(1), hole(), settings).engine == "telea"
    assert engines.takes_squares("lama")
    assert not any(engines.takes_squares(engine) for engine in engines.BUILT_IN)
