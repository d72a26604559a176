"""Every type of inbound message, and what a person is shown of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.model import Media
from tests.careline.channels.whatsapp.payloads import ANNA, RECEIVED_AT, SENT_AT, heard_message, message

PHOTO = {"id": "1003", "mime_type": "image/jpeg", "sha256": "3q2+7w=="}

SAID: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", message("text", {"body": "Dov'è il mio ordine?"}), {"kind": "text", "text": "Dov'è il mio ordine?", "raw": ""}),
    (
        "image with a caption",
        message("image", PHOTO | {"caption": "rotto", "url": "https://lookaside.example/1003"}),
        {
            "kind": "image",
            "text": "rotto",
            "media": Media("1003", "image/jpeg", "", None, "3q2+7w==", "https://lookaside.example/1003"),
            "raw": "",
        },
    ),
    (
        "document with a name",
        message("document", {"id": "1004", "mime_type": "application/pdf", "sha256": "x", "filename": "fattura.pdf"}),
        {"kind": "document", "media": Media("1004", "application/pdf", "fattura.pdf", None, "x"), "raw": ""},
    ),
    ("video", message("video", PHOTO), {"kind": "video", "media": Media("1003", "image/jpeg", "", None, "3q2+7w==")}),
    ("sticker", message("sticker", PHOTO | {"animated": True}), {"kind": "sticker"}),
    (
        "audio with a caption",
        message("audio", PHOTO | {"voice": True, "caption": "ascolta"}),
        {"kind": "audio", "text": "ascolta"},
    ),
    ("legacy voice note", message("voice", PHOTO | {"file": "/usr/local/wamedia/x"}), {"kind": "audio"}),
    ("media of a number as text", message("image", {"id": 1003}), {"kind": "image", "media": Media("1003")}),
    (
        "location",
        message("location", {"latitude": 0.0, "longitude": "12.5", "name": "Casa", "address": "Via Roma 1"}),
        {"kind": "location", "text": "Casa, Via Roma 1"},
    ),
    (
        "location without a name",
        message("location", {"latitude": 0.0, "longitude": "12.5"}),
        {"kind": "location", "text": "0.0, 12.5"},
    ),
    (
        "contacts",
        message("contacts", [{"name": {"formatted_name": "Ugo Neri"}}, {"name": {"formatted_name": "Ida Blu"}}, "?"]),
        {"kind": "contacts", "text": "Ugo Neri, Ida Blu"},
    ),
    (
        "template button",
        message("button", {"text": "Sì", "payload": "yes"}, context={"from": "39021234567", "id": "wamid.ours"}),
        {"kind": "button", "text": "Sì", "action": "yes", "reply_to": "wamid.ours", "raw": ""},
    ),
    (
        "reply button",
        message("interactive", {"type": "button_reply", "button_reply": {"id": "b1", "title": "Sì"}}),
        {"kind": "button", "text": "Sì", "action": "b1", "raw": ""},
    ),
    (
        "list row",
        message(
            "interactive", {"type": "list_reply", "list_reply": {"id": "r1", "title": "Resi", "description": "entro 14 giorni"}}
        ),
        {"kind": "list", "text": "Resi", "action": "r1"},
    ),
    (
        "flow answer",
        message("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "[1"}}),
        {"kind": "form", "text": "Sent", "action": "flow"},
    ),
    (
        "call permission",
        message("interactive", {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}),
        {"kind": "call_permission", "text": "accept"},
    ),
    (
        "interactive of a new kind",
        message("interactive", {"type": "hologram_reply", "hologram_reply": {}}),
        {"kind": "unsupported"},
    ),
    ("interactive without its object", message("interactive"), {"kind": "unsupported"}),
    (
        "order",
        message(
            "order",
            {
                "catalog_id": "9",
                "text": "per sabato",
                "product_items": [
                    {"product_retailer_id": "scarf-1", "quantity": "2", "item_price": 9.5},
                    {"quantity": 1},
                    "nothing",
                ],
            },
        ),
        {"kind": "order", "text": "per sabato, 2 x scarf-1"},
    ),
    (
        "unsupported, with words all the same",
        message("unsupported", text={"body": "ciao"}, errors=[{"code": 131051, "title": "Message type unknown"}]),
        {"kind": "unsupported", "text": "ciao"},
    ),
    ("unknown", message("unknown", errors=[{"code": 131051}]), {"kind": "unsupported"}),
    ("a type of next year", message("telepathy", {"thought": "?"}), {"kind": "unsupported", "text": ""}),
    ("text without its object", message("text", "ciao"), {"kind": "unsupported"}),
    ("a type in capitals", message("text", {"body": "ciao"}, type="TEXT"), {"kind": "text", "text": "ciao"}),
    ("a missing type", {"from": ANNA, "id": "wamid.x", "text": {"body": "ciao"}}, {"kind": "text", "text": "ciao"}),
]


@pytest.mark.parametrize(("item", "said"), [pytest.param(i, s, id=name) for name, i, s in SAID])
def test_a_message_is_heard_opens_the_window_and_wants_an_answer(item: dict[str, Any], said: dict[str, Any]) -> None:
    heard = heard_message(item)
    assert {field: getattr(heard, field) for field in said} == said
    assert (heard.act, heard.asks) == ("message", True)
    assert (heard.id, heard.key) == (item["id"], item["id"])


OTHERWISE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "a reaction opens, but asks for nothing",
        message("reaction", {"message_id": "wamid.ours", "emoji": "👍"}),
        {"kind": "reaction", "text": "👍", "reply_to": "wamid.ours", "act": "message", "asks": False, "raw": ""},
    ),
    (
        "a reaction taken back opens nothing",
        message("reaction", {"message_id": "wamid.ours", "emoji": ""}),
        {"kind": "reaction", "text": "", "act": "", "asks": False},
    ),
    (
        "a reaction taken back the other way opens nothing",
        message("reaction", {"message_id": "wamid.ours"}),
        {"kind": "reaction", "act": "", "asks": False},
    ),
    (
        "opening the chat opens the window",
        message("request_welcome"),
        {"kind": "welcome", "act": "message", "asks": False, "raw": ""},
    ),
    (
        "a new number is WhatsApp's own note",
        message("system", {"body": "Anna changed numbers", "type": "user_changed_number", "wa_id": "393339999999"}),
        {"kind": "system", "text": "Anna changed numbers", "act": "", "asks": False},
    ),
    (
        "a new phone is WhatsApp's own note",
        message("system", {"body": "Anna has a new phone", "type": "customer_identity_changed"}, identity={"hash": "h"}),
        {"kind": "system", "act": "", "asks": False},
    ),
    (
        "an edit asks again, but opens nothing",
        message("edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "tre, non due"}}}),
        {"kind": "edit", "text": "tre, non due", "reply_to": "wamid.1", "act": "", "asks": True},
    ),
    (
        "an edited caption keeps its file",
        message(
            "edit", {"original_message_id": "wamid.1", "message": {"type": "image", "image": {"id": "7", "caption": "qui"}}}
        ),
        {"kind": "edit", "text": "qui", "media": Media("7")},
    ),
    (
        "a message taken back opens nothing and asks for nothing",
        message("revoke", {"original_message_id": "wamid.1"}),
        {"kind": "revoke", "reply_to": "wamid.1", "act": "", "asks": False, "raw": ""},
    ),
    (
        "a message to a group opens nothing between the two",
        message("text", {"body": "ciao a tutti"}, group_id="120363"),
        {"kind": "text", "text": "ciao a tutti", "act": "", "asks": True},
    ),
]


@pytest.mark.parametrize(("item", "said"), [pytest.param(i, s, id=name) for name, i, s in OTHERWISE])
def test_what_a_message_opens_and_asks(item: dict[str, Any], said: dict[str, Any]) -> None:
    heard = heard_message(item)
    assert {field: getattr(heard, field) for field in said} == said


@pytest.mark.parametrize(
    ("timestamp", "at", "clock"),
    [
        ("1772812800", SENT_AT, "platform"),
        (1772812800, SENT_AT, "platform"),
        (" 1772812800 ", SENT_AT, "platform"),
        (1772812800.0, SENT_AT, "platform"),
        (1772812800123, SENT_AT + 123_000, "platform"),
        ("TIMESTAMP", RECEIVED_AT, "received"),
        (None, RECEIVED_AT, "received"),
        (0, RECEIVED_AT, "received"),
        (-5, RECEIVED_AT, "received"),
        (True, RECEIVED_AT, "received"),
        ("9" * 30, RECEIVED_AT, "received"),
        ("١٧٧٢٨١٢٨٠٠", RECEIVED_AT, "received"),
    ],
)
def test_a_time_is_read_however_it_is_written_and_else_is_when_it_came(timestamp: Any, at: int, clock: str) -> None:
    heard = heard_message(message("text", {"body": "x"}, timestamp=timestamp))
    assert (heard.at, heard.clock) == (at, clock)
    assert (heard.raw != "") == (clock == "received")


MORE = [
    pytest.param(message("text", {"body": "x"}, referral={"source_type": "ad", "headline": "Saldi"}), "Saldi", id="referral"),
    pytest.param(message("text", {"body": "x"}, context={"forwarded": True}), "forwarded", id="forwarded"),
    pytest.param(message("audio", {"id": "1", "voice": True}), "voice", id="voice"),
    pytest.param(message("location", {"latitude": 0, "longitude": 0}), "latitude", id="location"),
    pytest.param(message("text", {"body": {"rich": "x"}}), "rich", id="a text that is none"),
    pytest.param(message("image", {"id": "1"}, errors=[{"code": 131052}]), "131052", id="a file WhatsApp could not fetch"),
]


@pytest.mark.parametrize(("item", "kept"), MORE)
def test_what_has_no_field_of_its_own_stays_in_the_raw_json(item: dict[str, Any], kept: str) -> None:
    raw = heard_message(item).raw
    assert kept in raw
    assert json.loads(raw) == item


@pytest.mark.parametrize(("kind", "source"), [("ad", "ad"), ("post", "post"), ("", "ad")])
def test_a_customer_who_came_through_an_advert_says_so(kind: str, source: str) -> None:
    assert heard_message(message("text", {"body": "x"}, referral={"source_type": kind, "source_id": "1"})).source == source


def test_a_message_without_an_id_is_recognised_by_what_it_says() -> None:
    nameless = {"from": ANNA, "timestamp": "1772812800", "type": "text", "text": {"body": "x"}}
    first, again = heard_message(nameless), heard_message(nameless)
    other = heard_message(nameless | {"timestamp": "1772812801"})
    assert first.id == ""
    assert first.key == again.key != other.key
