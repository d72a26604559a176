"""The TOML of a template that an account has.

What comes from the platform may be of any shape: what is not understood becomes a remark, never an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from careline.templates.build import FILE
from careline.templates.shape import BUTTONS, INNER
from careline.templates.variables import ordered, variables

Part = Mapping[str, Any]

OURS = ("HEADER", "BODY", "FOOTER", "BUTTONS", "LIMITED_TIME_OFFER", "CAROUSEL")


def written(template: Part) -> str:
    """The file of a template as the account lists it: reading it gives that template again.

    What the platform writes by itself (ids, states, the fixed words of codes) is left out; fields that have no place in a file
    stand in it as remarks.
    """
    parts = {_upper(part.get("type")): part for part in _tables(template.get("components"))}
    code = _upper(template.get("category")) == "AUTHENTICATION"
    lines = [
        f"name = {quoted(template.get('name'))}",
        f"language = {quoted(str(template.get('language', '')).replace('-', '_'))}",
        f"category = {quoted(str(template.get('category', '')).lower())}",
    ]
    ttl = template.get("message_send_ttl_seconds", template.get("ttl_s"))
    lines += [f"ttl = {ttl}"] if isinstance(ttl, int) and not isinstance(ttl, bool) else []
    lines += ["", *(_code(parts) if code else _texts(parts))]
    offer = parts.get("LIMITED_TIME_OFFER", {}).get("limited_time_offer")
    if isinstance(offer, dict):
        lines += ["", "[limited_time_offer]", *_known(offer, INNER["limited_time_offer"])]
    lines += _buttons(parts, "buttons", code)
    for card in _tables(parts.get("CAROUSEL", {}).get("cards")):
        inside = {_upper(part.get("type")): part for part in _tables(card.get("components"))}
        lines += ["", "[[cards]]", *_texts(inside), *_buttons(inside, "cards.buttons", code=False)]
    strange = [kind.lower() for kind in parts if kind not in OURS]
    lines += (
        ["", *(f"# the account also has a component that has no place here: {kind}" for kind in strange)] if strange else []
    )
    return "\n".join(lines) + "\n"


def quoted(value: object) -> str:
    """``value`` as a TOML value; a text of several lines over several lines."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    body = json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
    body = re.sub("[\ud800-\udfff]", "\ufffd", body)  # half characters cannot stand in a file
    if "\n" not in text:
        return f'"{body}"'
    broken = re.sub(r"(\\\\)|\\n", lambda found: found[1] or "\n", body)
    return f'"""\n{broken}"""'


def _texts(parts: Mapping[str, Part]) -> list[str]:
    """Header, body and footer of a template or a card."""
    header, body, footer = (parts.get(kind, {}) for kind in ("HEADER", "BODY", "FOOTER"))
    lines: list[str] = []
    form = _upper(header.get("format")) or ("TEXT" if header else "")
    if form == "TEXT":
        lines += [f"header = {quoted(header.get('text'))}", *_examples(header, "header")]
    elif form:
        sample = next(iter(_handles(header)), "")
        inside = [f"type = {quoted(form.lower())}", *([f"sample = {quoted(sample)}"] if sample else [])]
        lines.append(f"header = {{ {', '.join(inside)} }}")
    if "text" in body:
        lines += [f"body = {quoted(body['text'])}", *_examples(body, "body")]
    if "text" in footer:
        lines.append(f"footer = {quoted(footer['text'])}")
    return lines


def _code(parts: Mapping[str, Part]) -> list[str]:
    """The settings of a template for codes: the platform writes its words."""
    advice = parts.get("BODY", {}).get("add_security_recommendation")
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes")
    lines = [f"add_security_recommendation = {quoted(advice)}"] if isinstance(advice, bool) else []
    return [*lines, f"code_expiration_minutes = {minutes}"] if isinstance(minutes, int) else lines


def _examples(part: Part, kind: str) -> list[str]:
    """The line with the examples of a text: a list, or a table for named variables."""
    field = "examples" if kind == "body" else "header_examples"
    slots = ordered(str(part.get("text", "")))
    example = part.get("example")
    told = example if isinstance(example, dict) else {}
    rows = _tables(told.get(f"{kind}_text_named_params"))
    if rows:
        named = {str(row.get("param_name")): str(row.get("example", "")) for row in rows}
        pairs = [f"{_key(slot)} = {quoted(named[slot])}" for slot in slots if slot in named]
        return [f"{field} = {{ {', '.join(pairs)} }}"] if pairs else []
    values = told.get(f"{kind}_text")
    while isinstance(values, list) and values and isinstance(values[0], list):
        values = values[0]
    values = values if isinstance(values, list) else [values] if isinstance(values, str) else []
    return [f"{field} = [{', '.join(quoted(str(value)) for value in values)}]"] if slots and values else []


def _handles(header: Part) -> Iterator[str]:
    example = header.get("example")
    handles = example.get("header_handle") if isinstance(example, dict) else None
    for handle in handles if isinstance(handles, list) else [handles]:
        if isinstance(handle, str) and handle.strip():
            yield handle.split("\n")[0].removeprefix(FILE)


def _buttons(parts: Mapping[str, Part], table: str, code: bool) -> list[str]:
    lines: list[str] = []
    for button in _tables(parts.get("BUTTONS", {}).get("buttons")):
        told = _as_otp(button) if code and _upper(button.get("type")) == "URL" else dict(button)
        kind = _upper(told.get("type")).lower()
        if isinstance(told.get("example"), list):
            told["example"] = next(iter(told["example"]), "")
        if kind == "url" and not variables(str(told.get("url", ""))):
            told.pop("example", None)
        if "otp_type" in told:
            told["otp_type"] = str(told["otp_type"]).lower()
        if kind not in BUTTONS:
            lines += ["", f"# the account also has a button that has no place here: {json.dumps(kind)}"]
            continue
        lines += ["", f"[[{table}]]", f"type = {quoted(kind)}", *_known(told, BUTTONS[kind])]
    return lines


def _as_otp(button: Part) -> dict[str, Any]:
    """The button of a code as it was submitted: the account lists it as an address."""
    asked = parse_qs(urlsplit(str(button.get("url", ""))).query)
    told = {key: value for key, value in button.items() if key not in ("url", "example")}
    return told | {"type": "OTP", "otp_type": str(button.get("otp_type") or asked.get("otp_type", ["copy_code"])[0])}


def _known(table: Part, fields: Mapping[str, str]) -> list[str]:
    """A line for each field that a file has."""
    lines = []
    for name, value in table.items():
        if name in fields and value not in (None, "", [], {}):
            lines.append(f"{name} = {_value(value, name, fields[name])}")
    return lines


def _value(value: Any, name: str, kind: str) -> str:
    if kind == "tables":
        return f"[{', '.join(_value(one, name, 'table') for one in _tables(value))}]"
    if kind == "table":
        return f"{{ {', '.join(_known(value if isinstance(value, dict) else {}, INNER[name]))} }}"
    return quoted(str(value) if kind == "text" else value)


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _upper(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)
