from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from wechatpy.crypto import WeChatCrypto

from careline.channels.ports import Push, Reply
from careline.channels.tencent.parse import Hostile
from careline.channels.wechat.answered import separated
from careline.channels.wechat.webhook import WeChatWebhook
from careline.heard import HeardMessage
from tests.careline.channels.wechat.pushes import (
    ACCOUNT,
    APP_ID,
    CHANNEL,
    KEY,
    NONCE,
    NOW,
    OTHER_KEY,
    SECRETS,
    TIMESTAMP,
    TOKEN,
    ciphered,
    encrypted,
    event,
    framed,
    padded,
    post,
    pushed,
    query,
    safe,
    sha1,
    text,
)

HELLO = text("你好")
MOST = WeChatWebhook.max_body


def answer(push: Push, **secrets: str) -> Reply:
    return WeChatWebhook(CHANNEL).answer(push, {**SECRETS, **secrets}, NOW)


def kept(reply: Reply) -> bytes:
    """The push in what is kept, without a note before it."""
    assert reply.keep is not None
    return separated(reply.keep)[0]


def heard(reply: Reply) -> list[Any]:
    assert reply.keep is not None
    return list(WeChatWebhook(CHANNEL).hear(reply.keep, NOW))


# The console's check of the address


def check(**changed: str) -> Push:
    return Push(method="GET", query=query(echostr="4811223344556677") | changed, headers={}, body=b"")


def test_the_console_gets_its_echostr_back_to_the_byte() -> None:
    reply = answer(check())
    assert (reply.status, reply.body, reply.keep) == (200, b"4811223344556677", None)
    assert answer(check(echostr='<b>"é"</b> ')).body == '<b>"é"</b> '.encode()


@pytest.mark.parametrize("changed", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "x", "4df66ab7e9045adea36941c22856c7e8f94ec408", "\udcff"])
def test_an_unsigned_check_gets_nothing_back(changed: str, value: str) -> None:
    reply = answer(check(**{changed: value}))
    assert (reply.status, reply.body) == (403, b"")


def test_a_check_without_an_echostr_or_any_parameter_is_refused() -> None:
    assert answer(Push(method="GET", query=query(), headers={}, body=b"")).status == 403
    assert answer(Push(method="GET", query={}, headers={}, body=b"")).status == 403


# The three modes


def test_a_plain_push_is_kept_as_it_came_behind_a_note_and_answered_success() -> None:
    for push in (post(HELLO), post(HELLO, encrypt_type="raw")):
        reply = answer(push)
        assert (reply.status, reply.body) == (200, b"success")
        assert kept(reply) == HELLO
        assert separated(reply.keep or b"")[1].mode == "plain"


def test_where_nobody_said_so_a_plain_push_is_refused_and_the_log_says_what_helps() -> None:
    hook = WeChatWebhook(replace(CHANNEL, accepts_plain=False))
    for push in (post(HELLO), post(HELLO, encrypt_type="raw"), post(b"<xml><Encrypt></Encrypt></xml>")):
        reply = hook.answer(push, SECRETS, NOW)
        assert (reply.status, reply.body, reply.keep) == (403, b"", None)
        assert "careline channels update shop-cn --accept-plain" in reply.reason
    assert hook.answer(safe(encrypted(HELLO)), SECRETS, NOW).status == 200
    assert hook.answer(safe(encrypted(HELLO), outer="<MsgType>text</MsgType>"), SECRETS, NOW).status == 200


def test_of_a_leaked_address_nothing_can_be_made_but_the_push_it_belongs_to() -> None:
    hook = WeChatWebhook(replace(CHANNEL, accepts_plain=False))
    leaked = safe(encrypted(HELLO)).query
    for body in (text("I am somebody else"), safe(encrypted(text("forged"), key=OTHER_KEY)).body, b""):
        assert hook.answer(Push(method="POST", query=leaked, headers={}, body=body), SECRETS, NOW).status == 401


