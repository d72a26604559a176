"""What WeChat lets through to a customer: five messages in 48 hours, three in a minute, nothing after they leave."""

from __future__ import annotations

import pytest

from careline.clock import HOUR, MINUTE, SECOND
from careline.errors import Misconfigured
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver


def sent(wechat: WeChat, times: int) -> list[int]:
    return [wechat.text("mei") for _ in range(times)]


def test_a_message_allows_five_and_the_sixth_is_one_too_many(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    sandbox.control.say("mei", "在吗")
    assert sent(wechat, 6) == [0] * 5 + [45047]


def test_the_window_of_a_message_closes_after_48_hours(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    sandbox.control.say("mei", "在吗")
    sandbox.control.advance(48 * HOUR - MINUTE)
    wechat.token = ""
    assert sent(wechat, 1) == [0]
    sandbox.control.advance(MINUTE)
    assert sent(wechat, 1) == [45015]


def test_following_allows_three_within_a_minute(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    sandbox.control.follow("mei")
    assert sent(wechat, 4) == [0, 0, 0, 45047]
    sandbox.control.advance(MINUTE)
    assert sent(wechat, 1) == [45015]


def test_a_scan_opens_the_same_as_following(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    wechat.code("shop-012")
    sandbox.control.scan("mei", "shop-012")
    assert sandbox.control.customer("mei")["window"]["left"] == 3


def test_a_tap_after_four_answers_makes_it_three_again_and_they_keep_when_windows_merge(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.say("mei", "在吗")
    assert sent(wechat, 4) == [0] * 4
    sandbox.control.tap("mei", "orders")
    sandbox.control.advance(2 * MINUTE)
    assert sent(wechat, 4) == [0, 0, 0, 45047]


def test_a_tap_after_four_answers_lends_three_for_a_minute_when_each_act_keeps_its_own(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.settings(merge="each")
    sandbox.control.say("mei", "在吗")
    assert sent(wechat, 4) == [0] * 4
    sandbox.control.tap("mei", "orders")
    assert sandbox.control.customer("mei")["window"]["left"] == 3
    assert sent(wechat, 1) == [0]
    sandbox.control.advance(MINUTE)
    assert sent(wechat, 1) == [45047]  # the fifth of the message was spent together with the first of the tap


def test_a_second_message_fills_the_window_up(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    sandbox.control.say("mei", "在吗")
    sent(wechat, 5)
    sandbox.control.say("mei", "还在吗")
    assert sent(wechat, 6) == [0] * 5 + [45047]


def test_leaving_closes_every_window_and_coming_back_opens_only_a_small_one(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.say("mei", "在吗")
    sandbox.control.unfollow("mei")
    assert sent(wechat, 1) == [45015]
    sandbox.control.follow("mei")
    assert sandbox.control.customer("mei")["window"]["left"] == 3


def test_who_left_cannot_write_or_tap_before_following_again(sandbox: Running, connected: Receiver) -> None:
    sandbox.control.follow("mei")
    sandbox.control.unfollow("mei")
    for act in (sandbox.control.say, sandbox.control.tap):
        with pytest.raises(Misconfigured, match="does not follow") as refused:
            act("mei", "orders")
        assert refused.value.run == "careline sandbox follow mei"
    with pytest.raises(Misconfigured, match="does not follow"):
        sandbox.control.push_wechat("mei", {"MsgType": "event"})


def test_an_answer_to_nobody_and_a_refused_text_take_nothing_from_the_quota(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.say("mei", "在吗")
    assert wechat.text("nobody") == 40003
    assert wechat.text("mei", "") == 44004
    assert wechat.text("mei", "字" * 683) == 45002  # 2,049 bytes
    assert sandbox.control.customer("mei")["window"]["left"] == 5
    assert wechat.text("mei", "字" * 682) == 0


def test_typing_is_shown_for_fifteen_seconds_and_only_soon_after_a_message(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    openid = sandbox.control.say("mei", "在吗")["who"]

    def typing(command: str = "Typing") -> int:
        return int(wechat.post("message/custom/typing", {"touser": openid, "command": command})["errcode"])

    assert [typing(), typing(), typing("CancelTyping"), typing(), typing("Hum")] == [0, 45081, 0, 0, 45072]
    sandbox.control.advance(16 * SECOND)
    assert typing() == 0
    sandbox.control.advance(31 * SECOND)
    assert typing() == 45080
