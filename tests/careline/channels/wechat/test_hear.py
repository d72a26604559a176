from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline.channels.wechat.hear import hear
from careline.channels.wechat.policy import GRANTS
from careline.clock import SECOND
from careline.heard import Heard, HeardAct, HeardMessage, HeardNotice, HeardStatus, Who
from careline.model import Media
from tests.careline.channels.wechat.pushes import ACCOUNT, NOW, OPENID, TIMESTAMP, event, pushed, text, xml

AT = int(TIMESTAMP) * SECOND
CUSTOMER = Who(OPENID, "wechat_openid")
ID = "6456789012345678901"


def one(body: bytes) -> Any:
    (said,) = hear(body, NOW)
    return said


def fields(said: Heard, *names: str) -> dict[str, Any]:
    return {name: getattr(said, name) for name in names}


# Messages

MESSAGES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "text": (
        pushed(MsgType="text", Content="你好, 我想退货", MsgId=ID),
        {"kind": "text", "text": "你好, 我想退货", "raw": ""},
    ),
    "an empty text": (pushed(MsgType="text", Content="", MsgId=ID), {"kind": "text", "text": ""}),
    "a text without a Content": (pushed(MsgType="text", MsgId=ID), {"kind": "text", "text": ""}),
    "a text whose spaces are the customer's": (pushed(MsgType="text", Content="  a\n b ", MsgId=ID), {"text": "  a\n b "}),
    "a text that quotes XML": (pushed(MsgType="text", Content="![CDATA[x]] &amp;", MsgId=ID), {"text": "![CDATA[x]] &amp;"}),
    "image": (
        pushed(MsgType="image", PicUrl="http://mmbiz.example/a.jpg", MediaId="m-1", MsgId=ID),
        {"kind": "image", "media": Media(id="m-1", url="http://mmbiz.example/a.jpg"), "raw": ""},
    ),
    "an image without a MediaId": (
        pushed(MsgType="image", PicUrl=" http://mmbiz.example/a.jpg", MsgId=ID),
        {"kind": "image", "media": Media(url="http://mmbiz.example/a.jpg")},
    ),
    "voice": (
        pushed(MsgType="voice", MediaId="m-2", Format="amr", MsgId=ID),
        {"kind": "audio", "text": "", "media": Media(id="m-2", mime="audio/amr"), "raw": ""},
    ),
    "voice that was recognised": (
        pushed(MsgType="voice", MediaId="m-2", Format="Speex", Recognition="退货", MediaId16K="m-3", MsgId=ID),
        {"kind": "audio", "text": "退货", "media": Media(id="m-2", mime="audio/speex")},
    ),
    "voice of no format": (pushed(MsgType="voice", MediaId="m-2", MsgId=ID), {"media": Media(id="m-2")}),
    "video": (
        pushed(MsgType="video", MediaId="m-4", ThumbMediaId="m-5", MsgId=ID),
        {"kind": "video", "media": Media(id="m-4")},
    ),
    "shortvideo": (
        pushed(MsgType="shortvideo", MediaId="m-4", ThumbMediaId="m-5", MsgId=ID),
        {"kind": "video", "media": Media(id="m-4")},
    ),
    "location": (
        pushed(MsgType="location", Location_X="23.134521", Location_Y="113.358803", Scale="20", Label="广州市", MsgId=ID),
        {"kind": "location", "text": "广州市 23.134521,113.358803"},
    ),
    "a location without a name": (
        pushed(MsgType="location", Location_X="23.1", Location_Y="113.3", Scale="20", Label="", MsgId=ID),
        {"kind": "location", "text": "23.1,113.3"},
    ),
    "link": (
        pushed(MsgType="link", Title="Offer", Description="Half price", Url="https://shop.example/x", MsgId=ID),
        {"kind": "link", "text": "Offer\nHalf price\nhttps://shop.example/x"},
    ),
    "a text sent from an article": (
        pushed(MsgType="text", Content="hi", MsgId=ID, MsgDataId="d-1", Idx="1"),
        {"kind": "text", "source": "article"},
    ),
    "a text that says who we are in business with": (
        pushed("<BusinessId>1</BusinessId>", MsgType="text", Content="hi", MsgId=ID),
        {"kind": "text", "text": "hi"},
    ),
    "a text among all elements there are": (
        pushed(MsgType="text", Event="subscribe", EventKey="qrscene_9", Ticket="t", Content="hi", MsgId=ID),
        {"kind": "text", "text": "hi", "act": "message"},
    ),
    "a type nobody knows": (
        pushed(MsgType="notsure", Foo="bar", MsgId=ID),
        {"kind": "unsupported", "text": "", "raw": pushed(MsgType="notsure", Foo="bar", MsgId=ID).decode()},
    ),
    "a type in capitals": (pushed(MsgType="TEXT", Content="hi", MsgId=ID), {"kind": "text", "text": "hi"}),
}


