"""Reads together what the news of a batch will be decided by: one question for two hundred messages instead of a thousand."""

from __future__ import annotations

from collections.abc import Iterable

from careline.heard import Heard, HeardAct, HeardEcho, HeardMessage, HeardReply, HeardStatus
from careline.model import Alias, Contact, Conversation, Early, Identity
from careline.rules.decide.inbound import key_of
from careline.store.working import Working


def preload(rows: Working, news: Iterable[tuple[str, Heard]]) -> None:
    """Read the rows that deciding about (channel, heard) will ask for. Forgetting one costs time, nothing else."""
    keys: list[tuple[str, str]] = []
    people: dict[tuple[str, str], None] = {}
    reported: list[tuple[str, str]] = []
    for channel, heard in news:
        if (key := key_of(heard)) is not None:
            keys.append((channel, key))
        match heard:
            case HeardMessage(who=who) | HeardEcho(who=who) | HeardReply(who=who) | HeardAct(who=who):
                if not rows.has(Identity, channel, who.handle):  # else all that belongs to it was read with it
                    people |= {(channel, value): None for value in (who.handle, *(v for _, v in who.others)) if value}
            case HeardStatus():
                reported.append((channel, heard.id))
    rows.load_keys(keys)
    identities = rows.load(Identity, people)
    if aliases := rows.load(Alias, people):
        identities += rows.load(Identity, ((a.channel, a.handle) for a in aliases))
    rows.load(Contact, ((i.contact,) for i in identities))
    messages = rows.load_platform_ids(full for full in reported if full[1])
    chats = [i.conversation for i in identities] + [m.conversation for m in messages]
    rows.load(Conversation, ((number,) for number in chats if number is not None))
    rows.load(Early, (full for full in reported if full[1]))
