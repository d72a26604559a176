"""Reading what a client sends, within bounds: all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

FREE = 16 * 1024  # of each body: more than an ordinary push has
BUDGET = 32 * 1024 * 1024  # what all bodies together may have beyond that while they come in
LINGER_S = 1.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class TooLarge(Exception):
    """It has more bytes than this channel's pushes have, or says it will."""


class TooMany(Exception):
    """Too many large bodies are on their way at once."""


class Gone(Exception):
    """The client left before it had sent everything."""


class Bodies:
    """Reads bodies. Those of slow clients share one budget, so that a thousand of them cannot fill the memory.

    An ordinary push is smaller than what is free: it is never refused for what others send.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget

    async def read(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """The whole body, of ``most`` bytes. Raises TooLarge (before reading, where the length is declared), TooMany, Gone."""
        if _declared(scope) > most:
            raise TooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body: bytes = message["body"]
        if len(body) > most:
            raise TooLarge
        return await self._rest(body, receive, most) if message["more_body"] else body

    async def _rest(self, first: bytes, receive: Receive, most: int) -> bytes:
        parts, size, taken, more = [first], len(first), 0, True
        try:
            while more:
                needed = max(0, size - FREE) - taken
                if needed > self._left:
                    raise TooMany
                self._left -= needed
                taken += needed
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                parts.append(message["body"])
                size += len(parts[-1])
                if size > most:
                    raise TooLarge
                more = message["more_body"]
            return b"".join(parts)
        finally:
            self._left += taken


async def drain(receive: Receive) -> None:
    """Read on for a second at most. A connection that is closed with bytes unread takes the answer with it."""
    try:
        async with asyncio.timeout(LINGER_S):
            while (message := await receive())["type"] == "http.request" and message["more_body"]:
                pass
    except TimeoutError:
        pass


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
