"""`cleanplate evaluate`: lines brought to their pictures, the path on a labelled folder, page and command."""

import asyncio
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner, Result

from infra.settings import CertificateSettings
from processors import certificates, decoding, figures, guard
from processors.records import CatalogRecord
from processors.regions import Region, Verdict
from processors.routing import Context
from streams import (
    cli,
    evaluating,
    evaluation_page,
    evaluation_pictures,
    exits,
    labelled,
    previewing,
    risk_curve,
    standing,
)
from streams.cleaning import Cleaned
from streams.evaluating import Evaluation
from streams.labelled import LabelledPicture, LabelsError
from streams.previewing import ResultLine, ResultsError
from streams.risk_curve import Threshold
from tests import fakes

HOSTILE = '<script>alert("x")</script> & \u202edlos'
BOX = ((12.0, 10.0), (90.0, 10.0), (90.0, 34.0), (12.0, 34.0))


def decode(data: bytes) -> Any:
    return decoding.decode(data, guard.DEFAULT_LIMITS)


def row(file: str, label: str, **given: str) -> dict[str, str]:
    return {"file": file, "label": label, "width": "160", "height": "64", **given}


def written(folder: Path, rows: list[dict[str, str]], truth: list[dict[str, Any]] | None = None) -> Path:
    """A labelled folder; files named after what their ink says are drawn."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    columns = ("file", "label", "kind", "language", "background", "source_repo", "width", "height", "label_source")
    lines = [",".join(columns)] + [",".join(one.get(column, "") for column in columns) for one in rows]
    (folder / "index.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for one in rows:
        word = Path(one["file"]).stem.partition("-")[0]
        data = fakes.written_png(*([word] if word in ("remove", "ask", "keep") else []))
        (folder / one["file"]).write_bytes(data[:80] if word == "broken" else data)
    if truth is not None:
        (folder / "truth.jsonl").write_text("".join(json.dumps(one) + "\n" for one in truth), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        row("images/remove-a.png", "overlay", kind="promo", language="en"),
        row("images/ask-a.png", "overlay", kind="banner", language="ar", label_source="rendered"),
        row("images/keep-a.png", "overlay", kind="watermark"),
        row("images/remove-b.png", "printed"),
        row("images/keep-b.png", "printed", width="1600"),
        row("images/ask-b.png", "none", width="", height=""),
        row("images/remove-c.png", "mixed"),
        row("images/remove-d.png", "mixed"),
        row("images/broken-a.png", "none"),
    ]
    printed = {"polygon": [[0, 0], [160, 0], [160, 64], [0, 64]], "label": "printed", "text": "BRAND"}
    truth = [{"file": "images/remove-d.png", "lines": [printed], "record": {"title": "Brand shirt"}}]
    return written(tmp_path / "shop", rows, truth)


def run(folder: Path, out: Path, cleaner: Any = None) -> list[ResultLine]:
    work = evaluating.work_of(evaluating.labels([folder]), out / "edits", with_records=True)
    out.mkdir(parents=True, exist_ok=True)

    async def lines() -> list[ResultLine]:
        return [one async for one in evaluating.run(cleaner or fakes.picture_cleaner(), work, out / "results.jsonl")]

    return asyncio.run(lines())


def evaluated(folder: Path, out: Path) -> Evaluation:
    return evaluating.evaluate([folder], evaluating.labels([folder]), run(folder, out), out)


def line(path: str, outcome: Any = "kept", *regions: Region, why: str = "it says so") -> ResultLine:
    return ResultLine(
        path=path,
        sha256="0" * 64,
        outcome=outcome,
        reason="as_written",
        why=why,
        regions=regions,
        mask=None,
        result=None,
        patch=None,
        metrics={},
        seconds=0.1,
    )


def region(text: str = "SALE", verdict: Verdict = "keep", risk: float = 0.01) -> Region:
    return Region(BOX, text, 0.97, verdict, risk, "promotion", text, "remove")


def pictures(*files: str, root: str = "shop") -> list[LabelledPicture]:
    return [LabelledPicture(Path(root) / file, file, "none", "", "", "", "", False, 0) for file in files]


# ---------------------------------------------------------------- labels and lines


def test_a_folder_of_labels_is_read_with_what_is_known_of_lines(folder: Path) -> None:
    found = {one.file: one for one in evaluating.labels([folder])}
    assert found["images/remove-a.png"].kind == "promo"
    assert [one.rendered for one in found.values()].count(True) == 1
    (true_line,) = found["images/remove-d.png"].lines or ()
    assert (true_line.label, true_line.text) == ("printed", "BRAND")
    assert found["images/remove-d.png"].record == CatalogRecord(title="Brand shirt")


def test_the_example_catalog_is_labelled_whole() -> None:
    folder = Path(__file__).parents[2] / "examples" / "catalog"
    found = labelled.read(folder)
    assert {one.path for one in found} == {one for one in folder.iterdir() if one.suffix in (".jpg", ".png", ".webp")}
    assert {one.label for one in found} == {"none", "printed", "overlay", "mixed", "broken"}
    assert all(one.lines for one in found if one.label == "mixed")


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("file,label\n")
    with pytest.raises(LabelsError, match=r"index\.csv names no picture"):
        evaluating.labels([tmp_path])


def test_pictures_that_are_gone_are_named(folder: Path) -> None:
    (folder / "images" / "keep-a.png").unlink()
    with pytest.raises(LabelsError, match=r"images/keep-a\.png: named in an index\.csv, and not there"):
        evaluating.work_of(evaluating.labels([folder]), folder, with_records=True)


@pytest.mark.parametrize("path", ["images/a.jpg", "/data/shop/images/a.jpg", "../shop/images/a.jpg", "./images/a.jpg"])
def test_a_line_is_matched_by_the_end_of_its_path(path: str) -> None:
    found, strangers = evaluating.matched(pictures("images/a.jpg"), [line(path)])
    assert ([one.path for one in found], strangers) == ([path], ())


def test_lines_come_in_the_order_of_the_pictures_and_the_last_of_two_counts() -> None:
    lines = [line("b.jpg"), line("a.jpg"), line("b.jpg", "review"), line("notes.md", "refused")]
    found, strangers = evaluating.matched(pictures("a.jpg", "b.jpg"), lines)
    assert [(one.path, one.outcome) for one in found] == [("a.jpg", "kept"), ("b.jpg", "review")]
    assert strangers == ("notes.md",)


def test_the_same_name_in_two_folders_is_told_apart_by_the_folder() -> None:
    both = [*pictures("images/a.jpg", root="real"), *pictures("images/a.jpg", root="made")]
    found, _ = evaluating.matched(both, [line("x/made/images/a.jpg"), line("x/real/images/a.jpg")])
    assert [one.path for one in found] == ["x/real/images/a.jpg", "x/made/images/a.jpg"]
    with pytest.raises(ResultsError, match=r"images/a\.jpg may be a picture of made/images and real/images"):
        evaluating.matched(both, [line("images/a.jpg")])


def test_a_name_that_only_ends_alike_is_another_file() -> None:
    with pytest.raises(ResultsError, match=r"no result line is about a labelled picture; the lines name banana\.jpg"):
        evaluating.matched(pictures("a.jpg"), [line("banana.jpg")])


def test_pictures_without_a_line_are_named() -> None:
    files = [f"{number}.jpg" for number in range(9)]
    with pytest.raises(ResultsError, match=r"8 of 9 .* have no result line: 1\.jpg, 2.* and 3 more"):
        evaluating.matched(pictures(*files), [line("0.jpg")])


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(msgspec.json.encode(line("a.jpg")) + b"\n\n{}\n")
    with pytest.raises(ResultsError, match=r"results\.jsonl, line 3: .*path"):
        previewing.read_lines(path)
    with pytest.raises(ResultsError, match="No such file"):
        previewing.read_lines(tmp_path / "none.jsonl")


# ---------------------------------------------------------------- running and judging


def test_every_picture_takes_the_path_and_is_judged_by_its_label(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluated(folder, tmp_path / "out")
    real = evaluation.parts["real"]
    assert real.pictures == 8
    assert evaluation.parts["rendered"].pictures == 1
    assert {name: (share.k, share.n) for name, share in real.figures.items()} == {
        "false_edit": (1, 4),
        "false_edit_printed": (1, 2),
        "selective_risk": (2, 3),
        "recall": (1, 2),
        "handled": (1, 2),
        "missed": (1, 2),
        "review_load": (1, 4),
        "review_overlay": (0, 2),
        "mixed_handled": (2, 2),
        "printed_removed": (1, 1),
        "false_refusal": (1, 8),
        "failed": (0, 8),
    }
    assert set(real.by) == set(evaluating.COLUMNS)
    assert set(real.by["size"]) == {"", "under 600 px", "1200 px and more"}


def test_lines_that_were_written_give_the_same_figures_again(folder: Path, tmp_path: Path) -> None:
    first = evaluated(folder, tmp_path / "out")
    read = previewing.read_lines(tmp_path / "out" / "results.jsonl")
    found = evaluating.labels([folder])
    again = evaluating.evaluate([folder], found, evaluating.matched(found, read)[0], tmp_path / "out")
    assert again.parts == first.parts


class Listener:
    """Cleans as written, and keeps what it was told of each picture."""

    def __init__(self) -> None:
        self._cleaner = fakes.picture_cleaner()
        self.told: list[Context] = []

    async def clean(self, data: bytes, context: Context) -> Cleaned:
        self.told.append(context)
        return await self._cleaner.clean(data, context)


@pytest.mark.parametrize("with_records", [True, False])
def test_the_decision_hears_of_the_catalog_record_unless_it_must_not(
    folder: Path, tmp_path: Path, with_records: bool
) -> None:
    listener = Listener()
    cleaner: Any = listener
    work = evaluating.work_of(evaluating.labels([folder]), tmp_path, with_records=with_records)

    async def clean() -> None:
        assert [one async for one in previewing.clean(cleaner, work, tmp_path / "r.jsonl")]

    asyncio.run(clean())
    titles = [context.record.title for context in listener.told if context.record]
    assert titles == (["Brand shirt"] if with_records else [])


# ---------------------------------------------------------------- the page


class _Seen(HTMLParser):
    """Tags with their attributes, in order; every end must fit."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def seen(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Seen()
    parser.feed(page)
    return parser.tags


