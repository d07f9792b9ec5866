"""Calls of one picture to a model, a few at a time, so that they leave room in its queue for other pictures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

#: calls of one picture that wait for a model at the same time
AT_ONCE = 4


async def each(call: Callable[[In], Awaitable[Out]], items: Iterable[In], at_once: int = AT_ONCE) -> list[Out]:
    """Return the answers in the order of the items; raises what the first failing call raises."""
    turn = asyncio.Semaphore(at_once)

    async def one(item: In) -> Out:
        async with turn:
            return await call(item)

    return list(await asyncio.gather(*map(one, items)))
