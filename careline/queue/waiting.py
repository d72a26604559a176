"""Who waits for an answer, the longest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from careline.model import Contact, Conversation, Identity, Message
from careline.rules.records import Record, queue_record
from careline.rules.window import best, windows
from careline.store.base import ALL, Store

TOGETHER = 200


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
    rank = 1
    with store.snapshot():
        chats = store.select(Conversation, tail, *values, ALL if limit is None else limit)
        while some := list(islice(chats, TOGETHER)):
            yield from _rows(store, some, now, rank)
            rank += len(some)


def count(store: Store, filters: Filters) -> int:
    """How many chats wait."""
    where, values = filters.sql()
    return store.count(Conversation, f"WHERE waiting_since_at IS NOT NULL{where}", *values)


def closed(store: Store, filters: Filters, now: int) -> int:
    """In how many of them no window is open: a free answer would not get through any more."""
    where, values = filters.sql()
    with store.snapshot():
        chats = store.select(Conversation, f"WHERE waiting_since_at IS NOT NULL{where}", *values)
        shut = 0
        while some := list(islice(chats, TOGETHER)):
            people = store.load(Identity, ((chat.channel, chat.handle) for chat in some))
            whose = (people.get((chat.channel, chat.handle)) for chat in some)
            shut += sum(person is None or best(windows(person), now) is None for person in whose)
        return shut


def row_of(store: Store, conversation: Conversation, now: int) -> Record:
    """The queue row of one chat, waiting or not."""
    return next(_rows(store, [conversation], now, 0))


def _rows(store: Store, chats: Sequence[Conversation], now: int, rank: int) -> Iterator[Record]:
    """The queue rows of these chats, numbered from ``rank`` on; what they need is read together."""
    contacts = store.load(Contact, ((chat.contact,) for chat in chats))
    people = store.load(Identity, ((chat.channel, chat.handle) for chat in chats))
    messages = store.load(Message, ((number,) for chat in chats if (number := _asked(chat)) is not None))
    for place, chat in enumerate(chats, rank):
        contact, person = contacts.get((chat.contact,)), people.get((chat.channel, chat.handle))
        yield queue_record(place, chat, contact, person, messages.get((_asked(chat),)), now)


def _asked(chat: Conversation) -> int | None:
    """The message to show of a chat: the newest that waits, or else the last."""
    return chat.unanswered[-1].message if chat.unanswered else chat.last_message
