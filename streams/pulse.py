"""How a worker is doing: what it waits for, when it last got on; read by /livez and /readyz and by the watchdog."""

import time
from dataclasses import dataclass, field

#: A service that stays away is worth a line this often, in seconds.
REMINDER_S = 60.0


@dataclass(slots=True)
class Pulse:
    """Written by the agents, read by everybody else. Times are of the monotonic clock, in seconds."""

    assigned: bool = False
    #: service → (waited for since, last said so)
    waiting_for: dict[str, tuple[float, float]] = field(default_factory=dict)
    last_progress: float = field(default_factory=time.monotonic)
    done: int = 0
    dead_lettered: int = 0

    def progressed(self) -> None:
        self.last_progress = time.monotonic()
        self.done += 1

    def waits(self, service: str) -> bool:
        """Note that an event waits for a service; True when that is worth a line (at first, then once a minute)."""
        now = time.monotonic()
        since, said_at = self.waiting_for.get(service, (now, float("-inf")))
        worth_saying = now - said_at >= REMINDER_S
        self.waiting_for[service] = (since, now if worth_saying else said_at)
        return worth_saying

    def answered(self, service: str) -> float | None:
        """A service that was waited for is back; gives for how many seconds, or None where another event said so."""
        since, _ = self.waiting_for.pop(service, (None, 0.0))
        return None if since is None else time.monotonic() - since

    @property
    def ready(self) -> bool:
        return self.assigned and not self.waiting_for

    @property
    def idle_s(self) -> float:
        """Seconds since the last event was done."""
        return time.monotonic() - self.last_progress
