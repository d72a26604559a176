"""What time it is. The only module that asks the machine.

Instants are whole microseconds since 1970 UTC, lengths are whole microseconds: both plain ``int``.
"""

from __future__ import annotations

import time
from pathlib import Path

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY


class Clock:
    """Tells the instant; with ``offset_file`` (the sandbox's) it adds the microseconds written there.

    The file is read at each call, so that advancing the sandbox's clock moves every process at once. Time-outs, pacing and
    sleeps never use this clock: they stay on the machine's monotonic one.
    """

    def __init__(self, offset_file: Path | None = None) -> None:
        self.offset_file = offset_file

    def now(self) -> int:
        """The instant now, in microseconds UTC. A missing or torn offset file counts as no offset."""
        return time.time_ns() // 1000 + self._offset()

    def _offset(self) -> int:
        if self.offset_file is None:
            return 0
        try:
            return int(self.offset_file.read_text("ascii"))
        except (OSError, ValueError):
            return 0
