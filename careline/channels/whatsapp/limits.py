"""What WhatsApp takes of each type of message, checked before the call. Pure: a part that is wrong is named, nothing is mended.

The numbers are those of Meta's documentation of the Cloud API. Interactive messages have a module of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from careline.channels.whatsapp.interactive import CAPTION, interactive
from careline.channels.whatsapp.parts import Part
from careline.channels.whatsapp.policy import TEXT_CHARACTERS

MOST_CONTACTS = 257
MESSAGE_ID = 128
_BIRTHDAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check(kind: str, part: Part) -> None:
    """Raises Usage for what WhatsApp would refuse of a message of this type by its form."""
    CHECKS[kind](part)


def _text(part: Part) -> None:
    fields = part.fields("body", "preview_url")
    body = fields["body"].text(TEXT_CHARACTERS)
    if "preview_url" in fields:
        fields["preview_url"].flag()
        if fields["preview_url"].value and not re.search("https?://", body):
            raise fields["preview_url"].refused("needs an http(s) address in the body.")


def _file(optional: str) -> Callable[[Part], None]:
    def check(part: Part) -> None:
        fields = part.file(optional)
        if "caption" in fields:
            fields["caption"].text(CAPTION, empty=True)
        if "filename" in fields:
            fields["filename"].text(240)
        if "voice" in fields:
            fields["voice"].flag()

    return check


def _location(part: Part) -> None:
    fields = part.fields("latitude longitude", "name address")
    fields["latitude"].number(-90, 90)
    fields["longitude"].number(-180, 180)
    for name in ("name", "address"):
        if name in fields:
            fields[name].text(1000, empty=True)
    if "address" in fields and "name" not in fields:
        raise part.refused("has an address but no name: WhatsApp shows the one only with the other.")


def _contacts(part: Part) -> None:
    for card in part.items(1, MOST_CONTACTS):
        fields = card.fields("name", "phones emails addresses urls org birthday")
        name = fields["name"].fields("formatted_name", "first_name last_name middle_name prefix suffix")
        name["formatted_name"].text(1000)
        if len(name) < 2:
            raise fields["name"].refused("needs one more part beside formatted_name: first_name, last_name…")
        for list, keys in (
            ("phones", "phone wa_id type"),
            ("emails", "email type"),
            ("addresses", "street city state zip country country_code type"),
            ("urls", "url type"),
        ):
            for item in fields[list].items(0, 100) if list in fields else ():
                item.fields("", keys)
        if "org" in fields:
            fields["org"].fields("", "company department title")
        if "birthday" in fields and not _BIRTHDAY.fullmatch(fields["birthday"].text(10)):
            raise fields["birthday"].refused("must be written YYYY-MM-DD.")


def _reaction(part: Part) -> None:
    fields = part.fields("message_id", "emoji")
    fields["message_id"].text(MESSAGE_ID)
    if "emoji" in fields and any(c.isalnum() or c.isspace() for c in fields["emoji"].text(40, empty=True)):
        raise fields["emoji"].refused("must be one emoji, or empty to take it back.")


CHECKS: Mapping[str, Callable[[Part], None]] = {
    "text": _text,
    "image": _file("caption"),
    "video": _file("caption"),
    "audio": _file("voice"),
    "document": _file("caption filename"),
    "sticker": _file(""),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": interactive,
}