@pytest.mark.parametrize("late", [0, 3_600, 86_400 * 365])
def test_a_push_may_come_late_for_one_that_comes_again_is_heard_once(late: int) -> None:
    reply = WeChatWebhook(CHANNEL).answer(safe(encrypted(HELLO)), SECRETS, NOW + late * 1_000_000)
    assert (reply.status, reply.keep) == (200, HELLO)
    assert [one.key for one in heard(reply)] == ["23456789012345678"]


def test_what_is_kept_is_the_push_even_if_it_begins_like_a_note() -> None:
    for body in (b"careline {}\n<xml/>", b'careline {"answer":{"kind":"text","text":"forged"}}\n' + HELLO):
        reply = answer(safe(encrypted(body)))
        assert kept(reply) == body


def test_in_safe_mode_the_decrypted_message_is_kept() -> None:
    assert answer(safe(encrypted(HELLO))) == Reply(200, b"success", keep=HELLO)


def test_in_compatible_mode_the_signed_half_is_believed() -> None:
    beside = "<MsgType>text</MsgType><Content>somebody else's words</Content>"
    assert answer(safe(encrypted(HELLO), outer=beside)).keep == HELLO


def test_an_envelope_is_opened_even_when_the_address_does_not_say_so() -> None:
    encrypt = encrypted(HELLO)
    assert answer(safe(encrypt, encrypt_type="raw")).keep == HELLO
    assert answer(safe(encrypt, encrypt_type="raw", msg_signature="0" * 40)).status == 401


def test_envelope_and_message_may_be_json() -> None:
    message = json.dumps(
        {"ToUserName": ACCOUNT, "MsgType": "text", "Content": "你好", "MsgId": 7, "FromUserName": "o1"}
    ).encode()
    encrypt = encrypted(message)
    envelope = json.dumps({"ToUserName": ACCOUNT, "Encrypt": encrypt}).encode()
    reply = answer(post(envelope, encrypt_type="aes", msg_signature=sha1(TOKEN, TIMESTAMP, NONCE, encrypt)))
    assert (reply.status, reply.body, reply.keep) == (200, b"success", message)
    assert heard(reply)[0].text == "你好"
    assert kept(answer(post(message))) == message


def test_a_push_under_the_previous_key_is_opened_while_the_key_is_changed() -> None:
    push = safe(encrypted(HELLO, key=OTHER_KEY))
    assert answer(push).status == 401
    assert answer(push, encoding_aes_key_previous=OTHER_KEY).keep == HELLO


# wechatpy plays WeChat


@pytest.mark.parametrize("content", ["hi", "你好 🙂", "a" * 2048, "]]>", "&<>\"'"])
def test_what_wechatpy_encrypts_is_understood(content: str) -> None:
    message = json.dumps({"ToUserName": ACCOUNT, "FromUserName": "o1", "MsgType": "text", "Content": content, "MsgId": 7})
    envelope = WeChatCrypto(TOKEN, KEY, APP_ID).encrypt_message(message, NONCE, TIMESTAMP)
    inner = envelope.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    reply = answer(post(envelope.encode(), encrypt_type="aes", msg_signature=inner))
    (said,) = heard(reply)
    assert isinstance(said, HeardMessage)
    assert (reply.status, said.text) == (200, content)


def test_what_our_tests_encrypt_is_what_wechatpy_reads() -> None:
    encrypt = encrypted(HELLO)
    signed = sha1(TOKEN, TIMESTAMP, NONCE, encrypt)
    assert WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message({"Encrypt": encrypt}, signed, TIMESTAMP, NONCE) == HELLO.decode()


# Refusals


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
def test_a_push_without_wechats_signature_is_401(missing: str) -> None:
    without = {name: value for name, value in query().items() if name != missing}
    for given_query in (without, query(**{missing: ""}), query(**{missing: "0" * 40})):
        for body in (HELLO, safe(encrypted(HELLO)).body):
            reply = answer(Push(method="POST", query=given_query, headers={}, body=body))
            assert (reply.status, reply.body, reply.keep) == (401, b"", None)  # as for any envelope that is wrong


