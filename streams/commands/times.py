"""Options that are times or spans of time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Time(click.ParamType):
    """A day or an RFC 3339 time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        time = _parsed(value)
        if time is None:
            self.fail(f"{value!r} is neither a day (2026-11-25) nor a time (2026-11-25T12:00:00+00:00)", param, ctx)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


class ZonedTime(Time):
    """A time with its zone: an hour too many undone, because two people meant other zones, is not undone."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, str) and (time := _parsed(value)) is not None and time.tzinfo is None:
            self.fail(f"{value!r} has no zone, as 2026-11-25T02:00:00+01:00 or 2026-11-25T01:00:00Z have", param, ctx)
        return super().convert(value, param, ctx).astimezone(UTC)


def _parsed(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


class Window(click.ParamType):
    """A number of minutes, hours, days or weeks: 30m, 12h, 90d, 4w."""

    name = "window"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", value)
        if found is None:
            self.fail(f"{value!r} is no number of minutes, hours, days or weeks, such as 30m, 12h or 90d", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
