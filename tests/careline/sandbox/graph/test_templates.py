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


IMAGE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U=:sample"]}}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Scade presto", "has_expiration": True}}
COPY = {"type": "COPY_CODE", "example": "ESTATE25"}
LINK = {"type": "URL", "text": "Compra", "url": "https://shop.example"}
FLOW = {"type": "FLOW", "text": "Prenota", "flow_id": "1", "flow_action": "navigate", "navigate_screen": "START"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
APP = {"package_name": "com.example.shop", "signature_hash": "K8a/AINcGX7"}


def group(*buttons: Any) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def card(*more: Any) -> dict[str, Any]:
    return {"components": [IMAGE, *more, group(LINK)]}


def carousel(*cards: Any) -> dict[str, Any]:
    return {"type": "CAROUSEL", "cards": list(cards)}


@pytest.mark.parametrize(
    "parts",
    [
        [IMAGE, OFFER, PLAIN, group(COPY, LINK)],
        [PLAIN, carousel(card(), card())],
        [PLAIN, carousel(*[card(body("Bella e calda, per l'inverno."))] * 10)],
        [PLAIN, group(FLOW)],
        [PLAIN, group({"type": "mpm", "text": "Guarda"})],
        [{"type": "header", "format": "gif", "example": {"header_handle": ["4::dmlkZW8=:sample"]}}, PLAIN],
        [PLAIN, {"type": "call_permission_request"}],
    ],
    ids=["offer", "two cards", "ten cards", "flow", "products", "gif", "may we call"],
)
def test_marketing_has_parts_of_its_own(graph: Graph, parts: list[Any]) -> None:
    assert graph.submit("sale", *parts, category="MARKETING").status_code == 200


@pytest.mark.parametrize(
    ("parts", "subcode"),
    [
        ([IMAGE, OFFER, body("x" * 601), group(COPY, LINK)], 2388040),
        ([IMAGE, OFFER, PLAIN, {"type": "FOOTER", "text": "Ciao"}, group(COPY, LINK)], 2388073),
        ([IMAGE, OFFER, PLAIN, group(LINK)], 0),
        ([IMAGE, {**OFFER, "limited_time_offer": {"text": "x" * 17}}, PLAIN, group(LINK)], 0),
        ([{"type": "HEADER", "format": "TEXT", "text": "Saldi"}, OFFER, PLAIN, group(COPY, LINK)], 2388047),
        ([PLAIN, carousel(card())], 0),
        ([PLAIN, carousel(*[card()] * 11)], 0),
        ([PLAIN, carousel(card(), card(PLAIN))], 0),
        ([PLAIN, carousel(*[{"components": [PLAIN]}] * 2)], 2388047),
        ([PLAIN, carousel(*[card(body("x" * 161))] * 2)], 2388040),
        ([PLAIN, group(*[{"type": "FLOW", "text": "x"}])], 0),
        ([PLAIN, group(FLOW, FLOW)], 0),
        ([PLAIN, group({"type": "CATALOG", "text": "x"}, LINK)], 0),
        ([PLAIN, group({"type": "VOICE_CALL", "text": "x", "ttl_minutes": 5})], 0),
        ([PLAIN, group(OTP)], 0),
        ([PLAIN, group({"type": "TELEPATHY", "text": "x"})], 0),
        ([PLAIN, {"type": "POEM", "text": "x"}], 0),
        ([{**PLAIN, "colour": "red"}], 0),
    ],
)
def test_parts_that_do_not_go_together_are_refused(graph: Graph, parts: list[Any], subcode: int) -> None:
    wanted = {"name": "sale", "language": "it", "category": "MARKETING", "components": parts}
    assert graph.error("POST", TEMPLATES, wanted) == (400, 100, subcode)


@pytest.mark.parametrize(
    "button",
    [
        {**OTP, "otp_type": "TELEPATHY"},
        {**OTP, "otp_type": "ONE_TAP"},
        {**OTP, "otp_type": "ONE_TAP", "supported_apps": [{**APP, "signature_hash": "short"}]},
        {**OTP, "otp_type": "ZERO_TAP", "supported_apps": [APP]},
        LINK,
    ],
    ids=["no such way", "no app", "bad signature", "terms not accepted", "no code"],
)
def test_a_code_button_must_say_how_the_code_is_taken(graph: Graph, button: dict[str, Any]) -> None:
    wanted = {"name": "code", "language": "it", "category": "AUTHENTICATION", "components": [{"type": "BODY"}, group(button)]}
    assert graph.error("POST", TEMPLATES, wanted)[:2] == (400, 100)
    good = {**OTP, "otp_type": "one_tap", **APP}
    assert graph.submit("code", {"type": "BODY"}, group(good), category="AUTHENTICATION").status_code == 200


@pytest.mark.parametrize(("category", "ttl", "taken"), [("UTILITY", 30, True), ("UTILITY", -1, True), ("UTILITY", 29, False)])
def test_how_long_it_is_tried_has_bounds(graph: Graph, category: str, ttl: int, taken: bool) -> None:
    assert (graph.submit(category=category, message_send_ttl_seconds=ttl).status_code == 200) == taken


# How many


def test_a_hundred_are_created_within_an_hour_and_250_altogether(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(creations=2)
    for name in ("first", "second"):
        assert graph.submit(name).status_code == 200
    assert graph.error("POST", TEMPLATES, _wanted()) == (400, 80008, 0)
    sandbox.control.advance(DAY)
    sandbox.control.settings(creations=1000)
    for number in range(248):
        graph.submit(f"t{number}")
    assert graph.error("POST", TEMPLATES, _wanted()) == (400, 100, 2388019)
    assert graph.get(TEMPLATES, summary="total_count", limit="1")["summary"]["message_template_limit"] == 250
    sandbox.control.settings(verified=True)
    assert graph.submit().status_code == 200
    assert graph.get(TEMPLATES, summary="total_count", limit="1")["summary"]["message_template_limit"] == 6000


# After the review


def account_news(graph: Graph, receiver: Receiver) -> None:
    fields = (
        "messages,message_template_status_update,message_template_quality_update,template_category_update,"
        "message_template_components_update"
    )
    callback = {"object": "whatsapp_business_account", "callback_url": receiver.url, "verify_token": "v", "fields": fields}
    assert graph.call("POST", f"{account.APP_ID}/subscriptions", callback, access_token=account.APP_TOKEN).status_code == 200


def told(sandbox: Running, receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    assert sandbox.control.settle()
    changes = [change for post in receiver.posts() for change in json.loads(post.body)["entry"][0]["changes"]]
    return [(change["field"], change["value"]) for change in changes]


def test_red_quality_pauses_for_three_hours_then_six_then_disables(sandbox: Running, graph: Graph) -> None:
    id = graph.approved("order_update", PLAIN)
    for hours in (3, 6):
        sandbox.control.quality("order_update", "red")
        assert graph.get(id)["status"] == "PAUSED"
        sandbox.control.advance(hours * 3600 * SECOND - SECOND)
        assert graph.template("order_update").json()["error"]["code"] == 132015
        sandbox.control.advance(SECOND)
        assert graph.get(id)["status"] == "APPROVED"
    sandbox.control.quality("order_update", "red")
    sandbox.control.advance(30 * DAY)
    assert graph.get(id)["status"] == "DISABLED"
    assert graph.template("order_update").json()["error"]["code"] == 132016
    assert graph.error("DELETE", TEMPLATES, name="order_update") == (400, 100, 2388039)


def test_a_pause_is_told_with_its_kind_and_quality_with_both_scores(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    account_news(graph, connected)
    graph.approved("order_update", PLAIN)
    sandbox.control.quality("order_update", "red")
    news = dict(told(sandbox, connected))
    quality = news["message_template_quality_update"]
    assert (quality["previous_quality_score"], quality["new_quality_score"]) == ("UNKNOWN", "RED")
    assert "event" not in quality
    kinds = [
        value.get("other_info", {}).get("title") for field, value in told(sandbox, connected) if field.endswith("status_update")
    ]
    assert "FIRST_PAUSE" in kinds
    assert graph.get(TEMPLATES, quality_score="RED")["data"] != []


def test_another_category_is_announced_a_day_before(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    account_news(graph, connected)
    id = graph.approved("order_update", PLAIN)
    sandbox.control.categorise("order_update", "marketing", announced=True)
    assert graph.get(id, fields="category,correct_category") == {
        "category": "UTILITY",
        "correct_category": "MARKETING",
        "id": id,
    }
    sandbox.control.advance(DAY)
    assert graph.get(id, fields="category,previous_category")["category"] == "MARKETING"
    first, second = [value for field, value in told(sandbox, connected) if field == "template_category_update"]
    assert (first["new_category"], first["correct_category"]) == ("UTILITY", "MARKETING")
    assert (second["previous_category"], second["new_category"]) == ("UTILITY", "MARKETING")


def test_a_utility_template_that_advertises_is_approved_as_marketing(sandbox: Running, graph: Graph) -> None:
    first = graph.submit("promo_me_softly").json()["id"]
    second = graph.submit("order_update").json()["id"]
    sandbox.control.advance(DAY)
    assert [graph.get(id)["category"] for id in (first, second)] == ["MARKETING", "UTILITY"]
    sandbox.control.settings(recategorise=True)
    third = graph.submit("another").json()["id"]
    sandbox.control.advance(DAY)
    assert graph.get(third, fields="category,previous_category,status") == {
        "category": "MARKETING",
        "previous_category": "UTILITY",
        "status": "APPROVED",
        "id": third,
    }


def test_a_rejection_says_why_and_what_to_do(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    account_news(graph, connected)
    graph.submit()
    sandbox.control.review("order_update", "reject", reason="SCAM")
    (value,) = [value for _, value in told(sandbox, connected)]
    assert (value["event"], value["reason"]) == ("REJECTED", "SCAM")
    assert value["rejection_info"]["reason"] == "The text looks like a fraud."


def test_what_is_deleted_with_messages_under_way_goes_when_they_are_over(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(sent_s=3600, delivered_s=3600)
    id = graph.approved("order_update", PLAIN)
    assert graph.template("order_update").status_code == 200
    assert graph.call("DELETE", TEMPLATES, name="order_update").json() == {"success": True}
    assert graph.get(id)["status"] == "PENDING_DELETION"
    assert graph.template("order_update").json()["error"]["code"] == 132001
    sandbox.control.advance(30 * DAY)
    assert graph.get(TEMPLATES)["data"] == []


def test_one_language_that_was_deleted_blocks_that_language_only(graph: Graph, sandbox: Running) -> None:
    id = graph.approved("order_update", PLAIN)
    assert graph.call("DELETE", TEMPLATES, name="order_update", hsm_id=id).json() == {"success": True}
    assert graph.error("POST", TEMPLATES, _wanted()) == (400, 100, 2388023)
    assert graph.submit(language="en").status_code == 200


@pytest.mark.parametrize(("good", "state", "error"), [(True, "delivered", 0), (False, "failed", 132015)])
def test_pacing_holds_messages_until_it_knows_what_customers_think(
    sandbox: Running, graph: Graph, connected: Receiver, good: bool, state: str, error: int
) -> None:
    sandbox.control.settings(pacing=1)
    graph.approved("news", PLAIN, category="MARKETING")
    people = ["+393331234567", "+393331234568", "+393331234569"]
    told = [graph.template("news", to=who).json()["messages"][0]["message_status"] for who in people]
    assert told == ["accepted", "held_for_quality_assessment", "held_for_quality_assessment"]
    sandbox.control.settle()
    assert [sandbox.control.customer(who)["messages"][0]["state"] for who in people[1:]] == ["accepted", "accepted"]
    if good:
        sandbox.control.quality("news", "green")
    else:
        sandbox.control.slow_down("news")
    sandbox.control.settle()
    shown = [sandbox.control.customer(who)["messages"][0] for who in people[1:]]
    assert [(one["state"], one["error"]) for one in shown] == [(state, error)] * 2


# Beside them


def test_previews_are_metas_words_for_codes_only(graph: Graph) -> None:
    path = f"{account.BUSINESS_ACCOUNT_ID}/message_template_previews"
    asked = {"category": "AUTHENTICATION", "languages": "it,en_US", "add_security_recommendation": "true"}
    shown = graph.get(path, **asked, code_expiration_minutes="10")["data"]
    assert [one["language"] for one in shown] == ["it", "en_US"]
    assert shown[0]["footer"] == "This code expires in 10 minutes."
    assert graph.error("GET", path, category="UTILITY") == (400, 100, 0)


def test_the_library_is_searched(graph: Graph) -> None:
    assert [one["name"] for one in graph.get("message_template_library", search="parcel")["data"]] == ["parcel_on_its_way"]
    assert [one["name"] for one in graph.get("message_template_library", topic="CUSTOMER_FEEDBACK")["data"]] == [
        "how_did_we_do"
    ]
    wanted = {"name": "x", "language": "en_US", "category": "UTILITY", "library_template_name": "none_such"}
    assert graph.error("POST", TEMPLATES, wanted)[:2] == (400, 100)


def test_a_sample_that_is_too_long_or_of_another_type_is_refused(graph: Graph) -> None:
    path = f"{account.APP_ID}/uploads"
    assert graph.error("POST", path, file_length="10", file_type="text/plain", file_name="a") == (400, 100, 0)
    assert graph.error("POST", path, file_length="0", file_type="image/png", file_name="a") == (400, 100, 0)
    session = graph.call("POST", path, file_length="4", file_type="image/png", file_name="a").json()["id"]
    url = f"{graph.sandbox.url}/v23.0/{session}"
    headers = {"authorization": f"OAuth {account.ACCESS_TOKEN}", "file_offset": "0"}
    assert graph.http.post(url, content=b"12345", headers=headers).status_code == 400
    assert graph.http.get(url.partition("?")[0], headers=headers).status_code == 400


def test_chinese_has_no_blanks_and_words_all_the_same(graph: Graph) -> None:
    chinese = body("您好{{1}}，您的订单{{2}}已经发货。", "李薇", "A17")
    assert graph.submit("order_update", chinese, language="zh_CN").status_code == 200
    few = body("嗨{{1}}和{{2}}吧。", "a", "b")
    assert graph.error("POST", TEMPLATES, _wanted() | {"components": [few]}) == (400, 100, 2388293)


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
