import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from benchmarks.rendering import fonts, overlays, palettes, pens, photos, prints, scenes, sets, stickers, texts, words
from benchmarks.rendering.scenes import Scene

COUNT = 16


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> photos.Album:
    """Six small photos of nothing in particular, in a folder without an index."""
    folder = tmp_path_factory.mktemp("photos")
    source = np.random.default_rng(0)
    for number in range(6):
        small = source.integers(40, 220, (6, 5, 3), dtype=np.uint8)
        size = [(150, 200), (200, 150), (160, 160)][number % 3]
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return photos.album(folder)


@pytest.fixture(scope="module")
def plan(album: photos.Album) -> sets.Plan:
    return sets.Plan(album, fonts.built_in(), seed=4, scripts=("Latn",))


@pytest.fixture(scope="module")
def made(plan: sets.Plan) -> list[sets.Rendered]:
    return [sets.render(plan, number) for number in range(COUNT)]


@pytest.fixture
def scene() -> Scene:
    return Scene.of(Image.new("RGB", (320, 240), (120, 120, 120)))


def test_same_seed_gives_the_same_bytes(plan: sets.Plan, made: list[sets.Rendered]) -> None:
    again = [sets.render(plan, number) for number in range(4)]
    assert [picture.data for picture in again] == [picture.data for picture in made[:4]]
    assert [sets.truth(p, "x") for p in again] == [sets.truth(p, "x") for p in made[:4]]


def test_another_seed_gives_other_pictures(album: photos.Album, made: list[sets.Rendered]) -> None:
    other = sets.Plan(album, fonts.built_in(), seed=5, scripts=("Latn",))
    assert sets.render(other, 0).data != made[0].data


def test_mask_is_what_differs_visibly_before_coding(made: list[sets.Rendered]) -> None:
    for picture in made:
        before = np.asarray(picture.scene.clean).astype(int)
        after = np.asarray(picture.scene.shown).astype(int)
        differs = np.abs(before - after).max(axis=2) > scenes.VISIBLE_LEVELS
        assert np.array_equal(picture.scene.mask() > 0, differs)


def test_clean_side_is_coded_like_the_picture_and_differs_under_the_overlay(made: list[sets.Rendered]) -> None:
    for picture in made:
        shown, clean = (Image.open(io.BytesIO(data)) for data in (picture.data, picture.clean()))
        assert (shown.format, shown.size) == (clean.format, clean.size)
        assert getattr(shown, "quantization", None) == getattr(clean, "quantization", None)
        if not picture.scene.mask().any():
            assert picture.clean() == picture.data
        elif picture.coding.format == "PNG":
            differs = np.abs(np.asarray(shown).astype(int) - np.asarray(clean).astype(int)).max(axis=2)
            assert np.array_equal(differs > scenes.VISIBLE_LEVELS, picture.scene.mask() > 0)


def test_clean_sides_are_written_where_asked_for(plan: sets.Plan, tmp_path: Path) -> None:
    made = list(sets.write(plan, 5, tmp_path, clean=True))
    laid = {Path(picture.name).stem for picture in made if picture.scene.mask().any()}
    assert {path.stem for path in (tmp_path / "clean").iterdir()} == laid
    assert laid


def test_only_pictures_with_an_overlay_have_a_mask(made: list[sets.Rendered]) -> None:
    labels = {picture.scene.label() for picture in made}
    assert {"overlay", "printed", "none"} <= labels
    for picture in made:
        assert picture.scene.mask().any() == (picture.scene.label() in {"overlay", "mixed"}), picture.name


def test_every_polygon_lies_inside_its_picture_and_has_four_corners(made: list[sets.Rendered]) -> None:
    for picture in made:
        for line in sets.truth(picture, "x")["lines"]:  # type: ignore[attr-defined]
            polygon = np.array(line["polygon"])
            assert polygon.shape == (4, 2)
            assert (polygon >= 0).all()
            assert (polygon <= (picture.scene.width, picture.scene.height)).all()
            assert line["text"]
            assert line["height_px"] > 0


def test_corners_run_clockwise_from_the_top_left_of_the_text() -> None:
    line = _written("Free").lines[0].corners
    assert _turns_right(line)
    assert line[0][0] < line[1][0]
    assert line[0][1] < line[3][1]
    # Turned upside down, the text's top left is at the lower right.
    turned = _written("Free").turned(180).lines[0].corners
    assert _turns_right(turned)
    assert turned[0][0] > turned[1][0]


