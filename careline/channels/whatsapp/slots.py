"""What a template wants filled in, and the filled-in components that WhatsApp takes.

Slots are named as ``--param`` names them: ``1`` or ``name`` in the body, ``header.1`` or ``header.name`` in a header text,
``header.link`` for the file of a header, ``button0`` for a button, counted from 0 as the template lists them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from careline.channels.whatsapp.loose import Fields, as_fields, as_list, as_text
from careline.errors import Usage
from careline.model import Slot, Template

_VARIABLE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
_FILES = ("image", "video", "document")
_LATER = ("carousel", "limited_time_offer", "product", "location", "gif", "flow", "mpm", "spm")  # need more than text


def slots(template: Template) -> tuple[Slot, ...]:
    """Every slot that ``template`` wants filled, in the order header, body, buttons. All are required.

    The code of an authentication template is one slot: WhatsApp wants it in the body and in the button.
    """
    parts = _parts(template)
    header, body = parts.get("HEADER", {}), parts.get("BODY", {})
    found = [*_header(header), *_texts("body", body)]
    if not any(slot.component == "body" for slot in found) and _is_code(template, parts):
        found.append(Slot("1", "body", 0, "1"))
    return (*found, *(slot for slot in _buttons(parts) if not _is_code(template, parts)))


def components(template: Template, given: Mapping[str, str]) -> list[Fields]:
    """WhatsApp's ``components`` for the values ``given``. Raises Usage naming the slot that is missing, empty or not there."""
    wanted = slots(template)
    parts = _parts(template)
    _check_kinds(template, parts)
    _check_values(template, wanted, given)
    filled: list[Fields] = []
    for component in ("header", "body"):
        parameters = [_parameter(slot, given[slot.slot]) for slot in wanted if slot.component == component]
        if parameters:
            filled.append({"type": component, "parameters": parameters})
    if _is_code(template, parts):
        return [*filled, _button("url", 0, {"type": "text", "text": given[wanted[-1].slot]})]
    for slot in wanted:
        if slot.component == "button" and slot.type == "coupon_code":
            filled.append(_button("copy_code", slot.index, {"type": "coupon_code", "coupon_code": given[slot.slot]}))
        elif slot.component == "button":
            filled.append(_button("url", slot.index, {"type": "text", "text": given[slot.slot]}))
    return filled


def unknown_components(name: str, given: Mapping[str, str]) -> list[Fields]:
    """The same for a template whose definition is not known: then only the body can be filled."""
    for slot in given:
        if slot.startswith(("header.", "button")):
            raise Usage(
                f"{name} is not known here, so {slot} cannot be filled.",
                hint="The kind of header or button decides how it is sent. Listing the templates reads their definitions.",
                run="careline templates list",
            )
    parameters = [_parameter(Slot(slot, "body", 0, slot), given[slot]) for slot in sorted(given, key=_position)]
    return [{"type": "body", "parameters": parameters}] if parameters else []


def _parts(template: Template) -> dict[str, Fields]:
    """The template's components by type."""
    return {as_text(part.get("type")).upper(): part for part in map(as_fields, as_list(json.loads(template.components)))}


def _button_list(parts: Mapping[str, Fields]) -> list[Any]:
    return as_list(parts.get("BUTTONS", {}).get("buttons"))


def _is_code(template: Template, parts: Mapping[str, Fields]) -> bool:
    """True for a template that carries a one-time code. Meta lists its button as OTP or, once approved, as a URL."""
    kinds = [as_text(as_fields(button).get("type")).upper() for button in _button_list(parts)]
    return "OTP" in kinds or (template.category.lower() == "authentication" and "URL" in kinds)


def _header(header: Fields) -> list[Slot]:
    kind = as_text(header.get("format")).lower()
    if kind not in _FILES:
        return _texts("header", header)
    handles = as_fields(header.get("example")).get("header_handle")
    example = as_text(handles[0] if isinstance(handles, list) and handles else handles)
    return [Slot("header.link", "header", 0, "link", kind, example)]


def _texts(component: str, part: Fields) -> list[Slot]:
    names = list(dict.fromkeys(_VARIABLE.findall(as_text(part.get("text")))))
    examples = _examples(component, as_fields(part.get("example")), names)
    prefix = "header." if component == "header" else ""
    return [Slot(prefix + name, component, 0, name, "text", examples.get(name, "")) for name in sorted(names, key=_position)]


def _examples(component: str, example: Fields, names: list[str]) -> dict[str, str]:
    """Examples by variable. Meta has them as a list, as a list in a list, or with names; once as a bare text."""
    named = [as_fields(each) for each in as_list(example.get(f"{component}_text_named_params"))]
    if named:
        return {as_text(each.get("param_name")): as_text(each.get("example")) for each in named}
    told = example.get(f"{component}_text")
    while isinstance(told, list) and told and isinstance(told[0], list):
        told = told[0]
    values = told if isinstance(told, list) else [told]
    return dict(zip(sorted(names, key=_position), map(as_text, values), strict=False))


def _position(name: str) -> tuple[int, str]:
    """Numbers in their order before names: 10 comes after 9."""
    return (int(name), "") if name.isascii() and name.isdigit() else (10**9, name)


def _buttons(parts: Mapping[str, Fields]) -> list[Slot]:
    found = []
    for index, button in enumerate(map(as_fields, _button_list(parts))):
        kind = as_text(button.get("type")).upper()
        example = button.get("example")
        shown = as_text(example[0] if isinstance(example, list) and example else example)
        if kind == "URL" and (variable := _VARIABLE.search(as_text(button.get("url")))):
            found.append(Slot(f"button{index}", "button", index, variable[1], "text", shown))
        elif kind == "COPY_CODE":
            found.append(Slot(f"button{index}", "button", index, "code", "coupon_code", shown))
    return found


def _check_kinds(template: Template, parts: Mapping[str, Fields]) -> None:
    header = as_text(parts.get("HEADER", {}).get("format"))
    buttons = [as_text(as_fields(button).get("type")) for button in _button_list(parts)]
    for kind in (*parts, header, *buttons):
        if kind.lower() in _LATER:
            raise Usage(f"{template.name}/{template.language} has a {kind.lower()}, which careline cannot fill in yet.")


def _check_values(template: Template, wanted: tuple[Slot, ...], given: Mapping[str, str]) -> None:
    name = f"{template.name}/{template.language}"
    takes = "It takes " + " ".join(f"--param {slot.slot}=…" for slot in wanted) if wanted else "It takes no parameters."
    for key in given.keys() - {slot.slot for slot in wanted}:
        raise Usage(f"{name} has no parameter {key!r}.", hint=takes)
    for slot in wanted:
        if not given.get(slot.slot, "").strip():
            what = "is empty" if slot.slot in given else "is missing"
            raise Usage(f"Parameter {slot.slot!r} of {name} {what}.", hint=takes)
        if slot.type in _FILES and not given[slot.slot].startswith(("https://", "http://")):
            raise Usage(f"Parameter {slot.slot!r} of {name} must be the https:// address of the {slot.type}.", hint=takes)


def _parameter(slot: Slot, value: str) -> Fields:
    if slot.type in _FILES:
        return {"type": slot.type, slot.type: {"link": value}}
    parameter = {"type": "text", "text": value}
    return parameter if _position(slot.name)[1] == "" else {"type": "text", "parameter_name": slot.name, "text": value}


def _button(kind: str, index: int, parameter: Fields) -> Fields:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
