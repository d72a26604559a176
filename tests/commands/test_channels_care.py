"""How channels are, what they may do, what was counted; secrets that change under way; who is blocked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from careline.clock import DAY, HOUR
from careline.model import Channel
from careline.sandbox import account
from cli.bars import bar, bars
from cli.cells import cells
from tests.careline.sandbox.receiver import agreeable
from tests.careline.test_secrets import Memory
from tests.commands.desk import ANNA, Desk

FINDING = {"channel", "check", "level", "code", "message", "remedy", "platform_code", "observed", "expected"}
NO_ENV = {f"CARELINE_SECRET_WHATSAPP_{key}": "" for key in ("ACCESS_TOKEN", "APP_SECRET", "VERIFY_TOKEN", "PIN")}


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, backend = keyring.get_keyring(), Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def kept(open_desk: Desk, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """The WhatsApp secrets of shop-it in the keyring, and nowhere else."""
    given = {"access_token": account.ACCESS_TOKEN, "app_secret": account.APP_SECRET, "verify_token": account.VERIFY_TOKEN}
    for key, value in given.items():
        memory.kept["careline/sandbox", f"shop-it.{key}"] = value
    for name in NO_ENV:
        monkeypatch.setenv(name, "")
    return memory


def checked(desk: Desk, exit: int, line: str = "channels check shop-it", **options: Any) -> dict[str, dict[str, Any]]:
    """The findings, by check, after looking at the exit code and the fields."""
    result = desk(f"{line} -o json", **options)
    assert result.exit == exit, result
    found = json.loads(result.stdout)
    assert all(set(one) >= FINDING for one in found)
    return {one["check"]: one for one in found}


def test_a_channel_that_is_well_has_no_finding_but_ok(open_desk: Desk) -> None:
    found = checked(open_desk, 0)
    assert {one["level"] for one in found.values()} == {"ok"}
    assert list(found) == [
        "token",
        "app_secret",
        "number",
        "name",
        "quality",
        "throughput",
        "limit",
        "health",
        "subscription",
        "clock",
        "callback",
        "inbound",
    ]
    shown = open_desk.json("channels show shop-it")
    assert (shown["health"], shown["findings"]) == ("ok", [])
    assert shown["checked_at"] is not None


def test_wechat_is_checked_by_its_token_and_its_address(open_desk: Desk) -> None:
    found = checked(open_desk, 0, "channels check brand-cn")
    assert {"token", "account", "quota", "callback", "mode", "verification", "inbound"} <= set(found)
    assert {one["level"] for one in found.values()} == {"ok"}


def test_a_screen_shows_each_rung_and_what_to_do(open_desk: Desk) -> None:
    open_desk.control.judge(account.PHONE_NUMBER_ID, quality="YELLOW")
    result = open_desk("channels check shop-it", terminal=True, env={"NO_COLOR": "1"})
    assert result.exit == 11
    lines = result.stdout.splitlines()
    assert lines[0] == "shop-it · WhatsApp · +39 02 1234 5678 · Sandbox Shop"
    assert " ok       token          valid, never expires, 2 of 2 permissions" in lines
    assert " warning  quality        yellow: customers block or report the number" in lines
    assert "          → careline templates list --columns name,state,quality" in lines
    assert lines[-2] == "1 warning"
    assert open_desk.json("channels show shop-it")["health"] == "warning"


@pytest.mark.parametrize(
    ("judged", "check", "code", "exit"),
    [
        ({"status": "DISCONNECTED"}, "number", "not_connected", 1),
        ({"status": "BANNED"}, "health", "phone_number_blocked", 1),
        ({"quality": "RED"}, "health", "phone_number_limited", 11),
        ({"name": "reject"}, "name", "name_declined", 11),
    ],
)
def test_what_meta_thinks_of_the_number_is_found(
    open_desk: Desk, judged: dict[str, str], check: str, code: str, exit: int
) -> None:
    open_desk.control.judge(account.PHONE_NUMBER_ID, **judged)
    found = checked(open_desk, exit)
    assert found[check]["code"] == code
    assert found[check]["remedy"]


def test_a_token_near_its_end_warns_and_one_without_a_permission_is_exit_4(open_desk: Desk) -> None:
    now = open_desk.control.clock()["now"]
    open_desk.control.token(account.ACCESS_TOKEN, ends_at=now + 2 * DAY)
    assert checked(open_desk, 11)["token"]["code"] == "token_ends_soon"
    open_desk.control.token(account.ACCESS_TOKEN, scopes=["whatsapp_business_management"], ends_at=None)
    assert checked(open_desk, 4)["token"]["code"] == "permission_missing"


def test_a_dead_token_is_exit_4_and_never_shown(open_desk: Desk) -> None:
    open_desk.control.token(account.ACCESS_TOKEN, valid=False)
    result = open_desk("channels check shop-it -o json")
    assert result.exit == 4
    assert account.ACCESS_TOKEN not in result.stdout + result.stderr
    assert checked(open_desk, 4)["token"]["code"] == "token_invalid"


def test_no_subscription_and_another_address_are_errors(open_desk: Desk) -> None:
    line = f"channels update shop-it --public-url {open_desk.callback('x').removesuffix('/webhooks/x')}/elsewhere"
    open_desk(line)  # refused or not, the address is noted
    assert open_desk("channels check shop-it -o json").exit == 1


def test_an_address_where_nobody_answers_is_an_error(open_desk: Desk) -> None:
    open_desk.receiver.respond = lambda got: (502, b"")
    found = checked(open_desk, 1)["callback"]
    assert (found["code"], found["observed"], found["remedy"]) == ("callback_refuses", "502", "careline receive")


def test_somebody_else_at_the_address_is_an_error(open_desk: Desk) -> None:
    open_desk.receiver.respond = lambda got: (200, b"<html>welcome</html>")
    assert checked(open_desk, 1)["callback"]["code"] == "callback_foreign"


def test_an_app_secret_of_another_app_is_found(open_desk: Desk) -> None:
    env = {"CARELINE_SECRET_SHOP_IT_APP_SECRET": "0" * 32}
    found = checked(open_desk, 4, env=env)["app_secret"]
    assert (found["level"], found["code"], found["remedy"]) == ("error", "bad_secret", "careline channels rotate shop-it")


def test_an_app_secret_that_is_missing_here_is_named_by_its_variable(open_desk: Desk, memory: Memory) -> None:
    open_desk.receiver.respond = agreeable  # it has secrets of its own
    found = checked(open_desk, 4, env={"CARELINE_SECRET_WHATSAPP_APP_SECRET": ""})
    assert (found["app_secret"]["code"], found["callback"]["level"]) == ("secret_missing", "ok")
    assert "CARELINE_SECRET_SHOP_IT_APP_SECRET" in found["app_secret"]["message"]


def test_a_receiver_with_another_verify_token_is_told_from_one_that_is_down(open_desk: Desk) -> None:
    open_desk.receiver.respond = lambda got: (403, b"")
    found = checked(open_desk, 1)["callback"]
    assert found["code"] == "verify_token_differs"
    assert "another verify token" in found["message"]
    assert "CARELINE_SECRET_SHOP_IT_VERIFY_TOKEN" in found["message"]


def test_a_paused_channel_is_said_to_be_paused(open_desk: Desk) -> None:
    open_desk.done("channels pause shop-it")
    found = checked(open_desk, 11)["callback"]
    assert (found["code"], found["remedy"]) == ("paused", "careline channels resume shop-it")


def test_checking_without_any_channel_says_how_to_begin(desk: Desk) -> None:
    result = desk("channels check", terminal=True)
    assert (result.exit, result.stdout) == (0, "")
    assert "No channel is registered yet" in result.stderr


def test_a_clock_that_is_wrong_is_found(open_desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = tmp_path / "other-clock"
    clock.write_text(str(int(Path(open_desk.env["CARELINE_CLOCK"]).read_text()) + 60_000_000))
    found = checked(open_desk, 11, env={"CARELINE_CLOCK": str(clock)})["clock"]
    assert (found["level"], found["remedy"]) == ("warning", "timedatectl status")


def test_silence_after_news_is_a_warning(open_desk: Desk) -> None:
    open_desk.anna_writes()
    open_desk.pass_by(4 * DAY)
    assert checked(open_desk, 11)["inbound"]["code"] == "silence"


def test_the_worst_of_several_channels_decides(open_desk: Desk) -> None:
    open_desk.control.judge(account.PHONE_NUMBER_ID, quality="YELLOW")
    result = open_desk("channels check -o json")
    assert result.exit == 11
    assert {one["channel"] for one in json.loads(result.stdout)} == {"brand-cn", "shop-it"}


def test_checking_again_and_again_leaves_the_rest_of_the_channel_alone(open_desk: Desk) -> None:
    before = open_desk.rows(Channel)
    checked(open_desk, 0)
    checked(open_desk, 0)
    assert [c.state for c in open_desk.rows(Channel)] == [c.state for c in before]
    assert checked(open_desk, 0, "channels check shop-it -n")


# Limits and counts


def test_limits_say_what_is_allowed_and_used(open_desk: Desk) -> None:
    open_desk.approve()
    open_desk.done(f"send --channel shop-it --to {ANNA} --template order_update --param 1=Anna")
    found = {one["limit"]: one for one in open_desk.json("channels limits shop-it")}
    assert (found["customers a day"]["allowed"], found["customers a day"]["used"]) == (2000, 1)
    assert found["messages a second"]["allowed"] == 80
    assert found["templates"]["used"] == 1


def test_analytics_are_rows_in_a_pipe_and_bars_on_a_terminal(open_desk: Desk) -> None:
    open_desk.control.settings(sent_s=0)
    open_desk.anna_writes()
    for number in range(3):
        open_desk.done(f"send --channel shop-it --to {ANNA} --text 'ciao {number}'")
    open_desk.control.settle()
    (row,) = open_desk.json("channels analytics shop-it")
    assert (row["sent"], row["delivered"], row["start_at"].endswith("T00:00:00Z")) == (3, 3, True)
    shown = open_desk.screen("channels analytics shop-it").splitlines()
    assert shown[0] == "shop-it · messages · sent"
    assert "████" in shown[2]
    assert shown[2].endswith(" 3")
    assert cells(shown[2]) <= 80
    (price,) = open_desk.json("channels analytics shop-it pricing --by category")
    assert (price["category"], price["messages"], price["cost"]) == ("service", 3, 0.0)


def test_what_was_not_counted_has_words_of_its_own(open_desk: Desk) -> None:
    assert open_desk.json("channels analytics shop-it conversations") == []
    result = open_desk("channels analytics shop-it", terminal=True)
    assert (result.stdout, result.stderr) == ("", "Nothing was counted.\n")


def test_template_counts_are_switched_on_by_the_command_that_is_named(open_desk: Desk) -> None:
    open_desk.approve()
    error = open_desk.refused("channels analytics shop-it templates", 6)
    assert "careline channels analytics shop-it templates --switch-on --yes" in error["hint"]
    planned = open_desk("channels analytics shop-it templates --switch-on --dry-run")
    assert (planned.exit, planned.stdout, planned.stderr.startswith("Would have Meta count")) == (0, "", True)
    open_desk.refused("channels analytics shop-it templates", 6)
    switched = open_desk("channels analytics shop-it templates --switch-on --yes -o json")
    assert (json.loads(switched.stdout), switched.stderr) == ([], "Meta counts the templates of shop-it now.\n")
    open_desk.control.settings(sent_s=0)
    open_desk.done(f"send --channel shop-it --to {ANNA} --template order_update --param 1=Anna")
    open_desk.control.settle()
    (row,) = open_desk.json("channels analytics shop-it templates")
    assert (row["template"], row["sent"], row["delivered"]) == ("order_update/it", 1, 1)


@pytest.mark.parametrize("more", ["letters", "messages --by category", "pricing --by colour", "--step year"])
def test_what_cannot_be_counted_is_exit_2(open_desk: Desk, more: str) -> None:
    assert open_desk.refused(f"channels analytics shop-it {more}", 2)["code"] == "bad_choice"


def test_bars_are_as_long_as_their_share_and_never_too_wide() -> None:
    rows = [("li wei 李薇", 8.0, "8"), ("a", 4.0, "4"), ("b", 0.0, "0"), ("c", 0.001, "0.001")]
    shown = list(bars(rows, 40))
    assert all(cells(line) <= 40 for line in shown)
    full, half = (line.count("█") for line in shown[:2])
    assert full == 2 * half
    assert "▏" in shown[3]
    assert bar(0, 10) == ""


# Secrets


def test_a_new_token_is_tried_before_it_is_stored(open_desk: Desk, kept: Memory) -> None:
    file = open_desk.folder / "new"
    file.write_text("ACCESS_TOKEN=EAAnot-one\n")
    error = open_desk.refused(f"channels rotate shop-it --secrets-from {file}", 4)
    assert "EAAnot-one" not in str(error)
    assert kept.kept["careline/sandbox", "shop-it.access_token"] == account.ACCESS_TOKEN
    new = open_desk.control.token()
    file.write_text(f"ACCESS_TOKEN={new}\n")
    open_desk.done(f"channels rotate shop-it --secrets-from {file}")
    open_desk.control.token(account.ACCESS_TOKEN, valid=False)
    assert open_desk.json("channels token shop-it")["valid"] is True
    assert kept.kept["careline/sandbox", "shop-it.access_token"] == new


def test_an_app_secret_of_another_app_is_refused_and_the_old_one_counts_for_a_day(open_desk: Desk, kept: Memory) -> None:
    file = open_desk.folder / "new"
    file.write_text(f"APP_SECRET={'0' * 32}\n")
    assert open_desk.refused(f"channels rotate shop-it --secrets-from {file}", 4)["code"] == "bad_secret"
    new = open_desk.control.reset_app_secret()
    assert not open_desk.control.say(ANNA, "uno")["pushes"][0]["arrived"]
    file.write_text(f"APP_SECRET={new}\n")
    open_desk.done(f"channels rotate shop-it --secrets-from {file}")
    assert open_desk.control.say(ANNA, "due")["pushes"][0]["arrived"]
    channel = open_desk.line.channel("shop-it")
    assert open_desk.line.webhook_secrets(channel)["app_secret_previous"] == account.APP_SECRET
    open_desk.pass_by(25 * HOUR)
    assert "app_secret_previous" not in open_desk.line.webhook_secrets(channel)


def test_rotating_without_a_file_gives_meta_another_verify_token(open_desk: Desk, kept: Memory) -> None:
    open_desk.done("channels rotate shop-it")
    token = kept.kept["careline/sandbox", "shop-it.verify_token"]
    assert token != account.VERIFY_TOKEN
    assert checked(open_desk, 0)["callback"]["level"] == "ok"


def test_a_verify_token_that_the_handshake_refuses_is_put_back(
    open_desk: Desk, kept: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careline.registering.rotate.HANDSHAKES", 1)
    open_desk.receiver.respond = lambda got: (403, b"")
    assert open_desk.refused("channels rotate shop-it", 6)["platform_code"] == "2200"
    assert kept.kept["careline/sandbox", "shop-it.verify_token"] == account.VERIFY_TOKEN


def test_a_pin_is_set_at_meta_before_it_is_stored(open_desk: Desk, kept: Memory) -> None:
    assert open_desk.refused("channels rotate shop-it --secrets-from -", 2, input="PIN=12\n")["code"] == "bad_pin"
    open_desk.done("channels rotate shop-it --secrets-from -", input="PIN=135790\n")
    assert kept.kept["careline/sandbox", "shop-it.pin"] == "135790"


def test_a_secret_that_the_environment_gives_is_not_stored_beneath_it(open_desk: Desk, memory: Memory) -> None:
    error = open_desk.refused("channels rotate shop-it --secrets-from -", 9, input="ACCESS_TOKEN=EAAother\n")
    assert (error["code"], "careline channels rotate shop-it" in error["hint"]) == ("secret_elsewhere", True)
    assert memory.kept == {}


def test_wechats_secret_is_tried_too(open_desk: Desk, memory: Memory) -> None:
    env = {"CARELINE_SECRET_WECHAT_APP_SECRET": ""}
    line = "channels rotate brand-cn --secrets-from -"
    assert open_desk.refused(line, 4, input=f"APP_SECRET={'0' * 32}\n", env=env)["platform_code"] == "40001"
    open_desk.done(line, input=f"APP_SECRET={account.WECHAT_SECRET}\n", env=env)
    assert memory.kept["careline/sandbox", "brand-cn.app_secret"] == account.WECHAT_SECRET


def test_the_token_is_described_and_never_shown(open_desk: Desk) -> None:
    result = open_desk.done("channels token shop-it -o json")
    told = json.loads(result.stdout)
    assert (told["valid"], told["expires_at"], told["app_id"]) == (True, None, account.APP_ID)
    assert account.ACCESS_TOKEN not in result.stdout


# People


def test_whoever_is_blocked_cannot_be_heard_until_unblocked(open_desk: Desk) -> None:
    open_desk.anna_writes()
    record = open_desk.json("contacts block c1")
    assert (record["id"], record["blocked"]) == ("c1", True)
    assert open_desk.json("contacts show c1")["identities"][0]["blocked"] is True
    open_desk.anna_writes("mi sentite?")
    assert [chat["messages_in"] for chat in open_desk.json("chats list --state all")] == [1]
    for words in (f"send --channel shop-it --to {ANNA} --text ciao", "reply 1 ciao", "chats read 1 --typing"):
        error = open_desk.refused(words, 6, env={"CARELINE_AGENT": "mei"})
        assert (error["code"], "careline contacts unblock c1" in error["hint"]) == ("contact_blocked", True)
    assert "careline contacts unblock c1" in open_desk.screen("chats show 1")
    assert open_desk.sent() == []
    assert open_desk.json("contacts unblock c1")["blocked"] is False
    open_desk.done("chats read 1 --typing")
    before = open_desk.store.last_seq()
    open_desk.done("contacts unblock c1")
    assert open_desk.store.last_seq() == before


def test_whoever_did_not_write_today_is_not_blocked(open_desk: Desk) -> None:
    open_desk.anna_writes()
    open_desk.pass_by(2 * DAY)
    error = open_desk.refused("contacts block c1", 6)
    assert error["platform_code"] == "139100"
    assert "(131047) The user cannot be blocked: The person has not written within the last 24 hours." in error["message"]
    assert "within 24 hours of their last message" in error["hint"]
    assert open_desk.json("contacts show c1")["blocked"] is False


def test_people_are_found_by_name(open_desk: Desk) -> None:
    open_desk.control.say(ANNA, "ciao", name="Anna Rossi")
    open_desk.control.say("liwei", "你好")
    assert [c["name"] for c in open_desk.json("contacts list --find rossi")] == ["Anna Rossi"]
    assert open_desk.refused("contacts show c99", 5)["code"] == "unknown_contact"
    assert open_desk.refused("contacts show anna", 2)["code"] == "bad_contact"


def test_what_was_noted_folds_to_the_same_rows_again(open_desk: Desk) -> None:
    open_desk.anna_writes()
    open_desk.control.judge(account.PHONE_NUMBER_ID, quality="YELLOW")
    checked(open_desk, 11)
    open_desk.done("contacts block c1")
    open_desk.done("channels rotate shop-it")
    open_desk.done("channels pause brand-cn")
    open_desk.done("channels remove brand-cn --yes")
    assert open_desk.done("store rebuild --check").exit == 0
