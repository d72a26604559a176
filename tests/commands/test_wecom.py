"""A company on WeCom, from registering it to the last servicer, against the sandbox."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from careline.clock import HOUR, SECOND
from careline.errors import CarelineError
from careline.model import Channel, Identity, KfAccount, Message, Notice
from careline.rules.window import windows
from careline.sandbox import account
from tests.commands.desk import AT, Desk, checked

REGISTER = f"channels register wecom kf --corp-id {account.WECOM_CORP_ID}"
LIWEI = account.external_userid_of("liwei")


@pytest.fixture
def kf(desk: Desk) -> Desk:
    """The company registered; its callback leads to the desk's receiver."""
    desk.done(REGISTER)
    connect(desk)
    return desk


def connect(desk: Desk) -> None:
    url, key = desk.callback("kf"), account.WECOM_AES_KEY
    desk.control.wecom("console", url=url, token=account.WECOM_TOKEN, encoding_aes_key=key)


def chat(desk: Desk, text: str = "你好") -> str:
    """liwei writes, and what they wrote is pulled; their chat's number."""
    desk.control.wecom("say", "liwei", text=text)
    desk.done("channels sync kf")
    return str(desk.rows(Identity)[0].conversation)


def phone(desk: Desk) -> list[str]:
    shown = desk.control.customer("liwei", "wecom")["messages"]
    return [one["text"] for one in shown if one["direction"] == "out" and one["state"] != "failed"]


# The company


def test_registering_tries_the_secret_notes_the_accounts_and_says_what_to_paste(desk: Desk) -> None:
    result = desk.done(f"{REGISTER} -o json")
    record = checked("channel", json.loads(result.stdout))
    assert (record["kind"], record["state"], record["account_id"]) == ("wecom", "active", account.WECOM_CORP_ID)
    assert "1 account, 1 spoken for by the API" in result.stderr
    assert account.WECOM_AES_KEY in result.stderr
    assert account.WECOM_SECRET not in result.stderr + result.stdout
    assert [row.id for row in desk.rows(KfAccount)] == [account.WECOM_ACCOUNT]
    assert desk.json("channels show kf")["callback_url"].endswith("/webhooks/kf")


def test_a_wrong_secret_registers_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELINE_SECRET_WECOM_CORP_SECRET", "wrong")
    error = desk.refused(REGISTER, 4)
    assert error["platform_code"] == "40001"
    assert desk.rows(Channel) == []


def test_an_address_that_is_not_trusted_is_named(desk: Desk) -> None:
    desk.control.settings(wecom_trusted=False)
    error = desk.refused(REGISTER, 4)
    assert (error["code"], error["platform_code"]) == ("address_not_allowed", "60020")
    assert "Add 127.0.0.1 to the app's trusted addresses" in error["hint"]


def test_the_page_takes_a_callback_that_can_read_its_echo(kf: Desk) -> None:
    assert kf.control.status()["wecom"]["callback"] == kf.callback("kf")
    with pytest.raises(CarelineError, match="answered 403"):
        kf.control.wecom("console", url=kf.callback("kf"), token="another", encoding_aes_key=account.WECOM_AES_KEY)


def test_a_check_climbs_from_the_token_to_the_last_pull(kf: Desk) -> None:
    found = {one["check"]: one for one in json.loads(kf("channels check kf -o json").stdout)}
    assert [found[check]["level"] for check in ("token", "pull", "callback")] == ["ok", "warning", "ok"]
    assert found["pull"]["remedy"] == "careline channels sync kf"
    kf.done("channels sync kf")
    kf.done("channels check kf")
    kf.pass_by(49 * HOUR)
    late = kf("channels check kf -o json")
    assert late.exit == 1
    assert {one["code"]: one["level"] for one in json.loads(late.stdout)}["pull_late"] == "error"


def test_the_token_is_told_without_being_shown(kf: Desk) -> None:
    kf.done("channels sync kf")
    told = kf.json("channels token kf")
    assert (told["source"], told["valid"], len(told["fingerprint"])) == ("gettoken", True, 12)
    assert kf.calls("/gettoken") == 2  # one to try the secret, one for everybody


def test_a_token_that_ended_early_is_renewed_once_and_one_that_expired_before_it_is_used(kf: Desk) -> None:
    kf.done("channels sync kf")
    kf.control.wecom("retire")
    before = kf.calls("/gettoken")
    kf.done("channels sync kf")
    assert kf.calls("/gettoken") == before + 1
    kf.done("channels sync kf")
    kf.pass_by(3 * HOUR)
    kf.done("channels sync kf")


