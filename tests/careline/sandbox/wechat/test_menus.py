"""The account's menu, made by wechatpy and by plain HTTP, and what a tap on each kind of button pushes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from wechatpy import parse_message
from wechatpy.exceptions import WeChatClientException

from careline.errors import CarelineError
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy import Client, client, paste  # noqa: F401 - client is a fixture

CLICK = {"type": "click", "name": "订单", "key": "orders"}
VIEW = {"type": "view", "name": "商城", "url": "https://shop.example/"}
MENU = {"button": [CLICK, {"name": "服务", "sub_button": [VIEW, {"type": "location_select", "name": "门店", "key": "near"}]}]}


@pytest.fixture(autouse=True)
def with_token(wechat: WeChat) -> None:
    wechat.token = wechat.stable()["access_token"]


@pytest.fixture
def plain(sandbox: Running, receiver: Receiver) -> Receiver:
    paste(sandbox, receiver, "plain")
    return receiver


def test_wechatpy_makes_reads_and_deletes_a_menu(sandbox: Running, client: Client) -> None:  # noqa: F811
    assert client.menu.get() is None
    assert client.menu.create(MENU)["errcode"] == 0
    shown = client.menu.get()["menu"]["button"]
    assert shown[0] == CLICK | {"sub_button": []}
    assert [one["name"] for one in shown[1]["sub_button"]] == ["商城", "门店"]
    assert "type" not in shown[1]
    console = client.menu.get_menu_info()
    assert console["is_menu_open"] == 1
    assert console["selfmenu_info"]["button"][1]["sub_button"]["list"][0] == VIEW
    client.menu.delete()
    assert client.menu.get() is None
    assert client.menu.get_menu_info()["is_menu_open"] == 0


def test_wechatpy_shows_some_followers_another_menu(sandbox: Running, client: Client, plain: Receiver) -> None:  # noqa: F811
    rule = {"matchrule": {"language": "zh_CN"}}
    special = {"button": [{"type": "click", "name": "会员", "key": "vip"}]} | rule
    with pytest.raises(WeChatClientException) as refused:
        client.menu.add_conditional(special)
    assert refused.value.errcode == 65303
    client.menu.create(MENU)
    id = client.menu.add_conditional(special)["menuid"]
    assert isinstance(id, str)
    sandbox.control.follow("mei")
    mei = account.openid_of("mei")
    assert client.menu.try_match(mei)["button"][0]["key"] == "vip"
    (listed,) = client.menu.get()["conditionalmenu"]
    assert (listed["menuid"], listed["matchrule"]) == (int(id), {"language": "zh_CN"})
    client.menu.del_conditional(id)
    assert client.menu.try_match(mei)["button"][0]["key"] == "orders"
    with pytest.raises(WeChatClientException) as gone:
        client.menu.del_conditional(id)
    assert gone.value.errcode == 65301


def test_the_newest_conditional_menu_that_fits_is_shown(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    wechat.post("menu/create", MENU)
    sandbox.control.follow("mei")
    for key, rule in (("a", {"language": "zh_CN"}), ("b", {"client_platform_type": 2}), ("c", {"tag_id": "100"})):
        sent = {"button": [{"type": "click", "name": key, "key": key}], "matchrule": rule}
        assert "menuid" in wechat.post("menu/addconditional", sent)
    shown = wechat.post("menu/trymatch", {"user_id": account.openid_of("mei")})
    assert shown["button"][0]["key"] == "b"
    numbers = [one["menuid"] for one in wechat.get("menu/get")["conditionalmenu"]]
    assert numbers == sorted(numbers, reverse=True)
    assert wechat.get("menu/delete")["errcode"] == 0
    assert wechat.get("menu/get")["errcode"] == 46003


def button(**more: Any) -> dict[str, Any]:
    return CLICK | more


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([button(name="")], 40018),
        ([button(name="六个汉字太长")], 40018),
        ([button(type="tap")], 40017),
        ([button(key="")], 40019),
        ([button(key="k" * 129)], 40019),
        ([VIEW | {"url": "https://x/" + "y" * 1020}], 40020),
        ([VIEW | {"url": "shop.example"}], 65317),
        ([{"name": "x"}], 65308),
        ([{"type": "miniprogram", "name": "x", "url": "https://shop.example", "appid": "wx1"}], 65308),
        ([{"type": "media_id", "name": "x", "media_id": "gone"}], 40007),
        ([{"name": "x", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "x", "sub_button": [{"name": "y", "sub_button": [CLICK]}]}], 40022),
        ([{"name": "x", "sub_button": [button(type="tap")]}], 40024),
        ([{"name": "x", "sub_button": [button(name="名" * 21)]}], 40025),
        ([{"name": "x", "sub_button": [button(key="")]}], 40026),
        ([{"name": "x", "sub_button": [VIEW | {"url": ""}]}], 40027),
    ],
)
def test_a_menu_is_refused_by_its_code_and_the_old_one_stays(wechat: WeChat, buttons: Any, code: int) -> None:
    wechat.post("menu/create", MENU)
    assert wechat.post("menu/create", {"button": buttons})["errcode"] == code
    assert wechat.get("menu/get")["menu"]["button"][0]["key"] == "orders"


def test_conditional_menus_need_a_rule_and_buttons(wechat: WeChat) -> None:
    wechat.post("menu/create", MENU)
    assert wechat.post("menu/addconditional", {"button": [CLICK], "matchrule": {"tag_id": ""}})["errcode"] == 65304
    assert wechat.post("menu/addconditional", {"button": [], "matchrule": {"tag_id": "1"}})["errcode"] == 65307
    assert wechat.post("menu/trymatch", {"user_id": "nobody"})["errcode"] == 65302


KINDS = ["click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tap_pushes_the_event_of_its_button(sandbox: Running, wechat: WeChat, plain: Receiver, kind: str) -> None:
    wechat.post("menu/create", {"button": [{"type": kind, "name": "点我", "key": "k"}]})
    sandbox.control.tap("mei", "点我")
    event = parse_message(plain.posts()[-1].body)
    assert (event.event, event.key) == (kind, "k")
    opens = kind in ("click", "scancode_push", "scancode_waitmsg")
    assert sandbox.control.customer("mei")["window"]["left"] == (3 if opens else 0)


def test_pages_and_mini_programs_tell_which_menu_they_were_on(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    program = {"type": "miniprogram", "name": "小程序", "url": "https://shop.example", "appid": "wx1", "pagepath": "pages/a"}
    wechat.post("menu/create", {"button": [VIEW, program]})
    sandbox.control.tap("mei", "商城")
    sandbox.control.tap("mei", "pages/a")
    view, opened = (push.body.decode() for push in plain.posts())
    assert "<Event><![CDATA[VIEW]]></Event><EventKey><![CDATA[https://shop.example/]]></EventKey><MenuId>" in view
    assert "<Event><![CDATA[view_miniprogram]]></Event><EventKey><![CDATA[pages/a]]></EventKey><MenuId>" in opened
    assert len({re.findall(r"<MenuId>(\d+)", body)[0] for body in (view, opened)}) == 1


def test_a_button_that_is_not_on_the_menu_cannot_be_tapped(sandbox: Running, wechat: WeChat, plain: Receiver) -> None:
    wechat.post("menu/create", MENU)
    with pytest.raises(CarelineError, match="On it: 订单, 商城, 门店"):
        sandbox.control.tap("mei", "nope")
    assert plain.posts() == []


def test_a_menu_made_in_the_console_is_told_by_the_other_call_only(sandbox: Running, wechat: WeChat) -> None:
    news = {"name": "新闻", "type": "news", "news_info": {"list": [{"title": "开业"}]}}
    sandbox.control.console_menu([{"name": "你好", "type": "text", "value": "欢迎"}, news])
    assert wechat.get("menu/get")["errcode"] == 46003
    told = wechat.get("get_current_selfmenu_info")
    assert [one["type"] for one in told["selfmenu_info"]["button"]] == ["text", "news"]
