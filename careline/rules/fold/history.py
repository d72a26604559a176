"""The history of a desk elsewhere: chats that are over, and messages for which nobody waits.

What a customer wrote there opened a window as any message does. Whether what the desk answered counts against it is documented
nowhere: it is not counted here, so that WeChat may refuse (45047) a message for which our ledger has one left.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import ConversationImported, Entry, HistoryRead, MessageImported
from careline.model import Contact, Conversation, History, Identity, Opening, Row, Unanswered
from careline.rules.fold.parts import (
    Folding,
    Get,
    answered_elsewhere,
    contact_key,
    conversation_key,
    identity_key,
    message_key,
    message_row,
    touched,
)
from careline.rules.window import with_opening

SOURCE = "history"


def _chat(e: Entry, event: ConversationImported, get: Get) -> Iterator[Row]:
    assert e.conversation is not None
    assert e.contact is not None
    yield Conversation(
        id=e.conversation,
        channel=e.channel,
        contact=e.contact,
        handle=event.content.handle,
        state="resolved",
        source=SOURCE,
        previous=event.previous,
        created_at=e.occurred_at,
        resolved_at=e.occurred_at,
        last_at=e.occurred_at,
    )
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None and event.newest:
        yield replace(identity, conversation=e.conversation)


def _message(e: Entry, event: MessageImported, get: Get) -> Iterator[Row]:
    c, out = event.content, event.direction == "out"
    conversation = get(Conversation, e.conversation)
    answered = tuple(u for u in conversation.unanswered if u.at <= e.occurred_at) if conversation is not None and out else ()
    yield replace(
        message_row(e, event, event.direction),
        state="sent" if out else "received",
        raw=c.raw,
        answered=answered,
        accepted_at=e.occurred_at if out else None,
        sent_at=e.occurred_at if out else None,
    )
    if not out:
        yield from _wrote(e, event, get)
    if conversation is not None:
        yield _after(touched(conversation, e, event.message), e, event, answered)


def _wrote(e: Entry, event: MessageImported, get: Get) -> Iterator[Row]:
    """What a customer's message opens, it opened when it was written."""
    contact = get(Contact, e.contact)
    if contact is not None:
        first, last = min(contact.first_seen_at, e.occurred_at), max(contact.last_seen_at, e.occurred_at)
        yield replace(contact, first_seen_at=first, last_seen_at=last)
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        window, openings = event.window, identity.openings
        if window is not None:
            openings = with_opening(openings, Opening(window.kind, e.occurred_at, window.ends_at, window.quota))
        yield replace(identity, openings=openings, last_in_at=max(identity.last_in_at or 0, e.occurred_at))


def _after(chat: Conversation, e: Entry, event: MessageImported, answered: tuple[Unanswered, ...]) -> Conversation:
    """The chat with one message more. An agent elsewhere answers as one of us does."""
    if event.direction == "in":
        state = "open" if chat.state == "pending" else chat.state  # they answered, though not here
        chat = replace(chat, messages_in=chat.messages_in + 1, state=state)
    else:
        chat = replace(chat, messages_out=chat.messages_out + 1)
        if answered:
            chat = answered_elsewhere(chat, answered, e)
        elif chat.first_response_at is None and chat.messages_in:
            chat = replace(chat, first_response_at=e.occurred_at)
    if chat.source == SOURCE and chat.state == "resolved":
        chat = replace(chat, resolved_at=max(chat.resolved_at or 0, e.occurred_at))
    return chat


def _read(e: Entry, event: HistoryRead, get: Get) -> Iterator[Row]:
    yield History(
        channel=e.channel,
        day=event.day,
        since_at=event.since_at,
        until_at=event.until_at,
        cursor=event.cursor,
        tail="" if event.done else event.content.raw,
        read_at=e.occurred_at,
        done=event.done,
    )


FOLDS: dict[type, Folding] = {
    ConversationImported: (lambda e: [conversation_key(e), identity_key(e)], _chat),
    MessageImported: (
        lambda e: [
            message_key(e),
            contact_key(e),
            identity_key(e),
            conversation_key(e),
        ],
        _message,
    ),
    HistoryRead: (lambda e: [(History, e.channel, getattr(e.event, "day", None))], _read),
}
