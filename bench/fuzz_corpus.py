"""One realistic payload of every kind that the two platforms push, for the fuzzer to spoil."""

from __future__ import annotations

import json
from typing import Any

NUMBER = "106540352242922"
ACCOUNT = "102290129340398"
GH = "gh_0123456789ab"
OPENID = "oFuzz-dEf_0123456789012345678"

_TIME = "1790000000"
_MEDIA = {"id": "1003383421387256", "mime_type": "image/jpeg", "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI="}
_CONTENTS: dict[str, Any] = {
    "text": {"body": "Dov'è il mio ordine? 你好 🙂"},
    "image": _MEDIA | {"caption": "rotto", "url": "https://lookaside.example/1003"},
    "video": _MEDIA | {"mime_type": "video/mp4"},
    "sticker": _MEDIA | {"mime_type": "image/webp", "animated": True},
    "audio": _MEDIA | {"mime_type": "audio/ogg; codecs=opus", "voice": True},
    "document": _MEDIA | {"mime_type": "application/pdf", "filename": "fattura.pdf", "file_size": 482113},
    "location": {"latitude": 41.9028, "longitude": 12.4964, "name": "Casa", "address": "Via Roma 1"},
    "contacts": [{"name": {"formatted_name": "Ugo Neri"}, "phones": [{"phone": "+39 333 7654321", "type": "CELL"}]}],
    "reaction": {"message_id": "wamid.HBgMMzkzMzM=", "emoji": "👍"},
    "button": {"text": "Sì", "payload": "yes"},
    "interactive": {"type": "list_reply", "list_reply": {"id": "r1", "title": "Resi", "description": "entro 14 giorni"}},
    "order": {
        "catalog_id": "7",
        "text": "ok",
        "product_items": [{"product_retailer_id": "a", "quantity": 2, "item_price": 9.9}],
    },
    "system": {"body": "changed", "wa_id": "393331234568", "type": "user_changed_number"},
    "edit": {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "nuovo"}}},
    "revoke": {"original_message_id": "wamid.1"},
    "unsupported": {"type": "poll"},
}
_CONVERSATION = {"id": "c1", "expiration_timestamp": _TIME, "origin": {"type": "service"}}
_STATUSES: list[dict[str, Any]] = [
    {"id": "wamid.o1", "status": "sent", "timestamp": _TIME, "recipient_id": "393331234567", "conversation": _CONVERSATION},
    {"id": "wamid.o1", "status": "read", "timestamp": _TIME, "biz_opaque_callback_data": "m12@5f1c0d8e"},
    {
        "id": "wamid.o2",
        "status": "failed",
        "timestamp": _TIME,
        "errors": [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours have passed"}}],
    },
]
_NEWS: dict[str, Any] = {
    "message_template_status_update": {
        "event": "REJECTED",
        "message_template_id": 594425479261596,
        "message_template_name": "order_shipped",
        "message_template_language": "it",
        "reason": "INVALID_FORMAT",
        "other_info": {"description": "a variable stands at the end"},
    },
    "message_template_quality_update": {
        "previous_quality_score": "GREEN",
        "new_quality_score": "YELLOW",
        "message_template_id": 594425479261596,
        "message_template_name": "order_shipped",
        "message_template_language": "it",
    },
    "account_update": {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_ADD"}]},
    "phone_number_quality_update": {"display_phone_number": "39021234567", "event": "FLAGGED", "current_limit": "TIER_1K"},
    "user_preferences": {"user_preferences": [{"wa_id": "393331234567", "value": "stop", "timestamp": 1790000000}]},
}

_MESSAGES: dict[str, dict[str, str]] = {
    "text": {"Content": "你好，订单在哪里？ <3 & 谢谢"},
    "image": {"PicUrl": "http://mmbiz.example/1/0", "MediaId": "media-1"},
    "voice": {"MediaId": "media-2", "Format": "amr", "Recognition": "你好", "MediaId16K": "media-2k"},
    "video": {"MediaId": "media-3", "ThumbMediaId": "thumb-3"},
    "location": {"Location_X": "31.230416", "Location_Y": "121.473701", "Scale": "15", "Label": "上海市黄浦区"},
    "link": {"Title": "Un articolo", "Description": "di noi", "Url": "https://shop.example/a"},
    "hologram": {"Depth": "3"},
}
_EVENTS: dict[str, str] = {
    "subscribe": "<EventKey><![CDATA[qrscene_shop]]></EventKey><Ticket><![CDATA[ticket]]></Ticket>",
    "unsubscribe": "<EventKey></EventKey>",
    "SCAN": "<EventKey><![CDATA[shop]]></EventKey><Ticket><![CDATA[ticket]]></Ticket>",
    "CLICK": "<EventKey><![CDATA[ORDERS]]></EventKey>",
    "VIEW": "<EventKey><![CDATA[https://shop.example/?a=1&b=2]]></EventKey><MenuId>434126</MenuId>",
    "LOCATION": "<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>",
    "location_select": "<EventKey>6</EventKey><SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y>"
    "<Scale>15</Scale><Label>x</Label><Poiname></Poiname></SendLocationInfo>",
    "pic_weixin": "<EventKey>7</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>aa</PicMd5Sum></item>"
    "<item><PicMd5Sum>bb</PicMd5Sum></item></PicList></SendPicsInfo>",
    "TEMPLATESENDJOBFINISH": "<MsgID>200163836</MsgID><Status><![CDATA[failed:user block]]></Status>",
    "MASSSENDJOBFINISH": "<MsgID>1000001625</MsgID><Status><![CDATA[send success]]></Status><TotalCount>100</TotalCount>"
    "<SentCount>75</SentCount><ErrorCount>5</ErrorCount>",
    "subscribe_msg_sent_event": "<SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>1700827132819554304</MsgID>"
    "<ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>",
    "user_pay_from_pay_cell": "<TransId>4200000042</TransId>",
    "kf_create_session": "<KfAccount><![CDATA[desk@shop]]></KfAccount>",
    "naming_verify_success": "<ExpiredTime>1442401061</ExpiredTime>",
    "user_authorization_revoke": "<OpenID>oFuzz</OpenID><RevokeInfo>1</RevokeInfo>",
    "a_new_event": "<Anything><Deep><Deeper>1</Deeper></Deep></Anything>",
}


def whatsapp() -> list[bytes]:
    """Webhook bodies of Meta's, each of one kind, as Python writes JSON: escaped or not, in turn."""
    values: list[tuple[str, Any]] = [("messages", _messages(_message(kind, content))) for kind, content in _CONTENTS.items()]
    values.append(("messages", _messages(*(_message(kind, content) for kind, content in _CONTENTS.items()))))
    values += [("messages", _value(statuses=[status])) for status in _STATUSES]
    values.append(("messages", _value(statuses=_STATUSES, errors=[{"code": 130429, "title": "Rate limit hit"}])))
    values += list(_NEWS.items())
    return [json.dumps(_body(field, value), ensure_ascii=n % 2 == 0).encode() for n, (field, value) in enumerate(values)]


def wechat() -> list[bytes]:
    """WeChat's messages and events, each of one kind; the last two in JSON."""
    messages = [
        _push(f"<MsgType><![CDATA[{kind}]]></MsgType>{_elements(parts)}<MsgId>2345678901234567{n}</MsgId>")
        for n, (kind, parts) in enumerate(_MESSAGES.items())
    ]
    events = [
        _push(f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{parts}")
        for name, parts in _EVENTS.items()
    ]
    common = {"ToUserName": GH, "FromUserName": OPENID, "CreateTime": 1790000000}
    rows = [{"TemplateId": "t", "SubscribeStatusString": "accept", "PopupScene": "2"}] * 2
    in_json = [
        common | {"MsgType": "text", "Content": "你好 \\u0000 \\", "MsgId": 2345678901234567890},
        common | {"MsgType": "event", "Event": "subscribe_msg_popup_event", "List": rows},
    ]
    return [*messages, *events, *(json.dumps(push, ensure_ascii=False).encode() for push in in_json)]


def _message(kind: str, content: Any) -> dict[str, Any]:
    context = {"context": {"from": "39021234567", "id": "wamid.o1"}} if kind in ("button", "interactive", "text") else {}
    return {"from": "393331234567", "id": f"wamid.in.{kind}", "timestamp": _TIME, "type": kind, kind: content} | context


def _messages(*items: dict[str, Any]) -> dict[str, Any]:
    contact = {
        "profile": {"name": "Anna Rossi 🙂", "username": "@anna"},
        "wa_id": "393331234567",
        "user_id": "IT.8842017745310926",
    }
    return _value(contacts=[contact], messages=list(items))


def _value(**news: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "39021234567", "phone_number_id": NUMBER}
    return {"messaging_product": "whatsapp", "metadata": metadata, **news}


def _body(field: str, value: Any) -> dict[str, Any]:
    entry = {"id": ACCOUNT, "time": 1790000000, "changes": [{"field": field, "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _push(inner: str) -> bytes:
    return (
        f"<xml>{_elements({'ToUserName': GH, 'FromUserName': OPENID})}<CreateTime>{_TIME}</CreateTime>\n{inner}</xml>".encode()
    )


def _elements(parts: dict[str, str]) -> str:
    return "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in parts.items())
