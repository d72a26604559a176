"""Waiting no longer than a platform does, ten thousand times a second: one look every 50 ms instead of a timer for each."""

from __future__ import annotations

import asyncio
from time import monotonic

LOOK_S = 0.05


class Patience:
    """Cancels futures that take too long, at most 50 ms late."""

    def __init__(self) -> None:
        self._due: dict[asyncio.Future[None], float] = {}
        self._looking = False

    def watch(self, waiting: asyncio.Future[None], seconds: float) -> None:
        """Cancel it unless it is done, or forgotten, by then."""
        self._due[waiting] = monotonic() + seconds
        if not self._looking:
            self._looking = True
            waiting.get_loop().call_later(min(LOOK_S, seconds), self._look)

    def forget(self, waiting: asyncio.Future[None]) -> None:
        """It is done."""
        self._due.pop(waiting, None)

    def _look(self) -> None:
        now = monotonic()
        for waiting in [waiting for waiting, at in self._due.items() if at <= now]:
            del self._due[waiting]
            waiting.cancel()
        self._looking = bool(self._due)
        if self._looking:
            asyncio.get_running_loop().call_later(LOOK_S, self._look)
