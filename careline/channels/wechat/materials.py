"""Permanent material of an Official Account: files that stay until they are deleted, and go out by the same ids as others.

WeChat: 100,000 pictures and as many news, 1,000 of any other kind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from msgspec import Meta, Struct

from careline.channels.ports import Attachment
from careline.channels.tencent.door import Done, Door, plain_json
from careline.channels.wechat.files import MOST, kind_of
from careline.channels.wechat.media import gone, unnamed
from careline.clock import SECOND
from careline.errors import CarelineError, Refused, Usage

KINDS = ("image", "voice", "video", "news")
MOST_OF = {"image": 100_000, "news": 100_000, "voice": 1_000, "video": 1_000}
A_PAGE = 20


class Material(Struct, frozen=True):
    """One file of the account's material, or one of its news by their titles."""

    media_id: str
    kind: str
    name: str
    updated_at: int
    url: str = ""


class Materials:
    """The permanent material of one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        told = await self._door.get(dict[str, int], "/cgi-bin/material/get_materialcount")
        return {kind: told.get(f"{kind}_count", 0) for kind in KINDS}

    async def all_of(self, kind: str) -> AsyncIterator[Material]:
        """The material of a kind as WeChat orders it, the latest first."""
        offset = 0
        while True:
            body = {"type": kind, "offset": offset, "count": A_PAGE}
            page = await self._door.post(_Page, "/cgi-bin/material/batchget_material", body, may_change=False)
            for row in page.item:
                yield Material(row.media_id, kind, row.words(), row.update_time * SECOND, row.url)
            offset += len(page.item)
            if not page.item or offset >= page.total_count:
                return

    async def add(self, attachment: Attachment, *, thumb: bool = False, title: str = "", introduction: str = "") -> str:
        """Hand a file over for good and give its id. A video needs a title and an introduction.

        Raises Refused when the account has no room, Usage for a file that WeChat does not take, and what an upload raises.
        """
        kind = "thumb" if thumb else kind_of(attachment)
        if thumb:
            _check_thumb(attachment)
        type = "voice" if kind == "audio" else kind
        room = MOST_OF.get(type)
        if room is not None and (await self.counts())[type] >= room:
            raise Refused(
                f"The account has {room:,} permanent files of this kind ({type}), and no more are allowed.", code="no_room"
            )
        more = {"form_description": plain_json({"title": title, "introduction": introduction})} if type == "video" else {}
        path = "/cgi-bin/material/add_material"
        return (await self._door.upload(_Added, path, unnamed(attachment), type=type, **more)).media_id

    async def remove(self, media_id: str) -> None:
        """Delete one. Raises NotFound when there is none of that id."""
        try:
            await self._door.post(Done, "/cgi-bin/material/del_material", {"media_id": media_id})
        except CarelineError as error:
            raise gone(error) from None


def _check_thumb(attachment: Attachment) -> None:
    media = attachment.media
    if media.mime != "image/jpeg" or (media.bytes or 0) > MOST["thumb"]:
        raise Usage(f"{media.name} is no cover: that is a JPEG of at most 64 KB.", code="bad_file")


class _Added(Struct):
    media_id: Annotated[str, Meta(min_length=1)]


class _Article(Struct):
    title: str = ""


class _News(Struct):
    news_item: list[_Article] = []


class _Row(Struct):
    media_id: str
    name: str = ""
    url: str = ""
    update_time: int = 0
    content: _News | None = None

    def words(self) -> str:
        return " / ".join(one.title for one in self.content.news_item) if self.content is not None else self.name


class _Page(Struct):
    item: list[_Row]
    total_count: int = 0
