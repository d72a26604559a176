"""WeChat's pushes: the console's check of a server, then XML or JSON in its mode, three tries of five seconds.

Who does not answer in time is hung up on, and called again at once: the first handler may still be at work then.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from careline.sandbox import account, chance
from careline.sandbox.crypto import encrypt, wechat_signature
from careline.sandbox.phone import Bubble
from careline.sandbox.push import Delivery, is_loopback
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import handing, replies, xml
from careline.sandbox.wechat.state import Console, WeChatCustomer
from careline.sandbox.world import digits

TRIES = 3
MODES = ("plain", "compatible", "safe")


class NotVerified(Exception):
    """The console does not take this configuration."""


async def paste(sandbox: Sandbox, console: Console) -> None:
    """Save the server configuration, if the server proves that it knows the token. Raises NotVerified."""
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", console.token):
        raise NotVerified("the token must have 3 to 32 letters and digits.")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", console.encoding_aes_key):
        raise NotVerified("the EncodingAESKey must have 43 letters and digits.")
    if console.mode not in MODES:
        raise NotVerified(f"the mode must be one of {', '.join(MODES)}.")
    if not is_loopback(console.url):
        raise NotVerified("the sandbox calls addresses of this machine only, such as http://127.0.0.1:8080/….")
    echo = digits(19)
    asked = _signed(sandbox, console) | {"echostr": echo}
    attempt, body = await sandbox.courier.get(console.url, asked, sandbox.world.settings.wechat_wait_s)
    if attempt.error:
        raise NotVerified(f"{console.url} does not answer: {attempt.error}.")
    if attempt.status != 200:
        raise NotVerified(f"{console.url} answered {attempt.status} to the check of the token.")
    if body != echo.encode():
        raise NotVerified(f"{console.url} did not give the echostr back as it stands.")
    sandbox.world.wechat.console = console


async def push(sandbox: Sandbox, console: Console, customer: WeChatCustomer, what: str, fields: Mapping[str, Any]) -> Delivery:
    """Push one message or event. Without a valid answer the customer is told that the service is out of order."""
    common: dict[str, Any] = {
        "ToUserName": account.WECHAT_USERNAME,
        "FromUserName": customer.openid,
        "CreateTime": sandbox.now() // 1_000_000,
    }
    content = _written(sandbox, common | dict(fields))
    delivery = Delivery(what, console.url)
    sandbox.courier.deliveries.append(delivery)
    await asyncio.sleep(sandbox.world.settings.late_s)
    for _ in range(TRIES):
        reply = await _try(sandbox, console, customer, delivery, content)
        if reply is not None:
            _take_reply(sandbox, console, customer, delivery, reply, event=fields.get("MsgType") == "event")
            break
    copies = sandbox.world.settings.duplicate
    await asyncio.gather(*(_try(sandbox, console, customer, delivery, content) for _ in range(copies)))
    if not delivery.arrived:
        customer.faults_shown += 1
    return delivery


def sealed(sandbox: Sandbox, console: Console, openid: str, content: bytes) -> tuple[dict[str, str], bytes]:
    """The query and body that carry ``content`` in the console's mode, signed anew."""
    query = _signed(sandbox, console) | {"openid": openid}
    if console.mode == "plain":
        return query, content
    encrypted = encrypt(console.encoding_aes_key, account.WECHAT_APP_ID, content)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = wechat_signature(console.token, query["timestamp"], query["nonce"], encrypted)
    if console.mode == "safe":
        return query, _written(sandbox, {"ToUserName": account.WECHAT_USERNAME, "Encrypt": encrypted})
    if content.startswith(b"{"):
        return query, _written(sandbox, json.loads(content) | {"Encrypt": encrypted})
    extra = xml.written({"Encrypt": encrypted}).removeprefix(b"<xml>")
    return query, content.removesuffix(b"</xml>") + extra


async def _try(
    sandbox: Sandbox, console: Console, customer: WeChatCustomer, delivery: Delivery, content: bytes
) -> bytes | None:
    """One attempt, signed anew: the body of a 200, or None."""
    query, body = sealed(sandbox, console, customer.openid, content)
    wait = sandbox.world.settings.wechat_wait_s
    mime = "application/json" if body.startswith(b"{") else "text/xml"
    attempt, reply = await sandbox.courier.post(console.url, body, {"content-type": mime}, wait, params=query)
    delivery.tries.append(attempt)
    return reply if attempt.status == 200 else None


def _written(sandbox: Sandbox, fields: Mapping[str, Any]) -> bytes:
    """The fields in the format of the account. In JSON the wrapper around ``List`` is missing, and its scalars are text."""
    if sandbox.world.settings.wechat_format == "xml":
        return xml.written(fields)
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat |= value if isinstance(value, Mapping) and "List" in value else {name: value}
    if "List" in flat:
        flat = {name: value if isinstance(value, list | Mapping) else str(value) for name, value in flat.items()}
    return json.dumps(flat, ensure_ascii=False).encode()


def _signed(sandbox: Sandbox, console: Console) -> dict[str, str]:
    timestamp, nonce = str(sandbox.now() // 1_000_000), digits(9)
    return {
        "signature": wechat_signature(console.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
    }


def _take_reply(
    sandbox: Sandbox, console: Console, customer: WeChatCustomer, delivery: Delivery, reply: bytes, *, event: bool
) -> None:
    """Empty and ``success`` say nothing; a passive reply goes to the customer; anything else is a fault."""
    if reply.strip() in (b"", b"success"):
        delivery.arrived = True
        return
    try:
        found = replies.read(console, reply)
        kind, text = replies.understood(found, customer, event=event)
    except ValueError as error:
        delivery.tries[-1].error = str(error)
        return
    delivery.arrived = True
    delivery.reply = text
    if kind == "transfer_customer_service":
        handing.transfer(sandbox, customer, text)
        delivery.reply = ""
        return
    now = sandbox.now()
    customer.messages.append(Bubble(chance.token_hex(8), "out", now, f"passive {kind}", delivery.reply, "delivered"))
