"""Followers of an Official Account: who they are, what we call them, and whom it keeps out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Done, Door
from careline.channels.tencent.instants import instant
from careline.errors import Usage
from careline.heard import HeardFollower

INFOS = 100  # people a call tells about
BARRED = 20  # people a call bars
LONGEST_REMARK = 29  # characters: WeChat takes fewer than 30


class Users:
    """The people who follow one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def openids(self) -> list[str]:
        """All followers, in WeChat's order. 10,000 a call."""
        return await self._pages(lambda after: self._door.get(_Page, "/cgi-bin/user/get", next_openid=after))

    async def infos(self, openids: Sequence[str]) -> list[HeardFollower]:
        """What WeChat knows of some, 100 at most. Who follows no more is told as that, with nothing else."""
        body = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
        found = await self._door.post(_Infos, "/cgi-bin/user/info/batchget", body, may_change=False)
        return [_follower(row) for row in found.user_info_list]

    async def remark(self, openid: str, text: str) -> None:
        """Note something about a follower that only the account sees; empty forgets it."""
        await self._door.post(Done, "/cgi-bin/user/info/updateremark", {"openid": openid, "remark": text}, may_change=False)

    async def barred(self) -> list[str]:
        """Who is on the blacklist."""
        path = "/cgi-bin/tags/members/getblacklist"
        return await self._pages(lambda after: self._door.post(_Page, path, {"begin_openid": after}, may_change=False))

    async def bar(self, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        """Put people on the blacklist, 20 a call; gives those of each call once they are. They see nothing of it."""
        async for some in self._in_twenties("batchblacklist", openids):
            yield some

    async def unbar(self, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        """Take people off the blacklist, likewise."""
        async for some in self._in_twenties("batchunblacklist", openids):
            yield some

    async def _in_twenties(self, call: str, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        whole = list(openids)
        for at in range(0, len(whole), BARRED):
            some = whole[at : at + BARRED]
            await self._door.post(Done, f"/cgi-bin/tags/members/{call}", {"openid_list": some}, may_change=False)
            yield some

    async def _pages(self, ask: Callable[[str], Any]) -> list[str]:
        """All OpenIDs of a list. It ends with an empty page, without ``data``, or without another to begin with."""
        found: dict[str, None] = {}
        after = ""
        while True:
            page: _Page = await ask(after)
            before = len(found)
            found |= {openid.strip(): None for openid in page.data.openid} if page.data is not None else {}
            if not page.count or not page.next_openid or len(found) == before:
                return list(found)
            after = page.next_openid


def check_remark(text: str) -> None:
    """Raises Usage for a remark that WeChat would not take."""
    if len(text) > LONGEST_REMARK:
        raise Usage(f"The remark has {len(text)} characters, and WeChat takes {LONGEST_REMARK}.", code="remark_too_long")


class _List(Struct):
    openid: list[str] = []


class _Page(Struct):
    count: int  # always told: without it an empty answer would say that nobody follows any more
    data: _List | None = None
    next_openid: str = ""


class _Info(Struct):
    openid: str
    subscribe: int = 1
    language: str = ""
    subscribe_time: int = 0
    unionid: str = ""
    remark: str = ""
    tagid_list: list[int] = []
    subscribe_scene: str = ""
    qr_scene: int = 0
    qr_scene_str: str = ""


class _Infos(Struct):
    user_info_list: list[_Info]


def _follower(row: _Info) -> HeardFollower:
    scene = row.qr_scene_str or (str(row.qr_scene) if row.qr_scene else "")
    return HeardFollower(
        openid=row.openid.strip(),
        following=bool(row.subscribe),
        followed_at=instant(str(row.subscribe_time)),
        language=row.language,
        remark=row.remark,
        tags=tuple(sorted(set(row.tagid_list))),
        came_by=row.subscribe_scene,
        scene=scene,
        numeric=bool(row.qr_scene) and not row.qr_scene_str,
        unionid=row.unionid.strip(),
    )
