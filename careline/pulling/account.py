"""Pulls one account with the clients of its channel: what commands and the receiver call."""

from __future__ import annotations

from collections.abc import Callable

from careline.channels.tencent.door import Door
from careline.channels.wecom.client import WeComClient
from careline.channels.wecom.customers import Customers
from careline.channels.wecom.pulls import Pulls
from careline.model import Channel
from careline.pulling.greeting import greet
from careline.pulling.page import Entered
from careline.pulling.pull import Pulled, pull
from careline.rules.window import Policy
from careline.store.base import Store


async def pull_account(
    store: Store,
    channel: Channel,
    rules: Policy,
    account: str,
    client: WeComClient,
    door: Door,
    *,
    token: str = "",
    wait: bool = True,
    step: Callable[[int], None] = lambda count: None,
) -> Pulled:
    """Pull until nothing waits, greet who entered just now, and ask for the names of who is new. Raises as ``pull`` does."""

    async def welcome(entered: Entered) -> None:
        if channel.state == "active":
            await greet(store, channel, client, entered)

    source, names = Pulls(door), Customers(door)
    return await pull(store, channel, rules, account, source, names, welcome, token=token, wait=wait, step=step)
