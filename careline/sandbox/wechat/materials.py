"""Permanent material: added, listed, got back, deleted; and news and videos made of files that are there already."""

from __future__ import annotations

import json
from typing import Any

from careline.sandbox import chance
from careline.sandbox.asgi import Answer
from careline.sandbox.phone import Json
from careline.sandbox.wechat import media
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import File

MOST_A_PAGE = 20
KINDS = ("image", "video", "voice", "news")


def _add(call: Call) -> Json:
    """POST material/add_material?type=. A video needs its title and introduction, as JSON beside the file."""
    fields, file = media.sent_file(call)
    kind = call.query.get("type") or str(fields.get("type", ""))
    mime = media.checked(kind, file)
    more = _description(fields.get("description") or call.query.get("description")) if kind == "video" else {}
    made = media.keep(call.sandbox, kind, bytes(file), mime, file.name, lives=None)
    made.more = more
    answer: Json = {"media_id": made.id}
    return answer | ({"url": f"http://mmbiz.qpic.cn/mmbiz_png/{chance.token_urlsafe(24)}/0"} if kind == "image" else {})


def _add_news(call: Call) -> Json:
    """POST material/add_news."""
    articles = _articles(call)
    made = media.keep(call.sandbox, "news", b"", "", str(articles[0]["title"]), lives=None)
    made.more = {"articles": articles}
    return {"media_id": made.id}


def _upload_news(call: Call) -> Json:
    """POST media/uploadnews: the same for three days."""
    made = media.keep(call.sandbox, "news", b"", "", "")
    made.more = {"articles": _articles(call)}
    return {"type": "news", "media_id": made.id, "created_at": call.now // 1_000_000}


def _upload_video(call: Call) -> Json:
    """POST media/uploadvideo: a video that is there already, with a title and a description."""
    video = media.held(call, call.sent.get("media_id"), "video")
    made = media.keep(call.sandbox, "video", video.data, video.mime, video.name)
    made.more = {"title": str(call.sent.get("title", "")), "introduction": str(call.sent.get("description", ""))}
    return {"type": "video", "media_id": made.id, "created_at": call.now // 1_000_000}


def _update_news(call: Call) -> Json:
    """POST material/update_news: one article of several."""
    news, index, article = _permanent(call), call.sent.get("index", 0), call.sent.get("articles")
    _check_article(call, article)
    if news.kind != "news" or not isinstance(index, int) or not 0 <= index < len(news.more["articles"]):
        raise WeChatError(40007 if news.kind != "news" else 40035)
    news.more["articles"][index] = article
    news.updated_at = call.now
    return OK


def _get(call: Call) -> Answer | Json:
    """POST material/get_material."""
    file = _permanent(call)
    if file.kind == "news":
        return {"news_item": _items(file)}
    if file.kind == "video":
        description = {"title": file.more["title"], "description": file.more["introduction"]}
        return description | {"down_url": media.address(call.sandbox, file)}
    return media.binary(file)


def _delete(call: Call) -> Json:
    """POST material/del_material."""
    del call.account.files[_permanent(call).id]
    return OK


def _count(call: Call) -> Json:
    """GET material/get_materialcount."""
    return {f"{kind}_count": len(_of(call, kind)) for kind in ("voice", "video", "image", "news")}


def _list(call: Call) -> Json:
    """POST material/batchget_material."""
    kind, offset, count = (call.sent.get(name) for name in ("type", "offset", "count"))
    if kind not in KINDS:
        raise WeChatError(40004)
    if not isinstance(offset, int) or not isinstance(count, int) or not 1 <= count <= MOST_A_PAGE or offset < 0:
        raise WeChatError(40035)
    found = _of(call, kind)
    page = found[offset : offset + count]
    return {"total_count": len(found), "item_count": len(page), "item": [_row(file) for file in page]}


def _row(file: File) -> Json:
    row: Json = {"media_id": file.id, "update_time": file.updated_at // 1_000_000}
    return row | ({"content": {"news_item": _items(file)}} if file.kind == "news" else {"name": file.name, "url": ""})


def _items(news: File) -> list[Json]:
    return [{"url": f"http://mp.weixin.qq.com/s/{news.id[:22]}"} | article for article in news.more["articles"]]


def _of(call: Call, kind: str) -> list[File]:
    """The material of a kind, the newest first."""
    found = [file for file in call.account.files.values() if file.until is None and file.kind == kind]
    return sorted(found, key=lambda file: -file.updated_at)


def _permanent(call: Call) -> File:
    file = media.held(call, call.sent.get("media_id"), *media.TAKES, "news")
    if file.until is not None:
        raise WeChatError(40007)
    return file


def _articles(call: Call) -> list[Json]:
    articles = call.sent.get("articles")
    if not isinstance(articles, list) or not articles:
        raise WeChatError(44003)
    for article in articles:
        _check_article(call, article)
    return articles


def _check_article(call: Call, article: Any) -> None:
    if not isinstance(article, dict) or not article.get("title") or not article.get("content"):
        raise WeChatError(44003)
    thumb = media.held(call, article.get("thumb_media_id"), "image", "thumb")
    if thumb.until is not None:
        raise WeChatError(40007)


def _description(text: Any) -> Json:
    try:
        told = json.loads(text)
        return {name: str(told[name]) for name in ("title", "introduction")}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise WeChatError(40035) from None


ROUTES: Routes = {
    ("POST", "/cgi-bin/media/uploadnews"): _upload_news,
    ("POST", "/cgi-bin/media/uploadvideo"): _upload_video,
    ("POST", "/cgi-bin/material/add_material"): _add,
    ("POST", "/cgi-bin/material/add_news"): _add_news,
    ("POST", "/cgi-bin/material/update_news"): _update_news,
    ("POST", "/cgi-bin/material/get_material"): _get,
    ("POST", "/cgi-bin/material/del_material"): _delete,
    ("GET", "/cgi-bin/material/get_materialcount"): _count,
    ("POST", "/cgi-bin/material/batchget_material"): _list,
}
