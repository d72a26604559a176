"""Brings the history of the desk that is built into WeChat into the journal, a page at a time.

Each page is committed together with how far it came, so that a run that was cut off, at whatever moment, goes on there, and a
second one adds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct

from careline.channels.wechat.history import History as Desk
from careline.channels.wechat.history import Page
from careline.clock import DAY, SECOND
from careline.crashpoint import reached
from careline.events import Content, Entry, HistoryRead
from careline.heard import HeardRecord
from careline.model import Channel, Conversation, History, Message
from careline.rules import history as rules
from careline.rules.decide import history as deciding
from careline.rules.decide.people import find_identity
from careline.rules.history import SETTLES, Slice
from careline.rules.window import Policy
from careline.store.base import Change, Store

NUMBER = 1000  # records a page: WeChat gives ten times as many, but nobody should wait for our transaction
CHATS = 200  # of one person, the newest


class Brought(Struct):
    """What came of it: messages brought, known from before, media that are only named, and lines that are no messages."""

    messages: int = 0
    known: int = 0
    media: int = 0
    others: int = 0
    slices: int = 0


def plan(store: Store, channel: Channel, since: int | None, until: int, now: int) -> list[Slice]:
    """The slices to read up to ``until``, or up to now. Without ``since``: from where the last run ended, else a day back."""
    until = min(until, now)
    if since is None:
        since = _where_it_stopped(store, channel, until)
    known = store.select(History, "WHERE channel = ? AND day > ? AND day < ? ORDER BY day", channel.name, since - DAY, until)
    return rules.slices(since, until, known) if since < until else []


def _where_it_stopped(store: Store, channel: Channel, until: int) -> int:
    latest = list(store.select(History, "WHERE channel = ? ORDER BY day DESC LIMIT 8", channel.name))
    unfinished = [row.since_at for row in latest if not row.done]
    if unfinished:
        return min(unfinished)
    return max((row.until_at for row in latest), default=until - DAY + SETTLES) - SETTLES


async def bring(
    store: Store, channel: Channel, desk: Desk, policy: Policy, wanted: Sequence[Slice], step: Callable[[int], None]
) -> Brought:
    """Read these slices; ``step`` is told how many records came with each page.

    Raises what the platform's refusal means: what was read until then is here.
    """
    brought = Brought()
    for one in wanted:
        cursor: int | None = one.cursor
        tail = one.tail
        while cursor is not None:
            page = await desk.page(one.since // SECOND, one.until // SECOND, cursor, NUMBER)
            reached("import.asked")
            tail = keep(store, channel, policy, one, page, tail, brought)
            reached("import.committed")
            cursor = page.next
            step(len(page.records))
        brought.slices += 1
    return brought


def keep(store: Store, channel: Channel, policy: Policy, one: Slice, page: Page, tail: str, brought: Brought) -> str:
    """Commit a page with how far it came, and count it; the tail for the next page."""
    named, ending = rules.keyed(page.records, tail)
    keys = [deciding.key_of(name, nth) for name, nth in named]

    def decide(change: Change) -> Brought:
        rows, count = change.rows, Brought(others=page.others)
        rows.load_keys((channel.name, key) for key in keys)
        places: dict[str, list[int]] = defaultdict(list)
        for place, record in enumerate(page.records):
            places[record.openid].append(place)
        here: dict[str, list[int]] = {}
        before: set[int] = set()
        for openid, theirs in places.items():
            here[openid] = _chats(store, change, channel, openid)
            lines = [(page.records[place], named[place][1]) for place in theirs]
            pushed = _pushed(store, here[openid], [record for record, _ in lines])
            before |= {theirs[found] for found in rules.told_before(lines, pushed)}
        for place, record in enumerate(page.records):
            if place in before or rows.knows(channel.name, keys[place]):
                count.known += 1
                continue
            entries = deciding.decide(record, keys[place], channel, rows, policy, here[record.openid])
            change.record(entries)
            number = entries[-1].conversation
            if number is not None and number not in here[record.openid]:
                here[record.openid].append(number)
            count.messages += 1
            count.media += record.kind != "text"
        change.record([_noted(one, page, ending, channel, change.now)])
        return count

    count = store.change(decide)
    for name in ("messages", "known", "media", "others"):
        setattr(brought, name, getattr(brought, name) + getattr(count, name))
    return ending


def _noted(one: Slice, page: Page, tail: str, channel: Channel, now: int) -> Entry:
    event = HistoryRead(
        day=one.day,
        since_at=one.since,
        until_at=one.until,
        cursor=page.next or 1,
        done=page.next is None,
        content=Content(raw="" if page.next is None else tail),
    )
    return Entry(event=event, channel=channel.name, occurred_at=now, actor="platform")


def _chats(store: Store, change: Change, channel: Channel, openid: str) -> list[int]:
    """The numbers of a person's chats on the channel."""
    identity = find_identity(change.rows, channel.name, openid)
    if identity is None:
        return []
    tail = "WHERE contact = ? AND channel = ? ORDER BY id DESC LIMIT ?"
    return [chat.id for chat in store.select(Conversation, tail, identity.contact, channel.name, CHATS)]


def _pushed(store: Store, chats: Sequence[int], records: Sequence[HeardRecord]) -> list[Message]:
    """What these chats hold of the time of these records."""
    if not chats:
        return []
    marks = ", ".join("?" * len(chats))
    first, last = min(r.at_s for r in records) - rules.NEAR, max(r.at_s for r in records) + rules.NEAR + 1
    tail = f"WHERE conversation IN ({marks}) AND occurred_at >= ? AND occurred_at < ? ORDER BY id"
    return list(store.select(Message, tail, *chats, first * SECOND, last * SECOND))
