"""What WeCom tells of customers: the name they show, their picture, and the id that all accounts of a platform know them by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.channels.wecom import policy
from careline.channels.wecom.item import said


class Customer(Struct, frozen=True):
    """A customer: empty fields were not told."""

    id: str  # external_userid
    name: str = ""
    unionid: str = ""


class Customers:
    """The customers of one company."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def named(self, ids: Sequence[str]) -> list[Customer]:
        """Those of these external_userids whom WeCom knows, a hundred in one call."""
        found: list[Customer] = []
        for at in range(0, len(ids), policy.TOGETHER):
            asked = {"external_userid_list": list(ids[at : at + policy.TOGETHER]), "need_enter_session_context": 0}
            answer = await self._door.post(_List, "/cgi-bin/kf/customer/batchget", asked, may_change=False)
            found += [
                Customer(id, said(row, "nickname"), said(row, "unionid"))
                for row in answer.customer_list
                if (id := said(row, "external_userid"))
            ]
        return found


class _List(Struct):
    errcode: int  # WeCom always says it: what has none is not WeCom's
    customer_list: list[Any] = []
