"""Notes in the journal by when an account must be verified."""

from __future__ import annotations

from careline.events import Entry, VerificationDue
from careline.model import Channel
from careline.store.base import Change, Store


def note(store: Store, channel: Channel, verify_by_at: int | None, actor: str) -> None:
    """Note by when; None forgets it."""

    def decide(change: Change) -> None:
        event = VerificationDue(name=channel.name, verify_by_at=verify_by_at)
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])

    store.change(decide)
