"""What became of a message of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.model import Problem
from tests.careline.channels.whatsapp.payloads import (
    ANNA,
    CONTACT,
    RECEIVED_AT,
    SENT_AT,
    change,
    heard,
    heard_notice,
    heard_status,
    status,
    statuses,
)


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "played", "failed", "deleted", "warning", "in_orbit"])
def test_any_state_is_heard_as_meta_says_it(state: str) -> None:
    said = heard_status(status(state))
    assert (said.id, said.state, said.at) == ("wamid.ours", state, SENT_AT)


def test_our_own_id_comes_back() -> None:
    assert heard_status(status("sent", biz_opaque_callback_data="m902@k3")).ours == "m902@k3"


def test_a_status_that_says_no_more_than_we_keep_has_no_raw_json() -> None:
    assert heard_status(status("sent", type="message")).raw == ""
    assert "pricing" in heard_status(status("sent", pricing={"billable": False})).raw


FAILED: list[tuple[str, dict[str, Any], Problem]] = [
    (
        "the window was closed",
        {
            "code": 131047,
            "title": "Re-engagement message",
            "message": "Re-engagement message",
            "error_data": {"details": "More than 24 hours have passed."},
            "href": "/docs/whatsapp/error-codes/",
        },
        Problem("window_closed", "Re-engagement message: More than 24 hours have passed.", 7, "131047"),
    ),
    ("a bare code", {"code": 131026, "title": "Undeliverable"}, Problem("refused", "Undeliverable", 6, "131026")),
    (
        "details in the old place",
        {"code": 1026, "title": "Receiver incapable", "details": "old app"},
        Problem("refused", "Receiver incapable: old app", 6, "1026"),
    ),
    ("too fast", {"code": 130429, "title": "Rate limit hit"}, Problem("not_sent", "Rate limit hit", 8, "130429")),
    ("a code as text", {"code": " 131056"}, Problem("not_sent", "WhatsApp gives no reason.", 8, "131056")),
    ("a code nobody knows", {"code": 999999, "title": "New"}, Problem("refused", "New", 6, "999999")),
    ("no code", {"title": "New"}, Problem("refused", "New", 6, "")),
    ("error_data as text", {"code": 131000, "error_data": "why"}, Problem("not_sent", "why", 8, "131000")),
]


@pytest.mark.parametrize(("error", "problem"), [pytest.param(e, p, id=name) for name, e, p in FAILED])
def test_why_a_message_failed(error: dict[str, Any], problem: Problem) -> None:
    said = heard_status(status("failed", errors=[error]))
    assert said.error == problem
    assert said.key == f"wamid.ours:failed:{problem.platform_code}"


def test_a_failure_without_a_reason_is_a_refusal() -> None:
    assert heard_status(status("failed")).error == Problem("refused", "WhatsApp gives no reason.", 6)


def test_a_status_needs_no_recipient_and_no_readable_time() -> None:
    said = heard_status({"id": "wamid.ours", "status": "delivered", "timestamp": "?", "recipient_id": ""})
    assert (said.state, said.at) == ("delivered", RECEIVED_AT)


def test_the_same_status_twice_in_a_body_is_one() -> None:
    found = heard(change("messages", statuses(status("sent"), status("sent"), status("read"))))
    assert [one.key for one in found] == ["wamid.ours:sent:", "wamid.ours:read:"]


def test_contacts_and_statuses_may_stand_together() -> None:
    found = heard(change("messages", statuses(status("sent")) | {"contacts": [CONTACT | {"user_id": "x"}]}))
    assert [type(one).__name__ for one in found] == ["HeardStatus"]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"status": "sent", "timestamp": "1772812800"}, id="of nothing"),
        pytest.param({"id": "wamid.ours", "timestamp": "1772812800"}, id="without a state"),
        pytest.param({"id": "wacid.1", "status": "RINGING", "type": "call", "recipient_id": ANNA}, id="of a call"),
    ],
)
def test_what_is_no_status_of_a_message_is_kept_as_a_notice(item: dict[str, Any]) -> None:
    said = heard_notice(change("messages", statuses(item)))
    assert (said.kind, json.loads(said.raw)) == ("status", item)
