"""What each marketplace wants done with each kind of text, by the role of the picture: rules as data.

The text of a policy file becomes `Policies` here; where the file lies is infra's business. A file is TOML:

    [default.every]                 # all roles; [default.main], [default.additional], [default.lifestyle] go before it
    promotion = "remove"

    [shop]
    inherits = "default"            # what [shop.*] does not say is as in [default.*]
    sources = [{ title = "Picture rules of the shop", read = 2026-11-25 }]

    [shop.additional]
    promotion = { action = "keep", why = "the shop allows promotion on further pictures" }
"""

import datetime
import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Struct

from processors.errors import PipelineError
from processors.records import MARKETPLACE, Role

Action = Literal["remove", "ask", "keep"]
Kind = Literal[
    "camera_stamp",
    "date_stamp",
    "promotion",
    "price",
    "contact",
    "caption",
    "callout",
    "watermark",
    "logo",
    "handwriting",
    "unreadable",
    "printed",
]

#: Every kind of text that a policy speaks of; the codes of routing's rules.
KINDS: tuple[Kind, ...] = get_args(Kind)
MEANINGS: dict[Kind, str] = {
    "camera_stamp": "the name of a phone or camera that it burned in",
    "date_stamp": "a date or a time that a camera burned in",
    "promotion": "sale, discount, free shipping, calls to buy",
    "price": "an amount of money or of a discount",
    "contact": "an address on the web, a phone number, an e-mail address, a handle",
    "caption": "plain words laid over the picture",
    "callout": "a measure, or a label that explains a part of the product",
    "watermark": "an owner's mark: a copyright sign, an agency's name, a tiled pattern",
    "logo": "a mark of a shop or maker laid over the picture",
    "handwriting": "written by hand over the picture",
    "unreadable": "looks like a line of text and cannot be read",
    "printed": "text on the product, its packaging or a thing in the picture",
}
#: Marks of owners, what a hand wrote and the product's own print are never removed without a person.
NEVER_REMOVED: frozenset[Kind] = frozenset({"watermark", "logo", "handwriting", "printed"})

ROLES: tuple[Role, ...] = get_args(Role)
#: The policy of events that name no marketplace; every file has it.
DEFAULT = "default"
#: In a file: what holds for every role that has no word of its own.
EVERY = "every"
_PARTS = (EVERY, *ROLES)

T = TypeVar("T")


class PolicyFileError(PipelineError):
    """A policy file that can't be used; the message names the key and what may stand there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What to do with one kind of text, and the sentence that a reviewer sees about it; empty: it needs none."""

    action: Action
    why: str = ""


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions for one picture, one for each of KINDS in their order."""

    entries: tuple[Entry, ...]
    #: why no policy is known for this picture, for the reviewer; empty: one is known
    unknown: str = ""

    def action(self, kind: Kind) -> Action:
        return self.entries[KINDS.index(kind)].action

    def why(self, kind: Kind) -> str:
        return self.entries[KINDS.index(kind)].why

    @property
    def digest(self) -> str:
        """12 hexadecimal digits over the actions alone: policies that act alike share it, whatever they are called."""
        acts = "\n".join(f"{kind}={entry.action}" for kind, entry in zip(KINDS, self.entries, strict=True))
        return hashlib.sha256(acts.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a marketplace publishes the rule that a policy follows."""

    title: str
    read: datetime.date
    url: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One marketplace's actions for each role, with the pages that they follow."""

    name: str
    title: str
    inherits: str
    sources: tuple[Source, ...]
    main: Actions
    additional: Actions
    lifestyle: Actions

    def of(self, role: Role) -> Actions:
        return {"main": self.main, "additional": self.additional, "lifestyle": self.lifestyle}[role]


#: No policy speaks: all may be removed that may ever be.
UNRESTRICTED = Actions(
    tuple(Entry("keep" if kind == "printed" else "ask" if kind in NEVER_REMOVED else "remove") for kind in KINDS)
)


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy of a file, in its order."""

    every: tuple[Policy, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(policy.name for policy in self.every)

    def of(self, marketplace: str, role: Role) -> Actions:
        """The actions for a picture.

        A marketplace that the file does not know gets actions that ask about everything but print, with `unknown` set:
        nothing is removed by rules that may be the wrong ones, and nothing is lost.
        """
        for policy in self.every:
            if policy.name == marketplace:
                return policy.of(role)
        return Actions(
            tuple(Entry("keep" if kind == "printed" else "ask") for kind in KINDS),
            f"no policy is called {marketplace!r}; there are {', '.join(self.names)}",
        )


# ------------------------------------------------------------------ reading


class _Rule(Struct, frozen=True, forbid_unknown_fields=True):
    action: Action
    why: str = ""


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in a policy beside its rules."""

    title: str = ""
    inherits: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    head: _Head
    #: role, or EVERY → kind → rule
    rules: dict[str, dict[str, _Rule]]


