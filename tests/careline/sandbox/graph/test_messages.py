"""Sending on WhatsApp: what Graph takes, what it refuses and with which code, and what the statuses then say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.clock import HOUR, MINUTE
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, HEADERS, Graph, Still
from tests.careline.sandbox.receiver import Receiver

MESSAGES = f"{account.PHONE_NUMBER_ID}/messages"


def values(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(post.body)["entry"][0]["changes"][0]["value"] for post in receiver.posts()]


def statuses(receiver: Receiver) -> list[dict[str, Any]]:
    return [status for value in values(receiver) for status in value.get("statuses", [])]


def failures(receiver: Receiver) -> list[tuple[str, int]]:
    """Whom a message did not reach, and the code."""
    failed = [one for one in statuses(receiver) if one["status"] == "failed"]
    return [(one["recipient_id"], one["errors"][0]["code"]) for one in failed]


def test_a_text_inside_the_window_is_sent_delivered_and_read_when_the_customer_writes_again(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    sandbox.control.say(ANNA, "Dov'è il mio ordine?")
    answer = graph.text(body="È partito.", biz_opaque_callback_data="m41").json()
    assert answer["contacts"] == [{"input": ANNA, "wa_id": "393331234567"}]
    assert sandbox.control.settle()
    sandbox.control.say(ANNA, "Grazie!")
    seen = statuses(connected)
    assert [one["status"] for one in seen] == ["sent", "delivered", "read"]
    assert {one["id"] for one in seen} == {answer["messages"][0]["id"]}
    assert {one["biz_opaque_callback_data"] for one in seen} == {"m41"}
    assert seen[0]["recipient_id"] == "393331234567"
    assert seen[0]["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert "pricing" not in seen[2]
    assert all("conversation" not in one for one in seen)


def test_a_text_outside_the_window_is_accepted_and_fails_later_with_131047(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    sandbox.control.say(ANNA, "Ciao")
    sandbox.control.advance(24 * HOUR - MINUTE)
    assert graph.text().status_code == 200
    assert sandbox.control.settle()
    sandbox.control.advance(MINUTE)
    late = graph.text()
    assert late.status_code == 200
    assert sandbox.control.settle()
    failed = statuses(connected)[-1]
    assert (failed["id"], failed["status"]) == (late.json()["messages"][0]["id"], "failed")
    (error,) = failed["errors"]
    assert error["code"] == 131047
    assert error["title"] == error["message"] == "Re-engagement message"
    assert error.keys() == {"code", "title", "message", "error_data", "href"}
    assert [one["state"] for one in sandbox.control.customer(ANNA)["messages"]] == ["received", "delivered", "failed"]


def test_a_closed_window_can_also_refuse_at_once(sandbox: Running, graph: Graph) -> None:
    sandbox.control.settings(closed_window="sync")
    assert graph.error("POST", MESSAGES, _text()) == (400, 131047, 0)
    assert sandbox.control.customer(ANNA)["messages"] == []


def _text(**more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": ANNA, "type": "text", "text": {"body": "ciao"}} | more


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"messaging_product": "sms"}, 100, "messaging_product"),
        ({"type": "telegram"}, 100, "Param type must be one of"),
        ({"colour": "red"}, 100, 'Unexpected key "colour"'),
        ({"text": {"body": "ciao", "colour": "red"}}, 100, 'Unexpected key "colour"'),
        ({"text": {"body": ""}}, 100, "text['body'] is required"),
        ({"text": "ciao"}, 100, "text is required"),
        ({"text": {"body": "x" * 4097}}, 100, "at most 4096"),
        ({"to": ""}, 100, "to is required"),
        ({"to": "anna"}, 131009, "phone number"),
        ({"to": "+39"}, 131009, "phone number"),
        ({"to": f"+{account.PHONE}"}, 131021, "same number"),
        ({"recipient_type": "group"}, 100, "recipient_type"),
        ({"biz_opaque_callback_data": "x" * 513}, 100, "biz_opaque_callback_data"),
        ({"context": {"message_id": 7}}, 100, "message_id"),
    ],
)
def test_a_message_is_refused_for_what_is_wrong_with_it(graph: Graph, changed: dict[str, Any], code: int, told: str) -> None:
    reply = graph.call("POST", MESSAGES, _text(**changed))
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, code)
    assert told in error["message"] + error.get("error_data", {}).get("details", "")


def test_the_longest_text_passes_and_the_type_may_be_left_out(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "Ciao")
    message = _text(text={"body": "x" * 4096})
    del message["type"]
    assert graph.call("POST", MESSAGES, message).status_code == 200


def test_a_message_has_one_body(graph: Graph) -> None:
    reply = graph.call("POST", MESSAGES, _text(type="image", image={"link": "https://shop.example/a.png"}) | {"text": None})
    assert reply.status_code == 400  # an image with a text beside it
    message = _text(type="image", image={"link": "https://shop.example/a.png"})
    del message["text"]
    assert graph.call("POST", MESSAGES, message).status_code == 200


@pytest.mark.parametrize(
    ("to", "wa_id"),
    [
        ("+39 333 123-4567", "393331234567"),
        ("3331234567", "393331234567"),
        ("+5511987654321", "5511987654321"),
        ("+5531987654321", "553187654321"),
        ("+525512345678", "5215512345678"),
    ],
    ids=["separators", "no plus", "brazil", "brazil without its 9", "mexico with its 1"],
)
def test_a_number_becomes_a_wa_id(graph: Graph, to: str, wa_id: str) -> None:
    assert graph.text(to).json()["contacts"] == [{"input": to, "wa_id": wa_id}]


def test_the_wa_id_of_a_customer_needs_no_plus(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say("+4915123456789", "Hallo")
    assert graph.text("4915123456789").json()["contacts"][0]["wa_id"] == "4915123456789"


def test_46_messages_at_once_to_one_customer_are_one_too_many(still: Still) -> None:
    async def story() -> None:
        assert [await still.post(MESSAGES, _text()) for _ in range(46)] == [0] * 45 + [131056]
        assert await still.post(MESSAGES, _text(to="+393339999999")) == 0
        still.clock.advance(5_999_999)
        assert await still.post(MESSAGES, _text()) == 131056
        still.clock.advance(1)
        assert [await still.post(MESSAGES, _text()) for _ in range(2)] == [0, 131056]

    still.tell(story)


def test_a_number_sends_at_most_80_at_once(still: Still) -> None:
    async def story() -> None:
        people = [_text(to=f"+3933312345{number:02d}") for number in range(81)]
        assert [await still.post(MESSAGES, one) for one in people] == [0] * 80 + [130429]
        still.clock.advance(12_499)
        assert await still.post(MESSAGES, people[80]) == 130429
        still.clock.advance(1)
        assert [await still.post(MESSAGES, one) for one in people[:2]] == [0, 130429]

    still.tell(story)


def test_above_the_messaging_limit_a_message_is_accepted_and_fails(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    graph.approved("order_update")
    sandbox.control.judge(limit="TIER_50")
    for number in range(51):
        assert graph.template("order_update", to=f"+3933312345{number:02d}").status_code == 200
    sandbox.control.say(ANNA, "Dov'è il pacco?")
    graph.template("order_update", to=ANNA)  # inside the window nobody counts
    graph.template("order_update", to="+393331234500")  # one whom they have written to today
    sandbox.control.settle()
    assert failures(connected) == [("393331234550", 131048)]


def test_who_was_written_to_a_day_ago_no_longer_counts(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    graph.approved("order_update")
    sandbox.control.judge(limit="TIER_50")
    for number in range(50):
        graph.template("order_update", to=f"+3933312345{number:02d}")
    sandbox.control.advance(24 * HOUR)
    graph.template("order_update", to=ANNA)
    sandbox.control.settle()
    assert failures(connected) == []


def test_the_code_above_the_limit_is_a_setting_and_an_unlimited_number_has_none(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    graph.approved("order_update")
    sandbox.control.settings(over_limit=130429)
    sandbox.control.judge(limit="TIER_UNLIMITED")
    for number in range(51):
        graph.template("order_update", to=f"+3933312345{number:02d}")
    sandbox.control.judge(limit="TIER_50")
    graph.template("order_update", to=ANNA)
    sandbox.control.settle()
    assert failures(connected) == [(ANNA[1:], 130429)]


def test_what_fails_for_another_reason_is_not_counted(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    graph.approved("order_update")
    sandbox.control.judge(limit="TIER_50")
    sandbox.control.fault(131026, next=50)
    for number in range(50):
        graph.template("order_update", to=f"+3933312345{number:02d}")
    graph.template("order_update", to=ANNA)
    sandbox.control.settle()
    assert {code for _, code in failures(connected)} == {131026}


def test_marketing_does_not_reach_the_united_states(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    graph.approved("sale", category="MARKETING")
    graph.template("sale", to="+12025550123")
    graph.template("sale", to="+14165550123")
    sandbox.control.settle()
    assert failures(connected) == [("12025550123", 131049)]


def test_a_template_goes_out_without_a_window_and_a_utility_one_is_free_only_inside(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    graph.approved("order_update")
    answer = graph.template("order_update").json()
    assert answer["messages"][0]["message_status"] == "accepted"
    sandbox.control.settle()
    sandbox.control.say(ANNA, "Grazie")
    graph.template("order_update")
    sandbox.control.settle()
    sent = [one["pricing"] for one in statuses(connected) if one["status"] == "sent"]
    assert [(one["category"], one["billable"], one["type"]) for one in sent] == [
        ("utility", True, "regular"),
        ("utility", False, "free_customer_service"),
    ]


def test_marking_as_read_marks_what_came_before_too(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "Ciao")
    second = sandbox.control.say(ANNA, "C'è qualcuno?")["id"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": second, "typing_indicator": {"type": "text"}}
    assert graph.call("POST", MESSAGES, read).json() == {"success": True}
    assert {one["state"] for one in sandbox.control.customer(ANNA)["messages"]} == {"read"}
    assert graph.error("POST", MESSAGES, read | {"message_id": "wamid.none"})[:2] == (400, 131009)


def test_a_customer_who_shows_no_phone_is_written_to_by_user_id(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    said = sandbox.control.say("ana", "Ciao", platform="whatsapp", bsuid=True)
    (value,) = values(connected)
    assert value["contacts"] == [{"profile": {"name": "ana", "username": "@ana"}, "user_id": said["who"]}]
    assert "from" not in value["messages"][0]
    assert value["messages"][0]["from_user_id"] == said["who"]
    message = _text(recipient=said["who"])
    del message["to"]
    assert graph.call("POST", MESSAGES, message).json()["contacts"] == [{"input": said["who"], "user_id": said["who"]}]
    sandbox.control.settle()
    assert [(one["status"], one["recipient_user_id"]) for one in statuses(connected)] == [
        ("sent", said["who"]),
        ("delivered", said["who"]),
    ]


def test_a_user_id_that_nobody_has_fails_later(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    message = _text(recipient="US.00000000000000000001")
    del message["to"]
    for _ in range(2):
        assert graph.call("POST", MESSAGES, message).status_code == 200
    sandbox.control.settle()
    assert [one["errors"][0]["code"] for one in statuses(connected)] == [131026, 131026]


def test_tapping_a_quick_reply_answers_the_template_it_stands_under(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    body = {"type": "BODY", "text": "Il tuo pacco arriva oggi, va bene?"}
    buttons = {
        "type": "BUTTONS",
        "buttons": [{"type": "QUICK_REPLY", "text": "Va bene"}, {"type": "QUICK_REPLY", "text": "No"}],
    }
    graph.approved("ask", body, buttons)
    payload = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "ok"}]}
    sent = graph.template("ask", payload).json()["messages"][0]["id"]
    sandbox.control.settle()
    sandbox.control.tap(ANNA, "Va bene")
    message = values(connected)[-1]["messages"][0]
    assert message["button"] == {"payload": "ok", "text": "Va bene"}
    assert message["context"] == {"from": account.PHONE, "id": sent}


def _one_button(**reply: str) -> dict[str, Any]:
    action = {"buttons": [{"type": "reply", "reply": {"id": "m", "title": "Media"} | reply}]}
    return {"type": "button", "body": {"text": "Taglia?"}, "action": action}


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("image", {"link": "https://shop.example/a.png", "capton": "x"}, 100),
        ("image", {"link": "ftp://shop.example/a.png"}, 100),
        ("image", {}, 100),
        ("image", {"id": "1", "link": "https://shop.example"}, 100),
        ("image", {"id": "4::aW1hZ2U=:handle"}, 131009),
        ("image", {"link": "https://shop.example/a.png", "caption": "x" * 1025}, 131009),
        ("audio", {"link": "https://shop.example/a.mp3", "caption": "x"}, 100),
        ("location", {"latitude": 1}, 100),
        ("location", {"latitude": 91, "longitude": 1}, 131009),
        ("contacts", [], 100),
        ("contacts", [{"name": {"formatted_name": "Carla"}}], 131009),
        ("reaction", {"emoji": "x"}, 100),
        ("interactive", {"type": "hologram"}, 100),
        ("interactive", _one_button(title="x" * 21), 131009),
        ("interactive", _one_button(id=" m"), 131009),
        ("interactive", _one_button() | {"footer": {"text": "x" * 61}}, 131009),
        ("interactive", _one_button() | {"header": {"type": "sticker"}}, 100),
        ("interactive", _one_button() | {"hello": 1}, 100),
        ("interactive", {"type": "list", "body": {"text": "x"}, "action": {"button": "x", "sections": []}}, 131009),
        ("interactive", {"type": "cta_url", "body": {"text": "x"}, "action": {"name": "cta_url"}}, 100),
    ],
)
def test_what_graph_refuses_of_each_type(kind: str, body: Any, code: int, graph: Graph) -> None:
    message = {"messaging_product": "whatsapp", "to": ANNA, "type": kind, kind: body}
    assert graph.error("POST", MESSAGES, message)[1] == code


def test_a_file_that_does_not_fit_its_type_fails_afterwards(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "ciao")
    form = {"messaging_product": (None, "whatsapp"), "type": (None, "application/pdf"), "file": ("a.pdf", b"%PDF-1.4")}
    url = f"{sandbox.url}/v23.0/{account.PHONE_NUMBER_ID}/media"
    media = graph.http.post(url, files=form, headers=HEADERS).json()["id"]
    sent = graph.call("POST", MESSAGES, {"messaging_product": "whatsapp", "to": ANNA, "type": "image", "image": {"id": media}})
    assert sent.status_code == 200
    sandbox.control.settle()
    bubble = sandbox.control.customer(ANNA)["messages"][-1]
    assert (bubble["state"], bubble["error"]) == ("failed", 131053)


@pytest.mark.parametrize(("mime", "size"), [("image/png", 5 * 1024**2 + 1), ("image/webp", 500 * 1024 + 1), ("text/plain", 0)])
def test_a_file_that_is_too_large_or_empty_is_refused_at_the_upload(
    mime: str, size: int, sandbox: Running, graph: Graph
) -> None:
    form = {"messaging_product": (None, "whatsapp"), "type": (None, mime), "file": ("a", bytes(size), mime)}
    url = f"{sandbox.url}/v23.0/{account.PHONE_NUMBER_ID}/media"
    assert graph.http.post(url, files=form, headers=HEADERS).json()["error"]["code"] == 100


def test_a_download_goes_on_where_it_broke_off(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    sandbox.control.say(ANNA, kind="document", content=b"%PDF-1.4 0123456789")
    media = sandbox.control.customer(ANNA)["messages"][-1]["media"]
    url = graph.get(media)["url"]
    part = graph.http.get(url, headers=HEADERS | {"range": "bytes=9-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"0123456789", "bytes 9-18/19")
    assert graph.http.get(url, headers=HEADERS | {"range": "bytes=19-"}).status_code == 416
    assert graph.http.get(url).status_code == 401
    assert graph.http.get(url.replace("hash=", "hash=0"), headers=HEADERS).status_code == 404
