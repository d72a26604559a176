"""Templates filled in: what Meta refuses, in its words, and that nothing our client makes is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline.channels.whatsapp.places import places
from careline.channels.whatsapp.slots import components
from careline.errors import Usage
from careline.model import Template as Row
from careline.sandbox.graph import template_rules
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.template_use import Filled, fill
from careline.sandbox.world import Template
from careline.templates import file

GOOD = Path(__file__).parents[2] / "templates" / "files" / "good"
UPLOADED = "1037543291543636"


def template(*parts: dict[str, Any], category: str = "UTILITY", named: bool = False) -> Template:
    return Template("1", "t", "it", category, list(parts), 0, "NAMED" if named else "POSITIONAL")


def body(text: str = "Ciao {{1}} x") -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(given)}


def header(form: str) -> dict[str, Any]:
    return {"type": "HEADER", "format": form}


def texts(*values: Any, place: str = "body") -> dict[str, Any]:
    return {"type": place, "parameters": [{"type": "text", "text": value} for value in values]}


def button(kind: str, parameter: dict[str, Any], index: Any = "0") -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}


def top(kind: str, inside: Any) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": kind, kind: inside}]}


URL = {"type": "URL", "text": "Segui", "url": "https://shop.example/o/{{1}}"}
QUICK = {"type": "QUICK_REPLY", "text": "Sì"}
FLOW = {"type": "FLOW", "text": "Apri", "flow_id": "1"}
MPM = {"type": "MPM", "text": "View items"}
OTP = {"type": "URL", "text": "Copy", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Oggi", "has_expiration": True}}
CARD = {"components": [header("IMAGE"), buttons(QUICK)]}
CAROUSEL = template(body("Ciao"), {"type": "CAROUSEL", "cards": [CARD, CARD]})
PICTURE = top("image", {"link": "https://a.b/c.png"})
IMAGE = template(header("IMAGE"), body("Ciao"))
PLACE = template(header("LOCATION"), body("Ciao"))
PLAIN = template(body())
NAMED = template(body("Ciao {{name}} x"), named=True)
ACTION = {"type": "action", "action": {"thumbnail_product_retailer_id": "1"}}


def cards(*given: Any) -> dict[str, Any]:
    return {"type": "carousel", "cards": [{"card_index": i, "components": c} for i, c in enumerate(given)]}


REFUSED: dict[str, tuple[Template, list[Any], int, str]] = {
    "too many": (
        PLAIN,
        [texts("a", "b")],
        132000,
        "body: number of localizable_params (2) does not match the expected number of params (1)",
    ),
    "none": (PLAIN, [], 132000, "body: number of localizable_params (0) does not match the expected number of params (1)"),
    "another header": (
        IMAGE,
        [top("video", {"link": "https://a.b"})],
        132012,
        "header: Format mismatch, expected IMAGE, received video",
    ),
    "no header": (IMAGE, [], 132012, "header: Format mismatch, expected IMAGE, received 0 parameters"),
    "a handle for an id": (IMAGE, [top("image", {"id": "4::aW1h"})], 131009, "a header_handle is no media id"),
    "neither id nor link": (IMAGE, [top("image", {})], 131008, "header: one of id and link of the image is required"),
    "a name for a picture": (
        IMAGE,
        [top("image", {"link": "https://a.b", "filename": "x"})],
        100,
        'Unexpected key "filename" on param "image"',
    ),
    "no name": (NAMED, [texts("Anna")], 100, "Parameter name is missing or empty"),
    "a name that is none": (
        NAMED,
        [{"type": "body", "parameters": [{"type": "text", "parameter_name": "nome", "text": "Anna"}]}],
        132000,
        "body: the template has no parameter nome",
    ),
    "no text": (PLAIN, [texts(True)], 100, "body: the text of a parameter is missing or empty"),
    "a line break": (PLAIN, [texts("a\nb")], 132007, "body: a parameter has a line break"),
    "too long": (PLAIN, [texts("a" * 1024)], 132005, "body: 1031 characters, 1024 are allowed"),
    "too long beside an offer": (
        template(body(), OFFER),
        [texts("a" * 600)],
        132005,
        "body: 607 characters, 600 are allowed",
    ),
    "a place without degrees": (PLACE, [top("location", {"name": "x"})], 131008, "latitude of the location is required"),
    "a place nowhere": (PLACE, [top("location", {"latitude": "x", "longitude": 9})], 131009, "are degrees"),
    "an amount without words": (
        PLAIN,
        [{"type": "body", "parameters": [{"type": "currency", "currency": {"code": "EUR", "amount_1000": 1}}]}],
        131008,
        "body: fallback_value of the currency is required",
    ),
    "an amount in the header": (
        template({"type": "HEADER", "format": "TEXT", "text": "N {{1}}"}, body("Ciao")),
        [{"type": "header", "parameters": [{"type": "currency", "currency": {}}]}],
        132012,
        "header: a parameter of type currency where text is expected",
    ),
    "no address": (
        template(body("Ciao"), buttons(URL)),
        [],
        132000,
        "button at index 0: number of localizable_params (0) does not match the expected number of params (1)",
    ),
    "another button": (
        template(body("Ciao"), buttons(URL)),
        [button("quick_reply", {"type": "payload", "payload": "x"})],
        132012,
        "button at index 0: Format mismatch, expected URL, received QUICK_REPLY",
    ),
    "a button that is not there": (
        template(body("Ciao"), buttons(QUICK)),
        [button("quick_reply", {"type": "payload", "payload": "x"}, 1)],
        132000,
        "button 1: the template takes no parameters there",
    ),
    "no sub_type": (
        template(body("Ciao"), buttons(QUICK)),
        [{"type": "button", "index": 0, "parameters": [{}]}],
        131008,
        "sub_type is required",
    ),
    "an index beyond": (
        template(body("Ciao"), buttons(QUICK)),
        [button("quick_reply", {"type": "payload", "payload": "x"}, "10")],
        131009,
        "index must be between 0 and 9",
    ),
    "a code that is too long": (
        template(body("{{1}} x"), buttons(OTP), category="AUTHENTICATION"),
        [texts("1" * 16), button("url", {"type": "text", "text": "1" * 16})],
        132005,
        "a code has at most 15 characters",
    ),
    "a code in the body only": (
        template(body("{{1}} x"), buttons(OTP), category="AUTHENTICATION"),
        [texts("1")],
        132000,
        "button at index 0",
    ),
    "empty data for a flow": (
        template(body("Ciao"), buttons(FLOW)),
        [button("flow", {"type": "action", "action": {"flow_action_data": {}}})],
        131009,
        "flow_action_data must be an object that is not empty",
    ),
    "no products": (template(body("Ciao"), buttons(MPM)), [], 132000, "button at index 0"),
    "no sections": (template(body("Ciao"), buttons(MPM)), [button("mpm", ACTION)], 131009, "1 to 10 sections"),
    "no end": (template(OFFER, body("Ciao")), [], 132000, "limited_time_offer: 0 parameters where 1 is expected"),
    "an end in words": (
        template(OFFER, body("Ciao")),
        [
            {
                "type": "limited_time_offer",
                "parameters": [{"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": "tomorrow"}}],
            }
        ],
        132012,
        "expiration_time_ms in milliseconds is expected",
    ),
    "one card of two": (
        CAROUSEL,
        [cards([PICTURE])],
        132000,
        "carousel: number of cards (1) does not match the expected number of cards (2)",
    ),
    "a card twice": (
        CAROUSEL,
        [{"type": "carousel", "cards": [{"card_index": 0, "components": [PICTURE]}] * 2}],
        131009,
        "card_index must be each of 0 to 1",
    ),
    "a card without its picture": (CAROUSEL, [cards([PICTURE], [])], 132012, "expected IMAGE, received 0 parameters"),
    "cards that nobody asked for": (PLAIN, [texts("a"), cards([])], 132000, "carousel: the template has no cards"),
    "a component twice": (PLAIN, [texts("a"), texts("b")], 100, ""),
    "a component that is none": (PLAIN, [{"type": "footer"}], 100, ""),
    "a key that is none": (PLAIN, [texts("a") | {"index": 0}], 100, 'Unexpected key "index" on param "body"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_in_metas_words(name: str) -> None:
    wanted, sent, code, details = REFUSED[name]
    with pytest.raises(GraphError) as error:
        fill(wanted, sent)
    assert error.value.code == code
    assert details in error.value.details


def test_the_customer_sees_texts_pictures_and_buttons_of_every_card() -> None:
    filled = fill(CAROUSEL, [cards([PICTURE, button("QUICK_REPLY", {"type": "payload", "payload": "p"}, 0)], [PICTURE])])
    assert filled.text == "Ciao\n[image]\n[image]"
    assert [(one.text, one.payload) for one in filled.buttons] == [("Sì", "p"), ("Sì", "Sì")]


def test_ids_of_uploaded_files_and_ignored_parts_of_a_time_are_taken() -> None:
    assert fill(IMAGE, [top("image", {"id": UPLOADED})], lambda id: id == UPLOADED).text == "[image]\nCiao"
    when = {"fallback_value": "25 novembre", "calendar": "GREGORIAN", "year": 2026}
    assert (
        fill(PLAIN, [{"type": "body", "parameters": [{"type": "date_time", "date_time": when}]}]).text == "Ciao 25 novembre x"
    )
    assert fill(NAMED, [{"type": "Body", "parameters": [{"type": "text", "parameter_name": "name", "text": "A"}]}]).text


# What our client makes


def approved(name: str) -> tuple[Row, Template]:
    """A template of the files, as the store and the platform have it once it is approved."""
    definition = file.read(GOOD / f"{name}.toml")
    parts = json.loads(json.dumps(definition.components).replace('"file:', '"4::'))
    kept = template_rules.check_components(parts, definition.category, definition.named)
    there = Template("1", definition.name, definition.language, definition.category, kept, 0)
    there.parameter_format = "NAMED" if definition.named else "POSITIONAL"
    row = Row(
        account="1", name=there.name, language=there.language, category=there.category.lower(), components=json.dumps(kept)
    )
    return row, there


def delivered(row: Row, there: Template, values: dict[str, str]) -> Filled:
    return fill(there, components(row, values), lambda id: id.isdigit())


ALL = sorted(path.stem for path in GOOD.glob("*.toml") if not path.stem.startswith("warned"))
FIT = {
    "expiry": "2026-12-24T18:00:00+01:00",
    "location": "45.4,9.1,Negozio,Via Roma",
    "product": "5,7",
    "sections": "A:1,2;B:3",
    "text": "Anna",
    "coupon_code": "TENOFF",
    "product_id": "7",
}


@pytest.mark.parametrize("name", ALL)
def test_every_template_filled_in_by_us_is_taken(name: str) -> None:
    row, there = approved(name)
    needed = {slot.slot: FIT.get(slot.type, "https://a.b/c") for place in places(row) for slot in place.slots}
    besides = {key: '{"a": 1}' if key.endswith(".data") else "x" for place in places(row) for key in place.optional}
    assert delivered(row, there, needed).text
    assert delivered(row, there, needed | besides).text


VALUES = st.one_of(st.sampled_from([*FIT.values(), "https://a.b", "EUR,1.5", "12345", '{"a": 1}']), st.text(max_size=30))


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ALL), data=st.data())
def test_whatever_values_are_given_we_refuse_it_or_the_platform_takes_it(name: str, data: st.DataObject) -> None:
    row, there = KEPT[name]
    keys = [key for place in places(row) for key in place.takes()]
    values = {key: data.draw(VALUES) for key in keys if data.draw(st.integers(0, 9))}
    try:
        sent = components(row, values)
    except Usage:
        return
    fill(there, sent, lambda id: id.isdigit())


KEPT = {name: approved(name) for name in ALL}
