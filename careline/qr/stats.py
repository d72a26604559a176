"""What came of codes: who scanned, who followed, who began a chat, and how soon somebody answered.

A chat is a code's when the customer came by it in the 24 hours before the chat began; the journal noted which when it did.
Scans and follows are counted in the range they happened in, chats in that they began in, first answers whenever they came.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import Any, Literal

from msgspec import Struct, field

from careline.clock import SECOND
from careline.events import CustomerActed, MessageReceived
from careline.model import Code, Conversation
from careline.store.base import ALL, Store

By = Literal["scene", "campaign"]
Key = tuple[str, str]


class Came(Struct):
    """What came of one code."""

    scans: int = 0
    follows: int = 0
    chats: int = 0
    waits: list[int] = field(default_factory=list)  # from the beginning of an answered chat to its first answer


def stats(store: Store, by: By, *, channels: list[str], since: int | None, until: int | None) -> list[dict[str, Any]]:
    """A record for each scene or campaign of the ledger, those with most scans first; ``channels`` empty means all."""
    start, end = since or 0, ALL if until is None else until
    with store.snapshot():
        every = [code for code in store.select(Code) if not channels or code.channel in channels]
        came = _came(store, start, end)
    groups: dict[tuple[str, str], Came] = defaultdict(Came)
    names: dict[tuple[str, str], Code] = {}
    for code in every:
        key = code.channel, code.scene_key
        group = key if by == "scene" else (code.campaign, "")
        names.setdefault(group, code)
        _add(groups[group], came.get(key, Came()))
    records = [_record(by, names[group], one) for group, one in groups.items()]
    return sorted(records, key=lambda record: (-record["scans"], -record["chats"], record[by] or ""))


def _came(store: Store, since: int, until: int) -> dict[Key, Came]:
    found: dict[Key, Came] = defaultdict(Came)
    for entry in store.came_by_codes(since, until):
        event = entry.event
        if isinstance(event, (CustomerActed, MessageReceived)) and event.code:
            one = found[entry.channel, event.code]
            one.scans += 1
            one.follows += isinstance(event, CustomerActed) and event.kind == "follow"
    for chat in store.select(Conversation, "WHERE code <> '' AND created_at >= ? AND created_at < ?", since, until):
        one = found[chat.channel, chat.code]
        one.chats += 1
        if chat.first_response_at is not None:
            one.waits.append(max(0, chat.first_response_at - chat.created_at))
    return found


def _add(group: Came, one: Came) -> None:
    group.scans += one.scans
    group.follows += one.follows
    group.chats += one.chats
    group.waits += one.waits


def _record(by: By, code: Code, came: Came) -> dict[str, Any]:
    who = {"scene": code.scene, "channel": code.channel, "numeric": code.numeric} if by == "scene" else {}
    return {
        **who,
        "campaign": code.campaign or None,
        "scans": came.scans,
        "follows": came.follows,
        "chats": came.chats,
        "answered": len(came.waits),
        "first_reply_s": int(median(came.waits)) // SECOND if came.waits else None,
    }
