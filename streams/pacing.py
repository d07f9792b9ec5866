"""A few calls at a time: to a model, whose queue must have room for other pictures, or to the store."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

#: calls of one picture that wait for a model at the same time
AT_ONCE = 4
#: calls of a command to the store, which answers in milliseconds, at the same time
STORE_AT_ONCE = 8


async def each(call: Callable[[In], Awaitable[Out]], items: Iterable[In], at_once: int = AT_ONCE) -> list[Out]:
    """Return the answers in the order of the items; raises what the first failing call raises."""
    turn = asyncio.Semaphore(at_once)

    async def one(item: In) -> Out:
        async with turn:
            return await call(item)

    return list(await asyncio.gather(*map(one, items)))


def ahead(work: Callable[[In], Out], items: Iterable[In], at_once: int = STORE_AT_ONCE) -> Iterator[tuple[In, Out]]:
    """Items with what work gives for them, in their order, a few at a time in threads; items may be endless.

    For commands that wait for the store most of their time. What work raises is raised at its item's turn.
    """
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[tuple[In, Future[Out]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > at_once * 2:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
