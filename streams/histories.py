"""A chain as people read it: when, what, who or which models, why, and what was shown before and after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from processors import chain


@dataclass(frozen=True, slots=True)
class Row:
    """One edit for people."""

    seq: int
    #: when it was committed, or when its event happened in records of older versions; None where neither is known
    at: str | None
    kind: chain.Kind
    #: SHA-256 of what a shop should have shown before and after it; None where there was nothing to show
    before: str | None
    after: str | None
    #: the person, or the models that filled and the code that ran
    who: str
    why: str


def rows(edits: Sequence[chain.Edit]) -> Iterator[Row]:
    """One row an edit. A new version of the picture is compared with its own original, all else with what was shown."""
    shown: chain.Blob | None = None
    for edit in edits:
        before = edit.original if edit.kind in chain.BEGINNINGS else shown
        shown = edit.shown
        yield Row(
            seq=edit.seq,
            at=edit.committed_at or edit.cause.time,
            kind=edit.kind,
            before=before.sha256 if before else None,
            after=shown.sha256 if shown else None,
            who=_who(edit),
            why=_why(edit),
        )


def at_time(edits: Sequence[chain.Edit], time: datetime) -> tuple[chain.Edit, ...]:
    """The chain as it was at a time (with a zone): up to the last edit that was committed by then."""
    standing = 0
    for edit in edits:
        committed = chain.time_of(edit)
        if committed is not None and committed <= time:
            standing = edit.seq
    return tuple(edits[:standing])


def text(row: Row) -> str:
    """A row for a terminal."""
    at = datetime.fromisoformat(row.at).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if row.at else "-"
    hashes = f"{(row.before or '-')[:12]:>12} → {(row.after or '-')[:12]:<12}"
    return f"{row.seq:>3}  {at:<20}  {row.kind:<11}  {hashes}  {row.who}  {row.why}".rstrip()


def _who(edit: chain.Edit) -> str:
    if edit.answer is not None:
        return edit.answer.reviewer
    if edit.rollback is not None:
        return edit.rollback.actor
    engines = {fill.engine for fill in edit.fills}
    return "+".join(sorted(engines)) + f"@{edit.code_version}" if engines else edit.code_version


def _why(edit: chain.Edit) -> str:
    if edit.rollback is not None:
        target = f"edit {edit.rollback.restores[:12]}" if edit.rollback.restores else "the original"
        return f"{edit.rollback.reason} (shows {target} again; plan {edit.rollback.plan_id[:12]})"
    if edit.answer is not None:
        said = {"accept": "accepted", "reject": "rejected", "mask": "drew another mask"}[edit.answer.decision]
        return f"{said}: {edit.answer.comment}" if edit.answer.comment else said
    return f"{edit.ruling.reason}: {edit.ruling.why}" if edit.ruling else ""
