"""The training of the risk model: what a labelled picture says of its lines; what is written is what was learned."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from benchmarks.training import examples
from benchmarks.training.examples import Example, Reading
from processors import features, risk
from processors.features import NAMES
from processors.judging import Label, TrueLine
from processors.regions import Polygon, TextLine
from processors.risk import RiskModel
from streams.labelled import LabelledPicture
from tests import picture_files

SIZE = (160, 120)
ABOVE: Polygon = ((10, 10), (110, 10), (110, 30), (10, 30))
BELOW: Polygon = ((10, 80), (110, 80), (110, 100), (10, 100))
ASIDE: Polygon = ((120, 40), (150, 40), (150, 60), (120, 60))


def read(*lines: tuple[str, Polygon]) -> Reading:
    return Reading("0" * 64, tuple(TextLine(polygon, text, 0.95, 0.8) for text, polygon in lines))


def labelled(
    folder: Path, label: Label, lines: Sequence[TrueLine] | None = None, *, rendered: bool = False, turned: int = 1
) -> LabelledPicture:
    path = folder / "a.png"
    noise = np.random.default_rng(3).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    path.write_bytes(picture_files.saved(Image.fromarray(noise), "PNG", exif=picture_files.exif(turned)))
    known = None if lines is None else tuple(lines)
    return LabelledPicture(path, "a.png", label, "", "", "", "shop-1", rendered, max(SIZE), known)


def truth(picture: LabelledPicture, reading: Reading, *, weak: bool = False) -> list[int]:
    return examples.example(picture, reading, weak=weak).truth.tolist()


TWO = read(("SALE", ABOVE), ("GREEN TEA", BELOW))


@pytest.mark.parametrize(("label", "said"), [("none", 0), ("printed", 0), ("overlay", 1), ("mixed", -1)])
def test_lines_that_nobody_wrote_down_have_the_label_of_their_picture(tmp_path: Path, label: Label, said: int) -> None:
    assert truth(labelled(tmp_path, label), TWO) == [said, said]


def test_lines_that_are_known_have_their_own_label(tmp_path: Path) -> None:
    known = [TrueLine(ABOVE, "overlay"), TrueLine(BELOW, "printed")]
    assert truth(labelled(tmp_path, "mixed", known), TWO) == [1, 0]


@pytest.mark.parametrize(("label", "said"), [("overlay", -1), ("mixed", -1), ("printed", 0)])
def test_a_line_beside_the_known_ones_is_print_only_where_all_is(tmp_path: Path, label: Label, said: int) -> None:
    known = [TrueLine(ABOVE, "printed" if label == "printed" else "overlay")]
    assert truth(labelled(tmp_path, label, known), read(("x", ASIDE))) == [said]


def test_a_part_of_a_known_line_is_that_line_and_a_touch_is_not(tmp_path: Path) -> None:
    known = [TrueLine(ABOVE, "overlay")]
    half: Polygon = ((10, 10), (60, 10), (60, 30), (10, 30))
    touching: Polygon = ((100, 28), (160, 28), (160, 60), (100, 60))
    assert truth(labelled(tmp_path, "overlay", known), read(("SA", half), ("x", touching))) == [1, -1]


def test_labels_of_a_turned_file_are_those_of_the_stored_picture(tmp_path: Path) -> None:
    # Stored as it was shot, shown upside down: what is read at the bottom was labelled at the top.
    known = [TrueLine(ABOVE, "overlay"), TrueLine(BELOW, "printed")]
    width, height = SIZE
    turned: Polygon = tuple((width - x, height - y) for x, y in ABOVE)
    assert truth(labelled(tmp_path, "mixed", known, turned=3), read(("SALE", turned))) == [1]


def test_of_weak_photographs_only_a_sure_stamp_in_a_corner_is_an_overlay(tmp_path: Path) -> None:
    corner: Polygon = ((4, 110), (90, 110), (90, 117), (4, 117))
    reading = read(("REDMI NOTE 8 PRO", corner), ("REDMI NOTE 8 PRO", ABOVE), ("BLACK FRIDAY", BELOW))
    assert truth(labelled(tmp_path, "none"), reading, weak=True) == [1, 0, 0]


def test_a_page_of_text_weighs_less_a_line_and_a_real_labelled_picture_most(tmp_path: Path) -> None:
    one, two = read(("SALE", ABOVE)), TWO
    single = examples.example(labelled(tmp_path, "overlay"), one, weak=False)
    page = examples.example(labelled(tmp_path, "overlay"), two, weak=False)
    made = examples.example(labelled(tmp_path, "overlay", rendered=True), one, weak=False)
    assert (single.weight, made.weight) == (4.0, 0.5)
    assert single.weight < 2 * page.weight < 2 * single.weight


def test_a_picture_without_lines_is_an_example_without_rows(tmp_path: Path) -> None:
    found = examples.example(labelled(tmp_path, "none"), read(), weak=False)
    assert (len(found.truth), len(found.seen.table)) == (0, 0)


def test_readings_are_kept_line_by_line(tmp_path: Path) -> None:
    kept = tmp_path / "readings.jsonl"
    assert list(examples._kept(kept)) == []
    kept.write_bytes(msgspec.json.encode(TWO) + b"\n")
    assert list(examples._kept(kept)) == [TWO]


# ------------------------------------------------------- with LightGBM, which no environment of ours has


@pytest.fixture
def told(tmp_path: Path) -> list[Example]:
    """Enough pictures to learn that what stands above is an overlay."""
    chance = np.random.default_rng(9)
    made = []
    for number in range(90):
        lines = [TrueLine(ABOVE, "overlay"), TrueLine(BELOW, "printed")]
        picture = labelled(tmp_path, "mixed", lines)
        shift = chance.uniform(-3, 3, 2)
        moved = [tuple((x + shift[0], y + shift[1]) for x, y in polygon) for polygon in (ABOVE, BELOW)]
        reading = read(("SALE 50% OFF", moved[0]), ("GREEN TEA", moved[1]))
        made.append(examples.example(dataclasses.replace(picture, source=f"shop-{number}"), reading, weak=False))
    return made


def learnt(told: list[Example]) -> tuple[Any, RiskModel]:
    pytest.importorskip("lightgbm", reason="LightGBM is for training alone; see docs/risk.md")
    pytest.importorskip("scipy", reason="SciPy is for training alone; see docs/risk.md")
    from benchmarks.training import learning

    learned = learning.learn(told)
    return learned, risk.decode(msgspec.json.encode(learning.document(learned, "a test")))


def test_the_written_model_has_the_risks_of_the_learned_one(told: list[Example]) -> None:
    learned, model = learnt(told)
    from benchmarks.training import learning

    assert learning.difference(model, learned, told) < 1e-6
    above, below = model.risks(told[0].seen)
    assert above < below


def test_a_louder_line_never_has_a_higher_risk_with_or_without_neighbours(told: list[Example]) -> None:
    _, model = learnt(told)
    rising = [NAMES.index(f"says_{kind}") for kind in ("promo", "percent", "camera_stamp")]
    for one in told[:20]:
        alone = features.Seen(one.seen.lines[:1], one.seen.boxes[:1], one.seen.found[:1], one.seen.table[:1])
        for seen in (one.seen, alone):
            table = seen.table.copy()
            table[:, rising] = 0
            quiet = dataclasses.replace(seen, table=table.copy())
            table[0, rising] = 2
            loud = dataclasses.replace(seen, table=table)
            assert model.risks(loud)[0] <= model.risks(quiet)[0] + 1e-9
