"""One access token for all processes of a store, on all its machines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from careline.clock import MINUTE, SECOND, Clock
from careline.errors import CredentialsRefused
from careline.store.base import Store

Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""Asks the platform for a token, by force or not, and gives it with its seconds."""


class SharedToken:
    """An access token, one for all processes: kept in the store, renewed by one of them at a time."""

    EARLY = MINUTE

    def __init__(self, store: Store, clock: Clock, channel: str, fetch: Fetch) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._fetch = fetch

    async def get(self) -> str:
        """A token that should work for another minute."""
        return self._kept("") or await self._fetched("")

    async def renew(self, refused: str) -> str:
        """Another than the refused one."""
        return self._kept(refused) or await self._fetched(refused)

    def _kept(self, refused: str) -> str:
        found = self._store.token(self._channel)
        if found is None or found[0] == refused or found[1] - self.EARLY <= self._clock.now():
            return ""
        return found[0]

    async def _fetched(self, refused: str) -> str:
        lock = self._store.lock(f"token:{self._channel}", wait=True)
        await asyncio.to_thread(lock.__enter__)
        try:
            kept = self._kept(refused)
            if kept:
                return kept
            found = self._store.token(self._channel)
            force = bool(refused) and found is not None and found[1] > self._clock.now()
            token, seconds = await self._fetch(force)
            if token == refused:
                raise CredentialsRefused(
                    "The platform refuses the token it has just given.",
                    code="token_refused",
                    hint="Another program may be refreshing this account's token by force all the time.",
                )
            self._store.keep_token(self._channel, token, self._clock.now() + seconds * SECOND)
            return token
        finally:
            lock.__exit__(None, None, None)
