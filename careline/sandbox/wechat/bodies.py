"""What a customer-service message of each type must hold, and what it looks like on the phone.

The sandbox knows no cards, no published articles and no mini programs: their ids are taken as they are. How many choices a menu
message may have is published for WeCom only (10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from careline.sandbox.phone import Bubble, Button, Json
from careline.sandbox.wechat import media
from careline.sandbox.wechat.call import Call
from careline.sandbox.wechat.errors import WeChatError

LONGEST_TEXT = 2048  # bytes
MOST_CHOICES = 10


def bubble_of(call: Call, kind: str) -> Bubble:
    """The message of that type on the phone. Raises WeChatError for what WeChat refuses of it."""
    body = call.sent.get(kind)
    return _MAKERS[kind](call, body if isinstance(body, dict) else {})


def _bubble(kind: str, *texts: Any, buttons: list[Button] | None = None, file: str = "") -> Bubble:
    text = "\n".join(str(text) for text in texts if text)
    return Bubble("", "out", 0, kind, text, "delivered", buttons=buttons or [], media=file)


def _text(call: Call, body: Json) -> Bubble:
    content = body.get("content")
    if not isinstance(content, str) or not content.strip():
        raise WeChatError(44004)
    if len(content.encode()) > LONGEST_TEXT:
        raise WeChatError(45002)
    return _bubble("text", content)


def _file(kind: str) -> Callable[[Call, Json], Bubble]:
    def made(call: Call, body: Json) -> Bubble:
        return _bubble(kind, file=media.held(call, body.get("media_id"), kind).id)

    return made


def _video(call: Call, body: Json) -> Bubble:
    file = media.held(call, body.get("media_id"), "video")
    if body.get("thumb_media_id"):
        _thumb(call, body)
    return _bubble("video", body.get("title"), body.get("description"), file=file.id)


def _music(call: Call, body: Json) -> Bubble:
    _needed(body, "musicurl", "hqmusicurl")
    return _bubble("music", body.get("title"), body.get("description"), body["musicurl"], file=_thumb(call, body))


def _news(call: Call, body: Json) -> Bubble:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles or not isinstance(articles[0], dict):
        raise WeChatError(44003)
    if len(articles) > 1:
        raise WeChatError(45008)
    return _bubble("news", f"{articles[0].get('title', '')} {articles[0].get('url', '')}".strip())


def _mpnews(call: Call, body: Json) -> Bubble:
    news = media.held(call, body.get("media_id"), "news")
    if len(news.more["articles"]) > 1:
        raise WeChatError(45008)
    return _bubble("mpnews", news.more["articles"][0]["title"], file=news.id)


def _menu(call: Call, body: Json) -> Bubble:
    rows: Any = body.get("list")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise WeChatError(44004)
    if len(rows) > MOST_CHOICES:
        raise WeChatError(45098)
    buttons = [Button(str(one.get("content", "")), str(one.get("id", "")), "msgmenu") for one in rows]
    texts = [body.get("head_content"), *(one.text for one in buttons), body.get("tail_content")]
    return _bubble("msgmenu", *texts, buttons=buttons)


def _mini_program(call: Call, body: Json) -> Bubble:
    if not body.get("appid"):
        raise WeChatError(40013)
    _needed(body, "title", "pagepath")
    return _bubble("miniprogrampage", body["title"], body["pagepath"], file=_thumb(call, body))


def _named(kind: str, name: str) -> Callable[[Call, Json], Bubble]:
    """A message that names something the sandbox does not have."""

    def made(call: Call, body: Json) -> Bubble:
        _needed(body, name)
        return _bubble(kind, body[name])

    return made


def _thumb(call: Call, body: Json) -> str:
    return media.held(call, body.get("thumb_media_id"), "thumb", "image").id


def _needed(body: Json, *names: str) -> None:
    if not all(isinstance(body.get(name), str) and body[name] for name in names):
        raise WeChatError(40035)


_MAKERS: Mapping[str, Callable[[Call, Json], Bubble]] = {
    "text": _text,
    "image": _file("image"),
    "voice": _file("voice"),
    "video": _video,
    "music": _music,
    "news": _news,
    "mpnews": _mpnews,
    "mpnewsarticle": _named("mpnewsarticle", "article_id"),
    "msgmenu": _menu,
    "wxcard": _named("wxcard", "card_id"),
    "miniprogrampage": _mini_program,
}
KINDS = frozenset(_MAKERS)
