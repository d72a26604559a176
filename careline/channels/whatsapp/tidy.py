"""Most webhooks bring one text message in Meta's documented shape. Those are read here, in a third of the time that care takes.

Whatever is the least bit different is left to ``hear``, which reads anything: a test compares the two.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from careline.channels.lenient import without_nul
from careline.channels.whatsapp.inbound import OPENS
from careline.channels.whatsapp.loose import as_instant
from careline.channels.whatsapp.people import person
from careline.heard import HeardMessage

_LONGEST = 16 * 1024
_PARTS = 40  # brackets: fewer than it takes to be nested too deep


class _Text(Struct, forbid_unknown_fields=True, gc=False):
    body: str


class _Message(Struct, forbid_unknown_fields=True, rename={"sender": "from"}, gc=False):
    sender: str
    id: str
    timestamp: str
    type: str
    text: _Text
    from_user_id: str = ""
    from_parent_user_id: str = ""


class _Profile(Struct, gc=False):
    name: str = ""
    username: str = ""


class _Contact(Struct, gc=False):
    profile: _Profile
    wa_id: str = ""
    user_id: str = ""
    parent_user_id: str = ""


class _Metadata(Struct, gc=False):
    phone_number_id: str


class _Value(Struct, gc=False):
    metadata: _Metadata
    contacts: tuple[_Contact]
    messages: tuple[_Message]
    statuses: None = None
    errors: None = None


class _Change(Struct, gc=False):
    value: _Value
    field: str


class _Entry(Struct, gc=False):
    changes: tuple[_Change]


class _Payload(Struct, gc=False):
    entry: tuple[_Entry]


_decode = msgspec.json.Decoder(_Payload).decode


def one_text(body: bytes, phone_number_id: str) -> HeardMessage | None:
    """The text message that is all of ``body``, or None: then it has another shape, and says what ``hear`` says."""
    if len(body) > _LONGEST or body.count(b"{") + body.count(b"[") > _PARTS:
        return None
    try:
        change = _decode(without_nul(body)).entry[0].changes[0]
    except (msgspec.MsgspecError, UnicodeError):
        return None
    value = change.value
    message, contact, number = value.messages[0], value.contacts[0], value.metadata.phone_number_id.strip()
    at = as_instant(message.timestamp)
    if (
        change.field != "messages"
        or message.type != "text"
        or at is None
        or (phone_number_id and number not in ("", phone_number_id))
    ):
        return None
    id = message.id.strip()
    if not id:
        return None
    return HeardMessage(
        key=id,
        id=id,
        at=at,
        who=person(
            sender=message.sender.strip(),
            sender_user=message.from_user_id.strip(),
            sender_parent=message.from_parent_user_id.strip(),
            wa_id=contact.wa_id.strip(),
            user_id=contact.user_id.strip(),
            parent=contact.parent_user_id.strip(),
            name=contact.profile.name.strip(),
            username=contact.profile.username.strip(),
            key=id,
        ),
        kind="text",
        text=message.text.body,
        act=OPENS,
    )
