"""WeChat's console and its pushes: the token is checked first, then three tries, then the customer sees a fault."""

from __future__ import annotations

import time
from typing import Any

import pytest

from careline.errors import Misconfigured
from careline.sandbox import account
from careline.sandbox.crypto import decrypt, encrypt, wechat_signature
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Got, Receiver, agreeable

TOKEN, KEY = account.WECHAT_TOKEN, account.WECHAT_AES_KEY


def test_the_console_asks_with_a_signature_that_proves_the_token(sandbox: Running, receiver: Receiver) -> None:
    sandbox.control.console(receiver.url, TOKEN, KEY)
    (check,) = receiver.got
    assert check.method == "GET"
    assert check.query["signature"] == wechat_signature(TOKEN, check.query["timestamp"], check.query["nonce"])


@pytest.mark.parametrize(
    ("respond", "why"),
    [
        (lambda got: (403, b""), "answered 403"),
        (lambda got: (200, b'"' + got.query["echostr"].encode() + b'"'), "echostr"),
        (lambda got: (200, got.query["echostr"].encode() + b"\n"), "echostr"),
    ],
    ids=["refused", "quoted", "newline"],
)
def test_the_console_keeps_nothing_that_does_not_echo_verbatim(
    sandbox: Running, receiver: Receiver, respond: Any, why: str
) -> None:
    receiver.respond = respond
    with pytest.raises(Misconfigured, match=why):
        sandbox.control.console(receiver.url, TOKEN, KEY)
    with pytest.raises(Misconfigured, match="no server address yet") as refused:
        sandbox.control.say("mei", "在吗")
    assert refused.value.run == "careline sandbox paste CHANNEL"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"token": "a!"}, "token"),
        ({"encoding_aes_key": "short"}, "EncodingAESKey"),
        ({"mode": "secret"}, "mode"),
        ({"url": "http://192.0.2.1/webhooks/shop"}, "this machine only"),
        ({"url": "http://127.0.0.1:1/webhooks/shop"}, "does not answer"),
    ],
)
def test_the_console_says_what_it_does_not_take(
    sandbox: Running, receiver: Receiver, changed: dict[str, str], why: str
) -> None:
    wanted = {"url": receiver.url, "token": TOKEN, "encoding_aes_key": KEY, "mode": "safe"} | changed
    with pytest.raises(Misconfigured, match=why):
        sandbox.control.console(**wanted)


def test_a_push_comes_three_times_signed_anew_and_then_the_customer_sees_a_fault(sandbox: Running, connected: Receiver) -> None:
    connected.respond = lambda got: (500, b"")
    said = sandbox.control.say("mei", "在吗")
    assert said["fault_shown"] is True
    posts = connected.posts()
    assert len(posts) == 3
    assert len({post.query["nonce"] for post in posts}) == 3
    contents = {decrypt(KEY, account.WECHAT_APP_ID, _encrypted(post)) for post in posts}
    assert len(contents) == 1
    assert sandbox.control.customer("mei")["faults_shown"] == 1


def test_a_receiver_that_is_too_slow_gets_the_push_again(sandbox: Running, connected: Receiver) -> None:
    slow = [0.5, 0.0]

    def respond(got: Got) -> tuple[int, bytes]:
        time.sleep(slow.pop(0))
        return agreeable(got)

    connected.respond = respond
    said = sandbox.control.say("mei", "在吗")
    assert [one["status"] for one in said["pushes"][0]["tries"]] == [0, 200]
    assert said["fault_shown"] is False


@pytest.mark.parametrize(
    "answer", [b'{"ok":true}', b"<xml><Content>x</Content></xml>", b'<!DOCTYPE x [<!ENTITY a "b">]><xml/>']
)
def test_an_answer_that_is_no_reply_shows_the_customer_a_fault_without_another_try(
    sandbox: Running, connected: Receiver, answer: bytes
) -> None:
    connected.respond = lambda got: (200, answer)
    assert sandbox.control.say("mei", "在吗")["fault_shown"] is True
    assert len(connected.posts()) == 1


def test_duplicates_are_the_same_message_signed_anew(sandbox: Running, connected: Receiver) -> None:
    sandbox.control.settings(duplicate=2)
    sandbox.control.say("mei", "在吗")
    assert len({decrypt(KEY, account.WECHAT_APP_ID, _encrypted(post)) for post in connected.posts()}) == 1
    assert len(connected.posts()) == 3


def test_any_fields_can_be_pushed_nested_and_repeated(sandbox: Running, receiver: Receiver) -> None:
    sandbox.control.console(receiver.url, TOKEN, KEY, "plain")
    pictures = {"Count": 2, "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}}
    sandbox.control.push_wechat("mei", {"MsgType": "event", "Event": "pic_weixin", "SendPicsInfo": pictures})
    body = receiver.posts()[-1].body.decode()
    assert f"<FromUserName><![CDATA[{account.openid_of('mei')}]]></FromUserName>" in body
    assert (
        "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[a]]></PicMd5Sum></item>"
        "<item><PicMd5Sum><![CDATA[b]]></PicMd5Sum></item></PicList></SendPicsInfo></xml>" in body
    )


def test_a_padded_block_that_another_implementation_made_is_understood() -> None:
    """26 letters fill the last block, so that a whole block of padding follows; the bytes were made by hand."""
    key = "qd7ExDAQy93awVAsLI/hcc7qqG7OSZgNceYZeM5uT9A"
    sealed = (
        "2bXGrpVORPsrcQGcaaxkkpOmkAfyOru+i8Ux/7M7IMp7GuThvlyRWUbdxT65XPwNlXrTUxWqTXNGEkrn4I2/gz7MO3I4O1+bcA0tqTgiIBUgUs9E4QKk"
        "2oioCjHIH0LE"
    )
    assert decrypt(key, "wxTESTAPPID0000001", sealed) == b"x" * 26
    assert wechat_signature("carelineTok3n", "1790000000", "nonce42") == "4df66ab7e9045adea36941c22856c7e8f94ec409"
    with pytest.raises(ValueError, match="another account"):
        decrypt(key, "wxTESTAPPID0000002", sealed)
    assert decrypt(key, "wx1", encrypt(key, "wx1", "短".encode())) == "短".encode()


def _encrypted(post: Got) -> str:
    return post.body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
