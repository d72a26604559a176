"""Greets who enters, by the code that came with it: twenty seconds, one message, each code once."""

from __future__ import annotations

from careline.channels.wecom.client import WeComClient
from careline.crashpoint import reached
from careline.errors import CarelineError, Unknown, Usage
from careline.events import Content, Entry, KfGreeted
from careline.model import Channel, Identity, KfAccount
from careline.pulling.page import Entered, digest
from careline.rules.decide.outgoing import problem
from careline.store.base import Change, Store


async def greet(store: Store, channel: Channel, client: WeComClient, entered: Entered) -> str:
    """Send the account's welcome, if it has one and there is time; what became of it, empty where nothing was sent.

    It is committed before it is sent and its code is noted then, so that no other process and no later run sends it again.
    """
    account = entered.handle.partition("/")[0]
    row = store.get(KfAccount, channel.name, account)
    if row is None or not row.welcome or store.now() >= entered.until_at:
        return ""
    name = digest(entered.code)
    try:
        request = client.welcome(entered.code, row.welcome, f"w{name}")
    except Usage:
        return ""
    content = Content(handle=entered.handle, text=row.welcome, platform_id=f"w{name}", request=request.body)

    def begin(change: Change) -> bool:
        if change.held or change.rows.knows(channel.name, f"greeting:{name}"):
            return False
        change.record(
            [_entry(change, channel, KfGreeted(account=account, state="sending", content=content), f"greeting:{name}")]
        )
        return True

    if not store.change(begin):
        return ""
    reached("pull.greeting")
    try:
        await client.send(request)
        after = KfGreeted(account=account, state="accepted", content=Content(handle=entered.handle))
    except CarelineError as error:
        state = "unknown" if isinstance(error, Unknown) else "failed"
        after = KfGreeted(account=account, state=state, error=problem(error), content=Content(handle=entered.handle))
    store.change(lambda change: change.record([_entry(change, channel, after, None)]))
    return after.state


def _entry(change: Change, channel: Channel, event: KfGreeted, key: str | None) -> Entry:
    identity = change.rows.get(Identity, channel.name, event.content.handle)
    return Entry(
        event=event,
        channel=channel.name,
        contact=identity.contact if identity is not None else None,
        occurred_at=change.now,
        actor="auto:welcome",
        key=key,
    )
