"""A company on WeCom: its access token, its customer service accounts and their links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from careline.channels.anycall import AnyCall
from careline.channels.tencent.door import Done, Door, Failure, Manners, ask
from careline.channels.wecom import policy
from careline.channels.wecom.errors import MEANINGS, STALE_TOKEN
from careline.errors import Usage

if TYPE_CHECKING:
    import httpx

BUSY = frozenset({-1, 45033})  # 45033: too many calls at once
MANNERS = Manners("WeCom", MEANINGS, STALE_TOKEN, "careline channels register wecom {name} --corp-id {account}", BUSY)

Text = Annotated[str, Meta(min_length=1)]
_LISTED = 100  # accounts in one answer, and 5,000 in all
_MOST_PAGES = 60
_SCENE = re.compile(rf"[0-9A-Za-z_-]{{1,{policy.SCENE}}}", re.ASCII)


class Account(Struct, frozen=True):
    """A customer service account. ``managed`` says whether the API may speak for it; None where WeCom does not tell."""

    id: str
    name: str
    managed: bool | None = None


class Accounts:
    """The customer service accounts of one company."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def all(self) -> list[Account]:
        """Every account that the app may see."""
        found: dict[str, Account] = {}
        for page in range(_MOST_PAGES):
            asked = {"offset": page * _LISTED, "limit": _LISTED}
            rows = (await self._door.post(_List, "/cgi-bin/kf/account/list", asked, may_change=False)).account_list
            new = {row.open_kfid: Account(row.open_kfid, row.name.strip(), row.manage_privilege) for row in rows}
            if not new.keys() - found.keys():
                break
            found |= new
            if len(rows) < _LISTED:
                break
        return list(found.values())

    async def add(self, name: str, picture: str) -> str:
        """Make an account whose picture is the file ``picture``, and give its open_kfid."""
        return (
            await self._door.post(_Made, "/cgi-bin/kf/account/add", {"name": check_name(name), "media_id": picture})
        ).open_kfid

    async def rename(self, id: str, name: str) -> None:
        """Call an account otherwise."""
        await self._door.post(Done, "/cgi-bin/kf/account/update", {"open_kfid": id, "name": check_name(name)})

    async def remove(self, id: str) -> None:
        """Remove an account for good: its links stop working."""
        await self._door.post(Done, "/cgi-bin/kf/account/del", {"open_kfid": id})

    async def link(self, id: str, scene: str = "") -> str:
        """The address that opens a chat with an account; who comes by it enters with that ``scene``."""
        body = {"open_kfid": id} | ({"scene": check_scene(scene)} if scene else {})
        return (await self._door.post(_Link, "/cgi-bin/kf/add_contact_way", body, may_change=False)).url.strip()

    async def anything(self, call: AnyCall) -> dict[str, Any]:
        """What a call answers that has no method of its own."""
        body, may_change = None if call.content is None else call.content.decode(), call.method != "GET"
        return await self._door.call(dict[str, Any], call.method, call.path, body, params=call.params, may_change=may_change)


async def corp_token(http: httpx.AsyncClient, corp_id: str, secret: str) -> tuple[str, int]:
    """The access token and for how many seconds it works: everybody who asks gets the same one while it does.

    Raises CredentialsRefused, NotSent or Misconfigured.
    """
    params = {"corpid": corp_id, "corpsecret": secret}
    answer = await ask(http, _Token, "GET", "/cgi-bin/gettoken", None, None, params, may_change=False)
    if isinstance(answer, Failure):
        raise answer.error(MEANINGS, "WeCom", hiding=secret)
    return answer.access_token, max(1, answer.expires_in)


def check_scene(scene: str) -> str:
    """The scene, if WeCom takes it. Raises Usage."""
    if not _SCENE.fullmatch(scene):
        raise Usage(f"WeCom takes no scene {scene!r}.", hint=f"1 to {policy.SCENE} letters, digits, _ and -.", code="bad_scene")
    return scene


def check_name(name: str) -> str:
    """The name, if an account may have it. Raises Usage."""
    if not 1 <= len(name.strip()) <= policy.NAME:
        raise Usage(f"A customer service account's name has 1 to {policy.NAME} characters.", code="bad_name")
    return name.strip()


class _Token(Struct):
    access_token: Text
    expires_in: int = 7200


class _Row(Struct):
    open_kfid: Text
    name: str = ""
    manage_privilege: bool | None = None


class _List(Struct):
    errcode: int  # WeCom always says it: what has none is not WeCom's
    account_list: list[_Row] = []


class _Made(Struct):
    open_kfid: Text


class _Link(Struct):
    url: Text
