"""The journal's table: entries as columns and back."""

from __future__ import annotations

from typing import Any

from careline.events import Entry, decode, encode

SELECT = "SELECT seq, type, channel, conversation, contact, occurred_at, recorded_at, actor, key, data, content FROM event"
APPEND = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def values(entry: Entry) -> tuple[Any, ...]:
    """The entry as column values for ``APPEND``."""
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
