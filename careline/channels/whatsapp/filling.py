"""Values as ``--param`` gives them, made into the parameters of WhatsApp's template messages.

| value | is written |
|---|---|
| a text | as it is: no line break, no tab, at most four blanks in a row |
| ``1.currency`` | EUR,12.50 and perhaps the words for it: EUR,12.50,12.50 euro |
| ``1.date_time`` | the words for it |
| ``header.link``, ``header.id`` | an https:// address, or the id of an uploaded file; ``header.filename`` for documents |
| ``header.location`` | LATITUDE,LONGITUDE and perhaps NAME,ADDRESS |
| ``header.product`` | CATALOG,PRODUCT |
| ``lto.expires`` | 2026-12-24T18:00:00+01:00 |
| ``button0`` | the end of an address, a coupon, what a quick reply answers, a flow's token, a product for the picture |
| ``button0.data`` | a flow's first data, a JSON object |
| ``button0.sections`` | TITLE:PRODUCT,PRODUCT;TITLE:PRODUCT |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from careline.channels.whatsapp.loose import Fields
from careline.channels.whatsapp.places import FILES, Place, position
from careline.model import Slot
from careline.rules.template import VARIABLE, said

CODE, COUPON, URL, PAYLOAD = 15, 20, 2000, 256
SECTIONS, PRODUCTS, TITLE = 10, 30, 24
_BLANKS = re.compile(r"[\n\r\t]| {5,}")


class Wrong(Exception):
    """A value that WhatsApp would refuse: ``slot`` and ``why``, as “Parameter SLOT of … WHY”."""

    def __init__(self, slot: str, why: str) -> None:
        super().__init__(why)
        self.slot = slot
        self.why = why


def component(place: Place, given: Mapping[str, str]) -> list[Fields]:
    """The components for one place: none where nothing is needed, two for a code. Raises Wrong."""
    if place.kind == "code":
        return _code(place.slots[0].slot, given)
    if place.component == "button":
        return _button(place, given)
    if place.component == "limited_time_offer":
        inner = {"expiration_time_ms": _milliseconds(place.slots[0].slot, given)}
        return [{"type": place.component, "parameters": [{"type": place.component, place.component: inner}]}]
    parameters = _texts(place, given) if place.kind == "text" else [_header(place, given)]
    return [{"type": place.component, "parameters": parameters}] if parameters else []


def _texts(place: Place, given: Mapping[str, str]) -> list[Fields]:
    parameters = [_parameter(place, slot, given) for slot in place.slots]
    if place.longest is not None:
        values = {slot.name: said(slot.slot, given) or "" for slot in place.slots}
        length = len(VARIABLE.sub(lambda found: values[found[1]], place.text))
        if length > place.longest:
            most = max(place.slots, key=lambda slot: len(values[slot.name])).slot
            raise Wrong(most, f"makes the {place.component} {length} characters long; {place.longest} can be sent")
    return parameters


def _parameter(place: Place, slot: Slot, given: Mapping[str, str]) -> Fields:
    named: Fields = {} if position(slot.name)[1] == "" else {"parameter_name": slot.name}
    if (key := f"{slot.slot}.currency") in given and key in place.instead(slot):
        code, amount = _money(key, given[key])
        money = {"fallback_value": _text(key, said(slot.slot, given) or ""), "code": code, "amount_1000": amount}
        return {"type": "currency", **named, "currency": money}
    if (key := f"{slot.slot}.date_time") in given and key in place.instead(slot):
        return {"type": "date_time", **named, "date_time": {"fallback_value": _text(key, given[key])}}
    return {"type": "text", **named, "text": _text(slot.slot, given[slot.slot])}


def _header(place: Place, given: Mapping[str, str]) -> Fields:
    slot = place.slots[0].slot
    if place.kind in FILES:
        if (key := f"{place.prefix}header.id") in given:
            if not re.fullmatch(r"[0-9]{5,30}", given[key], re.ASCII):
                raise Wrong(key, "must be the id of an uploaded file: digits")
            file = {"id": given[key]}
        else:
            if not given[slot].startswith(("https://", "http://")):
                raise Wrong(slot, f"must be the https:// address of the {place.kind}")
            file = {"link": given[slot]}
        if name := given.get(f"{place.prefix}header.filename"):
            file["filename"] = name
        return {"type": place.kind, place.kind: file}
    if place.kind == "location":
        return {"type": "location", "location": _location(slot, given[slot])}
    catalog, comma, product = given[slot].partition(",")
    if not (comma and catalog.strip() and product.strip()):
        raise Wrong(slot, "must be CATALOG,PRODUCT")
    return {"type": "product", "product": {"catalog_id": catalog.strip(), "product_retailer_id": product.strip()}}


def _code(slot: str, given: Mapping[str, str]) -> list[Fields]:
    code = _text(slot, given[slot])
    if len(code) > CODE:
        raise Wrong(slot, f"has {len(code)} characters; a code has at most {CODE}")
    text = {"type": "text", "text": code}
    return [{"type": "body", "parameters": [text]}, _as_button("url", 0, text)]


def _button(place: Place, given: Mapping[str, str]) -> list[Fields]:
    made = _BUTTONS[place.kind](place, given)
    return [] if made is None else [_as_button(place.kind, place.index, made)]


def _as_button(kind: str, index: int, parameter: Fields) -> Fields:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


def _url(place: Place, given: Mapping[str, str]) -> Fields:
    end = _text(place.button, given[place.button])
    if re.search(r"\s", end):
        raise Wrong(place.button, "is the end of an address: it has no blanks")
    if len(VARIABLE.sub("", place.text)) + len(end) > URL:
        raise Wrong(place.button, f"makes the address longer than {URL} characters")
    return {"type": "text", "text": end}


def _coupon(place: Place, given: Mapping[str, str]) -> Fields:
    code = given[place.button]
    if not (code.isascii() and code.isalnum() and len(code) <= COUPON):
        raise Wrong(place.button, f"must be letters and digits, at most {COUPON}")
    return {"type": "coupon_code", "coupon_code": code}


def _reply(place: Place, given: Mapping[str, str]) -> Fields | None:
    payload = given.get(place.button)
    if payload is not None and len(payload) > PAYLOAD:
        raise Wrong(place.button, f"has {len(payload)} characters; {PAYLOAD} can be sent")
    return None if payload is None else {"type": "payload", "payload": payload}


def _flow(place: Place, given: Mapping[str, str]) -> Fields:
    action: Fields = {"flow_token": given.get(place.button, "unused")}  # what Meta puts where there is none
    if (key := f"{place.button}.data") in given:
        try:
            data = json.loads(given[key])
        except ValueError:
            data = None
        if not isinstance(data, dict) or not data:
            raise Wrong(key, 'must be a JSON object with something in it: {"name": "Anna"}')
        action["flow_action_data"] = data
    return {"type": "action", "action": action}


def _catalog(place: Place, given: Mapping[str, str]) -> Fields | None:
    product = given.get(place.button)
    return None if product is None else {"type": "action", "action": {"thumbnail_product_retailer_id": product}}


def _products(place: Place, given: Mapping[str, str]) -> Fields:
    key = f"{place.button}.sections"
    sections = []
    for text in given[key].split(";"):
        title, colon, products = text.partition(":")
        ids = [product.strip() for product in products.split(",")]
        if not colon or not title.strip() or not all(ids):
            raise Wrong(key, "must be TITLE:PRODUCT,PRODUCT;TITLE:PRODUCT")
        if len(title.strip()) > TITLE:
            raise Wrong(key, f"has a title of {len(title.strip())} characters; {TITLE} are allowed")
        sections.append({"title": title.strip(), "product_items": [{"product_retailer_id": one} for one in ids]})
    count = sum(len(section["product_items"]) for section in sections)
    if len(sections) > SECTIONS or count > PRODUCTS:
        raise Wrong(key, f"has {len(sections)} sections and {count} products; {SECTIONS} and {PRODUCTS} are allowed")
    return {"type": "action", "action": {"thumbnail_product_retailer_id": given[place.button], "sections": sections}}


_BUTTONS: Mapping[str, Callable[[Place, Mapping[str, str]], Fields | None]] = {
    "url": _url,
    "copy_code": _coupon,
    "quick_reply": _reply,
    "flow": _flow,
    "catalog": _catalog,
    "mpm": _products,
}


def _text(slot: str, value: str) -> str:
    """A value that becomes part of a text. Meta: no line break, no tab, at most four blanks in a row (132007, 132018)."""
    if _BLANKS.search(value):
        raise Wrong(slot, "has a line break, a tab or more than four blanks in a row, which WhatsApp refuses")
    return value


def _money(slot: str, value: str) -> tuple[str, int]:
    code, _, rest = value.partition(",")
    try:
        amount = Decimal(rest.partition(",")[0].strip()) * 1000
    except InvalidOperation:
        amount = Decimal("NaN")
    if not re.fullmatch(r"[A-Z]{3}", code.strip(), re.ASCII) or not amount.is_finite() or amount != int(amount):
        raise Wrong(slot, "must be CURRENCY,AMOUNT such as EUR,12.50, and perhaps the words for it after a comma")
    return code.strip(), int(amount)


def _location(slot: str, value: str) -> Fields:
    parts = [part.strip() for part in value.split(",", 3)]
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError
    except (ValueError, IndexError):
        raise Wrong(slot, "must be LATITUDE,LONGITUDE, and perhaps NAME,ADDRESS after them: 45.46,9.19,Negozio Rossi") from None
    words = dict(zip(("name", "address"), (part for part in parts[2:] if part), strict=False))
    return {"latitude": parts[0], "longitude": parts[1], **words}


def _milliseconds(slot: str, given: Mapping[str, str]) -> int:
    try:
        when = datetime.fromisoformat(given[slot].strip())
    except ValueError:
        when = datetime.min  # noqa: DTZ901 - without a zone, so refused below
    if when.tzinfo is None:
        raise Wrong(slot, "must be a time with its zone: 2026-12-24T18:00:00+01:00")
    return int(when.timestamp() * 1000)
