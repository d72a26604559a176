"""Times as WeChat and WeCom tell them: whole seconds, as a number or as text."""

from __future__ import annotations

from careline.clock import SECOND

_LAST_SECOND = 253_402_300_799  # of the year 9999


def instant(seconds: str) -> int | None:
    """The instant that these seconds mean; None for what is none before the year 10000."""
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12 or not 0 < int(seconds) <= _LAST_SECOND:
        return None
    return int(seconds) * SECOND
