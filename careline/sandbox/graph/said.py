"""What a WhatsApp customer can send, type by type: the part of the webhook that says it, and the bubble on their phone.

Each type has an example of its own, so that a customer sends a picture without anybody having one at hand.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from careline.sandbox.graph import media as graph_media
from careline.sandbox.graph.fields import words
from careline.sandbox.phone import Json
from careline.sandbox.pictures import png
from careline.sandbox.running import Sandbox
from careline.sandbox.world import MediaFile, WhatsAppCustomer

KINDS = words(
    "text image video audio voice document sticker location contacts reaction order form call_permission "
    "edit revoke request_welcome system unsupported"
)
_OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"
_SAMPLES: Mapping[str, tuple[str, str, bytes]] = {  # type, file name, bytes
    "image": ("image/png", "", b""),
    "video": ("video/mp4", "", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)),
    "audio": ("audio/mpeg", "", b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(64)),
    "voice": ("audio/ogg; codecs=opus", "", _OPUS),
    "document": ("application/pdf", "fattura.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"),
    "sticker": ("image/webp", "", b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00" + bytes(14)),
}


class Said(Struct):
    """One message of a customer: its ``type``, the part under that name (None: none), its ``text`` on the phone."""

    type: str
    body: Any
    text: str
    reply_to: str = ""
    context: bool = True  # whether ``reply_to`` is told as the context
    opens: bool = True  # the window
    media: str = ""


def said(sandbox: Sandbox, customer: WhatsAppCustomer, kind: str, asked: Json) -> Said:
    """The message that ``asked`` describes: its ``text``, fields of its part (``body``), its file (``content`` in base64).

    Raises ValueError for what cannot be one.
    """
    text, more = str(asked.get("text") or ""), asked.get("body") or {}
    body: Json
    reply_to = str(asked.get("reply_to") or "")
    if kind in _SAMPLES:
        return _file(sandbox, kind, text, asked, more, reply_to)
    ours = next((one.id for one in reversed(customer.messages) if one.direction == "out" and one.id), "")
    theirs = next((one.id for one in reversed(customer.messages) if one.direction == "in"), "")
    match kind:
        case "text":
            return Said("text", {"body": text} | more, text, reply_to)
        case "location":
            place = {"latitude": 45.4641, "longitude": 9.1919, "name": text or "Piazza del Duomo", "address": "Milano"} | more
            return Said("location", place, str(place["name"]), reply_to)
        case "contacts":
            name = text or "Carla Neri"
            card = {"name": {"formatted_name": name, "first_name": name.split()[0]}, "phones": [{"phone": "+39 02 5555 0199"}]}
            return Said("contacts", [card | more], name, reply_to)
        case "reaction":
            target = reply_to or ours
            body = {"message_id": target} | ({"emoji": text} if text else {})
            return Said("reaction", body | more, text, target, context=False)
        case "order":
            item = {"product_retailer_id": text or "scarf-1", "quantity": 2, "item_price": 12.5, "currency": "EUR"}
            return Said(
                "order", {"catalog_id": "1950000000000001", "text": "", "product_items": [item]} | more, item_text(item)
            )
        case "form":
            filled = json.dumps(more or {"flow_token": "unused", "size": "M"})
            reply: Json = {"name": "flow", "body": "Sent", "response_json": filled}
            return Said("interactive", {"type": "nfm_reply", "nfm_reply": reply}, "Sent", reply_to or ours)
        case "call_permission":
            answer: Json = {"response": text or "accept", "response_source": "user_action"} | more
            body = {"type": "call_permission_reply", "call_permission_reply": answer}
            return Said("interactive", body, str(answer["response"]), reply_to or ours)
        case "edit":
            inner: Json = {"type": "text", "text": {"body": text}}
            body = {"original_message_id": reply_to or theirs, "message": inner} | more
            return Said("edit", body, text, reply_to or theirs, context=False, opens=False)
        case "revoke":
            body = {"original_message_id": reply_to or theirs} | more
            return Said("revoke", body, "", reply_to or theirs, context=False, opens=False)
        case "request_welcome":
            return Said("request_welcome", None, "")
        case "system":
            told = f"{customer.name} changed from {customer.wa_id} to {text}"
            body = {"body": told, "type": "user_changed_number", "wa_id": text} | more
            return Said("system", body, told, opens=False)
        case "unsupported":
            return Said("unsupported", None, text)
    raise ValueError(f"A customer cannot send {kind}: there are {', '.join(sorted(KINDS))}.")


def item_text(item: Json) -> str:
    """A line of an order."""
    return f"{item['quantity']} x {item['product_retailer_id']}"


def _file(sandbox: Sandbox, kind: str, text: str, asked: Json, more: Json, reply_to: str) -> Said:
    mime, name, sample = _SAMPLES[kind]
    if kind == "image":
        sample = png("https://shop.example/photo")
    data = base64.b64decode(asked["content"], validate=True) if asked.get("content") else sample
    mime, name = str(asked.get("mime") or mime), str(asked.get("filename") or name)
    file: MediaFile = graph_media.keep(sandbox, data, mime, name, 7)
    type = "audio" if kind == "voice" else kind
    body: Json = {"id": file.id, "mime_type": mime, "sha256": base64.b64encode(bytes.fromhex(file.sha256)).decode()}
    if type in ("image", "video", "document") and text:
        body["caption"] = text
    if kind == "document":
        body["filename"] = name
    if type == "audio":
        body["voice"] = kind == "voice"
    if kind == "sticker":
        body["animated"] = False
    body["url"] = graph_media.address(sandbox, file)
    return Said(type, body | more, text or name, reply_to, media=file.id)
