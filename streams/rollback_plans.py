"""The plan of a rollback: made from the audit topic alone, kept in a file that cannot be changed unnoticed.

First what it is about (see plan_files), then a line for each picture that is to show something else, and for each that
is left alone although the scope concerns it. The beginning of the digest is the plan's id.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from infra import kafka
from infra.settings import Settings
from processors.folding import Folding
from processors.undoing import Conflict, Scope, Standing, Target, Unchanged, Undo, Undoing, Why
from streams import audit_log, plan_files, topics
from streams.audit_log import Brief, Entry
from streams.plan_files import PlanFile, PlanFileError

FORMAT = 1
#: Groups of a count that are shown; the rest is one.
TOP = 20


class Row(Struct, frozen=True, tag="roll_back", tag_field="action", omit_defaults=True):
    """One picture that is to show something else."""

    image_id: str
    #: the head that the plan found
    seq: int
    head: str
    #: the edit whose state is shown again; None: the original
    restores: str | None
    restores_seq: int | None
    #: what is then shown
    shown_sha256: str
    merchant_id: str | None = None


class Left(Struct, frozen=True, tag="conflict", tag_field="action"):
    """One picture that the scope concerns and that is left alone."""

    image_id: str
    why: Why
    detail: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """Where a plan holds, and up to where the log was read for it."""

    #: what the brokers call themselves, and the bucket of the chains
    cluster: str
    bucket: str
    #: next offset of the audit topic by partition, of those that were read
    offsets: dict[str, int]


class Header(Struct, frozen=True, kw_only=True):
    """What a plan is about."""

    format: int
    scope: Scope
    target: Target
    made_at: str
    place: Place
    #: edits and pictures that were read
    edits: int
    images: int
    #: `roll_back`, `unchanged`, and each reason to leave a picture alone → pictures
    counts: dict[str, int]
    #: kind, merchant, policy and models of what is undone → pictures, the most frequent first
    strata: dict[str, dict[str, int]]
    #: of what is shown again
    bytes: int


def make(
    settings: Settings, scope: Scope, target: Target, path: Path, now: datetime, only: Collection[int] = ()
) -> "Plan":
    """Read the audit topic, or these of its partitions, and write the plan, whole or not at all.

    Raises:
        AuditRecordError: a record of the topic is none of ours.
        ServiceUnavailableError: the brokers do not answer.
    """
    offsets = kafka.ends_of_log(settings.kafka, topics.AUDIT.name)
    place = Place(
        cluster=kafka.KafkaAdmin(settings.kafka).cluster_id(),
        bucket=settings.store.edits_bucket,
        offsets={str(number): offset for number, offset in sorted(offsets.items()) if not only or number in only},
    )
    return write(audit_log.read(settings.kafka, only=only or None), scope, target, path, now, place)


def write(entries: Iterable[Entry], scope: Scope, target: Target, path: Path, now: datetime, place: Place) -> "Plan":
    """The plan of these records. Raises AuditRecordError."""
    finder = Undoing(scope, target)
    folding: Folding[Brief, Standing] = Folding(finder.step)
    edits = 0
    for entry in entries:
        if entry.value is None:
            folding.forget(entry.image_id)
        else:
            folding.take(audit_log.brief(entry))
            edits += 1
    counts: Counter[str] = Counter()
    strata: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "merchant", "policy", "models")}
    size = 0

    def counted() -> Iterator[Row | Left]:
        nonlocal size
        for row, undo in _rows(folding, finder, counts):
            yield row
            if undo is not None:
                size += undo.shown.size
                kind, policy, models = undo.stratum
                for name, value in zip(strata, (kind, undo.merchant_id or "", policy, models), strict=True):
                    strata[name][value] += 1

    beside = plan_files.write_rows(path, counted())
    header = Header(
        format=FORMAT,
        scope=scope,
        target=target,
        made_at=now.isoformat(timespec="seconds"),
        place=place,
        edits=edits,
        images=len(folding),
        counts=dict(sorted(counts.items())),
        strata={name: _top(counted) for name, counted in strata.items()},
        bytes=size,
    )
    plan_files.write(path, header, beside)
    return Plan(path)


def _rows(
    folding: Folding[Brief, Standing], finder: Undoing, counts: Counter[str]
) -> Iterator[tuple[Row | Left, Undo | None]]:
    """What is written of each picture, by its id; counts also what is not written."""
    gaps = folding.gaps()
    for image_id, seq, head, state in sorted(folding.states(), key=lambda one: one[0]):
        action = finder.action(state)
        if action is None:
            continue
        trouble = folding.broken.get(image_id) or (f"slot {gaps[image_id]} is missing" if image_id in gaps else "")
        if isinstance(action, Unchanged) and not trouble:
            counts["unchanged"] += 1
        elif isinstance(action, Undo) and not trouble:
            counts["roll_back"] += 1
            shown = action.shown
            assert shown.sha256 is not None, "what is shown again is there"
            yield Row(image_id, seq, head, shown.edit_id, shown.seq, shown.sha256, action.merchant_id), action
        else:
            why: Why = action.why if isinstance(action, Conflict) and not trouble else "broken_chain"
            counts[why] += 1
            yield Left(image_id, why, trouble), None


def _top(counted: Counter[str]) -> dict[str, int]:
    shown = dict(counted.most_common(TOP))
    rest = counted.total() - sum(shown.values())
    return {**shown, **({f"{len(counted) - len(shown)} others": rest} if rest else {})}


class Plan:
    """A plan as it was made."""

    def __init__(self, path: Path) -> None:
        """Raises PlanFileError: it is no plan of a rollback, of another format, or was changed."""
        self.path = path
        self._file: PlanFile[Header, Row | Left] = PlanFile(path, Header, Row | Left)
        self.header = self._file.head
        #: names it for ever
        self.plan_id = self._file.digest[:32]
        if self.header.format != FORMAT:
            raise PlanFileError(f"{path}: a plan of format {self.header.format}, not {FORMAT}: plan again")

    @property
    def size(self) -> int:
        """Pictures that it rolls back."""
        return self.header.counts.get("roll_back", 0)

    def rows(self) -> Iterator[Row]:
        """The pictures that it rolls back, in its order."""
        return (row for row in self._file.rows() if isinstance(row, Row))

    def left(self) -> Iterator[Left]:
        """The pictures that it leaves alone."""
        return (row for row in self._file.rows() if isinstance(row, Left))
