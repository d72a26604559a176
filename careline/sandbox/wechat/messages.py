"""Customer-service messages: POST /cgi-bin/message/custom/send and /typing."""

from __future__ import annotations

from typing import Any

from careline.sandbox import chance
from careline.sandbox.phone import Bubble, Button, Json
from careline.sandbox.refusals import NotEmulated
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import windows
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import WeChatCustomer

SECOND = 1_000_000
LONGEST_TEXT = 2048  # bytes
MEDIA = ("image", "voice", "video", "music", "mpnews")
ELSEWHERE = ("mpnewsarticle", "wxcard", "miniprogrampage", "link")


def _send(call: Call) -> Json:
    """Deliver a message, if the customer's window lets it through."""
    sandbox, sent = call.sandbox, call.sent
    kind = sent.get("msgtype")
    if not isinstance(kind, str) or kind not in ("text", "news", "msgmenu", *MEDIA, *ELSEWHERE):
        raise WeChatError(40008)
    customer = _customer(sandbox, sent)
    if kind in ELSEWHERE:
        raise NotEmulated(f"customer-service messages of type {kind}")
    body = sent.get(kind)
    bubble = _MAKERS.get(kind, _media)(body if isinstance(body, dict) else {})
    if "customservice" in sent:
        raise WeChatError(65401)  # the account has no agents of its own
    now = sandbox.now()
    windows.spend(customer.grants, now)
    bubble.id, bubble.at = chance.token_hex(8), now
    customer.messages.append(bubble)
    customer.exchanged_at, customer.typing_until = now, 0
    return OK


def _typing(call: Call) -> Json:
    """Show or hide that somebody types: only within 30 s of a message, for 15 s at most."""
    sandbox, sent = call.sandbox, call.sent
    customer = _customer(sandbox, sent)
    command, now = sent.get("command"), sandbox.now()
    if command not in ("Typing", "CancelTyping"):
        raise WeChatError(45072)
    if customer.exchanged_at is None or now - customer.exchanged_at > 30 * SECOND:
        raise WeChatError(45080)
    if command == "CancelTyping":
        customer.typing_until = 0
        return OK
    if now < customer.typing_until:
        raise WeChatError(45081)
    customer.typing_until = now + 15 * SECOND
    return OK


def _customer(sandbox: Sandbox, sent: Json) -> WeChatCustomer:
    openid = sent.get("touser")
    customer = sandbox.world.wechat.customers.get(openid) if isinstance(openid, str) else None
    if customer is None:
        raise WeChatError(40003)
    return customer


def _bubble(kind: str, text: str, buttons: list[Button] | None = None) -> Bubble:
    return Bubble("", "out", 0, kind, text, "delivered", buttons=buttons or [])


def _text(body: Json) -> Bubble:
    content = body.get("content")
    if not isinstance(content, str) or not content.strip():
        raise WeChatError(44004)
    if len(content.encode()) > LONGEST_TEXT:
        raise WeChatError(45002)
    return _bubble("text", content)


def _news(body: Json) -> Bubble:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles or not isinstance(articles[0], dict):
        raise WeChatError(44004)
    if len(articles) > 1:
        raise WeChatError(45008)
    return _bubble("news", f"{articles[0].get('title', '')} {articles[0].get('url', '')}".strip())


def _menu(body: Json) -> Bubble:
    rows: Any = body.get("list")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise WeChatError(44004)
    buttons = [Button(str(one.get("content", "")), str(one.get("id", "")), "msgmenu") for one in rows]
    texts = [str(body.get("head_content", "")), *(one.text for one in buttons), str(body.get("tail_content", ""))]
    return _bubble("msgmenu", "\n".join(text for text in texts if text), buttons)


def _media(body: Json) -> Bubble:
    raise WeChatError(40007)  # nothing was ever uploaded here


_MAKERS = {"text": _text, "news": _news, "msgmenu": _menu}
ROUTES: Routes = {
    ("POST", "/cgi-bin/message/custom/send"): _send,
    ("POST", "/cgi-bin/message/custom/typing"): _typing,
}
