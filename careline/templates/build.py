"""From a template file to the components that WhatsApp's API takes.

Fields that Meta has are called as Meta calls them. A sample of a media header is a path beside the file; it stays in the
definition as ``file:PATH`` until somebody uploads it.
"""

from __future__ import annotations

from typing import Any

from careline.clock import SECOND
from careline.errors import Usage
from careline.rules.times import parse_duration
from careline.templates.variables import is_named, ordered
from careline.toml_file import Table

FILE = "file:"
UPLOADED = ("4::", "https://", "http://")  # samples that the platform has already

Part = dict[str, Any]


def components(table: Table) -> list[Part]:
    """The components of a file whose fields have the right types."""
    named = is_named(table)
    made = [*_header(table, named)]
    if "limited_time_offer" in table:
        made.append({"type": "LIMITED_TIME_OFFER", "limited_time_offer": dict(table["limited_time_offer"])})
    made += [*_body(table, named), *_footer(table), *_buttons(table)]
    if "cards" in table:
        made.append({"type": "CAROUSEL", "cards": [{"components": _card(card, named)} for card in table["cards"]]})
    return made


def seconds(ttl: int | str | None) -> int | None:
    """``ttl`` of a file in seconds: a number, or a duration such as ``10m``. Raises Usage for what is neither."""
    if ttl is None or isinstance(ttl, int):
        return ttl
    whole, rest = divmod(parse_duration(ttl), SECOND)
    if rest:
        raise Usage(f"ttl is whole seconds, not {ttl}.", code="bad_template")
    return whole


def _card(card: Table, named: bool) -> list[Part]:
    return [*_header(card, named), *_body(card, named), *_buttons(card)]


def _header(table: Table, named: bool) -> list[Part]:
    header = table.get("header")
    if header is None:
        return []
    if isinstance(header, str):
        example = _examples(header, table.get("header_examples"), "header_text", named)
        return [{"type": "HEADER", "format": "TEXT", "text": header, **example}]
    made: Part = {"type": "HEADER", "format": header["type"].upper()}
    if sample := header.get("sample"):
        made["example"] = {"header_handle": [sample if sample.startswith(UPLOADED) else FILE + sample]}
    return [made]


def _body(table: Table, named: bool) -> list[Part]:
    if "body" in table:
        return [{"type": "BODY", "text": table["body"], **_examples(table["body"], table.get("examples"), "body_text", named)}]
    if "add_security_recommendation" in table:
        return [{"type": "BODY", "add_security_recommendation": table["add_security_recommendation"]}]
    return [{"type": "BODY"}] if str(table.get("category", "")).lower() == "authentication" else []


def _footer(table: Table) -> list[Part]:
    if "code_expiration_minutes" in table:
        return [{"type": "FOOTER", "code_expiration_minutes": table["code_expiration_minutes"]}]
    return [{"type": "FOOTER", "text": table["footer"]}] if "footer" in table else []


def _buttons(table: Table) -> list[Part]:
    buttons = table.get("buttons")
    return [{"type": "BUTTONS", "buttons": [_button(button) for button in buttons]}] if buttons else []


def _button(button: Table) -> Part:
    made: Part = dict(button) | {"type": button["type"].upper()}
    if "otp_type" in made:
        made["otp_type"] = made["otp_type"].upper()
    if made["type"] == "URL" and "example" in made:
        made["example"] = [made["example"]]
    return made


def _examples(text: str, given: Any, field: str, named: bool) -> Part:
    """The ``example`` of a text: the platform reviews what it looks like filled in."""
    slots = ordered(text)
    if not slots or not given:
        return {}
    if named:
        told = given if isinstance(given, dict) else {}
        rows = [{"param_name": slot, "example": str(told[slot])} for slot in slots if slot in told]
        return {"example": {f"{field}_named_params": rows}}
    values = [str(value) for value in given] if isinstance(given, list) else []
    return {"example": {field: [values] if field == "body_text" else values}}
