"""The path of one picture, top to bottom: decode, read, decide, mask, fill, put back, measure, encode.

No Kafka and no store: `cleanplate clean` runs the same steps on local files. An edit that a person must judge goes
through the same steps; only its outcome differs.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from processors import chain, encoding, engines, marking, masks, patches, quality, routing, thresholds, views
from processors.errors import PipelineError, RefusedImageError
from processors.pictures import Format, Mask, Picture, Pixels
from processors.policies import Policies
from processors.predicted_error import ErrorModel, Predicted
from processors.regions import Polygon, Region, TextLine
from streams import pacing, rereading, strokes
from streams.ports import Certifies, Decoder, Filled, Inpainter, Marks, Models, Spliced, StrokeFinder, TextReader
from streams.standing import Standing

#: Characters of a sentence for people.
MAX_WHY = 1000
#: share of a line that is to stay, 0..1, that a mask may touch: boxes of neighbours overlap a little
_STAYING_MAX = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """An edit of one picture, ready to be stored."""

    format: Format
    #: one channel, stored orientation, 255 where a pixel changed
    mask_png: bytes
    patch: bytes
    result: bytes
    result_pixels_sha256: str
    fills: tuple[chain.Fill, ...]
    metrics: dict[str, float]
    #: models that took part
    models: tuple[chain.Model, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """What became of a picture. `proposed`: a person must judge; `edited` is None where nothing can be proposed."""

    kind: Literal["kept", "cleaned", "proposed"]
    picture: chain.PictureFacts
    ruling: chain.Ruling
    regions: tuple[Region, ...]
    models: tuple[chain.Model, ...]
    edited: Edited | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A crop of a layer, and the engine that is to fill it."""

    layer: int
    crop: masks.Crop
    choice: engines.EngineChoice


@dataclass(frozen=True, slots=True, eq=False)
class _Lossless:
    """An edited file that shows exactly what was wanted, and its patch."""

    data: bytes
    picture: Picture
    patch: bytes


class OtherCropsError(PipelineError):
    """Recorded fills that are not of the crops that this version cuts from the mask."""


class NothingHeard:
    """No merchant's other pictures are known: for callers without Kafka, such as the preview."""

    def repeats(
        self, merchant_id: str, lines: Sequence[TextLine], size: tuple[int, int], image_id: str | None, pixels: str
    ) -> tuple[int, ...]:
        return ()


