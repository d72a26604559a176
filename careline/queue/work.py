"""What people do with chats."""

from __future__ import annotations

from careline.errors import Failed, NotFound
from careline.events import Content, ConversationResolved, Entry
from careline.model import Conversation, Rows
from careline.rules.decide.people import find_identity
from careline.store.base import Change, Store


def may_answer(rows: Rows, number: int, agent: str, *, anyway: bool) -> None:
    """Raises Failed when somebody else holds the chat, or when it went on as another one."""
    chat = rows.get(Conversation, number)
    if chat is None:
        raise NotFound(f"There is no chat {number}.", code="unknown_chat", run="careline chats list")
    if chat.agent and chat.agent != agent and not anyway:
        raise Failed(
            f"Chat {number} is held by {chat.agent}.",
            code="held_by_other",
            hint="Two answers at once confuse a customer. With --anyway it goes out all the same.",
            run=f"careline chats show {number}",
        )
    identity = find_identity(rows, chat.channel, chat.handle)
    if identity is not None and identity.conversation != number:
        raise Failed(
            f"Chat {number} went on as chat {identity.conversation}.",
            code="chat_went_on",
            run=f"careline chats show {identity.conversation}",
        )


def resolve(store: Store, number: int, category: str, summary: str, actor: str) -> bool:
    """Note that the chat is done; False when it was already. Raises NotFound."""

    def decide(change: Change) -> bool:
        chat = change.rows.get(Conversation, number)
        if chat is None:
            raise NotFound(f"There is no chat {number}.", code="unknown_chat", run="careline chats list")
        if chat.state in ("resolved", "closed"):
            return False
        event = ConversationResolved(category=category, content=Content(text=summary))
        change.record(
            [
                Entry(
                    event=event,
                    channel=chat.channel,
                    conversation=chat.id,
                    contact=chat.contact,
                    occurred_at=change.now,
                    actor=actor,
                )
            ]
        )
        return True

    return store.change(decide)