def parse(text: str) -> Policies:
    """The policies of a file's text.

    Raises:
        PolicyFileError: no TOML, an unknown key, kind, action or parent, a circle of parents, a kind without an action,
            an exception without `why`, or `remove` for what is never removed.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyFileError(f"not TOML: {problem}") from problem
    if DEFAULT not in given:
        raise PolicyFileError(f"[{DEFAULT}] is missing: events that name no marketplace need it")
    tables = {name: _table(name, one) for name, one in given.items()}
    for name, table in tables.items():
        _check(name, table, tables)
    return Policies(tuple(_policy(name, tables) for name in tables))


def _table(name: str, given: object) -> _Table:
    if not isinstance(given, dict):
        raise PolicyFileError(f"{name}: stands outside of any policy; a policy begins with [{DEFAULT}] or another name")
    head = _converted(name, {key: one for key, one in given.items() if key not in _PARTS}, _Head)
    rules: dict[str, dict[str, _Rule]] = {}
    for part in _PARTS:
        found = _converted(f"{name}.{part}", given.get(part, {}), dict[str, Any])
        rules[part] = {kind: _rule(f"{name}.{part}.{kind}", one) for kind, one in found.items()}
    return _Table(head, rules)


def _rule(key: str, given: object) -> _Rule:
    return _converted(key, {"action": given} if isinstance(given, str) else given, _Rule)


def _converted(key: str, given: object, shape: type[T]) -> T:
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as problem:
        said, _, path = str(problem).partition(" - at `$")
        where = key + path.rstrip("`")
        raise PolicyFileError(f"{where}: {said[0].lower()}{said[1:]}{_allowed(said, shape)}") from problem


def _allowed(said: str, shape: object) -> str:
    """What may stand where something else stood; empty where the message says it already."""
    if "enum value" in said:
        return f"; say {', '.join(get_args(Action))}"
    if "unknown field" in said and shape is _Head:
        return f"; there are {', '.join((*_Head.__struct_fields__, *_PARTS))}"
    if "unknown field" in said:
        return f"; there are {', '.join(_Rule.__struct_fields__)}"
    return f"; say one of {', '.join(get_args(Action))}, or {{ action = …, why = … }}" if shape is _Rule else ""


def _check(name: str, table: _Table, tables: dict[str, _Table]) -> None:
    if not re.fullmatch(MARKETPLACE, name):
        raise PolicyFileError(f"[{name}]: a name has small letters, digits and `-` only, at most 64")
    parent = table.head.inherits
    if parent and parent not in tables:
        raise PolicyFileError(f"{name}.inherits: there is no [{parent}]{_near(parent, tuple(tables))}")
    for part, rules in table.rules.items():
        for kind, rule in rules.items():
            key = f"{name}.{part}.{kind}"
            if kind not in MEANINGS:
                raise PolicyFileError(f"{key}: there is no such kind of text{_near(kind, KINDS)}")
            if rule.action == "remove" and kind in NEVER_REMOVED:
                raise PolicyFileError(f"{key}: {MEANINGS[kind]} is never removed without a person; say ask or keep")
            if table.head.inherits and not rule.why:
                raise PolicyFileError(f'{key}: an exception needs a reason: {{ action = "{rule.action}", why = "…" }}')


def _policy(name: str, tables: dict[str, _Table]) -> Policy:
    head = tables[name].head
    main, additional, lifestyle = (Actions(tuple(_entry(name, role, kind, tables) for kind in KINDS)) for role in ROLES)
    return Policy(name, head.title or name, head.inherits, head.sources, main, additional, lifestyle)


def _entry(name: str, role: Role, kind: Kind, tables: dict[str, _Table]) -> Entry:
    for one in _line(name, tables):
        for part in (role, EVERY):
            if (rule := tables[one].rules[part].get(kind)) is not None:
                return Entry(rule.action, rule.why)
    raise PolicyFileError(f"{name}.{role}.{kind} is missing: neither [{name}] nor what it inherits says what to do")


def _line(name: str, tables: dict[str, _Table]) -> Iterator[str]:
    """A policy, what it inherits from, and so on. Raises PolicyFileError where that is a circle."""
    seen: list[str] = []
    while name:
        if name in seen:
            raise PolicyFileError(f"{name}.inherits: {' → '.join([*seen, name])} is a circle")
        seen.append(name)
        yield name
        name = tables[name].head.inherits


def _near(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
