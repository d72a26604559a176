"""One chat as a story: what was written, what was done, in the order it happened."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from careline.clock import DAY
from careline.events import (
    ConversationRead,
    ConversationReopened,
    ConversationResolved,
    ConversationTaken,
    CustomerActed,
    Entry,
)
from careline.model import Conversation, Message
from careline.store.base import ALL, Store


class Line(Struct, frozen=True):
    """One line of the story: a ``message``, or what else happened in ``words``. ``actor`` did it."""

    at: int
    actor: str
    words: str = ""
    message: Message | None = None


def story(store: Store, conversation: Conversation, last: int | None = None) -> list[Line]:
    """The chat's lines, oldest first; only the ``last`` ones when given. A customer's acts of the day before count too."""
    tail = "WHERE conversation = ? ORDER BY occurred_at DESC, id DESC LIMIT ?"
    with store.snapshot():
        messages = [
            Line(m.occurred_at, m.actor, message=m)
            for m in store.select(Message, tail, conversation.id, ALL if last is None else last)
        ]
        lines = messages + list(_happened(store, conversation))
    lines.sort(key=lambda line: (line.at, line.message is not None, line.message.id if line.message else 0))
    return lines if last is None else lines[-last:] if last else []


def _happened(store: Store, conversation: Conversation) -> Iterator[Line]:
    for entry in store.entries(contact=conversation.contact):
        mine = entry.conversation == conversation.id
        before = entry.conversation is None and conversation.created_at - DAY <= entry.occurred_at <= conversation.last_at
        if mine or (before and entry.channel == conversation.channel):
            words = _words(entry)
            if words:
                yield Line(entry.occurred_at, entry.actor, words)


def _words(entry: Entry) -> str:
    match entry.event:
        case CustomerActed(kind="menu_tap", button=button, content=content):
            return f"tapped {button or content.text}"
        case CustomerActed(kind=kind, button=button) if button:
            return f"opened {button}" if kind == "view" else f"tapped {button}"
        case CustomerActed(kind="desk_opened" | "desk_moved", content=content):
            return f"with {content.text} on the platform's own desk"
        case CustomerActed(kind="desk_closed", content=content):
            agent = f"{content.text} on " if content.text else ""
            return f"back from {agent}the platform's own desk"
        case CustomerActed(kind=kind, scene=scene):
            done = {"follow": "followed", "unfollow": "unfollowed", "scan": "scanned", "view": "opened a page"}.get(kind, kind)
            return f"{done} by code {scene}" if scene and kind == "follow" else f"{done} {scene}".rstrip()
        case ConversationTaken(agent=agent):
            return f"taken by {agent}"
        case ConversationReopened():
            return "reopened"
        case ConversationRead(typing=typing):
            return "read, typing" if typing else "read"
        case ConversationResolved(category=category):
            return f"resolved {category}".rstrip()
    return ""
