"""The path of one picture: what is decided, what is changed, and that nothing else is."""

import asyncio
import dataclasses
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from infra import error_file, jpegs, settings
from processors import decoding, engines, marking, masks, patches, policies, quality, routing, views
from processors.errors import RefusedImageError
from processors.pictures import Mask, Picture, Pixels
from processors.thresholds import Thresholds
from streams.cleaning import Cleaned, Edited
from streams.standing import Standing
from tests import fakes, picture_files

HEIGHT, WIDTH = 64, 160


def clean(data: bytes, **parts: Any) -> Cleaned:
    return asyncio.run(fakes.picture_cleaner(**parts).clean(data))


def clean_with(data: bytes, mask: bytes) -> Edited:
    return asyncio.run(fakes.picture_cleaner().clean_with(data, mask))


def pillow(data: bytes) -> Pixels:
    """Decoded by Pillow alone: palette indices for palette pictures, else samples."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def mask_of(edited: Edited) -> Mask:
    return np.asarray(pillow(edited.mask_png) > 0)


def edited(data: bytes) -> Edited:
    found = clean(data).edited
    assert found is not None
    return found


# ----------------------------------------------------------------------------------------------------- deciding


@dataclasses.dataclass
class Rumours:
    """Marks that answers with 1, 2, 3 … for the lines, and remembers what it was asked."""

    asked: list[Any] = dataclasses.field(default_factory=list)

    def repeats(self, *asked: Any) -> tuple[int, ...]:
        self.asked.append(asked)
        return tuple(range(1, len(asked[1]) + 1))


def clean_for(merchant: str | None, marks: Rumours, data: bytes) -> Cleaned:
    context = routing.Context(merchant_id=merchant, image_id="dress")
    return asyncio.run(fakes.picture_cleaner(marks=marks).clean(data, context))


def test_each_line_learns_how_often_it_is_repeated() -> None:
    marks = Rumours()
    cleaned = clean_for("shop", marks, fakes.written_png("remove", "keep"))
    assert [(region.text, region.repeats) for region in cleaned.regions] == [("remove", 1), ("keep", 2)]
    ((merchant, lines, size, image, pixels),) = marks.asked
    assert (merchant, [line.text for line in lines], size, image) == (
        "shop",
        ["remove", "keep"],
        (WIDTH, HEIGHT),
        "dress",
    )
    assert pixels == cleaned.picture.pixels_sha256


def test_marks_are_looked_up_where_they_stand_on_the_upright_picture() -> None:
    marks = Rumours()
    turned = picture_files.saved(Image.fromarray(fakes.scene(["keep"])), "PNG", exif=picture_files.exif(6))
    cleaned = clean_for("shop", marks, turned)
    assert cleaned.picture.orientation == 6
    assert marks.asked[0][2] == (HEIGHT, WIDTH)
    assert cleaned.regions[0].polygon != marks.asked[0][1][0].polygon


def test_without_a_merchant_or_without_marks_nothing_is_repeated() -> None:
    marks = Rumours()
    data = fakes.written_png("remove", "keep")
    unnamed = clean_for(None, marks, data)
    unheard = asyncio.run(fakes.picture_cleaner().clean(data, routing.Context(merchant_id="shop")))
    assert marks.asked == []
    assert [region.repeats for region in (*unnamed.regions, *unheard.regions)] == [0] * 4


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((), "kept"),
        (("keep",), "kept"),
        (("remove",), "cleaned"),
        (("remove", "keep"), "cleaned"),
        (("ask",), "proposed"),
        (("remove", "ask"), "proposed"),
    ],
)
def test_each_decision_has_its_kind(words: tuple[str, ...], kind: str) -> None:
    cleaned = clean(fakes.written_png(*words))
    assert cleaned.kind == kind
    assert (cleaned.edited is None) == (kind == "kept")
    assert cleaned.models == (fakes.MODEL,)
    assert {region.text for region in cleaned.regions} == set(words)


def test_the_same_bytes_give_the_same_edit() -> None:
    one, two = (edited(fakes.written_png("remove")) for _ in range(2))
    assert dataclasses.asdict(one) == dataclasses.asdict(two)


def test_a_kept_line_is_not_in_the_mask() -> None:
    data = fakes.written_png("remove", "keep")
    mask = mask_of(edited(data))
    assert not (mask & fakes.ink(pillow(data), "keep")).any()
    assert mask[fakes.ink(pillow(data), "remove")].all()


def test_the_ink_is_gone_from_the_result() -> None:
    assert not fakes.ink(pillow(edited(fakes.written_png("remove")).result), "remove").any()


def test_a_file_that_cannot_be_edited_exactly_is_asked_about_and_never_edited() -> None:
    cleaned = clean(fakes.uneditable_png())
    assert (cleaned.kind, cleaned.ruling.verdict, cleaned.edited) == ("proposed", "ask", None)
    assert cleaned.ruling.reason == "palette_overrun"


@pytest.mark.parametrize("word", ["remove", "ask"])
def test_a_picture_for_a_marketplace_without_a_policy_is_asked_about_with_the_edit_as_a_proposal(word: str) -> None:
    elsewhere = routing.Context(marketplace="elsewhere")
    cleaned = asyncio.run(fakes.picture_cleaner().clean(fakes.written_png(word), elsewhere))
    assert (cleaned.kind, cleaned.ruling.verdict, cleaned.ruling.reason) == ("proposed", "ask", "unknown_policy")
    assert cleaned.ruling.why == "no policy is called 'elsewhere'; there are default, google, amazon, ebay"
    assert cleaned.edited is not None


def test_a_picture_without_overlays_needs_no_policy() -> None:
    elsewhere = routing.Context(marketplace="elsewhere")
    assert asyncio.run(fakes.picture_cleaner().clean(fakes.written_png("keep"), elsewhere)).kind == "kept"


class Listening(fakes.DecideAsWritten):
    """Remembers what was known of each picture; its version follows what the policy wants."""

    def __init__(self) -> None:
        self.asked: list[routing.Context] = []

    def __call__(
        self, lines: Any, rgb: Any, policy: routing.Policy, context: routing.Context = routing.NOTHING_KNOWN
    ) -> routing.Decision:
        self.asked.append(context)
        return super().__call__(lines, rgb, policy, context)

    def version(self, policy: routing.Policy, actions: policies.Actions) -> str:
        return actions.digest


def test_the_decision_knows_what_the_policy_of_marketplace_and_role_wants() -> None:
    decide = Listening()
    cleaner = fakes.picture_cleaner(decide=decide)
    for role in ("main", "additional"):
        asyncio.run(cleaner.clean(fakes.written_png("keep"), routing.Context(marketplace="amazon", role=role)))
    assert [context.actions.action("callout") for context in decide.asked] == ["remove", "keep"]


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(RefusedImageError):
        clean(fakes.written_png("remove")[:200])


def test_an_edit_of_bad_quality_is_only_proposed() -> None:
    cleaned = clean(fakes.written_png("remove"), inpainter=fakes.FakeInpainter((255, 0, 255)))
    assert (cleaned.kind, cleaned.ruling.verdict) == ("proposed", "ask")
    assert cleaned.ruling.reason.startswith("quality_")
    assert cleaned.edited is not None


def test_letters_that_are_found_again_are_told_and_asked_about() -> None:
    left = clean(fakes.written_png("remove"), inpainter=fakes.FakeInpainter((0, 0, 0)))
    assert left.edited is not None
    assert left.edited.metrics["residual_text"] > 0.9
    assert left.kind == "proposed"
    assert "residual_text" in left.ruling.why


def test_a_line_that_stays_is_no_residue_of_the_one_beside_it() -> None:
    assert edited(fakes.written_png("remove", "keep")).metrics["residual_text"] == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_read_again_upright(orientation: int) -> None:
    stored = views.Placement(orientation, WIDTH, HEIGHT).samples_to_stored(fakes.scene(["remove"]))
    data = picture_files.saved(Image.fromarray(stored), "PNG", exif=picture_files.exif(orientation))
    found = clean(data, inpainter=fakes.FakeInpainter((0, 0, 0))).edited
    assert found is not None
    assert found.metrics["residual_text"] > 0.9


def test_every_fill_says_how_far_off_it_probably_is_and_the_edit_how_far_the_worst() -> None:
    found = edited(fakes.written_png("remove"))
    errors = [fill.predicted_error for fill in found.fills]
    assert errors
    assert all(error is not None for error in errors)
    assert found.metrics["predicted_error"] in errors
    assert found.metrics["predicted_error_upper"] >= found.metrics["predicted_error"]


def test_every_metric_of_the_table_is_told_of_every_edit() -> None:
    found = edited(fakes.written_png("remove"))
    assert set(found.metrics) == {metric.name for metric in quality.METRICS}
    assert set(clean_with(fakes.written_png("ask"), fakes.drawn_mask()).metrics) == set(found.metrics)


class Blind(fakes.FakeStrokes):
    """Sees nothing anywhere."""

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        return np.zeros(box.shape, np.uint8)


def test_strokes_that_cannot_be_told_from_what_is_behind_are_only_proposed() -> None:
    cleaned = clean(fakes.written_png("remove"), stroke_finder=Blind())
    assert (cleaned.kind, cleaned.ruling.reason) == ("proposed", "strokes_unclear")
    assert "none_found" in cleaned.ruling.why
    assert cleaned.edited is not None


class Greedy(fakes.FakeStrokes):
    """Takes everything it is shown for strokes."""

    async def probability(self, crop: Pixels, box: Mask) -> Pixels:
        return np.full(box.shape, 255, np.uint8)


def test_an_edit_that_would_touch_a_line_that_stays_is_only_proposed() -> None:
    cleaned = clean(fakes.written_png("remove", "keep"), stroke_finder=Greedy())
    assert (cleaned.kind, cleaned.ruling.reason) == ("proposed", "strokes_on_kept_text")


# ---------------------------------------------------------------------------------------------------- untouched


def _rgba(alpha: int) -> Image.Image:
    pixels = np.dstack((fakes.scene(["remove"]), np.full((HEIGHT, WIDTH), alpha, np.uint8)))
    pixels[:8, :8, 3] = 0
    return Image.fromarray(pixels)


def _gray() -> Pixels:
    return np.ascontiguousarray(fakes.scene(["remove"])[..., 0])


def _la() -> Image.Image:
    alpha = np.full((HEIGHT, WIDTH), 200, np.uint8)
    alpha[:8, :8] = 0
    return Image.merge("LA", (Image.fromarray(_gray()), Image.fromarray(alpha)))


FILES = {
    "PNG": fakes.written_png("remove"),
    "WebP": picture_files.saved(Image.fromarray(fakes.scene(["remove"])), "WEBP", lossless=True, exact=True),
    "RGBA": picture_files.saved(_rgba(180), "PNG"),
    "RGBA WebP": picture_files.saved(_rgba(255), "WEBP", lossless=True, exact=True),
    "L": picture_files.saved(Image.fromarray(_gray()), "PNG"),
    "LA": picture_files.saved(_la(), "PNG"),
    "palette": picture_files.saved(Image.fromarray(fakes.scene(["remove"])).quantize(64), "PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_pixels_outside_the_mask_are_bit_for_bit_the_same(name: str) -> None:
    before, found = pillow(FILES[name]), edited(FILES[name])
    after, mask = pillow(found.result), mask_of(found)
    assert before.shape == after.shape
    assert np.array_equal(before[~mask], after[~mask])
    assert (before[mask] != after[mask]).any()


@pytest.mark.parametrize("name", ["RGBA", "RGBA WebP", "LA"])
def test_transparency_stays_inside_the_mask_too(name: str) -> None:
    before, after = pillow(FILES[name]), pillow(edited(FILES[name]).result)
    assert np.array_equal(before[..., -1], after[..., -1])


@pytest.mark.parametrize("name", FILES)
def test_the_patch_brings_the_original_pixels_back_exactly(name: str) -> None:
    data = FILES[name]
    found, before = edited(data), decoding.decode(data)
    patch = patches.read(found.patch)
    assert isinstance(patch, patches.Patch)
    after = patch.apply(before)
    assert patches.pixels_sha256(after) == found.result_pixels_sha256
    assert np.array_equal(patch.revert(after).pixels, before.pixels)


JPEG = picture_files.saved(Image.fromarray(fakes.scene(["remove"])), "JPEG", quality=92)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_the_patch_of_a_jpeg_brings_the_files_own_bytes_back(mode: str) -> None:
    data = picture_files.saved(Image.fromarray(fakes.scene(["remove"])).convert(mode), "JPEG", quality=92)
    found = edited(data)
    patch = patches.read(found.patch)
    assert isinstance(patch, patches.BlockPatch)
    assert jpegs.apply(patch, data) == found.result
    assert jpegs.revert(patch, found.result) == data


def test_figures_and_digest_of_a_jpeg_speak_of_the_file_that_is_given_away() -> None:
    found = edited(JPEG)
    shown, mask = decoding.decode(found.result), mask_of(found)
    assert found.result_pixels_sha256 == patches.pixels_sha256(shown)
    model = error_file.read(settings.QualitySettings())
    engines_used = [fill.engine for fill in found.fills]
    assessed = quality.assess(shown.pixels, mask, masks.crops(mask), engines_used, model)
    assert found.metrics == {**assessed.metrics, "residual_text": 0}


class Breaks(fakes.DirectDecoder):
    """A decoder whose child dies as it writes."""

    async def splice(self, source: bytes, wanted: Picture, mask: Mask) -> jpegs.Spliced:
        raise RefusedImageError("decoder_crash", "child ended with -11")


def test_a_crash_while_writing_is_a_task_for_a_person() -> None:
    cleaner = fakes.picture_cleaner()
    cleaner._decoder = Breaks()
    cleaned = asyncio.run(cleaner.clean(JPEG))
    assert (cleaned.kind, cleaned.ruling.reason, cleaned.edited) == ("proposed", "decoder_crash", None)
    with pytest.raises(RefusedImageError, match="decoder_crash"):
        asyncio.run(cleaner.clean_with(JPEG, fakes.drawn_mask()))


def test_an_avif_is_asked_about_with_a_lossless_png_as_the_proposal() -> None:
    data = picture_files.saved(Image.fromarray(fakes.scene(["remove"])), "AVIF", quality=95)
    cleaned = clean(data)
    assert (cleaned.kind, cleaned.ruling.reason) == ("proposed", "other_format")
    assert cleaned.edited is not None
    assert cleaned.edited.format == "PNG"
    before, after, mask = pillow(data), pillow(cleaned.edited.result), mask_of(cleaned.edited)
    assert np.array_equal(before[~mask], after[~mask])
    assert (before[mask] != after[mask]).any()


def test_inks_are_filled_plane_by_plane() -> None:
    found = edited(picture_files.saved(Image.fromarray(fakes.scene(["remove"])).convert("CMYK"), "JPEG", quality=95))
    assert len(found.fills) == 2
    assert found.fills[0].box == found.fills[1].box


def test_text_on_transparent_pixels_alone_has_nothing_to_mask() -> None:
    pixels = np.dstack((fakes.scene(["ask"]), np.zeros((HEIGHT, WIDTH), np.uint8)))

    class Sees(fakes.FakeReader):
        async def read(self, rgb: Pixels) -> Any:
            return await super().read(fakes.scene(["ask"]))

    cleaner = fakes.picture_cleaner()
    cleaner._reader = Sees()
    cleaned = asyncio.run(cleaner.clean(picture_files.saved(Image.fromarray(pixels), "PNG")))
    assert (cleaned.kind, cleaned.ruling.reason, cleaned.edited) == ("proposed", "nothing_to_mask", None)


# --------------------------------------------------------------------------------------------------- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_edited_as_it_is_stored(orientation: int) -> None:
    swaps = orientation > 4
    height, width = (WIDTH, HEIGHT) if swaps else (HEIGHT, WIDTH)
    placement = views.Placement(orientation, WIDTH, HEIGHT)
    stored = placement.samples_to_stored(fakes.scene(["remove"]))
    assert stored.shape[:2] == (height, width)
    found = edited(picture_files.saved(Image.fromarray(stored), "PNG", exif=picture_files.exif(orientation)))
    mask = mask_of(found)
    assert mask.shape == (height, width)
    assert mask[fakes.ink(stored, "remove")].all()
    assert np.array_equal(pillow(found.result)[~mask], stored[~mask])
    assert decoding.decode(found.result).orientation == orientation


# --------------------------------------------------------------------------------------------------- drawn masks


def test_a_drawn_mask_is_where_the_picture_changes() -> None:
    data = fakes.written_png("ask")
    found = clean_with(data, fakes.drawn_mask())
    mask = mask_of(found)
    assert np.array_equal(mask, picture_files.box_mask(HEIGHT, WIDTH))
    assert np.array_equal(pillow(data)[~mask], pillow(found.result)[~mask])
    assert found.models == (fakes.MODEL,)


@pytest.mark.parametrize(
    ("data", "mask", "reason"),
    [
        (fakes.written_png("ask"), fakes.drawn_mask(HEIGHT, WIDTH - 1), "mask_size"),
        (fakes.written_png("ask"), fakes.blank_mask(), "mask_empty"),
        (fakes.uneditable_png(), fakes.drawn_mask(32, 32), "palette_overrun"),
    ],
)
def test_a_mask_that_cannot_be_used_says_why(data: bytes, mask: bytes, reason: str) -> None:
    with pytest.raises(RefusedImageError) as problem:
        clean_with(data, mask)
    assert problem.value.reason == reason


# -------------------------------------------------------------------------------------------------- certificate


class Void:
    """No certificate is in force."""

    def __init__(self, *, asks: bool, thresholds: Thresholds | None = None) -> None:
        self._standing = Standing(why_void="textrec's weights are new", thresholds=thresholds, asks=asks)

    def standing(self, models: Any, version: str) -> Standing:
        return self._standing


def test_an_edit_goes_ahead_under_its_certificate_and_names_it() -> None:
    cleaned = clean(fakes.written_png("remove"))
    assert cleaned.kind == "cleaned"
    assert cleaned.ruling.certificate == fakes.certificate().id
    assert cleaned.ruling.risk == 0.01


def test_the_certificate_must_hold_for_the_version_under_which_this_very_picture_is_decided() -> None:
    asked: list[str] = []

    class Asked(fakes.AlwaysInForce):
        def standing(self, models: Any, version: str) -> Standing:
            asked.append(version)
            return super().standing(models, version)

    cleaner = fakes.picture_cleaner(decide=Listening(), certification=Asked())
    rulings = [
        asyncio.run(cleaner.clean(fakes.written_png("keep"), routing.Context(marketplace=shop))).ruling
        for shop in ("default", "google", "amazon")
    ]
    assert [ruling.policy_version for ruling in rulings] == asked
    assert asked[0] == asked[1] != asked[2], "google acts as the default does, amazon's main pictures do not"


def test_without_a_certificate_in_force_an_edit_is_only_proposed() -> None:
    cleaned = clean(fakes.written_png("remove"), certification=Void(asks=True))
    assert (cleaned.kind, cleaned.ruling.verdict, cleaned.ruling.reason) == ("proposed", "ask", "certificate_void")
    assert "textrec's weights are new" in cleaned.ruling.why
    assert cleaned.ruling.certificate is None
    assert cleaned.edited is not None


def test_an_operator_may_let_edits_go_ahead_without_one() -> None:
    cleaned = clean(fakes.written_png("remove"), certification=Void(asks=False))
    assert (cleaned.kind, cleaned.ruling.certificate) == ("cleaned", None)


@pytest.mark.parametrize(("words", "reason"), [((), "keep_as_written"), (("ask",), "ask_as_written")])
def test_what_is_kept_or_asked_anyway_has_its_own_reason(words: tuple[str, ...], reason: str) -> None:
    cleaned = clean(fakes.written_png(*words), certification=Void(asks=True))
    assert cleaned.ruling.reason == reason
    assert cleaned.ruling.certificate is None


@pytest.mark.parametrize(
    ("thresholds", "kind"),
    [(Thresholds(0.02, 0.9), "cleaned"), (Thresholds(0.005, 0.9), "proposed"), (Thresholds(0.005, 0.008), "kept")],
)
def test_the_thresholds_of_the_risk_decide_and_are_recorded(thresholds: Thresholds, kind: str) -> None:
    cleaned = clean(fakes.written_png("remove"), certification=Void(asks=False, thresholds=thresholds))
    assert cleaned.kind == kind
    assert cleaned.ruling.thresholds["risk_max"] == thresholds.risk_max
    assert cleaned.ruling.thresholds["keep_min"] == thresholds.keep_min
    assert (cleaned.ruling.risk is None) == (kind != "cleaned")


# ------------------------------------------------------------------------------------------------------ engines


def textured(height: int = 300, width: int = 900) -> bytes:
    """A PNG of noise with a black bar, which the fake reader takes for a line that is to go."""
    pixels = np.random.default_rng(2).integers(40, 220, (height, width, 3), np.uint8)
    pixels[140:150, 40 : width - 40] = 0
    return picture_files.saved(Image.fromarray(pixels), "PNG")


def bar_mask(height: int = 300, width: int = 900) -> bytes:
    mask = np.zeros((height, width), np.uint8)
    mask[140:150, 40 : width - 40] = 255
    return picture_files.saved(Image.fromarray(mask), "PNG")


def filled_by(engine: str, width: int = 900) -> tuple[Edited, fakes.FakeInpainter]:
    inpainter = fakes.FakeInpainter()
    cleaner = fakes.picture_cleaner(inpainter, engine_settings=engines.Settings(textured=engine))
    return asyncio.run(cleaner.clean_with(textured(width=width), bar_mask(width=width))), inpainter


def test_an_added_model_sees_squares_and_leaves_the_rest_alone() -> None:
    edit, inpainter = filled_by("lama")
    assert set(inpainter.asked) == {"lama"}
    assert [fill.box for fill in edit.fills] == [(0, 0, 512, 300), (360, 0, 512, 300), (388, 0, 512, 300)]
    assert {fill.engine for fill in edit.fills} == {"lama"}
    before, after = pillow(textured()), pillow(edit.result)
    assert np.array_equal(before[~mask_of(edit)], after[~mask_of(edit)])
    assert not (after[140:150, 40:860] == 0).all(axis=2).any()


def test_a_crop_that_would_take_an_added_model_too_many_squares_goes_to_our_own() -> None:
    edit, _ = filled_by("lama", 1800)
    (fill,) = edit.fills
    assert fill.engine == "own"
    assert "5 squares of lama > 4" in fill.why


@pytest.mark.parametrize(
    ("engine", "mark"),
    [
        ("fsr", b"algorithmicallyEnhanced"),
        ("own", b"compositeWithTrainedAlgorithmicMedia"),
        ("lama", b"compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_the_mark_says_whether_a_trained_model_filled_pixels(engine: str, mark: bytes) -> None:
    edit, _ = filled_by(engine, 300)
    xmp = decoding.decode(edit.result).metadata.xmp
    assert marking.source_types(xmp) == ((marking.VOCABULARY.encode() + mark).decode(),)
