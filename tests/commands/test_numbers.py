"""A number from nothing to service, from the command line; killed between any two steps it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from careline.model import Channel
from careline.sandbox import account
from tests.careline.test_secrets import Memory
from tests.commands.desk import ANNA, WHATSAPP, Desk, process, toml

NEW = "+39 02 9988 7766"
BEGIN = (
    f"channels register whatsapp shop-mi --number '{NEW}' --verified-name 'Negozio Milano' "
    f"--business-account-id {account.BUSINESS_ACCOUNT_ID} --app-id {account.APP_ID}"
)


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, backend = keyring.get_keyring(), Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def confirmed(desk: Desk) -> None:
    desk.done("channels code shop-mi --method sms --language it")
    desk.done(f"channels verify shop-mi --code {desk.control.code(NEW.replace(' ', ''))}")


def test_five_commands_lead_from_nothing_to_a_delivered_message_and_do_no_harm_again(desk: Desk) -> None:
    result = desk(BEGIN, terminal=True)
    assert result.exit == 0
    assert " ok  added      +390299887766 to the account, to be shown as Negozio Milano\n" in result.stderr
    assert "Next: careline channels code shop-mi --method sms\n" in result.stderr
    assert result.stderr.endswith("shop-mi is incomplete.\n")
    confirmed(desk)
    (channel,) = desk.json("channels list")
    assert (channel["state"], channel["details"]["steps"]) == ("active", ["number", "webhooks"])
    desk.control.settings(sent_s=0)
    file = desk.folder / "order_update.toml"
    file.write_text(toml(), "utf-8")
    desk.done(f"templates submit {file} --channel shop-mi")
    desk.control.review("order_update", "approve")
    desk.done(f"send --channel shop-mi --to {ANNA} --template order_update --param 1=Anna --key once")
    desk.control.settle()
    assert desk.sent()[-1].delivered_at is not None
    before = desk.store.last_seq()
    again = desk(BEGIN, terminal=True)
    assert (again.exit, again.stderr.endswith("shop-mi is active.\n")) == (0, True)
    assert "is confirmed already" in desk.done("channels code shop-mi").stderr
    assert desk.json("channels verify shop-mi --code 000000")["state"] == "active"
    assert desk.store.last_seq() == before
    assert [one["phone"] for one in desk.control.numbers()] == [account.PHONE, "390299887766"]


def test_the_same_command_without_flags_goes_on(desk: Desk) -> None:
    desk.done(BEGIN)
    assert desk.json("channels register whatsapp shop-mi")["state"] == "incomplete"
    confirmed(desk)
    assert desk.json("channels register whatsapp shop-mi")["state"] == "active"


def test_a_pin_is_made_and_kept_before_it_is_the_numbers(desk: Desk, memory: Memory) -> None:
    none = {"CARELINE_SECRET_WHATSAPP_PIN": ""}
    desk.done(BEGIN, env=none)
    desk.done("channels code shop-mi", env=none)
    desk.done(f"channels verify shop-mi --code {desk.control.code()}", env=none)
    assert len(memory.kept["careline/sandbox", "shop-mi.pin"]) == 6


def test_a_pin_that_is_not_the_numbers_is_refused_and_kept_out_of_words(desk: Desk) -> None:
    desk.control.judge(account.PHONE_NUMBER_ID, status="DISCONNECTED")
    error = desk.refused(f"channels register whatsapp shop-it {WHATSAPP}", 6, env={"CARELINE_SECRET_WHATSAPP_PIN": "000001"})
    assert error["platform_code"] == "133005"
    assert "CARELINE_SECRET_SHOP_IT_PIN" in error["hint"]
    assert "WhatsApp Manager" in error["hint"]
    assert "careline channels register whatsapp shop-it" in error["hint"]
    assert "000001" not in str(error)
    assert desk.json("channels show shop-it")["state"] == "incomplete"
    assert desk.json(f"channels register whatsapp shop-it {WHATSAPP}")["state"] == "active"


def test_a_wrong_code_is_exit_6_and_a_slip_exit_2(desk: Desk) -> None:
    desk.done(BEGIN)
    desk.done("channels code shop-mi")
    wrong = "000000" if desk.control.code() != "000000" else "111111"
    assert desk.refused(f"channels verify shop-mi --code {wrong}", 6)["platform_code"] == "136025"
    assert desk.refused("channels verify shop-mi --code 12", 2)["code"] == "bad_code"
    assert desk.refused("channels code shop-mi --method letter", 2)["code"] == "bad_method"


def test_a_pin_that_cannot_be_one_is_found_before_the_code_is_used_up(desk: Desk) -> None:
    desk.done(BEGIN)
    desk.done("channels code shop-mi")
    line, slip = f"channels verify shop-mi --code {desk.control.code()}", {"CARELINE_SECRET_SHOP_MI_PIN": "12"}
    calls = len(desk.control.log()["calls"])
    assert "comes from environment CARELINE_SECRET_SHOP_MI_PIN." in desk.refused(line, 2, env=slip)["hint"]
    assert desk.refused("channels register whatsapp shop-mi", 2, env=slip)["code"] == "bad_pin"
    assert len(desk.control.log()["calls"]) == calls
    assert desk.json(line)["state"] == "active"


def test_a_pin_that_cannot_be_one_is_not_stored(desk: Desk, memory: Memory) -> None:
    assert (
        desk.refused(f"channels register whatsapp shop-it {WHATSAPP} --secrets-from -", 2, input="PIN=12\n")["code"]
        == "bad_pin"
    )
    assert memory.kept == {}


def test_a_number_confirmed_already_says_that_no_code_was_tried(open_desk: Desk) -> None:
    result = open_desk.done("channels verify shop-it --code 000000")
    assert "was confirmed already; no code was tried" in result.stderr
    assert open_desk.refused("channels verify shop-it --code 12", 2)["code"] == "bad_code"


def test_a_new_number_without_a_name_is_told_the_flag(desk: Desk) -> None:
    line = f"channels register whatsapp shop-mi --number '{NEW}' --business-account-id {account.BUSINESS_ACCOUNT_ID}"
    assert "--verified-name" in desk.refused(line, 2)["hint"]


@pytest.mark.parametrize("number", ["0299887766", "+39", "number", "+999123456789"])
def test_what_is_no_number_is_exit_2(desk: Desk, number: str) -> None:
    line = f"channels register whatsapp x --number {number} --verified-name Rossi --business-account-id 1"
    assert desk.refused(line, 2)["code"] == "bad_phone"
    assert desk.control.log()["calls"] == []


def test_an_account_or_a_number_that_is_not_named_is_exit_2(desk: Desk) -> None:
    assert (
        "--business-account-id is missing" in desk.refused("channels register whatsapp x --number +390299887766", 2)["message"]
    )
    assert (
        "--number, or --phone-number-id" in desk.refused("channels register whatsapp x --business-account-id 1", 2)["message"]
    )


@pytest.mark.parametrize(
    ("point", "line"),
    [
        ("register.added", BEGIN),
        ("register.stored", BEGIN),
        ("register.registered", "channels register whatsapp shop-mi"),
        ("register.subscribed", "channels register whatsapp shop-mi"),
        ("register.app", "channels register whatsapp shop-mi"),
    ],
)
def test_killed_between_two_steps_it_goes_on_and_adds_nothing_twice(desk: Desk, point: str, line: str) -> None:
    if line != BEGIN:
        desk.done(BEGIN)
        desk.done("channels code shop-mi")
        graph_verify(desk)
    killed = process(line, env={"CARELINE_CRASHPOINT": point})
    assert killed.returncode == -9, killed
    desk.done(BEGIN)
    if line == BEGIN:
        confirmed(desk)
    assert desk.json("channels show shop-mi")["state"] == "active"
    assert len(desk.control.numbers()) == 2
    assert len(desk.rows(Channel)) == 1


def graph_verify(desk: Desk) -> None:
    """Confirm the number without registering it, as somebody does in Meta's own pages."""
    import httpx

    (id,) = [one["id"] for one in desk.control.numbers() if one["id"] != account.PHONE_NUMBER_ID]
    headers = {"authorization": f"Bearer {account.ACCESS_TOKEN}"}
    url = f"{desk.sandbox.url}/{id}/verify_code"
    reply = httpx.post(url, params={"code": desk.control.code()}, headers=headers, trust_env=False)
    assert reply.status_code == 200, reply.text


