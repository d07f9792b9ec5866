"""The certificate from labelled pictures by the whole path: what counts, what is left out, what is not done twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from PIL import Image

from infra import error_file, policy_file
from infra.settings import PoliciesSettings, QualitySettings
from processors import calibration, certificates
from processors.calibration import Setup
from processors.certificates import Certificate
from processors.errors import NotEnoughDataError, RiskTooHighError, ServiceUnavailableError
from processors.judging import TrueLine
from processors.pictures import Pixels
from processors.regions import Region, TextLine
from processors.routing import NOTHING_KNOWN, Context, Decision, Policy
from processors.thresholds import Thresholds
from streams import certifying, previewing
from streams.certifying import Labelled, Notebook, OtherResultsError, Trial
from streams.cleaning import Cleaned, PictureCleaner
from streams.commands import certify as command
from streams.labelled import LabelledPicture
from streams.standing import OnTrial
from tests import fakes, picture_files

#: Few pictures make a certificate of a weak promise; what is tested is the same.
ALPHA, DELTA = 0.1, 0.05
ENOUGH = 30
#: What the ink says is the risk: black ink is an overlay, white ink is print, green ink is vetoed.
RISKS = {"remove": 0.004, "ask": 0.97, "keep": 0.5}


class Decide(fakes.DecideAsWritten):
    """Everything but vetoed lines may go; the risk alone speaks against it."""

    def __call__(
        self, lines: tuple[TextLine, ...], rgb: Pixels, policy: Policy, context: Context = NOTHING_KNOWN
    ) -> Decision:
        regions = tuple(
            Region(
                line.polygon,
                line.text,
                line.score,
                "keep",
                RISKS[line.text],
                f"{line.text}_ink",
                "ink",
                "keep" if line.text == "keep" else "remove",
            )
            for line in lines
        )
        return Decision("keep", "printed", "", regions)


class CountingCleaner:
    """A picture cleaner that knows how often it was asked, and may die after so many."""

    def __init__(self, on_trial: OnTrial, dies_after: int = 10_000, **parts: Any) -> None:
        self._cleaner = PictureCleaner(
            decoder=fakes.DirectDecoder(),
            stroke_finder=fakes.FakeStrokes(),
            reader=fakes.FakeReader(),
            inpainter=parts.pop("inpainter", fakes.FakeInpainter()),
            models=fakes.FakeModels(),
            decide=Decide(),
            policy=Policy(),
            certification=on_trial,
            error_model=error_file.read(QualitySettings()),
            policies=policy_file.read(PoliciesSettings()),
        )
        self._dies_after = dies_after
        self.asked = 0

    async def clean(self, data: bytes, context: Context = NOTHING_KNOWN) -> Cleaned:
        self.asked += 1
        if self.asked > self._dies_after:
            raise ServiceUnavailableError("triton", "gone")
        return await self._cleaner.clean(data, context)


class Bench:
    """A folder of labelled pictures and a run over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures: list[LabelledPicture] = []
        self.left_out: Counter[str] = Counter()

    def add(self, label: str, *words: str, data: bytes | None = None, lines: Sequence[TrueLine] | None = None) -> None:
        number = len(self.pictures)
        path = self.folder / f"{number:04d}.png"
        # Each a pixel wider than the one before: no two files are the same.
        drawn = Image.fromarray(fakes.scene(words, width=160 + number))
        path.write_bytes(data if data is not None else picture_files.saved(drawn, "PNG"))
        self.pictures.append(
            LabelledPicture(
                path=path,
                file=path.name,
                label=label,  # type: ignore[arg-type]
                kind="stamp",
                language="en",
                background="plain",
                source="shop-1",
                rendered=number % 2 == 0,
                longer_px=160 + number,
                lines=None if lines is None else tuple(lines),
            )
        )

    def seen(self) -> list[Labelled]:
        self.left_out.clear()
        return certifying.seen(self.pictures, self.left_out)

    def trial(self, under: str = "u", **parts: Any) -> tuple[Trial, CountingCleaner, Notebook]:
        on_trial = OnTrial()
        cleaner = CountingCleaner(on_trial, **parts)
        notebook = Notebook(self.folder / "certificate.json.working.jsonl", under)
        return Trial(cleaner, on_trial, notebook, "default"), cleaner, notebook

    def certify(self, trial: Trial) -> Certificate:
        return asyncio.run(certifying.certify(trial, self.seen(), setup(), self.left_out))


