"""Conversations: how they begin, go on and end."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import (
    ConversationOpened,
    ConversationRead,
    ConversationReopened,
    ConversationResolved,
    ConversationTaken,
    Entry,
)
from careline.model import Code, Conversation, Identity, Message, Row
from careline.rules.fold.parts import Folding, Get, code_key, conversation_key, identity_key, message_key, waiting


def _opened(e: Entry, event: ConversationOpened, get: Get) -> Iterator[Row]:
    assert e.conversation is not None
    assert e.contact is not None
    yield Conversation(
        id=e.conversation,
        channel=e.channel,
        contact=e.contact,
        handle=event.content.handle,
        state=event.state,
        source=event.source,
        scene=event.scene,
        code=event.code,
        previous=event.previous,
        created_at=e.occurred_at,
        last_at=e.occurred_at,
    )
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        yield replace(identity, conversation=e.conversation)
    code = get(Code, e.channel, event.code) if event.code else None
    if code is not None:
        yield replace(code, chats=code.chats + 1)


def _reopened(e: Entry, event: ConversationReopened, get: Get) -> Iterator[Row]:
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        yield replace(conversation, state="open", reopened=conversation.reopened + 1, resolved_at=None)


def _taken(e: Entry, event: ConversationTaken, get: Get) -> Iterator[Row]:
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        yield replace(conversation, agent=event.agent)


def _resolved(e: Entry, event: ConversationResolved, get: Get) -> Iterator[Row]:
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        yield replace(
            waiting(conversation, (), e.recorded_at),
            state="resolved",
            resolved_at=e.occurred_at,
            category=event.category or conversation.category,
            summary=event.content.text or conversation.summary,
        )


def _read(e: Entry, event: ConversationRead, get: Get) -> Iterator[Row]:
    message = get(Message, event.message)
    if message is not None:
        yield replace(message, read_at=message.read_at or e.occurred_at)


FOLDS: dict[type, Folding] = {
    ConversationOpened: (lambda e: [conversation_key(e), identity_key(e), code_key(e)], _opened),
    ConversationReopened: (lambda e: [conversation_key(e)], _reopened),
    ConversationTaken: (lambda e: [conversation_key(e)], _taken),
    ConversationResolved: (lambda e: [conversation_key(e)], _resolved),
    ConversationRead: (lambda e: [message_key(e)], _read),
}
