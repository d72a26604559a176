"""What an Official Account is asked about itself, and what it is not granted: quotas, addresses, permissions, its news."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest
from wechatpy.replies import (
    ArticlesReply,
    BaseReply,
    ImageReply,
    MusicReply,
    TextReply,
    TransferCustomerServiceReply,
    VideoReply,
    VoiceReply,
)

from careline.clock import DAY, MINUTE
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Got, Receiver

TOKEN, KEY = account.WECHAT_TOKEN, account.WECHAT_AES_KEY


# Who may call, and how often


def test_an_address_that_is_not_on_the_list_is_named_twice(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.settings(wechat_allow="203.0.113.7, 198.51.100.1")
    for refused in (wechat.stable(), wechat.classic()):
        assert refused["errcode"] == 40164
        assert refused["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")
    sandbox.control.settings(wechat_allow="127.0.0.1")
    assert "access_token" in wechat.stable()


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("service", set()),
        ("subscription", {"template/get_all_private_template"}),
        ("unverified", {"template/get_all_private_template", "user/get", "customservice/getkflist"}),
    ],
)
def test_an_account_has_the_calls_of_its_kind(sandbox: Running, wechat: WeChat, kind: str, refused: set[str]) -> None:
    sandbox.control.settings(wechat_account=kind)
    asked = ("getcallbackip", "template/get_all_private_template", "user/get", "customservice/getkflist")
    assert {path for path in asked if wechat.get(path).get("errcode") == 48001} == refused
    code = wechat.code("a").get("errcode")
    assert code == (None if kind == "service" else 48001)


def test_the_calls_of_a_minute_come_back_with_the_next_one(sandbox: Running, wechat: WeChat) -> None:
    wechat.stable()
    sandbox.control.settings(wechat_a_minute=2)
    wechat.get("getcallbackip")
    codes = [wechat.get("getcallbackip").get("errcode") for _ in range(3)]
    assert codes == [None, 45011, 45011]
    sandbox.control.advance(MINUTE)
    assert "ip_list" in wechat.get("getcallbackip")


def test_the_quota_of_tokens_is_cleared_by_the_secret_alone(sandbox: Running, wechat: WeChat) -> None:
    def clear(**changed: str) -> int:
        params = {"appid": account.WECHAT_APP_ID, "appsecret": account.WECHAT_SECRET} | changed
        return int(wechat.http.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", params=params).json()["errcode"])

    wechat.classic()
    assert wechat.post("openapi/quota/get", {"cgi_path": "/cgi-bin/token"})["quota"]["used"] == 1
    assert (clear(appsecret="x"), clear(appid="wx0"), clear(appsecret="")) == (40125, 40013, 41004)
    assert [clear() for _ in range(11)] == [0] * 10 + [48006]
    assert wechat.post("clear_quota", {"appid": account.WECHAT_APP_ID})["errcode"] == 48006  # ten a month in all
    assert wechat.post("openapi/quota/get", {"cgi_path": "/cgi-bin/token"})["quota"]["used"] == 0


def test_a_refused_call_is_told_by_its_rid_for_a_week_without_its_token(sandbox: Running, wechat: WeChat) -> None:
    refusal = wechat.post("message/custom/send", {"touser": "nobody", "msgtype": "text", "text": {"content": "a"}})
    rid = refusal["errmsg"].rpartition("rid: ")[2]
    told = wechat.post("openapi/rid/get", {"rid": rid})["request"]
    assert '"touser"' in told["request_body"]
    assert str(refusal["errcode"]) in told["response_body"]
    assert told["client_ip"] == "127.0.0.1"
    assert wechat.token not in str(told)
    assert wechat.post("openapi/rid/get", {"rid": "x"})["errcode"] == 76001
    sandbox.control.advance(8 * DAY)
    wechat.token = ""
    assert wechat.post("openapi/rid/get", {"rid": rid})["errcode"] == 76002


def test_no_rid_tells_a_secret(sandbox: Running, wechat: WeChat) -> None:
    asked = {"grant_type": "client_credential", "appid": "wx0", "secret": account.WECHAT_SECRET}
    refusals = [
        wechat.http.get(f"{sandbox.url}/cgi-bin/token", params=asked).json(),
        wechat.http.post(f"{sandbox.url}/cgi-bin/stable_token", json=asked).json(),
    ]
    for refusal in refusals:
        told = wechat.post("openapi/rid/get", {"rid": refusal["errmsg"].rpartition("rid: ")[2]})
        assert account.WECHAT_SECRET not in str(told)


def test_a_probe_finds_the_servers_address_once_there_is_one(sandbox: Running, wechat: WeChat, connected: Receiver) -> None:
    found = wechat.post("callback/check", {"action": "all", "check_operator": "DEFAULT"})
    assert (found["dns"][0]["ip"], found["ping"][0]["package_loss"]) == ("127.0.0.1", "0%")
    assert "ping" not in wechat.post("callback/check", {"action": "dns", "check_operator": "CAP"})
    assert wechat.post("callback/check", {"action": "x"})["errcode"] == 40097
    sandbox.control.reset()
    wechat.token = ""
    assert wechat.post("callback/check", {"action": "all"})["errcode"] == 40097


def test_what_the_console_answers_by_itself_is_told(sandbox: Running, wechat: WeChat) -> None:
    assert wechat.get("get_current_autoreply_info") == {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}
    sandbox.control.autoreplies(is_autoreply_open=1, message_default_autoreply_info={"type": "text", "content": "hi"})
    assert wechat.get("get_current_autoreply_info")["is_autoreply_open"] == 1


def test_a_ticket_for_pages_is_given_by_its_type(wechat: WeChat) -> None:
    found = wechat.get("ticket/getticket", type="jsapi")
    assert (found["errcode"], found["expires_in"]) == (0, 7200)
    assert len(found["ticket"]) > 40
    assert wechat.get("ticket/getticket", type="other")["errcode"] == 40097


# Pushes


def paste(sandbox: Running, receiver: Receiver, mode: str = "plain") -> None:
    sandbox.control.console(receiver.url, TOKEN, KEY, mode)


def test_after_each_silence_the_push_comes_again_while_the_first_handler_is_at_work(
    sandbox: Running, receiver: Receiver
) -> None:
    at_work, most, lock = 0, 0, threading.Lock()

    def slow(got: Got) -> tuple[int, bytes]:
        nonlocal at_work, most
        if got.method == "GET":
            return 200, got.query["echostr"].encode()
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.25)
        with lock:
            at_work -= 1
        return 200, b"success"

    receiver.respond = slow
    paste(sandbox, receiver)
    sandbox.control.settings(wechat_wait_s=0.1)
    pushed = sandbox.control.say("mei", "在吗")
    assert [one["error"] for one in pushed["pushes"][0]["tries"]] == ["no answer in time"] * 3
    assert pushed["fault_shown"]
    assert most >= 2
    first, second, third = (got for got in receiver.posts())
    assert first.body == second.body == third.body
    assert len({got.query["nonce"] for got in (first, second, third)}) == 3


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_an_account_may_get_its_pushes_in_json(sandbox: Running, receiver: Receiver, mode: str) -> None:
    import json

    from wechatpy.crypto import WeChatCrypto

    paste(sandbox, receiver, mode)
    sandbox.control.settings(wechat_format="json")
    sandbox.control.say("mei", "你好")
    push = receiver.posts()[-1]
    told = json.loads(push.body)
    assert ("Encrypt" in told) == (mode != "plain")
    assert ("Content" in told) == (mode != "safe")
    if mode != "plain":
        query = push.query
        crypt = WeChatCrypto(TOKEN, KEY, account.WECHAT_APP_ID)
        told = json.loads(
            crypt.decrypt_message({"Encrypt": told["Encrypt"]}, query["msg_signature"], query["timestamp"], query["nonce"])
        )
    assert (told["MsgType"], told["Content"]) == ("text", "你好")
    assert isinstance(told["CreateTime"], int)


def test_rows_of_an_event_stand_in_json_without_a_wrapper_and_as_text(sandbox: Running, receiver: Receiver) -> None:
    import json

    paste(sandbox, receiver)
    sandbox.control.settings(wechat_format="json")
    rows = {"List": [{"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}]}
    event = {"MsgType": "event", "Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": rows}
    sandbox.control.push_wechat("mei", event)
    told = json.loads(receiver.posts()[-1].body)
    assert told["List"] == rows["List"]
    assert "SubscribeMsgPopupEvent" not in told
    assert isinstance(told["CreateTime"], str)


REPLIES: list[tuple[BaseReply, str]] = [
    (TextReply(content="马上来"), "马上来"),
    (ImageReply(media_id="M1"), "[image M1]"),
    (VoiceReply(media_id="M2"), "[voice M2]"),
    (VideoReply(media_id="M3", title="t", description="d"), "[video M3]"),
    (MusicReply(thumb_media_id="M4", title="Song", description="d", music_url="u", hq_music_url="h"), "[music] Song"),
    (
        ArticlesReply(articles=[{"title": "T", "description": "d", "image": "i", "url": "https://a.example"}]),
        "T https://a.example",
    ),
]


@pytest.mark.parametrize(("reply", "shown"), REPLIES, ids=[reply.type for reply, _ in REPLIES])
def test_every_type_of_passive_reply_is_shown(sandbox: Running, receiver: Receiver, reply: BaseReply, shown: str) -> None:
    paste(sandbox, receiver)
    reply.source, reply.target = account.WECHAT_USERNAME, account.openid_of("mei")
    receiver.respond = lambda got: (200, reply.render().encode())
    said = sandbox.control.say("mei", "有人吗")
    assert (said["fault_shown"], said["pushes"][0]["reply"]) == (False, shown)


def test_a_message_is_handed_to_the_desk_and_an_event_is_not(sandbox: Running, receiver: Receiver) -> None:
    paste(sandbox, receiver)
    reply = TransferCustomerServiceReply(source=account.WECHAT_USERNAME, target=account.openid_of("mei"))
    receiver.respond = lambda got: (200, reply.render().encode())
    assert not sandbox.control.say("mei", "人工")["fault_shown"]
    tapped = sandbox.control.tap("mei", "orders")
    assert tapped["fault_shown"]
    assert "only a message" in tapped["pushes"][0]["tries"][-1]["error"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"MsgType": "gif"}, "gif is no type of reply"),
        ({"MsgType": "text", "Content": "x" * 2049}, "too long"),
        ({"MsgType": "image"}, "Image has no MediaId"),
        ({"MsgType": "news", "ArticleCount": 2, "Articles": {"item": {"Title": "a"}}}, "ArticleCount is wrong"),
        ({"CreateTime": "today"}, "CreateTime is no number"),
        ({"ToUserName": "somebody"}, "not addressed"),
        ({"FromUserName": "somebody"}, "not addressed"),
    ],
)
def test_a_reply_that_wechat_would_not_show_is_a_fault(
    sandbox: Running, receiver: Receiver, changed: dict[str, Any], why: str
) -> None:
    import json

    paste(sandbox, receiver)
    right = {
        "ToUserName": account.openid_of("mei"),
        "FromUserName": account.WECHAT_USERNAME,
        "CreateTime": 1,
        "MsgType": "text",
        "Content": "x",
    }
    receiver.respond = lambda got: (200, json.dumps(right | changed).encode())
    said = sandbox.control.say("mei", "有人吗")
    assert said["fault_shown"]
    assert why in said["pushes"][0]["tries"][0]["error"]


def test_news_of_the_verification_comes_as_an_event(sandbox: Running, receiver: Receiver) -> None:
    paste(sandbox, receiver)
    sandbox.control.verification("annual_renew", 1_800_000_000)
    assert b"<ExpiredTime>1800000000</ExpiredTime>" in receiver.posts()[-1].body
    sandbox.control.verification("naming_verify_fail", reason="the name is taken")
    assert b"the name is taken" in receiver.posts()[-1].body
    with pytest.raises(Exception, match="There is no such event"):
        sandbox.control.verification("birthday")


def test_a_pushes_type_says_its_format(sandbox: Running, receiver: Receiver, http: httpx.Client) -> None:
    paste(sandbox, receiver)
    for format, mime in (("xml", "text/xml"), ("json", "application/json")):
        sandbox.control.settings(wechat_format=format)
        sandbox.control.say("mei", "x")
        assert receiver.posts()[-1].headers["content-type"] == mime
