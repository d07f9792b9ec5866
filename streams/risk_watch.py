"""The true risk of automatic edits, from those of the sample that people judged; and the end of a broken promise."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from infra.settings import KafkaSettings, Settings
from processors import watching
from processors.certificates import Certificate, CertificateError
from processors.watching import Crossing, Promise, Verdict
from streams import standing, voiding
from streams.answers import Task
from streams.events import CertificateVoided

#: Measured against where edits name no certificate, or one that is not at hand.
CUSTOMARY = Promise(alpha=0.01, delta=0.05, n=299)
DAY_S = 86_400.0

#: Certificate (None: edited without one) and policy version of an edit.
Key = tuple[str | None, str]


class Group(Struct, frozen=True, kw_only=True):
    """The edits of the sample under one certificate and policy version."""

    certificate: str | None
    policy_version: str
    #: whether the settings at hand name this certificate, or none and this policy
    current: bool
    #: whether the promise is that of the certificate; else the customary one
    promise_known: bool
    alpha: float
    delta: float
    #: judged within the window, and how many of them were wrong
    n: int
    errors: int
    rejected: int
    masked: int
    #: exact, one-sided, each at 1 - delta
    lower: float
    upper: float
    verdict: Verdict
    #: the greatest there ever was, and from where on the promise is broken
    evidence: float
    broken_from: float
    missing: int
    crossing: Crossing | None
    #: of all times: not answered yet, the age of the oldest such, and what was overtaken before anybody answered
    open: int
    oldest_open_days: float | None
    overtaken: int
    #: whether it was told before that the certificate is void
    voided: bool


class Asked(Struct, frozen=True, kw_only=True):
    """Answers to ordinary tasks within the window: about doubtful pictures, so no estimate for automatic edits."""

    accepted: int
    rejected: int
    masked: int
    open: int
    overtaken: int


class Report(Struct, frozen=True, kw_only=True):
    """What is known of the risk now."""

    at: str
    window_days: float
    verdict: Verdict
    groups: tuple[Group, ...]
    asked: Asked


def certificate_at_hand(settings: Settings) -> Certificate | None:
    """The certificate that the settings name, or None where there is none that can be read."""
    try:
        return standing.load(settings.certificate)
    except CertificateError:
        return None


def report(
    tasks: Sequence[Task],
    certificate: Certificate | None,
    policy_version: str,
    voided: Iterable[str],
    now: datetime,
    window: timedelta,
) -> Report:
    """Put together what is known; the verdict is that of the current group."""
    current: Key = (certificate.id, certificate.policy_version) if certificate else (None, policy_version)
    told = set(voided)
    sampled: dict[Key, list[Task]] = {current: []}
    for task in tasks:
        if task.edit.sampled:
            sampled.setdefault(_key(task), []).append(task)
    groups = [_group(key, sampled[key], key == current, certificate, told, now, window) for key in sampled]
    groups.sort(key=lambda group: (not group.current, group.certificate or "", group.policy_version))
    return Report(
        at=now.isoformat(timespec="seconds"),
        window_days=window / timedelta(days=1),
        verdict=groups[0].verdict,
        groups=tuple(groups),
        asked=_asked([task for task in tasks if not task.edit.sampled and now - task.asked_at <= window]),
    )


def void(kafka: KafkaSettings, group: Group, now: datetime) -> str:
    """Tell that the certificate of a group that crossed is void, and give the words. Raises ServiceUnavailableError."""
    crossing = group.crossing
    assert group.certificate and crossing, "only a certificate whose promise is broken"
    why = (
        f"{crossing.errors} of {crossing.n} sampled automatic edits were false: at least {crossing.lower:.2%}, "
        f"promised were {group.alpha:.2%}; evidence {crossing.evidence:.0f}, broken from {group.broken_from:.0f}"
    )
    voided = CertificateVoided(
        certificate=group.certificate,
        why=why,
        n=crossing.n,
        errors=crossing.errors,
        bound=crossing.lower,
        time=now.isoformat(timespec="seconds"),
    )
    voiding.publish(kafka, voided)
    return why


def to_void(found: Report) -> list[Group]:
    """Groups whose certificate is shown to be broken and was not told to be void yet."""
    return [one for one in found.groups if one.crossing and one.certificate and one.promise_known and not one.voided]


def _key(task: Task) -> Key:
    ruling = task.edit.ruling
    assert ruling is not None, "an automatic edit has a ruling"
    return ruling.certificate, ruling.policy_version


def _group(
    key: Key,
    tasks: Sequence[Task],
    current: bool,
    certificate: Certificate | None,
    voided: set[str],
    now: datetime,
    window: timedelta,
) -> Group:
    name, policy_version = key
    known = certificate is not None and name == certificate.id
    promise = Promise(certificate.alpha, certificate.delta, certificate.n) if certificate and known else CUSTOMARY
    judged = [task for task in tasks if task.answer is not None and now - task.asked_at <= window]
    # Of all times: a test that forgets could be started anew until it says what one likes.
    drawn = [task.wrong if task.answer else None for task in tasks if not task.overtaken]
    found = watching.find([task.wrong for task in judged], drawn, promise)
    waiting = [task for task in tasks if task.is_open]
    decisions = _decisions(judged)
    return Group(
        certificate=name,
        policy_version=policy_version,
        current=current,
        promise_known=known,
        alpha=promise.alpha,
        delta=promise.delta,
        n=found.n,
        errors=found.errors,
        rejected=decisions["reject"],
        masked=decisions["mask"],
        lower=found.lower,
        upper=found.upper,
        verdict=found.verdict,
        evidence=found.evidence,
        broken_from=1 / promise.delta,
        missing=found.missing,
        crossing=found.crossing,
        open=len(waiting),
        oldest_open_days=max(((now - task.asked_at).total_seconds() / DAY_S for task in waiting), default=None),
        overtaken=sum(task.overtaken for task in tasks),
        voided=name in voided,
    )


def _asked(tasks: Sequence[Task]) -> Asked:
    decisions = _decisions(tasks)
    return Asked(
        accepted=decisions["accept"],
        rejected=decisions["reject"],
        masked=decisions["mask"],
        open=sum(task.is_open for task in tasks),
        overtaken=sum(task.overtaken for task in tasks),
    )


def _decisions(tasks: Iterable[Task]) -> Counter[Literal["accept", "reject", "mask"]]:
    return Counter(task.answer.answer.decision for task in tasks if task.answer and task.answer.answer)
