"""What the two networks are taught on: the same seed gives the same crops, and the truth is what it says."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.networks import crops, letters
from processors import lettering


def photos() -> list[crops.Bytes]:
    chance = np.random.default_rng(1)
    return [chance.integers(60, 200, (220, 260, 3), dtype=np.uint8) for _ in range(3)]


def shapes() -> list[crops.Bytes]:
    plane = np.zeros((200, 300), np.uint8)
    plane[90:100, 40:260] = 1
    return [plane]


def test_the_same_seed_gives_the_same_crops_and_another_one_others() -> None:
    first, again, other = (crops.examples(photos(), shapes(), 6, seed) for seed in (3, 3, 4))
    assert (first.before == again.before).all()
    assert (first.mask == again.mask).all()
    assert not (first.before == other.before).all()


def test_the_network_does_not_see_what_is_to_be_filled() -> None:
    drawn = crops.examples(photos(), shapes(), 6, 3)
    for index in range(len(drawn)):
        planes = crops.inputs_of(drawn.before[index], drawn.mask[index], drawn.prefill[index])
        hole = drawn.mask[index] > 0
        assert planes.shape == (8, crops.SIDE, crops.SIDE)
        assert (planes[3:6, hole] == 0).all()
        assert (planes[6] == hole).all()
        assert 0 <= planes.min() <= planes.max() <= 1


def test_masks_are_neither_empty_nor_most_of_a_crop() -> None:
    shares = crops.examples(photos(), shapes(), 24, 5).mask.mean(axis=(1, 2))
    assert crops.SHARE_MIN < shares.min() <= shares.max() < crops.SHARE_MAX


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """A set of two pictures, on photos whose hashes fall into parts 0 and 1 of 5, with a line and its neighbour."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    rows, truth = [], []
    for number, photo in enumerate(("00000000_a.jpg", "00000001_b.jpg")):
        pixels, mask = np.full((200, 400, 3), 120, np.uint8), np.zeros((200, 400), np.uint8)
        mask[90:110, 100:300:4] = mask[150:160, 100:300:4] = 255
        pixels[mask > 0] = 255
        Image.fromarray(pixels).save(tmp_path / "images" / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
        rows.append({"file": f"images/{number}.png", "source_path": f"images/{photo}"})
        polygon = [[100, 90], [300, 90], [300, 110], [100, 110]]
        lines = [{"polygon": polygon, "label": label} for label in ("overlay", "printed")]
        truth.append({"file": f"images/{number}.png", "lines": lines})
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "source_path"])
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in truth))
    return tmp_path


def test_lines_on_photos_held_out_are_not_learned_from(rendered: Path) -> None:
    held_out, learned = (letters.lines_of(rendered, (0, 5), held_out=flag) for flag in (True, False))
    assert [line.picture.name for line in held_out] == ["0.png"]
    assert [line.picture.name for line in learned] == ["1.png"]


def test_neighbouring_lines_count_neither_as_strokes_nor_as_ground(rendered: Path) -> None:
    drawn = letters.examples(letters.lines_of(rendered, (0, 5), held_out=False), 4, 1)
    assert drawn.rgb.shape == (4, letters.HEIGHT, letters.WIDTH, 3)
    for box, mask, counts in zip(drawn.box, drawn.mask, drawn.counts, strict=True):
        assert (mask & box).any()
        assert counts[(mask == 0)].all()
        assert not counts[(mask > 0) & (np.arange(letters.HEIGHT)[:, np.newaxis] > 100)].any()


def test_lines_are_learned_at_the_size_at_which_they_are_shown() -> None:
    assert letters.HEIGHT >= lettering.HEIGHT_MAX + 2 * (lettering.CONTEXT - 8)