# Changed later


def test_a_removed_channel_forgets_its_secrets_and_keeps_its_chats(open_desk: Desk, memory: Memory) -> None:
    open_desk.anna_writes()
    memory.kept["careline/sandbox", "shop-it.pin"] = "246810"
    assert open_desk.refused("channels remove shop-it", 2)["code"] == "needs_yes"
    assert open_desk.json("channels remove shop-it --yes")["state"] == "removed"
    assert [c["name"] for c in open_desk.json("channels list")] == ["brand-cn"]
    assert ("careline/sandbox", "shop-it.pin") not in memory.kept
    assert open_desk.refused("channels show shop-it", 5)["code"] == "unknown_channel"
    assert len(open_desk.json("chats list --state all")) == 1
    assert open_desk.control.say(ANNA, "ci siete?")["pushes"][0]["tries"][0]["status"] == 404
    open_desk.register("shop-it")
    assert open_desk.json("channels show shop-it")["state"] == "active"


def test_a_paused_channel_sends_and_takes_in_nothing_until_it_is_resumed(open_desk: Desk) -> None:
    open_desk.anna_writes()
    assert open_desk.json("channels pause shop-it")["state"] == "paused"
    error = open_desk.refused(f"send --channel shop-it --to {ANNA} --text ciao", 9)
    assert (error["code"], "careline channels resume shop-it" in error["hint"]) == ("channel_paused", True)
    assert open_desk.sent() == []
    assert not open_desk.control.say(ANNA, "ci siete?")["pushes"][0]["arrived"]
    assert open_desk.json("channels resume shop-it")["state"] == "active"
    assert open_desk.control.say(ANNA, "ci siete?")["pushes"][0]["arrived"]