def page_of(evaluation: Evaluation, out: Path) -> str:
    out.mkdir(parents=True, exist_ok=True)
    return evaluation_page.write(evaluation, out, decode).read_text(encoding="utf-8")


def test_every_kind_of_error_is_on_the_page_with_its_pictures(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    page = page_of(evaluated(folder, out), out)
    for kind in figures.ERRORS:
        assert f'<h2 id="{kind.name}">{html.escape(kind.title)}: 1</h2>' in page
    articles = page.split("<article>")[1:]
    assert len(articles) == len(figures.ERRORS)
    for article in articles:
        sources = re.findall(r'src="([^"]+)"', article)
        assert all((out / source).is_file() for source in sources)
        expected = {"cleaned": 3, "review": 3, "kept": 1, "refused": 0}
        outcome = re.search(r"<b>(\w+)</b>", article)
        assert outcome
        assert len(sources) == expected[outcome[1]]
    assert "The picture can not be shown" in page


def test_the_page_says_of_every_edit_how_far_off_it_probably_is(folder: Path, tmp_path: Path) -> None:
    page = page_of(evaluated(folder, tmp_path / "out"), tmp_path / "out")
    for article in page.split("<article>")[1:]:
        edited = "<b>cleaned</b>" in article or "<b>review</b>" in article
        assert ("expected error" in article) == edited


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing(folder: Path, tmp_path: Path) -> None:
    page = page_of(evaluated(folder, tmp_path / "out"), tmp_path / "out")
    tags = seen(page)
    assert not {"script", "iframe", "link", "object", "form"} & {tag for tag, _ in tags}
    sources = [attributes["src"] or "" for _, attributes in tags if "src" in attributes]
    assert sources
    assert all(source.startswith("pictures/") for source in sources)
    assert all((attributes["href"] or "").startswith("#") for _, attributes in tags if "href" in attributes)
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert "url(" not in page


def test_the_page_can_be_used_without_eyes_and_without_a_mouse(folder: Path, tmp_path: Path) -> None:
    page = page_of(evaluated(folder, tmp_path / "out"), tmp_path / "out")
    tags = seen(page)
    assert all(attributes.get("alt") for tag, attributes in tags if tag == "img")
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(attributes["href"] or "")[1:] for tag, attributes in tags if tag == "a"}
    assert targets <= set(ids)
    assert ("html", {"lang": "en"}) in tags
    assert all("scope" in attributes for tag, attributes in tags if tag == "th")
    assert all(
        attributes.get("tabindex") == "0" for _, attributes in tags if "scroll" in (attributes.get("class") or "")
    )


