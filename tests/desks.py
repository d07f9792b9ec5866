"""Desks over a store and a broker in memory, for pictures whose bytes say what becomes of them (see log_model)."""

import asyncio
import hashlib
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from infra import kafka
from processors import chain
from processors.errors import RefusedImageError
from processors.routing import NOTHING_KNOWN, Context
from processors.undoing import Scope, Target
from streams import audit_log, rollback_plans, topics
from streams.agents import Desk
from streams.announcing import Announcer
from streams.cleaning import Cleaned, Edited
from streams.editing import ImageEditor
from streams.ledger import Ledger
from streams.notifications import Notifier
from streams.rollback_plans import Place, Plan
from streams.rolling_back import Order, RollingBack
from tests import fakes, log_model
from tests.fakes import BUCKETS, INCOMING, Death, MemoryStore, Message, Record, Sent, ShelfPublisher, Trouble
from tests.log_model import Event, Step

T = TypeVar("T")

MASK = {"bucket": BUCKETS.edits, "key": "drawn/mask", "sha256": hashlib.sha256(b"mask").hexdigest()}
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TYPES = {
    "upload": "catalog.image.created.v1",
    "deletion": "catalog.image.deleted.v1",
    "decision": "catalog.review.decided.v1",
}


class WordCleaner:
    """Does what the first word of a picture's bytes says, without looking at pixels."""

    async def clean(self, data: bytes, context: Context = NOTHING_KNOWN) -> Cleaned:
        kind = log_model.KINDS.get(data.split()[0])
        if kind is None:
            raise RefusedImageError("not_an_image", "noise")
        ruling = chain.Ruling("ask", kind, "the word", fakes.VERSION, {})
        edited = None if kind == "kept" else _edited(b"cleaned " + data)
        facts = chain.PictureFacts("PNG", "RGB", 8, 8, 1, hashlib.sha256(data).hexdigest())
        return Cleaned(kind, facts, ruling, (), (fakes.MODEL,), edited)  # type: ignore[arg-type]

    async def clean_with(self, data: bytes, mask_file: bytes) -> Edited:
        return _edited(b"masked " + data)


def _edited(result: bytes) -> Edited:
    return Edited("PNG", b"mask of " + result, b"patch of " + result, result, "", (), {})


