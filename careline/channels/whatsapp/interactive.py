"""What WhatsApp takes of an interactive message: buttons, lists, addresses to tap, forms, products, cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from careline.channels.whatsapp.parts import Part, different

CAPTION = 1024
BODY = 1024
LIST_BODY = 4096
SHORT = 60  # header text, footer
LABEL = 20  # a button
ROWS = 10  # of a list, in all its sections
PRODUCTS = 30

# What Meta sells to some countries, or changes from month to month, goes through as it is written.
PASSED_THROUGH = (
    "address_message",
    "call_permission_request",
    "voice_call",
    "order_details",
    "order_status",
    "request_contact_info",
)

_FILES = ("image", "video", "document")


def interactive(part: Part) -> None:
    """Raises Usage for what WhatsApp would refuse of an interactive message by its form."""
    if "type" not in part.object():
        raise part.refused("lacks 'type'.")
    kind = Part(part.value["type"], f"{part.name}.type").word(*_KINDS, *PASSED_THROUGH)
    if kind in PASSED_THROUGH:
        return
    headers, body, check = _KINDS[kind]
    fields = part.fields("type action", f"body footer {'header' if headers else ''}")
    if "header" in fields:
        _header(fields["header"], headers)
    elif kind == "product_list":
        raise part.refused("lacks 'header'.")
    if "body" in fields:
        fields["body"].fields("text")["text"].text(body)
    elif kind != "product":
        raise part.refused("lacks 'body'.")
    if "footer" in fields:
        fields["footer"].fields("text")["text"].text(SHORT)
    check(fields["action"])


def _header(part: Part, kinds: tuple[str, ...]) -> None:
    kind = Part(part.object().get("type"), f"{part.name}.type").word(*kinds)
    fields = part.fields(f"type {kind}")
    if kind == "text":
        fields["text"].text(SHORT)
    else:
        fields[kind].file("filename")


def _buttons(action: Part) -> None:
    ids, titles = [], []
    for button in action.fields("buttons")["buttons"].items(1, 3):
        fields = button.fields("type reply")
        fields["type"].word("reply")
        reply = fields["reply"].fields("id title")
        if reply["id"].text(256) != reply["id"].value.strip():
            raise reply["id"].refused("begins or ends with a blank.")
        reply["title"].text(LABEL)
        ids.append(reply["id"])
        titles.append(reply["title"])
    different(ids, "button's id")
    different(titles, "button's title")


def _list(action: Part) -> None:
    fields = action.fields("button sections")
    fields["button"].text(LABEL)
    sections, ids = fields["sections"].items(1, ROWS), []
    for section in sections:
        inner = section.fields("rows" if len(sections) == 1 else "title rows", "title")
        if "title" in inner:
            inner["title"].text(24)
        for row in inner["rows"].items(1, ROWS):
            cells = row.fields("id title", "description")
            cells["id"].text(200)
            cells["title"].text(24)
            if "description" in cells:
                cells["description"].text(72, empty=True)
            ids.append(cells["id"])
    if len(ids) > ROWS:
        raise fields["sections"].refused(f"has {len(ids)} rows; WhatsApp takes {ROWS} in all sections together.")
    different(ids, "row's id")


def _address(action: Part) -> None:
    fields = action.fields("name parameters")
    fields["name"].word("cta_url")
    parameters = fields["parameters"].fields("display_text url")
    parameters["display_text"].text(LABEL)
    parameters["url"].address()


def _ask_location(action: Part) -> None:
    action.fields("name")["name"].word("send_location")


def _flow(action: Part) -> None:
    fields = action.fields("name parameters")
    fields["name"].word("flow")
    known = "flow_id flow_name flow_token mode flow_action flow_action_payload flow_metadata"
    parameters = fields["parameters"].fields("flow_message_version flow_cta", known)
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        raise fields["parameters"].refused("needs either flow_id or flow_name.")
    if re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", parameters["flow_cta"].text(30)):
        raise parameters["flow_cta"].refused("may hold no emoji.")
    if "mode" in parameters:
        parameters["mode"].word("draft", "published")
    if "flow_action" in parameters:
        parameters["flow_action"].word("navigate", "data_exchange")


def _product(action: Part) -> None:
    fields = action.fields("catalog_id product_retailer_id")
    fields["catalog_id"].text(200)
    fields["product_retailer_id"].text(200)


def _products(action: Part) -> None:
    fields = action.fields("catalog_id sections")
    sections, count = fields["sections"].items(1, 10), 0
    for section in sections:
        inner = section.fields("product_items" if len(sections) == 1 else "title product_items", "title")
        if "title" in inner:
            inner["title"].text(24)
        for item in inner["product_items"].items(1, PRODUCTS):
            item.fields("product_retailer_id")["product_retailer_id"].text(200)
            count += 1
    if count > PRODUCTS:
        raise fields["sections"].refused(f"has {count} products; WhatsApp takes {PRODUCTS} in all sections together.")


def _catalog(action: Part) -> None:
    fields = action.fields("name", "parameters")
    fields["name"].word("catalog_message")
    if "parameters" in fields:
        fields["parameters"].fields("", "thumbnail_product_retailer_id")


def _cards(action: Part) -> None:
    headers = []
    for index, card in enumerate(action.fields("cards")["cards"].items(2, 10)):
        fields = card.fields("card_index type header action", "body")
        if fields["card_index"].value != index:
            raise fields["card_index"].refused(f"must be {index}: cards are counted from 0.")
        fields["type"].word("cta_url")
        _header(fields["header"], ("image", "video"))
        headers.append(fields["header"].value["type"])
        if headers[0] != headers[-1]:
            raise fields["header"].refused(f"must be of type {headers[0]}, as that of the first card.")
        if "body" in fields:
            fields["body"].fields("text")["text"].text(160)
        _card_action(fields["action"])


def _card_action(action: Part) -> None:
    """One address to tap, or up to three quick replies."""
    if "buttons" not in action.object():
        _address(action)
        return
    for button in action.fields("buttons")["buttons"].items(1, 3):
        fields = button.fields("type quick_reply")
        fields["type"].word("quick_reply")
        reply = fields["quick_reply"].fields("id title")
        reply["id"].text(256)
        reply["title"].text(LABEL)


_Kind = tuple[tuple[str, ...], int, Callable[[Part], None]]  # headers, longest body, the action

_KINDS: Mapping[str, _Kind] = {
    "button": (("text", *_FILES), BODY, _buttons),
    "list": (("text",), LIST_BODY, _list),
    "cta_url": (("text", *_FILES), BODY, _address),
    "location_request_message": ((), BODY, _ask_location),
    "flow": (("text", *_FILES), BODY, _flow),
    "product": ((), BODY, _product),
    "product_list": (("text",), BODY, _products),
    "catalog_message": ((), BODY, _catalog),
    "carousel": ((), BODY, _cards),
}
