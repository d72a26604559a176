from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply

from careline.channels.ports import Push, Reply
from careline.channels.tencent.parse import parse
from careline.channels.wechat.replies import Replies, checked, kept, read
from careline.channels.wechat.webhook import WeChatWebhook
from careline.errors import Usage
from careline.heard import HeardReply
from tests.careline.channels.wechat.pushes import (
    ACCOUNT,
    APP_ID,
    CHANNEL,
    KEY,
    NONCE,
    NOW,
    OPENID,
    OTHER_KEY,
    SECRETS,
    TIMESTAMP,
    TOKEN,
    encrypted,
    event,
    post,
    pushed,
    safe,
    sha1,
    text,
)

FILE = """
follow = "Welcome! 欢迎 <&> ]]>"

[[keyword]]
equal = ["Price", "价格"]
text = "Our prices"

[[keyword]]
contain = "open"
news = { title = "Opening hours", description = "Every day", picture = "https://a.example/p.jpg", url = "https://a.example" }

[[keyword]]
contain = ["map"]
image = "MEDIA-7"
"""
DESK = Replies(transfer=checked({"transfer": "mei@gh_0123456789ab"}, "f").transfer)


def replies(text: str = FILE) -> Replies:
    return checked(tomllib.loads(text), "replies.toml")


def answer(push: Push, wanted: Replies, **secrets: str) -> Reply:
    hook = WeChatWebhook(replace(CHANNEL, replies=kept(wanted)))
    return hook.answer(push, {**SECRETS, **secrets}, NOW)


def shown(push: bytes, wanted: Replies | None = None) -> Any:
    """What wechatpy's parser of replies reads in the answer to a plain push; None for success."""
    reply = answer(post(push), wanted or replies())
    assert reply.status == 200
    return None if reply.body == b"success" else deserialize_reply(reply.body)


def article(push: bytes) -> dict[str, str]:
    """The one article of an answer; wechatpy reads several alone."""
    found = xmltodict.parse(answer(post(push), replies()).body)["xml"]
    assert (found["MsgType"], found["ArticleCount"], found["ToUserName"]) == ("news", "1", OPENID)
    return dict(found["Articles"]["item"])


def test_a_follow_is_greeted_and_every_character_comes_through() -> None:
    found = shown(event("subscribe", EventKey="qrscene_7"))
    assert (found.type, found.content, found.target, found.source) == ("text", "Welcome! 欢迎 <&> ]]>", OPENID, ACCOUNT)
    assert shown(event("unsubscribe")) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("price", "Our prices"),
        (" 价格 ", "Our prices"),
        ("price?", None),
        ("map", "MEDIA-7"),
        ("你好", None),
    ],
)
def test_the_first_keyword_that_is_said_answers(said: str, told: str | None) -> None:
    found = shown(text(said))
    if found is None:
        assert told is None
    else:
        assert told in (getattr(found, "content", ""), getattr(found, "image", ""))


@pytest.mark.parametrize("said", ["When do you OPEN?", "open the map"])
def test_an_article_says_all_that_the_file_says(said: str) -> None:
    assert article(text(said)) == {
        "Title": "Opening hours",
        "Description": "Every day",
        "PicUrl": "https://a.example/p.jpg",
        "Url": "https://a.example",
    }


def test_a_default_answers_every_message_and_no_event() -> None:
    wanted = replies('default = "Until tomorrow"')
    for type in ("text", "image", "voice", "video", "shortvideo", "location", "link"):
        assert shown(pushed(MsgType=type, MsgId="1"), wanted).content == "Until tomorrow"
    for push in (event("CLICK", EventKey="a"), event("subscribe"), pushed(MsgType="notsure", MsgId="1")):
        assert shown(push, wanted) is None


