"""One inbound message. Each type has a reader that says what a person meant; what no reader knows is ``unsupported``.

The customer service window is opened by any message, a tap on a button, a reaction, and opening the chat (request_welcome).
It is not opened by taking a message or a reaction back, by editing one, by WhatsApp's own notes (a new number or phone) or by
messages to a group: Meta says so or does not say otherwise, and an answer sent outside the window is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_int, as_list, as_text, digest, only, raw
from careline.channels.whatsapp.people import Beside, author, digits
from careline.channels.whatsapp.transcript import cards, joined, place
from careline.heard import HeardEcho, HeardMessage
from careline.model import Media

OPENS = "message"

# What every message has and our fields hold, beside the content under the name of its type.
_TOLD = {"id", "from", "from_user_id", "from_parent_user_id", "timestamp", "type", "context"}


class Said(Struct, frozen=True):
    """What a message says. ``whole`` is False where the item holds more than these fields."""

    kind: str
    text: str = ""
    media: Media | None = None
    action: str = ""
    reply_to: str = ""
    act: str = OPENS
    asks: bool = True
    whole: bool = True


def message(item: Fields, named: Beside, received_at: int) -> HeardMessage:
    """The message in ``item``. A time that cannot be read becomes ``received_at``; a missing id, a digest of the whole."""
    id = as_id(item.get("id"))
    key = id or digest(item)
    type = _type(item)
    said = _said(item, type)
    context, referral = item.get("context"), as_fields(item.get("referral"))
    at = as_instant(item.get("timestamp"))
    whole = said.whole and at is not None and item.keys() - _TOLD <= {type} and (not context or only(context, "id", "from"))
    return HeardMessage(
        key=key,
        id=id,
        at=received_at if at is None else at,
        who=author(item, key, named),
        kind=said.kind,
        text=said.text,
        media=said.media,
        action=said.action,
        reply_to=said.reply_to or as_id(as_fields(context).get("id")),
        act="" if item.get("group_id") else said.act,
        asks=said.asks,
        source=as_id(referral.get("source_type")).lower() or "ad" if referral else "",
        clock="received" if at is None else "platform",
        raw="" if whole else raw(item),
    )


def echo(item: Fields, named: Beside, ours: str, received_at: int) -> HeardEcho:
    """The message in ``item``, which one of us wrote on the phone with the number ``ours``."""
    id = as_id(item.get("id"))
    key = id or digest(item)
    type = _type(item)
    said = _said(item, type)
    sender, to = as_id(item.get("from")), as_id(item.get("to"))
    customer = to if to and digits(to) != ours else sender if digits(sender) != ours else ""
    told = {"from": customer, "from_user_id": item.get("to_user_id"), "from_parent_user_id": item.get("to_parent_user_id")}
    at = as_instant(item.get("timestamp"))
    return HeardEcho(
        key=key,
        id=id,
        at=received_at if at is None else at,
        who=author(told, key, named),
        kind=said.kind,
        text=said.text,
        media=said.media,
        reply_to=said.reply_to or as_id(as_fields(item.get("context")).get("id")),
        raw=raw(item),
    )


def _type(item: Fields) -> str:
    """The message's type, in lower case; where it is missing, the one key that is a type."""
    told = as_id(item.get("type")).lower()
    return told or next((name for name in (*_READERS, "contacts") if name in item), "")


def _said(item: Fields, type: str) -> Said:
    content = item.get(type)
    if type == "contacts":
        return _contacts(as_list(content))
    if type == "request_welcome":
        return Said("welcome", asks=False, whole=not content)
    reader = _READERS.get(type)
    if reader is None or not isinstance(content, dict):
        text = as_fields(item.get("text")).get("body")
        return Said("unsupported", text=as_text(text), whole=False)
    return reader(content)


def _text(content: Fields) -> Said:
    return Said("text", text=as_text(content.get("body")), whole=only(content, "body"))


def _media(kind: str) -> Callable[[Fields], Said]:
    def read(content: Fields) -> Said:
        media = Media(
            id=as_id(content.get("id")),
            mime=as_id(content.get("mime_type")),
            name=as_text(content.get("filename")),
            bytes=as_int(content.get("file_size")),
            sha256=as_id(content.get("sha256")),
            url=as_id(content.get("url")),
        )
        whole = only(content, "id", "mime_type", "filename", "file_size", "sha256", "url", "caption")
        return Said(kind, text=as_text(content.get("caption")), media=media, whole=whole)

    return read


def _location(content: Fields) -> Said:
    return Said("location", text=place(content), whole=False)


def _contacts(found: list[Any]) -> Said:
    return Said("contacts", text=cards(found), whole=False)


def _reaction(content: Fields) -> Said:
    emoji = as_text(content.get("emoji"))
    return Said(
        "reaction",
        text=emoji,
        reply_to=as_id(content.get("message_id")),
        act=OPENS if emoji else "",
        asks=False,
        whole=only(content, "emoji", "message_id"),
    )


def _button(content: Fields) -> Said:
    payload = as_text(content.get("payload"))
    return Said("button", text=as_text(content.get("text")), action=payload, whole=only(content, "text", "payload"))


def _interactive(content: Fields) -> Said:
    answer = as_id(content.get("type")).lower()
    inner = as_fields(content.get(answer))
    alone = content.keys() <= {"type", answer}
    match answer:
        case "button_reply" | "list_reply":
            return Said(
                answer.removesuffix("_reply"),
                text=as_text(inner.get("title")),
                action=as_text(inner.get("id")),
                whole=alone and only(inner, "id", "title"),
            )
        case "nfm_reply":
            return Said("form", text=as_text(inner.get("body")), action=as_text(inner.get("name")), whole=False)
        case "call_permission_reply":
            return Said("call_permission", text=as_text(inner.get("response")), whole=False)
    return Said("unsupported", whole=False)


def _order(content: Fields) -> Said:
    """What they write with it, and what they want. Counts and prices come as numbers or text: the raw JSON keeps them so."""
    wanted = [
        f"{as_text(item.get('quantity')) or '?'} x {as_text(item.get('product_retailer_id'))}"
        for item in map(as_fields, as_list(content.get("product_items")))
        if as_text(item.get("product_retailer_id"))
    ]
    return Said("order", text=joined(content.get("text"), *wanted), whole=False)


def _system(content: Fields) -> Said:
    return Said("system", text=as_text(content.get("body")), act="", asks=False, whole=False)


def _edit(content: Fields) -> Said:
    """The new wording, in answer to the old one: what is asked for may have changed, so somebody should look."""
    inner = as_fields(content.get("message"))
    said = _said(inner, _type(inner))
    original = as_id(content.get("original_message_id"))
    return replace(said, kind="edit", reply_to=original, act="", whole=False)


def _revoke(content: Fields) -> Said:
    original = as_id(content.get("original_message_id"))
    return Said("revoke", reply_to=original, act="", asks=False, whole=only(content, "original_message_id"))


_READERS: dict[str, Callable[[Fields], Said]] = {
    "text": _text,
    "image": _media("image"),
    "video": _media("video"),
    "sticker": _media("sticker"),
    "audio": _media("audio"),
    "voice": _media("audio"),
    "document": _media("document"),
    "location": _location,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
}
