"""One thread that commits what arrives, many webhooks in one commit, so that a 200 always means: on disk.

While one commit is on its way to the disk the next batch gathers; so a slow disk makes batches larger, not the queue longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable

from careline.crashpoint import reached
from careline.errors import Busy
from careline.store.inbound import Inbound, Payload

MOST = 512
RECENTLY_S = 10.0
MOST_BYTES = 32 * 1024 * 1024  # waiting for the commit before theirs; what comes beyond is told to come again

_Batch = tuple[list[Payload], list[asyncio.Future[None]]]


class Intake:
    """The writer of inbound payloads.

    From its thread, ``committed`` is called after each commit, ``failed`` after one that was refused.
    """

    def __init__(
        self, inbound: Inbound, committed: Callable[[], None], failed: Callable[[Exception], None] = lambda error: None
    ) -> None:
        self._inbound = inbound
        self._committed = committed
        self._failed = failed
        self._trouble = ("", float("-inf"))
        self._gathered: _Batch = ([], [])
        self._gathered_bytes = 0
        self._busy = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batches: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="careline-intake", daemon=True)

    def start(self) -> None:
        """Begin committing."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what was handed in, then end. Called when the event loop has ended."""
        self._batches.put(self._gathered)
        self._batches.put(None)
        self._thread.join()

    def trouble(self) -> str:
        """Why the last commit was refused, if that was in the last ten seconds and none has succeeded since; else nothing."""
        words, at = self._trouble
        return words if time.monotonic() - at < RECENTLY_S else ""

    def begin(self, channel: str, received_at: int, body: bytes) -> asyncio.Future[None]:
        """Begin to commit a payload; done when it is on disk, or failed as careline's errors say. Called in the event loop."""
        self._loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = self._loop.create_future()
        payloads, waiting = self._gathered
        if self._gathered_bytes > MOST_BYTES:
            done.set_exception(Busy("The disk takes less than what comes in.", code="intake_full"))
            return done
        self._gathered_bytes += len(body)
        payloads.append((channel, received_at, body))
        waiting.append(done)
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._hand_over)
        return done

    def _hand_over(self) -> None:
        payloads, waiting = self._gathered
        self._gathered = (payloads[MOST:], waiting[MOST:])
        self._gathered_bytes -= sum(len(body) for _, _, body in payloads[:MOST])
        self._batches.put((payloads[:MOST], waiting[:MOST]))

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            payloads, waiting = batch
            failure: Exception | None = None
            try:
                reached("receive.before_insert")
                self._inbound.put(payloads)
                reached("receive.committed")
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
                failure = error
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop ended meanwhile: nobody waits any more
                    self._loop.call_soon_threadsafe(self._settle, waiting, failure)
            if failure is None:
                self._trouble = ("", float("-inf"))
                self._committed()
            else:
                self._trouble = (str(failure), time.monotonic())
                self._failed(failure)

    def _settle(self, waiting: list[asyncio.Future[None]], failure: Exception | None) -> None:
        for done in waiting:
            if done.done():  # whoever waited has given up
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
        if self._gathered[0]:
            self._hand_over()
        else:
            self._busy = False