@pytest.mark.parametrize("degrees", [90, 270, 13.0])
def test_turned_ink_stays_inside_its_corners(degrees: float) -> None:
    _assert_ink_inside(_written("Shot on").turned(degrees))


def test_warped_ink_stays_inside_its_corners() -> None:
    sticker = _written("Oat Milk")
    width, height = sticker.width, sticker.height
    quad = ((4.0, 9.0), (width - 7.0, 2.0), (width - 2.0, height - 6.0), (1.0, height - 1.0))
    _assert_ink_inside(sticker.warped(quad, (width, height)))


def test_what_is_printed_is_in_the_clean_picture_too(scene: Scene) -> None:
    scene.print(_written("Flakes"), (20, 20), "box")
    assert not scene.mask().any()
    assert scene.label() == "printed"
    scene.overlay(_written("SALE"), (20, 120), "badge")
    assert scene.mask().any()
    assert scene.label() == "mixed"


def test_lines_that_cannot_be_seen_or_lie_outside_are_no_truth(scene: Scene) -> None:
    scene.overlay(_written("grey", fill=(121, 121, 121)), (20, 20), "caption")
    scene.overlay(_written("half out"), (290, 100), "caption")
    scene.overlay(_written("seen"), (20, 150), "caption")
    assert [line.text for line in scene.settled().lines] == ["seen"]


def test_scaling_a_scene_scales_its_lines(scene: Scene) -> None:
    scene.overlay(_written("SALE"), (40, 60), "badge")
    half = scene.resized(160, 120)
    assert np.allclose(half.lines[0].corners * 2, scene.lines[0].corners)


def test_second_overlay_finds_no_place_on_the_first(scene: Scene) -> None:
    scene.overlay(_written("SALE"), (40, 60), "badge")
    assert not scene.free(_written("SALE"), (45, 65))
    assert scene.free(_written("SALE"), (40, 160))


def test_index_has_the_columns_of_labelled_folders(plan: sets.Plan, tmp_path: Path) -> None:
    names = [picture.name for picture in sets.write(plan, 5, tmp_path)]
    with (tmp_path / "index.csv").open(newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
    assert table.fieldnames == [
        "file", "sha256", "source_repo", "source_path", "licence", "width", "height", "mode", "format", "background",
        "category", "label", "label_source", "language", "kind", "note", "bytes",
    ]  # fmt: skip
    truths = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert [row["file"] for row in rows] == [truth["file"] for truth in truths]
    for row, name in zip(rows, names, strict=True):
        assert row["label_source"] == "rendered"
        assert row["source_repo"].startswith("rendered/")
        assert (tmp_path / row["file"]).stat().st_size == int(row["bytes"])
        with Image.open(tmp_path / row["file"]) as image:
            assert (image.width, image.height) == (int(row["width"]), int(row["height"]))
        assert (tmp_path / "masks" / f"{name}.png").exists() == (row["label"] in {"overlay", "mixed"})


def test_record_of_an_advertised_product_says_nothing_of_the_promotion(made: list[sets.Rendered]) -> None:
    for picture in made:
        if picture.scene.label() == "overlay" and picture.record:
            told = json.dumps(picture.record).casefold()
            assert not re.search(r"\d ?%|sale|shipping|shop now", told)


def test_kinds_keep_a_set_to_themselves(album: photos.Album) -> None:
    few = sets.Plan(album, fonts.built_in(), 1, ("Latn",), frozenset({"stamp"}))
    assert {sets.render(few, number).family for number in range(3)} == {"stamp"}


def test_parts_share_no_photo(tmp_path: Path) -> None:
    for number in range(12):
        Image.new("RGB", (40, 40), (number * 20, 0, 0)).save(tmp_path / f"{number}.png")
    halves = [{photo.name for photo in photos.album(tmp_path, (k, 2)).clean} for k in (0, 1)]
    assert not halves[0] & halves[1]
    assert len(halves[0] | halves[1]) == 12


def test_photos_with_text_are_no_ground_for_overlays(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(
        "file,sha256,source_path,licence,category,label\n"
        "images/plain.jpg,0a000000,a/dress/plain.jpg,CC0,fashion/dress,none\n"
        "images/read.jpg,0b000000,a/dress/read.jpg,CC0,fashion/dress,none\n"
        "images/milk.jpg,0c000000,a/milk/milk.jpg,MIT,grocery,printed\n"
    )
    region = {"polygon": [], "text": "SOUR CREAM", "score": 0.9}
    results = [
        {"path": "x/images/plain.jpg", "regions": []},
        {"path": "x/images/read.jpg", "regions": [region]},
        {"path": "x/images/milk.jpg", "regions": [region]},
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results))
    found = photos.album(tmp_path, readings=tmp_path / "results.jsonl")
    assert [photo.name for photo in found.clean] == ["images/plain.jpg"]
    assert [photo.name for photo in found.printed] == ["images/milk.jpg"]


def test_missing_font_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_fontconfig", dict)
    monkeypatch.setattr(fonts.features, "check", lambda _: True)
    with pytest.raises(fonts.FontMissingError, match=r"apt-get install .*fonts-noto-cjk") as caught:
        fonts.installed(("Hans",))
    assert "\n" not in str(caught.value)
    assert "fonts-lohit-taml" not in str(caught.value)


def test_missing_layout_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts.features, "check", lambda _: False)
    with pytest.raises(fonts.FontMissingError, match="libfribidi0"):
        fonts.installed()


