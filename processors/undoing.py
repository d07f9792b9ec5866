"""What a rollback would do to each picture, from the log alone: pure, one small state a picture.

A picture's *version* is its chain from the last arrival or deletion on: all edits of a version are about the same file.
Only the present version can be undone: what an edit did to an earlier one is not shown any more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern
from typing import Literal, Protocol

from msgspec import Struct

from processors import chain

Why = Literal["newer_version", "deleted", "human_decision", "later_rollback", "other_version", "broken_chain"]

#: Why a picture is left alone, for people.
MEANINGS: dict[str, str] = {
    "newer_version": "a newer upload is on top: what the edit showed is not shown any more",
    "deleted": "the picture was deleted since",
    "human_decision": "a person decided about it later (--include-human to undo that too)",
    "later_rollback": "somebody rolled it back or forth since",
    "other_version": "the edit to go back to is none of the picture's present version",
    "broken_chain": "its records do not form a chain: cleanplate audit verify says more",
}


class HasHash(Protocol):
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


class Model(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def weights_sha256(self) -> str: ...


class Cause(Protocol):
    @property
    def event_id(self) -> str: ...
    @property
    def time(self) -> str | None: ...


class Ruling(Protocol):
    @property
    def reason(self) -> str: ...
    @property
    def policy_version(self) -> str: ...


class Answer(Protocol):
    @property
    def reviewer(self) -> str: ...


class Rollback(Protocol):
    @property
    def plan_id(self) -> str: ...
    @property
    def actor(self) -> str: ...


class Step(Protocol):
    """An edit as far as a plan looks at it."""

    @property
    def image_id(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def edit_id(self) -> str: ...
    @property
    def kind(self) -> chain.Kind: ...
    @property
    def cause(self) -> Cause: ...
    @property
    def merchant_id(self) -> str | None: ...
    @property
    def batch_id(self) -> str | None: ...
    @property
    def original(self) -> HasHash | None: ...
    @property
    def result(self) -> HasHash | None: ...
    @property
    def shown(self) -> HasHash | None: ...
    @property
    def ruling(self) -> Ruling | None: ...
    @property
    def models(self) -> Iterable[Model]: ...
    @property
    def answer(self) -> Answer | None: ...
    @property
    def code_version(self) -> str: ...
    @property
    def committed_at(self) -> str | None: ...
    @property
    def rollback(self) -> Rollback | None: ...


class Scope(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which edits to undo: all that is given must hold. Nothing given: every edit."""

    images: tuple[str, ...] = ()
    merchant: str | None = None
    batch: str | None = None
    #: `name`, `name@version`, or the beginning of the digest of its weights
    model: str | None = None
    policy: str | None = None
    code: str | None = None
    #: a reviewer, or who rolled back
    actor: str | None = None
    #: code of the ruling
    reason: str | None = None
    event: str | None = None
    #: id of the plan of an earlier rollback
    rollback: str | None = None
    #: RFC 3339 in UTC: committed from … to before …
    since: str | None = None
    until: str | None = None
    include_human: bool = False

    @property
    def names_something(self) -> bool:
        """Whether it is less than every edit."""
        return any(getattr(self, name) for name in self.__struct_fields__ if name != "include_human")

    @property
    def asks_for_people(self) -> bool:
        """Whether what people decided is meant too: asked for, or named by person or event."""
        return self.include_human or self.actor is not None or self.event is not None


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is shown again: the state before the scope, the original, or that after one edit."""

    kind: Literal["before", "original", "edit"] = "before"
    edit_id: str | None = None


@dataclass(slots=True)
class Shown:
    """What a shop shows of a picture, and the edit that it came from; no edit: the original."""

    sha256: str | None
    size: int
    edit_id: str | None
    seq: int | None


@dataclass(slots=True)
class Standing:
    """What a plan holds of a picture: its present version alone."""

    merchant_id: str | None
    deleted: bool
    original: Shown
    #: now
    shown: Shown
    #: the first edit in the scope that changed what is shown; None: there is none in this version
    first: int | None = None
    #: its kind, policy, and the models that it names, for counting
    stratum: tuple[str, str, str] = ("", "", "")
    #: what was shown before it
    before: Shown | None = None
    #: the state to go back to, where the target is an edit
    wanted: Shown | None = None
    #: what came after `first` without being in the scope
    after: Why | None = None
    #: an edit in the scope is of an earlier version
    buried: bool = False


@dataclass(frozen=True, slots=True)
class Undo:
    """Show this again."""

    shown: Shown
    stratum: tuple[str, str, str]
    merchant_id: str | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What is wanted is shown already."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The picture is left alone."""

    why: Why


Action = Undo | Unchanged | Conflict | None


