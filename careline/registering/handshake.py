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
    params = (
        _wechat(challenge, secrets["token"], now) if channel.kind == "wechat" else _meta(challenge, secrets["verify_token"])
    )
    hidden = ("hub.verify_token", "signature")
    answer = await exchange(http, "GET", f"/webhooks/{channel.name}", params=params, secret_params=hidden, may_change=False)
    return answer.status_code, answer.content == challenge.encode()


def _meta(challenge: str, verify_token: str) -> dict[str, str]:
    return {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}


def _wechat(challenge: str, token: str, now: int) -> dict[str, str]:
    from careline.channels.tencent.crypto import signature

    timestamp, nonce = str(now // SECOND), str(random.randbelow(10**10))
    signed = signature(token, timestamp, nonce)
    return {"signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": challenge}
