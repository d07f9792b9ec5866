"""Child processes for work on untrusted bytes, with limits on memory, CPU and time.

A file that crashes, hangs or bloats its decoder costs one child and becomes one RefusedImageError. Children are
forked from a small server process (multiprocessing's forkserver) that has imported the decoder and holds none of our
threads, sockets or logs, so a new one is there within a few hundredths of a second. They end with that server, and
it ends with us, however we end.
"""

import asyncio
import contextlib
import ctypes
import math
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import forkserver
from types import TracebackType
from typing import Annotated, Any, ParamSpec, Self, TypeVar

from msgspec import Meta
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from infra import jpegs, proofs, restoring
from processors import decoding, guard
from processors.errors import PipelineError, RefusedImageError, ServiceUnavailableError
from processors.pictures import Mask, Picture

P = ParamSpec("P")
T = TypeVar("T")

_PRELOADED = ["infra.proofs", "infra.restoring", "processors.decoding", "processors.views", __name__]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_PR_SET_PDEATHSIG = 1
#: A child that an operator or the kernel killed, or that went with its server, says nothing about the picture.
#: 1 is how pebble ends a child that cannot use its pipe any more.
_ENDED_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, 1, 255)
#: how long the other tasks of a pool with a dead child may take before they are tried in a new one
_DISMISSAL_S = 2.0
_TRIES = 3
#: TypeError is what pebble gives a task that it was about to send while its pipe was closed.
_LOST = (ProcessExpired, BrokenProcessPool, TimeoutError, MemoryError, TypeError)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the children may use."""

    workers: Annotated[int, Meta(ge=1, le=256, description="children that decode and encode side by side")] = 2
    memory_bytes: Annotated[
        int,
        Meta(ge=100_000_000, le=1 << 40, description="bytes of address space a child may add to what it starts with"),
    ] = 1_500_000_000
    cpu_s: Annotated[float, Meta(gt=0, le=3600, description="seconds of processor time for one task")] = 10
    wall_s: Annotated[float, Meta(gt=0, le=3600, description="seconds by the clock for one task")] = 60
    tasks_per_worker: Annotated[
        int, Meta(ge=1, le=10**6, description="tasks after which a child is replaced, against slow leaks in decoders")
    ] = 500


class Sandbox:
    """A pool of children; its methods may be called from any thread. Linux only."""

    def __init__(self, limits: guard.Limits = guard.DEFAULT_LIMITS, confinement: Confinement | None = None) -> None:
        self._limits = limits
        self._confinement = confinement or Confinement()
        self._lock = threading.Lock()
        self._crew: _Crew | None = None
        self._closed = False

    def warm_up(self) -> None:
        """Start the children and wait until one answers, so that the first picture need not."""
        self.run_blocking(_nothing)

    async def decode(self, data: bytes) -> Picture:
        """Inspect and decode a file. Raises RefusedImageError with a code of guard.REASONS."""
        guard.weigh(len(data), self._limits)
        return await self.run(decoding.decode, data, self._limits)

    async def splice(self, source: bytes, wanted: Picture, mask: Mask) -> jpegs.Spliced:
        """A JPEG with new pixels inside the mask (see infra.jpegs). Raises RefusedImageError with a code of REASONS."""
        part = await self.run(jpegs.splice_piece, source, jpegs.piece_of(wanted, mask), self._limits)
        return jpegs.whole(wanted, part)

    def proof_blocking(self, original: bytes, result: bytes, patch: bytes) -> str:
        """What a patch was shown to do (see infra.proofs). Raises PatchError or RefusedImageError."""
        return self.run_blocking(proofs.proof, original, result, patch, self._limits)

    def restored_blocking(self, original: bytes, patch: bytes, *, trained: bool) -> bytes:
        """An edited file made again from original and patch (see infra.restoring). Raises PatchError and others."""
        return self.run_blocking(restoring.restored, original, patch, trained=trained, limits=self._limits)

    def decode_blocking(self, data: bytes) -> Picture:
        """The same for callers without an event loop."""
        guard.weigh(len(data), self._limits)
        return self.run_blocking(decoding.decode, data, self._limits)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call an importable function in a child; cancelling the caller ends the child.

        Raises what the function raises; RefusedImageError `decoder_crash`, `decoder_timeout` or `too_much_memory`
        where the child does not come back; ServiceUnavailableError `sandbox` where no child can be had. A child that
        was ended from outside is tried again, three times in all.
        """
        for tries_left in reversed(range(_TRIES)):
            crew = self._crew
            if crew is None or not crew.pool.active:
                crew = await asyncio.to_thread(self._ready_crew)
            try:
                return await asyncio.wrap_future(self._submit(crew, function, args, kwargs))
            except _LOST as error:
                self._after(error, crew, tries_left)
        raise AssertionError("the last try returns or raises")

    def run_blocking(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for callers without an event loop."""
        for tries_left in reversed(range(_TRIES)):
            crew = self._ready_crew()
            try:
                return self._submit(crew, function, args, kwargs).result()
            except _LOST as error:
                self._after(error, crew, tries_left)
        raise AssertionError("the last try returns or raises")

    def close(self, grace_s: float = 5) -> None:
        """Wait up to `grace_s` for what runs, then end every child. Blocks: from an event loop, call it in a thread."""
        with self._lock:
            self._closed = True
            crew, self._crew = self._crew, None
        if crew is not None:
            crew.end(grace_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _submit(
        self, crew: "_Crew", function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> ProcessFuture[T]:
        may = self._confinement
        try:
            future = crew.pool.schedule(_limited, (may.cpu_s, function, args, kwargs), timeout=may.wall_s)
        except RuntimeError as error:  # it broke or was closed a moment ago
            raise BrokenProcessPool(str(error)) from error
        crew.pending.add(future)
        future.add_done_callback(crew.pending.discard)
        return future

    def _after(self, error: Exception, crew: "_Crew", tries_left: int) -> None:
        """Raises what the loss of a child means, or returns where another try may say more."""
        if isinstance(error, TypeError) and not crew.ended:
            raise error  # the function's own, or arguments that cannot be sent
        if isinstance(error, ProcessExpired):
            self._dismiss(crew)
        if not (tries_left and _ended_from_outside(error)):
            raise _failure(error) from error

    def _ready_crew(self) -> "_Crew":
        with self._lock:
            if self._closed:
                raise ServiceUnavailableError("sandbox", "closed")
            if self._crew is not None and self._crew.pool.active:
                return self._crew
            broken, self._crew = self._crew, _Crew(self._new_pool())
            crew = self._crew
        if broken is not None:
            broken.end_later()
        return crew

    def _dismiss(self, crew: "_Crew") -> None:
        """A child that dies may have held the lock on the pipe that all share, so its whole pool is replaced."""
        with self._lock:
            if self._crew is not crew:
                return
            self._crew = None
        crew.end_later()

    def _new_pool(self) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        _hide_main_module()
        with _environment(_ONE_THREAD):
            forkserver.ensure_running()
        pool = ProcessPool(
            max_workers=self._confinement.workers,
            max_tasks=self._confinement.tasks_per_worker,
            initializer=_confine,
            initargs=(self._confinement.memory_bytes,),
            context=context,
        )
        if not pool.active:  # asking starts it
            raise ServiceUnavailableError("sandbox", "no child process could be started")
        return pool


class _Crew:
    """One pool and what it still owes."""

    def __init__(self, pool: ProcessPool) -> None:
        self.pool = pool
        self.pending: set[ProcessFuture[Any]] = set()
        self.ended = False

    def end(self, grace_s: float) -> None:
        """Wait for what runs, end the children, and fail what is left, so that nobody waits for ever."""
        self.ended = True
        self.pool.close()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
        try:
            self.pool.join(grace_s)
        except TimeoutError:
            self.pool.stop()  # type: ignore[no-untyped-call]  # as above
            self.pool.join()
        for future in tuple(self.pending):
            if not future.done():
                future.set_exception(BrokenProcessPool("the pool was ended"))

    def end_later(self) -> None:
        threading.Thread(target=self.end, args=(_DISMISSAL_S,), daemon=True).start()


def _ended_from_outside(error: Exception) -> bool:
    if isinstance(error, ProcessExpired):
        return error.exitcode in _ENDED_FROM_OUTSIDE
    return isinstance(error, BrokenProcessPool | TypeError)


def _failure(error: Exception) -> PipelineError:
    match error:
        case MemoryError():
            return RefusedImageError("too_much_memory")
        case ProcessExpired(exitcode=code) if code != -signal.SIGXCPU:
            return RefusedImageError("decoder_crash", f"child ended with {code}")
        case ProcessExpired() | TimeoutError():
            return RefusedImageError("decoder_timeout", str(error))
    return ServiceUnavailableError("sandbox", str(error))


def _hide_main_module() -> None:
    """Keep children from running our main script again, as multiprocessing does for functions defined there.

    A console script that calls its command without asking for its name would start in every child.
    """
    main = sys.modules["__main__"]
    main.__spec__ = None
    main.__dict__.pop("__file__", None)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Sets variables for a process started inside; libraries read them once, when they are loaded."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# --- in the child ---------------------------------------------------------------------------------------------


def _confine(memory_bytes: int) -> None:
    """Runs once in each child: end with the parent, leave no core file, take no more memory than allowed.

    The fork server ends when nobody holds the other end of a pipe. Python hands that end to every child as well, so
    that a busy child would keep the server, and the server the child, after our death: it is closed here.
    """
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]  # noqa: SLF001  # no public way
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm", "rb") as statm:
        base_bytes = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (base_bytes + memory_bytes, base_bytes + memory_bytes))


def _limited(cpu_s: float, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Calls with `cpu_s` of CPU, counted from what the child has used; the kernel ends it on overrun (SIGXCPU).

    The limit is taken back before the result is sent: a child killed half-way through a message would block the pool.
    """
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + cpu_s), hard))
    try:
        return function(*args, **kwargs)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _nothing() -> None:
    """What warm_up asks a child to do."""
