"""WeChat's side of a push: signing, and encrypting as its published format says, right or deliberately wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from careline.channels.ports import Push
from careline.model import Channel

TOKEN = "carelineTok3n"
KEY = "qd7ExDAQy93awVAsLI/hcc7qqG7OSZgNceYZeM5uT9A"
OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wxTESTAPPID0000001"
OPENID = "oAbC-dEf_0123456789012345678"
ACCOUNT = "gh_0123456789ab"
TIMESTAMP = "1790000000"
NONCE = "nonce42"
NOW = 1_790_000_001_000_000

SECRETS: Mapping[str, str] = {"token": TOKEN, "encoding_aes_key": KEY, "app_secret": "never-needed-here"}
CHANNEL = Channel(name="shop-cn", kind="wechat", account_id=APP_ID, accepts_plain=True)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def xml(*parts: str, **elements: str) -> str:
    """A push with WeChat's way of writing: text in CDATA. ``parts`` are elements ready made."""
    return (
        "<xml>" + "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in elements.items()) + "".join(parts) + "</xml>"
    )


def pushed(*parts: str, **elements: str) -> bytes:
    """A push of our sample customer to our sample account."""
    common = {"ToUserName": ACCOUNT, "FromUserName": OPENID, "CreateTime": TIMESTAMP}
    return xml(*parts, **{**common, **elements}).encode()


def event(name: str, *parts: str, **elements: str) -> bytes:
    return pushed(*parts, MsgType="event", Event=name, **elements)


def text(content: str, id: str = "23456789012345678") -> bytes:
    return pushed(MsgType="text", Content=content, MsgId=id)


def query(**more: str) -> dict[str, str]:
    return {"signature": sha1(TOKEN, TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE, "openid": OPENID} | more


def post(body: bytes, **more: str) -> Push:
    return Push(method="POST", query=query(**more), headers={"content-type": "text/xml"}, body=body)


def padded(plain: bytes) -> bytes:
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def framed(message: bytes, app_id: str = APP_ID, *, length: int | None = None) -> bytes:
    size = len(message) if length is None else length
    return b"0123456789abcdef" + size.to_bytes(4, "big") + message + app_id.encode()


def ciphered(plain: bytes, key: str = KEY) -> str:
    """AES-256-CBC without any padding of its own, in base64."""
    raw = base64.b64decode(key + "=")
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def encrypted(message: bytes, *, key: str = KEY, app_id: str = APP_ID) -> str:
    return ciphered(padded(framed(message, app_id)), key)


def safe(encrypt: str, *, outer: str = "", **more: str) -> Push:
    """A push in safe mode; with ``outer``, plain elements beside it, in compatible mode."""
    body = f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>{outer}<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    signed = {"encrypt_type": "aes", "msg_signature": sha1(TOKEN, TIMESTAMP, NONCE, encrypt)}
    return post(body.encode(), **(signed | more))
