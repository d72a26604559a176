"""kf/send_msg, inside the window and the session's states, and kf/send_msg_on_event, by a code.

What WeCom answers to a msgid that comes again is not documented: here it is taken, and not delivered twice.
"""

from __future__ import annotations

import re
from typing import Any

from careline.sandbox import chance
from careline.sandbox.phone import Bubble, Button, Json
from careline.sandbox.wecom import log
from careline.sandbox.wecom.call import OK, Call, Routes, account_of
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.sessions import LASTING, stands
from careline.sandbox.wecom.state import BOT, NEW, Account, Talk

MEDIA = ("image", "voice", "video", "file")
NEEDS: dict[str, tuple[str, ...]] = {
    "link": ("title", "url", "thumb_media_id"),
    "miniprogram": ("appid", "thumb_media_id", "pagepath"),
    "location": ("latitude", "longitude"),
    "business_card": ("userid",),
    "ca_link": ("link_url",),
}
LONGEST = {("text", "content"): 2048, ("link", "title"): 128, ("link", "desc"): 512, ("link", "url"): 2048}
_MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)


async def _send(call: Call) -> Json:
    account, talk = call.talk("touser")
    if not account.managed:
        raise WeComError(95017)
    bubble = _bubble(call)
    stands(call.sandbox, talk)
    if talk.state not in (NEW, BOT):
        raise WeComError(95018)
    if talk.wrote_at is None or call.now >= talk.wrote_at + LASTING:
        raise WeComError(95002)
    if talk.left == 0:
        raise WeComError(95001)
    if not _known(talk, bubble):
        talk.left -= 1
        await _deliver(call, account, talk, bubble)
    return OK | {"msgid": bubble.id}


async def _on_event(call: Call) -> Json:
    known = call.company.codes.get(call.text("code"))
    if known is None:
        raise WeComError(40035)
    if known.used or call.now >= known.ends_at:
        raise WeComError(95013)
    bubble = _bubble(call)
    if bubble.kind not in known.kinds:
        raise WeComError(40008)
    account = account_of(call.company, known.account)
    known.used = True
    await _deliver(call, account, account.talks[known.user], bubble)
    return OK | {"msgid": bubble.id}


def _known(talk: Talk, bubble: Bubble) -> bool:
    return any(one.id == bubble.id and one.direction == "out" for one in talk.messages)


async def _deliver(call: Call, account: Account, talk: Talk, bubble: Bubble) -> None:
    """Show it on their phone; or, where that was ordered, say later that it did not arrive."""
    bubble.at = call.now
    talk.messages.append(bubble)
    talk.touched_at = call.now
    if call.company.failing:
        bubble.state = "failed"
        told = {"external_userid": talk.user, "fail_msgid": bubble.id, "fail_type": call.company.failing.pop(0)}
        log.event(call.sandbox, account, "msg_send_fail", **told)
        call.sandbox.courier.spawn(log.tell(call.sandbox, account))


def _bubble(call: Call) -> Bubble:
    """The message, as long as WeCom takes it."""
    type, id = call.sent.get("msgtype"), call.text("msgid")
    if id and not _MSGID.fullmatch(id):
        raise WeComError(40058, "msgid exceed max length" if len(id) > 32 else "invalid msgid")
    body = call.sent.get(type) if isinstance(type, str) else None
    if not isinstance(type, str) or (type not in ("text", "msgmenu", *MEDIA) and type not in NEEDS):
        raise WeComError(40008)
    if not isinstance(body, dict):
        raise WeComError(40035, f"{type} is missing")
    _check(call, type, body)
    text, buttons = _menu(body) if type == "msgmenu" else (_words(type, body), [])
    media = str(body.get("media_id", ""))
    return Bubble(id or chance.token_urlsafe(24), "out", 0, type, text, "delivered", buttons=buttons, media=media)


def _check(call: Call, type: str, body: Json) -> None:
    if type == "text" and not str(body.get("content", "")).strip():
        raise WeComError(44004)
    if type in MEDIA and not _has(call, body.get("media_id")):
        raise WeComError(40007)
    for name in NEEDS.get(type, ()):
        if body.get(name) in (None, ""):
            raise WeComError(40035, f"{name} is missing")
        if name == "thumb_media_id" and not _has(call, body[name]):
            raise WeComError(40007)
    for (kind, name), most in LONGEST.items():
        if kind == type and len(str(body.get(name, "")).encode()) > most:
            raise WeComError(45002)


def _has(call: Call, id: Any) -> bool:
    file = call.company.media.get(id) if isinstance(id, str) else None
    return file is not None and call.now < file.ends_at


def _words(type: str, body: Json) -> str:
    if type == "text":
        return str(body["content"])
    told = " ".join(str(body[name]) for name in ("title", "name", "url", "userid", "link_url") if body.get(name))
    return told or f"[{type}]"


def _menu(body: Json) -> tuple[str, list[Button]]:
    rows: Any = body.get("list", [])
    if not isinstance(rows, list):
        raise WeComError(40035, "list should be array")
    if len(rows) > 10:
        raise WeComError(95008)
    buttons, lines = [], [str(body.get("head_content", ""))]
    for row in rows:
        type = row.get("type") if isinstance(row, dict) else None
        inner = row.get(type) if isinstance(type, str) else None
        if type not in ("click", "view", "miniprogram", "text") or not isinstance(inner, dict):
            raise WeComError(40035, "invalid menu item")
        lines.append(str(inner.get("content", "")))
        if type == "click":
            buttons.append(Button(str(inner.get("content", "")), str(inner.get("id", "")), "msgmenu"))
    lines.append(str(body.get("tail_content", "")))
    return "\n".join(line for line in lines if line), buttons


ROUTES: Routes = {
    ("POST", "/cgi-bin/kf/send_msg"): _send,
    ("POST", "/cgi-bin/kf/send_msg_on_event"): _on_event,
}
