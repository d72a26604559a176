"""Which fields a template file has, and of which type: what must be right before anything can be made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from careline.errors import Usage
from careline.templates.build import seconds
from careline.toml_file import Table
from careline.toml_lines import Where

Note = Callable[[str, Where, str], None]  # rule, field, what is wrong

PART = {"header": "header", "header_examples": "examples", "body": "text", "examples": "examples", "buttons": "tables"}
TEMPLATE = {
    "name": "text",
    "language": "text",
    "category": "text",
    "ttl": "ttl",
    **PART,
    "footer": "text",
    "add_security_recommendation": "flag",
    "code_expiration_minutes": "number",
    "limited_time_offer": "table",
    "cards": "tables",
}
HEADER = {"type": "text", "sample": "text"}
OFFER = {"text": "text", "has_expiration": "flag"}
APP = {"package_name": "text", "signature_hash": "text"}
DEEP_LINK = {"meta_app_id": "number", "android_deep_link": "text", "android_fallback_playstore_url": "text"}
BUTTONS: Mapping[str, Mapping[str, str]] = {
    "quick_reply": {"text": "text"},
    "url": {"text": "text", "url": "text", "example": "text", "app_deep_link": "table"},
    "phone_number": {"text": "text", "phone_number": "text"},
    "copy_code": {"example": "text"},
    "otp": {
        "otp_type": "text",
        "text": "text",
        "autofill_text": "text",
        "supported_apps": "tables",
        **APP,
        "zero_tap_terms_accepted": "flag",
    },
    "flow": {
        "text": "text",
        "flow_id": "text",
        "flow_name": "text",
        "flow_json": "text",
        "flow_action": "text",
        "navigate_screen": "text",
    },
    "catalog": {"text": "text"},
    "mpm": {"text": "text"},
    "spm": {"text": "text"},
    "voice_call": {"text": "text", "ttl_minutes": "number"},
    "app": {"text": "text", "app_deep_link": "table"},
    "call_permission_request": {},
    "request_contact_info": {"text": "text"},
}
NEEDED = {  # by button; a text too unless it is fixed
    "url": ("text", "url"),
    "phone_number": ("text", "phone_number"),
    "copy_code": ("example",),
    "otp": ("otp_type",),
    "call_permission_request": (),
    "request_contact_info": (),
}
INNER = {"limited_time_offer": OFFER, "supported_apps": APP, "app_deep_link": DEEP_LINK}
_WORDS = {
    "number": "a whole number",
    "flag": "true or false",
    "table": "a table",
    "tables": "written as [[{}]], one table each",
    "examples": "a list, or a table for named variables",
    "header": 'a text, or a table such as {{ type = "image", sample = "shop.jpg" }}',
}


def shape(table: Table, note: Note) -> None:
    """Note every field that is unknown, missing or of a wrong type (rules T002 to T004)."""
    _fields(table, TEMPLATE, (), note)
    for field in ("name", "language", "category"):
        if field not in table:
            note("T003", (), f"{field} is missing or empty")
    if "body" not in table and str(table.get("category", "")).lower() != "authentication":
        note("T003", (), "body is missing or empty")
    _header_and_buttons(table, (), note)
    for index, card in _tables(table, "cards"):
        _fields(card, PART, ("cards", index), note)
        _header_and_buttons(card, ("cards", index), note)


def _header_and_buttons(part: Table, where: Where, note: Note) -> None:
    header = part.get("header")
    if isinstance(header, dict):
        _fields(header, HEADER, (*where, "header"), note)
        if "type" not in header:
            note("T003", (*where, "header"), "header.type is missing or empty")
    for index, button in _tables(part, "buttons"):
        _button(button, (*where, "buttons", index), note)


def _button(button: Table, where: Where, note: Note) -> None:
    kind = button.get("type")
    if not isinstance(kind, str) or kind not in BUTTONS:
        near = get_close_matches(str(kind), BUTTONS, 1)
        meant = f"; {near[0]} is" if near else f"; there are {', '.join(BUTTONS)}"
        note("T005", where, f"{kind!r} is no type of button{meant}" if kind else f"the button has no type{meant}")
        return
    fields = BUTTONS[kind]
    _fields({name: value for name, value in button.items() if name != "type"}, fields, where, note)
    for name in NEEDED.get(kind, ("text",)):
        if name not in button:
            note("T003", where, f"{name} of the {kind} button is missing or empty")


def _fields(table: Mapping[str, Any], known: Mapping[str, str], where: Where, note: Note) -> None:
    for name, value in table.items():
        kind = known.get(name)
        if kind is None:
            note("T002", (*where, name), f"it has no field {name!r} here; known are {', '.join(sorted(known))}")
        elif kind == "ttl":
            _ttl(value, (*where, name), note)
        elif kind in ("text", "header") and isinstance(value, str | int) and not str(value).strip():
            note("T003", (*where, name), f"{name} is missing or empty")
        elif not _is(kind, value):
            if kind == "text" or (kind == "header" and not isinstance(value, dict)):
                note("T003", (*where, name), f"{name} is missing or empty: it is no text")
            else:
                note("T004", (*where, name), f"{name} is {_WORDS[kind].format(name)}")
        elif name in INNER:
            for index, inner in enumerate(value if isinstance(value, list) else [value]):
                _fields(inner, INNER[name], (*where, name, index) if isinstance(value, list) else (*where, name), note)


def _is(kind: str, value: object) -> bool:
    if kind == "header":
        return isinstance(value, str | dict)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "examples":
        return isinstance(value, dict | list)
    if kind == "tables":
        return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
    return isinstance(value, {"text": str, "flag": bool, "table": dict}[kind])


def _ttl(value: object, where: Where, note: Note) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        note("T004", where, "ttl is a number of seconds, or a duration such as 10m")
        return
    try:
        seconds(value)
    except Usage as error:
        note("T004", where, f"ttl: {error.message.rstrip('.')}")


def _tables(part: Mapping[str, Any], field: str) -> list[tuple[int, Table]]:
    found = part.get(field)
    return [(index, one) for index, one in enumerate(found) if isinstance(one, dict)] if isinstance(found, list) else []