class PictureCleaner:
    """Cleans pictures one after another or side by side; holds no state of its own."""

    def __init__(
        self,
        *,
        decoder: Decoder,
        reader: TextReader,
        inpainter: Inpainter,
        stroke_finder: StrokeFinder,
        models: Models,
        decide: routing.Decide,
        policy: routing.Policy,
        policies: Policies,
        certification: Certifies,
        error_model: ErrorModel,
        marks: Marks | None = None,
        engine_settings: engines.Settings = engines.Settings(),  # noqa: B008 - it is frozen
    ) -> None:
        self._decoder = decoder
        self._reader = reader
        self._inpainter = inpainter
        self._stroke_finder = stroke_finder
        self._models = models
        self._decide = decide
        self._policy = policy
        self._certification = certification
        self._error_model = error_model
        # Not by truth: counts that have heard of nothing yet are empty.
        self._marks = NothingHeard() if marks is None else marks
        self._policies = policies
        self._engine_settings = engine_settings

    async def clean(self, data: bytes, context: routing.Context = routing.NOTHING_KNOWN) -> Cleaned:
        """Decide about a picture and, unless it is to be kept, edit it.

        Raises:
            RefusedImageError: the bytes are not a picture that we accept.
            ServiceUnavailableError: a model does not answer.
        """
        picture = await self._decoder.decode(data)
        rgb, placement = await asyncio.to_thread(views.upright, picture)
        facts = await asyncio.to_thread(_facts, picture)
        lines = await self._reader.read(rgb)
        models = await self._models.facts()
        size = (placement.width, placement.height)
        context = await asyncio.to_thread(self._with_repeats, context, lines, size, facts.pixels_sha256)
        actions = self._policies.of(context.marketplace, context.role)
        context = dataclasses.replace(context, actions=actions)
        version = self._decide.version(self._policy, actions)
        standing = self._certification.standing(models, version)
        decision = await asyncio.to_thread(self._decide, lines, rgb, self._policy, context)
        decision = routing.under(decision, standing.thresholds)
        regions = tuple(
            dataclasses.replace(region, polygon=placement.to_stored(region.polygon), repeats=repeats)
            for region, repeats in zip(decision.regions, context.repeats or (0,) * len(lines), strict=True)
        )
        cleaned = Cleaned(
            kind="kept",
            picture=facts,
            ruling=self._ruling(decision, version, standing),
            regions=regions,
            models=models,
        )
        if picture.uneditable is not None:
            return _asked(cleaned, picture.uneditable, "this file cannot be edited exactly; a person must look")
        if decision.verdict == "keep":
            return cleaned
        edited = await self._edited(cleaned, picture, data)
        if actions.unknown:
            return _asked(edited, "unknown_policy", actions.unknown)
        return _under(edited, standing)

    async def clean_with(self, data: bytes, mask_file: bytes) -> Edited:
        """Edit a picture under a mask that a person drew: a picture of the same stored size, nonzero = remove.

        Raises:
            RefusedImageError: the picture or the mask is not one that we accept; `mask_size`, `mask_empty`.
            ServiceUnavailableError: a model does not answer.
        """
        picture = await self._decoder.decode(data)
        drawn = await self._decoder.decode(mask_file)
        mask: Mask = views.colour(drawn).max(axis=2) > 0
        if drawn.size != picture.size:
            raise RefusedImageError("mask_size", f"the mask is {drawn.size}, the picture {picture.size}")
        if not (editable := mask & views.visible(picture)).any():
            raise RefusedImageError("mask_empty", "the mask marks no pixel that can change")
        if picture.uneditable is not None:
            raise RefusedImageError(picture.uneditable, "this file cannot be edited exactly")
        try:
            edited = await self._edit(picture, data, editable)
        except marking.UnmarkableXmpError as problem:
            raise RefusedImageError(problem.reason, problem.detail) from problem
        return dataclasses.replace(edited, models=await self._models.facts())

    async def refill(self, data: bytes, mask_file: bytes, fills: Sequence[chain.Fill]) -> Spliced:
        """A recorded edit made once more: the stored mask on the original, each crop by the engine that filled it.

        Raises:
            OtherCropsError: this version cuts other crops.
            RefusedImageError, UnmarkableXmpError: the picture cannot be edited by this version.
            ServiceUnavailableError: a model does not answer.
        """
        picture = await self._decoder.decode(data)
        mask: Mask = views.colour(await self._decoder.decode(mask_file)).max(axis=2) > 0
        layers = await asyncio.to_thread(views.layers, picture)
        plan = await asyncio.to_thread(_planned_again, len(layers), mask, fills)
        _, written = await self._made(picture, data, layers, mask, plan)
        return written

    def _with_repeats(
        self, context: routing.Context, lines: Sequence[TextLine], size: tuple[int, int], pixels: str
    ) -> routing.Context:
        """The context with how often each line is repeated; as it is where no merchant is named."""
        if context.merchant_id is None:
            return context
        repeats = self._marks.repeats(context.merchant_id, lines, size, context.image_id, pixels)
        return dataclasses.replace(context, repeats=repeats)

    async def _edited(self, cleaned: Cleaned, picture: Picture, data: bytes) -> Cleaned:
        """The edit of all lines that are to go or doubtful; a proposal wherever there is any doubt."""
        outlined = await self._strokes(picture, cleaned.regions)
        mask = outlined.mask & views.visible(picture)
        if not mask.any():
            return _asked(cleaned, "nothing_to_mask", "the text found lies on transparent pixels only")
        staying = [region.polygon for region in cleaned.regions if region.verdict == "keep"]
        try:
            edited = await self._edit(picture, data, mask, staying)
        except (marking.UnmarkableXmpError, RefusedImageError) as problem:
            return _asked(cleaned, problem.reason, problem.detail)
        proposal = dataclasses.replace(cleaned, kind="cleaned", edited=edited)
        if cleaned.ruling.verdict == "ask":
            return dataclasses.replace(proposal, kind="proposed")
        if encoding.format_of(picture) != picture.format:
            return _asked(proposal, "other_format", f"the proposal for this {picture.format} is a lossless PNG")
        if unclear := [record.why for record in outlined.regions if not record.separated]:
            return _asked(proposal, "strokes_unclear", f"letters could not be told from what is behind: {unclear[0]}")
        if (share := masks.covered(mask, staying)) > _STAYING_MAX:
            return _asked(
                proposal, "strokes_on_kept_text", f"the edit would touch {share:.0%} of a line that is to stay"
            )
        if failed := quality.failed(edited.metrics):
            return _asked(proposal, f"quality_{failed[0]}", f"the edit did not pass the check {', '.join(failed)}")
        return proposal

    async def _edit(self, picture: Picture, data: bytes, mask: Mask, staying: Sequence[Polygon] = ()) -> Edited:
        layers = await asyncio.to_thread(views.layers, picture)
        plan = await asyncio.to_thread(_planned, layers, mask, self._engine_settings)
        filled, written = await self._made(picture, data, layers, mask, plan)
        metrics, errors = await self._measured(written.picture, mask, plan, staying)
        return Edited(
            format=written.picture.format,
            mask_png=await asyncio.to_thread(encoding.encode_mask, mask),
            patch=written.patch,
            result=written.data,
            result_pixels_sha256=await asyncio.to_thread(patches.pixels_sha256, written.picture),
            fills=tuple(map(_recorded, plan, filled, errors)),
            metrics=metrics,
        )

    async def _made(
        self, picture: Picture, data: bytes, layers: Sequence[Pixels], mask: Mask, plan: Sequence[_Piece]
    ) -> tuple[Sequence[Filled], Spliced]:
        filled = await pacing.each(lambda piece: self._fill(layers[piece.layer], mask, piece), plan)
        wanted = await asyncio.to_thread(_wanted, picture, layers, mask, plan, [one.pixels for one in filled])
        return filled, await self._written(picture, wanted, mask, data)

    async def _fill(self, layer: Pixels, mask: Mask, piece: _Piece) -> Filled:
        window, choice = piece.crop.window, piece.choice
        crop, hole = masks.cut(layer, window), masks.cut(mask, window)
        return await self._inpainter.fill(crop, hole, choice.engine, radius_px=max(1, choice.radius_px))

    async def _written(self, picture: Picture, wanted: Picture, mask: Mask, data: bytes) -> Spliced:
        """The file of an edited picture, its patch, and what it decodes to."""
        if picture.format == "JPEG":
            return await self._decoder.splice(data, wanted, mask)
        return await asyncio.to_thread(_lossless, picture, wanted, mask, data)

    async def _measured(
        self, after: Picture, mask: Mask, plan: Sequence[_Piece], staying: Sequence[Polygon]
    ) -> tuple[dict[str, float], list[Predicted | None]]:
        """What the file really shows: every metric of the edit, and each fill's predicted error."""
        shown = await asyncio.to_thread(views.colour, after)
        left = await rereading.residual_text(self._reader, shown, mask, masks.crops(mask), after.orientation, staying)
        # Further layers (the black of CMYK) have no colours of their own that an error could be predicted for.
        seen = [piece for piece in plan if piece.layer == 0]
        parts, used = [piece.crop for piece in seen], [piece.choice.engine for piece in seen]
        assessed = await asyncio.to_thread(quality.assess, shown, mask, parts, used, self._error_model)
        errors: list[Predicted | None] = [*assessed.errors, *[None] * (len(plan) - len(seen))]
        return {**assessed.metrics, "residual_text": left}, errors

    async def _strokes(self, picture: Picture, regions: Sequence[Region]) -> masks.StrokeMask:
        rgb = await asyncio.to_thread(views.colour, picture)
        looks = await strokes.look(self._stroke_finder, rgb, [region for region in regions if region.verdict != "keep"])
        return await asyncio.to_thread(masks.strokes, rgb, looks, masks.Settings())

    def _ruling(self, decision: routing.Decision, version: str, standing: Standing) -> chain.Ruling:
        limits = {name: float(value) for name, value in dataclasses.asdict(self._policy).items()}
        if standing.thresholds is not None:
            limits |= dataclasses.asdict(standing.thresholds)
        return chain.Ruling(
            verdict=decision.verdict,
            reason=decision.reason,
            why=decision.why,
            policy_version=version,
            thresholds=limits,
            risk=thresholds.risk_of((region, region.verdict) for region in decision.regions),
        )


