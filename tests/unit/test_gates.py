"""Gates: how one is read, and when it is met, not met, or too early to tell."""

import pytest

from processors import figures, gates
from processors.figures import Judged, Report
from processors.gates import Part
from processors.judging import Judgement


def pictures(label: str, outcome: str, number: int, kind: str = "") -> list[Judged]:
    false = label == "none" and outcome == "cleaned"
    judgement = Judgement(false, outcome == "kept" if label == "overlay" else None, None)
    one = Judged("a.jpg", label, outcome, False, None, judgement, judgement, None, 0, {"kind": kind})
    return [one] * number


REAL = figures.report(
    [
        *pictures("none", "kept", 208),
        *pictures("none", "cleaned", 2),
        *pictures("overlay", "cleaned", 45, "camera-stamp"),
        *pictures("overlay", "review", 5, "solidusio/solidus 2.0"),
    ],
    ("kind",),
)
RENDERED = figures.report(pictures("overlay", "cleaned", 1000, "camera-stamp"), ("kind",))
PARTS: dict[Part, Report] = {"real": REAL, "rendered": RENDERED}


def verdicts(text: str, parts: dict[Part, Report] = PARTS) -> list[str]:
    return [one.verdict for one in gates.check(gates.parse(text), parts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 2 of 210: 0.95 %, from 0.12 to 3.4 %
        ("real.false_edit.hi<=0.04", "met"),
        ("real.false_edit<=0.04", "met"),
        ("real.false_edit.hi <= 0.02", "inconclusive"),
        ("real.false_edit<=0.001", "not met"),
        ("real.false_edit.rate<=0.01", "met"),
        ("real.false_edit.rate<0.005", "inconclusive"),
        ("real.false_edit.k<=2", "met"),
        ("real.false_edit.k<1", "not met"),
        # 45 of 50: from 78 to 97 %
        ("real.recall>=0.7", "met"),
        ("real.recall.lo>0.9", "inconclusive"),
        ("real.recall>=0.98", "not met"),
        ("real.kind:camera-stamp.recall>=0.9", "met"),
        ("real.kind:solidusio/solidus 2.0.recall.hi<=0.6", "met"),
        ("real.printed_removed.rate<=0", "inconclusive"),
    ],
)
def test_a_gate_is_met_not_met_or_inconclusive(text: str, expected: str) -> None:
    assert verdicts(text) == [expected]


def test_a_gate_without_a_part_is_for_both_apart() -> None:
    assert verdicts("recall>=0.9") == ["inconclusive", "met"]
    assert [one.part for one in gates.check(gates.parse("recall>=0.9"), PARTS)] == ["real", "rendered"]


def test_pictures_that_are_not_there_prove_nothing() -> None:
    # No rendered picture is without overlay: the gate is for the real ones alone, unless it says otherwise.
    assert verdicts("false_edit<=0.04") == ["met"]
    assert verdicts("rendered.false_edit<=0.04") == ["inconclusive"]


def test_a_gate_without_a_part_needs_only_the_parts_that_have_its_pictures() -> None:
    assert verdicts("kind:solidusio/solidus 2.0.recall<=0.6") == ["met"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("false_edit", "is no gate"),
        ("false_edit.hi<=two", "is no gate"),
        ("false_edit.hi<=0.0.2", "is no number"),
        ("flase_edit.hi<=0.02", "there is no figure 'flase_edit'; there are false_edit, "),
        ("false_edit.median<=0.02", "there is no figure|is no gate"),
        ("all.false_edit<=0.02", "is no gate"),
    ],
)
def test_what_is_no_gate_is_said(text: str, message: str) -> None:
    with pytest.raises(gates.GateError, match=message):
        gates.parse(text)


@pytest.mark.parametrize("text", ["rendered.recall>=0.5", "kind:banner.recall>=0.5", "mood:calm.recall>=0.5"])
def test_a_gate_for_pictures_that_are_not_there_is_said(text: str) -> None:
    with pytest.raises(gates.GateError, match="no such pictures"):
        gates.check(gates.parse(text), {"real": REAL})
