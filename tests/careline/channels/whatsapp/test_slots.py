"""What templates want filled in, and how WhatsApp takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.channels.whatsapp.slots import components, slots, unknown_components
from careline.errors import Usage
from careline.model import Slot, Template


def template(*parts: dict[str, Any], category: str = "utility") -> Template:
    return Template(account="1", name="order_update", language="it", category=category, components=json.dumps(parts))


def body(text: str, **example: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text} | ({"example": example} if example else {})


def buttons(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(items)}


URL = {"type": "URL", "text": "Segui", "url": "https://shop.example/o/{{1}}", "example": ["https://shop.example/o/77"]}
COUPON = {"type": "COPY_CODE", "example": "25OFF"}
QUICK = {"type": "QUICK_REPLY", "text": "Stop"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}
OTP_AS_LISTED = {
    "type": "URL",
    "text": "Copy code",
    "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}",
    "example": ["x"],
}

PLACE = template({"type": "HEADER", "format": "LOCATION"}, body("Ciao"))
PRODUCT = template({"type": "HEADER", "format": "PRODUCT"}, body("Ciao"), buttons({"type": "SPM", "text": "View"}))
FLOW = template(body("Ciao"), buttons({"type": "FLOW", "text": "Apri", "flow_id": "1"}))
MANY = template(body("Ciao"), buttons({"type": "MPM", "text": "View items"}))
SHOP = template(body("Ciao"), buttons({"type": "CATALOG", "text": "View catalog"}))
CODE = template({"type": "BODY"}, buttons(OTP), category="authentication")
OFFER = template(
    {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Oggi", "has_expiration": True}}, body("Ciao"), buttons()
)
CARD = [{"type": "HEADER", "format": "IMAGE"}, body("Borsa {{1}}", body_text=[["rossa"]]), buttons(QUICK, URL)]
CARDS = template(body("Ciao {{1}} x"), {"type": "CAROUSEL", "cards": [{"components": CARD}, {"components": CARD[:1]}]})
TWO = template(body("{{1}} e {{2}} x"), buttons(QUICK, URL))
HEADED = template({"type": "HEADER", "format": "IMAGE"}, body("Ciao"))

WANTED: list[tuple[str, Template, list[Slot]]] = [
    ("nothing", template(body("Ciao")), []),
    (
        "numbers, in their order, once each",
        template(body("{{2}} e {{1}} e {{ 10 }} e {{1}}", body_text=[["uno", "due", "dieci"]])),
        [
            Slot("1", "body", 0, "1", "text", "uno"),
            Slot("2", "body", 0, "2", "text", "due"),
            Slot("10", "body", 0, "10", "text", "dieci"),
        ],
    ),
    (
        "names",
        template(body("Ciao {{name}}", body_text_named_params=[{"param_name": "name", "example": "Anna"}])),
        [Slot("name", "body", 0, "name", "text", "Anna")],
    ),
    (
        "an example that is a bare text",
        template(body("Ciao {{1}} x", body_text="Anna")),
        [Slot("1", "body", 0, "1", "text", "Anna")],
    ),
    (
        "a header text",
        template(
            {"type": "HEADER", "format": "TEXT", "text": "Ordine {{1}}", "example": {"header_text": ["77"]}}, body("Ciao")
        ),
        [Slot("header.1", "header", 0, "1", "text", "77")],
    ),
    (
        "a picture in the header",
        template({"type": "header", "format": "image", "example": {"header_handle": ["4::aW"]}}, body("Ciao")),
        [Slot("header.link", "header", 0, "link", "image", "4::aW")],
    ),
    (
        "buttons by their place",
        template(body("Ciao"), buttons(QUICK, URL, COUPON, {"type": "URL", "url": "https://shop.example"})),
        [
            Slot("button1", "button", 1, "1", "text", "https://shop.example/o/77"),
            Slot("button2", "button", 2, "code", "coupon_code", "25OFF"),
        ],
    ),
    (
        "a one-time code, as it was submitted",
        template({"type": "BODY", "add_security_recommendation": True}, buttons(OTP), category="authentication"),
        [Slot("1", "body", 0, "1")],
    ),
    (
        "a one-time code, as it is listed",
        template(body("*{{1}}* è il tuo codice."), buttons(OTP_AS_LISTED), category="authentication"),
        [Slot("1", "body", 0, "1")],
    ),
    ("components that make no sense", template(body("x"), {"type": 7}, {"type": "BUTTONS", "buttons": [None, "x"]}), []),
    ("a place", PLACE, [Slot("header.location", "header", 0, "location", "location")]),
    ("a product", PRODUCT, [Slot("header.product", "header", 0, "product", "product")]),
    ("what may be left out is not wanted", FLOW, []),
    (
        "products and the one that is shown",
        MANY,
        [
            Slot("button0", "button", 0, "thumbnail", "product_id"),
            Slot("button0.sections", "button", 0, "sections", "sections"),
        ],
    ),
    ("the end of an offer", OFFER, [Slot("lto.expires", "limited_time_offer", 0, "expires", "expiry")]),
    (
        "cards by their place",
        CARDS,
        [
            Slot("1", "body", 0, "1"),
            Slot("card0.header.link", "header", 0, "link", "image"),
            Slot("card0.1", "body", 0, "1", "text", "rossa"),
            Slot("card0.button1", "button", 1, "1", "text", "https://shop.example/o/77"),
            Slot("card1.header.link", "header", 0, "link", "image"),
        ],
    ),
    (
        "a carousel without cards is listed without failing",
        template(body("Ciao {{1}} x"), {"type": "CAROUSEL", "cards": []}),
        [Slot("1", "body", 0, "1")],
    ),
]


@pytest.mark.parametrize(("wanting", "wanted"), [pytest.param(t, w, id=name) for name, t, w in WANTED])
def test_what_a_template_wants(wanting: Template, wanted: list[Slot]) -> None:
    assert list(slots(wanting)) == wanted


def text(value: str, **name: str) -> dict[str, str]:
    return {"type": "text"} | ({"parameter_name": name["name"]} if name else {}) | {"text": value}


def action(kind: str, inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": "0", "parameters": [{"type": "action", "action": inside}]}


FILLED: list[tuple[str, Template, dict[str, str], list[dict[str, Any]]]] = [
    ("nothing", template(body("Ciao")), {}, []),
    (
        "numbers in the template's order, not in ours",
        template(body("{{1}} e {{2}} x")),
        {"2": "due", "1": "uno"},
        [{"type": "body", "parameters": [text("uno"), text("due")]}],
    ),
    (
        "names",
        template(body("Ciao {{name}} x")),
        {"name": "Anna"},
        [{"type": "body", "parameters": [text("Anna", name="name")]}],
    ),
    (
        "a named header text beside a body",
        template({"type": "HEADER", "format": "TEXT", "text": "Ordine {{code}}"}, body("Ciao {{1}} x")),
        {"1": "Anna", "header.code": "77"},
        [{"type": "header", "parameters": [text("77", name="code")]}, {"type": "body", "parameters": [text("Anna")]}],
    ),
    (
        "a document in the header",
        template({"type": "HEADER", "format": "DOCUMENT"}, body("Ciao")),
        {"header.link": "https://shop.example/f.pdf"},
        [{"type": "header", "parameters": [{"type": "document", "document": {"link": "https://shop.example/f.pdf"}}]}],
    ),
    (
        "buttons",
        template(body("Ciao"), buttons(QUICK, URL, COUPON)),
        {"button1": "77", "button2": "25OFF"},
        [
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [text("77")]},
            {
                "type": "button",
                "sub_type": "copy_code",
                "index": "2",
                "parameters": [{"type": "coupon_code", "coupon_code": "25OFF"}],
            },
        ],
    ),
    *(
        (
            f"a one-time code goes into the body and the button ({name})",
            template(part, buttons(button), category="AUTHENTICATION"),
            {"1": "123456"},
            [
                {"type": "body", "parameters": [text("123456")]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": [text("123456")]},
            ],
        )
        for name, part, button in (
            ("submitted", {"type": "BODY"}, OTP),
            ("listed", body("*{{1}}* è il codice."), OTP_AS_LISTED),
        )
    ),
]


FILLED += [
    (
        "amounts and times with the words for them",
        template(body("{{1}}, {{2}} e {{3}} x")),
        {"1.currency": "EUR,12.5", "2.currency": "USD,100,cento dollari, circa", "3.date_time": "25 novembre"},
        [
            {
                "type": "body",
                "parameters": [
                    {"type": "currency", "currency": {"fallback_value": "12.5 EUR", "code": "EUR", "amount_1000": 12500}},
                    {
                        "type": "currency",
                        "currency": {"fallback_value": "cento dollari, circa", "code": "USD", "amount_1000": 100000},
                    },
                    {"type": "date_time", "date_time": {"fallback_value": "25 novembre"}},
                ],
            }
        ],
    ),
    (
        "a file that was uploaded",
        template({"type": "HEADER", "format": "DOCUMENT"}, body("Ciao")),
        {"header.id": "1037543291543636", "header.filename": "fattura.pdf"},
        [
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {"id": "1037543291543636", "filename": "fattura.pdf"}}],
            }
        ],
    ),
    (
        "a place with its name and an address that has commas",
        PLACE,
        {"header.location": "45.46, 9.19, Negozio Rossi, Via Roma 1, Milano"},
        [
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {
                            "latitude": "45.46",
                            "longitude": "9.19",
                            "name": "Negozio Rossi",
                            "address": "Via Roma 1, Milano",
                        },
                    }
                ],
            }
        ],
    ),
    (
        "a product",
        PRODUCT,
        {"header.product": "55, SKU-1"},
        [
            {
                "type": "header",
                "parameters": [{"type": "product", "product": {"catalog_id": "55", "product_retailer_id": "SKU-1"}}],
            }
        ],
    ),
    (
        "what a quick reply answers",
        template(body("Ciao"), buttons(QUICK)),
        {"button0": "stop-77"},
        [
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "stop-77"}],
            }
        ],
    ),
    (
        "a flow with its first data",
        FLOW,
        {"button0": "t1", "button0.data": '{"name": "Anna"}'},
        [action("flow", {"flow_token": "t1", "flow_action_data": {"name": "Anna"}})],
    ),
    ("a flow with nothing", FLOW, {}, [action("flow", {"flow_token": "unused"})]),
    ("a catalogue with nothing", SHOP, {}, []),
    ("a catalogue with a picture", SHOP, {"button0": "SKU-1"}, [action("catalog", {"thumbnail_product_retailer_id": "SKU-1"})]),
    (
        "several products",
        MANY,
        {"button0": "1", "button0.sections": "Borse: 1, 2; Scarpe: 3"},
        [
            action(
                "mpm",
                {
                    "thumbnail_product_retailer_id": "1",
                    "sections": [
                        {"title": "Borse", "product_items": [{"product_retailer_id": "1"}, {"product_retailer_id": "2"}]},
                        {"title": "Scarpe", "product_items": [{"product_retailer_id": "3"}]},
                    ],
                },
            )
        ],
    ),
    (
        "an offer that ends",
        OFFER,
        {"lto.expires": "2026-12-24T18:00:00+01:00"},
        [
            {
                "type": "limited_time_offer",
                "parameters": [{"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1798131600000}}],
            }
        ],
    ),
    (
        "cards",
        CARDS,
        {
            "1": "Anna",
            "card0.header.link": "https://a.b/0.png",
            "card0.1": "blu",
            "card0.button1": "77",
            "card1.header.id": "1037543291543636",
        },
        [
            {"type": "body", "parameters": [text("Anna")]},
            {
                "type": "carousel",
                "cards": [
                    {
                        "card_index": 0,
                        "components": [
                            {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://a.b/0.png"}}]},
                            {"type": "body", "parameters": [text("blu")]},
                            {"type": "button", "sub_type": "url", "index": "1", "parameters": [text("77")]},
                        ],
                    },
                    {
                        "card_index": 1,
                        "components": [
                            {"type": "header", "parameters": [{"type": "image", "image": {"id": "1037543291543636"}}]}
                        ],
                    },
                ],
            },
        ],
    ),
]


@pytest.mark.parametrize(("filling", "given", "filled"), [pytest.param(t, g, f, id=name) for name, t, g, f in FILLED])
def test_how_a_template_is_filled_in(filling: Template, given: dict[str, str], filled: list[dict[str, Any]]) -> None:
    assert components(filling, given) == filled


REFUSED = [
    pytest.param(TWO, {"1": "a", "button1": "c"}, "Parameter '2' of order_update/it is missing.", id="missing"),
    pytest.param(TWO, {"1": "a", "2": " ", "button1": "c"}, "Parameter '2' of order_update/it is empty.", id="empty"),
    pytest.param(TWO, {"1": "a", "2": "b"}, "Parameter 'button1' of order_update/it is missing.", id="button missing"),
    pytest.param(
        TWO, {"1": "a", "2": "b", "button1": "c", "3": "d"}, "order_update/it has no parameter '3'.", id="one too many"
    ),
    pytest.param(TWO, {"1": "a", "2": "b", "button2": "c"}, "order_update/it has no parameter 'button2'.", id="wrong button"),
    pytest.param(template(body("Ciao")), {"name": "a"}, "order_update/it has no parameter 'name'.", id="none wanted"),
    pytest.param(HEADED, {"header.link": "foto.jpg"}, "Parameter 'header.link' of order_update/it must be", id="no address"),
    pytest.param(HEADED, {}, "Parameter 'header.link' of order_update/it is missing.", id="no file"),
    pytest.param(PLACE, {}, "Parameter 'header.location' of order_update/it is missing.", id="no place"),
    pytest.param(PLACE, {"header.location": "45.4"}, "must be LATITUDE,LONGITUDE", id="half a place"),
    pytest.param(PLACE, {"header.location": "95,9"}, "must be LATITUDE,LONGITUDE", id="a place nowhere"),
    pytest.param(
        HEADED, {"header.link": "https://a.b", "header.id": "123456"}, "is given once more as 'header.id'.", id="twice"
    ),
    pytest.param(HEADED, {"header.id": "4::aW1h"}, "must be the id of an uploaded file", id="a handle"),
    pytest.param(
        HEADED, {"header.link": "https://a.b", "header.filename": "x"}, "no parameter 'header.filename'", id="no name"
    ),
    pytest.param(PRODUCT, {"header.product": "77"}, "must be CATALOG,PRODUCT", id="no catalogue"),
    pytest.param(TWO, {"1": "a\nb", "2": "b", "button1": "c"}, "Parameter '1' of order_update/it has a line break", id="lines"),
    pytest.param(TWO, {"1": "a\tb", "2": "b", "button1": "c"}, "has a line break, a tab", id="tab"),
    pytest.param(TWO, {"1": "a     b", "2": "b", "button1": "c"}, "more than four blanks", id="blanks"),
    pytest.param(
        TWO, {"1": "a", "2": "b" * 1024, "button1": "c"}, "Parameter '2' of order_update/it makes the body", id="long"
    ),
    pytest.param(TWO, {"1": "a", "2": "b", "button1": "c d"}, "is the end of an address", id="blank in an address"),
    pytest.param(TWO, {"1": "a", "2": "b", "button1": "c", "button0": "p" * 257}, "has 257 characters", id="payload"),
    pytest.param(TWO, {"1.currency": "12.50", "2": "b", "button1": "c"}, "must be CURRENCY,AMOUNT", id="no currency"),
    pytest.param(TWO, {"1.currency": "EUR,1.0005", "2": "b", "button1": "c"}, "must be CURRENCY,AMOUNT", id="too fine"),
    pytest.param(
        TWO, {"1.date_time": "a\nb", "2": "b", "button1": "c"}, "'1.date_time' of order_update/it has a line", id="time"
    ),
    pytest.param(CODE, {"1": "1" * 16}, "has 16 characters; a code has at most 15", id="long code"),
    pytest.param(template(body("x"), buttons(COUPON)), {"button0": "10% OFF"}, "must be letters and digits", id="coupon"),
    pytest.param(FLOW, {"button0.data": "[]"}, "Parameter 'button0.data' of order_update/it must be a JSON object", id="flow"),
    pytest.param(MANY, {"button0.sections": "A:1"}, "Parameter 'button0' of order_update/it is missing.", id="no thumbnail"),
    pytest.param(MANY, {"button0": "1", "button0.sections": "1,2"}, "must be TITLE:PRODUCT,PRODUCT", id="no title"),
    pytest.param(MANY, {"button0": "1", "button0.sections": "A:" + "1," * 30 + "1"}, "31 products", id="too many products"),
    pytest.param(OFFER, {"lto.expires": "tomorrow"}, "must be a time with its zone", id="no time"),
    pytest.param(OFFER, {"lto.expires": "2026-12-24T18:00:00"}, "must be a time with its zone", id="no zone"),
    pytest.param(
        CARDS, {"1": "a", "card0.header.link": "https://a.b"}, "Parameter 'card0.1' of order_update/it is missing.", id="card"
    ),
]


@pytest.mark.parametrize(("refused", "given", "why"), REFUSED)
def test_a_wrong_parameter_is_named_before_anything_is_sent(refused: Template, given: dict[str, str], why: str) -> None:
    with pytest.raises(Usage) as error:
        components(refused, given)
    assert error.value.message.startswith(why) or why in error.value.message


def test_the_hint_is_the_flags_to_type() -> None:
    with pytest.raises(Usage) as error:
        components(TWO, {})
    assert error.value.hint == "It takes --param 1=… --param 2=… --param button1=…\nIt may take --param button0=…"


def test_a_template_whose_definition_is_not_known_takes_words_for_its_body_only() -> None:
    filled = unknown_components("order_update/it", {"2": "due", "1": "uno"})
    assert filled == [{"type": "body", "parameters": [text("uno"), text("due")]}]
    assert unknown_components("order_update/it", {}) == []
    for slot in ("header.link", "button0", "card0.1", "1.currency"):
        with pytest.raises(Usage, match="definition of order_update/it is not known"):
            unknown_components("order_update/it", {slot: "x"})
    with pytest.raises(Usage, match="has a line break"):
        unknown_components("order_update/it", {"1": "a\nb"})
