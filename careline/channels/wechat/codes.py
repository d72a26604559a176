"""QR codes of an Official Account: a ticket, and the address that the picture holds."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from msgspec import Meta, Struct

from careline.channels.tencent.door import Door
from careline.channels.wechat import policy
from careline.channels.wechat.scenes import check_scene
from careline.errors import Usage

Text = Annotated[str, Meta(min_length=1)]


class QrTicket(TypedDict):
    """A code that WeChat made. ``url`` is what its picture must say; ``expire_seconds`` is None for a permanent one."""

    ticket: str
    url: str
    expire_seconds: int | None


class Codes:
    """The QR codes of one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def create_qr(self, scene: str, numeric: bool, permanent: bool, expire_seconds: int | None) -> QrTicket:
        """A code for ``scene``. A temporary one lives ``expire_seconds``; for a permanent one they mean nothing.

        Raises Usage for what WeChat would refuse by its form. Only a permanent one can end as Unknown: it uses up one of
        100,000 for ever, while asking for a temporary one again costs nothing.
        """
        lives = None if permanent else _lifetime(expire_seconds)
        body: dict[str, Any] = {
            "action_name": _ACTIONS[permanent, numeric],
            "action_info": {"scene": _scene(scene, numeric, permanent)},
        }
        if lives is not None:
            body["expire_seconds"] = lives  # always told: WeChat's default is a minute or less
        made = await self._door.post(_Code, "/cgi-bin/qrcode/create", body, may_change=permanent)
        url = "".join(made.url.split())  # WeChat has answered one with a space in it
        return QrTicket(ticket=made.ticket, url=url, expire_seconds=lives and (made.expire_seconds or lives))


class _Code(Struct):
    ticket: Text
    url: Text
    expire_seconds: int | None = None


_ACTIONS = {
    (False, False): "QR_STR_SCENE",
    (False, True): "QR_SCENE",
    (True, False): "QR_LIMIT_STR_SCENE",
    (True, True): "QR_LIMIT_SCENE",
}


def _scene(scene: str, numeric: bool, permanent: bool) -> dict[str, Any]:
    check_scene(scene, numeric, permanent)
    return {"scene_id": int(scene)} if numeric else {"scene_str": scene}


def _lifetime(seconds: int | None) -> int:
    if seconds is None or not 1 <= seconds <= policy.CODE_SECONDS:
        raise Usage("A temporary code lives from 1 second to 30 days.", hint="For longer, ask for a permanent one.")
    return seconds