def test_a_company_is_paused_resumed_updated_rotated_and_removed(kf: Desk) -> None:
    number = chat(kf)
    kf.done("channels pause kf")
    assert kf.refused(f"send --channel kf --to c{number} --text x", 9)["code"] == "channel_paused"
    kf.done("channels resume kf")
    kf.done("channels update kf --public-url http://127.0.0.1:9")
    assert kf.json("channels show kf")["callback_url"] == "http://127.0.0.1:9/webhooks/kf"
    kf.done("channels rotate kf")
    kf.done("channels remove kf --yes")
    assert kf.json("channels list") == []


def test_another_company_is_another_channel(kf: Desk) -> None:
    assert kf.refused("channels register wecom kf --corp-id wwother", 2)["code"] == "name_taken"
    assert kf.refused("channels register wecom kf2 --corp-id 'no id'", 2)
    assert kf.refused("channels update kf --app-id wx1", 2)


# Accounts


def test_accounts_are_added_renamed_and_removed(kf: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    assert kf.refused("channels accounts kf add 退货", 2)["code"] == "picture_missing"
    rows = kf.json(f"channels accounts kf add 退货 --avatar {picture}")
    assert {row["name"] for row in rows} == {"Sandbox Care", "退货"}
    for no in ("channels accounts kf rename 退货", "channels accounts kf welcome 退货"):
        assert kf.refused(no, 2)["code"] == "text_missing"
    kf.done("channels accounts kf rename 退货 售后")
    assert {row["name"] for row in kf.json("channels accounts kf")} == {"Sandbox Care", "售后"}
    kf.done("channels accounts kf remove 售后 --yes")
    assert [row["name"] for row in kf.json("channels accounts kf")] == ["Sandbox Care"]
    assert kf.refused("channels accounts kf rename 售后 x", 5)["code"] == "unknown_account"
    assert kf.refused(f"channels accounts kf rename 'Sandbox Care' {'长' * 17}", 2)["code"] == "bad_name"


def test_a_welcome_stays_until_it_is_said_what_takes_its_place(kf: Desk) -> None:
    kf.done("channels accounts kf welcome 'Sandbox Care' 您好!")
    kf.refused("channels accounts kf welcome 'Sandbox Care'", 2)
    assert kf.json("channels accounts kf")[0]["welcome"] == "您好!"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("face.pdf", b"%PDF-1.4", "no picture that WeCom takes"),
        ("face.png", b"%PDF-1.4", "not image/png"),
        ("", b"", "cannot be read"),
    ],
)
def test_a_face_that_is_no_picture_makes_no_account(kf: Desk, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / (name or "another.png")).write_bytes(content)
    error = kf.refused(f"channels accounts kf add 退货 --avatar {tmp_path / (name or 'face.png')}", 2)
    assert says in error["message"]
    assert kf.calls("/kf/account/add") == 0


def test_an_error_names_the_channel_in_the_command_that_helps(kf: Desk) -> None:
    error = kf.refused("channels staff kf add mei --account wkNone", 5)
    assert "careline channels accounts kf lists" in error["hint"]


def test_a_dry_run_changes_no_account(kf: Desk) -> None:
    kf.done("channels accounts kf remove 'Sandbox Care' --dry-run")
    kf.done("channels accounts kf welcome 'Sandbox Care' Hi --dry-run")
    assert kf.json("channels accounts kf")[0]["welcome"] is None


# Pulling


def test_what_was_written_is_pulled_and_the_customer_named(kf: Desk) -> None:
    assert chat(kf) == "1"
    row = kf.json("queue list")[0]
    assert (row["contact_name"], row["preview"], row["window"]["left"]) == ("liwei", "你好", 5)
    assert kf.json("channels sync kf")[0]["new"] == 0
    assert kf.refused("channels sync kf --account nobody", 5)["code"] == "unknown_account"


def test_many_pages_with_empty_ones_between(kf: Desk) -> None:
    kf.control.settings(wecom_page=40, wecom_empty=2)
    kf.control.wecom("many", "guest", count=100)
    assert kf.json("channels sync kf --columns new,pages") == [{"new": 100, "pages": 9}]


