"""What the folds share: how rows are named, what every message has, how a chat comes to wait for an answer and to have one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from careline.events import Entry, MessageEchoed, MessageImported, MessageQueued, MessageReplied
from careline.model import Alias, Code, Contact, Conversation, Identity, Message, Row, Unanswered

Key = tuple[Any, ...]  # (row class, key fields…)
Get = Callable[..., Any]  # get(row class, *key fields) → row or None
Folding = tuple[Callable[[Entry], list[Key]], Callable[[Entry, Any, Get], Iterator[Row]]]

Written = MessageQueued | MessageEchoed | MessageReplied | MessageImported

KEPT_UNANSWERED = 50


def contact_key(e: Entry) -> Key:
    return (Contact, e.contact)


def conversation_key(e: Entry) -> Key:
    return (Conversation, e.conversation)


def identity_key(e: Entry) -> Key:
    return (Identity, e.channel, e.event.content.handle)


def alias_keys(e: Entry) -> list[Key]:
    return [(Alias, e.channel, value) for _, value in e.event.content.others]


def code_key(e: Entry) -> Key:
    return (Code, e.channel, getattr(e.event, "code", ""))


def message_key(e: Entry) -> Key:
    return (Message, getattr(e.event, "message", None) or None)


def message_row(e: Entry, event: Written, direction: str) -> Message:
    """What every message has from its first event; its state is the caller's to say."""
    c = event.content
    assert e.conversation is not None
    assert e.contact is not None
    return Message(
        id=event.message,
        conversation=e.conversation,
        channel=e.channel,
        contact=e.contact,
        handle=c.handle,
        direction=direction,
        kind=event.kind,
        state="",
        text=c.text,
        media=c.media,
        actor=e.actor,
        reply_to=c.reply_to,
        occurred_at=e.occurred_at,
        recorded_at=e.recorded_at,
    )


def among(unanswered: tuple[Unanswered, ...], *more: Unanswered) -> tuple[Unanswered, ...]:
    """The unanswered messages with these among them, the oldest first, each once."""
    if len(more) == 1 and (not unanswered or _place(unanswered[-1]) < _place(more[0])):
        return (*unanswered, *more)
    return tuple(sorted({*unanswered, *more}, key=_place))


def waiting(conversation: Conversation, unanswered: tuple[Unanswered, ...], now: int) -> Conversation:
    """With these messages unanswered, the oldest first; that one says since when the customer waits.

    Bounded: of very many the oldest and the newest are kept, which are those that questions are asked about.
    """
    if len(unanswered) > KEPT_UNANSWERED:
        unanswered = (*unanswered[: KEPT_UNANSWERED // 2], *unanswered[-(KEPT_UNANSWERED // 2) :])
    return replace(
        conversation,
        unanswered=unanswered,
        waiting_since_at=unanswered[0].at if unanswered else None,
        enqueued_at=(conversation.enqueued_at or now) if unanswered else None,
    )


def answered_elsewhere(conversation: Conversation, answered: tuple[Unanswered, ...], e: Entry) -> Conversation:
    """The chat after one of us answered these messages on a phone, or an agent at a desk elsewhere."""
    left = tuple(one for one in conversation.unanswered if one not in answered)
    first = conversation.first_response_at
    return replace(
        waiting(conversation, left, e.recorded_at),
        first_response_at=e.occurred_at if first is None else first,
        state="open" if conversation.state == "new" else conversation.state,
    )


def _place(unanswered: Unanswered) -> tuple[int, int]:
    return unanswered.at, unanswered.message


def touched(conversation: Conversation, e: Entry, message: int) -> Conversation:
    """With ``message`` as the last one, unless a later one is known."""
    if conversation.last_at > e.occurred_at:
        return conversation
    return replace(conversation, last_message=message, last_at=e.occurred_at)
