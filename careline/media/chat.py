"""The files of a chat: those that are not here yet are fetched, and noted."""

from __future__ import annotations

from msgspec.structs import replace

from careline.channels.ports import Downloads
from careline.events import Content, Entry, MediaKept
from careline.media.fetch import fetch
from careline.media.look import look
from careline.media.shelf import Shelf
from careline.model import Media, Message
from careline.store.base import Store


def messages_with_files(store: Store, conversation: int) -> list[Message]:
    """The messages of a chat that carry a file, oldest first."""
    tail = "WHERE conversation = ? AND media IS NOT NULL ORDER BY occurred_at, id"
    return [m for m in store.select(Message, tail, conversation) if m.media is not None]


def kept(shelf: Shelf, message: Message) -> bool:
    """True when the file of a message is here."""
    return message.media is not None and shelf.path(message.media.sha256) is not None


async def keep(store: Store, shelf: Shelf, source: Downloads, message: Message, most: int) -> Media:
    """Fetch the file of a customer's message and note that it is here. Raises as ``fetch`` does."""
    assert message.media is not None
    media = await fetch(source, shelf, message.media, f"{message.channel}/{message.media.id}", most)
    kept = shelf.path(media.sha256)
    if not media.mime and kept is not None:  # WeChat tells the type of no picture
        media = replace(media, mime=look(kept, "").mime)
    entry = Entry(
        event=MediaKept(message=message.id, content=Content(media=replace(media, url=""))),
        channel=message.channel,
        conversation=message.conversation,
        contact=message.contact,
        occurred_at=store.now(),
        actor="platform",
    )
    store.change(lambda change: change.record([entry]))
    return media
