"""Pulls what customers and servicers wrote: one page after the other, from a cursor that each account has of its own."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.channels.wecom import policy
from careline.channels.wecom.errors import STALE_NUDGE
from careline.errors import CarelineError, Failed
from careline.http import TOO_LONG

_LONGEST_TOKEN = 128
_PAGES = (policy.PAGE, 100, 10, 1)  # messages asked for, less where so many are more than we take in
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
        self._refused = ""

    async def page(self, account: str, cursor: str, token: str = "") -> Page:
        """The next page of an account, from the oldest that is kept (three days) where ``cursor`` is empty.

        ``token`` comes with a nudge and is good for ten minutes; without one WeCom counts the calls strictly. One that WeCom
        does not take is left out from then on.
        """
        asked = {"open_kfid": account, "voice_format": AMR} | ({"cursor": cursor} if cursor else {})
        if token and token != self._refused and len(token) <= _LONGEST_TOKEN:
            try:
                return await self._shorter(asked | {"token": token}, cursor)
            except CarelineError as error:
                if error.platform_code != str(STALE_NUDGE):
                    raise
                self._refused = token
        return await self._shorter(asked, cursor)

    async def _shorter(self, asked: dict[str, Any], cursor: str) -> Page:
        """A page of as many messages as one answer may hold: a thousand long ones are too many, and must not end pulling."""
        for limit in _PAGES:
            try:
                return await self._asked(asked | {"limit": limit}, cursor)
            except CarelineError as error:
                if error.code != TOO_LONG or limit == _PAGES[-1]:
                    raise
        raise AssertionError

    async def _asked(self, asked: dict[str, Any], cursor: str) -> Page:
        found = await self._door.post(_Page, "/cgi-bin/kf/sync_msg", asked, may_change=False)
        if len(found.msg_list) > policy.PAGE:
            words = f"WeCom gave {len(found.msg_list):,} messages where {policy.PAGE:,} is the most."
            raise Failed(words, code="page_too_long")
        after = found.next_cursor or cursor
        if found.has_more and after == cursor:
            raise Failed("WeCom says that there is more, but not where: the cursor did not move.", code="cursor_stuck")
        return Page(tuple(found.msg_list), after, bool(found.has_more))


class _Page(Struct):
    errcode: int  # WeCom always says it: what has none is not WeCom's
    next_cursor: str = ""
    has_more: int = 0
    msg_list: list[Any] = []
