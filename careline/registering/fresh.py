"""Access tokens asked for now, so that it is the secret that is tried and not a token from before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Fresh:
    """A source of tokens that asks the platform each time. ``fetch`` gives a token and for how many seconds it works."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, int]]]) -> None:
        self._fetch = fetch

    async def get(self) -> str:
        """The account's token."""
        token, _ = await self._fetch()
        return token

    async def renew(self, refused: str) -> str:
        """The same asked again: between the two it may have expired, or another program may have replaced it."""
        return await self.get()
