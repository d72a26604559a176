"""Bodies as untidy as Meta's: several things at once, keys in the wrong place, one bad item among good ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.channels.whatsapp.hear import hear
from careline.channels.whatsapp.webhook import WhatsAppWebhook
from careline.clock import DAY
from careline.heard import HeardMessage, HeardNotice, HeardStatus
from tests.careline.channels.whatsapp.payloads import (
    CHANNEL,
    NUMBER,
    RECEIVED_AT,
    change,
    entry,
    heard,
    heard_notice,
    message,
    messages,
    status,
    statuses,
)


def text(id: str) -> dict[str, Any]:
    return message("text", {"body": f"text {id}"}, id=id)


def ids(payload: Any) -> list[str]:
    """The ids of the messages heard, in their order."""
    return [one.id for one in heard(payload) if isinstance(one, HeardMessage)]


def test_several_entries_changes_and_messages_are_all_heard_in_order() -> None:
    def in_change(*items: Any) -> dict[str, Any]:
        return {"field": "messages", "value": messages(*items)}

    body = {"entry": [entry(in_change(text("1"), text("2")), in_change(text("3"))), entry(in_change(text("4")))]}
    assert ids(body) == ["1", "2", "3", "4"]


def test_the_same_message_twice_in_a_body_is_one() -> None:
    assert ids(change("messages", messages(text("1"), text("1"), text("2")))) == ["1", "2"]


def test_a_message_and_a_status_of_the_same_id_are_two_things() -> None:
    value = messages(text("wamid.ours")) | {"statuses": [status("sent")]}
    assert [type(one) for one in heard(change("messages", value))] == [HeardMessage, HeardStatus]


@pytest.mark.parametrize("bad", [None, 7, "text", [], [[]], ["x"], True])
def test_one_bad_message_costs_no_other(bad: Any) -> None:
    found = heard(change("messages", messages(text("1"), bad, text("2"))))
    assert [one.id for one in found if isinstance(one, HeardMessage)] == ["1", "2"]
    (notice,) = [one for one in found if isinstance(one, HeardNotice)]
    assert (notice.kind, json.loads(notice.raw)) == ("unreadable", [bad])


@pytest.mark.parametrize("bad", [None, 7, "change", ["x"]])
def test_one_bad_change_or_entry_costs_no_other(bad: Any) -> None:
    good = {"field": "messages", "value": messages(text("1"))}
    for body in ({"entry": [entry(bad, good)]}, {"entry": [bad, entry(good)]}):
        assert ids(body) == ["1"]
        assert "unreadable" in [one.kind for one in heard(body) if isinstance(one, HeardNotice)]


def test_a_reader_that_stumbles_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from careline.channels.whatsapp import inbound

    def stumble(item: dict[str, Any]) -> inbound.Said:
        raise ZeroDivisionError

    monkeypatch.setitem(inbound._READERS, "sticker", stumble)
    found = heard(change("messages", messages(text("1"), message("sticker", {"id": "7"}), text("2"))))
    assert [type(one) for one in found] == [HeardMessage, HeardNotice, HeardMessage]


VALUE = messages(text("1"))
ODD_PLACES = [
    pytest.param(
        {"entry": [entry({"field": "messages", "value": VALUE}, object="whatsapp_business_account")]}, id="object in entry"
    ),
    pytest.param({"entry": [entry({"value": VALUE})]}, id="no field at all"),
    pytest.param({"entry": [entry({"value": VALUE}, field="messages")]}, id="field in the entry"),
    pytest.param({"entry": [entry({"value": VALUE | {"field": "messages"}})]}, id="field in the value"),
    pytest.param({"entry": entry({"field": "messages", "value": VALUE})}, id="entry without its list"),
    pytest.param({"entry": [{"id": "1", "changes": {"field": "messages", "value": VALUE}}]}, id="changes without their list"),
    pytest.param(change("messages", VALUE | {"messages": text("1")}), id="messages without their list"),
    pytest.param(change("messages", VALUE) | {"debug": {"entry": 1}}, id="a foreign key beside the entry"),
    pytest.param(change("messages", VALUE | {"metadata": None}), id="no metadata"),
    pytest.param(change("messages", VALUE | {"contacts": None, "statuses": None, "errors": None}), id="nulls for lists"),
]


@pytest.mark.parametrize("body", ODD_PLACES)
def test_a_message_is_found_wherever_meta_puts_it(body: Any) -> None:
    assert ids(body) == ["1"]


NOTHING_OF_A_CUSTOMER = [
    pytest.param({"object": "whatsapp_business_account"}, "unknown", id="no entry"),
    pytest.param({}, "unknown", id="nothing"),
    pytest.param({"entry": [{"id": "1", "time": 5}]}, "unknown", id="no changes"),
    pytest.param({"entry": [entry({"field": "messages"})]}, "messages", id="no value"),
    pytest.param({"entry": [entry({"field": "messages", "value": "x"})]}, "messages", id="a value that is none"),
    pytest.param(change("messages", {"messaging_product": "whatsapp"}), "messages", id="a value without lists"),
    pytest.param(change("in_orbit", {"x": 1}), "in_orbit", id="a field of next year"),
    pytest.param({"entry": [entry({"value": {"x": 1}})]}, "unknown", id="neither field nor a known key"),
    pytest.param({"entry": [entry({"value": {"event": "X", "waba_info": {}}})]}, "account_update", id="a field by its keys"),
    pytest.param(change("history", {"messages": [text("9")]}), "history", id="an old message of the phone app"),
    pytest.param(change("history", {"history": [{"threads": []}]}), "history", id="history"),
    pytest.param(change("smb_message_echoes", {"metadata": {}}), "smb_message_echoes", id="an echo of nothing"),
    pytest.param(change("user_preferences", {"user_preferences": []}), "user_preferences", id="no preferences"),
    pytest.param(change("smb_app_state_sync", {"state_sync": []}), "smb_app_state_sync", id="address book of the phone app"),
    pytest.param(change("calls", {"calls": [], "statuses": [status("RINGING", type="call")]}), "calls", id="a call"),
    pytest.param(change("group_participants_update", {"groups": [{"input": 7}]}), "group_participants_update", id="a group"),
]


@pytest.mark.parametrize(("body", "kind"), NOTHING_OF_A_CUSTOMER)
def test_what_is_no_message_is_kept_whole_as_a_notice(body: Any, kind: str) -> None:
    said = heard_notice(body)
    assert said.kind == kind
    assert json.loads(said.raw) in (body, body.get("entry", [None])[0], *_changes(body))


def _changes(body: Any) -> list[Any]:
    """The changes in a body, and their values."""
    changes = body.get("entry", [{}])[0].get("changes", [])
    return [*changes, *(change.get("value") for change in changes)]


def test_an_empty_list_of_entries_says_nothing() -> None:
    assert heard({"entry": []}) == []


def test_errors_stand_beside_messages_and_alone() -> None:
    error = {"code": 131000, "title": "Something went wrong", "error_data": {"details": "Unsupported webhook payload"}}
    beside = heard(change("messages", messages(message("interactive")) | {"errors": [error]}))
    assert [getattr(one, "kind", "") for one in beside] == ["unsupported", "error"]
    lost = heard_notice(change("messages", {"errors": [{"code": 131035, "title": "Webhooks were lost"}]}))
    assert (lost.kind, lost.summary) == ("error", "131035 Webhooks were lost")
    assert heard_notice(change("messages", {"errors": [{"code": 0, "title": "AuthException"}]})).summary == "0 AuthException"


def test_news_without_a_time_of_its_own_is_told_once_a_day() -> None:
    body = json.dumps(change("messages", {"errors": [{"code": 130429, "title": "Rate limit hit"}]})).encode()
    (first,), (hour_later,), (day_later,) = (hear(body, RECEIVED_AT + later) for later in (0, DAY // 24, DAY))
    assert first.key == hour_later.key != day_later.key


def test_news_of_another_number_of_the_account_is_no_message_of_this_channel() -> None:
    value = messages(text("1")) | {"metadata": {"phone_number_id": "222"}}
    said = heard_notice(change("messages", value))
    assert (said.kind, said.summary) == ("other_number", "messages of 222")
    assert "text 1" in said.raw


def test_the_number_shown_to_customers_decides_nothing() -> None:
    metadata = {"display_phone_number": "+1 555 078 3881", "phone_number_id": NUMBER}
    assert ids(change("messages", VALUE | {"metadata": metadata})) == ["1"]


def test_the_webhook_hears_for_its_own_number() -> None:
    webhook = WhatsAppWebhook(CHANNEL)
    body = json.dumps(change("messages", messages(text("1")))).encode()
    assert webhook.hear(body, RECEIVED_AT) == hear(body, RECEIVED_AT, NUMBER)
    other = json.dumps(change("messages", messages(text("1")) | {"metadata": {"phone_number_id": "2"}})).encode()
    assert isinstance(webhook.hear(other, RECEIVED_AT)[0], HeardNotice)


def test_hearing_again_gives_the_same() -> None:
    value = messages(text("1"), message("unknown")) | {
        "statuses": statuses(status("read"))["statuses"],
        "errors": [{"code": 0}],
    }
    body = json.dumps(change("messages", value)).encode()
    assert hear(body, RECEIVED_AT, NUMBER) == hear(body, RECEIVED_AT, NUMBER)
