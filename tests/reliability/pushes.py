"""Pushes of both platforms to a house of ours, one at a time, with the answer and how long it took."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from typing import Any

from bench import payloads
from bench.house import PATH, House
from careline.events import ChannelRegistered, Entry

TOKEN, AES_KEY, APP_ID = "tokenOfTheTest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxTESTAPPID0000001"


def push(port: int, number: int) -> tuple[int, float]:
    """A WhatsApp message; status and seconds."""
    return post(port, PATH, payloads.text(number))


def post(port: int, path: str, body: bytes) -> tuple[int, float]:
    """Any push; status and seconds."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body, {"X-Hub-Signature-256": payloads.signature(body)})
        return connection.getresponse().status, time.monotonic() - began
    finally:
        connection.close()


def ready(port: int) -> int:
    """What /readyz answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()


def news(**value: Any) -> bytes:
    """A WhatsApp push with these messages or statuses."""
    metadata = {"display_phone_number": "390212345678", "phone_number_id": payloads.NUMBER}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": payloads.ACCOUNT, "changes": [change]}]}
    ).encode()


def open_wechat(house: House) -> None:
    """Give the house a WeChat channel as well, ``brand-cn``."""
    event = ChannelRegistered(name="brand-cn", kind="wechat", account_id=APP_ID, accepts_plain=True)
    entry = Entry(event=event, channel=event.name, occurred_at=house.line.clock.now())
    house.line.store.change(lambda change: change.record([entry]))
    house.env |= {"CARELINE_SECRET_BRAND_CN_TOKEN": TOKEN, "CARELINE_SECRET_BRAND_CN_ENCODING_AES_KEY": AES_KEY}


def push_wechat(port: int, number: int) -> tuple[int, float]:
    """A WeChat message in plain mode; status and seconds."""
    signature = hashlib.sha1("".join(sorted((TOKEN, "1772798400", "nonce42"))).encode()).hexdigest()
    body = (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oLiwei]]></FromUserName><CreateTime>1772798400"
        f"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>{number}</MsgId></xml>"
    )
    return post(port, f"/webhooks/brand-cn?signature={signature}&timestamp=1772798400&nonce=nonce42", body.encode())
