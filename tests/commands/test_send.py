"""`careline send`: the request, the window, the key, and every way in which it does not go out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from careline.clock import HOUR, MINUTE, SECOND
from careline.events import ChannelRegistered
from careline.registering.steps import registered
from careline.sandbox import account
from careline.sending import outbox
from careline.tokens import kept
from tests.commands.desk import ANNA, AT, LIWEI, Desk, checked, process, toml

TO_ANNA = f"send --channel shop-it --to {ANNA}"
TO_LIWEI = f"send --channel brand-cn --to {account.openid_of(LIWEI)}"
EVERY_SECRET = (account.ACCESS_TOKEN, account.APP_SECRET, account.WECHAT_SECRET, account.WECHAT_TOKEN, account.WECHAT_AES_KEY)


@pytest.fixture
def anna(desk: Desk) -> Desk:
    """A desk to which Anna has written on WhatsApp."""
    desk.register("shop-it")
    desk.anna_writes()
    return desk


@pytest.fixture
def liwei(desk: Desk) -> Desk:
    """A desk to which Li Wei has written on WeChat."""
    desk.register("brand-cn")
    desk.liwei_writes()
    return desk


# The window


def test_on_a_terminal_it_says_what_is_left_of_whatsapps_window(anna: Desk) -> None:
    assert anna.screen(f"{TO_ANNA} --text Ciao!") == "m2 accepted · chat 1 · shop-it · window open for 23 h 59 min\n"
    assert anna.phone() == ["Ciao!"]


def test_on_a_terminal_it_says_what_is_left_of_wechats_quota(liwei: Desk) -> None:
    for left in (4, 3, 2, 1):
        shown = liwei.screen(f"{TO_LIWEI} --text 你好{left}")
        assert shown.endswith(f" · brand-cn · window open for 47 h 59 min, {left} of 5 left\n")
    assert liwei.screen(f"{TO_LIWEI} --text 再见").endswith(" · window used up, 0 of 5 left\n")
    assert liwei.phone(LIWEI) == ["你好4", "你好3", "你好2", "你好1", "再见"]


def test_the_sixth_message_is_exit_7_before_wechat_is_asked(liwei: Desk) -> None:
    for number in range(5):
        liwei.done(f"{TO_LIWEI} --text {number}")
    liwei.pass_by(3 * MINUTE)
    before = liwei.calls("/custom/send")
    result = liwei(f"{TO_LIWEI} --text 6", terminal=True, env={"NO_COLOR": "1"})
    assert (result.exit, result.stdout) == (7, "")
    assert result.stderr.splitlines() == [
        "Not sent: the customer service window of c1 is used up.",
        "  last customer message  Fri 6 Mar 12:00 UTC   3 min ago",
        "  messages used          5 of 5",
        "  window ends            Sun 8 Mar 12:00 UTC   in 47 h 56 min",
        "",
        "What is possible now:",
        "  wait      when the customer writes again, the same command works",
    ]
    assert liwei.calls("/custom/send") == before


def test_outside_the_window_it_is_exit_7_with_both_times_and_the_command_that_works(anna: Desk) -> None:
    anna.approve()
    anna.at(AT + 24 * HOUR + 3 * MINUTE)
    result = anna(f"{TO_ANNA} --text È", terminal=True, env={"NO_COLOR": "1"})
    assert (result.exit, result.stdout) == (7, "")
    assert result.stderr.splitlines() == [
        "Not sent: the customer service window of Customer 4567 (c1) is closed.",
        "  last customer message  Fri 6 Mar 12:00 UTC   24 h 3 min ago",
        "  window closed          Sat 7 Mar 12:00 UTC   3 min ago",
        "",
        "What is possible now:",
        "  template  order_update/it (utility, 1 parameter)",
        f"            careline send --channel shop-it --to {ANNA} \\",
        "              --template order_update/it --param 1=…",
        "  wait      when the customer writes again, the same command works",
    ]
    anna.done(f"{TO_ANNA} --template order_update/it --param 1=Anna")


def test_times_are_those_of_the_zone_asked_for(anna: Desk) -> None:
    anna.at(AT + 25 * HOUR)
    shown = anna(f"{TO_ANNA} --text È --tz Europe/Rome", terminal=True).stderr
    assert "  last customer message  Fri 6 Mar 13:00 Rome   25 h ago\n" in shown
    assert "  window closed          Sat 7 Mar 13:00 Rome   1 h ago\n" in shown


def test_nobody_who_never_wrote_is_written_to_freely(anna: Desk) -> None:
    error = anna.refused("send --channel shop-it --to '+39 333 999 9999' --text Ciao", 7)
    assert error["code"] == "window_never_open"
    assert error["message"] == "Not sent: the customer service window of +393339999999 was never open."
    assert "template  none is approved yet: careline templates submit FILE" in error["hint"]
    assert anna.sent() == []


def test_a_follow_lends_three_messages_for_a_minute(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.control.follow(LIWEI)
    for left in (2, 1):
        assert f", {left} of 3 left\n" in desk.screen(f"{TO_LIWEI} --text {left}")
    assert desk.screen(f"{TO_LIWEI} --text 0").endswith(" · window used up, 0 of 3 left\n")
    assert desk.refused(f"{TO_LIWEI} --text 4", 7)["code"] == "quota_used"


def test_outside_the_window_the_template_goes_instead(anna: Desk) -> None:
    anna.approve()
    line = f"{TO_ANNA} --text Ciao --outside template:order_update --param 1=Anna"
    assert anna.json(line)["kind"] == "text"
    anna.pass_by(25 * HOUR)
    assert anna.json(line)["template"] == {"name": "order_update", "language": "it"}
    assert anna.phone() == ["Ciao", "Ciao Anna, il tuo ordine è arrivato."]


@pytest.mark.parametrize(
    ("more", "exit", "code"),
    [
        ("--outside template:order_update", 2, "usage"),
        ("--outside template:order_update --param 1=a --param 2=b", 2, "usage"),
        ("--outside template:order_update --param 1=a --param 1=b", 2, "bad_param"),
        ("--outside template:order_update --param Anna", 2, "bad_param"),
        ("--outside template:nowhere", 5, "unknown_template"),
        ("--outside template:order_update/en", 5, "unknown_template"),
        ("--outside park", 2, "bad_outside"),
        ("--outside template:", 2, "bad_outside"),
        ("--param 1=Anna", 2, "bad_param"),
    ],
)
def test_a_template_that_cannot_go_is_refused_with_nothing_sent(anna: Desk, more: str, exit: int, code: str) -> None:
    anna.approve()
    anna.pass_by(25 * HOUR)
    assert anna.refused(f"{TO_ANNA} --text Ciao {more}", exit)["code"] == code
    assert anna.sent() == []


def test_a_template_that_is_not_approved_yet_is_exit_6_and_names_the_wait(anna: Desk, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(toml(), "utf-8")
    anna.done(f"templates submit {tmp_path}/t.toml")
    error = anna.refused(f"{TO_ANNA} --template order_update --param 1=Anna", 6)
    assert (error["code"], "careline templates wait order_update" in error["hint"]) == ("template_not_approved", True)


def test_a_template_that_wechats_account_has_not_is_exit_5(liwei: Desk) -> None:
    assert liwei.refused(f"{TO_LIWEI} --template order_update", 5)["code"] == "unknown_template"


# The dry run


def test_a_dry_run_prints_the_exact_request_and_stores_nothing(anna: Desk) -> None:
    before = anna.store.last_seq()
    result = anna.done(f"{TO_ANNA} --text 'È arrivato!' -n", terminal=True)
    request = json.loads(result.stdout)
    assert result.stderr == "Would send this, window open for 23 h 59 min:\n"
    assert (anna.store.last_seq(), anna.calls("/messages")) == (before, 0)
    anna.done(f"{TO_ANNA} --text 'È arrivato!'")
    assert request["method"] == "POST"
    assert request["url"].endswith(f"/{account.PHONE_NUMBER_ID}/messages")
    assert request["url"].startswith(anna.sandbox.url)
    assert request["body"] == json.loads(json.loads(anna.sent()[0].request)["body"])
    assert request["body"]["to"] == ANNA


def test_a_dry_run_shows_no_secret(open_desk: Desk) -> None:
    open_desk.anna_writes()
    open_desk.liwei_writes()
    for line in (TO_ANNA, TO_LIWEI):
        result = open_desk.done(f"{line} --text Ciao -n")
        assert not [secret for secret in EVERY_SECRET if secret in result.stdout + result.stderr]


def test_a_dry_run_outside_the_window_is_refused_as_the_real_one_is(anna: Desk) -> None:
    anna.pass_by(25 * HOUR)
    assert anna.refused(f"{TO_ANNA} --text Ciao -n", 7)["code"] == "window_closed"


def test_a_dry_run_of_a_template_needs_no_window(anna: Desk) -> None:
    anna.approve()
    result = anna.done(f"{TO_ANNA} --template order_update --param 1=Anna -n")
    assert result.stderr == "Would send this template:\n"
    assert json.loads(result.stdout)["body"]["template"]["name"] == "order_update"


# The record


def test_in_a_pipe_the_message_is_a_whole_record(anna: Desk) -> None:
    record = checked("message", anna.json(f"{TO_ANNA} --text Ciao --as mei --key k"))
    assert (record["id"], record["conversation"], record["contact"]) == ("m2", "1", "c1")
    assert (record["actor"], record["key"], record["state"], record["direction"]) == ("human:mei", "k", "accepted", "out")
    assert anna.done(f"{TO_ANNA} --text Ciao -o ids").stdout == "m3\n"


def test_the_text_may_come_from_a_pipe(anna: Desk) -> None:
    assert anna.json(f"{TO_ANNA} --text -", input="Ciao,\ntutto bene?\n")["text"] == "Ciao,\ntutto bene?"
    assert anna.refused(f"{TO_ANNA} --text -", 2, terminal=True)["code"] == "no_input"


def test_a_text_typed_where_python_knows_ascii_only_arrives_as_it_was_typed(liwei: Desk) -> None:
    bare = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process(f"{TO_LIWEI} --text 您好 -o json", env=bare)
    assert (done.returncode, json.loads(done.stdout)["text"]) == (0, "您好")
    assert liwei.phone(LIWEI) == ["您好"]


def test_a_contact_number_names_the_customer(anna: Desk) -> None:
    assert anna.json("send --channel shop-it --to c1 --text Ciao")["contact"] == "c1"
    assert anna.phone() == ["Ciao"]


def test_the_only_channel_need_not_be_named(anna: Desk) -> None:
    assert anna.json(f"send --to {ANNA} --text Ciao")["channel"] == "shop-it"


def test_with_several_channels_one_must_be_named(open_desk: Desk) -> None:
    error = open_desk.refused(f"send --to {ANNA} --text Ciao", 2)
    assert (error["code"], error["hint"]) == ("channel_missing", "--channel brand-cn | shop-it")


# The key


def test_one_key_sends_once_and_says_the_outcome_again(anna: Desk) -> None:
    anna.control.settings(sent_s=0.2)
    first = anna.json(f"{TO_ANNA} --text Ciao --key invoice-1042")
    anna.control.settle()
    again = anna.json(f"{TO_ANNA} --text Ciao --key invoice-1042")
    assert (again["id"], again["state"]) == (first["id"], "delivered")
    assert anna.phone() == ["Ciao"]


def test_the_day_may_be_part_of_the_key(anna: Desk) -> None:
    record = anna.json(f"{TO_ANNA} --text Ciao --key 'hello-{{date}}-{{channel}}'")
    assert record["key"] == "hello-2026-03-06-shop-it"


def test_a_key_with_another_text_is_exit_2(anna: Desk) -> None:
    anna.done(f"{TO_ANNA} --text Ciao --key k")
    error = anna.refused(f"{TO_ANNA} --text Addio --key k", 2)
    assert (error["code"], "careline outbox show m2" in error["hint"]) == ("key_reused", True)
    assert anna.phone() == ["Ciao"]


def test_an_unknown_outcome_keeps_its_key_and_its_exit_code(liwei: Desk) -> None:
    liwei.control.fault("reset")
    assert liwei(f"{TO_LIWEI} --text 你好 --key k").exit == 12
    again = liwei(f"{TO_LIWEI} --text 你好 --key k", terminal=True, env={"NO_COLOR": "1"})
    assert again.exit == 12
    assert again.stdout == "m2 unknown · chat 1 · brand-cn · window open for 47 h 59 min, 4 of 5 left\n"
    assert again.stderr.startswith("Perhaps sent (m2): ")
    assert "That was an earlier run with the same --key; this one sent nothing.\n" in again.stderr
    assert liwei.phone(LIWEI) == ["你好"]


def test_a_refusal_keeps_its_key_and_its_exit_code(anna: Desk) -> None:
    anna.control.fault("131021")
    assert anna(f"{TO_ANNA} --text Ciao --key k").exit == 6
    again = anna(f"{TO_ANNA} --text Ciao --key k -o json")
    assert again.exit == 6
    assert json.loads(again.stdout)["state"] == "failed"
    assert json.loads(again.stderr)["error"]["platform_code"] == "131021"
    assert anna.phone() == []


@pytest.mark.parametrize("code", ["130429", "190"])
def test_a_run_that_provably_sent_nothing_leaves_its_key_free(anna: Desk, code: str) -> None:
    anna.control.fault(code, on="messages")
    assert anna(f"{TO_ANNA} --text Ciao --key k").exit in (4, 8)
    assert anna.json(f"{TO_ANNA} --text Ciao --key k")["state"] == "accepted"
    assert anna.phone() == ["Ciao"]


# What the platforms answer


@pytest.mark.parametrize(
    ("code", "exit"),
    [
        ("130429", 8),
        ("131056", 8),
        ("131000", 8),
        ("131016", 8),
        ("2", 8),
        ("190", 4),
        ("10", 4),
        ("131031", 6),
        ("131021", 6),
        ("131048", 6),
        ("502", 12),
    ],
)
def test_whatsapps_refusals_have_their_exit_codes(anna: Desk, code: str, exit: int) -> None:
    anna.control.fault(code, on="messages")
    error = anna.refused(f"{TO_ANNA} --text Ciao", exit)
    assert error["platform_code"] == (None if code == "502" else code)
    assert error["message"].startswith("Perhaps sent (m2): " if exit == 12 else "Not sent: ")
    assert error["hint"]
    assert [m.state for m in anna.sent()] == ["unknown" if exit == 12 else "failed"]
    assert anna.phone() == []


@pytest.mark.parametrize(
    ("code", "exit"),
    [("-1", 8), ("45011", 8), ("45009", 8), ("40003", 6), ("43004", 6), ("45166", 6), ("48001", 6), ("50002", 4)],
)
def test_wechats_refusals_have_their_exit_codes(liwei: Desk, code: str, exit: int) -> None:
    liwei.control.fault(code, on="messages")
    error = liwei.refused(f"{TO_LIWEI} --text 你好", exit)
    assert (error["platform_code"], bool(error["trace_id"]), bool(error["hint"])) == (code, True, True)
    assert liwei.phone(LIWEI) == []


def test_a_rate_limit_says_how_long_to_wait(liwei: Desk) -> None:
    liwei.control.fault("45011", on="messages")
    assert liwei.refused(f"{TO_LIWEI} --text 你好", 8)["retry_after_s"] == 60


def test_a_customer_written_to_too_fast_is_left_alone_four_times_as_long_each_time(anna: Desk) -> None:
    for wait in (4, 16, 64):
        anna.control.fault("131056", on="messages")
        assert anna.refused(f"{TO_ANNA} --text Ciao --key k", 8)["retry_after_s"] == wait
    anna.control.fault("131056", on="messages")
    assert "Try again in 4 min 16 s." in anna(f"{TO_ANNA} --text Ciao --key k", terminal=True).stderr
    assert anna.phone() == []
    assert anna.calls("/messages") == 4


# Marketing


@pytest.fixture
def selling(anna: Desk) -> Desk:
    """A marketing template and one that is not; statuses come at once."""
    anna.control.settings(sent_s=0.1)
    anna.approve("sale", "Ciao {{1}}, da oggi tutto a metà prezzo.", category="marketing")
    anna.approve()
    return anna


def prefers(desk: Desk, word: str, at: int) -> None:
    """Anna says in WhatsApp what she wants of marketing: ``stop`` or ``resume``."""
    item = {"wa_id": ANNA[1:], "detail": "", "category": "marketing_messages", "value": word, "timestamp": at // SECOND}
    metadata = {"display_phone_number": "390212345678", "phone_number_id": account.PHONE_NUMBER_ID}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "user_preferences": [item]}
    desk.control.push_account("user_preferences", value)
    assert desk.control.settle()


def test_whoever_stops_marketing_gets_answers_and_utility_templates_until_they_resume_it(selling: Desk) -> None:
    sale = f"{TO_ANNA} --template sale --param 1=Anna"
    selling.done(sale)
    prefers(selling, "stop", AT)
    before = selling.calls("/messages")
    for line in (sale, f"{sale} -n", f"{TO_ANNA} --text Ciao --outside template:sale --param 1=Anna"):
        if "--text" in line:
            selling.pass_by(25 * HOUR)
        error = selling.refused(line, 6)
        assert (error["code"], "utility templates still go" in error["hint"]) == ("opted_out", True)
    assert selling.calls("/messages") == before
    assert "sale" not in selling.refused(f"{TO_ANNA} --text Ciao", 7)["hint"]
    assert selling.json(f"{TO_ANNA} --template order_update --param 1=Anna")["state"] == "accepted"
    selling.anna_writes("Grazie")
    assert selling.json(f"{TO_ANNA} --text Prego")["state"] == "accepted"
    prefers(selling, "resume", AT + 26 * HOUR)
    assert selling.json(sale)["state"] == "accepted"
    assert selling.done("store rebuild --check").exit == 0


def test_a_send_that_meta_refuses_because_they_stopped_is_remembered(selling: Desk) -> None:
    selling.control.fault("131050")
    sale = f"{TO_ANNA} --template sale --param 1=Anna"
    assert selling.json(f"{sale} --key k")["state"] == "accepted"
    assert selling.control.settle()
    record = selling.json("outbox show m2")
    assert (record["state"], record["error"]["platform_code"]) == ("failed", "131050")
    before = selling.calls("/messages")
    assert selling.refused(sale, 6)["code"] == "opted_out"
    again = selling(f"{sale} --key k -o json")
    assert (again.exit, json.loads(again.stderr)["error"]["platform_code"]) == (6, "131050")
    assert selling.calls("/messages") == before
    assert selling.json(f"{TO_ANNA} --template order_update --param 1=Anna")["state"] == "accepted"
    assert selling.done("store rebuild --check").exit == 0


@pytest.mark.parametrize("code", ["131026", "131049", "130472"])
def test_a_refusal_that_comes_later_is_in_the_outbox_with_its_code(anna: Desk, code: str) -> None:
    anna.control.settings(sent_s=0.2)
    anna.control.fault(code)
    assert anna.json(f"{TO_ANNA} --text Ciao --key k")["state"] == "accepted"
    anna.control.settle()
    record = anna.json("outbox show m2")
    assert (record["state"], record["error"]["platform_code"], record["error"]["exit"]) == ("failed", code, 6)
    assert anna(f"{TO_ANNA} --text Ciao --key k").exit == 6


@pytest.mark.parametrize("code", ["reset", "timeout"])
def test_an_answer_that_never_came_is_perhaps_sent_until_a_status_settles_it(anna: Desk, code: str) -> None:
    anna.control.settings(sent_s=1.5)
    anna.control.fault(code)
    error = anna.refused(f"{TO_ANNA} --text Ciao --timeout 1s", 12)
    assert error["code"] == "unknown_outcome"
    assert error["message"].startswith("Perhaps sent (m2): 127.0.0.1 got the request, but its answer is missing: ")
    assert "It counts as sent and is never sent again by itself; a status of the platform settles it." in error["hint"]
    assert anna.json("outbox show m2")["state"] == "unknown"
    anna.control.settle()
    assert anna.json("outbox show m2")["state"] == "delivered"
    assert anna.phone() == ["Ciao"]


def test_on_wechat_nothing_settles_it_and_it_counts_against_the_quota(liwei: Desk) -> None:
    liwei.control.fault("reset")
    assert liwei.refused(f"{TO_LIWEI} --text 你好", 12)["code"] == "unknown_outcome"
    assert liwei.json("outbox show m2")["state"] == "unknown"
    assert liwei.screen(f"{TO_LIWEI} --text 再").endswith("3 of 5 left\n")


@pytest.mark.parametrize("code", ["45047", "45015"])
def test_wechat_that_disagrees_about_the_window_is_asked_once_more_then_exit_7_with_both_times(
    liwei: Desk, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(outbox, "AGAIN_AFTER_S", 0.0)
    liwei.control.fault(code, next=2)
    error = liwei.refused(f"{TO_LIWEI} --text 你好", 7)
    assert (error["code"], error["platform_code"]) == ("platform_disagrees", code)
    assert "by our ledger   opened 2026-03-06T12:00:20Z, open until 2026-03-08T12:00:20Z, 5 of 5 left" in error["hint"]
    assert re.search(rf"by the platform closed at 2026-03-06T12:00:[2-5][0-9]Z \(code {code}\)", error["hint"])
    assert liwei.calls("/custom/send") == 2
    assert liwei.screen(f"{TO_LIWEI} --text 再").endswith("4 of 5 left\n")


def test_whatsapp_that_disagrees_about_the_window_is_exit_7_with_both_times(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "AGAIN_AFTER_S", 0.0)
    anna.control.settings(closed_window="sync")
    anna.pass_by(25 * HOUR)
    anna.control.push_whatsapp(written_without_the_platform_noting_it(AT + 25 * HOUR))
    error = anna.refused(f"{TO_ANNA} --text Ciao", 7)
    assert (error["code"], error["platform_code"]) == ("platform_disagrees", "131047")
    assert "by our ledger   opened 2026-03-07T13:00:20Z, open until 2026-03-08T13:00:20Z, no limit" in error["hint"]
    assert "by the platform closed at 2026-03-07T13:00:" in error["hint"]


def written_without_the_platform_noting_it(at: int) -> dict[str, Any]:
    message = {"from": ANNA[1:], "id": "wamid.of-the-test", "timestamp": str(at // SECOND), "type": "text"}
    return {"messages": [message | {"text": {"body": "?"}}], "contacts": [{"wa_id": ANNA[1:], "profile": {"name": "Anna"}}]}


def test_a_platform_that_cannot_be_reached_is_exit_8_and_nothing_went_out(anna: Desk) -> None:
    channel = anna.line.channel("shop-it")
    elsewhere = ChannelRegistered(
        name=channel.name,
        kind=channel.kind,
        account_id=channel.account_id,
        phone_number_id=channel.phone_number_id,
        api_url="http://127.0.0.1:1",
    )
    registered(anna.store, elsewhere, "auto:test")
    error = anna.refused(f"{TO_ANNA} --text Ciao", 8)
    assert error["message"].endswith("could not be reached: it refuses connections")
    assert "Nothing went out: the same command may be run again." in error["hint"]
    assert [m.state for m in anna.sent()] == ["failed"]


# What is not even tried


@pytest.mark.parametrize(
    ("line", "exit", "code"),
    [
        ("send --channel shop-it --to 3331234567 --text Ciao", 2, "bad_phone"),
        ("send --channel shop-it --to 0039333 --text Ciao", 2, "bad_phone"),
        ("send --channel shop-it --to +39 --text Ciao", 2, "bad_phone"),
        ("send --channel shop-it --to '' --text Ciao", 2, "bad_recipient"),
        ("send --channel shop-it --to c99 --text Ciao", 5, "not_found"),
        ("send --channel nowhere --to +393331234567 --text Ciao", 5, "unknown_channel"),
        (f"{TO_ANNA} --text ''", 2, "usage"),
        (f"{TO_ANNA} --text '  '", 2, "usage"),
        (f"{TO_ANNA} --text {'x' * 5000}", 2, "usage"),
        (f"{TO_ANNA}", 2, "usage"),
        (f"{TO_ANNA} --text Ciao --template x", 2, "usage"),
        (f"{TO_ANNA} --text Ciao --as 'Mei Li'", 2, "bad_agent"),
        (f"{TO_ANNA} --text Ciao --key '{{day}}'", 2, "bad_placeholder"),
        (f"{TO_ANNA} --text Ciao --columns nope", 2, "unknown_column"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_written(anna: Desk, line: str, exit: int, code: str) -> None:
    before = anna.store.last_seq()
    assert anna.refused(line, exit)["code"] == code
    assert (anna.store.last_seq(), anna.calls("/messages")) == (before, 0)


def test_a_phone_without_plus_is_told_why(anna: Desk) -> None:
    error = anna.refused("send --channel shop-it --to 3331234567 --text Ciao", 2)
    assert error["message"] == "3331234567 has no country code: a phone begins with +."
    assert "perhaps write to a stranger" in error["hint"]


def test_wechat_takes_2048_bytes_and_not_one_more(liwei: Desk) -> None:
    assert liwei(f"{TO_LIWEI} --text {'你' * 682}xx").exit == 0
    error = liwei.refused(f"{TO_LIWEI} --text {'你' * 682}xxx", 2)
    assert (error["code"], error["message"]) == ("text_too_long", "The text has 2,049 bytes, and WeChat takes 2,048.")


def test_a_trace_holds_the_request_and_no_secret(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.anna_writes()
    open_desk.liwei_writes()
    for line in (TO_ANNA, TO_LIWEI):
        open_desk.done(f"{line} --text Ciao --trace {tmp_path}/trace")
    text = (tmp_path / "trace").read_text("utf-8")
    assert [json.loads(line)["status"] for line in text.splitlines()] == [200] * len(text.splitlines())
    assert '"Ciao"' in text
    token = kept(open_desk.store, "brand-cn")
    assert token is not None
    assert not [secret for secret in (*EVERY_SECRET, token.token, ANNA[1:]) if secret in text]


def test_a_minute_before_its_end_a_window_is_not_used_any_more(anna: Desk) -> None:
    anna.at(AT + 24 * HOUR - 150 * SECOND)
    assert anna.json(f"{TO_ANNA} --text Ciao")["state"] == "accepted"
    anna.at(AT + 24 * HOUR - 60 * SECOND)
    assert anna.refused(f"{TO_ANNA} --text Ciao", 7)["code"] == "window_closed"
