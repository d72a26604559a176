"""Followers as a platform tells them when it is asked: who they are, which tags they have, how far the asking came."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import Entry, FollowersRead, FollowerTold, TagsTold
from careline.model import Contact, Following, Identity, Row, Tags
from careline.rules.fold.parts import Folding, Get, contact_key, identity_key


def _told(e: Entry, event: FollowerTold, get: Get) -> Iterator[Row]:
    """What is told takes the place of what was known. Who does not follow has no window that was opened before."""
    identity = get(Identity, e.channel, event.content.handle)
    if identity is None:
        return
    if not event.following:
        shut_at = max(identity.shut_at or 0, e.occurred_at)
        yield replace(identity, following=False, follow_at=e.occurred_at, shut_at=shut_at)
        return
    remark, before = event.content.text, identity.remark
    yield replace(
        identity,
        following=True,
        follow_at=event.followed_at or identity.follow_at,
        remark=remark,
        language=event.language,
        tags=event.tags,
        came_by=event.came_by,
        code=identity.code or event.code,
        code_at=identity.code_at if identity.code or not event.code else event.followed_at,
    )
    contact = get(Contact, e.contact)
    if contact is not None:
        named = contact.name if contact.name not in ("", before) else remark
        yield replace(contact, name=named, language=contact.language or event.language)


def _read(e: Entry, event: FollowersRead, get: Get) -> Iterator[Row]:
    yield Following(
        channel=e.channel,
        cursor="" if event.done else event.content.platform_id,
        seen=event.seen,
        began_at=event.began_at,
        done_at=e.occurred_at if event.done else None,
    )


def _tags(e: Entry, event: TagsTold, get: Get) -> Iterator[Row]:
    yield Tags(channel=e.channel, tags=event.tags)


FOLDS: dict[type, Folding] = {
    FollowerTold: (lambda e: [contact_key(e), identity_key(e)], _told),
    FollowersRead: (lambda e: [(Following, e.channel)], _read),
    TagsTold: (lambda e: [(Tags, e.channel)], _tags),
}
