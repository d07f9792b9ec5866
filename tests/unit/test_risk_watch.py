"""What operators are told of the risk: of the sample alone, by certificate and policy, with the age of what is open."""

import dataclasses
import itertools
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from processors import chain
from streams import risk_watch
from streams.answers import Task
from streams.risk_watch import Group, Report
from tests import fakes
from tests.answered import BEGIN, Decision, answer, answered, asked
from tests.fakes import MemoryStore

STORE = MemoryStore()
CERTIFICATE = fakes.certificate()
NOW = BEGIN + timedelta(days=30)
NAMES = (f"p{number}" for number in itertools.count())


def tasks(
    decision: Decision | None,
    times: int,
    *,
    kind: chain.Kind = "cleaned",
    certificate: str | None = CERTIFICATE.id,
    policy_version: str = CERTIFICATE.policy_version,
    day: float = 0,
) -> Iterator[Task]:
    for name in itertools.islice(NAMES, times):
        edit = asked(STORE, name, kind=kind, certificate=certificate)
        assert edit.ruling is not None
        edit = dataclasses.replace(edit, ruling=dataclasses.replace(edit.ruling, policy_version=policy_version))
        yield answered(edit, answer(STORE, edit, decision) if decision else None, day)


def report(*of: Iterator[Task], window_days: float = 90, **more: object) -> Report:
    told = sorted(itertools.chain(*of), key=lambda task: task.asked_at)
    certificate = more.get("certificate", CERTIFICATE)
    return risk_watch.report(
        told,
        certificate,
        "policy-9",
        more.get("voided", ()),
        NOW,
        timedelta(days=window_days),  # type: ignore[arg-type]
    )


def current(found: Report) -> Group:
    (group,) = (one for one in found.groups if one.current)
    return group


def test_rejected_and_masked_edits_of_the_sample_are_the_errors() -> None:
    group = current(report(tasks("accept", 90), tasks("reject", 2), tasks("mask", 1)))
    assert (group.n, group.errors, group.rejected, group.masked) == (93, 3, 2, 1)
    assert group.lower < 3 / 93 < group.upper
    assert (group.alpha, group.delta, group.promise_known) == (CERTIFICATE.alpha, CERTIFICATE.delta, True)


def test_answers_to_ordinary_tasks_are_never_mixed_in() -> None:
    found = report(tasks("accept", 5), tasks("reject", 50, kind="proposed"), tasks(None, 3, kind="proposed"))
    assert (current(found).n, current(found).errors) == (5, 0)
    assert (found.asked.rejected, found.asked.open) == (50, 3)
    assert found.verdict == "too few"


def test_enough_right_answers_are_fine() -> None:
    assert report(tasks("accept", 299)).verdict == "fine"
    assert report(tasks("accept", 298)).verdict == "too few"


def test_a_broken_promise_is_crossed_and_is_to_be_voided_once() -> None:
    found = report(tasks("accept", 200), tasks("reject", 12, day=1))
    assert found.verdict == "crossed"
    assert [group.certificate for group in risk_watch.to_void(found)] == [CERTIFICATE.id]
    told = report(tasks("accept", 200), tasks("reject", 12, day=1), voided=[CERTIFICATE.id])
    assert told.verdict == "crossed", "it stays broken"
    assert risk_watch.to_void(told) == []


def test_edits_of_another_certificate_do_not_speak_about_this_one() -> None:
    found = report(tasks("accept", 299), tasks("reject", 30, certificate="0" * 32, policy_version="old"))
    assert found.verdict == "fine"
    (other,) = (group for group in found.groups if not group.current)
    assert (other.verdict, other.promise_known) == ("crossed", False)
    assert risk_watch.to_void(found) == [], "of a promise that is not at hand nobody knows whether it is broken"


def test_without_a_certificate_the_policy_in_force_is_measured_against_the_customary_promise() -> None:
    found = report(
        tasks("accept", 10, certificate=None, policy_version="policy-9"),
        tasks("reject", 9, certificate=None, policy_version="policy-8"),
        certificate=None,
    )
    group = current(found)
    assert (group.certificate, group.policy_version, group.n, group.alpha) == (None, "policy-9", 10, 0.01)
    assert found.verdict == "too few"
    assert [one.policy_version for one in found.groups] == ["policy-9", "policy-8"]


def test_where_nothing_was_drawn_yet_there_is_too_little_to_say() -> None:
    found = report()
    assert (found.verdict, current(found).missing, current(found).open) == ("too few", 299, 0)


def test_bounds_look_back_so_far_and_the_evidence_over_all() -> None:
    found = report(tasks("reject", 8), tasks("accept", 310, day=25), window_days=10)
    group = current(found)
    assert (group.n, group.errors) == (310, 0)
    assert group.verdict == "crossed"


def test_what_is_open_has_its_number_and_age() -> None:
    overtaken = (dataclasses.replace(task, overtaken=True) for task in tasks(None, 4))
    group = current(report(tasks(None, 2, day=10), tasks(None, 1, day=29), overtaken))
    assert (group.open, group.oldest_open_days, group.overtaken, group.n) == (3, 20.0, 4, 0)


def test_a_report_is_json_of_plain_numbers() -> None:
    found = report(tasks("accept", 20), tasks("reject", 20, day=1), tasks(None, 1))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Report) == found


@pytest.mark.parametrize("days", [1, 90])
def test_the_report_says_over_which_time(days: int) -> None:
    assert report(window_days=days).window_days == days
