"""Whether a worker lives, gets on, and can take work: two loopback endpoints and a watchdog."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import faust
from aiohttp import web

from streams.pulse import Pulse

LOOK_EVERY_S = 1.0


@contextlib.asynccontextmanager
async def serving(port: int, pulse: Pulse) -> AsyncIterator[None]:
    """Serve /livez and /readyz on 127.0.0.1; with port 0, nothing."""
    if port == 0:
        yield
        return

    async def lives(_: web.Request) -> web.Response:
        return _answer(pulse, well=True)

    async def is_ready(_: web.Request) -> web.Response:
        return _answer(pulse, well=pulse.ready)

    site = web.Application()
    site.router.add_get("/livez", lives)
    site.router.add_get("/readyz", is_ready)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


def _answer(pulse: Pulse, *, well: bool) -> web.Response:
    return web.json_response(
        {
            "assigned": pulse.assigned,
            "waiting_for": sorted(pulse.waiting_for),
            "done": pulse.done,
            "dead_lettered": pulse.dead_lettered,
            "idle_s": round(pulse.idle_s, 1),
        },
        status=200 if well else 503,
    )


async def watch(app: faust.App, pulse: Pulse, stall_after_s: float) -> str:
    """Wait for the end of a worker and give its reason: `signal`, `crashed` or `stalled`.

    Stalled: records wait, no service is waited for, and yet no event was done for `stall_after_s`. Faust's own
    detector only logs; a worker that ends is started again by whatever runs it, and nothing is lost.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    while not asked.is_set():
        pulse.assigned = bool(app.consumer.assignment())
        if app.should_stop:
            return "crashed"
        if pulse.idle_s > stall_after_s and not pulse.waiting_for and _records_wait(app):
            return "stalled"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), LOOK_EVERY_S)
    return "signal"


def _records_wait(app: faust.App) -> bool:
    consumer = app.consumer
    for partition in consumer.assignment():
        end = consumer.highwater(partition)
        # Faust has no public way to ask. Without a commit nothing is known: all records may have expired long ago.
        done = consumer._committed_offset.get(partition)  # type: ignore[attr-defined]  # noqa: SLF001
        if end and done is not None and end > done:
            return True
    return False
