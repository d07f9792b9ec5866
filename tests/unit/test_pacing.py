"""One picture never fills a model's queue."""

import asyncio

import pytest

from streams import pacing


def test_answers_come_in_order_and_never_more_than_a_few_calls_wait() -> None:
    waiting, most = 0, 0

    async def call(number: int) -> int:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.001 * (5 - number % 5))
        waiting -= 1
        return number * number

    assert asyncio.run(pacing.each(call, range(20), at_once=3)) == [number * number for number in range(20)]
    assert most == 3


def test_a_call_that_fails_is_told() -> None:
    async def call(number: int) -> int:
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        asyncio.run(pacing.each(call, range(3)))
