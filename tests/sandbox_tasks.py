"""What the sandbox's tests ask a child to do."""

import ctypes
import os
import signal
import time
from pathlib import Path

import numpy as np


def segfault() -> None:
    ctypes.string_at(0)


def leave(code: int) -> None:
    os._exit(code)


def spin() -> None:
    while True:
        pass


def nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def swell(size_bytes: int) -> int:
    return int(np.ones(size_bytes, np.uint8)[-1])


def fail() -> None:
    raise KeyError("a bug")


def kill_self_once(marker: str) -> str:
    path = Path(marker)
    if path.exists():
        return "second time"
    path.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def surroundings() -> dict[str, object]:
    """Open files, threads and thread caps of the child."""
    opened = []
    for entry in os.listdir("/proc/self/fd"):
        try:
            opened.append(os.readlink(f"/proc/self/fd/{entry}"))
        except FileNotFoundError:  # the one that listed them
            continue
    return {
        "files": opened,
        "threads": len(os.listdir("/proc/self/task")),
        "openblas": os.environ.get("OPENBLAS_NUM_THREADS"),
    }
