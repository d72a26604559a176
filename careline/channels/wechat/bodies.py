"""What each type of customer-service message holds, checked before the call. Pure: a dry run prints exactly this."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from careline.channels.ports import Composed, Outgoing
from careline.channels.wechat import policy
from careline.errors import Usage

UPLOADED_FIRST = "[the id of the file, which is uploaded first]"  # what a dry run shows
FILES = ("image", "audio", "video")  # as careline has them: WeChat says voice

Words = Annotated[str, Meta(min_length=1)]


class _Strict(Struct, forbid_unknown_fields=True, kw_only=True):
    """A part that has these fields and no others."""


class Text(_Strict):
    """May hold links, also to mini programs."""

    content: Words


class File(_Strict):
    """A picture, a voice, or news of the account's material. Ids are of temporary or of permanent files."""

    media_id: Words


class Video(_Strict):
    """WeChat asks for a thumb, and shows a video without one as well."""

    media_id: Words
    thumb_media_id: Words | None = None
    title: str = ""
    description: str = ""


class Music(_Strict):
    """A song at two addresses; the second is for phones on Wi-Fi."""

    musicurl: Words
    hqmusicurl: Words
    thumb_media_id: Words
    title: str = ""
    description: str = ""


class Article(_Strict):
    """A page elsewhere."""

    title: Words
    url: Words
    description: str = ""
    picurl: str = ""


class News(_Strict):
    """One article: several are refused since 2018."""

    articles: list[Article]


class Published(_Strict):
    """A published article of the account."""

    article_id: Words


class Choice(_Strict):
    """What a customer taps: their text, which comes back with the id."""

    id: Words
    content: Words


class Menu(_Strict):
    """A question and choices."""

    choices: list[Choice] = msgspec.field(name="list")
    head_content: str = ""
    tail_content: str = ""


class Card(_Strict):
    """A card of the account."""

    card_id: Words
    card_ext: str = ""


class MiniProgram(_Strict):
    """A page of a mini program that the account is linked to."""

    title: Words
    appid: Words
    pagepath: Words
    thumb_media_id: Words


class Desk(_Strict):
    """The account of the desk that the message appears to come from."""

    kf_account: Words


TYPES: Mapping[str, type[_Strict]] = {
    "text": Text,
    "image": File,
    "voice": File,
    "video": Video,
    "music": Music,
    "news": News,
    "mpnews": File,
    "mpnewsarticle": Published,
    "msgmenu": Menu,
    "wxcard": Card,
    "miniprogrampage": MiniProgram,
}
_SHAPE = 'WeChat\'s shape without touser: {"msgtype": "news", "news": {"articles": [{"title": "…", "url": "https://…"}]}}'


def content(message: Outgoing) -> tuple[str, Any]:
    """The ``msgtype`` of a message and what stands under that name. Raises Usage for what WeChat would refuse by its form."""
    kind = "voice" if message.kind == "audio" else message.kind
    if message.reply_to:
        raise Usage("On WeChat a message refers to no other.", code="not_supported", hint="Say in the text what you mean.")
    if message.body:
        found = json.loads(message.body)
    elif message.media is not None and message.kind in FILES:
        if message.text:
            raise Usage("On WeChat a file and its caption are two messages.", code="not_supported")
        found = {"media_id": message.media.id or UPLOADED_FIRST}
    elif kind == "text":
        check_text(message.text)
        found = {"content": message.text}
    else:
        raise Usage(f"A WeChat channel sends no {message.kind}.", code="not_supported", hint=f"Types: {', '.join(TYPES)}.")
    check(kind, found)
    return kind, found


def composed(text: str) -> Composed:
    """The message that a person wrote as WeChat's JSON: ``{"msgtype": "image", "image": {…}}``, perhaps with ``customservice``.

    Raises Usage for what is no such thing, and for what WeChat would refuse by its form.
    """
    try:
        whole = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _refused(f"The message is not a JSON object: {error}", _SHAPE) from None
    named = [name for name in whole if name in TYPES]
    kind = str(whole.get("msgtype") or (named[0] if len(named) == 1 else ""))
    if kind == "link":
        raise _refused("Only mini programs send the type 'link'.", "An Official Account has news: a title and an address.")
    if kind not in TYPES:
        raise _refused(
            f"The message has {f'the type {kind!r}' if kind else 'no type'}.", f"{_SHAPE}\nTypes: {', '.join(TYPES)}."
        )
    if strange := sorted(set(whole) - {"msgtype", kind, "customservice"}):
        hint = "--to says whom it is for." if "touser" in strange else _SHAPE
        raise _refused(f"The message has {strange[0]!r} beside its {kind}.", hint)
    check(kind, whole.get(kind))
    desk = _converted("customservice", whole["customservice"], Desk).kf_account if "customservice" in whole else ""
    found = whole[kind]
    return Composed("audio" if kind == "voice" else kind, msgspec.json.encode(found).decode(), readable(kind, found), desk=desk)


def check(kind: str, found: Any) -> None:
    """Raises Usage for what WeChat would refuse of a message of that type by its form, naming the part."""
    part = _converted(kind, found, TYPES[kind])
    for text in _texts(found):
        if any(character < " " and character not in "\t\n\r" for character in text):
            raise Usage("The text holds a control character, which WeChat would show as an escape.")
    if isinstance(part, Text):
        check_text(part.content)
    if isinstance(part, News) and len(part.articles) != 1:
        raise _refused(
            f"news.articles has {len(part.articles)} articles, and WeChat takes one.", "It refuses others with 45008."
        )
    if isinstance(part, Menu) and not 1 <= len(part.choices) <= policy.MENU_CHOICES:
        raise _refused(
            f"msgmenu.list has {len(part.choices)} choices, and WeChat takes 1 to {policy.MENU_CHOICES}.",
            "It refuses more with 45098.",
        )


def check_text(text: str) -> None:
    """Raises Usage for a text that is blank or longer than WeChat takes."""
    if not text.strip():
        raise Usage("The text is empty.")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > policy.TEXT_BYTES:
        raise Usage(
            f"The text has {size:,} bytes, and WeChat takes {policy.TEXT_BYTES:,}.",
            code="text_too_long",
            hint="A Chinese character is three bytes, an emoji four. Send it in parts: each counts against the window's quota.",
        )


def readable(kind: str, found: Any) -> str:
    """What a message says to whoever reads the chat later: one text, whatever its type."""
    match kind:
        case "text":
            parts = [found["content"]]
        case "news":
            parts = [found["articles"][0]["title"], found["articles"][0]["url"]]
        case "msgmenu":
            choices = [f"[{one['content']}]" for one in found["list"]]
            parts = [found.get("head_content"), *choices, found.get("tail_content")]
        case "miniprogrampage":
            parts = [found["title"], found["pagepath"]]
        case _:
            parts = [found.get(name) for name in ("title", "description", "article_id", "card_id")]
    return " ".join(part for part in parts if part)


def _converted(kind: str, found: Any, wanted: type[Any]) -> Any:
    try:
        return msgspec.convert(found, wanted)
    except msgspec.ValidationError as error:
        words = str(error).replace("`$", f"`{kind}")
        raise _refused(words if f"`{kind}" in words else f"{kind}: {words}", _SHAPE) from None


def _refused(why: str, hint: str) -> Usage:
    return Usage(why, code="bad_message", hint=hint)


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _texts(one)
