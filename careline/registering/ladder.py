"""Climbs the health ladder: asks the platform, and gives what ``check`` makes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from careline.channels.wechat.standing import COUNTED, READS, Standing
from careline.channels.whatsapp import health
from careline.channels.whatsapp.setup import Setup
from careline.errors import CarelineError
from careline.model import Channel, Finding
from careline.registering import check, wechat, wechat_check, wecom
from careline.secrets import Secrets
from careline.store.base import Store

if TYPE_CHECKING:
    import httpx

    from careline.channels.tencent.door import Door
    from careline.channels.wecom.account import Account
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


async def ask_wechat(door: Door, store: Store, app_secret: str) -> list[Finding]:
    """What WeChat says of an account. Where the secret does not work, nothing more is asked."""
    channel, standing = door.channel, Standing(door)
    told: list[str] = []
    try:
        await wechat.check(channel, door.http, app_secret, lambda step, words: told.append(words))
    except CarelineError as error:
        refusal = check.refused("token", error)
        again = f"careline channels check {channel.name}"  # once somebody has let the address in
        return [replace(refusal, remedy=again) if error.code == "address_not_allowed" else refusal]
    found = [Finding("token", "ok", "token_valid", "".join(told))]
    try:
        found += wechat_check.permissions({function: await standing.may(function) for function in READS})
        found += wechat_check.quotas({path: await standing.quota(path) for path in COUNTED})
        found.append(wechat_check.autoreplies(on=await standing.answers_by_itself()))
    except CarelineError as error:
        found.append(check.refused("account", error))
    if channel.public_url and channel.state != "paused":
        found.append(await _probed(standing))
    found.append(wechat_check.codes(channel, store))
    return found


async def _probed(standing: Standing) -> Finding:
    """WeChat's own look at the address in its console; it answers with an error where nobody has pasted one."""
    try:
        return wechat_check.probe(await standing.probe())
    except CarelineError as error:
        told = f"WeChat does not look: {error.message}"
        return Finding("probe", "ok", "no_probe", told, platform_code=error.platform_code)


async def ask_wecom(channel: Channel, http: httpx.AsyncClient, secret: str) -> tuple[list[Finding], list[Account] | None]:
    """That WeCom gives a token for the secret and lists accounts by it; those, or None where it does not."""
    told: list[str] = []
    try:
        accounts = await wecom.check(channel, http, secret, lambda step, words: told.append(words))
    except CarelineError as error:
        return [check.refused("token", error)], None
    found = [Finding("token", "ok", "token_valid", "".join(told))]
    if not accounts:
        words = "the app sees no customer service account: add one, or hand one to the API in WeCom's console"
        found.append(Finding("accounts", "warning", "no_accounts", words, f"careline channels accounts {channel.name}"))
    return found, accounts
