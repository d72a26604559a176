"""Template messages and notifications, asked for by wechatpy and by plain HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from wechatpy import parse_message
from wechatpy.exceptions import WeChatClientException

from careline.clock import DAY, MINUTE
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy import Client, client, paste  # noqa: F401 - client is a fixture

MEI = account.openid_of("mei")
FILLED = {"character_string1": {"value": "A1"}, "thing2": {"value": "顺丰"}, "phrase3": {"value": "已发货"}}


def added(wechat: WeChat, short: str = "TM00303") -> str:
    return str(wechat.post("template/api_add_template", {"template_id_short": short})["template_id"])


def notice(wechat: WeChat, template: str, data: Any = FILLED, **more: Any) -> Any:
    return wechat.post("message/template/send", {"touser": MEI, "template_id": template, "data": data} | more)


@pytest.fixture
def plain(sandbox: Running, receiver: Receiver) -> Receiver:
    paste(sandbox, receiver, "plain")
    return receiver


@pytest.fixture(autouse=True)
def with_token(wechat: WeChat) -> None:
    wechat.token = wechat.stable()["access_token"]


def test_wechatpy_keeps_templates_and_sends_one(sandbox: Running, client: Client, plain: Receiver) -> None:  # noqa: F811
    sandbox.control.follow("mei")
    id = client.template.add("TM00303")
    (told,) = client.template.get_all_private_template()["template_list"]
    assert (told["template_id"], told["title"]) == (id, "订单发货通知")
    assert "{{thing2.DATA}}" in told["content"]
    sent = client.message.send_template(MEI, id, FILLED, url="https://shop.example/o/1")
    assert sent["msgid"] > 2**53
    assert client.template.get_industry()["primary_industry"]["first_class"] == "IT科技"
    sandbox.control.settle()
    event = parse_message(plain.posts()[-1].body)
    assert (event.event, event.id, event.status) == ("templatesendjobfinish", sent["msgid"], "success")
    shown = sandbox.control.customer("mei")["messages"][-1]
    assert shown["text"].splitlines()[:2] == ["订单发货通知", "订单编号：A1"]
    client.template.del_private_template(id)
    with pytest.raises(WeChatClientException) as gone:
        client.message.send_template(MEI, id, FILLED)
    assert gone.value.errcode == 40037


def test_a_notice_needs_a_follower_and_no_window(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    id = added(wechat)
    sandbox.control.follow("mei")
    sandbox.control.advance(3 * DAY)
    wechat.token = wechat.stable()["access_token"]
    assert notice(wechat, id)["errcode"] == 0
    sandbox.control.unfollow("mei")
    assert notice(wechat, id)["errcode"] == 43004
    assert notice(wechat, id, touser="o" + "x" * 27)["errcode"] == 40003


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (FILLED | {"thing2": {"value": "x" * 21}}, "argument invalid! data.thing2.value invalid"),
        ({"character_string1": {"value": "A1"}}, "argument invalid! data.thing2.value is emtpy"),
        (FILLED | {"phrase3": {"value": "sent"}}, "argument invalid! data.phrase3.value invalid"),
        ([], "argument invalid! data invalid"),
    ],
)
def test_47003_names_the_field(sandbox: Running, wechat: WeChat, plain: Receiver, data: Any, said: str) -> None:
    sandbox.control.follow("mei")
    refused = notice(wechat, added(wechat), data)
    assert refused["errcode"] == 47003
    assert refused["errmsg"].startswith(f"{said} rid: ")


def test_the_same_client_msg_id_within_ten_minutes_is_the_same_message(
    sandbox: Running, wechat: WeChat, plain: Receiver
) -> None:
    sandbox.control.follow("mei")
    id = added(wechat)
    first, again = (notice(wechat, id, client_msg_id="7")["msgid"] for _ in range(2))
    assert first == again
    assert len(sandbox.control.customer("mei")["messages"]) == 1
    sandbox.control.advance(10 * MINUTE)
    assert notice(wechat, id, client_msg_id="7")["msgid"] != first
    assert notice(wechat, id, client_msg_id="7" * 33)["errcode"] == 40035


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed"])
def test_what_became_of_it_is_pushed_in_wechats_words(sandbox: Running, wechat: WeChat, plain: Receiver, status: str) -> None:
    sandbox.control.follow("mei")
    sandbox.control.settings(wechat_template=status)
    number = notice(wechat, added(wechat))["msgid"]
    sandbox.control.settle()
    body = plain.posts()[-1].body.decode()
    assert f"<MsgID>{number}</MsgID><Status><![CDATA[{status}]]></Status>" in body


def test_an_account_has_25_templates_and_changes_its_industry_once_a_month(wechat: WeChat, sandbox: Running) -> None:
    for _ in range(25):
        added(wechat)
    assert wechat.post("template/api_add_template", {"template_id_short": "TM00303"})["errcode"] == 45026
    industry = {"industry_id1": "1", "industry_id2": "2"}
    assert [wechat.post("template/api_set_industry", industry)["errcode"] for _ in range(2)] == [0, 43100]


def subscription(wechat: WeChat, tid: str = "2414") -> str:
    sent = {"tid": tid, "kidList": [1, 2], "sceneDesc": "demo"}
    url = f"{wechat.sandbox.url}/wxaapi/newtmpl/addtemplate?access_token={wechat.token}"
    return str(wechat.http.post(url, json=sent).json()["priTmplId"])


def told(wechat: WeChat, what: str, **query: str) -> Any:
    url = f"{wechat.sandbox.url}/wxaapi/newtmpl/{what}"
    return wechat.http.get(url, params={"access_token": wechat.token, **query}).json()


def test_a_subscription_template_is_put_together_from_the_library(wechat: WeChat) -> None:
    assert told(wechat, "getcategory")["data"] == [{"id": 307, "name": "电商平台"}]
    titles = told(wechat, "getpubtemplatetitles", ids="307", start="0", limit="2")
    assert (titles["count"], [one["tid"] for one in titles["data"]]) == (3, [1856, 2414])
    assert [one["rule"] for one in told(wechat, "getpubtemplatekeywords", tid="2414")["data"]] == ["thing", "thing", "date"]
    id = subscription(wechat)
    (one,) = told(wechat, "gettemplate")["data"]
    assert (one["priTmplId"], one["content"], one["type"]) == (id, "商品名称:{{thing1.DATA}}\n门店:{{thing2.DATA}}\n", 2)
    url = f"{wechat.sandbox.url}/wxaapi/newtmpl/deltemplate?access_token={wechat.token}"
    assert [wechat.http.post(url, json={"priTmplId": id}).json()["errcode"] for _ in range(2)] == [0, 200014]


def test_one_grant_is_one_notification_and_a_withdrawal_none(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    sandbox.control.follow("mei")
    id = subscription(wechat)
    sent = {"touser": MEI, "template_id": id, "data": {"thing1": {"value": "围巾"}, "thing2": {"value": "外滩店"}}}

    def send() -> int:
        return int(wechat.post("message/subscribe/bizsend", sent)["errcode"])

    assert send() == 43101
    sandbox.control.subscribe("mei", "到货提醒", "reject")
    assert send() == 43101
    sandbox.control.subscribe("mei", id)
    assert [send(), send()] == [0, 43101]
    for _ in range(2):
        sandbox.control.subscribe("mei", id)
    sandbox.control.subscribe("mei", id, "withdraw")
    assert send() == 43101
    sandbox.control.settle()
    names = [re.findall(r"<Event><!\[CDATA\[(\w+)", push.body.decode())[0] for push in plain.posts()][1:]
    popup, change, outcome = (f"subscribe_msg_{what}_event" for what in ("popup", "change", "sent"))
    assert sorted(names) == sorted([popup, popup, outcome, popup, popup, change])


def test_a_lasting_subscription_needs_one_grant_only(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    sandbox.control.follow("mei")
    id = subscription(wechat, "5034")
    sandbox.control.subscribe("mei", id)
    sent = {"touser": MEI, "template_id": id, "data": {"name1": {"value": "王小明"}, "thing2": {"value": "保养"}}}
    assert [wechat.post("message/subscribe/bizsend", sent)["errcode"] for _ in range(3)] == [0, 0, 0]