def test_what_wecom_forgot_is_told(kf: Desk) -> None:
    chat(kf)
    kf.pass_by(100 * HOUR)
    kf.control.wecom("say", "liwei", text="还在吗")
    problem = kf.json("channels sync kf")[0]["problem"]
    assert "may be lost" in problem
    assert [one.kind for one in kf.rows(Notice)] == ["kf_messages_lost"]


def test_one_person_with_two_accounts_is_one_contact_with_two_windows(kf: Desk, tmp_path: Path) -> None:
    chat(kf)
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    kf.done(f"channels accounts kf add 售后 --avatar {picture}")
    kf.control.wecom("say", "liwei", text="换货", account="售后")
    kf.done("channels sync kf")
    one = next(row for row in kf.rows(Identity) if row.handle.startswith(account.WECOM_ACCOUNT))
    other = next(row for row in kf.rows(Identity) if row is not one and row.handle != one.handle)
    assert one.contact == other.contact
    assert one.handle != other.handle
    kf.done(f"send --channel kf --to {other.handle} --text 好的")
    left = {identity.handle: windows(identity)[0].left for identity in kf.rows(Identity)}
    assert left == {one.handle: 5, other.handle: 4}


# Sending


def test_an_answer_arrives_under_our_own_id_and_counts(kf: Desk) -> None:
    number = chat(kf)
    sent = kf.json(f'reply {number} "马上看" --profile sandbox', env={"CARELINE_AGENT": "mei"})
    assert sent["state"] == "accepted"
    assert sent["platform_id"].startswith(f"{sent['id']}-")
    assert phone(kf) == ["马上看"]
    assert kf.control.customer("liwei", "wecom")["window"]["left"] == 4
    found = kf.json(f"send --channel kf --to {LIWEI} --text 再见")  # the customer's own id, without the account
    assert found["state"] == "accepted"


def test_the_sixth_message_and_one_after_48_hours_are_refused_here(kf: Desk) -> None:
    chat(kf)
    for n in range(5):
        kf.done(f"send --channel kf --to c1 --text {n}")
    assert kf.refused("send --channel kf --to c1 --text 5", 7)["code"] == "quota_used"
    chat(kf)
    kf.pass_by(48 * HOUR)
    assert kf.refused("send --channel kf --to c1 --text 6", 7)["code"] == "window_closed"
    assert kf.calls("/kf/send_msg") == 5


def test_a_session_that_a_servicer_has_is_refused_before_anything_is_committed(kf: Desk) -> None:
    number = chat(kf)
    kf.control.wecom("servicer", "liwei", servicer="mei", deed="accept")
    kf.control.wecom("servicer", "liwei", servicer="mei", deed="say", text="我来")
    kf.done("channels sync kf")
    error = kf.refused("send --channel kf --to c1 --text x --key k", 7)
    assert error["code"] == "session_held"
    assert f"careline chats assign {number} --to end" in error["hint"]
    assert [one.text for one in kf.sent()] == ["我来"]
    assert kf.calls("/kf/send_msg") == 0
    kf.done(f"chats assign {number} --to end")
    assert kf.refused("send --channel kf --to c1 --text x --key k", 7)["code"] == "session_held"
    chat(kf)
    kf.done("send --channel kf --to c1 --text x --key k")
    kf.done("send --channel kf --to c1 --text x --key k")
    assert phone(kf).count("x") == 1


def test_a_session_that_a_servicer_ended_is_told_without_a_name(kf: Desk) -> None:
    number = chat(kf)
    kf.control.wecom("servicer", "liwei", servicer="mei", deed="accept")
    kf.control.wecom("servicer", "liwei", servicer="mei", deed="end")
    kf.done("channels sync kf")
    assert "back from the platform's own desk" in kf.screen(f"chats show {number}")


def test_a_session_whose_state_is_old_news_is_refused_by_wecom_and_asked_for_the_next_time(kf: Desk) -> None:
    chat(kf)
    kf.done("send --channel kf --to c1 --text 1")
    kf.control.wecom("servicer", "liwei", servicer="mei", deed="accept")  # nobody has pulled that yet
    error = kf.refused("send --channel kf --to c1 --text 2", 7)
    assert (error["code"], error["platform_code"]) == ("session_held", "95018")
    assert kf.refused("send --channel kf --to c1 --text 3", 7)["platform_code"] is None
    assert kf.calls("/kf/send_msg") == 2


