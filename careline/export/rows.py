"""Rows to export, one by one from one snapshot of the store."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from careline.model import Contact, Conversation, Identity, Message
from careline.rules.records import Record, conversation_record, message_record, wire
from careline.store.base import Store


class Wanted(Struct, frozen=True):
    """Which rows: of these channels (none: all), from ``since`` (included) to ``until`` (not included)."""

    channels: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None

    def sql(self, time: str) -> tuple[str, list[str | int]]:
        """The WHERE clause over the column ``time``, and its values."""
        conditions, values = ["1 = 1"], list[str | int]()
        if self.channels:
            conditions.append(f"channel IN ({', '.join('?' * len(self.channels))})")
            values += self.channels
        for limit, comparison in ((self.since, ">="), (self.until, "<")):
            if limit is not None:
                conditions.append(f"{time} {comparison} ?")
                values.append(limit)
        return f"WHERE {' AND '.join(conditions)}", values


def messages(store: Store, wanted: Wanted) -> Iterator[Record]:
    """Messages in the order they came into the store; ``occurred_at`` decides about the range."""
    where, values = wanted.sql("occurred_at")
    with store.snapshot():
        for message in store.select(Message, f"{where} ORDER BY id", *values):
            yield wire(message_record(message))


def conversations(store: Store, wanted: Wanted, now: int) -> Iterator[Record]:
    """Chats in the order they began; ``created_at`` decides about the range."""
    where, values = wanted.sql("created_at")
    with store.snapshot():
        for chat in store.select(Conversation, f"{where} ORDER BY id", *values):
            contact = store.get(Contact, chat.contact)
            identity = store.get(Identity, chat.channel, chat.handle)
            yield wire(conversation_record(chat, contact, identity, now))


def count(store: Store, kind: str, wanted: Wanted) -> int:
    """How many rows there are to export."""
    if kind == "messages":
        where, values = wanted.sql("occurred_at")
        return store.count(Message, where, *values)
    where, values = wanted.sql("created_at")
    return store.count(Conversation, where, *values)
