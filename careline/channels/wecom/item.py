"""One message as ``sync_msg`` gives it: its fields as text, whatever is missing, and a key of its own.

Real pages hold items without msgid, account, time or origin, and pages on which fourteen items share a msgid.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from careline.channels.lenient import without_nul
from careline.channels.tencent.instants import instant
from careline.channels.wecom.handles import KIND, handle
from careline.heard import Who

_encode = msgspec.json.Encoder(order="sorted").encode


def said(row: Any, *names: str) -> str:
    """The first of these fields that says something, as text without stray spaces."""
    for name in names:
        value = row.get(name) if isinstance(row, dict) else None
        if isinstance(value, bool) or value is None or isinstance(value, dict | list):
            continue
        if text := str(value).strip():
            return text
    return ""


def inner(row: Any, name: str) -> dict[str, Any]:
    """The object in a field; an empty one where there is none."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, dict) else {}


class Item(Struct, frozen=True):
    """A message or event. ``account`` is that of the page it came on; ``clock`` says whether ``at`` is WeCom's time."""

    row: dict[str, Any]
    account: str
    at: int
    clock: str

    @property
    def id(self) -> str:
        """WeCom's id of it; empty without one."""
        return said(self.row, "msgid")

    @property
    def type(self) -> str:
        """Its type: text, image, event…"""
        return said(self.row, "msgtype").lower()

    @property
    def body(self) -> dict[str, Any]:
        """What stands under the name of its type."""
        return inner(self.row, self.type)

    @property
    def raw(self) -> str:
        """The whole of it."""
        return without_nul(msgspec.json.encode(self.row)).decode()

    @property
    def key(self) -> str:
        """The same for the same item alone: two that share an id but not what they say are two."""
        whole = hashlib.sha256(_encode(self.row)).hexdigest()
        return "kf:" + hashlib.sha256("\n".join((self.id, self.type, whole)).encode()).hexdigest()[:32]

    def who(self) -> Who:
        """The customer, with this account. An event names them within itself."""
        user = said(self.body, "external_userid") or said(self.row, "external_userid")
        account = said(self.body, "open_kfid") if self.type == "event" else ""
        account = account or said(self.row, "open_kfid") or self.account
        if not user:
            return Who(f"anonymous:{self.key}", "anonymous")
        return Who(handle(account, user), KIND, person=user)


def read(row: Any, account: str, received_at: int) -> Item:
    """The item in ``row``. Raises ValueError when it is no object."""
    if not isinstance(row, dict):
        raise ValueError("an item that is no object")
    at = instant(said(row, "send_time"))
    return Item(row, account, at or received_at, "platform" if at else "received")
