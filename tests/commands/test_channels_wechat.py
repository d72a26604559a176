"""What is WeChat's alone in `careline channels`: its token, what it answers by itself, encrypted pushes, the ladder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from careline.channels.wechat.standing import READS
from careline.clock import DAY, HOUR, MINUTE
from careline.model import Channel, Conversation, Identity, Message
from careline.sandbox import account
from careline.sandbox.wechat import quotas
from careline.tokens import kept
from tests.careline.sandbox.wechat.test_wechatpy import Client
from tests.careline.test_secrets import Memory
from tests.commands.desk import AT, LIWEI, Desk

REPLIES = """
follow = "欢迎"
default = "明天回复"

[[keyword]]
equal = "价格"
text = "看这里"
"""


@pytest.fixture
def brand(desk: Desk) -> Desk:
    desk.register("brand-cn")
    return desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "replies.toml"
    path.write_text(REPLIES, "utf-8")
    return path


def channel(desk: Desk) -> Channel:
    found = desk.store.get(Channel, "brand-cn")
    assert found is not None
    return found


# Tokens


def test_a_token_is_told_by_age_source_and_fingerprint_and_never_shown(brand: Desk) -> None:
    assert brand.json("channels token brand-cn")["fingerprint"] is None
    brand.liwei_writes()
    brand.done(f"send --channel brand-cn --to {account.openid_of(LIWEI)} --text 你好")
    found = kept(brand.store, "brand-cn")
    assert found is not None
    brand.pass_by(HOUR)
    told = brand.done("channels token brand-cn -o json").stdout
    record = json.loads(told)
    assert (record["valid"], record["source"], record["fingerprint"]) == (True, "stable", found.fingerprint)
    assert record["fetched_at"] < record["expires_at"]
    assert found.token not in told
    assert "90_" not in told
    brand.pass_by(2 * HOUR)
    assert brand.json("channels token brand-cn")["valid"] is False


def test_with_a_setting_the_classic_call_gives_the_tokens(brand: Desk) -> None:
    brand.liwei_writes()
    send = f"send --channel brand-cn --to {account.openid_of(LIWEI)} --text 你好"
    brand.done(send, env={"CARELINE_WECHAT_TOKENS": "classic"})
    assert brand.json("channels token brand-cn")["source"] == "classic"
    assert brand.calls("/cgi-bin/token") == 1
    assert "it is one of stable, classic" in brand(send, env={"CARELINE_WECHAT_TOKENS": "shared"}).stderr


# What is answered at once


def test_a_follower_is_greeted_and_a_message_answered_at_once(brand: Desk, file: Path) -> None:
    assert brand.json(f"channels profile brand-cn --set {file}")["follow"] == "欢迎"
    assert brand.control.follow(LIWEI)["pushes"][0]["reply"] == "欢迎"
    assert brand.control.say(LIWEI, "价格")["pushes"][0]["reply"] == "看这里"
    assert brand.control.say(LIWEI, "你好")["pushes"][0]["reply"] == "明天回复"
    assert brand.phone(LIWEI) == ["欢迎", "看这里", "明天回复"]


def test_an_answer_is_a_message_of_the_chat_that_answers_nobody_and_uses_nothing(brand: Desk, file: Path) -> None:
    brand.done(f"channels profile brand-cn --set {file}")
    brand.control.follow(LIWEI)
    assert brand.rows(Message) == []  # greeted, before there is a chat
    brand.control.say(LIWEI, "价格")
    said, answer = brand.rows(Message)
    assert (answer.direction, answer.text, answer.actor, answer.state) == ("out", "看这里", "auto:reply", "sent")
    assert answer.conversation == said.conversation
    (chat,) = brand.rows(Conversation)
    assert (chat.state, chat.messages_in, chat.messages_out) == ("new", 1, 1)
    assert [one.message for one in chat.unanswered] == [said.id]
    (person,) = brand.rows(Identity)
    assert person.spent == ()
    assert [row["conversation"] for row in brand.json("queue list")] == [str(chat.id)]
    brand.done("store rebuild --check")


def test_a_push_that_is_repeated_is_answered_twice_and_told_once(brand: Desk, file: Path) -> None:
    brand.done(f"channels profile brand-cn --set {file}")
    brand.control.settings(duplicate=2)
    brand.control.say(LIWEI, "价格")
    assert len(brand.rows(Message)) == 2


def test_what_nothing_answers_is_handed_to_the_desk(brand: Desk, file: Path) -> None:
    file.write_text("transfer = true\n", "utf-8")
    assert brand.json(f"channels profile brand-cn --set {file}")["transfer"] == "any agent"
    assert brand.control.say(LIWEI, "你好")["pushes"][0]["arrived"]
    assert [one.direction for one in brand.rows(Message)] == ["in"]
    waiting = brand.json("api brand-cn GET /customservice/kfsession/getwaitcase")
    assert [one["openid"] for one in waiting["waitcaselist"]] == [account.openid_of(LIWEI)]


def test_setting_the_same_again_changes_nothing_and_an_empty_file_ends_it(brand: Desk, file: Path) -> None:
    brand.done(f"channels profile brand-cn --set {file}")
    before = brand.store.last_seq()
    assert "Nothing differs." in brand.done(f"channels profile brand-cn --set {file}").stderr
    assert "Would set" not in brand.done(f"channels profile brand-cn --set {file} -n").stderr
    assert brand.store.last_seq() == before
    file.write_text("", "utf-8")
    assert brand.json(f"channels profile brand-cn --set {file}")["follow"] is None
    assert channel(brand).replies == ""
    assert brand.control.say(LIWEI, "价格")["pushes"][0]["reply"] == ""


def test_a_dry_run_shows_what_would_be_answered_and_notes_nothing(brand: Desk, file: Path) -> None:
    result = brand.done(f"channels profile brand-cn --set {file} -n -o json")
    assert json.loads(result.stdout)["default"] == "明天回复"
    assert channel(brand).replies == ""


def test_a_file_with_a_mistake_is_refused_by_its_field(brand: Desk, file: Path) -> None:
    file.write_text("folow = 'x'\n", "utf-8")
    error = brand.refused(f"channels profile brand-cn --set {file}", 2)
    assert error["code"] == "bad_profile"
    assert "folow: there is no such field" in error["message"]
    assert brand.refused(f"channels profile brand-cn --photo {file}", 2)["code"] == "not_supported"


# Encrypted pushes only


def test_a_plain_push_is_refused_until_somebody_says_that_it_counts(brand: Desk) -> None:
    url = brand.callback("brand-cn")
    brand.control.console(url, account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "plain")
    push = brand.control.say(LIWEI, "plain")
    assert [one["status"] for one in push["pushes"][0]["tries"]] == [403, 403, 403]
    brand.done("channels update brand-cn --accept-plain")
    assert brand.control.say(LIWEI, "plain again")["pushes"][0]["arrived"]
    brand.done(f"channels register wechat brand-cn --app-id {account.WECHAT_APP_ID}")
    assert channel(brand).accepts_plain  # registering again changes nothing that was not said
    brand.done("channels update brand-cn --encrypted-only")
    assert not brand.control.say(LIWEI, "plain")["pushes"][0]["arrived"]
    assert [one.text for one in brand.rows(Message)] == ["plain again"]


def test_the_flags_of_wechat_are_refused_on_whatsapp(desk: Desk) -> None:
    desk.register("shop-it")
    for flag in ("--accept-plain", "--verify-by 2027-01-01"):
        assert desk.refused(f"channels update shop-it {flag}", 2)["code"] == "not_supported"


# Verification


def test_the_day_of_verification_is_noted_and_forgotten(brand: Desk) -> None:
    brand.done("channels update brand-cn --verify-by 2026-12-20")
    assert channel(brand).verify_by_at is not None
    brand.done("channels update brand-cn --verify-by none")
    assert channel(brand).verify_by_at is None
    assert brand.refused("channels update brand-cn --verify-by soon", 2)


def test_news_of_verification_sets_the_day_and_is_an_alert(brand: Desk) -> None:
    due = (AT + 20 * DAY) // 1_000_000
    brand.control.verification("annual_renew", due)
    found = channel(brand)
    assert found.verify_by_at == due * 1_000_000
    assert [(one.check, one.level, one.code) for one in found.findings] == [("verification", "warning", "annual_renew")]
    assert brand.json("channels show brand-cn")["health"] == "warning"
    brand.control.verification("verify_expired", due)
    assert [one.level for one in channel(brand).findings] == ["error"]
    brand.control.verification("qualification_verify_success", due + 86_400 * 365)
    assert channel(brand).findings == ()
    assert channel(brand).verify_by_at == (due + 86_400 * 365) * 1_000_000
    brand.control.verification("naming_verify_fail", due)
    assert [one.code for one in channel(brand).findings] == ["naming_verify_fail"]
    brand.done("store rebuild --check")


# The ladder


def ladder(desk: Desk, exit: int = 0) -> dict[str, list[dict[str, Any]]]:
    """The findings of a check, by what was checked."""
    result = desk("channels check brand-cn -o json")
    assert result.exit == exit, result.stdout
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(result.stdout):
        found.setdefault(one["check"], []).append(one)
    return found


def test_a_check_says_what_the_account_is_may_and_has_left(brand: Desk) -> None:
    brand.liwei_writes()
    found = ladder(brand)
    assert found["account"][0]["observed"] == "a verified service account"
    assert "permission" not in found
    assert found["quota"][0]["message"] == "6 are well, most used is message/custom/send: 0 of 500,000 a day"
    assert found["probe"][0]["observed"] == "0%"
    assert found["mode"][0]["message"] == "the last push was encrypted; only encrypted ones are heard"
    assert found["codes"][0]["message"].startswith("0 of 100,000 permanent codes")
    assert found["autoreplies"][0]["observed"] == "off"
    assert found["callback"][0]["level"] == found["inbound"][0]["level"] == "ok"
    assert found["verification"][0]["code"] == "verify_by_unknown"


@pytest.mark.parametrize(
    ("kind", "observed", "lacks"),
    [
        ("subscription", "a verified subscription account", {"template messages"}),
        ("unverified", "an unverified account", set(READS)),
    ],
)
def test_what_an_account_lacks_is_told_and_is_no_error_of_the_check(
    brand: Desk, kind: str, observed: str, lacks: set[str]
) -> None:
    brand.control.settings(wechat_account=kind)
    found = ladder(brand)
    assert found["account"][0]["observed"] == observed
    assert {one["observed"] for one in found["permission"]} == lacks
    assert {one["platform_code"] for one in found["permission"]} == {"48001"}


def test_an_address_that_is_not_allowed_is_named_with_where_to_allow_it(brand: Desk) -> None:
    brand.control.settings(wechat_allow="203.0.113.7")
    (token,) = ladder(brand, 4)["token"]
    assert (token["level"], token["code"], token["platform_code"]) == ("error", "address_not_allowed", "40164")
    assert "Add 127.0.0.1 to the IP allow-list" in token["message"]


def test_a_quota_that_ends_is_a_warning_and_one_that_ended_an_error(brand: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox runs in this process, so its limits can be lowered; the calls are counted as always."""
    monkeypatch.setitem(quotas.QUOTAS, "/cgi-bin/message/custom/send", 5)
    brand.liwei_writes()
    for _ in range(4):
        brand.done(f"send --channel brand-cn --to {account.openid_of(LIWEI)} --text 你好")
    (near, well) = ladder(brand, 11)["quota"]
    assert (near["level"], near["code"], near["observed"], near["expected"]) == ("warning", "quota_near", "4", "5")
    assert "message/custom/send" not in well["message"]
    brand.done(f"send --channel brand-cn --to {account.openid_of(LIWEI)} --text 你好")
    assert ladder(brand, 1)["quota"][0]["code"] == "quota_used_up"