def test_verdicts_are_told_apart_by_dashes_not_by_colour_alone() -> None:
    assert len(set(evaluation_page._DASHES.values())) == len(set(evaluation_page._COLOURS.values())) == 3


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "shop", [row("images/keep-<i>x.png", "overlay", kind=HOSTILE.replace('"', ""), source_repo="<b>s")]
    )
    found = evaluating.labels([folder])
    lines = [line("images/keep-<i>x.png", "kept", region(HOSTILE), why=HOSTILE)]
    page = page_of(evaluating.evaluate([folder / "<u>"], found, lines, tmp_path), tmp_path / "out")
    assert html.escape(HOSTILE) in page
    assert not re.search(r"<script|<i>|<b>s|<u>", page)
    assert {tag for tag, _ in seen(page)} & {"script", "i", "u"} == set()


def test_pictures_on_the_page_are_small_and_upright(tmp_path: Path) -> None:
    folder = written(tmp_path / "shop", [row("images/remove.png", "none")])
    evaluation = evaluated(folder, tmp_path / "out")
    shown = evaluation_pictures.write(decode, evaluation.cases[0], tmp_path / "pictures", 7)
    assert (shown.before, shown.after, shown.mask) == (
        "pictures/0007-before.jpg",
        "pictures/0007-after.jpg",
        "pictures/0007-mask.png",
    )
    assert (shown.width, shown.height) == (160, 64)
    assert shown.polygons == tuple(one.polygon for one in evaluation.cases[0].line.regions)
    for name in (shown.before, shown.after, shown.mask):
        assert name
        found = decode((tmp_path / name).read_bytes())
        assert max(found.size) <= evaluation_pictures.SHOWN_PX