def test_an_empty_time_and_nonce_cannot_be_signed_for() -> None:
    unsalted = query(timestamp="", nonce="", signature=sha1(TOKEN, "", ""))
    assert answer(Push(method="POST", query=unsalted, headers={}, body=HELLO)).status == 401


NOT_WECHATS = {
    "unsigned": safe(encrypted(HELLO), msg_signature=""),
    "signed for a plain push": safe(encrypted(HELLO), msg_signature=sha1(TOKEN, TIMESTAMP, NONCE)),
    "signed with another token": safe(encrypted(HELLO), msg_signature=sha1("other", TIMESTAMP, NONCE, encrypted(HELLO))),
    "signed for another message": safe(encrypted(HELLO), msg_signature=sha1(TOKEN, TIMESTAMP, NONCE, encrypted(text("other")))),
    "for another account": safe(encrypted(HELLO, app_id="wxSOMEBODYELSE0001")),
    "under another key": safe(encrypted(HELLO, key=OTHER_KEY)),
    "cut short": safe(encrypted(HELLO)[:-24]),
    "cut to nothing": safe(ciphered(padded(framed(HELLO))[:32])),
    "padded wrong": safe(ciphered(padded(framed(HELLO))[:-1] + b"\x00")),
    "padded beyond a block": safe(ciphered(padded(framed(HELLO))[:-1] + b"\xff")),
    "of a wrong length": safe(ciphered(padded(framed(HELLO, length=2**31)))),
    "not base64": safe("***"),
    "said to be encrypted, but plain": post(HELLO, encrypt_type="aes", msg_signature=sha1(TOKEN, TIMESTAMP, NONCE, "")),
    "said to be encrypted, but unreadable": post(b"hello", encrypt_type="aes"),
}


@pytest.mark.parametrize("push", NOT_WECHATS.values(), ids=NOT_WECHATS.keys())
def test_every_envelope_that_wechat_did_not_make_for_us_is_refused_alike(push: Push) -> None:
    reply = answer(push)
    assert (reply.status, reply.body, reply.keep) == (401, b"", None)
    assert reply.reason


def test_a_foreign_appid_is_refused_even_where_the_keys_are_shared() -> None:
    brand = WeChatCrypto(TOKEN, KEY, "wxOTHERBRAND")
    envelope = brand.encrypt_message(HELLO.decode(), NONCE, TIMESTAMP)
    signed = envelope.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    assert answer(post(envelope.encode(), encrypt_type="aes", msg_signature=signed)).status == 401


@pytest.mark.parametrize(("size", "status"), [(MOST, 200), (MOST + 1, 413), (50 * 1024 * 1024, 413)])
def test_a_body_above_the_most_that_wechat_sends_is_413(size: int, status: int) -> None:
    assert answer(post(b" " * size)).status == status


HOSTILE = {
    "a DOCTYPE": b"<!DOCTYPE xml><xml><MsgType>text</MsgType></xml>",
    "an entity": b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
    "ten thousand levels": b"<a>" * 10_000 + b"</a>" * 10_000,
    "ten thousand levels of JSON": b'{"a":' * 10_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_bomb_is_400_at_once(body: bytes) -> None:
    began = time.perf_counter()
    for push in (post(body), post(body, encrypt_type="aes")):
        reply = answer(push)
        assert (reply.status, reply.body, reply.keep) == (400, b"", None)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_bomb_in_an_envelope_of_wechats_own_is_kept_and_never_goes_off(body: bytes) -> None:
    reply = answer(safe(encrypted(body)))
    assert (reply.status, reply.keep) == (200, body)
    with pytest.raises(Hostile):
        heard(reply)


def test_the_longest_text_fits_in_compatible_mode() -> None:
    message = text("长" * 5400)
    assert answer(safe(encrypted(message), outer=f"<Content>{'长' * 5400}</Content>")).keep == message


def test_a_hundred_messages_in_a_row_open_and_so_do_those_of_eight_threads() -> None:
    messages = [text("你好 " * n, str(n)) for n in range(100)]
    pushes = [safe(encrypted(message, key=(KEY, OTHER_KEY)[n % 2])) for n, message in enumerate(messages)]
    assert [answer(push, encoding_aes_key_previous=OTHER_KEY).keep for push in pushes] == messages
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda push: answer(push, encoding_aes_key_previous=OTHER_KEY), pushes * 20))
    assert [reply.keep for reply in replies] == messages * 20


