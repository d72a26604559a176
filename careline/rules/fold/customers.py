"""Who customers are, what they did, what they wrote."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import (
    ContactAppeared,
    ContactBlocked,
    ContactNamed,
    CustomerActed,
    Entry,
    MediaKept,
    MessageReceived,
    Window,
)
from careline.model import Alias, Channel, Code, Contact, Conversation, Identity, Message, Opening, Row, Unanswered
from careline.rules.fold import kf
from careline.rules.fold.parts import (
    Folding,
    Get,
    alias_keys,
    among,
    code_key,
    contact_key,
    conversation_key,
    identity_key,
    message_key,
    touched,
    waiting,
)
from careline.rules.marketing import SAID, wanting
from careline.rules.window import with_opening


def _appeared(e: Entry, event: ContactAppeared, get: Get) -> Iterator[Row]:
    c = event.content
    assert e.contact is not None
    if get(Contact, e.contact) is None:
        yield Contact(id=e.contact, name=c.name, first_seen_at=e.occurred_at, last_seen_at=e.occurred_at)
    yield Identity(
        channel=e.channel,
        handle=c.handle,
        kind=c.handle_kind,
        contact=e.contact,
        name=c.name,
        username=c.username,
        phone=c.phone,
    )
    for _, value in c.others:
        yield Alias(channel=e.channel, value=value, handle=c.handle)


def _named(e: Entry, event: ContactNamed, get: Get) -> Iterator[Row]:
    c = event.content
    contact = get(Contact, e.contact)
    if contact is not None and c.name:
        yield replace(contact, name=c.name)
    identity = get(Identity, e.channel, c.handle)
    if identity is not None:
        yield replace(
            identity,
            name=c.name or identity.name,
            username=c.username or identity.username,
            phone=c.phone or identity.phone,
        )
    for _, value in c.others:
        yield Alias(channel=e.channel, value=value, handle=c.handle)


def _blocked(e: Entry, event: ContactBlocked, get: Get) -> Iterator[Row]:
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        yield replace(identity, blocked=event.blocked)


def _seen(e: Entry, get: Get) -> Iterator[Row]:
    channel = get(Channel, e.channel)
    if channel is not None and (channel.last_inbound_at or 0) < e.recorded_at:
        yield replace(channel, last_inbound_at=e.recorded_at)
    contact = get(Contact, e.contact)
    if contact is not None and contact.last_seen_at < e.occurred_at:
        yield replace(contact, last_seen_at=e.occurred_at)


def _openings(identity: Identity, at: int, window: Window | None) -> tuple[Opening, ...]:
    if window is None:
        return identity.openings
    return with_opening(identity.openings, Opening(window.kind, at, window.ends_at, window.quota))


def _with_code(identity: Identity, at: int, scene_key: str) -> Identity:
    if not scene_key or (identity.code_at or 0) > at:
        return identity
    return replace(identity, code=scene_key, code_at=at)


def _acted(e: Entry, event: CustomerActed, get: Get) -> Iterator[Row]:
    yield from _seen(e, get)
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        identity = _with_code(identity, e.occurred_at, event.code)
        identity = replace(identity, openings=_openings(identity, e.occurred_at, event.window))
        if event.kind == "unfollow":
            identity = replace(identity, shut_at=max(identity.shut_at or 0, e.occurred_at))
        if event.kind in ("follow", "unfollow") and (identity.follow_at or 0) <= e.occurred_at:
            identity = replace(identity, following=event.kind == "follow", follow_at=e.occurred_at)
        if event.kind in SAID:
            identity = wanting(identity, SAID[event.kind], e.occurred_at)
        yield kf.told_session(identity, event.kind, event.content.text, e.occurred_at)
    code = get(Code, e.channel, event.code) if event.code else None
    if code is not None:
        yield replace(code, scans=code.scans + 1, follows=code.follows + (event.kind == "follow"))


def _received(e: Entry, event: MessageReceived, get: Get) -> Iterator[Row]:
    yield from _seen(e, get)
    c = event.content
    assert e.conversation is not None
    assert e.contact is not None
    yield Message(
        id=event.message,
        conversation=e.conversation,
        channel=e.channel,
        contact=e.contact,
        handle=c.handle,
        direction="in",
        kind=event.kind,
        state="received",
        text=c.text,
        media=c.media,
        action=c.action,
        actor=e.actor,
        reply_to=c.reply_to,
        platform_id=c.platform_id,
        raw=c.raw,
        occurred_at=e.occurred_at,
        recorded_at=e.recorded_at,
    )
    identity = get(Identity, e.channel, c.handle)
    if identity is not None:
        yield replace(
            kf.wrote(_with_code(identity, e.occurred_at, event.code), e.occurred_at),
            openings=_openings(identity, e.occurred_at, event.window),
            last_in_at=max(identity.last_in_at or 0, e.occurred_at),
            conversation=e.conversation,
        )
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        if event.asks:
            unanswered = among(conversation.unanswered, Unanswered(e.occurred_at, event.message))
            conversation = waiting(conversation, unanswered, e.recorded_at)
            if conversation.state == "pending":
                answered = conversation.first_response_at is not None
                conversation = replace(conversation, state="open" if answered else "new")
        yield replace(touched(conversation, e, event.message), messages_in=conversation.messages_in + 1)
    code = get(Code, e.channel, event.code) if event.code else None
    if code is not None:
        yield replace(code, scans=code.scans + 1)


def _kept(e: Entry, event: MediaKept, get: Get) -> Iterator[Row]:
    message, kept = get(Message, event.message), event.content.media
    if message is not None and message.media is not None and kept is not None:
        mime = message.media.mime or kept.mime
        yield replace(message, media=replace(message.media, mime=mime, sha256=kept.sha256, bytes=kept.bytes, check=kept.check))


FOLDS: dict[type, Folding] = {
    ContactAppeared: (lambda e: [contact_key(e), identity_key(e), *alias_keys(e)], _appeared),
    ContactNamed: (lambda e: [contact_key(e), identity_key(e), *alias_keys(e)], _named),
    ContactBlocked: (lambda e: [identity_key(e)], _blocked),
    CustomerActed: (lambda e: [(Channel, e.channel), contact_key(e), identity_key(e), code_key(e)], _acted),
    MessageReceived: (
        lambda e: [
            message_key(e),
            (Channel, e.channel),
            contact_key(e),
            identity_key(e),
            conversation_key(e),
            code_key(e),
        ],
        _received,
    ),
    MediaKept: (lambda e: [message_key(e)], _kept),
}
