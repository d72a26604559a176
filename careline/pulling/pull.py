"""Pulls everything that waits in one account: one process at a time, from where the journal says that it stopped.

A page is asked for, and what its customers are called; it is written with the cursor after it, and then comes the next one.
Killed anywhere, the same again goes on: what was not written is asked for again, and what was written is known by its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct

from careline.channels.wecom.customers import Customer
from careline.channels.wecom.pulls import Page
from careline.crashpoint import reached
from careline.errors import CarelineError
from careline.model import Channel, KfAccount
from careline.pulling.page import Entered, Kept, digest, keep, unnamed
from careline.rules.window import Policy
from careline.store.base import Store
from careline.store.waiting import held

NAMES_S = 5.0  # that a page waits for names: who just entered can be greeted for twenty seconds


class Source(Protocol):
    """Gives pages."""

    async def page(self, account: str, cursor: str, token: str = "") -> Page:
        """The page that begins at ``cursor``."""


class Names(Protocol):
    """Gives the names of customers."""

    async def named(self, ids: Sequence[str]) -> list[Customer]:
        """Those of these customers whom the platform knows."""


class Pulled(Struct):
    """What a pull came to."""

    pages: int = 0
    new: int = 0
    known: int = 0
    lost: str = ""


async def pull(
    store: Store,
    channel: Channel,
    rules: Policy,
    account: str,
    source: Source,
    names: Names,
    greet: Callable[[Entered], Awaitable[None]],
    *,
    token: str = "",
    wait: bool = True,
    step: Callable[[int], None] = lambda count: None,
) -> Pulled:
    """Pull until nothing waits. Raises Busy unless ``wait``, while another process pulls this account.

    Raises what ``source`` raises: what came before that is kept.
    """
    done = Pulled()
    lock = store.lock(f"pull-{digest(f'{channel.name}/{account}')}", wait=wait)
    async with held(lock):
        while True:
            row = store.get(KfAccount, channel.name, account)
            cursor = row.cursor if row is not None else ""
            page = await source.page(account, cursor, token)
            reached("pull.fetched")
            named = await _ask(names, unnamed(store, channel, account, page))
            kept = keep(store, channel, account, cursor, page, named, rules)
            reached("pull.kept")
            _count(done, kept, step)
            for entered in kept.entered:
                await greet(entered)
            if not page.more:
                return done


def _count(done: Pulled, kept: Kept, step: Callable[[int], None]) -> None:
    done.pages += 1
    done.new += kept.new
    done.known += kept.known
    done.lost = kept.lost or done.lost
    step(kept.new + kept.known)


async def _ask(names: Names, users: Sequence[str]) -> dict[str, Customer]:
    """What these are called. Without an answer they are asked for when they write again: a name is worth no message."""
    if not users:
        return {}
    try:
        async with asyncio.timeout(NAMES_S):
            return {one.id: one for one in await names.named(users)}
    except (CarelineError, TimeoutError):
        return {}
