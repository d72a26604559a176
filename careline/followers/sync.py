"""Asks a WeChat account who follows it, and notes what is news: nothing is written about a follower whom nothing happened to.

A thousand followers are committed together with how far that came, so that a run that was cut off, at whatever moment, goes on
there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from careline.channels.wechat.tags import Tag, Tags
from careline.channels.wechat.users import INFOS, Users
from careline.crashpoint import reached
from careline.events import Content, Entry, FollowersRead, TagsTold
from careline.heard import HeardFollower
from careline.model import Alias, Channel, Contact, Following, Identity
from careline.model import Tags as Known
from careline.rules.decide import followers as deciding
from careline.rules.decide.people import find_identity
from careline.store.base import Change, Store

Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Counts the followers of a total: ``with progress(total) as step: step(10)``."""

TOGETHER = 1000
AT_ONCE = 4  # calls


class Synced(Struct):
    """What came of it. ``unchanged`` are those of whom nothing was written."""

    followers: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    blocked: int = 0
    unblocked: int = 0
    resumed: int = 0  # of those followers an earlier run, which was cut off, had noted so many


async def sync(store: Store, channel: Channel, users: Users, tags: Tags, progress: Progress) -> Synced:
    """Note who follows and how they are, who left, and who is on the blacklist.

    Raises what a refusal means: what was noted until then is.
    """
    note_tags(store, channel, await tags.all())
    began_at = store.now()
    openids = await users.openids()
    barred = await users.barred()
    start = _resumed(store, channel, openids)
    found = Synced(followers=len(openids), resumed=start)
    with progress(len(openids)) as step:
        step(start)
        for at in range(start, len(openids), TOGETHER):
            some = openids[at : at + TOGETHER]
            told = await _infos(users, some)
            reached("followers.asked")
            _note(store, channel, told, at + len(some), some[-1], began_at, found)
            reached("followers.committed")
            step(len(some))
    found.left += _gone(store, channel, {*openids, *barred}, began_at)
    _bar(store, channel, barred, began_at, found)
    ended = FollowersRead(seen=len(openids), began_at=began_at, done=True)
    entry = Entry(event=ended, channel=channel.name, occurred_at=store.now(), actor="platform")
    store.change(lambda change: change.record([entry]))
    return found


def note_tags(store: Store, channel: Channel, tags: Iterable[Tag]) -> None:
    """Note the account's tags, if they are not known so."""
    told = tuple(sorted((tag.id, tag.name) for tag in tags))

    def decide(change: Change) -> None:
        known = change.rows.get(Known, channel.name)
        if known is None or known.tags != told:
            event = TagsTold(tags=told)
            change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor="platform")])

    store.change(decide)


def _resumed(store: Store, channel: Channel, openids: Sequence[str]) -> int:
    """How many of these an earlier run has noted that was cut off; none when the one it came to has left meanwhile."""
    row = store.get(Following, channel.name)
    if row is None or row.done_at is not None or row.cursor not in openids:
        return 0
    return openids.index(row.cursor) + 1


async def _infos(users: Users, openids: Sequence[str]) -> list[HeardFollower]:
    """What WeChat knows of them, a hundred a call and a few calls at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def some(at: int) -> list[HeardFollower]:
        async with gate:
            return await users.infos(openids[at : at + INFOS])

    pages = await asyncio.gather(*(some(at) for at in range(0, len(openids), INFOS)))
    return [one for page in pages for one in page]


def _note(
    store: Store, channel: Channel, told: Sequence[HeardFollower], seen: int, last: str, began_at: int, found: Synced
) -> None:
    def decide(change: Change) -> tuple[int, int, int]:
        rows = change.rows
        identities = rows.load(Identity, ((channel.name, one.openid) for one in told))
        rows.load(Contact, ((identity.contact,) for identity in identities))
        rows.load(Alias, ((channel.name, id) for one in told for id in (one.openid, one.unionid) if id))
        new = changed = 0
        for one in told:
            before = find_identity(rows, channel.name, one.openid)
            entries = deciding.told(one, channel, rows, began_at)
            change.record(entries)
            new += before is None
            changed += before is not None and bool(entries)
        event = FollowersRead(seen=seen, began_at=began_at, content=Content(platform_id=last))
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor="platform")])
        return new, changed, len(told) - new - changed

    new, changed, unchanged = store.change(decide)
    found.new += new
    found.changed += changed
    found.unchanged += unchanged


def _gone(store: Store, channel: Channel, there: set[str], began_at: int) -> int:
    """Note those who are known here and follow no more; not who has begun to since the list was made."""
    tail = "WHERE channel = ? AND kind = ? AND (following IS NULL OR following = 1)"
    missing = [one.handle for one in store.select(Identity, tail, channel.name, deciding.OPENID) if one.handle not in there]

    def decide(change: Change, some: Sequence[str]) -> int:
        entries = []
        for identity in change.rows.load(Identity, ((channel.name, handle) for handle in some)):
            if identity.following is not False and (identity.follow_at or 0) < began_at:
                entries.append(deciding.gone(identity, began_at, "platform"))
        return len(change.record(entries))

    count = 0
    for at in range(0, len(missing), TOGETHER):
        some = missing[at : at + TOGETHER]
        count += store.change(lambda change, some=some: decide(change, some))  # type: ignore[misc]
    return count


def _bar(store: Store, channel: Channel, barred: Sequence[str], now: int, found: Synced) -> None:
    """Note who is on the blacklist and who no more."""
    known = {one.handle for one in store.select(Identity, "WHERE channel = ? AND blocked = 1", channel.name)}
    there = set(barred)
    news = [(openid, True) for openid in barred if openid not in known] + [(openid, False) for openid in known - there]

    def decide(change: Change, some: Sequence[tuple[str, bool]]) -> None:
        change.rows.load(Identity, ((channel.name, openid) for openid, _ in some))
        for openid, blocked in some:
            identity, appearing = deciding.person(openid, "", channel, change.rows, now, "platform")
            change.record([*appearing, deciding.barred(identity, now, "platform", blocked=blocked)])

    for at in range(0, len(news), TOGETHER):
        some = news[at : at + TOGETHER]
        store.change(lambda change, some=some: decide(change, some))  # type: ignore[misc]
    found.blocked += len(there - known)
    found.unblocked += len(known - there)
