"""Webhooks as Meta shapes them: made here, each with ids of its own, so that nothing is a duplicate."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

NUMBER = "106540352242922"
ACCOUNT = "102290129340398"
APP_SECRET = "5f1c0d8e3b7a49269ac4e81d72b06f35"  # noqa: S105 - signs nothing but what is made here
VERIFY_TOKEN = "bench-verify"  # noqa: S105
BODY_BYTES = 958
CUSTOMERS = 5_000

_WORDS = (
    "Buongiorno, ho ordinato due paia di scarpe la settimana scorsa e il corriere dice che il pacco e stato consegnato, ma "
    "qui non e arrivato niente e nemmeno i vicini lo hanno visto. Potete controllare dove si trova, per favore? "
)
_REACHED = ("sent", "delivered", "read")


def phone(customer: int) -> str:
    """The phone of a customer, by number."""
    return f"3933{customer:08d}"


def wamid(number: int) -> str:
    """The platform's id of a message, as long as Meta's are."""
    return f"wamid.HBgMMzkzMzMxMjM0NTY3FQIAEhgU{number:020X}AA=="


def text(number: int, at: int | None = None, customers: int = CUSTOMERS) -> bytes:
    """The webhook of one text message, 958 bytes; ``at`` is in seconds, now where it is not given."""
    return _TEXT % _personal(number, at, customers)


def mixed(number: int, customers: int, ours: int) -> bytes:
    """One of a day's webhooks: seven texts, a photo, and two of what became of our messages, which are ``ours`` in number."""
    kind = number % 10
    if kind < 7:
        return text(number, customers=customers)
    if kind == 7:
        return _PHOTO % _personal(number, None, customers)
    told = number // 10 * 2 + kind - 8
    return _status(told // 3 % ours, _REACHED[told % 3])


def sent_id(number: int) -> str:
    """The platform's id of a message of ours, by number."""
    return wamid(1 << 60 | number)


def signature(body: bytes) -> str:
    """The X-Hub-Signature-256 that Meta sends with a body."""
    return "sha256=" + hmac.digest(APP_SECRET.encode(), body, hashlib.sha256).hex()


def request(number: int, path: str) -> bytes:
    """A whole HTTP request that brings one text message, signed."""
    body = text(number)
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"User-Agent: facebookexternalua\r\nAccept: */*\r\nX-Hub-Signature-256: {signature(body)}\r\n\r\n"
    ).encode() + body


def _personal(number: int, at: int | None, customers: int) -> tuple[bytes, ...]:
    who = number % customers
    called, user, instant = phone(who).encode(), b"IT.88420177453%08d" % who, int(time.time()) if at is None else at
    return b"%08d" % who, called, user, called, user, wamid(number).encode(), b"%d" % instant


def _value(**news: Any) -> bytes:
    metadata = {"display_phone_number": "390212345678", "phone_number_id": NUMBER}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata} | news, "field": "messages"}
    body = {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [change]}]}
    return json.dumps(body, separators=(",", ":")).encode()


def _message(kind: str, content: Any) -> bytes:
    """A webhook with blanks: name, phone, user, phone, user, id, time."""
    contact = {"profile": {"name": "Cliente %s"}, "wa_id": "%s", "user_id": "%s"}
    message = {"from": "%s", "from_user_id": "%s", "id": "%s", "timestamp": "%s", "type": kind, kind: content}
    return _value(contacts=[contact], messages=[message])


def _long_text() -> bytes:
    blank = len(_message("text", {"body": ""}) % _personal(1, 1_700_000_000, 1))
    return _message("text", {"body": (_WORDS * 9)[: BODY_BYTES - blank]})


def _status(number: int, state: str) -> bytes:
    status = {"id": sent_id(number), "status": state, "timestamp": f"{int(time.time())}", "recipient_id": phone(number)}
    return _value(statuses=[status | {"pricing": {"billable": False, "pricing_model": "PMP", "category": "service"}}])


_TEXT = _long_text()
_PHOTO = _message("image", {"id": "1234567890123456", "mime_type": "image/jpeg", "sha256": "3q2+7w==", "caption": "eccolo"})
