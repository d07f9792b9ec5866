"""A clock is judged by what its answer and ours do not share; certificates and added models are told as they are."""

import json
from pathlib import Path

import pytest

from infra import settings
from streams import doctor
from streams.standing import Standing
from tests import fakes


@pytest.mark.parametrize(
    ("theirs_s", "level", "found"),
    [
        ((100.0, 100.0), "ok", "agrees with ours"),
        ((95.1, 95.1), "ok", "agrees with ours within 4.9 s"),
        ((94.0, 95.1), "ok", "agrees with ours within 4.9 s"),
        ((90.0, 90.0), "warn", "10 s behind ours"),
        ((120.0, 120.0), "warn", "18 s ahead of ours"),
        ((-300.0, -299.0), "fail", "399 s behind ours"),
        ((3702.0, 3703.0), "fail", "3600 s ahead of ours"),
    ],
)
def test_a_clock_that_differs_is_told_by_how_much(theirs_s: tuple[float, float], level: str, found: str) -> None:
    finding = doctor.clock_finding("clock", *theirs_s, before_s=100.0, after_s=102.0)
    assert (finding.level, finding.found) == (level, found)
    assert bool(finding.advice) == (level != "ok")


def test_a_slow_answer_is_no_difference() -> None:
    assert doctor.clock_finding("clock", 100.0, 101.0, before_s=90.0, after_s=130.0).level == "ok"


def test_a_certificate_in_force_is_told_with_its_promise() -> None:
    finding = doctor.certificate_finding(Standing(certificate=fakes.certificate()))
    assert finding.level == "ok"
    assert "at most 1.00% of automatic edits false, with 95% confidence (0 of 299 measured)" in finding.found


def test_a_void_certificate_is_a_warning_that_says_what_follows() -> None:
    asked = doctor.certificate_finding(Standing(why_void="textrec's weights are new", asks=True), "; not looked at")
    assert (asked.level, asked.found) == (
        "warn",
        "void, every edit is asked about: textrec's weights are new; not looked at",
    )
    assert "edits go on" in doctor.certificate_finding(Standing(why_void="the policy's version is new")).found


def test_added_models_are_told_with_their_digest_and_whether_they_are_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "lama"
    folder.mkdir(parents=True)
    facts = {"sha256": "a" * 64, "size": 208_000_000, "convention": "lama-512", "seconds": 3.2, "verified": False}
    (folder / "model.json").write_text(json.dumps(facts))
    monkeypatch.setenv("CLEANPLATE_HOME", str(tmp_path))
    (found,) = doctor._added(settings.Settings(inpaint=settings.InpaintSettings(textured="lama")))
    assert (found.check, found.level) == ("added model lama", "warn")
    assert found.found == (
        "lama-512, 208 MB, digest aaaaaaaaaaaa, 3.2 s a crop; fills what is textured; nobody vouches for its digest"
    )
    (folder / "model.json").write_text(json.dumps({**facts, "verified": True}))
    (found,) = doctor._added(settings.Settings())
    assert (found.level, found.advice) == ("ok", "")
    assert "not chosen" in found.found
    (folder / "model.json").write_text("{}")
    (found,) = doctor._added(settings.Settings())
    assert (found.level, found.advice) == ("fail", "see docs/models.md")
