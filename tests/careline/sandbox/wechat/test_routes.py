"""WeChat's API as it answers: HTTP 200 with an errcode, tokens that retire each other, codes with rules."""

from __future__ import annotations

import asyncio
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.errors import NotFound
from careline.sandbox import account
from careline.sandbox.asgi import Request
from careline.sandbox.clock import VirtualClock
from careline.sandbox.running import Sandbox
from careline.sandbox.server import Running
from careline.sandbox.wechat import routes as api
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver


def test_an_error_is_http_200_and_ends_in_a_rid(wechat: WeChat) -> None:
    reply = wechat.http.get(f"{wechat.sandbox.url}/cgi-bin/get_api_domain_ip")
    assert reply.status_code == 200
    assert reply.json()["errcode"] == 41001
    assert re.fullmatch(r"access_token missing rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", reply.json()["errmsg"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 40002),
        ({"grant_type": "client_credential"}, 41002),
        ({"grant_type": "client_credential", "appid": "wx0"}, 40013),
        ({"grant_type": "client_credential", "appid": account.WECHAT_APP_ID}, 41004),
        ({"grant_type": "client_credential", "appid": account.WECHAT_APP_ID, "secret": "short"}, 40125),
        ({"grant_type": "client_credential", "appid": account.WECHAT_APP_ID, "secret": "0" * 32}, 40001),
    ],
)
def test_a_token_call_says_what_is_wrong_with_it(wechat: WeChat, query: dict[str, str], code: int) -> None:
    url = f"{wechat.sandbox.url}/cgi-bin"
    assert wechat.http.get(f"{url}/token", params=query).json()["errcode"] == code
    if query:
        assert wechat.http.post(f"{url}/stable_token", json=query).json()["errcode"] == code


def test_each_classic_token_retires_the_one_before_after_five_minutes(sandbox: Running, wechat: WeChat) -> None:
    first, second = wechat.classic()["access_token"], wechat.classic()["access_token"]
    assert first != second

    def works(token: str) -> int:
        return int(wechat.post("clear_quota", {"appid": "other"}, token=token)["errcode"])

    assert (works(first), works(second)) == (40013, 40013)  # both get as far as the wrong appid
    sandbox.control.advance(5 * MINUTE)
    assert (works(first), works(second)) == (40001, 40013)


def test_a_classic_token_expires_after_two_hours(sandbox: Running, wechat: WeChat) -> None:
    issued = wechat.classic()
    assert issued["expires_in"] == 7200
    wechat.token = issued["access_token"]
    sandbox.control.advance(2 * HOUR)
    assert wechat.get("getcallbackip")["errcode"] == 42001


def test_the_2001st_classic_token_of_a_beijing_day_is_refused(tmp_path: Path) -> None:
    alone = Sandbox(VirtualClock(tmp_path / "clock"), "http://127.0.0.1", lambda: None)
    alone.clock.set(20_000 * DAY - 8 * HOUR - MINUTE)
    asked = {"grant_type": "client_credential", "appid": account.WECHAT_APP_ID, "secret": account.WECHAT_SECRET}

    async def code() -> int:
        return (await api.answer(alone, Request("GET", "/cgi-bin/token", asked, {}, b""))).code

    async def story() -> None:
        assert {await code() for _ in range(2000)} == {0}
        assert await code() == 45009
        alone.clock.advance(MINUTE)
        assert await code() == 0

    asyncio.run(story())


def test_the_stable_token_stays_until_its_last_five_minutes_and_overlaps_the_next(sandbox: Running, wechat: WeChat) -> None:
    first = wechat.stable()
    sandbox.control.advance(HOUR)
    again = wechat.stable()
    assert again["access_token"] == first["access_token"]
    assert 3595 <= again["expires_in"] <= 3600
    sandbox.control.advance(55 * MINUTE)
    wechat.token = first["access_token"]
    assert wechat.stable()["access_token"] != first["access_token"]
    assert "ip_list" in wechat.get("getcallbackip")
    sandbox.control.advance(5 * MINUTE)
    assert wechat.get("getcallbackip")["errcode"] == 42001


def test_a_forced_stable_token_ends_the_old_one_at_once_but_not_within_30_seconds(sandbox: Running, wechat: WeChat) -> None:
    wechat.token = wechat.stable()["access_token"]
    forced = wechat.stable(force=True)["access_token"]
    assert wechat.get("getcallbackip")["errcode"] == 40001
    assert wechat.stable(force=True)["access_token"] == forced
    sandbox.control.advance(30 * SECOND)
    assert wechat.stable(force=True)["access_token"] != forced


def test_twenty_forced_tokens_a_day_are_enough(sandbox: Running, wechat: WeChat) -> None:
    for _ in range(20):
        assert "access_token" in wechat.stable(force=True)
        sandbox.control.advance(31 * SECOND)
    assert wechat.stable(force=True)["errcode"] == 45009


def test_classic_and_stable_tokens_do_not_touch_each_other(sandbox: Running, wechat: WeChat) -> None:
    wechat.token = wechat.stable()["access_token"]
    wechat.classic()
    wechat.classic()
    sandbox.control.advance(6 * MINUTE)
    assert "ip_list" in wechat.get("get_api_domain_ip")


