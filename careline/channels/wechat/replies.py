"""What the receiver answers by itself, in the same breath as it hears: a greeting, keywords, a word for everything else.

WeChat: one answer to a push, within its five seconds, which uses nothing of any window. What nothing here answers may be handed
to the desk that is built into WeChat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from careline.channels.tencent.parse import Node
from careline.channels.wechat import policy
from careline.errors import Usage

KEYWORDS, WORDS = 200, 20  # of a channel, and of one answer
MOST_BYTES = 128 * 1024  # of all that a channel answers, which its row holds
MESSAGES = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link"})  # of a customer's own
NEWS = ("title", "description", "picture", "url")
_FIELDS = ("follow", "keyword", "default", "transfer")


class Answer(Struct, frozen=True, omit_defaults=True):
    """One answer. ``kind`` is text, image (``media`` is its id), news (one article) or transfer (``media`` names an agent)."""

    kind: Literal["text", "image", "news", "transfer"]
    text: str = ""
    media: str = ""
    description: str = ""
    picture: str = ""
    url: str = ""


class Keyword(Struct, frozen=True, omit_defaults=True):
    """An answer to a text that ``contain``s or is ``equal`` to one of the words, whatever their case."""

    answer: Answer
    equal: tuple[str, ...] = ()
    contain: tuple[str, ...] = ()

    def is_said(self, text: str) -> bool:
        """True for a text that this answers."""
        return text in self.equal or any(word in text for word in self.contain)


class Replies(Struct, frozen=True, omit_defaults=True):
    """All that a channel answers by itself. Words are kept as they are compared."""

    follow: Answer | None = None
    keywords: tuple[Keyword, ...] = ()
    default: Answer | None = None
    transfer: Answer | None = None

    def to(self, push: Node) -> Answer | None:
        """The answer to a push, if there is one: the first keyword that is said, else the default, else the desk."""
        type = push.said("MsgType").lower()
        if type == "event":
            return self.follow if push.said("Event").lower() == "subscribe" else None
        if type not in MESSAGES:
            return None
        said = _compared(push.said("Content")) if type == "text" else ""
        keyword = next((one.answer for one in self.keywords if said and one.is_said(said)), None)
        return keyword or self.default or self.transfer


def read(kept: str) -> Replies | None:
    """The replies of a channel as its row keeps them; None where there are none, or none that this careline knows."""
    try:
        return _decode(kept) if kept else None
    except msgspec.DecodeError:
        return None


def kept(replies: Replies) -> str:
    """The same for the journal; empty where nothing is answered."""
    return "" if replies == Replies() else msgspec.json.encode(replies).decode()


def fields(answer: Answer, push: Node, now_s: int) -> dict[str, Any]:
    """The elements of an answer to a push, in the order WeChat writes them."""
    return {
        "ToUserName": _sendable(push.said("FromUserName")),
        "FromUserName": _sendable(push.said("ToUserName")),
        "CreateTime": now_s,
        **_BODIES[answer.kind](answer),
    }


def _sendable(id: str) -> str:
    """An id as it came, but for halves of characters, which only JSON can hold."""
    return id.encode("utf-8", "replace").decode()


def _text(answer: Answer) -> dict[str, Any]:
    return {"MsgType": "text", "Content": answer.text}


def _image(answer: Answer) -> dict[str, Any]:
    return {"MsgType": "image", "Image": {"MediaId": answer.media}}


def _news(answer: Answer) -> dict[str, Any]:
    article = {"Title": answer.text, "Description": answer.description, "PicUrl": answer.picture, "Url": answer.url}
    return {"MsgType": "news", "ArticleCount": 1, "Articles": {"item": article}}


def _transfer(answer: Answer) -> dict[str, Any]:
    to = {"TransInfo": {"KfAccount": answer.media}} if answer.media else {}
    return {"MsgType": "transfer_customer_service", **to}


_BODIES = {"text": _text, "image": _image, "news": _news, "transfer": _transfer}


# The file


def checked(found: Mapping[str, Any], where: str) -> Replies:
    """The replies that a file holds. Raises Usage for what WeChat would not show, naming the field."""
    for field in found:
        if field not in _FIELDS:
            raise _bad(where, field, f"there is no such field, only {', '.join(_FIELDS)}")
    transfer = found.get("transfer", False)
    if not isinstance(transfer, bool | str):
        raise _bad(where, "transfer", "it is true, or the account of an agent at the desk")
    if transfer and "default" in found:
        raise _bad(where, "transfer", "a default answers everything, and a push has one answer: leave one of them away")
    keywords = found.get("keyword", [])
    if not isinstance(keywords, list) or len(keywords) > KEYWORDS:
        raise _bad(where, "keyword", f"each is a table [[keyword]], and there are at most {KEYWORDS}")
    replies = Replies(
        follow=_answer(found["follow"], where, "follow") if "follow" in found else None,
        keywords=tuple(_keyword(one, where, f"keyword {n}") for n, one in enumerate(keywords, 1)),
        default=_answer(found["default"], where, "default") if "default" in found else None,
        transfer=Answer("transfer", media=transfer if isinstance(transfer, str) else "") if transfer else None,
    )
    if len(kept(replies)) > MOST_BYTES:
        raise _bad(where, "keyword", f"all answers together have more than {MOST_BYTES // 1024} KiB")
    return replies


def _keyword(found: Any, where: str, field: str) -> Keyword:
    if not isinstance(found, dict):
        raise _bad(where, field, "it is a table: [[keyword]]")
    equal, contain = (_words(found.get(name, []), where, f"{field}.{name}") for name in ("equal", "contain"))
    if not equal and not contain:
        raise _bad(where, field, "equal or contain is missing: the words it answers")
    return Keyword(_answer({k: v for k, v in found.items() if k not in ("equal", "contain")}, where, field), equal, contain)


def _words(found: Any, where: str, field: str) -> tuple[str, ...]:
    words = [found] if isinstance(found, str) else found
    if not isinstance(words, list) or len(words) > WORDS or not all(isinstance(w, str) and w.strip() for w in words):
        raise _bad(where, field, f"it is a word, or a list of at most {WORDS}")
    return tuple(map(_compared, words))


def _answer(found: Any, where: str, field: str) -> Answer:
    given = {"text": found} if isinstance(found, str) else found
    if not isinstance(given, dict) or len(given) != 1 or next(iter(given)) not in ("text", "image", "news"):
        raise _bad(where, field, "it is a text, or one of text, image (a media id) and news")
    ((kind, value),) = given.items()
    if kind == "news":
        return _article(value, where, field)
    if not isinstance(value, str) or not value.strip():
        raise _bad(where, f"{field}.{kind}", "it is empty")
    if kind == "image":
        return Answer("image", media=value)
    if len(value.encode()) > policy.TEXT_BYTES:
        raise _bad(where, field, f"it has {len(value.encode()):,} bytes, and WeChat takes {policy.TEXT_BYTES:,}")
    return Answer("text", value)


def _article(found: Any, where: str, field: str) -> Answer:
    if not isinstance(found, dict) or not found.get("title") or not found.get("url"):
        raise _bad(where, f"{field}.news", f"it is a table with title and url, and may have {NEWS[1]} and {NEWS[2]}")
    if any(key not in NEWS or not isinstance(value, str) for key, value in found.items()):
        raise _bad(where, f"{field}.news", f"it holds only texts: {', '.join(NEWS)}")
    return Answer("news", found["title"], "", found.get("description", ""), found.get("picture", ""), found["url"])


def _compared(text: str) -> str:
    return text.strip().casefold()


def _bad(where: str, field: str, problem: str) -> Usage:
    return Usage(f"{where}: {field}: {problem}.", code="bad_profile")


_decode = msgspec.json.Decoder(Replies).decode
