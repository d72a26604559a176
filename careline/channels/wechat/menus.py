"""The menu of an Official Account, and the conditional ones that some followers see instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Done, Door
from careline.errors import Refused

NO_MENU = "46003"

Body = Mapping[str, Any]


class Menus:
    """The menus of one account. Followers see a change within five minutes, or when they follow again."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def get(self) -> dict[str, Any] | None:
        """The menus that were made by calls; None when there is none, also where one was made in the console."""
        try:
            return await self._door.get(dict[str, Any], "/cgi-bin/menu/get")
        except Refused as refusal:
            if refusal.platform_code == NO_MENU:
                return None
            raise

    async def current(self) -> dict[str, Any]:
        """The default menu, however it was made, in a shape of its own."""
        return await self._door.get(dict[str, Any], "/cgi-bin/get_current_selfmenu_info")

    async def create(self, buttons: Sequence[Body]) -> None:
        """Replace the default menu, whole: made twice it is the same menu."""
        await self._door.post(Done, "/cgi-bin/menu/create", {"button": buttons}, may_change=False)

    async def add_conditional(self, buttons: Sequence[Body], rule: Mapping[str, str]) -> str:
        """The number of a new conditional menu, empty where WeChat tells none. It goes before all that there are."""
        body = {"button": buttons, "matchrule": rule}
        made = await self._door.post(_Made, "/cgi-bin/menu/addconditional", body)
        return "" if made.menuid is None else str(made.menuid)

    async def delete_conditional(self, id: str) -> None:
        """Take a conditional menu away."""
        await self._door.post(Done, "/cgi-bin/menu/delconditional", {"menuid": id}, may_change=False)


class _Made(Struct):
    menuid: str | int | None = None