def setup() -> Setup:
    models = certificates.deciders((fakes.MODEL,))
    return Setup("2026-11-25T12:00:00+00:00", ("default",), fakes.VERSION, "", models, ALPHA, DELTA, ALPHA)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Enough overlays, enough print, and two pictures without text."""
    made = Bench(tmp_path)
    for _ in range(ENOUGH):
        made.add("overlay", "remove")
        made.add("printed", "ask")
    made.add("none")
    made.add("none")
    return made


def test_edits_and_pictures_left_alone_are_counted_by_the_path_itself(bench: Bench) -> None:
    trial, cleaner, _ = bench.trial()
    made = bench.certify(trial)
    assert (made.n, made.errors) == (ENOUGH, 0)
    assert (made.left_alone.n, made.left_alone.missed, made.left_alone.silent.n) == (ENOUGH, 0, 2)
    assert made.pictures == 2 * ENOUGH + 2
    assert made.rendered.n + made.real.n == ENOUGH
    assert cleaner.asked == made.pictures + ENOUGH, "only what could go is edited"


def test_a_run_again_does_nothing_twice_and_gives_the_same(bench: Bench) -> None:
    first = bench.certify(bench.trial()[0])
    trial, cleaner, _ = bench.trial()
    assert bench.certify(trial) == first
    assert cleaner.asked == 0


@pytest.mark.parametrize("after", [10, 2 * ENOUGH + 10])
def test_a_run_that_ended_half_way_goes_on_where_it_was(bench: Bench, after: int) -> None:
    trial, _, _ = bench.trial(dies_after=after)
    with pytest.raises(ServiceUnavailableError):
        bench.certify(trial)
    with (bench.folder / "certificate.json.working.jsonl").open("ab") as lines:
        lines.write(b'{"under": "u", "sha2')
    trial, cleaner, _ = bench.trial()
    made = bench.certify(trial)
    assert made.n == ENOUGH
    assert 0 < cleaner.asked <= 3 * ENOUGH + 2 - after + previewing.SIDE_BY_SIDE


def test_what_another_policy_or_model_found_is_not_used(bench: Bench) -> None:
    bench.certify(bench.trial()[0])
    trial, cleaner, _ = bench.trial(under="another")
    bench.certify(trial)
    assert cleaner.asked == 3 * ENOUGH + 2


def test_print_that_was_edited_is_a_false_edit(bench: Bench) -> None:
    bench.add("printed", "remove")
    for _ in range(40):
        bench.add("overlay", "remove")
    assert (bench.certify(bench.trial()[0])).errors == 1


def test_errors_that_are_too_frequent_make_no_certificate(bench: Bench) -> None:
    for _ in range(20):
        bench.add("printed", "remove")
    with pytest.raises(RiskTooHighError, match="20 false edits among 50 automatic edits"):
        bench.certify(bench.trial()[0])


def test_a_missed_overlay_counts_against_leaving_alone(bench: Bench) -> None:
    for _ in range(20):
        bench.add("overlay", "ask")
    with pytest.raises(RiskTooHighError, match="20 missed overlays among 50 pictures left alone"):
        bench.certify(bench.trial()[0])


def test_edits_that_a_later_check_stops_are_no_automatic_edits(bench: Bench) -> None:
    trial, _, _ = bench.trial(inpainter=fakes.FakeInpainter((255, 0, 255)))
    with pytest.raises(NotEnoughDataError, match="0 automatic edits"):
        bench.certify(trial)


def test_a_mixed_picture_is_judged_by_its_lines_and_left_out_without_them(bench: Bench) -> None:
    everywhere = ((0.0, 0.0), (400.0, 0.0), (400.0, 64.0), (0.0, 64.0))
    bench.add("mixed", "remove", "keep")
    bench.add("mixed", "remove", "keep", lines=[TrueLine(polygon=everywhere, label="overlay")])
    assert bench.certify(bench.trial()[0]).n == ENOUGH + 1
    made = bench.certify(bench.trial()[0])
    assert made.left_out == {"mixed_without_lines": 1}
    for _ in range(30):
        bench.add("overlay", "remove")
    bench.add("mixed", "remove", "keep", lines=[TrueLine(polygon=everywhere, label="printed")])
    assert bench.certify(bench.trial()[0]).errors == 1


def test_what_says_nothing_of_edits_is_left_out_and_counted(bench: Bench) -> None:
    bench.add("broken", data=b"nothing")
    bench.add("none", data=b"nothing more")
    bench.add("none", data=fakes.uneditable_png())
    bench.add("overlay", data=bench.pictures[0].path.read_bytes())
    made = bench.certify(bench.trial()[0])
    assert made.left_out == {"broken": 1, "not_editable": 1, "refused": 1, "seen_before": 1}
    assert made.n == ENOUGH


def test_both_curves_are_told_as_soon_as_they_are_known(bench: Bench) -> None:
    told: list[str] = []
    trial, _, _ = bench.trial()
    run = certifying.certify(
        trial, bench.seen(), setup(), bench.left_out, lambda wording, points: told.append(wording.things)
    )
    asyncio.run(run)
    assert told == ["pictures left alone", "automatic edits"]


# ------------------------------------------------------------------------------------------- results of an earlier run


async def _preview(bench: Bench, thresholds: Thresholds) -> Path:
    """The lines of `cleanplate clean` over the bench."""
    results = bench.folder / "results.jsonl"
    cleaner = CountingCleaner(OnTrial(thresholds))
    work = list(previewing.work_of([one.path for one in bench.pictures], bench.folder / "out"))
    with results.open("wb") as lines:
        async for line in previewing.clean(cleaner, work, results):  # type: ignore[arg-type]
            lines.write(msgspec.json.encode(line) + b"\n")
    return results


def test_results_of_an_earlier_run_save_the_work(bench: Bench) -> None:
    results = asyncio.run(_preview(bench, Thresholds(0.02, 0.9)))
    trial, cleaner, notebook = bench.trial()
    earlier = certifying.earlier(results, notebook.under, bench.seen())
    asyncio.run(trial.revisit(bench.seen(), earlier))
    assert cleaner.asked == certifying.REVISITED
    for found in earlier.values():
        notebook.adopt(found)
    made = bench.certify(trial)
    assert (made.n, made.errors) == (ENOUGH, 0)
    assert cleaner.asked == certifying.REVISITED, "the same lines go: nothing is tried again"


def test_results_whose_edit_was_another_are_tried_again(bench: Bench) -> None:
    # All was asked about in that run: whether the edits pass the later checks is not known.
    results = asyncio.run(_preview(bench, Thresholds(0.0, 1.0)))
    trial, cleaner, notebook = bench.trial()
    for found in certifying.earlier(results, notebook.under, bench.seen()).values():
        notebook.adopt(found)
    assert bench.certify(trial).n == ENOUGH
    assert cleaner.asked == ENOUGH


def test_results_of_other_models_are_found_out(bench: Bench) -> None:
    results = asyncio.run(_preview(bench, Thresholds(0.02, 0.9)))
    results.write_bytes(results.read_bytes().replace(b'"risk":0.97', b'"risk":0.96'))
    trial, _, notebook = bench.trial()
    with pytest.raises(OtherResultsError, match="come from others"):
        asyncio.run(trial.revisit(bench.seen(), certifying.earlier(results, notebook.under, bench.seen())))


def test_a_file_of_other_lines_is_no_result(bench: Bench) -> None:
    other = bench.folder / "other.jsonl"
    other.write_bytes(b'{"path": "a.jpg"}\n')
    with pytest.raises(OtherResultsError, match="line 1"):
        certifying.earlier(other, "u", bench.seen())


def test_a_picture_asked_about_for_want_of_a_certificate_alone_had_passed(bench: Bench) -> None:
    results = asyncio.run(_preview(bench, Thresholds(0.02, 0.9)))
    text = results.read_bytes().replace(
        b'"outcome":"cleaned","reason":"remove_ink"', b'"outcome":"review","reason":"certificate_void"'
    )
    assert b"certificate_void" in text
    results.write_bytes(text)
    found = certifying.earlier(results, "u", bench.seen())
    assert Counter(one.outcome for one in found.values()) == {"cleaned": ENOUGH, "kept": ENOUGH + 2}


# ---------------------------------------------------------------------------------------------------- the command


def test_the_table_says_what_holds_and_what_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    command._show(fakes.certificate())
    shown = capsys.readouterr().out
    assert "0 of 299 automatic edits false, at most 1.00% with 95% confidence" in shown
    assert "real pictures" in shown
    assert "rendered pictures" in shown
    assert "not covered:\n  - everything else" in shown


def test_a_curve_leaves_out_thresholds_that_accept_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    points = [certificates.Point(0.001, 0, 0, 1.0), certificates.Point(0.02, 299, 0, 0.00997)]
    command._curve(calibration.EDITS, points, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "automatic edits, by threshold",
        "  threshold    n  wrong  bound",
        "  0.02       299      0  1.00%",
    ]


@pytest.mark.parametrize("option", [("--alpha", "0"), ("--alpha", "0.5"), ("--delta", "-1"), ("--results", "nowhere")])
def test_a_promise_that_cannot_be_made_is_a_usage_error(tmp_path: Path, option: tuple[str, str]) -> None:
    shown = CliRunner().invoke(command.certify, [str(tmp_path), "--out", "c.json", *option])
    assert shown.exit_code == 2