class AtOnce(ThreadPoolExecutor):
    """What is sent to a thread happens at once, so that a run is the same each time."""

    def submit(self, act: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(act(*args, **named))
        except BaseException as problem:  # noqa: BLE001 - a death too goes to who waits
            future.set_exception(problem)
        return future


class Stall(Trouble):
    """The worker stands still before its n-th call or after it, and meanwhile something happens."""

    def __init__(self, at: int, meanwhile: Callable[[], None], *, acts: bool) -> None:
        super().__init__(at, Death, acts=acts)
        self._meanwhile = meanwhile

    def around(self, act: Callable[[], T]) -> T:
        mine = self.mine()
        self.check(mine, acted=False)
        found: Any = act()
        if isinstance(found, Iterator):
            found = iter(list(found))
        self.check(mine, acted=True)
        return found  # type: ignore[no-any-return]

    def check(self, mine: bool, *, acted: bool) -> None:
        if mine and acted == self._acts:
            # In a thread: the worker that stands still has a loop that runs.
            thread = threading.Thread(target=self._meanwhile)
            thread.start()
            thread.join()


def run(act: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, in a loop of its own."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(AtOnce())
        runner.run(act)


class Planned:
    """The plan of a rollback, in a file of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan_id = plan.plan_id
        self.rows = tuple(plan.rows())

    def event_id(self, image: str) -> str:
        return chain.name_of("rollback", self.plan_id, image)


class ShelfWriter:
    """The shelf for commands, which queue records and confirm them together."""

    def __init__(self, shelf: ShelfPublisher) -> None:
        self._shelf = shelf

    def send(self, topic: str, *, key: bytes, value: bytes | None, headers: Any, partition: int) -> None:
        self._shelf.sent.append(Sent(topic, "", key.decode(), value, tuple(headers)))

    def flush(self) -> None:
        """All is there already."""


class TroubledWriter:
    """One whose calls may fail."""

    def __init__(self, writer: Any, trouble: Trouble) -> None:
        self._writer = writer
        self._trouble = trouble

    def send(self, *args: Any, **named: Any) -> None:
        self._trouble.around(lambda: self._writer.send(*args, **named))

    def flush(self) -> None:
        self._writer.flush()


class Workers:
    """A store and a broker that outlive every worker, and what can be seen there."""

    def __init__(self, publisher: Any = None) -> None:
        self.store = MemoryStore()
        self.shelf = ShelfPublisher()
        self.publisher = publisher or self.shelf
        self.ledger = Ledger(self.store, BUCKETS.edits)
        self.store.put(MASK["bucket"], MASK["key"], b"mask")
        #: event id of a rollback → its plan
        self.plans: dict[str, Planned] = {}

    def deliver(self, event: Event, *troubles: Trouble) -> None:
        """Hand an event to a worker (a rollback to its command) that has just started, with these troubles ahead."""
        if event.what == "rollback":
            return self._roll_back(event, troubles)
        store: Any = self.store
        publisher = self.publisher
        for trouble in troubles:
            store, publisher = fakes.TroubledStore(store, trouble), fakes.TroubledPublisher(publisher, trouble)
        ledger = Ledger(store, BUCKETS.edits)
        editor = ImageEditor(
            store,
            BUCKETS,
            ledger,
            WordCleaner(),  # type: ignore[arg-type]
            max_bytes=1000,
            code_version="test",
            sampled_share=1.0,
            clock=lambda: NOW,
        )
        desk = Desk(editor, Announcer(publisher, ledger), Notifier(publisher, ledger, INCOMING))
        run((desk.decided if event.what == "decision" else desk.received)(self._record(event)))

    def plan(self, scope: Scope, *, original: bool) -> Planned:
        """What a rollback would do, from the audit topic alone."""
        entries = [audit_log.entry(record) for record in self.told(topics.AUDIT.name)]
        target, place = Target(kind="original" if original else "before"), Place(cluster="", bucket="", offsets={})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plan"
            return Planned(rollback_plans.write(entries, scope, target, path, NOW, place))

    def _roll_back(self, event: Event, troubles: tuple[Trouble, ...]) -> None:
        store: Any = self.store
        writer: Any = ShelfWriter(self.shelf)
        for trouble in troubles:
            store, writer = fakes.TroubledStore(store, trouble), TroubledWriter(writer, trouble)
        order = Order(plan_id=self.plans[event.id].plan_id, actor="ann", reason="test", started_at=NOW.isoformat())
        rolling = RollingBack(Ledger(store, BUCKETS.edits), writer, 12, order, "test")
        try:
            rolling.batch(self.plans[event.id].rows, 1)
        finally:
            rolling.close()

    def _record(self, event: Event) -> Record:
        data: dict[str, Any] = {"image_id": event.image}
        if event.what == "decision":
            task = self.edits(event.image)[event.about - 1].edit_id
            data |= {"task_id": task, "decision": event.says, "reviewer": "ann"}
            data |= {"mask": MASK} if event.says == "mask" else {}
        elif event.object:
            order = {"sequencer": f"{event.order:x}"} if event.order else {}
            version = {"version_id": event.version} if event.version else {}
            data |= {"object": {"bucket": INCOMING, "key": event.object, **order, **version}}
        headers = {
            "ce_specversion": "1.0",
            "ce_id": event.id,
            "ce_source": "shop",
            "ce_type": TYPES[event.what],
            "ce_time": "2026-03-02T09:00:00+00:00",
        }
        return Record(Message(msgspec.json.encode(data), [(name, text.encode()) for name, text in headers.items()]))

    def edits(self, image: str) -> tuple[chain.Edit, ...]:
        return self.ledger.read_now(image).edits

    def steps(self, image: str) -> tuple[Step, ...]:
        """The chain in the store, as the model has it."""
        return tuple(self._step(edit) for edit in self.edits(image))

    def _step(self, edit: chain.Edit) -> Step:
        source = edit.source
        assert source is not None
        content = self.store.get(BUCKETS.originals, f"sha256/{source.sha256[:2]}/{source.sha256}").data
        order = int(source.sequencer, 16) if source.sequencer else None
        return Step(edit.kind, edit.cause.event_id, source.key, order, content, self.bytes_of(edit.result))

    def bytes_of(self, blob: chain.Blob | None) -> bytes | None:
        return self.store.get(blob.bucket, blob.key).data if blob else None

    def told(self, topic: str) -> list[kafka.Record]:
        """The log of a topic, as a reader of it gets it."""
        return [
            kafka.Record(topic, 0, number, one.key.encode(), one.value, one.headers, 0)
            for number, one in enumerate(self.shelf.on(topic))
        ]
