"""The model of the error: what it refuses, how it adds up, and that the shipped one keeps its word on pictures here."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from infra import error_file
from infra.settings import QualitySettings
from processors import masks, pieces, predicted_error
from processors.pictures import Mask, Pixels
from processors.pieces import Piece
from processors.predicted_error import ANY, NAMES, ErrorModelError, Predicted

SHIPPED = resources.files("processors").joinpath("error_model.json").read_bytes()
MODEL = predicted_error.decode(SHIPPED)
CATALOG = Path(__file__).parents[2] / "examples" / "catalog"


def changed(**parts: Any) -> bytes:
    return json.dumps(json.loads(SHIPPED) | parts).encode()


def test_the_shipped_model_knows_every_engine_that_is_served() -> None:
    assert {"telea", "ns", "fsr", "own", ANY} <= set(MODEL.engines)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a model"),
        (b"{}", "not a model"),
        (changed(more=1), "not a model"),
        (changed(version=predicted_error.VERSION + 1), "other figures"),
        (changed(names=list(reversed(NAMES))), "other figures"),
        (changed(engines={"telea": json.loads(SHIPPED)["engines"]["telea"]}), "no line for any"),
        (changed(engines={ANY: json.loads(SHIPPED)["engines"][ANY] | {"weights": [1.0]}}), "weights"),
    ],
)
def test_another_file_is_no_model_of_the_error(data: bytes, problem: str) -> None:
    with pytest.raises(ErrorModelError, match=problem):
        predicted_error.decode(data)


def test_a_file_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ErrorModelError, match=r"absent\.json"):
        error_file.read(QualitySettings(str(tmp_path / "absent.json")))


def hole() -> Mask:
    mask = np.zeros((80, 160), np.bool_)
    mask[30:50, 30:130] = True
    return mask


def rough(level: int) -> Pixels:
    noise = np.random.default_rng(4).integers(-level, level + 1, (80, 160, 1))
    return (
        np.clip(130 + cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 2) * 4, 0, 255)[..., np.newaxis]
        .repeat(3, axis=2)
        .astype(np.uint8)
    )


def predicted(after: Pixels, mask: Mask, engine: str = "telea") -> Predicted:
    (part,) = masks.crops(mask)
    return MODEL.predict([(predicted_error.figures(one), one.area) for one in pieces.of(after, mask, part)], engine)


def test_rougher_surroundings_make_a_larger_error_and_the_bound_lies_above() -> None:
    errors = [predicted(rough(level), hole()) for level in (2, 10, 40, 90)]
    assert [one.error for one in errors] == sorted(one.error for one in errors)
    assert all(one.upper > one.error > 0 for one in errors)


def test_an_engine_without_a_line_of_its_own_is_judged_as_any() -> None:
    assert predicted(rough(20), hole(), "lama") == predicted(rough(20), hole(), ANY)


def test_a_fill_in_pieces_has_the_mean_of_their_errors_by_area() -> None:
    calm, busy = (predicted_error.figures(Piece(rough(level), hole())) for level in (2, 60))
    alone = [MODEL.predict([(one, 100)], "ns").error for one in (calm, busy)]
    both = MODEL.predict([(calm, 300), (busy, 100)], "ns").error
    assert both == pytest.approx((3 * alone[0] + alone[1]) / 4, abs=0.002)


def test_no_fill_is_further_off_than_two_colours_can_be() -> None:
    wild = np.full(len(NAMES), 1e9)
    assert MODEL.predict([(wild, 1)], "own") == Predicted(predicted_error.ERROR_MAX, predicted_error.ERROR_MAX)


def test_every_figure_has_its_name_and_is_not_negative() -> None:
    for mask in (hole(), np.ones((80, 160), np.bool_), np.zeros((80, 160), np.bool_)):
        figures = predicted_error.figures(Piece(rough(20), mask))
        assert len(figures) == len(NAMES)
        assert (figures >= 0).all()


# ---------------------------------------------------------------------------------------------------- calibration


def _lettering(chance: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """A word somewhere in the picture, as strokes widened as masks are."""
    mask = np.zeros(shape, np.uint8)
    scale, thick = float(chance.uniform(0.6, 1.6)), int(chance.integers(3, 9))
    word = str(chance.choice(("SALE", "-50%", "NEW 2026", "shop.com")))
    (wide, tall), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x, y = int(chance.integers(8, shape[1] - wide - 8)), int(chance.integers(tall + 8, shape[0] - 8))
    cv2.putText(mask, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, 1, thick)
    return mask > 0


def _photographs() -> list[Pixels]:
    found = []
    for path in sorted(CATALOG.glob("plain-*.jpg")):
        with Image.open(path) as image:
            found.append(np.asarray(image.convert("RGB")))
    return found


def _fills() -> list[tuple[float, Predicted]]:
    """True and predicted errors of words that were never there, on the catalog's photographs without text."""
    chance = np.random.default_rng(5)
    found = []
    for photo in _photographs():
        for _ in range(15):
            mask = _lettering(chance, photo.shape[:2])
            for engine, radius, how in (("telea", 3, cv2.INPAINT_TELEA), ("ns", 5, cv2.INPAINT_NS)):
                after = np.asarray(cv2.inpaint(photo, mask.astype(np.uint8), radius, how), np.uint8)
                apart = np.sqrt(np.square(pieces.lab(after) - pieces.lab(photo)).sum(axis=2))
                (_, *more) = masks.crops(mask)
                if not more:
                    found.append((float(apart[mask].mean()), predicted(after, mask, engine)))
    return found


def test_the_shipped_model_keeps_its_calibration_on_photographs_that_it_never_saw() -> None:
    fills = _fills()
    truth = np.asarray([true for true, _ in fills])
    told = np.asarray([one.error for _, one in fills])
    assert len(fills) >= 80
    ranks = [np.argsort(np.argsort(values)) for values in (truth, told)]
    assert np.corrcoef(*ranks)[0, 1] >= 0.9, "the order of the errors"
    assert 0.8 <= np.median(truth / told) <= 1.25, "their size"
    assert np.mean(truth <= [one.upper for _, one in fills]) >= 0.85, "nine in ten below the bound"
