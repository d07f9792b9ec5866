"""Whether a picture is erased: what is left of it in the topics and in the store, and until when.

Kafka deletes late. A record that a tombstone takes away is gone when its segment was rolled and cleaned; the tombstone
itself, whose key names the picture, one cleaning after its time is over. Both take another record in the partition.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from infra.kafka import Record, TopicSpec
from infra.settings import StoreSettings
from streams import erasure_plans, topics
from streams.erasure_plans import Place, Plan, Reader
from streams.ports import Store

#: `there`: not erased; `waiting`: erased, and not yet cleaned away
State = Literal["there", "waiting"]
#: Kafka's own, where a topic declares none.
SEGMENT_MS = 7 * topics.DAY_MS
PASSING = tuple(spec for spec in topics.ALL if spec.name not in topics.COMPACTED)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is left of an erased picture."""

    state: State
    where: str
    #: at the latest, where it goes by itself
    until: datetime | None = None


def verify(
    plan: Plan, *, read: Reader, store: Store, settings: StoreSettings, common: Iterable[Place]
) -> Iterator[Left]:
    """All that is left; nothing where the erasure is complete. What was uploaded anew since does not count.

    `common` are objects that other pictures have as well (erasure_plans.shared).

    Raises ServiceUnavailableError.
    """
    yield from _in_store(plan, store, settings, frozenset(common))
    keys = {
        topics.AUDIT.name: plan.keys,
        topics.HEAD.name: frozenset(one.image_id for one in plan.subjects),
        topics.MARKS.name: frozenset(key for one in plan.subjects for key in one.marks),
    }
    edits = frozenset(edit_id.encode() for one in plan.subjects for edit_id in one.edit_ids)
    for spec in (topics.AUDIT, topics.HEAD, topics.MARKS):
        yield from _compacted(spec, read(spec.name), keys[spec.name], edits)
    made_at = datetime.fromisoformat(plan.made_at)
    passing = {one.image_id for one in plan.subjects}
    passing |= {f"{version.bucket}/{version.key}" for one in plan.subjects for version in one.versions}
    for spec in PASSING:
        yield from _passing(spec, read(spec.name), passing, made_at)


def value_gone_after(spec: TopicSpec) -> timedelta:
    """How long at most the value of a record stays in a compacted topic after its tombstone was written."""
    return _milliseconds(spec, "segment.ms") + _milliseconds(spec, "max.compaction.lag.ms")


def key_gone_after(spec: TopicSpec) -> timedelta:
    """How long at most the tombstone itself stays."""
    return 2 * value_gone_after(spec) + _milliseconds(spec, "delete.retention.ms")


def passed_after(spec: TopicSpec) -> timedelta:
    """How long at most a record stays in a topic that keeps records for a time."""
    return _milliseconds(spec, "retention.ms") + _milliseconds(spec, "segment.ms")


def _in_store(plan: Plan, store: Store, settings: StoreSettings, common: frozenset[Place]) -> Iterator[Left]:
    for one in plan.subjects:
        for edit_id, _ in erasure_plans.slots(store, settings.edits_bucket, one.image_id):
            if edit_id in one.edit_ids:
                yield Left("there", f"chain slot of edit {edit_id} of {one.image_id}")
        for place in one.blobs:
            if place not in common:
                there = [
                    found for found in store.list(place.bucket, place.key, versions=True) if found.key == place.key
                ]
                yield from (Left("there", f"{place.bucket}/{place.key}@{found.version_id}") for found in there)
        planned = {(version.bucket, version.key, version.version_id) for version in one.versions}
        for bucket, key in sorted({(version.bucket, version.key) for version in one.versions}):
            if Place(bucket, key) in common:
                continue
            for found in store.list(bucket, key, versions=True):
                if (bucket, found.key, found.version_id) in planned:
                    yield Left("there", f"{bucket}/{key}@{found.version_id}")


def _compacted(
    spec: TopicSpec, records: Iterable[Record], named: frozenset[str], edits: frozenset[bytes]
) -> Iterator[Left]:
    """What a compacted topic has under these keys; a value that names none of these edits is of a newer upload."""
    before: dict[str, int] = {}
    last: dict[str, Record] = {}
    for record in records:
        key = (record.key or b"").decode("utf-8", "replace")
        if key in named and (record.value is None or _names(record, edits)):
            if key in last and last[key].value is not None:
                before[key] = before.get(key, 0) + 1
            last[key] = record
    for key, record in last.items():
        told = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        if record.value is not None:
            yield Left("there", f"{spec.name}: {key}")
        elif key in before:
            yield Left("waiting", f"{spec.name}: {before[key]} records under {key}", told + value_gone_after(spec))
        else:
            yield Left("waiting", f"{spec.name}: the tombstone of {key}", told + key_gone_after(spec))


def _names(record: Record, edits: frozenset[bytes]) -> bool:
    value, key = record.value or b"", record.key or b""
    return any(edit_id in value or key.endswith(edit_id) for edit_id in edits)


def _passing(spec: TopicSpec, records: Iterable[Record], named: set[str], made_at: datetime) -> Iterator[Left]:
    """Records about a picture from before the plan, which go with their time."""
    newest: dict[str, datetime] = {}
    for record in records:
        key = (record.key or b"").decode("utf-8", "replace")
        told = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        if key in named and (told <= made_at or spec is topics.OUTCOME):
            newest[key] = max(told, newest.get(key, told))
    for key, told in newest.items():
        yield Left("waiting", f"{spec.name}: {key}", told + passed_after(spec))


def _milliseconds(spec: TopicSpec, name: str) -> timedelta:
    default = SEGMENT_MS if name == "segment.ms" else topics.DAY_MS
    return timedelta(milliseconds=int(spec.configs.get(name, default)))