def test_face_without_a_letter_is_not_taken_for_it() -> None:
    library = fonts.built_in()
    assert library.fitting("SALE", "Latn")
    assert not library.fitting("РАСПРОДАЖА", "Latn")
    with pytest.raises(LookupError, match="no font has all of"):
        pens.Pen(Random(1), library, words.LANGUAGES[0]).face("Größe")


def test_every_phrase_of_every_language_can_be_written_with_the_installed_fonts(every_font: fonts.Library) -> None:
    assert texts.writable(every_font, fonts.SCRIPTS) == words.LANGUAGES


def test_languages_without_letters_in_the_fonts_are_left_out() -> None:
    left = texts.writable(fonts.built_in(), fonts.SCRIPTS)
    assert left[0].code == "en"
    assert {language.script for language in left} == {"Latn"}


def test_complex_scripts_are_joined(every_font: fonts.Library) -> None:
    face = every_font.fitting("क्ष", "Deva")[0]
    joined = stickers.write("क्ष", "Deva", "hi", face, 60, stickers.Style())
    apart = stickers.write("क ष", "Deva", "hi", face, 60, stickers.Style())
    assert joined.width < apart.width * 0.8


def test_twelve_scripts_are_written() -> None:
    assert {language.script for language in words.LANGUAGES} == set(fonts.SCRIPTS)
    assert len(fonts.SCRIPTS) == 12


def test_the_page_names_every_kind_and_package() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rendered-sets.md").read_text()
    assert set(sets.KINDS) <= set(re.findall(r"`(\w+)`", page))
    assert set(fonts.packages()) <= set(re.findall(r"[\w-]+", page))
    assert f"Languages: {len(words.LANGUAGES)}" in page


def test_every_kind_of_overlay_leaves_a_trace(plan: sets.Plan) -> None:
    for kind, (recipe, _) in overlays.RECIPES.items():
        scene = Scene.of(_pale())
        recipe(Random(3), scene, plan.languages[0], plan.library)
        assert scene.settled().label() == "overlay", kind
        assert scene.mask().any(), kind


def test_every_kind_of_print_leaves_the_clean_picture_as_it_is(plan: sets.Plan) -> None:
    for kind in prints.MAKERS:
        scene = prints.make(Random(8), kind, (240, 240), plan.languages[0], plan.library, plan.album).settled()
        assert scene.label() == "printed", kind
        assert not scene.mask().any(), kind


@pytest.fixture(scope="module")
def every_font() -> Iterator[fonts.Library]:
    try:
        yield fonts.installed()
    except fonts.FontMissingError as error:
        pytest.skip(str(error))


def _pale() -> Image.Image:
    return Image.new("RGB", (360, 300), palettes.PALE[0])


def _written(text: str, fill: stickers.Color = (255, 255, 255)) -> stickers.Sticker:
    face = fonts.built_in().faces[0]
    return stickers.write(text, "Latn", "en", face, 30, stickers.Style(fill))


def _turns_right(corners: stickers.Points) -> bool:
    x, y = corners[:, 0], corners[:, 1]
    return bool(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)) > 0)


def _assert_ink_inside(sticker: stickers.Sticker) -> None:
    """Of the ink, nothing may lie more than two pixels outside the corners."""
    rows, columns = np.nonzero(np.asarray(sticker.image.getchannel("A")) > 40)
    corners = sticker.lines[0].corners
    for here, there in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge = (there - here) / np.linalg.norm(there - here)
        away = edge[0] * (rows + 0.5 - here[1]) - edge[1] * (columns + 0.5 - here[0])
        assert away.min() > -2