def test_a_push_in_plain_is_told_by_the_check(brand: Desk) -> None:
    brand.done("channels update brand-cn --accept-plain")
    brand.control.console(brand.callback("brand-cn"), account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "plain")
    brand.liwei_writes()
    (mode,) = ladder(brand, 11)["mode"]
    assert (mode["code"], mode["observed"]) == ("plain_accepted", "plain")
    assert mode["remedy"] == "careline channels update brand-cn --encrypted-only"


def test_the_consoles_own_replies_are_told_and_are_no_warning(brand: Desk) -> None:
    brand.control.autoreplies(is_autoreply_open=1)
    assert ladder(brand)["autoreplies"][0]["observed"] == "on"


@pytest.mark.parametrize(
    ("days", "exit", "code"),
    [
        (15, 0, "verified"),
        (13, 11, "verify_within_14_days"),
        (6, 11, "verify_within_7_days"),
        (0.5, 11, "verify_within_1_day"),
        (-1, 1, "verification_over"),
    ],
)
def test_the_verification_is_called_14_7_and_1_days_before_and_when_it_is_over(
    brand: Desk, days: float, exit: int, code: str
) -> None:
    brand.control.verification("annual_renew", int(AT + days * DAY) // 1_000_000)
    assert ladder(brand, exit)["verification"][0]["code"] == code
    assert [one.code for one in channel(brand).findings] == ([code] if exit else [])


# Beside another program


@pytest.fixture
def other(brand: Desk) -> Iterator[Client]:
    """Another program on the same account: wechatpy, which knows the classic call alone."""
    client = Client(brand.sandbox.url)
    yield client
    client._http.close()


def send(desk: Desk, **env: str) -> None:
    desk.done(f"send --channel brand-cn --to {account.openid_of(LIWEI)} --text 你好", env=env)


def test_wechatpy_and_careline_do_not_end_each_others_tokens(brand: Desk, other: Client) -> None:
    brand.liwei_writes()
    send(brand)
    for _ in range(3):
        other.fetch_access_token()
    assert other.misc.get_wechat_ips() == ["127.0.0.1"]
    brand.pass_by(10 * MINUTE)
    send(brand)
    assert brand.calls("/cgi-bin/stable_token") == 2  # one of them tried the secret at registering
    assert len(other.jsapi.get_ticket()["ticket"]) > 40


def test_by_the_classic_call_they_do_and_one_renewal_mends_it(brand: Desk, other: Client) -> None:
    brand.liwei_writes()
    send(brand, CARELINE_WECHAT_TOKENS="classic")
    other.fetch_access_token()
    brand.pass_by(10 * MINUTE)  # five minutes both work
    send(brand, CARELINE_WECHAT_TOKENS="classic")
    assert brand.calls("/cgi-bin/token") == 3
    assert brand.phone(LIWEI) == ["你好", "你好"]


# The key


def test_while_the_key_is_changed_pushes_under_either_are_heard_and_answered(
    brand: Desk, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand.done(f"channels profile brand-cn --set {file}")
    new = "b" * 42 + "A"
    env = {
        "CARELINE_SECRET_BRAND_CN_ENCODING_AES_KEY": new,
        "CARELINE_SECRET_BRAND_CN_ENCODING_AES_KEY_PREVIOUS": account.WECHAT_AES_KEY,
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
        brand.env[name] = value
    brand.restart()
    assert brand.control.say(LIWEI, "价格")["pushes"][0]["reply"] == "看这里"
    brand.control.console(brand.callback("brand-cn"), account.WECHAT_TOKEN, new)
    assert brand.control.say(LIWEI, "价格")["pushes"][0]["reply"] == "看这里"
    brand.control.console(brand.callback("brand-cn"), account.WECHAT_TOKEN, "c" * 42 + "A")
    assert [one["status"] for one in brand.control.say(LIWEI, "价格")["pushes"][0]["tries"]] == [401] * 3


def test_a_rotated_key_leaves_the_one_before_in_service_for_a_day(brand: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, before = Memory(), keyring.get_keyring()
    memory.kept["careline/sandbox", "brand-cn.encoding_aes_key"] = account.WECHAT_AES_KEY
    name = "CARELINE_SECRET_WECHAT_ENCODING_AES_KEY"
    monkeypatch.setenv(name, "")
    brand.env[name] = ""
    keyring.set_keyring(memory)
    try:
        new = "d" * 42 + "A"
        told = brand.done("channels rotate brand-cn --secrets-from -", input=f"ENCODING_AES_KEY={new}\n")
        assert new not in told.stdout + told.stderr
        brand.restart()
        assert brand.control.say(LIWEI, "under the old key")["pushes"][0]["arrived"]
        assert ladder(brand)["key"][0]["code"] == "key_changing"
        brand.control.console(brand.callback("brand-cn"), account.WECHAT_TOKEN, new)
        assert brand.control.say(LIWEI, "under the new key")["pushes"][0]["arrived"]
        brand.pass_by(25 * HOUR)
        assert "key" not in ladder(brand)
        brand.control.console(brand.callback("brand-cn"), account.WECHAT_TOKEN, account.WECHAT_AES_KEY)
        assert not brand.control.say(LIWEI, "under the old key")["pushes"][0]["arrived"]
    finally:
        keyring.set_keyring(before)
    assert [one.text for one in brand.rows(Message)] == ["under the old key", "under the new key"]


def test_what_is_ours_alone_is_changed_without_asking_wechat(brand: Desk) -> None:
    before = brand.calls("/cgi-bin/stable_token")
    brand.control.settings(wechat_allow="203.0.113.7")
    told = brand.done("channels update brand-cn --verify-by 2026-12-20 --accept-plain")
    assert account.WECHAT_AES_KEY not in told.stdout + told.stderr
    assert brand.calls("/cgi-bin/stable_token") == before
    assert channel(brand).accepts_plain
    assert brand.done("channels update brand-cn --encrypted-only -n").exit == 0
    assert channel(brand).accepts_plain