@pytest.mark.parametrize("body", [b"", b"hello", b"<xml>", b"{", b"<xml>\xff</xml>", b"<xml><NoType/></xml>", b"\x00" * 99])
def test_what_is_signed_but_unreadable_is_kept_and_answered_success(body: bytes) -> None:
    for push in (post(body), safe(encrypted(body))):
        reply = answer(push)
        assert (reply.status, reply.body, kept(reply)) == (200, b"success", body)
        with pytest.raises(ValueError, match=r"."):
            heard(reply)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "", "post"])
def test_no_other_method_is_wechats(method: str) -> None:
    assert answer(Push(method=method, query=query(echostr="1"), headers={}, body=HELLO)).status == 405


# Secrets of ours


def test_without_our_secrets_wechat_is_asked_to_come_again() -> None:
    hook = WeChatWebhook(CHANNEL)
    assert hook.answer(post(HELLO), {}, NOW).status == 503
    assert hook.answer(check(), {}, NOW).status == 503
    assert hook.answer(safe(encrypted(HELLO)), {"token": TOKEN}, NOW).status == 503
    assert hook.answer(post(HELLO), {"token": TOKEN}, NOW).status == 200
    assert answer(safe(encrypted(HELLO)), encoding_aes_key="short").status == 503


def test_no_reason_repeats_a_secret() -> None:
    replies = [answer(push) for push in NOT_WECHATS.values()]
    replies.append(answer(safe(encrypted(HELLO)), encoding_aes_key=KEY + "x"))
    assert not any(secret in reply.reason for reply in replies for secret in SECRETS.values())


# Any push

anything = st.text(st.characters(), max_size=20)
parameters = st.dictionaries(
    st.sampled_from(["signature", "timestamp", "nonce", "echostr", "encrypt_type", "msg_signature"]), anything, max_size=6
)
bodies = st.binary(max_size=200) | st.sampled_from([HELLO, safe(encrypted(HELLO)).body, event("CLICK"), pushed()])


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    given_query=parameters,
    signed=st.booleans(),
    body=bodies,
    secrets=st.dictionaries(st.sampled_from(["token", "encoding_aes_key", "encoding_aes_key_previous"]), anything, max_size=3),
    right=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_push_has_an_answer(
    method: str, given_query: dict[str, str], signed: bool, body: bytes, secrets: dict[str, str], right: bool
) -> None:
    push = Push(method=method, query=query(**given_query) if signed else given_query, headers={}, body=body)
    reply = WeChatWebhook(CHANNEL).answer(push, SECRETS if right else secrets, NOW)
    assert reply.status in (200, 400, 401, 403, 405, 503)
    assert (reply.keep is None) or (reply.status, reply.body, method) == (200, b"success", "POST")
    assert reply.status == 200 or reply.reason
    assert signed or reply.status != 200 or not right


@given(flip=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_a_flipped_bit_in_a_safe_push_never_changes_what_is_heard(flip: int, bit: int) -> None:
    push = safe(encrypted(HELLO))
    body = bytearray(push.body)
    body[flip % len(body)] ^= 1 << bit
    reply = answer(Push(method="POST", query=push.query, headers={}, body=bytes(body)))
    assert reply.keep is None or kept(reply) == HELLO
