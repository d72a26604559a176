"""Numbers as Graph has them: added, confirmed, registered, judged; what customers see of them; whom they block."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.clock import DAY, MINUTE
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, Graph
from tests.careline.sandbox.receiver import Receiver

NUMBER, WABA = account.PHONE_NUMBER_ID, account.BUSINESS_ACCOUNT_ID
PIN = {"messaging_product": "whatsapp", "pin": "135791"}


def added(graph: Graph, phone: str = "0299887766") -> str:
    reply = graph.call("POST", f"{WABA}/phone_numbers", {"cc": "39", "phone_number": phone, "verified_name": "Negozio Rossi"})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


def confirmed(graph: Graph, id: str) -> None:
    assert graph.call("POST", f"{id}/request_code", code_method="SMS", language="it").json() == {"success": True}
    assert graph.call("POST", f"{id}/verify_code", code=graph.sandbox.control.code(id)).status_code == 200


def test_a_number_is_added_confirmed_registered_and_sends(sandbox: Running, graph: Graph) -> None:
    id = added(graph)
    assert graph.get(id, fields="status,code_verification_status,is_pin_enabled") == {
        "status": "PENDING",
        "code_verification_status": "NOT_VERIFIED",
        "is_pin_enabled": False,
        "id": id,
    }
    assert graph.error("POST", f"{id}/register", PIN)[1] == 133006
    confirmed(graph, id)
    assert graph.call("POST", f"{id}/register", PIN).json() == {"success": True}
    assert graph.get(id, fields="status,platform_type")["platform_type"] == "CLOUD_API"
    assert [one["id"] for one in graph.get(f"{WABA}/phone_numbers")["data"]] == [NUMBER, id]


def test_a_number_is_there_once(graph: Graph) -> None:
    added(graph)
    body = {"country_code": "39", "phone_number": "+39 02 9988 7766", "verified_name": "Rossi"}
    assert graph.error("POST", f"{WABA}/phone_numbers", body)[:2] == (400, 100)


@pytest.mark.parametrize("missing", ["cc", "phone_number", "verified_name"])
def test_what_a_new_number_needs_is_named(graph: Graph, missing: str) -> None:
    body = {"cc": "39", "phone_number": "0299887766", "verified_name": "Rossi"} | {missing: ""}
    reply = graph.call("POST", f"{WABA}/phone_numbers", body).json()
    assert missing in reply["error"]["message"]


@pytest.mark.parametrize("edge", ["phone_numbers", "subscribed_apps"])
def test_an_account_takes_no_key_that_it_does_not_know(graph: Graph, edge: str) -> None:
    refused = graph.call("POST", f"{WABA}/{edge}", {"colour": "red"}).json()["error"]
    assert (refused["code"], refused["error_data"]["details"]) == (100, 'Unexpected key "colour" on param "".')


def test_codes_are_refused_with_their_subcodes(sandbox: Running, graph: Graph) -> None:
    assert graph.error("POST", f"{NUMBER}/request_code", code_method="SMS", language="en_US") == (400, 136024, 2388091)
    id = added(graph)
    assert graph.error("POST", f"{id}/request_code", code_method="LETTER", language="en")[1] == 100
    assert graph.error("POST", f"{id}/verify_code", code="000000") == (400, 136025, 2388093)
    graph.call("POST", f"{id}/request_code", code_method="VOICE", language="en")
    code = sandbox.control.code(id)
    sandbox.control.advance(11 * MINUTE)
    assert graph.error("POST", f"{id}/verify_code", code=code) == (400, 136025, 2388093)


def test_a_wrong_pin_is_133005_and_too_many_are_133008(sandbox: Running, graph: Graph) -> None:
    wrong = {"messaging_product": "whatsapp", "pin": "999999"}
    codes = []
    for _ in range(6):
        codes.append(graph.error("POST", f"{NUMBER}/register", wrong)[1])
        sandbox.control.advance(MINUTE)
    assert codes == [133005] * 5 + [133008]


def test_pins_guessed_at_once_are_133009(graph: Graph) -> None:
    wrong = {"messaging_product": "whatsapp", "pin": "999999"}
    assert [graph.error("POST", f"{NUMBER}/register", wrong)[1] for _ in range(4)] == [133005, 133005, 133005, 133009]


def test_a_number_is_registered_ten_times_in_72_hours(sandbox: Running, graph: Graph) -> None:
    right = {"messaging_product": "whatsapp", "pin": account.PIN}
    assert {graph.call("POST", f"{NUMBER}/register", right).status_code for _ in range(10)} == {200}
    assert graph.error("POST", f"{NUMBER}/register", right)[1] == 133016
    sandbox.control.advance(3 * DAY + MINUTE)
    assert graph.call("POST", f"{NUMBER}/register", right).status_code == 200


def test_a_number_that_is_not_registered_says_so_in_its_health(graph: Graph) -> None:
    assert graph.call("POST", f"{NUMBER}/deregister").json() == {"success": True}
    assert graph.error("POST", f"{NUMBER}/deregister") == (400, 100, 2207051)
    health = graph.get(NUMBER, fields="health_status")["health_status"]
    assert health["can_send_message"] == "BLOCKED"
    assert health["entities"][0]["errors"][0]["error_code"] == 133010
    assert health["entities"][0]["errors"][0]["possible_solution"]


def test_health_names_all_that_a_message_hangs_on(graph: Graph) -> None:
    health = graph.get(NUMBER, fields="health_status")["health_status"]
    kinds = [(one["entity_type"], one["id"]) for one in health["entities"]]
    above = [("WABA", WABA), ("BUSINESS", account.BUSINESS_ID), ("APP", account.APP_ID)]
    assert kinds == [("PHONE_NUMBER", NUMBER), *above]
    health = graph.get(WABA, fields="health_status,owner_business_info")
    assert [(one["entity_type"], one["id"]) for one in health["health_status"]["entities"]] == above
    assert health["owner_business_info"]["id"] == account.BUSINESS_ID


@pytest.mark.parametrize(("status", "code"), [("BANNED", 131031), ("DELETED", 133015)])
def test_a_banned_or_deleted_number_is_not_registered(sandbox: Running, graph: Graph, status: str, code: int) -> None:
    sandbox.control.judge(NUMBER, status=status)
    assert graph.error("POST", f"{NUMBER}/register", PIN)[1] == code


def test_the_review_of_a_name_comes_by_webhook_and_registering_takes_it_into_use(
    sandbox: Running, graph: Graph, receiver: Receiver
) -> None:
    app_callback(graph, receiver, "phone_number_name_update")
    assert graph.call("POST", NUMBER, new_display_name="Bottega Rossi").json() == {"success": True}
    assert graph.get(NUMBER, fields="new_display_name,new_name_status")["new_name_status"] == "PENDING_REVIEW"
    sandbox.control.judge(NUMBER, name="approve")
    sandbox.control.settle()
    (push,) = receiver.posts()
    change = json.loads(push.body)["entry"][0]["changes"][0]
    assert change["field"] == "phone_number_name_update"
    assert change["value"] == {
        "display_phone_number": account.PHONE,
        "decision": "APPROVED",
        "requested_verified_name": "Bottega Rossi",
        "rejection_reason": None,
    }
    graph.call("POST", f"{NUMBER}/register", {"messaging_product": "whatsapp", "pin": account.PIN})
    assert graph.get(NUMBER)["verified_name"] == "Bottega Rossi"


def test_quality_throughput_limit_and_security_are_told(sandbox: Running, graph: Graph, receiver: Receiver) -> None:
    app_callback(graph, receiver, "phone_number_quality_update,business_capability_update,security,account_update")
    sandbox.control.judge(NUMBER, quality="RED", throughput="HIGH", limit="TIER_10K")
    graph.call("POST", NUMBER, {"pin": "111111"})
    sandbox.control.push_account("account_update", {"event": "ACCOUNT_RECONNECTED"})
    sandbox.control.settle()
    told = sorted(change["field"] for push in receiver.posts() for change in json.loads(push.body)["entry"][0]["changes"])
    quality = "phone_number_quality_update"
    assert told == ["account_update", "business_capability_update", quality, quality, "security"]
    shown = graph.get(NUMBER, fields="quality_rating,throughput,whatsapp_business_manager_messaging_limit,health_status")
    assert (shown["quality_rating"], shown["throughput"]) == ("RED", {"level": "HIGH"})
    assert shown["whatsapp_business_manager_messaging_limit"] == "TIER_10K"
    assert shown["health_status"]["can_send_message"] == "LIMITED"


def test_a_token_ends_and_may_lack_a_permission(sandbox: Running, graph: Graph) -> None:
    now = sandbox.control.clock()["now"]
    sandbox.control.token(account.ACCESS_TOKEN, ends_at=now + DAY, scopes=["whatsapp_business_management"])
    assert graph.get("debug_token", input_token=account.ACCESS_TOKEN)["data"]["expires_at"] == (now + DAY) // 1_000_000
    assert graph.error("POST", f"{NUMBER}/messages", {}) == (403, 200, 1349176)
    sandbox.control.advance(DAY)
    assert graph.error("GET", NUMBER) == (401, 190, 463)


def test_a_new_app_secret_signs_and_makes_the_apps_token(sandbox: Running, graph: Graph) -> None:
    secret = sandbox.control.reset_app_secret()
    answer = graph.get("oauth/access_token", client_id=account.APP_ID, client_secret=secret)
    assert answer["access_token"] == f"{account.APP_ID}|{secret}"
    assert "error" in graph.get("oauth/access_token", client_id=account.APP_ID, client_secret=account.APP_SECRET)


# What customers see


def test_a_profile_is_changed_field_by_field(graph: Graph) -> None:
    edge = f"{NUMBER}/whatsapp_business_profile"
    wanted = {
        "about": "Aperto",
        "websites": ["https://shop.example"],
        "vertical": "RETAIL",
        "profile_picture_handle": "4::aW1n",
    }
    assert graph.call("POST", edge, {"messaging_product": "whatsapp"} | wanted).json() == {"success": True}
    assert graph.call("POST", edge, {"messaging_product": "whatsapp", "email": "ciao@shop.example"}).status_code == 200
    (shown,) = graph.get(edge, fields="about,email,websites,vertical,profile_picture_url")["data"]
    assert shown["profile_picture_url"].startswith("https://")
    assert {key: shown[key] for key in ("about", "email", "vertical")} == {
        "about": "Aperto",
        "email": "ciao@shop.example",
        "vertical": "RETAIL",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": ""},
        {"about": "x" * 140},
        {"address": "x" * 257},
        {"description": "x" * 513},
        {"email": "nobody"},
        {"email": "x" * 120 + "@shop.example"},
        {"websites": ["https://a.example"] * 3},
        {"websites": ["shop.example"]},
        {"vertical": "PIRACY"},
        {"profile_picture_handle": "1037543291543636"},
        {"colour": "red"},
    ],
)
def test_every_limit_of_a_profile_is_checked(graph: Graph, wrong: dict[str, Any]) -> None:
    edge = f"{NUMBER}/whatsapp_business_profile"
    assert graph.error("POST", edge, {"messaging_product": "whatsapp"} | wrong)[:2] == (400, 100)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"prompts": ["a"] * 5}, 400),
        ({"prompts": ["x" * 81]}, 400),
        ({"prompts": ["Ciao 👋"]}, 400),
        ({"commands": [{"command_name": "x" * 33, "command_description": "y"}]}, 400),
        ({"commands": [{"command_name": "stato", "command_description": "y"}] * 2}, 400),
    ],
)
def test_ice_breakers_and_commands_have_limits(graph: Graph, wrong: dict[str, Any], status: int) -> None:
    assert graph.error("POST", f"{NUMBER}/conversational_automation", wrong)[:2] == (status, 100)


def test_ice_breakers_are_read_back_from_the_number_too(graph: Graph) -> None:
    graph.call("POST", f"{NUMBER}/conversational_automation", {"prompts": ["Orari?"], "enable_welcome_message": True})
    held = {"prompts": ["Orari?"], "enable_welcome_message": True, "id": NUMBER}
    assert graph.get(f"{NUMBER}/conversational_automation")["conversational_automation"] == held
    assert graph.get(NUMBER, fields="conversational_automation")["conversational_automation"] == held


def test_identity_checks_are_read_back_in_one_form(graph: Graph) -> None:
    graph.call("POST", f"{NUMBER}/settings", {"user_identity_change": {"enabled": True}})
    assert graph.get(f"{NUMBER}/settings")["user_identity_change"] == {"enable_identity_key_check": True}


# Blocking


def blocking(*users: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "block_users": [{"user": user} for user in users]}


def test_only_who_wrote_today_is_blocked_and_the_answer_says_who_was(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    sandbox.control.say(ANNA, "ciao")
    reply = graph.call("POST", f"{NUMBER}/block_users", blocking(ANNA, "+393330000000"))
    body = reply.json()
    assert (reply.status_code, body["error"]["code"]) == (400, 139100)
    assert body["block_users"]["added_users"] == [{"input": ANNA, "wa_id": ANNA[1:]}]
    assert body["block_users"]["failed_users"][0]["errors"][0]["code"] == 131047
    assert [one["wa_id"] for one in graph.get(f"{NUMBER}/block_users")["data"]] == [ANNA[1:]]
    assert graph.call("DELETE", f"{NUMBER}/block_users", blocking(ANNA)).json()["block_users"]["removed_users"]
    assert graph.get(f"{NUMBER}/block_users") == {"data": []}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_list_of_people_to_block_takes_no_key_that_it_does_not_know(
    sandbox: Running, graph: Graph, connected: Receiver, method: str
) -> None:
    sandbox.control.say(ANNA, "ciao")
    person = {"messaging_product": "whatsapp", "block_users": [{"user": ANNA, "reason": "spam"}]}
    told = [graph.call(method, f"{NUMBER}/block_users", body).json() for body in (blocking(ANNA) | {"reason": "spam"}, person)]
    assert [one["error"]["error_data"]["details"] for one in told] == [
        'Unexpected key "reason" on param "".',
        'Unexpected key "reason" on param "block_users[0]".',
    ]
    assert graph.get(f"{NUMBER}/block_users") == {"data": []}


def test_who_is_blocked_neither_reaches_us_nor_is_reached(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "ciao")
    graph.call("POST", f"{NUMBER}/block_users", blocking(ANNA))
    assert sandbox.control.say(ANNA, "mi sentite?")["pushes"] == []
    assert graph.text().status_code == 200
    sandbox.control.settle()
    shown = sandbox.control.customer(ANNA)["messages"][-1]
    assert (shown["state"], shown["error"]) == ("failed", 130403)


@pytest.mark.parametrize(("status", "code"), [("PENDING", 133010), ("DISCONNECTED", 133010), ("BANNED", 131031)])
def test_a_number_that_is_not_connected_sends_nothing(sandbox: Running, graph: Graph, status: str, code: int) -> None:
    sandbox.control.judge(NUMBER, status=status)
    assert graph.text().json()["error"]["code"] == code


# Counting


def test_messages_are_counted_by_day(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "ciao")
    graph.text()
    graph.text()
    sandbox.control.settle()
    now = sandbox.control.clock()["now"] // 1_000_000
    wanted = f"analytics.start({now - 86400}).end({now + 86400}).granularity(DAY).phone_numbers([]),name"
    answer = graph.get(WABA, fields=wanted)
    (point,) = answer["analytics"]["data_points"]
    assert (point["sent"], point["delivered"], answer["name"]) == (2, 2, "Sandbox Shop")


def test_prices_and_conversations_have_the_dimensions_asked_for(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "ciao")
    graph.approved("promo", category="MARKETING")
    graph.template("promo")
    graph.text()
    sandbox.control.settle()
    now = sandbox.control.clock()["now"] // 1_000_000
    range_ = f".start({now - 86400}).end({now + 86400}).granularity(DAILY)"
    prices = graph.get(WABA, fields=f'pricing_analytics{range_}.dimensions(["PRICING_CATEGORY","PRICING_TYPE"])')
    points = prices["pricing_analytics"]["data"][0]["data_points"]
    assert {(p["pricing_category"], p["pricing_type"], p["volume"], p["cost"]) for p in points} == {
        ("MARKETING", "REGULAR", 1, 0.06),
        ("SERVICE", "FREE_CUSTOMER_SERVICE", 1, 0),
    }
    talks = graph.get(WABA, fields=f'conversation_analytics{range_}.dimensions(["CONVERSATION_CATEGORY"])')
    found = talks["conversation_analytics"]["data"][0]["data_points"]
    assert sorted((p["conversation_category"], p["conversation"]) for p in found) == [("MARKETING", 1), ("SERVICE", 1)]


def test_template_analytics_have_to_be_switched_on_once(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    id = graph.approved("promo", category="UTILITY")
    now = sandbox.control.clock()["now"] // 1_000_000
    asked = {"start": str(now - 86400), "end": str(now + 86400), "granularity": "DAILY", "template_ids": f"[{id}]"}
    assert graph.error("GET", f"{WABA}/template_analytics", **asked)[1] == 200007
    assert graph.call("POST", WABA, is_enabled_for_insights="true").json() == {"id": WABA}
    assert graph.error("POST", WABA, is_enabled_for_insights="false")[1] == 200006
    graph.template("promo")
    sandbox.control.settle()
    (row,) = graph.get(f"{WABA}/template_analytics", **asked)["data"]
    assert [(p["template_id"], p["sent"], p["delivered"]) for p in row["data_points"]] == [(id, 1, 1)]


def app_callback(graph: Graph, receiver: Receiver, fields: str) -> None:
    """Have the app's own news sent to the receiver."""
    graph.subscribe(receiver.url)
    body = {
        "object": "whatsapp_business_account",
        "callback_url": receiver.url,
        "verify_token": account.VERIFY_TOKEN,
        "fields": fields,
    }
    headers = {"authorization": f"Bearer {account.APP_TOKEN}"}
    reply = graph.http.post(f"{graph.sandbox.url}/v23.0/{account.APP_ID}/subscriptions", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
