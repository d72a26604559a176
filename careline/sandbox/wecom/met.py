"""Whom a deed is about, and the nudge that it ends with."""

from __future__ import annotations

from typing import Any

import msgspec

from careline.sandbox import account as ids
from careline.sandbox.phone import Json
from careline.sandbox.push import Delivery
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom import log
from careline.sandbox.wecom.sessions import stands
from careline.sandbox.wecom.state import Account, Talk


def account_of(sandbox: Sandbox, asked: Json) -> Account:
    """The account that is named by id or name; the first one without a name."""
    accounts, name = sandbox.world.wecom.accounts, str(asked.get("account") or "")
    for one in accounts.values():
        if name in ("", one.id, one.name):
            return one
    raise Impossible(f"There is no customer service account {name}.", kind="not_found")


def talk_of(sandbox: Sandbox, account: Account, asked: Json) -> Talk:
    """Their chat with the account, as it is now; a new one for somebody new."""
    who = str(asked.get("who") or "").strip()
    if not who:
        raise Impossible("Who is it? Any name.", kind="usage")
    user = ids.external_userid_of(who)
    return stands(sandbox, account.talks.setdefault(user, Talk(user, who)))


async def told(sandbox: Sandbox, account: Account, did: str, who: str, item: Json) -> Json:
    """What the deed answers, once whoever listens was nudged."""
    pushes: list[Delivery] = await log.tell(sandbox, account)
    shown: list[Any] = [msgspec.to_builtins(one) for one in pushes]
    return {"did": did, "who": who, "id": str(item.get("msgid", "")), "pushes": shown, "fault_shown": False}
