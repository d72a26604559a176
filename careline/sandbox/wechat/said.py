"""What a WeChat customer can send, type by type: the part of the push that says it, and the bubble on their phone.

Each type has an example of its own, so that a customer sends a picture without anybody having one at hand.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from careline.sandbox.phone import Json
from careline.sandbox.pictures import jpeg
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import media

KINDS = ("text", "image", "voice", "video", "shortvideo", "location", "link")
_FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)
_SAMPLES: Mapping[str, tuple[str, bytes]] = {
    "image": ("image/jpeg", b""),
    "voice": ("audio/amr", b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50),
    "video": ("video/mp4", _FILM),
    "shortvideo": ("video/mp4", _FILM),
}


class Said(Struct):
    """One message of a customer: its fields of the push, its ``text`` on the phone, the id of its file."""

    fields: Json
    text: str
    media: str = ""


def said(sandbox: Sandbox, kind: str, asked: Json) -> Said:
    """The message that ``asked`` describes: its ``text``, further fields (``body``), its file (``content`` in base64).

    Raises ValueError for what cannot be one.
    """
    text, more = str(asked.get("text") or ""), asked.get("body") or {}
    if kind in _SAMPLES:
        return _file(sandbox, kind, text, asked, more)
    fields: dict[str, Any]
    match kind:
        case "text":
            fields = {"Content": text}
        case "location":
            label = text or "上海市黄浦区南京东路"
            fields = {"Location_X": "31.235929", "Location_Y": "121.480539", "Scale": 16, "Label": label}
        case "link":
            fields = {"Title": text or "围巾", "Description": "羊毛围巾", "Url": "https://shop.example/scarf"}
        case _:
            raise ValueError(f"On WeChat a customer cannot send {kind}: there are {', '.join(KINDS)}.")
    fields = {"MsgType": kind, **fields} | more
    shown = fields.get("Content") or fields.get("Label") or fields.get("Title") or ""
    return Said(fields, str(shown))


def _file(sandbox: Sandbox, kind: str, text: str, asked: Json, more: Json) -> Said:
    mime, sample = _SAMPLES[kind]
    if kind == "image":
        sample = jpeg("https://shop.example/photo")
    data = base64.b64decode(asked["content"], validate=True) if asked.get("content") else sample
    place = kind.removeprefix("short")
    file = media.keep(sandbox, place, data, str(asked.get("mime") or mime), "")
    fields: Json = {"MsgType": kind, "MediaId": file.id}
    if kind == "image":
        fields["PicUrl"] = f"http://mmbiz.qpic.cn/mmbiz_jpg/{file.id[:24]}/0"
    elif kind == "voice":
        fields |= {"Format": "amr", "MediaId16K": media.keep(sandbox, "voice", data, "voice/speex", "").id}
        fields |= {"Recognition": text} if text else {}
    else:
        fields["ThumbMediaId"] = media.keep(sandbox, "thumb", jpeg("thumb"), "image/jpeg", "").id
    return Said(fields | more, text if kind == "voice" else "", file.id)
