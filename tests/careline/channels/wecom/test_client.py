"""What leaves for WeCom, and what is refused before WeCom is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from careline.channels.ports import Attachment, Outgoing
from careline.channels.wecom.account import check_scene
from careline.channels.wecom.client import WeComClient
from careline.channels.wecom.media import kind_of, type_of
from careline.channels.wecom.messages import composed
from careline.channels.wecom.policy import NEXT, STATES
from careline.channels.wecom.sessions import Session, check_move, check_sendable, wanted
from careline.errors import SessionHeld, Usage
from careline.model import Media

CLIENT = WeComClient(None)  # type: ignore[arg-type]


def sent(**fields: Any) -> dict[str, Any]:
    message = Outgoing(to="wkShop/wmLiwei", to_kind="wecom_external", **({"kind": "text", "text": "好"} | fields))
    return dict(json.loads(CLIENT.request(message).body))


def test_a_text_goes_to_one_customer_of_one_account_under_our_own_id() -> None:
    assert sent(ours="m12@0a1b2c3d") == {
        "touser": "wmLiwei",
        "open_kfid": "wkShop",
        "msgid": "m12-0a1b2c3d",
        "msgtype": "text",
        "text": {"content": "好"},
    }


@pytest.mark.parametrize(("kind", "type"), [("image", "image"), ("audio", "voice"), ("video", "video"), ("document", "file")])
def test_a_file_goes_by_its_id(kind: str, type: str) -> None:
    body = sent(kind=kind, text="", media=Media(id="m1"))
    assert (body["msgtype"], body[type]) == (type, {"media_id": "m1"})


MENU = {
    "head_content": "怎么样?",
    "list": [
        {"type": "click", "click": {"id": "good", "content": "好"}},
        {"type": "view", "view": {"url": "https://a", "content": "看"}},
        {"type": "text", "text": {"content": "谢谢", "no_newline": 1}},
    ],
    "tail_content": "完",
}
OTHERS = {
    "msgmenu": MENU,
    "link": {"title": "T", "desc": "D", "url": "https://a", "thumb_media_id": "m"},
    "miniprogram": {"appid": "wx1", "title": "T", "thumb_media_id": "m", "pagepath": "p"},
    "location": {"name": "N", "address": "A", "latitude": 39.9, "longitude": 116.4},
    "business_card": {"userid": "mei"},
    "ca_link": {"link_url": "https://work.weixin.qq.com/ca/x"},
    "image": {"media_id": "m"},
}


@pytest.mark.parametrize("type", OTHERS)
def test_everything_else_goes_as_wecom_writes_it(type: str) -> None:
    made = composed(json.dumps({"msgtype": type, type: OTHERS[type]}))
    assert made.kind == type
    if type != "image":
        assert sent(kind=made.kind, text=made.text, body=made.body)[type] == OTHERS[type]


def test_a_menu_is_told_in_its_words() -> None:
    assert composed(json.dumps({"msgtype": "msgmenu", "msgmenu": MENU})).text == "怎么样?\n好\n看\n谢谢\n完"


WRONG: list[Any] = [
    {"text": " "},
    {"text": "中" * 683},
    {"text": "a\x00"},
    {"kind": "sticker"},
    {"kind": "image", "text": "caption", "media": Media(id="m")},
    {"to": "wmLiwei"},
    {"to_kind": "wechat_openid"},
]


@pytest.mark.parametrize("fields", WRONG)
def test_what_wecom_would_refuse_by_its_form_is_refused_here(fields: dict[str, Any]) -> None:
    message = {"to": "wkShop/wmLiwei", "to_kind": "wecom_external", "kind": "text", "text": "好"} | fields
    with pytest.raises(Usage):
        CLIENT.request(Outgoing(**message))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"msgtype": "link"}',
        '{"msgtype": "link", "link": {"title": "T"}}',
        '{"msgtype": "video_call", "video_call": {}}',
        '{"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "click"}]}}',
        json.dumps({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "click", "click": {"content": "x"}}] * 11}}),
        json.dumps({"msgtype": "msgmenu", "msgmenu": {"head_content": "中" * 342, "list": []}}),
    ],
)
def test_json_of_no_message_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        composed(text)


def test_a_welcome_is_a_text_or_a_menu_under_its_code() -> None:
    body = json.loads(CLIENT.welcome("CODE1", "您好", "w1").body)
    assert body == {"code": "CODE1", "msgid": "w1", "msgtype": "text", "text": {"content": "您好"}}
    menu = CLIENT.welcome("CODE1", json.dumps({"msgtype": "msgmenu", "msgmenu": MENU}), "w1")
    assert menu.path == "/cgi-bin/kf/send_msg_on_event"
    assert json.loads(menu.body)["msgmenu"] == MENU
    with pytest.raises(Usage):
        CLIENT.welcome("CODE1", '{"msgtype": "image", "image": {"media_id": "m"}}', "w1")


@pytest.mark.parametrize("state", STATES)
def test_the_api_writes_in_a_new_session_or_a_bots_alone(state: str) -> None:
    if state in ("new", "bot"):
        check_sendable(Session(state), "assign ")
        return
    with pytest.raises(SessionHeld) as held:
        check_sendable(Session(state, "mei"), "assign ")
    assert held.value.exit == 7


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_session_goes_where_wecom_lets_it(state: str, to: str) -> None:
    if to in NEXT[state]:
        check_move(Session(state), Session(to))
        return
    with pytest.raises(SessionHeld):
        check_move(Session(state), Session(to))


def test_who_is_meant_by_to() -> None:
    assert [wanted(to).state for to in ("bot", "pool", "end", "mei")] == ["bot", "pool", "ended", "human"]
    assert wanted("mei").servicer == "mei"
    with pytest.raises(Usage):
        wanted(" ")


def test_a_scene_has_the_form_that_wecom_takes() -> None:
    assert check_scene("shop_012-A") == "shop_012-A"
    for scene in ("", "a" * 33, "店", "a b"):
        with pytest.raises(Usage):
            check_scene(scene)


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("mime", "size", "type"),
    [
        ("image/png", 10 * MIB, "image"),
        ("image/png", 10 * MIB + 1, "file"),
        ("audio/amr", 2 * MIB, "voice"),
        ("audio/amr", 2 * MIB + 1, "file"),
        ("video/mp4", 10 * MIB, "video"),
        ("image/gif", 100, "file"),
        ("application/pdf", 20 * MIB, "file"),
    ],
)
def test_a_file_goes_as_what_wecom_takes_it_for(mime: str, size: int, type: str) -> None:
    attachment = Attachment(Path("x"), Media(mime=mime, name="x", bytes=size))
    assert type_of(attachment) == type
    assert kind_of(attachment) == {"image": "image", "voice": "audio", "video": "video", "file": "document"}[type]


@pytest.mark.parametrize("size", [0, 5, 20 * MIB + 1])
def test_a_file_too_small_or_too_large_is_refused(size: int) -> None:
    with pytest.raises(Usage):
        type_of(Attachment(Path("x"), Media(mime="image/png", name="x", bytes=size)))
