"""Notes in the journal what a channel's receiver answers by itself. Receivers that run know it two seconds later."""

from __future__ import annotations

from careline.events import ChannelReplies, Content, Entry
from careline.model import Channel
from careline.store.base import Change, Store


def note(store: Store, channel: Channel, replies: str, actor: str) -> bool:
    """Note the replies, as the channel's platform keeps them; False when they are what is known already."""

    def decide(change: Change) -> bool:
        known = change.rows.get(Channel, channel.name)
        if known is None or known.replies == replies:
            return False
        event = ChannelReplies(name=channel.name, content=Content(text=replies))
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        return True

    return store.change(decide)
