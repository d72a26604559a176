"""The body of a message, and the link that starts one. Pure: a dry run prints exactly this."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import quote

import msgspec

from careline.channels.ports import Composed, Outgoing
from careline.channels.whatsapp.limits import CHECKS, check
from careline.channels.whatsapp.loose import Fields, as_text, parse
from careline.channels.whatsapp.parts import Part
from careline.channels.whatsapp.people import PHONE, USER, digits
from careline.channels.whatsapp.policy import TEXT_CHARACTERS
from careline.channels.whatsapp.slots import components, slots, unknown_components
from careline.channels.whatsapp.transcript import readable
from careline.errors import Usage
from careline.model import Media, Template, TemplateUse

FILES = ("image", "video", "audio", "document", "sticker")
UPLOADED_FIRST = "[the id of the file, which is uploaded first]"  # what a dry run shows


def body(message: Outgoing) -> Fields:
    """The JSON of ``message``. Raises Usage for what WhatsApp would refuse by its form, naming the part to mend."""
    sent: Fields = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(message)}
    kind, content = _content(message)
    sent |= {"type": kind, kind: content}
    if message.reply_to and kind != "reaction":
        sent["context"] = {"message_id": message.reply_to}
    if message.ours:
        sent["biz_opaque_callback_data"] = message.ours
    return sent


def composed(text: str) -> Composed:
    """The message that a person wrote as Meta's JSON: ``{"type": "location", "location": {…}}``, perhaps with a ``context``.

    Raises Usage for what is no such thing, and for what WhatsApp would refuse by its form.
    """
    try:
        whole = parse(text.encode())
    except (ValueError, UnicodeError) as error:
        raise Usage(f"The message is not JSON: {error}.", code="bad_message", hint=_SHAPE) from None
    message = Part(whole, "The message")
    bodies = [key for key in whole if key in CHECKS]
    kind = as_text(whole.get("type")).lower() or (bodies[0] if len(bodies) == 1 else "")
    if kind not in CHECKS:
        known = ", ".join(CHECKS)
        hint = "A template goes out by --template." if kind == "template" else f"{_SHAPE}\nTypes: {known}."
        raise message.refused(f"has {f'the type {kind!r}' if kind else 'no type'}.", hint)
    fields = message.fields(kind, "type context")
    reply_to = ""
    if "context" in fields:
        reply_to = fields["context"].fields("message_id")["message_id"].text(200)
    content = whole[kind]
    if kind == "interactive" and isinstance(content, dict) and isinstance(content.get("type"), str):
        content = content | {"type": content["type"].lower()}  # Meta takes either case; one of them is enough
    check(kind, Part(content, kind))
    return Composed(kind, msgspec.json.encode(content).decode(), readable(kind, content), reply_to)


def wa_me_link(phone: str, text: str) -> str:
    """The link that opens a chat with ``phone`` and fills in ``text``; it needs no account and no API."""
    return f"https://wa.me/{_e164(phone)[1:]}" + (f"?text={quote(storable(text, 'text'), safe='')}" if text else "")


def storable(text: str, what: str) -> str:
    """``text`` itself. Raises Usage when it is not Unicode: a terminal in another encoding hands over half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Usage(f"The {what} is not valid UTF-8.", hint="Is the terminal or the file in another encoding?") from None
    return text


_SHAPE = 'Meta\'s shape without the envelope: {"type": "location", "location": {"latitude": 45.4, "longitude": 9.2}}'


def _recipient(message: Outgoing) -> Fields:
    if message.to_kind == PHONE:
        return {"to": _e164(message.to)}
    if message.to_kind == USER and message.to:
        return {"recipient": storable(message.to, "recipient")}
    raise Usage("WhatsApp told neither a phone number nor an id of this customer, so nothing can be sent to them.")


def _e164(phone: str) -> str:
    """Always with a plus: without it Meta puts the country code of the business number in front."""
    number = digits(phone)
    if not 7 <= len(number) <= 15 or number.startswith("0"):
        raise Usage(f"{phone!r} is not a phone number.", hint="Write it with + and the country code: +39 333 1234567.")
    return f"+{number}"


def _content(message: Outgoing) -> tuple[str, Fields]:
    """The type of the message and what stands under that name."""
    if message.template is not None:
        return "template", _template(message.template, message.definition, message.media)
    if message.kind == "text" and not message.body:
        return "text", {"body": _text(message.text)}
    if message.media is not None:
        content = _file(message.kind, message.media, message.text)
    elif message.kind == "reaction" and not message.body:
        content = {"message_id": message.reply_to, "emoji": message.text}
    elif message.kind in CHECKS and message.body:
        content = json.loads(message.body)
    else:
        raise Usage(f"WhatsApp cannot be sent a message of the kind {message.kind!r}.", code="not_supported")
    check(message.kind, Part(content, message.kind))
    return message.kind, content


def _text(text: str) -> str:
    if not text.strip():
        raise Usage("The text is empty.")
    if len(text) > TEXT_CHARACTERS:
        raise Usage(f"The text has {len(text)} characters; WhatsApp takes {TEXT_CHARACTERS}.", hint="Send it in parts.")
    return storable(text, "text")


def _file(kind: str, media: Media, caption: str) -> Fields:
    content: Fields = {"id": media.id or UPLOADED_FIRST}
    if caption:
        if kind in ("audio", "sticker"):
            raise Usage(f"WhatsApp shows no text under a file of this kind ({kind}).", hint="Send the text by itself.")
        content["caption"] = caption
    if kind == "document" and media.name:
        content["filename"] = storable(media.name, "file's name")
    return content


def _template(use: TemplateUse, definition: Template | None, media: Media | None) -> Fields:
    twice = [slot for slot, times in Counter(slot for slot, _ in use.parameters).items() if times > 1]
    if twice:
        raise Usage(f"Parameter {twice[0]!r} is given twice.")
    given = {slot: storable(value, f"parameter {slot}") for slot, value in use.parameters}
    if media is not None:
        wanted = slots(definition) if definition is not None else ()
        if not any(slot.slot == "header.link" for slot in wanted):
            raise Usage(f"{use.name}/{use.language} has no place for a file in its header.", code="no_file_header")
        given["header.link"] = _STANDS_FOR_FILE
    filled = unknown_components(use.name, given) if definition is None else components(definition, given)
    if media is not None:
        _put_in_header(filled, media)
    sent: Fields = {"name": use.name, "language": {"code": use.language}}
    return sent | {"components": filled} if filled else sent


_STANDS_FOR_FILE = "https://file.invalid/"


def _put_in_header(filled: list[Fields], media: Media) -> None:
    """The uploaded file in place of the link that stood for it."""
    for component in filled:
        for parameter in component["parameters"] if component["type"] == "header" else ():
            kind = parameter["type"]
            if kind in FILES:
                named = {"filename": media.name} if kind == "document" and media.name else {}
                parameter[kind] = {"id": media.id or UPLOADED_FIRST} | named