@pytest.mark.parametrize(
    ("token", "code"), [("", 41001), ("abc", 40014), ("90_" + "x" * 100, 40001)], ids=["missing", "malformed", "unknown"]
)
def test_a_token_that_is_none_is_refused_by_its_kind(wechat: WeChat, token: str, code: int) -> None:
    assert wechat.post("qrcode/create", {}, token=token)["errcode"] == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 44002),
        (b"not json", 47001),
        (b"[1]", 47001),
        (b"[" * 100_000, 47001),
        (b'{"msgtype":"text","text":{"content":"\\u4f60"}}', 40033),
        (b'{"msgtype":"hologram"}', 40008),
        (b'{"msgtype":"text"}', 40003),
        (b'{"msgtype":"text","touser":["x"]}', 40003),
    ],
)
def test_a_body_is_refused_for_what_is_wrong_with_it(wechat: WeChat, content: bytes, code: int) -> None:
    assert wechat.post("message/custom/send", content=content)["errcode"] == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"msgtype": "image", "image": {"media_id": "m"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{"title": "a"}, {"title": "b"}]}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"title": "a", "url": "https://shop.example"}]}}, 0),
        ({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "a@b"}}, 65401),
    ],
)
def test_the_types_of_message(
    sandbox: Running, wechat: WeChat, connected: Receiver, message: dict[str, Any], code: int
) -> None:
    openid = sandbox.control.say("mei", "在吗")["who"]
    assert wechat.post("message/custom/send", {"touser": openid, **message})["errcode"] == code


def test_tapping_a_menu_message_comes_back_as_a_text_with_its_item(
    sandbox: Running, wechat: WeChat, receiver: Receiver
) -> None:
    sandbox.control.console(receiver.url, account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "plain")
    openid = sandbox.control.say("mei", "在吗")["who"]
    menu = {"head_content": "满意吗", "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]}
    assert wechat.post("message/custom/send", {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu})["errcode"] == 0
    sandbox.control.tap("mei", "102")
    body = receiver.posts()[-1].body.decode()
    assert "<Content><![CDATA[不满意]]></Content>" in body
    assert "<bizmsgmenuid><![CDATA[102]]></bizmsgmenuid>" in body


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"action_name": "QR_ROUND"}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 0}}}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_str": "7"}}}, 40053),
        ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
        ({"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "s" * 65}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "s"}}, "expire_seconds": 2_592_001}, 40035),
    ],
)
def test_a_code_with_a_wrong_scene_or_life_is_refused(wechat: WeChat, wanted: dict[str, Any], code: int) -> None:
    assert wechat.post("qrcode/create", wanted)["errcode"] == code


def test_a_permanent_scene_keeps_its_code_and_a_temporary_one_gets_another(wechat: WeChat) -> None:
    permanent = wechat.code("shop-012", permanent=True)
    assert permanent == wechat.code("shop-012", permanent=True)
    assert permanent.keys() == {"ticket", "url"}
    assert wechat.code("shop-012")["ticket"] != wechat.code("shop-012")["ticket"]


def test_the_picture_of_a_ticket_holds_its_address(http: httpx.Client, sandbox: Running, wechat: WeChat) -> None:
    code = wechat.code(7)
    picture = http.get(f"{sandbox.url}/cgi-bin/showqrcode", params={"ticket": code["ticket"]})
    assert zxingcpp.read_barcode(Image.open(BytesIO(picture.content))).text == code["url"]
    assert http.get(f"{sandbox.url}/cgi-bin/showqrcode", params={"ticket": "none"}).status_code == 404


def test_an_expired_code_and_an_unknown_scene_cannot_be_scanned(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    wechat.code("shop-012", seconds=60)
    sandbox.control.advance(MINUTE)
    with pytest.raises(NotFound, match="expired"):
        sandbox.control.scan("mei", "shop-012")
    with pytest.raises(NotFound, match="no code with the scene other"):
        sandbox.control.scan("mei", "other")


def test_user_info_shows_how_somebody_came_and_that_they_left(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    wechat.code(7)
    openid = sandbox.control.scan("mei", "7")["who"]
    shown = wechat.get("user/info", openid=openid)
    assert (shown["subscribe"], shown["subscribe_scene"], shown["qr_scene"]) == (1, "ADD_SCENE_QR_CODE", 7)
    sandbox.control.unfollow("mei")
    assert wechat.get("user/info", openid=openid) == {"subscribe": 0, "openid": openid}
    assert wechat.get("user/info", openid="o" + "x" * 27)["errcode"] == 40003


def test_the_quota_counts_and_is_cleared_ten_times_a_month(wechat: WeChat) -> None:
    wechat.code(7)
    asked = {"cgi_path": "/cgi-bin/qrcode/create"}
    assert wechat.post("openapi/quota/get", asked)["quota"] == {"daily_limit": 100_000, "used": 1, "remain": 99_999}
    cleared = [wechat.post("clear_quota", {"appid": account.WECHAT_APP_ID})["errcode"] for _ in range(11)]
    assert cleared == [0] * 10 + [48006]
    assert wechat.post("openapi/quota/get", asked)["quota"]["used"] == 0


def test_what_is_not_emulated_is_501_and_what_does_not_exist_is_an_invalid_url(wechat: WeChat) -> None:
    wechat.token = wechat.stable()["access_token"]
    url = f"{wechat.sandbox.url}/cgi-bin"
    assert wechat.http.post(f"{url}/message/mass/send", json={}).status_code == 501
    missing = wechat.http.get(f"{url}/no/such/call")
    assert (missing.status_code, missing.json()["errcode"]) == (200, 40066)


def test_the_wrong_method_is_named(wechat: WeChat) -> None:
    assert wechat.get("stable_token")["errcode"] == 43002
    assert wechat.post("user/info", {})["errcode"] == 43001
