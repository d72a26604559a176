"""WeChat's codes and short keys in the sandbox: limits, ends, and what wechatpy makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from careline.clock import HOUR, MINUTE
from careline.errors import NotFound
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver


def test_of_permanent_codes_there_are_so_many_and_a_scene_that_has_one_keeps_it(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.settings(wechat_permanent=2)
    first, number = wechat.code("7", permanent=True), wechat.code(7, permanent=True)
    assert first["ticket"] != number["ticket"]
    assert (
        wechat.post("qrcode/create", {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "8"}}})[
            "errcode"
        ]
        == 40053
    )
    assert wechat.code("7", permanent=True) == first
    assert "ticket" in wechat.code("8")  # temporary ones are not counted


def test_a_code_without_a_life_lives_a_minute(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    made = wechat.post("qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "door"}}})
    assert made["expire_seconds"] == 60
    sandbox.control.advance(MINUTE - 2_000_000)
    sandbox.control.scan("mei", "door")
    sandbox.control.advance(2_000_000)
    with pytest.raises(NotFound, match="expired"):
        sandbox.control.scan("mei", "door")


def test_where_a_request_holds_both_kinds_of_scene_the_action_decides(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    both = {"action_info": {"scene": {"scene_id": 123, "scene_str": "door"}}, "expire_seconds": 600}
    wechat.post("qrcode/create", {"action_name": "QR_SCENE"} | both)
    wechat.post("qrcode/create", {"action_name": "QR_STR_SCENE"} | both)
    sandbox.control.scan("mei", "door")
    sandbox.control.scan("lin", "123")
    told = [wechat.get("user/info", openid=account.openid_of(who)) for who in ("mei", "lin")]
    assert [(one["qr_scene"], one["qr_scene_str"]) for one in told] == [(0, "door"), (123, "")]


def test_the_minutes_quota_of_codes_ends_with_the_minute(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.settings(wechat_a_minute=2)
    wechat.code("a")
    wechat.code("b")
    assert wechat.code("c")["errcode"] == 45011
    sandbox.control.advance(MINUTE)
    assert "ticket" in wechat.code("c")


# Short keys


def test_a_short_key_stands_for_its_data_until_it_ends(sandbox: Running, wechat: WeChat) -> None:
    data = "loc=/地铁/2号线;from=" + "x" * 3000
    made = wechat.post("shorten/gen", {"long_data": data, "expire_seconds": 3600})
    assert made["errcode"] == 0
    key = made["short_key"]
    assert (len(key), key.isalnum()) == (15, True)
    sandbox.control.advance(10 * MINUTE)
    found = wechat.post("shorten/fetch", {"short_key": key})
    assert found["long_data"] == data
    assert 2998 <= found["expire_seconds"] <= 3000
    sandbox.control.advance(HOUR)
    assert wechat.post("shorten/fetch", {"short_key": key})["errcode"] == 9410012


@pytest.mark.parametrize(
    ("path", "wanted", "code"),
    [
        ("gen", {"long_data": "中" * 1366}, 9410010),
        ("gen", {"long_data": "x", "expire_seconds": 2_592_001}, 9410011),
        ("gen", {"long_data": ""}, 40035),
        ("gen", {"long_data": "x", "expire_seconds": "soon"}, 40035),
        ("fetch", {"short_key": "of nobody"}, 9410012),
        ("fetch", {}, 9410012),
    ],
)
def test_what_cannot_be_shortened_is_refused(wechat: WeChat, path: str, wanted: dict[str, Any], code: int) -> None:
    assert wechat.post(f"shorten/{path}", wanted)["errcode"] == code
