"""The servicers of a customer service account: who of the company answers its customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.channels.wecom import policy
from careline.channels.wecom.errors import MEANINGS
from careline.channels.wecom.item import said


class Servicer(Struct, frozen=True):
    """A member, or a whole department, that answers. ``state`` is receiving or stopped; empty of a department."""

    id: str
    kind: str  # user, department
    state: str = ""


class Row(Struct, frozen=True):
    """What became of one member or department in a call: ``code`` 0 is done, also when it was so before (``ignored``)."""

    id: str
    kind: str
    code: int
    message: str

    @property
    def done(self) -> bool:
        """True when it is as it was asked for."""
        return self.code == 0


class Servicers:
    """The servicers of one company's accounts."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def all(self, account: str) -> list[Servicer]:
        """Those of an account."""
        found = await self._door.get(_List, "/cgi-bin/kf/servicer/list", open_kfid=account)
        return [servicer for row in found.servicer_list if (servicer := _servicer(row)) is not None]

    async def add(self, account: str, users: Sequence[str], departments: Sequence[int] = ()) -> list[Row]:
        """Let these answer; what became of each. Some may fail while others are done."""
        return await self._each("add", account, users, departments)

    async def remove(self, account: str, users: Sequence[str], departments: Sequence[int] = ()) -> list[Row]:
        """Let these answer no more; what became of each."""
        return await self._each("del", account, users, departments)

    async def _each(self, verb: str, account: str, users: Sequence[str], departments: Sequence[int]) -> list[Row]:
        """In pieces of a hundred members and twenty departments, as many as one call takes."""
        done: list[Row] = []
        pieces: list[dict[str, Any]] = []
        for at in range(0, len(users), policy.TOGETHER):
            pieces.append({"userid_list": list(users[at : at + policy.TOGETHER])})
        for at in range(0, len(departments), policy.DEPARTMENTS):
            pieces.append({"department_id_list": list(departments[at : at + policy.DEPARTMENTS])})
        for piece in pieces:
            found = await self._door.post(_Results, f"/cgi-bin/kf/servicer/{verb}", {"open_kfid": account} | piece)
            done += [_row(row) for row in found.result_list]
        return done


def _servicer(row: Any) -> Servicer | None:
    user, department = said(row, "userid"), said(row, "department_id")
    if user:
        state = {"0": "receiving", "1": "stopped"}.get(said(row, "status"), "")
        return Servicer(user, "user", state)
    return Servicer(department, "department") if department else None


def _row(row: Any) -> Row:
    user, told = said(row, "userid"), said(row, "errcode") or "0"
    code = int(told) if told.lstrip("-").isdigit() else -1
    words = said(row, "errmsg")
    if code and code in MEANINGS:
        words = f"{MEANINGS[code].says}: {words}" if words else MEANINGS[code].says
    return Row(user or said(row, "department_id"), "user" if user else "department", code, words)


class _List(Struct):
    errcode: int  # WeCom always says it: what has none is not WeCom's
    servicer_list: list[Any] = []


class _Results(Struct):
    errcode: int  # WeCom always says it: what has none is not WeCom's
    result_list: list[Any] = []
