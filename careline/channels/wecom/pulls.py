"""Pulls what customers and servicers wrote: one page after the other, from a cursor that each account has of its own."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.channels.wecom import policy
from careline.channels.wecom.errors import STALE_NUDGE
from careline.errors import CarelineError, Failed

_LONGEST_TOKEN = 128
AMR = 0  # a format that phones and browsers can be taught, unlike silk


class Page(Struct, frozen=True):
    """Some messages as WeCom wrote them, the oldest first, and where the next page begins. An empty one may have ``more``."""

    items: tuple[Any, ...]
    cursor: str
    more: bool


class Pulls:
    """The messages of one company's customer service accounts."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def page(self, account: str, cursor: str, token: str = "") -> Page:
        """The next page of an account, from the oldest that is kept (three days) where ``cursor`` is empty.

        ``token`` comes with a nudge and is good for ten minutes; without one WeCom counts the calls strictly. One that WeCom
        does not take is left out.
        """
        asked = {"open_kfid": account, "limit": policy.PAGE, "voice_format": AMR} | ({"cursor": cursor} if cursor else {})
        if token and len(token) <= _LONGEST_TOKEN:
            try:
                return await self._asked(asked | {"token": token}, cursor)
            except CarelineError as error:
                if error.platform_code != str(STALE_NUDGE):
                    raise
        return await self._asked(asked, cursor)

    async def _asked(self, asked: dict[str, Any], cursor: str) -> Page:
        found = await self._door.post(_Page, "/cgi-bin/kf/sync_msg", asked, may_change=False)
        after = found.next_cursor or cursor
        if found.has_more and after == cursor:
            raise Failed("WeCom says that there is more, but not where: the cursor did not move.", code="cursor_stuck")
        return Page(tuple(found.msg_list), after, bool(found.has_more))


class _Page(Struct):
    next_cursor: str = ""
    has_more: int = 0
    msg_list: list[Any] = []
