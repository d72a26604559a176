"""What real pushes contain beyond the tidy shapes: accepted without loss, in XML and in JSON, plain and in an envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest
import xmltodict

from careline.channels.wechat.hear import hear
from careline.channels.wechat.webhook import WeChatWebhook
from careline.clock import SECOND
from careline.heard import Heard, HeardAct, HeardMessage, HeardNotice, HeardStatus
from tests.careline.channels.wechat.pushes import (
    ACCOUNT,
    CHANNEL,
    NOW,
    OPENID,
    SECRETS,
    TIMESTAMP,
    encrypted,
    event,
    pushed,
    safe,
    xml,
)
from tests.careline.channels.wechat.test_hear import EVERYTHING

CHECKED = (
    "<CopyrightCheckResult><Count>2</Count><ResultList><item><ArticleIdx>1</ArticleIdx><CanReprint>1</CanReprint></item>"
    "<item><ArticleIdx>2</ArticleIdx></item></ResultList><CheckState>2</CheckState></CopyrightCheckResult>"
)
LISTED = "<ArticleUrlResult><Count>1</Count><ResultList><item><ArticleUrl>u</ArticleUrl></item></ResultList></ArticleUrlResult>"
PUBLISHED = (
    "<PublishEventInfo><publish_id>\n 2247503051 </publish_id><publish_status>2</publish_status>"
    "<article_id>\n  abc\n</article_id><fail_idx>1</fail_idx><fail_idx>2</fail_idx></PublishEventInfo>"
)
GUIDE = (
    "<GuideScanEvent><qrcode_guide_account><![CDATA[guide]]></qrcode_guide_account><openid><![CDATA[o2]]></openid>"
    "<action>1</action><qrcode_info><![CDATA[x]]></qrcode_info></GuideScanEvent>"
)
ROWS: dict[str, tuple[bytes, type, dict[str, Any]]] = {
    "mass, checked": (
        event("MASSSENDJOBFINISH", CHECKED, LISTED, MsgID="1000001625", Status="send success", TotalCount="100"),
        HeardNotice,
        {"summary": "mass message 1000001625: send success; ? of 100 sent, ? failed"},
    ),
    "published, with lists": (
        event("FREEPUBLISHJOBFINISH", PUBLISHED),
        HeardNotice,
        {"summary": "publication 2247503051 ended with status 2"},
    ),
    "a guide's code": (event("guide_qrcode_scan_event", GUIDE), HeardNotice, {"kind": "guide_qrcode_scan_event"}),
    "a member card": (event("submit_membercard_user_info", CardId="p1"), HeardNotice, {"kind": "submit_membercard_user_info"}),
    "a product, later": (event("user_scan_product_async", KeyStr="69"), HeardNotice, {"kind": "user_scan_product_async"}),
    "a product's session": (event("user_scan_product_enter_session"), HeardNotice, {}),
    "a product's check": (event("user_scan_product_verify_action"), HeardNotice, {}),
    "renewal due": (
        event("annual_renew", ExpiredTime="1800000000"),
        HeardNotice,
        {"verify_by_at": 1_800_000_000 * SECOND, "alert": "warning"},
    ),
    "verification over": (
        event("verify_expired", ExpiredTime="1700000000"),
        HeardNotice,
        {"verify_by_at": 1_700_000_000 * SECOND, "alert": "error"},
    ),
    "verified": (
        event("qualification_verify_success", ExpiredTime="1800000000"),
        HeardNotice,
        {"verify_by_at": 1_800_000_000 * SECOND, "alert": ""},
    ),
    "not verified": (
        event("qualification_verify_fail", FailTime="1700000000", FailReason="blurred"),
        HeardNotice,
        {"verify_by_at": None, "alert": "warning"},
    ),
    "over, with no day": (event("verify_expired", ExpiredTime="soon"), HeardNotice, {"verify_by_at": None, "alert": "error"}),
    "an id of nineteen digits": (
        event("TEMPLATESENDJOBFINISH", MsgID="2345678901234567891", Status="failed: system failed"),
        HeardStatus,
        {"id": "2345678901234567891", "state": "failed"},
    ),
    "desk, closed by a number": (event("kf_close_session", KfAccount="mei@shop", CloseType="2"), HeardAct, {}),
    "a page without a menu's number": (event("VIEW", EventKey="https://a.example"), HeardAct, {"kind": "view"}),
    "follow by an image": (event("subscribe", EventKey="scanimage|std|key"), HeardAct, {"kind": "follow", "scene": ""}),
    "unknown": (pushed(MsgType="unknown", MsgId="1"), HeardMessage, {"kind": "unsupported"}),
    "a catalogue of every element": (
        pushed(
            *("<Location_X>1</Location_X>", "<ScanCodeInfo><ScanType>q</ScanType></ScanCodeInfo>", "<PicUrl></PicUrl>"),
            **{"MsgType": "text", "Content": "hi", "Event": "CLICK", "EventKey": "k", "Ticket": "t", "MsgId": "1"},
        ),
        HeardMessage,
        {"kind": "text", "text": "hi", "act": "message"},
    ),
    "a space before the account": (
        xml(
            ToUserName=f" {ACCOUNT}", FromUserName=OPENID, CreateTime=TIMESTAMP, MsgType="text", Content="a", MsgId="1"
        ).encode(),
        HeardMessage,
        {"text": "a"},
    ),
    "a mark left over": (
        pushed("<EventKey>![CDATA[shop]]</EventKey>", MsgType="event", Event="CLICK"),
        HeardAct,
        {"value": "shop"},
    ),
}


@pytest.mark.parametrize(("body", "kind", "told"), ROWS.values(), ids=ROWS.keys())
def test_each_row_is_heard_as_what_it_is(body: bytes, kind: type, told: dict[str, Any]) -> None:
    (said,) = hear(body, NOW)
    assert isinstance(said, kind)
    assert {name: getattr(said, name) for name in told} == told


@pytest.mark.parametrize("body", [*EVERYTHING, *(row[0] for row in ROWS.values())])
def test_what_comes_in_json_says_what_it_says_in_xml(body: bytes) -> None:
    fields = xmltodict.parse(body, strip_whitespace=False)["xml"]
    in_json = json.dumps({name: _filled(value) for name, value in fields.items()}, ensure_ascii=False).encode()
    assert _told(hear(in_json, NOW)) == _told(hear(body, NOW))


@pytest.mark.parametrize("body", [*EVERYTHING, *(row[0] for row in ROWS.values())])
def test_in_an_envelope_it_is_the_same_to_the_byte(body: bytes) -> None:
    reply = WeChatWebhook(CHANNEL).answer(safe(encrypted(body)), SECRETS, NOW)
    assert (reply.status, reply.keep) == (200, body)


def _filled(value: Any) -> Any:
    """Nothing between two tags is an empty text."""
    if isinstance(value, dict):
        return {name: _filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    return "" if value is None else value


def _told(said: list[Heard]) -> list[dict[str, Any]]:
    """All that was heard but the bytes it was heard in."""
    return [
        {name: getattr(one, name) for name in one.__struct_fields__ if name != "raw"} | {"kind": type(one).__name__}
        for one in said
    ]
