"""A WeChat account's templates: listed by title, looked at, sent, and the ledger of what customers granted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.clock import DAY, SECOND
from tests.commands.desk import RECORDS, Desk, process

FIELDS = "--param character_string1=A1 --param thing2=顺丰 --param phrase3=已发货"
SEND = "send --channel brand-cn --to c1 --template"
SHIPPED = f"{SEND} 订单发货通知 {FIELDS}"
ARRIVED = f"{SEND} 到货提醒 --param thing1=围巾 --param thing2=外滩店"


@pytest.fixture
def cn(desk: Desk) -> Desk:
    """A WeChat channel with one template of each kind, and Li Wei who has written."""
    desk.register("brand-cn")
    added(desk, "cgi-bin/template/api_add_template", {"template_id_short": "TM00303"})
    added(desk, "wxaapi/newtmpl/addtemplate", {"tid": "2414", "kidList": [1, 2], "sceneDesc": "到货"})
    desk.control.say("liwei", "你好")
    return desk


def added(desk: Desk, path: str, body: dict[str, Any]) -> str:
    answer = desk.json(f"api brand-cn POST {path} --input -", input=json.dumps(body))
    return str(answer.get("template_id") or answer["priTmplId"])


def grants(desk: Desk) -> list[tuple[str, str, int]]:
    return [(row["template"], row["state"], row["left"]) for row in desk.json("contacts grants c1")]


# Listing


def test_templates_are_listed_by_their_titles(cn: Desk) -> None:
    rows = cn.json("templates list")
    assert [(row["name"], row["category"], row["state"]) for row in rows] == [
        ("到货提醒", "subscription", "approved"),
        ("订单发货通知", "notice", "approved"),
    ]
    assert set(RECORDS["template"].split()) <= rows[0].keys()
    assert [one["slot"] for one in rows[1]["parameters"]] == ["character_string1", "thing2", "phrase3"]
    assert rows[1]["parameters"][1] == {"slot": "thing2", "name": "thing2", "type": "thing", "example": "顺丰速运"}
    assert cn.done("templates list -o ids").stdout


def test_one_is_shown_by_title_or_id(cn: Desk) -> None:
    id = cn.json("templates list")[1]["id"]
    assert cn.json("templates show 订单发货通知")["id"] == cn.json(f"templates show {id}")["id"] == id
    assert cn.refused("templates show 没有", 5)["code"] == "unknown_template"


def test_on_a_screen_one_is_shown_with_the_values_it_takes(cn: Desk) -> None:
    said = cn("templates show 到货提醒", terminal=True).stderr
    assert "its values: --param thing1=… --param thing2=…" in said


def test_two_of_one_title_keep_names_of_their_own(cn: Desk) -> None:
    first = cn.json("templates show 订单发货通知")["id"]
    second = added(cn, "cgi-bin/template/api_add_template", {"template_id_short": "TM00303"})
    names = {row["id"]: row["name"] for row in cn.json("templates list")}
    assert (names[first], names[second]) == ("订单发货通知", f"订单发货通知 {second[:6]}")
    cn.done(f"api brand-cn POST cgi-bin/template/del_private_template -f template_id={first} --yes")
    left = {row["id"]: (row["name"], row["state"]) for row in cn.json("templates list")}
    assert left[second] == (f"订单发货通知 {second[:6]}", "approved")
    assert first not in left or left[first][1] == "deleted"


def test_a_template_that_was_deleted_and_added_again_goes_out_by_its_new_id(cn: Desk) -> None:
    first = cn.json("templates show 订单发货通知")["id"]
    cn.done(f"api brand-cn POST cgi-bin/template/del_private_template -f template_id={first} --yes")
    second = added(cn, "cgi-bin/template/api_add_template", {"template_id_short": "TM00303"})
    shown = cn.json("templates show 订单发货通知")
    assert (shown["id"], shown["state"]) == (second, "approved")
    cn.done(SHIPPED)


@pytest.mark.parametrize("title", ["订单发货通知", "到货提醒"])
def test_one_of_either_kind_is_deleted_after_a_question(cn: Desk, title: str) -> None:
    assert "Delete" in cn.refused(f"templates delete {title}", 2)["message"]
    cn.done(f"templates delete {title} -n")
    assert len(cn.json("templates list")) == 2
    cn.done(f"templates delete {title} --yes")
    assert title not in [row["name"] for row in cn.json("templates list")]
    assert cn.json("templates list --state deleted") == []
    assert cn.refused(f"templates delete {title} --yes", 5)["code"] == "unknown_template"


def test_whatsapps_templates_are_meant_where_both_are_there(cn: Desk) -> None:
    cn.register("shop-it")
    assert cn.json("templates list") == []
    assert len(cn.json("templates list --channel brand-cn")) == 2
    assert cn.refused("templates submit x.toml --channel brand-cn", 2)["exit"] == 2


def test_an_account_that_may_use_one_kind_shows_that(cn: Desk) -> None:
    cn.json("templates list")
    cn.control.settings(wechat_account="subscription")
    rows = cn.json("templates list")
    assert {row["name"]: row["state"] for row in rows}["到货提醒"] == "approved"
    cn.control.settings(wechat_account="unverified")
    assert cn.refused("templates list", 6)["platform_code"] == "48001"


def test_a_preview_shows_examples_where_nothing_is_given(cn: Desk) -> None:
    shown = cn.json("templates preview 订单发货通知 --param thing2=中通")
    assert shown["message"]["header"] == "订单发货通知"
    assert shown["message"]["body"] == "订单编号：A20260306\n快递公司：中通\n发货状态：已发货"
    assert cn.refused(f"templates preview 订单发货通知 --param thing2={'x' * 21}", 2)["code"] == "bad_param"
    assert "快递公司：中通" in cn.screen("templates preview 订单发货通知 --param thing2=中通")


# Template messages


def test_a_notice_goes_out_of_the_window_and_its_end_is_told(cn: Desk) -> None:
    cn.pass_by(3 * DAY)
    sent = cn.json(f"{SHIPPED} --param link.url=https://shop.example/o/1")
    assert (sent["kind"], sent["template"]["name"]) == ("template", "订单发货通知")
    assert sent["state"] in ("accepted", "delivered")  # WeChat may be quicker than we are
    assert sent["text"] == "订单编号：A1\n快递公司：顺丰\n发货状态：已发货"
    cn.control.settle()
    assert [message.state for message in cn.sent()] == ["delivered"]
    assert cn.phone("liwei")[-1].endswith("https://shop.example/o/1")


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed"])
def test_a_notice_that_does_not_arrive_is_failed_in_wechats_words(cn: Desk, status: str) -> None:
    cn.control.settings(wechat_template=status)
    told = cn(SHIPPED)
    assert told.exit in (0, 6)  # 6 where WeChat tells before we have noted its answer
    assert "--key" not in told.stderr
    cn.control.settle()
    (message,) = cn.sent()
    assert message.error is not None
    assert (message.state, status in message.error.message) == ("failed", True)


def test_a_dry_run_prints_the_request_and_asks_wechat_for_no_sending(cn: Desk) -> None:
    shown = json.loads(cn.done(f"{SHIPPED} -n").stdout)
    assert shown["url"].endswith("/cgi-bin/message/template/send")
    assert shown["body"]["data"]["thing2"] == {"value": "顺丰"}
    assert len(shown["body"]["client_msg_id"]) == 32
    assert cn.calls("/message/template/send") == 0


def test_a_value_that_wechat_would_refuse_is_exit_2_and_names_the_field(cn: Desk) -> None:
    error = cn.refused(SHIPPED.replace("顺丰", "长" * 21), 2)
    assert (error["code"], "'thing2'" in error["message"]) == ("bad_param", True)
    assert "'phrase3'" in cn.refused(SHIPPED.replace(" --param phrase3=已发货", ""), 2)["message"]
    assert cn.calls("/message/template/send") == 0
    assert cn.sent() == []


@pytest.mark.parametrize(("code", "exit"), [(43004, 6), (47003, 6), (40037, 6), (45009, 8)])
def test_wechats_refusals_have_their_exit_codes(cn: Desk, code: int, exit: int) -> None:
    cn.done("templates list")
    cn.control.fault(code, on="messages")
    assert cn.refused(SHIPPED, exit)["platform_code"] == str(code)


def test_who_unfollowed_gets_no_notice(cn: Desk) -> None:
    cn.control.unfollow("liwei")
    assert cn.refused(SHIPPED, 6)["code"] == "not_following"


def test_outside_the_window_a_template_goes_instead(cn: Desk) -> None:
    cn.pass_by(3 * DAY)
    sent = cn.json(f"send --channel brand-cn --to c1 --text 您好 --outside template:订单发货通知 {FIELDS}")
    assert sent["kind"] == "template"


def test_the_same_key_sends_one_notice(cn: Desk) -> None:
    first = cn.json(f"{SHIPPED} --key o-1")
    assert cn.json(f"{SHIPPED} --key o-1")["id"] == first["id"]
    assert cn.calls("/message/template/send") == 1
    assert cn.refused(f"{SHIPPED.replace('A1', 'A2')} --key o-1", 2)["code"] == "key_reused"


def test_a_closed_window_names_what_may_still_go(cn: Desk) -> None:
    cn.done("templates list")
    cn.pass_by(3 * DAY)
    text = "send --channel brand-cn --to c1 --text 您好"
    hint = cn.refused(text, 7)["hint"]
    assert "订单发货通知/zh_CN (notice, 3 parameters)" in hint
    assert "--param character_string1=… --param thing2=… --param phrase3=…" in hint
    assert "到货提醒" not in hint
    cn.control.subscribe("liwei", "到货提醒")
    assert "到货提醒/zh_CN (subscription, 2 parameters)" in cn.refused(text, 7)["hint"]
    cn.control.unfollow("liwei")
    assert "订单发货通知" not in cn.refused(text, 7)["hint"]


# Notifications and their grants


def test_without_a_grant_nothing_is_asked_and_the_ledger_is_named(cn: Desk) -> None:
    error = cn.refused(ARRIVED, 6)
    assert (error["code"], "43101" in error["hint"]) == ("no_grant", True)
    assert "careline contacts grants c1" in error["hint"]
    assert cn.calls("/message/subscribe/bizsend") == 0
    assert cn.sent() == []


@pytest.mark.parametrize("format", ["xml", "json"])
def test_each_grant_is_good_for_one_and_a_withdrawal_takes_them(cn: Desk, format: str) -> None:
    cn.control.settings(wechat_format=format)
    cn.done("templates list")
    for _ in range(3):
        cn.control.subscribe("liwei", "到货提醒")
        cn.pass_by(SECOND)
    assert grants(cn) == [("到货提醒", "granted", 3)]
    cn.done(ARRIVED)
    cn.control.settle()
    assert [message.state for message in cn.sent()] == ["delivered"]
    assert grants(cn) == [("到货提醒", "granted", 2)]
    cn.pass_by(SECOND)
    cn.control.subscribe("liwei", "到货提醒", "withdraw")
    assert grants(cn) == [("到货提醒", "void", 0)]
    assert "they withdrew it" in cn.refused(ARRIVED, 6)["message"]


def test_a_lost_answer_uses_the_grant(cn: Desk) -> None:
    cn.done("templates list")
    cn.control.subscribe("liwei", "到货提醒")
    cn.control.fault("reset")
    assert cn(ARRIVED).exit == 12
    assert grants(cn) == [("到货提醒", "used", 0)]


def test_a_killed_sender_has_used_the_grant_and_a_refused_one_has_not(cn: Desk) -> None:
    cn.done("templates list")
    cn.control.subscribe("liwei", "到货提醒")
    cn.control.fault(45009, on="messages")
    assert cn.refused(ARRIVED, 8)["code"] == "daily_quota"
    assert grants(cn) == [("到货提醒", "granted", 1)]
    assert process(ARRIVED, env={"CARELINE_CRASHPOINT": "send.sending"}).returncode == -9
    assert grants(cn) == [("到货提醒", "used", 0)]
    assert cn.refused(ARRIVED, 6)["code"] == "no_grant"


def test_what_careline_did_not_hear_can_be_noted_and_43101_corrects_it(cn: Desk) -> None:
    cn.done("contacts grants c1 --add 到货提醒 -n")
    assert grants(cn) == []
    assert cn.json("contacts grants c1 --add 到货提醒")[0]["left"] == 1
    error = cn.refused(ARRIVED, 6)
    assert (error["code"], error["platform_code"]) == ("no_grant", "43101")
    assert "the ledger now says so too" in error["hint"]
    assert grants(cn) == [("到货提醒", "void", 0)]


def test_grants_are_wechats_and_of_people_who_are_known(cn: Desk) -> None:
    assert cn.refused("contacts grants c9", 5)["code"] == "unknown_contact"
    assert cn.refused("contacts grants c1 --channel shop-it", 2)["code"] == "not_supported"
    assert cn.refused("contacts grants c1 --add 订单发货通知", 5)["code"] == "unknown_template"
    assert (
        "no notification"
        in cn.done("contacts grants c1", terminal=True).stdout + cn.done("contacts grants c1", terminal=True).stderr
    )
