"""A few calls at a time: one picture never fills a model's queue."""

import asyncio
import itertools
from collections.abc import Iterator

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


def test_what_is_looked_up_ahead_comes_in_order_and_items_may_be_endless() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in itertools.count():
            taken.append(number)
            yield number

    found = list(itertools.islice(pacing.ahead(lambda number: number * 2, items(), 3), 50))

    assert found == [(number, number * 2) for number in range(50)]
    assert len(taken) < 60


def test_what_fails_fails_at_its_turn() -> None:
    found = pacing.ahead(lambda number: 6 // number, [3, 2, 0, 1])
    assert [next(found), next(found)] == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        next(found)
