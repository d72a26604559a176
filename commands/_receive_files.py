"""The thread beside applying that fetches customers' files while the platform has them. Part of `careline receive`."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from careline.errors import CarelineError
from careline.line import Careline
from cli.runtime import Runtime

if TYPE_CHECKING:
    from careline.channels.ports import Files
    from careline.media.arrivals import Arrivals
    from careline.receiving.log import Say

FLEETING = ("wechat", "wecom")  # kinds of channels whose platform keeps what customers send for three days
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
    applied.wait()
    with Careline.open(run.settings) as line:  # a thread of its own holds a store of its own
        arrivals = _arrivals(line, say)
        while True:
            wait_s = _look(line, arrivals, say)
            time.sleep(PAUSE_S)
            applied.wait(min(LOOK_S, LOOK_S if wait_s is None else wait_s))
            applied.clear()


def _look(line: Careline, arrivals: Arrivals, say: Say) -> float | None:
    import asyncio

    from careline.receiving.log import Log

    try:
        names = [channel.name for channel in line.channels(*FLEETING)]
        return asyncio.run(arrivals.fetch_new(names)) if names else None
    except CarelineError as error:  # the store, as applying has noticed too
        say(Log("warning", "files_wait", f"files of customers wait: {error.message}"))
        return None


def _arrivals(line: Careline, say: Say) -> Arrivals:
    from careline.media.arrivals import Arrivals
    from careline.receiving.log import Log, Sparing

    sparing = Sparing(say, quiet_s=SAID_S)

    @asynccontextmanager
    async def opened(channel: str) -> AsyncIterator[Files]:
        found = line.channel(channel)
        async with line.http(found) as http:
            yield line.files(found, http)

    def told(word: str, channel: str, words: str) -> None:
        sparing(Log("warning", word, words, channel=channel))

    return Arrivals(line.store, line.shelf, opened, told)
