"""WhatsApp's webhooks: subscribed by a handshake, signed, and delivered until somebody answers 200."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from careline.errors import Misconfigured
from careline.sandbox import account
from careline.sandbox.crypto import hub_signature
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, Graph
from tests.careline.sandbox.receiver import Got, Receiver, agreeable

SUBSCRIBED = f"{account.BUSINESS_ACCOUNT_ID}/subscribed_apps"


def ids(receiver: Receiver) -> list[str]:
    """The messages in the order of their arrival."""
    values = [json.loads(post.body)["entry"][0]["changes"][0]["value"] for post in receiver.posts()]
    return [message["text"]["body"] for value in values for message in value.get("messages", [])]


def test_subscribing_asks_the_callback_for_the_challenge_at_once(graph: Graph, receiver: Receiver) -> None:
    assert graph.subscribe(receiver.url).json() == {"success": True}
    (asked,) = receiver.got
    assert (asked.query["hub.mode"], asked.query["hub.verify_token"]) == ("subscribe", account.VERIFY_TOKEN)
    assert graph.get(SUBSCRIBED)["data"][0]["override_callback_uri"] == receiver.url
    number = graph.get(account.PHONE_NUMBER_ID, fields="webhook_configuration")
    assert number["webhook_configuration"] == {"whatsapp_business_account": receiver.url}


def test_the_numbers_own_callback_goes_before_the_accounts(graph: Graph, receiver: Receiver) -> None:
    control = graph.sandbox.control
    graph.subscribe(receiver.url)
    own = {"webhook_configuration": {"override_callback_uri": f"{receiver.url}/own", "verify_token": account.VERIFY_TOKEN}}
    assert graph.call("POST", account.PHONE_NUMBER_ID, own).json() == {"success": True}
    pushed = control.say("+393331234567", "ciao")["pushes"][0]["url"]
    assert pushed == f"{receiver.url}/own"
    none = {"webhook_configuration": {"override_callback_uri": "", "verify_token": ""}}
    assert graph.call("POST", account.PHONE_NUMBER_ID, none).json() == {"success": True}
    assert control.say("+393331234567", "ciao")["pushes"][0]["url"] == receiver.url


@pytest.mark.parametrize(
    ("respond", "why"),
    [
        (lambda got: (403, b"no"), "HTTP Status Code = 403"),
        (lambda got: (200, b'"' + got.query["hub.challenge"].encode() + b'"'), "not the challenge"),
    ],
)
def test_a_callback_that_fails_the_handshake_is_not_kept(graph: Graph, receiver: Receiver, respond: Any, why: str) -> None:
    receiver.respond = respond
    reply = graph.subscribe(receiver.url)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, 2200)
    assert why in reply.json()["error"]["message"]
    assert graph.get(SUBSCRIBED) == {"data": []}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1/webhooks/shop", 2200),
        ("https://shop.example/webhooks/shop", 2200),
        ("nonsense", 2200),
        ("http://127.0.0.1/" + "x" * 200, 100),
    ],
    ids=["nobody there", "not this machine", "no address", "too long"],
)
def test_an_address_that_cannot_be_called_is_refused(graph: Graph, url: str, code: int) -> None:
    assert graph.subscribe(url).json()["error"]["code"] == code


def test_without_a_subscription_nothing_is_pushed_and_the_customer_is_told_what_to_run(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    assert graph.call("DELETE", SUBSCRIBED).json() == {"success": True}
    with pytest.raises(Misconfigured) as refused:
        sandbox.control.say(ANNA, "Ciao")
    assert refused.value.run.startswith("careline channels register whatsapp NAME --phone-number-id")
    graph.text()
    assert sandbox.control.settle()
    assert connected.posts() == []


def test_an_empty_subscription_takes_the_override_away(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    assert graph.call("POST", SUBSCRIBED, {}).json() == {"success": True}
    assert "override_callback_uri" not in graph.get(SUBSCRIBED)["data"][0]
    with pytest.raises(Misconfigured):
        sandbox.control.say(ANNA, "Ciao")


def test_a_message_is_signed_over_the_ascii_bytes_it_is_sent_as(sandbox: Running, connected: Receiver) -> None:
    said = sandbox.control.say(ANNA, "perché? 📦", name="Anna Rossi")
    (post,) = connected.posts()
    assert post.headers["x-hub-signature-256"] == hub_signature(account.APP_SECRET, post.body)
    assert post.headers["content-type"] == "application/json"
    assert b"perch\\u00e9? \\ud83d\\udce6" in post.body
    envelope = json.loads(post.body)
    assert envelope["object"] == "whatsapp_business_account"
    (entry,) = envelope["entry"]
    (change,) = entry["changes"]
    assert (entry["id"], change["field"]) == (account.BUSINESS_ACCOUNT_ID, "messages")
    value = change["value"]
    assert value["messaging_product"] == "whatsapp"
    assert value["metadata"] == {"display_phone_number": account.PHONE, "phone_number_id": account.PHONE_NUMBER_ID}
    assert value["contacts"][0]["profile"] == {"name": "Anna Rossi"}
    (message,) = value["messages"]
    assert (message["id"], message["from"], message["type"]) == (said["id"], "393331234567", "text")
    assert isinstance(message["timestamp"], str)


def test_a_webhook_that_is_not_answered_200_comes_again_with_the_same_bytes(sandbox: Running, connected: Receiver) -> None:
    answers = [500, 503, 200]

    def respond(got: Got) -> tuple[int, bytes]:
        return answers.pop(0), b""

    connected.respond = respond
    said = sandbox.control.say(ANNA, "Ciao")
    assert said["pushes"][0]["arrived"] is False
    assert sandbox.control.settle()
    assert len({post.body for post in connected.posts()}) == 1
    (push,) = sandbox.control.log()["pushes"]
    assert ([one["status"] for one in push["tries"]], push["arrived"]) == ([500, 503, 200], True)


def test_redelivery_ends_one_day(sandbox: Running, connected: Receiver) -> None:
    connected.respond = lambda got: (500, b"")
    sandbox.control.say(ANNA, "Ciao")
    assert sandbox.control.settle()
    assert len(connected.posts()) == 5  # the first and four more


def test_copies_arrive_side_by_side(sandbox: Running, connected: Receiver) -> None:
    together = threading.Barrier(3, timeout=5)

    def respond(got: Got) -> tuple[int, bytes]:
        together.wait()  # passes only when three requests are open at once
        return agreeable(got)

    connected.respond = respond
    sandbox.control.settings(duplicate=2)
    said = sandbox.control.say(ANNA, "Ciao")
    assert [one["status"] for one in said["pushes"][0]["tries"]] == [200, 200, 200]
    assert len({post.body for post in connected.posts()}) == 1


def test_webhooks_can_arrive_in_the_wrong_order(sandbox: Running, connected: Receiver) -> None:
    sandbox.control.settings(reorder=3)
    for text in ("one", "two", "three"):
        assert sandbox.control.say(ANNA, text)["pushes"][0]["tries"] == []
    assert sandbox.control.settle()
    assert ids(connected) == ["three", "two", "one"]


def test_settling_lets_go_of_what_was_held_back(sandbox: Running, connected: Receiver) -> None:
    sandbox.control.settings(reorder=3)
    sandbox.control.say(ANNA, "one")
    assert sandbox.control.settle()
    assert ids(connected) == ["one"]


def test_any_value_can_be_pushed(sandbox: Running, connected: Receiver) -> None:
    sandbox.control.push_whatsapp({"messages": [{"id": "m", "type": "in_orbit"}]})
    (post,) = connected.posts()
    change = json.loads(post.body)["entry"][0]["changes"][0]
    assert change["value"]["messages"] == [{"id": "m", "type": "in_orbit"}]
    assert change["value"]["metadata"]["phone_number_id"] == account.PHONE_NUMBER_ID


def test_somebody_who_scans_a_link_sends_what_it_says(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    code = graph.call("POST", f"{account.PHONE_NUMBER_ID}/message_qrdls", {"prefilled_message": "Ciao"}).json()
    for way in (code["code"], code["deep_link_url"], "Ciao"):
        sandbox.control.scan(ANNA, way)
    assert ids(connected) == ["Ciao"] * 3
