"""Sends an Official Account's messages."""

from __future__ import annotations

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.tencent.door import Done, Door, plain_json
from careline.channels.wechat import policy
from careline.errors import Usage

SEND = "/cgi-bin/message/custom/send"


class WeChatClient:
    """Speaks to customers for one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def request(self, message: Outgoing) -> Request:
        """The request that sends a text inside the window. Raises Usage for what WeChat would refuse by its form."""
        if message.kind != "text":
            raise Usage(f"A WeChat channel sends text, not a {message.kind}.", code="not_supported")
        if message.to_kind != "wechat_openid":
            raise Usage("On WeChat customers are written to by their OpenID, and this one is not known.")
        _check_text(message.text)
        body = {"touser": message.to, "msgtype": "text", "text": {"content": message.text}}
        return Request("POST", SEND, plain_json(body))

    async def send(self, request: Request) -> Accepted:
        """Hand a message to WeChat, which gives no id for it.

        Raises NotSent, Refused, OutsideWindow, CredentialsRefused or Misconfigured (nothing was sent), or Unknown.
        """
        await self._door.call(Done, request.method, request.path, request.body, may_change=True)
        return Accepted(id="")


def _check_text(text: str) -> None:
    if not text.strip():
        raise Usage("The text is empty.")
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise Usage("The text holds a control character, which WeChat would show as an escape.")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > policy.TEXT_BYTES:
        raise Usage(
            f"The text has {size:,} bytes, and WeChat takes {policy.TEXT_BYTES:,}.",
            code="text_too_long",
            hint="A Chinese character is three bytes, an emoji four. Send it in parts: each counts against the window's quota.",
        )
