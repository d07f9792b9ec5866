"""The whole log as a specification: what each event does to the chain of its picture, and what it is answered.

Events come one after another here and nothing fails. The real code must end like this whatever happens: test_log_model
holds the two side by side. A picture is bytes that say what is to become of it (`ask 3`). No more than 100 lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

KINDS = {b"keep": "kept", b"remove": "cleaned", b"ask": "proposed"}
STATUS = {"proposed": "review", "approved": "cleaned", "rejected": "kept"}  # of other kinds: as the kind


@dataclass(frozen=True)
class Event:
    what: str  # upload, deletion or decision
    id: str
    image: str
    object: str | None = None  # a deletion need not name it
    version: str | None = None  # of the object; without one, only the event tells this upload from others
    order: int | None = None  # among the versions of the object, from 1
    content: bytes = b""
    task: int = 0  # of a decision: the slot that is judged, a proposal or an edit that is shown (all are in the sample)
    says: str = ""  # accept, reject or mask


@dataclass(frozen=True)
class Step:
    """A slot of a chain."""

    kind: str
    cause: str  # id of the event
    object: str | None
    order: int | None
    content: bytes
    result: bytes | None = None

    @property
    def shown(self) -> bytes | None:
        live = self.result if self.kind in ("cleaned", "approved", "rolled_back") else None
        return None if self.kind == "deleted" else live or self.content


@dataclass(frozen=True)
class Answer:
    status: str
    reason: str
    seq: int | None = None  # the slot that it is about


@dataclass(frozen=True)
class Picture:
    chain: tuple[Step, ...] = ()
    answers: Mapping[object, Answer] = field(default_factory=dict)  # by event, and by version of an object


def tell(picture: Picture, event: Event) -> Picture:
    """The picture after an event. One that comes again, or tells of a version that is known, is answered as before."""
    version = (event.object, event.version) if event.version else event.id
    found = picture.answers.get(event.id) or picture.answers.get(version) or _act(picture.chain, event)
    chain = (*picture.chain, found) if isinstance(found, Step) else picture.chain
    answer = _about(chain) if isinstance(found, Step) else found
    known = {} if answer.status == "superseded" else {version: answer}
    return Picture(chain, {**picture.answers, **known, event.id: answer})


def _act(chain: tuple[Step, ...], event: Event) -> Step | Answer:
    """The next step, or why there is none."""
    if event.what == "decision":
        if len(chain) > event.task:  # whatever came next has ended the task
            decided = chain[event.task].kind in ("approved", "rejected")
            return Answer("superseded", "already_decided" if decided else "newer_version", event.task + 1)
        result = b"masked " + chain[-1].content if event.says == "mask" else chain[-1].result
        kind, result = ("rejected", None) if event.says == "reject" else ("approved", result)
        return replace(chain[-1], kind=kind, cause=event.id, result=result)
    for seq, step in enumerate(chain, start=1):  # the first one that is later: it stays the first
        if event.order and event.object == step.object and event.order < (step.order or 0):
            return Answer("superseded", "older_version", seq)
    if event.what == "deletion":
        if not chain or chain[-1].kind == "deleted":
            return Answer("deleted", "already_deleted" if chain else "unknown_image", len(chain) or None)
        order = event.order if event.object == chain[-1].object and event.order else chain[-1].order
        return replace(chain[-1], kind="deleted", cause=event.id, order=order, result=None)
    kind = KINDS.get(event.content.split()[0])
    if kind is None:
        return Answer("refused", "not_an_image")
    if chain and chain[-1].kind != "deleted" and chain[-1].content == event.content:
        return _about(chain)  # the same bytes again
    result = None if kind == "kept" else b"cleaned " + event.content
    return Step(kind, event.id, event.object, event.order, event.content, result)


def _about(chain: tuple[Step, ...]) -> Answer:
    kind = chain[-1].kind
    return Answer(STATUS.get(kind, kind), kind, len(chain))
