"""Templates: what Meta takes at submission, how the review ends, and what a send of one must hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.clock import DAY, SECOND
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import Graph
from tests.careline.sandbox.receiver import Receiver

TEMPLATES = f"{account.BUSINESS_ACCOUNT_ID}/message_templates"


def body(text: str, *examples: str) -> dict[str, Any]:
    return (
        {"type": "BODY", "text": text, "example": {"body_text": [list(examples)]}}
        if examples
        else {"type": "BODY", "text": text}
    )


PLAIN = body("Il tuo pacco arriva oggi, grazie della pazienza.")
NUMBERED = body("Ciao {{1}}, il pacco {{2}} è partito questa mattina.", "Anna", "A17")


def buttons(*kinds: str) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {
        "q": {"type": "QUICK_REPLY", "text": "Ok"},
        "u": {"type": "URL", "text": "Apri", "url": "https://shop.example"},
        "p": {"type": "PHONE_NUMBER", "text": "Chiama", "phone_number": "+390212345678"},
    }
    return {"type": "BUTTONS", "buttons": [made[kind] for kind in kinds]}


def test_the_review_takes_thirty_seconds_and_then_tells_the_app(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    fields = "messages,message_template_status_update"
    callback = {"object": "whatsapp_business_account", "callback_url": connected.url, "verify_token": "v", "fields": fields}
    assert graph.call("POST", f"{account.APP_ID}/subscriptions", callback, access_token=account.APP_TOKEN).status_code == 200
    created = graph.submit().json()
    assert created == {"id": created["id"], "status": "PENDING", "category": "UTILITY"}
    sandbox.control.advance(29 * SECOND)
    assert graph.get(created["id"])["status"] == "PENDING"
    sandbox.control.advance(SECOND)
    assert graph.get(created["id"])["status"] == "APPROVED"
    assert sandbox.control.settle()
    told = json.loads(connected.posts()[-1].body)["entry"][0]
    assert told["id"] == account.BUSINESS_ACCOUNT_ID
    assert isinstance(told["time"], int)
    assert told["changes"][0]["field"] == "message_template_status_update"
    assert told["changes"][0]["value"] == {
        "event": "APPROVED",
        "message_template_id": int(created["id"]),
        "message_template_name": "order_update",
        "message_template_language": "it",
        "reason": "NONE",
        "message_template_category": "UTILITY",
    }


def test_the_review_ends_by_itself_as_real_time_goes_by(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(review_s=0)
    graph.submit()
    assert graph.get(TEMPLATES, name="order_update")["data"][0]["status"] == "APPROVED"


def test_news_of_templates_does_not_go_to_an_override(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    graph.submit()
    sandbox.control.advance(DAY)
    sandbox.control.settle()
    assert connected.posts() == []


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("reject_me_please", PLAIN),
        ("order_update", body("Il tuo pacco reject_me arriva oggi.")),
        ("order_update", body("Ciao {{1}} {{2}}, il tuo pacco arriva oggi con noi.", "Anna", "Rossi")),
        ("order_update", body("Ciao {{name}}, il tuo pacco arriva oggi con noi.", "Anna")),
    ],
    ids=["asked by name", "asked by text", "variables side by side", "names not announced"],
)
def test_the_review_rejects(sandbox: Running, graph: Graph, name: str, component: dict[str, Any]) -> None:
    created = graph.submit(name, component).json()
    assert created["status"] == "PENDING"
    sandbox.control.advance(DAY)
    shown = graph.get(created["id"], fields="status,rejected_reason")
    assert shown == {"status": "REJECTED", "rejected_reason": "INVALID_FORMAT", "id": created["id"]}


@pytest.mark.parametrize(
    ("changed", "subcode"),
    [
        ({"name": "Order Update"}, 0),
        ({"name": "x" * 513}, 0),
        ({"language": "it_CH"}, 0),
        ({"language": ["it"]}, 0),
        ({"category": "NEWS"}, 0),
        ({"parameter_format": "POETIC"}, 0),
        ({"components": []}, 0),
        ({"components": "no json"}, 0),
        ({"components": [{"text": "no type"}]}, 0),
        ({"components": [PLAIN, PLAIN]}, 0),
        ({"components": [{"type": "FOOTER", "text": "ciao"}]}, 2388072),
        ({"components": [body("")]}, 2388072),
        ({"components": [body("x" * 1025)]}, 2388040),
        ({"components": [body("{{1}} è il tuo codice, usalo presto.", "1")]}, 2388299),
        ({"components": [body("Il tuo codice, usalo presto, è {{1}}.", "1")]}, 2388299),
        ({"components": [body("Ciao {{1}} e {{2}} oggi.", "a", "b")]}, 2388293),
        ({"components": [body("Ciao {{1}}, il tuo pacco arriva oggi.")]}, 2388072),
        ({"components": [body("Ciao {{2}}, il tuo pacco arriva oggi.", "a")]}, 2388072),
        ({"components": [body("Ciao {{1}, il tuo pacco arriva oggi.", "a")]}, 2388072),
        ({"components": [body("Ciao {{Name}}, il tuo pacco arriva oggi.", "a")]}, 2388072),
        ({"components": [PLAIN, {"type": "FOOTER", "text": "Ciao {{1}}"}]}, 2388073),
        ({"components": [PLAIN, {"type": "FOOTER", "text": "x" * 61}]}, 2388040),
        ({"components": [PLAIN, {"type": "HEADER", "format": "TEXT", "text": "x" * 61}]}, 2388040),
        ({"components": [PLAIN, {"type": "HEADER", "format": "TEXT", "text": "due\nrighe"}]}, 2388047),
        ({"components": [PLAIN, {"type": "HEADER", "format": "TEXT", "text": "pacco 📦"}]}, 2388047),
        ({"components": [PLAIN, {"type": "HEADER", "format": "IMAGE"}]}, 2388047),
        ({"components": [PLAIN, {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["1037543"]}}]}, 2388047),
        ({"components": [PLAIN, buttons("q", "u", "q")]}, 0),
        ({"components": [PLAIN, buttons("u", "q", "u")]}, 0),
        ({"components": [PLAIN, buttons(*"u" * 3)]}, 0),
        ({"components": [PLAIN, buttons(*"q" * 11)]}, 0),
        ({"components": [PLAIN, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "x" * 26}]}]}, 0),
    ],
)
def test_a_submission_is_refused_for_what_is_wrong_with_it(graph: Graph, changed: dict[str, Any], subcode: int) -> None:
    wanted = {"name": "order_update", "language": "it", "category": "UTILITY", "components": [PLAIN]} | changed
    assert graph.error("POST", TEMPLATES, wanted) == (400, 100, subcode)
    assert graph.get(TEMPLATES)["data"] == []


@pytest.mark.parametrize("kinds", ["qqup", "upqq", "q" * 10, "uu"])
def test_buttons_that_stand_together_by_kind_are_taken(graph: Graph, kinds: str) -> None:
    assert graph.submit("order_update", PLAIN, buttons(*kinds)).status_code == 200


def test_components_that_are_not_emulated_are_501(graph: Graph) -> None:
    assert graph.submit("sale", PLAIN, {"type": "CAROUSEL", "cards": []}).status_code == 501


def test_a_name_in_a_language_exists_once(graph: Graph) -> None:
    graph.submit()
    reply = graph.submit()
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["error_subcode"], error["is_transient"]) == (400, 100, 2388024, False)
    assert error["error_user_title"] == "Content in this language already exists"
    assert graph.submit(language="en").status_code == 200


def test_a_deleted_name_is_blocked_for_30_days_if_it_was_approved(sandbox: Running, graph: Graph) -> None:
    graph.approved("order_update")
    assert graph.call("DELETE", TEMPLATES, name="order_update").json() == {"success": True}
    assert graph.error("POST", TEMPLATES, _wanted()) == (400, 100, 2388023)
    sandbox.control.advance(30 * DAY)
    assert graph.submit().status_code == 200
    assert graph.call("DELETE", TEMPLATES, name="order_update").json() == {"success": True}
    assert graph.submit().status_code == 200


def test_one_language_is_deleted_by_its_id(graph: Graph) -> None:
    italian = graph.submit().json()["id"]
    english = graph.submit(language="en").json()["id"]
    assert graph.call("DELETE", TEMPLATES, name="order_update", hsm_id=italian).json() == {"success": True}
    assert [one["id"] for one in graph.get(TEMPLATES)["data"]] == [english]
    assert graph.error("DELETE", TEMPLATES, name="nothing_here")[:2] == (400, 100)


def test_a_pending_template_cannot_be_edited_and_an_approved_one_once_a_day(sandbox: Running, graph: Graph) -> None:
    id = graph.submit().json()["id"]
    changed = {"components": [body("Il tuo pacco arriva domani, grazie della pazienza.")]}
    assert graph.error("POST", id, changed) == (400, 100, 2388039)
    sandbox.control.advance(DAY)
    graph.get(id)
    assert graph.call("POST", id, changed).json()["success"] is True
    assert graph.get(id)["status"] == "PENDING"
    sandbox.control.review("order_update", "approve")
    assert graph.error("POST", id, changed) == (400, 100, 2388039)
    assert graph.error("POST", id, {"category": "MARKETING"}) == (400, 100, 2388039)
    sandbox.control.advance(DAY)
    assert graph.call("POST", id, changed).status_code == 200


def test_a_list_is_filtered_paged_and_shown_by_fields(sandbox: Running, graph: Graph) -> None:
    for name in ("alpha", "beta", "gamma"):
        graph.submit(name)
    sandbox.control.review("beta", "approve")
    assert [one["name"] for one in graph.get(TEMPLATES, status="APPROVED")["data"]] == ["beta"]
    assert [one["name"] for one in graph.get(TEMPLATES, name_or_content="amm")["data"]] == ["gamma"]
    first = graph.get(TEMPLATES, limit="2", fields="name,status")
    assert first["data"][0].keys() == {"name", "status", "id"}
    assert first["paging"]["next"].startswith(f"{sandbox.url}/v23.0/{TEMPLATES}?")
    last = graph.get(TEMPLATES, limit="2", fields="name", after=first["paging"]["cursors"]["after"])
    assert "next" not in last["paging"]
    assert {one["name"] for one in first["data"] + last["data"]} == {"alpha", "beta", "gamma"}
    assert graph.get(TEMPLATES, name="none") == {"data": []}
    assert graph.error("GET", TEMPLATES, fields="colour") == (400, 100, 0)


@pytest.mark.parametrize(("status", "code"), [("reject", 132001), ("pause", 132015), ("disable", 132016), ("", 132001)])
def test_only_an_approved_template_is_sent(sandbox: Running, graph: Graph, status: str, code: int) -> None:
    graph.submit()
    if status:
        sandbox.control.review("order_update", status)
    assert graph.template("order_update").json()["error"]["code"] == code


def test_a_template_in_another_language_does_not_exist(graph: Graph) -> None:
    graph.approved("order_update")
    reply = graph.template("order_update", language="en_US")
    assert reply.status_code == 404
    assert reply.json()["error"]["message"] == "(#132001) Template name does not exist in the translation"
    assert reply.json()["error"]["error_data"] == {
        "messaging_product": "whatsapp",
        "details": "template name (order_update) does not exist in en_US",
    }


def values(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


@pytest.mark.parametrize(
    ("sent", "code", "details"),
    [
        ([], 132000, "body: number of localizable_params (0) does not match the expected number of params (2)"),
        ([values("Anna")], 132000, "body: number of localizable_params (1) does not match the expected number of params (2)"),
        ([values("Anna", "A17", "x")], 132000, "(3) does not match the expected number of params (2)"),
        ([values("Anna", "riga\nnuova")], 132007, "line break"),
        ([values("Anna", "x" * 1024)], 132005, "1024 are allowed"),
        ([values("Anna", "")], 100, "missing or empty"),
        ([{"type": "body", "parameters": [{"type": "text", "text": 7}] * 2}], 100, "missing or empty"),
        ([{"type": "body", "parameters": [{"type": "image", "image": {}}] * 2}], 132012, "where text is expected"),
        ([values("Anna", "A17"), {"type": "header", "parameters": [{"type": "text", "text": "x"}]}], 132000, "header"),
        ([values("Anna", "A17"), values("Anna", "A17")], 100, "twice"),
    ],
)
def test_parameters_must_fit_the_definition(graph: Graph, sent: list[Any], code: int, details: str) -> None:
    graph.approved("order_update", NUMBERED)
    error = graph.template("order_update", *sent).json()["error"]
    assert error["code"] == code
    assert details in error["message"] + error.get("error_data", {}).get("details", "")


def test_named_parameters_carry_their_names_in_any_order(sandbox: Running, graph: Graph) -> None:
    component = {
        "type": "BODY",
        "text": "Ciao {{name}}, il pacco {{parcel}} è partito questa mattina.",
        "example": {
            "body_text_named_params": [{"param_name": "name", "example": "A"}, {"param_name": "parcel", "example": "B"}]
        },
    }
    graph.approved("order_update", component, parameter_format="NAMED")
    named = [
        {"type": "text", "parameter_name": "parcel", "text": "A17"},
        {"type": "text", "parameter_name": "name", "text": "Anna"},
    ]
    assert graph.template("order_update", {"type": "body", "parameters": named}).status_code == 200
    shown = sandbox.control.customer("+393331234567")["messages"][0]
    assert shown["text"] == "Ciao Anna, il pacco A17 è partito questa mattina."
    error = graph.template("order_update", values("A17", "Anna")).json()["error"]
    assert (error["code"], error["error_data"]["details"]) == (100, "Parameter name is missing or empty")


def test_a_media_header_and_a_button_with_a_variable_are_filled_at_every_send(sandbox: Running, graph: Graph) -> None:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U=:sample"]}}
    url = {"type": "URL", "text": "Segui", "url": "https://shop.example/t/{{1}}", "example": ["https://shop.example/t/1"]}
    graph.approved("order_update", header, PLAIN, {"type": "BUTTONS", "buttons": [url]})
    image = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://shop.example/a.png"}}]}
    button = {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "A17"}]}
    assert graph.template("order_update", button).json()["error"]["code"] == 132012
    assert graph.template("order_update", image).json()["error"]["code"] == 132000
    assert graph.template("order_update", image, button).status_code == 200
    shown = sandbox.control.customer("+393331234567")["messages"][0]
    assert shown["text"].startswith("[image]\n")
    assert shown["buttons"] == [{"text": "Segui", "payload": "https://shop.example/t/A17", "kind": "URL"}]


def test_an_authentication_template_has_metas_words_and_asks_for_the_code_twice(sandbox: Running, graph: Graph) -> None:
    otp = {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copia"}]}
    parts = [{"type": "BODY", "add_security_recommendation": True}, {"type": "FOOTER", "code_expiration_minutes": 10}, otp]
    graph.approved("code", *parts, category="AUTHENTICATION")
    assert graph.template("code", values("123456")).json()["error"]["code"] == 132000
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "123456"}]}
    assert graph.template("code", values("123456"), button).status_code == 200
    assert "*123456* is your verification code." in sandbox.control.customer("+393331234567")["messages"][0]["text"]


def _wanted() -> dict[str, Any]:
    return {"name": "order_update", "language": "it", "category": "UTILITY", "components": [PLAIN]}
