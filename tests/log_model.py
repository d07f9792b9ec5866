"""The whole log as a specification: what each event does to the chain of its picture, and what it is answered.

Events come one after another here and nothing fails; test_log_model holds the real code beside it, where all of that
happens. A picture is bytes that say what is to become of it (`ask 3`). No more than 100 lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

KINDS = {b"keep": "kept", b"remove": "cleaned", b"ask": "proposed"}
STATUS = {"proposed": "review", "approved": "cleaned", "rejected": "kept"}  # of other kinds: as the kind
Answer = tuple[str, str, int | None]  # status, reason, the slot that it is about


@dataclass(frozen=True)
class Event:
    what: str  # upload, deletion, decision or rollback
    id: str
    image: str
    object: str | None = None  # a deletion need not name it
    version: str | None = None  # of the object; without one, only the event tells this upload from others
    order: int | None = None  # among the versions of the object, from 1
    content: bytes = b""
    about: int = 0  # slot: of a decision the one that is judged, of a rollback the head that its plan found
    says: str = ""  # accept, reject or mask
    restores: int = 0  # of a rollback: the slot that is shown again, 0 for the original


@dataclass(frozen=True)
class Step:
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
class Picture:
    chain: tuple[Step, ...] = ()
    answers: Mapping[object, Answer] = field(default_factory=dict)  # by event, and by version of an object


def tell(picture: Picture, event: Event) -> Picture:
    """The picture after an event. One that comes again, or tells of a version that is known, is answered as before."""
    chain, version = picture.chain, (event.object, event.version) if event.version else event.id
    found = picture.answers.get(event.id) or picture.answers.get(version) or _act(chain, event)
    if isinstance(found, Step):
        chain = chain if chain and found is chain[-1] else (*chain, found)
        found = STATUS.get(found.kind, found.kind), found.kind, len(chain)
    known = {} if found[0] == "superseded" else {version: found}
    return Picture(chain, {**picture.answers, **known, event.id: found})


def _act(chain: tuple[Step, ...], event: Event) -> Step | Answer:
    """The next step, or the last one where it is all that is wanted, or why there is none."""
    if event.what in ("decision", "rollback") and len(chain) > event.about:  # whatever came next was first
        decided = chain[event.about].kind in ("approved", "rejected")
        return "superseded", "already_decided" if decided else "newer_version", event.about + 1
    if event.what == "rollback":
        result = chain[event.restores - 1].result if event.restores else None
        return replace(chain[-1], kind="rolled_back", cause=event.id, result=result)
    if event.what == "decision":
        result = b"masked " + chain[-1].content if event.says == "mask" else chain[-1].result
        kind, result = ("rejected", None) if event.says == "reject" else ("approved", result)
        return replace(chain[-1], kind=kind, cause=event.id, result=result)
    for seq, step in enumerate(chain, start=1):  # the first one that is later: it stays the first
        if event.order and event.object == step.object and event.order < (step.order or 0):
            return "superseded", "older_version", seq
    if event.what == "deletion":
        if not chain or chain[-1].kind == "deleted":
            return "deleted", "already_deleted" if chain else "unknown_image", len(chain) or None
        order = event.order if event.object == chain[-1].object and event.order else chain[-1].order
        return replace(chain[-1], kind="deleted", cause=event.id, order=order, result=None)
    kind = KINDS.get(event.content.split()[0])
    if kind is None:
        return "refused", "not_an_image", None
    if chain and chain[-1].kind != "deleted" and chain[-1].content == event.content:
        return chain[-1]  # the same bytes again
    result = None if kind == "kept" else b"cleaned " + event.content
    return Step(kind, event.id, event.object, event.order, event.content, result)


def plan(chain: tuple[Step, ...], seq: int, *, original: bool) -> int | None:
    """The slot that a rollback of one step shows again, 0 for the original; None: the picture is left alone."""
    begin = max(number for number, step in enumerate(chain, 1) if step.kind in (*KINDS.values(), "deleted"))
    if seq < begin or chain[-1].kind == "deleted":
        return None  # nothing of it is shown
    before = chain[seq - 2].shown if seq > begin else chain[-1].content
    target = chain[-1].content if original else before
    spoken = any(step.kind in ("approved", "rejected", "rolled_back") for step in chain[seq:])
    changed = chain[seq - 1].shown != before and target != chain[-1].shown
    return None if spoken or not changed else 0 if target == chain[-1].content else seq - 1