@pytest.mark.parametrize(("body", "told"), MESSAGES.values(), ids=MESSAGES.keys())
def test_each_message_becomes_one_that_asks_and_opens_the_message_window(body: bytes, told: dict[str, Any]) -> None:
    said = one(body)
    assert isinstance(said, HeardMessage)
    common = {"key": ID, "id": ID, "at": AT, "who": CUSTOMER, "asks": True, "act": "message", "clock": "platform"}
    assert fields(said, *common, *told) == common | told


@pytest.mark.parametrize("name", ["voice that was recognised", "video", "location", "link", "a text sent from an article"])
def test_what_has_no_field_of_its_own_is_kept_beside_the_fields(name: str) -> None:
    body, _ = MESSAGES[name]
    assert one(body).raw == body.decode()


def test_a_tap_on_an_item_of_a_msgmenu_is_a_tap_that_asks() -> None:
    said = one(pushed(MsgType="text", Content="Returns", bizmsgmenuid="102", MsgId=ID))
    assert fields(said, "kind", "text", "action", "act", "asks") == {
        "kind": "text",
        "text": "Returns",
        "action": "102",
        "act": "menu_tap",
        "asks": True,
    }


def test_json_says_the_same_as_xml() -> None:
    common = {"ToUserName": ACCOUNT, "FromUserName": OPENID, "CreateTime": int(TIMESTAMP)}
    in_json = json.dumps(common | {"MsgType": "text", "Content": "你好", "MsgId": int(ID)}).encode()
    assert one(in_json) == one(pushed(MsgType="text", Content="你好", MsgId=ID))


# Untidy shapes


def test_spaces_and_cdata_marks_in_ids_do_not_make_another_customer() -> None:
    untidy = xml(
        ToUserName=f" {ACCOUNT}",
        FromUserName=f"![CDATA[{OPENID}]]",
        CreateTime=f"\n{TIMESTAMP} ",
        MsgType=" text ",
        Content="hi",
        MsgId=f" {ID} ",
    )
    assert one(untidy.encode()) == one(pushed(MsgType="text", Content="hi", MsgId=ID))


def test_the_id_may_be_spelled_with_a_capital_d() -> None:
    said = one(pushed(MsgType="text", Content="hi", MsgID=ID))
    assert (said.key, said.id) == (ID, ID)


def test_a_message_without_an_id_is_recognised_by_all_it_says() -> None:
    video = pushed(MsgType="video", MediaId="m-1", ThumbMediaId="m-2")
    respaced = video.replace(b"</MediaId>", b"</MediaId>\n  ")
    another = pushed(MsgType="video", MediaId="m-9", ThumbMediaId="m-2")
    assert one(video).id == ""
    assert one(video).key == one(respaced).key != ""
    assert one(video).key != one(another).key


@pytest.mark.parametrize("time", ["", "yesterday", "-5", "0", "1_790_000_000", "１７９", "1790000000.5", "9" * 12, "9" * 400])
def test_a_time_that_cannot_be_becomes_the_time_of_receiving(time: str) -> None:
    said = one(pushed(MsgType="text", Content="hi", MsgId=ID, CreateTime=time))
    assert (said.at, said.clock) == (NOW, "received")


