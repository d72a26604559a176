"""What the receiver has to say while it runs, and how it keeps from saying it ten thousand times.

No line holds a secret, a customer's number or a word of a message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec import Struct

QUIET_S = 1.0


class Log(Struct, frozen=True, omit_defaults=True):
    """One noteworthy thing. ``level`` is info, warning or error, ``event`` a stable word for machines.

    ``suppressed`` is how many like it (same event, same channel) were not said since the last one.
    """

    level: str
    event: str
    message: str
    channel: str = ""
    status: int = 0
    suppressed: int = 0


Say = Callable[[Log], None]


class Sparing:
    """Says each kind of thing at most once a second for each channel, with the number of those left out.

    Whoever sends forged pushes all day must not fill the disk with complaints. Callable from any thread.
    """

    def __init__(self, say: Say, *, quiet_s: float = QUIET_S, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._quiet_s = quiet_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._said: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], Log] = {}

    def __call__(self, log: Log) -> None:
        """Say it, or count it."""
        key = (log.event, log.channel)
        with self._lock:
            before = self._left_out.pop(key, None)
            left_out = before.suppressed if before else 0
            now = self._monotonic()
            if now - self._said.get(key, -self._quiet_s) < self._quiet_s:
                self._left_out[key] = _with(log, left_out + 1)
                return
            self._said[key] = now
            self._say(_with(log, left_out))

    def flush(self) -> None:
        """Say the last one of each kind that was left out: at the end nobody else will."""
        with self._lock:
            for log in self._left_out.values():
                self._say(_with(log, log.suppressed - 1))
            self._left_out.clear()


def _with(log: Log, suppressed: int) -> Log:
    return Log(log.level, log.event, log.message, log.channel, log.status, suppressed) if suppressed else log
