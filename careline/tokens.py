"""One access token for all processes of a store, on all its machines."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from careline.clock import DAY, MINUTE, SECOND, Clock
from careline.errors import CredentialsRefused
from careline.store.base import Store
from careline.store.waiting import held

Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""Asks the platform for a token, by force or not, and gives it with its seconds."""

EARLY = 4 * MINUTE  # WeChat gives another stable token in the last five minutes, and both work until the end of them
SHORT = 12  # of a token that lives less than the usual two hours, the last twelfth is early
FORCED_A_DAY = 20
FORCED_APART = 30 * SECOND


class Token(Struct, frozen=True):
    """A token as the store keeps it: ``came`` is the call that gave it, ``forced_at`` when one was last asked for by force."""

    token: str
    ends_at: int
    fetched_at: int = 0
    came: str = ""
    forced: bool = False
    forced_at: tuple[int, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The beginning of its SHA-256: the same for the same token, and of no use to anybody."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:12]

    def works(self, now: int) -> bool:
        """True until shortly before its end, by which somebody should have fetched another."""
        early = min(EARLY, max(0, self.ends_at - self.fetched_at) // SHORT)
        return now < self.ends_at - early

    def may_force(self, now: int) -> bool:
        """True where WeChat lets another be asked for by force: twenty times a day, half a minute apart."""
        lately = [at for at in self.forced_at if now - DAY < at <= now]
        return len(lately) < FORCED_A_DAY and not any(now - at < FORCED_APART for at in lately)


def kept(store: Store, channel: str) -> Token | None:
    """The token that the store keeps for a channel, if any; one that an earlier careline kept has no history."""
    found = store.token(channel)
    if found is None:
        return None
    try:
        return _decode(found[0])
    except msgspec.DecodeError:
        return Token(found[0], found[1])


class SharedToken:
    """An access token, one for all processes: kept in the store, renewed by one of them at a time.

    ``came`` names the call that ``fetch`` makes. ``by_force`` says whether that call can be told to end the present token.
    """

    def __init__(
        self, store: Store, clock: Clock, channel: str, fetch: Fetch, *, came: str = "stable", by_force: bool = True
    ) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._fetch = fetch
        self._came = came
        self._by_force = by_force

    async def get(self) -> str:
        """A token that should work for some minutes."""
        return self._working("") or await self._fetched("")

    async def renew(self, refused: str) -> str:
        """Another than the refused one. Raises CredentialsRefused where the platform gives none."""
        return self._working(refused) or await self._fetched(refused)

    def _working(self, refused: str) -> str:
        found = kept(self._store, self._channel)
        return found.token if found and found.token != refused and found.works(self._clock.now()) else ""

    async def _fetched(self, refused: str) -> str:
        async with held(self._store.lock(f"token:{self._channel}", wait=True)):
            return self._working(refused) or await self._another(refused)

    async def _another(self, refused: str) -> str:
        """Ask for one. By force only if WeChat goes on giving the one it refuses: another program's newer one is no reason."""
        before = kept(self._store, self._channel) or Token("", 0)
        fresh = await self._asked(before, force=False)
        if fresh.token == refused and self._by_force and before.may_force(self._clock.now()):
            fresh = await self._asked(before, force=True)
        if fresh.token == refused:
            raise CredentialsRefused(
                "The platform refuses the token it has just given.",
                code="token_refused",
                hint="Another program may be refreshing this account's token by force all the time.",
            )
        return fresh.token

    async def _asked(self, before: Token, *, force: bool) -> Token:
        token, seconds = await self._fetch(force)
        now = self._clock.now()
        forced_at = tuple(at for at in before.forced_at if now - DAY < at <= now) + ((now,) if force else ())
        fresh = Token(token, now + max(1, seconds) * SECOND, now, self._came, force, forced_at[-FORCED_A_DAY:])
        self._store.keep_token(self._channel, msgspec.json.encode(fresh).decode(), fresh.ends_at)
        return fresh


_decode = msgspec.json.Decoder(Token).decode
