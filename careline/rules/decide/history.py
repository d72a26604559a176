"""A line of the history of a desk elsewhere becomes a message in the chat of that time, or in one that is over."""

from __future__ import annotations

from collections.abc import Iterable

from careline.clock import SECOND
from careline.events import Content, ConversationImported, Entry, MessageImported, Window
from careline.heard import HeardRecord
from careline.model import Channel, Conversation, Message, Rows
from careline.rules.decide import followers
from careline.rules.window import Policy

PREFIX = "history:"


def key_of(name: str, nth: int) -> str:
    """The key that the journal knows a line by."""
    return f"{PREFIX}{name}:{nth}"


def decide(record: HeardRecord, key: str, channel: Channel, rows: Rows, policy: Policy, chats: Iterable[int]) -> list[Entry]:
    """The events of one line. ``chats`` are the numbers of this person's chats, as many as there are."""
    at = record.at_s * SECOND
    identity, entries = followers.person(record.openid, "", channel, rows, at, "platform")
    known = [chat for number in chats if (chat := rows.get(Conversation, number)) is not None]
    about = {"channel": channel.name, "contact": identity.contact, "occurred_at": at}
    chat = chat_of(known, at, policy.reopen_within)
    if chat is not None:
        number = chat.id
    else:
        number = rows.new_id(Conversation)
        latest = rows.get(Conversation, identity.conversation) if identity.conversation is not None else None
        newest = latest is None or latest.created_at <= at
        opened = ConversationImported(
            previous=latest.id if latest is not None and newest else None,
            newest=newest,
            content=Content(handle=identity.handle),
        )
        entries.append(Entry(event=opened, conversation=number, actor="platform", **about))  # type: ignore[arg-type]
    grant = policy.grants.get("message") if record.direction == "in" else None
    imported = MessageImported(
        message=rows.new_id(Message),
        kind=record.kind,
        direction=record.direction,
        window=Window("message", at + grant.lasting, grant.messages) if grant is not None else None,
        content=Content(handle=identity.handle, text=record.text, raw=record.raw),
    )
    actor = "customer" if record.direction == "in" else f"human:{record.worker or 'desk'}"
    return [*entries, Entry(event=imported, conversation=number, actor=actor, key=key, **about)]  # type: ignore[arg-type]


def chat_of(chats: Iterable[Conversation], at: int, reopen_within: int) -> Conversation | None:
    """The chat that went on at that time: the last that had begun, unless it was over for longer than it is reopened."""
    begun = [chat for chat in chats if chat.created_at <= at + SECOND]
    latest = max(begun, key=lambda chat: (chat.created_at, chat.id), default=None)
    if latest is None or latest.state != "resolved":
        return latest
    return latest if at < (latest.resolved_at or latest.last_at) + reopen_within else None
