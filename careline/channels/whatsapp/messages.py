"""The body of a message, and the link that starts one. Pure: a dry run prints exactly this."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from careline.channels.ports import Outgoing
from careline.channels.whatsapp.loose import Fields
from careline.channels.whatsapp.people import PHONE, USER, digits
from careline.channels.whatsapp.policy import TEXT_CHARACTERS
from careline.channels.whatsapp.slots import components, unknown_components
from careline.errors import Usage
from careline.model import Template, TemplateUse


def body(message: Outgoing) -> Fields:
    """The JSON of ``message``. Raises Usage for what WhatsApp would refuse by its form, naming the part to mend."""
    sent: Fields = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(message)}
    if message.template is not None:
        sent |= {"type": "template", "template": _template(message.template, message.definition)}
    else:
        sent |= {"type": "text", "text": {"body": _text(message.text)}}
    if message.reply_to:
        sent["context"] = {"message_id": message.reply_to}
    if message.ours:
        sent["biz_opaque_callback_data"] = message.ours
    return sent


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


def _text(text: str) -> str:
    if not text.strip():
        raise Usage("The text is empty.")
    if len(text) > TEXT_CHARACTERS:
        raise Usage(f"The text has {len(text)} characters; WhatsApp takes {TEXT_CHARACTERS}.", hint="Send it in parts.")
    return storable(text, "text")


def _template(use: TemplateUse, definition: Template | None) -> Fields:
    twice = [slot for slot, times in Counter(slot for slot, _ in use.parameters).items() if times > 1]
    if twice:
        raise Usage(f"Parameter {twice[0]!r} is given twice.")
    given = {slot: storable(value, f"parameter {slot}") for slot, value in use.parameters}
    filled = unknown_components(use.name, given) if definition is None else components(definition, given)
    sent: Fields = {"name": use.name, "language": {"code": use.language}}
    return sent | {"components": filled} if filled else sent
