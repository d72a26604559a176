"""An encrypted WeChat push as it arrives, to what it says: careline beside wechatpy, over the same requests."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Pushes = Sequence[tuple[Mapping[str, str], bytes]]

TOKEN = "benchToken42"  # noqa: S105 - these sign nothing but what is made here
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx5f1c0d8e3b7a4926"
RECEIVED_AT = 1_790_000_001_000_000

_ACCOUNT = "gh_0123456789ab"
_TEXT = "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好，我的订单 {n} 什么时候发货？]]></Content><MsgId>{id}</MsgId>"
_KINDS = (
    *(_TEXT, _TEXT, _TEXT, _TEXT),
    "<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[http://mmbiz.example/{n}/0]]></PicUrl>"
    "<MsgId>{id}</MsgId><MediaId><![CDATA[media-{n}]]></MediaId>",
    "<MsgType><![CDATA[location]]></MsgType><Location_X>31.230416</Location_X><Location_Y>121.473701</Location_Y>"
    "<Scale>15</Scale><Label><![CDATA[上海市黄浦区]]></Label><MsgId>{id}</MsgId>",
    "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_shop{n}]]></EventKey>"
    "<Ticket><![CDATA[ticket-{n}]]></Ticket>",
    "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[ORDERS]]></EventKey>",
)


def payloads(n: int) -> list[tuple[dict[str, str], bytes]]:
    """``n`` pushes in safe mode, query and body: four texts, a photo, a place, a follow and a tap, in turn."""
    return [_push(_message(number)) for number in range(n)]


def ours(pushes: Pushes) -> int:
    """Check, open and hear every push; how many things were heard."""
    from careline.channels.ports import Push
    from careline.channels.wechat.webhook import WeChatWebhook
    from careline.model import Channel

    webhook = WeChatWebhook(Channel(name="shop-cn", kind="wechat", account_id=APP_ID))
    secrets = {"token": TOKEN, "encoding_aes_key": KEY}
    heard = 0
    for query, body in pushes:
        reply = webhook.answer(Push("POST", query, {}, body), secrets, RECEIVED_AT)
        if reply.keep is not None:
            heard += len(webhook.hear(reply.keep, RECEIVED_AT))
    return heard


def peer(pushes: Pushes) -> int:
    """The same with wechatpy's own two calls; how many messages they gave."""
    from wechatpy import parse_message
    from wechatpy.crypto import WeChatCrypto

    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
    heard = 0
    for query, body in pushes:
        message = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        heard += parse_message(message) is not None
    return heard


def _message(number: int) -> bytes:
    said = _KINDS[number % len(_KINDS)].format(n=number, id=23_456_789_012_300_000 + number)
    return (
        f"<xml><ToUserName><![CDATA[{_ACCOUNT}]]></ToUserName>\n"
        f"<FromUserName><![CDATA[oBench{number % 2000:022d}]]></FromUserName>\n"
        f"<CreateTime>{1_790_000_000 + number // 100}</CreateTime>\n{said}</xml>"
    ).encode()


def _push(message: bytes) -> tuple[dict[str, str], bytes]:
    timestamp, nonce, encrypted = "1790000000", "518283042", _encrypted(message)
    query = {
        "signature": _sha1(TOKEN, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": _sha1(TOKEN, timestamp, nonce, encrypted),
    }
    body = f"<xml><ToUserName><![CDATA[{_ACCOUNT}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return query, body.encode()


def _encrypted(message: bytes) -> str:
    key = base64.b64decode(KEY + "=")
    plain = b"0123456789abcdef" + len(message).to_bytes(4, "big") + message + APP_ID.encode()
    count = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([count]) * count)).decode()


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