def test_what_nothing_answers_goes_to_the_desk_and_an_event_never_does() -> None:
    found = shown(text("你好"), replace(replies(), transfer=DESK.transfer))
    assert found.type == "transfer_customer_service"
    body = answer(post(text("你好")), DESK).body
    assert xmltodict.parse(body)["xml"]["TransInfo"] == {"KfAccount": "mei@gh_0123456789ab"}
    assert "TransInfo" not in xmltodict.parse(answer(post(text("你好")), replies("transfer = true")).body)["xml"]
    assert shown(text("price"), replace(replies(), transfer=DESK.transfer)).content == "Our prices"
    assert shown(event("CLICK", EventKey="a"), DESK) is None


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_in_safe_mode_wechatpy_opens_the_answer_under_the_key_of_the_push(key: str) -> None:
    reply = answer(safe(encrypted(text("price"), key=key)), replies(), encoding_aes_key_previous=OTHER_KEY)
    sealed = xmltodict.parse(reply.body)["xml"]
    assert sealed["Nonce"] != NONCE
    assert sealed["TimeStamp"] == str(NOW // 1_000_000)
    opened = WeChatCrypto(TOKEN, key, APP_ID).decrypt_message(
        reply.body.decode(), sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
    )
    assert deserialize_reply(opened).content == "Our prices"


@pytest.mark.parametrize("length", range(1, 66, 7))
def test_an_answer_of_any_length_is_padded_as_wechatpy_expects(length: int) -> None:
    reply = answer(safe(encrypted(text("x"))), replies(f'default = "{"y" * length}"'))
    sealed = xmltodict.parse(reply.body)["xml"]
    opened = WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(
        reply.body.decode(), sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
    )
    assert deserialize_reply(opened).content == "y" * length


def test_a_push_in_json_is_answered_in_json() -> None:
    message = json.dumps({"ToUserName": ACCOUNT, "FromUserName": OPENID, "MsgType": "text", "Content": "price", "MsgId": 7})
    plain = json.loads(answer(post(message.encode()), replies()).body)
    assert plain == {
        "ToUserName": OPENID,
        "FromUserName": ACCOUNT,
        "CreateTime": NOW // 1_000_000,
        "MsgType": "text",
        "Content": "Our prices",
    }
    encrypt = encrypted(message.encode())
    envelope = json.dumps({"ToUserName": ACCOUNT, "Encrypt": encrypt}).encode()
    push = post(envelope, encrypt_type="aes", msg_signature=sha1(TOKEN, TIMESTAMP, NONCE, encrypt))
    sealed = json.loads(answer(push, replies()).body)
    crypt = WeChatCrypto(TOKEN, KEY, APP_ID)
    opened = crypt.decrypt_message(
        {"Encrypt": sealed["Encrypt"]}, sealed["MsgSignature"], str(sealed["TimeStamp"]), sealed["Nonce"]
    )
    assert json.loads(opened) == plain


def test_push_and_answer_are_kept_together_and_heard_one_after_the_other() -> None:
    wanted = replies()
    hook = WeChatWebhook(replace(CHANNEL, replies=kept(wanted)))
    for push in (post(text("price")), safe(encrypted(text("price")))):
        reply = hook.answer(push, SECRETS, NOW)
        assert reply.keep is not None
        said, answered = hook.hear(reply.keep, NOW)
        assert isinstance(answered, HeardReply)
        assert (said.key, answered.key) == ("23456789012345678", "23456789012345678")
        assert (answered.who.handle, answered.kind, answered.text) == (OPENID, "text", "Our prices")
        assert answered.at >= said.at


def test_a_push_that_comes_again_is_answered_the_same_and_told_under_the_same_key() -> None:
    hook = WeChatWebhook(replace(CHANNEL, replies=kept(replies())))
    again = [hook.answer(safe(encrypted(event("subscribe"))), SECRETS, NOW + n) for n in range(3)]
    assert len({reply.keep for reply in again}) == 1
    keys = {tuple(one.key for one in hook.hear(reply.keep or b"", NOW + n)) for n, reply in enumerate(again)}
    assert len(keys) == 1


def test_without_replies_nothing_is_read_and_nothing_noted() -> None:
    assert WeChatWebhook(CHANNEL).answer(safe(encrypted(text("price"))), SECRETS, NOW).keep == text("price")
    assert kept(checked({}, "f")) == ""


def test_a_push_that_nobody_can_read_is_not_answered() -> None:
    wanted = replies('default = "x"')
    for body in (b"hello", b"<xml><MsgType>text</MsgType></xml>", b"<a>" * 1000):
        assert answer(safe(encrypted(body)), wanted).body == b"success"


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("welcome = 'x'", "welcome: there is no such field, only follow, keyword, default, transfer"),
        ("follow = ''", "follow.text: it is empty"),
        ("follow = { text = 'a', image = 'b' }", "follow: it is a text, or one of text, image"),
        ("follow = { video = 'a' }", "follow: it is a text, or one of text, image"),
        (f"default = '{'你' * 683}'", "default: it has 2,049 bytes, and WeChat takes 2,048"),
        ("transfer = 1", "transfer: it is true, or the account of an agent"),
        ("transfer = true\ndefault = 'x'", "transfer: a default answers everything"),
        ("[[keyword]]\ntext = 'x'", "keyword 1: equal or contain is missing"),
        ("[[keyword]]\nequal = ['a', '']\ntext = 'x'", "keyword 1.equal: it is a word"),
        ("[[keyword]]\nequal = 'a'", "keyword 1: it is a text, or one of"),
        ("keyword = 'a'", r"keyword: each is a table \[\[keyword\]\]"),
        ("[[keyword]]\nequal = 'a'\nnews = { title = 'x' }", "keyword 1.news: it is a table with title and url"),
    ],
)
def test_a_file_that_wechat_would_not_show_is_refused_by_the_field(file: str, problem: str) -> None:
    with pytest.raises(Usage, match=f"^replies.toml: {problem}"):
        replies(file)


@given(who=st.text(st.characters(), min_size=1, max_size=20), said=st.text(max_size=40), xml=st.booleans())
@settings(max_examples=200, deadline=None)
def test_whoever_writes_whatever_is_answered_or_told_success(who: str, said: str, xml: bool) -> None:
    message = json.dumps({"ToUserName": ACCOUNT, "FromUserName": who, "MsgType": "text", "Content": said, "MsgId": 7}).encode()
    body = pushed(MsgType="text", Content=said, MsgId="7") if xml else message
    for push in (post(body), safe(encrypted(body))):
        reply = answer(push, replies('default = "x"'))
        assert reply.status == 200
        assert reply.keep is not None


def test_replies_of_another_careline_are_none_and_hold_up_nothing() -> None:
    for row in ('{"default":{"kind":"hologram"}}', "{", "[]"):
        hook = WeChatWebhook(replace(CHANNEL, replies=row))
        assert hook.answer(safe(encrypted(text("x"))), SECRETS, NOW).body == b"success"


def test_what_a_channel_answers_is_bounded() -> None:
    keyword = {"equal": ["x" * 1000] * 20, "text": "y"}
    checked({"keyword": [keyword] * 6}, "f")
    with pytest.raises(Usage, match="more than 128 KiB"):
        checked({"keyword": [keyword] * 7}, "f")


def test_replies_are_the_same_after_they_were_kept() -> None:
    assert read(kept(replies())) == replies()
    assert read("") is None


def test_the_reader_of_pushes_reads_what_we_write() -> None:
    node = parse(answer(post(text("open")), replies()).body)
    assert node.one("Articles").one("item").said("Title") == "Opening hours"