def test_files_that_are_gone_are_no_edit_that_was_not_made(tmp_path: Path) -> None:
    folder = written(tmp_path / "shop", [row("images/remove.png", "none"), row("images/keep.png", "overlay")])
    evaluation = evaluated(folder, tmp_path / "out")
    for path in (tmp_path / "out" / "edits").iterdir():
        path.unlink()
    page = page_of(evaluation, tmp_path / "page")
    assert page.count("The file of the edit is not there") == page.count("No edit was made") == 1


def test_many_cases_of_a_kind_stay_one_click_away(tmp_path: Path) -> None:
    many = [row(f"images/keep-{number}.png", "overlay") for number in range(evaluation_page._OPEN_CASES + 3)]
    folder = written(tmp_path / "shop", many)
    page = page_of(evaluated(folder, tmp_path / "out"), tmp_path / "out")
    assert "<summary>3 more</summary>" in page
    assert page.count("<article>") == len(many)


# ---------------------------------------------------------------- the curve


def test_the_curve_is_a_picture_with_real_and_rendered_apart(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluated(folder, tmp_path / "out")
    curve = risk_curve.draw(evaluation.parts, Threshold(0.02, "certified <1>"))
    root = ElementTree.fromstring(curve)  # noqa: S314  # we drew it
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")]
    assert {"real pictures", "certified <1>, real", "100 %", "0 %"} <= set(texts)
    assert "1 of 2 overlay pictures cleaned without a person" in curve
    # The rendered picture is asked about whatever its risk: no curve.
    assert "rendered pictures" not in texts


def test_a_curve_without_pictures_to_edit_by_mistake_says_so(tmp_path: Path) -> None:
    evaluation = evaluated(written(tmp_path / "shop", [row("images/remove.png", "overlay")]), tmp_path / "out")
    drawn = risk_curve.draw(evaluation.parts, None)
    assert "real pictures: nothing there to be edited by mistake" in drawn
    assert "1 of 1 overlay pictures cleaned without a person; no picture without overlay was there" in drawn


def test_without_a_picture_that_may_be_edited_there_are_axes_and_a_word() -> None:
    report = figures.report([], ())
    assert "No picture may be edited." in risk_curve.draw({"real": report}, None)


def test_the_axis_of_false_edits_reaches_the_worst() -> None:
    points = figures.curve(
        [
            figures.judge(
                file=str(number),
                label=label,
                outcome="cleaned",
                reason="r",
                regions=[region(verdict="remove", risk=number / 10)],
                lines=None,
                rendered=False,
                groups={},
            )
            for number, label in enumerate(["overlay", "none", "overlay"])
        ]
    )
    assert risk_curve._highest([points]) == 1.0
    assert risk_curve._highest([]) == 0.02


# ---------------------------------------------------------------- the command


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["evaluate", *arguments], prog_name="cleanplate")


@pytest.fixture
def results(folder: Path, tmp_path: Path) -> Path:
    run(folder, tmp_path / "out")
    return tmp_path / "out" / "results.jsonl"


def test_the_command_prints_real_and_rendered_apart(folder: Path, results: Path) -> None:
    shown = command(str(folder), "--results", str(results), "--by", "kind,size")
    assert shown.exit_code == exits.DONE, shown.output
    assert "real: 8 pictures" in shown.stdout
    assert "rendered: 1 pictures" in shown.stdout
    assert "False edits                   25.0 % (0.6–80.6) 1/4" in shown.stdout
    assert "not known for 1 mixed pictures: their lines have no truth" in shown.stdout
    assert re.search(r"by kind +cleaned +review", shown.stdout)
    assert re.search(r"1200 px and more", shown.stdout)


