"""What the items of sync_msg say, in the shapes that WeCom publishes and in those that real pages hold besides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careline.channels.wecom.hear import hear_item
from careline.errors import Exit
from careline.heard import HeardAct, HeardEcho, HeardMessage, HeardNotice, HeardStatus, Who
from careline.model import Media

NOW = 1_790_000_999 * 10**6
AT = 1_790_000_000 * 10**6
LIWEI = Who("wkShop/wmLiwei", "wecom_external", person="wmLiwei")


def item(type: str, body: Any, **more: Any) -> dict[str, Any]:
    return {
        "msgid": "id1",
        "open_kfid": "wkShop",
        "external_userid": "wmLiwei",
        "send_time": 1_790_000_000,
        "origin": 3,
        "msgtype": type,
        type: body,
    } | more


def event(type: str, **fields: Any) -> dict[str, Any]:
    about = {"event_type": type, "open_kfid": "wkShop", "external_userid": "wmLiwei"}
    return {"msgid": "id1", "send_time": 1_790_000_000, "origin": 4, "msgtype": "event", "event": about | fields}


def message(row: Any) -> HeardMessage:
    heard = hear_item(row, "wkShop", NOW)
    assert isinstance(heard, HeardMessage)
    return heard


def act(row: Any) -> HeardAct:
    heard = hear_item(row, "wkShop", NOW)
    assert isinstance(heard, HeardAct)
    return heard


MERGED = {
    "title": "聊天记录",
    "item": [
        {"sender_name": "李伟", "msgtype": "text", "msg_content": json.dumps({"msgtype": "text", "text": {"content": "在吗"}})},
        {"sender_name": "客服", "msgtype": "image", "msg_content": "no JSON at all"},
        "nothing",
    ],
}
SAYS: list[tuple[str, Any, str, str]] = [
    ("text", {"content": " 你好 \n"}, "text", " 你好 \n"),
    (
        "location",
        {"latitude": 39.9, "longitude": "116.4", "name": "天安门", "address": "北京"},
        "location",
        "天安门 北京 39.9,116.4",
    ),
    ("link", {"title": "T", "desc": "D", "url": "https://a", "pic_url": "https://b"}, "link", "T\nD\nhttps://a"),
    ("business_card", {"userid": "mei"}, "business_card", "mei"),
    ("miniprogram", {"title": "T", "appid": "wx1", "pagepath": "p", "thumb_media_id": "m"}, "miniprogram", "T\nwx1\np"),
    ("msgmenu", {"head_content": "H", "list": [], "tail_content": "E"}, "msgmenu", "H\nE"),
    (
        "channels_shop_product",
        {"product_id": "1", "title": "鞋", "sales_price": "9900"},
        "channels_shop_product",
        "鞋\n9900\n1",
    ),
    ("channels_shop_order", {"order_id": "5", "product_titles": "鞋", "state": "已付"}, "channels_shop_order", "鞋\n已付\n5"),
    ("channels", {"sub_type": 1, "nickname": "N", "title": "T"}, "channels", "N\nT"),
    ("merged_msg", MERGED, "merged_msg", "聊天记录\n李伟: 在吗\n客服: [image]\n[message]"),
    ("meeting", {}, "meeting", ""),
    ("schedule", {}, "schedule", ""),
    ("note", {}, "note", ""),
    ("hologram", {"x": 1}, "unsupported", ""),
]


@pytest.mark.parametrize(("type", "body", "kind", "text"), SAYS, ids=[one[0] for one in SAYS])
def test_each_type_is_heard_and_kept_whole(type: str, body: Any, kind: str, text: str) -> None:
    row = item(type, body)
    heard = message(row)
    assert (heard.kind, heard.text, heard.who, heard.at, heard.id) == (kind, text, LIWEI, AT, "id1")
    assert json.loads(heard.raw) == row


@pytest.mark.parametrize(("type", "kind"), [("image", "image"), ("voice", "audio"), ("video", "video"), ("file", "document")])
def test_a_file_is_known_by_its_media_id(type: str, kind: str) -> None:
    heard = message(item(type, {"media_id": "m1"}))
    assert heard.kind == kind
    assert heard.media == Media(id="m1", mime="audio/amr" if kind == "audio" else "")


def test_a_tapped_item_of_a_menu_is_a_message_that_names_it() -> None:
    heard = message(item("text", {"content": "退货", "menu_id": "return"}))
    assert (heard.text, heard.action, heard.act) == ("退货", "return", "message")


def test_what_a_servicer_wrote_is_ours_and_says_who() -> None:
    heard = hear_item(item("text", {"content": "马上"}, origin=5, servicer_userid="mei"), "wkShop", NOW)
    assert isinstance(heard, HeardEcho)
    assert (heard.by, heard.text, heard.who) == ("mei", "马上", LIWEI)


def test_an_old_item_with_a_servicer_and_origin_3_is_the_customers() -> None:
    assert message(item("text", {"content": "x"}, servicer_userid="mei")).who == LIWEI


def test_an_item_without_id_time_account_or_body_is_kept_on_the_account_of_its_page() -> None:
    heard = message({"external_userid": "wmLiwei", "msgtype": "text"})
    assert (heard.who.handle, heard.at, heard.clock, heard.id, heard.text) == ("wkShop/wmLiwei", NOW, "received", "", "")
    assert message({"msgtype": "text", "text": {"content": "x"}}).who.kind == "anonymous"


def test_fourteen_items_with_one_id_have_fourteen_keys_and_each_the_same_again() -> None:
    rows = [item("text", {"content": str(n)}) for n in range(14)]
    assert len({message(row).key for row in rows}) == 14
    assert message(rows[0]).key == message(dict(reversed(rows[0].items()))).key


def test_one_who_writes_to_two_accounts_has_two_handles_and_is_one_person() -> None:
    one, other = (message(item("text", {"content": "x"}, open_kfid=id)).who for id in ("wkA", "wkB"))
    assert (one.handle, other.handle) == ("wkA/wmLiwei", "wkB/wmLiwei")
    assert one.person == other.person == "wmLiwei"


def test_entering_by_a_link_names_its_scene_and_opens_no_window() -> None:
    heard = act(event("enter_session", scene="shop-012", scene_param="a=1", welcome_code="c"))
    assert (heard.kind, heard.scene, heard.ticket, heard.value, heard.opens) == ("enter", "shop-012", "wkShop", "a=1", "")
    bare = act(event("enter_session", scene=""))
    assert (bare.scene, bare.ticket, bare.value) == ("", "", "")


@pytest.mark.parametrize(
    ("type", "kind", "value"),
    [
        (1, "desk_opened", "mei"),
        ("2", "desk_moved", "mei"),
        (3, "desk_closed", ""),
        (4, "desk_reopened", "mei"),
        (9, "desk_changed", "mei"),
    ],
)
def test_a_session_that_changes_hands_says_who_has_it(type: Any, kind: str, value: str) -> None:
    heard = act(event("session_status_change", change_type=type, old_servicer_userid="chen", new_servicer_userid="mei"))
    assert (heard.kind, heard.value) == (kind, value)
    assert act(event("session_status_change", change_type=type)).kind == kind  # without any servicer


def test_recalls_say_which_message() -> None:
    assert act(event("user_recall_msg", recall_msgid="id7")).kind == "recall"
    taken_back = act(event("servicer_recall_msg", recall_msgid="id7", servicer_userid="mei"))
    assert (taken_back.kind, taken_back.value) == ("desk_recall", "id7")


@pytest.mark.parametrize(
    ("fail_type", "code", "exit"),
    [
        (0, "refused", Exit.REFUSED),
        (1, "unknown_account", Exit.REFUSED),
        (2, "not_granted", Exit.REFUSED),
        (4, "window_closed", Exit.OUTSIDE_WINDOW),
        (5, "session_held", Exit.OUTSIDE_WINDOW),
        ("6", "quota_used", Exit.OUTSIDE_WINDOW),
        (7, "not_granted", Exit.REFUSED),
        (8, "not_granted", Exit.REFUSED),
        (9, "not_granted", Exit.REFUSED),
        (10, "blocked", Exit.REFUSED),
        (99, "refused", Exit.REFUSED),
        (None, "refused", Exit.REFUSED),
    ],
)
def test_a_message_that_did_not_arrive_says_why_and_whose_it_was(fail_type: Any, code: str, exit: Exit) -> None:
    heard = hear_item(event("msg_send_fail", fail_msgid="m12-0a1b2c3d", fail_type=fail_type), "wkShop", NOW)
    assert isinstance(heard, HeardStatus)
    assert (heard.id, heard.state, heard.ours) == ("m12-0a1b2c3d", "failed", "m12@0a1b2c3d")
    assert heard.error is not None
    assert (heard.error.code, heard.error.exit) == (code, exit)


def test_a_servicer_who_comes_and_goes_is_news_of_the_account() -> None:
    row = {"msgtype": "event", "event": {"event_type": "servicer_status_change", "servicer_userid": "mei", "status": 2}}
    heard = hear_item(row, "wkShop", NOW)
    assert isinstance(heard, HeardNotice)
    assert heard.summary == "servicer mei receives no customers"


def test_an_unknown_event_belongs_to_whom_it_names() -> None:
    assert act(event("Sneezed")).kind == "sneezed"
    assert isinstance(hear_item({"msgtype": "event", "event": {"event_type": "x"}}, "wkShop", NOW), HeardNotice)
    assert isinstance(hear_item({"msgtype": "event"}, "wkShop", NOW), HeardNotice)
    assert act(event("reject_customer_msg_switch_change", reject_switch=1, servicer_userid="mei")).kind == "desk_refuses"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "msgid",
    "open_kfid",
    "external_userid",
    "send_time",
    "origin",
    "msgtype",
    "text",
    "event",
    "merged_msg",
    "servicer_userid",
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_no_item_whatever_it_holds_stops_a_page(row: Any) -> None:
    heard = hear_item(row, "wkShop", NOW)
    assert heard.key
    assert isinstance(heard, HeardMessage | HeardEcho | HeardAct | HeardStatus | HeardNotice)
    assert heard.raw