def test_nobody_is_invented_for_a_message_from_nobody() -> None:
    nameless = one(xml(MsgType="text", Content="hi", MsgId=ID).encode())
    other = one(xml(MsgType="text", Content="hi", MsgId="7").encode())
    assert nameless.who.kind == "anonymous"
    assert nameless.who.handle.startswith("anonymous:")
    assert nameless.who != other.who
    assert nameless.key == ID


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<xml></xml>", b"{}", b"<html><body>502</body></html>", b"<xml><InfoType>x</InfoType></xml>"]
)
def test_what_is_no_push_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        hear(body, NOW)


# Acts

SCAN_RESULT = "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult>69012</ScanResult></ScanCodeInfo>"
PICTURES = "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item><item/></PicList></SendPicsInfo>"
PLACE = (
    "<SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale>"
    "<Label> Guangzhou</Label><Poiname></Poiname></SendLocationInfo>"
)

ACTS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "follow": (event("subscribe"), {"kind": "follow", "opens": "follow", "scene": "", "value": ""}),
    "follow, empty key": (event("subscribe", EventKey=""), {"kind": "follow", "opens": "follow", "scene": ""}),
    "follow by a code": (
        event("subscribe", EventKey="qrscene_shop-012", Ticket="t-1"),
        {"kind": "follow", "opens": "follow", "scene": "shop-012", "ticket": "t-1", "value": ""},
    ),
    "follow by a code without a ticket": (
        event("subscribe", EventKey="qrscene_7"),
        {"kind": "follow", "opens": "follow", "scene": "7", "ticket": ""},
    ),
    "follow by a scene that looks prefixed": (event("subscribe", EventKey="qrscene_qrscene_7"), {"scene": "qrscene_7"}),
    "follow after paying": (
        event("subscribe", EventKey="last_trade_no_400"),
        {"kind": "follow", "opens": "follow", "scene": "", "value": "last_trade_no_400"},
    ),
    "follow by a product": (event("subscribe", EventKey="scanbarcode|std|69"), {"scene": "", "value": "scanbarcode|std|69"}),
    "unfollow": (event("unsubscribe", EventKey=""), {"kind": "unfollow", "opens": ""}),
    "scan": (
        event("SCAN", EventKey="shop-012", Ticket="t-1"),
        {"kind": "scan", "opens": "scan", "scene": "shop-012", "ticket": "t-1"},
    ),
    "scan in small letters": (event("scan", EventKey="7"), {"kind": "scan", "opens": "scan", "scene": "7"}),
    "menu tap": (event("CLICK", EventKey="RETURNS"), {"kind": "menu_tap", "opens": "menu_tap", "value": "RETURNS", "raw": ""}),
    "scan from the menu": (
        event("scancode_push", SCAN_RESULT, EventKey="6"),
        {"kind": "menu_tap", "opens": "menu_tap", "value": "6"},
    ),
    "scan from the menu, waiting": (
        event("scancode_waitmsg", SCAN_RESULT, EventKey="6"),
        {"kind": "menu_tap", "opens": "menu_tap", "value": "6"},
    ),
    "page": (event("VIEW", EventKey="https://shop.example/"), {"kind": "view", "opens": "", "value": "https://shop.example/"}),
    "mini program": (
        event("view_miniprogram", EventKey="pages/a", MenuId="4"),
        {"kind": "view", "opens": "", "value": "pages/a"},
    ),
    "camera": (event("pic_sysphoto", PICTURES, EventKey="5"), {"kind": "photo", "opens": "", "value": "5"}),
    "camera or album": (event("pic_photo_or_album", PICTURES, EventKey="5"), {"kind": "photo", "opens": "", "value": "5"}),
    "album": (event("pic_weixin", PICTURES, EventKey="5"), {"kind": "photo", "opens": "", "value": "5"}),
    "place from the menu": (
        event("location_select", PLACE, EventKey="6"),
        {"kind": "location", "opens": "", "value": "23,113"},
    ),
    "phone's place": (
        event("LOCATION", Latitude="23.137466", Longitude="113.352425", Precision="119.385040"),
        {"kind": "location", "opens": "", "value": "23.137466,113.352425"},
    ),
    "payment": (
        event("user_pay_from_pay_cell", TransId="4000", Fee="100"),
        {"kind": "payment", "opens": "payment", "value": "4000"},
    ),
    "desk begins": (
        event("kf_create_session", KfAccount="mei@shop"),
        {"kind": "desk_opened", "opens": "", "value": "mei@shop"},
    ),
    "desk ends": (event("kf_close_session", KfAccount="mei@shop", CloseType="KF"), {"kind": "desk_closed", "opens": ""}),
    "desk hands over": (
        event("kf_switch_session", FromKfAccount="mei@shop", ToKfAccount="li@shop"),
        {"kind": "desk_moved", "opens": "", "value": "li@shop"},
    ),
    "mini program's session": (
        event("user_enter_tempsession", SessionFrom="page"),
        {"kind": "enter", "opens": "", "value": "page"},
    ),
    "enter": (event("ENTER"), {"kind": "enter", "opens": ""}),
}


