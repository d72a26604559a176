"""Notes in the journal whom a channel has blocked."""

from __future__ import annotations

from careline.events import ContactBlocked, Content, Entry
from careline.model import Identity
from careline.store.base import Change, Store


def note(store: Store, identity: Identity, *, blocked: bool, actor: str) -> None:
    """Note that the platform keeps back what somebody writes, or does so no more; nothing, when that is known."""

    def decide(change: Change) -> None:
        known = change.rows.get(Identity, identity.channel, identity.handle)
        if known is None or known.blocked == blocked:
            return
        event = ContactBlocked(blocked=blocked, content=Content(handle=identity.handle))
        entry = Entry(event=event, channel=identity.channel, contact=identity.contact, occurred_at=change.now, actor=actor)
        change.record([entry])

    store.change(decide)
