"""What happened to an account, kept three days for ``sync_msg``, and the nudge that tells of it."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.push import Delivery
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.push import nudge
from careline.sandbox.wecom.state import Account, Entry, Talk

SECOND = 1_000_000
KEPT = 3 * 24 * 3600 * SECOND


def note(sandbox: Sandbox, account: Account, item: Json) -> Json:
    """Put an item at the end of the log; it, with its msgid and time."""
    account.seq += 1
    whole = {"msgid": chance.token_urlsafe(24), "send_time": sandbox.now() // SECOND} | item
    account.log.append(Entry(account.seq, sandbox.now(), whole))
    return whole


def event(sandbox: Sandbox, account: Account, type: str, **fields: object) -> Json:
    """Put an event there: what it is about stands within it."""
    body = {"event_type": type, "open_kfid": account.id} | fields
    return note(sandbox, account, {"origin": 4, "msgtype": "event", "event": body})


def message(sandbox: Sandbox, account: Account, talk: Talk, origin: int, type: str, body: Json, **more: object) -> Json:
    """Put a customer's (origin 3) or servicer's (5) message there."""
    about = {"open_kfid": account.id, "external_userid": talk.user, "origin": origin}
    return note(sandbox, account, about | more | {"msgtype": type, type: body})


def kept(sandbox: Sandbox, account: Account) -> list[Entry]:
    """The log of the last three days; what is older is gone for good."""
    since = sandbox.now() - KEPT
    account.log[:] = [one for one in account.log if one.at > since]
    return account.log


async def tell(sandbox: Sandbox, account: Account) -> list[Delivery]:
    """Nudge whoever listens: there is something to pull."""
    if sandbox.world.wecom.console is None or not sandbox.world.settings.wecom_nudges:
        return []
    return [await nudge(sandbox, account)]
