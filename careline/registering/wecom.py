"""A company on WeCom: the secret that lets us speak, and what its app's page needs so that WeCom nudges us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from careline.channels.wecom.account import Account
from careline.errors import CarelineError, Usage
from careline.events import ChannelRegistered
from careline.model import Channel, Finding
from careline.registering.check import refused
from careline.registering.steps import registered
from careline.store.base import Store

if TYPE_CHECKING:
    import httpx

Say = Callable[[str, str], None]


def check_corp_id(corp_id: str) -> str:
    """The corp id, if it can be one. Raises Usage."""
    if not corp_id.strip() or not corp_id.isascii() or not corp_id.isalnum():
        raise Usage(f"{corp_id!r} is no corp id: it begins with ww.", hint="work.weixin.qq.com, My company, company id.")
    return corp_id


def store_channel(store: Store, wanted: Channel, say: Say, actor: str) -> Channel:
    """Note the channel, so that the receiver knows it before WeCom calls."""
    event = ChannelRegistered(
        name=wanted.name, kind="wecom", account_id=wanted.account_id, api_url=wanted.api_url, public_url=wanted.public_url
    )
    channel = registered(store, event, actor)
    say("stored", channel.name)
    return channel


async def check(channel: Channel, http: httpx.AsyncClient, secret: str, say: Say) -> list[Account]:
    """Fetch an access token and list the accounts by it. Raises CredentialsRefused when WeCom does not let us."""
    from careline.channels.tencent.door import Door
    from careline.channels.wecom.account import MANNERS, Accounts

    accounts = await Accounts(Door(channel, http, Asked(channel, http, secret), MANNERS)).all()
    ours = sum(one.managed is not False for one in accounts)
    say("token", f"works; {len(accounts)} account{'' if len(accounts) == 1 else 's'}, {ours} spoken for by the API")
    return accounts


class Asked:
    """Access tokens asked for now, so that it is the secret that is tried and not a token from before."""

    def __init__(self, channel: Channel, http: httpx.AsyncClient, secret: str) -> None:
        self._channel = channel
        self._http = http
        self._secret = secret

    async def get(self) -> str:
        """The company's token."""
        from careline.channels.wecom.account import corp_token

        token, _ = await corp_token(self._http, self._channel.account_id, self._secret)
        return token

    async def renew(self, refused: str) -> str:
        """The same asked again: between the two it may have expired."""
        return await self.get()


async def ask(channel: Channel, http: httpx.AsyncClient, secret: str) -> tuple[list[Finding], list[Account] | None]:
    """That WeCom gives a token for the secret and lists accounts by it; those, or None where it does not."""
    told: list[str] = []
    try:
        accounts = await check(channel, http, secret, lambda step, words: told.append(words))
    except CarelineError as error:
        return [refused("token", error)], None
    found = [Finding("token", "ok", "token_valid", "".join(told))]
    if not accounts:
        words = "the app sees no customer service account: add one, or hand one to the API in WeCom's console"
        found.append(Finding("accounts", "warning", "no_accounts", words, f"careline channels accounts {channel.name}"))
    return found, accounts