@pytest.mark.parametrize(("body", "told"), ACTS.values(), ids=ACTS.keys())
def test_each_act_opens_what_it_opens_and_nothing_else(body: bytes, told: dict[str, Any]) -> None:
    said = one(body)
    assert isinstance(said, HeardAct)
    assert fields(said, "at", "who", *told) == {"at": AT, "who": CUSTOMER} | told


def test_every_window_that_an_act_opens_is_granted() -> None:
    opened = {one(body).opens for body, _ in ACTS.values()} - {""}
    assert opened == {"follow", "scan", "menu_tap", "payment"}
    assert opened | {"message"} == GRANTS.keys()


@pytest.mark.parametrize("name", ["scan from the menu", "camera", "place from the menu", "phone's place", "desk ends"])
def test_an_act_that_says_more_keeps_it_all(name: str) -> None:
    body, _ = ACTS[name]
    assert one(body).raw == body.decode()


ROWS = "<List><TemplateId>T1</TemplateId><SubscribeStatusString>{}</SubscribeStatusString><PopupScene>2</PopupScene></List>"


def test_answers_about_notifications_are_the_same_in_a_wrapper_and_without_one() -> None:
    rows = [{"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}]
    two = [*rows, {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": "0"}]
    base = {"ToUserName": ACCOUNT, "FromUserName": OPENID, "CreateTime": TIMESTAMP, "MsgType": "event"}
    told = base | {"Event": "subscribe_msg_popup_event"}
    in_xml = event(
        "subscribe_msg_popup_event",
        f"<SubscribeMsgPopupEvent>{ROWS.format('accept')}{ROWS.format('reject').replace('T1', 'T2')}</SubscribeMsgPopupEvent>",
    )
    values = [
        one(body).value
        for body in (in_xml, json.dumps(told | {"List": two}).encode(), json.dumps(told | {"List": rows[0]}).encode())
    ]
    assert values == ["T1 accept, T2 reject", "T1 accept, T2 reject", "T1 accept"]
    said = one(in_xml)
    assert fields(said, "kind", "opens", "who", "raw") == {
        "kind": "subscription",
        "opens": "",
        "who": CUSTOMER,
        "raw": in_xml.decode(),
    }


def test_a_withdrawn_notification_is_an_act_too() -> None:
    said = one(
        event("subscribe_msg_change_event", f"<SubscribeMsgChangeEvent>{ROWS.format('reject')}</SubscribeMsgChangeEvent>")
    )
    assert (said.kind, said.value) == ("subscription", "T1 reject")


def test_a_revoked_authorization_is_about_the_customer_it_names() -> None:
    said = one(event("user_authorization_revoke", OpenID="oTHE-OTHER", AppID="wx1", RevokeInfo="201"))
    assert fields(said, "kind", "who", "value", "opens") == {
        "kind": "authorization_revoked",
        "who": Who("oTHE-OTHER", "wechat_openid"),
        "value": "201",
        "opens": "",
    }


# Statuses


@pytest.mark.parametrize(
    ("status", "state", "failed"),
    [
        ("success", "delivered", False),
        ("failed:user block", "failed", True),
        ("failed: system failed", "failed", True),
        ("pending review", "pendingreview", False),
    ],
)
def test_the_end_of_a_template_message_is_the_status_of_that_message(status: str, state: str, failed: bool) -> None:
    said = one(event("TEMPLATESENDJOBFINISH", MsgID="200228332", Status=status))
    assert isinstance(said, HeardStatus)
    assert (said.id, said.state, said.at) == ("200228332", state, AT)
    assert (said.error is not None) == failed
    assert said.error is None or (said.error.exit == 6 and status in said.error.message)


def test_the_end_of_several_notifications_is_a_status_each() -> None:
    row = "<List><TemplateId>T</TemplateId><MsgID>{}</MsgID><ErrorCode>{}</ErrorCode><ErrorStatus>{}</ErrorStatus></List>"
    rows = row.format("1864323726461255680", 0, "success") + row.format("1864323726461255681", 43101, "refused")
    said = hear(event("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{rows}</SubscribeMsgSentEvent>"), NOW)
    assert [(s.id, s.state) for s in said if isinstance(s, HeardStatus)] == [
        ("1864323726461255680", "delivered"),
        ("1864323726461255681", "failed"),
    ]
    assert len({s.key for s in said}) == 2


@pytest.mark.parametrize("name", ["TEMPLATESENDJOBFINISH", "subscribe_msg_sent_event"])
def test_a_status_of_no_message_is_a_notice(name: str) -> None:
    assert isinstance(one(event(name, Status="success")), HeardNotice)


# Notices

COUNTS = {"TotalCount": "100", "FilterCount": "80", "SentCount": "75", "ErrorCount": "5"}
PUBLISHED = "<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status></PublishEventInfo>"

NOTICES: dict[str, tuple[bytes, str]] = {
    "mass message": (
        event("MASSSENDJOBFINISH", MsgID="1000001625", Status="sendsuccess", **COUNTS),
        "mass message 1000001625: sendsuccess; 75 of 100 sent, 5 failed",
    ),
    "mass message in doubt": (
        event("MASSSENDJOBFINISH", MsgID="1", Status="err(30003)"),
        "mass message 1: err(30003); ? of ? sent, ? failed",
    ),
    "publication": (event("FREEPUBLISHJOBFINISH", PUBLISHED), "publication 2247503051 ended with status 0"),
    "company verified": (
        event("qualification_verify_success", ExpiredTime="1442401156"),
        "the company is verified until 2015-09-16",
    ),
    "company refused": (event("qualification_verify_fail", FailReason="blurred"), "the company was not verified: blurred"),
    "name verified": (event("naming_verify_success", ExpiredTime="soon"), "the name is verified until soon"),
    "name refused": (event("naming_verify_fail", FailReason="x" * 999), "the name was not verified: " + "x" * 200),
    "renewal due": (
        event("annual_renew", ExpiredTime="1442401156"),
        "the yearly verification must be renewed before 2015-09-16",
    ),
    "verification over": (
        event("verify_expired", ExpiredTime="9" * 30),
        f"the verification ended on {'9' * 30}: WeChat takes functions away",
    ),
    "no day told": (event("naming_verify_success"), "the name is verified until an unknown day"),
    "out of our scope": (event("user_scan_product", KeyStr="69"), "an event that careline does not know"),
    "never heard of": (event("brand_new_event", Foo="bar"), "an event that careline does not know"),
    "of no name": (pushed(MsgType="event"), "an event that careline does not know"),
}


@pytest.mark.parametrize(("body", "summary"), NOTICES.values(), ids=NOTICES.keys())
def test_news_of_the_account_is_told_in_a_sentence_and_kept_whole(body: bytes, summary: str) -> None:
    said = one(body)
    assert isinstance(said, HeardNotice)
    assert (said.summary, said.raw, said.at) == (summary, body.decode(), AT)
    assert said.kind == said.kind.lower() != ""


# The same again


EVERYTHING = [*(b for b, _ in MESSAGES.values()), *(b for b, _ in ACTS.values()), *(b for b, _ in NOTICES.values())]


@pytest.mark.parametrize("body", EVERYTHING)
def test_a_redelivery_has_the_same_keys_whenever_it_comes(body: bytes) -> None:
    assert [said.key for said in hear(body, NOW)] == [said.key for said in hear(body, NOW + 10 * SECOND)]
    assert all(said.key for said in hear(body, NOW))


def test_two_events_of_one_second_are_two() -> None:
    bodies = [
        event("LOCATION", Latitude="1", Longitude="2"),
        event("CLICK", EventKey="A"),
        event("CLICK", EventKey="B"),
        event("CLICK", EventKey="A", FromUserName="oSOMEBODY-ELSE"),
        event("CLICK", EventKey="A", ToUserName="gh_other"),
        event("CLICK", EventKey="A", CreateTime="1790000001"),
        event("TEMPLATESENDJOBFINISH", MsgID="1", Status="success"),
        event("TEMPLATESENDJOBFINISH", MsgID="2", Status="success"),
        event("subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{ROWS.format('accept')}</SubscribeMsgPopupEvent>"),
        event("subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{ROWS.format('reject')}</SubscribeMsgPopupEvent>"),
        event("naming_verify_fail", FailReason="a"),
        event("naming_verify_fail", FailReason="b"),
    ]
    assert len({one(body).key for body in bodies}) == len(bodies)


def test_what_joins_the_parts_of_a_key_cannot_be_forged_by_a_part() -> None:
    split_here = event("CLICK", EventKey='B","C')
    split_there = event('CLICK","B', EventKey="C")
    assert one(split_here).key != one(split_there).key


def test_no_key_of_an_event_shows_the_customers_id() -> None:
    assert all(OPENID not in said.key for body in EVERYTHING for said in hear(body, NOW))


def test_a_text_and_its_event_shaped_twin_have_different_keys() -> None:
    assert one(text("hi", id="77")).key != one(event("CLICK", EventKey="77")).key


# Any bytes

NAMES = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "Content", "bizmsgmenuid"]
PARTS = ["List", "MsgID", "SubscribeMsgSentEvent", "SendLocationInfo", "Status", "ExpiredTime", "Location_X", "Encrypt"]
TYPES = [
    "event",
    "text",
    "image",
    "voice",
    "location",
    "subscribe",
    "SCAN",
    "LOCATION",
    "TEMPLATESENDJOBFINISH",
    "annual_renew",
]
WORDS = ["subscribe_msg_sent_event", "user_authorization_revoke", "0", "-1", "1790000000", "", "qrscene_"]
names = st.sampled_from([*NAMES, *PARTS])
words = st.sampled_from([*TYPES, *WORDS])
values: st.SearchStrategy[Any] = st.recursive(
    words | st.text(max_size=8) | st.integers() | st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(push=st.dictionaries(names, values, max_size=10))
@settings(max_examples=300, deadline=None)
def test_any_json_object_is_heard_or_a_value_error(push: dict[str, Any]) -> None:
    body = json.dumps(push).encode()
    with suppress(ValueError):
        said = hear(body, NOW)
        assert said
        assert all(s.key and s.at > 0 for s in said)


@given(body=st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_heard_or_a_value_error(body: bytes) -> None:
    with suppress(ValueError):
        assert hear(body, NOW)
