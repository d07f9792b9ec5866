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
from processors.errors import RefusedImageError
from processors.pictures import Format, Mask, Picture, Pixels
from processors.policies import Policies
from processors.predicted_error import ErrorModel
from processors.regions import Polygon, Region, TextLine
from streams import rereading
from streams.ports import Certifies, Decoder, Inpainter, Marks, Models, TextReader
from streams.standing import Standing

#: Characters of a sentence for people.
MAX_WHY = 1000


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
        models: Models,
        decide: routing.Decide,
        policy: routing.Policy,
        policies: Policies,
        certification: Certifies,
        error_model: ErrorModel,
        marks: Marks | None = None,
    ) -> None:
        self._decoder = decoder
        self._reader = reader
        self._inpainter = inpainter
        self._models = models
        self._decide = decide
        self._policy = policy
        self._certification = certification
        self._error_model = error_model
        # Not by truth: counts that have heard of nothing yet are empty.
        self._marks = NothingHeard() if marks is None else marks
        self._policies = policies

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
        strokes = await asyncio.to_thread(self._strokes, picture, cleaned.regions)
        mask = strokes.mask & views.visible(picture)
        if not mask.any():
            return _asked(cleaned, "nothing_to_mask", "the text found lies on transparent pixels only")
        try:
            staying = [region.polygon for region in cleaned.regions if region.verdict == "keep"]
            edited = await self._edit(picture, data, mask, staying)
        except marking.UnmarkableXmpError as problem:
            return _asked(cleaned, problem.reason, problem.detail)
        proposal = dataclasses.replace(cleaned, kind="cleaned", edited=edited)
        if cleaned.ruling.verdict == "ask":
            return dataclasses.replace(proposal, kind="proposed")
        if unclear := [record.why for record in strokes.regions if not record.separated]:
            return _asked(proposal, "strokes_unclear", f"letters could not be told from what is behind: {unclear[0]}")
        if failed := quality.failed(edited.metrics):
            return _asked(proposal, f"quality_{failed[0]}", f"the edit did not pass the check {', '.join(failed)}")
        return proposal

    async def _edit(self, picture: Picture, data: bytes, mask: Mask, staying: Sequence[Polygon] = ()) -> Edited:
        before = await asyncio.to_thread(views.colour, picture)
        crops = masks.crops(mask)
        choices = await asyncio.to_thread(_choices, before, mask, crops)
        filled = await asyncio.gather(
            *(
                self._inpainter.fill(
                    masks.cut(before, crop.window),
                    masks.cut(mask, crop.window),
                    choice.engine,
                    radius_px=max(1, choice.radius_px),
                )
                for crop, choice in zip(crops, choices, strict=True)
            )
        )
        fills = tuple(
            chain.Fill(_box(crop), choice.engine, choice.radius_px, choice.why, one.attempts, one.request_id)
            for crop, choice, one in zip(crops, choices, filled, strict=True)
        )
        painted = await asyncio.to_thread(masks.assemble, before, mask, crops, [one.pixels for one in filled])
        residue = await rereading.residual_text(self._reader, painted, mask, crops, picture.orientation, staying)
        engines_used = [fill.engine for fill in fills]
        assessed = await asyncio.to_thread(quality.assess, painted, mask, crops, engines_used, self._error_model)
        fills = tuple(
            dataclasses.replace(fill, predicted_error=one.error, predicted_error_upper=one.upper)
            for fill, one in zip(fills, assessed.errors, strict=True)
        )
        metrics = {**assessed.metrics, "residual_text": residue}
        return await asyncio.to_thread(_finish, picture, data, painted, mask, fills, metrics)

    def _strokes(self, picture: Picture, regions: Sequence[Region]) -> masks.StrokeMask:
        marked = [region for region in regions if region.verdict != "keep"]
        return masks.strokes(views.colour(picture), marked, picture.coding.quality, masks.Settings())

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


def _choices(before: Pixels, mask: Mask, crops: Sequence[masks.Crop]) -> list[engines.EngineChoice]:
    return [
        engines.choose(masks.cut(before, crop.window), masks.cut(mask, crop.window), engines.Settings())
        for crop in crops
    ]


def _box(crop: masks.Crop) -> tuple[int, int, int, int]:
    left, top, right, bottom = crop.window
    return left, top, right - left, bottom - top


def _finish(
    picture: Picture,
    data: bytes,
    painted: Pixels,
    mask: Mask,
    fills: tuple[chain.Fill, ...],
    metrics: dict[str, float],
) -> Edited:
    """Put the new colours into the picture, mark and encode it."""
    # No engine of ours is a trained model yet, so the mark says "enhanced by an algorithm".
    after = marking.marked(views.with_colour(picture, painted, mask), "algorithmicallyEnhanced")
    return Edited(
        format=picture.format,
        mask_png=encoding.encode_mask(mask),
        patch=patches.make(picture, after, mask),
        result=encoding.encode(after, data, mask),
        result_pixels_sha256=patches.pixels_sha256(after),
        fills=fills,
        metrics=metrics,
    )