def _asked(cleaned: Cleaned, reason: str, why: str) -> Cleaned:
    ruling = dataclasses.replace(cleaned.ruling, verdict="ask", reason=reason, why=why)
    return dataclasses.replace(cleaned, kind="proposed", ruling=ruling)


def _under(cleaned: Cleaned, standing: Standing) -> Cleaned:
    """An edit that nothing else speaks against goes ahead under its certificate, or is asked about for want of one."""
    if cleaned.kind != "cleaned":
        return cleaned
    if standing.certificate is not None:
        ruling = dataclasses.replace(cleaned.ruling, certificate=standing.certificate.id)
        return dataclasses.replace(cleaned, ruling=ruling)
    if standing.asks:
        return _asked(cleaned, "certificate_void", f"no certificate is in force: {standing.why_void}"[:MAX_WHY])
    return cleaned


def _facts(picture: Picture) -> chain.PictureFacts:
    width, height = picture.size
    return chain.PictureFacts(
        format=picture.format,
        mode=picture.mode,
        width=width,
        height=height,
        orientation=picture.orientation,
        pixels_sha256=patches.pixels_sha256(picture),
        notes=picture.notes,
    )


def _planned(layers: Sequence[Pixels], mask: Mask, settings: engines.Settings) -> list[_Piece]:
    """The crops to fill, layer by layer; one for an engine that sees squares alone may become several."""
    plan: list[_Piece] = []
    for at, layer in enumerate(layers):
        for crop in masks.crops(mask):
            choice = engines.choose(masks.cut(layer, crop.window), masks.cut(mask, crop.window), settings)
            pieces: tuple[masks.Crop, ...] = (crop,)
            if engines.takes_squares(choice.engine):
                pieces = masks.squares(crop.core, mask, engines.SQUARE_PX)
                if len(pieces) > engines.SQUARES_MAX:
                    why = f"{choice.why}, but {len(pieces)} squares of {choice.engine} > {engines.SQUARES_MAX}"
                    choice, pieces = engines.EngineChoice("own", 0, why), (crop,)
            plan += [_Piece(at, piece, choice) for piece in pieces]
    return plan


