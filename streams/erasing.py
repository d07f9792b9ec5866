"""Carries out the plan of an erasure, in an order in which a crash forgets nothing.

    sign which leaves go → tombstones for audit, head, marks → blobs and incoming objects → chain → outcome

The chain goes last, so that whoever begins again still finds what to do. Every step may be done twice.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from infra.object_store import Listed
from infra.settings import StoreSettings
from infra.signing import PrivateKey
from processors import chain
from processors.errors import ConflictError
from streams import announcing, digests, erasure_plans, events, failpoints, topics
from streams.announcing import Told
from streams.audit_log import Log
from streams.digests import Erasure, Shelf
from streams.erasure_plans import Place, Plan, Subject
from streams.ports import Store, Writer

EVENT_TYPE = "catalog.image.erased.v1"
#: Pictures whose objects are deleted at a time.
AT_ONCE = 8


class ErasingError(ConflictError):
    """What was planned is not what is there, or the erasure could not be signed: nothing more was done."""


class ErasingStore(Store, Protocol):
    """A store with an operator's keys."""

    def erase(self, bucket: str, versions: Iterable[Listed], *, locked: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """Who erases, and why; it is signed, so it should say nothing of the person concerned."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What an erasure works with."""

    store: ErasingStore
    settings: StoreSettings
    shelf: Shelf
    log: Log
    writer: Writer
    partitions: int


def carry_out(tools: Tools, plan: Plan, order: Order, key: PrivateKey | None) -> Counter[str]:
    """Erase what the plan names; again, it does what is left. Gives how much was deleted: records and objects.

    Raises:
        ErasingError: a picture got edits since the plan, or digests vouch for the records and there is no key.
        ServiceUnavailableError: a service does not answer; the same again goes on.
    """
    _check(tools, plan)
    common = erasure_plans.shared(tools.log, plan.keys, {place for one in plan.subjects for place in places(one)})
    done: Counter[str] = Counter()
    done["erasures signed"] = _sign(tools.shelf, plan, order, key)
    failpoints.hit("erasure_signed")
    done["tombstones"] = announcing.tell(
        tools.writer, tools.partitions, (told for one in plan.subjects for told in _tombstones(plan, one))
    )
    failpoints.hit("erasure_tombstones")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for counted in pool.map(lambda one: _objects(tools, one, common), plan.subjects):
            done += counted
        failpoints.hit("erasure_blobs")
        _check(tools, plan)
        done["slots"] = sum(pool.map(lambda one: _chain(tools, one), plan.subjects))
    failpoints.hit("erasure_chain")
    announcing.tell(tools.writer, tools.partitions, (_outcome(plan, one) for one in plan.subjects))
    return done


def _check(tools: Tools, plan: Plan) -> None:
    """Nothing may have come since: it would be erased without its leaf being signed, or left without its chain."""

    def newer(subject: Subject) -> str:
        written = erasure_plans.slots(tools.store, tools.settings.edits_bucket, subject.image_id)
        return next((edit_id for edit_id, _ in written if edit_id not in subject.edit_ids), "")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for subject, edit_id in zip(plan.subjects, pool.map(newer, plan.subjects), strict=True):
            if edit_id:
                raise ErasingError(f"{subject.image_id}: edit {edit_id} is newer than the plan: plan again")


def _sign(shelf: Shelf, plan: Plan, order: Order, key: PrivateKey | None) -> int:
    if key is None:
        if shelf.numbers():
            raise ErasingError("signed digests vouch for the records that are to go: give the key (--key)")
        return 0
    keys = {key.public.id: key.public}
    for subject in plan.subjects:
        erasure = Erasure(
            pseudonym=subject.pseudonym,
            leaves=subject.leaves,
            made_at=plan.made_at,
            actor=order.actor,
            reason=order.reason,
        )
        if shelf.put_erasure(subject.pseudonym, digests.sign(key, erasure)):
            continue
        # Begun before by somebody else, or with other words: it counts if it names the same.
        standing = dict(shelf.erasures())[subject.pseudonym]
        if digests.read(standing, Erasure, keys).leaves != subject.leaves:
            raise ErasingError(f"{subject.image_id}: another erasure has this pseudonym: plan again")
    return len(plan.subjects)


def _tombstones(plan: Plan, subject: Subject) -> Iterator[Told]:
    keys = [
        *((topics.AUDIT.name, f"{subject.image_id}/{edit_id}") for edit_id in subject.edit_ids),
        (topics.HEAD.name, subject.image_id),
        *((topics.MARKS.name, key) for key in subject.marks),
    ]
    for topic, key in keys:
        name = chain.name_of("erasure", plan.plan_id, topic, key)
        yield Told(topic, subject.image_id, key, None, events.headers(topic, name, plan.made_at))


def _outcome(plan: Plan, subject: Subject) -> Told:
    cause = chain.Cause(
        event_id=chain.name_of("erasure", plan.plan_id, subject.image_id),
        event_source=events.SOURCE,
        event_type=EVENT_TYPE,
        time=plan.made_at,
    )
    return announcing.outcome(cause, subject.image_id, "erased", reason="erased", why="")


def _objects(tools: Tools, subject: Subject, common: Collection[Place]) -> Counter[str]:
    """Delete a picture's blobs, and the versions of its incoming objects that the plan names."""
    planned = {(one.bucket, one.key, one.version_id) for one in subject.versions}
    gone: Counter[str] = Counter()
    for place in places(subject):
        if place in common:
            continue
        there = [
            one
            for one in tools.store.list(place.bucket, place.key, versions=True)
            if one.key == place.key and (place in subject.blobs or (place.bucket, one.key, one.version_id) in planned)
        ]
        _erase(tools, place.bucket, there)
        gone[f"objects in {place.bucket}"] += len(there)
    return gone


def _chain(tools: Tools, subject: Subject) -> int:
    bucket = tools.settings.edits_bucket
    there = list(tools.store.list(bucket, f"chain/{subject.image_id}/", versions=True))
    _erase(tools, bucket, there)
    return len(there)


def _erase(tools: Tools, bucket: str, versions: Collection[Listed]) -> None:
    if versions:
        locked = bucket == tools.settings.originals_bucket and tools.settings.retention_days > 0
        tools.store.erase(bucket, versions, locked=locked)


def places(subject: Subject) -> list[Place]:
    return sorted({*subject.blobs, *(Place(one.bucket, one.key) for one in subject.versions)})