def test_the_command_gives_all_as_data(folder: Path, results: Path) -> None:
    data = json.loads(command(str(folder), "--results", str(results), "--json", "--require", "missed.hi<=1").stdout)
    assert data["parts"]["real"]["figures"]["false_edit"]["k"] == 1
    assert data["parts"]["real"]["by"]["kind"]["promo"]["figures"]["recall"]["rate"] == 1.0
    assert [point["risk"] for point in data["parts"]["real"]["curve"]] == [0.01]
    shipped = standing.load(CertificateSettings())
    assert data["threshold"] == {"risk_max": shipped.risk_max, "name": "certified"}
    assert {kind: len(ones) for kind, ones in data["errors"].items()} == {kind.name: 1 for kind in figures.ERRORS}
    assert [gate["verdict"] for gate in data["gates"]] == ["met", "met"]


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        (["handled.rate>=0.5", "false_edit.hi<=0.9"], exits.DONE),
        (["real.false_edit<=0.02"], exits.INCONCLUSIVE),
        (["real.false_edit<=0.001", "handled.rate>=0.5"], exits.GATE_FAILED),
        (["real.false_edit<=0.02", "real.false_edit<=0.001"], exits.GATE_FAILED),
    ],
)
def test_gates_have_exit_codes(folder: Path, results: Path, gates: list[str], code: int) -> None:
    required = [part for gate in gates for part in ("--require", gate)]
    assert command(str(folder), "--results", str(results), *required).exit_code == code


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--by", "mood"], exits.USAGE, "the columns are label, kind"),
        (["--require", "joy>=1"], exits.ERROR, "there is no figure 'joy'"),
        (["--require", "kind:banjo.recall>=1"], exits.ERROR, "there are no such pictures"),
    ],
)
def test_what_cannot_be_asked_is_said(
    folder: Path, results: Path, arguments: list[str], code: int, message: str
) -> None:
    shown = command(str(folder), "--results", str(results), *arguments)
    assert (shown.exit_code, message in shown.output) == (code, True)


def test_lines_about_unknown_files_are_counted_and_named_as_data(folder: Path, results: Path) -> None:
    with results.open("ab") as lines:
        lines.write(msgspec.json.encode(line("elsewhere/notes.md", "refused")) + b"\n")
    shown = command(str(folder), "--results", str(results), "--json")
    assert json.loads(shown.stdout)["unknown_files"] == ["elsewhere/notes.md"]
    assert "1 result lines are about files that no index.csv names: elsewhere/notes.md" in shown.stderr


def test_pictures_that_only_want_a_certificate_are_counted(folder: Path, tmp_path: Path) -> None:
    found = evaluating.labels([folder])[:1]
    void = msgspec.structs.replace(
        line("images/remove-a.png", "review", region(verdict="remove", risk=0.02)), reason="certificate_void"
    )
    evaluation = evaluating.evaluate([folder], found, [void], tmp_path)
    assert evaluating.asked_for_want_of_trust(evaluation) == 1
    assert evaluation.parts["real"].curve[0].recall.k == 1
    assert "no certificate is in force" in page_of(evaluation, tmp_path / "out")


def test_a_certificate_that_is_none_is_said(folder: Path, results: Path) -> None:
    shown = command(str(folder), "--results", str(results), "--certificate", str(results))
    assert shown.exit_code == exits.ERROR
    assert "this is no certificate" in shown.stderr


def test_the_threshold_of_a_certificate_is_marked(folder: Path, results: Path, tmp_path: Path) -> None:
    made = fakes.certificate(risk_max=0.005)
    (tmp_path / "certificate.json").write_bytes(certificates.encode(made))
    shown = command(str(folder), "--results", str(results), "--certificate", str(tmp_path / "certificate.json"))
    assert "up to risk 0.005 (certified): no edit. Whatever their risk: 1 of 2" in shown.stdout


def test_the_command_writes_the_page(folder: Path, results: Path) -> None:
    shown = command(str(folder), "--results", str(results), "--out", str(results.parent / "page"))
    assert shown.exit_code == exits.DONE, shown.output
    assert (results.parent / "page" / "index.html").is_file()
    assert list((results.parent / "page" / "pictures").glob("*-before.jpg"))
