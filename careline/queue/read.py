"""We have read what a customer wrote, and they are shown it."""

from __future__ import annotations

from careline.events import ConversationRead, Entry
from careline.model import Conversation, Message
from careline.store.base import Store


def newest_inbound(store: Store, conversation: Conversation) -> Message | None:
    """The customer's last message that can be read or reacted to. None when they wrote none."""
    tail = (
        "WHERE conversation = ? AND direction = 'in' AND platform_id <> '' AND kind NOT IN ('reaction', 'revoke', 'system') "
        "ORDER BY occurred_at DESC, id DESC LIMIT 1"
    )
    return next(iter(store.select(Message, tail, conversation.id)), None)


def note_read(store: Store, message: Message, actor: str, *, typing: bool) -> None:
    """Write down that the customer was shown it."""
    store.change(
        lambda change: change.record(
            [
                Entry(
                    event=ConversationRead(message=message.id, typing=typing),
                    channel=message.channel,
                    conversation=message.conversation,
                    contact=message.contact,
                    occurred_at=change.now,
                    actor=actor,
                )
            ]
        )
    )
