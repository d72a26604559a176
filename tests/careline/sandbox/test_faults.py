"""Trouble on demand: a platform's own code, or an answer that gets lost on the way."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from careline.errors import Usage
from careline.sandbox import account, faults
from careline.sandbox.graph.errors import ACCOUNT, MESSAGES, TEMPLATES
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, Graph, WeChat
from tests.careline.sandbox.receiver import Receiver


@pytest.mark.parametrize(
    ("code", "status"), [(131056, 400), (130429, 400), (131000, 500), (2, 503), (190, 401), (10, 403), (132001, 404)]
)
def test_the_next_calls_answer_a_graph_code_and_then_no_more(sandbox: Running, graph: Graph, code: int, status: int) -> None:
    sandbox.control.fault(code, next=2)
    for _ in range(2):
        reply = graph.text()
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert graph.text().status_code == 200
    assert len(sandbox.control.customer(ANNA)["messages"]) == 1


def test_a_code_that_comes_by_status_lets_the_message_through_and_fails_it_later(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(131026)
    assert graph.text().status_code == 200
    sandbox.control.settle()
    (message,) = sandbox.control.customer(ANNA)["messages"]
    assert (message["state"], message["error"]) == ("failed", 131026)


def test_a_transient_error_says_so(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(80007)
    assert graph.text().json()["error"]["is_transient"] is True


def test_a_code_of_templates_waits_for_templates(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(2388019)
    assert graph.text().status_code == 200
    assert graph.submit().json()["error"]["error_subcode"] == 2388019


def test_the_ip_list_refuses_token_calls(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.fault(40164)
    refused = wechat.classic()
    assert refused["errcode"] == 40164
    assert "127.0.0.1" in refused["errmsg"]
    assert "::ffff:127.0.0.1" in refused["errmsg"]


def test_a_code_of_wechat_spares_the_token_call_it_would_send_round_in_circles(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.say("mei", "在吗")
    sandbox.control.fault(42001)
    assert "access_token" in wechat.stable()
    assert [wechat.text("mei"), wechat.text("mei")] == [42001, 0]


@pytest.mark.parametrize("code", ["timeout", "reset"])
def test_the_answer_is_lost_but_the_message_is_not(
    sandbox: Running, graph: Graph, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.control.fault(code)
    monkeypatch.setattr(graph.http, "timeout", httpx.Timeout(0.3))
    with pytest.raises((httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError)):
        graph.text()
    assert len(sandbox.control.customer(ANNA)["messages"]) == 1
    assert graph.text().status_code == 200


def test_a_reset_breaks_the_connection(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault("reset")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        graph.text()


def test_a_slow_answer_comes(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(slow_s=0.2)
    sandbox.control.fault("slow")
    reply = graph.text()
    assert (reply.status_code, reply.elapsed.total_seconds() >= 0.2) == (200, True)


def test_a_proxy_in_between_answers_a_page_and_sends_nothing(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault("502")
    reply = graph.text()
    assert (reply.status_code, reply.headers["content-type"]) == (502, "text/html")
    graph.text()
    assert len(sandbox.control.customer(ANNA)["messages"]) == 1


def test_a_fault_can_be_aimed_at_any_call(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault("502", on="any")
    assert graph.call("GET", account.PHONE_NUMBER_ID).status_code == 502


@pytest.mark.parametrize(
    ("code", "next", "on", "why"),
    [
        ("999999", 1, "", "No platform"),
        ("-x", 1, "", "No platform"),
        ("²", 1, "", "No platform"),
        ("190", 0, "", "at least 1"),
        ("190", 1, "moon", "none of"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Running, code: str, next: int, on: str, why: str) -> None:
    with pytest.raises(Usage, match=why):
        sandbox.control.fault(code, next=next, on=on)


@pytest.mark.parametrize(
    ("code", "platform"), [("95018", "wecom"), ("wecom:45009", "wecom"), ("45009", "wechat"), ("131056", "whatsapp")]
)
def test_a_code_is_that_of_the_platform_that_has_it(code: str, platform: str) -> None:
    made = faults.fault(code, 1)
    assert (made.platform, made.code) == (platform, code.removeprefix("wecom:"))


def test_faults_are_listed_and_forgotten(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(190, next=3)
    assert sandbox.control.faults()["faults"] == [
        {"code": "190", "left": 3, "on": "any", "platform": "whatsapp", "by_status": False}
    ]
    assert sandbox.control.clear_faults() == {"faults": []}
    assert graph.text().status_code == 200


def test_the_log_says_which_call_was_hit(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(190)
    graph.text()
    (call,) = sandbox.control.log()["calls"]
    assert (call["path"], call["status"], call["code"], call["fault"]) == (
        f"/v23.0/{account.PHONE_NUMBER_ID}/messages",
        401,
        190,
        "190",
    )


@pytest.mark.parametrize("code", sorted({**MESSAGES, **ACCOUNT, **TEMPLATES}))
def test_every_code_of_the_table_can_be_had(sandbox: Running, graph: Graph, code: int) -> None:
    sandbox.control.fault(code)
    reply = graph.submit() if code in TEMPLATES else graph.text()
    if code in MESSAGES and MESSAGES[code].where == "status":
        assert reply.status_code == 200
        sandbox.control.settle()
        (message,) = sandbox.control.customer(ANNA)["messages"]
        assert (message["state"], message["error"]) == ("failed", code)
        return
    error = reply.json()["error"]
    assert code in (error["code"], error.get("error_subcode"))
    assert reply.status_code >= 400
    assert error["fbtrace_id"]


def test_a_code_that_comes_both_ways_comes_by_status_when_asked_to(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(131000, by_status=True)
    assert graph.text().status_code == 200
    sandbox.control.settle()
    assert sandbox.control.customer(ANNA)["messages"][0]["error"] == 131000
    with pytest.raises(Usage, match="never comes by a status"):
        sandbox.control.fault(132001, by_status=True)


@pytest.mark.parametrize(("code", "table", "openapi"), [(80007, 400, 429), (2, 503, 500), (4, 400, 429), (131000, 500, 500)])
def test_the_statuses_are_those_of_either_of_metas_pages(
    sandbox: Running, graph: Graph, code: int, table: int, openapi: int
) -> None:
    sandbox.control.fault(code)
    assert graph.text().status_code == table
    sandbox.control.settings(errors="openapi")
    sandbox.control.fault(code)
    assert graph.text().status_code == openapi


def test_an_object_that_is_not_there_is_404_by_the_api_description(sandbox: Running, graph: Graph) -> None:
    assert graph.error("GET", "123456789") == (400, 100, 33)
    sandbox.control.settings(errors="openapi")
    assert graph.error("GET", "123456789") == (404, 100, 33)


NUMBER, WABA = account.PHONE_NUMBER_ID, account.BUSINESS_ACCOUNT_ID
COMMAND = {"command_name": "stato", "command_description": "Dov'è il mio ordine"}


@pytest.mark.parametrize(
    ("edge", "body", "table"),
    [
        ("NEW/verify_code", {"code": "000000"}, (400, 136025)),
        ("NEW/register", {"messaging_product": "whatsapp", "pin": "135791"}, (400, 133006)),
        ("NEW/conversational_automation", {"commands": [COMMAND]}, (400, 100)),
        (f"{NUMBER}/conversational_automation", {"commands": [COMMAND, COMMAND]}, (400, 100)),
        (f"{NUMBER}/request_code", {"code_method": "SMS", "language": "it"}, (400, 136024)),
        (f"{NUMBER}/whatsapp_business_profile", {"messaging_product": "whatsapp", "profile_picture_handle": "9"}, (400, 100)),
        (f"{WABA}/phone_numbers", {"cc": "39", "phone_number": "1", "verified_name": "Rossi"}, (400, 100)),
        (f"{WABA}/subscribed_apps", {"override_callback_uri": "http://127.0.0.1:1/", "verify_token": "x"}, (400, 2200)),
    ],
)
def test_what_cannot_be_done_now_is_422_by_the_api_description(
    sandbox: Running, graph: Graph, edge: str, body: dict[str, Any], table: tuple[int, int]
) -> None:
    new = graph.call("POST", f"{WABA}/phone_numbers", {"cc": "39", "phone_number": "0299887766", "verified_name": "Rossi"})
    edge = edge.replace("NEW", new.json()["id"])
    assert graph.error("POST", edge, body)[:2] == table
    sandbox.control.settings(errors="openapi")
    refused = graph.call("POST", edge, body)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["type"]) == (422, 100, "GraphMethodException")
    assert error["message"]
    assert not error["message"].startswith("(#")


def test_a_number_that_is_there_is_a_conflict_by_the_api_description(sandbox: Running, graph: Graph) -> None:
    body = {"cc": "39", "phone_number": "0299887766", "verified_name": "Rossi"}
    graph.call("POST", f"{WABA}/phone_numbers", body)
    assert graph.error("POST", f"{WABA}/phone_numbers", body)[:2] == (400, 100)
    sandbox.control.settings(errors="openapi")
    assert graph.error("POST", f"{WABA}/phone_numbers", body)[:2] == (409, 100)


def usage(reply: httpx.Response) -> dict[str, int]:
    """What an answer says of the calls to the account."""
    (business,) = json.loads(reply.headers["x-business-use-case-usage"])[account.BUSINESS_ACCOUNT_ID]
    return dict(business)


def test_the_usage_rises_with_the_calls_until_there_are_no_more_for_the_hour(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(calls_an_hour=4)
    percents = [usage(graph.call("GET", account.BUSINESS_ACCOUNT_ID))["call_count"] for _ in range(4)]
    assert percents == [25, 50, 75, 100]
    refused = graph.call("GET", account.BUSINESS_ACCOUNT_ID)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 80007)
    assert usage(refused)["estimated_time_to_regain_access"] == 60
    sandbox.control.advance(61 * 60 * 1_000_000)
    again = graph.call("GET", account.BUSINESS_ACCOUNT_ID)
    assert (again.status_code, usage(again)["estimated_time_to_regain_access"]) == (200, 0)