def _planned_again(layers: int, mask: Mask, fills: Sequence[chain.Fill]) -> list[_Piece]:
    """The plan that was recorded. Raises OtherCropsError where the mask gives other crops than it."""
    left, plan = list(fills), list[_Piece]()
    for at in range(layers):
        for crop in masks.crops(mask):
            pieces: tuple[masks.Crop, ...] = (crop,)
            if left and engines.takes_squares(left[0].engine):
                pieces = masks.squares(crop.core, mask, engines.SQUARE_PX)
            for piece in pieces:
                fill = left.pop(0) if left else None
                if fill is None or fill.box != _box(piece):
                    recorded = fill.box if fill else "none"
                    raise OtherCropsError(f"layer {at}: crop {_box(piece)}, recorded is {recorded}")
                plan.append(_Piece(at, piece, engines.EngineChoice(fill.engine, fill.radius_px, fill.why)))
    if left:
        raise OtherCropsError(f"{len(left)} fills were recorded beyond the {len(plan)} crops")
    return plan


def _box(crop: masks.Crop) -> tuple[int, int, int, int]:
    """As it is recorded: x, y, width, height."""
    left, top, right, bottom = crop.window
    return left, top, right - left, bottom - top


def _recorded(piece: _Piece, filled: Filled, error: Predicted | None) -> chain.Fill:
    return chain.Fill(
        _box(piece.crop),
        piece.choice.engine,
        piece.choice.radius_px,
        piece.choice.why,
        filled.attempts,
        filled.request_id,
        predicted_error=error.error if error else None,
        predicted_error_upper=error.upper if error else None,
    )


def _wanted(
    picture: Picture, layers: Sequence[Pixels], mask: Mask, plan: Sequence[_Piece], filled: Sequence[Pixels]
) -> Picture:
    """The picture with the filled pixels put back, and marked."""
    painted = []
    for at, layer in enumerate(layers):
        own = [(piece.crop, fill) for piece, fill in zip(plan, filled, strict=True) if piece.layer == at]
        painted.append(masks.assemble(layer, mask, [crop for crop, _ in own], [fill for _, fill in own]))
    trained = any(engines.is_trained(piece.choice.engine) for piece in plan)
    return marking.marked(views.with_layers(picture, painted, mask), marking.source_type(trained=trained))


def _lossless(picture: Picture, wanted: Picture, mask: Mask, data: bytes) -> _Lossless:
    after = dataclasses.replace(wanted, format=encoding.format_of(wanted))
    return _Lossless(encoding.encode(wanted, data), after, patches.make(picture, wanted, mask))
