"""What a customer sees on the phone: messages, and what can be tapped under them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]


class Button(Struct):
    """What a customer can tap under a message."""

    text: str
    payload: str
    kind: str


class Bubble(Struct):
    """A message on a customer's phone. ``direction`` as careline has it: in is from the customer, out is from us."""

    id: str
    direction: str
    at: int
    kind: str
    text: str
    state: str = ""  # out: accepted, sent, delivered, read, failed; in: received, read
    template: str = ""
    buttons: list[Button] = field(default_factory=list)
    reply_to: str = ""
    ours: str = ""  # biz_opaque_callback_data
    category: str = "service"  # what WhatsApp bills it as
    pricing: Json = field(default_factory=dict)
    error: int = 0
    media: str = ""  # the id of its file
    voice: bool = False
