"""A company on WeCom: the secret that lets us speak, and what its app's page needs so that WeCom nudges us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from careline.channels.wecom.account import Account
from careline.errors import Usage
from careline.model import Channel
from careline.registering.fresh import Fresh

if TYPE_CHECKING:
    import httpx

Say = Callable[[str, str], None]


def check_corp_id(corp_id: str) -> str:
    """The corp id, if it can be one. Raises Usage."""
    if not corp_id.strip() or not corp_id.isascii() or not corp_id.isalnum():
        raise Usage(f"{corp_id!r} is no corp id: it begins with ww.", hint="work.weixin.qq.com, My company, company id.")
    return corp_id


async def check(channel: Channel, http: httpx.AsyncClient, secret: str, say: Say) -> list[Account]:
    """Fetch an access token and list the accounts by it. Raises CredentialsRefused when WeCom does not let us."""
    from careline.channels.tencent.door import Door
    from careline.channels.wecom.account import MANNERS, Accounts, corp_token

    tokens = Fresh(lambda: corp_token(http, channel.account_id, secret))
    accounts = await Accounts(Door(channel, http, tokens, MANNERS)).all()
    ours = sum(one.managed is not False for one in accounts)
    say("token", f"works; {len(accounts)} account{'' if len(accounts) == 1 else 's'}, {ours} spoken for by the API")
    return accounts
