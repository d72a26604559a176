"""Who waits for an answer, the longest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from careline.model import Contact, Conversation, Identity, Message
from careline.rules.records import Record, queue_record
from careline.rules.window import best, windows
from careline.store.base import ALL, Store


class Filters(Struct, frozen=True):
    """Which chats: of these channels (none: all), held by these agents (``none`` is nobody)."""

    channels: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    def sql(self) -> tuple[str, list[str]]:
        """The conditions, each beginning with AND, and their values."""
        where, values = "", []
        for column, names in (("channel", self.channels), ("agent", self.agents)):
            if names:
                where += f" AND {column} IN ({', '.join('?' * len(names))})"
                values += ["" if name == "none" else name for name in names]
        return where, values

    def match(self, conversation: Conversation) -> bool:
        """True for a chat that ``sql`` would find."""
        return (not self.channels or conversation.channel in self.channels) and (
            not self.agents or (conversation.agent or "none") in self.agents
        )


def waiting(store: Store, filters: Filters, now: int, limit: int | None = None) -> Iterator[Record]:
    """Queue rows of the chats in which a customer waits, the one that has waited longest first."""
    where, values = filters.sql()
    tail = f"WHERE waiting_since_at IS NOT NULL{where} ORDER BY waiting_since_at, id LIMIT ?"
    with store.snapshot():
        for rank, conversation in enumerate(store.select(Conversation, tail, *values, ALL if limit is None else limit), 1):
            yield row_of(store, conversation, now, rank)


def count(store: Store, filters: Filters) -> int:
    """How many chats wait."""
    where, values = filters.sql()
    return store.count(Conversation, f"WHERE waiting_since_at IS NOT NULL{where}", *values)


def closed(store: Store, filters: Filters, now: int) -> int:
    """In how many of them no window is open: a free answer would not get through any more."""
    where, values = filters.sql()
    with store.snapshot():
        chats = store.select(Conversation, f"WHERE waiting_since_at IS NOT NULL{where}", *values)
        people = (store.get(Identity, chat.channel, chat.handle) for chat in chats)
        return sum(1 for identity in people if identity is None or best(windows(identity), now) is None)


def row_of(store: Store, conversation: Conversation, now: int, rank: int = 0) -> Record:
    """The queue row of one chat, waiting or not."""
    contact = store.get(Contact, conversation.contact)
    identity = store.get(Identity, conversation.channel, conversation.handle)
    asked: Sequence[int | None] = [u.message for u in conversation.unanswered[-1:]] or [conversation.last_message]
    last = store.get(Message, asked[0]) if asked[0] is not None else None
    return queue_record(rank, conversation, contact, identity, last, now)
