"""The thread beside applying that fetches customers' files while the platform has them. Part of `careline receive`."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from careline.errors import CarelineError
from careline.line import Careline
from careline.rules.kinds import KINDS
from cli.runtime import Runtime

if TYPE_CHECKING:
    from careline.channels.ports import Files
    from careline.media.arrivals import Arrivals
    from careline.receiving.log import Say

PAUSE_S = 0.2  # between two looks, however much is applied meanwhile
LOOK_S = 30.0  # what is pulled wakes nobody
SAID_S = 60.0


def fetching(run: Runtime, say: Say) -> Callable[[], None]:
    """Start the thread; what is given wakes it, from any thread. It ends with its process, anywhere.

    It begins when it is woken for the first time: only where something was applied, it is this process that applies.
    """
    applied = threading.Event()
    threading.Thread(target=_fetch, args=(run, say, applied), name="careline-files", daemon=True).start()
    return applied.set


def _fetch(run: Runtime, say: Say, applied: threading.Event) -> None:
    from careline.receiving.log import Log, Sparing

    sparing = Sparing(say, quiet_s=SAID_S)
    applied.wait()
    with Careline.open(run.settings, trace=run.flags.get("trace")) as line:  # a thread of its own holds a store of its own
        arrivals: Arrivals | None = None
        while True:
            wait_s: float | None = None
            try:
                arrivals = arrivals or _arrivals(line, sparing)
                wait_s = _look(line, arrivals)
            except Exception as error:  # noqa: BLE001 - as applying has noticed too; a thread that ended would fetch no more
                words = error.message if isinstance(error, CarelineError) else f"{type(error).__name__}: {error}"
                sparing(Log("warning", "files_wait", f"files of customers wait: {words}"))
            time.sleep(PAUSE_S)
            applied.wait(min(LOOK_S, LOOK_S if wait_s is None else wait_s))
            applied.clear()


def _look(line: Careline, arrivals: Arrivals) -> float | None:
    import asyncio

    names = [channel.name for channel in line.channels() if KINDS[channel.kind].fleeting]
    return asyncio.run(arrivals.fetch_new(names)) if names else None


def _arrivals(line: Careline, say: Say) -> Arrivals:
    from careline.media.arrivals import Arrivals
    from careline.receiving.log import Log

    @asynccontextmanager
    async def opened(channel: str) -> AsyncIterator[Files]:
        found = line.channel(channel)
        async with line.http(found) as http:
            yield line.files(found, http)

    def told(word: str, channel: str, words: str) -> None:
        say(Log("warning", word, words, channel=channel))

    return Arrivals(line.store, line.shelf, opened, told)
