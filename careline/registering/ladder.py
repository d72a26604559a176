"""Climbs the health ladder: asks the platform, and gives what ``check`` makes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from careline.channels.whatsapp import health
from careline.channels.whatsapp.setup import Setup
from careline.errors import CarelineError
from careline.model import Channel, Finding
from careline.registering import check, wechat
from careline.secrets import Secrets
from careline.store.base import Store

if TYPE_CHECKING:
    import httpx

    from careline.channels.whatsapp.graph import Graph


async def ask_meta(graph: Graph, store: Store, secrets: Secrets, now: int) -> list[Finding]:
    """What Meta says of a number. Where the token does not work, nothing more is asked."""
    channel, setup = graph.channel, Setup(graph)
    try:
        found = [check.token(channel, await setup.debug_token(), now)]
    except CarelineError as error:
        return [check.refused("token", error)]
    found.append(await _app_secret(setup, channel, secrets))
    try:
        state = await health.read(graph)
        found += check.number(channel, state)
        found.append(check.limit(channel, state, check.reached(store, channel, now)))
        found += check.entities(channel, state)
        found.append(check.subscription(channel, await setup.subscriptions(), state.callback))
    except CarelineError as error:
        found.append(check.refused("number", error))
    skew = check.clock(graph.date, now)
    return [*found, skew] if skew else found


async def _app_secret(setup: Setup, channel: Channel, secrets: Secrets) -> Finding:
    """Whether the app secret is that of the token's app: with another, every webhook is refused."""
    try:
        await setup.prove(secrets.get(channel.name, channel.kind, "app_secret"))
    except CarelineError as error:
        found = check.refused("app_secret", error)
        return replace(found, remedy=f"careline channels rotate {channel.name}") if error.code == "bad_secret" else found
    return Finding("app_secret", "ok", "app_secret", "is that of the token's app")


async def ask_wechat(channel: Channel, http: httpx.AsyncClient, app_secret: str) -> Finding:
    """That WeChat gives a token for the account's secret, and takes it. Raises what it answers instead."""
    told: list[str] = []
    await wechat.check(channel, http, app_secret, lambda step, words: told.append(words))
    return Finding("token", "ok", "token_valid", "".join(told))
