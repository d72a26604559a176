"""WeCom's callback: the check of the address, and nudges, always encrypted, three tries of five seconds."""

from __future__ import annotations

import re

from careline.sandbox import account, chance
from careline.sandbox.crypto import encrypt, wechat_signature
from careline.sandbox.push import Delivery, is_loopback
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.state import Account, Console, NudgeToken
from careline.sandbox.world import digits

SECOND = 1_000_000
TRIES = 3
TOKEN_LIFE = 600 * SECOND
CHECK_S = 1.0  # for the echo


class NotVerified(Exception):
    """The page does not take this configuration."""


async def paste(sandbox: Sandbox, console: Console) -> None:
    """Save the callback, if whoever answers there can read the encrypted echo. Raises NotVerified."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", console.token):
        raise NotVerified("the token must have at most 32 letters and digits.")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", console.encoding_aes_key):
        raise NotVerified("the EncodingAESKey must have 43 letters and digits.")
    if not is_loopback(console.url):
        raise NotVerified("the sandbox calls addresses of this machine only, such as http://127.0.0.1:8080/….")
    echo = digits(19)
    encrypted = encrypt(console.encoding_aes_key, account.WECOM_CORP_ID, echo.encode())
    asked = signed(sandbox, console, encrypted) | {"echostr": encrypted}
    attempt, body = await sandbox.courier.get(console.url, asked, CHECK_S)
    if attempt.error:
        raise NotVerified(f"{console.url} does not answer: {attempt.error}.")
    if attempt.status != 200:
        raise NotVerified(f"{console.url} answered {attempt.status} to the check of the address.")
    if body != echo.encode():
        raise NotVerified(f"{console.url} did not answer with the echo in the clear.")
    sandbox.world.wecom.console = console


def signed(sandbox: Sandbox, console: Console, encrypted: str) -> dict[str, str]:
    """The query that carries an encrypted text: ``msg_signature`` over it, and no ``signature``."""
    timestamp, nonce = str(sandbox.now() // SECOND), digits(9)
    return {
        "msg_signature": wechat_signature(console.token, timestamp, nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
    }


async def nudge(sandbox: Sandbox, account: Account) -> Delivery:
    """Say that there is something to pull from an account, with a token for pulling it."""
    token = f"ENC{chance.token_urlsafe(30)}"
    company, now = sandbox.world.wecom, sandbox.now()
    company.nudges = {one: kept for one, kept in company.nudges.items() if now < kept.ends_at}
    company.nudges[token] = NudgeToken(account.id, now + TOKEN_LIFE)
    fields = f"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[{token}]]></Token>"
    return await push(sandbox, "nudge", f"{fields}<OpenKfId><![CDATA[{account.id}]]></OpenKfId>")


async def push(sandbox: Sandbox, what: str, fields: str, sender: str = "") -> Delivery:
    """Push one event of these fields, in XML, to the callback."""
    console = sandbox.world.wecom.console
    assert console is not None
    corp, at = account.WECOM_CORP_ID, sandbox.now() // SECOND
    by = f"<FromUserName><![CDATA[{sender}]]></FromUserName>" if sender else ""
    inner = (
        f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName>{by}<CreateTime>{at}</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType>{fields}</xml>"
    )
    delivery = Delivery(what, console.url)
    sandbox.courier.deliveries.append(delivery)
    for _ in range(TRIES + sandbox.world.settings.duplicate):
        encrypted = encrypt(console.encoding_aes_key, corp, inner.encode())
        body = (
            f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            "<AgentID><![CDATA[1000002]]></AgentID></xml>"
        )
        query, wait = signed(sandbox, console, encrypted), sandbox.world.settings.wechat_wait_s
        attempt, _ = await sandbox.courier.post(console.url, body.encode(), {"content-type": "text/xml"}, wait, params=query)
        delivery.tries.append(attempt)
        delivery.arrived = delivery.arrived or attempt.status == 200
        if delivery.arrived and len(delivery.tries) > sandbox.world.settings.duplicate:
            break
    return delivery
