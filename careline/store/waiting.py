"""Waiting for a named lock inside an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager


@asynccontextmanager
async def held(lock: AbstractContextManager[None]) -> AsyncIterator[None]:
    """Hold a lock that a thread waits for. Who is cancelled meanwhile gives it back as soon as the thread has it."""

    def give_back(taken: asyncio.Future[None]) -> None:
        if taken.exception() is None:
            lock.__exit__(None, None, None)

    taken = asyncio.get_running_loop().run_in_executor(None, lock.__enter__)
    try:
        await asyncio.shield(taken)
    except asyncio.CancelledError:
        taken.add_done_callback(give_back)
        raise
    try:
        yield
    finally:
        lock.__exit__(None, None, None)
