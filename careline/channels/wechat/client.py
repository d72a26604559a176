"""Sends an Official Account's messages."""

from __future__ import annotations

from typing import Any

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.tencent.door import Done, Door, plain_json
from careline.channels.wechat import bodies, templates
from careline.errors import CarelineError, Usage

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
NO_TYPING = {
    "45080": "nothing was written for half a minute, and WeChat shows typing only then",
    "45081": "it is shown already",
}


class WeChatClient:
    """Speaks to customers for one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def request(self, message: Outgoing) -> Request:
        """The request that sends a message: a template, or anything else inside the window.

        Raises Usage for what WeChat would refuse by its form.
        """
        if message.kind == "template" and message.to_kind == "wechat_openid":
            return templates.request(message)
        kind, content = bodies.content(message)
        body: dict[str, Any] = {"touser": _openid(message), "msgtype": kind, kind: content}
        if message.desk:
            body["customservice"] = {"kf_account": message.desk}
        return Request("POST", SEND, plain_json(body))

    async def send(self, request: Request) -> Accepted:
        """Hand a message to WeChat, which gives no id for it.

        Raises NotSent, Refused, OutsideWindow, CredentialsRefused or Misconfigured (nothing was sent), or Unknown.
        """
        if request.path in (templates.NOTICE, templates.SUBSCRIPTION):
            return await templates.send(self._door, request)
        await self._door.call(Done, request.method, request.path, request.body, may_change=True)
        return Accepted(id="")

    async def typing(self, openid: str) -> str:
        """Show the customer that somebody types, for some fifteen seconds. Why WeChat does not, where that is no failure."""
        try:
            await self._door.post(Done, TYPING, {"touser": openid, "command": "Typing"}, may_change=False)
        except CarelineError as error:
            if error.platform_code in NO_TYPING:
                return NO_TYPING[error.platform_code]
            raise
        return ""


def _openid(message: Outgoing) -> str:
    if message.to_kind != "wechat_openid":
        raise Usage("On WeChat customers are written to by their OpenID, and this one is not known.")
    return message.to
