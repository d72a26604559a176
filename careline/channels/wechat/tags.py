"""Tags of an Official Account: labels that followers carry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from msgspec import Struct

from careline.channels.tencent.door import Done, Door

TOGETHER = 50  # people a call tags
SYSTEM = (0, 1, 2)  # WeChat's own: none, the barred, the starred


class Tag(Struct, frozen=True):
    """A tag, and how many followers have it."""

    id: int
    name: str
    count: int = 0


class Tags:
    """The tags of one Official Account. WeChat: 100 of them, with names of 30 bytes, 20 on one follower."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def all(self) -> list[Tag]:
        """The tags, WeChat's own too."""
        return (await self._door.get(_Tags, "/cgi-bin/tags/get")).tags

    async def create(self, name: str) -> Tag:
        """A new tag."""
        return (await self._door.post(_Made, "/cgi-bin/tags/create", {"tag": {"name": name}})).tag

    async def rename(self, id: int, name: str) -> None:
        """Give a tag another name; those who have it keep it."""
        await self._door.post(Done, "/cgi-bin/tags/update", {"tag": {"id": id, "name": name}}, may_change=False)

    async def delete(self, id: int) -> None:
        """Delete a tag; it goes from everybody who had it."""
        await self._door.post(Done, "/cgi-bin/tags/delete", {"tag": {"id": id}})

    async def give(self, id: int, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        """Give a tag to people, 50 a call; gives those of each call once they have it."""
        async for some in self._in_fifties("batchtagging", id, openids):
            yield some

    async def take(self, id: int, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        """Take a tag from people, likewise."""
        async for some in self._in_fifties("batchuntagging", id, openids):
            yield some

    async def _in_fifties(self, call: str, id: int, openids: Iterable[str]) -> AsyncIterator[list[str]]:
        whole = list(openids)
        for at in range(0, len(whole), TOGETHER):
            some = whole[at : at + TOGETHER]
            body = {"openid_list": some, "tagid": id}
            await self._door.post(Done, f"/cgi-bin/tags/members/{call}", body, may_change=False)
            yield some


class _Tags(Struct):
    tags: list[Tag] = []


class _Made(Struct):
    tag: Tag
