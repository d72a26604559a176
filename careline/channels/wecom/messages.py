"""Messages as ``kf/send_msg`` takes them, and what of them can be said to be wrong before WeCom is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from careline.channels.ports import Composed, Outgoing
from careline.channels.wecom import policy
from careline.errors import Usage

FILES = {"image": "image", "audio": "voice", "video": "video", "document": "file"}
_ITEMS = ("click", "view", "miniprogram", "text")


def part(message: Outgoing) -> tuple[str, dict[str, Any]]:
    """The msgtype of a message and what stands under it. Raises Usage for what WeCom would refuse by its form."""
    if message.kind == "text":
        return "text", {"content": check_text(message.text)}
    if message.kind in FILES:
        if message.text:
            raise Usage("On WeCom a file has no caption: send the text as a message of its own.", code="caption_unsupported")
        return FILES[message.kind], {"media_id": message.media.id if message.media else ""}
    if message.kind in _CHECKS and message.body:
        body: dict[str, Any] = json.loads(message.body)
        return message.kind, body
    raise Usage(f"A WeCom channel does not send a {message.kind}.", code="not_supported")


def composed(text: str) -> Composed:
    """A message written in WeCom's own JSON: ``{"msgtype": "link", "link": {…}}``. Raises Usage for what it would refuse."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Usage(f"This is no JSON: {error}.", code="bad_json") from None
    type = told.get("msgtype") if isinstance(told, dict) else None
    body = told.get(type) if isinstance(type, str) else None
    if not isinstance(type, str) or not isinstance(body, dict) or (type not in _CHECKS and type != "text"):
        raise Usage(
            "WeCom's messages say what they are, and have that as an object.",
            code="bad_message",
            hint=f'{{"msgtype": "link", "link": {{…}}}}; there are: text, {", ".join(_CHECKS)}.',
        )
    if type == "text":
        return Composed("text", "", check_text(body.get("content")))
    return Composed(type, json.dumps(body, ensure_ascii=False, separators=(",", ":")), _CHECKS[type](body))


def greeting(text: str) -> tuple[str, dict[str, Any]]:
    """What greets who enters, from a text or the JSON of a msgmenu. Raises Usage for anything else."""
    if not text.lstrip().startswith("{"):
        return "text", {"content": check_text(text)}
    made = composed(text)
    if made.kind not in ("text", "msgmenu"):
        raise Usage("A welcome is a text or a msgmenu.", code="bad_welcome")
    return made.kind, json.loads(made.body) if made.body else {"content": made.text}


def check_text(text: Any) -> str:
    """The text, if WeCom takes it. Raises Usage."""
    if not isinstance(text, str) or not text.strip():
        raise Usage("The text is empty.")
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise Usage("The text holds a control character.")
    _fits(text, policy.TEXT_BYTES, "text")
    return text


def _fits(text: str, most: int, name: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise Usage(
            f"The {name} has {size:,} bytes, and WeCom takes {most:,}.",
            code="text_too_long",
            hint="A Chinese character is three bytes, an emoji four. Send it in parts: each counts against the window's five.",
        )


def _of(names: dict[str, int], *needed: str) -> Callable[[dict[str, Any]], str]:
    """A check of the longest that each field may be in bytes (0: any) and of those it needs; gives the words of it."""

    def check(body: dict[str, Any]) -> str:
        for name in needed:
            if not str(body.get(name, "")).strip():
                raise Usage(f"{name} is missing.", code="bad_message")
        for name, most in names.items():
            if most:
                _fits(str(body.get(name, "")), most, name)
        return "\n".join(str(body[name]) for name in names if body.get(name))

    return check


def _menu(body: dict[str, Any]) -> str:
    rows = body.get("list", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Usage("A menu's list holds its items.", code="bad_message")
    if len(rows) > policy.MENU_ITEMS:
        raise Usage(f"A menu has {policy.MENU_ITEMS} items at most, not {len(rows)}.", code="too_many_items")
    lines = [str(body.get("head_content", ""))]
    _fits(lines[0], policy.HEAD_BYTES, "head_content")
    for row in rows:
        type = row.get("type")
        inner = row.get(type) if isinstance(type, str) else None
        if type not in _ITEMS or not isinstance(inner, dict) or not str(inner.get("content", "")):
            raise Usage(f"An item of a menu is one of {', '.join(_ITEMS)}, with its content.", code="bad_message")
        longest = 256 if type == "text" else 128
        if len(str(inner["content"])) > longest or len(str(inner.get("id", ""))) > 128:
            raise Usage(f"An item's text has {longest} characters at most, its id 128.", code="text_too_long")
        lines.append(str(inner["content"]))
    lines.append(str(body.get("tail_content", "")))
    return "\n".join(line for line in lines if line)


_CHECKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "msgmenu": _menu,
    "link": _of({"title": 128, "desc": 512, "url": 2048}, "title", "url", "thumb_media_id"),
    "miniprogram": _of({"title": 0, "pagepath": 0}, "appid", "thumb_media_id", "pagepath"),
    "location": _of({"name": 0, "address": 0}, "latitude", "longitude"),
    "business_card": _of({"userid": 0}, "userid"),
    "ca_link": _of({"link_url": 0}, "link_url"),
    "image": _of({}, "media_id"),
    "voice": _of({}, "media_id"),
    "video": _of({}, "media_id"),
    "file": _of({}, "media_id"),
}
