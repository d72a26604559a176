"""The handshake that a platform makes with a webhook's address, made by ourselves: does somebody of ours answer there?"""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from careline.clock import SECOND
from careline.http import exchange
from careline.model import Channel

if TYPE_CHECKING:
    import httpx


async def shake(http: httpx.AsyncClient, channel: Channel, secrets: Mapping[str, str], now: int) -> tuple[int, bool]:
    """The status of the channel's public address, and whether it gave the challenge back. Raises NotSent without an answer.

    ``http`` is a client of the public address.
    """
    challenge = str(random.randbelow(10**10))
    if channel.kind == "wecom":
        params = _wecom(challenge, channel.account_id, secrets, now)
    elif channel.kind == "wechat":
        params = _wechat(challenge, secrets["token"], now)
    else:
        params = _meta(challenge, secrets["verify_token"])
    hidden = ("hub.verify_token", "signature", "msg_signature")
    answer = await exchange(http, "GET", f"/webhooks/{channel.name}", params=params, secret_params=hidden, may_change=False)
    return answer.status_code, answer.content == challenge.encode()


def _meta(challenge: str, verify_token: str) -> dict[str, str]:
    return {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}


def _wechat(challenge: str, token: str, now: int) -> dict[str, str]:
    from careline.channels.tencent.crypto import signature

    timestamp, nonce = str(now // SECOND), str(random.randbelow(10**10))
    signed = signature(token, timestamp, nonce)
    return {"signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": challenge}


def _wecom(challenge: str, corp_id: str, secrets: Mapping[str, str], now: int) -> dict[str, str]:
    from careline.channels.tencent.crypto import BizMsgCrypt

    timestamp, nonce = str(now // SECOND), str(random.randbelow(10**10))
    crypt = BizMsgCrypt(secrets["token"], (secrets["encoding_aes_key"],), corp_id)
    encrypted, signed = crypt.seal(challenge.encode(), timestamp, nonce)
    return {"msg_signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": encrypted}
