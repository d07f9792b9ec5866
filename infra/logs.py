"""One configuration for structlog and the standard library: one line an event, JSON unless on a terminal."""

import logging
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

#: Libraries that repeat themselves many times a second while a broker is away.
CHATTY = ("aiokafka", "faust", "mode", "asyncio")


class AtMostEvery(logging.Filter):
    """Lets a message of a chatty library through once per `seconds`, then says how many were held back."""

    def __init__(self, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not record.name.startswith(CHATTY):
            return True
        # The message before its values are filled in: node ids and ports differ, the trouble is one.
        key = (record.name, str(record.msg)[:80])
        shown_at, held_back = self._seen.get(key, (float("-inf"), 0))
        now = self._clock()
        if now - shown_at < self._seconds:
            self._seen[key] = (shown_at, held_back + 1)
            return False
        self._seen[key] = (now, 0)
        if held_back:
            record.msg = f"{record.getMessage()} (and {held_back} like it since)"
            record.args = ()
        return True


def configure(level: str = "info", style: str = "auto") -> dict[str, Any]:
    """Set up structlog and give the matching `logging.config` dictionary (for Faust, which applies it itself).

    Args:
        level: least level shown: debug, info, warning or error.
        style: `json`, `console`, or `auto` (console when stderr is a terminal).
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    on_terminal = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"at_most_every": {"()": AtMostEvery}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [_without_internals, renderer],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "line",
                "filters": ["at_most_every"],
            }
        },
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in ("aiokafka", "faust", "mode", "urllib3")},
    }


def _without_internals(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
