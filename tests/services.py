"""The real servers for connected tests: started once a session, kept in the checkout, told apart by name."""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from infra import server_programs
from infra import settings as settings_module
from infra.settings import Settings
from processors.errors import ServiceUnavailableError
from streams import declared, local

#: Below the checkout, so that two checkouts are apart; data of earlier sessions is reused.
HOMES = Path(__file__).parents[1] / ".cleanplate" / "tests"


@contextmanager
def servers(store: local.Kind, skip: tuple[str, ...] = (), *, fresh: str = "") -> Iterator[Settings]:
    """Servers with this store, their topics and buckets made; stopped when the last session that uses them ends.

    With `fresh` they are somebody's own, under that name, and hold nothing yet: for tests that lose all there is.
    Where they can't be had, the tests are skipped with the reason, and fail in CI.
    """
    if store == "minio":
        need_minio()
    home = HOMES / (fresh or store)
    if fresh:
        local.down(home)
        shutil.rmtree(home, ignore_errors=True)
    with _in_use(home) as is_last:
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
            if is_last():
                local.down(home)


def need_minio() -> None:
    """Skip where there is no MinIO; fail in CI, unless the machine has no Go to build it with."""
    if server_programs.Servers(server_programs.cache_folder()).minio():
        return
    reason = "there is no MinIO: run `make setup-minio`; it takes Go, or a `minio` on the PATH"
    if os.environ.get("CI") and shutil.which("go"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def _in_use(home: Path) -> Iterator[Callable[[], bool]]:
    """Tell other test sessions of this checkout that these servers are needed; gives whether no other needs them."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "sessions").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)

        def is_last() -> bool:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_last


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
