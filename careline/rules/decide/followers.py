"""What follows from a look at the followers of a channel: events for what is news, and none for what is known."""

from __future__ import annotations

from careline.events import ContactAppeared, ContactBlocked, ContactNamed, Content, Entry, FollowerTold
from careline.heard import HeardFollower
from careline.model import Alias, Channel, Code, Contact, Identity, Rows
from careline.rules.decide.people import find_identity
from careline.rules.scene import plain

OPENID, UNIONID = "wechat_openid", "wechat_unionid"


def told(follower: HeardFollower, channel: Channel, rows: Rows, began_at: int, actor: str = "platform") -> list[Entry]:
    """The events for one follower as told after ``began_at``: none where the journal knows it so, or knows something later."""
    known_since = follower.followed_at or began_at
    identity, entries = person(follower.openid, follower.unionid, channel, rows, known_since, actor)
    if identity.follow_at is not None and identity.follow_at >= began_at:
        return entries
    if not follower.following:
        return entries if identity.following is False else [*entries, gone(identity, began_at, actor)]
    code = _code(follower, channel, rows)
    event = FollowerTold(
        following=True,
        followed_at=follower.followed_at,
        language=follower.language,
        tags=follower.tags,
        came_by=follower.came_by,
        code=code.scene_key if code else "",
        content=Content(handle=identity.handle, text=follower.remark),
    )
    news = (follower.followed_at or identity.follow_at, follower.language, follower.tags, follower.came_by, follower.remark)
    known = (identity.follow_at, identity.language, identity.tags, identity.came_by, identity.remark)
    if identity.following and news == known and (identity.code or not event.code):
        return entries
    return [*entries, _about(identity, event, began_at, actor)]


def changed(
    identity: Identity, now: int, actor: str, *, remark: str | None = None, tags: tuple[int, ...] | None = None
) -> Entry:
    """The event after we gave somebody another remark, or other tags."""
    event = FollowerTold(
        following=True,
        followed_at=identity.follow_at,
        language=identity.language,
        tags=identity.tags if tags is None else tags,
        came_by=identity.came_by,
        content=Content(handle=identity.handle, text=identity.remark if remark is None else remark),
    )
    return _about(identity, event, now, actor)


def gone(identity: Identity, now: int, actor: str) -> Entry:
    """The event for somebody who no longer follows."""
    return _about(identity, FollowerTold(following=False, content=Content(handle=identity.handle)), now, actor)


def barred(identity: Identity, now: int, actor: str, *, blocked: bool) -> Entry:
    """The event for somebody who is on the blacklist now, or is no more."""
    return _about(identity, ContactBlocked(blocked=blocked, content=Content(handle=identity.handle)), now, actor)


def person(openid: str, unionid: str, channel: Channel, rows: Rows, at: int, actor: str) -> tuple[Identity, list[Entry]]:
    """The identity of an OpenID, and the event that makes it known, or known by its UnionID too."""
    others = ((UNIONID, unionid),) if unionid else ()
    identity = find_identity(rows, channel.name, openid)
    if identity is None:
        identity = Identity(channel=channel.name, handle=openid, kind=OPENID, contact=rows.new_id(Contact))
        appeared = ContactAppeared(content=Content(handle=openid, handle_kind=OPENID, others=others))
        return identity, [_about(identity, appeared, at, actor)]
    if others and rows.get(Alias, channel.name, unionid) is None:
        named = ContactNamed(content=Content(handle=identity.handle, others=others))
        return identity, [_about(identity, named, at, actor)]
    return identity, []


def _code(follower: HeardFollower, channel: Channel, rows: Rows) -> Code | None:
    """The code they came by, if the ledger has one of that scene."""
    if not follower.scene:
        return None
    return rows.get(Code, channel.name, f"{'n' if follower.numeric else 's'}:{plain(follower.scene)}")


def _about(
    identity: Identity, event: ContactAppeared | ContactNamed | ContactBlocked | FollowerTold, at: int, actor: str
) -> Entry:
    return Entry(event=event, channel=identity.channel, contact=identity.contact, occurred_at=at, actor=actor)
