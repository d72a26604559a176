"""The journal's table: entries as columns and back."""

from __future__ import annotations

from typing import Any

from careline.events import Entry, decode, encode
from careline.store.columns import Table

_NUMBERS = ("seq", "conversation", "contact", "occurred_at", "recorded_at")
_NAMES = ["seq", "type", "channel", "conversation", "contact", "occurred_at", "recorded_at", "actor", "key", "data", "content"]
EVENT = Table("event", {name: int if name in _NUMBERS else str for name in _NAMES}, ("seq",))
SELECT = f"SELECT {', '.join(EVENT.types)} FROM event"  # noqa: S608


def values(entry: Entry) -> tuple[Any, ...]:
    """The entry as column values for ``EVENT``."""
    data, content = encode(entry.event)
    return (
        entry.seq,
        entry.event.type,
        entry.channel,
        entry.conversation,
        entry.contact,
        entry.occurred_at,
        entry.recorded_at,
        entry.actor,
        entry.key,
        data.decode(),
        None if content is None else content.decode(),
    )


def entry(found: tuple[Any, ...]) -> Entry:
    """The entry that ``SELECT`` found."""
    seq, type_, channel, conversation, contact, occurred_at, recorded_at, actor, key, data, content = found
    return Entry(
        event=decode(type_, data, content),
        occurred_at=occurred_at,
        channel=channel,
        conversation=conversation,
        contact=contact,
        actor=actor,
        key=key,
        seq=seq,
        recorded_at=recorded_at,
    )
