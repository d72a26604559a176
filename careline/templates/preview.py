"""A template as the customer will see it: its texts with the values in, a word for what is no text, the buttons below."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from careline.channels.whatsapp.slots import components, slots
from careline.model import Template
from careline.rules.template import VARIABLE, said
from careline.templates.file import Definition

STAND_INS = {  # what is taken for a slot that was not given, to check those that were; nobody sees it
    **dict.fromkeys(("image", "video", "document", "gif"), "https://file.invalid/"),
    "location": "0,0",
    "product": "catalog,product",
    "expiry": "2026-01-01T00:00:00Z",
    "sections": "x:x",
}
CODE_BODY = "{{1}} is your verification code."
ADVICE = " For your security, do not share this code."


class Button(Struct, frozen=True):
    """A button: its type as template files have it, and its label."""

    type: str
    text: str


class Bubble(Struct, frozen=True):
    """A message or one card of it. The header is a text, or in brackets what kind of file."""

    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()


class Preview(Struct, frozen=True, kw_only=True):
    """What a template comes to with some values, and with its examples where none are given."""

    name: str
    language: str
    category: str
    message: Bubble
    cards: tuple[Bubble, ...] = ()
    parameters: dict[str, str]


def row(definition: Definition) -> Template:
    """The definition of a file as the row that the store keeps of a template."""
    return Template(
        account="",
        name=definition.name,
        language=definition.language,
        category=definition.category.lower(),
        components=json.dumps(definition.components, ensure_ascii=False),
        named=definition.named,
    )


def preview(template: Template, given: Sequence[tuple[str, str]]) -> Preview:
    """What the customer will see. Raises Usage naming a slot that is not there, or whose value cannot be sent.

    A slot that is not given shows its example, and its variable where it has none.
    """
    values = dict(given)
    missing = [slot for slot in slots(template) if not _is_given(slot.slot, values)]
    components(template, {slot.slot: STAND_INS.get(slot.type, "x") for slot in missing} | values)
    filled = {slot.slot: slot.example for slot in missing if slot.example} | values
    parts = json.loads(template.components)
    code = template.category.lower() == "authentication"
    cards = [one for part in parts if _type(part) == "CAROUSEL" for one in part.get("cards", [])]
    return Preview(
        name=template.name,
        language=template.language,
        category=template.category.lower(),
        message=_bubble(parts, "", filled, code=code),
        cards=tuple(_bubble(card.get("components", []), f"card{i}.", filled, code=False) for i, card in enumerate(cards)),
        parameters=values,
    )


def _is_given(slot: str, values: Mapping[str, str]) -> bool:
    """True when a value was given for it, or something that goes in its place."""
    other = slot.removesuffix("link") + "id" if slot.endswith("header.link") else slot
    return other in values or any(key == slot or key.startswith(f"{slot}.") for key in values)


def _bubble(parts: Sequence[Mapping[str, Any]], prefix: str, values: Mapping[str, str], *, code: bool) -> Bubble:
    by_type = {_type(part): part for part in parts}
    header, body, footer = (by_type.get(kind, {}) for kind in ("HEADER", "BODY", "FOOTER"))
    offer = by_type.get("LIMITED_TIME_OFFER", {}).get("limited_time_offer") or {}
    form = str(header.get("format", "TEXT")).lower()
    title = _filled(str(header.get("text", "")), f"{prefix}header.", values) if form == "text" else _word(form, prefix, values)
    text = str(body.get("text", ""))
    if code and not text:
        text = CODE_BODY + (ADVICE if body.get("add_security_recommendation") else "")
    minutes = footer.get("code_expiration_minutes")
    words = [_offer(offer, values)] if offer else []
    return Bubble(
        header=title,
        body="\n".join([*words, _filled(text, prefix, values)]),
        footer=str(footer.get("text") or (f"This code expires in {minutes} minutes." if minutes else "")),
        buttons=tuple(_button(one) for one in by_type.get("BUTTONS", {}).get("buttons", [])),
    )


def _filled(text: str, prefix: str, values: Mapping[str, str]) -> str:
    def word(variable: Any) -> str:
        shown = said(f"{prefix}{variable[1]}", values)
        return str(variable[0]) if shown is None else shown

    return VARIABLE.sub(word, text)


def _word(form: str, prefix: str, values: Mapping[str, str]) -> str:
    """A word for a header that is no text, with what is known of it."""
    keys = [f"{prefix}header.{key}" for key in ("filename", "id", "link", "location", "product")]
    told = next((values[key].removeprefix("file:") for key in keys if key in values), "")
    return f"[{form}]" if not told or told.startswith("4::") else f"[{form}: {told}]"


def _offer(offer: Mapping[str, Any], values: Mapping[str, str]) -> str:
    ends = values.get("lto.expires")
    return f"⏳ {offer.get('text', '')}" + (f", until {ends}" if ends else "")


def _button(button: Mapping[str, Any]) -> Button:
    kind = str(button.get("type", "")).lower()
    return Button(kind, str(button.get("text") or kind.replace("_", " ").capitalize()))


def _type(part: Mapping[str, Any]) -> str:
    return str(part.get("type", "")).upper()
