"""The address check and the nudges of WeCom: encrypted both ways, and whatever is not WeCom's is refused alike."""

from __future__ import annotations

import re

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from careline.channels.ports import Push, Reply
from careline.channels.tencent.crypto import signature
from careline.channels.wecom.webhook import Nudge, WeComWebhook, nudge
from careline.heard import HeardNotice
from careline.model import Channel

TOKEN, KEY, CORP = "carelineTok3n", "qd7ExDAQy93awVAsLI/hcc7qqG7OSZgNceYZeM5uT9A", "wwTESTCORP"
ECHO = "4ZYs7XLdEXAB7BrVzB1oKHr1bfbpEBMxiGbcJLbZ/Iz3+QXmJ2nXiflaJU9F3SixJrSfw4AJtTHQ1UjOuoBc+A=="
SIGNED = "2201c7627387dc5cccb45fc2eccaffddb6f07d9a"
SECRETS = {"token": TOKEN, "encoding_aes_key": KEY}
AT, NONCE = "1790000000", "nonce42"
NEWS = (
    "<xml><ToUserName><![CDATA[wwTESTCORP]]></ToUserName><CreateTime>1790000000</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCtoken]]></Token><OpenKfId><![CDATA[wkShop]]></OpenKfId></xml>"
)

WEBHOOK = WeComWebhook(Channel(name="kf", kind="wecom", account_id=CORP))


def get(**query: str) -> Push:
    asked = {"msg_signature": SIGNED, "timestamp": AT, "nonce": NONCE, "echostr": ECHO}
    return Push("GET", asked | query, {}, b"")


def theirs(text: str, token: str = TOKEN, key: str = KEY, corp: str = CORP) -> Push:
    """A push as wechatpy writes one."""
    written = WeChatCrypto(token, key, corp).encrypt_message(text, NONCE, AT)
    encrypted, signed = (re.search(rf"<{name}><!\[CDATA\[(.*?)\]\]>", written)[1] for name in ("Encrypt", "MsgSignature"))  # type: ignore[index]
    body = f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt><AgentID/></xml>"
    return Push("POST", {"msg_signature": signed, "timestamp": AT, "nonce": NONCE}, {}, body.encode())


def answered(push: Push, **secrets: str) -> Reply:
    return WEBHOOK.answer(push, SECRETS | secrets, 0)


def test_the_echo_comes_back_in_the_clear() -> None:
    assert answered(get()) == Reply(200, b"4811223344556677")


def test_wechatpy_reads_the_same_echo() -> None:
    assert WeChatCrypto(TOKEN, KEY, CORP).check_signature(SIGNED, AT, NONCE, ECHO) == "4811223344556677"


def test_a_nudge_that_wechatpy_wrote_is_kept_in_the_clear_and_says_what_to_pull() -> None:
    reply = answered(theirs(NEWS))
    assert (reply.status, reply.body, reply.keep) == (200, b"success", NEWS.encode())
    assert nudge(NEWS.encode()) == Nudge("wkShop", "ENCtoken")
    assert WEBHOOK.hear(NEWS.encode(), 0) == []


FLIPPED = ECHO.replace("4ZYs", "4ZYt")
FORGED = {
    "unsigned": get(msg_signature=""),
    "OA's signature parameter alone": Push(
        "GET", {"signature": SIGNED, "timestamp": AT, "nonce": NONCE, "echostr": ECHO}, {}, b""
    ),
    "another nonce": get(nonce="nonce43"),
    "a byte changed": get(echostr=FLIPPED),
    "a byte changed and signed again": get(echostr=FLIPPED, msg_signature=signature(TOKEN, AT, NONCE, FLIPPED)),
    "cut short": get(echostr=ECHO[:-24], msg_signature=signature(TOKEN, AT, NONCE, ECHO[:-24])),
    "no base64": get(echostr="%%%", msg_signature=signature(TOKEN, AT, NONCE, "%%%")),
    "empty": get(echostr="", msg_signature=signature(TOKEN, AT, NONCE, "")),
    "another company's": theirs(NEWS, corp="wwOTHERCORP"),
    "another key": theirs(NEWS, key="a" * 42 + "A"),
    "another token": theirs(NEWS, token="other"),
    "plain": Push("POST", {"msg_signature": SIGNED, "timestamp": AT, "nonce": NONCE}, {}, NEWS.encode()),
    "no XML": Push("POST", {"msg_signature": SIGNED, "timestamp": AT, "nonce": NONCE}, {}, b"hello"),
    "a DOCTYPE": Push("POST", {"msg_signature": SIGNED, "timestamp": AT, "nonce": NONCE}, {}, b"<!DOCTYPE x><xml/>"),
}


@pytest.mark.parametrize("push", FORGED.values(), ids=FORGED.keys())
def test_whatever_is_not_wecoms_is_refused_alike(push: Push) -> None:
    reply = answered(push)
    assert (reply.status, reply.body, reply.keep) == (403, b"", None)


def test_the_key_of_before_still_opens_while_it_counts() -> None:
    old = theirs(NEWS)
    assert answered(old, encoding_aes_key="b" * 42 + "A").status == 403
    assert answered(old, encoding_aes_key="b" * 42 + "A", encoding_aes_key_previous=KEY).status == 200


def test_without_a_secret_wecom_is_told_to_come_again() -> None:
    assert WEBHOOK.answer(get(), {"token": TOKEN}, 0).status == 503
    assert WEBHOOK.answer(Push("PUT", {}, {}, b""), SECRETS, 0).status == 405
    assert WEBHOOK.answer(Push("POST", {}, {}, b"x" * 20_000), SECRETS, 0).status == 413


@pytest.mark.parametrize("added", ["<AuthAddOpenKfId>wkA</AuthAddOpenKfId>", "<AuthAddOpenKfId>wkA</AuthAddOpenKfId>" * 2])
def test_a_change_of_what_the_api_may_speak_for_is_news_of_the_account(added: str) -> None:
    kept = (
        "<xml><FromUserName>sys</FromUserName><CreateTime>1790000000</CreateTime><MsgType>event</MsgType>"
        f"<Event>kf_account_auth_change</Event>{added}<AuthDelOpenKfId>wkB</AuthDelOpenKfId></xml>"
    )
    heard = WEBHOOK.hear(kept.encode(), 0)[0]
    assert isinstance(heard, HeardNotice)
    assert (heard.kind, heard.at) == ("kf_account_auth_change", 1790000000 * 10**6)
    assert "wkA" in heard.summary
    assert "wkB no more" in heard.summary
    assert heard.raw == kept
