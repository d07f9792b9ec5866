"""Whether a rollback is in force, picture by picture; and which rollbacks there were."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from infra.object_store import MissingObjectError
from infra.settings import KafkaSettings
from processors import chain
from streams import audit_log, lookups
from streams.ledger import Ledger
from streams.ports import Store
from streams.rollback_plans import Plan, Row

Verdict = Literal["in force", "later edit on top", "not applied", "head not told", "blob missing", "blob differs"]
#: What is as it should be.
GOOD: tuple[Verdict, ...] = ("in force", "later edit on top")


@dataclass(frozen=True, slots=True)
class Checked:
    image_id: str
    verdict: Verdict


def verify(
    kafka: KafkaSettings, store: Store, ledger: Ledger, plan: Plan, sample: int | None, seed: int
) -> Iterator[Checked]:
    """Compare chain, head topic and store with a plan: of all its pictures, or of a sample that the seed draws.

    Raises:
        BrokenChainError: the slots of a chain do not fit together.
        ServiceUnavailableError: a service does not answer.
    """
    heads = lookups.heads(kafka)
    rows = plan.rows()
    if sample is not None:
        everything = list(rows)
        rows = iter(random.Random(seed).sample(everything, min(sample, len(everything))))
    for row in rows:
        head = heads.get(row.image_id)
        yield Checked(row.image_id, _verdict(store, ledger, row, plan.plan_id, head.edit_id if head else None))


def _verdict(store: Store, ledger: Ledger, row: Row, plan_id: str, told: str | None) -> Verdict:
    history = ledger.read_now(row.image_id)
    edit = history.find(chain.name_of("rollback", row.image_id, plan_id))
    if edit is None or history.head is None:
        return "not applied"
    if told != history.head.edit_id:
        return "head not told"
    if edit != history.head:
        return "later edit on top"
    shown = edit.shown
    if shown is None or shown.sha256 != row.shown_sha256:
        return "blob differs"
    try:
        data = store.get(shown.bucket, shown.key).data
    except MissingObjectError:
        return "blob missing"
    return "in force" if sha256(data).hexdigest() == shown.sha256 else "blob differs"


@dataclass(slots=True)
class Past:
    """A rollback as the audit topic tells of it."""

    plan_id: str
    actor: str
    reason: str
    first: str
    last: str
    images: int = 0


def past(kafka: KafkaSettings) -> list[Past]:
    """Every rollback that reached the audit topic, oldest first. Raises ServiceUnavailableError."""
    seen: set[str] = set()
    found: dict[str, Past] = {}
    for entry in audit_log.read(kafka):
        if entry.value is None or b'"rolled_back"' not in entry.value or entry.edit_id in seen:
            continue
        edit = audit_log.brief(entry)
        if edit.rollback is None:
            continue
        seen.add(entry.edit_id)
        at = edit.committed_at or ""
        one = found.setdefault(
            edit.rollback.plan_id, Past(edit.rollback.plan_id, edit.rollback.actor, edit.rollback.reason, at, at)
        )
        one.first, one.last, one.images = min(one.first, at), max(one.last, at), one.images + 1
    return sorted(found.values(), key=lambda one: (one.first, one.plan_id))