def test_a_session_is_given_away_as_far_as_wecom_lets_it(kf: Desk) -> None:
    number = chat(kf)
    for to, state in (("bot", "bot"), ("pool", "pool"), ("mei", "human"), ("chen", "human"), ("end", "ended")):
        kf.done(f"chats assign {number} --to {to}")
        assert kf.control.customer("liwei", "wecom")["state"] == state
        assert kf.rows(Identity)[0].session == state
    error = kf.refused(f"chats assign {number} --to bot", 7)
    assert (error["code"], error["hint"]) == ("session_held", "It is new again when the customer writes.")
    chat(kf)
    kf.done(f"chats assign {number} --to mei")
    error = kf.refused(f"chats assign {number} --to pool", 7)
    assert error["message"] == "The session is with a servicer: --to pool is not possible."
    assert error["hint"] == "From here WeCom allows --to USERID of a servicer, end."
    kf.done(f"chats assign {number} --to end")
    chat(kf)
    assert kf.refused(f"chats assign {number} --to nobody", 6)["code"] == "not_a_servicer"
    kf.done(f"chats assign {number} --to pool --dry-run")
    assert kf.control.customer("liwei", "wecom")["state"] == "new"


@pytest.mark.parametrize(("fail_type", "code"), [(10, "blocked"), (4, "window_closed")])
def test_a_message_that_was_taken_and_did_not_arrive_is_failed_with_the_reason(kf: Desk, fail_type: int, code: str) -> None:
    chat(kf)
    kf.control.wecom("fail", fail_type=fail_type)
    number = kf.json("send --channel kf --to c1 --text x")["id"]
    kf.done("channels sync kf")
    error = kf.json(f"outbox show {number}")["error"]
    assert (error["code"], error["platform_code"]) == (code, f"fail_type {fail_type}")


def test_a_failure_settles_a_message_whose_answer_was_lost(kf: Desk) -> None:
    chat(kf)
    kf.control.wecom("fail", fail_type=10)
    kf.control.fault("reset", on="messages")
    assert kf("send --channel kf --to c1 --text x").exit == 12
    kf.done("channels sync kf")
    assert kf.sent()[0].state == "failed"


@pytest.mark.parametrize(("code", "exit"), [("95001", 7), ("95002", 7), ("95013", 7), ("95017", 6), ("95004", 5), ("45009", 8)])
def test_what_wecom_refuses_ends_in_the_exit_code_that_fits(kf: Desk, code: str, exit: int) -> None:
    chat(kf)
    kf.control.fault(f"wecom:{code}", next=2, on="messages")
    assert kf.refused("send --channel kf --to c1 --text x", exit)["platform_code"] == code
    explained = kf.json(f"explain {code} --kind wecom")
    assert explained[0]["exit"] == exit


def test_files_and_everything_else_go_out(kf: Desk, tmp_path: Path) -> None:
    chat(kf)
    pdf = tmp_path / "rechnung.pdf"
    pdf.write_bytes(b"%PDF-1.4\n" + b"x" * 50)
    assert kf.json(f"send --channel kf --to c1 --media {pdf}")["kind"] == "document"
    assert kf.json(f"send --channel kf --to c1 --media {pdf}")["state"] == "accepted"
    assert kf.calls("/media/upload") == 1
    menu = {"head_content": "怎么样?", "list": [{"type": "click", "click": {"id": "good", "content": "好"}}]}
    (tmp_path / "menu.json").write_text(json.dumps({"msgtype": "msgmenu", "msgmenu": menu}))
    kf.done(f"send --channel kf --to c1 --json {tmp_path / 'menu.json'}")
    kf.control.wecom("tap", "liwei", key="good")
    kf.done("channels sync kf")
    tapped = list(kf.store.select(Message, "WHERE direction = 'in' ORDER BY id"))[-1]
    assert (tapped.text, tapped.action) == ("好", "good")


# Welcomes


def entered(desk: Desk, who: str = "liwei") -> list[str]:
    desk.control.wecom("enter", who, scene="shop-012")
    desk.done("channels sync kf")
    shown = desk.control.customer(who, "wecom")["messages"]
    return [one["text"] for one in shown]


def test_who_enters_is_greeted_once_and_no_chat_begins(kf: Desk) -> None:
    kf.done("channels accounts kf welcome 'Sandbox Care' 您好!")
    assert entered(kf) == ["您好!"]
    kf.done("channels sync kf")
    assert entered(kf) == ["您好!", "您好!"]  # another entry, another code
    assert kf.json("chats list --state all") == []
    assert kf.refused("send --channel kf --to c1 --text x", 7)["code"] == "window_never_open"


