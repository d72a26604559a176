"""What templates want filled in, and how WhatsApp takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.channels.whatsapp.slots import components, slots
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
    (
        "cards are listed without failing",
        template(body("Ciao {{1}} x"), {"type": "CAROUSEL", "cards": []}),
        [Slot("1", "body", 0, "1")],
    ),
]


@pytest.mark.parametrize(("wanting", "wanted"), [pytest.param(t, w, id=name) for name, t, w in WANTED])
def test_what_a_template_wants(wanting: Template, wanted: list[Slot]) -> None:
    assert list(slots(wanting)) == wanted


def text(value: str, **name: str) -> dict[str, str]:
    return {"type": "text"} | ({"parameter_name": name["name"]} if name else {}) | {"text": value}


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


@pytest.mark.parametrize(("filling", "given", "filled"), [pytest.param(t, g, f, id=name) for name, t, g, f in FILLED])
def test_how_a_template_is_filled_in(filling: Template, given: dict[str, str], filled: list[dict[str, Any]]) -> None:
    assert components(filling, given) == filled


TWO = template(body("{{1}} e {{2}} x"), buttons(QUICK, URL))
HEADED = template({"type": "HEADER", "format": "IMAGE"}, body("Ciao"))

REFUSED = [
    pytest.param(TWO, {"1": "a", "button1": "c"}, "Parameter '2' of order_update/it is missing.", id="missing"),
    pytest.param(TWO, {"1": "a", "2": " ", "button1": "c"}, "Parameter '2' of order_update/it is empty.", id="empty"),
    pytest.param(TWO, {"1": "a", "2": "b"}, "Parameter 'button1' of order_update/it is missing.", id="button missing"),
    pytest.param(
        TWO, {"1": "a", "2": "b", "button1": "c", "3": "d"}, "order_update/it has no parameter '3'.", id="one too many"
    ),
    pytest.param(TWO, {"1": "a", "2": "b", "button0": "c"}, "order_update/it has no parameter 'button0'.", id="wrong button"),
    pytest.param(template(body("Ciao")), {"name": "a"}, "order_update/it has no parameter 'name'.", id="none wanted"),
    pytest.param(HEADED, {"header.link": "foto.jpg"}, "Parameter 'header.link' of order_update/it must be", id="no address"),
    pytest.param(HEADED, {}, "Parameter 'header.link' of order_update/it is missing.", id="no file"),
    pytest.param(template(body("x"), {"type": "CAROUSEL"}), {}, "order_update/it has a carousel", id="cards"),
    pytest.param(template({"type": "HEADER", "format": "LOCATION"}, body("x")), {}, "has a location", id="place"),
    pytest.param(template(body("x"), buttons({"type": "FLOW", "text": "Apri"})), {}, "has a flow", id="form"),
]


@pytest.mark.parametrize(("refused", "given", "why"), REFUSED)
def test_a_wrong_parameter_is_named_before_anything_is_sent(refused: Template, given: dict[str, str], why: str) -> None:
    with pytest.raises(Usage) as error:
        components(refused, given)
    assert error.value.message.startswith(why) or why in error.value.message


def test_the_hint_is_the_flags_to_type() -> None:
    with pytest.raises(Usage) as error:
        components(TWO, {})
    assert error.value.hint == "It takes --param 1=… --param 2=… --param button1=…"