def test_update_moves_the_callback(open_desk: Desk) -> None:
    public = open_desk.callback("x").removesuffix("/webhooks/x").replace("127.0.0.1", "localhost")
    changed = open_desk.json(f"channels update shop-it --public-url {public}")
    assert changed["callback_url"] == f"{public}/webhooks/shop-it"
    assert changed["state"] == "active"
    assert open_desk.control.status()["whatsapp"]["callback"] == changed["callback_url"]


# What customers see


def test_a_profile_comes_from_a_file_and_only_differences_go_out(open_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text(
        'about = "Aperto dalle 9 alle 18"\nwebsites = ["https://shop.example"]\nvertical = "retail"\nwelcome = true\n'
        'ice_breakers = ["Dov\'è il mio ordine?"]\n[commands]\nstato = "Lo stato di un ordine"\n',
        "utf-8",
    )
    assert "Would set about." in open_desk.done(f"channels profile shop-it --set {file} -n").stderr
    shown = open_desk.json(f"channels profile shop-it --set {file}")
    assert (shown["about"], shown["vertical"], shown["welcome"]) == ("Aperto dalle 9 alle 18", "retail", True)
    assert shown["commands"] == {"stato": "Lo stato di un ordine"}
    posts = open_desk.calls("/whatsapp_business_profile")
    assert "Nothing differs." in open_desk.done(f"channels profile shop-it --set {file}").stderr
    assert open_desk.calls("/whatsapp_business_profile") == posts + 2  # it is read twice, and not written


def test_a_picture_goes_up_and_is_set_by_its_handle(open_desk: Desk, tmp_path: Path) -> None:
    photo = tmp_path / "shop.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    shown = open_desk.json(f"channels profile shop-it --photo {photo}")
    assert shown["picture"].startswith("https://")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("fake.jpg", b"no picture at all", "is not image/jpeg by its content"),
        ("shop.gif", b"GIF89a", "is no picture that WhatsApp takes"),
        ("large.jpg", b"\xff\xd8\xff" + bytes(5 * 1024 * 1024), "WhatsApp takes 5.0 MB"),
        ("nothing", None, "no such file"),
        (".", None, "is a directory"),
    ],
)
def test_what_is_no_picture_is_exit_2_before_any_call(
    open_desk: Desk, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    calls = len(open_desk.control.log()["calls"])
    assert says in open_desk.refused(f"channels profile shop-it --photo {tmp_path / name}", 2)["message"]
    assert len(open_desk.control.log()["calls"]) == calls


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('about = ""', "about cannot be empty"),
        (f'about = "{"x" * 140}"', "140 characters; WhatsApp takes 139"),
        ('websites = ["shop.example"]', "does not begin with https://"),
        ('vertical = "piracy"', "vertical is 'piracy'"),
        ('ice_breakers = ["Ciao 👋"]', "has an emoji"),
        ('colour = "red"', "a profile has no 'colour'"),
        ('display_name = "x"', "A display name has 2 to 75 characters"),
        ("about", "is no TOML"),
    ],
)
def test_what_meta_would_refuse_is_exit_2_before_any_call(open_desk: Desk, tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "profile.toml"
    file.write_text(line, "utf-8")
    calls = len(open_desk.control.log()["calls"])
    assert says in open_desk.refused(f"channels profile shop-it --set {file}", 2)["message"]
    assert len(open_desk.control.log()["calls"]) == calls


def test_another_display_name_is_asked_for_once_and_counts_after_registering_again(open_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text('display_name = "Bottega Rossi"\n')
    shown = open_desk.json(f"channels profile shop-it --set {file}")
    assert (shown["new_display_name"], shown["new_display_name_state"]) == ("Bottega Rossi", "pending_review")
    assert "Nothing differs." in open_desk.done(f"channels profile shop-it --set {file}").stderr
    open_desk.control.judge(account.PHONE_NUMBER_ID, name="approve")
    found = {f["check"]: f for f in found_by(open_desk, "channels check shop-it", 11)}
    assert found["name"]["code"] == "name_waits"
    open_desk.register("shop-it")
    assert open_desk.json("channels profile shop-it")["display_name"] == "Bottega Rossi"


def found_by(desk: Desk, line: str, exit: int) -> list[dict[str, str]]:
    import json

    result = desk(f"{line} -o json")
    assert result.exit == exit, result
    return list(json.loads(result.stdout))