def test_no_welcome_is_sent_without_one_too_late_or_while_paused(kf: Desk) -> None:
    assert entered(kf) == []
    kf.done("channels accounts kf welcome 'Sandbox Care' 您好!")
    kf.control.wecom("enter", "anna")
    kf.pass_by(21 * SECOND)
    kf.done("channels sync kf")
    assert kf.control.customer("anna", "wecom")["messages"] == []
    kf.done("channels accounts kf welcome 'Sandbox Care' ''")
    assert entered(kf, "carla") == []
    assert kf.calls("/kf/send_msg_on_event") == 0


def test_a_menu_may_greet(kf: Desk, tmp_path: Path) -> None:
    menu = {"head_content": "您好", "list": [{"type": "click", "click": {"id": "order", "content": "订单"}}]}
    (tmp_path / "menu.json").write_text(json.dumps({"msgtype": "msgmenu", "msgmenu": menu}))
    kf.done(f"channels accounts kf welcome 'Sandbox Care' @{tmp_path / 'menu.json'}")
    assert entered(kf) == ["您好\n订单"]
    assert kf.refused("channels accounts kf welcome 'Sandbox Care' '{\"msgtype\": \"image\"}'", 2)


# Servicers


def test_servicers_are_listed_added_and_removed_each_with_its_own_outcome(kf: Desk) -> None:
    assert [row["id"] for row in kf.json("channels staff kf")] == ["mei", "chen"]
    some = kf("channels staff kf add wang nobody -o json")
    assert some.exit == 3
    assert "nobody" in some.stderr
    assert [row["id"] for row in kf.json("channels staff kf")] == ["mei", "chen", "wang"]
    kf.done("channels staff kf remove wang --yes")


def test_any_call_goes_through_the_same_door(kf: Desk) -> None:
    answer = kf.json("api kf POST /cgi-bin/kf/account/list -f name=x")
    assert answer["account_list"][0]["open_kfid"] == account.WECOM_ACCOUNT


def test_times_are_as_wecom_tells_them(kf: Desk) -> None:
    chat(kf)
    assert AT <= kf.rows(Identity)[0].last_in_at <= AT + 30 * SECOND


# Codes on walls


def test_a_link_is_drawn_and_who_comes_by_it_counts(kf: Desk, tmp_path: Path) -> None:
    code = kf.json(f"qr create --channel kf --scene shop-012 --out {tmp_path / 'shop.png'}")
    assert code["url"].startswith("https://work.weixin.qq.com/kf/kfc")
    assert (code["permanent"], code["ticket"]) == (True, account.WECOM_ACCOUNT)
    kf.control.wecom("scan", "liwei", scene=code["url"])
    assert chat(kf) == "1"
    shown = kf.json("qr show shop-012")
    assert (shown["scans"], shown["chats"]) == (1, 1)
    assert kf.json("chats list")[0]["scene"] == "shop-012"


@pytest.fixture
def two(kf: Desk, tmp_path: Path) -> str:
    """The id of a second account of the company, called 售后."""
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    rows = kf.json(f"channels accounts kf add 售后 --avatar {picture}")
    return str(next(row["id"] for row in rows if row["name"] == "售后"))


def test_a_scene_that_opens_one_account_is_never_drawn_for_another(kf: Desk, tmp_path: Path, two: str) -> None:
    create = f"qr create --channel kf --scene shop --out {tmp_path / 'shop.png'}"
    kf.done(f"{create} --account 售后")
    error = kf.refused(f"{create} --account 'Sandbox Care'", 2)
    assert (error["code"], two in error["message"]) == ("scene_has_code", True)
    assert kf.json(create)["ticket"] == two  # who names no account means the one that it has
    assert kf.json(f"{create} --account 'Sandbox Care' --new")["ticket"] == account.WECOM_ACCOUNT


def test_a_narrow_terminal_cuts_addresses_and_never_the_scene(kf: Desk, tmp_path: Path) -> None:
    kf.done(f"qr create --channel kf --scene shop-milano-0123456789 --out {tmp_path / 'shop.png'}")
    shown = kf.screen("qr list", env={"COLUMNS": "60"})
    assert "shop-milano-0123456789" in shown
    assert account.WECOM_ACCOUNT in kf.screen("channels accounts kf", env={"COLUMNS": "60"})


