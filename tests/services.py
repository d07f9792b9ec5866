"""The real servers for connected tests: started once a session, kept in the checkout, told apart by name."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from infra import settings as settings_module
from infra.settings import Settings
from processors.errors import ServiceUnavailableError
from streams import declared, local

#: Below the checkout, so that two checkouts are apart; data of earlier sessions is reused.
HOMES = Path(__file__).parents[1] / ".cleanplate" / "tests"


@contextmanager
def servers(store: local.Kind, skip: tuple[str, ...] = ()) -> Iterator[Settings]:
    """Servers with this store, their topics and buckets made; stopped at the end.

    Where they can't be had, the tests are skipped with the reason, and fail in CI.
    """
    home = HOMES / store
    try:
        local.up(home, store=store, skip=skip)
    except ServiceUnavailableError as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no servers: {problem}")
    try:
        settings = settings_module.load({"CLEANPLATE_HOME": str(home)})
        declared.mend(settings)
        yield settings
    finally:
        local.down(home)


def with_own_group(settings: Settings) -> Settings:
    """The same servers for a consumer group that no other test has."""
    group = f"t-{uuid.uuid4().hex[:8]}"
    return msgspec.structs.replace(settings, kafka=msgspec.structs.replace(settings.kafka, group=group))


def wait_until(condition: Callable[[], bool], deadline_s: float, what: str) -> float:
    """Wait for a condition and give the seconds that it took; AssertionError after the deadline."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < deadline_s, f"not within {deadline_s:.0f} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began
