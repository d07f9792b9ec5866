"""The learned risk: what is no model is refused, the arithmetic is as described, clear cases come out clear."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from infra import risk_file
from infra.settings import RiskSettings
from processors import features, risk
from processors.features import NAMES, Seen
from processors.pictures import Pixels
from processors.regions import TextLine
from processors.risk import AGAIN, AROUND, ODDS_MAX, Document, RiskModel, RiskModelError, Trees

SHIPPED = risk_file.read(RiskSettings())
Words = tuple[str, int, int, float, tuple[int, int, int]]


def trees(columns: int, count: int = 5, depth: int = 3, seed: int = 0) -> Trees:
    """Complete trees made by chance."""
    chance = np.random.default_rng(seed)
    inner, leaves = 2**depth - 1, 2**depth
    return Trees(
        depth,
        tuple(tuple(row) for row in chance.integers(0, columns, (count, inner)).tolist()),
        tuple(tuple(row) for row in chance.normal(0, 1, (count, inner)).round(2).tolist()),
        tuple(tuple(row) for row in chance.normal(0, 0.6, (count, leaves)).round(3).tolist()),
    )


def document(**changes: Any) -> Document:
    made = Document(
        features_version=features.VERSION,
        names=NAMES,
        alone=trees(len(NAMES)),
        together=trees(len(AROUND) + len(AGAIN), count=4, depth=2, seed=1),
        calibration=(0.9, 0.7, 0.2),
        trained_on="nothing: a test",
    )
    return msgspec.structs.replace(made, **changes)


def model(**changes: Any) -> RiskModel:
    return risk.decode(msgspec.json.encode(document(**changes)))


def written(ground: Pixels, *words: Words) -> Seen:
    """Measure words that are drawn at a base line, read without a mistake."""
    rgb, lines = ground.copy(), []
    for text, x, y, size, colour in words:
        cv2.putText(rgb, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1 + (size > 0.7), cv2.LINE_AA)
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        left, top, right, bottom = x - 2, y - height - 3, x + width + 2, y + 4
        lines.append(TextLine(((left, top), (right, top), (right, bottom), (left, bottom)), text, 0.97, 0.8))
    return features.see(tuple(lines), rgb)


def cloth() -> Pixels:
    """A textured ground all over the picture, as in a photograph of a garment."""
    noise = np.random.default_rng(5).integers(0, 256, (600, 450, 3), dtype=np.uint8)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), dtype=np.float64)
    return ((soft - 128) * 3 + 110).clip(0, 255).astype(np.uint8)


def pack() -> Pixels:
    """A shaded green pack on white."""
    rgb = np.full((600, 450, 3), 248, dtype=np.uint8)
    shade = np.linspace(1.0, 0.7, 450)[:, np.newaxis, np.newaxis]
    rgb[90:540, 110:340] = (shade * np.array([40, 110, 70])).astype(np.uint8)
    return rgb


WHITE = (255, 255, 255)
STAMP: tuple[Words, ...] = (
    ("REDMI NOTE 8 PRO", 14, 566, 0.5, WHITE),
    ("AI QUAD CAMERA", 14, 588, 0.45, WHITE),
)
PRINT: tuple[Words, ...] = (
    ("GREEN TEA", 140, 200, 0.9, WHITE),
    ("organic leaves", 140, 240, 0.6, WHITE),
    ("INGREDIENTS: TEA", 140, 460, 0.45, WHITE),
    ("NET WT 100 g", 150, 500, 0.5, WHITE),
)


def scenes() -> Iterator[Seen]:
    """Words by chance at places by chance, on several grounds."""
    chance = np.random.default_rng(11)
    said = (
        "GREEN TEA",
        "BLACK FRIDAY",
        "50% OFF",
        "Galaxy A50",
        "Summer in the garden",
        "NET WT 100 g",
        "x",
        "12345678",
    )
    for ground in (cloth(), pack(), np.full((400, 400, 3), 245, dtype=np.uint8)):
        for count in (1, 2, 3, 6):
            yield written(
                ground,
                *(
                    (said[chance.integers(len(said))], int(x), int(y), float(size), WHITE if x % 2 else (30, 30, 30))
                    for x, y, size in zip(
                        chance.integers(0, 300, count),
                        chance.integers(20, 400, count),
                        chance.uniform(0.3, 1.2, count),
                        strict=True,
                    )
                ),
            )


# ------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("data", [b"", b"{}", b"[1", b"\xff", b'{"names": []}'])
def test_another_file_is_no_risk_model(data: bytes) -> None:
    with pytest.raises(RiskModelError, match="not a risk model"):
        risk.decode(data)


def test_a_field_that_nobody_knows_is_refused() -> None:
    with pytest.raises(RiskModelError, match="unknown field"):
        risk.decode(msgspec.json.encode({**msgspec.to_builtins(document()), "more": 1}))


@pytest.mark.parametrize(
    "changes",
    [{"features_version": features.VERSION + 1}, {"names": NAMES[:-1]}, {"names": (NAMES[1], NAMES[0], *NAMES[2:])}],
)
def test_a_model_of_other_features_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RiskModelError, match="trained on other features"):
        model(**changes)


@pytest.mark.parametrize("calibration", [(-0.1, 0.7, 0.0), (0.9, -0.1, 0.0)])
def test_a_calibration_that_turns_the_order_round_is_refused(calibration: tuple[float, float, float]) -> None:
    with pytest.raises(RiskModelError, match="not monotone"):
        model(calibration=calibration)


def _short_leaf(given: Trees) -> Trees:
    return msgspec.structs.replace(given, leaf=(given.leaf[0][:-1], *given.leaf[1:]))


def _one_threshold_too_many(given: Trees) -> Trees:
    return msgspec.structs.replace(given, threshold=(*given.threshold, given.threshold[0]))


def _wrong_depth(given: Trees) -> Trees:
    return msgspec.structs.replace(given, depth=given.depth + 1)


def _none(given: Trees) -> Trees:
    return Trees(given.depth, (), (), ())


@pytest.mark.parametrize("broken", [_short_leaf, _one_threshold_too_many, _wrong_depth, _none])
@pytest.mark.parametrize("part", ["alone", "together"])
def test_trees_that_are_not_complete_are_refused(part: str, broken: Any) -> None:
    with pytest.raises(RiskModelError, match="not complete trees of depth"):
        model(**{part: broken(getattr(document(), part))})


@pytest.mark.parametrize(("part", "columns"), [("alone", len(NAMES)), ("together", len(AROUND) + len(AGAIN))])
@pytest.mark.parametrize("column", [-1, 1000])
def test_a_feature_that_there_is_not_is_refused(part: str, columns: int, column: int) -> None:
    given: Trees = getattr(document(), part)
    wrong = msgspec.structs.replace(given, feature=((column, *given.feature[0][1:]), *given.feature[1:]))
    with pytest.raises(RiskModelError, match=f"a feature that there is not among {columns}"):
        model(**{part: wrong})


def test_the_last_column_is_one_and_the_next_is_not() -> None:
    last = len(NAMES) - 1
    assert model(alone=Trees(1, ((last,),), ((0.0,),), ((-1.0, 1.0),)))
    with pytest.raises(RiskModelError, match="that there is not"):
        model(alone=Trees(1, ((last + 1,),), ((0.0,),), ((-1.0, 1.0),)))


@pytest.mark.parametrize("part", ["leaf", "threshold"])
def test_a_number_that_is_none_is_no_model(part: str) -> None:
    # JSON has no NaN and no infinity; what stands for them elsewhere is no number here.
    text = msgspec.json.encode(document()).decode()
    given = str(getattr(document().alone, part)[0][0])
    for wrong in ("NaN", "1e999", "null"):
        with pytest.raises(RiskModelError, match="not a risk model"):
            risk.decode(text.replace(given, wrong, 1).encode())


# -------------------------------------------------------------------------------------------------- the arithmetic


def slow_risks(given: Document, seen: Seen) -> list[float]:
    """The same by the words of the module, line by line and node by node."""
    first = [_bounded(_walked(given.alone, row)) for row in seen.table.tolist()]
    said = []
    for index in range(len(seen.lines)):
        row = [*_around(seen, first, index), *(float(seen.column(name)[index]) for name in AGAIN)]
        overlay = 1 / (1 + math.exp(-_bounded(_walked(given.together, row))))
        a, b, c = given.calibration
        odds = _bounded(a * math.log(overlay) - b * math.log(1 - overlay) + c)
        said.append(1 - 1 / (1 + math.exp(-odds)))
    return said


def _walked(given: Trees, row: Sequence[float]) -> float:
    total = 0.0
    for feature, threshold, leaf in zip(given.feature, given.threshold, given.leaf, strict=True):
        node = 0
        while node < len(feature):
            node = 2 * node + (2 if row[feature[node]] > threshold[node] else 1)
        total += leaf[node - len(feature)]
    return total


def _bounded(odds: float) -> float:
    return max(-ODDS_MAX, min(ODDS_MAX, odds))


def _around(seen: Seen, odds: Sequence[float], index: int) -> list[float]:
    own, box = odds[index], seen.boxes[index]
    others = [
        (other, odds[number])
        for number, (line, other) in enumerate(zip(seen.lines, seen.boxes, strict=True))
        if number != index and features.is_counted(line, other)
    ]
    if not others:
        return [own, own, own, own, 0, own, 0]
    said = [each for _, each in others]
    weights = [
        math.exp(-features.gap(box, other) / 2) * min(box.height, other.height) / max(box.height, other.height)
        for other, _ in others
    ]
    total = sum(weights)
    near = sum(w * each for w, each in zip(weights, said, strict=True)) / total if total > 0.05 else own
    return [own, sum(said) / len(said), max(said), min(said), len(said), near, min(3, total)]


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("calibration", [(0.9, 0.7, 0.2), (6.0, 5.0, -1.0)])
def test_the_risks_are_those_of_a_slow_evaluation(number: int, calibration: tuple[float, float, float]) -> None:
    seen = list(scenes())[number]
    given = document(calibration=calibration)
    found = risk.decode(msgspec.json.encode(given)).risks(seen)
    assert found == pytest.approx(slow_risks(given, seen), abs=1e-9)


def test_a_value_on_a_threshold_goes_left() -> None:
    seen = written(pack(), *PRINT[:1])
    assert seen.column("lines")[0] == np.float32(np.log(2))
    column, exactly = NAMES.index("score"), float(seen.column("score")[0])
    own = Trees(1, ((0,),), ((0.0,),), ((-1.0, 1.0),))
    left = model(alone=Trees(1, ((column,),), ((exactly,),), ((-1.0, 1.0),)), together=own)
    right = model(alone=Trees(1, ((column,),), ((exactly - 1e-3,),), ((-1.0, 1.0),)), together=own)
    assert left.risks(seen)[0] > right.risks(seen)[0]


def test_without_lines_there_are_no_risks() -> None:
    assert model().risks(features.see((), pack())).shape == (0,)


def test_risks_are_probabilities_exclusive_of_both_ends_however_sure_the_trees_are() -> None:
    sure = Trees(1, ((0,),), ((0.0,),), ((-1e6, 1e6),))
    for seen in scenes():
        for calibration in ((1.0, 1.0, 0.0), (450.0, 300.0, -50.0)):
            risks = model(alone=sure, together=sure, calibration=calibration).risks(seen)
            assert ((risks >= 0.99e-4) & (risks <= 1 - 0.99e-4)).all()
        assert ((SHIPPED.risks(seen) > 0) & (SHIPPED.risks(seen) < 1)).all()


def test_the_order_of_the_lines_makes_no_difference() -> None:
    words = (*PRINT, *STAMP)
    there, back = (SHIPPED.risks(written(pack(), *some)) for some in (words, tuple(reversed(words))))
    assert there == pytest.approx(back[::-1], abs=1e-12)


def test_the_same_picture_has_the_same_risks() -> None:
    one, two = (SHIPPED.risks(written(pack(), *PRINT)) for _ in range(2))
    assert np.array_equal(one, two)


def test_the_digest_is_that_of_the_bytes() -> None:
    data = msgspec.json.encode(document())
    assert risk.decode(data).digest == risk.decode(data).digest
    assert len(risk.decode(data).digest) == 64
    assert risk.decode(data + b"\n").digest != risk.decode(data).digest


def test_what_the_second_round_is_trained_on_is_what_it_is_asked() -> None:
    seen = written(pack(), *PRINT)
    odds = np.linspace(-1, 1, len(PRINT))
    table = risk.second_table(seen, odds)
    assert table.shape == (len(PRINT), len(AROUND) + len(AGAIN))
    assert table[:, : len(AROUND)] == pytest.approx(risk.around(seen, odds), abs=1e-6)
    assert table[:, len(AROUND)] == pytest.approx(seen.column(AGAIN[0]))


def test_a_line_that_was_hardly_read_is_no_neighbour() -> None:
    seen = written(pack(), *PRINT[:2])
    poor = dataclasses.replace(seen, lines=(seen.lines[0], dataclasses.replace(seen.lines[1], score=0.2)))
    number = AROUND.index("number")
    odds = np.array([-1.0, 1.0])
    assert risk.around(seen, odds)[0][number] == 1
    assert risk.around(poor, odds)[0][number] == 0
    assert risk.around(poor, odds)[1][number] == 1


# -------------------------------------------------------------------------------------------------- the shipped one


def test_the_shipped_model_is_read_and_fits_the_features() -> None:
    assert isinstance(SHIPPED, RiskModel)
    assert len(SHIPPED.digest) == 64


def test_a_stamp_in_a_corner_of_cloth_has_a_low_risk_and_print_on_a_pack_a_high_one() -> None:
    stamp, label = SHIPPED.risks(written(cloth(), *STAMP)), SHIPPED.risks(written(pack(), *PRINT))
    assert stamp.max() < 0.25
    assert label.min() > 0.6


def test_a_stamp_owes_nothing_to_the_print_beside_it() -> None:
    alone = SHIPPED.risks(written(pack(), *STAMP))
    beside = SHIPPED.risks(written(pack(), *PRINT, *STAMP))
    assert beside[: len(PRINT)].min() > 0.6
    assert beside[len(PRINT) :].max() < 0.25
    assert np.allclose(beside[len(PRINT) :], alone, atol=0.15)


@pytest.mark.parametrize("word", ["promo", "percent", "shipping", "call_to_action", "launch", "camera_stamp", "url"])
def test_a_strong_word_of_an_overlay_never_raises_the_risk_of_its_line(word: str) -> None:
    column = NAMES.index(f"says_{word}")
    for seen in scenes():
        before = SHIPPED.risks(seen)
        for row in range(len(seen.lines)):
            louder = seen.table.copy()
            louder[row, column] = 2
            after = SHIPPED.risks(dataclasses.replace(seen, table=louder))
            assert after[row] <= before[row] + 1e-9


# ---------------------------------------------------------------------------------------------------------- the file


def test_an_operators_own_model_is_read_instead(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(msgspec.json.encode(document()))
    own = risk_file.read(RiskSettings(str(path)))
    assert own.digest == risk.decode(path.read_bytes()).digest != SHIPPED.digest


def test_a_file_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    with pytest.raises(RiskModelError, match=r"own\.json: .*No such file"):
        risk_file.read(RiskSettings(str(path)))
    path.write_bytes(msgspec.json.encode(document(names=())))
    with pytest.raises(RiskModelError, match=r"own\.json: .*other features"):
        risk_file.read(RiskSettings(str(path)))
