"""What WeChat tells of the account itself: verification that succeeded, failed, must be renewed, or ended."""

from __future__ import annotations

import msgspec

from careline.sandbox import account
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import push
from careline.sandbox.wechat.state import WeChatCustomer

FAILED = ("qualification_verify_fail", "naming_verify_fail")
EVENTS = ("qualification_verify_success", "naming_verify_success", "annual_renew", "verify_expired", *FAILED)


async def tell(sandbox: Sandbox, asked: Json) -> Json:
    """Push one of ``EVENTS``. ``seconds`` is when verification ends, or failed for ``reason``."""
    console, event = sandbox.world.wechat.console, asked.get("event")
    if console is None:
        raise Impossible("WeChat's console has no server address yet.", "careline sandbox paste CHANNEL")
    if event not in EVENTS:
        raise Impossible(f"There is no such event; there are {', '.join(EVENTS)}.", kind="usage")
    seconds = int(asked.get("seconds") or sandbox.now() // 1_000_000)
    about: Json = (
        {"FailTime": seconds, "FailReason": str(asked.get("reason", ""))} if event in FAILED else {"ExpiredTime": seconds}
    )
    wechat = WeChatCustomer(account.openid_of("WeChat itself"), "WeChat")
    delivery = await push.push(sandbox, console, wechat, str(event), {"MsgType": "event", "Event": event} | about)
    return {"did": "told", "pushes": [msgspec.to_builtins(delivery)]}
