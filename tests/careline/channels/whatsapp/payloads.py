"""Webhook bodies as Meta shapes them, made here: a customer Anna writes to the number 106540352242922."""

from __future__ import annotations

import json
from typing import Any

from careline.channels.whatsapp.hear import hear
from careline.heard import Heard, HeardMessage, HeardNotice, HeardStatus, HeardTemplate
from careline.model import Channel

NUMBER = "106540352242922"
ACCOUNT = "102290129340398"
SENT = 1_772_812_800  # 2026-03-06 16:00 UTC, in seconds as Meta writes it
SENT_AT = SENT * 1_000_000
RECEIVED_AT = SENT_AT + 2_000_000
ANNA = "393331234567"
ANNA_USER = "IT.8842017745310926"

CHANNEL = Channel(
    name="shop-it",
    kind="whatsapp",
    phone_number_id=NUMBER,
    account_id=ACCOUNT,
    app_id="582140011",
    api_url="https://graph.example",
)

CONTACT: dict[str, Any] = {"profile": {"name": "Anna Rossi"}, "wa_id": ANNA}


def message(kind: str, content: Any = None, /, **fields: Any) -> dict[str, Any]:
    """An inbound message of Anna's."""
    item = {"from": ANNA, "id": f"wamid.{kind}", "timestamp": str(SENT), "type": kind}
    return item | ({} if content is None else {kind: content}) | fields


def messages(*items: Any, **value: Any) -> dict[str, Any]:
    """The value of a change that brings ``items``, from Anna unless ``contacts`` says otherwise."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "39021234567", "phone_number_id": NUMBER},
        "contacts": [CONTACT],
        "messages": list(items),
    } | value


def statuses(*items: Any) -> dict[str, Any]:
    """The value of a change that brings statuses."""
    metadata = {"display_phone_number": "39021234567", "phone_number_id": NUMBER}
    return {"messaging_product": "whatsapp", "metadata": metadata, "statuses": list(items)}


def status(state: str, **fields: Any) -> dict[str, Any]:
    """What became of a message of ours to Anna."""
    return {"id": "wamid.ours", "status": state, "timestamp": str(SENT), "recipient_id": ANNA} | fields


def change(field: str, value: Any) -> dict[str, Any]:
    """A body with one change."""
    return {"object": "whatsapp_business_account", "entry": [entry({"field": field, "value": value})]}


def entry(*changes: Any, **fields: Any) -> dict[str, Any]:
    """An entry of our account."""
    return {"id": ACCOUNT, "changes": list(changes)} | fields


def heard(payload: Any) -> list[Heard]:
    """What ``payload`` says to our number."""
    return hear(json.dumps(payload).encode(), RECEIVED_AT, NUMBER)


def heard_message(item: Any, **value: Any) -> HeardMessage:
    """The one message that is heard when ``item`` arrives."""
    (said,) = heard(change("messages", messages(item, **value)))
    assert isinstance(said, HeardMessage)
    return said


def heard_status(item: Any) -> HeardStatus:
    """The one status that is heard when ``item`` arrives."""
    (said,) = heard(change("messages", statuses(item)))
    assert isinstance(said, HeardStatus)
    return said


def heard_notice(payload: Any) -> HeardNotice:
    """The one notice that is heard when ``payload`` arrives."""
    (said,) = heard(payload)
    assert isinstance(said, HeardNotice)
    return said


def heard_template(field: str, value: Any, **fields: Any) -> HeardTemplate:
    """The one piece of template news that is heard when ``value`` arrives."""
    (said,) = heard({"object": "whatsapp_business_account", "entry": [entry({"field": field, "value": value}, **fields)]})
    assert isinstance(said, HeardTemplate)
    return said
