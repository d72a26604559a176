"""Speaks to the customers of a company's customer service accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.tencent.door import Done, Door, plain_json
from careline.channels.wecom import policy
from careline.channels.wecom.handles import KIND, handle, parts
from careline.channels.wecom.messages import greeting, part
from careline.channels.wecom.sessions import Session, Sessions, check_sendable
from careline.errors import SessionHeld, Usage

SEND = "/cgi-bin/kf/send_msg"
ON_EVENT = "/cgi-bin/kf/send_msg_on_event"


class WeComClient:
    """Sends messages. ``known`` gives the state of a customer's session as the journal has it, ``note`` keeps what is asked."""

    def __init__(
        self,
        door: Door,
        known: Callable[[str], str] = lambda handle: "",
        note: Callable[[str, Session], None] = lambda handle, session: None,
        command: Callable[[str], str] = lambda handle: "careline chats assign CHAT --to ",
    ) -> None:
        self._door = door
        self._known = known
        self.note = note
        self._command = command

    def request(self, message: Outgoing) -> Request:
        """The request that sends it. Raises Usage for what WeCom would refuse by its form."""
        if message.to_kind != KIND:
            raise Usage("On WeCom customers are written to by account and id, and those are not known.")
        account, user = parts(message.to)
        type, body = part(message)
        sent = {"touser": user, "open_kfid": account} | _marked(message.ours) | {"msgtype": type, type: body}
        return Request("POST", SEND, plain_json(sent))

    def welcome(self, code: str, text: str, ours: str) -> Request:
        """The request that greets who entered with ``code``. Raises Usage for a text that WeCom would refuse."""
        type, body = greeting(text)
        return Request("POST", ON_EVENT, plain_json({"code": code} | _marked(ours) | {"msgtype": type, type: body}))

    async def ready(self, handle: str) -> None:
        """Raises SessionHeld when WeCom would not let the API write to them now: WeCom is asked where the journal says so.

        What the journal says may be old: a session ends after 48 hours without a word, and routing tells nobody of the pool.
        """
        if self._known(handle) in policy.SENDABLE:
            return
        found = await Sessions(self._door).get(handle)
        self.note(handle, found)
        check_sendable(found, self._command(handle))

    async def send(self, request: Request) -> Accepted:
        """Hand a message to WeCom, which calls it by our own id. That it was taken does not say that it arrives.

        Raises NotSent, Refused, OutsideWindow, SessionHeld, CredentialsRefused or Misconfigured (nothing was sent), or Unknown.
        """
        try:
            sent = await self._door.call(_Sent, request.method, request.path, request.body, may_change=True)
        except SessionHeld as error:
            whose = _handle(request)
            self.note(whose, Session(""))  # what the journal says is old: it is asked before the next one
            error.hint = error.hint.replace("careline chats assign CHAT --to ", self._command(whose))
            raise
        return Accepted(id=str(sent.msgid or json.loads(request.body).get("msgid", "")))


def _marked(ours: str) -> dict[str, str]:
    """Our id as WeCom takes it: letters, digits, - and _."""
    return {"msgid": ours.replace("@", "-")[: policy.MSGID]} if ours else {}


def _handle(request: Request) -> str:
    body = json.loads(request.body)
    return handle(str(body.get("open_kfid", "")), str(body.get("touser", "")))


class _Sent(Done):
    msgid: Any = ""