class Undoing:
    """The step of a fold (see folding) that finds what a rollback would do, and the end of it."""

    def __init__(self, scope: Scope, target: Target) -> None:
        self._matches = matcher(scope)
        self._people = scope.asks_for_people
        self._overrides_people = scope.include_human
        self._target = target

    def step(self, state: Standing | None, edit: Step) -> Standing:
        """The state after an edit."""
        begins = state is None or edit.kind in chain.BEGINNINGS
        if state is None or begins:
            original = _shown(edit.original, None)
            buried = state is not None and (state.buried or state.first is not None)
            state = Standing(edit.merchant_id, edit.kind == "deleted", original, original, buried=buried)
        before = state.shown
        state.shown = _shown(edit.shown, edit if edit.result and edit.shown is edit.result else None)
        scoped = (edit.answer is None or self._people) and self._matches(edit)
        if state.first is None:
            if scoped and state.shown.sha256 != before.sha256:
                state.first, state.before, state.stratum = edit.seq, before, _stratum(edit)
        elif not scoped and edit.answer is not None and not self._overrides_people:
            state.after = "human_decision"
        elif not scoped and edit.rollback is not None:
            state.after = "later_rollback"
        if edit.edit_id == self._target.edit_id:
            state.wanted = state.shown
        return state

    def action(self, state: Standing) -> Action:
        """What to do about a picture; None: the scope does not concern it."""
        if state.first is None:
            return Conflict("deleted" if state.deleted else "newer_version") if state.buried else None
        target = {"before": state.before, "original": state.original, "edit": state.wanted}[self._target.kind]
        if target is None:
            return Conflict("other_version")
        if target.sha256 == state.shown.sha256:
            return Unchanged()
        if target.sha256 is None:
            # No worker writes such a chain: an edit of a picture that was deleted.
            return Conflict("deleted")
        if state.after is not None:
            return Conflict(state.after)
        return Undo(target, state.stratum, state.merchant_id)


def matcher(scope: Scope) -> Callable[[Step], bool]:
    """Whether an edit is in the scope; only what the scope names is looked at. What has no time is in no window."""
    checks: list[Callable[[Step], bool]] = []
    if scope.images:
        images = frozenset(scope.images)
        checks.append(lambda edit: edit.image_id in images)
    if scope.merchant is not None:
        checks.append(lambda edit: edit.merchant_id == scope.merchant)
    if scope.batch is not None:
        checks.append(lambda edit: edit.batch_id == scope.batch)
    if scope.model is not None:
        checks.append(lambda edit: any(_is_model(model, scope.model or "") for model in edit.models))
    if scope.policy is not None:
        checks.append(lambda edit: edit.ruling is not None and edit.ruling.policy_version == scope.policy)
    if scope.code is not None:
        checks.append(lambda edit: edit.code_version == scope.code)
    if scope.actor is not None:
        checks.append(lambda edit: scope.actor in _people(edit))
    if scope.reason is not None:
        checks.append(lambda edit: edit.ruling is not None and edit.ruling.reason == scope.reason)
    if scope.event is not None:
        checks.append(lambda edit: edit.cause.event_id == scope.event)
    if scope.rollback is not None:
        checks.append(lambda edit: edit.rollback is not None and edit.rollback.plan_id == scope.rollback)
    if scope.since is not None or scope.until is not None:
        since = datetime.fromisoformat(scope.since) if scope.since else datetime.min.replace(tzinfo=UTC)
        until = datetime.fromisoformat(scope.until) if scope.until else datetime.max.replace(tzinfo=UTC)
        checks.append(lambda edit: (at := _time(edit)) is not None and since <= at < until)
    return lambda edit: all(check(edit) for check in checks)


def _is_model(model: Model, wanted: str) -> bool:
    named = wanted in (model.name, f"{model.name}@{model.version}")
    return named or (len(wanted) >= 8 and model.weights_sha256.startswith(wanted))


def _people(edit: Step) -> tuple[str | None, str | None]:
    return edit.answer.reviewer if edit.answer else None, edit.rollback.actor if edit.rollback else None


def _time(edit: Step) -> datetime | None:
    return chain.moment(edit.committed_at or edit.cause.time)


def _shown(blob: HasHash | None, edit: Step | None) -> Shown:
    sha256, size = (blob.sha256, blob.size) if blob else (None, 0)
    return Shown(sha256, size, edit.edit_id if edit else None, edit.seq if edit else None)


def _stratum(edit: Step) -> tuple[str, str, str]:
    models = ", ".join(sorted(f"{model.name}@{model.version}" for model in edit.models))
    # Few different ones, however many pictures.
    return edit.kind, intern(edit.ruling.policy_version if edit.ruling else ""), intern(models)