def test_a_table_says_whose_chat_each_code_opens(kf: Desk, tmp_path: Path, two: str) -> None:
    file = tmp_path / "shops.csv"
    file.write_text("scene,account\nshop-1,售后\nshop-2,\nshop-3,nobody\n")
    batch = f"qr batch {file} --channel kf --out {tmp_path / 'out'}"
    error = kf.refused(f"{batch} --account 'Sandbox Care'", 2)
    assert "line 4: kf has no customer service account 'nobody'." in error["message"]
    file.write_text("scene,account\nshop-1,售后\nshop-2,\n")
    assert kf.refused(batch, 2)["code"] == "account_missing"
    assert kf.calls("/add_contact_way") == 0
    kf.done(f"{batch} --account 'Sandbox Care'")
    assert [kf.json(f"qr show shop-{at}")["ticket"] for at in (1, 2)] == [two, account.WECOM_ACCOUNT]
    assert {row["state"] for row in kf.json(batch)} == {"same"}
    file.write_text("scene,account\nshop-1,Sandbox Care\nshop-2,\n")
    assert "line 2: the scene shop-1 has a code already" in kf.refused(batch, 2)["message"]


def test_an_account_is_wecoms_alone(desk: Desk, tmp_path: Path) -> None:
    desk.done(f"channels register wechat brand-cn --app-id {account.WECHAT_APP_ID}")
    file = tmp_path / "shops.csv"
    file.write_text("scene,account\nshop-1,mei\n")
    for command in ("create --scene shop --account mei", f"batch {file}"):
        error = desk.refused(f"qr {command} --channel brand-cn --out {tmp_path / 'shop.png'}", 2)
        assert "brand-cn is a wechat channel: an account is WeCom's." in error["message"]


@pytest.mark.parametrize(
    "flags", ["--scene 店铺", "--scene shop --permanent", "--scene shop --expires 7d", "--scene shop --text Hi"]
)
def test_a_link_has_nothing_but_a_scene(kf: Desk, tmp_path: Path, flags: str) -> None:
    kf.refused(f"qr create --channel kf {flags} --out {tmp_path / 'shop.png'}", 2)
    assert kf.calls("/add_contact_way") == 0


@pytest.mark.parametrize("kind", ["image", "voice", "file"])
def test_a_customers_file_is_fetched(kf: Desk, tmp_path: Path, kind: str) -> None:
    kf.control.wecom("say", "liwei", kind=kind, content=base64.b64encode(b"what they sent").decode(), filename="x")
    kf.done("channels sync kf")
    rows = kf.json(f"chats media 1 --out {tmp_path / 'files'}")
    assert [row["error"] for row in rows] == [None]
    assert [path.read_bytes() for path in (tmp_path / "files").iterdir()] == [b"what they sent"]


def test_a_file_that_wecom_forgot_is_told(kf: Desk, tmp_path: Path) -> None:
    kf.control.wecom("say", "liwei", kind="image")
    kf.done("channels sync kf")
    kf.pass_by(73 * HOUR)
    missing = kf(f"chats media 1 --out {tmp_path / 'files'} -o json")
    assert missing.exit == 3
    assert "WeCom has this file no more" in missing.stderr


def test_an_account_that_is_taken_from_the_api_is_news_and_a_warning(kf: Desk) -> None:
    chat(kf)
    kf.control.wecom("manage", on=False)
    assert [(one.kind, one.summary) for one in kf.rows(Notice)] == [
        ("kf_account_auth_change", f"{account.WECOM_ACCOUNT} no more")
    ]
    assert kf.refused("send --channel kf --to c1 --text x", 6)["platform_code"] == "95017"
    found = json.loads(kf("channels check kf -o json").stdout)
    assert [one["code"] for one in found if one["level"] == "warning"] == ["not_managed"]


def test_a_sandboxs_clock_reaches_no_wecom_elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARELINE_WECOM_API_URL")
    assert desk.refused(REGISTER, 9)["code"] == "clock_outside_sandbox"


def test_an_account_that_cannot_be_pulled_holds_up_no_other(kf: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    kf.done(f"channels accounts kf add 售后 --avatar {picture}")
    kf.control.wecom("say", "liwei", text="换货", account="售后")
    kf.control.fault("wecom:45009", on="pulls")
    some = kf("channels sync kf -o json")
    assert some.exit == 3
    assert [(row["new"], bool(row["problem"])) for row in json.loads(some.stdout)] == [(None, True), (1, False)]
    kf.control.fault("wecom:45009", on="pulls")
    assert kf.refused("channels sync kf --account 售后", 8)["platform_code"] == "45009"
