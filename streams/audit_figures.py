"""The audit log in figures, and its last records. Figures grow with merchants, versions and days, not with edits."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from processors import chain
from streams import audit_log, histories, topics
from streams.audit_log import AuditRecordError, Brief, Entry, Log

Wanted = Callable[[chain.Edit], bool]


class Figures(Struct, kw_only=True):
    """How many edits, by what is asked most."""

    edits: int = 0
    pictures: int = 0
    merchants: int = 0
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    policy_versions: Counter[str] = msgspec.field(default_factory=Counter)
    #: name, version and the beginning of the weights' hash
    models: Counter[str] = msgspec.field(default_factory=Counter)
    code_versions: Counter[str] = msgspec.field(default_factory=Counter)
    #: by the day of the commit, or of the event in records of older versions; `-` where neither is known
    days: Counter[str] = msgspec.field(default_factory=Counter)


def figures(entries: Iterable[Entry]) -> Figures:
    """Count edits that come once each. Raises AuditRecordError."""
    found = Figures()
    merchants: set[str] = set()
    for entry in entries:
        brief = audit_log.brief(entry)
        found.edits += 1
        found.pictures += brief.seq == 1
        found.kinds[brief.kind] += 1
        found.days[_day(brief)] += 1
        found.code_versions[brief.code_version] += 1
        found.models.update(f"{one.name} {one.version} {one.weights_sha256[:12]}" for one in brief.models)
        if brief.ruling is not None:
            found.reasons[brief.ruling.reason] += 1
            found.policy_versions[brief.ruling.policy_version] += 1
        if brief.merchant_id is not None:
            merchants.add(brief.merchant_id)
    found.merchants = len(merchants)
    return found


def _day(brief: Brief) -> str:
    return (brief.committed_at or brief.cause.time or "-")[:10]


def last(log: Log, count: int, wanted: Wanted | None = None, image_id: str | None = None) -> list[Entry]:
    """The last records that are wanted, oldest first: by the time of their telling, that of Kafka.

    Without a choice only the ends of the partitions are read, with `image_id` one partition, else everything.
    """
    ends = log.ends()
    only = None if image_id is None else [topics.partition_of(image_id, len(ends))]
    chosen = image_id is not None or wanted is not None
    since = {} if chosen else {partition: max(0, end - count) for partition, end in ends.items()}
    entries = (audit_log.entry(record) for record in log.records(since, only) if record.value is not None)
    ours = (
        one for one in entries if image_id in (None, one.image_id) and (wanted is None or wanted(audit_log.edit(one)))
    )
    return sorted(heapq.nlargest(count, ours, key=_told), key=_told)


def _told(entry: Entry) -> tuple[int, int, int]:
    return entry.timestamp_ms, entry.partition, entry.offset


def line(entry: Entry) -> str:
    """A record for a terminal: what merchants and reviewers wrote cannot steer it."""
    try:
        edit = audit_log.edit(entry)
    except AuditRecordError as problem:
        return _shown(f"{entry.key}  {problem}")
    (row,) = histories.rows([edit])
    return _shown(f"{entry.place:<30} {edit.image_id:<24} {edit.merchant_id or '-':<12} {histories.text(row)}")


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else "·" for one in text)


def table(found: Figures) -> Iterator[str]:
    """Figures for a terminal."""
    yield f"{found.edits} edits of {found.pictures} pictures of {found.merchants} merchants"
    groups: dict[str, Any] = msgspec.structs.asdict(found)
    for name, counted in groups.items():
        if isinstance(counted, Counter) and counted:
            yield f"\n{name.replace('_', ' ')}"
            rows = sorted(counted.items()) if name == "days" else counted.most_common()
            yield from (f"  {count:>10}  {_shown(value) or '-'}" for value, count in rows)
