"""Passive replies: what a server may answer a push with, and what WeChat takes for a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from careline.sandbox import account
from careline.sandbox.crypto import decrypt, wechat_signature
from careline.sandbox.phone import Json
from careline.sandbox.wechat import xml
from careline.sandbox.wechat.state import Console, WeChatCustomer

LONGEST_TEXT = 2048  # bytes
ARTICLES_FOR_A_MESSAGE, ARTICLES = 1, 8


def read(console: Console, reply: bytes) -> Json:
    """The fields of a reply, decrypted where it is encrypted, which safe mode demands. Raises ValueError for a faulty one."""
    found = _parsed(reply)
    encrypted = found.get("Encrypt")
    if console.mode == "safe" and encrypted is None:
        raise ValueError("not encrypted")
    if encrypted is None:
        return found
    stamp, nonce = str(found.get("TimeStamp", "")), str(found.get("Nonce", ""))
    if found.get("MsgSignature") != wechat_signature(console.token, stamp, nonce, str(encrypted)):
        raise ValueError("wrong signature")
    return _parsed(decrypt(console.encoding_aes_key, account.WECHAT_APP_ID, str(encrypted)))


def understood(found: Json, customer: WeChatCustomer, *, event: bool) -> tuple[str, str]:
    """The type of a reply, and what the phone shows of it (the agent's account of a transfer). Raises ValueError."""
    kind = str(found.get("MsgType", ""))
    if found.get("ToUserName") != customer.openid or found.get("FromUserName") != account.WECHAT_USERNAME:
        raise ValueError("not addressed to the customer")
    if not str(found.get("CreateTime", "")).isdigit():
        raise ValueError("CreateTime is no number")
    if kind == "transfer_customer_service":
        if event:
            raise ValueError("only a message is handed to the desk")
        return kind, str(_inside(found, "TransInfo").get("KfAccount", ""))
    if kind == "news":
        return kind, _news(found, event=event)
    if kind not in _SHOWN:
        raise ValueError(f"{kind or 'nothing'} is no type of reply")
    return kind, _SHOWN[kind](found)


def _text(found: Json) -> str:
    content = str(found.get("Content", ""))
    if not content or len(content.encode()) > LONGEST_TEXT:
        raise ValueError("Content is empty or too long")
    return content


def _media(name: str) -> Callable[[Json], str]:
    def shown(found: Json) -> str:
        inside = _inside(found, name)
        if not inside.get("MediaId"):
            raise ValueError(f"{name} has no MediaId")
        return f"[{name.lower()} {inside['MediaId']}]"

    return shown


def _music(found: Json) -> str:
    inside = _inside(found, "Music")
    if not inside.get("ThumbMediaId"):
        raise ValueError("Music has no ThumbMediaId")
    return f"[music] {inside.get('Title', '')}".rstrip()


def _news(found: Json, *, event: bool) -> str:
    inside = found.get("Articles")
    items = inside.get("item") if isinstance(inside, dict) else inside
    articles: list[Any] = items if isinstance(items, list) else [items]
    most = ARTICLES if event else ARTICLES_FOR_A_MESSAGE
    if str(found.get("ArticleCount")) != str(len(articles)) or len(articles) > most:
        raise ValueError("ArticleCount is wrong, or there are too many articles")
    if not all(isinstance(one, dict) and (one.get("Title") or one.get("Url")) for one in articles):
        raise ValueError("an article has neither title nor address")
    return "\n".join(f"{one.get('Title', '')} {one.get('Url', '')}".strip() for one in articles)


_SHOWN: dict[str, Callable[[Json], str]] = {
    "text": _text,
    "image": _media("Image"),
    "voice": _media("Voice"),
    "video": _media("Video"),
    "music": _music,
}


def _inside(found: Json, name: str) -> Json:
    inside = found.get(name)
    return inside if isinstance(inside, dict) else {}


def _parsed(reply: bytes) -> Json:
    if not reply.lstrip().startswith(b"{"):
        found = _tree(xml.read(reply))
        return found if isinstance(found, dict) else {}
    try:
        return dict(json.loads(reply))
    except RecursionError:
        raise ValueError("not a reply: too deep") from None


def _tree(element: Element) -> Any:
    """An element's text, or its elements by name; those that repeat as a list."""
    if not len(element):
        return (element.text or "").strip() if element.tag != "Content" else element.text or ""
    found: Json = {}
    for inner in element:
        value = _tree(inner)
        if inner.tag in found:
            known = found[inner.tag]
            found[inner.tag] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[inner.tag] = value
    return found
