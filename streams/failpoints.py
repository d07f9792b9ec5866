"""Named places where a test can kill the process; without the variable they do nothing.

`CLEANPLATE_FAILPOINT=slot_committed:3` kills the process the third time that it passes `slot_committed`.
"""

import os
import signal

#: Every failpoint in the order in which an event passes them.
NAMES = (
    "event_taken",
    "chain_read",
    "source_fetched",
    "picture_cleaned",
    "original_stored",
    "blobs_stored",
    "slot_committed",
    "audit_published",
    "head_published",
    "marks_published",
    "review_published",
    "outcome_published",
    "batch_acknowledged",
)
#: The same for a batch of a rollback.
OF_ROLLBACKS = ("rollback_slots_written", "rollback_published", "rollback_journaled")
#: The same between two steps of an erasure.
OF_ERASURES = ("erasure_signed", "erasure_tombstones", "erasure_blobs", "erasure_chain")

_name, _, _passes = os.environ.get("CLEANPLATE_FAILPOINT", "").partition(":")
_left = int(_passes or 1)


def hit(name: str) -> None:
    """Die here, as by SIGKILL, if a test wants it."""
    global _left  # noqa: PLW0603 - a counter of this process, set by tests alone
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
