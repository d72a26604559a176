"""What one push tells, whatever it is about: who, when, and by what it is recognised when it comes again."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from careline.channels.lenient import without_nul
from careline.channels.tencent.instants import instant
from careline.channels.tencent.parse import Node, is_json, parse
from careline.heard import Who

# What the structs of heard have fields for: a push that says more is kept whole beside them.
_TOLD = {
    *("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "MsgID"),
    *("Content", "bizmsgmenuid", "MediaId", "PicUrl", "Format", "Recognition"),
    *("Event", "EventKey", "Ticket", "Latitude", "Longitude", "MenuId", "KfAccount", "ToKfAccount", "SessionFrom"),
}


_encode = msgspec.json.Encoder(order="sorted").encode


class Told(Struct, frozen=True):
    """A push that was read. ``clock`` says whether ``at`` is WeChat's time or, where that is none, the time of receiving."""

    node: Node
    at: int
    clock: str
    kept: bytes

    @property
    def whole(self) -> str:
        """The push as it came, in text that can be stored."""
        return (without_nul(self.kept) if is_json(self.kept) else self.kept).decode("utf-8", "replace")

    @property
    def more(self) -> str:
        """The whole push, where it holds more than our fields do; else nothing."""
        return "" if not self.node.parts and _TOLD.issuperset(self.node.texts) else self.whole

    @property
    def digest(self) -> str:
        """The same for the same push, however its elements are spaced and ordered."""
        return _digest(self.node)

    def key(self, *more: str) -> str:
        """What a re-delivery of an event repeats: account, customer, time, event, its key, and ``more`` that tells two apart.

        WeChat advises customer and time alone, but two events in one second do happen. Hashed, since it holds the OpenID.
        """
        names = "ToUserName", "FromUserName", "CreateTime", "Event", "EventKey"
        return "e:" + _digest([*map(self.node.said, names), *more])

    def who(self, *names: str) -> Who:
        """The customer, under the first of ``names`` that is told (default: whom it is from)."""
        openid = self.node.said(*(names or ("FromUserName",)))
        return Who(openid, "wechat_openid") if openid else Who(f"anonymous:{self.key(self.digest)}", "anonymous")


def read(kept: bytes, received_at: int) -> Told:
    """The push in ``kept``. Raises ValueError when there is none."""
    node = parse(kept)
    at = instant(node.said("CreateTime"))
    return Told(node, at or received_at, "platform" if at else "received", kept)


def _digest(value: object) -> str:
    return hashlib.sha256(_encode(value)).hexdigest()[:32]
