"""One thread that commits what arrives, many webhooks in one commit, so that a 200 always means: on disk."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable

from careline.store.inbound import Inbound

MOST = 512

_Item = tuple[tuple[str, int, bytes], asyncio.Future[None], asyncio.AbstractEventLoop]


class Intake:
    """The writer of the inbound file. ``committed`` is called after each commit, from its thread."""

    def __init__(self, inbound: Inbound, committed: Callable[[], None]) -> None:
        self._inbound = inbound
        self._committed = committed
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="careline-intake", daemon=True)

    def start(self) -> None:
        """Begin committing."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what was handed in, then end."""
        self._items.put(None)
        self._thread.join()

    async def keep(self, channel: str, received_at: int, body: bytes) -> None:
        """Return when the payload is on disk. Raises what the disk or the database says, as careline's errors."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._items.put(((channel, received_at, body), done, loop))
        await done

    def _run(self) -> None:
        while (first := self._items.get()) is not None:
            batch, ending = [first], False
            with contextlib.suppress(queue.Empty):
                while len(batch) < MOST:
                    item = self._items.get_nowait()
                    if item is None:
                        ending = True
                        break
                    batch.append(item)
            self._commit(batch)
            if ending:
                return

    def _commit(self, batch: list[_Item]) -> None:
        failure: Exception | None = None
        try:
            self._inbound.put([payload for payload, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            failure = error
        for _, done, loop in batch:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile: nobody waits any more
                loop.call_soon_threadsafe(_settle, done, failure)
        if failure is None:
            self._committed()


def _settle(done: asyncio.Future[None], failure: Exception | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
