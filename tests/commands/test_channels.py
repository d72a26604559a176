"""Accounts from the command line: registered step by step, again from where it stopped, listed and shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from careline.model import Channel
from careline.sandbox import account
from tests.careline.test_secrets import Memory
from tests.commands.desk import WECHAT, WHATSAPP, Desk, checked

SHOP = f"channels register whatsapp shop-it {WHATSAPP}"
BRAND = f"channels register wechat brand-cn {WECHAT}"
NOBODY = {"CARELINE_PUBLIC_URL": "http://127.0.0.1:1"}
NO_TOKEN = {"CARELINE_SECRET_WECHAT_TOKEN": "", "CARELINE_SECRET_WECHAT_ENCODING_AES_KEY": ""}


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, backend = keyring.get_keyring(), Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_registering_whatsapp_says_each_step(desk: Desk) -> None:
    result = desk(f"{SHOP} --app-id {account.APP_ID}", terminal=True)
    assert (result.exit, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        " ok  token      valid, never expires",
        " ok  account    Sandbox Shop",
        " ok  number     +39 02 1234 5678, Sandbox Shop, connected",
        " ok  stored     shop-it",
        f" ok  webhooks   to {desk.callback('shop-it')}",
        f" ok  app        {account.APP_ID} sends news of templates and of the account",
        "",
        "shop-it is active.",
    ]


def test_registering_wechat_says_what_to_paste_into_the_console(desk: Desk) -> None:
    result = desk(BRAND, terminal=True)
    assert (result.exit, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        " ok  token      works; pushes come from 1 address",
        " ok  stored     brand-cn",
        "",
        "Paste into WeChat's console (Settings and development, Basic configuration, Server configuration):",
        f"  URL             {desk.callback('brand-cn')}",
        f"  Token           {account.WECHAT_TOKEN}",
        f"  EncodingAESKey  {account.WECHAT_AES_KEY}",
        "  Mode            safe (encrypted)",
        "In the sandbox that is: careline sandbox paste brand-cn",
        "",
        "brand-cn is active.",
    ]


def test_without_a_public_address_there_is_none_to_paste(desk: Desk) -> None:
    result = desk(BRAND, env={"CARELINE_PUBLIC_URL": ""})
    assert result.exit == 0
    assert "  URL             (set --public-url and run this again)\n" in result.stderr
    assert "sandbox paste" not in result.stderr


@pytest.mark.parametrize("line", [SHOP, BRAND])
def test_registering_again_changes_nothing(desk: Desk, line: str) -> None:
    first = checked("channel", desk.json(line))
    before = desk.store.last_seq()
    assert desk.json(line) == first
    assert desk.store.last_seq() == before


@pytest.mark.parametrize("line", [SHOP, BRAND])
def test_a_dry_run_stores_nothing_and_calls_nobody(desk: Desk, line: str) -> None:
    result = desk.done(f"{line} -n -o json")
    assert result.stderr.startswith(f"Would register {line.split()[3]} ({line.split()[2]}) at {desk.sandbox.url}:\n")
    assert '"created_at": null' in result.stdout
    assert desk.json("channels list") == []
    assert desk.control.log()["calls"] == []


@pytest.mark.parametrize("line", [SHOP, BRAND])
def test_a_later_run_keeps_the_addresses_that_an_earlier_one_was_given(desk: Desk, line: str) -> None:
    given = desk.callback("x").removesuffix("/webhooks/x")
    desk.done(f"{line} --public-url {given}/", env={"CARELINE_PUBLIC_URL": ""})
    unset = ("CARELINE_PUBLIC_URL", "CARELINE_WHATSAPP_API_URL", "CARELINE_WECHAT_API_URL", "CARELINE_CLOCK")
    again = desk.json(line, env=dict.fromkeys(unset, ""))
    assert again["callback_url"] == f"{given}/webhooks/{again['name']}"
    assert again["api_url"] == desk.sandbox.url


# Refused


def test_a_token_that_whatsapp_refuses_is_exit_4_with_the_variable_to_set(desk: Desk) -> None:
    error = desk.refused(SHOP, 4, env={"CARELINE_SECRET_WHATSAPP_ACCESS_TOKEN": "EAAwrong"})
    assert (error["code"], error["platform_code"]) == ("credentials", "190")
    assert "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN" in error["hint"]
    assert "EAAwrong" not in str(error)
    assert desk.json("channels list") == []


@pytest.mark.parametrize(("line", "key"), [(SHOP, "access_token"), (BRAND, "app_secret")])
def test_a_missing_secret_is_exit_4_and_says_where_to_put_it(desk: Desk, line: str, key: str) -> None:
    kind, name = line.split()[2:4]
    error = desk.refused(line, 4, env={f"CARELINE_SECRET_{kind}_{key}".upper(): ""})
    assert error["code"] == "secret_missing"
    assert f"CARELINE_SECRET_{name}_{key}".upper().replace("-", "_") in error["hint"]
    assert "export CARELINE_SECRET_" in error["hint"]


@pytest.mark.parametrize(
    ("secret", "code", "hint"),
    [
        ("facade" + "0" * 26, "40001", "Reset the AppSecret"),
        ("tooshort", "40125", "Reset the AppSecret"),
    ],
)
def test_a_wechat_secret_that_is_wrong_is_exit_4_and_nothing_is_stored(desk: Desk, secret: str, code: str, hint: str) -> None:
    error = desk.refused(BRAND, 4, env={"CARELINE_SECRET_WECHAT_APP_SECRET": secret})
    assert error["platform_code"] == code
    assert hint in error["hint"]
    assert f"careline {BRAND}" in error["hint"]
    assert secret not in str(error)
    assert desk.json("channels list") == []


def test_an_address_that_wechat_does_not_let_in_is_exit_4_and_named(desk: Desk) -> None:
    desk.control.fault("40164")
    error = desk.refused(BRAND, 4)
    assert (error["code"], error["platform_code"]) == ("address_not_allowed", "40164")
    assert "Add 127.0.0.1 to the IP allow-list" in error["hint"]


def test_an_appid_with_a_slip_does_not_use_the_name_up(desk: Desk) -> None:
    error = desk.refused("channels register wechat brand-cn --app-id wxsandbox000000002", 4)
    assert (error["platform_code"], "Compare it with the AppID" in error["hint"]) == ("40013", True)
    assert desk.json(BRAND)["state"] == "active"


def test_registering_again_tries_the_secret_and_not_a_token_from_before(desk: Desk) -> None:
    desk.done(BRAND)
    desk.done("qr create --channel brand-cn --scene x --print")  # which keeps a token
    assert desk.refused(BRAND, 4, env={"CARELINE_SECRET_WECHAT_APP_SECRET": "tooshort"})["platform_code"] == "40125"


def test_without_a_receiver_the_channel_is_incomplete_and_the_same_command_goes_on_later(desk: Desk) -> None:
    result = desk(SHOP, env=NOBODY)
    assert result.exit == 6
    assert " ok  stored     shop-it\n" in result.stderr
    assert result.stderr.splitlines()[-1] == "  careline receive"
    assert [c["state"] for c in desk.json("channels list")] == ["incomplete"]
    assert desk.json(SHOP)["state"] == "active"
    assert desk.json("channels show shop-it")["details"]["steps"] == ["number", "webhooks"]


def test_a_number_that_the_token_does_not_see_is_exit_5(desk: Desk) -> None:
    line = f"channels register whatsapp shop-it --phone-number-id 1 --business-account-id {account.BUSINESS_ACCOUNT_ID}"
    assert desk.refused(line, 5)["platform_code"] == "100"
    assert desk.json("channels list") == []


@pytest.mark.parametrize("name", ["Shop", "9shop", "shop_it", "shop it", "", "x" * 33, "négozio", "../x"])
def test_a_bad_name_is_exit_2(desk: Desk, name: str) -> None:
    assert desk.refused(f"channels register wechat '{name}' {WECHAT}", 2)["code"] == "bad_name"


def test_a_name_that_belongs_to_another_account_is_refused(desk: Desk) -> None:
    desk.done(SHOP)
    for line in (
        "channels register whatsapp shop-it --phone-number-id 1 --business-account-id 2",
        f"channels register wechat shop-it {WECHAT}",
    ):
        error = desk.refused(line, 2)
        assert (error["code"], "careline channels show shop-it" in error["hint"]) == ("name_taken", True)
    assert len(desk.json("channels list")) == 1


@pytest.mark.parametrize("more", ["--public-url care.example", "--api-url ftp://x", "--app-id nope"])
def test_an_address_or_appid_that_cannot_be_one_is_exit_2(desk: Desk, more: str) -> None:
    assert desk(f"channels register wechat brand-cn {WECHAT} {more}").exit == 2


# Secrets


def test_secrets_from_a_file_go_into_the_keyring(desk: Desk, memory: Memory, tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"# from the console\napp_secret='{account.WECHAT_SECRET}'\n")
    desk.done(f"{BRAND} --secrets-from {file}", env={"CARELINE_SECRET_WECHAT_APP_SECRET": ""})
    assert memory.kept["careline/sandbox", "brand-cn.app_secret"] == account.WECHAT_SECRET


def test_secrets_may_come_from_stdin(desk: Desk, memory: Memory) -> None:
    desk.done(f"{BRAND} --secrets-from -", input=f"APP_SECRET={account.WECHAT_SECRET}\n")
    assert memory.kept["careline/sandbox", "brand-cn.app_secret"] == account.WECHAT_SECRET


def test_secrets_from_without_a_keyring_is_exit_4_with_the_way_out(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("APP_SECRET=not-to-be-shown\n")
    error = desk.refused(f"{BRAND} --secrets-from {file}", 4)
    assert error["code"] == "keyring_missing"
    assert "Set CARELINE_SECRET_BRAND_CN_APP_SECRET instead" in error["hint"]
    assert "not-to-be-shown" not in str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("hunter2 is the password\n", "line 1: not a KEY=value line."),
        ("APP_SECRET=hunter2\nAPP_SECERT=hunter2\n", "a wechat channel has no secret 'app_secert'."),
    ],
)
def test_a_file_of_secrets_with_a_slip_stores_none_and_quotes_none(
    desk: Desk, memory: Memory, tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "secrets"
    file.write_text(content)
    error = desk.refused(f"{BRAND} --secrets-from {file}", 2)
    assert error["message"].endswith(says)
    assert "hunter2" not in str(error)
    assert memory.kept == {}


def test_a_slip_on_stdin_is_told_to_be_on_stdin(desk: Desk, memory: Memory) -> None:
    assert desk.refused(f"{BRAND} --secrets-from -", 2, input="hunter2\n")["message"].startswith("stdin, line 1:")
    assert desk.refused(f"{BRAND} --secrets-from -", 2, input="COLOUR=red\n")["message"].startswith("stdin: ")


@pytest.mark.parametrize(("file", "why"), [("/nowhere/secrets", "No such file"), ("/tmp", "Is a directory")])
def test_a_file_of_secrets_that_cannot_be_read_is_exit_2(desk: Desk, file: str, why: str) -> None:
    assert why in desk.refused(f"{BRAND} --secrets-from {file}", 2)["message"]


def test_what_the_console_needs_is_made_once_and_kept(desk: Desk, memory: Memory) -> None:
    said = [desk.done(BRAND, env=NO_TOKEN).stderr for _ in range(2)]
    assert said[0] == said[1]
    for key in ("token", "encoding_aes_key"):
        value = memory.kept["careline/sandbox", f"brand-cn.{key}"]
        assert f"  {value}\n" in said[0]
    assert len(memory.kept["careline/sandbox", "brand-cn.encoding_aes_key"]) == 43


def test_without_a_keyring_for_what_is_made_the_channel_stays_incomplete(desk: Desk) -> None:
    error = desk.refused(BRAND, 4, env=NO_TOKEN)
    assert "Set CARELINE_SECRET_BRAND_CN_TOKEN instead" in error["hint"]
    assert desk.json("channels show brand-cn")["state"] == "incomplete"
    assert desk.json(BRAND)["state"] == "active"


# Looking


def test_list_is_a_table_on_a_terminal_and_whole_values_in_a_pipe(open_desk: Desk) -> None:
    shown = open_desk.screen("channels list", width=120).splitlines()
    assert shown[0].split() == ["NAME", "KIND", "STATE", "ADDRESS", "LAST", "NEWS", "CALLBACK"]
    assert [line.split()[:3] for line in shown[1:]] == [["brand-cn", "wechat", "active"], ["shop-it", "whatsapp", "active"]]
    piped = open_desk.done("channels list").stdout.splitlines()
    assert piped[1].split("\t") == ["shop-it", "whatsapp", "active", "+39 02 1234 5678", "", open_desk.callback("shop-it")]
    assert open_desk.done("channels list -o ids").stdout == "brand-cn\nshop-it\n"


def test_every_channel_is_a_whole_record(open_desk: Desk) -> None:
    found = [checked("channel", record) for record in open_desk.json("channels list")]
    assert [c["account_id"] for c in found] == [account.WECHAT_APP_ID, account.BUSINESS_ACCOUNT_ID]
    assert [c["last_inbound_at"] for c in found] == [None, None]
    open_desk.anna_writes()
    assert checked("channel", open_desk.json("channels show shop-it"))["last_inbound_at"] is not None


def test_show_prints_the_callback_address(open_desk: Desk) -> None:
    assert f"callback   {open_desk.callback('shop-it')}\n" in open_desk.screen("channels show shop-it")


def test_an_empty_list_says_how_to_begin(desk: Desk) -> None:
    result = desk("channels list", terminal=True)
    assert (result.exit, result.stdout) == (0, "")
    assert result.stderr == "No channel is registered yet: careline channels register --help\n"
    assert desk.json("channels list") == []


def test_an_unknown_channel_is_exit_5_and_names_those_there_are(open_desk: Desk) -> None:
    error = open_desk.refused("channels show shop", 5)
    assert (error["code"], "Known: brand-cn, shop-it" in error["hint"]) == ("unknown_channel", True)


def test_unknown_columns_are_refused_before_anybody_is_asked(desk: Desk) -> None:
    assert desk.refused(f"{SHOP} --columns nope", 2)["code"] == "unknown_column"
    assert desk.control.log()["calls"] == []
    assert desk.rows(Channel) == []
