"""Work that may be slow, kept away from the event loop: a store may hang, and pushes are answered all the same."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

KEPT_S = 1.0
PATIENCE_S = 2.0

T = TypeVar("T")


class Aside:
    """One thread that does one thing after another. Nobody waits for it at the end: what hangs, hangs alone."""

    def __init__(self) -> None:
        self._work: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, function: Callable[[], T]) -> Future[T]:
        """Have it done; what will come of it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="careline-aside", daemon=True)
            self._thread.start()
        outcome: Future[T] = Future()
        self._work.put((function, outcome))
        return outcome

    async def do(self, function: Callable[[], T]) -> T:
        """What the function returns. Raises what it raises, and TimeoutError after two seconds."""
        return await asyncio.wait_for(asyncio.wrap_future(self.begin(function)), PATIENCE_S)

    def _run(self) -> None:
        while True:
            function, outcome = self._work.get()
            if not outcome.set_running_or_notify_cancel():
                continue  # whoever asked has given up
            try:
                found = function()
            except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
                outcome.set_exception(error)
            else:
                outcome.set_result(found)


class Kept(Generic[T]):
    """What a slow function says, asked at most once a second however many want to know."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._aside = Aside()
        self._answer: Future[T] | None = None
        self._asked_at = 0.0

    async def get(self) -> T:
        """What it says, or said within the last second. Raises what it raises, and TimeoutError after two seconds."""
        now = time.monotonic()
        if self._answer is None or (self._answer.done() and now - self._asked_at > KEPT_S):
            self._asked_at = now
            self._answer = self._aside.begin(self._function)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._answer)), PATIENCE_S)
