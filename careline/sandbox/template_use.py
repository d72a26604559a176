"""A template filled in: are these the parameters its definition asks for, and what does the customer then read?

Refusals are Meta's: 132000 for how many, 132012 for their form, 100 for a name that is missing, 132005 and 132007 for texts.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from careline.sandbox.graph_errors import GraphError, NotEmulated
from careline.sandbox.template_rules import HEADER_MEDIA, variables
from careline.sandbox.world import Button, Json, Template

LONGEST = {"header": 60, "body": 1024}


class Filled(Struct):
    """What the customer sees."""

    text: str
    buttons: list[Button]


def fill(template: Template, given: Any) -> Filled:
    """The message that ``given`` (``template.components`` of a send) makes of ``template``. Raises GraphError."""
    sent = _sent(given)
    named = template.parameter_format == "NAMED"
    texts: list[str] = []
    buttons: list[Button] = []
    for component in template.components:
        kind = str(component["type"]).lower()
        if kind == "buttons":
            buttons = [_button(one, index, sent) for index, one in enumerate(component["buttons"])]
        elif kind == "header" and component.get("format") != "TEXT":
            texts.append(_media(str(component["format"]), sent.pop("header", [])))
        else:
            texts.append(_text(kind, str(component["text"]), sent.pop(kind, []), named))
    if sent:
        extra = next(iter(sent))
        raise GraphError(132000, details=f"{extra}: the template takes no parameters there")
    return Filled("\n".join(texts), buttons)


def _sent(given: Any) -> dict[str, list[Json]]:
    """The parameters sent, by place: ``header``, ``body``, ``button 0``…"""
    if given is None:
        return {}
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise GraphError(100, "(#100) Param template['components'] must be an array.")
    places: dict[str, list[Json]] = {}
    for one in given:
        kind = str(one.get("type", "")).lower()
        if kind == "button":
            kind = f"button {one.get('index')}"
        elif kind not in ("header", "body"):
            raise NotEmulated(f"message components of type {kind or 'nothing'}")
        parameters = one.get("parameters", [])
        if not isinstance(parameters, list) or not all(isinstance(each, dict) for each in parameters):
            raise GraphError(100, "(#100) Param parameters must be an array of objects.")
        if kind in places:
            raise GraphError(100, f"(#100) The component {kind} is given twice.")
        places[kind] = parameters
    return {place: parameters for place, parameters in places.items() if parameters}


def _text(kind: str, text: str, parameters: list[Json], named: bool) -> str:
    wanted = list(dict.fromkeys(variables(text)))
    if len(wanted) != len(parameters):
        raise GraphError(
            132000,
            details=f"{kind}: number of localizable_params ({len(parameters)}) does not match the expected number of "
            f"params ({len(wanted)})",
        )
    values: dict[str, str] = {}
    for position, parameter in enumerate(parameters):
        name = wanted[position]
        if named:
            name = parameter.get("parameter_name", "")
            if not name:
                raise GraphError(100, "(#100) Invalid parameter", details="Parameter name is missing or empty")
            if name not in wanted:
                raise GraphError(132000, details=f"{kind}: the template has no parameter {name}")
        values[str(name)] = _value(kind, parameter)
    if set(values) != set(wanted):
        raise GraphError(132000, details=f"{kind}: a parameter is given twice")
    filled = re.sub(r"\{\{\s*([^{}]*?)\s*\}\}", lambda found: values[found.group(1)], text)
    if len(filled) > LONGEST.get(kind, 60):
        raise GraphError(132005, details=f"{kind}: {len(filled)} characters, {LONGEST.get(kind, 60)} are allowed")
    return filled


def _value(kind: str, parameter: Json) -> str:
    form = parameter.get("type")
    if form in ("currency", "date_time") and kind == "body":
        held = parameter.get(form)
        value = held.get("fallback_value") if isinstance(held, dict) else None
    elif form == "text":
        value = parameter.get("text")
    else:
        raise GraphError(132012, details=f"{kind}: a parameter of type {form} where text is expected")
    if not isinstance(value, str) or not value:
        raise GraphError(100, "(#100) Invalid parameter", details=f"{kind}: the text of a parameter is missing or empty")
    if re.search(r"[\n\t]| {5,}", value):
        raise GraphError(132007, details=f"{kind}: a parameter has a line break, a tab or more than four blanks in a row")
    return value


def _media(form: str, parameters: list[Json]) -> str:
    kind = form.lower()
    if len(parameters) != 1:
        raise GraphError(132012, details=f"header: Format mismatch, expected {form}, received {len(parameters)} parameters")
    parameter = parameters[0]
    held = parameter.get(kind)
    if parameter.get("type") != kind or not isinstance(held, dict):
        raise GraphError(132012, details=f"header: Format mismatch, expected {form}, received {parameter.get('type')}")
    if form in HEADER_MEDIA:
        if "id" in held:
            raise GraphError(131009, details="The sandbox keeps no media: give a link.")
        if not str(held.get("link", "")).startswith(("http://", "https://")):
            raise GraphError(131008, details=f"header: the link of the {kind} is missing")
    elif not {"latitude", "longitude"} <= held.keys():
        raise GraphError(131008, details="header: latitude and longitude are required")
    return f"[{kind}]"


def _button(button: Json, index: int, sent: dict[str, list[Json]]) -> Button:
    kind = str(button["type"])
    parameters = sent.pop(f"button {index}", [])
    label = str(button.get("text", "Copy code"))
    if kind == "QUICK_REPLY":
        payload = parameters[0].get("payload", label) if parameters else label
        return Button(label, str(payload), kind)
    if kind == "COPY_CODE":
        code = parameters[0].get("coupon_code") if parameters else None
        if not isinstance(code, str) or not code.isalnum():
            raise GraphError(132012, details=f"button {index}: a coupon_code of letters and digits is expected")
        return Button(label, code, kind)
    target = str(button.get("url") or button.get("phone_number"))
    wanted = len(variables(target)) if kind == "URL" else 0
    if wanted != len(parameters):
        raise GraphError(
            132000,
            details=f"button at index {index}: number of localizable_params ({len(parameters)}) does not match the expected "
            f"number of params ({wanted})",
        )
    if wanted:
        target = re.sub(r"\{\{[^{}]*\}\}", _value("button", parameters[0]).replace("\\", "\\\\"), target)
    return Button(label, target, kind)
