"""What an Official Account says of itself, and its access tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from careline.channels.anycall import AnyCall
from careline.channels.tencent.door import Door, Failure, Manners, ask, plain_json
from careline.channels.wechat.errors import ASKING_FOR_A_TOKEN, BUSY, MEANINGS, STALE_TOKEN

if TYPE_CHECKING:
    import httpx

MANNERS = Manners("WeChat", MEANINGS, STALE_TOKEN, "careline channels register wechat {name} --app-id {account}", BUSY)


class Account:
    """One Official Account, as it describes itself."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def callback_ips(self) -> list[str]:
        """The addresses that WeChat pushes from, some as CIDR ranges. They change: WeChat advises asking daily."""
        return (await self._door.get(_Addresses, "/cgi-bin/getcallbackip")).ip_list

    async def anything(self, call: AnyCall) -> dict[str, Any]:
        """What a call answers that has no method of its own."""
        body, may_change = None if call.content is None else call.content.decode(), call.method != "GET"
        return await self._door.call(dict[str, Any], call.method, call.path, body, params=call.params, may_change=may_change)


async def stable_token(http: httpx.AsyncClient, app_id: str, secret: str, force: bool = False) -> tuple[str, int]:
    """An access token and for how many seconds it works, at least 1.

    Without ``force`` everybody who asks gets the same one until its last five minutes, when the old and the new one both work.
    ``force`` kills the old one at once and is allowed 20 times a day. Raises CredentialsRefused, NotSent or Misconfigured.
    """
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": force}
    headers = {"Content-Type": "application/json"}
    content = plain_json(body).encode()
    answer = await ask(http, _Token, "POST", "/cgi-bin/stable_token", content, headers, None, may_change=False)
    if isinstance(answer, Failure):
        raise answer.error(ASKING_FOR_A_TOKEN, "WeChat", hiding=secret)
    return answer.access_token, max(1, answer.expires_in)


async def classic_token(http: httpx.AsyncClient, app_id: str, secret: str) -> tuple[str, int]:
    """The same by the older call, of which every one makes another token: the one before works five minutes more.

    For accounts that share their tokens with programs of before; 2,000 a day.
    """
    params = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
    answer = await ask(http, _Token, "GET", "/cgi-bin/token", None, None, params, may_change=False)
    if isinstance(answer, Failure):
        raise answer.error(ASKING_FOR_A_TOKEN, "WeChat", hiding=secret)
    return answer.access_token, max(1, answer.expires_in)


class _Addresses(Struct):
    ip_list: list[str]


class _Token(Struct):
    access_token: Annotated[str, Meta(min_length=1)]
    expires_in: int
