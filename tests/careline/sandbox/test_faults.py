"""Trouble on demand: a platform's own code, or an answer that gets lost on the way."""

from __future__ import annotations

import httpx
import pytest

from careline.errors import Usage
from careline.sandbox import account
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
        ("999999", 1, "", "Neither platform"),
        ("-x", 1, "", "Neither platform"),
        ("²", 1, "", "Neither platform"),
        ("190", 0, "", "at least 1"),
        ("190", 1, "moon", "none of"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Running, code: str, next: int, on: str, why: str) -> None:
    with pytest.raises(Usage, match=why):
        sandbox.control.fault(code, next=next, on=on)


def test_faults_are_listed_and_forgotten(sandbox: Running, graph: Graph) -> None:
    sandbox.control.fault(190, next=3)
    assert sandbox.control.faults()["faults"] == [{"code": "190", "left": 3, "on": "any", "platform": "whatsapp"}]
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
