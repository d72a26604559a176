"""Interactive messages as Graph checks them: what can be tapped, how long, how many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.shape import items, one_of, shape, text, unique, wrong
from careline.sandbox.phone import Button, Json

UNCHECKED = (
    "address_message",
    "call_permission_request",
    "voice_call",
    "order_details",
    "order_status",
    "request_contact_info",
)

Files = list[tuple[str, Any]]  # (type, file) of headers


def interactive(given: Any) -> tuple[str, list[Button], Files]:
    """What the customer reads, what they can tap, and the files in headers. Raises GraphError."""
    kind = one_of(given.get("type") if isinstance(given, dict) else None, (*_KINDS, *UNCHECKED), "interactive['type']")
    if kind in UNCHECKED:
        body = given.get("body")
        return str(body.get("text", "")) if isinstance(body, dict) else "", [], []
    header_kinds, body_needed, longest, check = _KINDS[kind]
    told = shape(given, "interactive", "type action" + (" body" if body_needed else ""), "header body footer")
    files: Files = []
    if "header" in told:
        files += _header(told["header"], header_kinds, "interactive['header']")
    elif kind == "product_list":
        raise GraphError(100, "(#100) The parameter interactive['header'] is required.")
    shown = (
        text(shape(told["body"], "interactive['body']", "text"), "text", longest, "interactive['body']")
        if "body" in told
        else ""
    )
    if "footer" in told:
        text(shape(told["footer"], "interactive['footer']", "text"), "text", 60, "interactive['footer']")
    buttons = check(told["action"], files)
    return shown, buttons, files


def _header(given: Any, kinds: tuple[str, ...], where: str) -> Files:
    kind = one_of(given.get("type") if isinstance(given, dict) else None, kinds, f"{where}['type']")
    told = shape(given, where, f"type {kind}", "sub_text")
    if kind == "text":
        text(told, "text", 60, where)
        return []
    return [(kind, told[kind])]


def _buttons(given: Any, files: Files) -> list[Button]:
    action, found = shape(given, "action", "buttons"), []
    for index, one in enumerate(items(action["buttons"], "action['buttons']", 1, 3)):
        where = f"action['buttons'][{index}]"
        button = shape(one, where, "type reply")
        one_of(button["type"], ("reply",), f"{where}['type']")
        reply = shape(button["reply"], f"{where}['reply']", "id title")
        id, title = text(reply, "id", 256, where), text(reply, "title", 20, where)
        if id != id.strip():
            raise wrong(f"{where}['reply']['id']: leading or trailing spaces.")
        found.append(Button(title, id, "REPLY"))
    unique([one.payload for one in found], "Button id")
    unique([one.text for one in found], "Button title")
    return found


def _list(given: Any, files: Files) -> list[Button]:
    action, found = shape(given, "action", "button sections"), []
    text(action, "button", 20, "action")
    sections = items(action["sections"], "action['sections']", 1, 10)
    for index, one in enumerate(sections):
        where = f"action['sections'][{index}]"
        section = shape(one, where, "rows" if len(sections) == 1 else "rows title", "title")
        if section.get("title"):
            text(section, "title", 24, where)
        for row in items(section["rows"], f"{where}['rows']", 1, 10):
            told = shape(row, f"{where}['rows']", "id title", "description")
            if told.get("description"):
                text(told, "description", 72, where)
            found.append(Button(text(told, "title", 24, where), text(told, "id", 200, where), "ROW"))
    if len(found) > 10:
        raise wrong("Total row count exceed max allowed count: 10.")
    unique([one.payload for one in found], "Row id")
    return found


def _cta_url(given: Any, files: Files) -> list[Button]:
    action = shape(given, "action", "name parameters")
    one_of(action["name"], ("cta_url",), "action['name']")
    told = shape(action["parameters"], "action['parameters']", "display_text url")
    if not str(told["url"]).startswith(("https://", "http://")):
        raise wrong("action['parameters']['url'] must be a valid URL.")
    return [Button(text(told, "display_text", 20, "action['parameters']"), str(told["url"]), "URL")]


def _location(given: Any, files: Files) -> list[Button]:
    one_of(shape(given, "action", "name")["name"], ("send_location",), "action['name']")
    return []


def _flow(given: Any, files: Files) -> list[Button]:
    action = shape(given, "action", "name parameters")
    one_of(action["name"], ("flow",), "action['name']")
    known = "flow_id flow_name flow_token mode flow_action flow_action_payload flow_metadata"
    told = shape(action["parameters"], "action['parameters']", "flow_message_version flow_cta", known)
    if ("flow_id" in told) == ("flow_name" in told):
        raise GraphError(100, "(#100) Exactly one of flow_id and flow_name is required.")
    return [Button(text(told, "flow_cta", 30, "action['parameters']"), str(told.get("flow_id", "")), "FLOW")]


def _product(given: Any, files: Files) -> list[Button]:
    shape(given, "action", "catalog_id product_retailer_id")
    return []


def _products(given: Any, files: Files) -> list[Button]:
    action, count = shape(given, "action", "catalog_id sections"), 0
    sections = items(action["sections"], "action['sections']", 1, 10)
    for one in sections:
        section = shape(one, "action['sections']", "product_items" if len(sections) == 1 else "product_items title", "title")
        count += len(items(section["product_items"], "product_items", 1, 30))
        for item in section["product_items"]:
            shape(item, "product_items", "product_retailer_id")
    if count > 30:
        raise wrong("Total product count exceeds 30.")
    return []


def _catalog(given: Any, files: Files) -> list[Button]:
    action = shape(given, "action", "name", "parameters")
    one_of(action["name"], ("catalog_message",), "action['name']")
    shape(action.get("parameters", {}), "action['parameters']", "", "thumbnail_product_retailer_id")
    return []


def _carousel(given: Any, files: Files) -> list[Button]:
    found, kinds = [], set()
    for index, one in enumerate(items(shape(given, "action", "cards")["cards"], "action['cards']", 2, 10)):
        where = f"action['cards'][{index}]"
        card: Json = shape(one, where, "card_index type header action", "body")
        if card["card_index"] != index:
            raise wrong(f"{where}['card_index'] must be {index}.")
        one_of(card["type"], ("cta_url",), f"{where}['type']")
        header = _header(card["header"], ("image", "video"), f"{where}['header']")
        kinds.add(header[0][0])
        files += header
        if card.get("body"):
            text(shape(card["body"], f"{where}['body']", "text"), "text", 160, f"{where}['body']")
        found += _card_action(card["action"], files, where)
    if len(kinds) > 1:
        raise wrong("The headers of all cards must have one type.")
    return found


def _card_action(given: Any, files: Files, where: str) -> list[Button]:
    if not isinstance(given, dict) or "buttons" not in given:
        return _cta_url(given, files)
    found = []
    for one in items(shape(given, f"{where}['action']", "buttons")["buttons"], f"{where}['buttons']", 1, 3):
        button = shape(one, f"{where}['buttons']", "type quick_reply")
        one_of(button["type"], ("quick_reply",), f"{where}['type']")
        reply = shape(button["quick_reply"], f"{where}['quick_reply']", "id title")
        found.append(Button(text(reply, "title", 20, where), text(reply, "id", 256, where), "REPLY"))
    return found


_Kind = tuple[tuple[str, ...], bool, int, Callable[[Any, Files], list[Button]]]  # headers, body needed, its length, the action

_ANY = ("text", "image", "video", "document")
_KINDS: Mapping[str, _Kind] = {
    "button": (_ANY, True, 1024, _buttons),
    "list": (("text",), True, 4096, _list),
    "cta_url": (_ANY, True, 1024, _cta_url),
    "location_request_message": ((), True, 1024, _location),
    "flow": (_ANY, True, 1024, _flow),
    "product": ((), False, 1024, _product),
    "product_list": (("text",), True, 1024, _products),
    "catalog_message": ((), True, 1024, _catalog),
    "carousel": ((), True, 1024, _carousel),
}
